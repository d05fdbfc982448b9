package store

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// A staged file is merged in two steps. The plan says of each line what becomes of it and which rows of the hub it
// refers to; then all lines of one fate are carried out with one statement.

// The fates of a line.
const (
	added     = "A"
	changed   = "C"
	deleted   = "X" // it says itself, by DateDeleted, that it is gone
	unchanged = "U" // as it is here already, or older than what is here
	duplicate = "D" // another line has the same key and is newer
	victim    = "V" // of a victim service provider or a comparable database
	orphan    = "O" // what it refers to is not here
)

// reference is a hub column of a file's table and how a line finds what it holds.
type reference struct {
	column string // hub column
	from   string // SQL of the value
	join   string // what has to be joined for it, st being the staged line
	hud    string // HUD's column that names it
	file   string // HUD's file where it should stand
}

// references lists what a line of a file refers to. $1 is the source.
func references(f *hmis.File) []reference {
	enrollment := "LEFT JOIN enrollments e ON e.source_key = $1 AND e.enrollment_id = st.enrollment_id"
	underEnrollment := []reference{
		{"enrollment_key", "e.id", enrollment, "EnrollmentID", "Enrollment"},
		{"client_key", "e.client_key", "", "EnrollmentID", "Enrollment"},
		{"project_key", "e.project_key", "", "EnrollmentID", "Enrollment"},
	}
	project := reference{"project_key", "p.id", "LEFT JOIN projects p ON p.source_key = $1 AND p.project_id = st.project_id", "ProjectID", "Project"}
	switch {
	case f.Level == hmis.ExportLevel || f.Name == "Organization" || f.Name == "Client":
		return nil
	case f.Name == "Project":
		return []reference{{"organization_key", "o.id", "LEFT JOIN organizations o ON o.source_key = $1 AND o.organization_id = st.organization_id", "OrganizationID", "Organization"}}
	case f.Level == hmis.ProjectLevel:
		return []reference{project}
	case f.Name == "Enrollment":
		return []reference{project,
			{"client_key", "c.id", "LEFT JOIN clients c ON c.source_key = $1 AND c.personal_id = st.personal_id", "PersonalID", "Client"},
			{"household_key", "h.id", "LEFT JOIN households h ON h.source_key = $1 AND h.project_key = p.id AND h.household_id = " + householdID, "HouseholdID", "Enrollment"},
		}
	case f.Name == "AssessmentQuestions" || f.Name == "AssessmentResults":
		return append(underEnrollment, reference{"assessment_key", "a.id",
			"LEFT JOIN assessments a ON a.source_key = $1 AND a.assessment_id = st.assessment_id", "AssessmentID", "Assessment"})
	}
	return underEnrollment
}

// householdID names the household of a stay; one without HouseholdID is a household of its own.
const householdID = "COALESCE(st.household_id, 'Enrollment ' || st.enrollment_id)"

// merge brings the staged lines of a file into the hub.
func (im *importer) merge(ctx context.Context, f *hmis.File) error {
	if f.Name == "Enrollment" {
		if err := im.exec(ctx, `INSERT INTO households (source_key, project_key, household_id)
			SELECT CAST($1 AS bigint), p.id, `+householdID+` FROM st_enrollment st
			JOIN projects p ON p.source_key = $1 AND p.project_id = st.project_id
			WHERE p.id NOT IN (SELECT project_key FROM blocked_projects)
			GROUP BY p.id, `+householdID+` ORDER BY min(st.line) ON CONFLICT DO NOTHING`, im.source); err != nil {
			return err
		}
		if err := im.analyze(ctx, "households", "source_key", "project_key", "household_id"); err != nil {
			return err
		}
	}
	if err := im.plan(ctx, f); err != nil {
		return err
	}
	if err := im.countPlan(ctx, f); err != nil {
		return err
	}
	if err := im.writeVictimIssues(ctx, f); err != nil {
		return err
	}
	if err := im.writePlanIssues(ctx, f); err != nil {
		return err
	}
	c := im.count(f.Name)
	if c.Changed+c.Removed > 0 {
		if err := im.update(ctx, f); err != nil {
			return err
		}
	}
	if c.Added > 0 {
		if err := im.insert(ctx, f); err != nil {
			return err
		}
		if err := im.analyze(ctx, f.Table(), "source_key", f.Key().SQLName()); err != nil {
			return err
		}
	}
	if err := im.removeAbsent(ctx, f); err != nil {
		return err
	}
	return im.drop(ctx, f)
}

