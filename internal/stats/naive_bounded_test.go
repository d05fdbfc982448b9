package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// TestNaiveBounded: what units add to a measure is what the naive answer about each of them alone says, cut at the bounds.
func TestNaiveBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	a := madeUp(t, "a", synth.Options{Clients: *naiveClients, Seed: 11, Faults: true})
	disturb(r, a)
	c := &community{sources: []source{a}, person: map[string]int64{}}
	c.link(r)
	w, e := newWorld(c), stats.New(c.facts(), stats.Version{})
	var measures []stats.Measure
	for _, m := range stats.Measures() {
		if _, ok := stats.BoundsOf(m.Measure, stats.Period{}); ok {
			measures = append(measures, m.Measure)
		}
	}
	if len(measures) < 10 {
		t.Fatalf("only %v have bounds", measures)
	}
	seen := map[stats.Measure]bool{}
	rapid.Check(t, func(t *rapid.T) {
		q, g := anyQuestion(t, e, w, period{hmis.NewDate(2020, 6, 1), hmis.NewDate(2027, 3, 1)})
		by := slices.DeleteFunc(slices.Clone(g.By), func(d stats.Dimension) bool { return d.Info().Grain != stats.NoGrain })
		if len(by) > 1 {
			by = by[:1]
		}
		sameBounded(t, e, w, q, by, measures, seen)
	})
	sameBounded(t, e, w, stats.Query{Period: stats.Period{Start: hmis.NewDate(2021, 1, 1), End: hmis.NewDate(2026, 12, 31)}}, nil, measures, seen)
	for _, m := range measures {
		if !seen[m] {
			t.Errorf("%v is nothing in every question: this community shows nothing of it", m)
		}
	}
}

func sameBounded(t rapid.TB, e *stats.Engine, w *world, q stats.Query, by []stats.Dimension, measures []stats.Measure, seen map[stats.Measure]bool) {
	asked, values := ask(w, q), []stats.Value{{}}
	if len(by) == 1 {
		values = e.Values(by[0], nil)
	}
	for _, m := range measures {
		got, err := e.Bounded(q, by, m)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			where := slices.Clone(q.Where)
			if len(by) == 1 {
				where = append(where, stats.Condition{Dimension: by[0], Values: []string{v.Name}})
			}
			want := asked.whole(where).bounded(m)
			seen[m] = seen[m] || want.Units > 0
			if diff := cmp.Diff(want, got[uint32(i)]); diff != "" {
				t.Errorf("%v of %s by %v in %s\nnaive -, engine +\n%s", m, inWords(q), by, v.Name, diff)
			}
		}
	}
}

// bounded asks about each unit alone.
func (w *whole) bounded(m stats.Measure) (b stats.Bounded) {
	limits, _ := stats.BoundsOf(m, w.Period)
	units := map[any]*whole{}
	of := func(s *stay) *whole {
		u := w.unit(s)
		if units[u] == nil {
			units[u] = &whole{asked: w.asked, where: w.where}
		}
		return units[u]
	}
	for _, s := range w.considered {
		of(s).considered = append(of(s).considered, s)
	}
	for _, s := range w.question {
		if m != stats.AverageHouseholdSize || s.head() {
			of(s).question = append(of(s).question, s)
		}
	}
	for _, alone := range units {
		a, adds := alone.naive(m), 0.0
		info := m.Info()
		parts := make([]int64, len(info.Parts)+len(info.Buckets))
		switch info.Kind {
		case stats.Flow:
			adds = float64(a.Count)
			for i, n := range a.Parts {
				parts[i] = min(n, 1)
			}
		case stats.Count:
			adds = float64(a.Count)
		case stats.Duration:
			if adds = math.Floor(a.Days.Mean + 0.5); a.Count > 0 {
				parts[slices.IndexFunc(info.Buckets, func(b stats.Bucket) bool {
					return int(adds) >= b.From && (int(adds) <= b.To || b.To < 0 && b.From >= 0)
				})] = 1
			}
		default: // an average
			adds = float64(a.Numerator)
			if m == stats.AverageHouseholdSize {
				adds, a.Count = 0, int64(len(alone.question))
				for _, s := range alone.question {
					adds += float64(len(w.members(s)))
				}
				adds = math.Floor(adds/float64(a.Count) + 0.5)
			}
			if m == stats.AverageAge {
				a.Count = a.Denominator
			}
			if m == stats.AveragePerNight {
				a.Count = a.Numerator
			}
		}
		if a.Count == 0 {
			continue
		}
		if b.Parts == nil {
			b.Parts = make([]int64, len(parts))
		}
		b.Units++
		b.Sum += int64(min(max(adds, float64(limits.Least)), float64(limits.Most)))
		for i, n := range parts {
			b.Parts[i] += n
		}
	}
	return b
}
