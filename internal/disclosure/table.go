package disclosure

import (
	"context"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// together is the value that stands for all values of a dimension in a fixed table.
var together = stats.Value{Name: "TOTAL", Label: "Total"}

// FixedTable makes the fixed table of a query (Fix): a count of units by up to three dimensions, one of which may be time, from
// the release of its period, which it names, with the totals. No account is told anything: it is for the lead to look at
// and to publish, once for a measure and days. The errors are Invalid, NotFound where the period is not published yet,
// and those of the snapshots.
func (p *Protector) FixedTable(ctx context.Context, q stats.Query, g stats.Grouping, m stats.Measure) (*Groups, error) {
	by, grain, err := split(g)
	switch {
	case err != nil:
		return nil, err
	case int(m) >= len(stats.Measures()) || m.Info().Kind != stats.Count || m.Info().Unit != "units":
		return nil, hmis.Errorf(hmis.Invalid, "a fixed table is of one measure that counts people or households; the field measures lists them")
	case len(g.Having) > 0 || len(g.OrderBy) > 0 || g.First > 0 || g.After > 0:
		return nil, hmis.Errorf(hmis.Invalid, "a fixed table has all its groups in their order; leave having and orderBy out")
	}
	periods, err := parts(q.Period, grain)
	if err != nil {
		return nil, err
	}
	r, err := p.release(ctx, q.Period)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, hmis.Errorf(hmis.NotFound, "the numbers of the period are not published yet; they are from the month after it on")
	}
	t := &fixedTable{release: r, query: q, measure: m, by: by, periods: periods, timed: grain != stats.NoGrain}
	return t.make()
}

// fixedTable is one on its way: the dimensions are by, then time where it is timed.
type fixedTable struct {
	release *release
	query   stats.Query
	measure stats.Measure
	by      []stats.Dimension
	periods []stats.Period
	timed   bool
	table   Table
}

func (t *fixedTable) make() (*Groups, error) {
	for _, d := range t.by {
		values := t.release.values[d]
		if slices.ContainsFunc(values.all, func(v stats.Value) bool { return !values.open[v] }) {
			return nil, hmis.Errorf(hmis.Invalid, "%s has values that only clients' records name; leave it out of a fixed table", d)
		}
		t.table.Sizes = append(t.table.Sizes, len(values.all))
	}
	if t.timed {
		t.table.Sizes = append(t.table.Sizes, len(t.periods))
	}
	places := 1
	for _, n := range t.table.Sizes {
		places = min(places*(n+1), mostFixed+1)
	}
	if len(t.table.Sizes) == 0 || len(t.table.Sizes) > 3 || places > mostFixed {
		return nil, errFixedSize
	}
	t.table.Counts, t.table.Overlap = make([]int64, places), make([]bool, len(t.table.Sizes))
	for kept := range 1 << len(t.by) { // a bit for each dimension that is not taken together
		for at := range len(t.periods) + 1 {
			if at < len(t.periods) && !t.timed {
				continue
			}
			if err := t.count(kept, at); err != nil {
				return nil, err
			}
		}
	}
	for i := range t.table.Overlap {
		t.table.Overlap[i] = true // people have several stays, and may be in several groups
	}
	numbers, err := Fix(t.table)
	if err != nil {
		return nil, err
	}
	return t.groups(numbers), nil
}

// count fills in the places of the dimensions kept, the others being totals, of one part of the period or (past the last) of the
// whole.
func (t *fixedTable) count(kept, part int) error {
	q := t.query
	if part < len(t.periods) {
		q.Period = t.periods[part]
	}
	var by []stats.Dimension
	for i, d := range t.by {
		if kept>>i&1 == 1 {
			by = append(by, d)
		}
	}
	cells, err := t.release.engine.Cells(q, t.measure, by...)
	if err != nil {
		return err
	}
	for combination, n := range cells.Counts {
		codes := make([]int, len(by))
		for i := len(by) - 1; i >= 0; i-- {
			codes[i] = combination % len(cells.Values[i])
			combination /= len(cells.Values[i])
		}
		place := 0
		for i := range t.by {
			code := t.table.Sizes[i]
			if kept>>i&1 == 1 {
				code, codes = codes[0], codes[1:]
			}
			place = place*(t.table.Sizes[i]+1) + code
		}
		if t.timed {
			place = place*(len(t.periods)+1) + part
		}
		t.table.Counts[place] = int64(n)
	}
	return nil
}

func (t *fixedTable) groups(numbers []Number) *Groups {
	groups := &Groups{Basis: Basis{Query: t.query, Release: t.release.name}, By: t.by, Count: len(numbers)}
	for place, n := range numbers {
		one := Group{Period: t.query.Period, Answers: []Answer{{Measure: t.measure, Count: n}}}
		if t.timed {
			if part := place % (len(t.periods) + 1); part < len(t.periods) {
				one.Period = t.periods[part]
			}
			place /= len(t.periods) + 1
		}
		for i := len(t.by) - 1; i >= 0; i-- {
			value := together
			if code := place % (t.table.Sizes[i] + 1); code < t.table.Sizes[i] {
				value = t.release.values[t.by[i]].all[code]
			}
			place /= t.table.Sizes[i] + 1
			one.Values = append([]stats.Value{value}, one.Values...)
		}
		groups.Groups = append(groups.Groups, one)
	}
	return groups
}
