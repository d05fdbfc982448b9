package hmiscsv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Rows calls row for every row of the file that is not blank, the refused ones too, and ends with row's
// first error. The Row is reused. A file that the export lacks has no rows: ask Has for the difference.
// A file that cannot be read to its end is an hmis.Error with code Invalid.
func (a *Archive) Rows(file string, row func(*Row) error) error {
	if hmis.FileNamed(file) == nil {
		return fmt.Errorf("hmiscsv: HUD has no file %s", file)
	}
	if file != "Export" {
		return a.rows(file, row)
	}
	return a.rows(file, func(r *Row) error {
		r.Issues = r.Issues[:0] // Archive.Issues has them
		return row(r)
	})
}

func (a *Archive) rows(file string, row func(*Row) error) error {
	m := a.files[file]
	if m == nil {
		return nil
	}
	body, err := m.open()
	if err != nil {
		return readError(file, err)
	}
	body = ahead(body)
	defer body.Close()
	var src io.Reader = body
	if a.Progress != nil {
		src = &counted{r: body, file: file, report: a.Progress}
	}
	s := newRecords(decoded(src))
	if err := s.next(); err != nil { // the header
		return readError(file, err)
	}
	s.width = m.width
	d := newDecoder(a, hmis.FileNamed(file), m)
	for {
		switch err := s.next(); {
		case err == io.EOF:
			return nil
		case errors.Is(err, errLongLine):
			return refuse("%s.csv has a line longer than 1 MB, line %d; export the file again", file, s.nextLine)
		case err != nil:
			return readError(file, err)
		}
		d.read(s)
		if err := row(&d.row); err != nil {
			return err
		}
	}
}

// decoder turns records of one file into rows.
type decoder struct {
	*plan
	row   Row
	texts []byte     // the new texts of the row, which become one string
	spans []textSpan // where in texts they are
	bad   []int      // columns whose cell could not be read, by index in Row.Cells

	withhold bool // the row's cells may stand under the wrong columns: show none of them
	zeros    bool // the row has zero bytes
	foreign  bool // the row has bytes that are no UTF-8
}

type textSpan struct {
	cell     *cellPlan
	from, to int
}

func newDecoder(a *Archive, f *hmis.File, m *member) *decoder {
	return &decoder{plan: newPlan(a, f, m), row: Row{Cells: make([]Cell, len(f.Columns))}}
}

// read fills the row from the record.
func (d *decoder) read(s *records) {
	d.row.Line, d.row.Issues = s.line, d.row.Issues[:0]
	d.texts, d.spans, d.bad = d.texts[:0], d.spans[:0], d.bad[:0]
	d.zeros, d.foreign = bytes.IndexByte(s.raw, 0) >= 0, !utf8.Valid(s.raw)
	if d.withhold = len(s.cells) < d.need; d.withhold {
		d.rowIssue(fmt.Sprintf("the row has %d cells, the header %d; the missing ones are taken as empty", len(s.cells), d.width), false)
	}
	if s.loneQuote {
		d.withhold = true
		d.rowIssue("a quotation mark has no pair; it is read as part of the text", false)
	}
	if len(s.cells) > d.width && filled(s.cells[d.width:]) {
		clear(d.row.Cells)
		d.rowIssue(fmt.Sprintf("the row has %d cells, the header %d; put texts with a comma in quotation marks", len(s.cells), d.width), true)
		return
	}
	for i := range d.cells {
		d.cell(&d.cells[i], s.cells)
	}
	d.keepTexts()
	d.checkLists()
	for i := range d.rules {
		d.rules[i].check(d)
	}
}

func filled(cells [][]byte) bool {
	for _, c := range cells {
		if len(trim(c)) > 0 {
			return true
		}
	}
	return false
}

// keepTexts makes one string of all new texts of the row.
func (d *decoder) keepTexts() {
	if len(d.spans) == 0 {
		return
	}
	all := string(d.texts)
	for _, p := range d.spans {
		p.cell.last = all[p.from:p.to]
		d.row.Cells[p.cell.index] = Cell{S: p.cell.last, Set: true}
	}
}

func (d *decoder) rowIssue(reason string, refused bool) {
	d.row.Issues = append(d.row.Issues, Issue{File: d.file, Line: d.row.Line, Reason: reason, Rows: 1, Refused: refused})
}

// issue reports a cell. value is what was read; it is shown only where it identifies nobody.
func (d *decoder) issue(c *cellPlan, value, reason string, refused bool) {
	if value != "" && (!c.shown || d.withhold || len(value) > 40 || c.strict && !plain(value)) {
		value = Withheld
	}
	d.row.Issues = append(d.row.Issues, Issue{d.file, d.row.Line, c.name, value, reason, 1, refused})
}

// plain tells a day, a time, an amount or a code from words and from the number of a person: no more than four digits
// or two letters stand together in it.
func plain(value string) bool {
	digits, letters := 0, 0
	for _, r := range value {
		switch {
		case r >= '0' && r <= '9':
			digits, letters = digits+1, 0
		case r < 0x80 && unicode.IsLetter(r):
			digits, letters = 0, letters+1
		case strings.ContainsRune("-/.:, +$()", r):
			digits, letters = 0, 0
		default:
			return false
		}
		if digits > 4 || letters > 2 {
			return false
		}
	}
	return true
}
