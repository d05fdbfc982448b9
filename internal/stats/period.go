package stats

import (
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Period is the days from Start to End, both included, and how it was asked for.
type Period struct {
	Start, End hmis.Date
	Kind       PeriodKind
	Number     int // of days, months, quarters or years, or the fiscal year; 0 for the others
}

// PeriodKind is how a period was asked for; PREVIOUS_PERIOD depends on it.
type PeriodKind uint8

// The kinds.
const (
	BetweenDates PeriodKind = iota
	LastDays
	LastMonths
	LastQuarters
	LastYears
	InFiscalYear
	OnDay
)

var errPeriod = hmis.Errorf(hmis.Invalid, "the period ends before it starts; exchange the dates")

// Between is the period from one day to another, both included. The error is Invalid: the end before the start, or
// outside 1900 to 2200.
func Between(start, end hmis.Date) (Period, error) {
	return checked(Period{Start: start, End: end, Kind: BetweenDates})
}

// On is a single day.
func On(day hmis.Date) (Period, error) {
	return checked(Period{Start: day, End: day, Kind: OnDay})
}

// FiscalYear is the federal fiscal year: from 1 October of the year before to 30 September.
func FiscalYear(year int) (Period, error) {
	return checked(Period{Start: hmis.NewDate(year-1, time.October, 1), End: hmis.NewDate(year, time.September, 30), Kind: InFiscalYear, Number: year})
}

// Last is the last n whole days, calendar months, calendar quarters or calendar years (kind LastDays to LastYears) that
// ended before today.
func Last(n int, kind PeriodKind, today hmis.Date) (Period, error) {
	const most = 40_000
	if n < 1 || n > most {
		return Period{}, hmis.Errorf(hmis.Invalid, "ask for the last 1 or more days, months, quarters or years")
	}
	p := Period{Kind: kind, Number: n}
	if kind == LastDays {
		p.Start, p.End = today-hmis.Date(n), today-1
		return checked(p)
	}
	months := map[PeriodKind]int{LastMonths: 1, LastQuarters: 3, LastYears: 12}[kind]
	if months == 0 {
		return Period{}, hmis.Errorf(hmis.Invalid, "the last of what? days, months, quarters or years")
	}
	y, m, _ := today.Date()
	first := (int(m)-1)/months*months + 1 // the month in which the part of the year that holds today begins
	p.Start, p.End = hmis.NewDate(y, time.Month(first-n*months), 1), hmis.NewDate(y, time.Month(first), 1)-1
	return checked(p)
}

var earliest, latest = hmis.NewDate(1900, time.January, 1), hmis.NewDate(2200, time.December, 31)

func checked(p Period) (Period, error) {
	if p.End < p.Start {
		return Period{}, errPeriod
	}
	if p.Start < earliest || p.End > latest {
		return Period{}, hmis.Errorf(hmis.Invalid, "the period lies outside the years 1900 to 2200; look at the dates")
	}
	return p, nil
}

// days is the length.
func (p Period) days() int { return int(p.End-p.Start) + 1 }

// Before is the period that a change to c is measured from.
func (p Period) Before(c Compare) Period {
	before := Period{Kind: BetweenDates}
	if c == PriorYear {
		before.Start, before.End = addMonths(p.Start, -12), addMonths(p.End+1, -12)-1
		return before
	}
	months := 0
	switch p.Kind {
	case LastMonths:
		months = p.Number
	case LastQuarters:
		months = 3 * p.Number
	case LastYears:
		months = 12 * p.Number
	case InFiscalYear:
		months = 12
	case BetweenDates:
		months = p.wholeMonths()
	}
	before.End = p.Start - 1
	if before.Start = p.Start - hmis.Date(p.days()); months > 0 {
		before.Start = addMonths(p.Start, -months)
	}
	return before
}

// wholeMonths is how many calendar months a period is, 0 where it is not whole ones.
func (p Period) wholeMonths() int {
	y, m, first := p.Start.Date()
	toY, toM, next := (p.End + 1).Date()
	if first != 1 || next != 1 {
		return 0
	}
	return 12*(toY-y) + int(toM-m)
}

// addMonths is the same day of the month n months later, or the last one of a shorter month.
func addMonths(d hmis.Date, n int) hmis.Date {
	y, m, day := d.Date()
	last := hmis.NewDate(y, m+time.Month(n)+1, 0)
	_, _, days := last.Date()
	return last - hmis.Date(max(days-day, 0))
}

// Grain is the length of the parts of a period.
type Grain uint8

// The grains. Weeks begin on Sunday; a part reaches from the first to the last of its days that lie in the period.
const (
	NoGrain Grain = iota
	Day
	Week
	Month
	Quarter
	Year
	FederalFiscalYear
)

// parts divides the period.
func (p Period) parts(g Grain) (list []Period) {
	if g == NoGrain {
		return []Period{p}
	}
	for start := p.Start; start <= p.End; {
		next := g.next(start)
		list = append(list, Period{Start: start, End: min(next-1, p.End)})
		start = next
	}
	return list
}

// next is the first day of the part after that of the day.
func (g Grain) next(d hmis.Date) hmis.Date {
	y, m, _ := d.Date()
	switch g {
	case Day:
		return d + 1
	case Week:
		return d + 7 - hmis.Date(d.Time().Weekday())
	case Month:
		return hmis.NewDate(y, m+1, 1)
	case Quarter:
		return hmis.NewDate(y, (m-1)/3*3+4, 1)
	case Year:
		return hmis.NewDate(y+1, time.January, 1)
	}
	if m >= time.October {
		y++
	}
	return hmis.NewDate(y, time.October, 1)
}
