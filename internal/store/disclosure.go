package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Disclosure is a record of the log as those see it who may read it. It names clients by opaque ids and holds no fact
// about them.
type Disclosure struct {
	Number       *int // its place in the log; for the HMIS lead and the privacy officer
	At           hmis.Timestamp
	Kind         audit.Kind
	Outcome      audit.Outcome
	Detail       *audit.Detail
	Account      *string // username; nil: a stranger, or the command
	Subject      *string // username
	Organization *ent.Organization
	Role         *policy.Role
	Purpose      policy.Purpose
	Session      *string
	App          *string
	Operation    *string
	Document     *string
	Fields       []string
	Run          *int // of an import, as the command told it
	About        []*DisclosedClient
}

// DisclosedClient says what was shown of a client.
type DisclosedClient struct {
	Client          string // opaque id
	Shown, Withheld []hmis.Category
	Bases           []*DisclosureBasis
}

// DisclosureBasis is what it rested on that categories were shown.
type DisclosureBasis struct {
	Reason     policy.Reason
	Release    *string // opaque id of a consent
	Categories []hmis.Category
}

// DisclosureConnection is a page of the log, newest first.
type DisclosureConnection struct {
	Nodes    []*Disclosure
	PageInfo *PageInfo
}

// DisclosureFilter narrows the log. Days are in UTC.
type DisclosureFilter struct {
	Client  *string // opaque id
	Account *string // username
	From    *hmis.Date
	To      *hmis.Date // last day
	Kind    *audit.Kind
}

// reading is a question to the log.
type reading struct {
	name  string // of the question, and what it asks; cursors are bound to them
	asks  any
	where []string // SQL with the places of args
	args  []any
	keep  func(*audit.Record) bool // takes out of a record what the viewer may not see; false: all of it
}

func (r *reading) and(condition string, args ...any) {
	for _, a := range args {
		r.args = append(r.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprint("$", len(r.args)), 1)
	}
	r.where = append(r.where, condition)
}

var errNoLog = hmis.Errorf(hmis.Denied, "the log is for the HMIS lead and the privacy officer; an account reads of itself with accountActivity")

// readsLog reports whether the viewer reads all of the log.
func (ss *session) readsLog() bool {
	return ss.system || (ss.viewer.Role == policy.SystemAdmin || ss.viewer.Role == policy.Auditor) && ss.viewer.Standing.InOrder(ss.day)
}

// DisclosureLog lists the log, newest first. It is for the HMIS lead and the privacy officer. Errors: Denied.
func (s *Store) DisclosureLog(ctx context.Context, p Page, where *DisclosureFilter) (*DisclosureConnection, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	if !ss.readsLog() {
		return nil, errNoLog
	}
	audit.RecorderOf(ctx).Is(audit.LogRead)
	r := &reading{name: "log", asks: where}
	if where == nil {
		where = &DisclosureFilter{}
	}
	if where.Client != nil {
		code, key, ok := s.keys.ParseID(*where.Client)
		if !ok || code != kindClient.code {
			key = -1 // nobody
		}
		r.and("id IN (SELECT record_key FROM audit_clients WHERE client_key = ?)", key)
	}
	if where.Account != nil {
		r.and("account_key IN (SELECT id FROM accounts WHERE username = ?)", strings.ToLower(*where.Account))
	}
	if where.From != nil {
		r.and("at >= ?", where.From.Midnight())
	}
	if where.To != nil {
		r.and("at < ?", (*where.To + 1).Midnight())
	}
	if where.Kind != nil {
		r.and("kind = ?", string(*where.Kind))
	}
	return s.readDisclosures(ctx, ss, p, r)
}

// DisclosuresOf is the accounting of disclosures of a client, newest first: for the HMIS lead all, for the
// administrators of the client's own agencies what their own people looked at and what others were shown by a release
// or as the CoC's. What another agency looks at of its own is no disclosure, and that it knows the client is none of their
// business. Errors: Denied.
func (s *Store) DisclosuresOf(ctx context.Context, c *ent.ClientRecord, p Page) (*DisclosureConnection, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{name: "client", asks: c.ID}
	v := ss.viewer
	if !ss.readsLog() && !(v.Role == policy.AgencyAdmin && v.Standing.InOrder(ss.day) && c.View.Own()) {
		return nil, hmis.Errorf(hmis.Denied, "who was shown a client is for the HMIS lead, the administrators of the client's own agencies and the privacy officer")
	}
	r.keep = func(rec *audit.Record) bool {
		rec.Clients = slices.DeleteFunc(rec.Clients, func(of audit.Client) bool { return of.Key != c.ID })
		if ss.readsLog() || rec.Organization == v.Organization {
			return true
		}
		rec.Session, rec.App, rec.Operation, rec.Document, rec.Fields = "", "", "", "", nil
		return len(rec.Clients) == 1 && disclosed(&rec.Clients[0])
	}
	r.and("id IN (SELECT record_key FROM audit_clients WHERE client_key = ?)", c.ID)
	return s.readDisclosures(ctx, ss, p, r)
}

