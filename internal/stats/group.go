package stats

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// table is the answers to a query divided: by part of the period and by combination of values, where something is.
type table struct {
	periods  []Period
	measures []Measure
	grid     *grid // of all combinations, for their values
	engine   *Engine
	works    []*work // by part
	answers  []map[uint32][]Answer
	occurs   map[uint32]bool
}

// table answers every part of the period.
func (r *run) table(periods []Period, by []Dimension, measures []Measure) (t *table, err error) {
	t = &table{periods: periods, measures: measures, engine: r.Engine, occurs: map[uint32]bool{},
		answers: make([]map[uint32][]Answer, len(periods)), works: make([]*work, len(periods))}
	if t.grid, err = r.newGrid(by); err != nil {
		return nil, err
	}
	for p := range t.answers {
		t.answers[p] = map[uint32][]Answer{}
	}
	together := r.timeless(by)
	if together {
		if err := t.addFlows(r, by); err != nil {
			return nil, err
		}
	}
	list := r.listFor(periods)
	for p, period := range periods {
		q := r.q
		q.Period = period
		one, err := r.Engine.newRun(q)
		if err != nil {
			return nil, err
		}
		w, err := one.work(by, measures)
		if err != nil {
			return nil, err
		}
		if t.works[p] = w; together {
			w.flows = nil
		}
		if w.flows != nil || !onlyFlows(measures) {
			t.addPart(p, list)
		}
	}
	return t, nil
}

func onlyFlows(measures []Measure) bool {
	return len(measures) > 0 && !slices.ContainsFunc(measures, func(m Measure) bool { return programs[m].flow == nil })
}

// listFor lists the stays that may be in question in some part of the period, where that saves looking at all for every part:
// who is in question in a part is so in the whole, if the conditions do not change with the period. nil is all.
func (r *run) listFor(periods []Period) (list []int32) {
	if len(periods) == 1 || !r.timeless(nil) {
		return nil
	}
	list = []int32{}
	r.scan(r.order(), r.q.Unit == Households, r.question, func(rows []int32) { list = append(list, rows...) })
	return list
}

// timeless reports whether the unit, the conditions and the dimensions of a query are the same in every period.
func (r *run) timeless(by []Dimension) bool {
	if r.q.Unit == AdultsAndHeads && r.q.AgeAt != AgeAtEntry {
		return false
	}
	for _, c := range r.q.Where {
		by = append(by[:len(by):len(by)], c.Dimension)
	}
	return !slices.ContainsFunc(by, func(d Dimension) bool {
		switch d {
		case AgeBand, AgeBandFine, Veteran:
			return r.q.AgeAt != AgeAtEntry
		case Funder, FederalPartner, HouseholdType, Chronic, Survivor, DestinationGroup, Destination, LengthOfStayBucket, IncomeBand:
			return true
		}
		return false
	})
}

// addFlows answers the measures of flows in all parts at once.
func (t *table) addFlows(r *run, by []Dimension) error {
	w, err := r.work(by, t.measures)
	if err != nil || w.flows == nil {
		return err
	}
	w.flows = newFlows(t.periods)
	w.flow()
	for p, flows := range w.flows.done() {
		t.putFlows(p, w.grid, flows)
	}
	return nil
}

func (t *table) putFlows(part int, g *grid, flows []flow) {
	for c, f := range flows {
		if f == (flow{}) {
			continue
		}
		row := t.row(part, g.combination(c))
		for i, m := range t.measures {
			if of := programs[m].flow; of != nil {
				row[i] = of(f)
				row[i].Measure = m
			}
		}
	}
}

// row is the answers of a combination in a part, which are set where they are other than empty.
func (t *table) row(part int, combination uint32) []Answer {
	t.occurs[combination] = true
	row := t.answers[part][combination]
	if row == nil {
		row = make([]Answer, len(t.measures))
		t.answers[part][combination] = row
	}
	return row
}

// addPart answers the other measures of a part.
func (t *table) addPart(part int, list []int32) {
	w := t.works[part]
	if !onlyFlows(t.measures) {
		w.question(list)
	}
	if w.flows != nil {
		w.flow()
		t.putFlows(part, w.grid, w.flows.done()[0])
	}
	for i, m := range t.measures {
		if programs[m].flow != nil {
			continue
		}
		for c, a := range w.answers(i, nil) {
			if at := c < len(w.seen) && w.seen[c]; at {
				t.row(part, w.grid.combination(c))[i] = a
			}
		}
	}
	for c, in := range w.seen {
		if in {
			t.row(part, w.grid.combination(c))
		}
	}
	w.sums, w.homes, w.flows = nil, nil, nil
}

