package stats_test

// The naive computations (naive_*_test.go) say every measure and dimension a second time, straight from the definitions
// in the catalogue and from HUD's rules (report-rules.md), over the rows of a CSV zip. They share nothing with the
// engine but the names of the catalogue: everything is a map, a set or a loop over everybody, day by day where the
// definition says so. This file turns rows into clients, stays and projects.

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// row is a row of a CSV file.
type row struct {
	file  *hmis.File
	cells []hmiscsv.Cell
}

func (r row) cell(column string) *hmiscsv.Cell {
	c, known := places[r.file][column]
	if !known {
		panic(r.file.Name + " has no column " + column)
	}
	return &r.cells[c]
}

// places are the places of the columns of every file.
var places = func() map[*hmis.File]map[string]int {
	m := map[*hmis.File]map[string]int{}
	for _, f := range hmis.Files() {
		m[f] = map[string]int{}
		for i, c := range f.Columns {
			m[f][c.Name] = i
		}
	}
	return m
}()

const (
	empty = -1                       // no code
	never = hmis.Date(math.MinInt32) // no day
	ever  = hmis.Date(math.MaxInt32) // after all days
	noSum = int64(math.MinInt64)     // no amount
)

func (r row) text(column string) string { return r.cell(column).S }

func (r row) code(column string) int {
	if c := r.cell(column); c.Set {
		return int(c.N)
	}
	return empty
}

func (r row) date(column string) hmis.Date {
	c := r.cell(column)
	switch {
	case !c.Set:
		return never
	case r.file.Column(column).Kind == hmis.Moment:
		return hmis.Timestamp(c.N).Day()
	}
	return hmis.Date(c.N)
}

func (r row) cents(column string) int64 {
	if c := r.cell(column); c.Set {
		return c.N
	}
	return noSum
}

func (r row) id() string { return r.cells[0].S }

// source is the rows of an export, by file.
type source struct {
	name string
	rows map[string][]row
}

// community is some exports, and who of their clients is the same person.
type community struct {
	sources []source
	person  map[string]int64 // by source and PersonalID, from 1; of somebody who is not in it nothing is known
}

func personKey(source, id string) string { return source + "\x00" + id }

