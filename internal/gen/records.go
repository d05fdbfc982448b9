package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/entc/gen"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// kindCodes numbers the types inside opaque ids. A number is never given to another type: ids are stable.
var kindCodes = []string{
	"Client", "Person", "Household", "Enrollment", "Exit", "IncomeBenefits", "HealthAndDV", "EmploymentEducation",
	"Disabilities", "Services", "CurrentLivingSituation", "Assessment", "AssessmentQuestions", "AssessmentResults",
	"Event", "YouthEducationStatus", "Organization", "Project", "Funder", "ProjectCoC", "Inventory", "Affiliation",
	"HMISParticipation", "CEParticipation", "Consent", "ReportRun",
}

// records writes what the store knows of each type of rows: how to find and mask them and what they refer to.
func records(s *source) {
	s.WriteString(goHeader + `package store

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/ent/predicate"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

`)
	for i, name := range kindCodes {
		kindOf(s, name, i+1)
	}
	guardSwitch(s)
	nodeSwitch(s)
	for _, f := range exposed() {
		listMethods(s, f)
	}
}

// listMethods writes how rows under an enrollment and descriptors of a project are listed, and the way back.
func listMethods(s *source, f *hmis.File) {
	name, typ, k := goPlural(f), f.TypeName(), kindVariable(f.Name)
	switch {
	case slices.Contains([]string{"Client", "Enrollment", "Organization", "Project", "AssessmentQuestions", "AssessmentResults"}, f.Name):
	case f.Level == hmis.ClientLevel:
		s.line("// %s lists rows of %s.", name, f.Name)
		s.line("func (s *Store) %s(ctx context.Context, p Page, where *RecordFilter, o Order) (*%sConnection, error) {", name, typ)
		s.line("return whole(ctx, s, %s, records(&%s.table, p, where, o))\n}\n", k, k)
		s.line("// %sOf lists the rows of %s of a stay.", name, f.Name)
		s.line("func (s *Store) %sOf(ctx context.Context, e *ent.Enrollment, p Page, where *DateFilter, o Order) (*%sConnection, error) {", name, typ)
		s.line("return children(ctx, s, kindEnrollment, e, %s, \"enrollment_key\", records(&%s.table, p, where.record(), o))\n}\n", k, k)
		s.line("// EnrollmentOf%s finds the stay of a row, nil where the viewer may not see it.", typ)
		s.line("func (s *Store) EnrollmentOf%s(ctx context.Context, r *ent.%s) (*ent.Enrollment, error) {", typ, f.Name)
		s.line("return referred(ctx, s, %s, r, \"enrollment_key\", kindEnrollment)\n}\n", k)
	default:
		s.line("// %sOf lists the rows of %s of a project.", name, f.Name)
		s.line("func (s *Store) %sOf(ctx context.Context, r *ent.Project, p Page) (*%sConnection, error) {", name, typ)
		s.line("return children(ctx, s, kindProject, r, %s, \"project_key\", list{page: p})\n}\n", k)
		s.line("// ProjectOf%s finds the project of a row.", typ)
		s.line("func (s *Store) ProjectOf%s(ctx context.Context, r *ent.%s) (*ent.Project, error) {", typ, f.Name)
		s.line("return referred(ctx, s, %s, r, \"project_key\", kindProject)\n}\n", k)
	}
}

// goPlural is PluralField as an exported Go name.
func goPlural(f *hmis.File) string {
	name := f.PluralField()
	return strings.ToUpper(name[:1]) + name[1:]
}

func kindOf(s *source, name string, code int) {
	f, entity, typ := hmis.FileNamed(name), name, name
	if f != nil {
		entity, typ = entName(f), f.TypeName()
	}
	if name != "Consent" { // a client's consents come whole
		s.line("// A page of %s rows, and a row on it.\ntype (\n%sConnection = Connection[*ent.%s]\n%sEdge = Edge[*ent.%s]\n)\n", name, typ, entity, typ, entity)
	}
	variable := kindVariable(name)
	s.line("var %s = &kind[*ent.%s]{", variable, entity)
	if f != nil {
		s.line("table: table{code: %d, name: %q, sql: %q, file: hmis.FileNamed(%q), sort: %q},", code, typ, f.Table(), name, sortColumn(name))
	} else {
		s.line("table: table{code: %d, name: %q, sql: %q},", code, typ, strings.ToLower(name)+"s")
	}
	s.line("find: func(ctx context.Context, c *ent.Client, shape func(*sql.Selector)) ([]*ent.%s, error) {", entity)
	s.line("return c.%s.Query().Where(predicate.%s(shape)).All(ctx)\n},", entity, entity)
	s.line("mask: func(r *ent.%s, v *policy.View) {", entity)
	if f != nil && f.Level == hmis.ClientLevel {
		maskBody(s, f)
	}
	s.line("},\nkey: func(r *ent.%s, column string) int64 {\nswitch column {", entity)
	for _, column := range keyColumns(name, f) {
		s.line("case %q:\nreturn r.%s", column, goName(column))
	}
	s.line("}\nreturn r.ID\n},")
	if column := sortColumn(name); column != "" {
		sortValue(s, entity, column)
	}
	if f != nil && f.Level == hmis.ClientLevel {
		clientLevel(s, f, entity)
	}
	s.line("}\n")
}

