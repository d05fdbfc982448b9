package disclosure

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/hearth-hmis/hearth/internal/stats"
)

// release is a snapshot with the true numbers that were asked for; they do not change.
type release struct {
	name   string
	engine *stats.Engine
	marks  []stats.Mark

	values []dimensionValues // by dimension

	mu      sync.Mutex
	sets    map[string]map[uint32]stats.Set
	sums    map[string]map[uint32]stats.Bounded
	answers map[string]map[uint32]stats.Answer
	with    map[string][]bool // projects with a value in a period
	kept    int               // combinations in sets and answers
}

// dimensionValues are the values of a dimension, and which of them everybody may know of: of places those that projects name,
// for a place that only an enrollment names would tell that somebody is there.
type dimensionValues struct {
	all  []stats.Value
	open map[stats.Value]bool
}

// mostKept bounds the combinations that are kept; past it they are counted anew.
const mostKept = 1 << 20

// mostReleases bounds the communities in memory: past it, the one that was asked longest ago gives way.
const mostReleases = 12

type releases struct {
	mu   sync.Mutex
	open []*release // the one asked last comes last
}

// named finds an open release and puts it last.
func (r *releases) named(name string) *release {
	at := slices.IndexFunc(r.open, func(one *release) bool { return one.name == name })
	if at < 0 {
		return nil
	}
	found := r.open[at]
	r.open = append(slices.Delete(r.open, at, at+1), found)
	return found
}

// release opens the snapshot of a period; nil where it is not published yet.
func (p *Protector) release(ctx context.Context, period stats.Period) (*release, error) {
	names, err := p.snapshots.Names(ctx)
	if err != nil {
		return nil, err
	}
	name, ok := ReleaseOf(period, names)
	if !ok {
		return nil, nil
	}
	p.releases.mu.Lock()
	defer p.releases.mu.Unlock()
	if r := p.releases.named(name); r != nil {
		return r, nil
	}
	engine, err := p.snapshots.Engine(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &release{name: name, engine: engine, marks: make([]stats.Mark, engine.Persons())}
	for i := range r.marks {
		m := prf(p.key, "person", name, fmt.Sprint(i))
		r.marks[i] = stats.Mark{binary.BigEndian.Uint64(m), binary.BigEndian.Uint64(m[8:])}
	}
	r.list()
	r.forget()
	if len(p.releases.open) == mostReleases {
		p.releases.open = slices.Delete(p.releases.open, 0, 1)
	}
	p.releases.open = append(p.releases.open, r)
	return r, nil
}

func (r *release) forget() {
	r.sets, r.answers, r.sums = map[string]map[uint32]stats.Set{}, map[string]map[uint32]stats.Answer{}, map[string]map[uint32]stats.Bounded{}
	r.with, r.kept = map[string][]bool{}, 0
}

// list lists the values of the dimensions.
func (r *release) list() {
	projects := make([]int32, r.engine.Projects())
	for i := range projects {
		projects[i] = int32(i)
	}
	for d := range stats.Dimensions() {
		v := dimensionValues{r.engine.Values(stats.Dimension(d), nil), map[stats.Value]bool{}}
		for _, one := range r.engine.Values(stats.Dimension(d), projects) {
			v.open[one] = true
		}
		r.values = append(r.values, v)
	}
}

// projects tells which projects have the value of an atom.
func (r *release) projects(p stats.Period, a atom) ([]bool, error) {
	key := fmt.Sprint(p, a)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.with[key] == nil {
		with, err := r.engine.ProjectsWith(p, a.dimension, a.place)
		if err != nil {
			return nil, err
		}
		r.keep(len(with))
		r.with[key] = with
	}
	return r.with[key], nil
}

// place numbers the combination of the atoms' values among all of their dimensions.
func (r *release) place(atoms []atom) (by []stats.Dimension, combination uint32) {
	for _, a := range atoms {
		by = append(by, a.dimension)
		combination = combination*uint32(len(r.values[a.dimension].all)) + uint32(a.place)
	}
	return by, combination
}

// set is the people served who meet the atoms.
func (r *release) set(c *cell, atoms []atom) (stats.Set, error) {
	by, combination := r.place(atoms)
	key := fmt.Sprint(c.period, c.scope, by)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sets[key] == nil {
		sets, err := r.engine.Sets(stats.Query{Period: c.period, Projects: c.scope}, by, r.marks)
		if err != nil {
			return stats.Set{}, err
		}
		r.keep(len(sets))
		r.sets[key] = sets
	}
	return r.sets[key][combination], nil
}

// bounded is what persons add to the measure of a cell.
func (r *release) bounded(c *cell) (stats.Bounded, error) {
	by, combination := r.place(c.atoms)
	key := fmt.Sprint(c.period, c.scope, c.unit, c.measure, by)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sums[key] == nil {
		sums, err := r.engine.Bounded(stats.Query{Period: c.period, Projects: c.scope, Unit: c.unit}, by, c.measure)
		if err != nil {
			return stats.Bounded{}, err
		}
		r.keep(len(sums))
		r.sums[key] = sums
	}
	return r.sums[key][combination], nil
}

// count is the true count of a cell.
func (r *release) count(c *cell) (int64, error) {
	if _, ok := stats.BoundsOf(c.measure, c.period); ok {
		b, err := r.bounded(c)
		switch {
		case err != nil || c.part == 0:
			return b.Units, err
		case b.Parts == nil:
			return 0, nil
		}
		return b.Parts[c.part-1], nil
	}
	by, combination := r.place(c.atoms)
	key := fmt.Sprint(c.period, c.scope, c.unit, c.measure, by)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers[key] == nil {
		answers, err := r.engine.Answers(stats.Query{Period: c.period, Projects: c.scope, Unit: c.unit}, by, c.measure)
		if err != nil {
			return 0, err
		}
		r.keep(len(answers))
		r.answers[key] = answers
	}
	a := r.answers[key][combination]
	switch c.side {
	case numerator:
		return a.Numerator, nil
	case denominator:
		return a.Denominator, nil
	}
	return a.Count, nil
}

func (r *release) keep(combinations int) {
	if r.kept += combinations + 1; r.kept > mostKept {
		r.forget()
		r.kept = combinations + 1
	}
}
