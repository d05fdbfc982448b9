package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// When the log is signed by itself: so many records after the last checkpoint, or so long after the first record that
// is not signed.
const (
	signEvery = 1000
	signAfter = time.Minute
)

// log is the writing side of the log. Operations that end at the same time share one transaction.
type log struct {
	keys *audit.Keys
	file string // where checkpoints are kept outside the database; "": nowhere

	mu      sync.Mutex
	waiting []*entry
	busy    bool  // somebody writes what waits
	size    int64 // how many records were committed, as far as this server knows
	timer   *time.Timer

	writing sync.Mutex
	conn    *sql.Conn   // the writer's own, on which a commit is on the disk when it returns
	tree    *audit.Tree // as of the last commit
	signed  int64       // size of the last checkpoint
}

type entry struct {
	record audit.Record
	done   chan error // gets one error, nil once the record is durable
}

var errLog = hmis.Errorf(hmis.Unavailable, "the log cannot be written, and without it nothing is shown; try again later")

// KeepCheckpoints names the file outside the database to which every checkpoint is added as a line. It is called before
// anything is recorded.
func (s *Store) KeepCheckpoints(file string) { s.log.file = file }

// Record adds a record to the log and returns when it is durable. Number and time are set here. Errors: Unavailable;
// nothing of what the record tells of may then leave the hub.
func (s *Store) Record(ctx context.Context, r audit.Record) error {
	e := &entry{r, make(chan error, 1)}
	l := &s.log
	l.mu.Lock()
	l.waiting = append(l.waiting, e)
	if !l.busy {
		l.busy = true
		go s.writeWaiting()
	}
	l.mu.Unlock()
	select {
	case err := <-e.done:
		if err != nil {
			slog.ErrorContext(ctx, "the log cannot be written", "shorter", errors.Is(err, errShorter))
			return errLog
		}
		return nil
	case <-ctx.Done():
		return errLog
	}
}

// Recorded runs what a command asks for a viewer, and records it as the answer to an operation: what was asked may be
// shown when it returns nil. Errors: those of ask, Unavailable.
func (s *Store) Recorded(ctx context.Context, command string, ask func(context.Context) error) error {
	ss, err := sessionOf(ctx)
	if err != nil {
		return err
	}
	by := audit.By(ss.viewer)
	by.Operation = command
	recorder := audit.NewRecorder(nil, by)
	err = ask(audit.WithRecorder(ctx, recorder))
	if hmis.CodeOf(err) == hmis.Denied {
		recorder.Deny()
	}
	record, any := recorder.Take()
	if !any {
		return err
	}
	return errors.Join(err, s.Record(ctx, record))
}

// LogPublicKey is what others can check the signatures of checkpoints with.
func (s *Store) LogPublicKey() string { return s.log.keys.PublicKey() }

// DocumentHash is how records name a document.
func (s *Store) DocumentHash(text string) string { return s.log.keys.Document(text) }

const (
	mostAtOnce  = 1000 // records in one transaction
	commitLimit = 30 * time.Second
)

// writeWaiting writes what waits until nothing does.
func (s *Store) writeWaiting() {
	l := &s.log
	for {
		l.mu.Lock()
		batch := l.waiting[:min(len(l.waiting), mostAtOnce)]
		l.waiting = l.waiting[len(batch):]
		if len(batch) == 0 {
			l.busy = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		unsigned, err := s.writeBatch(batch)
		for _, e := range batch {
			e.done <- err
		}
		switch {
		case err != nil:
		case unsigned >= signEvery:
			s.signLater(0)
		case unsigned > 0:
			s.signLater(signAfter)
		}
	}
}

// signLater makes a checkpoint after a while, if none is planned.
func (s *Store) signLater(after time.Duration) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if after == 0 && s.log.timer != nil {
		s.log.timer.Reset(0)
	}
	if s.log.timer == nil {
		s.log.timer = time.AfterFunc(after, func() {
			s.log.mu.Lock()
			s.log.timer = nil
			s.log.mu.Unlock()
			if _, err := s.Checkpoint(context.Background()); err != nil {
				slog.Error("no checkpoint of the log could be made or kept; the next one is tried later")
			}
		})
	}
}

// recordIn adds a record to the log within a transaction that writes what it tells of. It takes the log as the database has
// it: the writer of what is shown (inLog) reads on from there. Once the transaction is committed, committed must be called.
func (s *Store) recordIn(ctx context.Context, tx execer, r audit.Record) (committed func(), err error) {
	size, err := s.lockedSize(ctx, tx)
	if err != nil {
		return nil, err
	}
	if size < s.log.known() {
		return nil, errShorter
	}
	tree, err := s.readTree(ctx, tx, size)
	if err != nil {
		return nil, err
	}
	w := newLogWrite(s, tree)
	if err := w.add(r, *s.moment()); err != nil {
		return nil, err
	}
	return func() { s.log.grew(tree.Size); s.signLater(signAfter) }, w.exec(ctx, tx)
}

