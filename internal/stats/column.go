package stats

import (
	"slices"
	"strconv"
	"sync"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// columns are what queries need of the facts and no period changes, worked out once.
type columns struct {
	types      []uint8 // project type by project, otherType for a code outside list 2.02.6
	persons    []int32 // by stay
	stays      []int32 // where the stays of each person begin; one more than there are persons
	born       []int32 // by client, as packed; neverBorn where unknown
	entered    []int32 // by stay, the entry as packed
	coc        []uint16
	geocode    []uint16
	cocs       []Value
	geocodes   []Value
	households sync.Once
	order      []int32 // the stays by household
}

const (
	otherType = 255
	neverBorn = 1<<31 - 1
)

func newColumns(f *facts.Facts) *columns {
	c := &columns{}
	types := hmis.ListNumbered("2.02.6")
	for _, p := range f.Projects {
		t := uint8(otherType)
		if types.Label(int32(p.Type)) != "" {
			t = uint8(p.Type)
		}
		c.types = append(c.types, t)
	}
	c.persons = make([]int32, f.Enrollments.Len())
	c.entered = make([]int32, f.Enrollments.Len())
	c.stays = []int32{0}
	for client, person := range f.Clients.Person {
		from, to := f.Clients.Enrollments(int32(client))
		for s := from; s < to; s++ {
			c.persons[s], c.entered[s] = person, packed(f.Enrollments.EntryDate[s])
		}
		if client == f.Clients.Len()-1 || f.Clients.Person[client+1] != person {
			c.stays = append(c.stays, to)
		}
	}
	c.born = make([]int32, f.Clients.Len())
	for client, day := range f.Clients.DOB {
		if c.born[client] = neverBorn; day != facts.NoDay {
			c.born[client] = packed(day)
		}
	}
	c.placeStays(f)
	return c
}

// packed writes a day so that the difference of two, shifted by packedYear, is the number of whole years between them.
func packed(d hmis.Date) int32 {
	y, m, day := d.Date()
	return int32(y)<<packedYear | int32(m)<<5 | int32(day)
}

const packedYear = 9

// placeStays finds the CoC of every stay (report-rules.md 2), and the geocode of its project there.
func (c *columns) placeStays(f *facts.Facts) {
	c.cocs, c.geocodes = places(f)
	cocAt, geocodeAt := index(c.cocs), index(c.geocodes)
	c.coc, c.geocode = make([]uint16, f.Enrollments.Len()), make([]uint16, f.Enrollments.Len())
	whole := make([][]uint16, len(f.Projects)) // CoC and geocode of the projects that belong to one CoC
	for i, p := range f.Projects {
		if own := p.CoCs; len(own) > 0 && !slices.ContainsFunc(own, func(p facts.ProjectCoC) bool { return p.CoC != own[0].CoC }) {
			whole[i] = []uint16{cocAt(own[0].CoC), geocodeAt(own[0].Geocode)}
		}
	}
	g := glossary.Period{F: f}
	for stay, p := range f.Enrollments.Project {
		if whole[p] != nil {
			c.coc[stay], c.geocode[stay] = whole[p][0], whole[p][1]
			continue
		}
		head, coc := g.Head(int32(stay)), ""
		if head < 0 {
			head = int32(stay)
		}
		if at := f.Enrollments.CoC[head]; at >= 0 {
			coc = f.CoCs[at]
		}
		c.coc[stay], c.geocode[stay] = cocAt(coc), geocodeAt(geocodeIn(f.Projects[p].CoCs, coc))
	}
}

// places lists the CoCs and geocodes that projects, inventories or enrollments name.
func places(f *facts.Facts) (cocs, geocodes []Value) {
	var codes, geo []string
	codes = append(codes, f.CoCs...)
	for _, p := range f.Projects {
		for _, c := range p.CoCs {
			codes, geo = append(codes, c.CoC), append(geo, c.Geocode)
		}
		for _, i := range p.Inventories {
			codes = append(codes, i.CoC)
		}
	}
	listed := func(names []string) (values []Value) {
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			if n != "" {
				values = append(values, Value{n, n})
			}
		}
		return append(values, unknownValue)
	}
	return listed(codes), listed(geo)
}

// geocodeIn is the geocode of the first record for the CoC, "" where there is none.
func geocodeIn(own []facts.ProjectCoC, coc string) string {
	for _, p := range own {
		if p.CoC == coc {
			return p.Geocode
		}
	}
	return ""
}

// index finds the place of a value by its name; the last, not known, for one that is not there.
func index(values []Value) func(string) uint16 {
	at := map[string]uint16{}
	for i, v := range values {
		at[v.Name] = uint16(i)
	}
	return func(name string) uint16 {
		if i, ok := at[name]; ok {
			return i
		}
		return uint16(len(values) - 1)
	}
}

// byHousehold lists the stays by household.
func (e *Engine) byHousehold() []int32 {
	c := e.columns
	c.households.Do(func() {
		c.order = make([]int32, 0, e.f.Enrollments.Len())
		for h := range int32(e.f.Households.Len()) {
			c.order = append(c.order, e.f.Households.Members(h)...)
		}
	})
	return c.order
}

// Values lists the values of a dimension in order: the closed list of the catalogue, or what the facts have at the
// projects of a scope (nil: all). Projects and organizations are named by their index in the facts.
func (e *Engine) Values(d Dimension, scope []int32) (values []Value) {
	all := e.values(d)
	switch d {
	case Project, Organization, CoC, Geocode:
	default:
		return all
	}
	if scope == nil {
		return all
	}
	in := make([]bool, len(all))
	cocAt, geocodeAt := index(e.columns.cocs), index(e.columns.geocodes)
	for _, p := range scope {
		switch d {
		case Project:
			in[p] = true
		case Organization:
			in[e.f.Projects[p].Organization] = true
		}
		for _, c := range e.f.Projects[p].CoCs {
			switch d {
			case CoC:
				in[cocAt(c.CoC)] = true
			case Geocode:
				in[geocodeAt(c.Geocode)] = true
			}
		}
	}
	for i, v := range all {
		if in[i] || v == unknownValue {
			values = append(values, v)
		}
	}
	return values
}

// values are those of Values without a scope; a code of a dimension is an index here.
func (e *Engine) values(d Dimension) (values []Value) {
	switch d {
	case CoC:
		return e.columns.cocs
	case Geocode:
		return e.columns.geocodes
	case Organization:
		for i, o := range e.f.Organizations {
			values = append(values, Value{strconv.Itoa(i), o.Name})
		}
		return values
	case Project:
		for i, p := range e.f.Projects {
			values = append(values, Value{strconv.Itoa(i), p.Name})
		}
		return values
	}
	return d.Info().Values
}