// coverage is that of the whole period.
func (t *table) coverage(q Query) (Coverage, error) {
	if len(t.works) == 1 && t.works[0].seen != nil {
		return t.works[0].coverage(), nil
	}
	return t.engine.Coverage(q)
}

// groups lists all groups: by the values of the dimensions in the order of the catalogue, then by time.
func (t *table) groups() (list []Group) {
	values := make([][]Value, len(t.grid.by))
	for i, d := range t.grid.by {
		values[i] = t.engine.values(d)
	}
	if len(t.grid.by) == 0 {
		t.occurs[0] = true // time without other dimensions, and nobody there
	}
	for _, combination := range slices.Sorted(maps.Keys(t.occurs)) {
		var of []Value
		var codes []int
		for i := range values {
			code := t.grid.code(combination, i)
			of, codes = append(of, values[i][code]), append(codes, code)
		}
		for part, period := range t.periods {
			list = append(list, Group{Period: period, Values: of, codes: codes, Answers: t.complete(part, combination)})
		}
	}
	return list
}

// complete fills in what a combination has in a part in which nobody of it is.
func (t *table) complete(part int, combination uint32) []Answer {
	row := t.answers[part][combination]
	if row == nil {
		row = make([]Answer, len(t.measures))
	}
	w := t.works[part]
	for i, m := range t.measures {
		info := m.Info()
		row[i].Measure = m
		switch {
		case m == AveragePerNight:
			row[i].Denominator = int64(w.q.Period.days())
		case m == BedUtilization && row[i].Denominator == 0:
			row[i].Denominator = w.offered(beds)[w.inventoryOf(combination)]
		case m == UnitUtilization && row[i].Denominator == 0:
			row[i].Denominator = w.offered(units)[w.inventoryOf(combination)]
		case info.Parts != nil && row[i].Parts == nil:
			row[i].Parts = make([]int64, len(info.Parts))
		case info.Buckets != nil && row[i].Days.Buckets == nil:
			row[i].Days.Buckets = make([]int64, len(info.Buckets))
		}
	}
	return row
}

