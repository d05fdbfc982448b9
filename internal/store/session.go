package store

import (
	"context"
	"slices"
	"sync"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// session is one request of one viewer: what it may see, worked out once and by one day.
type session struct {
	store  *Store
	viewer *policy.Viewer
	day    hmis.Date
	system bool    // the hub itself: no rule applies
	own    []int64 // projects whose rows are the viewer's own

	ownView  *policy.View // of rows of the own organization
	roleView *policy.View // of rows that the role opens whoever's they are; nil for the roles of agencies

	mu      sync.Mutex
	foreign map[int64]*policy.View // of rows of other organizations, by client
}

type sessionKey struct{}

// As returns a context in which v asks. Everything that v may see is judged by the store's today.
func (s *Store) As(ctx context.Context, v *policy.Viewer) (context.Context, error) {
	viewer := *v
	ss := &session{store: s, viewer: &viewer, day: s.today(), foreign: map[int64]*policy.View{}}
	if viewer.Role.OfAgency() {
		if err := ss.loadOrganization(ctx); err != nil {
			return nil, err
		}
	}
	q := policy.Question{Viewer: ss.viewer, Day: ss.day, Own: true}
	ss.ownView = policy.NewView(q)
	if !viewer.Role.OfAgency() {
		q.Own = false
		ss.roleView = policy.NewView(q)
	}
	return context.WithValue(policy.WithViewer(ctx, ss.viewer), sessionKey{}, ss), nil
}

// System returns a context in which the hub itself asks and everything is shown. The reason is for the reader of
// the code; internal/arch keeps the list of who may call it.
func (s *Store) System(ctx context.Context, reason string) context.Context {
	ss := &session{store: s, viewer: &policy.Viewer{Username: "system"}, day: s.today(), system: true}
	return context.WithValue(policy.WithViewer(ctx, ss.viewer), sessionKey{}, ss)
}

func sessionOf(ctx context.Context) (*session, error) {
	ss, _ := ctx.Value(sessionKey{}).(*session)
	if ss == nil {
		return nil, hmis.Errorf(hmis.Denied, "sign in first")
	}
	return ss, nil
}

// loadOrganization finds the organization's projects and the federal programs that fund them today.
func (ss *session) loadOrganization(ctx context.Context) error {
	rows, err := ss.store.query(ctx, `SELECT p.id, f.funder FROM projects p
		LEFT JOIN funders f ON f.project_key = p.id AND f.removed_at IS NULL AND f.start_date <= $2 AND (f.end_date IS NULL OR f.end_date >= $2)
		WHERE p.organization_key = $1 AND p.removed_at IS NULL ORDER BY p.id`, ss.viewer.Organization, ss.day)
	if err != nil {
		return err
	}
	defer rows.Close()
	ss.viewer.Programs = 0
	for rows.Next() {
		var project int64
		var funder *int32
		if err := rows.Scan(&project, &funder); err != nil {
			return err
		}
		if funder != nil {
			ss.viewer.Programs |= hmis.ProgramOfFunder(*funder)
		}
		narrowed := ss.viewer.Projects != nil && !slices.Contains(ss.viewer.Projects, project)
		if !narrowed && (len(ss.own) == 0 || ss.own[len(ss.own)-1] != project) {
			ss.own = append(ss.own, project)
		}
	}
	return rows.Err()
}

// allRows reports whether the viewer sees rows of every organization without a release.
func (ss *session) allRows() bool {
	return ss.system || ss.roleView != nil
}

// views returns what the viewer may see of other organizations' rows of the clients.
func (ss *session) views(ctx context.Context, clients []int64) (map[int64]*policy.View, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	var missing []int64
	for _, c := range clients {
		if _, ok := ss.foreign[c]; !ok {
			missing = append(missing, c)
			ss.foreign[c] = nil
		}
	}
	if len(missing) > 0 {
		if err := ss.loadViews(ctx, missing); err != nil {
			for _, c := range missing {
				delete(ss.foreign, c)
			}
			return nil, err
		}
	}
	return ss.foreign, nil
}

func (ss *session) loadViews(ctx context.Context, clients []int64) error {
	questions := map[int64]*policy.Question{}
	query := `SELECT c.id, c.refused, c.restricted, g.consent_key, g.category, g.recipient_key, g.purpose, g.starts_on, g.ends_on
		FROM clients c LEFT JOIN grants g ON g.client_key = c.id AND g.recipient_key IN (0, $1) WHERE c.id IN (` + ss.store.placeholders(2, len(clients)) + ")"
	rows, err := ss.store.query(ctx, query, append([]any{ss.viewer.Organization}, anys(clients)...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var client int64
		var refused, restricted bool
		var release, recipient *int64
		var category, purpose *int32
		var from, until *hmis.Date
		if err := rows.Scan(&client, &refused, &restricted, &release, &category, &recipient, &purpose, &from, &until); err != nil {
			return err
		}
		q := questions[client]
		if q == nil {
			q = &policy.Question{Viewer: ss.viewer, Day: ss.day, Refused: refused, Restricted: restricted}
			questions[client] = q
		}
		if release != nil {
			q.Grants = append(q.Grants, policy.Grant{Release: *release, Category: hmis.Category(*category), Recipient: *recipient,
				Purpose: policy.Purpose(*purpose), From: *from, Until: *until})
		}
	}
	for client, q := range questions {
		ss.foreign[client] = policy.NewView(*q)
	}
	return rows.Err()
}

// ownsProject reports whether rows of the project are the viewer's own.
func (ss *session) ownsProject(project int64) bool {
	_, found := slices.BinarySearch(ss.own, project)
	return found
}

// ownClients sets own[i] where client(i) is the viewer's own, with one statement for all.
func (ss *session) ownClients(ctx context.Context, own []bool, client func(int) int64) error {
	if len(own) == 0 {
		return nil
	}
	index := make(map[int64]int, len(own))
	keys := make([]int64, len(own))
	for i := range own {
		keys[i] = client(i)
		index[keys[i]] = i
	}
	c := sql.Dialect(ss.store.dialect).Select()
	clients := sql.Table("clients")
	c.Select(clients.C("id")).From(clients).Where(sql.And(in(clients.C("id"), keys), ss.ownRow(&kindClient.table, clients.C)))
	query, args := c.Query()
	rows, err := ss.store.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		if err := rows.Scan(&key); err != nil {
			return err
		}
		own[index[key]] = true
	}
	return rows.Err()
}
