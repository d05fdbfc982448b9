package report

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/kit"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// equal lists cells that must be the same in every APR, whatever the data: the totals of tables about the same people.
var equal = [][]string{
	{"Q5a!C2", "Q7a!B6", "Q11!B13", "Q12!B34", "Q13a2!B9", "Q22a1!B12", "Q24e!B6", "Q26b!B6"},
	{"Q5a!C3", "Q7a!B2", "Q16!B14", "Q18!B10", "Q20b!B6", "Q25a!B7"},
	{"Q5a!C4", "Q7a!B3"},
	{"Q5a!C6", "Q22a1!C12", "Q23c!B40", "Q23e!B7", "Q13b2!B9"},
	{"Q5a!C9", "Q22a1!D12", "Q13c2!B9"},
	{"Q5a!C10", "Q16!C14", "Q18!C10", "Q20b!C6"},
	{"Q5a!C7", "Q16!D14", "Q18!D10"},
	{"Q5a!C11", "Q25d!B10"},
	{"Q5a!C12", "Q26b!B2", "Q26d!B11"},
	{"Q5a!C13", "Q27a!B6", "Q27e!B12"},
	{"Q8a!B2", "Q26a!B6"},
	{"Q14a!B6", "Q15!B32"},
	{"Q14a!B2", "Q14b!B8"},
	{"Q22c!B11", "Q22f!B2+Q22f!C2+Q22f!D2+Q22f!E2+Q22f!F2+Q22f!G2+Q22f!H2+Q22f!I2+Q22f!J2+Q22f!K2"},
}

// sums lists cells that are the sum of others.
var sums = map[string]string{
	"Q5a!C2":   "Q5a!C3+Q5a!C4+Q5a!C5",
	"Q7a!B6":   "Q5a!C6+Q5a!C9",
	"Q8a!B2":   "Q5a!C15+Q5a!C16",
	"Q22c!B14": "Q22c!B11+Q22c!B13",
	"Q22e!B15": "Q22e!B12+Q22e!B13+Q22e!B14",
	"Q23c!B40": "Q23c!B6+Q23c!B14+Q23c!B23+Q23c!B32+Q23c!B39",
	"Q15!B32":  "Q15!B6+Q15!B14+Q15!B22+Q15!B28+Q15!B31",
	"Q18!B11":  "Q18!B2+Q18!B3+Q18!B4",
	"Q19a2!I2": "Q19a2!E2+Q19a2!F2",
	"Q19a2!H6": "Q19a2!B6+Q19a2!C6+Q19a2!D6+Q19a2!E6+Q19a2!F6+Q19a2!G6",
	"Q27b!D2":  "Q27b!B2+Q27b!C2",
	"Q6a!E2":   "Q6a!B2+Q6a!C2+Q6a!D2",
}

// communities are those on which the properties are tried, with a period in which they have people.
func communities(t *testing.T) map[string]*facts.Facts {
	all := map[string]*facts.Facts{}
	for seed := range uint64(2) {
		all[fmt.Sprintf("made up %d", seed)] = community(t, 1000, seed+1)
	}
	t.Run("eva", func(t *testing.T) { all["eva"] = factsOf(t, kit.Path(t, "eva-demo-fy2026.zip")) })
	return all
}

// scopes are all projects together and each by itself.
func scopes(t *testing.T, f *facts.Facts) []Scope {
	start, end := day(t, "2024-10-01"), day(t, "2025-09-30")
	list := []Scope{{Start: start, End: end}}
	for i := range f.Projects {
		list = append(list, Scope{Projects: []int32{int32(i)}, Start: start, End: end})
	}
	return list
}

