package stats

import (
	"math/bits"
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// work is the answering of one query for one period: its rows, and what is counted by.
type work struct {
	*run
	grid       *grid
	rows       rows // the stays in question, by unit
	homes      rows // the same by household, where a measure asks for them
	considered rows // the stays of flows
	flows      []flow
}

// answers computes measures in every cell, by measure and cell.
func (w *work) answers(measures []Measure) [][]Answer {
	list := make([][]Answer, len(measures))
	for i, m := range measures {
		list[i] = w.answer(m)
		for c := range list[i] {
			list[i][c].Measure = m
		}
	}
	return list
}

func (w *work) answer(m Measure) []Answer {
	p := &programs[m]
	switch {
	case p.flow != nil:
		list := make([]Answer, w.grid.cells)
		for c := range list {
			list[c] = p.flow(w.flows[c])
		}
		return list
	case p.work != nil:
		return p.work(w)
	case p.sum != nil:
		return w.counts(w.sums(p.sum))
	case p.days != nil:
		return w.durations(p.days, m.Info().Buckets)
	case p.mix != nil:
		return w.mix(p.mix, len(m.Info().Parts))
	case p.of != nil:
		return w.ratio(w.distinct(p.part), w.distinct(p.of))
	}
	return w.counts(w.distinct(p.part))
}

func (w *work) counts(counts []int64) []Answer {
	list := make([]Answer, len(counts))
	for c, n := range counts {
		list[c].Count = n
	}
	return list
}

func (w *work) ratio(part, of []int64) []Answer {
	list := make([]Answer, len(of))
	for c := range list {
		list[c].Numerator, list[c].Denominator = part[c], of[c]
	}
	return list
}

// distinct counts the units with a stay of which the test holds, nil for all.
func (w *work) distinct(test func(*run, int32) bool) []int64 {
	if test == nil {
		return distinct(w.rows, w.grid.cells, w.units(), nil)
	}
	return distinct(w.rows, w.grid.cells, w.units(), func(stays []int32, hits []bool) {
		for i, s := range stays {
			hits[i] = test(w.run, s)
		}
	})
}

func (r rows) cell(i int) uint32 {
	if r.cells == nil {
		return 0
	}
	return r.cells[i]
}

func (w *work) sums(of func(*run, int32) int64) []int64 {
	sums := make([]int64, w.grid.cells)
	for i, s := range w.rows.stays {
		sums[w.rows.cell(i)] += of(w.run, s)
	}
	return sums
}

func (w *work) durations(of func(*run, int32, func(hmis.Date)), buckets []Bucket) []Answer {
	d := newDurations(w.grid.cells)
	for i, s := range w.rows.stays {
		if w.q.Unit == Households && !w.g.IsHead(s) {
			continue
		}
		cell := w.rows.cell(i)
		of(w.run, s, func(days hmis.Date) { d.add(cell, int32(days)) })
	}
	return summed(d, w.grid.cells, buckets)
}

func summed(d *durations, cells int, buckets []Bucket) []Answer {
	counts, days := d.sums(cells, buckets)
	list := make([]Answer, cells)
	for c := range list {
		list[c].Count, list[c].Days = counts[c], days[c]
	}
	return list
}

func (w *work) mix(of func(*run, int32) int, parts int) []Answer {
	list := w.counts(w.distinct(func(r *run, s int32) bool { return of(r, s) >= 0 }))
	for c := range list {
		list[c].Parts = make([]int64, parts)
	}
	for part := range parts {
		for c, n := range w.distinct(func(r *run, s int32) bool { return of(r, s) == part }) {
			list[c].Parts[part] = n
		}
	}
	return list
}

// averagePerNight adds up the days on which each unit has a night.
func (w *work) averagePerNight() []Answer {
	sums := make([]int64, w.grid.cells)
	nights := newDaySet(w.g.Start, w.g.End)
	eachUnit(w.rows, w.units(), func(cell int, stays []int32) {
		for _, s := range stays {
			w.addNights(nights, s)
		}
		sums[cell] += int64(nights.count(w.g.Start, w.g.End))
		nights.clear()
	})
	days := make([]int64, w.grid.cells)
	for c := range days {
		days[c] = int64(w.q.Period.days())
	}
	return w.ratio(sums, days)
}

// addNights adds the nights of a stay in the period.
func (r *run) addNights(set *daySet, stay int32) {
	if from, to, ok := r.nightsBetween(stay); ok {
		set.add(from, to)
	} else if r.projectType(stay) == glossary.ShelterNightly {
		r.eachBedNight(stay, func(d hmis.Date) { set.add(d, d) })
	}
}

// eachBedNight gives the bed nights from entry to the day before the exit or to the end of the period.
func (r *run) eachBedNight(stay int32, do func(hmis.Date)) {
	to := r.g.End
	if exit := r.g.Exit(stay); exit != facts.NoDay {
		to = exit - 1
	}
	for i, until := r.f.BedNights.Of(stay); i < until; i++ {
		if d := r.f.BedNights.DateProvided[i]; d >= r.g.Entry(stay) && d <= to {
			do(d)
		}
	}
}

// averageAge adds up the highest age of each unit.
func (w *work) averageAge() []Answer {
	sums, known := make([]int64, w.grid.cells), make([]int64, w.grid.cells)
	eachUnit(w.rows, w.units(), func(cell int, stays []int32) {
		highest := glossary.UnknownAge
		for _, s := range stays {
			highest = max(highest, w.age(s))
		}
		if highest != glossary.UnknownAge {
			sums[cell] += int64(highest)
			known[cell]++
		}
	})
	return w.ratio(sums, known)
}

// householdSize adds up the members of the households of the stays in question.
func (w *work) householdSize() []Answer {
	sums, homes := make([]int64, w.grid.cells), make([]int64, w.grid.cells)
	eachUnit(w.homes, w.f.Enrollments.Household, func(cell int, stays []int32) {
		sums[cell] += int64(w.home(w.f.Enrollments.Household[stays[0]]).size)
		homes[cell]++
	})
	return w.ratio(sums, homes)
}

// returns counts the units that come back within some days of their earliest exit to permanent housing.
func (w *work) returns(within hmis.Date) []Answer {
	back, exits := make([]int64, w.grid.cells), make([]int64, w.grid.cells)
	eachUnit(w.rows, w.units(), func(cell int, stays []int32) {
		earliest, returned := facts.NoDay, false
		for _, s := range stays {
			if !w.exitsToPermanentHousing(s) {
				continue
			}
			exit := w.g.Exit(s)
			if earliest != facts.NoDay && exit > earliest {
				continue
			}
			day := w.returnAfter(s)
			came := day != facts.NoDay && day <= exit+within
			returned = came || returned && exit == earliest
			earliest = exit
		}
		if earliest != facts.NoDay {
			exits[cell]++
		}
		if returned {
			back[cell]++
		}
	})
	return w.ratio(back, exits)
}

// yearsBack is how far back homeless days count (SPM measure 1).
const yearsBack = 7

// timeHomeless observes the homeless days of each unit (SPM measure 1a row 3).
func (w *work) timeHomeless() []Answer {
	d := newDurations(w.grid.cells)
	first := w.g.Start.AddYears(-yearsBack)
	set := newDaySet(first, w.g.End)
	eachUnit(w.rows, w.units(), func(cell int, stays []int32) {
		if days := w.homelessDays(set, stays); days > 0 {
			d.add(uint32(cell), int32(days))
		}
		set.clear()
	})
	return summed(d, w.grid.cells, LengthOfTimeHomeless.Info().Buckets)
}

// homelessDays counts them for the persons of the stays, 0 where they have none in the period.
func (r *run) homelessDays(set *daySet, stays []int32) int {
	for i, s := range stays {
		if r.inShelterType(s) && (i == 0 || r.person(stays[i-1]) != r.person(s) || !r.inShelterType(stays[i-1])) {
			r.addHomeless(set, s)
		}
	}
	for _, s := range stays {
		if r.inShelterType(s) && !set.empty() {
			r.takeHoused(set, s)
		}
	}
	end, ok := set.last()
	if !ok || end < r.g.Start {
		return 0
	}
	const year = 365
	start := end - year
	days := set.count(start, end)
	for d := start - 1; set.has(start) && set.has(d); d-- {
		days++
	}
	return days
}

// addHomeless adds the days in shelter of the person of a stay.
func (r *run) addHomeless(set *daySet, stay int32) {
	for o, to := r.own(stay); o < to; o++ {
		if !r.inScope(o) || !r.inShelterType(o) {
			continue
		}
		if r.projectType(o) == glossary.ShelterNightly {
			r.eachBedNight(o, func(d hmis.Date) { set.add(d, d) })
			continue
		}
		last := r.g.End
		if exit := r.g.Exit(o); exit != facts.NoDay {
			last = exit - 1
		}
		set.add(r.g.Entry(o), last)
	}
}

// takeHoused takes the days housed of the person of a stay away.
func (r *run) takeHoused(set *daySet, stay int32) {
	for o, to := r.own(stay); o < to; o++ {
		if !r.inScope(o) || !permanentHousing(r.projectType(o)) {
			continue
		}
		if moved := r.g.MoveIn(o); moved != facts.NoDay {
			last := r.g.End
			if exit := r.g.Exit(o); exit != facts.NoDay {
				last = exit - 1
			}
			set.remove(moved, last)
		}
	}
}

// The columns of Inventory that utilization divides by.
func beds(i *facts.Inventory) facts.Code  { return i.Beds }
func units(i *facts.Inventory) facts.Code { return i.Units }

// utilization divides nights by what the projects offer.
func (w *work) utilization(nights func(*run, int32) int64, size func(*facts.Inventory) facts.Code) []Answer {
	offered, of := w.offered(size), make([]int64, w.grid.cells)
	for c := range of {
		of[c] = offered[w.inventoryOf(w.grid.combination(c))]
	}
	return w.ratio(w.sums(nights), of)
}

// offered is what the projects offer over the days of the period, by combination of the values that inventory has and the
// first one of the other dimensions. A condition or a dimension touches what they offer where it is about projects, or
// about the CoC or geocode of the Inventory record.
func (w *work) offered(size func(*facts.Inventory) facts.Code) map[uint32]int64 {
	offered := map[uint32]int64{}
	for p := range w.f.Projects {
		if !w.projects[p] || !homeOrShelter(w.types[p]) {
			continue
		}
		for i := range w.f.Projects[p].Inventories {
			inventory := &w.f.Projects[p].Inventories[i]
			if days := w.offeredDays(int32(p), inventory); days > 0 {
				w.eachOffered(int32(p), inventory, 0, 0, func(cell uint32) { offered[cell] += days * int64(max(size(inventory), 0)) })
			}
		}
	}
	return offered
}

// inventoryOf leaves of a combination the dimensions that inventory has.
func (w *work) inventoryOf(combination uint32) (known uint32) {
	for i, d := range w.grid.by {
		if d.Info().OfProject || d == CoC || d == Geocode {
			known += uint32(w.grid.code(combination, i)) * w.grid.strides[i]
		}
	}
	return known
}

// offeredDays is how many days of the period the record is in force, 0 where it does not meet a condition on its place.
func (w *work) offeredDays(project int32, i *facts.Inventory) int64 {
	for _, c := range w.q.Where {
		switch c.Dimension {
		case CoC, Geocode:
			if !slices.Contains(c.Values, w.values(c.Dimension)[w.placeOf(c.Dimension, project, i)].Name) {
				return 0
			}
		}
	}
	from, to := max(i.Start, w.g.Start), w.g.End
	if i.End != facts.NoDay {
		to = min(i.End, to)
	}
	return int64(max(to-from+1, 0))
}

// placeOf is the code of an Inventory record's CoC or geocode.
func (w *work) placeOf(d Dimension, project int32, i *facts.Inventory) int {
	if d == CoC {
		return int(index(w.cocs)(i.CoC))
	}
	return int(index(w.geocodes)(geocodeIn(w.f.Projects[project].CoCs, i.CoC)))
}

// eachOffered gives the combinations in which an Inventory record stands, from the at-th dimension on.
func (w *work) eachOffered(project int32, i *facts.Inventory, at int, cell uint32, do func(cell uint32)) {
	if at == len(w.grid.by) {
		do(cell)
		return
	}
	d, stride := w.grid.by[at], w.grid.strides[at]
	next := func(code int) { w.eachOffered(project, i, at+1, cell+uint32(code)*stride, do) }
	switch {
	case d.Info().OfProject:
		w.eachOfProject(d, project, next)
	case d == CoC || d == Geocode:
		next(w.placeOf(d, project, i))
	default:
		next(0)
	}
}

// daySet is a set of days between two.
type daySet struct {
	first, end hmis.Date
	words      []uint64
	low, high  int // the words that may hold days
}

func newDaySet(first, end hmis.Date) *daySet {
	s := &daySet{first: first, end: end, words: make([]uint64, (end-first)/64+1)}
	s.low = len(s.words)
	s.high = -1
	return s
}

// mask has the bits of a word that lie from one bit of the set to another.
func mask(word int, from, to hmis.Date) uint64 {
	m := ^uint64(0)
	if low := int(from) - 64*word; low > 0 {
		m <<= low
	}
	if high := int(to) - 64*word; high < 63 {
		m &= 1<<(high+1) - 1
	}
	return m
}

// each gives the words from one day to another, both included, with the bits that are meant.
func (s *daySet) each(from, to hmis.Date, do func(word int, m uint64)) {
	from, to = max(from, s.first)-s.first, min(to, s.end)-s.first
	if from > to {
		return
	}
	for w := int(from) / 64; w <= int(to)/64; w++ {
		do(w, mask(w, from, to))
	}
}

func (s *daySet) add(from, to hmis.Date) {
	s.each(from, to, func(w int, m uint64) {
		s.words[w] |= m
		s.low, s.high = min(s.low, w), max(s.high, w)
	})
}

func (s *daySet) remove(from, to hmis.Date) {
	s.each(from, to, func(w int, m uint64) { s.words[w] &^= m })
}

func (s *daySet) count(from, to hmis.Date) (n int) {
	s.each(from, to, func(w int, m uint64) { n += bits.OnesCount64(s.words[w] & m) })
	return n
}

func (s *daySet) has(d hmis.Date) bool { return s.count(d, d) == 1 }

func (s *daySet) empty() bool { return s.high < 0 }

// last is the latest day.
func (s *daySet) last() (hmis.Date, bool) {
	for w := s.high; w >= s.low && w >= 0; w-- {
		if s.words[w] != 0 {
			return s.first + hmis.Date(64*w+bits.Len64(s.words[w])-1), true
		}
	}
	return 0, false
}

func (s *daySet) clear() {
	for w := s.low; w <= s.high; w++ {
		s.words[w] = 0
	}
	s.low, s.high = len(s.words), -1
}
