package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/migrations"
)

// Inspection is what a database says of itself to whoever runs the hub. It holds nothing of what is kept in it.
type Inspection struct {
	Version    string    // of the database program
	New        bool      // nothing of Hearth is in it yet
	Pending    []string  // migrations that Open would bring
	KeysFit    bool      // where there are tables to tell
	Clock      time.Time // of the database's machine
	Folder     string    // where the file of a SQLite database is
	LastBackup *time.Time
	Archiving  bool // PostgreSQL archives its log
}

// Inspect looks at a database without changing anything in it. keys may be nil: then KeysFit is false.
func Inspect(ctx context.Context, databaseURL string, keys *seal.Keys) (found *Inspection, err error) {
	driver, dsn, err := dataSource(databaseURL)
	if err != nil {
		return nil, err
	}
	found = &Inspection{}
	name := dialect.Postgres
	if driver == "sqlite" {
		name = dialect.SQLite
		file := strings.TrimPrefix(databaseURL, "sqlite:")
		found.Folder = filepath.Dir(file)
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) { // which opening would make
			found.New, found.Clock = true, time.Now()
			return found, nil
		}
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return nil, hmis.Errorf(hmis.Unavailable, "the database does not answer; see that it runs and that its URL, user and password are right")
	}
	if name == dialect.SQLite {
		found.Clock = time.Now() // the same machine
		err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&found.Version)
	} else {
		err = db.QueryRowContext(ctx, "SELECT current_setting('server_version'), clock_timestamp()").Scan(&found.Version, &found.Clock)
	}
	if err != nil {
		return nil, err
	}
	return found, found.ofHub(ctx, db, name, keys)
}

func (i *Inspection) ofHub(ctx context.Context, db *sql.DB, name string, keys *seal.Keys) error {
	var err error
	if i.Pending, err = migrations.Pending(ctx, db, name); err != nil {
		return err
	}
	var check []byte
	if err := db.QueryRowContext(ctx, "SELECT key_check FROM hub WHERE id = 1").Scan(&check); err != nil {
		i.New = true // no tables, or nobody opened it yet
		return nil
	}
	i.KeysFit = keys != nil && bytes.Equal(check, keys.Check())
	if name == dialect.Postgres {
		var archived sql.NullTime
		err := db.QueryRowContext(ctx, "SELECT current_setting('archive_mode') <> 'off', last_archived_time FROM pg_stat_archiver").Scan(&i.Archiving, &archived)
		if err == nil && archived.Valid {
			i.LastBackup = &archived.Time
		}
		return nil
	}
	var made hmis.Timestamp
	if err := db.QueryRowContext(ctx, "SELECT changed_at FROM settings WHERE name = $1", lastBackup).Scan(&made); err == nil {
		at := time.Unix(int64(made), 0)
		i.LastBackup = &at
	}
	return nil
}
