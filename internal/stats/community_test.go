package stats

import (
	"hash/fnv"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// community opens the export of a made-up community.
func community(t testing.TB, o synth.Options) *hmiscsv.Archive {
	t.Helper()
	dir, err := os.MkdirTemp("", "stats")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "community.zip")
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
	a, err := hmiscsv.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// linked makes facts of an export in which many clients are linked to one person, as in a hub; at, where it is not nil, says
// at which projects there are stays.
func linked(t testing.TB, a *hmiscsv.Archive, at map[string]bool) *facts.Facts {
	t.Helper()
	b := facts.NewBuilder()
	stays, clients := map[string]bool{}, map[string]bool{}
	if at != nil {
		eachRow(t, a, "Enrollment", func(cell func(string) hmiscsv.Cell, _ []hmiscsv.Cell) {
			if at[cell("ProjectID").S] {
				stays[cell("EnrollmentID").S], clients[cell("PersonalID").S] = true, true
			}
		})
	}
	for _, group := range facts.Files() {
		for _, file := range group {
			level := hmis.FileNamed(file).Level == hmis.ClientLevel
			eachRow(t, a, file, func(cell func(string) hmiscsv.Cell, cells []hmiscsv.Cell) {
				o := facts.Origin{}
				if file == "Client" {
					h := fnv.New32()
					_, _ = h.Write([]byte(cell("PersonalID").S))
					o.Person = int64(h.Sum32()%1000) + 1
				}
				if at == nil || !level || (file == "Client" && clients[cell("PersonalID").S]) || (file != "Client" && stays[cell("EnrollmentID").S]) {
					b.Add(file, cells, o)
				}
			})
		}
	}
	return b.Facts()
}

func eachRow(t testing.TB, a *hmiscsv.Archive, file string, do func(cell func(string) hmiscsv.Cell, cells []hmiscsv.Cell)) {
	t.Helper()
	at := map[string]int{}
	for i, c := range hmis.FileNamed(file).Columns {
		at[c.Name] = i
	}
	if err := a.Rows(file, func(r *hmiscsv.Row) error {
		if !r.Refused() {
			do(func(column string) hmiscsv.Cell { return r.Cells[at[column]] }, r.Cells)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// town is a community that tests share.
var town = sync.OnceValue(func() *facts.Facts {
	return linked(fatal{}, townFile(), nil)
})

var townFile = sync.OnceValue(func() *hmiscsv.Archive {
	return community(fatal{}, synth.Options{Clients: 1500, Seed: 3, Faults: true})
})

// fatal is a test that must not fail.
type fatal struct{ testing.TB }

func (fatal) Helper()           {}
func (fatal) Fatal(args ...any) { panic(args) }

func allMeasures() (list []Measure) {
	for m := range measureCount {
		list = append(list, m)
	}
	return list
}
