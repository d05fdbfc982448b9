package report

import (
	"math"
	"slices"
)

// tally holds the counts of a table while it is made.
type tally struct {
	*layout
	counts [][]int          // by row and column, from 0
	values map[[2]int][]int // of means and medians: one of each person, by row and column
}

// count goes through everybody once.
func (l *layout) count(u *universe) *tally {
	t := &tally{layout: l, counts: make([][]int, len(l.rows)), values: map[[2]int][]int{}}
	cells := make([]int, len(l.rows)*l.width())
	for r := range l.rows {
		t.counts[r] = cells[r*l.width() : (r+1)*l.width()]
	}
	var p *person
	mark := func(row, column int) {
		t.counts[row][column]++
		for _, r := range l.rows[row].noted {
			at := [2]int{r, column}
			t.values[at] = append(t.values[at], l.rows[r].worked.of(p))
		}
	}
	for i := range u.persons {
		p = &u.persons[i]
		l.visit(p, mark)
	}
	return t
}

// value is what a cell shows.
func (t *tally) value(row, column int) float64 {
	if t.rows[row].worked != nil {
		return t.work(row, column)
	}
	for _, r := range t.columns.ratios {
		if r.at == column {
			return fraction(t.counts[row][r.part], t.counts[row][r.whole])
		}
	}
	return float64(t.counts[row][column])
}

func (t *tally) work(row, column int) float64 {
	w := t.rows[row].worked
	values := t.values[[2]int{row, column}]
	switch {
	case w.kind == quotient:
		return fraction(t.sum(w.rows, column), t.sum(w.whole, column))
	case len(values) == 0:
		return 0
	case w.kind == median:
		return round(middleOf(values)/w.per, w.decimals)
	}
	sum := 0
	for _, v := range values {
		sum += v
	}
	return round(float64(sum)/float64(len(values))/w.per, w.decimals)
}

// sum adds up rows of a column by their numbers in HUD's layout; negative ones are taken away.
func (t *tally) sum(rows []int, column int) (n int) {
	for _, r := range rows {
		if r < 0 {
			n -= t.counts[-r-2][column]
		} else {
			n += t.counts[r-2][column]
		}
	}
	return n
}

// fraction has four decimals; nothing of nothing is 0 (14).
func fraction(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return round(float64(part)/float64(whole), 4)
}

// middleOf is the median: of an even number of values the mean of the two middle ones (14).
func middleOf(values []int) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return float64(sorted[(n-1)/2]+sorted[n/2]) / 2
}

func round(v float64, decimals int) float64 {
	shift := math.Pow10(decimals)
	return math.Round(v*shift) / shift
}
