package disclosure

import (
	"slices"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

var errPeriod = hmis.Errorf(hmis.Invalid, "numbers are published for whole months, quarters, calendar years and federal fiscal years; choose one of them, or divide a longer period by month, quarter or year")

// published tells whether a period is one of those that numbers are published for, and whether it is a federal fiscal
// year, the one that does not count as a condition. However it was asked for, it comes back in one form.
func published(p stats.Period) (one stats.Period, fiscal, ok bool) {
	one = stats.Period{Start: p.Start, End: p.End}
	y, m, day := p.Start.Date()
	if day != 1 {
		return one, false, false
	}
	starts := func(months int) bool { return p.End == hmis.NewDate(y, m+time.Month(months), 1)-1 }
	switch {
	case starts(12) && m == time.October:
		return one, true, true
	case starts(12) && m == time.January, starts(3) && m%3 == 1, starts(1):
		return one, false, true
	}
	return one, false, false
}

// monthsOf is the length of the grains that numbers are published in.
var monthsOf = map[stats.Grain]int{stats.Month: 1, stats.Quarter: 3, stats.Year: 12, stats.FederalFiscalYear: 12}

// parts divides a period into published ones.
func parts(p stats.Period, g stats.Grain) (list []stats.Period, err error) {
	if g == stats.NoGrain {
		one, _, ok := published(p)
		if !ok {
			return nil, errPeriod
		}
		return []stats.Period{one}, nil
	}
	months := monthsOf[g]
	if months == 0 {
		return nil, errPeriod
	}
	for start := p.Start; start <= p.End; {
		y, m, _ := start.Date()
		next := hmis.NewDate(y, m+time.Month(months), 1)
		one, fiscal, ok := published(stats.Period{Start: start, End: next - 1})
		if !ok || next-1 > p.End || months == 12 && fiscal != (g == stats.FederalFiscalYear) {
			return nil, errPeriod
		}
		list, start = append(list, one), next
	}
	return list, nil
}

// ReleaseOf names the one snapshot from which a period is answered: the earliest that was named after its last month or a
// later one. ok is false where there is none yet. Names are in order.
func ReleaseOf(p stats.Period, names []string) (name string, ok bool) {
	at, _ := slices.BinarySearch(names, p.End.Time().Format("2006-01"))
	if at == len(names) {
		return "", false
	}
	return names[at], true
}
