package hmiscsv

import (
	"bytes"
	"unicode/utf8"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// trim takes blanks off both ends.
func trim(b []byte) []byte {
	if len(b) == 0 || isPlain(b[0]) && isPlain(b[len(b)-1]) {
		return b
	}
	return bytes.TrimSpace(b)
}

func isPlain(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// cell reads one cell of the record into the row.
func (d *decoder) cell(c *cellPlan, cells [][]byte) {
	out := &d.row.Cells[c.index]
	if out.Set {
		*out = Cell{}
	}
	var b []byte
	if c.at < len(cells) {
		b = trim(cells[c.at])
	}
	if d.zeros || d.foreign || len(b) > 0 && b[0] == '"' {
		b = d.clean(c, b)
	}
	if len(b) == 0 {
		if c.places || c.required && c.at < len(cells) {
			d.issue(c, "", "must not be empty", c.places)
		}
		return
	}
	switch c.kind {
	case hmis.Text:
		d.text(c, out, b)
	case hmis.Number, hmis.Code:
		d.number(c, out, b)
	case hmis.Day:
		d.day(c, out, b)
	case hmis.Moment:
		d.moment(c, out, b)
	case hmis.MoneyKind:
		d.money(c, out, b)
	}
}

// clean mends what is wrong with the bytes of a cell and says so.
func (d *decoder) clean(c *cellPlan, b []byte) []byte {
	if d.zeros && bytes.IndexByte(b, 0) >= 0 {
		b = trim(bytes.ReplaceAll(b, []byte{0}, nil))
		d.issue(c, "", "zero bytes in the text are left out", false)
	}
	if inner, wrapped := unwrap(b); wrapped && (c.id || d.quote) {
		if b = inner; !d.quote {
			d.issue(c, "", "quotation marks around the value are left out", false)
		}
	}
	if d.foreign && !utf8.Valid(b) {
		b = trim(fromWindows(b))
		d.issue(c, "", "not written in UTF-8; read as Windows-1252", false)
	}
	return b
}

func (d *decoder) text(c *cellPlan, out *Cell, b []byte) {
	if c.max > 0 && len(b) > c.max && utf8.RuneCount(b) > c.max {
		d.issue(c, Withheld, c.tooLong, false)
	}
	if c.codes != nil && !c.codes.texts[string(b)] {
		d.issue(c, string(b), c.codes.reason, false)
	}
	if string(b) == c.last {
		*out = Cell{S: c.last, Set: true}
		return
	}
	from := len(d.texts)
	d.texts = append(d.texts, b...)
	d.spans = append(d.spans, textSpan{c, from, len(d.texts)})
}

func (d *decoder) number(c *cellPlan, out *Cell, b []byte) {
	n, ok := wholeNumber(b)
	if !ok {
		var reason string
		if n, reason = looseNumber(string(b)); reason == notANumber {
			d.unreadable(c, b, reason)
			return
		} else if reason != "" {
			d.issue(c, string(b), reason, false)
		}
	}
	*out = Cell{N: n, Set: true}
	if c.codes != nil && !c.codes.has(n) {
		d.issue(c, string(b), c.codes.reason, false)
	}
}

func (d *decoder) day(c *cellPlan, out *Cell, b []byte) {
	if day, err := hmis.ParseDate(string(b)); err == nil && inRange(day) {
		*out = Cell{N: int64(day), Set: true}
		return
	}
	day, _, form, ok := looseMoment(string(b), c.pivot)
	if !ok || !inRange(day) {
		d.unreadable(c, b, notADate)
		return
	}
	*out = Cell{N: int64(day), Set: true}
	d.issue(c, string(b), dayReasons[form.day], false)
}

func (d *decoder) moment(c *cellPlan, out *Cell, b []byte) {
	if t, err := hmis.ParseTimestamp(string(b)); err == nil && inRange(t.Day()) {
		*out = Cell{N: int64(t), Set: true}
		return
	}
	day, second, form, ok := looseMoment(string(b), c.pivot)
	if !ok || !inRange(day) {
		d.unreadable(c, b, notAMoment)
		return
	}
	*out = Cell{N: int64(day.Midnight()) + int64(second), Set: true}
	d.issue(c, string(b), momentReasons[form.day][form.time], false)
}

func (d *decoder) money(c *cellPlan, out *Cell, b []byte) {
	m, err := hmis.ParseMoney(string(b))
	if err != nil {
		var reason string
		if m, reason = looseMoney(string(b)); reason == notMoney {
			d.unreadable(c, b, reason)
			return
		}
		d.issue(c, string(b), reason, false)
	}
	*out = Cell{N: int64(m), Set: true}
}

// unreadable leaves the cell empty; the issue keeps the value.
func (d *decoder) unreadable(c *cellPlan, b []byte, reason string) {
	d.bad = append(d.bad, c.index)
	d.issue(c, string(b), reason, c.places)
}
