package disclosure

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// question is a query that was looked at.
type question struct {
	cell                                       // of SERVED under the conditions, without its period
	listed map[stats.Dimension]map[string]bool // of dimensions that are grouped by, the values to list
}

// slot is where the number of a cell goes.
type slot struct {
	cell    cell
	release *release
	reason  Reason // of one that is not asked for
	number  *Number
}

// Totals answers a query as a whole. account is for the ledger, 0 for the public. The errors are Invalid, with what to do
// about the query, and those of the snapshots and the ledger.
func (p *Protector) Totals(ctx context.Context, account int64, q stats.Query, measures ...stats.Measure) (*Totals, error) {
	groups, err := p.Groups(ctx, account, q, stats.Grouping{}, measures...)
	if err != nil {
		return nil, err
	}
	return &Totals{groups.Basis, groups.Groups[0].Answers}, nil
}

// Change answers a query for its period and for another one. The errors are those of Totals.
func (p *Protector) Change(ctx context.Context, account int64, q stats.Query, to stats.Compare, measures ...stats.Measure) (*Change, error) {
	groups, err := p.GroupChanges(ctx, account, q, stats.Grouping{}, to, measures...)
	if err != nil {
		return nil, err
	}
	return &groups.Changes[0], nil
}

// GroupChanges answers a query divided, and each group for another period. The errors are those of Totals.
func (p *Protector) GroupChanges(ctx context.Context, account int64, q stats.Query, g stats.Grouping, to stats.Compare, measures ...stats.Measure) (*GroupChanges, error) {
	groups, err := p.Groups(ctx, account, q, g, measures...)
	if err != nil {
		return nil, err
	}
	list := &GroupChanges{Groups: groups}
	earlier := map[stats.Period]*Groups{}
	for _, one := range groups.Groups {
		from := one.Period.Before(to) // whole months before whole months
		if earlier[from] == nil {
			other := q
			other.Period = from
			if earlier[from], err = p.Groups(ctx, account, other, stats.Grouping{By: groups.By}, measures...); err != nil {
				return nil, err
			}
		}
		c := Change{From: from, Now: one.Answers, Before: earlier[from].like(one)}
		for i := range c.Now {
			c.Percent = append(c.Percent, percent(c.Now[i], c.Before[i]))
		}
		list.Changes = append(list.Changes, c)
	}
	return list, nil
}

// like is the answers in the group with the values of another one; where nothing is published, or the values were not known
// yet, answers without numbers.
func (g *Groups) like(other Group) (list []Answer) {
	reason := TooFew
	for _, one := range g.Groups {
		if slices.Equal(one.Values, other.Values) {
			return one.Answers
		}
		if len(one.Values) < len(other.Values) {
			reason = NotPublished
		}
	}
	for _, a := range other.Answers {
		none, slots := answer(a.Measure, cell{})
		for _, s := range slots {
			s.number.Reason = reason
		}
		one := Group{answers: []*draft{none}}
		one.finish()
		list = append(list, one.Answers...)
	}
	return list
}

func percent(now, before Answer) *float64 {
	a, known := before.Value()
	b, knownNow := now.Value()
	if !known || !knownNow || a == 0 {
		return nil
	}
	change := 100 * (b - a) / a
	return &change
}

// Groups answers a query divided. The errors are those of Totals.
func (p *Protector) Groups(ctx context.Context, account int64, q stats.Query, g stats.Grouping, measures ...stats.Measure) (*Groups, error) {
	by, grain, err := split(g)
	if err != nil {
		return nil, err
	}
	asked := slices.Clone(measures)
	for _, h := range g.Having {
		asked = append(asked, h.Measure)
	}
	if err := known(g, measures, asked); err != nil {
		return nil, err
	}
	periods, err := parts(q.Period, grain)
	if err != nil {
		return nil, err
	}
	groups := &Groups{Basis: Basis{Query: q}, By: by}
	var slots []slot
	for _, period := range periods {
		if slots, err = p.addPart(ctx, groups, q, period, asked, slots); err != nil {
			return nil, err
		}
	}
	if err := p.fill(ctx, account, slots); err != nil {
		return nil, err
	}
	for i := range groups.Groups {
		groups.Groups[i].finish()
	}
	choose(groups, g, len(measures))
	return groups, nil
}

