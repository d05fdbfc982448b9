// Package search finds client records by what identifies them: the beginnings of names, whole names, how they sound, SSN
// and date of birth. An Index stands in memory, since the database holds these sealed. It knows no viewer: what of it
// somebody may have is for internal/store to say.
package search

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Client is what identifies a client record; a field that has no value is empty.
type Client struct {
	Row         int64
	First, Last string
	SSN         string
	DOB         *hmis.Date
}

// Index is what a community is found by. It is never changed, so that many may look into one.
type Index struct {
	base   *base
	old    map[int64]bool // rows that are no longer as the base has them
	recent []Client       // in their place, with names in letters
}

// manyRecent is how many changed clients are looked through one by one before the base is made anew.
const manyRecent = 500

// Build makes the index of what was added to the builders.
func Build(parts ...*Builder) *Index { return &Index{base: newBase(parts)} }

// Changed is the index with the clients as they are now, in place of what it had of their rows, and without those that
// are gone.
func (x *Index) Changed(now []Client, gone []int64) *Index {
	next := &Index{base: x.base, old: make(map[int64]bool, len(x.old)+len(now)+len(gone))}
	fresh := make(map[int64]bool, len(now)+len(gone))
	for _, c := range now {
		fresh[c.Row] = true
	}
	for _, row := range gone {
		fresh[row] = true
	}
	for row := range x.old {
		next.old[row] = true
	}
	for row := range fresh {
		next.old[row] = true
	}
	for _, c := range x.recent {
		if !fresh[c.Row] {
			next.recent = append(next.recent, c)
		}
	}
	for _, c := range now {
		c.First, c.Last = letters(c.First), letters(c.Last)
		next.recent = append(next.recent, c)
	}
	if len(next.old) <= manyRecent {
		return next
	}
	var all Builder
	for _, p := range next.base.people {
		if !next.old[p.row] {
			all.add(p.row, next.base.first.text[p.first], next.base.last.text[p.last], p.ssn, p.dob)
		}
	}
	for _, c := range next.recent {
		all.Add(c)
	}
	return Build(&all)
}

// Find lists the rows of the clients that a query fits, in the order of their numbers.
func (x *Index) Find(q *Query) []int64 {
	var rows []int64
	for _, w := range q.wanted {
		rows = x.base.find(rows, w, x.old)
	}
	for i := range x.recent {
		if q.fits(&x.recent[i]) {
			rows = append(rows, x.recent[i].Row)
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}
