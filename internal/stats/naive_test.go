package stats_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/kit"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/synth"
)

var (
	naiveClients     = flag.Int("naive-clients", 300, "clients of each made-up community that the naive computations look at")
	naiveCommunities = flag.Int("naive-communities", 4, "how many made-up communities they look at")
)

// TestNaive: the engine's answer to every measure is the naive one, whatever is asked, in made-up communities with many faults.
func TestNaive(t *testing.T) {
	for seed := range uint64(*naiveCommunities) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, seed))
			a := madeUp(t, "a", synth.Options{Clients: *naiveClients, Seed: seed, Faults: true})
			b := madeUp(t, "b", synth.Options{Clients: *naiveClients / 4, Seed: seed + 100, Faults: true})
			disturb(r, a)
			disturb(r, b)
			c := &community{sources: []source{a, b}, person: map[string]int64{}}
			c.link(r)
			againstNaive(t, c, period{hmis.NewDate(2020, 6, 1), hmis.NewDate(2027, 3, 1)})
		})
	}
}

// TestNaiveEva: likewise in the demonstration export of Eva, HUD's checking tool.
func TestNaiveEva(t *testing.T) {
	c := &community{sources: []source{readZip(t, "", kit.Path(t, "eva-demo-fy2026.zip"))}}
	againstNaive(t, c, period{hmis.NewDate(2019, 6, 1), hmis.NewDate(2022, 12, 31)})
}

type period struct{ from, to hmis.Date }

func againstNaive(t *testing.T, c *community, p period) {
	w := newWorld(c)
	e := stats.New(c.facts(), stats.Version{})
	t.Logf("%d projects, %d clients, %d stays", len(w.projects), w.clients, len(w.stays))
	var every []stats.Measure
	for _, m := range stats.Measures() {
		every = append(every, m.Measure)
	}
	for _, a := range sameTotals(t, e, w, stats.Query{Period: stats.Period{Start: p.from + 400, End: p.to}}, every) {
		if a.Count == 0 && a.Numerator == 0 {
			t.Errorf("%v is nothing in the whole time: this community shows nothing of it", a.Measure)
		}
	}
	if t.Failed() {
		return
	}
	rapid.Check(t, func(t *rapid.T) {
		q, g := anyQuestion(t, e, w, p)
		measures := rapid.SliceOfNDistinct(rapid.SampledFrom(every), 1, 10, rapid.ID).Draw(t, "measures")
		if len(g.By) == 0 && g.Grain == stats.NoGrain {
			measures = every
		}
		sameTotals(t, e, w, q, measures)
		sameGroups(t, e, w, q, g, measures)
	})
}

func sameTotals(t rapid.TB, e *stats.Engine, w *world, q stats.Query, measures []stats.Measure) []stats.Answer {
	t.Helper()
	got, err := e.Totals(q, measures...)
	if err != nil {
		t.Fatal(err)
	}
	whole := ask(w, q).whole(q.Where)
	for i, m := range measures {
		if diff := cmp.Diff(whole.naive(m), got.Answers[i], sameNumbers); diff != "" {
			t.Errorf("%v of %s\nnaive -, engine +\n%s", m, inWords(q), diff)
		}
	}
	return got.Answers
}

var sameNumbers = cmpopts.EquateApprox(1e-12, 0)

// sameGroups: groups are those of values that a stay has, each with the answer of its values as conditions.
func sameGroups(t *rapid.T, e *stats.Engine, w *world, q stats.Query, g stats.Grouping, measures []stats.Measure) {
	got, err := e.Groups(q, g, measures...)
	if err != nil {
		t.Fatal(err)
	}
	want := naiveGroups(w, q, g, measures)
	if len(got.Groups) != len(want) {
		t.Errorf("%d groups, naively %d: %s by %v", len(got.Groups), len(want), inWords(q), g)
	}
	for _, group := range got.Groups {
		key := groupKey(group.Period, group.Values)
		answers, there := want[key]
		if !there {
			t.Errorf("%s by %v: there is no group %s", inWords(q), g, key)
			continue
		}
		for i, m := range measures {
			if diff := cmp.Diff(answers[i], group.Answers[i], sameNumbers); diff != "" {
				t.Errorf("%v of %s by %v in %s\nnaive -, engine +\n%s", m, inWords(q), g, key, diff)
			}
		}
	}
}

func groupKey(p stats.Period, values []stats.Value) string {
	key := fmt.Sprint(p.Start, " ", p.End)
	for _, v := range values {
		key += " " + v.Name
	}
	return key
}

