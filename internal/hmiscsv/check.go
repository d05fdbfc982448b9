package hmiscsv

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// checkLists checks the columns whose list depends on other columns of the row.
func (d *decoder) checkLists() {
	for i := range d.lists {
		l := &d.lists[i]
		out := &d.row.Cells[l.cell.index]
		if out.Set && !l.codes.has(out.N) && l.when.holds(d.row.Cells) {
			d.issue(l.cell, strconv.FormatInt(out.N, 10), l.codes.reason, false)
		}
	}
}

// check reports the row where it breaks the rule.
func (r *rule) check(d *decoder) {
	cells := d.row.Cells
	out := &cells[r.cell.index]
	if r.kind == required {
		if !out.Set && r.when.holds(cells) && !slices.Contains(d.bad, r.cell.index) {
			d.issue(r.cell, "", r.reason, false)
		}
		return
	}
	if out.Set && r.broken(out, cells) {
		d.issue(r.cell, r.cell.show(out), r.reason, false)
	}
}

func (r *rule) broken(out *Cell, cells []Cell) bool {
	switch r.kind {
	case forbidden:
		return !r.when.holds(cells)
	case formatted:
		return !r.valid(out) && r.when.holds(cells)
	case atLeast:
		return out.N < r.limit
	}
	other := &cells[r.other]
	if !other.Set {
		return false
	}
	a, b := r.cell.dayOf(out), r.cell.dayOf(other)
	if r.kind == notBefore {
		return a < b
	}
	return a > b+r.limit
}

// dayOf is the value to compare: of two moments the days, for one of them may lack its time.
func (c *cellPlan) dayOf(out *Cell) int64 {
	if c.kind == hmis.Moment {
		return int64(hmis.Timestamp(out.N).Day())
	}
	return out.N
}

// show writes a cell as HMIS CSV does.
func (c *cellPlan) show(out *Cell) string {
	if !c.shown {
		return Withheld
	}
	return string(appendCell(nil, c.kind, out))
}

func appendCell(b []byte, kind hmis.Kind, out *Cell) []byte {
	switch kind {
	case hmis.Text:
		return append(b, out.S...)
	case hmis.Day:
		return hmis.Date(out.N).Append(b)
	case hmis.Moment:
		return hmis.Timestamp(out.N).Append(b)
	case hmis.MoneyKind:
		return hmis.Money(out.N).Append(b)
	}
	return strconv.AppendInt(b, out.N, 10)
}

// serviceYears checks a year in the armed forces: from 1920 to the year in which the export's period ends.
func serviceYears(end hmis.Date) format {
	last, _, _ := end.Date()
	return format{reason: fmt.Sprintf("a year of service is one from 1920 to %d", last),
		valid: func(c *Cell) bool { return c.N >= 1920 && c.N <= int64(last) }}
}
