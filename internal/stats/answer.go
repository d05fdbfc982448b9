package stats

import (
	"fmt"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

var errNoMeasure = hmis.Errorf(hmis.Invalid, "not a measure; the field measures lists them")

// work makes the work on measures ready.
func (r *run) work(by []Dimension, measures []Measure) (*work, error) {
	g, err := r.newGrid(by)
	if err != nil {
		return nil, err
	}
	w := &work{run: r, grid: g, measures: measures, sums: make([]summer, len(measures)), stays: make([]int, len(r.f.Projects))}
	for i, m := range measures {
		if m >= measureCount {
			return nil, errNoMeasure
		}
		w.sums[i] = w.newSummer(m)
		switch {
		case programs[m].flow != nil && w.flows == nil:
			w.flows = newFlows([]Period{r.q.Period})
		case m == AverageHouseholdSize:
			w.homes = &homeSum{}
		}
	}
	return w, nil
}

// question takes the stays in question, of a list or (nil) of all.
func (w *work) question(list []int32) {
	byHousehold := w.q.Unit == Households
	if list == nil {
		list = w.order()
	}
	project := w.f.Enrollments.Project
	w.scan(list, byHousehold, w.run.question, func(rows []int32) {
		for _, s := range rows {
			w.stays[project[s]]++
		}
		b := w.grid.batch(rows)
		w.seen = grown(w.seen, w.grid.cells)
		for _, c := range b.cells {
			w.seen[c] = true
		}
		for _, s := range w.sums {
			if s != nil {
				s.add(w, b)
			}
		}
	})
	if w.homes != nil {
		w.scan(w.byHousehold(), true, w.run.question, func(rows []int32) { w.homes.add(w, w.grid.batch(rows)) })
	}
}

// flow takes the stays that flows look at.
func (w *work) flow() {
	if w.flows != nil {
		w.scan(w.order(), w.q.Unit == Households, w.history, func(rows []int32) { w.flows.add(w.run, w.grid.batch(rows), w.grid.cells) })
	}
}

// answers are those of the i-th measure by cell. flows are those of the period, nil where they are answered elsewhere.
func (w *work) answers(i int, flows []flow) (list []Answer) {
	m := w.measures[i]
	switch of := programs[m].flow; {
	case of != nil:
		list = make([]Answer, len(flows))
		for c, f := range flows {
			list[c] = of(f)
		}
	case m == AverageHouseholdSize:
		list = w.homes.answers(w)
	default:
		list = w.sums[i].answers(w)
	}
	for c := range list {
		list[c].Measure = m
	}
	return list
}

// Totals answers a query as a whole.
func (e *Engine) Totals(q Query, measures ...Measure) (*Totals, error) {
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	w, err := r.work(nil, measures)
	if err != nil {
		return nil, err
	}
	w.question(nil)
	w.flow()
	var flows []flow
	if w.flows != nil {
		flows = grown(w.flows.done()[0], 1)
	}
	t := &Totals{Basis: e.basis(q), Coverage: w.coverage()}
	for i := range measures {
		t.Answers = append(t.Answers, w.answers(i, flows)[0])
	}
	return t, nil
}

func (e *Engine) basis(q Query) Basis { return Basis{q, e.version} }

// coverage is the projects that may have stays in question, with those that they have.
func (w *work) coverage() (c Coverage) {
	for p, in := range w.projects {
		if in {
			c.Projects = append(c.Projects, ProjectCoverage{int32(p), w.stays[p]})
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
	q.Period = q.Period.Before(to)
	before, err := e.Totals(q, measures...)
	if err != nil {
		return nil, err
	}
	return changed(q.Period, now.Answers, before.Answers), nil
}

func changed(from Period, now, before []Answer) *Change {
	c := &Change{From: from, Now: now, Before: before}
	for i := range now {
		c.Percent = append(c.Percent, percent(now[i], before[i]))
	}
	return c
}

// GroupChanges answers a query divided, and each group for another period.
func (e *Engine) GroupChanges(q Query, g Grouping, to Compare, measures ...Measure) (*GroupChanges, error) {
	groups, err := e.Groups(q, g, measures...)
	if err != nil {
		return nil, err
	}
	list := &GroupChanges{Groups: groups}
	earlier := map[Period]map[string][]Answer{} // by values
	for _, one := range groups.Groups {
		from := one.Period.Before(to)
		if earlier[from] == nil {
			other := q
			other.Period = from
			found, err := e.Groups(other, Grouping{By: groups.By}, measures...)
			if err != nil {
				return nil, err
			}
			earlier[from] = map[string][]Answer{}
			for _, was := range found.Groups {
				earlier[from][fmt.Sprint(was.codes)] = was.Answers
			}
		}
		before := earlier[from][fmt.Sprint(one.codes)]
		if before == nil { // nobody was in it
			other := q
			other.Period, other.Where = from, slices.Clone(q.Where)
			for i, d := range groups.By {
				other.Where = append(other.Where, Condition{d, []string{one.Values[i].Name}})
			}
			none, err := e.Totals(other, measures...)
			if err != nil {
				return nil, err
			}
			before = none.Answers
		}
		list.Changes = append(list.Changes, *changed(from, one.Answers, before))
	}
	return list, nil
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
	coverage, err := t.coverage(q)
	if err != nil {
		return nil, err
	}
	groups := &Groups{Basis: e.basis(q), Coverage: coverage, By: by, Groups: t.groups()}
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
