package store

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/apitoken"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// SessionIdle is how long a session may go unused.
const SessionIdle = 30 * time.Minute

// useNoted is how exactly the last use of a token and of an account is kept.
const useNoted = time.Minute

// Token is a secret that stands for an account, as the database keeps it: without the secret.
type Token struct {
	Key        int64
	Account    int64
	Session    bool // made by a login
	Name, App  *string
	Reads      *hmis.Categories // nil: as its account
	Writes     *hmis.Categories // nil: as its account; empty: nothing
	Projects   []int64          // row numbers; nil: as its account
	Statistics bool             // numbers only
	Replaces   *int64
	LastUsedAt *hmis.Timestamp
	CreatedAt  *hmis.Timestamp
	ExpiresAt  *hmis.Timestamp
	EndedAt    *hmis.Timestamp
}

// Live reports whether a token may be used at a time.
func (t *Token) Live(now hmis.Timestamp) bool {
	if t.EndedAt != nil || t.ExpiresAt == nil || *t.ExpiresAt <= now {
		return false
	}
	last := t.LastUsedAt
	if last == nil {
		last = t.CreatedAt
	}
	return !t.Session || last != nil && *last+hmis.Timestamp(SessionIdle/time.Second) > now
}

// limits are what the token narrows its account to.
func (t *Token) limits() *policy.Limits {
	if t.Reads == nil && t.Writes == nil && t.Projects == nil && !t.Statistics {
		return nil
	}
	all := hmis.AllContent | hmis.CategoriesOf(hmis.Unclassified)
	l := &policy.Limits{Reads: all, Writes: all, Statistics: t.Statistics}
	if t.Reads != nil {
		l.Reads = *t.Reads
	}
	if t.Writes != nil {
		l.Writes = *t.Writes
	}
	return l
}

// Narrow makes a viewer of an account one of the token.
func (t *Token) Narrow(v *policy.Viewer) {
	v.Limits = t.limits()
	if t.Projects == nil {
		return
	}
	if v.Projects == nil {
		v.Projects = t.Projects
		return
	}
	both := []int64{} // not nil: none is not all
	for _, p := range v.Projects {
		for _, q := range t.Projects {
			if p == q {
				both = append(both, p)
			}
		}
	}
	v.Projects = both
}

// AddToken stores a token by its hash. replaced is the key of the token that it takes the place of, which ends at once
// (grace 0) or after a while. Of a session's account the most newest sessions go on, this one included; 0: all do.
func (s *Store) AddToken(ctx context.Context, t Token, hash []byte, most int, grace time.Duration) error {
	return s.transaction(ctx, accounts, func(ctx context.Context, tx *ent.Tx) error {
		now := *s.moment()
		if t.Session && most > 0 {
			if err := endOldest(ctx, tx, t.Account, most-1, now); err != nil {
				return err
			}
		}
		if t.Replaces != nil {
			old := tx.ApiToken.UpdateOneID(*t.Replaces)
			if grace == 0 {
				old.SetEndedAt(now)
			} else {
				old.SetExpiresAt(now + hmis.Timestamp(grace/time.Second))
			}
			if err := old.Exec(ctx); err != nil {
				return err
			}
		}
		create := tx.ApiToken.Create().SetAccountKey(t.Account).SetHash(hash).SetSession(t.Session).SetNillableName(t.Name).SetNillableApp(t.App).
			SetStatisticsOnly(t.Statistics).SetNillableReplaces(t.Replaces).SetCreatedAt(now).SetNillableExpiresAt(t.ExpiresAt)
		if t.Reads != nil {
			create.SetScopes(append([]string{}, categoryNames(*t.Reads)...))
		}
		if t.Writes != nil {
			create.SetWrites(append([]string{}, categoryNames(*t.Writes)...))
		}
		if t.Projects != nil {
			create.SetProjectKeys(t.Projects)
		}
		return create.Exec(ctx)
	})
}

// endOldest ends the sessions of an account but for the newest of a number.
func endOldest(ctx context.Context, tx *ent.Tx, account int64, keep int, now hmis.Timestamp) error {
	if err := tx.Account.UpdateOneID(account).AddTotpStep(0).Exec(ctx); err != nil { // other sign-ins wait
		return err
	}
	open, err := tx.ApiToken.Query().Where(apitoken.AccountKey(account), apitoken.Session(true), apitoken.EndedAtIsNil(), apitoken.ExpiresAtGT(now)).
		Order(apitoken.ByID(sql.OrderDesc())).IDs(ctx)
	if err != nil || len(open) <= keep {
		return err
	}
	return tx.ApiToken.Update().Where(apitoken.IDIn(open[keep:]...)).SetEndedAt(now).Exec(ctx)
}

