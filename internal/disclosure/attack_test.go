package disclosure_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

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
		for _, g := range groups.Groups {
			n := g.Answers[0].Count
			cells = append(cells, attack.Cell{Values: names(g.Values), Count: n.Value, Error: float64(n.Margin) / 2})
		}
		return cells, nil
	}
}

// suppressed gives exact numbers, but none below 11.
func suppressed(f *facts.Facts) attack.Asker {
	e := stats.New(f, stats.Version{})
	return func(q attack.Question) (cells []attack.Cell, err error) {
		groups, err := e.Groups(stats.Query{Period: q.Period, Unit: q.Unit, Where: q.Where}, stats.Grouping{By: q.By}, q.Measure)
		if err != nil {
			return nil, err
		}
		for _, g := range groups.Groups {
			c := attack.Cell{Values: names(g.Values)}
			if n := g.Answers[0].Count; n >= 11 {
				c.Count = &n
			}
			cells = append(cells, c)
		}
		return cells, nil
	}
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

// TestAttackBites: the same attack on numbers that are exact and hidden below 11 finds nearly everybody.
func TestAttackBites(t *testing.T) {
	f := community(t, 1000, 1)
	found, err := attack.Know(f).Reconstruct(suppressed(f))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("hidden below 11: area %.3f, top %.2f; %d questions, %d cells shown", found.Area, found.Top, found.Asked, found.Told)
	if found.Area < 0.9 || found.Top < 0.9 {
		t.Errorf("the attack finds only area %.3f, top %.2f", found.Area, found.Top)
	}
}
