package store

import (
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"

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

// writeIssues stores the issues found so far.
func (im *importer) writeIssues(ctx context.Context) error {
	rows := make([][]any, len(im.issues))
	for i, issue := range im.issues {
		rows[i] = []any{im.report.Run, issue.File, issue.Line, issue.Column, issue.Value, issue.Reason, max(issue.Rows, 1), issue.Refused}
	}
	im.issues = im.issues[:0]
	return im.insertRows(ctx, `import_issues (run_key, "file", "line", "column", "value", reason, "rows", refused)`, rows)
}

// insertRows writes rows into a table (its columns), many with one statement.
func (im *importer) insertRows(ctx context.Context, table string, rows [][]any) error {
	for part := range slices.Chunk(rows, 500) {
		var tuples []string
		for i, row := range part {
			tuples = append(tuples, "("+im.s.placeholders(i*len(row)+1, len(row))+")")
		}
		if err := im.exec(ctx, "INSERT INTO "+table+" VALUES "+strings.Join(tuples, ","), slices.Concat(part...)...); err != nil {
			return err
		}
	}
	return nil
}

// sumIssues puts the kinds of issues into the report.
func (im *importer) sumIssues(ctx context.Context) error {
	rows, err := im.conn.QueryContext(ctx, `SELECT "file", "column", reason, sum("rows"), min("line"), refused FROM import_issues
		WHERE run_key = $1 GROUP BY "file", "column", reason, refused ORDER BY 4 DESC, 1, 2, 3`, im.report.Run)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k IssueKind
		if err := rows.Scan(&k.File, &k.Column, &k.Reason, &k.Rows, &k.Line, &k.Refused); err != nil {
			return err
		}
		im.report.Kinds = append(im.report.Kinds, k)
	}
	return rows.Err()
}

// listIssues writes every issue for those who asked for the list.
func (im *importer) listIssues(ctx context.Context) error {
	if im.o.Issues == nil {
		return nil
	}
	rows, err := im.conn.QueryContext(ctx, `SELECT "file", "line", "column", "value", reason, "rows", refused FROM import_issues
		WHERE run_key = $1 ORDER BY id`, im.report.Run)
	if err != nil {
		return err
	}
	defer rows.Close()
	out := csv.NewWriter(im.o.Issues)
	if err := out.Write([]string{"file", "line", "column", "value", "reason", "rows", "refused"}); err != nil {
		return err
	}
	for rows.Next() {
		var i hmiscsv.Issue
		if err := rows.Scan(&i.File, &i.Line, &i.Column, &i.Value, &i.Reason, &i.Rows, &i.Refused); err != nil {
			return err
		}
		err := out.Write([]string{i.File, strconv.Itoa(i.Line), i.Column, i.Value, i.Reason, strconv.Itoa(i.Rows), strconv.FormatBool(i.Refused)})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return errors.Join(rows.Err(), out.Error())
}