// known checks the measures.
func known(g stats.Grouping, shown, asked []stats.Measure) error {
	for _, m := range asked {
		if int(m) >= len(stats.Measures()) {
			return hmis.Errorf(hmis.Invalid, "not a measure; the field measures lists them")
		}
	}
	for _, o := range g.OrderBy {
		if o.By == stats.OrderByMeasure && !slices.Contains(shown, o.Measure) {
			return hmis.Errorf(hmis.Invalid, "order by a measure that the groups show")
		}
	}
	return nil
}

// split takes the dimension of time out of By.
func split(g stats.Grouping) (by []stats.Dimension, grain stats.Grain, err error) {
	grain = g.Grain
	for i, d := range g.By {
		if int(d) >= len(stats.Dimensions()) || slices.Contains(g.By[:i], d) {
			return nil, 0, hmis.Errorf(hmis.Invalid, "group by each dimension once; the field dimensions lists them")
		}
		own := d.Info().Grain
		switch {
		case own == stats.NoGrain:
			by = append(by, d)
		case grain != stats.NoGrain && grain != own:
			return nil, 0, hmis.Errorf(hmis.Invalid, "group by time with one grain")
		default:
			grain = own
		}
	}
	return by, grain, nil
}

// addPart adds the groups of a part of the period, and the slots of their numbers.
func (p *Protector) addPart(ctx context.Context, groups *Groups, q stats.Query, period stats.Period, measures []stats.Measure, slots []slot) ([]slot, error) {
	r, err := p.release(ctx, period)
	if err != nil {
		return nil, err
	}
	if r == nil { // not even which values there are
		one := Group{Period: period}
		for _, m := range measures {
			a, cells := answer(m, cell{unit: q.Unit, period: period})
			one.answers = append(one.answers, a)
			for _, s := range cells {
				s.reason = NotPublished
				slots = append(slots, s)
			}
		}
		groups.Groups = append(groups.Groups, one)
		return slots, nil
	}
	groups.Basis.Release = r.name
	asked, err := r.question(q, groups.By)
	if err != nil {
		return nil, err
	}
	asked.period, asked.fiscal, _ = published(period)
	small, err := p.smallTown(r, period)
	if err != nil {
		return nil, err
	}
	first := len(groups.Groups)
	if err := r.divide(groups, asked, 0, Group{Period: period}); err != nil {
		return nil, err
	}
	for i := first; i < len(groups.Groups); i++ {
		one := &groups.Groups[i]
		c := asked.cell
		for at, d := range groups.By {
			c = c.with(atom{d, one.places[at]})
		}
		for _, m := range measures {
			a, more := answer(m, c)
			one.answers = append(one.answers, a)
			for _, s := range more {
				if s.cell, err = s.cell.plain(r); err != nil {
					return nil, err
				}
				s.release, s.reason = r, s.cell.allowed(small)
				slots = append(slots, s)
			}
		}
	}
	return slots, nil
}

// question looks at the conditions of a query, in the words of a release.
func (r *release) question(q stats.Query, by []stats.Dimension) (*question, error) {
	defaults := stats.Query{Period: q.Period, Where: q.Where, Unit: q.Unit, Projects: q.Projects}
	if q.Unit != stats.People && q.Unit != stats.Households || q.ActiveBy != defaults.ActiveBy || q.RaceMethod != defaults.RaceMethod || q.AgeAt != defaults.AgeAt || q.Identity != defaults.Identity {
		return nil, hmis.Errorf(hmis.Invalid, "published numbers count PEOPLE or HOUSEHOLDS, with the default of every other choice; leave the choices out")
	}
	asked := &question{listed: map[stats.Dimension]map[string]bool{}}
	asked.unit, asked.scope = q.Unit, q.Projects
	if asked.scope != nil {
		asked.scope = slices.Compact(slices.Sorted(slices.Values(asked.scope)))
	}
	for _, c := range q.Where {
		if err := asked.add(r, c, by); err != nil {
			return nil, err
		}
	}
	return asked, nil
}

