package disclosure_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

var year = stats.Period{Start: hmis.NewDate(2024, 10, 1), End: hmis.NewDate(2025, 9, 30)}

func month(m time.Month) stats.Period {
	return stats.Period{Start: hmis.NewDate(2025, m, 1), End: hmis.NewDate(2025, m+1, 1) - 1}
}

func is(d stats.Dimension, values ...string) stats.Condition {
	return stats.Condition{Dimension: d, Values: values}
}

func allOf(e *stats.Engine, d stats.Dimension) (c stats.Condition) {
	c.Dimension = d
	for _, v := range e.Values(d, nil) {
		c.Values = append(c.Values, v.Name)
	}
	return c
}

// bench is a community with its protector.
type bench struct {
	*disclosure.Protector
	facts  *facts.Facts
	engine *stats.Engine
}

func newBench(t testing.TB, people int, seed uint64, l disclosure.Ledger) *bench {
	f := community(t, people, seed)
	e := stats.New(f, stats.Version{})
	return &bench{disclosure.New(key, once{e}, l), f, e}
}

func (b *bench) total(t testing.TB, q stats.Query, m stats.Measure) disclosure.Answer {
	t.Helper()
	totals, err := b.Totals(context.Background(), 1, q, m)
	if err != nil {
		t.Fatal(err)
	}
	return totals.Answers[0]
}

