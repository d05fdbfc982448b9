package search

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// person is a client in the base: names by their numbers.
type person struct {
	row         int64
	first, last uint32
	ssn         uint32
	dob         hmis.Date
}

const noDOB = hmis.Date(math.MinInt32)

// names are the different names there are, sorted, and how each sounds.
type names struct {
	text   []string
	sounds []uint16
	at     []uint32 // where the people of a name begin in their order; one more than there are names
}

// base is a community in a few arrays: about 40 bytes for each client, and the different names once.
type base struct {
	people      []person // in the order of last name, first name and row
	first, last names
	byFirst     []uint32 // people by first name
	bySSN       []uint32 // people with an SSN by its number
	byDOB       []uint32 // people with a date of birth by it
}

// Builder gathers clients for Build; each goroutine has its own.
type Builder struct {
	people      []person
	first, last vocabulary
}

// vocabulary numbers names in the order in which they come.
type vocabulary struct {
	number map[string]uint32
	text   []string
}

func (v *vocabulary) of(name string) uint32 {
	n, known := v.number[name]
	if !known {
		if v.number == nil {
			v.number = map[string]uint32{}
		}
		n = uint32(len(v.text))
		name = strings.Clone(name) // not the whole cell that it may be a part of
		v.number[name], v.text = n, append(v.text, name)
	}
	return n
}

// Add adds a client.
func (b *Builder) Add(c Client) {
	dob := noDOB
	if c.DOB != nil {
		dob = *c.DOB
	}
	b.add(c.Row, letters(c.First), letters(c.Last), ssnNumber(c.SSN), dob)
}

func (b *Builder) add(row int64, first, last string, ssn uint32, dob hmis.Date) {
	b.people = append(b.people, person{row, b.first.of(first), b.last.of(last), ssn, dob})
}

// newBase puts the parts together.
func newBase(parts []*Builder) *base {
	x := &base{}
	var firsts, lasts []*vocabulary
	n := 0
	for _, p := range parts {
		firsts, lasts, n = append(firsts, &p.first), append(lasts, &p.last), n+len(p.people)
	}
	var numbersOfFirst, numbersOfLast [][]uint32
	together(
		func() { x.first, numbersOfFirst = sorted(firsts) },
		func() { x.last, numbersOfLast = sorted(lasts) })
	x.people = make([]person, 0, n)
	for i, part := range parts {
		for _, p := range part.people {
			p.first, p.last = numbersOfFirst[i][p.first], numbersOfLast[i][p.last]
			x.people = append(x.people, p)
		}
		part.people = nil
	}
	slices.SortFunc(x.people, func(a, b person) int {
		return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(a.first, b.first), cmp.Compare(a.row, b.row))
	})
	x.last.at = offsets(len(x.last.text), len(x.people), func(i int) uint32 { return x.people[i].last })
	together(
		func() {
			x.byFirst = x.order(func(p *person) (uint32, bool) { return p.first, true })
			x.first.at = offsets(len(x.first.text), len(x.byFirst), func(i int) uint32 { return x.people[x.byFirst[i]].first })
		},
		func() { x.bySSN = x.order(func(p *person) (uint32, bool) { return p.ssn, p.ssn != noSSN }) },
		func() { x.byDOB = x.order(func(p *person) (uint32, bool) { return dayNumber(p.dob), p.dob != noDOB }) })
	return x
}

func together(steps ...func()) {
	var wait sync.WaitGroup
	for _, step := range steps {
		wait.Go(step)
	}
	wait.Wait()
}

// dayNumber keeps the order of days.
func dayNumber(d hmis.Date) uint32 { return uint32(int64(d) - math.MinInt32) }

// sorted puts vocabularies together and tells the new number of each of their names.
func sorted(parts []*vocabulary) (n names, numbers [][]uint32) {
	for _, p := range parts {
		n.text = append(n.text, p.text...)
	}
	slices.Sort(n.text)
	n.text = slices.Clip(slices.Compact(n.text))
	n.sounds = make([]uint16, len(n.text))
	for i, name := range n.text {
		n.sounds[i] = sound(name)
	}
	numbers = make([][]uint32, len(parts))
	for i, p := range parts {
		numbers[i] = make([]uint32, len(p.text))
		for old, name := range p.text {
			at, _ := slices.BinarySearch(n.text, name)
			numbers[i][old] = uint32(at)
		}
	}
	return n, numbers
}

