// Command migration writes the next version of the SQL in migrations/: what ent/schema has and the versions so far
// have not, for both databases. It starts a throwaway PostgreSQL for that.
//
//	go run ./internal/gen/migration NAME
package main

import (
	"context"
	"database/sql"
	"errors"
	"log"
	"os"

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
	if len(os.Args) != 2 {
		log.Fatal("usage: migration NAME, from the top folder of the project")
	}
	if err := write(os.Args[1]); err != nil {
		log.Fatal(err)
	}
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
	m, err := schema.NewMigrate(entsql.OpenDB(dialectName, db), schema.WithDir(dir), schema.WithDialect(dialectName),
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