func (b *bench) groups(t testing.TB, q stats.Query, g stats.Grouping, measures ...stats.Measure) *disclosure.Groups {
	t.Helper()
	groups, err := b.Groups(context.Background(), 1, q, g, measures...)
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

func show(n disclosure.Number) string {
	if n.Value == nil {
		return n.Reason.String()
	}
	return fmt.Sprint(*n.Value)
}

// TestSameAnswer: a question in other words has the same answer.
func TestSameAnswer(t *testing.T) {
	b := newBench(t, 3000, 1, generous{})
	female, adult := is(stats.Sex, "FEMALE"), is(stats.AgeBand, "AGE_25_TO_34")
	want := show(b.total(t, stats.Query{Period: year, Where: []stats.Condition{female, adult}}, stats.Served).Count)
	if want == "TOO_FEW" {
		t.Fatal("the cell is not shown")
	}
	fiscal, err := stats.FiscalYear(2025)
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]stats.Query{
		"order":       {Period: year, Where: []stats.Condition{adult, female}},
		"fiscal year": {Period: fiscal, Where: []stats.Condition{adult, female}},
		"twice":       {Period: year, Where: []stats.Condition{adult, female, adult}},
		"value twice": {Period: year, Where: []stats.Condition{is(stats.Sex, "FEMALE", "FEMALE"), adult}},
		"all values":  {Period: year, Where: []stats.Condition{adult, allOf(b.engine, stats.Project), female, allOf(b.engine, stats.Survivor)}},
	} {
		if got := show(b.total(t, q, stats.Served).Count); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, by := range [][]stats.Dimension{{stats.AgeBand}, {stats.AgeBand, stats.Sex}, {stats.Sex, stats.AgeBand}} {
		for _, g := range b.groups(t, stats.Query{Period: year, Where: []stats.Condition{female}}, stats.Grouping{By: by}, stats.Served).Groups {
			if values := names(g.Values); slices.Contains(values, "AGE_25_TO_34") && show(g.Answers[0].Count) != want {
				t.Errorf("by %v: %s, want %s", by, show(g.Answers[0].Count), want)
			}
		}
	}
	veterans, where := b.total(t, stats.Query{Period: year}, stats.Veterans), b.total(t, stats.Query{Period: year, Where: []stats.Condition{is(stats.Veteran, "YES")}}, stats.Served)
	if show(veterans.Count) != show(where.Count) || veterans.Count.Value == nil {
		t.Errorf("veterans %s, served who are veterans %s", show(veterans.Count), show(where.Count))
	}
	in := month(time.March)
	between, err := stats.Between(in.Start, in.End)
	if err != nil {
		t.Fatal(err)
	}
	march := b.groups(t, stats.Query{Period: year}, stats.Grouping{Grain: stats.Month}, stats.Served).Groups[5]
	if march.Period.Start != in.Start || show(march.Answers[0].Count) != show(b.total(t, stats.Query{Period: between}, stats.Served).Count) {
		t.Error("a month of a year and the same month as a between differ")
	}
	other := disclosure.New([]byte("another key of thirty-two bytes or more"), once{b.engine}, generous{})
	differ := 0
	for m := time.January; m <= time.September; m++ {
		a, err := other.Totals(context.Background(), 1, stats.Query{Period: month(m)}, stats.Served)
		if err != nil {
			t.Fatal(err)
		}
		if show(a.Answers[0].Count) != show(b.total(t, stats.Query{Period: month(m)}, stats.Served).Count) {
			differ++
		}
	}
	if differ == 0 {
		t.Error("another key gives the same noise")
	}
}

// TestEqualSets: 200 questions in different words about the same people teach no more than one.
func TestEqualSets(t *testing.T) {
	b := newBench(t, 3000, 2, generous{})
	asked, answers := 0, map[string]map[string]int{} // by project
	dimensions := []stats.Dimension{stats.Organization, stats.ProjectType, stats.ProjectTypeGroup, stats.Funder, stats.FederalPartner, stats.CoC, stats.Geocode, stats.TargetPopulation}
	for project := range 20 {
		p := fmt.Sprint(project)
		answers[p] = map[string]int{}
		ask := func(where ...stats.Condition) {
			q := stats.Query{Period: year, Where: where}
			members, err := b.engine.Totals(q, stats.Served)
			if err != nil {
				t.Fatal(err)
			}
			alone, err := b.engine.Totals(stats.Query{Period: year, Where: []stats.Condition{is(stats.Project, p)}}, stats.Served)
			if err != nil {
				t.Fatal(err)
			}
			if members.Answers[0].Count != alone.Answers[0].Count {
				return // other people
			}
			asked++
			if n := b.total(t, q, stats.Served).Count; n.Value != nil {
				answers[p][show(n)]++
			}
		}
		ask(is(stats.Project, p))
		for i, d := range dimensions {
			value := b.valueOf(t, d, p)
			ask(is(stats.Project, p), is(d, value))
			ask(is(d, value), is(stats.Project, p), allOf(b.engine, stats.Sex))
			for _, e := range dimensions[:i] {
				ask(is(d, value), is(e, b.valueOf(t, e, p)))
			}
		}
	}
	for p, got := range answers {
		// One answer for each number of conditions that words can have, not one for each wording.
		if len(got) > 3 {
			t.Errorf("project %s: %d different answers: %v", p, len(got), got)
		}
	}
	if asked < 200 {
		t.Errorf("only %d questions about equal sets", asked)
	}
	t.Logf("%d questions about equal sets", asked)
}

// valueOf is a value that the project has.
func (b *bench) valueOf(t *testing.T, d stats.Dimension, project string) string {
	groups, err := b.engine.Groups(stats.Query{Period: year, Where: []stats.Condition{is(stats.Project, project)}}, stats.Grouping{By: []stats.Dimension{d}}, stats.Served)
	if err != nil {
		t.Fatal(err)
	}
	return groups.Groups[0].Values[0].Name
}

// TestRefused: what is no part of the closed vocabulary is refused or not told.
func TestRefused(t *testing.T) {
	b := newBench(t, 1500, 3, generous{})
	for name, q := range map[string]stats.Query{
		"window of days":    {Period: stats.Period{Start: year.Start + 1, End: year.End}},
		"two years":         {Period: stats.Period{Start: year.Start - 365, End: year.End}},
		"two of the values": {Period: year, Where: []stats.Condition{is(stats.AgeBand, "AGE_25_TO_34", "AGE_35_TO_44")}},
		"none of them":      {Period: year, Where: []stats.Condition{is(stats.AgeBand)}},
		"no such value":     {Period: year, Where: []stats.Condition{is(stats.AgeBand, "AGE_1_TO_99")}},
		"unit":              {Period: year, Unit: stats.Heads},
		"enrollments":       {Period: year, Unit: stats.Enrollments},
		"active by":         {Period: year, ActiveBy: stats.ByService},
		"race method":       {Period: year, RaceMethod: stats.CombinedRace},
		"age at":            {Period: year, AgeAt: stats.AgeAtEnd},
		"identity":          {Period: year, Identity: stats.Clients},
	} {
		if _, err := b.Totals(context.Background(), 1, q, stats.Served); hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	survivor, female, adult := is(stats.Survivor, "YES"), is(stats.Sex, "FEMALE"), is(stats.AgeBand, "AGE_25_TO_34")
	for name, c := range map[string]struct {
		q    stats.Query
		m    stats.Measure
		want disclosure.Reason
	}{
		"sensitive and one":         {stats.Query{Period: year, Where: []stats.Condition{survivor, female}}, stats.Served, disclosure.Shown},
		"sensitive and two":         {stats.Query{Period: year, Where: []stats.Condition{survivor, female, adult}}, stats.Served, disclosure.Sensitive},
		"as a measure":              {stats.Query{Period: year, Where: []stats.Condition{female, adult}}, stats.Survivors, disclosure.Sensitive},
		"two sensitive":             {stats.Query{Period: year, Where: []stats.Condition{survivor, is(stats.DisablingCondition, "YES")}}, stats.Served, disclosure.Sensitive},
		"in a month":                {stats.Query{Period: month(time.May), Where: []stats.Condition{survivor, female}}, stats.Served, disclosure.Sensitive},
		"of who entered":            {stats.Query{Period: year, Where: []stats.Condition{survivor, female}}, stats.Entered, disclosure.Sensitive},
		"four":                      {stats.Query{Period: month(time.May), Where: []stats.Condition{female, adult, is(stats.Veteran, "NO")}}, stats.Served, disclosure.TooDetailed},
		"sum without bounds":        {stats.Query{Period: year}, stats.Contacts, disclosure.NotOffered},
		"stays":                     {stats.Query{Period: year}, stats.StaysInQuestion, disclosure.NotOffered},
		"nobody":                    {stats.Query{Period: year, Where: []stats.Condition{is(stats.TargetPopulation, "PERSONS_WITH_HIV_AIDS")}}, stats.Served, disclosure.TooFew},
		"everybody":                 {stats.Query{Period: year, Where: []stats.Condition{is(stats.Veteran, "NO"), is(stats.AgeBand, "AGE_5_TO_12")}}, stats.Served, disclosure.TooFew},
		"not yet":                   {stats.Query{Period: stats.Period{Start: hmis.NewDate(2027, 1, 1), End: hmis.NewDate(2027, 12, 31)}}, stats.Served, disclosure.NotPublished},
		"two values of a dimension": {stats.Query{Period: year, Where: []stats.Condition{female, is(stats.Sex, "MALE")}}, stats.Served, disclosure.TooFew},
	} {
		if n := b.total(t, c.q, c.m).Count; n.Reason != c.want || (n.Value == nil) == (c.want == disclosure.Shown) {
			t.Errorf("%s: %s, want %v", name, show(n), c.want)
		}
	}
	small := newBench(t, 600, 3, generous{})
	if n := small.total(t, stats.Query{Period: month(time.May), Where: []stats.Condition{female, adult}}, stats.Served).Count; n.Reason != disclosure.TooDetailed {
		t.Errorf("three conditions in a small town: %s", show(n))
	}
}

// TestHomogeneous: where all of a group have the same answer, or next to all, nothing tells so.
func TestHomogeneous(t *testing.T) {
	b := newBench(t, 3000, 4, generous{})
	shown := 0
	for _, d := range []stats.Dimension{stats.AgeBandFine, stats.Project, stats.RaceEthnicity, stats.Relationship, stats.IncomeBand} {
		exact, err := b.engine.Groups(stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{d, stats.Veteran}}, stats.Served)
		if err != nil {
			t.Fatal(err)
		}
		of, inside := map[string]int64{}, map[string]int64{}
		for _, g := range exact.Groups {
			of[g.Values[0].Name] += g.Answers[0].Count
			inside[g.Values[0].Name+g.Values[1].Name] = g.Answers[0].Count
		}
		for _, g := range b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{d, stats.Veteran}}, stats.Served).Groups {
			n := inside[g.Values[0].Name+g.Values[1].Name]
			if g.Answers[0].Count.Value == nil {
				continue
			}
			if shown++; n < 11 || of[g.Values[0].Name]-n < 11 || *g.Answers[0].Count.Value < 11 || *g.Answers[0].Count.Value%5 != 0 {
				t.Errorf("%v: shown as %s: %d of %d", g.Values, show(g.Answers[0].Count), n, of[g.Values[0].Name])
			}
		}
	}
	if shown < 20 {
		t.Errorf("only %d cells shown", shown)
	}
}

