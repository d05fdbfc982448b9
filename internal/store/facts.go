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
// for ReportScope and StatisticsScope to say.
type Snapshot struct {
	*facts.Facts
	Change int64           // the last change that it holds
	At     *hmis.Timestamp // when that was made; nil where there was none

	projects map[int64]int32 // index in Facts.Projects by row number
}

func (s *Store) newSnapshot(f *facts.Facts, change int64, at *hmis.Timestamp) *Snapshot {
	found := &Snapshot{Facts: f, Change: change, At: at, projects: map[int64]int32{}}
	f.Software = "Hearth" // Q4a names what the data comes from
	for i, p := range f.Projects {
		found.projects[p.Row] = int32(i)
	}
	return found
}

// readWhole reads all that facts are made of, on two connections, which see the same: whatever changes facts adds a
// step to the feed in the same transaction, and the last step that they see is the same one.
func (s *Store) readWhole(ctx context.Context) (*Snapshot, error) {
	conns, change, at, end, err := s.reading(ctx, 2)
	if err != nil {
		return nil, err
	}
	defer end()
	f, err := s.readFacts(ctx, conns, func(*hmis.File) string { return "" })
	if err != nil {
		return nil, err
	}
	return s.newSnapshot(f, change, at), nil
}

// reading begins transactions that read the database as it stands at one change.
func (s *Store) reading(ctx context.Context, n int) (conns []*sql.Conn, change int64, at *hmis.Timestamp, end func(), err error) {
	end = func() {
		for _, conn := range conns {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			_ = conn.Close()
		}
		conns = nil
	}
	for len(conns) < n {
		conn, seen, seenAt, err := s.begunReading(ctx)
		if err != nil {
			end()
			return nil, 0, nil, nil, err
		}
		if len(conns) > 0 && seen != change {
			end() // somebody wrote in between
		}
		conns, change, at = append(conns, conn), seen, seenAt
	}
	return conns, change, at, end, nil
}

func (s *Store) begunReading(ctx context.Context) (conn *sql.Conn, change int64, at *hmis.Timestamp, err error) {
	if conn, err = s.db.Conn(ctx); err != nil {
		return nil, 0, nil, err
	}
	begin := "BEGIN"
	if s.dialect == dialect.Postgres {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	}
	if _, err = conn.ExecContext(ctx, begin); err == nil {
		err = conn.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0), max(at) FROM changes").Scan(&change, &at)
	}
	if err != nil {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return nil, 0, nil, errors.Join(err, conn.Close())
	}
	return conn, change, at, nil
}

// readFacts builds facts of the rows that the SQL where gives for each file, "" for all.
func (s *Store) readFacts(ctx context.Context, conns []*sql.Conn, where func(*hmis.File) string) (*facts.Facts, error) {
	sources, err := keyedNames(ctx, conns[0], "SELECT id, name FROM sources ORDER BY id")
	if err != nil {
		return nil, err
	}
	b := facts.NewBuilder()
	groups := facts.Files()
	last := len(groups) - 1
	for _, source := range sources {
		b.Source(source.name)
		for _, file := range slices.Concat(groups[1:last]...) { // a hub has no Export of its own
			if err := s.addRows(ctx, conns[0], b, hmis.FileNamed(file), source.key, where); err != nil {
				return nil, err
			}
		}
		if err := s.addFiles(ctx, conns, b, groups[last], source.key, where); err != nil {
			return nil, err
		}
	}
	return b.Facts(), nil
}

// addFiles reads files at the same time, one on each connection.
func (s *Store) addFiles(ctx context.Context, conns []*sql.Conn, b *facts.Builder, files []string, source int64, where func(*hmis.File) string) error {
	next := make(chan string, len(files))
	for _, file := range files {
		next <- file
	}
	close(next)
	errs := make([]error, len(conns))
	var wait sync.WaitGroup
	for i, conn := range conns {
		wait.Go(func() {
			for file := range next {
				if errs[i] = s.addRows(ctx, conn, b, hmis.FileNamed(file), source, where); errs[i] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
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
func (s *Store) addRows(ctx context.Context, conn *sql.Conn, b *facts.Builder, f *hmis.File, source int64, where func(*hmis.File) string) error {
	person, household := "0", "0"
	switch f.Name {
	case "Client":
		person = "person_key"
	case "Enrollment":
		household = "household_key"
	}
	used := facts.Columns(f.Name)
	selected := []string{"id", person, household}
	for _, i := range used {
		selected = append(selected, s.cellSQL(f.Columns[i]))
	}
	// The plus keeps the databases from going through the index of the keys of a source, which leads to every row of the table.
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE +source_key = $1 AND removed_at IS NULL%s",
		strings.Join(selected, ", "), f.Table(), where(f)), source)
	if err != nil {
		return err
	}
	defer rows.Close()
	var o facts.Origin
	read := make([]value, len(used))
	record := slices.Index(used, 0) // the key, which sealed cells are bound to
	into := []any{&o.Row, &o.Person, &o.Household}
	for at, i := range used {
		read[at].column = f.Columns[i]
		if f.Columns[i].Sealed() {
			read[at].opens = &cellReader{s.keys, source, f.Columns[i], placeOf(f, f.Columns[i])}
		}
		into = append(into, &read[at])
	}
	cells := make([]hmiscsv.Cell, len(f.Columns))
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for at, i := range used {
			v := &read[at]
			if v.opens != nil {
				if v.cell, err = v.opens.cell(read[record].cell.S, v.sealed); err != nil {
					return err
				}
			}
			cells[i] = v.cell
		}
		b.Add(f.Name, cells, o)
	}
	return rows.Err()
}

// value takes a column of a row from the database.
type value struct {
	column *hmis.Column
	cell   hmiscsv.Cell
	opens  *cellReader // of a sealed column
	sealed []byte      // its cell, nil where it is empty
}

// Scan makes the cell of what the database has.
func (v *value) Scan(from any) error {
	if v.opens != nil {
		cell, _ := from.([]byte)
		if v.sealed = append(v.sealed[:0], cell...); from == nil {
			v.sealed = nil
		}
		return nil
	}
	v.cell = hmiscsv.Cell{Set: from != nil}
	var err error
	switch from := from.(type) {
	case nil:
	case int64:
		v.cell.N = from
	case string:
		v.cell.S = from
	case []byte:
		if v.column.Kind == hmis.Text {
			v.cell.S = string(from)
		} else {
			v.cell.N, err = strconv.ParseInt(string(from), 10, 64)
		}
	default:
		err = fmt.Errorf("store: %s.%s is a %T in the database", v.column.File, v.column.Name, from)
	}
	return err
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
