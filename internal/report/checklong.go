package report

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// situationSince reports whether the stay has a current living situation on or after the day.
func (q *qualityRun) situationSince(s int32, day hmis.Date) bool {
	r := &q.F.Situations
	from, to := r.Of(s)
	return to > from && r.InformationDate[to-1] >= day
}

// longShare is the percentile from which an open stay is long, by project type.
var longShare = map[facts.Code]int{
	glossary.ShelterEntryExit: 98, glossary.Transitional: 98, glossary.SafeHaven: 98, glossary.Prevention: 98, glossary.RapidRehousing: 98,
	glossary.SupportiveHousing: 99, glossary.HousingOnly: 99, glossary.HousingServices: 99,
}

// waitShare is the percentile from which a wait for move-in is long.
const waitShare = 98

// findLongStays works out from which length on a stay or a wait is among the longest of the whole community.
func (q *qualityRun) findLongStays() {
	lengths := map[facts.Code][]int{}
	var waits []int
	for s := range int32(q.F.Enrollments.Len()) {
		if days, counts := q.openDays(s); counts {
			lengths[q.ProjectType(s)] = append(lengths[q.ProjectType(s)], days)
		}
		if q.waitsForHousing(s) {
			waits = append(waits, int(q.today()-q.Entry(s)))
		}
	}
	q.longest = map[facts.Code]int{}
	for kind, share := range longShare {
		q.longest[kind] = percentile(lengths[kind], share)
	}
	q.longWait = percentile(waits, waitShare)
}

// percentile is the value below which that many of a hundred lie.
func percentile(values []int, share int) int {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(len(values)*share/100, len(values)-1)]
}

// openDays is how long an open stay has lasted: in permanent housing since move-in.
func (q *qualityRun) openDays(s int32) (days int, counts bool) {
	if !q.open(s) || longShare[q.ProjectType(s)] == 0 || q.Entry(s) > q.today() {
		return 0, false
	}
	since := q.Entry(s)
	if q.TypeIn(s, glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing) {
		if since = q.MoveIn(s); since == facts.NoDay {
			return 0, false
		}
	}
	return int(q.today() - since), true
}

func (q *qualityRun) staysLong(s int32) bool {
	days, counts := q.openDays(s)
	return counts && days > q.longest[q.ProjectType(s)]
}

// waitsForHousing holds of heads in permanent housing who have neither moved in nor left.
func (q *qualityRun) waitsForHousing(s int32) bool {
	return q.open(s) && q.IsHead(s) && q.Entry(s) <= q.today() && q.TypeIn(s, glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing) &&
		q.F.Enrollments.MoveInDate[s] == facts.NoDay
}

func (q *qualityRun) waitsLong(s int32) bool {
	return q.waitsForHousing(s) && int(q.today()-q.Entry(s)) > q.longWait
}

// bedFrom gives the nights on which the stay holds a bed, from the first up to but not including the last: in permanent
// housing from move-in. ok is false where it holds none; night-by-night stays go by their bed nights.
func (q *qualityRun) bedFrom(s int32) (first, last hmis.Date, ok bool) {
	first, last = q.Entry(s), q.F.Exits.ExitDate[s]
	if last == facts.NoDay {
		last = q.today() + 1
	}
	switch q.ProjectType(s) {
	case glossary.ShelterEntryExit, glossary.ShelterNightly, glossary.Transitional, glossary.SafeHaven:
		return first, last, true
	case glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing:
		first = q.MoveIn(s)
		return first, last, first != facts.NoDay
	}
	return 0, 0, false
}

// nightlyOverlap is how many nights a night-by-night and an entry-exit shelter may both have.
const nightlyOverlap = 2

// sleepsTwice holds of the later of two stays that hold a bed for the client on the same nights. Rapid rehousing and
// permanent supportive housing may go together.
func (q *qualityRun) sleepsTwice(s int32) bool {
	first, last, ok := q.bedFrom(s)
	if !ok {
		return false
	}
	return q.eachOther(s, func(other int32) bool {
		from, to, ok := q.bedFrom(other)
		if !ok || other > s || q.pair(s, other, glossary.RapidRehousing, glossary.SupportiveHousing) {
			return false
		}
		from, to = max(from, first), min(to, last)
		if to <= from {
			return false
		}
		nights := q.sharedNights(s, other, from, to)
		if q.pair(s, other, glossary.ShelterNightly, glossary.ShelterEntryExit) {
			return nights > nightlyOverlap
		}
		return nights > 0
	})
}

// pair reports whether the two stays are one of each type.
func (q *qualityRun) pair(a, b int32, one, other facts.Code) bool {
	x, y := q.ProjectType(a), q.ProjectType(b)
	return x == one && y == other || x == other && y == one
}

// sharedNights counts the nights from a day up to but not including another on which both stays hold a bed.
func (q *qualityRun) sharedNights(a, b int32, from, to hmis.Date) int {
	if q.ProjectType(b) == glossary.ShelterNightly {
		a, b = b, a
	}
	if q.ProjectType(a) != glossary.ShelterNightly {
		return int(to - from)
	}
	n := 0
	for i, until := q.F.BedNights.Of(a); i < until; i++ {
		d := q.F.BedNights.DateProvided[i]
		if d >= from && d < to && (q.ProjectType(b) != glossary.ShelterNightly || q.HasNight(b, d)) {
			n++
		}
	}
	return n
}
