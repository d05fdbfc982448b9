package disclosure_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// The fixed table of a query shows true numbers and totals, none from 1 to 10, and no line of which just one number is hidden,
// which could be worked out from the others even where people are in several groups.
func TestFixedTable(t *testing.T) {
	b := newBench(t, 1000, 7, generous{})
	for name, c := range map[string]struct {
		grouping stats.Grouping
		measure  stats.Measure
		rows     int
	}{
		"type by sex":       {stats.Grouping{By: []stats.Dimension{stats.ProjectType, stats.Sex}}, stats.Served, 0},
		"months":            {stats.Grouping{Grain: stats.Month}, stats.Entered, 13},
		"age by quarters":   {stats.Grouping{By: []stats.Dimension{stats.AgeBand, stats.InQuarter}}, stats.Served, 0},
		"type, sex, months": {stats.Grouping{By: []stats.Dimension{stats.Sex, stats.Veteran}, Grain: stats.Quarter}, stats.Exited, 0},
	} {
		t.Run(name, func(t *testing.T) {
			q := stats.Query{Period: year}
			made, err := b.FixedTable(context.Background(), q, c.grouping, c.measure)
			if err != nil {
				t.Fatal(err)
			}
			if c.rows > 0 && len(made.Groups) != c.rows {
				t.Errorf("%d rows, want %d", len(made.Groups), c.rows)
			}
			hidden := 0
			lines := map[string][2]int{} // hidden and all, by the dimension that varies and the others
			for _, g := range made.Groups {
				where := q
				where.Period = g.Period
				var key []string
				for i, v := range g.Values {
					if v.Name != "TOTAL" {
						where.Where = append(where.Where, is(made.By[i], v.Name))
					}
					key = append(key, v.Name)
				}
				key = append(key, fmt.Sprint(g.Period))
				truth, err := b.engine.Totals(where, c.measure)
				if err != nil {
					t.Fatal(err)
				}
				n, got := truth.Answers[0].Count, g.Answers[0].Count
				switch {
				case got.Value == nil:
					hidden++
					if got.Reason != disclosure.TooFew {
						t.Error(got.Reason)
					}
				case *got.Value != n || n > 0 && n < 11:
					t.Errorf("%v: %d shown, true %d", key, *got.Value, n)
				}
				for i := range key {
					other := append([]string{fmt.Sprint(i)}, key...)
					other[i+1] = "*"
					l := lines[fmt.Sprint(other)]
					if l[1]++; got.Value == nil {
						l[0]++
					}
					lines[fmt.Sprint(other)] = l
				}
			}
			for key, l := range lines {
				if l[0] == 1 && l[1] > 1 {
					t.Errorf("one number alone is hidden in %s", key)
				}
			}
			t.Logf("%d of %d hidden", hidden, len(made.Groups))
		})
	}
}

// What is no fixed table is refused with what to do.
func TestFixedTableRefuses(t *testing.T) {
	b := newBench(t, 200, 7, generous{})
	least := 1.0
	for name, c := range map[string]struct {
		query    stats.Query
		grouping stats.Grouping
		measure  stats.Measure
		code     hmis.ErrorCode
	}{
		"a rate":            {stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.Sex}}, stats.ExitsToPermanent, hmis.Invalid},
		"bed nights":        {stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.Sex}}, stats.BedNights, hmis.Invalid},
		"no dimension":      {stats.Query{Period: year}, stats.Grouping{}, stats.Served, hmis.Invalid},
		"four":              {stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.Sex, stats.Veteran, stats.Survivor, stats.Chronic}}, stats.Served, hmis.Invalid},
		"having":            {stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.Sex}, Having: []stats.Having{{Measure: stats.Served, AtLeast: &least}}}, stats.Served, hmis.Invalid},
		"days":              {stats.Query{Period: stats.Period{Start: year.Start + 1, End: year.End}}, stats.Grouping{By: []stats.Dimension{stats.Sex}}, stats.Served, hmis.Invalid},
		"not published yet": {stats.Query{Period: stats.Period{Start: hmis.NewDate(2027, 1, 1), End: hmis.NewDate(2027, 12, 31)}}, stats.Grouping{By: []stats.Dimension{stats.Sex}}, stats.Served, hmis.NotFound},
	} {
		if _, err := b.FixedTable(context.Background(), c.query, c.grouping, c.measure); hmis.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
