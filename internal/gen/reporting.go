package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// The views of the schema reporting are what policy gives an analyst of the CoC, said once more in SQL for programs that
// read PostgreSQL by themselves: the categories that a general release covers, without identity and places, and no
// column that is sealed. Clients whose record is locked or who refused a release are left out, with all their records.
// What changes the views, or a column that they read, is a new version of the SQL:
//
//	go run ./internal/gen reporting > migrations/postgres/VERSION_reporting.sql && go run ./internal/gen/migration

// reporting is the SQL of the views.
func reporting() string {
	var s source
	s.line("-- What an analyst of the CoC may see, for programs that read the database by themselves: written by internal/gen.")
	s.line("-- See \"Tools that read the database\" in docs/operations.md.")
	s.line("CREATE SCHEMA IF NOT EXISTS reporting;")
	for _, f := range hmis.Files() {
		if columns := reported(f); columns != nil {
			s.line("DROP VIEW IF EXISTS reporting.%s;", f.Table())
			s.line("CREATE VIEW reporting.%s WITH (security_barrier) AS SELECT %s FROM %s r WHERE %s;",
				f.Table(), strings.Join(columns, ", "), f.Table(), strings.Join(reportedRows(f), " AND "))
		}
	}
	return s.String()
}

// reported lists the columns of a file's view, nil where it has none: the hub's numbers first, by which the views join.
func reported(f *hmis.File) (columns []string) {
	for _, c := range f.Columns {
		if isReported(f, c) {
			columns = append(columns, "r."+c.SQLName())
		}
	}
	if columns == nil || f.Level == hmis.ExportLevel || f.Name == "AssessmentQuestions" { // whose words are all sealed
		return nil
	}
	keys := []string{"r.id"}
	switch {
	case f.Name == "Client":
		keys = append(keys, "r.person_key")
	case f.Name == "Enrollment":
		keys = append(keys, "r.client_key", "r.project_key", "r.household_key", "r.adult")
	case f.Level == hmis.ClientLevel:
		keys = append(keys, "r.enrollment_key", "r.client_key", "r.project_key")
	case f.Name == "Project":
		keys = append(keys, "r.organization_key")
	case f.Name != "Organization":
		keys = append(keys, "r.project_key")
	}
	return append(keys, columns...)
}

// isReported says whether a column is in its file's view. HUD's ids of clients and of what they did are not: a source may
// have made them of names. Nor is who typed a row.
func isReported(f *hmis.File, c *hmis.Column) bool {
	switch {
	case c.Name == "UserID" || c.Name == "ExportID" || c.Name == "DateDeleted":
		return false
	case f.Level != hmis.ClientLevel:
		return !c.Sealed()
	case c.Sealed() || c.Class().Place || slices.Contains([]string{"ProjectID", "HouseholdID"}, c.Name):
		return false
	case hmis.RowTypes(f.Name) != nil && c.Category == hmis.Unclassified:
		return len(openTypes(f)) > 0 // by the type of the row
	}
	return policy.Analyst.Ceiling().Has(c.Category)
}

// reportedRows are the conditions on the rows r of a file's view.
func reportedRows(f *hmis.File) []string {
	rows := []string{"r.removed_at IS NULL"}
	if f.Level != hmis.ClientLevel {
		return rows
	}
	if f.Name == "Client" {
		return append(rows, "NOT r.restricted", "NOT r.refused")
	}
	beyond := (hmis.AllContent | hmis.CategoriesOf(hmis.Unclassified)) &^ policy.Analyst.Ceiling()
	rows = append(rows, "r.client_key NOT IN (SELECT id FROM clients WHERE restricted OR refused)",
		fmt.Sprintf("r.project_key NOT IN (SELECT id FROM projects WHERE tells & %d <> 0)", beyond))
	if hmis.RowTypes(f.Name) != nil {
		rows = append(rows, "("+strings.Join(openTypes(f), " OR ")+")")
	}
	return rows
}

// openTypes are the conditions under which the type of a row lets an analyst see it.
func openTypes(f *hmis.File) (any []string) {
	typed, provided := "r.record_type", "r.type_provided"
	if f.Name == "Disabilities" {
		typed = "r.disability_type"
	}
	for _, t := range hmis.RowTypes(f.Name) {
		if !policy.Analyst.Ceiling().Has(t.Class.Category) {
			continue
		}
		is := fmt.Sprintf("%s = %d", typed, t.Type)
		if t.Provided != hmis.AnyProvided {
			is += fmt.Sprintf(" AND %s = %d", provided, t.Provided)
		}
		any = append(any, is)
	}
	return any
}
