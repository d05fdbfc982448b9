package bench

import (
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/synth"
)

var (
	clients = flag.Int("clients", 2_000, "clients of the made-up community")
	long    = flag.Duration("long", time.Second, "how long each question is asked again and again, at least twice, in each of two rounds")
)

// The questions are about the fiscal year 2025, flows about the months of two years.
var (
	yearStart, yearEnd   = hmis.NewDate(2024, time.October, 1), hmis.NewDate(2025, time.September, 30)
	flowsStart, flowsEnd = hmis.NewDate(2023, time.October, 1), hmis.NewDate(2025, time.September, 30)
)

const months = 24

// cell is a project type, an age band and a veteran status, the last two by their place in the catalogue.
type cell struct{ kind, band, veteran int }

// The answers to the three questions.
type (
	active  map[cell][2]int64 // distinct persons and stays
	lengths map[int]length    // by veteran status
	length  struct{ mean, median float64 }
	flows   [months][6]int64 // inflow: first time, returned, re-engaged; outflow: to permanent, to other, to inactive
)

// contestant answers the questions its way.
type contestant struct {
	name    string
	active  func() (active, error)
	lengths func() (lengths, error)
	flows   func() (flows, error)
}

// TestCompare asks everybody the same, and if the answers are the same, for how long.
func TestCompare(t *testing.T) {
	path := community(t)
	start := time.Now()
	f, err := facts.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	e := stats.New(f, stats.Version{})
	t.Logf("%d clients, %d enrollments; facts and engine in %v", f.Clients.Len(), f.Enrollments.Len(), time.Since(start).Round(time.Millisecond))
	db := loadPostgres(t, path)
	all := []contestant{hearth(e), byHand(f), postgresTables(db), postgresFlat(db), duckdb(loadDuckDB(t, db))}
	for _, c := range all[1:] {
		same(t, all[0], c)
	}
	if t.Failed() {
		return
	}
	measured := map[string]*[3]time.Duration{}
	for range 2 { // so that what else the machine does hits all alike
		for _, c := range all {
			if measured[c.name] == nil {
				measured[c.name] = &[3]time.Duration{math.MaxInt64, math.MaxInt64, math.MaxInt64}
			}
			for q, ask := range []func() error{
				func() error { _, err := c.active(); return err },
				func() error { _, err := c.lengths(); return err },
				func() error { _, err := c.flows(); return err },
			} {
				measured[c.name][q] = min(measured[c.name][q], timed(t, ask))
			}
		}
	}
	table(all, measured)
}

