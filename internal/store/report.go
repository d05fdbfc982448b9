package store

import (
	"context"
	"maps"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// ReportScope is what the viewer may report on: the data, and the projects of it by index in Facts.Projects.
type ReportScope struct {
	*Snapshot
	Projects []int32
	lead     bool
}

// Basis is the last change that the data holds and when it was made. Only the lead is told: the number of changes
// tells how much others have written. Nil for everybody else, and where nothing was changed yet.
func (r *ReportScope) Basis() (change *int64, at *hmis.Timestamp) {
	if !r.lead {
		return nil, nil
	}
	return &r.Change, r.At
}

// Keys are the row numbers of the projects.
func (r *ReportScope) Keys() []int64 {
	keys := make([]int64, len(r.Projects))
	for i, p := range r.Projects {
		keys[i] = r.Snapshot.Projects[p].Row
	}
	return keys
}

var errNoProject = hmis.Errorf(hmis.NotFound, "there is no such project, or not for this account to report on")

// ReportScope gives the data for a report on projects by their opaque ids, none for all that the viewer may report on:
// every project for the HMIS lead, an agency's own for its administrator. Errors: Denied for other roles, NotFound.
func (s *Store) ReportScope(ctx context.Context, projects []string) (*ReportScope, error) {
	may, err := s.mayReport(ctx)
	if err != nil {
		return nil, err
	}
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	var own []int64 // a check of data quality looks at all stays of a client, which an agency may not see
	if ss.viewer.Role.OfAgency() {
		if own = ss.own; len(own) == 0 {
			return nil, errNoProject
		}
	}
	found, err := s.advance(ctx) // one who has just imported reports on what came in
	if err != nil {
		return nil, err
	}
	if own != nil {
		if found, err = s.atProjects(found, own, nil); err != nil {
			return nil, err
		}
	}
	audit.RecorderOf(ctx).Is(audit.Report)
	scope := &ReportScope{Snapshot: found, lead: !ss.viewer.Role.OfAgency()}
	if len(projects) == 0 {
		for _, key := range slices.Sorted(maps.Keys(found.projects)) {
			if may(key) {
				scope.Projects = append(scope.Projects, found.projects[key])
			}
		}
		if len(scope.Projects) == 0 {
			return nil, errNoProject
		}
	}
	for _, id := range projects {
		code, key, ok := s.keys.ParseID(id)
		index, there := found.projects[key]
		if !ok || code != kindProject.code || !there || !may(key) {
			return nil, errNoProject
		}
		scope.Projects = append(scope.Projects, index)
	}
	return scope, nil
}

// mayReport says which projects, by row number, the viewer may report on.
func (s *Store) mayReport(ctx context.Context) (func(int64) bool, error) {
	ss, err := sessionOf(ctx)
	switch {
	case err != nil:
		return nil, err
	case ss.system:
		return func(int64) bool { return true }, nil
	case !ss.viewer.Role.RunsReports() || !ss.viewer.SeesPeople() || !ss.viewer.Standing.InOrder(ss.day):
		return nil, hmis.Errorf(hmis.Denied, "an account of this role does not run reports")
	case ss.viewer.Role.OfAgency():
		return ss.ownsProject, nil
	}
	return func(int64) bool { return true }, nil
}

// ClientsNumbered lists clients by their row numbers, those that the viewer may see.
func (s *Store) ClientsNumbered(ctx context.Context, keys []int64, p Page) (*ClientConnection, error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	return whole(ctx, s, kindClient, list{page: p, where: keys, filter: func(_ *session, c columns) (*sql.Predicate, error) {
		return s.among(c("id"), keys), nil
	}})
}

// EnrollmentsNumbered lists stays by their row numbers, those that the viewer may see.
func (s *Store) EnrollmentsNumbered(ctx context.Context, keys []int64, p Page) (*EnrollmentConnection, error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	return whole(ctx, s, kindEnrollment, list{page: p, where: keys, filter: func(_ *session, c columns) (*sql.Predicate, error) {
		return s.among(c("id"), keys), nil
	}})
}

// ProjectsNumbered finds projects by their row numbers.
func (s *Store) ProjectsNumbered(ctx context.Context, keys []int64) (map[int64]*ent.Project, error) {
	return byKeys(ctx, s, kindProject, keys)
}

// ClientsAmong finds those clients, by their row numbers, that the viewer may see.
func (s *Store) ClientsAmong(ctx context.Context, keys []int64) (map[int64]*ent.ClientRecord, error) {
	return byKeys(ctx, s, kindClient, keys)
}

// EnrollmentsAmong finds those stays, by their row numbers, that the viewer may see.
func (s *Store) EnrollmentsAmong(ctx context.Context, keys []int64) (map[int64]*ent.Enrollment, error) {
	return byKeys(ctx, s, kindEnrollment, keys)
}

// NewReportRun is a report that is about to be run.
type NewReportRun struct {
	Kind     string
	Projects []string // opaque ids; none: all that the viewer may report on
	Start    hmis.Date
	End      hmis.Date
	CoC      *string
}

// Figures are a report's by table and cell address.
type Figures = map[string]map[string]any

// StartReportRun keeps that a report is run. Errors as ReportScope.
func (s *Store) StartReportRun(ctx context.Context, n NewReportRun) (*ent.ReportRun, error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	projects, err := s.reportable(ctx, n.Projects)
	if err != nil {
		return nil, err
	}
	var key int64
	err = s.transaction(ctx, "the viewer was found to have the right", func(ctx context.Context, tx *ent.Tx) error {
		audit.RecorderOf(ctx).Write(audit.Report)
		run, err := tx.ReportRun.Create().SetAccountKey(ss.viewer.Account).SetUsername(ss.viewer.Username).SetOrganizationKey(ss.viewer.Organization).
			SetKind(n.Kind).SetProjectKeys(projects).SetStartsOn(n.Start).SetEndsOn(n.End).SetNillableCOC(n.CoC).SetStartedAt(*s.moment()).Save(ctx)
		if err == nil {
			key = run.ID
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	found, err := byKeys(ctx, s, kindReportRun, []int64{key})
	return found[key], err
}

// reportable finds the row numbers of projects that the viewer may report on.
func (s *Store) reportable(ctx context.Context, ids []string) (keys []int64, err error) {
	may, err := s.mayReport(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		code, key, ok := s.keys.ParseID(id)
		if !ok || code != kindProject.code || !may(key) {
			return nil, errNoProject
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// ReportProgress keeps how far a run is, in percent.
func (s *Store) ReportProgress(ctx context.Context, run *ent.ReportRun, percent int32) error {
	if _, err := s.mayReport(ctx); err != nil {
		return err
	}
	return s.ent.ReportRun.UpdateOneID(run.ID).SetProgress(percent).Exec(s.System(ctx, "the viewer was found to have the right"))
}

// EndReportRun keeps the figures of a run with the data that they stand on (nil where it was not read), or why there
// are none.
func (s *Store) EndReportRun(ctx context.Context, run *ent.ReportRun, data *ReportScope, figures Figures, failure *string) error {
	if _, err := s.mayReport(ctx); err != nil {
		return err
	}
	end := s.ent.ReportRun.UpdateOneID(run.ID).SetFigures(figures).SetNillableFailure(failure).SetFinishedAt(*s.moment()).SetProgress(100)
	if data != nil {
		end.SetChangeKey(data.Change).SetProjectKeys(data.Keys())
	}
	return end.Exec(s.System(ctx, "the viewer was found to have the right"))
}

// ReportRuns lists the runs that were kept, oldest first.
func (s *Store) ReportRuns(ctx context.Context, p Page) (*ReportRunConnection, error) {
	return whole(ctx, s, kindReportRun, list{page: p})
}

// ReportRunOf finds a run by its opaque id, nil where it is absent or not for the viewer.
func (s *Store) ReportRunOf(ctx context.Context, id string) (*ent.ReportRun, error) {
	n, err := s.Node(ctx, id)
	run, _ := n.(*ent.ReportRun)
	return run, err
}

// reportRuns holds for the runs that the viewer may see: the lead all, an agency's administrator those of its agency.
func (ss *session) reportRuns(c columns) *sql.Predicate {
	switch {
	case !ss.viewer.Role.RunsReports():
		return never()
	case ss.viewer.Role.OfAgency():
		return sql.EQ(c("organization_key"), ss.viewer.Organization)
	}
	return always()
}
