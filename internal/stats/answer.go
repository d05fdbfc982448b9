package stats

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// needs is what measures are made from.
type needs struct {
	question, homes, flows bool
}

func needsOf(measures []Measure) (n needs, err error) {
	for _, m := range measures {
		if m >= measureCount {
			return n, hmis.Errorf(hmis.Invalid, "not a measure; the field measures lists them")
		}
		switch {
		case programs[m].flow != nil:
			n.flows = true
		case m == AverageHouseholdSize:
			n.homes, n.question = true, true
		default:
			n.question = true
		}
	}
	return n, nil
}

// gather finds the rows that measures are made from and gives them their cells. base lists, where it is not nil, the
// stays that may be in question.
func (r *run) gather(g *grid, n needs, base []int32) *work {
	w := &work{run: r, grid: g}
	byHousehold := r.q.Unit == Households
	if n.question {
		w.rows = g.rows(r.question(byHousehold, base))
	}
	if n.homes {
		if w.homes = w.rows; !byHousehold {
			w.homes = g.rows(r.question(true, nil))
		}
	}
	if n.flows {
		w.considered = g.rows(r.history(byHousehold))
	}
	g.compact(w.rows, w.homes, w.considered)
	return w
}

// Totals answers a query as a whole.
func (e *Engine) Totals(q Query, measures ...Measure) (*Totals, error) {
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	n, err := needsOf(measures)
	if err != nil {
		return nil, err
	}
	g, err := r.newGrid(nil)
	if err != nil {
		return nil, err
	}
	n.question = true // for the coverage
	w := r.gather(g, n, nil)
	if n.flows {
		w.flows = r.flows(w.considered, g.cells, []Period{q.Period})[0]
	}
	t := &Totals{Basis: e.basis(q), Coverage: w.coverage()}
	for _, answers := range w.answers(measures) {
		t.Answers = append(t.Answers, answers[0])
	}
	return t, nil
}

func (e *Engine) basis(q Query) Basis { return Basis{q, e.version} }

// coverage counts the stays in question by project. It needs rows without groups.
func (w *work) coverage() (c Coverage) {
	counts := make([]int, len(w.f.Projects))
	project := w.f.Enrollments.Project
	for _, s := range w.rows.stays {
		counts[project[s]]++
	}
	for p, in := range w.projects {
		if in {
			c.Projects = append(c.Projects, ProjectCoverage{int32(p), counts[p]})
		}
	}
	return c
}

// Coverage tells which projects are in the answers to a query.
func (e *Engine) Coverage(q Query) (Coverage, error) {
	t, err := e.Totals(q)
	if err != nil {
		return Coverage{}, err
	}
	return t.Coverage, nil
}

// Change answers a query for its period and for another one.
func (e *Engine) Change(q Query, to Compare, measures ...Measure) (*Change, error) {
	now, err := e.Totals(q, measures...)
	if err != nil {
		return nil, err
	}
	c := &Change{From: q.Period.Before(to), Now: now.Answers}
	q.Period = c.From
	before, err := e.Totals(q, measures...)
	if err != nil {
		return nil, err
	}
	c.Before = before.Answers
	for i := range c.Now {
		c.Percent = append(c.Percent, percent(c.Now[i], c.Before[i]))
	}
	return c, nil
}

func percent(now, before Answer) *float64 {
	a, known := before.Value()
	b, knownNow := now.Value()
	if !known || !knownNow || a == 0 {
		return nil
	}
	p := 100 * (b - a) / a
	return &p
}

// Groups answers a query divided.
func (e *Engine) Groups(q Query, g Grouping, measures ...Measure) (*Groups, error) {
	by, grain, err := g.split()
	if err != nil {
		return nil, err
	}
	asked, err := g.measures(measures)
	if err != nil {
		return nil, err
	}
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	periods := q.Period.parts(grain)
	if len(periods) > mostParts {
		return nil, hmis.Errorf(hmis.Invalid, "the period has %d parts of this grain, and %d are possible; take a shorter period or a longer grain", len(periods), mostParts)
	}
	t, err := r.table(periods, by, asked)
	if err != nil {
		return nil, err
	}
	whole, err := e.Coverage(q)
	if err != nil {
		return nil, err
	}
	groups := &Groups{Basis: e.basis(q), Coverage: whole, By: by, Groups: t.groups()}
	g.choose(groups, by)
	for i := range groups.Groups {
		groups.Groups[i].Answers = groups.Groups[i].Answers[:len(measures)]
	}
	return groups, nil
}

// mostParts bounds the time spine.
const mostParts = 4000

// split takes the dimension of time out of By.
func (g *Grouping) split() (by []Dimension, grain Grain, err error) {
	grain = g.Grain
	for _, d := range g.By {
		if d >= dimensionCount {
			return nil, 0, hmis.Errorf(hmis.Invalid, "not a dimension; the field dimensions lists them")
		}
		own := d.Info().Grain
		switch {
		case own == NoGrain:
			by = append(by, d)
		case grain != NoGrain && grain != own:
			return nil, 0, hmis.Errorf(hmis.Invalid, "group by time with one grain")
		default:
			grain = own
		}
	}
	return by, grain, nil
}

// measures are those asked for and those of Having; OrderBy may only name the first.
func (g *Grouping) measures(asked []Measure) ([]Measure, error) {
	for _, o := range g.OrderBy {
		if o.By == OrderByMeasure && !slices.Contains(asked, o.Measure) {
			return nil, hmis.Errorf(hmis.Invalid, "order by a measure that the groups show")
		}
	}
	all := slices.Clone(asked)
	for _, h := range g.Having {
		all = append(all, h.Measure)
	}
	return all, nil
}
