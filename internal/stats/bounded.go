package stats

import (
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Bounded is a measure to which each unit adds no more than a bound: what disclosure control needs of measures that add up
// events, nights, days or ages. A unit counts once.
type Bounded struct {
	Units int64   // units with an event, a night, an observation
	Sum   int64   // of what each of them adds, cut at the bounds
	Parts []int64 // of a flow the units with an event of the part, of a duration those whose number lies in the bucket
}

// Bounds are the least and the most that a unit may add to a measure, and what that is.
type Bounds struct {
	Least, Most int64
	Adds        string // what a unit adds, for the catalogue
}

// observe tells what a unit adds by its stays, before it is cut, or in which parts of a flow it stands. ok is false where it has
// nothing to add.
type observe func(stays []int32) (adds int64, parts uint, ok bool)

// bounds are those of the measures that have any, with how they are observed. A Most of 0 is the days of the period.
var bounds = map[Measure]struct {
	Bounds
	considered bool // looks at considered stays, not only those in question
	of         func(r *run) observe
}{
	Inflow:               {Bounds{0, 1, "1 where it became active in S..E, likewise in each part"}, true, func(r *run) observe { return r.flowParts(func(in, _ uint) uint { return in }) }},
	Outflow:              {Bounds{0, 1, "1 where it ceased to be active in S..E, likewise in each part"}, true, func(r *run) observe { return r.flowParts(func(_, out uint) uint { return out }) }},
	AveragePerNight:      {Bounds{0, 0, "the days of S..E on which it has a night"}, false, (*run).nightsOfUnit},
	LengthOfStay:         {Bounds{0, 730, "the mean length of its stays in question, at most 730 days"}, false, func(r *run) observe { return r.meanOf(LengthOfStay) }},
	LengthOfTimeHomeless: {Bounds{0, 730, "its homeless days, at most 730"}, false, (*run).homelessDaysOfUnit},
	DaysToMoveIn:         {Bounds{0, 365, "the mean number of days of its stays that count, at most 365"}, false, func(r *run) observe { return r.meanOf(DaysToMoveIn) }},
	DaysToReferral:       {Bounds{0, 180, "the mean number of days of its referrals, at most 180"}, false, func(r *run) observe { return r.meanOf(DaysToReferral) }},
	EntryTimeliness:      {Bounds{0, 30, "the mean delay of its entries, at least 0 and at most 30 days"}, false, func(r *run) observe { return r.meanOf(EntryTimeliness) }},
	ExitTimeliness:       {Bounds{0, 30, "the mean delay of its exits, at least 0 and at most 30 days"}, false, func(r *run) observe { return r.meanOf(ExitTimeliness) }},
	AverageAge:           {Bounds{0, 90, "its highest age, at most 90 years"}, false, (*run).ageOfUnit},
	AverageHouseholdSize: {Bounds{1, 8, "the mean size of the households of its stays in question as head (RelationshipToHoH 1), at most 8 persons; nothing without such a stay"}, false, (*run).sizeOfHouseholds},
}

// BoundsOf are the bounds of a measure in a period; ok is false for a measure that has none.
func BoundsOf(m Measure, p Period) (b Bounds, ok bool) {
	how, ok := bounds[m]
	if b = how.Bounds; ok && b.Most == 0 {
		b.Most = int64(p.days())
	}
	return b, ok
}

// Bounded gives a measure that has bounds in the combinations of dimensions in which a unit adds to it, numbered as in Cells.
func (e *Engine) Bounded(q Query, by []Dimension, m Measure) (map[uint32]Bounded, error) {
	bound, ok := BoundsOf(m, q.Period)
	if !ok {
		return nil, hmis.Errorf(hmis.Invalid, "there are no bounds of what one person may add to this measure")
	}
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	g, err := r.newGrid(by)
	if err != nil {
		return nil, err
	}
	how, info := bounds[m], m.Info()
	see, choose := how.of(r), r.question
	if how.considered {
		choose = r.history
	}
	var list []Bounded
	r.scan(r.order(), q.Unit == Households, choose, func(rows []int32) {
		b := g.batch(rows)
		list = grown(list, g.cells)
		eachUnit(b, r.units(), func(cell uint32, stays []int32) {
			adds, parts, ok := see(stays)
			if !ok {
				return
			}
			if info.Buckets != nil {
				parts = 1 << bucketOf(info.Buckets, int(adds))
			}
			list[cell].add(min(max(adds, bound.Least), bound.Most), parts, len(info.Parts)+len(info.Buckets))
		})
	})
	found := map[uint32]Bounded{}
	for c, one := range list {
		if one.Units > 0 {
			found[g.combination(c)] = one
		}
	}
	return found, nil
}

func (b *Bounded) add(adds int64, parts uint, of int) {
	if b.Parts == nil {
		b.Parts = make([]int64, of)
	}
	b.Units++
	b.Sum += adds
	for i := range b.Parts {
		b.Parts[i] += int64(parts >> i & 1)
	}
}

// flowParts tells in which parts of a flow a unit has an event.
func (r *run) flowParts(which func(in, out uint) uint) observe {
	var spans []span
	return func(stays []int32) (int64, uint, bool) {
		spans = spans[:0]
		for _, s := range stays {
			spans = r.spans(spans, s)
		}
		var in, out uint
		last := goesOn
		for _, run := range merged(spans) {
			if run.from >= r.g.Start {
				in |= 1 << inflowAfter(last)
			}
			if run.end != goesOn && r.inPeriod(run.to) {
				out |= 1 << run.end
			}
			last = run.end
		}
		parts := which(in, out)
		return 1, parts, parts != 0
	}
}

func (r *run) nightsOfUnit() observe {
	set := newDaySet(r.g.Start, r.g.End)
	return func(stays []int32) (int64, uint, bool) {
		defer set.clear()
		for _, s := range stays {
			r.addNights(set, s)
		}
		nights := int64(set.count(r.g.Start, r.g.End))
		return nights, 0, nights > 0
	}
}

// meanOf is the mean of what a duration observes of the stays of a unit, to the nearest day.
func (r *run) meanOf(m Measure) observe {
	p, heads, days := &programs[m], r.q.Unit == Households, make([]int32, 1)
	return func(stays []int32) (int64, uint, bool) {
		sum, n := int64(0), int64(0)
		for _, s := range stays {
			switch {
			case heads && !r.g.IsHead(s):
			case p.lengths != nil:
				p.lengths(r, []int32{s}, days)
				sum, n = sum+int64(days[0]), n+1
			default:
				p.days(r, s, func(d hmis.Date) { sum, n = sum+int64(d), n+1 })
			}
		}
		if n == 0 {
			return 0, 0, false
		}
		return nearest(sum, n), 0, true
	}
}

// nearest is the whole number that is nearest to a quotient, of two the one above.
func nearest(a, b int64) int64 {
	doubled := 2*a + b
	n := doubled / (2 * b)
	if doubled < 0 && doubled%(2*b) != 0 {
		n--
	}
	return n
}

func (r *run) homelessDaysOfUnit() observe {
	set := newDaySet(r.g.Start.AddYears(-yearsBack), r.g.End)
	return func(stays []int32) (int64, uint, bool) {
		defer set.clear()
		days := r.homelessDays(set, stays)
		return int64(days), 0, days > 0
	}
}

func (r *run) ageOfUnit() observe {
	return func(stays []int32) (int64, uint, bool) {
		highest := -1
		for _, s := range stays {
			highest = max(highest, r.age(s))
		}
		return int64(highest), 0, highest >= 0
	}
}

func (r *run) sizeOfHouseholds() observe {
	return func(stays []int32) (int64, uint, bool) {
		sum, n := int64(0), int64(0)
		for _, s := range stays {
			if r.g.IsHead(s) {
				sum, n = sum+int64(r.home(r.f.Enrollments.Household[s]).size), n+1
			}
		}
		if n == 0 {
			return 0, 0, false
		}
		return nearest(sum, n), 0, true
	}
}
