package store

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// Faults that only show across rows and files. What a row alone shows is found by hmiscsv.

// refuseUnknownProjects refuses the export where rows are of a project that is not in Project.csv: it then does not
// say which projects it speaks for.
func (im *importer) refuseUnknownProjects(ctx context.Context, f *hmis.File) error {
	if f.Name == "Project" || f.Column("ProjectID") == nil {
		return nil
	}
	var rows, line int64
	err := im.conn.QueryRowContext(ctx, "SELECT count(*), COALESCE(min(line), 0) FROM "+stagingTable(f)+
		" WHERE project_id NOT IN (SELECT project_id FROM st_project)").Scan(&rows, &line)
	if err != nil || rows == 0 {
		return err
	}
	return hmis.Errorf(hmis.Invalid, "%s.csv, line %d: the row is of a project that is not in Project.csv, and so are %d rows in all; "+
		"export again with every project that has rows", f.Name, line, rows)
}

// finding is a check of the staged rows st of a file.
type finding struct {
	file, column string
	value        string // SQL; never something that identifies a person
	rows         string // SQL
	reason       string
	from         string // SQL after FROM
}

func (im *importer) find(ctx context.Context, findings []finding) error {
	for _, f := range findings {
		if f.rows == "" {
			f.rows = "1"
		}
		err := im.exec(ctx, fmt.Sprintf(`INSERT INTO import_issues (run_key, "file", "line", "column", "value", reason, "rows", refused)
			SELECT CAST($1 AS bigint), '%s', st.line, '%s', %s, '%s', %s, false FROM %s`, f.file, f.column, f.value, f.reason, f.rows, f.from), im.report.Run)
		if err != nil {
			return err
		}
	}
	return nil
}

// checkStays looks at clients and stays together.
func (im *importer) checkStays(ctx context.Context) error {
	findings := []finding{
		{"Enrollment", "EntryDate", "CAST(st.entry_date AS text)", "", "the entry is before the OperatingStartDate of the project",
			"st_enrollment st JOIN st_project p ON p.project_id = st.project_id WHERE st.entry_date < p.operating_start_date"},
		{"Enrollment", "EnrollmentID", "st.enrollment_id", "", "the same client enters the same project on the same day in another row too",
			`(SELECT line, enrollment_id, count(*) OVER (PARTITION BY personal_id, project_id, entry_date) AS n FROM st_enrollment) st WHERE st.n > 1`},
		{"Enrollment", "RelationshipToHoH", "st.household_id", "st.n", "the household has more than one head",
			`(SELECT min(line) AS line, household_id, count(*) AS n FROM st_enrollment WHERE relationship_to_hoh = 1 AND household_id IS NOT NULL
			GROUP BY household_id HAVING count(*) > 1) st`},
		{"Enrollment", "RelationshipToHoH", "st.household_id", "st.n", "the household has no head",
			`(SELECT min(line) AS line, household_id, count(*) AS n FROM st_enrollment WHERE household_id IS NOT NULL
			GROUP BY household_id HAVING count(CASE WHEN relationship_to_hoh = 1 THEN 1 END) = 0) st`},
		{"Enrollment", "HouseholdID", "st.household_id", "st.n", "the HouseholdID is used in more than one project; it counts as a household in each",
			`(SELECT min(line) AS line, household_id, count(*) AS n FROM st_enrollment WHERE household_id IS NOT NULL
			GROUP BY household_id HAVING count(DISTINCT project_id) > 1) st`},
		{"Enrollment", "EnrollmentCoC", "st.enrollment_coc", "", "no row of ProjectCoC.csv has this CoC",
			`st_enrollment st WHERE st.enrollment_coc IS NOT NULL AND st.enrollment_coc NOT IN
			(SELECT coc_code FROM project_cocs WHERE source_key = ` + fmt.Sprint(im.source) + ` AND removed_at IS NULL AND coc_code IS NOT NULL)`},
	}
	if n, line := im.names.most(); im.a.Export.HashStatus == hashedSHA256 && n > 1 && n*2 > im.names.rows {
		im.issues = append(im.issues, hmiscsv.Issue{File: "Client", Line: line, Column: "FirstName", Rows: n,
			Reason: "most clients share one hashed first name; hashes that are all alike match nobody"})
	}
	return im.find(ctx, findings)
}

