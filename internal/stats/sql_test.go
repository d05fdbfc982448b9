package stats_test

import (
	"database/sql"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/kit"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// The queries say some measures in plain SQL over the rows of the CSV files; :s and :e are the first and the last day of the
// period. active are the stays of the period (report-rules.md 2): night by night, without an exit, only with a night in it.
const sqlActive = `
WITH stay AS NOT MATERIALIZED (
	SELECT e.EnrollmentID id, e.PersonalID person, p.ProjectType kind, e.EntryDate entered, x.ExitDate gone, x.Destination dest,
		x.DestinationSubsidyType subsidy
	FROM Enrollment e JOIN Project p USING (ProjectID) LEFT JOIN Exit x ON x.EnrollmentID = e.EnrollmentID
), night AS NOT MATERIALIZED (
	SELECT s.id, v.DateProvided day
	FROM stay s JOIN Services v ON v.EnrollmentID = s.id AND v.RecordType = 200
	WHERE v.DateProvided BETWEEN s.entered AND :e AND (s.gone IS NULL OR s.gone > :e OR v.DateProvided < s.gone)
), active AS MATERIALIZED (
	SELECT id, person, kind, entered, CASE WHEN gone <= :e THEN gone END AS gone,
		CASE WHEN dest = 435 AND coalesce(subsidy, 0) NOT IN (SELECT code FROM subsidies) OR dest NOT IN (SELECT code FROM destinations) THEN 99 ELSE dest END AS dest
	FROM stay s
	WHERE entered <= :e AND (gone IS NULL OR gone >= :s)
		AND (kind <> 1 OR gone <= :e OR EXISTS (SELECT 1 FROM night n WHERE n.id = s.id AND n.day BETWEEN :s AND :e))
)`

var sqlMeasures = []struct {
	measure stats.Measure
	query   string // its two numbers
}{
	{stats.Served, `SELECT count(DISTINCT person), 0 FROM active`},
	{stats.StaysInQuestion, `SELECT count(*), 0 FROM active`},
	{stats.Entered, `SELECT count(DISTINCT person), 0 FROM active WHERE entered BETWEEN :s AND :e`},
	{stats.Exited, `SELECT count(DISTINCT person), 0 FROM active WHERE gone BETWEEN :s AND :e`},
	{stats.LengthOfStay, `SELECT sum(CASE
		WHEN kind = 1 THEN (SELECT count(DISTINCT day) FROM night n WHERE n.id = a.id)
		WHEN gone IS NULL THEN :e + 1 - entered
		ELSE max(gone - entered, 0) END), count(*) FROM active a`},
	{stats.ExitsToPermanent, `SELECT count(DISTINCT CASE WHEN dest BETWEEN 400 AND 499 THEN person END), count(DISTINCT person) FROM active
		WHERE gone BETWEEN :s AND :e AND coalesce(dest, 99) NOT IN (206, 24)
			AND NOT (kind = 4 AND coalesce(dest, 99) = 329) AND NOT (kind <> 4 AND coalesce(dest, 99) IN (215, 225))`},
	{stats.Returns24Months, `SELECT count(DISTINCT CASE WHEN EXISTS (
			SELECT 1 FROM stay r WHERE r.person = f.person AND r.id <> f.id AND r.entered BETWEEN f.gone AND f.gone + 730
				AND (r.kind IN (0, 1, 2, 4, 8) OR r.kind IN (3, 9, 10, 13) AND r.entered > f.gone + 14 AND NOT EXISTS (
					SELECT 1 FROM stay o WHERE o.person = r.person AND o.id <> r.id AND o.kind IN (3, 9, 10, 13)
						AND r.entered > o.entered AND (o.gone IS NULL OR r.entered <= o.gone + 14)))
		) THEN person END), count(DISTINCT person)
		FROM (SELECT *, min(gone) OVER (PARTITION BY person) AS first FROM active
			WHERE gone BETWEEN :s AND :e AND dest BETWEEN 400 AND 499 AND kind IN (0, 1, 2, 3, 4, 8, 9, 10, 13)) f
		WHERE gone = first`},
}

// TestSQL: the same numbers come out of SQL over the CSV rows.
func TestSQL(t *testing.T) {
	madeUpRows := madeUp(t, "", synth.Options{Clients: 2000, Seed: 11, Faults: true})
	disturb(rand.New(rand.NewPCG(4, 5)), madeUpRows)
	sameInSQL(t, madeUpRows, hmis.NewDate(2022, 10, 1))
}

func TestSQLEva(t *testing.T) {
	sameInSQL(t, readZip(t, "", kit.Path(t, "eva-demo-fy2026.zip")), hmis.NewDate(2020, 10, 1))
}

func sameInSQL(t *testing.T, s source, from hmis.Date) {
	c := &community{sources: []source{s}}
	e := stats.New(c.facts(), stats.Version{})
	db := load(t, s)
	for _, p := range []stats.Period{{Start: from, End: from + 364}, {Start: from + 100, End: from + 130}, {Start: from + 40, End: from + 40}} {
		for _, m := range sqlMeasures {
			var want [2]int64
			row := db.QueryRow(sqlActive+m.query, sql.Named("s", int64(p.Start)), sql.Named("e", int64(p.End)))
			if err := row.Scan(&want[0], &want[1]); err != nil {
				t.Fatal(m.measure, err)
			}
			a := answers(t, e, stats.Query{Period: p}, m.measure)[0]
			got := [2]int64{a.Count + a.Numerator, a.Denominator}
			if m.measure == stats.LengthOfStay {
				got = [2]int64{int64(a.Days.Mean*float64(a.Count) + 0.5), a.Count}
			}
			if diff := cmp.Diff(want, got); diff != "" || p.End > p.Start+300 && want[0] == 0 {
				t.Errorf("%v from %v to %v: %d, in SQL %d", m.measure, p.Start, p.End, got, want)
			}
		}
	}
}

// load puts rows into tables of HUD's columns, dates as day numbers.
func load(t *testing.T, s source) *sql.DB {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	run := func(text string, args ...any) {
		t.Helper()
		if _, err := db.Exec(text, args...); err != nil {
			t.Fatal(err)
		}
	}
	run("BEGIN")
	for file, columns := range map[string][]string{
		"Project":    {"ProjectID", "ProjectType"},
		"Enrollment": {"EnrollmentID", "PersonalID", "ProjectID", "EntryDate"},
		"Exit":       {"EnrollmentID", "ExitDate", "Destination", "DestinationSubsidyType"},
		"Services":   {"EnrollmentID", "RecordType", "DateProvided"},
	} {
		run("CREATE TABLE " + file + " (" + strings.Join(columns, ", ") + ")")
		insert, err := db.Prepare("INSERT INTO " + file + " VALUES (" + strings.Repeat("?,", len(columns)-1) + "?)")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s.rows[file] {
			var values []any
			for _, column := range columns {
				switch cell := r.cell(column); {
				case !cell.Set:
					values = append(values, nil)
				case r.file.Column(column).Kind == hmis.Text:
					values = append(values, cell.S)
				default:
					values = append(values, cell.N)
				}
			}
			if _, err := insert.Exec(values...); err != nil {
				t.Fatal(err)
			}
		}
		_ = insert.Close()
		if columns[0] == "EnrollmentID" {
			run("CREATE INDEX of_" + file + " ON " + file + " (EnrollmentID)")
		}
	}
	run("CREATE INDEX of_person ON Enrollment (PersonalID)")
	run("CREATE TABLE destinations (code)")
	run("CREATE TABLE subsidies (code)")
	for _, i := range hmis.SituationInfos() {
		if i.ValidDestination {
			run("INSERT INTO destinations VALUES (?)", i.Code)
		}
		if i.Subsidy {
			run("INSERT INTO subsidies VALUES (?)", i.Code)
		}
	}
	run("COMMIT")
	return db
}
