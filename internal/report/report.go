// Package report makes HUD's reports out of facts: APR, CAPER, CE APR and the stand-alone Data Quality report, in the
// layout of FY2026 for files of either year.
//
// A report is a pure function of the facts and a scope. Its tables are data, in the files people.go to groups.go: whom
// a table is about, what they are asked, its rows and columns. The rules that answer are in period.go, housing.go,
// income.go, condition.go and chronic.go, each once. Every cell knows the clients whom it counts; they are looked up
// when they are asked for.
//
//	r, err := report.Run(f, report.APR, report.Scope{Start: …, End: …})
//	err = r.WriteJSON(os.Stdout)
package report

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Kind is which report, as the command names it.
type Kind string

// The reports.
const (
	APR         Kind = "apr"
	CAPER       Kind = "caper"
	CEAPR       Kind = "ce-apr"
	DataQuality Kind = "dq"
)

// Kinds lists the reports.
func Kinds() []Kind { return []Kind{APR, CAPER, CEAPR, DataQuality} }

// Title is the name of the report in full.
func (k Kind) Title() string {
	return map[Kind]string{APR: "CoC Annual Performance Report (APR)", CAPER: "ESG Consolidated Annual Performance and Evaluation Report (CAPER)",
		CEAPR: "Coordinated Entry Annual Performance Report (CE APR)", DataQuality: "HMIS Data Quality Report"}[k]
}

// kinds says in which reports a table stands.
type kinds uint8

const (
	apr kinds = 1 << iota
	caper
	ce
	dq
)

var kindBits = map[Kind]kinds{APR: apr, CAPER: caper, CEAPR: ce, DataQuality: dq}

// Scope says what a report is about.
type Scope struct {
	Projects   []int32 // indexes in Facts.Projects; none: all
	Start, End hmis.Date
	CoC        string // "": any
}

// ProjectsNamed finds projects by HUD's ids; an id that is not there is an Invalid Error, and so is a project without
// a CoC where one is asked for.
func ProjectsNamed(f *facts.Facts, ids []string, coc string) (list []int32, err error) {
	for _, id := range ids {
		id = strings.TrimSpace(id)
		found := false
		for i := range f.Projects {
			if p := &f.Projects[i]; p.ID == id {
				if coc != "" && len(p.CoCs) == 0 {
					return nil, hmis.Errorf(hmis.Invalid, "project %s has no CoC; add its row to ProjectCoC.csv or leave the CoC out", id)
				}
				list, found = append(list, int32(i)), true
			}
		}
		if !found {
			return nil, hmis.Errorf(hmis.Invalid, "there is no project %s; the projects are %s", id, projectIDs(f))
		}
	}
	return list, nil
}