// TestCrossChecks: tables about the same people have the same totals, and parts add up.
func TestCrossChecks(t *testing.T) {
	for name, f := range communities(t) {
		reports := 0
		for _, s := range scopes(t, f) {
			r, err := Run(f, APR, s)
			if err != nil {
				continue // nobody was there
			}
			reports++
			for _, same := range equal {
				for _, cell := range same[1:] {
					compare(t, r, fmt.Sprint(name, " ", s.Projects), same[0], cell)
				}
			}
			for whole, parts := range sums {
				compare(t, r, fmt.Sprint(name, " ", s.Projects), whole, parts)
			}
			checkColumns(t, r)
		}
		if reports < 5 {
			t.Errorf("%s: only %d reports", name, reports)
		}
	}
}

func compare(t *testing.T, r *Report, where, a, b string) {
	t.Helper()
	x, y := claim{cells: split(a)}.value(r), claim{cells: split(b)}.value(r)
	if x != y || math.IsNaN(x) {
		t.Errorf("%s: %s is %v, %s is %v", where, a, x, b, y)
	}
}

func split(cells string) (list []string) {
	from := 0
	for i := range cells {
		if cells[i] == '+' {
			list, from = append(list, cells[from:i]), i+1
		}
	}
	return append(list, cells[from:])
}

// checkColumns: where everybody stands in one column beside the total, the columns add up to it.
func checkColumns(t *testing.T, r *Report) {
	t.Helper()
	for _, table := range r.Tables {
		if !slices.ContainsFunc([]columnSet{byHousehold, byAgeAndHousehold, byLeaving, byTotalAndRace}, func(s columnSet) bool { return slices.Equal(table.Columns, s.labels) }) {
			continue
		}
		for _, row := range table.Rows {
			sum := 0.0
			for _, c := range row.Cells[min(1, len(row.Cells)):] {
				sum += c.Value
			}
			if len(row.Cells) > 0 && row.Cells[0].Count && sum != row.Cells[0].Value {
				t.Errorf("%v %s %s: the columns add up to %v, the total is %v", r.Scope.Projects, table.ID, row.Label, sum, row.Cells[0].Value)
			}
		}
	}
}