func planTable(f *hmis.File) string { return "plan_" + strings.ToLower(f.Name) }

// plan works out the fate of each line.
func (im *importer) plan(ctx context.Context, f *hmis.File) error {
	doubles, err := im.doubles(ctx, f)
	if err != nil {
		return err
	}
	key, refs := f.Key().SQLName(), references(f)
	selected, joins := []string{"st.line", "t.id AS existing"}, ""
	missing, dead := []string{}, []string{}
	if f.Column("DateDeleted") != nil {
		dead = append(dead, "st.date_deleted IS NOT NULL")
	}
	for _, r := range refs {
		selected = append(selected, r.from+" AS "+r.column)
		missing = append(missing, r.from+" IS NULL")
		joins += " " + r.join
		if r.from == "e.id" {
			dead = append(dead, "e.removed_at IS NOT NULL")
		}
	}
	isDead := "(1 = 0)"
	if len(dead) > 0 {
		isDead = "(" + strings.Join(dead, " OR ") + ")"
	}
	fate := "CASE"
	if is := victimIs(f); is != "" {
		fate += " WHEN " + is + " THEN '" + victim + "'"
	}
	if doubles {
		fate += " WHEN st.line IN (SELECT line FROM double_lines) THEN '" + duplicate + "'"
	}
	if len(missing) > 0 {
		fate += " WHEN " + strings.Join(missing, " OR ") + " THEN '" + orphan + "'"
	}
	older := "(1 = 0)"
	if f.Column("DateUpdated") != nil {
		older = "st.date_updated < t.date_updated"
	}
	fate += fmt.Sprintf(` WHEN t.id IS NULL THEN '%s' WHEN %s THEN '%s'
		WHEN t.fingerprint = st.fingerprint AND (t.removed_at IS NOT NULL) = %s THEN '%s'
		WHEN %s AND t.removed_at IS NULL THEN '%s' ELSE '%s' END`, added, older, unchanged, isDead, unchanged, isDead, deleted, changed)
	selected = append(selected, isDead+" AS dead", fate+" AS fate")
	selected = append(selected, im.freshKey(f)+" AS fresh")
	query := fmt.Sprintf("SELECT %s FROM %s st LEFT JOIN %s t ON t.source_key = $1 AND t.%s = st.%s%s ORDER BY st.line",
		strings.Join(selected, ", "), stagingTable(f), f.Table(), key, key, joins)
	if im.s.dialect == dialect.Postgres {
		return im.createAs(ctx, planTable(f), query)
	}
	return im.createKeyed(ctx, f, refs, query)
}

// createAs makes the plan on PostgreSQL, which joins by hashing.
func (im *importer) createAs(ctx context.Context, table, query string) error {
	if err := im.exec(ctx, "CREATE TEMP TABLE "+table+" AS "+query, im.source); err != nil {
		return err
	}
	return im.analyze(ctx, table, "line", "existing", "fate")
}

// analyze tells PostgreSQL's planner what this transaction put into columns that the next statements join by.
func (im *importer) analyze(ctx context.Context, table string, columns ...string) error {
	if im.s.dialect == dialect.SQLite {
		return nil
	}
	return im.exec(ctx, "ANALYZE "+table+" ("+strings.Join(columns, ", ")+")")
}

// createKeyed makes the plan on SQLite with the line as its key, by which later statements look it up.
func (im *importer) createKeyed(ctx context.Context, f *hmis.File, refs []reference, query string) error {
	columns := []string{im.lineColumn(), "existing INTEGER"}
	for _, r := range refs {
		columns = append(columns, r.column+" INTEGER")
	}
	columns = append(columns, "dead INTEGER", "fate TEXT", "fresh INTEGER")
	if err := im.exec(ctx, "CREATE TEMP TABLE "+planTable(f)+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return err
	}
	return im.exec(ctx, "INSERT INTO "+planTable(f)+" "+query, im.source)
}

// freshKey is the SQL of the row number of a line that is new, in the order of the lines.
func (im *importer) freshKey(f *hmis.File) string {
	if im.s.dialect == dialect.Postgres {
		return "CASE WHEN t.id IS NULL THEN nextval((SELECT pg_get_serial_sequence('" + f.Table() + "', 'id'))) END"
	}
	return "COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '" + f.Table() + "'), 0) + st.line"
}

