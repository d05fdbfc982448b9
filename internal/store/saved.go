package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// QueryState says who gets the answer to a saved query.
type QueryState string

// The states.
const (
	QueryPrivate   QueryState = "PRIVATE"   // whoever may read it, as far as each may
	QueryPublished QueryState = "PUBLISHED" // also the public, in protected numbers
	QueryFixed     QueryState = "FIXED"     // also the public: the table that the lead approved
	QueryWithdrawn QueryState = "WITHDRAWN" // as private; a fixed table of it was out
)

// SavedQuery is a question to the statistics that was kept under a name.
type SavedQuery struct {
	Name       string
	Title      string
	Account    string // the username of its owner
	Document   string // the question as JSON
	State      QueryState
	HasToken   bool // it has an address for spreadsheets
	SavedAt    hmis.Timestamp
	ApprovedAt *hmis.Timestamp // when it was published

	key, account, organization int64
}

// Public reports whether the public gets an answer.
func (q *SavedQuery) Public() bool { return q.State == QueryPublished || q.State == QueryFixed }

// mostQueries is how many questions an account may keep.
const mostQueries = 200

var queryName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

var (
	errQueryName = hmis.Errorf(hmis.Invalid, "a name is 3 to 60 small letters, digits and hyphens, as served-by-month")
	errNoQuery   = hmis.Errorf(hmis.NotFound, "there is no such saved query, or not for this account")
	errNotPublic = hmis.Errorf(hmis.NotFound, "nothing is published under this name")
	errNotOwner  = hmis.Errorf(hmis.Denied, "only the account that saved the query and the HMIS lead may do this")
	errOnlyLead  = hmis.Errorf(hmis.Denied, "only the HMIS lead publishes")
)

const selectQueries = `SELECT q.id, q.name, q.title, q.account_key, q.organization_key, a.username, q.document, q.state, q.token_hash IS NOT NULL, q.created_at, q.approved_at
	FROM saved_queries q JOIN accounts a ON a.id = q.account_key `

func (s *Store) savedQueries(ctx context.Context, where string, args ...any) (list []*SavedQuery, err error) {
	rows, err := s.query(ctx, selectQueries+where+" ORDER BY q.name", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var q SavedQuery
		if err := rows.Scan(&q.key, &q.Name, &q.Title, &q.account, &q.organization, &q.Account, &q.Document, &q.State, &q.HasToken, &q.SavedAt, &q.ApprovedAt); err != nil {
			return nil, err
		}
		list = append(list, &q)
	}
	return list, rows.Err()
}

// sees reports whether the viewer may read a saved query: its owner, the owner's organization, the HMIS lead.
func (ss *session) sees(q *SavedQuery) bool {
	v := ss.viewer
	return v.Role == policy.SystemAdmin || q.account == v.Account || v.Role.OfAgency() && q.organization == v.Organization
}

// SaveQuery keeps a question under a name that nobody has taken. Errors: Invalid, Conflict, Denied.
func (s *Store) SaveQuery(ctx context.Context, name, title, document string) (*SavedQuery, error) {
	ss, err := s.asking(ctx)
	switch {
	case err != nil:
		return nil, err
	case !ss.viewer.MayWrite():
		return nil, errReadOnly
	case len(name) < 3 || len(name) > 60 || !queryName.MatchString(name):
		return nil, errQueryName
	case title == "" || len(title) > 200:
		return nil, hmis.Errorf(hmis.Invalid, "a title has 1 to 200 characters")
	}
	var organization int64
	if ss.viewer.Role.OfAgency() {
		organization = ss.viewer.Organization
	}
	result, err := s.db.ExecContext(ctx, `INSERT INTO saved_queries (name, title, account_key, organization_key, document, state, created_at)
		SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM saved_queries WHERE account_key = $3) < $8 ON CONFLICT (name) DO NOTHING`,
		name, title, ss.viewer.Account, organization, document, string(QueryPrivate), *s.moment(), mostQueries)
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, errors.Join(err, hmis.Errorf(hmis.Conflict, "the name is taken, or the account has %d saved queries; choose another name or delete one", mostQueries))
	}
	return s.SavedQueryNamed(ctx, name)
}

