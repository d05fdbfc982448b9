package account

import (
	"context"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// CreateQueryToken makes the token that opens the answers of a saved query to whoever has it, as its owner may have them. It
// opens nothing else, ends when another is made, and answers nothing while the owner's account is not in order. Errors:
// NotFound, Denied.
func (b *Book) CreateQueryToken(ctx context.Context, name string) (string, error) {
	token := newToken()
	if err := b.store.SetQueryToken(ctx, name, hashToken(token)); err != nil {
		return "", err
	}
	return token, b.record(ctx, audit.Record{Kind: audit.AccessChanged, Outcome: audit.Done, Detail: audit.TokenCreated}, nil)
}

// QueryOfToken finds the saved query that a token opens, and in whose name it is answered. Errors: NotFound, Denied.
func (b *Book) QueryOfToken(ctx context.Context, name, token string) (*store.SavedQuery, *policy.Viewer, error) {
	q, owner, err := b.store.QueryOfToken(ctx, name, hashToken(token))
	if hmis.CodeOf(err) == hmis.NotFound {
		err = b.refuseToken(ctx, nil, token, err)
	}
	if err != nil {
		return nil, nil, err
	}
	a, err := b.store.AccountNumbered(ctx, owner)
	if err != nil {
		return nil, nil, err
	}
	if a == nil || !a.Active {
		return nil, nil, b.refuseToken(ctx, a, token, hmis.Errorf(hmis.Denied, "the account of the saved query is not in order"))
	}
	v, err := b.store.Viewer(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	v.Session = sessionOf(token)
	return q, v, nil
}
