// Package graph answers GraphQL: arguments go to the store, and what it gives goes out. No rule lives here.
package graph

import (
	"context"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/graph/generated"
	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"

	"github.com/99designs/gqlgen/graphql"
)

// Resolver is the root of the resolvers.
type Resolver struct {
	Store    *store.Store
	Accounts *account.Book

	statistics statistics
}

// Schema is the whole API.
func (r *Resolver) Schema() graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Resolvers: r})
}

// NumbersSchema is the API for those who see no person, strangers included: without any type of clients and whatever
// leads to one.
func (r *Resolver) NumbersSchema() graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Resolvers: r, Schema: withoutClients(r.Schema().Schema())})
}

// SeesPeople reports whether the viewer gets Schema; the others get NumbersSchema.
func SeesPeople(ctx context.Context) bool {
	v := policy.ViewerOf(ctx)
	return v != nil && v.SeesPeople()
}

type (
	tokenKey   struct{}
	addressKey struct{}
)

// Authenticate returns the context in which the holder of a token asks for a purpose (a Purpose by name, "" for none
// in particular); for no token, one in which a stranger does. Address is where the caller is, by which attempts to sign in
// are counted. Errors: Denied.
func (r *Resolver) Authenticate(ctx context.Context, token, purpose, address string) (context.Context, error) {
	ctx = context.WithValue(ctx, addressKey{}, address)
	if token == "" {
		return ctx, nil
	}
	v, err := r.Accounts.Viewer(ctx, token, purpose)
	if err != nil {
		return nil, err
	}
	return r.Store.As(context.WithValue(ctx, tokenKey{}, token), v)
}

// attempt is an attempt to sign in from where the request comes from.
func attempt(ctx context.Context, input model.LoginInput) account.Attempt {
	t := account.Attempt{Username: input.Username, Password: input.Password}
	if input.Code != nil {
		t.Code = *input.Code
	}
	if input.App != nil {
		t.App = *input.App
	}
	t.Address, _ = ctx.Value(addressKey{}).(string)
	return t
}

// userErrors turns a refusal that the caller can mend into the payload's form; other errors stay errors.
func userErrors(err error) ([]*store.UserError, error) {
	switch hmis.CodeOf(err) {
	case hmis.Internal, hmis.Unavailable:
		return nil, err
	}
	return []*store.UserError{{Code: hmis.CodeOf(err), Message: err.Error(), Severity: store.SeverityError}}, nil
}

func consentPayload(c *ent.Consent, problems []*store.UserError, err error) (*model.ConsentPayload, error) {
	if err != nil {
		problems, err = userErrors(err)
	}
	return &model.ConsentPayload{Consent: c, UserErrors: problems}, err
}

func lockPayload(c *ent.ClientRecord, problems []*store.UserError, err error) (*model.LockClientPayload, error) {
	if err != nil {
		problems, err = userErrors(err)
	}
	return &model.LockClientPayload{Client: c, UserErrors: problems}, err
}
