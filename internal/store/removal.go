package store

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// A full refresh speaks for its source, the projects in its Project.csv and its period. What it no longer has there is
// marked deleted. Organizations, projects, clients and users are not: an export does not speak for them.

// Where more than this share of the records would be removed, an import stops and asks.
const (
	removalShare = 20 // percent
	removalFew   = 50 // rows; fewer are no reason to stop
)

// The codes of lists 1.1 and 1.2 that tell a full export from a partial one.
const (
	periodUpdated        = 1
	directiveFullRefresh = 2
)

// scope is the condition under which the export speaks for a row t of the file's table, "" where for none.
// $2 and $3 are the first and the last day of its period.
func scope(f *hmis.File) string {
	inProjects := "t.project_key IN (SELECT project_key FROM scope_projects)"
	switch f.Name {
	case "Export", "User", "Organization", "Project", "Client":
		return ""
	case "Enrollment":
		return inProjects + ` AND t.entry_date <= $3 AND NOT EXISTS (SELECT 1 FROM exits x
			WHERE x.enrollment_key = t.id AND x.removed_at IS NULL AND x.exit_date < $2)`
	case "AssessmentQuestions", "AssessmentResults":
		return inProjects + " AND EXISTS (SELECT 1 FROM assessments a WHERE a.id = t.assessment_key AND a.assessment_date BETWEEN $2 AND $3)"
	}
	if f.Level == hmis.ProjectLevel {
		return inProjects + " AND CAST($2 AS text) <= CAST($3 AS text)" // whatever the period
	}
	return inProjects + " AND t." + dayOf(f) + " BETWEEN $2 AND $3"
}

// dayOf is the column with the day of a record under an enrollment.
func dayOf(f *hmis.File) string {
	for _, t := range tables {
		if t.file == f {
			return t.sort
		}
	}
	return ""
}

// removeAbsent marks the records deleted that a full export no longer has.
func (im *importer) removeAbsent(ctx context.Context, f *hmis.File) error {
	e, in := im.a.Export, scope(f)
	if im.first || in == "" || e.Directive != directiveFullRefresh || e.PeriodType == periodUpdated {
		return nil
	}
	live := fmt.Sprintf("t.source_key = $1 AND t.removed_at IS NULL AND %s", in)
	gone := live + " AND " + im.notIn("t.id", "SELECT existing FROM "+planTable(f)+" WHERE existing IS NOT NULL", "existing") +
		" AND t." + f.Key().SQLName() + " NOT IN (SELECT hud_key FROM refused_rows WHERE file = '" + f.Name + "' AND hud_key IS NOT NULL) AND (t.import_key IS NULL OR t.import_key <> $4)"
	args := []any{im.source, e.Start, e.End, im.report.Run}
	var all, absent int64
	if err := im.one(ctx, &all, "SELECT count(*) FROM "+f.Table()+" t WHERE "+live, args[:3]...); err != nil {
		return err
	}
	if err := im.one(ctx, &absent, "SELECT count(*) FROM "+f.Table()+" t WHERE "+gone, args...); err != nil {
		return err
	}
	if absent == 0 {
		return nil
	}
	if !im.o.DryRun && !im.o.AcceptRemovals && absent >= removalFew && absent*100 > all*removalShare {
		return hmis.Errorf(hmis.Conflict, "%d of %d records of %s.csv are not in this export any more and would be marked deleted; "+
			"if the export is whole, run it again with --accept-removals", absent, all, f.Name)
	}
	im.count(f.Name).Removed += absent
	return im.exec(ctx, "UPDATE "+f.Table()+" AS t SET removed_at = "+im.cast("$5")+", import_key = $4 WHERE "+gone, append(args, im.now())...)
}

// notIn holds for a value that a query does not give. PostgreSQL joins by hashing where SQLite looks the list up.
func (im *importer) notIn(value, query, column string) string {
	if im.s.dialect == dialect.SQLite {
		return value + " NOT IN (" + query + ")"
	}
	return "NOT EXISTS (SELECT 1 FROM (" + query + ") listed WHERE listed." + column + " = " + value + ")"
}

