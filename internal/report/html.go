package report

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Printing says what stands on a printed report and not in the data.
type Printing struct {
	Grantee string // "": the organizations of the projects
	RunDate hmis.Date
}

//go:embed report.html
var pageHTML string

var page = template.Must(template.New("report").Parse(pageHTML))

// WriteHTML writes one page that is made for printing.
func (r *Report) WriteHTML(w io.Writer, p Printing) error {
	grantee := p.Grantee
	if grantee == "" {
		grantee = strings.Join(r.organizations(), ", ")
	}
	coc := r.Scope.CoC
	if coc == "" {
		coc = "all"
	}
	return page.Execute(w, struct {
		Title, Grantee, CoC, Start, End, RunDate, Software string
		Projects                                           []string
		Summary                                            []Figure
		Tables                                             []*Table
	}{r.Kind.Title(), grantee, coc, longDate(r.Scope.Start), longDate(r.Scope.End), longDate(p.RunDate), r.Facts.Software,
		r.projectNames(), r.Summary(), r.Tables})
}

func longDate(d hmis.Date) string { return d.Time().Format("January 2, 2006") }

// organizations are the names of those whose projects are in the report.
func (r *Report) organizations() (names []string) {
	for _, i := range r.universe.sortedProjects() {
		names = append(names, r.Facts.Organizations[r.Facts.Projects[i].Organization].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (r *Report) projectNames() (names []string) {
	for _, i := range r.universe.sortedProjects() {
		p := &r.Facts.Projects[i]
		names = append(names, p.Name+" ("+p.ID+", "+projectTypeName(p.Type)+")")
	}
	return names
}

func projectTypeName(t facts.Code) string {
	if label := codeLabel("2.02.6", int32(t)); label != "" {
		return label
	}
	return "project type not known"
}

// Wide reports whether the table needs a page on its side.
func (t *Table) Wide() bool { return len(t.Columns) > 8 }

// Many reports whether its columns need some of the room of the labels.
func (t *Table) Many() bool { return len(t.Columns) > 4 }

// Long reports whether it fills a page by itself.
func (t *Table) Long() bool { return len(t.Rows) > 30 }

// Whole reports whether the table is short enough to stand on one page.
func (t *Table) Whole() bool { return len(t.Rows) <= 45 }

// Span is the number of its columns with the labels.
func (t *Table) Span() int { return len(t.Columns) + 1 }

// Strong reports whether the row sums up others.
func (r Row) Strong() bool {
	label := strings.ToLower(r.Label)
	return strings.HasPrefix(label, "total") || strings.HasPrefix(label, "subtotal") || strings.HasPrefix(label, "unduplicated total")
}

// Shown is the value for readers: counts with commas, shares in percent.
func (c Cell) Shown() string {
	switch {
	case c.Empty:
		return ""
	case c.Text != "":
		return c.Text
	case c.Share:
		return strconv.FormatFloat(round(c.Value*100, 2), 'f', 2, 64) + "%"
	}
	return withCommas(c.Value)
}

// Shown is the value for readers.
func (f Figure) Shown() string {
	if f.Days {
		return withCommas(f.Value) + " days"
	}
	return withCommas(f.Value)
}

// withCommas groups the digits before the point by three.
func withCommas(v float64) string {
	whole, decimals, point := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), ".")
	digits, minus := strings.CutPrefix(whole, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if minus {
		digits = "-" + digits
	}
	if point {
		return digits + "." + decimals
	}
	return digits
}
