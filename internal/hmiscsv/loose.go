package hmiscsv

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The reasons of cells that cannot be read.
const (
	notANumber = "not a whole number; left empty"
	notADate   = "not a date; left empty, write it as yyyy-mm-dd"
	notAMoment = "not a date and time; left empty, write it as yyyy-mm-dd hh:mm:ss"
	notMoney   = "not an amount; left empty, write dollars with two decimals"
)

// wholeNumber reads digits, with or without a minus, that fit 32 bits.
func wholeNumber(b []byte) (n int64, ok bool) {
	digits := b
	if b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 10 {
		return 0, false
	}
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	if len(digits) < len(b) {
		n = -n
	}
	return n, n >= math.MinInt32 && n <= math.MaxInt32
}

// looseNumber reads what spreadsheets and statistics programs make of a whole number. The reason is
// empty for 1.0, which says nothing else than 1.
func looseNumber(s string) (n int64, reason string) {
	whole, decimals, _ := strings.Cut(s, ".")
	if strings.Trim(decimals, "0") != "" || whole == "" {
		return 0, notANumber
	}
	plain := strings.TrimPrefix(whole, "+")
	if strings.Contains(plain, ",") {
		if !groupedByThree(plain) {
			return 0, notANumber
		}
		plain = strings.ReplaceAll(plain, ",", "")
	}
	if plain = strings.TrimLeft(plain, "0"); plain == "" {
		plain = "0"
	}
	n, ok := wholeNumber([]byte(plain))
	if !ok {
		return 0, notANumber
	}
	if strings.ContainsAny(whole, "+,") {
		return n, "written with a sign or commas; read as " + strconv.FormatInt(n, 10)
	}
	return n, ""
}

func groupedByThree(s string) bool {
	for i, part := range strings.Split(strings.TrimPrefix(s, "-"), ",") {
		if len(part) != 3 && (i > 0 || len(part) == 0 || len(part) > 3) {
			return false
		}
	}
	return true
}

// looseMoney reads $1,234.50, (12.00) for a debt and amounts with more than two decimals, rounded.
func looseMoney(s string) (hmis.Money, string) {
	inner, debt := strings.CutPrefix(s, "(")
	if debt {
		inner, debt = strings.CutSuffix(inner, ")")
	}
	minus := strings.HasPrefix(inner, "-") || strings.HasPrefix(inner, "$-")
	plain := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(inner, "-"), "$"), "-")
	plain = strings.TrimSpace(strings.TrimSuffix(plain, "."))
	dollars, decimals, _ := strings.Cut(plain, ".")
	if strings.Contains(dollars, ",") {
		if !groupedByThree(dollars) {
			return 0, notMoney
		}
		dollars = strings.ReplaceAll(dollars, ",", "")
	}
	if strings.Trim(decimals, "0123456789") != "" || strings.HasPrefix(dollars, "-") {
		return 0, notMoney
	}
	m, err := hmis.ParseMoney(dollars + "." + (decimals + "00")[:2])
	if err != nil || dollars+decimals == "" {
		return 0, notMoney
	}
	if len(decimals) > 2 && decimals[2] >= '5' {
		m++
	}
	if minus || debt {
		m = -m
	}
	return m, "not written as dollars with two decimals; read as such"
}

// inRange keeps out years that are slips of the hand, and 9999, which some systems write for no end.
func inRange(d hmis.Date) bool { return d >= firstDay && d <= lastDay }

var firstDay, lastDay = hmis.NewDate(1900, time.January, 1), hmis.NewDate(2199, time.December, 31)

// The ways of writing a day.
const (
	hudDay = iota
	shortISO
	slashISO
	dayMonthYear4
	dayMonthYear2
	monthDayYear4
	monthDayYear2
)

var dayForms = [...]string{"yyyy-mm-dd", "yyyy-m-d", "yyyy/mm/dd", "dd-mm-yyyy", "dd-mm-yy", "mm/dd/yyyy", "mm/dd/yy"}

// The ways of writing a time of day.
const (
	noTime = iota
	hudTime
	otherTime
)

// momentForm is how a day and a time were written.
type momentForm struct{ day, time int }

