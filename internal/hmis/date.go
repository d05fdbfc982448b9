package hmis

import (
	"database/sql/driver"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Date is a calendar day without a zone, counted in days since 1970-01-01.
// It is stored as yyyy-mm-dd (PostgreSQL date, SQLite text) and has the same meaning in both.
type Date int32

const secondsPerDay = 24 * 60 * 60

// NewDate returns the day y-m-d; days and months out of range roll over as in time.Date.
func NewDate(y int, m time.Month, d int) Date {
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// DateOf returns the day that t shows in its own zone.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// ParseDate reads yyyy-mm-dd and nothing else; the error is an Invalid Error without the text.
func ParseDate(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, errNotADate
	}
	y, ok1 := digits(s[0:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, errNotADate
	}
	return dayNumber(y, m, d), nil
}

var errNotADate = Errorf(Invalid, "not a date; write it as yyyy-mm-dd")

func digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// dayNumber counts days of the proleptic Gregorian calendar with the year starting in March,
// so that the leap day is the last one of its year.
func dayNumber(y, m, d int) Date {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + d - 1
	return Date(era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468)
}

// Time returns midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// Date returns year, month and day.
func (d Date) Date() (int, time.Month, int) { return d.Time().Date() }

// AddYears returns the same day n years later; 29 February becomes 1 March in a common year.
func (d Date) AddYears(n int) Date {
	y, m, day := d.Date()
	return NewDate(y+n, m, day)
}

// Append appends yyyy-mm-dd to b.
func (d Date) Append(b []byte) []byte {
	y, m, day := d.Date()
	return appendPadded(append(appendPadded(append(appendPadded(b, y, 4), '-'), int(m), 2), '-'), day, 2)
}

func appendPadded(b []byte, n, width int) []byte {
	for w := width - 1; w > 0; w-- {
		if n < pow10[w] {
			b = append(b, '0')
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}

var pow10 = [...]int{1, 10, 100, 1000}

func (d Date) String() string { return string(d.Append(make([]byte, 0, 10))) }

// MarshalText writes yyyy-mm-dd.
func (d Date) MarshalText() ([]byte, error) { return d.Append(nil), nil }

// UnmarshalText reads yyyy-mm-dd.
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDate(string(b))
	return err
}

// Value stores the day as text; both databases read it.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

// Scan reads what the two drivers give: a time or a text that begins with the day.
func (d *Date) Scan(src any) (err error) {
	switch v := src.(type) {
	case time.Time:
		*d = DateOf(v)
		return nil
	case string:
		*d, err = ParseDate(v[:min(len(v), 10)])
		return err
	case []byte:
		return d.Scan(string(v))
	}
	return fmt.Errorf("a %T is not a date", src)
}

// MarshalGQL writes the day as a JSON string.
func (d Date) MarshalGQL(w io.Writer) {
	var buf [12]byte
	_, _ = w.Write(append(d.Append(append(buf[:0], '"')), '"'))
}

// UnmarshalGQL reads yyyy-mm-dd.
func (d *Date) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return errNotADate
	}
	return d.UnmarshalText([]byte(s))
}

// Timestamp is a moment as HMIS CSV writes it, yyyy-mm-dd hh:mm:ss with no zone,
// counted in seconds since 1970-01-01 00:00:00.
type Timestamp int64

// TimestampOf returns what a clock in t's zone shows, to the second.
func TimestampOf(t time.Time) Timestamp {
	h, m, s := t.Clock()
	return Timestamp(int64(DateOf(t))*secondsPerDay + int64(h*3600+m*60+s))
}

// ParseTimestamp reads yyyy-mm-dd hh:mm:ss and nothing else.
func ParseTimestamp(s string) (Timestamp, error) {
	if len(s) != 19 || s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, errNotATimestamp
	}
	d, err := ParseDate(s[:10])
	h, ok1 := digits(s[11:13])
	m, ok2 := digits(s[14:16])
	sec, ok3 := digits(s[17:19])
	if err != nil || !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 59 {
		return 0, errNotATimestamp
	}
	return d.Midnight() + Timestamp(h*3600+m*60+sec), nil
}

var errNotATimestamp = Errorf(Invalid, "not a date and time; write it as yyyy-mm-dd hh:mm:ss")

// Midnight is the first second of the day.
func (d Date) Midnight() Timestamp { return Timestamp(int64(d) * secondsPerDay) }

// Day is the day of the moment.
func (t Timestamp) Day() Date {
	return Date((int64(t) - ((int64(t)%secondsPerDay)+secondsPerDay)%secondsPerDay) / secondsPerDay)
}

// Append appends yyyy-mm-dd hh:mm:ss to b.
func (t Timestamp) Append(b []byte) []byte {
	s := int(t - t.Day().Midnight())
	b = append(t.Day().Append(b), ' ')
	b = append(appendPadded(b, s/3600, 2), ':')
	b = append(appendPadded(b, s/60%60, 2), ':')
	return appendPadded(b, s%60, 2)
}

func (t Timestamp) String() string { return string(t.Append(make([]byte, 0, 19))) }

// Value stores the moment as text; both databases read it.
func (t Timestamp) Value() (driver.Value, error) { return t.String(), nil }

// Scan reads what the two drivers give.
func (t *Timestamp) Scan(src any) (err error) {
	switch v := src.(type) {
	case time.Time:
		*t = TimestampOf(v)
		return nil
	case string:
		*t, err = ParseTimestamp(v)
		return err
	case []byte:
		return t.Scan(string(v))
	}
	return fmt.Errorf("a %T is not a timestamp", src)
}

// MarshalGQL writes the moment as a JSON string, yyyy-mm-ddThh:mm:ss, without a zone.
func (t Timestamp) MarshalGQL(w io.Writer) {
	var buf [21]byte
	b := append(t.Append(append(buf[:0], '"')), '"')
	b[11] = 'T'
	_, _ = w.Write(b)
}

// UnmarshalGQL reads yyyy-mm-ddThh:mm:ss; a blank in place of the T is as good.
func (t *Timestamp) UnmarshalGQL(v any) (err error) {
	s, ok := v.(string)
	if !ok {
		return errNotATimestamp
	}
	if len(s) == 19 && s[10] == 'T' {
		s = s[:10] + " " + s[11:]
	}
	*t, err = ParseTimestamp(s)
	return err
}
