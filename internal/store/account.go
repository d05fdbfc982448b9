package store

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/account"
	"github.com/hearth-hmis/hearth/ent/apitoken"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Account is a login as the database keeps it.
type Account struct {
	Key          int64
	Username     string // lower case
	Role         policy.Role
	Organization int64   // row number; 0: the HMIS lead's own
	Projects     []int64 // row numbers; nil: all of the organization
	Scopes       hmis.Categories
	Purposes     []policy.Purpose // that its requests may name
	PasswordHash string           // "" : signs in by token only
	Active       bool
	TrainedOn    *hmis.Date
	AgreedOn     *hmis.Date
}

// Viewer is the account as it asks, for no purpose yet. Training and agreement hold for a year from their day.
func (a *Account) Viewer() *policy.Viewer {
	return &policy.Viewer{Account: a.Key, Username: a.Username, Role: a.Role, Organization: a.Organization, Projects: a.Projects,
		Scopes: a.Scopes, Standing: policy.Standing{Active: a.Active, TrainedUntil: yearOf(a.TrainedOn), AgreedUntil: yearOf(a.AgreedOn)}}
}

// yearOf is the last day of the year that begins on a day, long ago where there is none.
func yearOf(day *hmis.Date) hmis.Date {
	if day == nil {
		return policy.Never
	}
	return day.AddYears(1) - 1
}

const accounts = "accounts are kept by internal/account, which asks before anybody is a viewer"

// AddAccount stores a new account. Errors: Conflict for a username that is or ever was taken.
func (s *Store) AddAccount(ctx context.Context, a Account) error {
	ctx = s.System(ctx, accounts)
	create := s.ent.Account.Create().SetUsername(a.Username).SetRole(a.Role.String()).SetPasswordHash(a.PasswordHash).
		SetActive(a.Active).SetNillableTrainedOn(a.TrainedOn).SetNillableAgreedOn(a.AgreedOn).SetCreatedAt(*s.moment())
	if a.Organization != 0 {
		create.SetOrganizationKey(a.Organization)
	}
	if a.Projects != nil {
		create.SetProjectKeys(a.Projects)
	}
	if a.Scopes != 0 {
		var names []string
		for _, c := range a.Scopes.List() {
			names = append(names, c.String())
		}
		create.SetScopes(names)
	}
	var purposes []string
	for _, p := range a.Purposes {
		purposes = append(purposes, p.String())
	}
	err := create.SetPurposes(purposes).Exec(ctx)
	if ent.IsConstraintError(err) {
		return hmis.Errorf(hmis.Conflict, "the username is taken; usernames are never given twice")
	}
	return err
}

// DisableAccount ends an account, and with it its tokens, from the next request on.
func (s *Store) DisableAccount(ctx context.Context, key int64) error {
	return s.ent.Account.UpdateOneID(key).SetActive(false).Exec(s.System(ctx, accounts))
}

// SetRole gives an account another role from the next request on.
func (s *Store) SetRole(ctx context.Context, key int64, role policy.Role) error {
	return s.ent.Account.UpdateOneID(key).SetRole(role.String()).Exec(s.System(ctx, accounts))
}

// AccountNamed finds an account, nil where there is none.
func (s *Store) AccountNamed(ctx context.Context, username string) (*Account, error) {
	return s.oneAccount(ctx, func(sel *sql.Selector) { sel.Where(sql.EQ(sel.C(account.FieldUsername), username)) })
}

// AccountBound finds the account that is bound to an identity, nil where there is none.
func (s *Store) AccountBound(ctx context.Context, subject string) (*Account, error) {
	return s.oneAccount(ctx, func(sel *sql.Selector) { sel.Where(sql.EQ(sel.C(account.FieldSubject), subject)) })
}

