package stats

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMembers: the rows behind a group are as many units as the measure counts.
func TestMembers(t *testing.T) {
	e := New(town(), Version{})
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t, e)
		m := Measure(rapid.IntRange(0, int(measureCount)-1).Draw(t, "measure"))
		group := []Condition{anyCondition(t, e)}
		members, err := e.Members(q, m, group)
		if err != nil {
			t.Fatal(err)
		}
		narrow := q
		narrow.Where = append(slices.Clone(q.Where), group...)
		a := totals(t, e, narrow, m)[0]
		r, err := e.newRun(narrow)
		if err != nil {
			t.Fatal(err)
		}
		units := map[int32]bool{}
		for _, s := range members.Enrollments {
			units[unitOf(r.units(), s)] = true
		}
		n := int64(len(units))
		switch info := m.Info(); {
		case info.Kind == Count && info.Unit == "units", info.Kind == Mix:
			if n != a.Count {
				t.Fatalf("%s counts %d, its members are %d", m, a.Count, n)
			}
		case info.Kind == Rate && info.Unit == "units", m == AverageAge:
			if n != a.Denominator {
				t.Fatalf("%s divides by %d, its members are %d", m, a.Denominator, n)
			}
		case info.Kind == Average, info.Kind == Rate:
			if (n > 0) != (a.Numerator > 0) {
				t.Fatalf("%s adds up to %d, its members are %d", m, a.Numerator, n)
			}
		default:
			if m != LengthOfTimeHomeless && (n > 0) != (a.Count > 0) || n < a.Count && m == LengthOfTimeHomeless {
				t.Fatalf("%s counts %d, its members are %d", m, a.Count, n)
			}
		}
		if !slices.IsSorted(members.Enrollments) || !slices.IsSorted(members.Clients) {
			t.Fatal("the members are not in the order of the facts")
		}
	})
}

// TestCells: the cells are the groups.
func TestCells(t *testing.T) {
	e := New(town(), Version{})
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(t, e)
		m := rapid.SampledFrom([]Measure{Served, Entered, ActiveAtEnd, ExitsToPermanent, Returns24Months, ChronicallyHomeless}).Draw(t, "measure")
		by := []Dimension{anyDimension(t)}
		if d := anyDimension(t); d != by[0] {
			by = append(by, d)
		}
		cells, err := e.Cells(q, m, by...)
		if err != nil {
			t.Skip(err)
		}
		groups, err := e.Groups(q, Grouping{By: by}, m)
		if err != nil {
			t.Fatal(err)
		}
		sum, all := [2]int64{}, [2]int64{}
		for _, n := range cells.Counts {
			sum[0] += int64(n)
		}
		for _, n := range cells.Of {
			sum[1] += int64(n)
		}
		for _, g := range groups.Groups {
			at := g.codes[0]
			if len(by) > 1 {
				at = at*len(cells.Values[1]) + g.codes[1]
			}
			a := g.Answers[0]
			n := a.Count + a.Numerator
			if int64(cells.Counts[at]) != n || cells.Of != nil && int64(cells.Of[at]) != a.Denominator {
				t.Fatalf("%v: %d, want %d", g.Values, cells.Counts[at], n)
			}
			all[0], all[1] = all[0]+n, all[1]+a.Denominator
		}
		if sum != all {
			t.Fatalf("the cells add up to %d, the groups to %d", sum, all)
		}
	})
}
