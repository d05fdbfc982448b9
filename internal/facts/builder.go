package facts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// Builder makes facts from rows in the shape in which hmiscsv reads and writes them, whoever gives the rows.
//
// Of each source add Export, Organization, Project, the files under a project, Client, Enrollment, Exit and the
// files under an enrollment, in this order of groups; the rows of a file come in any order. Files under an enrollment
// may be added at the same time, each by one goroutine. A row that is marked deleted, or that names a project, client or
// enrollment that is not there, is left out. Of two clients or enrollments with one key the one updated last goes in.
type Builder struct {
	f       *Facts
	source  *source
	sources map[string]*source

	// the source of each organization and project, as added
	organizationSources, projectSources []string

	clients     keyed
	names       []string // of the source, by client as added
	enrollments keyed
	households  []int64             // the hub's number, by household as added
	records     map[string]*records // by file
	nights      *records            // the bed nights among Services
	cocs        map[string]int16
	rows        map[string]row // readers of the files of projects
}

// source holds the keys of a source: HUD's ids are unique only within one.
type source struct {
	name                                          string
	organizations, projects, clients, enrollments map[string]int32
	households                                    map[householdKey]int32
}

type householdKey struct {
	project int32
	id      string
}

// Origin says where a hub keeps the record; all of it is 0 where the row is not from a hub.
type Origin struct {
	Row       int64 // the hub's number of the record
	Person    int64 // the hub's number of the person that a Client record belongs to
	Household int64 // the hub's number of the household that an Enrollment record belongs to
}

// keyed is a table whose rows have keys.
type keyed struct {
	keys     []string
	row      []int64
	updated  []hmis.Timestamp
	replaced map[int32]bool // rows whose key a later one has
	columns  []column
}

// records is a table under enrollments while it is built.
type records struct {
	enrollment []int32 // as added
	updated    []hmis.Timestamp
	tie        []uint64 // hash of the key: an order for rows that are alike in everything else
	columns    []column
	day        *[]hmis.Date
	index      *Records
	at         [4]int // EnrollmentID, DateUpdated, DateDeleted, the key
	last       string // the enrollment of the row before, which is most often the same
	lastIndex  int32
}

// NewBuilder begins the facts of no community.
func NewBuilder() *Builder {
	f := &Facts{Start: NoDay, End: NoDay, Made: NoDay}
	b := &Builder{f: f, sources: map[string]*source{}, cocs: map[string]int16{}, rows: map[string]row{}}
	b.clients.columns = clientColumns(&f.Clients)
	b.enrollments.columns = enrollmentColumns(&f.Enrollments)
	b.nights = newRecords("Services", &f.BedNights, &f.BedNights.Records, &f.BedNights.DateProvided)
	incomes := newRecords("IncomeBenefits", &f.Incomes, &f.Incomes.Records, &f.Incomes.InformationDate)
	incomes.columns = append(incomes.columns, sourcesAmount(&f.Incomes.SourcesAmount))
	exits := newRecords("Exit", &f.Exits, nil, &f.Exits.ExitDate)
	exits.add(make([]hmiscsv.Cell, len(hmis.FileNamed("Exit").Columns)), -1) // row 0 is the exit of those who have none
	b.records = map[string]*records{
		"Exit":                   exits,
		"Services":               newRecords("Services", &f.Services, &f.Services.Records, &f.Services.DateProvided),
		"CurrentLivingSituation": newRecords("CurrentLivingSituation", &f.Situations, &f.Situations.Records, &f.Situations.InformationDate),
		"IncomeBenefits":         incomes,
		"HealthAndDV":            newRecords("HealthAndDV", &f.Health, &f.Health.Records, &f.Health.InformationDate),
		"Disabilities":           newRecords("Disabilities", &f.Disability, &f.Disability.Records, &f.Disability.InformationDate),
		"EmploymentEducation":    newRecords("EmploymentEducation", &f.Employment, &f.Employment.Records, &f.Employment.InformationDate),
		"YouthEducationStatus":   newRecords("YouthEducationStatus", &f.Education, &f.Education.Records, &f.Education.InformationDate),
		"Assessment":             newRecords("Assessment", &f.Assessments, &f.Assessments.Records, &f.Assessments.AssessmentDate),
		"Event":                  newRecords("Event", &f.Events, &f.Events.Records, &f.Events.EventDate),
	}
	b.Source("")
	return b
}

func newRecords(file string, table any, index *Records, day *[]hmis.Date) *records {
	f := hmis.FileNamed(file)
	r := &records{columns: columnsOf(file, table), index: index, day: day, lastIndex: -1}
	copy(r.at[:], indexes(f, "EnrollmentID", "DateUpdated", "DateDeleted", f.Key().Name))
	return r
}

