package stats

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// anyPeriod draws a period of some days to some years in and around those of the town.
func anyPeriod(t *rapid.T) Period {
	start := hmis.NewDate(2019, time.October, 1) + hmis.Date(rapid.IntRange(0, 2700).Draw(t, "start"))
	days := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 1200)).Draw(t, "days")
	return Period{Start: start, End: start + hmis.Date(days)}
}

// anyQuery draws a query without a scope.
func anyQuery(t *rapid.T, e *Engine) Query {
	q := Query{
		Period:     anyPeriod(t),
		Unit:       Unit(rapid.IntRange(0, int(Enrollments)).Draw(t, "unit")),
		ActiveBy:   ActiveBy(rapid.IntRange(0, 1).Draw(t, "active by")),
		RaceMethod: RaceMethod(rapid.IntRange(0, 1).Draw(t, "race method")),
		AgeAt:      AgeAt(rapid.IntRange(0, 2).Draw(t, "age at")),
		Identity:   Identity(rapid.IntRange(0, 1).Draw(t, "identity")),
	}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		q.Where = append(q.Where, anyCondition(t, e))
	}
	return q
}

func anyDimension(t *rapid.T) Dimension {
	return Dimension(rapid.IntRange(0, int(InMonth)-1).Draw(t, "dimension"))
}

func anyCondition(t *rapid.T, e *Engine) Condition {
	d := anyDimension(t)
	c := Condition{Dimension: d}
	for _, v := range rapid.SliceOfNDistinct(rapid.SampledFrom(e.Values(d, nil)), 1, -1, func(v Value) string { return v.Name }).Draw(t, "values") {
		c.Values = append(c.Values, v.Name)
	}
	return c
}

// TestFlowInvariant: active at start + inflow = outflow + active at end, for every query without groups and every period, and
// what is active at the end of a period is so at the start of the next.
func TestFlowInvariant(t *testing.T) {
	e := New(town(), Version{})
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t, e)
		a := totals(t, e, q, ActiveAtStart, Inflow, Outflow, ActiveAtEnd)
		if a[0].Count+a[1].Count != a[2].Count+a[3].Count {
			t.Fatalf("active %d + inflow %d is not outflow %d + active %d", a[0].Count, a[1].Count, a[2].Count, a[3].Count)
		}
	})
}

func totals(t rapid.TB, e *Engine, q Query, measures ...Measure) []Answer {
	t.Helper()
	all, err := e.Totals(q, measures...)
	if err != nil {
		t.Fatal(err)
	}
	return all.Answers
}

// TestGroupsAreConditions: the answer in a group is that of the same query with the group's values as conditions, and the part
// of the period as its period; a group that is not there has nobody.
func TestGroupsAreConditions(t *testing.T) {
	e := New(town(), Version{})
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t, e)
		var g Grouping
		for range rapid.IntRange(0, 2).Draw(t, "by") {
			if d := anyDimension(t); len(g.By) == 0 || g.By[0] != d {
				g.By = append(g.By, d)
			}
		}
		g.Grain = Grain(rapid.IntRange(0, int(FederalFiscalYear)).Draw(t, "grain"))
		if g.Grain == Day {
			q.Period.End = min(q.Period.End, q.Period.Start+5)
		}
		measures := allMeasures()
		groups, err := e.Groups(q, g, measures...)
		if err != nil {
			t.Skip(err)
		}
		if len(groups.Groups) == 0 {
			return
		}
		for range 4 {
			one := rapid.SampledFrom(groups.Groups).Draw(t, "group")
			narrow := q
			narrow.Period = Period{Start: one.Period.Start, End: one.Period.End}
			narrow.Where = append([]Condition(nil), q.Where...)
			for i, d := range groups.By {
				narrow.Where = append(narrow.Where, Condition{d, []string{one.Values[i].Name}})
			}
			if diff := cmp.Diff(totals(t, e, narrow, measures...), one.Answers); diff != "" {
				t.Fatalf("%v by %v: %s", one.Values, g, diff)
			}
		}
	})
}

// TestGroupChangesAreChanges: the change of a group is that of the query with the group's values as conditions in its part of the
// period.
func TestGroupChangesAreChanges(t *testing.T) {
	e := New(town(), Version{})
	groups, empty := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		q, g := anyQuery(t, e), Grouping{By: []Dimension{anyDimension(t)}}
		g.Grain = Grain(rapid.IntRange(0, int(FederalFiscalYear)).Draw(t, "grain"))
		if g.Grain == Day {
			q.Period.End = min(q.Period.End, q.Period.Start+5)
		}
		if rapid.Bool().Draw(t, "whole months") {
			q.Period.Start = addMonths(q.Period.Start, 0) - hmis.Date(q.Period.Start.Time().Day()-1)
			q.Period.End = addMonths(q.Period.Start, rapid.IntRange(1, 30).Draw(t, "months")) - 1
		}
		to := Compare(rapid.IntRange(0, 1).Draw(t, "to"))
		measures := allMeasures()
		found, err := e.GroupChanges(q, g, to, measures...)
		if err != nil {
			t.Skip(err)
		}
		if len(found.Changes) != len(found.Groups.Groups) {
			t.Fatalf("%d changes of %d groups", len(found.Changes), len(found.Groups.Groups))
		}
		if len(found.Changes) == 0 {
			return
		}
		for range 3 {
			i := rapid.IntRange(0, len(found.Changes)-1).Draw(t, "group")
			one := found.Groups.Groups[i]
			narrow := q
			narrow.Period = one.Period
			narrow.Where = append(append([]Condition(nil), q.Where...), Condition{g.By[0], []string{one.Values[0].Name}})
			want, err := e.Change(narrow, to, measures...)
			if err != nil {
				t.Fatal(err)
			}
			if groups++; want.Before[0].Count == 0 {
				empty++
			}
			if diff := cmp.Diff(*want, found.Changes[i]); diff != "" {
				t.Fatalf("%v by %v: %s", one.Values, g, diff)
			}
		}
	})
	if empty == 0 || empty == groups {
		t.Errorf("%d of %d groups had nobody before: the test shows little", empty, groups)
	}
}

func (m Measure) GoString() string { return m.String() }

var _ fmt.GoStringer = Measure(0)

// TestFlowsByPart: of every dimension, however ages are taken, flows of parts are those of the parts asked for alone.
func TestFlowsByPart(t *testing.T) {
	e := New(town(), Version{})
	for d := range InMonth {
		for at := AgeAtStart; at <= AgeAtEnd; at++ {
			q := Query{Period: Period{Start: hmis.NewDate(2022, time.March, 3), End: hmis.NewDate(2025, time.July, 7)}, AgeAt: at}
			measures := []Measure{ActiveAtStart, Inflow, Outflow, ActiveAtEnd}
			groups, err := e.Groups(q, Grouping{By: []Dimension{d}, Grain: Year}, measures...)
			if err != nil {
				t.Fatal(err)
			}
			for i, one := range groups.Groups {
				if i%5 > 0 && len(groups.Groups) > 20 {
					continue
				}
				narrow := q
				narrow.Period = one.Period
				narrow.Where = []Condition{{d, []string{one.Values[0].Name}}}
				if diff := cmp.Diff(totals(t, e, narrow, measures...), one.Answers); diff != "" {
					t.Fatalf("%s %v from %s, age at %d: %s", d, one.Values, one.Period.Start, at, diff)
				}
			}
		}
	}
}
