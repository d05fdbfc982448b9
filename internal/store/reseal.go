package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
)

// resealRows is how many rows are read and written at once.
const resealRows = 500

// RotateKeys seals everything with a new key while the hub serves, and then forgets the older ones. What an earlier
// call began is ended first. It returns how many cells were sealed. progress is told the rows of each table.
func (s *Store) RotateKeys(ctx context.Context, progress func(table string, done, all int64)) (cells int64, err error) {
	if !s.keys.Rotating() {
		if err := s.keys.AddKey(); err != nil {
			return 0, err
		}
	}
	if err := s.askForKey(ctx); err != nil {
		return 0, err
	}
	if cells, err = s.reseal(ctx, progress); err != nil {
		return cells, err
	}
	for _, t := range sealedTablesInOrder() {
		left, err := s.otherwiseSealed(ctx, t)
		if err != nil {
			return cells, err
		}
		if left > 0 {
			return cells, hmis.Errorf(hmis.Conflict, "%d rows of %s were sealed with the older key meanwhile; run hearth keys rotate again", left, t.name)
		}
	}
	return cells, s.keys.ForgetKeys()
}

// askForKey makes the database ask for the primary key. It waits for imports that seal with the older one.
func (s *Store) askForKey(ctx context.Context) error {
	for {
		_, err := s.db.ExecContext(ctx, "UPDATE hub SET key_id = $1 WHERE id = 1", int64(s.keys.Primary()))
		if err == nil || !busy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// busy reports whether SQLite is being written to by somebody else for longer than it waits.
func busy(err error) bool { return strings.Contains(err.Error(), "SQLITE_BUSY") }

// sealFirst seals what stands in the clear in a database from before sealing, and notes the key. Two servers may start
// at once: the second waits.
func (s *Store) sealFirst(ctx context.Context) error {
	var key *int64
	if err := s.db.QueryRowContext(ctx, "SELECT key_id FROM hub WHERE id = 1").Scan(&key); err != nil {
		return err
	}
	if key != nil {
		known, err := s.keys.Knows(uint32(*key))
		if err == nil && !known {
			err = errOldKeys
		}
		return err
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.dialect == dialect.Postgres {
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(4863720157)"); err != nil {
			return err
		}
		defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(4863720157)") }()
	}
	var any bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM import_runs)").Scan(&any); err != nil {
		return err
	}
	if any {
		if err := s.sealClear(ctx); err != nil {
			return err
		}
	}
	return s.askForKey(ctx)
}

// sealClear seals a database in the clear and, on SQLite, overwrites what stood there.
func (s *Store) sealClear(ctx context.Context) error {
	last := ""
	_, err := s.reseal(ctx, func(table string, done, all int64) {
		if table != last {
			slog.Info("sealing what stood in the clear", "table", table, "rows", all)
			last = table
		}
	})
	if err != nil || s.dialect != dialect.SQLite {
		return err
	}
	for _, statement := range []string{"PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// sealedTable is a table with sealed columns: of an HMIS file, whose cells are bound to source and HUD id, or of the hub,
// whose cells are bound to the row.
type sealedTable struct {
	name    string
	file    *hmis.File // nil: the hub's own
	columns []string
}

func sealedTablesInOrder() (list []sealedTable) {
	for _, f := range hmis.Files() {
		t := sealedTable{name: f.Table(), file: f}
		for _, c := range f.Columns {
			if c.Sealed() {
				t.columns = append(t.columns, c.SQLName())
			}
		}
		if t.columns != nil {
			list = append(list, t)
		}
	}
	return append(list, sealedOfHub...)
}

// sealedOfHub are the sealed columns of the hub's own tables.
var sealedOfHub = []sealedTable{
	{name: "accounts", columns: []string{"totp_secret"}},
	{name: "release_parts", columns: []string{"body"}},
}

// hubPlace is what a cell of one of sealedOfHub is bound to.
func hubPlace(table, column string, row int64) []byte {
	return cellPlace{prefix: []byte(table + "\x00" + column + "\x00")}.of(nil, row, "")
}

func (t sealedTable) placeAt(column int, row, source int64, record string) []byte {
	if t.file == nil {
		return hubPlace(t.name, t.columns[column], row)
	}
	return cellPlace{prefix: []byte(t.name + "\x00" + t.columns[column] + "\x00")}.of(nil, source, record)
}

// otherwiseSealed counts the rows with a cell of another key than the primary one.
func (s *Store) otherwiseSealed(ctx context.Context, t sealedTable) (rows int64, err error) {
	conditions := make([]string, len(t.columns))
	for i, c := range t.columns {
		conditions[i] = "(" + c + " IS NOT NULL AND substr(" + c + ", 2, 4) <> $1)"
	}
	sample, err := s.keys.SealCell(nil, nil)
	if err != nil {
		return 0, err
	}
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+t.name+" WHERE "+strings.Join(conditions, " OR "), sample[1:5]).Scan(&rows)
	return rows, err
}

// reseal seals with the primary key every cell that is not.
func (s *Store) reseal(ctx context.Context, progress func(table string, done, all int64)) (cells int64, err error) {
	for _, t := range sealedTablesInOrder() {
		var all int64
		if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+t.name).Scan(&all); err != nil {
			return cells, err
		}
		for after, done := int64(0), int64(0); all > 0; {
			last, rows, n, err := s.resealPart(ctx, t, after)
			if err != nil {
				return cells, err
			}
			after, done, cells = last, done+rows, cells+n
			progress(t.name, min(done, all), all)
			if rows < resealRows {
				break
			}
		}
	}
	return cells, nil
}

