package stats

import (
	"math/bits"
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// work is the answering of one query for one period. It takes the rows batch by batch.
type work struct {
	*run
	grid     *grid
	measures []Measure
	sums     []summer // of the measures that are of stays in question
	homes    *homeSum // of the households of the stays in question
	flows    *flows
	stays    []int  // in question, by project
	seen     []bool // by cell: a stay in question is in it
}

// summer adds up a measure.
type summer interface {
	// add takes a batch, in which all rows of a unit are.
	add(w *work, b *batch)
	// answers are by cell.
	answers(w *work) []Answer
}

// newSummer is how a measure is added up; nil for those that are not of the stays in question.
func (w *work) newSummer(m Measure) summer {
	switch p := &programs[m]; {
	case p.unit != nil:
		return p.unit(w)
	case p.stays:
		return &counter{everyStay: true}
	case p.sum != nil:
		return &adder{of: p.sum}
	case p.lengths != nil || p.days != nil:
		return &observer{lengths: p.lengths, days: p.days, buckets: m.Info().Buckets, found: newDurations(w.fixedCells())}
	case p.mix != nil:
		return &mixer{of: p.mix, parts: make([]tally, len(m.Info().Parts))}
	case p.of != nil:
		return &ratio{part: counter{test: p.part}, of: counter{test: p.of}}
	case p.flow != nil || m == AverageHouseholdSize:
		return nil
	default:
		return &counter{test: p.part}
	}
}

// fixedCells is how many cells there are, 0 where they are not known yet.
func (w *work) fixedCells() int {
	if w.grid.place != nil {
		return 0
	}
	return w.grid.cells
}

// counter counts units.
type counter struct {
	test      func(r *run, stay int32) bool // nil: all
	everyStay bool                          // stays, whatever the unit
	tally
	hits []bool
}

func (c *counter) add(w *work, b *batch) {
	units := w.units()
	if c.everyStay {
		units = nil
	}
	if c.test == nil {
		c.tally.add(b, w.grid.cells, units, nil)
		return
	}
	c.hits = sized(c.hits, len(b.stays))
	for i, s := range b.stays {
		c.hits[i] = c.test(w.run, s)
	}
	c.tally.add(b, w.grid.cells, units, c.hits)
}

func (c *counter) answers(w *work) []Answer { return counted(w, c.counts) }

func counted(w *work, counts []int64) []Answer {
	list := make([]Answer, w.grid.cells)
	for c := range list {
		list[c].Count = at(counts, c)
	}
	return list
}

// at is what was counted in a cell; nothing, where no batch came.
func at(counts []int64, cell int) int64 {
	if cell < len(counts) {
		return counts[cell]
	}
	return 0
}

// ratio counts the units of a rate.
type ratio struct{ part, of counter }

func (r *ratio) add(w *work, b *batch) {
	r.part.add(w, b)
	r.of.add(w, b)
}

func (r *ratio) answers(w *work) []Answer { return divided(w, r.part.counts, r.of.counts) }

func divided(w *work, part, of []int64) []Answer {
	list := make([]Answer, w.grid.cells)
	for c := range list {
		list[c].Numerator, list[c].Denominator = at(part, c), at(of, c)
	}
	return list
}

// adder adds up a number of each stay.
type adder struct {
	of   func(r *run, stay int32) int64
	sums []int64
}

func (a *adder) add(w *work, b *batch) {
	a.sums = grown(a.sums, w.grid.cells)
	for i, s := range b.stays {
		a.sums[b.cells[i]] += a.of(w.run, s)
	}
}

func (a *adder) answers(w *work) []Answer { return counted(w, a.sums) }

// observer gathers numbers of days: one of each stay, or as many as it has.
type observer struct {
	lengths func(r *run, stays []int32, days []int32)
	days    func(r *run, stay int32, observe func(hmis.Date))
	buckets []Bucket
	found   *durations
	one     []int32
}

func (o *observer) add(w *work, b *batch) {
	heads := w.q.Unit == Households
	if o.lengths != nil {
		o.one = sized(o.one, len(b.stays))
		o.lengths(w.run, b.stays, o.one)
		for i, days := range o.one {
			if !heads || w.g.IsHead(b.stays[i]) {
				o.found.add(b.cells[i], days)
			}
		}
		return
	}
	for i, s := range b.stays {
		if !heads || w.g.IsHead(s) {
			o.days(w.run, s, func(days hmis.Date) { o.found.add(b.cells[i], int32(days)) })
		}
	}
}

func (o *observer) answers(w *work) []Answer { return summed(w, o.found, o.buckets) }

func summed(w *work, d *durations, buckets []Bucket) []Answer {
	counts, days := d.sums(w.grid.cells, buckets)
	list := make([]Answer, w.grid.cells)
	for c := range list {
		list[c].Count, list[c].Days = counts[c], days[c]
	}
	return list
}

// mixer counts units by part.
type mixer struct {
	of    func(r *run, stay int32) int
	any   tally
	parts []tally
	place []int8 // by row
	hits  []bool
}

func (m *mixer) add(w *work, b *batch) {
	m.place, m.hits = sized(m.place, len(b.stays)), sized(m.hits, len(b.stays))
	for i, s := range b.stays {
		m.place[i] = int8(m.of(w.run, s))
	}
	count := func(t *tally, test func(place int) bool) {
		for i, place := range m.place {
			m.hits[i] = test(int(place))
		}
		t.add(b, w.grid.cells, w.units(), m.hits)
	}
	count(&m.any, func(place int) bool { return place >= 0 })
	for part := range m.parts {
		count(&m.parts[part], func(place int) bool { return place == part })
	}
}

func (m *mixer) answers(w *work) []Answer {
	list := counted(w, m.any.counts)
	for c := range list {
		for part := range m.parts {
			list[c].Parts = append(list[c].Parts, at(m.parts[part].counts, c))
		}
	}
	return list
}

// unitRatio adds up two numbers of each unit.
type unitRatio struct {
	of       func(w *work, stays []int32) (numerator, denominator int64)
	sums, by []int64
}

func (u *unitRatio) add(w *work, b *batch) {
	u.sums, u.by = grown(u.sums, w.grid.cells), grown(u.by, w.grid.cells)
	eachUnit(b, w.units(), func(cell uint32, stays []int32) {
		n, d := u.of(w, stays)
		u.sums[cell] += n
		u.by[cell] += d
	})
}

func (u *unitRatio) answers(w *work) []Answer { return divided(w, u.sums, u.by) }

// nightly adds up the days on which each unit has a night.
type nightly struct{ unitRatio }

func (w *work) averagePerNight() summer {
	set := newDaySet(w.g.Start, w.g.End)
	return &nightly{unitRatio{of: func(w *work, stays []int32) (int64, int64) {
		defer set.clear()
		for _, s := range stays {
			w.addNights(set, s)
		}
		return int64(set.count(w.g.Start, w.g.End)), 0
	}}}
}

func (n *nightly) answers(w *work) []Answer {
	list := n.unitRatio.answers(w)
	for c := range list {
		list[c].Denominator = int64(w.q.Period.days())
	}
	return list
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
func (w *work) averageAge() summer {
	return &unitRatio{of: func(w *work, stays []int32) (int64, int64) {
		highest := glossary.UnknownAge
		for _, s := range stays {
			highest = max(highest, w.age(s))
		}
		if highest == glossary.UnknownAge {
			return 0, 0
		}
		return int64(highest), 1
	}}
}

// homeSum adds up the members of the households of the stays in question. Its batches are by household.
type homeSum struct{ unitRatio }

func (h *homeSum) add(w *work, b *batch) {
	h.sums, h.by = grown(h.sums, w.grid.cells), grown(h.by, w.grid.cells)
	eachUnit(b, w.f.Enrollments.Household, func(cell uint32, stays []int32) {
		h.sums[cell] += int64(w.home(w.f.Enrollments.Household[stays[0]]).size)
		h.by[cell]++
	})
}

// returns counts the units that come back within some days of their earliest exit to permanent housing.
func (w *work) returns(within hmis.Date) summer {
	return &unitRatio{of: func(w *work, stays []int32) (int64, int64) {
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
		switch {
		case returned:
			return 1, 1
		case earliest != facts.NoDay:
			return 0, 1
		}
		return 0, 0
	}}
}

// yearsBack is how far back homeless days count (SPM measure 1).
const yearsBack = 7

// homeless observes the homeless days of each unit (SPM measure 1a row 3).
type homeless struct {
	found *durations
	set   *daySet
}

func (w *work) timeHomeless() summer {
	return &homeless{newDurations(w.fixedCells()), newDaySet(w.g.Start.AddYears(-yearsBack), w.g.End)}
}

func (h *homeless) add(w *work, b *batch) {
	eachUnit(b, w.units(), func(cell uint32, stays []int32) {
		if days := w.homelessDays(h.set, stays); days > 0 {
			h.found.add(cell, int32(days))
		}
		h.set.clear()
	})
}

func (h *homeless) answers(w *work) []Answer {
	return summed(w, h.found, LengthOfTimeHomeless.Info().Buckets)
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
type utilization struct {
	adder
	size func(*facts.Inventory) facts.Code
}

func (u *utilization) answers(w *work) []Answer {
	offered := w.offered(u.size)
	list := make([]Answer, w.grid.cells)
	for c := range list {
		list[c].Numerator, list[c].Denominator = at(u.sums, c), offered[w.inventoryOf(w.grid.combination(c))]
	}
	return list
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
