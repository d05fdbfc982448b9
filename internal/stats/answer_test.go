package stats

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts/factstest"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// TestPeriods: what each way of asking means, and what a change is measured from.
func TestPeriods(t *testing.T) {
	day := func(s string) hmis.Date { return factstest.Day(t, s) }
	today := day("2025-05-14")
	last := func(n int, k PeriodKind) func() (Period, error) {
		return func() (Period, error) { return Last(n, k, today) }
	}
	for _, c := range []struct {
		name                    string
		make                    func() (Period, error)
		want, previous, yearAgo string
	}{
		{"between", func() (Period, error) { return Between(day("2025-01-10"), day("2025-01-19")) }, "2025-01-10 2025-01-19", "2024-12-31 2025-01-09", "2024-01-10 2024-01-19"},
		{"whole months", func() (Period, error) { return Between(day("2025-03-01"), day("2025-04-30")) }, "2025-03-01 2025-04-30", "2025-01-01 2025-02-28", "2024-03-01 2024-04-30"},
		{"a day", func() (Period, error) { return On(day("2024-02-29")) }, "2024-02-29 2024-02-29", "2024-02-28 2024-02-28", "2023-02-28 2023-02-28"},
		{"a fiscal year", func() (Period, error) { return FiscalYear(2025) }, "2024-10-01 2025-09-30", "2023-10-01 2024-09-30", "2023-10-01 2024-09-30"},
		{"days", last(30, LastDays), "2025-04-14 2025-05-13", "2025-03-15 2025-04-13", "2024-04-14 2024-05-13"},
		{"months", last(2, LastMonths), "2025-03-01 2025-04-30", "2025-01-01 2025-02-28", "2024-03-01 2024-04-30"},
		{"quarters", last(1, LastQuarters), "2025-01-01 2025-03-31", "2024-10-01 2024-12-31", "2024-01-01 2024-03-31"},
		{"years", last(2, LastYears), "2023-01-01 2024-12-31", "2021-01-01 2022-12-31", "2022-01-01 2023-12-31"},
	} {
		p, err := c.make()
		if err != nil {
			t.Fatal(err)
		}
		text := func(p Period) string { return p.Start.String() + " " + p.End.String() }
		if got := []string{text(p), text(p.Before(PreviousPeriod)), text(p.Before(PriorYear))}; !slices.Equal(got, []string{c.want, c.previous, c.yearAgo}) {
			t.Errorf("%s: %q, want %q", c.name, got, []string{c.want, c.previous, c.yearAgo})
		}
	}
	for _, wrong := range []func() (Period, error){
		func() (Period, error) { return Between(day("2025-01-02"), day("2025-01-01")) }, last(0, LastDays), last(1, BetweenDates), last(40_001, LastDays),
		last(3000, LastYears), func() (Period, error) { return FiscalYear(99999) },
	} {
		if p, err := wrong(); err == nil {
			t.Errorf("%v is no error", p)
		}
	}
}

// TestSpine: without stays there are parts all the same, from the first to the last day.
func TestSpine(t *testing.T) {
	w := village(t)
	stay(w, "a", row{"EntryDate": "2025-03-05", "ExitDate": "2025-03-20", "Destination": "410"})
	e := New(w.Facts(), Version{})
	for grain, want := range map[Grain][]string{
		NoGrain:           {"2025-01-15 2025-03-31 1"},
		Month:             {"2025-01-15 2025-01-31 0", "2025-02-01 2025-02-28 0", "2025-03-01 2025-03-31 1"},
		Quarter:           {"2025-01-15 2025-03-31 1"},
		Year:              {"2025-01-15 2025-03-31 1"},
		FederalFiscalYear: {"2025-01-15 2025-03-31 1"},
	} {
		groups, err := e.Groups(Query{Period: between(t, "2025-01-15", "2025-03-31")}, Grouping{Grain: grain}, Served)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range groups.Groups {
			got = append(got, fmt.Sprint(g.Period.Start, g.Period.End, g.Answers[0].Count))
		}
		if !slices.Equal(got, want) {
			t.Errorf("grain %d: %q, want %q", grain, got, want)
		}
	}
	for grain, want := range map[Grain]int{Day: 76, Week: 12} {
		groups, err := e.Groups(Query{Period: between(t, "2025-01-15", "2025-03-31")}, Grouping{Grain: grain}, Served)
		if err != nil || len(groups.Groups) != want {
			t.Errorf("grain %d: %d parts, want %d: %v", grain, len(groups.Groups), want, err)
		}
	}
}