// TestDerived: rates, order and Having come from the numbers shown, and every combination is listed.
func TestDerived(t *testing.T) {
	b := newBench(t, 3000, 5, generous{})
	g := b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.AgeBand}}, stats.ErrorsAtExit, stats.Served)
	if len(g.Groups) != len(stats.AgeBand.Info().Values) {
		t.Errorf("%d groups", len(g.Groups))
	}
	rates := 0
	for _, one := range g.Groups {
		a := one.Answers[0]
		if (a.Rate == nil) != (a.Numerator.Value == nil || a.Denominator.Value == nil) {
			t.Errorf("%v: rate of %s and %s", one.Values, show(a.Numerator), show(a.Denominator))
		}
		if a.Rate != nil {
			if rates++; *a.Rate != min(float64(*a.Numerator.Value)/float64(*a.Denominator.Value), 1) {
				t.Errorf("%v: %v", one.Values, *a.Rate)
			}
		}
	}
	if rates == 0 {
		t.Error("no rate shown")
	}
	atLeast := 100.0
	g = b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.RaceEthnicity}, Having: []stats.Having{{Measure: stats.Served, AtLeast: &atLeast}},
		OrderBy: []stats.Order{{By: stats.OrderByMeasure, Measure: stats.Served, Down: true}}, First: 3, After: 1}, stats.Served)
	last := math.Inf(1)
	for _, one := range g.Groups {
		v, ok := one.Answers[0].Value()
		if !ok || v > last || v < atLeast {
			t.Errorf("%v: %v after %v", one.Values, v, last)
		}
		last = v
	}
	if len(g.Groups) != 3 || g.Count < 4 || len(g.Groups[0].Answers) != 1 {
		t.Errorf("%d groups of %d", len(g.Groups), g.Count)
	}
	mix := b.total(t, stats.Query{Period: year}, stats.DestinationMix)
	if len(mix.Parts) != len(stats.DestinationMix.Info().Parts) || mix.Parts[3].Value == nil {
		t.Errorf("destinations: %v", mix)
	}
}

