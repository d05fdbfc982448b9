// Package schema holds the entities. The fields of HMIS records come from the dictionary in internal/hmis;
// what the hub adds is written here by hand.
package schema

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/schema/mixin"

	"github.com/hearth-hmis/hearth/internal/policy"
)

// guarded makes every query and mutation without a viewer in the context fail. What the viewer may see
// is decided in internal/policy and applied in internal/store; this is the bolt behind that door.
type guarded struct{ mixin.Schema }

// Interceptors refuse queries of nobody.
func (guarded) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{ent.TraverseFunc(func(ctx context.Context, _ ent.Query) error {
		return policy.RequireViewer(ctx)
	})}
}

// Hooks refuse mutations of nobody.
func (guarded) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if err := policy.RequireViewer(ctx); err != nil {
				return nil, err
			}
			return next.Mutate(ctx, m)
		})
	}}
}
