package disclosure_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/internal/disclosure"
)

// made makes a random table whose totals are sums; small counts are frequent.
func made(r *rand.Rand, sizes ...int) disclosure.Table {
	t := disclosure.Table{Sizes: sizes, Overlap: make([]bool, len(sizes)), Counts: []int64{0}}
	for _, n := range sizes {
		t.Counts = slices.Repeat(t.Counts, n+1)
	}
	inner := make([]int64, len(t.Counts))
	for p := range t.Counts {
		if !isTotal(sizes, p) {
			inner[p] = []int64{0, int64(r.IntN(11)), int64(r.IntN(30)), int64(11 + r.IntN(40))}[r.IntN(4)]
		}
	}
	for p := range t.Counts {
		for q, n := range inner {
			if within(sizes, q, p) {
				t.Counts[p] += n
			}
		}
	}
	return t
}

// places are the places of a combination in each dimension.
func places(sizes []int, p int) []int {
	list := make([]int, len(sizes))
	for d := len(sizes) - 1; d >= 0; d-- {
		list[d] = p % (sizes[d] + 1)
		p /= sizes[d] + 1
	}
	return list
}

func isTotal(sizes []int, p int) bool {
	for d, at := range places(sizes, p) {
		if at == sizes[d] {
			return true
		}
	}
	return false
}

// within reports whether an inner place is counted in another one.
func within(sizes []int, inner, p int) bool {
	a, b := places(sizes, inner), places(sizes, p)
	for d := range sizes {
		if a[d] == sizes[d] || b[d] != sizes[d] && a[d] != b[d] {
			return false
		}
	}
	return true
}

// outsider knows the shown numbers of a table and looks for whole tables that agree with them, by trying: an inner place after
// the other, as long as no sum is broken. It knows nothing of simplex.
type outsider struct {
	sizes  []int
	shown  []disclosure.Number
	inner  []int
	sums   [][]int // for each place, the inner places in it
	least  []int64
	most   []int64
	effort int
}

func newOutsider(sizes []int, shown []disclosure.Number) *outsider {
	o := &outsider{sizes: sizes, shown: shown, sums: make([][]int, len(shown)), least: make([]int64, len(shown)), most: make([]int64, len(shown))}
	for p := range shown {
		if !isTotal(sizes, p) {
			o.inner = append(o.inner, p)
		}
		for q := range shown {
			if within(sizes, q, p) {
				o.sums[p] = append(o.sums[p], q)
			}
		}
		o.least[p], o.most[p] = 0, 400
		if shown[p].Value != nil {
			o.least[p], o.most[p] = *shown[p].Value, *shown[p].Value
		}
	}
	return o
}

// narrow draws the bounds together by the sums until nothing changes; false where a sum cannot be.
func (o *outsider) narrow(least, most []int64) bool {
	for changed := true; changed; {
		changed = false
		for p, of := range o.sums {
			low, high := int64(0), int64(0)
			for _, q := range of {
				low, high = low+least[q], high+most[q]
			}
			if low > least[p] {
				least[p], changed = low, true
			}
			if high < most[p] {
				most[p], changed = high, true
			}
			if least[p] > most[p] {
				return false
			}
			for _, q := range of {
				if v := least[p] - (high - most[q]); v > least[q] {
					least[q], changed = v, true
				}
				if v := most[p] - (low - least[q]); v < most[q] {
					most[q], changed = v, true
				}
				if least[q] > most[q] {
					return false
				}
				if changed {
					low, high = 0, 0
					for _, r := range of {
						low, high = low+least[r], high+most[r]
					}
				}
			}
		}
	}
	return true
}

// possible reports whether a whole table agrees in which the place has the number.
func (o *outsider) possible(place int, n int64) bool {
	least, most := slices.Clone(o.least), slices.Clone(o.most)
	if n < least[place] || n > most[place] {
		return false
	}
	least[place], most[place] = n, n
	return o.complete(least, most)
}

