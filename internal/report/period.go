package report

import (
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// A number in brackets behind a rule is its paragraph in report-rules.md, which draws it from HUD's HMIS Standard
// Reporting Terminology Glossary and the programming specifications of the APR, CAPER and CE APR; see docs/reports.md.

// period is the facts as a report with a first and a last day sees them. Every rule of HUD's glossary that concerns
// one stay or one household is a method of it; stays and households are named by their index in the facts.
type period struct {
	f          *facts.Facts
	start, end hmis.Date
}

// Project types, list 2.02.6.
const (
	shelterEntryExit  = 0
	shelterNightly    = 1
	transitional      = 2
	supportiveHousing = 3
	outreach          = 4
	servicesOnly      = 6
	otherProject      = 7
	safeHaven         = 8
	housingOnly       = 9
	housingServices   = 10
	dayShelter        = 11
	prevention        = 12
	rapidRehousing    = 13
	coordinatedEntry  = 14
)

func (p *period) project(stay int32) *facts.Project {
	return &p.f.Projects[p.f.Enrollments.Project[stay]]
}

func (p *period) projectType(stay int32) facts.Code { return p.project(stay).Type }

// typeIn reports whether the stay's project is of one of the types.
func (p *period) typeIn(stay int32, types ...facts.Code) bool {
	t := p.projectType(stay)
	for _, one := range types {
		if t == one {
			return true
		}
	}
	return false
}

func (p *period) entry(stay int32) hmis.Date { return p.f.Enrollments.EntryDate[stay] }

// exit is the day of the exit, NoDay where there is none on or before the last day of the report (2).
func (p *period) exit(stay int32) hmis.Date {
	if exit := p.f.Exits.ExitDate[stay]; exit <= p.end {
		return exit
	}
	return facts.NoDay
}

// left reports whether the stay has ended by the last day of the report.
func (p *period) left(stay int32) bool { return p.exit(stay) != facts.NoDay }

// active reports whether the stay touches the period; one in a night-by-night shelter needs a bed night or an exit
// in it besides (2).
func (p *period) active(stay int32) bool {
	exit := p.exit(stay)
	if p.entry(stay) > p.end || exit != facts.NoDay && exit < p.start {
		return false
	}
	if p.projectType(stay) != shelterNightly || exit != facts.NoDay {
		return true
	}
	return p.nights(stay, p.start, p.end) > 0
}

// nights counts the distinct bed nights of the stay from one day to another, none before entry, nor on or after exit (2).
func (p *period) nights(stay int32, from, to hmis.Date) (n int) {
	from = max(from, p.entry(stay))
	if exit := p.exit(stay); exit != facts.NoDay {
		to = min(to, exit-1)
	}
	days := p.f.BedNights.DateProvided
	last := facts.NoDay
	for i, until := p.f.BedNights.Of(stay); i < until; i++ {
		if d := days[i]; d >= from && d <= to && d != last {
			n++
			last = d
		}
	}
	return n
}

// length is the length of participation in days: from entry to exit, or to the last day of the report, which counts; in
// a night-by-night shelter the bed nights since entry (4).
func (p *period) length(stay int32) int {
	if p.projectType(stay) == shelterNightly {
		return p.nights(stay, p.entry(stay), p.end)
	}
	if exit := p.exit(stay); exit != facts.NoDay {
		return max(int(exit-p.entry(stay)), 0) // an exit before entry is a fault of the data
	}
	return int(p.end + 1 - p.entry(stay))
}

// unknownAge stands for the age of somebody without a date of birth, or with one after the day that counts.
const unknownAge = -1

// age is the age in whole years at the later of the first day of the report and the entry (3).
func (p *period) age(stay int32) int {
	return ageOn(p.f.Clients.DOB[p.f.Enrollments.Client[stay]], max(p.start, p.entry(stay)))
}

// ageOn is the number of birthdays up to the day.
func ageOn(birth, day hmis.Date) int {
	if birth == facts.NoDay || birth > day {
		return unknownAge
	}
	return wholeYears(birth, day)
}

// wholeYears is how often the day came round again from one day to another.
func wholeYears(from, to hmis.Date) int {
	y1, m1, d1 := from.Date()
	y2, m2, d2 := to.Date()
	years := y2 - y1
	if m2 < m1 || m2 == m1 && d2 < d1 {
		years--
	}
	return years
}

func isAdult(age int) bool { return age >= 18 }
func isChild(age int) bool { return age >= 0 && age < 18 }

// isHead reports whether the stay is the head of household's (element 3.15).
func (p *period) isHead(stay int32) bool { return p.f.Enrollments.RelationshipToHoH[stay] == 1 }

// members are all stays of a household, those that do not touch the period too.
func (p *period) members(stay int32) []int32 {
	return p.f.Households.Members(p.f.Enrollments.Household[stay])
}

// head is the stay of the head of household, of two the one that entered later (5, 12: as HUD's program), -1 for none.
func (p *period) head(stay int32) int32 {
	head := int32(-1)
	for _, m := range p.members(stay) {
		if p.isHead(m) && (head < 0 || p.entry(m) > p.entry(head)) {
			head = m
		}
	}
	return head
}

// present reports whether the stay has the client there on the day, for counts at a point in time (4).
func (p *period) present(stay int32, day hmis.Date) bool {
	if p.entry(stay) > day {
		return false
	}
	exit := p.exit(stay)
	switch p.projectType(stay) {
	case shelterNightly:
		return p.hasNight(stay, day)
	case supportiveHousing, rapidRehousing:
		moved := p.moveIn(stay)
		return moved != facts.NoDay && moved <= day && (exit == facts.NoDay || exit > day)
	case shelterEntryExit, transitional, safeHaven, housingOnly, housingServices:
		return exit == facts.NoDay || exit > day
	}
	return exit == facts.NoDay || exit >= day
}

func (p *period) hasNight(stay int32, day hmis.Date) bool {
	for i, until := p.f.BedNights.Of(stay); i < until; i++ {
		if p.f.BedNights.DateProvided[i] == day {
			return true
		}
	}
	return false
}

// lastWednesday is the last Wednesday of a month inside the period, the latest where there are several; ok is false
// where there is none (4).
func (p *period) lastWednesday(month time.Month) (day hmis.Date, ok bool) {
	const wednesday = 6 // day 0, 1970-01-01, was a Thursday
	y, _, _ := p.end.Date()
	for ; y >= 1970; y-- {
		day = hmis.NewDate(y, month+1, 0)
		day -= ((day-wednesday)%7 + 7) % 7
		if day < p.start {
			return 0, false
		}
		if day <= p.end {
			return day, true
		}
	}
	return 0, false
}
