package store_test

import (
	"context"
	"testing"

	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// Every type of rows has a rule for every role, and what has none is refused to viewers.
func TestEveryTypeHasARule(t *testing.T) {
	s := storetest.SQLite.Open(t)
	storetest.Import(t, s, storetest.Community())
	var contexts []context.Context
	for _, role := range policy.Roles() {
		organization := ""
		if role.OfAgency() {
			organization = "1"
		}
		contexts = append(contexts, as(t, s, viewer(t, s, role, organization)))
	}
	for _, fault := range s.Unruled(t, contexts) {
		t.Error(fault)
	}
	for _, ctx := range contexts {
		answered, entities := s.Unguarded(ctx)
		if entities < 30 {
			t.Errorf("%d entities were found, so nothing was shown", entities)
		}
		for _, entity := range answered {
			t.Errorf("%s are answered to %s without a rule: give the type a kind and a rule in internal/store, or keep it refused in guardClient", entity, policy.ViewerOf(ctx).Role)
		}
	}
}
