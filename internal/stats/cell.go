package stats

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// batch is rows: stays, each with the cell of the groups in which it stands. A stay with several values in a dimension has
// a row for each. All rows of a unit are in one batch, beside each other.
type batch struct {
	stays []int32
	cells []uint32
}

// grid is the combinations of values of some dimensions.
type grid struct {
	by      []Dimension
	columns []column
	sizes   []int
	strides []uint32
	cells   int // of all combinations; of those seen so far, where there are many

	place []uint32 // by combination: its cell plus 1, 0 where it was not seen; nil where cells are combinations
	seen  []uint32 // by cell: the combination

	now     batch // the batch that was asked for last, and what it is made in
	codes   []uint16
	masks   []uint64
	buffers [2]batch
}

// mostCells is how many combinations a grid may have; more than fewCells get a cell when they are seen first.
const (
	mostCells = 1 << 22
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
	if g.cells > fewCells {
		g.place, g.cells = make([]uint32, g.cells), 0
	}
	return g, nil
}

// batch gives stays their cells. It is good until the next call.
func (g *grid) batch(stays []int32) *batch {
	g.buffers[0].cells = sized(g.buffers[0].cells, len(stays))
	g.now = batch{stays, g.buffers[0].cells}
	clear(g.now.cells)
	next := 1
	for i, c := range g.columns {
		if c.many != nil {
			g.spread(c, g.strides[i], &g.buffers[next])
			next = 1 - next
			continue
		}
		g.codes = sized(g.codes, len(g.now.stays))
		c.one(g.now.stays, g.codes)
		cells, stride := g.now.cells[:len(g.codes)], g.strides[i]
		for j, code := range g.codes {
			cells[j] += uint32(code) * stride
		}
	}
	if g.place != nil {
		g.number(g.now.cells)
	}
	return &g.now
}

// spread makes a row of each value.
func (g *grid) spread(c column, stride uint32, to *batch) {
	g.masks = sized(g.masks, len(g.now.stays))
	c.many(g.now.stays, g.masks)
	to.stays, to.cells = to.stays[:0], to.cells[:0]
	for j, s := range g.now.stays {
		cell := g.now.cells[j]
		for mask := g.masks[j]; mask != 0; mask >>= 1 {
			if mask&1 != 0 {
				to.stays, to.cells = append(to.stays, s), append(to.cells, cell)
			}
			cell += stride
		}
	}
	g.now = *to
}

// number turns combinations into cells.
func (g *grid) number(cells []uint32) {
	for i, combination := range cells {
		if g.place[combination] == 0 {
			g.seen = append(g.seen, combination)
			g.place[combination] = uint32(len(g.seen))
		}
		cells[i] = g.place[combination] - 1
	}
	g.cells = len(g.seen)
}

// code is the place of the value of the i-th dimension in a combination.
func (g *grid) code(combination uint32, i int) int {
	return int(combination/g.strides[i]) % g.sizes[i]
}

// combination is that of a cell.
func (g *grid) combination(cell int) uint32 {
	if g.place != nil {
		return g.seen[cell]
	}
	return uint32(cell)
}

// grown is the slice with a length of at least n, zero behind what it had.
func grown[T any](s []T, n int) []T {
	if len(s) < n {
		s = append(s, make([]T, max(n-len(s), len(s)))...)
	}
	return s
}

// tally counts units by cell.
type tally struct {
	counts []int64
	last   []int32 // by cell: the unit counted last, plus 1
}

// add counts the units (nil: the stays) of the rows that hits lets through (nil: all). The rows of a unit follow each other.
func (t *tally) add(b *batch, cells int, units []int32, hits []bool) {
	t.counts, t.last = grown(t.counts, cells), grown(t.last, cells)
	counts, last, in := t.counts, t.last, b.cells[:len(b.stays)]
	switch {
	case hits != nil:
		for i, s := range b.stays {
			if !hits[i] {
				continue
			}
			if c, u := in[i], unitOf(units, s); last[c] != u {
				last[c] = u
				counts[c]++
			}
		}
	case units == nil:
		for _, c := range in {
			counts[c]++
		}
	default:
		for i, s := range b.stays {
			c, u := in[i], units[s]+1
			if last[c] != u {
				last[c] = u
				counts[c]++
			}
		}
	}
}

// unitOf is what marks a unit as counted; 0 marks none. Without units each stay is one.
func unitOf(units []int32, stay int32) int32 {
	if units == nil {
		return stay + 1
	}
	return units[stay] + 1
}

// eachUnit gives, for every unit and cell, the stays of the unit in the cell. It sorts the batch.
func eachUnit(b *batch, units []int32, do func(cell uint32, stays []int32)) {
	for from := 0; from < len(b.stays); {
		u := unitOf(units, b.stays[from])
		to := from + 1
		for to < len(b.stays) && unitOf(units, b.stays[to]) == u {
			to++
		}
		eachCell(b.cells[from:to], b.stays[from:to], do)
		from = to
	}
}

// eachCell sorts the few rows of a unit by cell, keeping their order.
func eachCell(cells []uint32, stays []int32, do func(cell uint32, stays []int32)) {
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
		do(cells[from], stays[from:to])
		from = to
	}
}
