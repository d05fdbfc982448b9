package bench

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	goduckdb "github.com/marcboeker/go-duckdb/v2"
)

// loadDuckDB copies the flat table into a DuckDB in memory.
func loadDuckDB(t *testing.T, from *sql.DB) *sql.DB {
	t.Helper()
	start := time.Now()
	connector, err := goduckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	do := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE TABLE texts (person_key BIGINT, household_key BIGINT, kind INTEGER, dob DATE, veteran_status INTEGER, entry_date DATE, exit_date DATE, ending INTEGER, moved_in DATE, nights VARCHAR)")
	connection, err := connector.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	appender, err := goduckdb.NewAppenderFromConn(connection, "", "texts")
	if err != nil {
		t.Fatal(err)
	}
	err = read(from, "SELECT person_key, household_key, kind, dob, veteran_status, entry_date, exit_date, ending, moved_in, array_to_string(nights, ',') FROM flat", func(rows *sql.Rows) error {
		var person, home int64
		var kind, ending int32
		var dob, entry, exit, moved sql.NullTime
		var veteran sql.NullInt32
		var nights sql.NullString
		if err := rows.Scan(&person, &home, &kind, &dob, &veteran, &entry, &exit, &ending, &moved, &nights); err != nil {
			return err
		}
		row := []driver.Value{person, home, kind, orNull(dob), orNull(veteran), orNull(entry), orNull(exit), ending, orNull(moved), orNull(nights)}
		return appender.AppendRow(row...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := appender.Close(); err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	do("CREATE TABLE flat AS SELECT * EXCLUDE nights, CAST(string_split(nights, ',') AS DATE[]) AS nights FROM texts")
	do("DROP TABLE texts")
	t.Logf("DuckDB loaded in %v", time.Since(start).Round(time.Second))
	return db
}

func orNull(v driver.Valuer) driver.Value {
	value, _ := v.Value()
	if n, ok := value.(int64); ok {
		return int32(n)
	}
	return value
}

func duckdb(db *sql.DB) contestant {
	return flat("DuckDB, one flat table", db, "date_sub('year', dob, greatest(entry_date, $1::date))",
		"len(list_filter(nights, lambda n: n >= entry_date AND n <= $2::date AND (exit_date IS NULL OR exit_date > $2::date OR n < exit_date)))",
		"len(list_filter(nights, lambda n: n >= greatest(entry_date, $1::date) AND n <= $2::date)) > 0")
}