// known is how many records there were at least.
func (l *log) known() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

func (l *log) grew(size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size = max(l.size, size)
}

// writeBatch writes records in one transaction and returns how many of the log are not signed yet.
func (s *Store) writeBatch(batch []*entry) (unsigned int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
	defer cancel()
	err = s.inLog(ctx, func(tx *sql.Tx, tree *audit.Tree) error {
		w := newLogWrite(s, tree)
		for _, e := range batch {
			if err := w.add(e.record, *s.moment()); err != nil {
				return err
			}
		}
		unsigned = tree.Size - s.log.signed
		return w.exec(ctx, tx)
	})
	return unsigned, err
}

// inLog changes the log in a transaction, with the tree as it stands. On PostgreSQL the servers wait for each other.
func (s *Store) inLog(ctx context.Context, change func(*sql.Tx, *audit.Tree) error) (err error) {
	l := &s.log
	l.writing.Lock()
	defer l.writing.Unlock()
	defer func() {
		if err != nil { // read anew what is there, on a new connection
			l.tree = nil
			err = errors.Join(err, l.drop())
		}
	}()
	if err := s.logConn(ctx); err != nil {
		return err
	}
	tx, err := l.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	tree, err := s.logTree(ctx, tx)
	if err != nil {
		return err
	}
	if err := change(tx, tree); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	l.tree = tree
	l.grew(tree.Size)
	return nil
}

// logConn opens the writer's connection where there is none.
func (s *Store) logConn(ctx context.Context) (err error) {
	if s.log.conn != nil {
		return nil
	}
	s.log.conn, err = s.durable(ctx)
	return err
}

// durable opens a connection on which what was committed is on the disk when the commit returns.
func (s *Store) durable(ctx context.Context) (*sql.Conn, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	setting := "PRAGMA synchronous = FULL"
	if s.dialect == dialect.Postgres {
		setting = "SET synchronous_commit = on"
	}
	if _, err = conn.ExecContext(ctx, setting); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// drop closes the writer's connection for good: what is wrong may be the connection.
func (l *log) drop() error {
	if l.conn == nil {
		return nil
	}
	_ = l.conn.Raw(func(any) error { return driver.ErrBadConn }) // which database/sql takes for: close it
	err := l.conn.Close()
	l.conn = nil
	if errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// logLock is PostgreSQL's lock on the log. The numbers before it lock migrations, imports, the feed and a rotation of keys.
const logLock = "SELECT pg_advisory_xact_lock(4863720159)"

var errShorter = hmis.Errorf(hmis.Internal, "the log has fewer records than were written")

// logTree is the tree over the records that there are.
func (s *Store) logTree(ctx context.Context, tx *sql.Tx) (*audit.Tree, error) {
	size, err := s.lockedSize(ctx, tx)
	known := s.log.tree
	switch {
	case err != nil:
		return nil, err
	case known != nil && known.Size == size:
		return known, nil
	case known != nil && known.Size > size:
		return nil, errShorter
	}
	if known, err = s.readTree(ctx, tx, size); err != nil {
		return nil, err
	}
	return known, tx.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0) FROM audit_checkpoints").Scan(&s.log.signed)
}

// lockedSize is how many records there are, and none comes until the transaction ends. SQLite has one writer anyway.
func (s *Store) lockedSize(ctx context.Context, tx execer) (int64, error) {
	if s.dialect == dialect.Postgres {
		if _, err := tx.ExecContext(ctx, logLock); err != nil {
			return 0, err
		}
	}
	return logSize(ctx, tx)
}

// readTree reads the tree over so many records.
func (s *Store) readTree(ctx context.Context, q querier, size int64) (*audit.Tree, error) {
	indexes := audit.Frontier(size)
	hashes, err := readHashes(ctx, q, "id IN ("+s.placeholders(1, len(indexes))+")", anys(indexes)...)
	if err != nil {
		return nil, err
	}
	frontier := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		h, there := hashes[index]
		if !there {
			return nil, errShorter
		}
		frontier[i] = h
	}
	return audit.NewTree(size, frontier), nil
}

// querier is a connection, a transaction or the database.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// execer is a connection or a transaction in which the log is written.
type execer interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func logSize(ctx context.Context, q querier) (int64, error) {
	var hashes int64
	if err := q.QueryRowContext(ctx, "SELECT COALESCE(max(id) + 1, 0) FROM audit_hashes").Scan(&hashes); err != nil {
		return 0, err
	}
	if size := audit.SizeOf(hashes); size >= 0 {
		return size, nil
	}
	return 0, errShorter
}

