package bench

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/lib/pq"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/migrations"
)

var server string

func TestMain(m *testing.M) { os.Exit(storetest.Main(m, &server)) }

// tables are the files that the questions need, in the order in which they refer to each other.
var tables = []string{"Organization", "Project", "Client", "Enrollment", "Exit", "Services"}

// loadPostgres makes a database with the hub's schema, puts the files into its tables in clear, and makes the flat table.
func loadPostgres(t *testing.T, path string) *sql.DB {
	t.Helper()
	start := time.Now()
	db, err := sql.Open("postgres", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // the settings are the connection's
	do := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err, statement)
		}
	}
	if err := migrations.Apply(context.Background(), db, dialect.Postgres); err != nil {
		t.Fatal(err)
	}
	do("SET jit = off")
	do("SET work_mem = '256MB'")
	indexes := dropIndexes(t, db)
	a, err := hmiscsv.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	l := loader{db: db, keys: map[string]map[string]int64{}}
	for _, file := range tables {
		do(inClear(t, db, hmis.FileNamed(file)))
		if err := l.load(a, file); err != nil {
			t.Fatal(file, err)
		}
	}
	for _, index := range indexes {
		do(index)
	}
	do("ANALYZE")
	do(makeFlat())
	do("CREATE INDEX flat_entry_date ON flat (entry_date)")
	do("CREATE INDEX flat_person_key ON flat (person_key)")
	do("ANALYZE flat")
	t.Logf("PostgreSQL loaded in %v", time.Since(start).Round(time.Second))
	return db
}

// dropIndexes takes the tables' indexes away for the loading and gives the statements that make them again.
func dropIndexes(t *testing.T, db *sql.DB) (again []string) {
	t.Helper()
	var names []string
	for _, file := range tables {
		err := read(db, "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = $1 AND indexname NOT LIKE '%_pkey'", func(rows *sql.Rows) error {
			var name, definition string
			err := rows.Scan(&name, &definition)
			names, again = append(names, name), append(again, definition)
			return err
		}, hmis.FileNamed(file).Table())
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		if _, err := db.Exec("DROP INDEX " + pq.QuoteIdentifier(name)); err != nil {
			t.Fatal(err)
		}
	}
	return again
}

// inClear gives sealed columns, which the hub keeps as bytes, the type that they have in clear.
func inClear(t *testing.T, db *sql.DB, f *hmis.File) string {
	t.Helper()
	statement := "SELECT 1;"
	err := read(db, "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND data_type = 'bytea'", func(rows *sql.Rows) error {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		for _, c := range f.Columns {
			if c.SQLName() == name {
				clear := map[hmis.Kind]string{hmis.Text: "text", hmis.Day: "date", hmis.Moment: "timestamp", hmis.MoneyKind: "bigint", hmis.Number: "integer", hmis.Code: "integer"}[c.Kind]
				statement += fmt.Sprintf("ALTER TABLE %s ALTER %s TYPE %s USING NULL;", f.Table(), name, clear)
			}
		}
		return nil
	}, f.Table())
	if err != nil {
		t.Fatal(err)
	}
	return statement
}

// loader numbers the rows of each file, and households.
type loader struct {
	db   *sql.DB
	keys map[string]map[string]int64 // by file (or "household") and id
}

func (l *loader) key(what, id string) int64 {
	if l.keys[what] == nil {
		l.keys[what] = map[string]int64{}
	}
	if l.keys[what][id] == 0 {
		l.keys[what][id] = int64(len(l.keys[what]) + 1)
	}
	return l.keys[what][id]
}

