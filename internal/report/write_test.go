package report

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// harbor is a report about one head of household whose organization has a name that must be escaped.
func harbor(t *testing.T) *Report {
	w := newWorld(t, "0")
	w.Rows["Organization"][0]["OrganizationName"] = `<b>"Harbor" & Home</b>`
	w.Stay("a", values{"EntryDate": "2025-01-01", "DOB": "1980-01-01", "DisablingCondition": "0"})
	return w.run(APR)
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := harbor(t).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Report, Start, End string
		Tables             map[string]map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Report != "apr" || got.Start != firstDay || got.End != lastDay {
		t.Errorf("%s from %s to %s", got.Report, got.Start, got.End)
	}
	for cell, want := range map[string]any{"Q5a!C2": 1.0, "Q7a!B2": 1.0, "Q7a!B3": 0.0, "Q22b!C2": 273.0, "Q4a!A2": `<b>"Harbor" & Home</b>`, "Q4a!D2": "p", "Q4a!P2": 1.0, "Q11!C2": nil, "Q15!B2": nil} {
		table, address, _ := strings.Cut(cell, "!")
		if got.Tables[table][address] != want {
			t.Errorf("%s is %v, want %v", cell, got.Tables[table][address], want)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	r := harbor(t)
	var b bytes.Buffer
	if err := r.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(r.Tables) {
		t.Errorf("%d files, want %d", len(z.File), len(r.Tables))
	}
	read := func(name string) [][]string {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if lines := read("Q4a.csv"); lines[0][0] != "Organization Name" || lines[1][3] != "p" || len(lines[1]) != 17 {
		t.Errorf("Q4a is %v", lines)
	}
	if lines := read("Q15.csv"); lines[0][0] != "" || lines[0][1] != "Total" || lines[1][0] != "Homeless Situations" || lines[1][1] != "" || lines[31][0] != "TOTAL" || lines[31][1] != "1" {
		t.Errorf("Q15 is %v", lines)
	}
}

func TestWriteHTML(t *testing.T) {
	r := harbor(t)
	var b bytes.Buffer
	if err := r.WriteHTML(&b, Printing{RunDate: day(t, "2025-11-01")}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"<title>CoC Annual Performance Report (APR), October 1, 2024 to September 30, 2025</title>", "<dd>November 1, 2025</dd>",
		"&lt;b&gt;&#34;Harbor&#34; &amp; Home&lt;/b&gt;", `<h2 id="Q27m">Q27m: Education Status - Youth</h2>`, "273 days"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if n := strings.Count(page, "<table>"); n != len(r.Tables)+1 {
		t.Errorf("%d tables, want %d and the summary", n, len(r.Tables))
	}
	if bad := regexp.MustCompile(`<th(>| [^s])`).FindString(page); bad != "" {
		t.Errorf("a header cell without scope: %s", bad)
	}
}

func TestWithCommas(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567.5: "1,234,567.5", -1000: "-1,000", -12.25: "-12.25"} {
		if got := withCommas(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}