// TestChoose: having, order and page.
func TestChoose(t *testing.T) {
	w := village(t)
	for i, project := range []string{"es", "es", "es", "th", "so", "so"} {
		stay(w, fmt.Sprint(i), row{"PersonalID": fmt.Sprint(i), "ProjectID": project, "EntryDate": "2025-01-05"})
	}
	e := New(w.Facts(), Version{})
	q := Query{Period: between(t, "2025-01-01", "2025-01-31")}
	two := 2.0
	for _, c := range []struct {
		name  string
		g     Grouping
		want  string
		count int
	}{
		{"in the order of the catalogue", Grouping{}, "[EMERGENCY_SHELTER_ENTRY_EXIT3 TRANSITIONAL_HOUSING1 STREET_OUTREACH2]", 3},
		{"most first", Grouping{OrderBy: []Order{{By: OrderByMeasure, Measure: Served, Down: true}}}, "[EMERGENCY_SHELTER_ENTRY_EXIT3 STREET_OUTREACH2 TRANSITIONAL_HOUSING1]", 3},
		{"the other way round", Grouping{OrderBy: []Order{{By: OrderByDimension, Dimension: ProjectType, Down: true}}}, "[STREET_OUTREACH2 TRANSITIONAL_HOUSING1 EMERGENCY_SHELTER_ENTRY_EXIT3]", 3},
		{"two or more", Grouping{Having: []Having{{Measure: Served, AtLeast: &two}}}, "[EMERGENCY_SHELTER_ENTRY_EXIT3 STREET_OUTREACH2]", 2},
		{"at most two", Grouping{Having: []Having{{Measure: Entered, AtMost: &two}}}, "[TRANSITIONAL_HOUSING1 STREET_OUTREACH2]", 2},
		{"without a value", Grouping{Having: []Having{{Measure: ExitsToPermanent}}}, "[]", 0},
		{"a page", Grouping{First: 1, After: 1}, "[TRANSITIONAL_HOUSING1]", 3},
		{"behind the end", Grouping{First: 1, After: 9}, "[]", 3},
	} {
		c.g.By = []Dimension{ProjectType}
		groups, err := e.Groups(q, c.g, Served)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, g := range groups.Groups {
			got = append(got, fmt.Sprint(g.Values[0].Name, g.Answers[0].Count))
			if len(g.Answers) != 1 {
				t.Errorf("%s: %d answers", c.name, len(g.Answers))
			}
		}
		if fmt.Sprint(got) != c.want || groups.Count != c.count {
			t.Errorf("%s: %v of %d, want %s of %d", c.name, got, groups.Count, c.want, c.count)
		}
	}
}

// TestChange: a query beside itself.
func TestChange(t *testing.T) {
	w := village(t)
	for i, entry := range []string{"2024-12-05", "2024-12-06", "2025-01-05", "2025-01-06", "2025-01-07"} {
		stay(w, fmt.Sprint(i), row{"PersonalID": fmt.Sprint(i), "EntryDate": entry})
	}
	e := New(w.Facts(), Version{Change: 7})
	q := Query{Period: Period{Start: factstest.Day(t, "2025-01-01"), End: factstest.Day(t, "2025-01-31"), Kind: LastMonths, Number: 1}}
	c, err := e.Change(q, PreviousPeriod, Entered, ExitsToPermanent)
	if err != nil {
		t.Fatal(err)
	}
	if c.Now[0].Count != 3 || c.Before[0].Count != 2 || c.Percent[0] == nil || *c.Percent[0] != 50 || c.Percent[1] != nil || c.From.Start.String() != "2024-12-01" {
		t.Errorf("%+v", c)
	}
	all, err := e.Totals(q, Served)
	if err != nil || all.Basis.Version.Change != 7 || all.Basis.Query.Period != q.Period {
		t.Errorf("%+v, %v", all.Basis, err)
	}
	var covered []int
	for _, p := range all.Coverage.Projects {
		covered = append(covered, p.Enrollments)
	}
	slices.Sort(covered)
	if len(covered) != 8 || covered[7] != 5 || covered[6] != 0 {
		t.Errorf("the projects have %v stays", covered)
	}
}

// TestRefusals: each query is refused as Invalid, with a sentence.
func TestRefusals(t *testing.T) {
	w := village(t)
	stay(w, "a", row{"EntryDate": "2025-01-05"})
	e := New(w.Facts(), Version{})
	q := Query{Period: between(t, "2025-01-01", "2025-01-31")}
	with := func(c ...Condition) Query {
		n := q
		n.Where = c
		return n
	}
	ask := func(q Query, g Grouping, m ...Measure) func() error {
		return func() error { _, err := e.Groups(q, g, m...); return err }
	}
	for name, do := range map[string]func() error{
		"no period":             ask(Query{Period: Period{Start: 10, End: 9}}, Grouping{}, Served),
		"no measure":            ask(q, Grouping{}, measureCount),
		"no dimension":          ask(q, Grouping{By: []Dimension{dimensionCount}}, Served),
		"a dimension twice":     ask(q, Grouping{By: []Dimension{Sex, Sex}}, Served),
		"two grains":            ask(q, Grouping{By: []Dimension{InMonth}, Grain: Year}, Served),
		"a condition on time":   ask(with(Condition{InMonth, nil}), Grouping{}, Served),
		"no such value":         ask(with(Condition{Sex, []string{"X"}}), Grouping{}, Served),
		"order by what":         ask(q, Grouping{OrderBy: []Order{{By: OrderByMeasure, Measure: Exited}}}, Served),
		"too many combinations": ask(q, Grouping{By: []Dimension{Destination, PriorSituation, Funder, AgeBandFine, HouseholdType}}, Served),
		"too many parts":        ask(Query{Period: between(t, "1990-01-01", "2025-01-31")}, Grouping{Grain: Day}, Served),
		"a project not there":   ask(Query{Period: q.Period, Projects: []int32{99}}, Grouping{}, Served),
		"cells of days":         func() error { _, err := e.Cells(q, LengthOfStay); return err },
		"members of nothing":    func() error { _, err := e.Members(q, measureCount, nil); return err },
	} {
		var refused *hmis.Error
		if err := do(); !errors.As(err, &refused) || refused.Code != hmis.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []Condition{{Sex, nil}, {CoC, []string{"ZZ-500"}}, {Geocode, []string{"000000"}}} {
		if a := totals(t, e, with(c), Served); a[0].Count != 0 {
			t.Errorf("%v lets %d through", c, a[0].Count)
		}
	}
}