// removeOrphans marks deleted what hangs on stays that were marked deleted by this run.
func (im *importer) removeOrphans(ctx context.Context) error {
	if im.count("Enrollment").Removed == 0 {
		return nil
	}
	for _, f := range hmis.Files() {
		if f.Level != hmis.ClientLevel || f.Name == "Client" || f.Name == "Enrollment" {
			continue
		}
		n, err := im.affected(ctx, "UPDATE "+f.Table()+" SET removed_at = "+im.cast("$1")+`, import_key = $2 WHERE removed_at IS NULL
			AND enrollment_key IN (SELECT id FROM enrollments WHERE removed_at IS NOT NULL AND import_key = $2)`, im.now(), im.report.Run)
		if err != nil {
			return err
		}
		if n > 0 {
			im.count(f.Name).Removed += n
		}
	}
	return nil
}

// purge takes out for good what came in of projects before they were known to be of a victim service provider:
// their records, the clients that no other project has, and the values in the issues of earlier imports.
func (im *importer) purge(ctx context.Context) error {
	const blocked = "(SELECT project_key FROM blocked_projects)"
	var any bool
	if err := im.one(ctx, &any, "SELECT EXISTS (SELECT 1 FROM enrollments WHERE project_key IN "+blocked+")"); err != nil || !any {
		return err
	}
	if err := im.exec(ctx, `CREATE TEMP TABLE purged_clients AS SELECT DISTINCT e.client_key FROM enrollments e WHERE e.project_key IN `+blocked+`
		AND NOT EXISTS (SELECT 1 FROM enrollments o WHERE o.client_key = e.client_key AND o.project_key NOT IN `+blocked+`)`); err != nil {
		return err
	}
	if err := im.exec(ctx, "INSERT INTO left_clients SELECT client_key FROM enrollments WHERE project_key IN "+blocked); err != nil {
		return err
	}
	for _, f := range hmis.Files() {
		if f.Level != hmis.ClientLevel || f.Name == "Client" {
			continue
		}
		n, err := im.affected(ctx, "DELETE FROM "+f.Table()+" WHERE project_key IN "+blocked)
		if err != nil {
			return err
		}
		im.count(f.Name).Removed += n
	}
	const clients = "(SELECT client_key FROM purged_clients)"
	n, err := im.affected(ctx, "DELETE FROM clients WHERE id IN "+clients)
	if err != nil {
		return err
	}
	im.count("Client").Removed += n
	if err := im.exec(ctx, `UPDATE import_issues SET "value" = '' WHERE run_key IN
		(SELECT id FROM import_runs WHERE source_key = $1 AND id <> $2)`, im.source, im.report.Run); err != nil {
		return err
	}
	return im.all(ctx,
		"DELETE FROM households WHERE project_key IN "+blocked,
		"DELETE FROM persons WHERE NOT EXISTS (SELECT 1 FROM clients c WHERE c.person_key = persons.id)",
		"DELETE FROM grants WHERE client_key IN "+clients,
		"CREATE TEMP TABLE purged_consents AS SELECT id FROM consents WHERE client_key IN "+clients,
		"DELETE FROM consents WHERE client_key IN "+clients,
		"DELETE FROM consent_provisions WHERE consent_key IN (SELECT id FROM purged_consents)",
		"DELETE FROM consent_events WHERE consent_key IN (SELECT id FROM purged_consents)",
		"DELETE FROM restrictions WHERE client_key IN "+clients,
		"DROP TABLE purged_clients", "DROP TABLE purged_consents")
}

func (im *importer) all(ctx context.Context, queries ...string) error {
	for _, q := range queries {
		if err := im.exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// households works out the types of the households in the export's projects.
func (im *importer) households(ctx context.Context) error {
	query := `UPDATE households SET household_type = found.type FROM (
		SELECT e.household_key, ` + householdTypes + ` AS type FROM enrollments e
		WHERE e.removed_at IS NULL AND e.project_key IN (SELECT project_key FROM scope_projects) GROUP BY e.household_key) found
		WHERE households.id = found.household_key AND households.household_type IS DISTINCT FROM found.type`
	if im.s.dialect == dialect.SQLite {
		query = strings.Replace(query, "IS DISTINCT FROM", "IS NOT", 1)
	}
	if err := im.exec(ctx, query); err != nil {
		return err
	}
	return im.all(ctx, "DROP TABLE st_project", "DROP TABLE st_client", "DROP TABLE st_enrollment", "DROP TABLE scope_projects",
		"DROP TABLE blocked_projects", "DROP TABLE victim_enrollments", "DROP TABLE victim_clients", "DROP TABLE refused_rows", "DROP TABLE double_lines")
}
