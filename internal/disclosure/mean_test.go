package disclosure_test

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// added are the measures that add up what each person adds, or events.
var added = []stats.Measure{stats.Inflow, stats.Outflow, stats.LengthOfStay, stats.LengthOfTimeHomeless, stats.DaysToMoveIn, stats.EntryTimeliness,
	stats.ExitTimeliness, stats.AverageAge, stats.AverageHouseholdSize, stats.AveragePerNight, stats.BedNights}

// figures lists all that an answer shows.
func figures(a disclosure.Answer) (shown []float64) {
	for _, n := range slices.Concat([]disclosure.Number{a.Count, a.Numerator, a.Denominator}, a.Parts, a.Buckets) {
		if n.Value != nil {
			shown = append(shown, float64(*n.Value))
		}
	}
	for _, f := range []disclosure.Figure{a.Mean, a.Median} {
		if f.Value != nil {
			shown = append(shown, *f.Value)
		}
	}
	return shown
}

// TestAddedSameAnswer: a mean, a flow and nights have one answer, however often and by whomever they are asked for, and
// another under another key.
func TestAddedSameAnswer(t *testing.T) {
	b := newBench(t, 3000, 1, generous{})
	fresh := disclosure.New(key, once{b.engine}, generous{})
	other := disclosure.New([]byte("another key of thirty-two bytes or more"), once{b.engine}, generous{})
	for _, m := range added {
		first := b.total(t, stats.Query{Period: year}, m)
		again, err := fresh.Totals(context.Background(), 2, stats.Query{Period: year, Where: []stats.Condition{allOf(b.engine, stats.Sex)}}, m, stats.Served)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first, again.Answers[0]) {
			t.Errorf("%v: %v, then %v", m, figures(first), figures(again.Answers[0]))
		}
		if len(figures(first)) == 0 {
			t.Errorf("%v: nothing is shown", m)
		}
		by := stats.Grouping{By: []stats.Dimension{stats.AgeBand}}
		differs, err := other.Groups(context.Background(), 1, stats.Query{Period: year}, by, m)
		if err != nil {
			t.Fatal(err)
		}
		same := true
		for i, g := range b.groups(t, stats.Query{Period: year}, by, m).Groups {
			same = same && slices.Equal(figures(g.Answers[0]), figures(differs.Groups[i].Answers[0]))
		}
		if same {
			t.Errorf("%v: another key gives the same noise", m)
		}
	}
}

// TestAddedNearTheTruth: means, nights and flows lie within the margin that they name nearly always, counting each person once
// and within the bounds.
func TestAddedNearTheTruth(t *testing.T) {
	b := newBench(t, 10000, 3, generous{})
	for _, m := range added {
		limits, _ := stats.BoundsOf(m, year)
		days := float64(year.End-year.Start) + 1
		tried, near := 0, 0
		for _, d := range []stats.Dimension{stats.Sex, stats.RaceEthnicity, stats.Veteran, stats.ProjectTypeGroup, stats.AgeBand} {
			truth, err := b.engine.Bounded(stats.Query{Period: year}, []stats.Dimension{d}, boundedOf(m))
			if err != nil {
				t.Fatal(err)
			}
			values := b.engine.Values(d, nil)
			for _, g := range b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{d}}, m).Groups {
				a, one := g.Answers[0], truth[uint32(slices.Index(values, g.Values[0]))]
				switch {
				case a.Mean.Value != nil && m == stats.AveragePerNight:
					tried, near = tried+1, near+inMargin(*a.Mean.Value, float64(one.Sum)/days, a.Mean.Margin)
				case a.Mean.Value != nil:
					mean := float64(one.Sum) / float64(one.Units)
					tried, near = tried+1, near+inMargin(*a.Mean.Value, mean, a.Mean.Margin)
					if *a.Mean.Value < float64(limits.Least) || *a.Mean.Value > float64(limits.Most) {
						t.Errorf("%v %s: %v is out of bounds", m, g.Values[0].Name, *a.Mean.Value)
					}
				case a.Count.Value != nil && m == stats.BedNights:
					tried, near = tried+1, near+inMargin(float64(*a.Count.Value), float64(one.Sum), float64(a.Count.Margin))
				case a.Count.Value != nil && a.Parts != nil:
					tried, near = tried+1, near+inMargin(float64(*a.Count.Value), float64(one.Units), float64(a.Count.Margin))
					for i, p := range a.Parts {
						if p.Value != nil {
							tried, near = tried+1, near+inMargin(float64(*p.Value), float64(one.Parts[i]), float64(p.Margin))
						}
					}
				}
			}
		}
		t.Logf("%v: %d of %d within the margin", m, near, tried)
		if tried < 5 || float64(near) < 0.85*float64(tried) {
			t.Errorf("%v: %d of %d within the margin", m, near, tried)
		}
	}
}

