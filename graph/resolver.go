// Package graph answers GraphQL: arguments go to the store, and what it gives goes out. No rule lives here.
package graph

import (
	"context"

	"github.com/hearth-hmis/hearth/graph/generated"
	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"

	"github.com/99designs/gqlgen/graphql"
)

// Resolver is the root of the resolvers.
type Resolver struct {
	Store    *store.Store
	Accounts *account.Book
}

// Schema is the API that a server executes.
func (r *Resolver) Schema() graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Resolvers: r})
}

type tokenKey struct{}

// Authenticate returns the context in which the holder of a token asks; for no token, one in which a stranger does.
// Errors: Denied.
func (r *Resolver) Authenticate(ctx context.Context, token string) (context.Context, error) {
	if token == "" {
		return ctx, nil
	}
	v, err := r.Accounts.Viewer(ctx, token)
	if err != nil {
		return nil, err
	}
	return r.Store.As(context.WithValue(ctx, tokenKey{}, token), v)
}

// userErrors turns a refusal that the caller can mend into the payload's form; other errors stay errors.
func userErrors(err error) ([]*store.UserError, error) {
	if hmis.CodeOf(err) == hmis.Internal {
		return nil, err
	}
	return []*store.UserError{{Code: hmis.CodeOf(err), Message: err.Error(), Severity: store.SeverityError}}, nil
}