func community(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "community.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(f, synth.Options{Clients: *clients, Seed: 1, Faults: true}, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// timed is the shortest of several times.
func timed(t *testing.T, do func() error) time.Duration {
	t.Helper()
	shortest := time.Duration(math.MaxInt64)
	for begin, n := time.Now(), 0; n < 2 || time.Since(begin) < *long; n++ {
		start := time.Now()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		shortest = min(shortest, time.Since(start))
	}
	return shortest
}

// same asks two contestants everything once.
func same(t *testing.T, a, b contestant) {
	t.Helper()
	x, err1 := a.active()
	y, err2 := b.active()
	if err1 != nil || err2 != nil || !maps.Equal(x, y) || len(x) == 0 {
		t.Errorf("active: %s and %s differ: %v %v %v %v", a.name, b.name, err1, err2, x, y)
	}
	l, err1 := a.lengths()
	m, err2 := b.lengths()
	near := func(a, b length) bool { return math.Abs(a.mean-b.mean) < 1e-6 && a.median == b.median }
	if err1 != nil || err2 != nil || !maps.EqualFunc(l, m, near) || len(l) == 0 {
		t.Errorf("lengths of stay: %s and %s differ: %v %v %v %v", a.name, b.name, err1, err2, l, m)
	}
	f, err1 := a.flows()
	g, err2 := b.flows()
	if err1 != nil || err2 != nil || f != g || f == (flows{}) {
		t.Errorf("flows: %s and %s differ: %v %v\n%v\n%v", a.name, b.name, err1, err2, f, g)
	}
}

// table prints milliseconds, and how many times as long as Hearth each takes.
func table(all []contestant, measured map[string]*[3]time.Duration) {
	fmt.Printf("\n| milliseconds (times Hearth) | active by type, age, veteran | length of stay by veteran | flows by month |\n| --- | ---: | ---: | ---: |\n")
	for _, c := range all {
		fmt.Printf("| %s |", c.name)
		for q, d := range measured[c.name] {
			fmt.Printf(" %.1f (%.2f) |", d.Seconds()*1000, d.Seconds()/measured[all[0].name][q].Seconds())
		}
		fmt.Println()
	}
}

// The engine.

func hearth(e *stats.Engine) contestant {
	year := stats.Query{Period: stats.Period{Start: yearStart, End: yearEnd}}
	kinds := map[string]int{}
	for code := range int32(100) {
		if name := hmis.ListNumbered("2.02.6").EnumName(code); name != "" {
			kinds[name] = int(code)
		}
	}
	bands, answers := places(stats.AgeBand), places(stats.Veteran)
	return contestant{"Hearth",
		func() (active, error) {
			groups, err := e.Groups(year, stats.Grouping{By: []stats.Dimension{stats.ProjectType, stats.AgeBand, stats.Veteran}}, stats.Served, stats.StaysInQuestion)
			if err != nil {
				return nil, err
			}
			list := active{}
			for _, g := range groups.Groups {
				list[cell{kinds[g.Values[0].Name], bands[g.Values[1].Name], answers[g.Values[2].Name]}] = [2]int64{g.Answers[0].Count, g.Answers[1].Count}
			}
			return list, nil
		},
		func() (lengths, error) {
			groups, err := e.Groups(year, stats.Grouping{By: []stats.Dimension{stats.Veteran}}, stats.LengthOfStay)
			if err != nil {
				return nil, err
			}
			list := lengths{}
			for _, g := range groups.Groups {
				list[answers[g.Values[0].Name]] = length{g.Answers[0].Days.Mean, g.Answers[0].Days.Median}
			}
			return list, nil
		},
		func() (list flows, err error) {
			groups, err := e.Groups(stats.Query{Period: stats.Period{Start: flowsStart, End: flowsEnd}}, stats.Grouping{Grain: stats.Month}, stats.Inflow, stats.Outflow)
			if err != nil {
				return list, err
			}
			for m, g := range groups.Groups {
				copy(list[m][:3], g.Answers[0].Parts)
				copy(list[m][3:], g.Answers[1].Parts)
			}
			return list, nil
		}}
}

// places are those of the values of a dimension by name.
func places(d stats.Dimension) map[string]int {
	at := map[string]int{}
	for i, v := range d.Info().Values {
		at[v.Name] = i
	}
	return at
}

// read gives the rows of a statement to scan.
func read(db *sql.DB, statement string, scan func(rows *sql.Rows) error, args ...any) error {
	rows, err := db.Query(statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// inSQL asks the questions of a database; each statement has the first and the last day for its arguments.
func inSQL(name string, db *sql.DB, ofActive, ofLengths, ofFlows string) contestant {
	year, two := []any{yearStart.String(), yearEnd.String()}, []any{flowsStart.String(), flowsEnd.String()}
	return contestant{name,
		func() (active, error) {
			list := active{}
			return list, read(db, ofActive, func(rows *sql.Rows) error {
				var c cell
				var n [2]int64
				err := rows.Scan(&c.kind, &c.band, &c.veteran, &n[0], &n[1])
				list[c] = n
				return err
			}, year...)
		},
		func() (lengths, error) {
			list := lengths{}
			return list, read(db, ofLengths, func(rows *sql.Rows) error {
				var veteran int
				var l length
				err := rows.Scan(&veteran, &l.mean, &l.median)
				list[veteran] = l
				return err
			}, year...)
		},
		func() (list flows, err error) {
			return list, read(db, ofFlows, func(rows *sql.Rows) error {
				var month, part int
				var n int64
				err := rows.Scan(&month, &part, &n)
				list[month][part] = n
				return err
			}, two...)
		}}
}
