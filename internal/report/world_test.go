package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// world is a few rows of HMIS files, written as in CSV.
type world struct {
	t    testing.TB
	rows map[string][]values
	next int

	persons map[string]int64 // by PersonalID, where the hub has linked clients
}

type values map[string]string

// newWorld has one organization with project "p" of a type.
func newWorld(t testing.TB, projectType string) *world {
	w := &world{t: t, rows: map[string][]values{}}
	w.add("Organization", values{"OrganizationID": "o", "OrganizationName": "Org", "VictimServiceProvider": "0"})
	w.add("Project", values{"ProjectID": "p", "OrganizationID": "o", "ProjectName": "Project", "ProjectType": projectType, "ContinuumProject": "1", "OperatingStartDate": "2010-01-01"})
	return w
}

func (w *world) add(file string, v values) {
	key := hmis.FileNamed(file).Key().Name
	if v[key] == "" {
		w.next++
		v[key] = fmt.Sprintf("%06d", w.next)
	}
	w.rows[file] = append(w.rows[file], v)
}

// stay adds a client and his enrollment, both with the id; an exit where there is an exit date.
func (w *world) stay(id string, v values) {
	client := values{"PersonalID": id, "DOB": v["DOB"], "DOBDataQuality": "1", "VeteranStatus": v["VeteranStatus"], "DateCreated": "2010-01-01 00:00:00"}
	enrollment := values{"EnrollmentID": id, "PersonalID": id, "ProjectID": "p", "HouseholdID": "h", "RelationshipToHoH": "1", "DateCreated": "2010-01-01 00:00:00"}
	for column, value := range v {
		if hmis.FileNamed("Enrollment").Column(column) != nil {
			enrollment[column] = value
		} else if column != "ExitDate" && column != "Destination" {
			client[column] = value
		}
	}
	w.add("Client", client)
	w.add("Enrollment", enrollment)
	if v["ExitDate"] != "" {
		w.add("Exit", values{"EnrollmentID": id, "PersonalID": id, "ExitDate": v["ExitDate"], "Destination": v["Destination"]})
	}
}

// record adds a row under a stay.
func (w *world) record(file, stay string, v values) {
	v["EnrollmentID"] = stay
	w.add(file, v)
}

func (w *world) facts() *facts.Facts {
	b := facts.NewBuilder()
	for _, group := range facts.Files() {
		for _, file := range group {
			for _, v := range w.rows[file] {
				b.Add(file, w.cells(file, v), facts.Origin{Person: w.persons[v["PersonalID"]]})
			}
		}
	}
	return b.Facts()
}

func (w *world) cells(file string, v values) []hmiscsv.Cell {
	f := hmis.FileNamed(file)
	cells := make([]hmiscsv.Cell, len(f.Columns))
	for name := range v {
		if f.Column(name) == nil {
			w.t.Fatalf("%s has no column %s", file, name)
		}
	}
	for i, c := range f.Columns {
		s := v[c.Name]
		if s == "" {
			continue
		}
		cells[i].Set = true
		var err error
		switch c.Kind {
		case hmis.Text:
			cells[i].S = s
		case hmis.Day:
			cells[i].N = int64(day(w.t, s))
		case hmis.Moment:
			var m hmis.Timestamp
			m, err = hmis.ParseTimestamp(s)
			cells[i].N = int64(m)
		case hmis.MoneyKind:
			var m hmis.Money
			m, err = hmis.ParseMoney(s)
			cells[i].N = int64(m)
		default:
			cells[i].N, err = strconv.ParseInt(s, 10, 64)
		}
		if err != nil {
			w.t.Fatalf("%s.%s: %v", file, c.Name, err)
		}
	}
	return cells
}

// The period of the rule tests.
const firstDay, lastDay = "2024-10-01", "2025-09-30"

func (w *world) period() *glossary.Period {
	return &glossary.Period{F: w.facts(), Start: day(w.t, firstDay), End: day(w.t, lastDay)}
}

// stayOf finds a stay by its id.
func stayOf(t testing.TB, p *glossary.Period, id string) int32 {
	for e := range int32(p.F.Enrollments.Len()) {
		if p.F.Enrollments.ID(e) == id {
			return e
		}
	}
	t.Fatalf("there is no stay %s", id)
	return -1
}

// run makes a report of everything in the world.
func (w *world) run(k Kind) *Report {
	r, err := Run(w.facts(), k, Scope{Start: day(w.t, firstDay), End: day(w.t, lastDay)})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// community makes up a community and gives its facts.
func community(t testing.TB, clients int, seed uint64) *facts.Facts {
	t.Helper()
	return factsOf(t, communityFile(t, synth.Options{Clients: clients, Seed: seed, Faults: true}))
}

func communityFile(t testing.TB, o synth.Options) string {
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
	return path
}

func hmisKey(file string) string { return hmis.FileNamed(file).Key().Name }
