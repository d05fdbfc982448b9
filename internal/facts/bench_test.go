package facts

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// community opens a made-up export of that many clients.
func community(t testing.TB, o synth.Options) *hmiscsv.Archive {
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
	return open(t, path)
}

func open(t testing.TB, path string) *hmiscsv.Archive {
	t.Helper()
	a, err := hmiscsv.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

const benchClients = 100_000

// BenchmarkFromArchive builds facts of 100,000 clients from a zip and reports the memory that they keep.
func BenchmarkFromArchive(b *testing.B) {
	a := community(b, synth.Options{Clients: benchClients, Seed: 1, Faults: true})
	before := inUse()
	var f *Facts
	for b.Loop() {
		var err error
		if f, err = FromArchive(a); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(inUse()-before)/(1<<20), "MiB")
	b.ReportMetric(float64(f.Enrollments.Len()), "enrollments")
}

// BenchmarkParse reads the same files and keeps nothing: what FromArchive is measured against.
func BenchmarkParse(b *testing.B) {
	a := community(b, synth.Options{Clients: benchClients, Seed: 1, Faults: true})
	for b.Loop() {
		for _, f := range hmis.Files() {
			if err := a.Rows(f.Name, func(*hmiscsv.Row) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkPack packs and unpacks that community; packed-MiB is what a release takes in the database.
func BenchmarkPack(b *testing.B) {
	f, err := FromArchive(community(b, synth.Options{Clients: benchClients, Seed: 1, Faults: true}))
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for b.Loop() {
		var packed bytes.Buffer
		if err := f.Pack(&packed); err != nil {
			b.Fatal(err)
		}
		size = packed.Len()
		if _, err := Unpack(&packed); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/(1<<20), "packed-MiB")
}
