package stats

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// rows are stays, in the order of what they are counted by, each with the cell of the groups in which it stands. A stay
// with several values in a dimension has a row for each.
type rows struct {
	stays []int32
	cells []uint32 // nil: all in cell 0
}

// grid is the combinations of values of some dimensions.
type grid struct {
	by      []Dimension
	columns []column
	sizes   []int
	strides []uint32
	cells   int // of all combinations, or of those that occur once compact was called

	place []uint32 // by combination: its cell plus 1, 0 where it does not occur; nil where cells are combinations
	codes []uint32 // by cell: the combination
}

// mostCells is how many combinations a grid may have, fewCells how many are counted without looking which occur.
const (
	mostCells = 1 << 24
	fewCells  = 1 << 12
)

func (r *run) newGrid(by []Dimension) (*grid, error) {
	g := &grid{by: by, cells: 1}
	for i := len(by) - 1; i >= 0; i-- {
		if by[i] >= dimensionCount || by[i].Info().Grain != NoGrain || slices.Contains(by[:i], by[i]) {
			return nil, hmis.Errorf(hmis.Invalid, "group by each dimension once, and by time with one grain")
		}
		size := len(r.values(by[i]))
		g.columns = slices.Insert(g.columns, 0, r.column(by[i]))
		g.sizes = slices.Insert(g.sizes, 0, size)
		g.strides = slices.Insert(g.strides, 0, uint32(g.cells))
		if g.cells *= size; g.cells > mostCells {
			return nil, hmis.Errorf(hmis.Invalid, "there are too many combinations of these dimensions; take fewer, or put conditions instead")
		}
	}
	return g, nil
}

// rows gives stays their cells.
func (g *grid) rows(stays []int32) rows {
	if len(g.by) == 0 {
		return rows{stays: stays}
	}
	r := rows{stays, make([]uint32, len(stays))}
	for i, c := range g.columns {
		if c.many != nil {
			r = r.spread(c, g.strides[i])
			continue
		}
		var codes [block]uint16
		for from := 0; from < len(r.stays); from += block {
			part, cells := r.stays[from:min(from+block, len(r.stays))], r.cells[from:]
			c.one(part, codes[:])
			for j, code := range codes[:len(part)] {
				cells[j] += uint32(code) * g.strides[i]
			}
		}
	}
	return r
}

// spread makes a row of each value.
func (r rows) spread(c column, stride uint32) (more rows) {
	var masks [block]uint64
	more.stays, more.cells = make([]int32, 0, len(r.stays)), make([]uint32, 0, len(r.stays))
	for from := 0; from < len(r.stays); from += block {
		part := r.stays[from:min(from+block, len(r.stays))]
		c.many(part, masks[:])
		for j, s := range part {
			cell := r.cells[from+j]
			for mask := masks[j]; mask != 0; mask >>= 1 {
				if mask&1 != 0 {
					more.stays, more.cells = append(more.stays, s), append(more.cells, cell)
				}
				cell += stride
			}
		}
	}
	return more
}

// compact numbers the combinations that occur, where there are many, and rewrites the cells of all rows.
func (g *grid) compact(all ...rows) {
	if g.cells <= fewCells {
		return
	}
	g.place = make([]uint32, g.cells)
	for _, r := range all {
		for _, code := range r.cells {
			g.place[code] = 1
		}
	}
	for code, occurs := range g.place {
		if occurs != 0 {
			g.codes = append(g.codes, uint32(code))
			g.place[code] = uint32(len(g.codes))
		}
	}
	g.cells = len(g.codes)
	for _, r := range all {
		for i, code := range r.cells {
			r.cells[i] = g.place[code] - 1
		}
	}
}

// code is the place of the value of the i-th dimension in a combination.
func (g *grid) code(combination uint32, i int) int {
	return int(combination/g.strides[i]) % g.sizes[i]
}

// combination is that of a cell.
func (g *grid) combination(cell int) uint32 {
	if g.codes != nil {
		return g.codes[cell]
	}
	return uint32(cell)
}

// distinct counts the units in each cell, of the rows that the test lets through (nil: all). The rows of a unit follow each
// other.
func distinct(r rows, cells int, units []int32, test func(stays []int32, hits []bool)) []int64 {
	counts, last := make([]int64, cells), make([]int32, cells)
	var hits [block]bool
	for from := 0; from < len(r.stays); from += block {
		part := r.stays[from:min(from+block, len(r.stays))]
		if test != nil {
			test(part, hits[:])
		}
		var in []uint32
		if r.cells != nil {
			in = r.cells[from : from+len(part)]
		}
		switch {
		case in == nil:
			countTogether(part, units, test != nil, &hits, counts, last)
		case test == nil:
			countAll(part, in, units, counts, last)
		default:
			countHits(part, in, units, &hits, counts, last)
		}
	}
	return counts
}

// stamp is what marks a unit as counted; 0 marks none. Without units each stay is one.
func stamp(units []int32, stay int32) int32 {
	if units == nil {
		return stay + 1
	}
	return units[stay] + 1
}

func countAll(stays []int32, cells []uint32, units []int32, counts []int64, last []int32) {
	cells = cells[:len(stays)]
	if units == nil {
		for _, c := range cells {
			counts[c]++
		}
		return
	}
	for i, s := range stays {
		c, u := cells[i], units[s]+1
		if last[c] != u {
			last[c] = u
			counts[c]++
		}
	}
}

func countHits(stays []int32, cells []uint32, units []int32, hits *[block]bool, counts []int64, last []int32) {
	for i, s := range stays {
		if !hits[i] {
			continue
		}
		if c, u := cells[i], stamp(units, s); last[c] != u {
			last[c] = u
			counts[c]++
		}
	}
}

func countTogether(stays []int32, units []int32, some bool, hits *[block]bool, counts []int64, last []int32) {
	n, before := counts[0], last[0]
	for i, s := range stays {
		if some && !hits[i] {
			continue
		}
		if u := stamp(units, s); before != u {
			before = u
			n++
		}
	}
	counts[0], last[0] = n, before
}

// eachUnit gives, for every unit and cell, the stays of the unit in the cell. The rows of a unit follow each other.
func eachUnit(r rows, units []int32, do func(cell int, stays []int32)) {
	var cells []uint32
	var stays []int32
	for from := 0; from < len(r.stays); {
		u := stamp(units, r.stays[from])
		to := from + 1
		for to < len(r.stays) && stamp(units, r.stays[to]) == u {
			to++
		}
		switch {
		case r.cells == nil:
			do(0, r.stays[from:to])
		case to == from+1:
			do(int(r.cells[from]), r.stays[from:to])
		default:
			cells = append(cells[:0], r.cells[from:to]...)
			stays = append(stays[:0], r.stays[from:to]...)
			eachCell(cells, stays, do)
		}
		from = to
	}
}

// eachCell sorts the few rows of a unit by cell, keeping their order.
func eachCell(cells []uint32, stays []int32, do func(cell int, stays []int32)) {
	for i := 1; i < len(cells); i++ {
		for j := i; j > 0 && cells[j] < cells[j-1]; j-- {
			cells[j], cells[j-1] = cells[j-1], cells[j]
			stays[j], stays[j-1] = stays[j-1], stays[j]
		}
	}
	for from := 0; from < len(cells); {
		to := from + 1
		for to < len(cells) && cells[to] == cells[from] {
			to++
		}
		do(int(cells[from]), stays[from:to])
		from = to
	}
}