// BindAccount binds an account to an identity, to none where subject is nil, and ends its sessions. Errors: Conflict for
// an identity of another account.
func (s *Store) BindAccount(ctx context.Context, key int64, subject *string) error {
	err := s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		change := tx.Account.UpdateOneID(key)
		if subject == nil {
			change.ClearSubject()
		} else {
			change.SetSubject(*subject)
		}
		if err := change.Exec(ctx); err != nil {
			return err
		}
		return tx.ApiToken.Update().Where(apitoken.AccountKey(key), apitoken.Session(true), apitoken.EndedAtIsNil()).SetEndedAt(*s.moment()).Exec(ctx)
	})
	if ent.IsConstraintError(err) {
		return hmis.Errorf(hmis.Conflict, "another account is bound to this identity; unbind that first")
	}
	return err
}

// AccountOfToken finds the account that a live token stands for, nil where there is none.
func (s *Store) AccountOfToken(ctx context.Context, hash []byte) (*Account, error) {
	return s.oneAccount(ctx, func(sel *sql.Selector) {
		t := sql.Table(apitoken.Table).As("live_tokens")
		sel.Where(sql.In(sel.C("id"), sql.Select(t.C("account_key")).From(t).Where(sql.And(sql.EQ(t.C("hash"), hash),
			sql.IsNull(t.C("ended_at")), sql.GT(t.C("expires_at"), *s.moment())))))
	})
}

func (s *Store) oneAccount(ctx context.Context, shape func(*sql.Selector)) (*Account, error) {
	rows, err := s.ent.Account.Query().Where(shape).All(s.System(ctx, accounts))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	r := rows[0]
	role, err := policy.ParseRole(r.Role)
	if err != nil {
		return nil, err
	}
	a := &Account{Key: r.ID, Username: r.Username, Role: role, Projects: r.ProjectKeys, PasswordHash: r.PasswordHash,
		Active: r.Active, TrainedOn: r.TrainedOn, AgreedOn: r.AgreedOn}
	if r.OrganizationKey != nil {
		a.Organization = *r.OrganizationKey
	}
	a.Scopes = categoriesNamed(r.Scopes)
	for _, name := range r.Purposes {
		var p policy.Purpose
		if err := p.UnmarshalGQL(name); err != nil {
			return nil, err
		}
		a.Purposes = append(a.Purposes, p)
	}
	return a, nil
}

// AddToken stores the hash of a token for an account.
func (s *Store) AddToken(ctx context.Context, accountKey int64, hash []byte, session bool, expires hmis.Timestamp) error {
	return s.ent.ApiToken.Create().SetAccountKey(accountKey).SetHash(hash).SetSession(session).SetCreatedAt(*s.moment()).
		SetExpiresAt(expires).Exec(s.System(ctx, accounts))
}

// EndToken ends a token; it reports whether it was a live one.
func (s *Store) EndToken(ctx context.Context, hash []byte) (bool, error) {
	n, err := s.ent.ApiToken.Update().Where(apitoken.Hash(hash), apitoken.EndedAtIsNil()).SetEndedAt(*s.moment()).Save(s.System(ctx, accounts))
	return n > 0, err
}

// OrganizationWithID finds the row number of an organization by its HUD id, written SOURCE/ID where several
// sources have it. Errors: NotFound and Invalid, which say so.
func (s *Store) OrganizationWithID(ctx context.Context, id string) (int64, error) {
	rows, err := s.query(ctx, `SELECT o.id, s.name FROM organizations o JOIN sources s ON s.id = o.source_key
		WHERE (o.organization_id = $1 OR s.name || '/' || o.organization_id = $1) AND o.removed_at IS NULL`, id)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var key int64
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&key, &name); err != nil {
			return 0, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
		return 0, hmis.Errorf(hmis.NotFound, "no organization has that HUD id; import its export first")
	case 1:
		return key, rows.Err()
	}
	return 0, hmis.Errorf(hmis.Invalid, "several sources have an organization of that id (%s); write it as SOURCE/ID", fmt.Sprint(names))
}

// Now is the time by which the store judges.
func (s *Store) Now() hmis.Timestamp { return *s.moment() }