var (
	errCondition = hmis.Errorf(hmis.Invalid, "published numbers take conditions of one value; put one value, or group by the dimension")
	errValue     = hmis.Errorf(hmis.Invalid, "the dimension has no such value; the field dimensions lists its values")
)

// add takes one condition in.
func (q *question) add(r *release, c stats.Condition, by []stats.Dimension) error {
	if int(c.Dimension) >= len(stats.Dimensions()) || c.Dimension.Info().Grain != stats.NoGrain {
		return hmis.Errorf(hmis.Invalid, "not a dimension for conditions; the field dimensions lists them, and the period chooses the time")
	}
	values, names := r.values[c.Dimension].all, map[string]bool{}
	for _, name := range c.Values {
		if !slices.ContainsFunc(values, func(v stats.Value) bool { return v.Name == name }) {
			return errValue
		}
		names[name] = true
	}
	switch {
	case len(names) == len(values): // no condition
	case slices.Contains(by, c.Dimension):
		if before, twice := q.listed[c.Dimension]; twice {
			maps.DeleteFunc(names, func(name string, _ bool) bool { return !before[name] })
		}
		q.listed[c.Dimension] = names
	case len(names) != 1:
		return errCondition
	default:
		q.cell = q.with(atom{c.Dimension, slices.IndexFunc(values, func(v stats.Value) bool { return names[v.Name] })})
	}
	return nil
}

// divide adds a group for every combination of values from the at-th dimension on.
func (r *release) divide(groups *Groups, q *question, at int, one Group) error {
	if at == len(groups.By) {
		if len(groups.Groups) == mostGroups {
			return hmis.Errorf(hmis.Invalid, "there are more than %d groups; group by less, or put conditions", mostGroups)
		}
		groups.Groups = append(groups.Groups, one)
		return nil
	}
	d := groups.By[at]
	for place, v := range r.values[d].all {
		if !r.values[d].open[v] || q.listed[d] != nil && !q.listed[d][v.Name] {
			continue
		}
		next := one
		next.Values, next.places = append(slices.Clone(one.Values), v), append(slices.Clone(one.places), place)
		if err := r.divide(groups, q, at+1, next); err != nil {
			return err
		}
	}
	return nil
}

// draft is an answer with the numbers that it is made of.
type draft struct {
	Answer
	sum    Number
	period stats.Period
}

// answer makes the empty answer of a measure and the slots of its numbers, of a cell of SERVED.
func answer(m stats.Measure, c cell) (*draft, []slot) {
	a := &draft{Answer: Answer{Measure: m}, period: c.period}
	info, kind := m.Info(), m.Info().Kind
	sum, sums := summed[m]
	if !Offered(m) || sums && c.unit != stats.People {
		a.Count.Reason, a.Numerator.Reason, a.Denominator.Reason = NotOffered, NotOffered, NotOffered
		a.Mean.Reason, a.Median.Reason = NotOffered, NotOffered
		return a, nil
	}
	if kind == stats.Rate {
		return a, []slot{{cell: c.of(m, numerator), number: &a.Numerator}, {cell: c.of(m, denominator), number: &a.Denominator}}
	}
	slots := []slot{{cell: c.of(m, whole), number: &a.Count}}
	if sums {
		slots = append(slots, slot{cell: c.of(m, total), number: &a.sum})
	}
	if sum.byDays { // the sum is the count
		slots = slots[1:]
	}
	a.Parts, a.Buckets = make([]Number, len(info.Parts)), make([]Number, len(info.Buckets))
	for i := range a.Parts {
		slots = append(slots, slot{cell: c.ofPart(m, i), number: &a.Parts[i]})
	}
	for i := range a.Buckets {
		slots = append(slots, slot{cell: c.ofPart(m, i), number: &a.Buckets[i]})
	}
	return a, slots
}

