package report

import (
	"fmt"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"strings"
)

// layout describes a table: its rows and columns, whom it is about, and what he is asked. The answer decides the
// rows, the column set the columns; a person stands in every cell where both meet.
type layout struct {
	id, title string
	kinds     kinds
	columns   columnSet
	rows      []line
	of        func(*person) bool // whom it is about; nil: everybody in the report

	// One of these: one answer, several answers as bits, or cells that the table finds itself.
	ask    func(*person, glossary.Stage) glossary.Answer
	askAll func(*person, glossary.Stage) answers
	place  func(p *person, mark func(row, column int))

	blank string // cells that never apply, as "C3 E2:E5"
}

// answers are several answers of one person, as bits.
type answers uint64

// columnSet is the columns from B on, and in which of them a person stands, as bits.
type columnSet struct {
	labels []string
	of     func(*person) uint32
	stages []glossary.Stage // each column is a stage, and asks anew
	ratios []ratio
	hidden int // columns behind the last that are counted and not shown
}

// ratio is a row or column that is the quotient of others, numbered from 0.
type ratio struct{ at, part, whole int }

// line is a row: a head line, one that counts those whose answer is in spans, or one worked out of others.
type line struct {
	label  string
	spans  []span
	worked *work
	hidden bool    // counted and not shown
	mask   answers // spans as bits
	noted  []int   // rows, from 0, that are a mean or median of this one
}

// span holds the answers from one to another, both included.
type span struct{ from, to glossary.Answer }

// work says how a row is worked out. Row numbers are those of HUD's layout: the first row below the header is 2.
type work struct {
	kind  workKind
	rows  []int // mean, median: of the persons of the row; quotient: the parts, added up
	whole []int // quotient: added up, negative numbers taken away
	*measure
}

// measure is a number of each person: days, or cents that are shown as dollars.
type measure struct {
	of       func(*person) int
	per      float64 // how many make one that is shown
	decimals int
}

type workKind uint8

const (
	mean workKind = iota
	median
	quotient
)

// The ways of writing a row.

func heading(label string) line { return line{label: label} }
func row(label string, codes ...glossary.Answer) line {
	return line{label: label, spans: singles(codes)}
}
func between(label string, from, to glossary.Answer) line {
	return line{label: label, spans: []span{{from, to}}}
}
func total(label string) line                 { return between(label, 0, 1<<30) }
func either(label string, spans ...span) line { return line{label: label, spans: spans} }
func unseen(codes ...glossary.Answer) line    { return line{spans: singles(codes), hidden: true} }
func percent(label string, part, whole []int) line {
	return line{label: label, worked: &work{quotient, part, whole, nil}}
}
func average(label string, row int, m *measure) line {
	return line{label: label, worked: &work{mean, []int{row}, nil, m}}
}
func middle(label string, row int, m *measure) line {
	return line{label: label, worked: &work{median, []int{row}, nil, m}}
}
func dontKnowRow() line     { return row("Client Doesn't Know/Prefers Not to Answer", glossary.DontKnow) }
func notCollectedRow() line { return row("Data Not Collected", glossary.NotCollected) }

func singles(codes []glossary.Answer) (spans []span) {
	for _, c := range codes {
		spans = append(spans, span{c, c})
	}
	return spans
}

func (l line) has(a glossary.Answer) bool {
	for _, s := range l.spans {
		if a >= s.from && a <= s.to {
			return true
		}
	}
	return false
}

// prepare works out once what does not depend on the person.
func (l *layout) prepare() {
	for i := range l.rows {
		r := &l.rows[i]
		for _, s := range r.spans {
			for a := s.from; l.askAll != nil && a <= min(s.to, 63); a++ {
				r.mask |= 1 << a
			}
		}
		if w := r.worked; w != nil && w.kind != quotient {
			l.rows[w.rows[0]-2].noted = append(l.rows[w.rows[0]-2].noted, i)
		}
	}
}

// visit calls mark for every cell, numbered from 0, in which the person stands.
func (l *layout) visit(p *person, mark func(row, column int)) {
	if l.of != nil && !l.of(p) {
		return
	}
	if l.place != nil {
		l.place(p, mark)
		return
	}
	columns := l.columns.of(p)
	if l.columns.stages == nil {
		l.answer(p, glossary.AtStart, columns, mark)
		return
	}
	for column, s := range l.columns.stages {
		l.answer(p, s, columns&(1<<column), mark)
	}
}

func (l *layout) answer(p *person, s glossary.Stage, columns uint32, mark func(row, column int)) {
	if columns == 0 {
		return
	}
	var one glossary.Answer
	var all answers
	if l.ask != nil {
		one = l.ask(p, s)
	} else {
		all = l.askAll(p, s)
	}
	for r := range l.rows {
		if line := &l.rows[r]; l.ask != nil && !line.has(one) || l.ask == nil && line.mask&all == 0 {
			continue
		}
		for c, left := 0, columns; left != 0; c, left = c+1, left>>1 {
			if left&1 != 0 {
				mark(r, c)
			}
		}
	}
}

// width is the number of columns that are counted, the hidden ones too.
func (l *layout) width() int { return len(l.columns.labels) + l.columns.hidden }

// address names a cell as HUD's layout does: row 0 is in line 2, column 0 is B.
func address(row, column int) string { return fmt.Sprintf("%c%d", 'B'+column, row+2) }

// blanks lists the cells that never apply.
func (l *layout) blanks() map[string]bool {
	set := map[string]bool{}
	for _, part := range strings.Fields(l.blank) {
		from, to, many := strings.Cut(part, ":")
		if !many {
			to = from
		}
		var c1, c2 rune
		var r1, r2 int
		if _, err := fmt.Sscanf(from+" "+to, "%c%d %c%d", &c1, &r1, &c2, &r2); err != nil {
			panic("report: blank cells of " + l.id + ": " + part)
		}
		for c := c1; c <= c2; c++ {
			for r := r1; r <= r2; r++ {
				set[fmt.Sprintf("%c%d", c, r)] = true
			}
		}
	}
	return set
}
