package store

import (
	"context"
	"slices"

	entgo "entgo.io/ent"
	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/intercept"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// guardClient hangs the rule on every query of the ent client: rows are narrowed before it, fields withheld after it.
// Queries that would not return rows to withhold fields of (scans, groups, aggregates) and all of types without a rule
// are refused to everyone but the hub itself, and so are mutations.
func (s *Store) guardClient() {
	s.ent.Intercept(intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
		ss, err := sessionOf(ctx)
		if err != nil || ss.system {
			return err
		}
		t := tables[q.Type()]
		if t == nil || entgo.QueryFromContext(ctx).Op != entgo.OpQueryAll {
			return hmis.Errorf(hmis.Internal, "no guard for this query of %s", q.Type())
		}
		var ruleErr error
		q.WhereP(func(sel *sql.Selector) {
			rule, err := ss.rule(t, sel.C)
			if err != nil {
				ruleErr, rule = err, never()
			}
			sel.Where(rule)
		})
		return ruleErr
	}))
	s.ent.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			ss, err := sessionOf(ctx)
			if err != nil {
				return nil, err
			}
			loaded, err := next.Query(ctx, q)
			if err != nil {
				return nil, err
			}
			return loaded, ss.guardRows(ctx, loaded)
		})
	}))
	s.ent.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if ss, err := sessionOf(ctx); err != nil || !ss.system {
				return nil, hmis.Errorf(hmis.Denied, "not for this account")
			}
			return next.Mutate(ctx, m)
		})
	})
}

// guard gives each row its view and takes out what the view does not show.
func guard[T Node](ctx context.Context, ss *session, k *kind[T], rows []T) error {
	clientLevel := k.file != nil && k.file.Level == hmis.ClientLevel
	var views []*policy.View
	if clientLevel && !ss.system {
		var err error
		if views, err = rowViews(ctx, ss, k, rows); err != nil {
			return err
		}
	}
	for i, r := range rows {
		l := r.Kept()
		l.OpaqueID, l.File = ss.store.keys.ID(k.code, k.key(r, "id")), k.file
		if views != nil {
			l.View = views[i]
			k.mask(r, l.View)
			if ss.viewer.Role == policy.Analyst {
				k.rename(r, ss.store.keys.ID(kindClient.code, clientOf(k, r))) // a pseudonym
			}
		}
		if k.class != nil {
			l.Type = k.class(r)
		}
	}
	return ss.guardHub(ctx, rows)
}

// guardHub takes out what rows that are not of one client tell of some.
func (ss *session) guardHub(ctx context.Context, rows any) error {
	switch rows := rows.(type) {
	case []*ent.Household:
		return ss.guardHouseholdTypes(ctx, rows)
	case []*ent.ReportRun:
		for _, r := range rows {
			if ss.viewer.Role.OfAgency() {
				r.ChangeKey = 0 // as ReportScope.Basis
			}
		}
	case []*ent.Consent:
		for _, r := range rows {
			r.State = r.State.On(ss.day, r.EndsOn)
		}
	case []*ent.ProjectCoC:
		for _, r := range rows {
			if _, secret := slices.BinarySearch(ss.telling[hmis.DomesticViolence], r.ProjectKey); secret && !ss.ownsProject(r.ProjectKey) {
				r.Address1, r.Address2, r.City, r.Zip = nil, nil, nil, nil // 24 CFR 578.103(b)(2): confidential locations
			}
		}
	}
	return nil
}

// rowViews finds the view of each row: by the role, as own, or by the client's releases.
func rowViews[T Node](ctx context.Context, ss *session, k *kind[T], rows []T) ([]*policy.View, error) {
	views := make([]*policy.View, len(rows))
	if ss.roleView != nil {
		for i := range views {
			views[i] = ss.roleView
		}
		return views, nil
	}
	own, err := ownRows(ctx, ss, k, rows)
	if err != nil {
		return nil, err
	}
	var clients []int64
	for i, r := range rows {
		if own[i] {
			views[i] = ss.ownView
		} else {
			clients = append(clients, clientOf(k, r))
		}
	}
	if len(clients) == 0 {
		return views, nil
	}
	foreign, err := ss.views(ctx, clients)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		if views[i] == nil {
			views[i] = foreign[clientOf(k, r)].of(k.written(r))
		}
	}
	return views, nil
}

func clientOf[T Node](k *kind[T], r T) int64 {
	if k.name == "Client" {
		return k.key(r, "id")
	}
	return k.key(r, "client_key")
}

// ownRows says which rows are of the viewer's own organization.
func ownRows[T Node](ctx context.Context, ss *session, k *kind[T], rows []T) ([]bool, error) {
	own := make([]bool, len(rows))
	if k.name == "Client" {
		return own, ss.ownClients(ctx, own, func(i int) int64 { return k.key(rows[i], "id") })
	}
	for i, r := range rows {
		own[i] = ss.ownsProject(k.key(r, "project_key"))
	}
	return own, nil
}