// victimIs is the condition under which a row st of the file is of a victim service provider; "" where none can be.
func victimIs(f *hmis.File) string {
	if f.Level != hmis.ClientLevel {
		return ""
	}
	is := "st.personal_id IN (SELECT personal_id FROM victim_clients)"
	if f.Name != "Client" {
		is += " OR st.enrollment_id IN (SELECT enrollment_id FROM victim_enrollments)"
	}
	if f.Name == "Enrollment" {
		is += " OR st.line IN (SELECT line FROM victim_enrollments)"
	}
	return "(" + is + ")"
}

// doubles finds the lines whose key stands on another line too: the one that was updated last counts.
func (im *importer) doubles(ctx context.Context, f *hmis.File) (bool, error) {
	key := f.Key().SQLName()
	updated := "line"
	if f.Column("DateUpdated") != nil {
		updated = "date_updated IS NULL, date_updated DESC, line"
	}
	if err := im.exec(ctx, "DROP TABLE IF EXISTS double_lines"); err != nil {
		return false, err
	}
	if err := im.exec(ctx, fmt.Sprintf(`CREATE TEMP TABLE double_lines AS SELECT line FROM (
		SELECT line, row_number() OVER (PARTITION BY %[1]s ORDER BY %[2]s) AS place FROM %[3]s
		WHERE %[1]s IN (SELECT %[1]s FROM %[3]s GROUP BY %[1]s HAVING count(*) > 1)) ranked WHERE place > 1`, key, updated, stagingTable(f))); err != nil {
		return false, err
	}
	var any bool
	err := im.one(ctx, &any, "SELECT EXISTS (SELECT 1 FROM double_lines)")
	return any, err
}

func (im *importer) countPlan(ctx context.Context, f *hmis.File) error {
	rows, err := im.conn.QueryContext(ctx, "SELECT fate, count(*) FROM "+planTable(f)+" GROUP BY fate")
	if err != nil {
		return err
	}
	defer rows.Close()
	c := im.count(f.Name)
	for rows.Next() {
		var fate string
		var n int64
		if err := rows.Scan(&fate, &n); err != nil {
			return err
		}
		switch fate {
		case added:
			c.Added += n
		case changed:
			c.Changed += n
		case deleted:
			c.Removed += n
		case unchanged:
			c.Unchanged += n
		default:
			c.Refused += n
		}
	}
	return rows.Err()
}

// writeVictimIssues reports the lines of victim service providers, also those that are refused for another fault.
// What was found in them before is forgotten: nothing of such a row is kept but that it was there.
func (im *importer) writeVictimIssues(ctx context.Context, f *hmis.File) error {
	is := victimIs(f)
	if is == "" || im.count(f.Name).Refused == 0 {
		return nil
	}
	lines := fmt.Sprintf("SELECT line FROM %s WHERE fate = '%s' UNION SELECT st.line FROM refused_rows st WHERE st.file = '%s' AND %s",
		planTable(f), victim, f.Name, is)
	if err := im.exec(ctx, `DELETE FROM import_issues WHERE run_key = $1 AND "file" = '`+f.Name+`' AND "line" IN (`+lines+")", im.report.Run); err != nil {
		return err
	}
	reason := "the row is of a victim service provider or a comparable database, whose clients never enter"
	if f.Name == "Client" {
		reason = "the client has no stay but, as far as can be told, at a victim service provider or in a comparable database; such clients never enter"
	}
	return im.exec(ctx, fmt.Sprintf(`INSERT INTO import_issues (run_key, "file", "line", "column", "value", reason, "rows", refused)
		SELECT CAST($1 AS bigint), '%s', v.line, '', '', '%s', 1, true FROM (%s) v`, f.Name, reason, lines), im.report.Run)
}