// readZip reads the rows of an export that can be used.
func readZip(t testing.TB, name, path string) source {
	t.Helper()
	a, err := hmiscsv.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	s := source{name, map[string][]row{}}
	for _, group := range facts.Files() {
		for _, file := range group {
			err := a.Rows(file, func(r *hmiscsv.Row) error {
				if !r.Refused() {
					s.rows[file] = append(s.rows[file], row{hmis.FileNamed(file), slices.Clone(r.Cells)})
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// madeUp reads a made-up export.
func madeUp(t testing.TB, name string, o synth.Options) source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "community.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(f, o, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return readZip(t, name, path)
}

// facts are what the engine sees of the community.
func (c *community) facts() *facts.Facts {
	b := facts.NewBuilder()
	for _, s := range c.sources {
		b.Source(s.name)
		for _, group := range facts.Files() {
			for _, file := range group {
				for _, r := range s.rows[file] {
					o := facts.Origin{}
					if file == "Client" {
						o.Person = c.person[personKey(s.name, r.id())]
					}
					b.Add(file, r.cells, o)
				}
			}
		}
	}
	return b.Facts()
}

// world is what the naive computations see of it.
type world struct {
	projects      []*project // by source and ProjectID, as the dimension PROJECT numbers them
	organizations []string   // source and OrganizationID, likewise
	stays         []*stay
	clients       int64 // how many
}

type project struct {
	row
	number       int
	organization int
	kind         int // ProjectType
	cocs         []row
	funders      []row
	inventories  []row
}

type client struct {
	row
	number int64
	person int64 // below 0 where nobody is known to be the same
	stays  []*stay
}

type household struct{ members []*stay }

type stay struct {
	row
	number    int
	client    *client
	project   *project
	household *household
	coc       string // by the dimension COC, UNKNOWN where empty

	entry, moveIn hmis.Date
	relation      int
	exit          *row // nil for none
	exitDate      hmis.Date

	nights      []hmis.Date // RecordType 200
	services    []row
	situations  []row
	incomes     []row
	health      []row
	disability  []row
	assessments []row
	events      []row
}

func (s *stay) head() bool { return s.relation == 1 }

func (p *project) in(kinds ...int) bool { return slices.Contains(kinds, p.kind) }

// newWorld puts the rows together.
func newWorld(c *community) *world {
	w := &world{}
	for _, s := range c.sources {
		w.add(c, s)
	}
	slices.Sort(w.organizations)
	slices.SortFunc(w.projects, func(a, b *project) int { return strings.Compare(a.key(), b.key()) })
	for i, p := range w.projects {
		p.number = i
		p.organization = slices.Index(w.organizations, p.organizationKey())
	}
	for _, s := range w.stays {
		s.coc = s.place()
	}
	return w
}

// The names of sources end all keys, so that the order is by source and id.
func (p *project) key() string { return p.text("ExportID") + "\x00" + p.id() }
func (p *project) organizationKey() string {
	return p.text("ExportID") + "\x00" + p.text("OrganizationID")
}

func (w *world) add(c *community, from source) {
	kept := func(file string) []row {
		return slices.DeleteFunc(slices.Clone(from.rows[file]), func(r row) bool { return r.cell("DateDeleted").Set })
	}
	organizations := map[string]bool{}
	for _, r := range kept("Organization") {
		if !organizations[r.id()] {
			organizations[r.id()] = true
			w.organizations = append(w.organizations, from.name+"\x00"+r.id())
		}
	}
	projects := map[string]*project{}
	for _, r := range kept("Project") {
		if projects[r.id()] == nil && organizations[r.text("OrganizationID")] {
			p := &project{row: r.under(from.name), kind: r.code("ProjectType")}
			projects[r.id()] = p
			w.projects = append(w.projects, p)
		}
	}
	for _, file := range []string{"ProjectCoC", "Funder", "Inventory"} {
		for _, r := range kept(file) {
			if p := projects[r.text("ProjectID")]; p != nil {
				list := map[string]*[]row{"ProjectCoC": &p.cocs, "Funder": &p.funders, "Inventory": &p.inventories}[file]
				*list = append(*list, r)
				slices.SortStableFunc(*list, func(a, b row) int { return strings.Compare(a.id(), b.id()) })
			}
		}
	}
	w.addClients(c, from, kept, projects)
}

// under gives a copy that has the source's name for its ExportID.
func (r row) under(source string) row {
	r.cells = slices.Clone(r.cells)
	*r.cell("ExportID") = hmiscsv.Cell{S: source, Set: true}
	return r
}

func (w *world) addClients(c *community, from source, kept func(string) []row, projects map[string]*project) {
	clients := map[string]*client{}
	for _, r := range newest(kept("Client")) {
		w.clients++
		cl := &client{row: r, number: w.clients, person: -w.clients}
		if p, known := c.person[personKey(from.name, r.id())]; known {
			cl.person = p
		}
		clients[r.id()] = cl
	}
	households := map[string]*household{}
	stays := map[string]*stay{}
	whole := slices.DeleteFunc(kept("Enrollment"), func(r row) bool {
		return clients[r.text("PersonalID")] == nil || projects[r.text("ProjectID")] == nil || !r.cell("EntryDate").Set
	})
	for _, r := range newest(whole) {
		s := &stay{row: r, client: clients[r.text("PersonalID")], project: projects[r.text("ProjectID")], number: len(w.stays),
			entry: r.date("EntryDate"), moveIn: r.date("MoveInDate"), relation: r.code("RelationshipToHoH"), exitDate: never}
		key := r.text("ProjectID") + "\x00" + r.text("HouseholdID")
		if r.text("HouseholdID") == "" {
			key = "\x00\x00" + r.id()
		}
		if households[key] == nil {
			households[key] = &household{}
		}
		s.household = households[key]
		s.household.members = append(s.household.members, s)
		s.client.stays = append(s.client.stays, s)
		stays[r.id()] = s
		w.stays = append(w.stays, s)
	}
	addRecords(kept, stays)
}

// newest keeps of rows with the same key the one updated last, the first of those updated at the same time.
func newest(rows []row) (list []row) {
	at := map[string]int{}
	for _, r := range rows {
		i, twice := at[r.id()]
		switch {
		case !twice:
			at[r.id()] = len(list)
			list = append(list, r)
		case r.cell("DateUpdated").N > list[i].cell("DateUpdated").N:
			list[i] = r
		}
	}
	return list
}

func addRecords(kept func(string) []row, stays map[string]*stay) {
	each := func(file, day string, do func(*stay, row)) {
		rows := kept(file)
		slices.SortStableFunc(rows, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.date(day), b.date(day)), cmp.Compare(a.cell("DateUpdated").N, b.cell("DateUpdated").N), cmp.Compare(fnv(a.id()), fnv(b.id())))
		})
		for _, r := range rows {
			if s := stays[r.text("EnrollmentID")]; s != nil {
				do(s, r)
			}
		}
	}
	each("Exit", "ExitDate", func(s *stay, r row) { s.exit, s.exitDate = &r, r.date("ExitDate") })
	each("Services", "DateProvided", func(s *stay, r row) {
		if r.code("RecordType") == 200 {
			s.nights = append(s.nights, r.date("DateProvided"))
		} else {
			s.services = append(s.services, r)
		}
	})
	each("CurrentLivingSituation", "InformationDate", func(s *stay, r row) { s.situations = append(s.situations, r) })
	each("IncomeBenefits", "InformationDate", func(s *stay, r row) { s.incomes = append(s.incomes, r) })
	each("HealthAndDV", "InformationDate", func(s *stay, r row) { s.health = append(s.health, r) })
	each("Disabilities", "InformationDate", func(s *stay, r row) { s.disability = append(s.disability, r) })
	each("Assessment", "AssessmentDate", func(s *stay, r row) { s.assessments = append(s.assessments, r) })
	each("Event", "EventDate", func(s *stay, r row) { s.events = append(s.events, r) })
}

// fnv orders records that are alike in day and update, as internal/facts does: any fixed order would do.
func fnv(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
