package stats

import (
	"cmp"
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

// follow merges the active days of a unit's stays and tells when it became active, after which ending (goesOn for the first
// time), and when and how it ceased to be; a run that has not ended ends with goesOn the day after the period.
func follow(spans []span, began func(day hmis.Date, after ending), ended func(run span)) {
	if len(spans) > 1 {
		slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	}
	last := goesOn
	for i := 0; i < len(spans); {
		run := spans[i]
		for i++; i < len(spans) && spans[i].from <= run.to; i++ {
			switch s := spans[i]; {
			case s.to > run.to:
				run.to, run.end = s.to, s.end
			case s.to == run.to:
				run.end = deciding(run.end, s.end)
			}
		}
		began(run.from, last)
		ended(run)
		last = run.end
	}
}

// deciding is the ending that counts of two on one day.
func deciding(a, b ending) ending {
	if a == goesOn || b == goesOn {
		return goesOn
	}
	return min(a, b)
}

// flows counts in every cell what happens in the parts of the period, which follow each other without a gap.
func (r *run) flows(all rows, cells int, parts []Period) [][]flow {
	list := make([][]flow, len(parts))
	for p := range list {
		list[p] = make([]flow, cells)
	}
	partOf := partsByDay(parts)
	start := parts[0].Start
	var spans []span
	eachUnit(all, r.units(), func(cell int, stays []int32) {
		spans = spans[:0]
		for _, s := range stays {
			spans = r.spans(spans, s)
		}
		follow(spans, func(day hmis.Date, after ending) {
			if day >= start {
				list[partOf[day-start]][cell].in[inflowAfter(after)]++
			}
		}, func(run span) {
			first, last := 0, len(parts)-1 // the parts at whose start and at whose end the unit is active
			if run.from >= start {
				first = int(partOf[run.from-start]) + 1
			}
			if run.end != goesOn && run.to <= r.g.End {
				if run.to < start {
					return
				}
				last = int(partOf[run.to-start])
				list[last][cell].out[run.end]++
				last--
			}
			for p := max(first-1, 0); p <= last; p++ {
				list[p][cell].atEnd++
			}
			if first == 0 {
				list[0][cell].atStart++
			}
		})
	})
	for p := 1; p < len(parts); p++ {
		for c := range list[p] {
			list[p][c].atStart = list[p-1][c].atEnd
		}
	}
	return list
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

// partsByDay gives the part that each day of a period lies in.
func partsByDay(parts []Period) (part []uint16) {
	for p, one := range parts {
		for range one.days() {
			part = append(part, uint16(p))
		}
	}
	return part
}
