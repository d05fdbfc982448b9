package graph

import (
	"cmp"
	"context"
	"slices"

	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/report"
)

// dataQuality finds what is to be mended where the viewer may report.
func (r *Resolver) dataQuality(ctx context.Context, projects []string, start, end *hmis.Date) (*model.DataQuality, error) {
	data, err := r.Store.ReportScope(ctx, projects)
	if err != nil {
		return nil, err
	}
	scope := report.Scope{Projects: data.Projects, End: r.Store.Now().Day()}
	if end != nil {
		scope.End = *end
	}
	if scope.Start = scope.End.AddYears(-1) + 1; start != nil {
		scope.Start = *start
	}
	findings, err := report.Quality(data.Facts, scope)
	if err != nil {
		return nil, err
	}
	return &model.DataQuality{Data: data, Scope: scope, Findings: findings}, nil
}

func (r *Resolver) qualityProjects(ctx context.Context, q *model.DataQuality) ([]*model.QualityProjectCount, error) {
	counted := q.ByProject()
	found, err := r.Store.ProjectsNumbered(ctx, keysOf(counted))
	if err != nil {
		return nil, err
	}
	list := make([]*model.QualityProjectCount, len(counted))
	for i, c := range counted {
		list[i] = &model.QualityProjectCount{Project: found[c.Key], Count: c.Count}
	}
	return list, nil
}

func keysOf(counted []model.Counted) []int64 {
	keys := make([]int64, len(counted))
	for i, c := range counted {
		keys[i] = c.Key
	}
	return keys
}

func (r *Resolver) qualityOrganizations(ctx context.Context, q *model.DataQuality) ([]*model.QualityOrganizationCount, error) {
	projects, err := r.qualityProjects(ctx, q)
	if err != nil {
		return nil, err
	}
	byID := map[int64]*model.QualityOrganizationCount{}
	var list []*model.QualityOrganizationCount
	for _, p := range projects {
		o, err := r.Store.OrganizationOf(ctx, p.Project)
		if err != nil {
			return nil, err
		}
		if byID[o.ID] == nil {
			byID[o.ID] = &model.QualityOrganizationCount{Organization: o}
			list = append(list, byID[o.ID])
		}
		byID[o.ID].Count += p.Count
	}
	slices.SortStableFunc(list, func(a, b *model.QualityOrganizationCount) int { return cmp.Compare(b.Count, a.Count) })
	return list, nil
}

func (r *Resolver) timeliness(ctx context.Context, q *model.DataQuality) ([]*model.Timeliness, error) {
	found, err := report.TimelinessOf(q.Data.Facts, q.Scope)
	if err != nil {
		return nil, err
	}
	row := func(t report.Timeliness) int64 { return q.Data.Facts.Projects[t.Project].Row }
	var keys []int64
	for _, t := range found {
		keys = append(keys, row(t))
	}
	projects, err := r.Store.ProjectsNumbered(ctx, keys)
	if err != nil {
		return nil, err
	}
	list := make([]*model.Timeliness, len(found))
	for i, t := range found {
		list[i] = &model.Timeliness{Project: projects[row(t)], Starts: int32(t.Starts), Exits: int32(t.Exits),
			MedianDaysToRecordStart: t.MedianStart, MedianDaysToRecordExit: t.MedianExit}
	}
	return list, nil
}

// mostFindings is how many are listed at once.
const mostFindings = 500

// qualityFindings lists findings with the records that they are about, looked up for all of them at once.
func (r *Resolver) qualityFindings(ctx context.Context, q *model.DataQuality, check *int32, first, skip int32) ([]*model.QualityFinding, error) {
	if first < 0 || first > mostFindings || skip < 0 {
		return nil, hmis.Errorf(hmis.Invalid, "first is 0 to %d, and skip is not negative", mostFindings)
	}
	part, f := q.Part(check, first, skip), q.Data.Facts
	var projects, clients, enrollments []int64
	for _, found := range part {
		projects = append(projects, f.Projects[found.Project].Row)
		if found.Client >= 0 {
			audit.RecorderOf(ctx).Touch(f.Clients.Row[found.Client]) // its HUD ids are told, whatever else is asked
			clients, enrollments = append(clients, f.Clients.Row[found.Client]), append(enrollments, f.Enrollments.Row[found.Enrollment])
		}
	}
	projectRows, err := r.Store.ProjectsNumbered(ctx, projects)
	if err != nil {
		return nil, err
	}
	clientRows, err := r.Store.ClientsAmong(ctx, clients)
	if err != nil {
		return nil, err
	}
	enrollmentRows, err := r.Store.EnrollmentsAmong(ctx, enrollments)
	if err != nil {
		return nil, err
	}
	list := make([]*model.QualityFinding, len(part))
	for i, found := range part {
		list[i] = &model.QualityFinding{Check: model.CheckOf(found.Check), File: found.File, HudID: found.ID, Project: projectRows[f.Projects[found.Project].Row]}
		if found.Client >= 0 {
			list[i].Client, list[i].Enrollment = clientRows[f.Clients.Row[found.Client]], enrollmentRows[f.Enrollments.Row[found.Enrollment]]
		}
	}
	return list, nil
}