// naiveGroups answers, for each part of the period and each combination of values, a query of its own.
func naiveGroups(w *world, q stats.Query, g stats.Grouping, measures []stats.Measure) map[string][]stats.Answer {
	combinations, flows := map[string][]stats.Value{}, flowsAmong(measures)
	if len(g.By) == 0 {
		combinations[""] = nil
	}
	var parts []*asked
	for _, p := range naiveParts(q.Period, g.Grain) {
		part := q
		part.Period = p
		a := ask(w, part)
		parts = append(parts, a)
		for _, s := range a.considered(q.Where) {
			if len(flows) < len(measures) && a.active(s) || len(flows) > 0 && a.onList(s) {
				for _, c := range a.combinations(g.By, s) {
					combinations[fmt.Sprint(c)] = c
				}
			}
		}
	}
	groups := map[string][]stats.Answer{}
	for _, values := range combinations {
		where := slices.Clone(q.Where)
		for i, v := range values {
			where = append(where, stats.Condition{Dimension: g.By[i], Values: []string{v.Name}})
		}
		for _, a := range parts {
			whole := a.whole(where)
			key := groupKey(a.Period, values)
			for _, m := range measures {
				groups[key] = append(groups[key], whole.naive(m))
			}
		}
	}
	return groups
}

func flowsAmong(measures []stats.Measure) []stats.Measure {
	return slices.DeleteFunc(slices.Clone(measures), func(m stats.Measure) bool {
		return m != stats.ActiveAtStart && m != stats.ActiveAtEnd && m != stats.Inflow && m != stats.Outflow
	})
}

// onList tells whether a stay is active on the by-name list on a day of the period or the one before.
func (a *asked) onList(s *stay) bool {
	for d := a.start - 1; d <= a.end; d++ {
		if a.activeDays(s)[d] {
			return true
		}
	}
	return false
}

// combinations of the values of a stay.
func (a *asked) combinations(by []stats.Dimension, s *stay) [][]stats.Value {
	list := [][]stats.Value{nil}
	for _, d := range by {
		var longer [][]stats.Value
		for _, c := range list {
			for _, v := range a.values(d, s) {
				longer = append(longer, append(slices.Clone(c), stats.Value{Name: v}))
			}
		}
		list = longer
	}
	return list
}

// naiveParts walks through the period and begins a part on every first day of one.
func naiveParts(p stats.Period, g stats.Grain) (parts []stats.Period) {
	begins := func(d hmis.Date) bool {
		_, month, day := d.Date()
		switch g {
		case stats.Day:
			return true
		case stats.Week:
			return d.Time().Weekday() == 0
		case stats.Month:
			return day == 1
		case stats.Quarter:
			return day == 1 && (month == 1 || month == 4 || month == 7 || month == 10)
		case stats.Year:
			return day == 1 && month == 1
		case stats.FederalFiscalYear:
			return day == 1 && month == 10
		}
		return false
	}
	for d := p.Start; d <= p.End; d++ {
		if d == p.Start || begins(d) {
			parts = append(parts, stats.Period{Start: d})
		}
		parts[len(parts)-1].End = d
	}
	if g == stats.NoGrain {
		parts[0] = p
	}
	return parts
}

// anyQuestion draws a query and a grouping.
func anyQuestion(t *rapid.T, e *stats.Engine, w *world, p period) (q stats.Query, g stats.Grouping) {
	q.Period.Start = p.from + hmis.Date(rapid.IntRange(0, int(p.to-p.from)).Draw(t, "start"))
	q.Period.End = q.Period.Start + hmis.Date(rapid.SampledFrom([]int{0, 0, 6, 30, 89, 364, 364, 400, 900}).Draw(t, "days"))
	q.Unit = rapid.SampledFrom([]stats.Unit{stats.People, stats.People, stats.Households, stats.Heads, stats.AdultsAndHeads, stats.Enrollments}).Draw(t, "unit")
	q.ActiveBy = rapid.SampledFrom([]stats.ActiveBy{stats.ByEnrollment, stats.ByService}).Draw(t, "active by")
	q.RaceMethod = rapid.SampledFrom([]stats.RaceMethod{stats.AloneOrInCombination, stats.CombinedRace}).Draw(t, "race method")
	q.AgeAt = rapid.SampledFrom([]stats.AgeAt{stats.AgeAtStart, stats.AgeAtEntry, stats.AgeAtEnd}).Draw(t, "age at")
	q.Identity = rapid.SampledFrom([]stats.Identity{stats.Persons, stats.Clients}).Draw(t, "identity")
	dimension := rapid.IntRange(0, int(stats.InMonth)-1)
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "conditions") {
		c := stats.Condition{Dimension: stats.Dimension(dimension.Draw(t, "condition"))}
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(e.Values(c.Dimension, nil)), 1, -1, func(v stats.Value) string { return v.Name })
		for _, v := range names.Draw(t, "values") {
			c.Values = append(c.Values, v.Name)
		}
		q.Where = append(q.Where, c)
	}
	if rapid.IntRange(0, 3).Draw(t, "scope") == 0 {
		q.Projects = rapid.SliceOfNDistinct(rapid.Int32Range(0, int32(len(w.projects)-1)), 1, -1, rapid.ID).Draw(t, "projects")
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "by") {
		if d := stats.Dimension(dimension.Draw(t, "dimension")); !slices.Contains(g.By, d) {
			g.By = append(g.By, d)
		}
	}
	g.Grain = rapid.SampledFrom([]stats.Grain{stats.NoGrain, stats.NoGrain, stats.NoGrain, stats.Month, stats.Quarter, stats.Year, stats.FederalFiscalYear, stats.Week, stats.Day}).Draw(t, "grain")
	shortest := map[stats.Grain]hmis.Date{stats.Day: 3, stats.Week: 24, stats.Month: 100}
	if days, short := shortest[g.Grain]; short {
		q.Period.End = min(q.Period.End, q.Period.Start+days)
	}
	return q, g
}

