package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	"github.com/lib/pq"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The facts follow the feed of changes. A step says which table changed and which row, or which import. Facts of a few
// changed clients are read and exchanged, otherwise all are read again; what is there answers until that is done.

// community is the community in memory.
type community struct {
	followed  atomic.Bool // somebody keeps newest current
	newest    atomic.Pointer[Snapshot]
	advancing sync.Mutex

	mu  sync.Mutex
	at  map[string]*Snapshot // of newest, by the row numbers of the projects
	atF *facts.Facts         // of which at is
}

// heard is how often Follow asks the database for changes of which it was not told.
const heard = 500 * time.Millisecond

// Follow keeps the community in memory current until the context ends. PostgreSQL says when there is something new;
// SQLite is asked. What goes wrong is tried again at the next step, and told to the log.
func (s *Store) Follow(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(heard)
	defer ticker.Stop()
	var told <-chan *pq.Notification // nil, and thereby silent, for SQLite
	if s.dialect == dialect.Postgres {
		l := pq.NewListener(s.dsn, heard, time.Minute, nil)
		defer l.Close()
		if err := l.Listen("changes"); err != nil {
			log.Warn("the feed is asked for, the database does not tell", "kind", kindOf(err))
		}
		told = l.Notify
	}
	s.facts.followed.Store(true)
	defer s.facts.followed.Store(false)
	for {
		if _, err := s.advance(ctx); err != nil && ctx.Err() == nil {
			log.Error("the facts could not be brought to the newest change; the old ones answer", "kind", kindOf(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-told:
		case <-ticker.C:
		}
	}
}

// kindOf says for the log what kind of error it is; its words may hold what stands in the database.
func kindOf(err error) string {
	var refused *hmis.Error
	var database *pq.Error
	switch {
	case errors.As(err, &refused):
		return string(refused.Code)
	case errors.As(err, &database):
		return "PostgreSQL " + database.Code.Name()
	}
	var kinds []string
	for ; err != nil; err = errors.Unwrap(err) {
		kinds = append(kinds, fmt.Sprintf("%T", err))
	}
	return strings.Join(kinds, " ")
}

// current returns the community that is in memory, where somebody keeps it current, else the newest.
func (s *Store) current(ctx context.Context) (*Snapshot, error) {
	if found := s.facts.newest.Load(); found != nil && s.facts.followed.Load() {
		return found, nil
	}
	return s.advance(ctx)
}

// advance returns the community as it is now, and keeps it.
func (s *Store) advance(ctx context.Context) (*Snapshot, error) {
	s.facts.advancing.Lock()
	defer s.facts.advancing.Unlock()
	old := s.facts.newest.Load()
	if old != nil {
		last, err := s.lastChange(ctx)
		if err != nil {
			return nil, err
		}
		if last == old.Change {
			return old, nil
		}
	}
	next, err := s.readChanged(ctx, old)
	if err == nil && next == nil {
		next, err = s.readWhole(ctx)
	}
	if err != nil {
		return nil, err
	}
	s.facts.newest.Store(next)
	return next, nil
}

// readChanged reads what changed since; nil where all has to be read.
func (s *Store) readChanged(ctx context.Context, old *Snapshot) (*Snapshot, error) {
	if old == nil {
		return nil, nil
	}
	conns, change, at, end, err := s.reading(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer end()
	clients, touched, few, err := s.clientsChanged(ctx, conns[0], old)
	if err != nil || !few {
		return nil, err
	}
	if !touched {
		return &Snapshot{Facts: old.Facts, Change: change, At: at, projects: old.projects}, nil
	}
	stays, err := s.staysOf(ctx, conns[0], clients)
	if err != nil {
		return nil, err
	}
	with, err := s.readFacts(ctx, conns, func(f *hmis.File) string { return ofClients(f, clients, stays) })
	if err != nil {
		return nil, err
	}
	if f, same := old.Replace(clients, with); same {
		return s.newSnapshot(f, change, at), nil
	}
	return nil, nil
}

// staysOf is the SQL that names the stays of clients. PostgreSQL gets their numbers and goes by the index, for before it
// has statistics of new rows it looks at whole tables; SQLite has a limit for the length of a statement.
func (s *Store) staysOf(ctx context.Context, conn *sql.Conn, clients []int64) (string, error) {
	query := "SELECT id FROM enrollments WHERE client_key IN (" + numbers(clients) + ")"
	if s.dialect != dialect.Postgres {
		return query, nil
	}
	if _, err := conn.ExecContext(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
		return "", err
	}
	stays, err := int64s(ctx, conn, query)
	return numbers(stays), err
}

// ofClients is the SQL that leaves only the records of clients and of their stays.
func ofClients(f *hmis.File, clients []int64, stays string) string {
	switch {
	case f.Level != hmis.ClientLevel:
		return ""
	case f.Name == "Client":
		return " AND id IN (" + numbers(clients) + ")"
	case f.Name == "Enrollment":
		return " AND client_key IN (" + numbers(clients) + ")"
	}
	return " AND enrollment_key IN (" + stays + ")"
}

// numbers lists row numbers as SQL.
func numbers(keys []int64) string {
	if len(keys) == 0 {
		return "0" // no row has it
	}
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = strconv.FormatInt(key, 10)
	}
	return strings.Join(list, ", ")
}

// steps are those of the feed about one table.
type steps struct {
	file       *hmis.File
	rows, runs []int64
	all        bool
}

// clientsChanged lists the clients whose records changed since, by row number. Touched says whether facts changed at all,
// few whether the changes are few enough to be read one by one.
func (s *Store) clientsChanged(ctx context.Context, conn *sql.Conn, since *Snapshot) (clients []int64, touched, few bool, err error) {
	byTable, err := stepsSince(ctx, conn, since.Change)
	if err != nil {
		return nil, false, false, err
	}
	most := 1000 + since.Clients.Len()/20
	for _, st := range byTable {
		switch {
		case st.all:
			return nil, true, false, nil
		case st.file.Level != hmis.ClientLevel:
			continue // read anyway
		}
		client := "client_key"
		if st.file.Name == "Client" {
			client = "id"
		}
		for column, keys := range map[string][]int64{"id": st.rows, "import_key": st.runs} {
			if len(keys) == 0 {
				continue
			}
			more, err := int64s(ctx, conn, fmt.Sprintf("SELECT DISTINCT %s FROM %s WHERE %s IN (%s) LIMIT %d",
				client, st.file.Table(), column, numbers(keys), most+1))
			if err != nil {
				return nil, false, false, err
			}
			if clients = append(clients, more...); column == "id" && client == "id" {
				clients = append(clients, keys...) // also those that are gone
			}
		}
		slices.Sort(clients)
		if clients = slices.Compact(clients); len(clients) > most {
			return nil, true, false, nil
		}
	}
	return clients, len(byTable) > 0, true, nil
}

// stepsSince reads the feed, as far as it is about what facts are made of.
func stepsSince(ctx context.Context, conn *sql.Conn, change int64) (map[string]*steps, error) {
	rows, err := conn.QueryContext(ctx, "SELECT table_name, COALESCE(row_key, 0), COALESCE(run_key, 0) FROM changes WHERE id > $1", change)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byTable := map[string]*steps{}
	for rows.Next() {
		var table string
		var row, run int64
		if err := rows.Scan(&table, &row, &run); err != nil {
			return nil, err
		}
		file := factFiles[table]
		if file == nil {
			continue
		}
		st := byTable[table]
		if st == nil {
			st = &steps{file: file}
			byTable[table] = st
		}
		switch {
		case row != 0:
			st.rows = append(st.rows, row)
		case run != 0:
			st.runs = append(st.runs, run)
		default:
			st.all = true
		}
	}
	return byTable, rows.Err()
}

// factFiles are the files that facts are made of, by table.
var factFiles = func() map[string]*hmis.File {
	files := map[string]*hmis.File{}
	for _, name := range slices.Concat(facts.Files()...) {
		f := hmis.FileNamed(name)
		files[f.Table()] = f
	}
	return files
}()

func int64s(ctx context.Context, conn querier, query string) (list []int64, err error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n sql.NullInt64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n.Int64)
	}
	return list, rows.Err()
}

// atProjects returns of a community the stays at projects, and who stayed, without some clients; all by row number.
func (s *Store) atProjects(whole *Snapshot, own, without []int64) (*Snapshot, error) {
	c := &s.facts
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.atF != whole.Facts {
		c.atF, c.at = whole.Facts, map[string]*Snapshot{}
	}
	name := numbers(own) + " without " + numbers(without)
	found := c.at[name]
	if found == nil || found.Change != whole.Change {
		var at []int32
		for _, key := range own {
			if p, there := whole.projects[key]; there {
				at = append(at, p)
			}
		}
		f := whole.Facts.At(at)
		if found != nil {
			f = found.Facts // only its change is another
		} else if len(without) > 0 {
			var ok bool
			if f, ok = f.Replace(without, whole.Facts.At(nil)); !ok {
				return nil, hmis.Errorf(hmis.Internal, "facts of the same community do not fit")
			}
		}
		found = s.newSnapshot(f, whole.Change, whole.At)
		c.at[name] = found
	}
	return found, nil
}
