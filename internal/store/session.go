package store

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// session is one request of one viewer: what it may see, worked out once and by one day.
type session struct {
	store   *Store
	viewer  *policy.Viewer
	day     hmis.Date
	system  bool    // the hub itself: no rule applies
	own     []int64 // projects whose rows are the viewer's own
	partner bool    // the viewer's organization has a partner agreement that holds today
	closed  []int64 // projects of organizations without one: they share nothing
	// telling lists, by category, the projects that give it away. It is nil for the lead, who may know all.
	telling map[hmis.Category][]int64

	// counting says that the rule is for all rows at once and not for those of a page.
	counting bool

	ownView  *policy.View // of rows of the own organization
	roleView *policy.View // of rows that the role opens whoever's they are; nil for the roles of agencies

	mu      sync.Mutex
	foreign map[int64]*foreign // by client
}

// foreign is what the viewer may see of a client's rows of other organizations.
type foreign struct {
	question policy.Question
	view     *policy.View // nil where the day on which a row was written decides
}

// of returns the view of a row by the day on which it was last written.
func (f *foreign) of(written *hmis.Timestamp) *policy.View {
	if f == nil {
		return nil
	}
	if f.view != nil {
		return f.view
	}
	q := f.question
	q.Written = writtenOn(written)
	return policy.NewView(q)
}

// writtenOn is the day of a row's DateUpdated (element 5.02); one without is taken for written after everything.
func writtenOn(updated *hmis.Timestamp) hmis.Date {
	if updated == nil {
		return 1<<31 - 1
	}
	return updated.Day()
}

type sessionKey struct{}

// As returns a context in which v asks. Everything that v may see is judged by the store's today.
func (s *Store) As(ctx context.Context, v *policy.Viewer) (context.Context, error) {
	ss, err := s.session(ctx, v)
	if err != nil {
		return nil, err
	}
	return context.WithValue(policy.WithViewer(ctx, ss.viewer), sessionKey{}, ss), nil
}

// session works out what a viewer may see but for what clients decide.
func (s *Store) session(ctx context.Context, v *policy.Viewer) (*session, error) {
	viewer := *v
	ss := &session{store: s, viewer: &viewer, day: s.today(), foreign: map[int64]*foreign{}}
	if viewer.Role.OfAgency() {
		if err := ss.loadOrganization(ctx); err != nil {
			return nil, err
		}
	}
	if viewer.Role != policy.SystemAdmin {
		if err := ss.loadProjects(ctx); err != nil {
			return nil, err
		}
	}
	q := policy.Question{Viewer: ss.viewer, Day: ss.day, Own: true}
	ss.ownView = policy.NewView(q)
	if !viewer.Role.OfAgency() {
		q.Own = false
		ss.roleView = policy.NewView(q)
	}
	return ss, nil
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

// loadProjects finds the projects that give categories away and those that share nothing, and whether the viewer's
// organization is a partner.
func (ss *session) loadProjects(ctx context.Context) error {
	partner := `EXISTS (SELECT 1 FROM partner_agreements a WHERE a.organization_key = %s AND a.signed_on <= $2 AND a.ends_on >= $2)`
	rows, err := ss.store.query(ctx, "SELECT 0, 0, "+fmt.Sprintf(partner, "$1")+" UNION ALL SELECT p.id, p.tells, "+fmt.Sprintf(partner, "p.organization_key")+
		" FROM projects p ORDER BY 1", ss.viewer.Organization, ss.day)
	if err != nil {
		return err
	}
	defer rows.Close()
	ss.telling = map[hmis.Category][]int64{}
	for rows.Next() {
		var project int64
		var tells uint32
		var shares bool
		if err := rows.Scan(&project, &tells, &shares); err != nil {
			return err
		}
		switch {
		case project == 0:
			ss.partner = shares
		case !shares:
			ss.closed = append(ss.closed, project)
		}
		for _, c := range hmis.Categories(tells).List() {
			ss.telling[c] = append(ss.telling[c], project)
		}
	}
	return rows.Err()
}

// allRows reports whether the viewer sees rows of every organization without a release.
func (ss *session) allRows() bool {
	return ss.system || ss.roleView != nil
}

// views returns what the viewer may see of other organizations' rows of the clients.
func (ss *session) views(ctx context.Context, clients []int64) (map[int64]*foreign, error) {
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
	questions, err := ss.questions(ctx, clients)
	if err != nil {
		return err
	}
	for client, q := range questions {
		f := &foreign{question: q}
		if !slices.ContainsFunc(q.Grants, func(g policy.Grant) bool { return g.Before != nil }) {
			f.view = policy.NewView(q)
		}
		ss.foreign[client] = f
	}
	return nil
}

// forget makes the viewer's next question about a client be asked anew, after a write.
func (ss *session) forget(client int64) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.foreign, client)
}

// questions asks for the viewer about rows of other organizations of each client, as far as the client decides.
func (ss *session) questions(ctx context.Context, clients []int64) (map[int64]policy.Question, error) {
	query := `SELECT c.id, c.refused, c.restricted, c.fleeing, g.consent_key, g.category, g.recipient_key, g.purpose, g.starts_on, g.ends_on, g.written_before
		FROM clients c LEFT JOIN grants g ON g.client_key = c.id AND g.recipient_key IN (0, $1) WHERE c.id IN (` + ss.store.placeholders(2, len(clients)) + ") ORDER BY g.id"
	rows, err := ss.store.query(ctx, query, append([]any{ss.viewer.Organization}, anys(clients)...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	questions := make(map[int64]policy.Question, len(clients))
	for rows.Next() {
		var client int64
		var refused, restricted, fleeing bool
		var release, recipient *int64
		var category, purpose *int32
		var from, until, before *hmis.Date
		if err := rows.Scan(&client, &refused, &restricted, &fleeing, &release, &category, &recipient, &purpose, &from, &until, &before); err != nil {
			return nil, err
		}
		q, known := questions[client]
		if !known {
			q = policy.Question{Viewer: ss.viewer, Day: ss.day, Partners: ss.partner, Refused: refused, Restricted: restricted, Fleeing: fleeing}
		}
		if release != nil {
			q.Grants = append(q.Grants, policy.Grant{Release: *release, Category: hmis.Category(*category), Recipient: *recipient,
				Purpose: policy.Purpose(*purpose), From: *from, Until: *until, Before: before})
		}
		questions[client] = q
	}
	return questions, rows.Err()
}

// forCounting is the session with rules in the form that is fast for all rows at once.
func (ss *session) forCounting() *session {
	return &session{store: ss.store, viewer: ss.viewer, day: ss.day, system: ss.system, own: ss.own, partner: ss.partner, closed: ss.closed, telling: ss.telling,
		ownView: ss.ownView, roleView: ss.roleView, counting: true}
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
