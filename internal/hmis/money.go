package hmis

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in US cents.
type Money int64

var errNotMoney = Errorf(Invalid, "not an amount; write dollars and at most two decimals, as 1234.50")

// ParseMoney reads dollars with at most two decimals: 12, 12.5, -3.25.
func ParseMoney(s string) (Money, error) {
	unsigned, negative := strings.CutPrefix(s, "-")
	dollars, decimals, dot := strings.Cut(unsigned, ".")
	if len(dollars) > 15 || len(decimals) > 2 || dollars == "" && decimals == "" || dot && decimals == "" {
		return 0, errNotMoney
	}
	whole, ok1 := digits(dollars)
	cents, ok2 := digits(decimals)
	if !ok1 || !ok2 {
		return 0, errNotMoney
	}
	if len(decimals) == 1 {
		cents *= 10
	}
	m := Money(whole)*100 + Money(cents)
	if negative {
		m = -m
	}
	return m, nil
}

// Append appends dollars with two decimals to b.
func (m Money) Append(b []byte) []byte {
	if m < 0 {
		b, m = append(b, '-'), -m
	}
	return appendPadded(append(strconv.AppendInt(b, int64(m/100), 10), '.'), int(m%100), 2)
}

func (m Money) String() string { return string(m.Append(nil)) }

// MarshalGQL writes a JSON number with two decimals.
func (m Money) MarshalGQL(w io.Writer) {
	var buf [24]byte
	_, _ = w.Write(m.Append(buf[:0]))
}

// UnmarshalGQL reads a number or a text of at most two decimals.
func (m *Money) UnmarshalGQL(v any) (err error) {
	switch v := v.(type) {
	case int:
		return m.UnmarshalGQL(int64(v))
	case int64:
		if v > math.MaxInt64/100 || v < math.MinInt64/100 {
			return errNotMoney
		}
		*m = Money(v * 100)
		return nil
	case float64:
		*m, err = ParseMoney(strconv.FormatFloat(v, 'f', -1, 64))
		return err
	case json.Number:
		*m, err = ParseMoney(v.String())
		return err
	case string:
		*m, err = ParseMoney(v)
		return err
	}
	return errNotMoney
}
