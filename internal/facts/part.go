package facts

import (
	"cmp"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// Facts of a part of a community, or with a few clients exchanged, are put together from runs of rows of what is there:
// nothing is read again and nothing sorted.

// span is a run of rows of a table: from and up to but not including to.
type span struct {
	of       *Facts
	from, to int32
}

// At returns the community as if there were no stays but those at some projects, by index: those stays, who stayed,
// and all projects. It is what a Builder makes of the same rows.
func (f *Facts) At(projects []int32) *Facts {
	in := make([]bool, len(f.Projects))
	for _, p := range projects {
		in[p] = true
	}
	var clients, enrollments []span
	for c := range int32(f.Clients.Len()) {
		from, to := f.Clients.Enrollments(c)
		stayed := false
		for e := from; e < to; e++ {
			if in[f.Enrollments.Project[e]] {
				enrollments = extend(enrollments, f, e, e+1)
				stayed = true
			}
		}
		if stayed {
			clients = extend(clients, f, c, c+1)
		}
	}
	return assemble(f, clients, enrollments)
}

// Replace returns the community of a hub in which the clients, by the hub's numbers, are as in with: changed, added or, where
// with has none, gone. The organizations and projects are with's; false where it has not the same ones of the same sources,
// for then also stays of other clients come or go.
func (f *Facts) Replace(clients []int64, with *Facts) (*Facts, bool) {
	if !slices.Equal(f.sources, with.sources) || !sameProjects(f.Projects, with.Projects) {
		return nil, false
	}
	leaving := map[int64]bool{}
	for _, row := range clients {
		leaving[row] = true
	}
	var kept []span
	keep := func(from, to int32) {
		for c := from; c < to; c++ {
			if !leaving[f.Clients.Row[c]] {
				kept = extend(kept, f, c, c+1)
			}
		}
	}
	next := int32(0)
	for c := range int32(with.Clients.Len()) {
		before := next + int32(sort.Search(f.Clients.Len()-int(next), func(i int) bool {
			return f.Clients.compare(next+int32(i), &with.Clients, c) >= 0
		}))
		keep(next, before)
		kept = extend(kept, with, c, c+1)
		next = before
	}
	keep(next, int32(f.Clients.Len()))
	var enrollments []span
	for _, s := range kept {
		enrollments = extend(enrollments, s.of, s.of.Clients.enrollments[s.from], s.of.Clients.enrollments[s.to])
	}
	return assemble(with, kept, enrollments), true
}

func sameProjects(a, b []Project) bool {
	rows := func(list []Project) (rows []int64) {
		for _, p := range list {
			rows = append(rows, p.Row)
		}
		slices.Sort(rows)
		return rows
	}
	return slices.Equal(rows(a), rows(b))
}

// extend adds a run, to the last one where it follows it.
func extend(spans []span, of *Facts, from, to int32) []span {
	if from == to {
		return spans
	}
	if n := len(spans); n > 0 && spans[n-1].of == of && spans[n-1].to == from {
		spans[n-1].to = to
		return spans
	}
	return append(spans, span{of, from, to})
}

// assemble makes facts of the projects of one community and of runs of clients and of their enrollments.
func assemble(of *Facts, clients, enrollments []span) *Facts {
	f := &Facts{Start: of.Start, End: of.End, Made: of.Made, Software: of.Software, Organizations: of.Organizations, Projects: of.Projects, sources: of.sources}
	copyRows(f, clients, func(f *Facts) any { return &f.Clients })
	copyRows(f, enrollments, func(f *Facts) any { return &f.Enrollments })
	copyRows(f, enrollments, func(f *Facts) any { return &f.Exits })
	f.Clients.ids = copyIDs(clients, func(f *Facts) *ids { return &f.Clients.ids })
	f.Enrollments.ids = copyIDs(enrollments, func(f *Facts) *ids { return &f.Enrollments.ids })
	f.Clients.persons = copied(clients, func(f *Facts) []int64 { return f.Clients.persons })
	f.Clients.source = copied(clients, func(f *Facts) []int16 { return f.Clients.source })
	f.Clients.numberPersons()
	f.placeEnrollments(clients, enrollments)
	f.placeProjects(enrollments)
	f.placeCoCs(enrollments)
	f.placeHouseholds(enrollments)
	for _, table := range recordTables {
		copyRecords(f, enrollments, table)
	}
	return f
}

// recordTables are the tables under enrollments.
var recordTables = []func(f *Facts) (table any, index *Records){
	func(f *Facts) (any, *Records) { return &f.BedNights, &f.BedNights.Records },
	func(f *Facts) (any, *Records) { return &f.Services, &f.Services.Records },
	func(f *Facts) (any, *Records) { return &f.Situations, &f.Situations.Records },
	func(f *Facts) (any, *Records) { return &f.Incomes, &f.Incomes.Records },
	func(f *Facts) (any, *Records) { return &f.Health, &f.Health.Records },
	func(f *Facts) (any, *Records) { return &f.Disability, &f.Disability.Records },
	func(f *Facts) (any, *Records) { return &f.Employment, &f.Employment.Records },
	func(f *Facts) (any, *Records) { return &f.Education, &f.Education.Records },
	func(f *Facts) (any, *Records) { return &f.Assessments, &f.Assessments.Records },
	func(f *Facts) (any, *Records) { return &f.Events, &f.Events.Records },
}

func copied[T any](spans []span, column func(*Facts) []T) (rows []T) {
	for _, s := range spans {
		rows = append(rows, column(s.of)[s.from:s.to]...)
	}
	return rows
}

// copyRows fills the columns of a table of f.
func copyRows(f *Facts, spans []span, table func(*Facts) any) {
	n := 0
	for _, s := range spans {
		n += int(s.to - s.from)
	}
	to := reflect.ValueOf(table(f)).Elem()
	for i := range to.NumField() {
		field := to.Type().Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Slice {
			continue
		}
		rows := reflect.MakeSlice(field.Type, 0, n)
		for _, s := range spans {
			if from := reflect.ValueOf(table(s.of)).Elem().Field(i); from.Len() > 0 {
				rows = reflect.AppendSlice(rows, from.Slice(int(s.from), int(s.to)))
			}
		}
		to.Field(i).Set(rows)
	}
}

func copyRecords(f *Facts, enrollments []span, table func(*Facts) (any, *Records)) {
	_, index := table(f)
	index.first = make([]int32, 1, f.Enrollments.Len()+1)
	var spans []span
	last := int32(0)
	for _, s := range enrollments {
		_, from := table(s.of)
		for e := s.from; e < s.to; e++ {
			last += from.first[e+1] - from.first[e]
			index.first = append(index.first, last)
		}
		spans = extend(spans, s.of, from.first[s.from], from.first[s.to])
	}
	copyRows(f, spans, func(f *Facts) any { t, _ := table(f); return t })
}

func copyIDs(spans []span, of func(*Facts) *ids) (list ids) {
	var text strings.Builder
	for _, s := range spans {
		from := of(s.of)
		for i := s.from; i < s.to; i++ {
			text.WriteString(from.at(i))
			list.end = append(list.end, uint32(text.Len()))
		}
	}
	list.text = text.String()
	return list
}

// places says where rows of other tables come to lie in a table of runs.
func places(spans []span, rows func(*Facts) int) map[*Facts][]int32 {
	at := map[*Facts][]int32{}
	next := int32(0)
	for _, s := range spans {
		if at[s.of] == nil {
			at[s.of] = make([]int32, rows(s.of))
		}
		for i := s.from; i < s.to; i++ {
			at[s.of][i] = next
			next++
		}
	}
	return at
}

// each gives every enrollment with where it is from.
func each(enrollments []span, do func(i int32, of *Facts, from int32)) {
	i := int32(0)
	for _, s := range enrollments {
		for from := s.from; from < s.to; from++ {
			do(i, s.of, from)
			i++
		}
	}
}

func (f *Facts) placeEnrollments(clients, enrollments []span) {
	at := places(clients, func(f *Facts) int { return f.Clients.Len() })
	f.Clients.enrollments = make([]int32, f.Clients.Len()+1)
	each(enrollments, func(i int32, of *Facts, from int32) {
		c := at[of][of.Enrollments.Client[from]]
		f.Enrollments.Client[i] = c
		f.Clients.enrollments[c+1]++
	})
	for c := range f.Clients.Len() {
		f.Clients.enrollments[c+1] += f.Clients.enrollments[c]
	}
}

func (f *Facts) placeProjects(enrollments []span) {
	index := map[int64]int32{}
	for i, p := range f.Projects {
		index[p.Row] = int32(i)
	}
	each(enrollments, func(i int32, of *Facts, from int32) {
		p := of.Enrollments.Project[from]
		if row := of.Projects[p].Row; f.Projects[p].Row != row {
			p = index[row]
		}
		f.Enrollments.Project[i] = p
	})
}

// placeCoCs lists the CoCs that the enrollments name.
func (f *Facts) placeCoCs(enrollments []span) {
	used := map[string]bool{}
	each(enrollments, func(_ int32, of *Facts, from int32) {
		if coc := of.Enrollments.CoC[from]; coc >= 0 {
			used[of.CoCs[coc]] = true
		}
	})
	for coc := range used {
		f.CoCs = append(f.CoCs, coc)
	}
	slices.Sort(f.CoCs)
	each(enrollments, func(i int32, of *Facts, from int32) {
		if coc := of.Enrollments.CoC[from]; coc >= 0 {
			at, _ := slices.BinarySearch(f.CoCs, of.CoCs[coc])
			f.Enrollments.CoC[i] = int16(at)
		}
	})
}

// placeHouseholds numbers the households by their first enrollment. Where enrollments are of two communities, one
// household is known in both by the hub's number.
func (f *Facts) placeHouseholds(enrollments []span) {
	number := map[*Facts][]int32{}
	byRow := map[int64]int32{}
	next := int32(0)
	each(enrollments, func(i int32, of *Facts, from int32) {
		if number[of] == nil {
			number[of] = make([]int32, of.Households.Len())
		}
		at := &number[of][of.Enrollments.Household[from]]
		if *at == 0 {
			row := of.Households.row(of.Enrollments.Household[from])
			known, there := byRow[row]
			if row == 0 || !there {
				next++
				known = next
				if row != 0 {
					byRow[row] = known
					f.Households.Row = append(f.Households.Row, row)
				}
			}
			*at = known
		}
		f.Enrollments.Household[i] = *at - 1
	})
	f.Households.members, f.Households.first = grouped(f.Enrollments.Household, counted(f.Enrollments.Len()), int(next))
}

// compare orders clients by the hub's person, source and id.
func (c *Clients) compare(i int32, other *Clients, j int32) int {
	return cmp.Or(cmp.Compare(c.persons[i], other.persons[j]), cmp.Compare(c.source[i], other.source[j]), strings.Compare(c.ID(i), other.ID(j)))
}

// numberPersons numbers the persons of clients in order; those of whom nothing is known stand for themselves.
func (c *Clients) numberPersons() {
	c.Person = make([]int32, len(c.persons))
	for i, p := range c.persons {
		if i == 0 {
			continue
		}
		c.Person[i] = c.Person[i-1]
		if p == 0 || p != c.persons[i-1] {
			c.Person[i]++
		}
	}
}