// disclosed leaves what was shown otherwise than as an agency's own; false where nothing was.
func disclosed(c *audit.Client) bool {
	c.Bases = slices.DeleteFunc(c.Bases, func(b audit.Basis) bool { return b.Reason == policy.OwnOrganization.String() })
	c.Shown, c.Withheld = 0, 0
	for _, b := range c.Bases {
		c.Shown |= b.Shown
	}
	return len(c.Bases) > 0
}

// AccountActivity lists what an account did, newest first; nil is the viewer's own. Of others: the HMIS lead and the privacy
// officer read of all, an agency's administrator of its people. Errors: NotFound.
func (s *Store) AccountActivity(ctx context.Context, username *string, p Page) (*DisclosureConnection, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	key := ss.viewer.Account
	if username != nil && strings.ToLower(*username) != ss.viewer.Username {
		a, err := s.AccountNamed(ctx, strings.ToLower(*username))
		if err != nil {
			return nil, err
		}
		ofAdmin := ss.viewer.Role == policy.AgencyAdmin && ss.viewer.Standing.InOrder(ss.day)
		if a == nil || !ss.readsLog() && !(ofAdmin && a.Organization == ss.viewer.Organization) {
			return nil, errNoAccount
		}
		key = a.Key
		audit.RecorderOf(ctx).Is(audit.LogRead)
	}
	r := &reading{name: "account", asks: key}
	r.and("account_key = ?", key)
	r.keep = func(rec *audit.Record) bool { return true }
	if !ss.readsLog() {
		r.keep = nil // by what the viewer may see now, for a whole page at once
	}
	return s.readDisclosures(ctx, ss, p, r)
}

// readDisclosures reads a page of the log.
func (s *Store) readDisclosures(ctx context.Context, ss *session, p Page, r *reading) (*DisclosureConnection, error) {
	question, err := json.Marshal([]any{ss.viewer.Account, "audit", r.name, r.asks})
	if err != nil {
		return nil, err
	}
	size, before, err := s.logPage(p, question)
	if err != nil {
		return nil, err
	}
	var kept []*audit.Record
	for more := true; more && len(kept) <= size; {
		var part []*audit.Record
		if part, more, err = s.recordsBefore(ctx, r, before, size+1); err != nil {
			return nil, err
		}
		if len(part) > 0 {
			before = part[len(part)-1].Number
		}
		if part, err = s.mayRead(ctx, ss, r, part); err != nil {
			return nil, err
		}
		kept = append(kept, part...)
	}
	c := &DisclosureConnection{Nodes: []*Disclosure{}, PageInfo: &PageInfo{HasPreviousPage: p.After != nil}}
	if c.PageInfo.HasNextPage = len(kept) > size; c.PageInfo.HasNextPage {
		kept = kept[:size]
	}
	if len(kept) > 0 {
		c.PageInfo.first = &place{position{Key: kept[0].Number}, question, s.keys}
		c.PageInfo.last = &place{position{Key: kept[len(kept)-1].Number}, question, s.keys}
	}
	c.Nodes, err = s.disclosures(ctx, ss, kept)
	return c, err
}

func (s *Store) logPage(p Page, question []byte) (size int, before int64, err error) {
	size, before = defaultPage, 1<<62
	if p.First != nil {
		size = int(*p.First)
	}
	if size < 0 || size > maxPage {
		return 0, 0, hmis.Errorf(hmis.Invalid, "a page has 0 to %d rows", maxPage)
	}
	if p.After == nil {
		return size, before, nil
	}
	text, ok := s.keys.OpenCursor(*p.After, question)
	var at position
	if !ok || json.Unmarshal(text, &at) != nil {
		return 0, 0, errWrongCursor
	}
	return size, at.Key, nil
}

// recordsBefore reads up to so many records before a number, newest first, and whether there may be more.
func (s *Store) recordsBefore(ctx context.Context, r *reading, before int64, most int) (list []*audit.Record, more bool, err error) {
	conditions := append(slices.Clone(r.where), fmt.Sprint("id < $", len(r.args)+1))
	query := fmt.Sprintf("SELECT body FROM audit_records WHERE %s ORDER BY id DESC LIMIT %d", strings.Join(conditions, " AND "), most)
	err = s.each(ctx, func(rows *sql.Rows) error {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return err
		}
		rec, err := audit.Parse(body)
		if err == nil {
			list = append(list, rec)
		}
		return err
	}, query, append(slices.Clone(r.args), before)...)
	return list, len(list) == most, err
}