// TestHouseholds: a person may be in several households, so that their noise is twice that of people; the unit is a condition.
func TestHouseholds(t *testing.T) {
	b := newBench(t, 3000, 5, generous{})
	people := b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.ProjectTypeGroup, stats.Sex}}, stats.Served)
	homes := b.groups(t, stats.Query{Period: year, Unit: stats.Households}, stats.Grouping{By: []stats.Dimension{stats.ProjectTypeGroup}}, stats.Served)
	of := func(g *disclosure.Groups) int64 {
		for _, one := range g.Groups {
			if n := one.Answers[0].Count; n.Value != nil {
				return n.Margin
			}
		}
		return 0
	}
	if of(people) != 14 || of(homes) != 26 {
		t.Errorf("margins: people %d, households %d", of(people), of(homes))
	}
	if n := b.total(t, stats.Query{Period: year, Unit: stats.Households, Where: []stats.Condition{is(stats.Survivor, "YES"), is(stats.Sex, "FEMALE")}}, stats.Served).Count; n.Reason != disclosure.Sensitive {
		t.Errorf("households, sensitive and one: %s", show(n))
	}
}

// TestPlaces: a place that only an enrollment names is not listed, and a project's own type beside it is no condition.
func TestPlaces(t *testing.T) {
	b := newBench(t, 3000, 5, generous{})
	listed := b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.CoC}}, stats.Served)
	if len(listed.Groups) != 4 || len(b.engine.Values(stats.CoC, nil)) != 5 { // those of the projects, and not known; XX-599 too
		t.Errorf("%d of %d CoCs listed", len(listed.Groups), len(b.engine.Values(stats.CoC, nil)))
	}
	alone := b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.Project}}, stats.Served)
	both := b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.Project, stats.ProjectType}}, stats.Served)
	shown := map[string]string{}
	for _, g := range both.Groups {
		if n := g.Answers[0].Count; n.Value != nil {
			shown[g.Values[0].Name] += show(n)
		}
	}
	for _, g := range alone.Groups {
		if n := g.Answers[0].Count; show(n) != shown[g.Values[0].Name] {
			t.Errorf("project %s: %s alone, %s beside its type", g.Values[0].Name, show(n), shown[g.Values[0].Name])
		}
	}
}

