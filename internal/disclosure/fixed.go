package disclosure

import (
	"cmp"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Table is a table of true counts with its totals, of one to three dimensions.
type Table struct {
	// Sizes are how many values each dimension has. Place Sizes[i] of dimension i, after its values, is the total.
	Sizes []int
	// Counts are by place, the last dimension fastest: (Sizes[0]+1) × (Sizes[1]+1) × … of them.
	Counts []int64
	// Overlap tells of each dimension whether a unit may have several of its values, so that a total is less than the sum.
	Overlap []bool
}

// width is how wide the interval of what a hidden count can be must at least be; mostFixed is how many places a table may have.
const (
	width     = 10
	mostFixed = 1000
)

var errFixedSize = hmis.Errorf(hmis.Invalid, "a fixed table has one to three dimensions and at most %d cells; leave a dimension out or take a coarser one", mostFixed)

// Fix makes a fixed table, which the lead may approve for publication: true counts, but none of 1 to 10, and of those that
// are left as many hidden that nobody finds the hidden ones from the others by sums: each of them can, for all that is
// shown, be any number of an interval of 10 and more. Hidden ones are TooFew, whichever of the two reasons they have: which
// one would tell that they are small.
//
// That holds of one table. Two of the same people can be taken from each other, so a fixed table is published once and not
// together with another one of the same measure and period. The error is Invalid: too large.
func Fix(t Table) ([]Number, error) {
	places := 1
	for _, n := range t.Sizes {
		places *= n + 1
	}
	if len(t.Sizes) == 0 || len(t.Sizes) > 3 || places > mostFixed || len(t.Counts) != places || len(t.Overlap) != len(t.Sizes) {
		return nil, errFixedSize
	}
	f := fixing{Table: t, hidden: make([]bool, places), low: slices.Clone(t.Counts), high: slices.Clone(t.Counts)}
	f.findLines()
	for i, n := range t.Counts {
		f.hidden[i] = n > 0 && n < fewest
	}
	for f.hideOne() {
	}
	numbers := make([]Number, places)
	for i, n := range t.Counts {
		if numbers[i].Reason = TooFew; !f.hidden[i] {
			numbers[i] = Number{Value: &n}
		}
	}
	return numbers, nil
}

// fixing is a table on its way.
type fixing struct {
	Table
	lines  []line
	of     [][]int // the lines of each place
	hidden []bool

	// The least and the most that was seen at a place in any table that agrees with what is shown. They only grow, for a table
	// that agrees still agrees when more is hidden.
	low, high []int64
}

// line is the places of one dimension, the others being fixed, and their total.
type line struct {
	places  []int
	total   int
	overlap bool
}

func (f *fixing) findLines() {
	f.of = make([][]int, len(f.Counts))
	stride := 1
	for d := len(f.Sizes) - 1; d >= 0; d-- {
		for p := range f.Counts {
			if p/stride%(f.Sizes[d]+1) != 0 { // not the first of its line
				continue
			}
			l := line{overlap: f.Overlap[d], total: p + f.Sizes[d]*stride}
			for i := range f.Sizes[d] {
				l.places = append(l.places, p+i*stride)
			}
			for _, at := range append(l.places, l.total) {
				f.of[at] = append(f.of[at], len(f.lines))
			}
			f.lines = append(f.lines, l)
		}
		stride *= f.Sizes[d] + 1
	}
}

// hideOne looks for a hidden place that is not protected, and hides one more for it. It is false where there is none.
func (f *fixing) hideOne() bool {
	var s *simplex
	for p, hidden := range f.hidden {
		if !hidden || f.high[p]-f.low[p] >= width {
			continue
		}
		if s == nil {
			s = f.system()
		}
		for _, sign := range []float64{1, -1} {
			if f.high[p]-f.low[p] >= width {
				break
			}
			if !s.maximize(s.column[p], sign) { // without end
				f.high[p] = f.low[p] + width
			}
			f.see(s)
		}
		if f.high[p]-f.low[p] < width {
			return f.hideFor(p)
		}
	}
	return false
}

// see widens the intervals by the table that the simplex stands at.
func (f *fixing) see(s *simplex) {
	for p, c := range s.column {
		v := s.value(c)
		const error = 1e-6
		f.low[p] = min(f.low[p], int64(v+1-error)) // rounded to what whole numbers reach
		f.high[p] = max(f.high[p], int64(v+error))
	}
}

// hideFor hides the shown place that costs the least for an unprotected one: on a line of it, the one with the fewest hidden,
// an inner one before a total, the smallest count. Zeros stay, for hiding one protects nothing that cannot be 0.
func (f *fixing) hideFor(p int) bool {
	type choice struct {
		place, hidden int
		total         bool
	}
	var choices []choice
	for _, at := range f.of[p] {
		l := f.lines[at]
		all, hidden := append(slices.Clone(l.places), l.total), 0
		for _, q := range all {
			if f.hidden[q] {
				hidden++
			}
		}
		for _, q := range all {
			if !f.hidden[q] && f.Counts[q] > 0 {
				choices = append(choices, choice{q, hidden, q == l.total})
			}
		}
	}
	if len(choices) == 0 { // all lines of it are hidden: any other
		for q := range f.Counts {
			if !f.hidden[q] && f.Counts[q] > 0 {
				choices = append(choices, choice{place: q})
			}
		}
	}
	if len(choices) == 0 {
		return false
	}
	best := slices.MinFunc(choices, func(a, b choice) int {
		bit := func(t bool) int {
			if t {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.hidden, b.hidden), cmp.Compare(bit(a.total), bit(b.total)), cmp.Compare(f.Counts[a.place], f.Counts[b.place]), cmp.Compare(a.place, b.place))
	})
	f.hidden[best.place] = true
	return true
}

// system is what is known of the hidden places: they are not below 0, and the lines. Where units overlap, a total is not less
// than any of its places, and less than their sum by as many as are counted twice. That number is not shown, but somebody may
// guess it, as where it is small; so it is taken as known.
func (f *fixing) system() *simplex {
	s := &simplex{column: map[int]int{}}
	for p, hidden := range f.hidden {
		if hidden {
			s.column[p] = s.variable()
		}
	}
	for _, l := range f.lines {
		sum := row{}
		f.put(s, &sum, l.total, -1)
		for _, p := range l.places {
			f.put(s, &sum, p, 1)
			if l.overlap && (f.hidden[p] || f.hidden[l.total]) {
				below := row{}
				f.put(s, &below, l.total, 1)
				f.put(s, &below, p, -1)
				s.add(below, true)
			}
		}
		if len(sum.of) > 0 {
			sum.is += float64(f.twice(l))
			s.add(sum, false)
		}
	}
	s.begin()
	return s
}

// twice is how many of a line are counted twice.
func (f *fixing) twice(l line) int64 {
	n := -f.Counts[l.total]
	for _, p := range l.places {
		n += f.Counts[p]
	}
	return n
}

// put adds a place to a row: a hidden one as a variable, a shown one as what it is.
func (f *fixing) put(s *simplex, r *row, place int, factor float64) {
	if c, hidden := s.column[place]; hidden {
		r.of = append(r.of, term{c, factor})
	} else {
		r.is -= factor * float64(f.Counts[place])
	}
}