// resealed is a row that is written back, its cells by column; nil for those that stay as they are.
type resealed struct {
	row   int64
	cells [][]byte
}

// resealPart seals the next rows of a table in one transaction, which locks them.
func (s *Store) resealPart(ctx context.Context, t sealedTable, after int64) (last, rows, cells int64, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return after, 0, 0, err
	}
	defer tx.Rollback()
	bound := "0, ''"
	if t.file != nil {
		bound = "source_key, " + t.file.Key().SQLName()
	}
	query := fmt.Sprintf("SELECT id, %s, %s FROM %s WHERE id > $1 ORDER BY id LIMIT %d", bound, strings.Join(t.columns, ", "), t.name, resealRows)
	if s.dialect == dialect.Postgres {
		query += " FOR UPDATE"
	}
	found, err := tx.QueryContext(ctx, query, after)
	if err != nil {
		return after, 0, 0, err
	}
	defer found.Close()
	last = after
	var changed []resealed
	for found.Next() {
		r := resealed{cells: make([][]byte, len(t.columns))}
		var source int64
		var record string
		into := []any{&r.row, &source, &record}
		for i := range r.cells {
			into = append(into, &r.cells[i])
		}
		if err := found.Scan(into...); err != nil {
			return after, 0, 0, err
		}
		n, err := s.resealRow(t, &r, source, record)
		if err != nil {
			return after, 0, 0, fmt.Errorf("%s, row %d: %w", t.name, r.row, err)
		}
		if n > 0 {
			changed = append(changed, r)
		}
		last, rows, cells = r.row, rows+1, cells+n
	}
	if err := errors.Join(found.Err(), found.Close()); err != nil {
		return after, 0, 0, err
	}
	for part := range slices.Chunk(changed, max(1, sqliteVariables/(len(t.columns)+1))) {
		if err := s.writeBack(ctx, tx, t, part); err != nil {
			return after, 0, 0, err
		}
	}
	return last, rows, cells, tx.Commit()
}

// resealRow seals the cells of a row that are in the clear or of an older key, and counts them.
func (s *Store) resealRow(t sealedTable, r *resealed, source int64, record string) (sealed int64, err error) {
	for i, cell := range r.cells {
		key, is := seal.KeyOf(cell)
		if cell == nil || is && key == s.keys.Primary() {
			continue
		}
		place, text := t.placeAt(i, r.row, source, record), cell
		if is {
			if text, err = s.keys.OpenCell(cell, place); err != nil {
				return sealed, err
			}
		}
		if r.cells[i], err = s.keys.SealCell(text, place); err != nil {
			return sealed, err
		}
		sealed++
	}
	return sealed, nil
}

func (s *Store) writeBack(ctx context.Context, tx *sql.Tx, t sealedTable, rows []resealed) error {
	blob := "blob"
	if s.dialect == dialect.Postgres {
		blob = "bytea"
	}
	var sets, names, tuples []string
	for _, c := range t.columns {
		sets, names = append(sets, c+" = v."+c), append(names, c)
	}
	var args []any
	for _, r := range rows {
		tuple := []string{fmt.Sprintf("CAST($%d AS bigint)", len(args)+1)}
		args = append(args, r.row)
		for _, cell := range r.cells {
			tuple = append(tuple, fmt.Sprintf("CAST($%d AS %s)", len(args)+1, blob))
			args = append(args, cell)
		}
		tuples = append(tuples, "("+strings.Join(tuple, ", ")+")")
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("WITH v(row_id, %s) AS (VALUES %s) UPDATE %s SET %s FROM v WHERE id = v.row_id",
		strings.Join(names, ", "), strings.Join(tuples, ", "), t.name, strings.Join(sets, ", ")), args...)
	return err
}