func (o *outsider) complete(least, most []int64) bool {
	o.effort++
	if !o.narrow(least, most) {
		return false
	}
	at, span := -1, int64(0)
	for _, p := range o.inner {
		if s := most[p] - least[p]; s > 0 && (at < 0 || s < span) {
			at, span = p, s
		}
	}
	if at < 0 {
		return true
	}
	for v := least[at]; v <= most[at]; v++ {
		l, m := slices.Clone(least), slices.Clone(most)
		l[at], m[at] = v, v
		if o.complete(l, m) {
			return true
		}
	}
	return false
}

// interval is the least and the most that a hidden place can be; the most is not looked for beyond what is enough.
func (o *outsider) interval(place int, truth int64) (low, high int64) {
	for low = truth; low > 0 && truth-low < 10 && o.possible(place, low-1); low-- {
	}
	for high = truth; high-low < 10 && o.possible(place, high+1); high++ {
	}
	return low, high
}

var shapes = [][]int{{4}, {2, 2}, {2, 3}, {3, 3}, {3, 4}, {2, 2, 2}, {2, 2, 3}}

// TestFix: of a fixed table nothing from 1 to 10 is shown, what is shown is true, and whoever tries all whole tables that agree
// cannot tell a hidden number closer than 10.
func TestFix(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hidden, shown, tables := 0, 0, 14
	if *whole {
		tables = 280
	}
	for i := range tables {
		table := made(r, shapes[i%len(shapes)]...)
		fixed, err := disclosure.Fix(table)
		if err != nil {
			t.Fatal(err)
		}
		o := newOutsider(table.Sizes, fixed)
		for p, n := range fixed {
			truth := table.Counts[p]
			if n.Value != nil {
				if shown++; *n.Value != truth || truth > 0 && truth < 11 {
					t.Fatalf("%v: shown as %d", table, *n.Value)
				}
				continue
			}
			hidden++
			if low, high := o.interval(p, truth); high-low < 10 {
				t.Errorf("table %d %v, place %d: between %d and %d", i, table, p, low, high)
			}
		}
	}
	t.Logf("%d tables: %d shown, %d hidden", tables, shown, hidden)
	if shown < hidden/2 || hidden == 0 {
		t.Error("next to nothing is shown, or hidden")
	}
}

// TestFixBites: the outsider finds what is hidden without complementary suppression.
func TestFixBites(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 20 {
		table := made(r, 3, 4)
		only := make([]disclosure.Number, len(table.Counts))
		for p, n := range table.Counts {
			if n == 0 || n > 10 {
				only[p].Value = &n
			}
		}
		o := newOutsider(table.Sizes, only)
		for p, n := range only {
			if n.Value == nil {
				if low, high := o.interval(p, table.Counts[p]); high-low < 10 {
					found++
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d found", found)
	}
}

// TestFixOverlap: totals that are no sums hide too.
func TestFixOverlap(t *testing.T) {
	fixed, err := disclosure.Fix(disclosure.Table{Sizes: []int{3}, Overlap: []bool{true}, Counts: []int64{40, 30, 4, 70}})
	if err != nil {
		t.Fatal(err)
	}
	// Everybody is in some row: 70 - 40 - 30 = 0 is the least that the third can be, 70 the most.
	if fixed[2].Value != nil || fixed[0].Value == nil || fixed[3].Value == nil {
		t.Errorf("%v", fixed)
	}
	fixed, err = disclosure.Fix(disclosure.Table{Sizes: []int{2}, Overlap: []bool{true}, Counts: []int64{12, 3, 12}})
	if err != nil {
		t.Fatal(err)
	}
	if fixed[1].Value != nil || fixed[1].Reason != disclosure.TooFew {
		t.Errorf("%v", fixed)
	}
	if _, err := disclosure.Fix(disclosure.Table{Sizes: []int{50, 50}, Overlap: make([]bool, 2), Counts: make([]int64, 51*51)}); err == nil {
		t.Error("a table of any size")
	}
}

// BenchmarkFix is a table of a size that is published: age by race, and by project type too.
func BenchmarkFix(b *testing.B) {
	for _, sizes := range [][]int{{10, 10}, {10, 10, 6}} {
		table := made(rand.New(rand.NewPCG(5, 6)), sizes...)
		b.Run(fmt.Sprint(sizes), func(b *testing.B) {
			for b.Loop() {
				if _, err := disclosure.Fix(table); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
