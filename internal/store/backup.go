package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
)

// lastBackup is the row of settings that says when the last backup was made.
const lastBackup = "last_backup"

// Backup writes a whole copy of a SQLite database to a new file, readable by its owner alone, while the hub serves.
// The copy is checked before it gets its name. Errors: Conflict where the file exists, Invalid on PostgreSQL, which
// has its own tools.
func (s *Store) Backup(ctx context.Context, file string) error {
	if s.dialect != dialect.SQLite {
		return hmis.Errorf(hmis.Invalid, "PostgreSQL is backed up by its own tools: pg_dump, or archiving of its log; see docs/operations.md")
	}
	part, err := newPart(file)
	if err != nil {
		return err
	}
	defer os.Remove(part)
	if _, err := s.db.ExecContext(ctx, "VACUUM INTO $1", part); err != nil {
		return err
	}
	if err := checkCopy(ctx, part, s.keys); err != nil {
		return err
	}
	if err := name(part, file); err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO settings (name, value, changed_at) VALUES ($1, 'true', $2)
		ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at`, lastBackup, *s.moment())
	return err
}

// Restore makes the database of a URL from a backup of a SQLite database. Nothing is overwritten. Errors: Conflict where
// the database exists, Invalid where the file is no backup, is damaged or was made with other keys.
func Restore(ctx context.Context, backup, databaseURL string, keys *seal.Keys) error {
	file, ok := strings.CutPrefix(databaseURL, "sqlite:")
	if !ok || file == "" {
		return hmis.Errorf(hmis.Invalid, "only SQLite is restored this way; PostgreSQL has pg_restore, see docs/operations.md")
	}
	for _, beside := range []string{file, file + "-wal", file + "-shm", file + "-journal"} {
		if _, err := os.Lstat(beside); !errors.Is(err, fs.ErrNotExist) {
			return hmis.Errorf(hmis.Conflict, "%s exists; nothing is overwritten: stop the hub and move it away first", filepath.Base(beside))
		}
	}
	if err := checkCopy(ctx, backup, keys); err != nil {
		return err
	}
	part, err := newPart(file)
	if err != nil {
		return err
	}
	defer os.Remove(part)
	if err := copyFile(backup, part); err != nil {
		return err
	}
	return name(part, file)
}

// newPart makes an empty file beside the one that is wanted, readable by its owner alone.
func newPart(file string) (string, error) {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return "", hmis.Errorf(hmis.Conflict, "%s exists; nothing is overwritten: name another file", filepath.Base(file))
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".part-*")
	if err != nil {
		return "", hmis.Errorf(hmis.Invalid, "cannot write to the folder of %s", filepath.Base(file))
	}
	return f.Name(), f.Close()
}

// name gives a finished file the name that was asked for, unless somebody else was faster.
func name(part, file string) error {
	f, err := os.Open(part)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(part, file); errors.Is(err, fs.ErrExist) {
		return hmis.Errorf(hmis.Conflict, "%s exists; nothing is overwritten: name another file", filepath.Base(file))
	} else if err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// checkCopy tells that a file is a whole database of a hub with these keys.
func checkCopy(ctx context.Context, file string, keys *seal.Keys) error {
	if _, err := os.Stat(file); err != nil {
		return hmis.Errorf(hmis.NotFound, "there is no file %s", filepath.Base(file))
	}
	_, dsn, err := dataSource("sqlite:" + file)
	if err != nil {
		return err
	}
	dsn, _, _ = strings.Cut(dsn, "?")
	db, err := sql.Open("sqlite", dsn+"?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer db.Close()
	var whole string
	var check []byte
	err = db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&whole)
	if err == nil && whole == "ok" {
		err = db.QueryRowContext(ctx, "SELECT key_check FROM hub WHERE id = 1").Scan(&check)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil || whole != "ok":
		return hmis.Errorf(hmis.Invalid, "%s is not a whole database of Hearth", filepath.Base(file))
	case !bytes.Equal(check, keys.Check()):
		return hmis.Errorf(hmis.Invalid, "%s was made with another key file; name that one with --keys", filepath.Base(file))
	}
	return nil
}