// Source says which source the next rows are from.
func (b *Builder) Source(name string) {
	if b.sources[name] == nil {
		b.sources[name] = &source{name, map[string]int32{}, map[string]int32{}, map[string]int32{}, map[string]int32{}, map[householdKey]int32{}}
	}
	b.source = b.sources[name]
	b.nights.lastIndex = -1 // its enrollments have the same ids as another one's
	for _, r := range b.records {
		r.lastIndex = -1
	}
}

// Files lists the files that facts are made of, in an order in which they may be added, in groups: those of the last
// group may be added at the same time.
func Files() [][]string {
	return [][]string{{"Export"}, {"Organization"}, {"Project"},
		{"ProjectCoC", "Funder", "Inventory", "HMISParticipation", "CEParticipation", "Affiliation"}, {"Client"}, {"Enrollment"},
		{"Exit", "Disabilities", "IncomeBenefits", "Services", "HealthAndDV", "CurrentLivingSituation", "EmploymentEducation", "Assessment", "Event", "YouthEducationStatus"}}
}

// Add adds a row of a file: the cells by index in hmis.File.Columns. They may be reused after.
func (b *Builder) Add(file string, cells []hmiscsv.Cell, o Origin) {
	if r := b.records[file]; r != nil {
		if file == "Services" && cells[recordType].N == bedNight {
			r = b.nights
		}
		b.addRecord(r, cells)
		return
	}
	r, known := b.rows[file]
	if !known {
		r = newRow(file)
		b.rows[file] = r
	}
	if r.cells = cells; file != "Export" && r.cell("DateDeleted").Set {
		return
	}
	switch file {
	case "Export":
		b.addExport(r)
	case "Organization":
		b.addOrganization(r)
	case "Project":
		b.addProject(r, o)
	case "Client":
		b.addClient(r, o)
	case "Enrollment":
		b.addEnrollment(r, o)
	case "ProjectCoC", "Funder", "Inventory", "HMISParticipation", "CEParticipation", "Affiliation":
		b.addDescriptor(file, r)
	default:
		panic(fmt.Sprintf("facts: no rows of %s are kept", file))
	}
}

// addExport keeps the earliest start, the latest end and the latest day of making.
func (b *Builder) addExport(r row) {
	if start := r.date("ExportStartDate"); b.f.Start == NoDay || start != NoDay && start < b.f.Start {
		b.f.Start = start
	}
	b.f.End = max(b.f.End, r.date("ExportEndDate"))
	b.f.Software = max(b.f.Software, r.text("SoftwareName"))
	b.f.Made = max(b.f.Made, dayOf(r.cell("ExportDate")))
}

func (b *Builder) addClient(r row, o Origin) {
	if !b.clients.add(b.source.clients, r.text("PersonalID"), r, o) {
		return
	}
	b.f.Clients.persons = append(b.f.Clients.persons, o.Person)
	b.names = append(b.names, b.source.name)
}

// add adds a row; false where one with its key is there that was updated later, or at the same time.
func (k *keyed) add(index map[string]int32, id string, r row, o Origin) bool {
	updated := hmis.Timestamp(r.cell("DateUpdated").N)
	if earlier, twice := index[id]; twice {
		if updated <= k.updated[earlier] {
			return false
		}
		if k.replaced == nil {
			k.replaced = map[int32]bool{}
		}
		k.replaced[earlier] = true
	} else {
		id = strings.Clone(id)
	}
	index[id] = int32(len(k.keys))
	k.keys, k.row, k.updated = append(k.keys, id), append(k.row, o.Row), append(k.updated, updated)
	for _, c := range k.columns {
		c.add(r.cells)
	}
	return true
}

// rows lists the rows that stay.
func (k *keyed) rows() []int32 {
	return slices.DeleteFunc(counted(len(k.keys)), func(i int32) bool { return k.replaced[i] })
}

func (b *Builder) addEnrollment(r row, o Origin) {
	client, known := b.source.clients[r.text("PersonalID")]
	project, there := b.source.projects[r.text("ProjectID")]
	if !known || !there || !r.cell("EntryDate").Set || !b.enrollments.add(b.source.enrollments, r.text("EnrollmentID"), r, o) {
		return
	}
	e := &b.f.Enrollments
	e.Client, e.Project = append(e.Client, client), append(e.Project, project)
	e.Household = append(e.Household, b.household(project, r.text("HouseholdID"), o.Household))
	e.CoC = append(e.CoC, b.coc(r.text("EnrollmentCoC")))
}

func (b *Builder) household(project int32, id string, row int64) int32 {
	number, known := b.source.households[householdKey{project, id}]
	if id == "" || !known {
		number = int32(len(b.households))
		b.households = append(b.households, row)
	}
	if id != "" && !known {
		b.source.households[householdKey{project, strings.Clone(id)}] = number
	}
	return number
}

