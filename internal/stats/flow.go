package stats

import (
	"math"
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// ending is how a run of active days ended: the place of the part of the outflow, or that it has not.
type ending uint8

const (
	toPermanent ending = iota
	toOther
	toInactive
	goesOn
)

// span is active days of a stay, from and up to but not including to.
type span struct {
	from, to hmis.Date
	end      ending
}

// flow is what happens to the units in a cell.
type flow struct {
	atStart, atEnd int64
	in             [3]int64 // by inflowParts
	out            [3]int64 // by outflowParts
}

// The places of inflowParts.
const (
	firstTime = iota
	returnedFromPermanent
	reEngaged
)

// inactiveAfter is how many days a service keeps a stay active, by ActiveBy SERVICE.
const inactiveAfter = 90

// spans appends the active days of a stay up to the end of the period.
func (r *run) spans(list []span, stay int32) []span {
	whole := r.enrolled(stay)
	if whole.from >= whole.to {
		return list
	}
	if r.q.ActiveBy == ByEnrollment {
		return append(list, whole)
	}
	return r.servedSpans(list, stay, whole)
}

// endOfTime is later than every day: a move-in is judged by all that is known, so that what a day was does not depend on
// the end of the period.
const endOfTime = hmis.Date(math.MaxInt32)

// enrolled is the days from entry to exit or move-in.
func (r *run) enrolled(stay int32) span {
	s := span{from: r.g.Entry(stay), to: r.g.End + 1, end: goesOn}
	if permanentHousing(r.types[r.f.Enrollments.Project[stay]]) {
		ever := glossary.Period{F: r.f, Start: r.g.Start, End: endOfTime}
		if moved := ever.MoveIn(stay); moved != facts.NoDay && moved <= r.g.End {
			s.to, s.end = moved, toPermanent
			return s
		}
	}
	if exit := r.g.Exit(stay); exit != facts.NoDay {
		s.to, s.end = max(exit, s.from+1), endingOf(r.g.Destination(stay))
	}
	return s
}

func permanentHousing(projectType uint8) bool {
	switch projectType {
	case glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing:
		return true
	}
	return false
}

// endingOf is how an exit to a destination ends a stay.
func endingOf(d glossary.Answer) ending {
	const noInterview = 30
	switch {
	case d >= 400 && d < 500:
		return toPermanent
	case d == glossary.DontKnow, d == glossary.NotCollected, d == noInterview:
		return toInactive
	}
	return toOther
}

// servedSpans are the days of a span that are less than inactiveAfter days behind the entry or a service.
func (r *run) servedSpans(list []span, stay int32, whole span) []span {
	var buffer [64]hmis.Date
	days := append(buffer[:0], whole.from)
	r.eachService(stay, func(d hmis.Date) { days = append(days, d) })
	slices.Sort(days)
	now := span{from: whole.from, to: whole.from}
	for _, d := range days {
		if d >= whole.to {
			break
		}
		if d > now.to {
			list = append(list, span{now.from, now.to, toInactive})
			now.from = d
		}
		now.to = d + inactiveAfter
	}
	if now.end = toInactive; now.to >= whole.to {
		now.to, now.end = whole.to, whole.end
	}
	return append(list, now)
}

// merged makes of the active days of a unit's stays, in place, the runs in which it is active. A run that has not ended ends with
// goesOn the day after the period.
func merged(spans []span) []span {
	for i := 1; i < len(spans); i++ { // they are few, and most often in order
		for j := i; j > 0 && spans[j].from < spans[j-1].from; j-- {
			spans[j], spans[j-1] = spans[j-1], spans[j]
		}
	}
	n := 0
	for _, s := range spans {
		switch run := &spans[max(n-1, 0)]; {
		case n == 0 || s.from > run.to:
			spans[n] = s
			n++
		case s.to > run.to:
			run.to, run.end = s.to, s.end
		case s.to == run.to:
			run.end = deciding(run.end, s.end)
		}
	}
	return spans[:n]
}

// deciding is the ending that counts of two on one day.
func deciding(a, b ending) ending {
	if a == goesOn || b == goesOn {
		return goesOn
	}
	return min(a, b)
}

// flows adds up in every cell what happens in the parts of the period, which follow each other without a gap.
type flows struct {
	cells [][]flow // by part
	part  []uint16 // by day of the period
	spans []span
}

func newFlows(parts []Period) *flows {
	f := &flows{cells: make([][]flow, len(parts))}
	for p, one := range parts {
		for range one.days() {
			f.part = append(f.part, uint16(p))
		}
	}
	return f
}

func (f *flows) add(r *run, b *batch, cells int) {
	for p := range f.cells {
		f.cells[p] = grown(f.cells[p], cells)
	}
	eachUnit(b, r.units(), func(cell uint32, stays []int32) {
		f.spans = f.spans[:0]
		for _, s := range stays {
			f.spans = r.spans(f.spans, s)
		}
		last := goesOn
		for _, run := range merged(f.spans) {
			f.count(r, cell, run, last)
			last = run.end
		}
	})
}

// count counts a run of a unit in a cell, which came after one that ended so (goesOn: none).
func (f *flows) count(r *run, cell uint32, run span, after ending) {
	start := r.g.Start
	first, last := 0, len(f.cells)-1 // the parts at whose end the unit is active
	if run.from >= start {
		first = int(f.part[run.from-start])
		f.cells[first][cell].in[inflowAfter(after)]++
	}
	if run.end != goesOn && run.to <= r.g.End {
		if run.to < start {
			return
		}
		last = int(f.part[run.to-start])
		f.cells[last][cell].out[run.end]++
		last--
	}
	for p := first; p <= last; p++ {
		f.cells[p][cell].atEnd++
	}
	if run.from < start {
		f.cells[0][cell].atStart++
	}
}

// done gives the flows by part and cell.
func (f *flows) done() [][]flow {
	for p := 1; p < len(f.cells); p++ {
		for c := range f.cells[p] {
			f.cells[p][c].atStart = f.cells[p-1][c].atEnd
		}
	}
	return f.cells
}

func inflowAfter(last ending) int {
	switch last {
	case goesOn:
		return firstTime
	case toPermanent:
		return returnedFromPermanent
	}
	return reEngaged
}