// SavedQueries lists those that the viewer may read.
func (s *Store) SavedQueries(ctx context.Context) ([]*SavedQuery, error) {
	ss, err := s.asking(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.savedQueries(ctx, "")
	return slices.DeleteFunc(list, func(q *SavedQuery) bool { return !ss.sees(q) }), err
}

// SavedQueryNamed finds one that the viewer may read. Errors: NotFound.
func (s *Store) SavedQueryNamed(ctx context.Context, name string) (*SavedQuery, error) {
	ss, err := s.asking(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.savedQueries(ctx, "WHERE q.name = $1", name)
	if err == nil && (len(list) == 0 || !ss.sees(list[0])) {
		err = errNoQuery
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// owned finds a saved query that the viewer may change.
func (s *Store) owned(ctx context.Context, name string) (*SavedQuery, error) {
	q, err := s.SavedQueryNamed(ctx, name)
	if err != nil {
		return nil, err
	}
	switch v := policy.ViewerOf(ctx); {
	case v.Role != policy.SystemAdmin && v.Account != q.account:
		return nil, errNotOwner
	case !v.MayWrite():
		return nil, errReadOnly
	}
	return q, nil
}

// DeleteSavedQuery forgets a saved query. One whose fixed table was out stays: no second one of the same people may follow.
// Errors: NotFound, Denied, Conflict.
func (s *Store) DeleteSavedQuery(ctx context.Context, name string) error {
	q, err := s.owned(ctx, name)
	if err != nil {
		return err
	}
	if q.Public() || q.State == QueryWithdrawn {
		return hmis.Errorf(hmis.Conflict, "a published query is withdrawn before it is deleted, and one whose fixed table was out stays on record")
	}
	return s.inOrder(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM published_tables WHERE query_key = $1", q.key); err != nil {
			return err
		}
		return oneChanged(tx.ExecContext(ctx, "DELETE FROM saved_queries WHERE id = $1 AND state = 'PRIVATE'", q.key))
	})
}

// inOrder runs a change of saved queries after those of others.
func (s *Store) inOrder(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if s.dialect == dialect.Postgres { // SQLite has one writer anyway
		if _, err := tx.ExecContext(ctx, "LOCK TABLE saved_queries IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return err
		}
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

var errChanged = hmis.Errorf(hmis.Conflict, "the query was changed at the same time; look at it again")

func oneChanged(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errChanged)
	}
	return nil
}

// PublishQuery lets the public have protected answers. Errors: NotFound, Denied, Conflict.
func (s *Store) PublishQuery(ctx context.Context, name string) error {
	q, err := s.toPublish(ctx, name)
	if err != nil {
		return err
	}
	return s.inOrder(ctx, func(tx *sql.Tx) error { return s.approve(ctx, tx, q, QueryPublished) })
}

// FixQuery lets the public have one table for ever. overlaps reports whether the question of another fixed table, in or out
// of publication, is about the same numbers. Errors: NotFound, Denied, Conflict.
func (s *Store) FixQuery(ctx context.Context, name, release string, body []byte, overlaps func(document string) bool) error {
	q, err := s.toPublish(ctx, name)
	if err != nil {
		return err
	}
	return s.inOrder(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT document FROM saved_queries WHERE state IN ('FIXED', 'WITHDRAWN')")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var document string
			if err := rows.Scan(&document); err != nil {
				return err
			}
			if overlaps(document) {
				return hmis.Errorf(hmis.Conflict, "a fixed table of this measure was already published for days of this period, and people could be found by comparing the two")
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
		if _, err := tx.ExecContext(ctx, "DELETE FROM published_tables WHERE query_key = $1", q.key); err != nil { // of a former publication
			return err
		}
		if err := s.keepTable(ctx, tx, q, release, body); err != nil {
			return err
		}
		return s.approve(ctx, tx, q, QueryFixed)
	})
}

// MayPublish asks whether the viewer decides what the public gets: the HMIS lead. Errors: Denied.
func (s *Store) MayPublish(ctx context.Context) error {
	ss, err := s.asking(ctx)
	if err == nil && ss.viewer.Role != policy.SystemAdmin {
		err = errOnlyLead
	}
	return err
}

func (s *Store) toPublish(ctx context.Context, name string) (*SavedQuery, error) {
	q, err := s.owned(ctx, name)
	if err == nil {
		err = s.MayPublish(ctx)
	}
	switch {
	case err != nil:
		return nil, err
	case q.State != QueryPrivate:
		return nil, hmis.Errorf(hmis.Conflict, "the query is published already, or was as a fixed table; save it under another name")
	}
	return q, nil
}

func (s *Store) approve(ctx context.Context, tx *sql.Tx, q *SavedQuery, state QueryState) error {
	return oneChanged(tx.ExecContext(ctx, "UPDATE saved_queries SET state = $1, approved_by = $2, approved_at = $3 WHERE id = $4 AND state = 'PRIVATE'",
		string(state), policy.ViewerOf(ctx).Account, *s.moment(), q.key))
}

// WithdrawQuery takes a saved query out of publication. Errors: NotFound, Denied, Conflict.
func (s *Store) WithdrawQuery(ctx context.Context, name string) error {
	q, err := s.owned(ctx, name)
	if err != nil {
		return err
	}
	if err := s.MayPublish(ctx); err != nil {
		return err
	}
	if !q.Public() {
		return hmis.Errorf(hmis.Conflict, "the query is not published")
	}
	next := QueryPrivate
	if q.State == QueryFixed {
		next = QueryWithdrawn
	}
	return s.inOrder(ctx, func(tx *sql.Tx) error {
		return oneChanged(tx.ExecContext(ctx, "UPDATE saved_queries SET state = $1 WHERE id = $2 AND state = $3", string(next), q.key, string(q.State)))
	})
}

// SetQueryToken keeps the hash of the token that opens a saved query, its answers as its owner may have them, instead of the one
// before; nil: nothing opens it. Only the owner may: the token speaks in the owner's name. Errors: NotFound, Denied.
func (s *Store) SetQueryToken(ctx context.Context, name string, hash []byte) error {
	q, err := s.owned(ctx, name)
	if err != nil {
		return err
	}
	switch v := policy.ViewerOf(ctx); {
	case hash != nil && v.Account != q.account:
		return errNotOwner
	case hash != nil && (v.Limits != nil):
		return hmis.Errorf(hmis.Denied, "an address answers as its owner's account, and the token of this request is narrower; sign in, or use a token without limits")
	}
	return oneChanged(s.db.ExecContext(ctx, "UPDATE saved_queries SET token_hash = $1 WHERE id = $2", hash, q.key))
}

// QueryOfToken finds the saved query that a token opens and the account in whose name. Errors: NotFound.
func (s *Store) QueryOfToken(ctx context.Context, name string, hash []byte) (*SavedQuery, int64, error) {
	list, err := s.savedQueries(ctx, "WHERE q.name = $1 AND q.token_hash = $2", name, hash)
	if err == nil && len(list) == 0 {
		err = errNoQuery
	}
	if err != nil {
		return nil, 0, err
	}
	return list[0], list[0].account, nil
}

// PublicQuery finds a published query. Errors: NotFound.
func (s *Store) PublicQuery(ctx context.Context, name string) (*SavedQuery, error) {
	list, err := s.savedQueries(ctx, "WHERE q.name = $1", name)
	if err == nil && (len(list) == 0 || !list[0].Public()) {
		err = errNotPublic
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// PublicTable is what the public gets of a published query since a release, nil where it was not made yet; of a fixed one the
// one table that there is.
func (s *Store) PublicTable(ctx context.Context, q *SavedQuery, release string) (body []byte, err error) {
	where, args := "p.query_key = $1", []any{q.key}
	if q.State != QueryFixed {
		where, args = where+" AND r.period = $2", append(args, release)
	}
	rows, err := s.query(ctx, "SELECT p.body FROM published_tables p JOIN releases r ON r.id = p.release_key WHERE "+where+" ORDER BY p.id DESC LIMIT 1", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&body)
	}
	return body, errors.Join(err, rows.Err())
}

// KeepPublicTable keeps what the public gets of a published query until the next release, unless another server was first.
func (s *Store) KeepPublicTable(ctx context.Context, q *SavedQuery, release string, body []byte) error {
	return s.inOrder(ctx, func(tx *sql.Tx) error { return s.keepTable(ctx, tx, q, release, body) })
}

func (s *Store) keepTable(ctx context.Context, tx *sql.Tx, q *SavedQuery, release string, body []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO published_tables (query_key, release_key, body, made_at)
		SELECT q.id, r.id, $1, $2 FROM saved_queries q, releases r WHERE q.id = $3 AND r.period = $4 ON CONFLICT (query_key, release_key) DO NOTHING`, body, *s.moment(), q.key, release)
	return err
}