// choose applies Having, OrderBy, First and After.
func (g *Grouping) choose(groups *Groups, by []Dimension) {
	list := groups.Groups
	shown := len(groups.Groups)
	if shown > 0 {
		first := len(list[0].Answers) - len(g.Having)
		list = slices.DeleteFunc(list, func(one Group) bool {
			for i, h := range g.Having {
				if !h.holds(one.Answers[first+i]) {
					return true
				}
			}
			return false
		})
	}
	groups.Count = len(list)
	slices.SortStableFunc(list, func(a, b Group) int {
		for _, o := range g.OrderBy {
			c := o.compare(a, b, by)
			if o.Down {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	list = list[min(max(g.After, 0), len(list)):]
	if g.First > 0 {
		list = list[:min(g.First, len(list))]
	}
	groups.Groups = list
}

func (h Having) holds(a Answer) bool {
	v, ok := a.Value()
	return ok && (h.AtLeast == nil || v >= *h.AtLeast) && (h.AtMost == nil || v <= *h.AtMost)
}

// compare puts groups without a value of the measure first.
func (o Order) compare(a, b Group, by []Dimension) int {
	switch o.By {
	case OrderByTime:
		return cmp.Compare(a.Period.Start, b.Period.Start)
	case OrderByDimension:
		i := slices.Index(by, o.Dimension)
		if i < 0 {
			return 0
		}
		return cmp.Compare(a.codes[i], b.codes[i])
	}
	value := func(g Group) (v float64, there int) {
		i := slices.IndexFunc(g.Answers, func(a Answer) bool { return a.Measure == o.Measure })
		if v, ok := g.Answers[i].Value(); ok {
			return v, 1
		}
		return 0, 0
	}
	v, there := value(a)
	w, thereToo := value(b)
	return cmp.Or(cmp.Compare(there, thereToo), cmp.Compare(v, w))
}

// Members are the rows that a measure counts in a group, whose values are conditions: the stays, and the clients of them.
func (e *Engine) Members(q Query, m Measure, group []Condition) (*Members, error) {
	q.Where = append(slices.Clone(q.Where), group...)
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	if m >= measureCount {
		return nil, errNoMeasure
	}
	var stays []int32
	if programs[m].flow != nil {
		stays = r.flowMembers(m)
	} else {
		r.scan(nil, false, r.question, func(rows []int32) {
			stays = append(stays, keep(rows, func(s int32) bool { return r.counts(m, s) })...)
		})
	}
	list := &Members{Enrollments: stays}
	for _, s := range stays {
		if c := r.f.Enrollments.Client[s]; len(list.Clients) == 0 || list.Clients[len(list.Clients)-1] != c {
			list.Clients = append(list.Clients, c)
		}
	}
	return list, nil
}

// counts reports whether a measure counts a stay in question.
func (r *run) counts(m Measure, stay int32) bool {
	switch p := &programs[m]; {
	case p.member != nil:
		return p.member(r, stay)
	case p.of != nil:
		return p.of(r, stay)
	case p.sum != nil:
		return p.sum(r, stay) > 0
	case p.lengths != nil:
		return r.q.Unit != Households || r.g.IsHead(stay)
	case p.days != nil:
		seen := false
		if r.q.Unit != Households || r.g.IsHead(stay) {
			p.days(r, stay, func(hmis.Date) { seen = true })
		}
		return seen
	case p.mix != nil:
		return p.mix(r, stay) >= 0
	default:
		return p.part == nil || p.part(r, stay)
	}
}

// flowMembers are the stays that are active on the day that a measure of flows looks at, or that begin or end with the events
// that it counts.
func (r *run) flowMembers(m Measure) (list []int32) {
	r.scan(r.order(), r.q.Unit == Households, r.history, func(rows []int32) {
		eachUnit(&batch{rows, make([]uint32, len(rows))}, r.units(), func(_ uint32, stays []int32) {
			var all []span
			for _, s := range stays {
				all = r.spans(all, s)
			}
			runs := merged(all)
			for _, s := range stays {
				if r.flowsThrough(m, r.spans(nil, s), runs) {
					list = append(list, s)
				}
			}
		})
	})
	slices.Sort(list)
	return list
}

// flowsThrough looks at the active days of a stay and the runs of its unit.
func (r *run) flowsThrough(m Measure, own, runs []span) bool {
	before := r.g.Start - 1
	for _, s := range own {
		began := func(run span) bool { return run.from == s.from }
		ended := func(run span) bool { return run.end != goesOn && run.to == s.to }
		switch {
		case m == ActiveAtStart && s.from <= before && s.to > before,
			m == ActiveAtEnd && s.to > r.g.End,
			m == Inflow && r.inPeriod(s.from) && slices.ContainsFunc(runs, began),
			m == Outflow && r.inPeriod(s.to) && slices.ContainsFunc(runs, ended):
			return true
		}
	}
	return false
}

// Cells counts, in all combinations of a few dimensions, the units that a measure counts. The measure is a Count of units, or a
// Rate of them, of which Of is the denominators.
func (e *Engine) Cells(q Query, m Measure, by ...Dimension) (*Cells, error) {
	if m >= measureCount || m.Info().Unit != "units" || m.Info().Kind != Count && m.Info().Kind != Rate {
		return nil, hmis.Errorf(hmis.Invalid, "cells are of a measure that counts units")
	}
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	w, err := r.work(by, []Measure{m})
	if err != nil {
		return nil, err
	}
	w.question(nil)
	w.flow()
	var flows []flow
	if w.flows != nil {
		flows = w.flows.done()[0]
	}
	all := 1
	c := &Cells{By: by}
	for _, d := range by {
		c.Values = append(c.Values, e.values(d))
		all *= len(e.values(d))
	}
	c.Counts = make([]int32, all)
	rate := m.Info().Kind == Rate
	if rate {
		c.Of = make([]int32, all)
	}
	for cell, a := range w.answers(0, flows) {
		at := w.grid.combination(cell)
		if c.Counts[at] = int32(a.Count); rate {
			c.Counts[at], c.Of[at] = int32(a.Numerator), int32(a.Denominator)
		}
	}
	return c, nil
}