// smallTown reports whether few people were served in the period, by the protected number.
func (p *Protector) smallTown(r *release, period stats.Period) (bool, error) {
	one, fiscal, _ := published(period)
	n, err := r.number(p.key, &cell{period: one, fiscal: fiscal})
	return n.Value == nil || *n.Value < smallTown, err
}

// fill asks the ledger and puts the numbers into their slots.
func (p *Protector) fill(ctx context.Context, account int64, slots []slot) error {
	cells := map[*release][][]byte{}
	for _, s := range slots {
		if s.reason == Shown {
			cells[s.release] = append(cells[s.release], s.cell.id(p.key))
		}
	}
	granted := map[*release][]bool{}
	for r, list := range cells {
		var err error
		if granted[r], err = p.ledger.Spend(ctx, account, r.name, list, budget); err != nil {
			return err
		}
	}
	for _, s := range slots {
		if s.reason == Shown {
			if !granted[s.release][0] {
				s.reason = BudgetSpent
			}
			granted[s.release] = granted[s.release][1:]
		}
		if *s.number = (Number{Reason: s.reason}); s.reason != Shown {
			continue
		}
		var err error
		if *s.number, err = s.release.number(p.key, &s.cell); err != nil {
			return err
		}
	}
	return nil
}

// finish works out what is made from protected numbers.
func (g *Group) finish() {
	for _, a := range g.answers {
		if n, of := a.Numerator.Value, a.Denominator.Value; n != nil && of != nil {
			rate := min(float64(*n)/float64(*of), 1)
			a.Rate = &rate
		}
		if sum, ok := summed[a.Measure]; ok && a.Count.Reason != NotOffered {
			switch {
			case !sum.byDays:
				a.Mean = a.mean()
			case a.Measure == stats.AveragePerNight:
				a.Mean = a.perDay()
			}
			if sum.byDays {
				a.Count = a.sum.asCount()
			}
		}
		if len(a.Buckets) > 0 && a.Median.Reason != NotOffered {
			a.Median = a.median()
		}
		g.Answers = append(g.Answers, a.Answer)
	}
	g.answers = nil
}

// choose applies Having, OrderBy, First and After, all to protected values, and takes the measures of Having away.
func choose(groups *Groups, g stats.Grouping, shown int) {
	list := slices.DeleteFunc(groups.Groups, func(one Group) bool {
		for i, h := range g.Having {
			v, ok := one.Answers[shown+i].Value()
			if !ok || h.AtLeast != nil && v < *h.AtLeast || h.AtMost != nil && v > *h.AtMost {
				return true
			}
		}
		return false
	})
	groups.Count = len(list)
	slices.SortStableFunc(list, func(a, b Group) int {
		for _, o := range g.OrderBy {
			c := compare(a, b, o, groups.By)
			if o.Down {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return cmp.Or(slices.Compare(a.places, b.places), cmp.Compare(a.Period.Start, b.Period.Start))
	})
	list = list[min(max(g.After, 0), len(list)):]
	if g.First > 0 {
		list = list[:min(g.First, len(list))]
	}
	for i := range list {
		list[i].Answers = list[i].Answers[:shown]
	}
	groups.Groups = list
}

// compare puts groups without a value of the measure first.
func compare(a, b Group, o stats.Order, by []stats.Dimension) int {
	switch o.By {
	case stats.OrderByTime:
		return cmp.Compare(a.Period.Start, b.Period.Start)
	case stats.OrderByDimension:
		if i := slices.Index(by, o.Dimension); i >= 0 && a.places != nil && b.places != nil {
			return cmp.Compare(a.places[i], b.places[i])
		}
		return 0
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