func (b *Builder) coc(code string) int16 {
	if code == "" {
		return Empty
	}
	i, known := b.cocs[code]
	if !known {
		i = int16(len(b.f.CoCs))
		b.cocs[strings.Clone(code)] = i
		b.f.CoCs = append(b.f.CoCs, strings.Clone(code))
	}
	return i
}

func (b *Builder) addRecord(r *records, cells []hmiscsv.Cell) {
	if cells[r.at[2]].Set {
		return
	}
	if id := cells[r.at[0]].S; id != r.last || r.lastIndex < 0 {
		i, known := b.source.enrollments[id]
		if !known {
			return
		}
		r.last, r.lastIndex = strings.Clone(id), i
	}
	r.add(cells, r.lastIndex)
}

const bedNight = 200 // list 1.4

var recordType = indexes(hmis.FileNamed("Services"), "RecordType")[0]

func (r *records) add(cells []hmiscsv.Cell, enrollment int32) {
	r.enrollment = append(r.enrollment, enrollment)
	r.updated = append(r.updated, hmis.Timestamp(cells[r.at[1]].N))
	r.tie = append(r.tie, hash(cells[r.at[3]].S))
	for _, c := range r.columns {
		c.add(cells)
	}
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// Facts puts the rows in order and ends the building; the builder must not be used again.
func (b *Builder) Facts() *Facts {
	b.orderProjects()
	b.orderCoCs()
	clientOrder := b.orderClients()
	enrollmentOrder := b.orderEnrollments(clientOrder)
	place := inverse(enrollmentOrder, len(b.enrollments.updated))
	b.records["Exit"].finishExits(place, len(enrollmentOrder))
	delete(b.records, "Exit")
	var wait sync.WaitGroup
	for _, r := range append(slices.Collect(maps.Values(b.records)), b.nights) {
		wait.Go(func() { r.finish(place, len(enrollmentOrder)) })
	}
	wait.Wait()
	b.records, b.nights = nil, nil
	b.groupHouseholds()
	return b.f
}

// inverse tells where each of n rows comes in the order; those that do not come are 0.
func inverse(order []int32, n int) []int32 {
	place := make([]int32, n)
	for i, from := range order {
		place[from] = int32(i)
	}
	return place
}

// orderProjects sorts organizations and projects by source and id.
func (b *Builder) orderProjects() {
	f := b.f
	organizations := counted(len(f.Organizations))
	slices.SortFunc(organizations, func(x, y int32) int {
		return cmp.Or(strings.Compare(b.organizationSources[x], b.organizationSources[y]), strings.Compare(f.Organizations[x].ID, f.Organizations[y].ID))
	})
	projects := counted(len(f.Projects))
	slices.SortFunc(projects, func(x, y int32) int {
		return cmp.Or(strings.Compare(b.projectSources[x], b.projectSources[y]), strings.Compare(f.Projects[x].ID, f.Projects[y].ID))
	})
	columnOf[Organization]{rows: &f.Organizations}.reorder(organizations)
	columnOf[Project]{rows: &f.Projects}.reorder(projects)
	organizationPlace, projectPlace := inverse(organizations, len(organizations)), inverse(projects, len(projects))
	for i := range f.Projects {
		p := &f.Projects[i]
		p.Organization = organizationPlace[p.Organization]
		p.sort()
	}
	for i, p := range f.Enrollments.Project {
		f.Enrollments.Project[i] = projectPlace[p]
	}
}

func (b *Builder) orderCoCs() {
	order := counted(len(b.f.CoCs))
	slices.SortFunc(order, func(x, y int32) int { return strings.Compare(b.f.CoCs[x], b.f.CoCs[y]) })
	columnOf[string]{rows: &b.f.CoCs}.reorder(order)
	place := inverse(order, len(order))
	for i, coc := range b.f.Enrollments.CoC {
		if coc >= 0 {
			b.f.Enrollments.CoC[i] = int16(place[coc])
		}
	}
}

func (p *Project) sort() {
	slices.SortFunc(p.CoCs, func(a, b ProjectCoC) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(p.Funders, func(a, b Funder) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(p.Inventories, func(a, b Inventory) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(p.HMIS, func(a, b Participation) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(p.CE, func(a, b Participation) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(p.Affiliated)
}

// orderClients sorts by person, source and id, and numbers the persons.
func (b *Builder) orderClients() []int32 {
	order, c := b.clients.rows(), &b.f.Clients
	b.f.sources = slices.Sorted(maps.Keys(b.sources))
	number := map[string]int16{}
	for i, name := range b.f.sources {
		number[name] = int16(i)
	}
	for _, name := range b.names {
		c.source = append(c.source, number[name])
	}
	slices.SortFunc(order, func(x, y int32) int {
		return cmp.Or(cmp.Compare(c.persons[x], c.persons[y]), cmp.Compare(c.source[x], c.source[y]), strings.Compare(b.clients.keys[x], b.clients.keys[y]))
	})
	b.clients.columns = append(b.clients.columns, columnOf[int64]{rows: &c.persons}, columnOf[int16]{rows: &c.source})
	c.ids, c.Row = b.clients.finish(order)
	c.numberPersons()
	b.names = nil
	return order
}

// finish puts a table in order and gives its ids, and the rows' numbers where there are any.
func (k *keyed) finish(order []int32) (list ids, row []int64) {
	var text strings.Builder
	for _, from := range order {
		text.WriteString(k.keys[from])
		list.end = append(list.end, uint32(text.Len()))
	}
	list.text = text.String()
	for _, c := range k.columns {
		c.reorder(order)
	}
	if slices.ContainsFunc(k.row, func(n int64) bool { return n != 0 }) {
		columnOf[int64]{rows: &k.row}.reorder(order)
		row = k.row
	}
	k.keys, k.columns = nil, nil
	return list, row
}

func counted(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i)
	}
	return list
}

// orderEnrollments sorts by client, entry and id.
func (b *Builder) orderEnrollments(clientOrder []int32) []int32 {
	e := &b.f.Enrollments
	clientPlace := inverse(clientOrder, len(b.clients.updated))
	for i, c := range e.Client {
		e.Client[i] = clientPlace[c]
	}
	order, first := grouped(e.Client, b.enrollments.rows(), len(clientOrder))
	for c := range clientOrder {
		slices.SortFunc(order[first[c]:first[c+1]], func(x, y int32) int {
			return cmp.Or(cmp.Compare(e.EntryDate[x], e.EntryDate[y]), strings.Compare(b.enrollments.keys[x], b.enrollments.keys[y]))
		})
	}
	b.f.Clients.enrollments = first
	b.enrollments.columns = append(b.enrollments.columns, columnOf[int32]{rows: &e.Client}, columnOf[int32]{rows: &e.Project},
		columnOf[int32]{rows: &e.Household}, columnOf[int16]{rows: &e.CoC})
	e.ids, e.Row = b.enrollments.finish(order)
	return order
}

// grouped lists the rows by group, and where each group begins in the list.
func grouped(group, rows []int32, groups int) (order, first []int32) {
	first = make([]int32, groups+1)
	for _, i := range rows {
		first[group[i]+1]++
	}
	for g := range groups {
		first[g+1] += first[g]
	}
	order = make([]int32, len(rows))
	next := slices.Clone(first)
	for _, i := range rows {
		g := group[i]
		order[next[g]] = i
		next[g]++
	}
	return order, first
}

// finish puts the records in the order of enrollments, then by date, last update and key.
func (r *records) finish(place []int32, enrollments int) {
	for i, e := range r.enrollment {
		r.enrollment[i] = place[e]
	}
	order, first := grouped(r.enrollment, counted(len(r.enrollment)), enrollments)
	for e := range enrollments {
		if first[e+1]-first[e] > 1 {
			slices.SortFunc(order[first[e]:first[e+1]], r.compare)
		}
	}
	r.index.first = first
	for _, c := range r.columns {
		c.reorder(order)
	}
}

func (r *records) compare(x, y int32) int {
	day := *r.day
	return cmp.Or(cmp.Compare(day[x], day[y]), cmp.Compare(r.updated[x], r.updated[y]), cmp.Compare(r.tie[x], r.tie[y]))
}

// finishExits gives every enrollment its exit, the last one where there are several.
func (r *records) finishExits(place []int32, enrollments int) {
	exit := make([]int32, enrollments)
	for x := int32(1); x < int32(len(r.enrollment)); x++ {
		if at := &exit[place[r.enrollment[x]]]; *at == 0 || r.compare(x, *at) > 0 {
			*at = x
		}
	}
	for _, c := range r.columns {
		c.reorder(exit)
	}
}

// groupHouseholds numbers the households by their first enrollment and lists their members.
func (b *Builder) groupHouseholds() {
	e := &b.f.Enrollments
	number := make([]int32, len(b.households))
	hub := slices.ContainsFunc(b.households, func(row int64) bool { return row != 0 })
	next := int32(0)
	for i, h := range e.Household {
		if number[h] == 0 {
			next++
			number[h] = next
			if hub {
				b.f.Households.Row = append(b.f.Households.Row, b.households[h])
			}
		}
		e.Household[i] = number[h] - 1
	}
	b.f.Households.members, b.f.Households.first = grouped(e.Household, counted(len(e.Household)), int(next))
}
