package search

import (
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Terms are what is asked for. All that is given must fit.
type Terms struct {
	First, Last string // what the names begin with
	Name        string // the whole name: first and last, or last and first
	SoundsLike  bool   // the names sound like these
	SSN         string // nine digits, or the last four
	DOB         *hmis.Date
}

// Query is checked terms. A client fits where one of the alternatives does.
type Query struct{ wanted []wanted }

// wanted is what must hold of a client together; an empty condition holds of everybody.
type wanted struct {
	first, last []condition
	ssn         span
	dob         *hmis.Date
}

// condition is of a name.
type condition struct {
	text string // in letters
	how  how
}

type how int

const (
	begins how = iota
	equals
	sounds
)

func (c condition) fits(name string) bool {
	switch c.how {
	case begins:
		return strings.HasPrefix(name, c.text)
	case equals:
		return name == c.text
	}
	code := sound(name)
	return code != 0 && code == sound(c.text)
}

// maxWords is how many words a whole name has at most.
const maxWords = 8

// NewQuery checks terms. Errors: Invalid, which does not repeat them.
func NewQuery(t Terms) (*Query, error) {
	var all wanted
	for _, name := range []struct {
		text string
		into *[]condition
	}{{t.First, &all.first}, {t.Last, &all.last}} {
		if name.text == "" {
			continue
		}
		c := condition{letters(name.text), begins}
		if t.SoundsLike {
			c.how = sounds
		}
		if c.text == "" {
			return nil, errNoLetter
		}
		*name.into = append(*name.into, c)
	}
	if t.SSN != "" {
		digits := strings.Map(func(r rune) rune {
			if r == '-' || r == ' ' {
				return -1
			}
			return r
		}, t.SSN)
		number, ok := ssnSpan(digits)
		if !ok {
			return nil, hmis.Errorf(hmis.Invalid, "search by the nine digits of an SSN or by its last four")
		}
		all.ssn = number
	}
	all.dob = t.DOB
	if t.Name == "" {
		if all.first == nil && all.last == nil && all.ssn == (span{}) && all.dob == nil {
			return nil, hmis.Errorf(hmis.Invalid, "say what to search for: a name, an SSN or a date of birth")
		}
		return &Query{[]wanted{all}}, nil
	}
	return whole(t, all)
}

var errNoLetter = hmis.Errorf(hmis.Invalid, "a name to search for has at least one letter")

// whole makes an alternative of each way in which a whole name can be first and last name, in either order.
func whole(t Terms, all wanted) (*Query, error) {
	list := words(t.Name)
	if len(list) < 2 || len(list) > maxWords {
		return nil, hmis.Errorf(hmis.Invalid, "a whole name has a first and a last name and at most %d words; search by firstName or lastName for one of them", maxWords)
	}
	kind := equals
	if t.SoundsLike {
		kind = sounds
	}
	q := &Query{}
	for i := 1; i < len(list); i++ {
		front, back := condition{strings.Join(list[:i], ""), kind}, condition{strings.Join(list[i:], ""), kind}
		for _, names := range [][2]condition{{front, back}, {back, front}} {
			w := all
			w.first = append(append([]condition{}, all.first...), names[0])
			w.last = append(append([]condition{}, all.last...), names[1])
			q.wanted = append(q.wanted, w)
		}
	}
	return q, nil
}

// fits reports whether one of the alternatives fits a client.
func (q *Query) fits(c *Client) bool {
	first, last, ssn := letters(c.First), letters(c.Last), ssnNumber(c.SSN)
	for _, w := range q.wanted {
		if fitAll(w.first, first) && fitAll(w.last, last) && (w.ssn == (span{}) || w.ssn.has(ssn)) && (w.dob == nil || c.DOB != nil && *c.DOB == *w.dob) {
			return true
		}
	}
	return false
}

func fitAll(list []condition, name string) bool {
	for _, c := range list {
		if !c.fits(name) {
			return false
		}
	}
	return true
}

// span is numbers from the first to before the second.
type span struct{ from, to uint32 }

func (s span) has(n uint32) bool { return s.from <= n && n < s.to }

// An SSN is a number that begins with its last four digits: those with the same are together. Where one of the others is
// not known, as in an SSN whose digits are in part x, they are unknownFirst.
const (
	unknownFirst = 100_000
	perLastFour  = unknownFirst + 1
	noSSN        = 1<<32 - 1
)

func ssnNumber(ssn string) uint32 {
	if len(ssn) != 9 {
		return noSSN
	}
	lastFour, ok := number(ssn[5:])
	if !ok {
		return noSSN
	}
	first, ok := number(ssn[:5])
	if !ok {
		first = unknownFirst
	}
	return lastFour*perLastFour + first
}

// ssnSpan is the numbers that nine or four digits ask for.
func ssnSpan(digits string) (span, bool) {
	switch n, ok := number(digits); {
	case ok && len(digits) == 4:
		return span{n * perLastFour, (n + 1) * perLastFour}, true
	case ok && len(digits) == 9:
		n = ssnNumber(digits)
		return span{n, n + 1}, true
	}
	return span{}, false
}

func number(digits string) (n uint32, ok bool) {
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		n = n*10 + uint32(digits[i]-'0')
	}
	return n, len(digits) > 0
}
