package hmiscsv

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// plan is everything about a file that can be worked out before its first row.
type plan struct {
	file  string
	year  hmis.Year
	cells []cellPlan // in HUD's order
	rules []rule
	lists []conditionalList
	width int  // cells of the header
	need  int  // cells that a row must have: up to the last of HUD's columns
	quote bool // cells are wrapped in quotes twice
}

// cellPlan is how the cells of one column are read.
type cellPlan struct {
	name     string
	at       int // in the record
	index    int // in Row.Cells
	kind     hmis.Kind
	required bool
	places   bool // without it the row cannot be placed
	pivot    int  // the last year of two digits that is one of the 2000s
	shown    bool // issues may show its values
	strict   bool // but only such as are no words and no long number, which somebody may have put into the wrong column
	id       bool // a key, a reference or an answer: quotes around it are none of it
	max      int  // characters, 0: any number
	tooLong  string
	codes    *codeSet // nil: no list that always holds
	last     string   // the last text, which rows often share
}

func newPlan(a *Archive, f *hmis.File, m *member) *plan {
	p := &plan{file: f.Name, year: a.Year, width: m.width, quote: m.quote}
	for _, s := range m.spots {
		p.cells = append(p.cells, newCellPlan(f, s, a.Year, a.Export.hashed() && f.Name == "Client"))
		p.need = max(p.need, s.at+1)
	}
	for _, l := range hmis.ConditionalLists() {
		if l.File == f.Name {
			p.addList(f, l)
		}
	}
	for _, r := range columnRules {
		if r.file == f.Name {
			p.addRule(f, r, a.Export)
		}
	}
	return p
}

// only leaves of the plan the columns and what refuses rows.
func (p *plan) only(columns []int) {
	p.cells = slices.DeleteFunc(p.cells, func(c cellPlan) bool { return !c.places && !slices.Contains(columns, c.index) })
	p.rules, p.lists = nil, nil
}

func newCellPlan(f *hmis.File, s spot, y hmis.Year, hashed bool) cellPlan {
	col := s.column
	text, list := col.Kind == hmis.Text, col.ListIn(y)
	c := cellPlan{
		name: s.name, at: s.at, index: slices.Index(f.Columns, col), kind: col.Kind, required: col.Required(y),
		places: placesRow(f, col), pivot: 69, max: col.MaxLength,
		id: !text || col == f.Key() || col.References != "" || list != "",
	}
	c.shown = c.id && !col.Sealed()
	c.strict = f.Level == hmis.ClientLevel && !text
	if col.Name == "DOB" {
		c.pivot = int(y) % 100 // nobody is born in the future
	}
	if list != "" {
		c.codes = newCodeSet(y, list)
	}
	if hashed && col.Category == hmis.Identity && c.max > 0 {
		c.max = 68 // SHA-256 in hex, before it the last four digits of an SSN
	}
	c.tooLong = fmt.Sprintf("longer than %d characters", c.max)
	return c
}

// placesRow reports whether a row without the column's value belongs nowhere: its key, the client, stay,
// project, organization or assessment it is about, its date, its record type.
func placesRow(f *hmis.File, c *hmis.Column) bool {
	switch c.Name {
	case "EntryDate", "ExitDate", "InformationDate", "DateProvided", "EventDate", "AssessmentDate", "DisabilityType", "RecordType":
		return true
	}
	switch file, key, _ := strings.Cut(c.References, "."); file {
	case "Client", "Enrollment", "Project", "Organization", "Assessment":
		return key == hmis.FileNamed(file).Key().Name
	}
	return c == f.Key()
}

// codeSet holds the codes of a list in one year.
type codeSet struct {
	bits   []uint64        // those that are numbers
	texts  map[string]bool // all of them
	reason string          // for a code outside
}

func newCodeSet(y hmis.Year, number string) *codeSet {
	s := &codeSet{texts: map[string]bool{}, reason: fmt.Sprintf("HUD's FY%d list %s has no such code", y, number)}
	for _, c := range hmis.ListNumbered(number).Codes {
		if !c.ValidIn(y) {
			continue
		}
		s.texts[c.Code] = true
		n, err := strconv.Atoi(c.Code)
		if err != nil {
			continue
		}
		for len(s.bits) <= n/64 {
			s.bits = append(s.bits, 0)
		}
		s.bits[n/64] |= 1 << (n % 64)
	}
	return s
}

func (s *codeSet) has(n int64) bool {
	return n >= 0 && n < int64(len(s.bits))*64 && s.bits[n/64]&(1<<(n%64)) != 0
}

// conditionalList is a list that holds for a column where other columns say so.
type conditionalList struct {
	cell  *cellPlan
	when  condition
	codes *codeSet
}

// addList puts a list that always holds in the place of the column's own, which it is a part of.
func (p *plan) addList(f *hmis.File, l hmis.ConditionalList) {
	i := p.find(f.Column(l.Column).NameIn(p.year))
	if i < 0 {
		return
	}
	codes := newCodeSet(p.year, l.List)
	if l.When == nil {
		p.cells[i].codes = codes
		return
	}
	var all []term
	for _, w := range l.When {
		all = append(all, term{slices.Index(f.Columns, f.Column(w.Column)), opOf(w.Not), []int64{int64(w.Code)}})
	}
	p.cells[i].codes = nil
	p.lists = append(p.lists, conditionalList{&p.cells[i], condition{all}, codes})
}

func opOf(not bool) operator {
	if not {
		return isNone
	}
	return isOne
}

// find returns the place in cells of the column with that name in the plan's year, -1 where there is none.
func (p *plan) find(name string) int {
	return slices.IndexFunc(p.cells, func(c cellPlan) bool { return c.name == name })
}