// boundedOf is the measure whose sum is told.
func boundedOf(m stats.Measure) stats.Measure {
	if m == stats.BedNights {
		return stats.AveragePerNight
	}
	return m
}

func inMargin(a, b, margin float64) int {
	if math.Abs(a-b) <= margin {
		return 1
	}
	return 0
}

// TestAddedFew: nothing is told of fewer than eleven people, and no mean without the number of people.
func TestAddedFew(t *testing.T) {
	for seed := range uint64(3) {
		b := newBench(t, 1500, seed+20, generous{})
		shown, hidden := 0, 0
		for _, m := range added {
			for _, by := range [][]stats.Dimension{{stats.Project}, {stats.AgeBandFine}, {stats.Relationship}, {stats.Sex, stats.IncomeBand}, {stats.Survivor}} {
				for _, g := range b.groups(t, stats.Query{Period: year}, stats.Grouping{By: by}, m).Groups {
					a := g.Answers[0]
					where := []stats.Condition{}
					for i, v := range g.Values {
						where = append(where, is(by[i], v.Name))
					}
					found, err := b.engine.Bounded(stats.Query{Period: year, Where: where}, nil, boundedOf(m))
					if err != nil {
						t.Fatal(err)
					}
					truth := found[0]
					if len(figures(a)) == 0 {
						hidden++
						continue
					}
					shown++
					if a.Mean.Value == nil && a.Count.Value == nil && a.Median.Value == nil && truth.Parts != nil {
						continue // parts, looked at below
					}
					if truth.Units < 11 {
						t.Errorf("%v %v: %v of %d people", m, g.Values, figures(a), truth.Units)
					}
					if a.Count.Value == nil && a.Mean.Value != nil && m != stats.AveragePerNight {
						t.Errorf("%v %v: a mean without its number of people", m, g.Values)
					}
					for i, p := range slices.Concat(a.Parts, a.Buckets) {
						if p.Value != nil && m != stats.LengthOfStay && truth.Parts[i] < 11 {
							t.Errorf("%v %v part %d: shown as %d of %d people", m, g.Values, i, *p.Value, truth.Parts[i])
						}
					}
				}
			}
		}
		if shown < 50 || hidden < 50 {
			t.Errorf("%d shown, %d hidden: the test shows little", shown, hidden)
		}
	}
}