func inWords(q stats.Query) string {
	return strings.ReplaceAll(fmt.Sprintf("%v to %v unit %d activeBy %d race %d ageAt %d identity %d where %v projects %v",
		q.Period.Start, q.Period.End, q.Unit, q.ActiveBy, q.RaceMethod, q.AgeAt, q.Identity, q.Where, q.Projects), "\n", " ")
}

// link makes some clients of the community the same person.
func (c *community) link(r *rand.Rand) {
	var keys []string
	for _, s := range c.sources {
		for _, client := range s.rows["Client"] {
			keys = append(keys, personKey(s.name, client.id()))
		}
	}
	for i, k := range keys {
		c.person[k] = int64(i + 1)
	}
	for range len(keys) / 4 {
		c.person[keys[r.IntN(len(keys))]] = c.person[keys[r.IntN(len(keys))]]
	}
}

// disturb puts into an export what real ones have and made-up ones do not: codes that are in no list, empty cells, dates that
// are out of order, households without a head and with two, projects in several CoCs and with several grants.
func disturb(r *rand.Rand, s source) {
	strange := []int{empty, 0, 1, 2, 3, 8, 9, 30, 37, 99, 24, 410, 435, 101, 206, 999}
	for _, file := range slices.Sorted(maps.Keys(s.rows)) {
		rows := s.rows[file]
		for _, one := range rows {
			for i, c := range one.file.Columns {
				if r.IntN(100) >= 2 || i == 0 || strings.HasSuffix(c.Name, "ID") || c.Name == "EntryDate" || c.Name == "ExitDate" || c.Name == "DateDeleted" || c.Name == "DateUpdated" {
					continue
				}
				cell := &one.cells[i]
				switch {
				case c.Kind == hmis.Day && cell.Set:
					cell.N += int64(r.IntN(121) - 60)
				case c.List() != "" && c.Kind != hmis.Text:
					if n := strange[r.IntN(len(strange))]; n == empty {
						*cell = hmiscsv.Cell{}
					} else {
						*cell = hmiscsv.Cell{Set: true, N: int64(n)}
					}
				}
			}
			if file == "Enrollment" && r.IntN(20) == 0 { // into the household of another stay in the project
				other := rows[r.IntN(len(rows))]
				*one.cell("HouseholdID"), *one.cell("ProjectID") = *other.cell("HouseholdID"), *other.cell("ProjectID")
			}
			if file == "Exit" && r.IntN(30) == 0 {
				one.cell("ExitDate").N += int64(r.IntN(101) - 50)
			}
		}
	}
	for i, funder := range s.rows["Funder"] {
		if i%3 == 0 { // a second grant, most often of the same partner
			second := row{funder.file, slices.Clone(funder.cells)}
			*second.cell("FunderID") = hmiscsv.Cell{Set: true, S: "second" + funder.id()}
			second.cell("Funder").N++
			s.rows["Funder"] = append(s.rows["Funder"], second)
		}
	}
	for i, coc := range s.rows["ProjectCoC"] {
		if i%4 == 0 {
			second := row{coc.file, slices.Clone(coc.cells)}
			*second.cell("ProjectCoCID") = hmiscsv.Cell{Set: true, S: "second" + coc.id()}
			*second.cell("CoCCode") = hmiscsv.Cell{Set: true, S: "GA-502"}
			*second.cell("Geocode") = hmiscsv.Cell{Set: true, S: "131111"}
			s.rows["ProjectCoC"] = append(s.rows["ProjectCoC"], second)
		}
	}
}