// projectIDs names the projects for a message, not more than a line of them.
func projectIDs(f *facts.Facts) string {
	const most = 20
	var ids []string
	for _, p := range f.Projects {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	if len(ids) > most {
		ids = append(ids[:most], "…")
	}
	return strings.Join(ids, ", ")
}

// Report is a report that has been run.
type Report struct {
	Kind   Kind
	Scope  Scope
	Facts  *facts.Facts
	Tables []*Table

	universe *universe
}

// Table is a table of a report, its cells by row and column.
type Table struct {
	ID, Title string
	Corner    string   // header above the row labels, "" for most
	Columns   []string // headers, the first is that of column B
	Rows      []Row
}

// Row is a row of a table.
type Row struct {
	Label   string
	Heading bool // a head line, without cells
	Cells   []Cell
}

// Cell is a cell of a table.
type Cell struct {
	Address string // as B2
	Value   float64
	Text    string // of a cell of Q4a that is no number
	Empty   bool   // it never applies
	Count   bool   // Value is a number of persons, or of occurrences in Q10 of the CE APR
	Share   bool   // Value is a fraction from 0 to 1

	clients func() []int32
}

// Clients lists the clients, by index in the facts, whom the cell counts, or whose average or share it is; nil where it
// is about none.
func (c *Cell) Clients() []int32 {
	if c.clients == nil {
		return nil
	}
	return c.clients()
}

// Cell finds a cell by its address, nil where there is none.
func (t *Table) Cell(address string) *Cell {
	for r := range t.Rows {
		for c := range t.Rows[r].Cells {
			if t.Rows[r].Cells[c].Address == address {
				return &t.Rows[r].Cells[c]
			}
		}
	}
	return nil
}

// Table finds a table by its id, nil where the report has none.
func (r *Report) Table(id string) *Table {
	for _, t := range r.Tables {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// Run makes a report. A scope that makes no sense, or in which nobody is, is an Invalid Error.
func Run(f *facts.Facts, k Kind, s Scope) (*Report, error) {
	bit, known := kindBits[k]
	if !known {
		return nil, hmis.Errorf(hmis.Invalid, "there is no report %s; the reports are apr, caper, ce-apr and dq", k)
	}
	r := &Report{Kind: k, Scope: s, Facts: f}
	var err error
	if k == CEAPR {
		r.universe, err = newCoordinatedEntry(f, s)
	} else {
		r.universe, err = newUniverse(f, s)
	}
	if err != nil {
		return nil, err
	}
	r.universe.findWednesdays()
	var own []*layout
	for _, l := range layouts {
		if l.kinds&bit != 0 {
			own = append(own, l)
		}
	}
	r.Tables = make([]*Table, len(own))
	forEach(len(own), func(i int) { r.Tables[i] = own[i].table(r.universe) })
	if k == CEAPR {
		r.Tables = append(r.Tables, r.universe.occurrences())
	}
	if bit != dq {
		r.Tables = append([]*Table{r.universe.identifiers()}, r.Tables...)
	}
	return r, nil
}

// forEach calls do with 0 to n-1, on all processors.
func forEach(n int, do func(i int)) {
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

// layouts are the tables of all reports, in HUD's order.
var layouts = func() (all []*layout) {
	people := peopleTables()
	all = append(all, people[0])
	all = append(all, qualityTables()...)
	all = append(all, people[1:]...)
	all = append(all, moneyTables()...)
	all = append(all, lastingTables()...)
	all = append(all, groupTables()...)
	all = append(all, coordinatedEntryTables()...)
	all = append(all, standaloneTables()...)
	for _, l := range all {
		l.prepare()
	}
	return all
}()

// standaloneTables are those of the Data Quality report: Q5a and Q6a to Q6f under other numbers (10).
func standaloneTables() (tables []*layout) {
	for i, l := range append(peopleTables()[:1], qualityTables()...) {
		l.id, l.kinds = "Q"+string(rune('1'+i)), dq
		tables = append(tables, l)
	}
	return tables
}

// table counts and dresses a layout.
func (l *layout) table(u *universe) *Table {
	t := l.count(u)
	blank := l.blanks()
	table := &Table{ID: l.id, Title: l.title, Columns: l.columns.labels}
	for r, line := range l.rows {
		if line.hidden {
			continue
		}
		row := Row{Label: line.label, Heading: line.spans == nil && line.worked == nil && l.place == nil}
		for c := range l.columns.labels {
			if row.Heading {
				break
			}
			cell := Cell{Address: address(r, c)}
			if cell.Empty = blank[cell.Address]; !cell.Empty {
				cell.Value = t.value(r, c)
				cell.Share = line.worked != nil && line.worked.kind == quotient || l.columns.isRatio(c)
				cell.Count = line.worked == nil && !cell.Share
				cell.clients = func() []int32 { return l.clientsOf(u, r, c) }
			}
			row.Cells = append(row.Cells, cell)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func (s columnSet) isRatio(column int) bool {
	return slices.ContainsFunc(s.ratios, func(r ratio) bool { return r.at == column })
}

// clientsOf lists the clients of a cell; of one that is worked out, those whom its parts count.
func (l *layout) clientsOf(u *universe, row, column int) (list []int32) {
	rows := []int{row}
	if w := l.rows[row].worked; w != nil {
		rows = nil
		for _, r := range w.rows {
			rows = append(rows, r-2)
		}
	}
	for _, r := range l.columns.ratios {
		if r.at == column {
			column = r.part
		}
	}
	for i := range u.persons {
		p := &u.persons[i]
		in := false
		l.visit(p, func(r, c int) { in = in || c == column && slices.Contains(rows, r) })
		if in {
			list = append(list, p.client())
		}
	}
	return list
}
