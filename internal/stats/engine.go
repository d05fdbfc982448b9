package stats

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Engine answers queries about one community. It may be used by any number of goroutines. The errors of its questions
// are Invalid, with what to do about the query.
type Engine struct {
	f       *facts.Facts
	version Version
	columns *columns
}

// New makes an engine of facts, which stand on a version.
func New(f *facts.Facts, v Version) *Engine {
	return &Engine{f: f, version: v, columns: newColumns(f)}
}

// run is the work on one query for one period.
type run struct {
	*Engine
	*columns
	q          Query
	g          glossary.Period
	scope      []bool // by project: in the scope
	projects   []bool // by project: in the scope, and meets the conditions on dimensions of projects
	conditions []filter
	homes      []home // by household, worked out when asked for
}

// filter is a condition on a dimension of stays.
type filter struct {
	column
	allowed []bool // by code
	mask    uint64 // of a dimension with many values

	codes []uint16 // what it is asked in
	masks []uint64
}

// newRun checks a query and makes it ready.
func (e *Engine) newRun(q Query) (*run, error) {
	r := &run{Engine: e, columns: e.columns, q: q}
	if _, err := checked(q.Period); err != nil {
		return nil, err
	}
	r.g = glossary.Period{F: e.f, Start: q.Period.Start, End: q.Period.End}
	r.scope = make([]bool, len(e.f.Projects))
	for i := range r.scope {
		r.scope[i] = q.Projects == nil
	}
	for _, p := range q.Projects {
		if p < 0 || int(p) >= len(r.scope) {
			return nil, hmis.Errorf(hmis.Invalid, "there is no such project; ask for those that the hub lists")
		}
		r.scope[p] = true
	}
	r.projects = slices.Clone(r.scope)
	for _, c := range q.Where {
		if err := r.addCondition(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *run) addCondition(c Condition) error {
	if c.Dimension >= dimensionCount {
		return hmis.Errorf(hmis.Invalid, "not a dimension; the field dimensions lists them")
	}
	info := c.Dimension.Info()
	if info.Grain != NoGrain {
		return hmis.Errorf(hmis.Invalid, "there are no conditions on %s; choose the period instead", info.Name)
	}
	values := r.values(c.Dimension)
	f := filter{column: r.column(c.Dimension), allowed: make([]bool, len(values))}
	for _, name := range c.Values {
		at := slices.IndexFunc(values, func(v Value) bool { return v.Name == name })
		if at < 0 && (c.Dimension == CoC || c.Dimension == Geocode) {
			continue // nobody is there; who sees a scope is not told what stays outside it name
		}
		if at < 0 {
			return hmis.Errorf(hmis.Invalid, "%s has no such value; the field dimensions lists its values", info.Name)
		}
		f.allowed[at] = true
		f.mask |= 1 << (at & 63)
	}
	if !info.OfProject {
		r.conditions = append(r.conditions, f)
		return nil
	}
	for p := range r.projects {
		ok := false
		r.eachOfProject(c.Dimension, int32(p), func(code int) { ok = ok || f.allowed[code] })
		r.projects[p] = r.projects[p] && ok
	}
	return nil
}

// question keeps in rows the stays in question, of the window of list (nil: of all stays) from one place to another.
func (r *run) question(rows, list []int32, from, to int) []int32 {
	if list == nil {
		rows = r.touching(rows, from, to)
	} else {
		rows = r.touchingAmong(rows, list[from:to])
	}
	rows = r.awake(rows)
	if r.q.ActiveBy == ByService {
		rows = keep(rows, r.servedIn)
	}
	return r.considered(rows)
}

// touching lists the stays at the projects of the query that touch the period. An open exit is the earliest of dates, so
// that one day before it is the latest.
func (r *run) touching(rows []int32, from, to int) []int32 {
	entry, exit, project := r.f.Enrollments.EntryDate[from:to], r.f.Exits.ExitDate[from:to], r.f.Enrollments.Project[from:to]
	exit, project = exit[:len(entry)], project[:len(entry)]
	start, end, projects := r.g.Start-1, r.g.End, r.projects
	rows = sized(rows, len(entry))
	n := 0
	for i := range entry {
		rows[n] = int32(from + i)
		if entry[i] <= end && exit[i]-1 >= start && projects[project[i]] {
			n++
		}
	}
	return rows[:n]
}

func (r *run) touchingAmong(rows, list []int32) []int32 {
	entry, exit, project := r.f.Enrollments.EntryDate, r.f.Exits.ExitDate, r.f.Enrollments.Project
	start, end := r.g.Start-1, r.g.End
	rows = sized(rows, len(list))
	n := 0
	for _, s := range list {
		rows[n] = s
		if entry[s] <= end && exit[s]-1 >= start && r.projects[project[s]] {
			n++
		}
	}
	return rows[:n]
}

// sized is the slice with a length, its content left as it happens to be.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}

// history keeps in rows the considered stays that began by the end of the period, of a window as question.
func (r *run) history(rows, list []int32, from, to int) []int32 {
	rows = sized(rows, to-from)
	if list != nil {
		copy(rows, list[from:to])
	} else {
		for i := range rows {
			rows[i] = int32(from + i)
		}
	}
	n, entry, project := 0, r.f.Enrollments.EntryDate, r.f.Enrollments.Project
	for _, s := range rows {
		rows[n] = s
		if entry[s] <= r.g.End && r.projects[project[s]] {
			n++
		}
	}
	return r.considered(rows[:n])
}

// awake keeps the stays that are active by enrollment, of those that touch the period: a night-by-night shelter asks for
// more than that.
func (r *run) awake(rows []int32) []int32 {
	types, project := r.types, r.f.Enrollments.Project
	n := 0
	for _, s := range rows {
		rows[n] = s
		if types[project[s]] != glossary.ShelterNightly || r.g.Active(s) {
			n++
		}
	}
	return rows[:n]
}

// considered keeps the stays of the unit that meet the conditions.
func (r *run) considered(rows []int32) []int32 {
	relation := r.f.Enrollments.RelationshipToHoH
	switch r.q.Unit {
	case Heads:
		rows = keep(rows, func(s int32) bool { return relation[s] == 1 })
	case AdultsAndHeads:
		rows = keep(rows, func(s int32) bool { return relation[s] == 1 || r.age(s) >= adultAge })
	}
	for i := range r.conditions {
		rows = r.conditions[i].keep(rows)
	}
	return rows
}

const adultAge = 18

func keep(rows []int32, test func(int32) bool) []int32 {
	n := 0
	for _, s := range rows {
		rows[n] = s
		if test(s) {
			n++
		}
	}
	return rows[:n]
}

func (c *filter) keep(rows []int32) []int32 {
	n := 0
	if c.many != nil {
		c.masks = sized(c.masks, len(rows))
		c.many(rows, c.masks)
		for i, s := range rows {
			rows[n] = s
			if c.masks[i]&c.mask != 0 {
				n++
			}
		}
		return rows[:n]
	}
	c.codes = sized(c.codes, len(rows))
	c.one(rows, c.codes)
	for i, s := range rows {
		rows[n] = s
		if c.allowed[c.codes[i]] {
			n++
		}
	}
	return rows[:n]
}

// block is how many stays are asked at once: their answers stay in the processor's cache.
const block = 1024

// scan goes through all stays, or those of a list in the order of persons or of households, in windows that no unit lies
// across, and gives the rows that choose keeps of each.
func (r *run) scan(list []int32, byHousehold bool, choose func(rows, list []int32, from, to int) []int32, do func(rows []int32)) {
	unit := r.persons
	if byHousehold {
		unit = r.f.Enrollments.Household
	}
	n := len(unit)
	if list != nil {
		n = len(list)
	}
	at := func(i int) int32 {
		if list != nil {
			i = int(list[i])
		}
		return unit[i]
	}
	var rows []int32
	for from := 0; from < n; {
		to := min(from+block, n)
		for to < n && at(to) == at(to-1) {
			to++
		}
		rows = choose(rows, list, from, to)
		do(rows)
		from = to
	}
}

// order lists the stays by household where units are households; nil is the order of persons, that of the facts.
func (r *run) order() []int32 {
	if r.q.Unit == Households {
		return r.byHousehold()
	}
	return nil
}

// person is whose stay it is, as the query counts persons.
func (r *run) person(stay int32) int32 {
	if r.q.Identity == Clients {
		return r.f.Enrollments.Client[stay]
	}
	return r.persons[stay]
}

// own lists, from and up to but not including to, the stays of the person of a stay, those outside the scope too.
func (r *run) own(stay int32) (from, to int32) {
	if r.q.Identity == Clients {
		return r.f.Clients.Enrollments(r.f.Enrollments.Client[stay])
	}
	p := r.persons[stay]
	return r.columns.stays[p], r.columns.stays[p+1]
}

func (r *run) inScope(stay int32) bool { return r.scope[r.f.Enrollments.Project[stay]] }

// units gives what the query counts, by stay.
func (r *run) units() []int32 {
	switch {
	case r.q.Unit == Households:
		return r.f.Enrollments.Household
	case r.q.Unit == Enrollments:
		return nil
	case r.q.Identity == Clients:
		return r.f.Enrollments.Client
	}
	return r.persons
}

// servedIn reports whether a service of the stay lies in the period.
func (r *run) servedIn(stay int32) bool {
	found := false
	r.eachService(stay, func(d hmis.Date) { found = found || d >= r.g.Start })
	return found
}

// eachService gives the days up to the end of the period on which the stay had a bed night, service, contact, assessment
// or event, in no order.
func (r *run) eachService(stay int32, do func(hmis.Date)) {
	entry, exit := r.g.Entry(stay), r.g.Exit(stay)
	last := r.g.End
	if exit != facts.NoDay {
		last = exit
	}
	days := func(records *facts.Records, dates []hmis.Date, last hmis.Date) {
		for i, until := records.Of(stay); i < until; i++ {
			if d := dates[i]; d >= entry && d <= last {
				do(d)
			}
		}
	}
	lastNight := last
	if exit != facts.NoDay {
		lastNight--
	}
	f := r.f
	days(&f.BedNights.Records, f.BedNights.DateProvided, lastNight)
	days(&f.Services.Records, f.Services.DateProvided, last)
	days(&f.Situations.Records, f.Situations.InformationDate, last)
	days(&f.Assessments.Records, f.Assessments.AssessmentDate, last)
	days(&f.Events.Records, f.Events.EventDate, last)
}

// home is what the members make of a household.
type home struct {
	known  bool
	kind   glossary.HouseholdType
	eldest int8  // the highest known age, glossary.UnknownAge for none
	heads  uint8 // among the active members
	size   int16 // active members
}

// home looks at the members with a stay active by enrollment, or at all where none has one.
func (r *run) home(household int32) *home {
	if r.homes == nil {
		r.homes = make([]home, r.f.Households.Len())
	}
	h := &r.homes[household]
	if h.known {
		return h
	}
	*h = home{known: true, eldest: glossary.UnknownAge}
	var buffer [16]int
	ages := buffer[:0]
	members := r.f.Households.Members(household)
	for _, m := range members {
		if !r.g.Active(m) {
			continue
		}
		ages = append(ages, r.age(m))
		h.size++
		if r.g.IsHead(m) && h.heads < 255 {
			h.heads++
		}
	}
	if len(ages) == 0 {
		for _, m := range members {
			ages = append(ages, r.age(m))
		}
	}
	for _, a := range ages {
		h.eldest = max(h.eldest, int8(min(a, 127)))
	}
	h.kind = glossary.TypeOf(ages)
	return h
}
