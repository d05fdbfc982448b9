package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// record is the part that all entities of HMIS CSV files share: the columns of the file from the dictionary,
// and the hub's own columns, whose names end in _key where they hold a row number of the hub.
// There are no foreign keys: an import fills these tables set by set and joins what it refers to.
type record struct {
	mixin.Schema
	file string
}

func (r record) Fields() []ent.Field {
	fields := []ent.Field{
		field.Int64("id"),
		field.Int64("source_key").Immutable(),
		field.Int64("import_key").Optional().Comment("the import run that wrote the row last"),
		field.Int64("fingerprint").Optional().Comment("keyed hash of the row as it came in"),
		moment("removed_at", "when the row was marked deleted"),
	}
	return append(fields, hmisFields(r.file)...)
}

func (r record) Indexes() []ent.Index {
	return []ent.Index{index.Fields("source_key", hmis.FileNamed(r.file).Key().SQLName()).Unique()}
}

func (r record) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table(hmis.FileNamed(r.file).Table())}
}

// hmisFields makes the ent fields of a file's columns, both years'.
func hmisFields(file string) []ent.Field {
	f := hmis.FileNamed(file)
	fields := make([]ent.Field, 0, len(f.Columns))
	for _, c := range f.Columns {
		fields = append(fields, hmisField(c, c == f.Key()))
	}
	return fields
}

func hmisField(c *hmis.Column, key bool) ent.Field {
	name := c.SQLName()
	var in map[string]string // the database's type where it is not the usual one
	if c.Sealed() {
		in = map[string]string{dialect.Postgres: "bytea", dialect.SQLite: "blob"} // internal/store seals and opens them
	}
	switch c.Kind {
	case hmis.Day:
		if in != nil {
			return field.Other(name, hmis.Date(0)).Optional().Nillable().SchemaType(in)
		}
		return day(name, "")
	case hmis.Moment:
		return moment(name, "")
	case hmis.MoneyKind:
		return field.Int64(name).GoType(hmis.Money(0)).Optional().Nillable().SchemaType(in)
	case hmis.Number:
		return field.Int32(name).Optional().Nillable().SchemaType(in)
	case hmis.Code:
		return field.Int32(name).GoType(hmis.NewCode(c.List())).Optional().Nillable().SchemaType(in)
	}
	text := field.Text(name).SchemaType(in)
	if key {
		return text.Immutable()
	}
	if c.Sealed() {
		text.Sensitive()
	}
	return text.Optional().Nillable()
}

func day(name, comment string) ent.Field {
	return field.Other(name, hmis.Date(0)).Optional().Nillable().Comment(comment).
		SchemaType(map[string]string{dialect.Postgres: "date", dialect.SQLite: "text"})
}

func moment(name, comment string) ent.Field {
	return field.Other(name, hmis.Timestamp(0)).Optional().Nillable().Comment(comment).
		SchemaType(map[string]string{dialect.Postgres: "timestamp", dialect.SQLite: "text"})
}

// underEnrollment is a record that hangs on an enrollment.
type underEnrollment struct{ record }

func (r underEnrollment) Fields() []ent.Field {
	return append(r.record.Fields(), enrollmentKeys()...)
}

func (r underEnrollment) Indexes() []ent.Index {
	return append(r.record.Indexes(), index.Fields("enrollment_key"), writtenBy)
}

// writtenBy finds the rows of an import run, of which the feed of changes names only the run.
var writtenBy = index.Fields("import_key")

// enrollmentKeys are what the guard needs of a row under an enrollment.
func enrollmentKeys() []ent.Field {
	return []ent.Field{field.Int64("client_key"), field.Int64("project_key"), field.Int64("enrollment_key")}
}

// descriptor is a record that hangs on a project.
type descriptor struct{ record }

func (r descriptor) Fields() []ent.Field {
	return append(r.record.Fields(), field.Int64("project_key"))
}

func (r descriptor) Indexes() []ent.Index {
	return append(r.record.Indexes(), index.Fields("project_key"))
}

// ClientRecord is Client.csv: one record of a client in one source.
type ClientRecord struct{ ent.Schema }

// Mixin of the entity.
func (ClientRecord) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, record{file: "Client"}} }

// Fields of the hub.
func (ClientRecord) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("person_key"),
		field.Int64("organization_key").Optional().Nillable().Comment("the organization that entered the record in the hub"),
		field.Bool("restricted").Default(false).Comment("locked by the client or for the client's safety"),
		field.Bool("refused").Default(false).Comment("the client's newest answer to a release is no"),
		field.Bool("fleeing").Default(false).Comment("fleeing violence by the newest answers; kept by the import"),
	}
}

// Indexes of the hub.
func (ClientRecord) Indexes() []ent.Index {
	return []ent.Index{index.Fields("person_key"), index.Fields("organization_key"), writtenBy,
		index.Fields("restricted").Annotations(entsql.IndexWhere("restricted")),
		index.Fields("fleeing").Annotations(entsql.IndexWhere("fleeing"))}
}

// Enrollment is Enrollment.csv.
type Enrollment struct{ ent.Schema }

// Mixin of the entity.
func (Enrollment) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, record{file: "Enrollment"}} }

// Fields of the hub.
func (Enrollment) Fields() []ent.Field {
	return []ent.Field{field.Int64("client_key"), field.Int64("project_key"), field.Int64("household_key"),
		field.Bool("adult").Optional().Nillable().Comment("of 18 or more at entry; null where that is not known; kept by the import")}
}

// Indexes of the hub.
func (Enrollment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("client_key"), index.Fields("project_key", "entry_date"), index.Fields("household_key"), writtenBy}
}

// Project is Project.csv.
type Project struct{ ent.Schema }

// Mixin of the entity.
func (Project) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}, record{file: "Project"}} }

// Fields of the hub.
func (Project) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("organization_key"),
		field.Int32("tells").Default(0).Comment("categories that a stay here gives away, a set of bits; kept by the import"),
	}
}

// Indexes of the hub.
func (Project) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_key"), index.Fields("tells").Annotations(entsql.IndexWhere("tells <> 0"))}
}

// AssessmentQuestions is AssessmentQuestions.csv.
type AssessmentQuestions struct{ ent.Schema }

// Mixin of the entity.
func (AssessmentQuestions) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "AssessmentQuestions"}}}
}

// Fields of the hub.
func (AssessmentQuestions) Fields() []ent.Field { return []ent.Field{field.Int64("assessment_key")} }

// Indexes of the hub.
func (AssessmentQuestions) Indexes() []ent.Index { return []ent.Index{index.Fields("assessment_key")} }

// AssessmentResults is AssessmentResults.csv.
type AssessmentResults struct{ ent.Schema }

// Mixin of the entity.
func (AssessmentResults) Mixin() []ent.Mixin {
	return []ent.Mixin{guarded{}, underEnrollment{record{file: "AssessmentResults"}}}
}

// Fields of the hub.
func (AssessmentResults) Fields() []ent.Field { return []ent.Field{field.Int64("assessment_key")} }

// Indexes of the hub.
func (AssessmentResults) Indexes() []ent.Index { return []ent.Index{index.Fields("assessment_key")} }
