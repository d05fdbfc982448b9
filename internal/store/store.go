// Package store is the one door to the database. A caller asks as a viewer (As), and whatever it asks for comes
// back narrowed to the rows that the viewer may see and without the fields that it may not. Nothing else in Hearth
// makes an ent client, a predicate or a statement.
package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/lib/pq"  // the two drivers
	_ "modernc.org/sqlite" // of the two databases

	"github.com/hearth-hmis/hearth/ent"
	_ "github.com/hearth-hmis/hearth/ent/runtime" // hooks and interceptors of the schema
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/migrations"
)

// Store is an open database. It is safe for many goroutines.
type Store struct {
	db      *sql.DB
	dsn     string
	ent     *ent.Client
	dialect string
	keys    *seal.Keys
	now     func() time.Time

	facts     community
	log       log
	searching searching
	life      context.Context // of what goes on between requests
	end       context.CancelFunc

	statements atomic.Int64
}

// Open opens sqlite:FILE or postgres://…, brings it to the newest schema and checks that the keys are the ones
// that it was made with. Errors: Invalid for a URL or keys that do not fit.
func Open(ctx context.Context, databaseURL string, keys *seal.Keys) (*Store, error) {
	driver, dsn, err := dataSource(databaseURL)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, dsn: dsn, dialect: dialect.Postgres, keys: keys, now: time.Now}
	if s.log.keys, err = audit.NewKeys(keys.Derive("audit")); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if driver == "sqlite" {
		s.dialect = dialect.SQLite
	}
	s.life, s.end = context.WithCancel(context.Background())
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	s.ent = ent.NewClient(ent.Driver(counted{entsql.OpenDB(s.dialect, db), s}))
	s.guardClient()
	if err := errors.Join(migrations.Apply(ctx, db, s.dialect), s.checkKeys(ctx), s.sealFirst(ctx)); err != nil {
		s.end()
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// dataSource translates the URL of the command line into a driver and its data source name.
func dataSource(databaseURL string) (driver, dsn string, err error) {
	if file, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok && file != "" {
		return "sqlite", "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + url.Values{
			"_pragma": {"foreign_keys(1)", "journal_mode(WAL)", "busy_timeout(10000)", "synchronous(NORMAL)", "cache_size(-65536)"},
			"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_timezone": {"UTC"},
		}.Encode(), nil
	}
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", "", hmis.Errorf(hmis.Invalid, "the database is named as sqlite:FILE or postgres://USER@HOST/NAME?sslmode=verify-full")
	}
	q := u.Query()
	if mode := q.Get("sslmode"); !local(u.Hostname(), q.Get("host")) && mode != "require" && mode != "verify-ca" && mode != "verify-full" {
		return "", "", hmis.Errorf(hmis.Invalid, "a database on another machine needs sslmode=verify-full (or verify-ca, require) in its URL")
	} else if mode == "" {
		q.Set("sslmode", "disable")
	}
	if !q.Has("jit") {
		q.Set("jit", "off") // compiling a statement costs more than any of ours takes
	}
	u.RawQuery = q.Encode()
	return "postgres", u.String(), nil
}

func local(host, socket string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(socket, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkKeys remembers the keys of a new database and refuses others later: ids and fingerprints would be wrong.
func (s *Store) checkKeys(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, "INSERT INTO hub (id, key_check) VALUES (1, $1) ON CONFLICT (id) DO NOTHING", s.keys.Check()); err != nil {
		return err
	}
	var check []byte
	if err := s.db.QueryRowContext(ctx, "SELECT key_check FROM hub WHERE id = 1").Scan(&check); err != nil {
		return err
	}
	if !bytes.Equal(check, s.keys.Check()) {
		return hmis.Errorf(hmis.Invalid, "this database was made with another key file; name that one with --keys")
	}
	return nil
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error { return s.db.PingContext(ctx) }

// Close signs what the log has and closes the database.
func (s *Store) Close() error {
	s.end()
	s.searching.mu.Lock()
	reading := s.searching.reading
	s.searching.mu.Unlock()
	if reading != nil {
		<-reading
	}
	return errors.Join(s.closeLog(), s.ent.Close())
}

// today is the day on which consents and accounts are judged.
func (s *Store) today() hmis.Date { return hmis.DateOf(s.now()) }

func (s *Store) moment() *hmis.Timestamp {
	t := hmis.TimestampOf(s.now().UTC())
	return &t
}
