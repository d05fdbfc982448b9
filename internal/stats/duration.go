package stats

import "slices"

// durations gathers numbers of days by cell: short ones in a histogram, where there are few cells, others one by one.
type durations struct {
	counts []uint32 // by cell and days, width of each
	width  int
	others []observation
}

// observation is a number of days in a cell.
type observation struct {
	cell uint32
	days int32
}

// histogramDays is how many days have a place of their own, histogramCells in how many cells.
const (
	histogramDays  = 1 << 13
	histogramCells = 32
)

// newDurations is for so many cells, 0 where that is not known.
func newDurations(cells int) *durations {
	d := &durations{}
	if cells > 0 && cells <= histogramCells {
		d.width = histogramDays
		d.counts = make([]uint32, cells*d.width)
	}
	return d
}

func (d *durations) add(cell uint32, days int32) {
	if uint32(days) < uint32(d.width) {
		d.counts[int(cell)*d.width+int(days)]++
		return
	}
	d.others = append(d.others, observation{cell, days})
}

// repeated is how often a number of days was seen.
type repeated struct {
	days  int64
	times int64
}

// sums gives the figures of every cell.
func (d *durations) sums(cells int, buckets []Bucket) (counts []int64, days []Days) {
	slices.SortFunc(d.others, func(a, b observation) int {
		if a.cell != b.cell {
			return int(a.cell) - int(b.cell)
		}
		return int(a.days) - int(b.days)
	})
	counts, days = make([]int64, cells), make([]Days, cells)
	var list []repeated
	next := 0
	for cell := range cells {
		from := next
		for next < len(d.others) && int(d.others[next].cell) == cell {
			next++
		}
		list = d.cell(list[:0], cell, d.others[from:next])
		counts[cell], days[cell] = sumUp(list, buckets)
	}
	return counts, days
}

// cell lists what was seen in a cell, in order.
func (d *durations) cell(list []repeated, cell int, others []observation) []repeated {
	add := func(days int64) {
		if n := len(list); n > 0 && list[n-1].days == days {
			list[n-1].times++
			return
		}
		list = append(list, repeated{days, 1})
	}
	for len(others) > 0 && others[0].days < 0 {
		add(int64(others[0].days))
		others = others[1:]
	}
	if d.width > 0 {
		for days, times := range d.counts[cell*d.width : (cell+1)*d.width] {
			if times > 0 {
				list = append(list, repeated{int64(days), int64(times)})
			}
		}
	}
	for _, o := range others {
		add(int64(o.days))
	}
	return list
}

func sumUp(list []repeated, buckets []Bucket) (count int64, d Days) {
	d.Buckets = make([]int64, len(buckets))
	sum := int64(0)
	for _, r := range list {
		count += r.times
		sum += r.days * r.times
		d.Buckets[bucketOf(buckets, int(r.days))] += r.times
	}
	if count == 0 {
		return 0, d
	}
	at := func(place int64) int64 { // the place-th smallest, from 0
		for _, r := range list {
			if place -= r.times; place < 0 {
				return r.days
			}
		}
		return 0
	}
	d.Mean = float64(sum) / float64(count)
	d.Median = float64(at((count-1)/2)+at(count/2)) / 2
	d.P90 = at((9*count+9)/10 - 1)
	return count, d
}
