package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/facts/factstest"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// world is a few rows of HMIS files.
type world struct{ *factstest.World }

type values = factstest.Row

func newWorld(t testing.TB, projectType string) *world {
	return &world{factstest.New(t, projectType)}
}

// The period of the rule tests.
const firstDay, lastDay = "2024-10-01", "2025-09-30"

func (w *world) period() *glossary.Period {
	return &glossary.Period{F: w.Facts(), Start: day(w.T, firstDay), End: day(w.T, lastDay)}
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
	r, err := Run(w.Facts(), k, Scope{Start: day(w.T, firstDay), End: day(w.T, lastDay)})
	if err != nil {
		w.T.Fatal(err)
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
