package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// Snapshot is the whole community in memory as it was at a change. It is the hub's: what of it a viewer may have is
// for ReportScope to say.
type Snapshot struct {
	*facts.Facts
	Change int64           // the last change that it holds
	At     *hmis.Timestamp // when that was made; nil where there was none

	projects map[int64]int32 // index in Facts.Projects by row number
}

// snapshots keeps what was read at the newest change: the whole community, and of it what single agencies may report on.
type snapshots struct {
	mu     sync.Mutex
	change int64
	of     map[string]*Snapshot // by the row numbers of the projects, "" for all
}

// snapshot returns the community as it is now, all of it or (own not nil) as if there were no stays but those at some
// projects. It is the one in memory while nothing has changed, else a new one.
func (s *Store) snapshot(ctx context.Context, own []int64) (*Snapshot, error) {
	s.facts.mu.Lock()
	defer s.facts.mu.Unlock()
	var last int64
	if err := s.db.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0) FROM changes").Scan(&last); err != nil {
		return nil, err
	}
	if s.facts.change != last || s.facts.of == nil {
		s.facts.change, s.facts.of = last, map[string]*Snapshot{}
	}
	name := ""
	if own != nil {
		name = fmt.Sprint(own)
	}
	found := s.facts.of[name]
	if found == nil {
		var err error
		if found, err = s.readFacts(ctx, own); err != nil {
			return nil, err
		}
		s.facts.of[name] = found
	}
	return found, nil
}

// readFacts reads all that facts are made of, as it stands at one moment.
func (s *Store) readFacts(ctx context.Context, own []int64) (found *Snapshot, err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	begin := "BEGIN"
	if s.dialect == dialect.Postgres {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return nil, err
	}
	defer func() {
		_, endErr := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		err = errors.Join(err, endErr)
	}()
	found = &Snapshot{projects: map[int64]int32{}}
	err = conn.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0), max(at) FROM changes").Scan(&found.Change, &found.At)
	if err != nil {
		return nil, err
	}
	b := facts.NewBuilder()
	if err := s.addSources(ctx, conn, b, own); err != nil {
		return nil, err
	}
	found.Facts = b.Facts()
	found.Software = "Hearth" // Q4a names what the data comes from
	for i, p := range found.Projects {
		found.projects[p.Row] = int32(i)
	}
	return found, nil
}

func (s *Store) addSources(ctx context.Context, conn *sql.Conn, b *facts.Builder, own []int64) error {
	sources, err := keyedNames(ctx, conn, "SELECT id, name FROM sources ORDER BY id")
	if err != nil {
		return err
	}
	for _, source := range sources {
		b.Source(source.name)
		for _, group := range facts.Files() {
			for _, file := range group {
				if file == "Export" {
					continue // the hub has no export period of its own
				}
				if err := s.addRows(ctx, conn, b, hmis.FileNamed(file), source.key, own); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

type keyedName struct {
	key  int64
	name string
}

func keyedNames(ctx context.Context, conn *sql.Conn, query string) (list []keyedName, err error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var k keyedName
		if err := rows.Scan(&k.key, &k.name); err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, rows.Err()
}

// addRows gives the builder the rows of a file that were not removed, in the shape in which a file has them.
func (s *Store) addRows(ctx context.Context, conn *sql.Conn, b *facts.Builder, f *hmis.File, source int64, own []int64) error {
	person := "0"
	if f.Name == "Client" {
		person = "person_key"
	}
	used := facts.Columns(f.Name)
	selected := []string{"id", person}
	for _, i := range used {
		selected = append(selected, s.cellSQL(f.Columns[i]))
	}
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE source_key = $1 AND removed_at IS NULL%s",
		strings.Join(selected, ", "), f.Table(), atProjects(f, own)), source)
	if err != nil {
		return err
	}
	defer rows.Close()
	var o facts.Origin
	cells := make([]hmiscsv.Cell, len(f.Columns))
	numbers, texts := make([]sql.NullInt64, len(used)), make([]sql.NullString, len(used))
	sealed := make([][]byte, len(used))
	readers := make([]*cellReader, len(used))
	record := slices.Index(used, 0) // the key, which sealed cells are bound to
	into := []any{&o.Row, &o.Person}
	for at, i := range used {
		switch c := f.Columns[i]; {
		case c.Sealed():
			readers[at] = &cellReader{s.keys, source, c, placeOf(f, c)}
			into = append(into, &sealed[at])
		case c.Kind == hmis.Text:
			into = append(into, &texts[at])
		default:
			into = append(into, &numbers[at])
		}
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for at, i := range used {
			if r := readers[at]; r != nil {
				if cells[i], err = r.cell(texts[record].String, sealed[at]); err != nil {
					return err
				}
				continue
			}
			cells[i] = hmiscsv.Cell{N: numbers[at].Int64, S: texts[at].String, Set: numbers[at].Valid || texts[at].Valid}
		}
		b.Add(f.Name, cells, o)
	}
	return rows.Err()
}

// atProjects is the SQL that leaves only stays at the projects, what hangs on them, and who stayed there.
func atProjects(f *hmis.File, own []int64) string {
	if own == nil || f.Level != hmis.ClientLevel {
		return ""
	}
	keys := make([]string, len(own))
	for i, key := range own {
		keys[i] = strconv.FormatInt(key, 10)
	}
	at := "project_key IN (" + strings.Join(keys, ", ") + ")"
	if f.Name == "Client" {
		return " AND id IN (SELECT client_key FROM enrollments WHERE " + at + " AND removed_at IS NULL)"
	}
	return " AND " + at
}

// cellSQL is the SQL of a column as the number or text that a cell has: days and seconds since 1970.
func (s *Store) cellSQL(c *hmis.Column) string {
	name, postgres := c.SQLName(), s.dialect == dialect.Postgres
	switch {
	case c.Sealed():
		return name
	case c.Kind == hmis.Day && postgres:
		return "(" + name + " - DATE '1970-01-01')"
	case c.Kind == hmis.Day:
		return "CAST(julianday(" + name + ") - 2440587.5 AS integer)"
	case c.Kind == hmis.Moment && postgres:
		return "CAST(extract(epoch FROM " + name + ") AS bigint)"
	case c.Kind == hmis.Moment:
		return "CAST(strftime('%s', " + name + ") AS integer)"
	}
	return name
}