// EndSessions ends the sessions of an account, but for one (0: all).
func (s *Store) EndSessions(ctx context.Context, account, but int64) error {
	return s.ent.ApiToken.Update().Where(apitoken.AccountKey(account), apitoken.Session(true), apitoken.EndedAtIsNil(), apitoken.IDNEQ(but)).
		SetEndedAt(*s.moment()).Exec(s.System(ctx, accounts))
}

// AccountOfToken finds a live token and the account that it stands for, nil where there is none. It notes that both
// were used, at most once a minute.
func (s *Store) AccountOfToken(ctx context.Context, hash []byte) (*Account, *Token, error) {
	found, err := s.tokens(ctx, func(sel *sql.Selector) { sel.Where(sql.EQ(sel.C(apitoken.FieldHash), hash)) })
	now := *s.moment()
	if err != nil || len(found) == 0 || !found[0].Live(now) {
		return nil, nil, err
	}
	t := found[0]
	a, err := s.AccountNumbered(ctx, t.Account)
	if err != nil || a == nil {
		return nil, nil, err
	}
	if t.LastUsedAt == nil || *t.LastUsedAt+hmis.Timestamp(useNoted/time.Second) <= now {
		err = s.noteUse(ctx, a, t, now)
	}
	return a, t, err
}

// noteUse keeps when a token was used last; that of its account only while it is not locked, so that a lock for being
// unused does not open by itself.
func (s *Store) noteUse(ctx context.Context, a *Account, t *Token, now hmis.Timestamp) error {
	ctx = s.System(ctx, accounts)
	if err := s.ent.ApiToken.UpdateOneID(t.Key).SetLastUsedAt(now).Exec(ctx); err != nil {
		return err
	}
	c, err := s.conditions(ctx)
	if err != nil || a.lastDay(c.inactiveAfter) < s.today() {
		return err
	}
	return s.ent.Account.UpdateOneID(a.Key).SetLastUsedAt(now).Exec(ctx)
}

// TokensOf lists the live tokens of an account, sessions included, oldest first.
func (s *Store) TokensOf(ctx context.Context, account int64) (live []*Token, err error) {
	all, err := s.tokens(ctx, func(sel *sql.Selector) {
		sel.Where(sql.And(sql.EQ(sel.C(apitoken.FieldAccountKey), account), sql.IsNull(sel.C(apitoken.FieldEndedAt)))).OrderBy(sel.C("id"))
	})
	for _, t := range all {
		if t.Live(*s.moment()) {
			live = append(live, t)
		}
	}
	return live, err
}

func (s *Store) tokens(ctx context.Context, shape func(*sql.Selector)) (list []*Token, err error) {
	rows, err := s.ent.ApiToken.Query().Where(shape).All(s.System(ctx, accounts))
	for _, r := range rows {
		list = append(list, &Token{Key: r.ID, Account: r.AccountKey, Session: r.Session, Name: r.Name, App: r.App, Reads: categoriesOrNil(r.Scopes),
			Writes: categoriesOrNil(r.Writes), Projects: r.ProjectKeys, Statistics: r.StatisticsOnly, Replaces: r.Replaces, LastUsedAt: r.LastUsedAt,
			CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, EndedAt: r.EndedAt})
	}
	return list, err
}

func categoriesOrNil(names []string) *hmis.Categories {
	if names == nil {
		return nil
	}
	c := categoriesNamed(names)
	return &c
}

// EndToken ends a token by its hash; it reports whether it was a live one.
func (s *Store) EndToken(ctx context.Context, hash []byte) (bool, error) {
	n, err := s.ent.ApiToken.Update().Where(apitoken.Hash(hash), apitoken.EndedAtIsNil()).SetEndedAt(*s.moment()).Save(s.System(ctx, accounts))
	return n > 0, err
}

// EndTokenNumbered ends a token of an account; it reports whether it was a live one.
func (s *Store) EndTokenNumbered(ctx context.Context, account, key int64) (bool, error) {
	n, err := s.ent.ApiToken.Update().Where(apitoken.ID(key), apitoken.AccountKey(account), apitoken.EndedAtIsNil()).SetEndedAt(*s.moment()).
		Save(s.System(ctx, accounts))
	return n > 0, err
}

// TokenID is the opaque id of a token.
func (s *Store) TokenID(key int64) string { return s.keys.ID(tokenCode, key) }

// TokenKey is the reverse of TokenID; ok is false for what is none.
func (s *Store) TokenKey(id string) (key int64, ok bool) {
	code, key, ok := s.keys.ParseID(id)
	return key, ok && code == tokenCode
}

// tokenCode is the type of tokens in opaque ids, which no type of rows has.
const tokenCode = 201