// mayRead takes out what the viewer may not see of records.
func (s *Store) mayRead(ctx context.Context, ss *session, r *reading, records []*audit.Record) ([]*audit.Record, error) {
	keep := r.keep
	if keep == nil && !ss.readsLog() {
		visible, err := s.visibleClients(ctx, ss, records)
		if err != nil {
			return nil, err
		}
		keep = func(rec *audit.Record) bool {
			before := len(rec.Clients)
			rec.Clients = slices.DeleteFunc(rec.Clients, func(c audit.Client) bool { return !visible[c.Key] })
			return before == 0 || len(rec.Clients) > 0 || rec.Account == ss.viewer.Account
		}
	}
	if keep == nil {
		return records, nil
	}
	return slices.DeleteFunc(records, func(rec *audit.Record) bool { return !keep(rec) }), nil
}

// visibleClients finds which clients of records are there for the viewer now.
func (s *Store) visibleClients(ctx context.Context, ss *session, records []*audit.Record) (map[int64]bool, error) {
	visible := map[int64]bool{}
	var keys []int64
	for _, rec := range records {
		for _, c := range rec.Clients {
			keys = append(keys, c.Key)
		}
	}
	if keys = slices.Compact(slices.Sorted(slices.Values(keys))); len(keys) == 0 {
		return visible, nil
	}
	t := entsql.Dialect(s.dialect).Table("clients")
	rule, err := ss.rule(&kindClient.table, t.C)
	if err != nil {
		return nil, err
	}
	query, args := entsql.Dialect(s.dialect).Select(t.C("id")).From(t).Where(entsql.And(in(t.C("id"), keys), rule)).Query()
	err = s.each(ctx, func(rows *sql.Rows) error {
		var key int64
		err := rows.Scan(&key)
		visible[key] = true
		return err
	}, query, args...)
	return visible, err
}

// disclosures writes records as they are shown.
func (s *Store) disclosures(ctx context.Context, ss *session, records []*audit.Record) ([]*Disclosure, error) {
	var accounts, organizations []int64
	for _, r := range records {
		accounts, organizations = append(accounts, r.Account, r.Subject), append(organizations, r.Organization)
	}
	names, err := s.usernames(ctx, accounts)
	if err != nil {
		return nil, err
	}
	known, err := byKeys(ctx, s, kindOrganization, slices.Compact(slices.Sorted(slices.Values(organizations))))
	if err != nil {
		return nil, err
	}
	list := make([]*Disclosure, len(records))
	for i, r := range records {
		d := &Disclosure{At: r.At, Kind: r.Kind, Outcome: r.Outcome, Organization: known[r.Organization], Account: orNil(names[r.Account]), Subject: orNil(names[r.Subject]),
			Session: orNil(r.Session), App: orNil(r.App), Operation: orNil(r.Operation), Document: orNil(r.Document), Fields: append([]string{}, r.Fields...)}
		if ss.readsLog() {
			n := int(r.Number)
			d.Number = &n
		}
		if r.Run != 0 {
			run := int(r.Run)
			d.Run = &run
		}
		if r.Detail != "" {
			d.Detail = &r.Detail
		}
		if role, err := policy.ParseRole(r.Role); err == nil {
			d.Role = &role
		}
		if r.Purpose != "" {
			if err := d.Purpose.UnmarshalGQL(r.Purpose); err != nil {
				return nil, err
			}
		}
		for _, c := range r.Clients {
			of, err := s.disclosedClient(c)
			if err != nil {
				return nil, err
			}
			d.About = append(d.About, of)
		}
		list[i] = d
	}
	return list, nil
}

func (s *Store) disclosedClient(c audit.Client) (*DisclosedClient, error) {
	of := &DisclosedClient{Client: s.keys.ID(kindClient.code, c.Key), Shown: c.Shown.List(), Withheld: c.Withheld.List()}
	for _, b := range c.Bases {
		basis := &DisclosureBasis{Categories: b.Shown.List()}
		if err := basis.Reason.UnmarshalGQL(b.Reason); err != nil {
			return nil, err
		}
		if b.Release != 0 {
			id := s.keys.ID(kindConsent.code, b.Release)
			basis.Release = &id
		}
		of.Bases = append(of.Bases, basis)
	}
	return of, nil
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (s *Store) usernames(ctx context.Context, keys []int64) (map[int64]string, error) {
	names := map[int64]string{}
	if keys = slices.Compact(slices.Sorted(slices.Values(keys))); len(keys) == 0 {
		return names, nil
	}
	err := s.each(ctx, func(rows *sql.Rows) error {
		var key int64
		var name string
		err := rows.Scan(&key, &name)
		names[key] = name
		return err
	}, "SELECT id, username FROM accounts WHERE id IN ("+s.placeholders(1, len(keys))+")", anys(keys)...)
	return names, err
}
