// Package glossary has the rules of HUD's HMIS Standard Reporting Terminology Glossary as functions of facts: who is
// active, how old, of what household, housed since when, chronically homeless, with what income. Statistics and reports
// stand on it, so that a rule is written once.
//
// A number in brackets behind a rule is its paragraph in report-rules.md, which draws it from the glossary and the
// programming specifications of the APR, CAPER and CE APR; see docs/reports.md.
package glossary

import (
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Period is the facts as a report with a first and a last day sees them. Every rule of HUD's glossary that concerns
// one stay or one household is a method of it; stays and households are named by their index in the facts.
type Period struct {
	F          *facts.Facts
	Start, End hmis.Date
}

// Project types, list 2.02.6.
const (
	ShelterEntryExit  = 0
	ShelterNightly    = 1
	Transitional      = 2
	SupportiveHousing = 3
	Outreach          = 4
	ServicesOnly      = 6
	OtherProject      = 7
	SafeHaven         = 8
	HousingOnly       = 9
	HousingServices   = 10
	DayShelter        = 11
	Prevention        = 12
	RapidRehousing    = 13
	CoordinatedEntry  = 14
)

// Project is where the stay is.
func (p *Period) Project(stay int32) *facts.Project {
	return &p.F.Projects[p.F.Enrollments.Project[stay]]
}

// ProjectType is a code of list 2.02.6.
func (p *Period) ProjectType(stay int32) facts.Code { return p.Project(stay).Type }

// TypeIn reports whether the stay's project is of one of the types.
func (p *Period) TypeIn(stay int32, types ...facts.Code) bool {
	t := p.ProjectType(stay)
	for _, one := range types {
		if t == one {
			return true
		}
	}
	return false
}

// Entry is the EntryDate.
func (p *Period) Entry(stay int32) hmis.Date { return p.F.Enrollments.EntryDate[stay] }

// Exit is the day of the exit, NoDay where there is none on or before the last day of the report (2).
func (p *Period) Exit(stay int32) hmis.Date {
	if exit := p.F.Exits.ExitDate[stay]; exit <= p.End {
		return exit
	}
	return facts.NoDay
}

// Left reports whether the stay has ended by the last day of the report.
func (p *Period) Left(stay int32) bool { return p.Exit(stay) != facts.NoDay }

// Active reports whether the stay touches the period; one in a night-by-night shelter needs a bed night or an exit
// in it besides (2).
func (p *Period) Active(stay int32) bool {
	exit := p.Exit(stay)
	if p.Entry(stay) > p.End || exit != facts.NoDay && exit < p.Start {
		return false
	}
	if p.ProjectType(stay) != ShelterNightly || exit != facts.NoDay {
		return true
	}
	return p.Nights(stay, p.Start, p.End) > 0
}

// Overlaps reports whether the stay touches the period, whatever its bed nights.
func (p *Period) Overlaps(stay int32) bool {
	exit := p.Exit(stay)
	return p.Entry(stay) <= p.End && (exit == facts.NoDay || exit >= p.Start)
}

// Nights counts the distinct bed nights of the stay from one day to another, none before entry, nor on or after exit (2).
func (p *Period) Nights(stay int32, from, to hmis.Date) (n int) {
	from = max(from, p.Entry(stay))
	if exit := p.Exit(stay); exit != facts.NoDay {
		to = min(to, exit-1)
	}
	days := p.F.BedNights.DateProvided
	last := facts.NoDay
	for i, until := p.F.BedNights.Of(stay); i < until; i++ {
		if d := days[i]; d >= from && d <= to && d != last {
			n++
			last = d
		}
	}
	return n
}

// Length is the length of participation in days: from entry to exit, or to the last day of the report, which counts; in
// a night-by-night shelter the bed nights since entry (4).
func (p *Period) Length(stay int32) int {
	if p.ProjectType(stay) == ShelterNightly {
		return p.Nights(stay, p.Entry(stay), p.End)
	}
	if exit := p.Exit(stay); exit != facts.NoDay {
		return max(int(exit-p.Entry(stay)), 0) // an exit before entry is a fault of the data
	}
	return int(p.End + 1 - p.Entry(stay))
}

// UnknownAge stands for the age of somebody without a date of birth, or with one after the day that counts.
const UnknownAge = -1

// Age is the age in whole years at the later of the first day of the report and the entry (3).
func (p *Period) Age(stay int32) int {
	return AgeOn(p.F.Clients.DOB[p.F.Enrollments.Client[stay]], max(p.Start, p.Entry(stay)))
}

// AgeOn is the number of birthdays up to the day.
func AgeOn(birth, day hmis.Date) int {
	if birth == facts.NoDay || birth > day {
		return UnknownAge
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

// IsAdult is 18 and over.
func IsAdult(age int) bool { return age >= 18 }

// IsChild is under 18.
func IsChild(age int) bool { return age >= 0 && age < 18 }

// IsHead reports whether the stay is the head of household's (element 3.15).
func (p *Period) IsHead(stay int32) bool { return p.F.Enrollments.RelationshipToHoH[stay] == 1 }

// Client is whose stay it is.
func (p *Period) Client(stay int32) int32 { return p.F.Enrollments.Client[stay] }

// AdultOrHead reports whether the stay is of somebody of 18 and over or of a head of household.
func (p *Period) AdultOrHead(stay int32) bool { return IsAdult(p.Age(stay)) || p.IsHead(stay) }

// Members are all stays of a household, those that do not touch the period too.
func (p *Period) Members(stay int32) []int32 {
	return p.F.Households.Members(p.F.Enrollments.Household[stay])
}

// Head is the stay of the head of household, of two the one that entered later (5, 12: as HUD's program), -1 for none.
func (p *Period) Head(stay int32) int32 {
	head := int32(-1)
	for _, m := range p.Members(stay) {
		if p.IsHead(m) && (head < 0 || p.Entry(m) > p.Entry(head)) {
			head = m
		}
	}
	return head
}

// Present reports whether the stay has the client there on the day, for counts at a point in time (4).
func (p *Period) Present(stay int32, day hmis.Date) bool {
	if p.Entry(stay) > day {
		return false
	}
	exit := p.Exit(stay)
	switch p.ProjectType(stay) {
	case ShelterNightly:
		return p.HasNight(stay, day)
	case SupportiveHousing, RapidRehousing:
		moved := p.MoveIn(stay)
		return moved != facts.NoDay && moved <= day && (exit == facts.NoDay || exit > day)
	case ShelterEntryExit, Transitional, SafeHaven, HousingOnly, HousingServices:
		return exit == facts.NoDay || exit > day
	}
	return exit == facts.NoDay || exit >= day
}

func (p *Period) HasNight(stay int32, day hmis.Date) bool {
	for i, until := p.F.BedNights.Of(stay); i < until; i++ {
		if p.F.BedNights.DateProvided[i] == day {
			return true
		}
	}
	return false
}

// LastWednesday is the last Wednesday of a month inside the period, the latest where there are several; ok is false
// where there is none (4).
func (p *Period) LastWednesday(month time.Month) (day hmis.Date, ok bool) {
	const wednesday = 6 // day 0, 1970-01-01, was a Thursday
	y, _, _ := p.End.Date()
	for ; y >= 1970; y-- {
		day = hmis.NewDate(y, month+1, 0)
		day -= ((day-wednesday)%7 + 7) % 7
		if day < p.Start {
			return 0, false
		}
		if day <= p.End {
			return day, true
		}
	}
	return 0, false
}
