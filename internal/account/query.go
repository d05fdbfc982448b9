package account

import (
	"context"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// CreateQueryToken makes the token that opens the answers of a saved query to whoever has it, as its owner may have them. It
// opens nothing else, ends when another is made, and answers nothing while the owner's account is not in order. Errors:
// NotFound, Denied.
func (b *Book) CreateQueryToken(ctx context.Context, name string) (string, error) {
	token := newToken()
	return token, b.store.SetQueryToken(ctx, name, hashToken(token))
}

// QueryOfToken finds the saved query that a token opens, and in whose name it is answered. Errors: NotFound, Denied.
func (b *Book) QueryOfToken(ctx context.Context, name, token string) (*store.SavedQuery, *policy.Viewer, error) {
	q, owner, err := b.store.QueryOfToken(ctx, name, hashToken(token))
	if err != nil {
		return nil, nil, err
	}
	a, err := b.store.AccountNumbered(ctx, owner)
	if err != nil {
		return nil, nil, err
	}
	if a == nil || !a.Active {
		return nil, nil, hmis.Errorf(hmis.Denied, "the account of the saved query is not in order")
	}
	v, err := b.store.Viewer(ctx, a)
	return q, v, err
}
