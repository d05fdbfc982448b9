package report

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestLayouts compares every table of every report, label by label, with testdata/layouts.golden: what next year's
// change changes is seen there.
func TestLayouts(t *testing.T) {
	var b strings.Builder
	f := community(t, 300, 2)
	for _, k := range Kinds() {
		r, err := Run(f, k, scopes(t, f)[0])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "# %s\n", k.Title())
		for _, table := range r.Tables {
			fmt.Fprintf(&b, "\n%s %s\n  columns: %s\n", table.ID, table.Title, strings.Join(table.Columns, " | "))
			for i, row := range table.Rows {
				if table.Corner != "" {
					break // its rows are projects
				}
				fmt.Fprintf(&b, "  %d %s%s\n", i+2, row.Label, emptyCells(row))
			}
		}
		b.WriteString("\n")
	}
	golden := filepath.Join("testdata", "layouts.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Error("the layouts differ from testdata/layouts.golden; look at the difference after go test -update")
	}
}

func emptyCells(r Row) string {
	var list []string
	for _, c := range r.Cells {
		if c.Empty {
			list = append(list, c.Address)
		}
	}
	if list == nil {
		return ""
	}
	return " (empty: " + strings.Join(list, " ") + ")"
}

// The size of each table, as report-rules.md 9 and 10 give it: the last row and the last column.
func TestSizes(t *testing.T) {
	sizes := map[Kind]string{
		APR: `Q5a C17 Q6a F6 Q6b F6 Q6c F5 Q6d H7 Q6e C7 Q6f D3 Q7a F7 Q7b F5 Q8a F3 Q8b F5 Q9a E6 Q9b E7 Q11 F13 Q12 F34
			Q13a1 G9 Q13a2 G9 Q13b1 G9 Q13b2 G9 Q13c1 G9 Q13c2 G9 Q14a F6 Q14b F8 Q15 F32 Q16 D14 Q17 D17 Q18 D12 Q19a1 J7 Q19a2 J7 Q19b M18
			Q20a D7 Q20b D6 Q21 D17 Q22a1 D12 Q22b C3 Q22c F14 Q22e F15 Q22f K5 Q22g K5 Q23c F43 Q23d F13 Q23e L7 Q24b F6 Q24e F6
			Q25a E7 Q25b E7 Q25d E10 Q25i F43 Q25j E13 Q26a F6 Q26b F6 Q26d F11 Q26e D9 Q27a F6 Q27b E3 Q27d F32 Q27e D12 Q27f1 F43 Q27f2 F13
			Q27g D17 Q27h D12 Q27i Q18 Q27j C3 Q27k F14 Q27l F15 Q27m C26`,
		CAPER: `Q5a C17 Q6a F6 Q6b F6 Q6c F5 Q6d H7 Q6e C7 Q6f D3 Q7a F7 Q7b F5 Q8a F3 Q8b F5 Q9a E6 Q9b E7 Q11 F13 Q12 F34
			Q13a1 G9 Q13b1 G9 Q13c1 G9 Q14a F6 Q14b F8 Q15 F32 Q16 D14 Q17 D17 Q19b M18 Q20a D7 Q21 D17 Q22a2 D15 Q22c F14 Q22d F12
			Q22e F15 Q22f K5 Q22g K5 Q23c F43 Q23d F13 Q23e L7 Q24a F16 Q24e F6 Q25a E7 Q26b F6`,
		CEAPR:       `Q5a C17 Q6a F6 Q7a F7 Q8a F3 Q9a F5 Q9b F4 Q9c F8 Q9d F23 Q10 G21`,
		DataQuality: `Q1 C17 Q2 F6 Q3 F6 Q4 F5 Q5 H7 Q6 C7 Q7 D3`,
	}
	f := community(t, 300, 2)
	for k, text := range sizes {
		r, err := Run(f, k, scopes(t, f)[0])
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, table := range r.Tables {
			if table.ID != "Q4a" {
				got = append(got, table.ID, address(len(table.Rows)-1, len(table.Columns)-1))
			}
		}
		if want := strings.Fields(text); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", k, got, want)
		}
	}
}
