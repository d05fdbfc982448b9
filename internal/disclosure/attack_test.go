package disclosure_test

import (
	"context"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/disclosure/attack"
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

var whole = flag.Bool("whole", false, "attack communities of all sizes with five seeds each, and print the table")

var key = []byte("a key of thirty-two bytes or more, for tests")

// once is the snapshots of a hub that published once.
type once struct{ engine *stats.Engine }

func (o once) Names(context.Context) ([]string, error)               { return []string{"2026-12"}, nil }
func (o once) Engine(context.Context, string) (*stats.Engine, error) { return o.engine, nil }

// generous is a ledger that lets everything through: an attacker may have many accounts.
type generous struct{}

func (generous) Spend(_ context.Context, _ int64, _ string, cells [][]byte, _ int) ([]bool, error) {
	all := make([]bool, len(cells))
	for i := range all {
		all[i] = true
	}
	return all, nil
}

func community(t testing.TB, people int, seed uint64) *facts.Facts {
	t.Helper()
	path := filepath.Join(t.TempDir(), "community.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := attack.Write(f, people, seed); err != nil {
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

// protected asks a Protector.
func protected(f *facts.Facts, key []byte) attack.Asker {
	p := disclosure.New(key, once{stats.New(f, stats.Version{})}, generous{})
	return func(q attack.Question) (cells []attack.Cell, err error) {
		groups, err := p.Groups(context.Background(), 1, stats.Query{Period: q.Period, Unit: q.Unit, Where: q.Where}, stats.Grouping{By: q.By}, q.Measure)
		var refused *hmis.Error
		if errors.As(err, &refused) && refused.Code == hmis.Invalid {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		sigma := 0.0 // the same in all groups of an answer
		for _, g := range groups.Groups {
			sigma = max(sigma, float64(g.Answers[0].Count.Margin-2)/2)
		}
		limits, added := stats.BoundsOf(boundedOf(q.Measure), q.Period)
		for _, g := range groups.Groups {
			a := g.Answers[0]
			c := attack.Cell{Values: names(g.Values), Count: a.Count.Value, Error: sigma, Least: 11 + 2*sigma, Mean: a.Mean.Value}
			if added { // one condition more than the number of persons
				c.SumError = 11 * float64(limits.Most-limits.Least) / 2
			}
			cells = append(cells, c)
		}
		return cells, nil
	}
}

// exact gives exact numbers, but none below the least.
func exact(f *facts.Facts, least int64) attack.Asker {
	e := stats.New(f, stats.Version{})
	return func(q attack.Question) (cells []attack.Cell, err error) {
		query := stats.Query{Period: q.Period, Unit: q.Unit, Where: q.Where}
		groups, err := e.Groups(query, stats.Grouping{By: q.By}, q.Measure)
		if err != nil {
			return nil, err
		}
		var sums map[uint32]stats.Bounded
		limits, added := stats.BoundsOf(boundedOf(q.Measure), q.Period)
		if added = added && q.Measure.Info().Kind != stats.Flow; added {
			if sums, err = e.Bounded(query, q.By, boundedOf(q.Measure)); err != nil {
				return nil, err
			}
		}
		for _, g := range groups.Groups {
			c := attack.Cell{Values: names(g.Values), Least: float64(least - 1)}
			if n := g.Answers[0].Count; n >= least {
				c.Count = &n
			}
			if one := sums[combination(e, q.By, g.Values)]; added {
				if c.Count = nil; one.Units >= least {
					mean := float64(one.Sum) / float64(one.Units)
					if c.Count, c.Mean, c.SumError = &one.Units, &mean, float64(limits.Most); q.Measure == stats.BedNights {
						c.Count, c.Error = &one.Sum, c.SumError
					}
				}
			}
			cells = append(cells, c)
		}
		return cells, nil
	}
}

// combination numbers the values of some dimensions, the last one fastest.
func combination(e *stats.Engine, by []stats.Dimension, values []stats.Value) (n uint32) {
	for i, d := range by {
		list := e.Values(d, nil)
		n = n*uint32(len(list)) + uint32(slices.Index(list, values[i]))
	}
	return n
}

func names(values []stats.Value) (list []string) {
	for _, v := range values {
		list = append(list, v.Name)
	}
	return list
}

// aims are the most that the attack may find, by the size of the community: the area under the curve, where 0.5 is nothing
// learned, and how many of the hundredth it is most sure of have the secret, of 0.18 in all.
var aims = []struct {
	people    int
	area, top float64
}{{1000, 0.65, 0.40}, {3000, 0.62, 0.40}, {10000, 0.58, 0.40}}

func TestReconstruction(t *testing.T) {
	for _, aim := range aims {
		seeds := uint64(5)
		if !*whole {
			if seeds = 1; aim.people > 3000 {
				continue
			}
		}
		area, top := 0.0, 0.0
		for seed := range seeds {
			f := community(t, aim.people, seed+1)
			found, err := attack.Know(f).Reconstruct(protected(f, key))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%5d people, seed %d: area %.3f, top %.2f; %d questions, %d cells shown", aim.people, seed+1, found.Area, found.Top, found.Asked, found.Told)
			area, top = area+found.Area/float64(seeds), top+found.Top/float64(seeds)
		}
		if area > aim.area || top > aim.top {
			t.Errorf("%d people: area %.3f (at most %.2f), top %.2f (at most %.2f)", aim.people, area, aim.area, top, aim.top)
		}
	}
}

// TestAttackerKnows: what the attacker takes each person to add is what the engine adds up.
func TestAttackerKnows(t *testing.T) {
	f := community(t, 1000, 1)
	k, e := attack.Know(f), stats.New(f, stats.Version{})
	for _, p := range []stats.Period{year, month(time.May), {Start: hmis.NewDate(2024, 1, 1), End: hmis.NewDate(2024, 12, 31)}} {
		for _, m := range added {
			if m == stats.Inflow || m == stats.Outflow || m == stats.AveragePerNight {
				continue
			}
			found, err := e.Bounded(stats.Query{Period: p}, nil, boundedOf(m))
			if err != nil {
				t.Fatal(err)
			}
			var units, sum int64
			for person := range int32(f.Clients.Len()) {
				if adds, ok := k.Adds(m, p, person); ok {
					units, sum = units+1, sum+adds
				}
			}
			if want := found[0]; units != want.Units || sum != want.Sum {
				t.Errorf("%v in %v: %d people add %d, want %d and %d", m, p, units, sum, want.Units, want.Sum)
			}
		}
	}
}

// TestAttackBites: the same attack on numbers that are exact and hidden below 11 finds nearly everybody.
func TestAttackBites(t *testing.T) {
	f := community(t, 1000, 1)
	found, err := attack.Know(f).Reconstruct(exact(f, 11))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("hidden below 11: area %.3f, top %.2f; %d questions, %d cells shown", found.Area, found.Top, found.Asked, found.Told)
	if found.Area < 0.9 || found.Top < 0.9 {
		t.Errorf("the attack finds only area %.3f, top %.2f", found.Area, found.Top)
	}
}

// TestDifferencing: no number taken from another makes a secret certain, not even to who knows all others.
func TestDifferencing(t *testing.T) {
	for seed := range uint64(3) {
		f := community(t, 1000, seed+1)
		k := attack.Know(f)
		sure, err := k.Sure(protected(f, key), func(_ attack.Cell, count, group int) bool {
			return count >= 11 && group-count >= 11 // the noise may be anything
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("seed %d: %d of 1000 are certain", seed+1, sure)
		if sure != 0 {
			t.Errorf("seed %d: the secrets of %d people are certain", seed+1, sure)
		}
		if seed > 0 {
			continue
		}
		sure, err = k.Sure(exact(f, 11), func(c attack.Cell, count, _ int) bool { return *c.Count == int64(count) })
		if err != nil {
			t.Fatal(err)
		}
		if sure != 1000 {
			t.Errorf("hidden below 11: only %d are certain, the attack does not bite", sure)
		}
	}
}

// TestTracker: sums around a person do not give the person's secret.
func TestTracker(t *testing.T) {
	tried, found, untried, enough := 0, 0, 0, 100
	if *whole {
		enough = 1000
	}
	for seed := uint64(1); tried < enough; seed++ {
		f := community(t, 1000, seed)
		k := attack.Know(f)
		n, got, err := k.Track(protected(f, key), year)
		if err != nil {
			t.Fatal(err)
		}
		tried, found = tried+n, found+got
		if seed > 1 {
			continue
		}
		if untried, got, err = k.Track(exact(f, 0), year); err != nil {
			t.Fatal(err)
		}
		if got != untried || untried == 0 {
			t.Errorf("exact numbers: %d of %d found, the attack does not bite", got, untried)
		}
	}
	t.Logf("%d people tried", tried)
	if found != 0 {
		t.Errorf("%d of %d found", found, tried)
	}
}

// daily is the snapshots of a hub whose data go on.
type daily struct {
	names   []string
	engines map[string]*stats.Engine
}

func (d *daily) Names(context.Context) ([]string, error) { return d.names, nil }
func (d *daily) Engine(_ context.Context, name string) (*stats.Engine, error) {
	return d.engines[name], nil
}

// TestDayToDay: what comes into the hub later changes no answer about a period that is published, so that nobody who comes
// in shows.
func TestDayToDay(t *testing.T) {
	before, after := stats.New(community(t, 1000, 1), stats.Version{}), stats.New(community(t, 2000, 1), stats.Version{}) // a thousand more
	d := &daily{[]string{"2025-09"}, map[string]*stats.Engine{"2025-09": before, "2025-10": after}}
	p := disclosure.New(key, d, generous{})
	ask := func(p *disclosure.Protector, of stats.Period) (list []string) {
		for _, by := range []stats.Dimension{stats.Sex, stats.AgeBand, stats.Project, stats.RaceEthnicity} {
			groups, err := p.Groups(context.Background(), 1, stats.Query{Period: of}, stats.Grouping{By: []stats.Dimension{by, stats.Survivor}}, stats.Served)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range groups.Groups {
				list = append(list, show(g.Answers[0].Count))
			}
		}
		return list
	}
	first := ask(p, year)
	d.names = []string{"2025-09", "2025-10"}
	if next := ask(p, year); !slices.Equal(first, next) {
		t.Error("the answers about a year changed with the next release")
	}
	if next := ask(disclosure.New(key, d, generous{}), year); !slices.Equal(first, next) {
		t.Error("another server answers differently")
	}
	d = &daily{[]string{"2025-10"}, d.engines}
	if live := ask(disclosure.New(key, d, generous{}), year); slices.Equal(first, live) {
		t.Error("the data did not change, the test does not bite")
	}
}

// TestPercentages: a rate gives nothing but the two numbers shown: turned back with the true number below, which the attacker
// knows, it misses the true number above for want of what rounding and noise took.
func TestPercentages(t *testing.T) {
	b := newBench(t, 3000, 7, generous{})
	tried, found, right := 0, 0, 0
	for _, m := range []stats.Measure{stats.ErrorsAtExit, stats.ExitsToPermanent, stats.WithIncome, stats.ErrorsInIdentity, stats.WithHealthInsurance} {
		for _, d := range []stats.Dimension{stats.Sex, stats.AgeBand, stats.AgeBandFine, stats.Project, stats.RaceEthnicity, stats.Relationship, stats.HouseholdType, stats.Funder} {
			truth, err := b.engine.Groups(stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{d}}, m)
			if err != nil {
				t.Fatal(err)
			}
			above, below := map[string]int64{}, map[string]int64{}
			for _, g := range truth.Groups {
				above[g.Values[0].Name], below[g.Values[0].Name] = g.Answers[0].Numerator, g.Answers[0].Denominator
			}
			for _, g := range b.groups(t, stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{d}}, m).Groups {
				a, name := g.Answers[0], g.Values[0].Name
				if a.Rate == nil {
					continue
				}
				if tried++; *a.Rate != min(float64(*a.Numerator.Value)/float64(*a.Denominator.Value), 1) {
					t.Errorf("%v %s: a rate of %v beside %s of %s", m, name, *a.Rate, show(a.Numerator), show(a.Denominator))
				}
				if back := *a.Rate * float64(below[name]); math.Abs(back-float64(above[name])) < 1e-9 {
					found++
				}
				if exact := float64(above[name]) / float64(below[name]) * float64(below[name]); math.Abs(exact-float64(above[name])) < 1e-9 {
					right++
				}
			}
		}
	}
	t.Logf("%d rates, %d turned back to the true number", tried, found)
	if found > tried/20 || tried < 50 || right != tried {
		t.Errorf("%d of %d rates give the true number, %d when exact", found, tried, right)
	}
}