// The reasons, made once: a file may need one of them in every row.
var dayReasons, momentReasons = func() (days [len(dayForms)]string, moments [len(dayForms)][otherTime + 1]string) {
	const write = "; HUD writes yyyy-mm-dd hh:mm:ss"
	for i, form := range dayForms {
		days[i] = "read as " + form + "; HUD writes yyyy-mm-dd"
		moments[i] = [...]string{"read as " + form + " at midnight" + write, "read as " + form + write, "read as " + form + " with another way of writing time" + write}
	}
	days[hudDay] = "the time of day is left out; HUD writes yyyy-mm-dd"
	moments[hudDay][noTime] = "no time of day; read as midnight" + write
	moments[hudDay][otherTime] = "the time of day is written another way" + write
	return days, moments
}()

// looseMoment reads the ways in which a day, or a day and a time, are met in files. A year of two digits
// up to pivot is one of the 2000s. A zone is left out: HMIS times have none.
func looseMoment(s string, pivot int) (day hmis.Date, second int, form momentForm, ok bool) {
	date, clock := s, ""
	if i := strings.IndexAny(s, "T "); i >= 0 {
		date, clock = s[:i], strings.TrimSpace(s[i+1:])
	}
	if day, form.day, ok = looseDay(date, pivot); !ok {
		return 0, 0, form, false
	}
	if clock == "" {
		return day, 0, form, true
	}
	form.time = otherTime
	if len(clock) == 8 && s[len(date)] == ' ' {
		form.time = hudTime
	}
	second, ok = looseTime(clock)
	return day, second, form, ok
}

func looseDay(s string, pivot int) (day hmis.Date, form int, ok bool) {
	sep := "-"
	if strings.Contains(s, "/") {
		sep = "/"
	}
	parts := strings.Split(s, sep)
	if len(parts) != 3 {
		return 0, 0, false
	}
	y, m, d := parts[0], parts[1], parts[2]
	short := false
	switch {
	case len(y) == 4 && sep == "/":
		form = slashISO
	case len(y) == 4 && len(s) < 10:
		form = shortISO
	case len(y) == 4:
		form = hudDay
	case sep == "-":
		d, y, form, short = y, d, dayMonthYear4, len(d) == 2
	default:
		m, d, y, form, short = y, m, d, monthDayYear4, len(d) == 2
	}
	if short {
		form++ // the form of two digits follows that of four
	}
	if !isDigits(y, 2, 4) || len(y) == 3 || !isDigits(m, 1, 2) || !isDigits(d, 1, 2) {
		return 0, 0, false
	}
	year, _ := strconv.Atoi(y)
	if short {
		if year += 1900; year <= 1900+pivot {
			year += 100
		}
	}
	month, _ := strconv.Atoi(m)
	dom, _ := strconv.Atoi(d)
	day = hmis.NewDate(year, time.Month(month), dom)
	gotYear, gotMonth, gotDay := day.Date()
	return day, form, gotYear == year && int(gotMonth) == month && gotDay == dom
}

// looseTime reads hh:mm, hh:mm:ss and fractions of a second, with AM or PM or a zone behind.
func looseTime(s string) (second int, ok bool) {
	half := 0
	if upper := strings.ToUpper(s); strings.HasSuffix(upper, "AM") || strings.HasSuffix(upper, "PM") {
		half, s = int(upper[len(s)-2]), strings.TrimSpace(s[:len(s)-2])
	}
	s = strings.TrimSuffix(s, "Z")
	if i := strings.LastIndexAny(s, "+-"); i > 0 {
		if !isDigits(strings.ReplaceAll(s[i+1:], ":", ""), 2, 4) {
			return 0, false
		}
		s = strings.TrimSpace(s[:i])
	}
	if clock, fraction, found := strings.Cut(s, "."); found {
		if !isDigits(fraction, 1, 9) {
			return 0, false
		}
		s = clock
	}
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	limits := [...]int{23, 59, 59}
	var clock [3]int
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || !isDigits(p, 1, 2) || n > limits[i] {
			return 0, false
		}
		clock[i] = n
	}
	if half != 0 {
		if clock[0] == 0 || clock[0] > 12 {
			return 0, false
		}
		if clock[0] %= 12; half == 'P' {
			clock[0] += 12
		}
	}
	return clock[0]*3600 + clock[1]*60 + clock[2], true
}