// links are the columns that the hub adds to a file's, by file.
func (l *loader) links(file string, text func(column string) string) (names []string, keys []any) {
	client := func() int64 { return l.key("Client", text("PersonalID")) }
	project := func() int64 { return l.key("Project", text("ProjectID")) }
	switch file {
	case "Project":
		return []string{"organization_key"}, []any{l.key("Organization", text("OrganizationID"))}
	case "Client":
		return []string{"person_key"}, []any{client()}
	case "Enrollment":
		return []string{"client_key", "project_key", "household_key"}, []any{client(), project(), l.key("household", text("ProjectID")+"/"+text("HouseholdID"))}
	case "Exit", "Services":
		return []string{"client_key", "project_key", "enrollment_key"}, []any{client(), 0, l.key("Enrollment", text("EnrollmentID"))}
	}
	return nil, nil
}

func (l *loader) load(a *hmiscsv.Archive, file string) error {
	f := hmis.FileNamed(file)
	at := map[string]int{}
	names := []string{"id", "source_key"}
	for i, c := range f.Columns {
		at[c.Name] = i
		names = append(names, c.SQLName())
	}
	more, _ := l.links(file, func(string) string { return "" })
	l.keys = withoutEmpty(l.keys)
	tx, err := l.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	copying, err := tx.Prepare("COPY " + f.Table() + " (" + strings.Join(append(names, more...), ", ") + ") FROM STDIN")
	if err != nil {
		return err
	}
	err = a.Rows(file, func(r *hmiscsv.Row) error {
		text := func(column string) string { return strings.Clone(r.Cells[at[column]].S) }
		values := []any{l.key(file, text(f.Key().Name)), 1}
		for i, c := range f.Columns {
			values = append(values, value(c, r.Cells[i]))
		}
		_, keys := l.links(file, text)
		_, err := copying.Exec(append(values, keys...)...)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := copying.Exec(); err != nil {
		return err
	}
	return tx.Commit()
}

// withoutEmpty forgets ids that nobody has.
func withoutEmpty(keys map[string]map[string]int64) map[string]map[string]int64 {
	for _, of := range keys {
		delete(of, "")
		delete(of, "/")
	}
	return keys
}

func value(c *hmis.Column, cell hmiscsv.Cell) any {
	switch {
	case !cell.Set:
		return nil
	case c.Kind == hmis.Text:
		return cell.S
	case c.Kind == hmis.Day:
		return hmis.Date(cell.N).String()
	case c.Kind == hmis.Moment:
		return hmis.Timestamp(cell.N).String()
	}
	return cell.N
}

// stays is the CTE of all stays with the move-in of the household (report-rules.md 4) and how the exit ends the stay.
func stays() string {
	var valid, subsidies []string
	for _, s := range hmis.SituationInfos() {
		if s.ValidDestination {
			valid = append(valid, fmt.Sprint(s.Code))
		}
		if s.Subsidy {
			subsidies = append(subsidies, fmt.Sprint(s.Code))
		}
	}
	return `enrolled AS (
	SELECT e.id, c.person_key, e.household_key, e.relationship_to_hoh AS relation, p.project_type AS kind, c.dob, c.veteran_status, e.entry_date, x.exit_date,
		CASE WHEN x.destination NOT IN (` + strings.Join(valid, ", ") + `) OR x.destination IN (8, 9, 30, 99) OR x.destination IS NULL
				OR x.destination = 435 AND coalesce(x.destination_subsidy_type, 0) NOT IN (` + strings.Join(subsidies, ", ") + `) THEN 2
			WHEN x.destination BETWEEN 400 AND 499 THEN 0 ELSE 1 END AS ending,
		CASE WHEN e.move_in_date >= e.entry_date AND (x.exit_date IS NULL OR e.move_in_date <= x.exit_date) THEN e.move_in_date END AS own
	FROM enrollments e JOIN clients c ON c.id = e.client_key JOIN projects p ON p.id = e.project_key LEFT JOIN exits x ON x.enrollment_key = e.id
), heads AS (
	SELECT household_key, min(own) AS first FROM enrolled WHERE relation = 1 GROUP BY 1
), stays AS (
	SELECT *, CASE WHEN kind NOT IN (3, 9, 10, 13) THEN NULL WHEN own IS NOT NULL THEN own WHEN exit_date < first THEN NULL WHEN first IS NOT NULL THEN greatest(first, entry_date) END AS moved_in
	FROM enrolled LEFT JOIN heads USING (household_key)
)`
}

// makeFlat makes a table with a row for each stay and all that the questions need, worked out before.
func makeFlat() string {
	return `CREATE TABLE flat AS WITH ` + stays() + `
SELECT person_key, household_key, kind, dob, veteran_status, entry_date, exit_date, ending, moved_in,
	(SELECT array_agg(DISTINCT date_provided ORDER BY date_provided) FROM services WHERE enrollment_key = stays.id AND record_type = 200) AS nights
FROM stays`
}

const pgYears = "date_part('year', age(greatest(entry_date, $1::date)::timestamp, dob::timestamp))::integer"

// tablesActive are the stays of the period, over the hub's tables; NIGHTS is how many bed nights they have.
const tablesActive = `WITH active AS (
	SELECT c.person_key, p.project_type AS kind, c.dob, c.veteran_status, e.entry_date, x.exit_date, NIGHTS AS nights
	FROM enrollments e JOIN clients c ON c.id = e.client_key JOIN projects p ON p.id = e.project_key LEFT JOIN exits x ON x.enrollment_key = e.id
	WHERE e.entry_date <= $2::date AND (x.exit_date IS NULL OR x.exit_date >= $1::date)
		AND (p.project_type <> 1 OR x.exit_date <= $2::date OR EXISTS (SELECT FROM services s
			WHERE s.enrollment_key = e.id AND s.record_type = 200 AND s.date_provided BETWEEN greatest(e.entry_date, $1::date) AND $2::date))
), `

const tablesNights = `CASE WHEN p.project_type = 1 THEN (SELECT count(DISTINCT s.date_provided) FROM services s WHERE s.enrollment_key = e.id
	AND s.record_type = 200 AND s.date_provided BETWEEN e.entry_date AND $2::date AND (x.exit_date IS NULL OR x.exit_date > $2::date OR s.date_provided < x.exit_date)) END`

func postgresTables(db *sql.DB) contestant {
	active := func(nights string) string { return strings.ReplaceAll(tablesActive, "NIGHTS", nights) }
	return inSQL("PostgreSQL, Hearth's tables", db,
		words(active("NULL")+sqlCells+sqlActive, pgYears),
		words(active(tablesNights)+sqlCells+sqlLengths, pgYears),
		words("WITH "+stays()+", "+sqlFlows, ""))
}

const flatActive = `WITH active AS (
	SELECT person_key, kind, dob, veteran_status, entry_date, exit_date, NIGHTS AS nights
	FROM flat
	WHERE entry_date <= $2::date AND (exit_date IS NULL OR exit_date >= $1::date) AND (kind <> 1 OR exit_date <= $2::date OR HAS_NIGHT)
), `

// flat asks the flat table; nights and hasNight are in the database's own words.
func flat(name string, db *sql.DB, yearsOld, nights, hasNight string) contestant {
	active := func(nights string) string {
		return strings.NewReplacer("NIGHTS", nights, "HAS_NIGHT", hasNight).Replace(flatActive)
	}
	return inSQL(name, db,
		words(active("NULL")+sqlCells+sqlActive, yearsOld),
		words(active("CASE WHEN kind = 1 THEN "+nights+" END")+sqlCells+sqlLengths, yearsOld),
		words("WITH stays AS (SELECT * FROM flat), "+sqlFlows, ""))
}

func postgresFlat(db *sql.DB) contestant {
	return flat("PostgreSQL, one flat table", db, pgYears,
		"(SELECT count(*) FROM unnest(nights) n WHERE n BETWEEN entry_date AND $2::date AND (exit_date IS NULL OR exit_date > $2::date OR n < exit_date))",
		"EXISTS (SELECT FROM unnest(nights) n WHERE n BETWEEN greatest(entry_date, $1::date) AND $2::date)")
}
