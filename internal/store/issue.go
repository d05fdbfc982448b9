package store

import (
	"context"

	"github.com/hearth-hmis/hearth/ent/importissue"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Issues lists the first issues of an import run, in the order of files and lines. It is for the HMIS lead.
func (s *Store) Issues(ctx context.Context, run int64, most int) ([]hmiscsv.Issue, error) {
	if err := requireLead(ctx); err != nil {
		return nil, err
	}
	rows, err := s.ent.ImportIssue.Query().Where(importissue.RunKey(run)).Order(importissue.ByID()).Limit(most).
		All(s.System(ctx, "the lead reads what imports found"))
	list := make([]hmiscsv.Issue, len(rows))
	for i, r := range rows {
		list[i] = hmiscsv.Issue{File: r.File, Line: int(r.Line), Column: r.Column, Value: r.Value, Reason: r.Reason, Rows: int(r.Rows), Refused: r.Refused}
	}
	return list, err
}

// CountIssues counts the issues of a run about a column whose reason contains a text.
func (s *Store) CountIssues(ctx context.Context, run int64, file, column, reason string) (int64, error) {
	if err := requireLead(ctx); err != nil {
		return 0, err
	}
	n, err := s.ent.ImportIssue.Query().Where(importissue.RunKey(run), importissue.File(file), importissue.Column(column), importissue.ReasonContains(reason)).
		Count(s.System(ctx, "the lead reads what imports found"))
	return int64(n), err
}

// requireLead lets the HMIS lead and the hub itself pass.
func requireLead(ctx context.Context) error {
	ss, err := sessionOf(ctx)
	if err != nil {
		return err
	}
	if !ss.system && (ss.viewer.Role != policy.SystemAdmin || !ss.viewer.Standing.InOrder(ss.day)) {
		return hmis.Errorf(hmis.Denied, "only the HMIS lead reads what imports found")
	}
	return nil
}