// writePlanIssues reports the other lines that cannot go in.
func (im *importer) writePlanIssues(ctx context.Context, f *hmis.File) error {
	if im.count(f.Name).Refused == 0 {
		return nil
	}
	double := fmt.Sprintf("CASE WHEN p.fate = '%s' THEN ", duplicate)
	column, value := double+"'"+f.Key().Name+"'", double+"st."+f.Key().SQLName()
	reason := double + "'another row has the same " + f.Key().Name + "; the one updated last went in'"
	for _, r := range references(f) {
		column += " WHEN p." + r.column + " IS NULL THEN '" + r.hud + "'"
		value += " WHEN p." + r.column + " IS NULL THEN COALESCE(st." + f.Column(r.hud).SQLName() + ", '')"
		reason += " WHEN p." + r.column + " IS NULL THEN 'no row of " + r.file + ".csv that went in has this " + r.hud + "'"
	}
	return im.exec(ctx, fmt.Sprintf(`INSERT INTO import_issues (run_key, "file", "line", "column", "value", reason, "rows", refused)
		SELECT CAST($1 AS bigint), '%s', st.line, %s END, %s END, %s END, 1, true
		FROM %s st JOIN %s p ON p.line = st.line WHERE p.fate IN ('%s', '%s')`,
		f.Name, column, value, reason, stagingTable(f), planTable(f), duplicate, orphan), im.report.Run)
}

func (im *importer) update(ctx context.Context, f *hmis.File) error {
	sets := []string{"import_key = $1", "fingerprint = st.fingerprint", "removed_at = CASE WHEN p.dead THEN COALESCE(t.removed_at, $2) END"}
	for _, c := range f.Columns[1:] {
		sets = append(sets, c.SQLName()+" = st."+c.SQLName())
	}
	for _, r := range references(f) {
		sets = append(sets, r.column+" = p."+r.column)
		if r.column != "client_key" {
			continue
		}
		if err := im.exec(ctx, fmt.Sprintf("INSERT INTO left_clients SELECT t.client_key FROM %s t JOIN %s p ON p.existing = t.id WHERE p.fate IN ('%s', '%s') AND p.client_key <> t.client_key",
			f.Table(), planTable(f), changed, deleted)); err != nil {
			return err
		}
	}
	return im.exec(ctx, fmt.Sprintf("UPDATE %s AS t SET %s FROM %s st JOIN %s p ON p.line = st.line WHERE t.id = p.existing AND p.fate IN ('%s', '%s')",
		f.Table(), strings.Join(sets, ", "), stagingTable(f), planTable(f), changed, deleted), im.report.Run, im.now())
}

// insert adds the new rows, a client with a person of the same number.
func (im *importer) insert(ctx context.Context, f *hmis.File) error {
	columns := []string{"id", "source_key", "import_key", "fingerprint", "removed_at"}
	values := []string{"p.fresh", "CAST($1 AS bigint)", "CAST($2 AS bigint)", "st.fingerprint", "CASE WHEN p.dead THEN " + im.cast("$3") + " END"}
	for _, c := range f.Columns {
		columns, values = append(columns, c.SQLName()), append(values, "st."+c.SQLName())
	}
	for _, r := range references(f) {
		columns, values = append(columns, r.column), append(values, "p."+r.column)
	}
	if f.Name == "Project" {
		columns, values = append(columns, "tells"), append(values, "0") // telling works it out
	}
	if f.Name == "Client" {
		if err := im.exec(ctx, "INSERT INTO persons (id) SELECT fresh FROM "+planTable(f)+" WHERE fate = '"+added+"'"); err != nil {
			return err
		}
		columns, values = append(columns, "person_key", "restricted", "refused", "fleeing"), append(values, "p.fresh", "false", "false", "false")
	}
	return im.exec(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s st JOIN %s p ON p.line = st.line WHERE p.fate = '%s'",
		f.Table(), strings.Join(columns, ", "), strings.Join(values, ", "), stagingTable(f), planTable(f), added), im.source, im.report.Run, im.now())
}

func (im *importer) now() hmis.Timestamp { return *im.s.moment() }

// cast makes the type of a moment plain to PostgreSQL where nothing else does.
func (im *importer) cast(parameter string) string {
	return "CAST(" + parameter + " AS " + im.s.kindType(hmis.Moment) + ")"
}

// drop frees what is not looked at again.
func (im *importer) drop(ctx context.Context, f *hmis.File) error {
	if err := im.exec(ctx, "DROP TABLE "+planTable(f)); err != nil {
		return err
	}
	switch f.Name {
	case "Project", "Client", "Enrollment":
		return nil // looked at by later checks
	}
	return im.exec(ctx, "DROP TABLE "+stagingTable(f))
}
