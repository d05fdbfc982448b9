// Package graph answers GraphQL: arguments go to the store, and what it gives goes out. No rule lives here.
package graph

import (
	"github.com/hearth-hmis/hearth/internal/store"
)

// Resolver is the root of the resolvers.
type Resolver struct {
	Store *store.Store
}
