package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/migrations"
)

// Database is one of the two that the suite runs on.
type Database struct {
	Name string
	New  func(t testing.TB) string // makes a database with the schema and nothing in it, and returns its URL
}

// SQLite makes databases in files of their own.
var SQLite = Database{"sqlite", newSQLiteDatabase}

// migrated is a file that has the newest schema already.
var migrated = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "hearth-schema-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "hearth.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(migrations.Apply(context.Background(), db, dialect.SQLite), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func newSQLiteDatabase(t testing.TB) string {
	t.Helper()
	schema, err := migrated()
	file := filepath.Join(t.TempDir(), "hearth.db")
	if err == nil {
		err = os.WriteFile(file, schema, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

// Databases returns both. It stops the test where PostgreSQL cannot be started: the suite is only whole with it.
func Databases(t testing.TB, server string) []Database {
	return []Database{SQLite, {"postgres", func(t testing.TB) string { return newPostgresDatabase(t, server) }}}
}

// Main runs the tests of a package with a PostgreSQL whose URL is put into server.
func Main(m *testing.M, server *string) int {
	url, stop, err := StartPostgres()
	if err != nil {
		fmt.Fprintln(os.Stderr, "These tests need PostgreSQL:", err)
		return 1
	}
	defer stop()
	*server = url
	return m.Run()
}

var databases atomic.Int64

// newPostgresDatabase copies a database that has the newest schema already.
func newPostgresDatabase(t testing.TB, server string) string {
	t.Helper()
	template.Do(func() { template.err = makeTemplate(server) })
	if template.err != nil {
		t.Fatal(template.err)
	}
	name := fmt.Sprintf("t%d", databases.Add(1))
	if err := create(server, name+" TEMPLATE migrated"); err != nil {
		t.Fatal(err)
	}
	return named(server, name)
}

var template struct {
	sync.Once
	err error
}

func makeTemplate(server string) error {
	if err := create(server, "migrated"); err != nil {
		return err
	}
	db, err := sql.Open("postgres", named(server, "migrated"))
	if err != nil {
		return err
	}
	return errors.Join(migrations.Apply(context.Background(), db, dialect.Postgres), db.Close())
}

func create(server, database string) error {
	db, err := sql.Open("postgres", server)
	if err != nil {
		return err
	}
	_, err = db.Exec("CREATE DATABASE " + database)
	return errors.Join(err, db.Close())
}

func named(server, name string) string { return strings.Replace(server, "/postgres?", "/"+name+"?", 1) }

// Keys are the same in every test, so that ids are.
func Keys(t testing.TB) *seal.Keys {
	t.Helper()
	k, err := seal.New([]byte("thirty-two bytes of test secret!"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Open opens a database of its own for a test.
func (d Database) Open(t testing.TB) *store.Store {
	t.Helper()
	return OpenURL(t, d.New(t))
}

// OpenURL opens a database until the test ends.
func OpenURL(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Import brings rows in under the source "made-up" and fails the test where that fails.
func Import(t testing.TB, s *store.Store, r Rows) *store.ImportReport {
	t.Helper()
	report, err := ImportPath(s, r.WriteZip(t, hmis.FY2026), store.ImportOptions{Source: "made-up"})
	if err != nil {
		t.Fatal(err)
	}
	Agree(t, s)
	return report
}

// Agree records a partner agreement that holds on every day for each organization that has none.
func Agree(t testing.TB, s *store.Store) {
	t.Helper()
	ctx := context.Background()
	lead, err := s.As(ctx, &policy.Viewer{Role: policy.SystemAdmin, Standing: policy.Standing{Active: true, TrainedUntil: 1 << 30, AgreedUntil: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	organizations, err := s.Organizations(lead, store.Page{}, store.ByID)
	if err != nil {
		t.Fatal(err)
	}
	if organizations.PageInfo.HasNextPage {
		t.Fatal("more organizations than agreements are recorded for")
	}
	for _, o := range organizations.Nodes() {
		agreed, err := s.PartnerAgreements(ctx, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(agreed) > 0 {
			continue
		}
		if err := s.RecordPartnerAgreement(ctx, store.PartnerAgreement{Organization: o.ID, Version: "1", SignedOn: 0, EndsOn: 1 << 20, Licensed: 1000}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// ImportPath brings a file or folder in.
func ImportPath(s *store.Store, path string, o store.ImportOptions) (*store.ImportReport, error) {
	a, err := hmiscsv.Open(path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return s.Import(context.Background(), a, o)
}

// Cases is the folder of real inputs; the test is skipped, loudly, where it is not there, and fails under CI.
func Cases(t testing.TB) string {
	t.Helper()
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		cases := filepath.Join(folder, "shared", "cases")
		if _, err := os.Stat(cases); err == nil {
			return cases
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("the folder shared/cases with the real inputs is not here")
	}
	t.Skip("NOT TESTED: the folder shared/cases with the real inputs is not here")
	return ""
}

// Run runs a statement past the store, as somebody who holds the database could, and returns the first column of its rows.
func Run(t testing.TB, url, statement string) (texts []string) {
	t.Helper()
	driver, name := "postgres", url
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", file
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(statement)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}