func readHashes(ctx context.Context, q querier, where string, args ...any) (map[int64]tlog.Hash, error) {
	found := map[int64]tlog.Hash{}
	if strings.HasSuffix(where, "IN ()") {
		return found, nil
	}
	rows, err := q.QueryContext(ctx, "SELECT id, hash FROM audit_hashes WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var hash []byte
		if err := rows.Scan(&id, &hash); err != nil {
			return nil, err
		}
		if len(hash) == tlog.HashSize {
			found[id] = tlog.Hash(hash)
		}
	}
	return found, rows.Err()
}

// logWrite collects the rows of some records, as SQL: numbers, times, kinds and hexadecimal digits, all of which the hub
// has written itself. In one text they go to the database at once.
type logWrite struct {
	s                        *Store
	tree                     *audit.Tree
	records, hashes, clients strings.Builder
}

func newLogWrite(s *Store, tree *audit.Tree) *logWrite { return &logWrite{s: s, tree: tree} }

func (w *logWrite) add(r audit.Record, at hmis.Timestamp) error {
	r.Number, r.At = w.tree.Size, at
	body, err := w.s.log.keys.Seal(&r)
	if err != nil {
		return err
	}
	w.row(&w.records, r.Number, at, r.Account, r.Kind, body)
	first := tlog.StoredHashIndex(0, r.Number)
	for i, h := range w.tree.Add(tlog.RecordHash(body)) {
		w.row(&w.hashes, first+int64(i), h[:])
	}
	for _, c := range r.Clients {
		w.row(&w.clients, r.Number, c.Key, int64(c.Shown), int64(c.Withheld))
	}
	return nil
}

// row writes a row of values.
func (w *logWrite) row(b *strings.Builder, values ...any) {
	var digits [32]byte
	between := byte('(')
	if b.Len() > 0 {
		b.WriteByte(',')
	}
	for _, v := range values {
		b.WriteByte(between)
		between = ','
		switch v := v.(type) {
		case int64:
			b.Write(strconv.AppendInt(digits[:0], v, 10))
		case []byte:
			b.WriteString(map[bool]string{true: `'\x`, false: "X'"}[w.s.dialect == dialect.Postgres])
			b.WriteString(hex.EncodeToString(v))
			b.WriteByte('\'')
		case hmis.Timestamp:
			b.WriteString("'" + v.String() + "'")
		case audit.Kind:
			b.WriteString("'" + string(v) + "'")
		}
	}
	b.WriteByte(')')
}

func (w *logWrite) exec(ctx context.Context, tx execer) error {
	insert := "INSERT INTO "
	if w.s.dialect == dialect.SQLite {
		insert = "INSERT OR FAIL INTO " // keeps nothing to undo one statement by: what fails undoes all of them
	}
	text := insert + "audit_records (id, at, account_key, kind, body) VALUES " + w.records.String() +
		"; " + insert + "audit_hashes (id, hash) VALUES " + w.hashes.String()
	if w.clients.Len() > 0 {
		text += "; " + insert + "audit_clients (record_key, client_key, shown, withheld) VALUES " + w.clients.String()
	}
	_, err := tx.ExecContext(ctx, text)
	return err
}

// Checkpoint signs the log as it is, keeps the checkpoint in the database and in the file outside it, and returns its
// line; "" for an empty log.
func (s *Store) Checkpoint(ctx context.Context) (line string, err error) {
	err = s.inLog(ctx, func(tx *sql.Tx, tree *audit.Tree) error {
		if tree.Size == 0 {
			return nil
		}
		var text string
		switch err := tx.QueryRowContext(ctx, "SELECT note FROM audit_checkpoints WHERE id = $1", tree.Size).Scan(&text); {
		case errors.Is(err, sql.ErrNoRows):
			at := *s.moment()
			if text, err = s.log.keys.Sign(audit.Checkpoint{Size: tree.Size, Root: tree.Root(), At: at}); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO audit_checkpoints (id, note, at) VALUES ($1, $2, $3)", tree.Size, text, at); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		s.log.signed = tree.Size
		line = audit.Line(text)
		return nil
	})
	if err != nil || line == "" || s.log.file == "" {
		return line, err
	}
	return line, s.keepOutside(line)
}

// keepOutside adds a line to the file, unless it is its last one.
func (s *Store) keepOutside(line string) (err error) {
	s.log.writing.Lock()
	defer s.log.writing.Unlock()
	f, err := os.OpenFile(s.log.file, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	last := make([]byte, min(info.Size(), int64(len(line)+1)))
	if _, err := f.ReadAt(last, info.Size()-int64(len(last))); err != nil {
		return err
	}
	if string(last) == line+"\n" {
		return nil
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		return err
	}
	return f.Sync()
}

// closeLog signs what is not signed and closes the writer's connection.
func (s *Store) closeLog() (err error) {
	l := &s.log
	l.mu.Lock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	l.writing.Lock()
	unsigned := l.known() > l.signed
	l.writing.Unlock()
	if unsigned {
		ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
		defer cancel()
		_, err = s.Checkpoint(ctx)
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	return errors.Join(err, l.drop())
}
