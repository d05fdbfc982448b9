package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// LogReport says what VerifyLog found.
type LogReport struct {
	Records     int64        `json:"records"` // read
	Pruned      int64        `json:"pruned"`  // of which only the hashes are kept
	Checkpoints int          `json:"checkpoints"`
	Outside     int          `json:"outside"`         // checkpoints that were kept outside the database
	Fault       *audit.Fault `json:"fault,omitempty"` // nil: the log is whole
}

// chunk is how many records are read at once.
const chunk = 1000

// VerifyLog reads the whole log, from its first record to the last that there is now, and compares it with the
// checkpoints in the database and with lines that were kept outside it. It goes on beside a hub that serves.
func (s *Store) VerifyLog(ctx context.Context, lines []string, progress func(done, all int64)) (*LogReport, error) {
	size, err := logSize(ctx, s.db)
	if err == errShorter {
		// Whoever took hashes away took records away; which is found by reading on.
		err = s.db.QueryRowContext(ctx, "SELECT COALESCE(max(id) + 1, 0) FROM audit_records").Scan(&size)
	}
	if err != nil {
		return nil, err
	}
	notes, err := s.checkpoints(ctx)
	if err != nil {
		return nil, err
	}
	v := s.log.keys.Verify(notes, lines)
	for from := int64(0); from < size; from += chunk {
		part, err := s.readLog(ctx, from, min(from+chunk, size))
		if err != nil {
			return nil, err
		}
		for _, stored := range part {
			v.Next(stored)
		}
		if progress != nil {
			progress(v.Size(), size)
		}
	}
	r := &LogReport{Records: v.Records, Pruned: v.Missing, Checkpoints: v.Checkpoints, Outside: v.Outside, Fault: v.End()}
	if r.Fault == nil {
		r.Fault, err = s.strays(ctx)
	}
	return r, err
}

// strays finds what is beside the log: before its first record, or after its last.
func (s *Store) strays(ctx context.Context) (*audit.Fault, error) {
	var least, most, hashes int64 // of one moment, since they are of one statement
	err := s.db.QueryRowContext(ctx, `SELECT min(low), max(high), max(hashes) FROM (
		SELECT COALESCE(min(id), 0) AS low, COALESCE(max(id), -1) AS high, 0 AS hashes FROM audit_records
		UNION ALL SELECT COALESCE(min(record_key), 0), COALESCE(max(record_key), -1), 0 FROM audit_clients
		UNION ALL SELECT COALESCE(min(id), 0), -1, COALESCE(max(id) + 1, 0) FROM audit_hashes) AS ends`).Scan(&least, &most, &hashes)
	switch size := audit.SizeOf(hashes); {
	case err != nil:
		return nil, err
	case least < 0:
		return &audit.Fault{Record: least, What: "was put in before the log"}, nil
	case most >= size:
		return &audit.Fault{Record: max(size, 0), What: "was put in after the log"}, nil
	}
	return nil, nil
}

func (s *Store) checkpoints(ctx context.Context) (map[int64]string, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, note FROM audit_checkpoints")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	notes := map[int64]string{}
	for rows.Next() {
		var size int64
		var text string
		if err := rows.Scan(&size, &text); err != nil {
			return nil, err
		}
		notes[size] = text
	}
	return notes, rows.Err()
}

// readLog reads records with all that is kept of them.
func (s *Store) readLog(ctx context.Context, from, to int64) ([]audit.Stored, error) {
	part := make([]audit.Stored, to-from)
	for i := range part {
		part[i].Number = from + int64(i)
	}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var key, account int64
		var at *hmis.Timestamp
		var kind string
		var body []byte
		if err := rows.Scan(&key, &at, &account, &kind, &body); err != nil {
			return err
		}
		p := &part[key-from]
		if p.Account, p.Kind, p.Body = account, kind, append([]byte{}, body...); at != nil {
			p.At = *at
		}
		return nil
	}, "SELECT id, at, account_key, kind, body FROM audit_records WHERE id >= $1 AND id < $2", from, to)
	if err != nil {
		return nil, err
	}
	err = s.each(ctx, func(rows *sql.Rows) error {
		var key int64
		var c audit.Indexed
		if err := rows.Scan(&key, &c.Client, &c.Shown, &c.Withheld); err != nil {
			return err
		}
		part[key-from].Clients = append(part[key-from].Clients, c)
		return nil
	}, "SELECT record_key, client_key, shown, withheld FROM audit_clients WHERE record_key >= $1 AND record_key < $2 ORDER BY record_key, client_key", from, to)
	if err != nil {
		return nil, err
	}
	first, last := tlog.StoredHashIndex(0, from), tlog.StoredHashIndex(0, to)
	hashes, err := readHashes(ctx, s.db, "id >= $1 AND id < $2", first, last)
	for i := range part {
		for index := tlog.StoredHashIndex(0, from+int64(i)); index < tlog.StoredHashIndex(0, from+int64(i)+1); index++ {
			if h, there := hashes[index]; there {
				part[i].Hashes = append(part[i].Hashes, h)
			}
		}
	}
	return part, err
}

// each reads the rows of a statement one by one.
func (s *Store) each(ctx context.Context, row func(*sql.Rows) error, query string, args ...any) error {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// leastLogYears is how long the log's records are kept at least: HMIS records are, and an accounting of disclosures
// reaches as far back (45 CFR 164.528 asks for six years).
const leastLogYears = 7

// logYears is the row of settings that says for how many years the log's records are kept.
const logYears = "log_years"

// LogYears is for how many years the log's records are kept.
func (s *Store) LogYears(ctx context.Context) (years int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = $1", logYears).Scan(&years)
	if errors.Is(err, sql.ErrNoRows) {
		return leastLogYears, nil
	}
	return max(years, leastLogYears), err
}

// KeepLogFor sets for how many years the log's records are kept. Errors: Invalid for fewer than seven.
func (s *Store) KeepLogFor(ctx context.Context, years int) error {
	if years < leastLogYears {
		return hmis.Errorf(hmis.Invalid, "the log is kept for at least %d years", leastLogYears)
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO settings (name, value, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`, logYears, strconv.Itoa(years), *s.moment())
	return err
}

// PruneLog deletes the records that are older than LogYears, and says so in the log; their hashes stay, so that VerifyLog
// still tells about the rest. It returns how many records were deleted.
func (s *Store) PruneLog(ctx context.Context) (int64, error) {
	years, err := s.LogYears(ctx)
	if err != nil {
		return 0, err
	}
	before := hmis.TimestampOf(s.now().UTC().AddDate(-years, 0, 0))
	var first, kept *int64 // records come with their time, so the older ones are the first ones
	if err := s.db.QueryRowContext(ctx, "SELECT min(id), min(CASE WHEN at >= $1 THEN id END) FROM audit_records", before).Scan(&first, &kept); err != nil {
		return 0, err
	}
	if first == nil || kept != nil && *kept == *first {
		return 0, nil
	}
	if kept == nil { // all of them
		size, err := logSize(ctx, s.db)
		if err != nil {
			return 0, err
		}
		kept = &size
	}
	if err := s.Record(ctx, audit.Record{Kind: audit.Pruned, Outcome: audit.Done, Before: *kept}); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "DELETE FROM audit_clients WHERE record_key < $1", *kept); err != nil {
		return 0, err
	}
	gone, err := tx.ExecContext(ctx, "DELETE FROM audit_records WHERE id < $1", *kept)
	if err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	return gone.RowsAffected()
}