// TestAddedConditions: measures, their parts and buckets count as conditions, households have no means, and what is not
// offered says so.
func TestAddedConditions(t *testing.T) {
	b := newBench(t, 10000, 4, generous{})
	female, adult := is(stats.Sex, "FEMALE"), is(stats.AgeBand, "AGE_25_TO_34")
	survivor := is(stats.Survivor, "YES")
	for name, c := range map[string]struct {
		q    stats.Query
		m    stats.Measure
		of   func(disclosure.Answer) disclosure.Reason
		want disclosure.Reason
	}{
		"outflow in a month":         {stats.Query{Period: month(time.May)}, stats.Outflow, second, disclosure.Shown},
		"outflow in a month by sex":  {stats.Query{Period: month(time.May), Where: []stats.Condition{female}}, stats.Outflow, second, disclosure.TooDetailed},
		"a mean of survivors":        {stats.Query{Period: year, Where: []stats.Condition{survivor}}, stats.LengthOfStay, mean, disclosure.Shown},
		"a mean of survivors by sex": {stats.Query{Period: year, Where: []stats.Condition{survivor, female}}, stats.LengthOfStay, mean, disclosure.Sensitive},
		"buckets of survivors":       {stats.Query{Period: year, Where: []stats.Condition{survivor}}, stats.DaysToMoveIn, median, disclosure.Sensitive},
		"a mean by two, in a month":  {stats.Query{Period: month(time.May), Where: []stats.Condition{female, adult}}, stats.AverageAge, mean, disclosure.TooDetailed},
		"households":                 {stats.Query{Period: year, Unit: stats.Households}, stats.LengthOfStay, mean, disclosure.NotOffered},
		"nights of households":       {stats.Query{Period: year, Unit: stats.Households}, stats.BedNights, count, disclosure.NotOffered},
		"contacts":                   {stats.Query{Period: year}, stats.Contacts, count, disclosure.NotOffered},
		"not yet":                    {stats.Query{Period: stats.Period{Start: hmis.NewDate(2027, 1, 1), End: hmis.NewDate(2027, 12, 31)}}, stats.BedNights, count, disclosure.NotPublished},
	} {
		if got := c.of(b.total(t, c.q, c.m)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	poor := newBench(t, 1500, 3, broke{})
	for _, m := range added {
		if a := poor.total(t, stats.Query{Period: year}, m); len(figures(a)) > 0 || a.Count.Reason != disclosure.BudgetSpent && a.Mean.Reason != disclosure.BudgetSpent {
			t.Errorf("%v without a budget: %v", m, figures(a))
		}
	}
	if name := stats.Relationship.Info().Values[0].Name; name != "SELF_HEAD_OF_HOUSEHOLD" {
		t.Errorf("the first relationship is %s; the number of heads goes by it", name)
	}
}

func second(a disclosure.Answer) disclosure.Reason { return a.Parts[1].Reason }
func mean(a disclosure.Answer) disclosure.Reason   { return a.Mean.Reason }
func median(a disclosure.Answer) disclosure.Reason { return a.Median.Reason }
func count(a disclosure.Answer) disclosure.Reason  { return a.Count.Reason }

// TestGroupChanges: what a group was before is the protected answer about it then, and a change is of two numbers that are shown.
func TestGroupChanges(t *testing.T) {
	b := newBench(t, 3000, 6, generous{})
	q, measures := stats.Query{Period: stats.Period{Start: hmis.NewDate(2025, 1, 1), End: hmis.NewDate(2025, 6, 30)}}, []stats.Measure{stats.Served, stats.Outflow, stats.AverageAge, stats.ExitsToPermanent, stats.Contacts}
	g := stats.Grouping{By: []stats.Dimension{stats.Sex}, Grain: stats.Quarter}
	found, err := b.GroupChanges(context.Background(), 1, q, g, stats.PreviousPeriod, measures...)
	if err != nil {
		t.Fatal(err)
	}
	changes := 0
	for i, one := range found.Groups.Groups {
		c := found.Changes[i]
		if want := one.Period.Before(stats.PreviousPeriod); c.From != want || c.From.End != one.Period.Start-1 {
			t.Errorf("%v is measured from %v", one.Period, c.From)
		}
		for j, m := range measures {
			was := b.total(t, stats.Query{Period: c.From, Where: []stats.Condition{is(stats.Sex, one.Values[0].Name)}}, m)
			if !reflect.DeepEqual(was, c.Before[j]) || !reflect.DeepEqual(one.Answers[j], c.Now[j]) {
				t.Errorf("%v of %v: %v, alone %v", m, one.Values, figures(c.Before[j]), figures(was))
			}
			before, known := c.Before[j].Value()
			now, knownNow := c.Now[j].Value()
			switch {
			case c.Percent[j] == nil:
				if known && knownNow && before != 0 {
					t.Errorf("%v of %v: no change of %v to %v", m, one.Values, before, now)
				}
			case !known || !knownNow:
				t.Errorf("%v of %v: a change of %v %%, with a number that is not shown", m, one.Values, *c.Percent[j])
			default:
				changes++
				if *c.Percent[j] != 100*(now-before)/before {
					t.Errorf("%v of %v: %v %% of %v to %v", m, one.Values, *c.Percent[j], before, now)
				}
			}
		}
	}
	if changes < 5 {
		t.Errorf("only %d changes", changes)
	}
	later := stats.Query{Period: stats.Period{Start: hmis.NewDate(2027, 1, 1), End: hmis.NewDate(2027, 12, 31)}}
	unpublished, err := b.GroupChanges(context.Background(), 1, later, stats.Grouping{By: []stats.Dimension{stats.Sex}}, stats.PriorYear, stats.Served)
	if err != nil || unpublished.Changes[0].Percent[0] != nil {
		t.Errorf("a change of what is not published: %v, %v", unpublished, err)
	}
}