// TestCellClients: the clients of a cell are as many as it says, each once, and all of them are in the report.
func TestCellClients(t *testing.T) {
	f := community(t, 600, 5)
	for _, k := range Kinds() {
		r, err := Run(f, k, scopes(t, f)[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range r.Tables {
			for _, row := range table.Rows {
				for i := range row.Cells {
					c := &row.Cells[i]
					clients := c.Clients()
					if c.Count && float64(len(clients)) != c.Value {
						t.Errorf("%s %s!%s: %d clients, value %v", k, table.ID, c.Address, len(clients), c.Value)
					}
					slices.Sort(clients)
					if len(slices.Compact(clients)) != len(clients) && table.ID != "Q10" {
						t.Errorf("%s %s!%s counts somebody twice", k, table.ID, c.Address)
					}
				}
			}
		}
	}
}

// TestDisjoint: the persons of two sets of projects together are at most the sum, at least the larger; what is counted
// by stay, and the events of coordinated entry, add up.
func TestDisjoint(t *testing.T) {
	for name, f := range communities(t) {
		all := scopes(t, f)[0]
		var sets [2]Scope
		for i := range f.Projects {
			sets[i%2].Projects = append(sets[i%2].Projects, int32(i))
		}
		for i := range sets {
			sets[i].Start, sets[i].End = all.Start, all.End
		}
		value := func(k Kind, s Scope, cell string) float64 {
			r, err := Run(f, k, s)
			if err != nil {
				return 0
			}
			return claim{cells: split(cell)}.value(r)
		}
		for _, cell := range []string{"Q5a!C2", "Q7b!B2", "Q8a!B2", "Q14a!B6"} {
			a, b, both := value(APR, sets[0], cell), value(APR, sets[1], cell), value(APR, all, cell)
			if both > a+b || cell != "Q14a!B6" && both < max(a, b) {
				t.Errorf("%s %s: %v and %v apart, %v together", name, cell, a, b, both)
			}
		}
		for _, cell := range []string{"Q10!B2", "Q10!B3", "Q10!B4", "Q10!B13", "Q10!C17"} {
			if a, b, both := value(CEAPR, sets[0], cell), value(CEAPR, sets[1], cell), value(CEAPR, all, cell); both != a+b {
				t.Errorf("%s %s: %v and %v apart, %v together", name, cell, a, b, both)
			}
		}
		stays := 0
		for _, s := range scopes(t, f)[1:] {
			if u, err := newUniverse(f, s); err == nil {
				stays += len(u.stays)
			}
		}
		if u, err := newUniverse(f, all); err != nil || len(u.stays) != stays {
			t.Errorf("%s: %d stays by project, together %d (%v)", name, stays, len(u.stays), err)
		}
	}
}

// TestYears: files of FY2024 and of FY2026 give the same report, but for what only one of the years asks.
func TestYears(t *testing.T) {
	var reports [2]*Report
	for i, year := range []hmis.Year{hmis.FY2024, hmis.FY2026} {
		f := factsOf(t, communityFile(t, synth.Options{Clients: 500, Seed: 6, Year: year}))
		var err error
		if reports[i], err = Run(f, APR, scopes(t, f)[0]); err != nil {
			t.Fatal(err)
		}
	}
	for i, table := range reports[0].Tables {
		a, b := fmt.Sprint(table.values()), fmt.Sprint(reports[1].Tables[i].values())
		if a != b && table.ID != "Q24e" {
			t.Errorf("%s: FY2024 %s, FY2026 %s", table.ID, a, b)
		}
	}
}

// TestSummary: what every reader asks first, worked out another way.
func TestSummary(t *testing.T) {
	f := community(t, 800, 9)
	s := scopes(t, f)[0]
	r, err := Run(f, APR, s)
	if err != nil {
		t.Fatal(err)
	}
	latest := map[int32]int32{} // by client
	for e := range int32(f.Enrollments.Len()) {
		if r.universe.Active(e) {
			latest[f.Enrollments.Client[e]] = e // of one client by entry, then id
		}
	}
	ages, known := 0, 0
	days, people := map[bool]int{}, map[bool]int{}
	for client, e := range latest {
		age := r.universe.Age(e)
		if age == glossary.UnknownAge {
			continue
		}
		ages += age
		known++
		if age >= 18 {
			veteran := f.Clients.VeteranStatus[client] == 1
			days[veteran] += r.universe.Length(e)
			people[veteran]++
		}
	}
	figures := r.Summary()
	for i, want := range map[int]float64{
		0: float64(len(latest)),
		1: r.Table("Q8a").Cell("B2").Value,
		2: round(float64(ages)/float64(known), 1),
		3: round(float64(days[true])/float64(people[true]), 1),
		4: round(float64(days[false])/float64(people[false]), 1),
	} {
		if figures[i].Value != want {
			t.Errorf("%s: %v, want %v", figures[i].Label, figures[i].Value, want)
		}
	}
	if figures[0].Value != r.Table("Q5a").Cell("C2").Value {
		t.Error("persons served differ from Q5a")
	}
}

// TestDataQualityReport: the stand-alone report has the tables of the APR under its own numbers (10).
func TestDataQualityReport(t *testing.T) {
	f := community(t, 400, 4)
	s := scopes(t, f)[0]
	apr, err := Run(f, APR, s)
	if err != nil {
		t.Fatal(err)
	}
	dq, err := Run(f, DataQuality, s)
	if err != nil {
		t.Fatal(err)
	}
	for id, of := range map[string]string{"Q1": "Q5a", "Q2": "Q6a", "Q3": "Q6b", "Q4": "Q6c", "Q5": "Q6d", "Q6": "Q6e", "Q7": "Q6f"} {
		if a, b := fmt.Sprint(dq.Table(id).values()), fmt.Sprint(apr.Table(of).values()); a != b {
			t.Errorf("%s is %s, %s is %s", id, a, of, b)
		}
	}
	if len(dq.Tables) != 7 {
		t.Errorf("%d tables, want 7", len(dq.Tables))
	}
}
