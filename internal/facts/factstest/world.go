// Package factstest writes small communities for tests.
package factstest

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// World is a few rows of HMIS files, written as in CSV.
type World struct {
	T    testing.TB
	Rows map[string][]Row // by file
	next int

	Persons map[string]int64 // by PersonalID, where the hub has linked clients
}

// Row is the cells of a row by HUD's names of the columns; those that are left out are empty.
type Row map[string]string

// New has one organization "o" with project "p" of a type.
func New(t testing.TB, projectType string) *World {
	w := &World{T: t, Rows: map[string][]Row{}}
	w.Add("Organization", Row{"OrganizationID": "o", "OrganizationName": "Org", "VictimServiceProvider": "0"})
	w.Add("Project", Row{"ProjectID": "p", "OrganizationID": "o", "ProjectName": "Project", "ProjectType": projectType, "ContinuumProject": "1", "OperatingStartDate": "2010-01-01"})
	return w
}

// Add adds a row of a file, with a key where it has none.
func (w *World) Add(file string, v Row) {
	key := hmis.FileNamed(file).Key().Name
	if v[key] == "" {
		w.next++
		v[key] = fmt.Sprintf("%06d", w.next)
	}
	w.Rows[file] = append(w.Rows[file], v)
}

// Stay adds an enrollment with the id, at project "p" and in household "h" if the row says no other, an exit where it has an
// ExitDate, and the client (with the same id, if the row has no PersonalID). Of a client that is there already the columns of
// Client say nothing.
func (w *World) Stay(id string, v Row) {
	person := id
	if v["PersonalID"] != "" {
		person = v["PersonalID"]
	}
	client := Row{"PersonalID": person, "DOB": v["DOB"], "DOBDataQuality": "1", "VeteranStatus": v["VeteranStatus"], "DateCreated": "2010-01-01 00:00:00"}
	enrollment := Row{"EnrollmentID": id, "PersonalID": person, "ProjectID": "p", "HouseholdID": "h", "RelationshipToHoH": "1", "DateCreated": "2010-01-01 00:00:00"}
	for column, value := range v {
		if hmis.FileNamed("Enrollment").Column(column) != nil {
			enrollment[column] = value
		} else if hmis.FileNamed("Exit").Column(column) == nil {
			client[column] = value
		}
	}
	w.Add("Client", client)
	w.Add("Enrollment", enrollment)
	if v["ExitDate"] != "" {
		exit := Row{"EnrollmentID": id, "PersonalID": person}
		for _, column := range []string{"ExitDate", "Destination", "DestinationSubsidyType"} {
			exit[column] = v[column]
		}
		w.Add("Exit", exit)
	}
}

// Record adds a row under a stay.
func (w *World) Record(file, stay string, v Row) {
	v["EnrollmentID"] = stay
	w.Add(file, v)
}

// Facts are what the rows make.
func (w *World) Facts() *facts.Facts {
	b := facts.NewBuilder()
	for _, group := range facts.Files() {
		for _, file := range group {
			for _, v := range w.Rows[file] {
				b.Add(file, w.cells(file, v), facts.Origin{Person: w.Persons[v["PersonalID"]]})
			}
		}
	}
	return b.Facts()
}

func (w *World) cells(file string, v Row) []hmiscsv.Cell {
	f := hmis.FileNamed(file)
	cells := make([]hmiscsv.Cell, len(f.Columns))
	for name := range v {
		if f.Column(name) == nil {
			w.T.Fatalf("%s has no column %s", file, name)
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
			cells[i].N = int64(Day(w.T, s))
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
			w.T.Fatalf("%s.%s: %v", file, c.Name, err)
		}
	}
	return cells
}

// Day reads yyyy-mm-dd.
func Day(t testing.TB, s string) hmis.Date {
	t.Helper()
	d, err := hmis.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
