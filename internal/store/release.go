package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Protected numbers stand on a release: the community as it was once, kept packed and sealed, so that every server
// answers from the same one, also after a restart. There is one for each calendar month, made when first asked for
// after the month's end.

// ledgerLock is the class of PostgreSQL's advisory locks under which accounts spend.
const ledgerLock = 4863720

// partBytes is the size of a piece of a release.
const partBytes = 4 << 20

// ReleaseNames lists the releases in order, as 2026-10. It makes that of the month before this one where there is none yet
// and something to release.
func (s *Store) ReleaseNames(ctx context.Context) ([]string, error) {
	names, err := s.releaseNames(ctx)
	if err != nil {
		return nil, err
	}
	year, month, _ := s.now().Date()
	last := hmis.NewDate(year, month, 1) - 1
	name := last.String()[:7]
	if slices.Contains(names, name) {
		return names, nil
	}
	found, err := s.current(ctx)
	if err != nil || found.Clients.Len() == 0 {
		return names, err
	}
	if err := s.makeRelease(ctx, name, found); err != nil {
		return nil, err
	}
	return s.releaseNames(ctx)
}

func (s *Store) releaseNames(ctx context.Context) (names []string, err error) {
	rows, err := s.query(ctx, "SELECT period FROM releases ORDER BY period")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// makeRelease keeps a state of the community; where another server is first, its release is the one.
func (s *Store) makeRelease(ctx context.Context, name string, found *Snapshot) error {
	var packed bytes.Buffer
	if err := found.Pack(&packed); err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	result, err := tx.ExecContext(ctx, "INSERT INTO releases (period, change_key, at, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (period) DO NOTHING",
		name, found.Change, found.At, *s.moment())
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return err
	}
	var release int64
	if err := tx.QueryRowContext(ctx, "SELECT id FROM releases WHERE period = $1", name).Scan(&release); err != nil {
		return err
	}
	for part := int64(0); packed.Len() > 0; part++ {
		row := release<<20 + part
		cell, err := s.keys.SealCell(packed.Next(partBytes), hubPlace("release_parts", "body", row))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO release_parts (id, release_key, part, body) VALUES ($1, $2, $3, $4)", row, release, part, cell); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Release reads a release by its name.
func (s *Store) Release(ctx context.Context, name string) (*facts.Facts, error) {
	rows, err := s.query(ctx, "SELECT p.id, p.body FROM release_parts p JOIN releases r ON r.id = p.release_key WHERE r.period = $1 ORDER BY p.part", name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var parts []io.Reader
	for rows.Next() {
		var row int64
		var cell []byte
		if err := rows.Scan(&row, &cell); err != nil {
			return nil, err
		}
		text, err := s.keys.OpenCell(cell, hubPlace("release_parts", "body", row))
		if err != nil {
			return nil, fmt.Errorf("release_parts.body: %w", err)
		}
		parts = append(parts, bytes.NewReader(text))
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return facts.Unpack(io.MultiReader(parts...))
}

// Spend notes cells of a release that an account is told, and tells which of them it may be: those that it was told
// before, and of the others the first that fit into its budget. It is disclosure.Ledger.
func (s *Store) Spend(ctx context.Context, account int64, release string, cells [][]byte, budget int) ([]bool, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if s.dialect == dialect.Postgres { // SQLite has one writer anyway
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1::int, $2::int)", ledgerLock, int32(account)); err != nil {
			return nil, err
		}
	}
	var key int64
	if err := tx.QueryRowContext(ctx, "SELECT id FROM releases WHERE period = $1", release).Scan(&key); err != nil {
		return nil, err
	}
	told, err := toldCells(ctx, tx, account, key, cells)
	if err != nil {
		return nil, err
	}
	var spent int
	if len(told) < len(cells) {
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM released_cells WHERE account_key = $1 AND release_key = $2", account, key).Scan(&spent); err != nil {
			return nil, err
		}
	}
	granted := make([]bool, len(cells))
	var more [][]byte
	for i, cell := range cells {
		if !told[string(cell)] && spent < budget {
			told[string(cell)] = true
			more = append(more, cell)
			spent++
		}
		granted[i] = told[string(cell)]
	}
	now := *s.moment()
	for part := range slices.Chunk(more, 1000) {
		var tuples []string
		var args []any
		for _, cell := range part {
			n := len(args)
			tuples = append(tuples, fmt.Sprintf("($%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4))
			args = append(args, account, key, cell, now)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO released_cells (account_key, release_key, cell, at) VALUES "+strings.Join(tuples, ", "), args...); err != nil {
			return nil, err
		}
	}
	return granted, tx.Commit()
}

// toldCells are those of the cells that an account was told before.
func toldCells(ctx context.Context, tx *sql.Tx, account, release int64, cells [][]byte) (map[string]bool, error) {
	told := map[string]bool{}
	for part := range slices.Chunk(cells, 1000) {
		args := []any{account, release}
		places := make([]string, len(part))
		for i, cell := range part {
			args = append(args, cell)
			places[i] = fmt.Sprint("$", len(args))
		}
		rows, err := tx.QueryContext(ctx, "SELECT cell FROM released_cells WHERE account_key = $1 AND release_key = $2 AND cell IN ("+strings.Join(places, ", ")+")", args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var cell []byte
			if err := rows.Scan(&cell); err != nil {
				return nil, err
			}
			told[string(cell)] = true
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		rows.Close()
	}
	return told, nil
}

// NoiseKey is what protected numbers get their noise from.
func (s *Store) NoiseKey() []byte { return s.keys.Derive("protected statistics") }

// StatisticsData is what the viewer may have exact numbers of; nil data says that its numbers are protected.
type StatisticsData struct {
	*Snapshot
	Own   bool // only the own organization's projects, and as if there were no others
	Dated bool // the viewer may know when the data changed
}

// StatisticsData gives the facts behind exact statistics: of the whole community for the lead and analysts, of the own
// projects (own) for agencies, without locked records for those who do not see them. It is nil where numbers are
// protected. Errors: Denied for roles without statistics and for own numbers of an app whose scopes leave a category out, for
// ages, nights and households stand on several; Invalid where there is nothing of its own.
func (s *Store) StatisticsData(ctx context.Context, own bool) (*StatisticsData, error) {
	ss, err := s.asking(ctx)
	switch {
	case err != nil:
		return nil, err
	case own && (!ss.viewer.Role.OfAgency() || len(ss.own) == 0):
		return nil, hmis.Errorf(hmis.Invalid, "the account has no projects of its own; ask with scope: COMMUNITY")
	case own && hmis.AllContent&^ss.viewer.Ceiling() != 0:
		return nil, hmis.Errorf(hmis.Denied, "exact numbers stand on all kinds of answers, and the account's scopes leave some out; ask with scope: COMMUNITY for protected numbers")
	case !own && ss.viewer.Role != policy.SystemAdmin && ss.viewer.Role != policy.Analyst:
		return nil, nil
	}
	found, err := s.current(ctx)
	if err != nil || !own {
		return &StatisticsData{Snapshot: found, Dated: true}, err
	}
	var locked []int64
	if !ss.viewer.Role.SeesLocked(true) {
		if locked, err = int64s(ctx, s.db, "SELECT id FROM clients WHERE restricted ORDER BY id"); err != nil {
			return nil, err
		}
	}
	found, err = s.atProjects(found, ss.own, locked)
	return &StatisticsData{Snapshot: found, Own: true}, err
}

// asking gives the session of a viewer whose role has statistics. Errors: Denied.
func (s *Store) asking(ctx context.Context) (*session, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	switch ss.viewer.Role {
	case policy.Intake, policy.Auditor, policy.NoRole:
		return nil, errNoStatistics
	}
	if !ss.viewer.Standing.InOrder(ss.day) {
		return nil, errNoStatistics
	}
	return ss, nil
}

var errNoStatistics = hmis.Errorf(hmis.Denied, "an account of this role has no statistics, or the account is not in order")
