package report

import (
	"io"
	"sync"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/synth"
)

const benchClients = 200_000

// benchCommunity is the facts of a large community, made once.
func benchCommunity(b *testing.B) *facts.Facts {
	b.Helper()
	large.once.Do(func() { large.facts = community(b, benchClients, 1) })
	return large.facts
}

var large struct {
	once  sync.Once
	facts *facts.Facts
}

func benchScope(b *testing.B) Scope {
	return Scope{Start: day(b, "2024-10-01"), End: day(b, "2025-09-30")}
}

// BenchmarkAPRAll is the APR of every project of 200,000 clients.
func BenchmarkAPRAll(b *testing.B) {
	f := benchCommunity(b)
	benchRun(b, f, APR, benchScope(b))
}

// BenchmarkAPRStays is the APR of so many projects that together they have about 5,000 active stays.
func BenchmarkAPRStays(b *testing.B) {
	f := benchCommunity(b)
	s := benchScope(b)
	counts := make([]int, len(f.Projects))
	p := &glossary.Period{F: f, Start: s.Start, End: s.End}
	for e := range int32(f.Enrollments.Len()) {
		if p.Active(e) {
			counts[f.Enrollments.Project[e]]++
		}
	}
	stays := 0
	for i, n := range counts {
		if n > 0 && stays+n <= 5000 {
			stays += n
			s.Projects = append(s.Projects, int32(i))
		}
	}
	benchRun(b, f, APR, s)
}

// BenchmarkCEAPR is the system-wide CE APR of 200,000 clients.
func BenchmarkCEAPR(b *testing.B) { benchRun(b, benchCommunity(b), CEAPR, benchScope(b)) }

func benchRun(b *testing.B, f *facts.Facts, k Kind, s Scope) {
	b.Helper()
	b.ReportAllocs()
	var r *Report
	for b.Loop() {
		var err error
		if r, err = Run(f, k, s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(r.universe.stays)), "stays")
	b.ReportMetric(float64(len(r.universe.persons)), "persons")
}

// BenchmarkFromFile is the APR of 20,000 clients from a zip on disk, with nothing in memory.
func BenchmarkFromFile(b *testing.B) {
	path := communityFile(b, synth.Options{Clients: 20_000, Seed: 1, Faults: true})
	for b.Loop() {
		f, err := facts.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		r, err := Run(f, APR, benchScope(b))
		if err != nil {
			b.Fatal(err)
		}
		if err := r.WriteJSON(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