// TestBudget: the ledger stops an account, not its next one, and the same question again costs nothing.
func TestBudget(t *testing.T) {
	m := &disclosure.Memory{}
	cells := func(from, to int) (list [][]byte) {
		for i := from; i < to; i++ {
			list = append(list, []byte{byte(i)})
		}
		return list
	}
	for _, c := range []struct {
		account  int64
		from, to int
		granted  int
	}{{1, 0, 6, 6}, {1, 0, 6, 6}, {1, 4, 14, 6}, {2, 4, 14, 10}, {1, 10, 20, 0}} {
		granted, err := m.Spend(context.Background(), c.account, "2026-12", cells(c.from, c.to), 10)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, g := range granted {
			if g {
				n++
			}
		}
		if n != c.granted {
			t.Errorf("%+v: %d granted", c, n)
		}
	}
	b := newBench(t, 1500, 3, broke{})
	if n := b.total(t, stats.Query{Period: year}, stats.Served).Count; n.Reason != disclosure.BudgetSpent || n.Value != nil {
		t.Errorf("without a budget: %s", show(n))
	}
}

// broke is a ledger of an account that has had its share.
type broke struct{}

func (broke) Spend(_ context.Context, _ int64, _ string, cells [][]byte, _ int) ([]bool, error) {
	return make([]bool, len(cells)), nil
}

func TestReleaseOf(t *testing.T) {
	list := []string{"2025-09", "2025-10", "2026-01"}
	for _, c := range []struct{ start, end, want string }{
		{"2025-09-01", "2025-09-30", "2025-09"}, {"2019-01-01", "2019-12-31", "2025-09"}, {"2025-10-01", "2025-12-31", "2026-01"}, {"2026-01-01", "2026-12-31", ""},
	} {
		start, err := hmis.ParseDate(c.start)
		if err != nil {
			t.Fatal(err)
		}
		end, err := hmis.ParseDate(c.end)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := disclosure.ReleaseOf(stats.Period{Start: start, End: end}, list); got != c.want || ok != (c.want != "") {
			t.Errorf("%s to %s: %s", c.start, c.end, got)
		}
	}
}

// TestPrice: what protection costs in accuracy.
func TestPrice(t *testing.T) {
	b := newBench(t, 10000, 6, generous{})
	large, medium := []float64{}, []float64{}
	dimensions := []stats.Dimension{stats.Sex, stats.RaceEthnicity, stats.AgeBand, stats.ProjectTypeGroup, stats.Veteran, stats.HouseholdType, stats.DestinationGroup, stats.Survivor}
	add := func(by ...stats.Dimension) {
		truth, err := b.engine.Groups(stats.Query{Period: year}, stats.Grouping{By: by}, stats.Served)
		if err != nil {
			t.Fatal(err)
		}
		exact := map[string]int64{}
		for _, g := range truth.Groups {
			exact[fmt.Sprint(names(g.Values))] = g.Answers[0].Count
		}
		for _, g := range b.groups(t, stats.Query{Period: year}, stats.Grouping{By: by}, stats.Served).Groups {
			n, shown := exact[fmt.Sprint(names(g.Values))], g.Answers[0].Count.Value
			if shown == nil {
				continue
			}
			off := math.Abs(float64(*shown-n)) / float64(n)
			if n >= 500 {
				large = append(large, off)
			}
			if n >= 100 {
				medium = append(medium, off)
			}
		}
	}
	for i, d := range dimensions {
		add(d)
		for j, e := range dimensions[:i] {
			add(d, e)
			for _, f := range dimensions[:j] {
				add(d, e, f)
			}
		}
	}
	slices.Sort(large)
	slices.Sort(medium)
	t.Logf("median relative error: %.1f %% of %d cells of 500 or more, %.1f %% of %d cells of 100 or more", 100*large[len(large)/2], len(large), 100*medium[len(medium)/2], len(medium))
	if large[len(large)/2] > 0.02 || medium[len(medium)/2] > 0.10 {
		t.Error("the price is too high")
	}
}
