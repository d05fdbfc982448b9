package stats

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// community makes the facts of a made-up community.
func community(t testing.TB, o synth.Options) *facts.Facts {
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
	made, err := facts.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// town is a community that tests share.
var town = sync.OnceValue(func() *facts.Facts {
	return community(fatal{}, synth.Options{Clients: 1500, Seed: 3, Faults: true})
})

// fatal is a test that must not fail.
type fatal struct{ testing.TB }

func (fatal) Helper()           {}
func (fatal) Fatal(args ...any) { panic(args) }

func date(t testing.TB, s string) hmis.Date {
	t.Helper()
	d, err := hmis.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func allMeasures() (list []Measure) {
	for m := range measureCount {
		list = append(list, m)
	}
	return list
}
