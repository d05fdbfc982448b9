// Package migrations holds the versioned SQL of both databases and applies it. A new version is made by
// "go run ./internal/gen/migration NAME" from ent/schema; files that have landed are never edited.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

//go:embed postgres sqlite
var files embed.FS

// Apply brings the database to the newest version, or leaves it as it is. Two servers may start at once:
// the second waits for the first. The dialect is ent's name of it.
func Apply(ctx context.Context, db *sql.DB, name string) error {
	tx, err := db.BeginTx(ctx, nil) // SQLite: the data source name makes it an immediate one, which locks
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if name == dialect.Postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(4863720155)"); err != nil {
			return err
		}
	}
	executor, err := newExecutor(ctx, tx, name)
	if err != nil {
		return err
	}
	if err := executor.ExecuteN(ctx, 0); err != nil && !errors.Is(err, migrate.ErrNoPendingFiles) {
		return fmt.Errorf("migrations: %w", err)
	}
	return tx.Commit()
}

// Pending names the versions that Apply would bring.
func Pending(ctx context.Context, db *sql.DB, name string) ([]string, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	executor, err := newExecutor(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	pending, err := executor.Pending(ctx)
	if errors.Is(err, migrate.ErrNoPendingFiles) {
		return nil, nil
	}
	var names []string
	for _, f := range pending {
		names = append(names, f.Name())
	}
	return names, err
}

func newExecutor(ctx context.Context, tx *sql.Tx, name string) (*migrate.Executor, error) {
	dir, err := directory(name)
	if err != nil {
		return nil, err
	}
	open := sqlite.Open
	if name == dialect.Postgres {
		open = postgres.Open
	}
	driver, err := open(tx)
	if err != nil {
		return nil, err
	}
	r := revisions{tx}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+r.Ident().Name+" (version text PRIMARY KEY, revision text NOT NULL)"); err != nil {
		return nil, err
	}
	return migrate.NewExecutor(driver, dir, r, migrate.WithAllowDirty(true))
}

// directory copies the embedded files of one database into the form that Atlas reads.
func directory(name string) (migrate.Dir, error) {
	folder := "sqlite"
	if name == dialect.Postgres {
		folder = "postgres"
	}
	dir := &migrate.MemDir{}
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := files.ReadFile(folder + "/" + e.Name())
		if err == nil {
			err = dir.WriteFile(e.Name(), text)
		}
		if err != nil {
			return nil, err
		}
	}
	return dir, nil
}

// revisions keeps what was applied in a table of the database itself.
type revisions struct{ tx *sql.Tx }

// Ident names the table.
func (revisions) Ident() *migrate.TableIdent { return &migrate.TableIdent{Name: "schema_revisions"} }

// ReadRevisions returns all that was applied.
func (r revisions) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	rows, err := r.tx.QueryContext(ctx, "SELECT revision FROM schema_revisions ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []*migrate.Revision
	for rows.Next() {
		revision, err := scanRevision(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, revision)
	}
	return list, rows.Err()
}

// ReadRevision returns one, or Atlas's error for a version that was not applied.
func (r revisions) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	revision, err := scanRevision(r.tx.QueryRowContext(ctx, "SELECT revision FROM schema_revisions WHERE version = $1", version))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, migrate.ErrRevisionNotExist
	}
	return revision, err
}

// stored is a revision in the table. Atlas writes its type as a word and cannot read it back, so a number stands for it.
type stored struct {
	migrate.Revision
	Type uint
}

func scanRevision(row interface{ Scan(...any) error }) (*migrate.Revision, error) {
	var text string
	if err := row.Scan(&text); err != nil {
		return nil, err
	}
	var r stored
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return nil, err
	}
	r.Revision.Type = migrate.RevisionType(r.Type)
	return &r.Revision, nil
}

// WriteRevision stores one.
func (r revisions) WriteRevision(ctx context.Context, revision *migrate.Revision) error {
	text, err := json.Marshal(stored{*revision, uint(revision.Type)})
	if err != nil {
		return err
	}
	_, err = r.tx.ExecContext(ctx, `INSERT INTO schema_revisions (version, revision) VALUES ($1, $2)
		ON CONFLICT (version) DO UPDATE SET revision = excluded.revision`, revision.Version, string(text))
	return err
}

// DeleteRevision takes one out.
func (r revisions) DeleteRevision(ctx context.Context, version string) error {
	_, err := r.tx.ExecContext(ctx, "DELETE FROM schema_revisions WHERE version = $1", version)
	return err
}