// clientLevel writes what the guard needs of client-level rows.
func clientLevel(s *source, f *hmis.File, entity string) {
	s.line("written: func(r *ent.%s) *hmis.Timestamp { return r.DateUpdated },", entity)
	id := "&id"
	if f.Name == "Client" {
		id = "id"
	}
	s.line("rename: func(r *ent.%s, id string) { r.PersonalID = %s },", entity, id)
	switch f.Name {
	case "Services":
		s.line("class: func(r *ent.%s) hmis.Class { return hmis.RowTypeOf(%q, codeOf(r.RecordType), codeOf(r.TypeProvided)).Class },", entity, f.Name)
	case "Disabilities":
		s.line("class: func(r *ent.%s) hmis.Class { return hmis.RowTypeOf(%q, codeOf(r.DisabilityType), 0).Class },", entity, f.Name)
	}
}

// sortColumn is the column by which rows of a file can be sorted: their day, or the name of what has one.
func sortColumn(name string) string {
	switch name {
	case "Enrollment":
		return "entry_date"
	case "Exit":
		return "exit_date"
	case "Services":
		return "date_provided"
	case "Assessment":
		return "assessment_date"
	case "Event":
		return "event_date"
	case "Project":
		return "project_name"
	case "Organization":
		return "organization_name"
	}
	if f := hmis.FileNamed(name); f != nil && f.Level == hmis.ClientLevel && f.Column("InformationDate") != nil {
		return "information_date"
	}
	return ""
}

func sortValue(s *source, entity, column string) {
	s.line("sortValue: func(r *ent.%s) *string {", entity)
	if strings.HasSuffix(column, "_name") {
		s.line("return r.%s", goName(column))
	} else {
		s.line("if r.%s == nil {\nreturn nil\n}\nday := r.%s.String()\nreturn &day", goName(column), goName(column))
	}
	s.line("},")
}

func kindVariable(name string) string { return "kind" + name }

func goName(column string) string { return gen.Funcs["pascal"].(func(string) string)(column) }

// keyColumns lists the columns in which a row refers to others.
func keyColumns(name string, f *hmis.File) []string {
	switch name {
	case "Client":
		return []string{"source_key", "person_key"}
	case "Enrollment":
		return []string{"source_key", "client_key", "project_key", "household_key"}
	case "Household":
		return []string{"source_key", "project_key"}
	case "Project":
		return []string{"source_key", "organization_key"}
	case "Organization":
		return []string{"source_key"}
	case "AssessmentQuestions", "AssessmentResults":
		return []string{"client_key", "project_key", "enrollment_key", "assessment_key"}
	case "Consent":
		return []string{"client_key"}
	case "Person", "ReportRun":
		return nil
	}
	if f.Level == hmis.ClientLevel {
		return []string{"client_key", "project_key", "enrollment_key"}
	}
	return []string{"project_key"}
}

func maskBody(s *source, f *hmis.File) {
	for _, g := range maskGroups(f) {
		s.line("if !v.Shows(%s) {", classLiteral(g.class))
		for _, field := range g.fields {
			s.line("r.%s = nil", field)
		}
		s.line("}")
	}
}

func classLiteral(c hmis.Class) string {
	if c == hmis.ClassOf(c.Category) {
		return "hmis.ClassOf(hmis." + categoryConstant(c.Category) + ")"
	}
	return fmt.Sprintf("hmis.Class{Category: hmis.%s, Programs: %d, Place: %t}", categoryConstant(c.Category), c.Programs, c.Place)
}

func categoryConstant(c hmis.Category) string {
	switch c {
	case hmis.HIV:
		return "HIV"
	case hmis.EnrollmentCategory, hmis.ServicesCategory:
		return pascal(c.String()) + "Category"
	}
	return pascal(c.String())
}

func guardSwitch(s *source) {
	s.line("// guardRows attaches to loaded rows what the viewer may see of them, and takes out the rest.")
	s.line("func (s *session) guardRows(ctx context.Context, loaded ent.Value) error {\nswitch rows := loaded.(type) {")
	for _, name := range kindCodes {
		s.line("case []*ent.%s:\nreturn guard(ctx, s, %s, rows)", entity(name), kindVariable(name))
	}
	s.line("}\nreturn nil\n}\n")
	s.line("// tables are the types of rows by the name of their entity.\nvar tables = map[string]*table{")
	for _, name := range kindCodes {
		s.line("%q: &%s.table,", entity(name), kindVariable(name))
	}
	s.line("}\n")
}

func nodeSwitch(s *source) {
	s.line("// nodesOf finds the rows of one type by their numbers.")
	s.line("func (s *Store) nodesOf(ctx context.Context, code byte, keys []int64) (map[int64]Node, error) {\nswitch code {")
	for _, name := range kindCodes {
		s.line("case %s.code:\nreturn nodes(ctx, s, %s, keys)", kindVariable(name), kindVariable(name))
	}
	s.line("}\nreturn nil, nil\n}\n")
}

func entity(name string) string {
	if f := hmis.FileNamed(name); f != nil {
		return entName(f)
	}
	return name
}

// maskGroup is a set of fields that are withheld together.
type maskGroup struct {
	class  hmis.Class
	fields []string
}

func maskGroups(f *hmis.File) []maskGroup {
	var groups []maskGroup
	for _, c := range f.Columns {
		if c.Category == hmis.Meta || c.Category == hmis.Unclassified {
			continue
		}
		i := slices.IndexFunc(groups, func(g maskGroup) bool { return g.class == c.Class() })
		if i < 0 {
			i = len(groups)
			groups = append(groups, maskGroup{class: c.Class()})
		}
		groups[i].fields = append(groups[i].fields, goName(c.SQLName()))
	}
	slices.SortStableFunc(groups, func(a, b maskGroup) int {
		return cmp.Or(cmp.Compare(a.class.Category, b.class.Category), cmp.Compare(a.class.Programs, b.class.Programs))
	})
	return groups
}