// hashedSHA256 is the code of list 1.5 for an export whose identifiers are hashed.
const hashedSHA256 = 4

// alike counts rows by a text, of which it keeps a hash.
type alike struct {
	rows  int
	count map[uint64]int
	line  map[uint64]int // of the first
}

func (a *alike) add(cell *hmiscsv.Cell, line int) {
	if a.rows++; !cell.Set {
		return
	}
	if a.count == nil {
		a.count, a.line = map[uint64]int{}, map[uint64]int{}
	}
	h := maphash.String(alikeSeed, cell.S)
	if a.count[h]++; a.count[h] == 1 {
		a.line[h] = line
	}
}

var alikeSeed = maphash.MakeSeed()

// most is how many rows have the most frequent text, and the first line of them.
func (a *alike) most() (rows, line int) {
	for h, n := range a.count {
		if n > rows {
			rows, line = n, a.line[h]
		}
	}
	return rows, line
}

// checkRecords looks at records under enrollments with their stays.
func (im *importer) checkRecords(ctx context.Context, f *hmis.File) error {
	staged := stagingTable(f) + " st JOIN st_enrollment e ON e.enrollment_id = st.enrollment_id WHERE "
	findings := []finding{{f.Name, "PersonalID", "''", "", "the enrollment is of another client; the record follows the enrollment",
		staged + "st.personal_id <> e.personal_id"}}
	if f.Name == "Exit" {
		findings = append(findings,
			finding{"Exit", "ExitDate", "CAST(st.exit_date AS text)", "", "the exit is after the end of the export period",
				"st_exit st WHERE st.exit_date > '" + im.a.Export.End.String() + "'"},
			finding{"Exit", "ExitDate", "CAST(st.exit_date AS text)", "", "the exit is before the entry", staged + "st.exit_date < e.entry_date"},
			finding{"Exit", "EnrollmentID", "st.enrollment_id", "", "the enrollment has another exit too; the latest counts",
				"(SELECT line, enrollment_id, count(*) OVER (PARTITION BY enrollment_id) AS n FROM st_exit) st WHERE st.n > 1"})
	}
	return im.find(ctx, findings)
}

// checkProjects looks for projects without the descriptors that each must have.
func (im *importer) checkProjects(ctx context.Context) error {
	var findings []finding
	for _, file := range []string{"ProjectCoC", "HMISParticipation", "CEParticipation"} {
		findings = append(findings, finding{"Project", "ProjectID", "st.project_id", "", "the project has no row in " + file + ".csv",
			"st_project st JOIN projects p ON p.project_id = st.project_id AND p.source_key = " + fmt.Sprint(im.source) +
				" WHERE NOT EXISTS (SELECT 1 FROM " + hmis.FileNamed(file).Table() + " d WHERE d.project_key = p.id AND d.removed_at IS NULL)"})
	}
	return im.find(ctx, findings)
}

// checkUsers reports the users that rows name and User.csv lacks.
func (im *importer) checkUsers(ctx context.Context) error {
	rows, err := im.conn.QueryContext(ctx, "SELECT user_id FROM hmis_users WHERE source_key = $1", im.source)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		delete(im.users, id)
	}
	for _, id := range slices.Sorted(maps.Keys(im.users)) {
		im.issues = append(im.issues, hmiscsv.Issue{File: "User", Column: "UserID", Value: id,
			Reason: "rows name this user and User.csv has none of that id", Rows: int(im.users[id])})
	}
	return rows.Err()
}