// offsets says where each of so many numbers begins in a sorted list of them.
func offsets(numbers, length int, number func(int) uint32) []uint32 {
	at := make([]uint32, numbers+1)
	for i := range length {
		at[number(i)+1]++
	}
	for i := range numbers {
		at[i+1] += at[i]
	}
	return at
}

// order sorts the people who have a value by it.
func (x *base) order(value func(*person) (uint32, bool)) []uint32 {
	keys := make([]uint64, 0, len(x.people))
	for i := range x.people {
		if v, has := value(&x.people[i]); has {
			keys = append(keys, uint64(v)<<32|uint64(i))
		}
	}
	slices.Sort(keys)
	list := make([]uint32, len(keys))
	for i, k := range keys {
		list[i] = uint32(k)
	}
	return list
}

// chosen are the names that conditions hold of: those of a span, of it only those with a sound where that is not 0.
type chosen struct {
	span
	sound uint16
}

func (n *names) choose(conditions []condition) chosen {
	c := chosen{span: span{0, uint32(len(n.text))}}
	for _, want := range conditions {
		from, to := c.from, c.to
		switch want.how {
		case begins:
			from = uint32(sort.SearchStrings(n.text, want.text))
			to = from + uint32(sort.Search(len(n.text)-int(from), func(i int) bool { return !strings.HasPrefix(n.text[int(from)+i], want.text) }))
		case equals:
			at, found := slices.BinarySearch(n.text, want.text)
			from, to = uint32(at), uint32(at)
			if found {
				to++
			}
		case sounds:
			code := sound(want.text)
			if code == 0 || c.sound != 0 && c.sound != code {
				to = from
			}
			c.sound = code
		}
		c.from, c.to = max(c.from, from), min(c.to, to)
	}
	c.to = max(c.from, c.to)
	return c
}

func (n *names) fits(c chosen, number uint32) bool {
	return c.has(number) && (c.sound == 0 || n.sounds[number] == c.sound)
}

// spans are the places, in the order of the names, of people with a chosen name, and how many they are.
func (n *names) spans(c chosen) (list []span, count int) {
	if c.sound == 0 {
		if c.from < c.to {
			list = []span{{n.at[c.from], n.at[c.to]}}
		}
	} else {
		for i := c.from; i < c.to; i++ {
			if n.sounds[i] == c.sound {
				list = append(list, span{n.at[i], n.at[i+1]})
			}
		}
	}
	for _, s := range list {
		count += int(s.to - s.from)
	}
	return list, count
}

// find adds the rows of the people that are wanted. It goes through the shortest of the lists that they must be in.
func (x *base) find(rows []int64, w wanted, without map[int64]bool) []int64 {
	first, last := x.first.choose(w.first), x.last.choose(w.last)
	spans, fewest := x.last.spans(last)
	var list []uint32 // nil: the people in their own order
	if s, n := x.first.spans(first); n < fewest {
		spans, fewest, list = s, n, x.byFirst
	}
	if w.ssn != (span{}) {
		if s := x.between(x.bySSN, w.ssn, func(p *person) uint32 { return p.ssn }); int(s.to-s.from) < fewest {
			spans, fewest, list = []span{s}, int(s.to-s.from), x.bySSN
		}
	}
	if w.dob != nil {
		day := dayNumber(*w.dob)
		if s := x.between(x.byDOB, span{day, day + 1}, func(p *person) uint32 { return dayNumber(p.dob) }); int(s.to-s.from) < fewest {
			spans, list = []span{s}, x.byDOB
		}
	}
	for _, s := range spans {
		for i := s.from; i < s.to; i++ {
			p := &x.people[i]
			if list != nil {
				p = &x.people[list[i]]
			}
			if x.first.fits(first, p.first) && x.last.fits(last, p.last) && (w.ssn == (span{}) || w.ssn.has(p.ssn)) &&
				(w.dob == nil || p.dob == *w.dob) && !without[p.row] {
				rows = append(rows, p.row)
			}
		}
	}
	return rows
}

// between is where the people with a value in a span stand in a list that is sorted by it.
func (x *base) between(list []uint32, s span, value func(*person) uint32) span {
	search := func(v uint32) uint32 {
		return uint32(sort.Search(len(list), func(i int) bool { return value(&x.people[list[i]]) >= v }))
	}
	return span{search(s.from), search(s.to)}
}
