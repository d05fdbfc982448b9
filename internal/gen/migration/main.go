// Command migration writes the next version of the SQL in migrations/: what ent/schema has and the versions so far
// have not, for both databases. It starts a throwaway PostgreSQL for that.
//
//	go run ./internal/gen/migration NAME
//
// Without a name it takes note of versions that were written by hand.
package main

import (
	"context"
	"database/sql"
	"errors"
	"log"
	"os"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/lib/pq"  // the two drivers
	_ "modernc.org/sqlite" // of the two databases

	"github.com/hearth-hmis/hearth/ent/migrate"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

func main() {
	log.SetFlags(0)
	err := errors.Join(sum("sqlite"), sum("postgres"))
	if len(os.Args) == 2 && err == nil {
		err = write(os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// sum writes the checksums of the versions that there are.
func sum(driver string) error {
	dir, err := atlas.NewLocalDir("migrations/" + driver)
	if err != nil {
		return err
	}
	hashes, err := dir.Checksum()
	if err != nil {
		return err
	}
	return atlas.WriteSumFile(dir, hashes)
}

func write(name string) error {
	file, err := os.CreateTemp("", "hearth-*.db")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := diff("sqlite", dialect.SQLite, "file:"+file.Name()+"?_pragma=foreign_keys(1)", name); err != nil {
		return err
	}
	url, stop, err := storetest.StartPostgres()
	if err != nil {
		return err
	}
	defer stop()
	return diff("postgres", dialect.Postgres, url, name)
}

func diff(driver, dialectName, dsn, name string) error {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	dir, err := atlas.NewLocalDir("migrations/" + driver)
	if err != nil {
		return err
	}
	m, err := schema.NewMigrate(entsql.OpenDB(dialectName, db), schema.WithDir(tables{dir}), schema.WithDialect(dialectName),
		schema.WithMigrationMode(schema.ModeReplay), schema.WithFormatter(atlas.DefaultFormatter),
		schema.WithDropColumn(true), schema.WithDropIndex(true), schema.WithErrNoPlan(true))
	if err != nil {
		return err
	}
	err = m.NamedDiff(context.Background(), name, migrate.Tables...)
	if errors.Is(err, atlas.ErrNoPlan) {
		return nil
	}
	return err
}

// tables is a folder of versions without those of the reporting views: Atlas, which drops the tables when it has
// replayed the versions, would trip over them.
type tables struct{ *atlas.LocalDir }

// Files lists the versions.
func (t tables) Files() ([]atlas.File, error) {
	files, err := t.LocalDir.Files()
	return slices.DeleteFunc(files, func(f atlas.File) bool { return strings.HasSuffix(f.Name(), "_reporting.sql") }), err
}
