package store

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Node is any row with an opaque id.
type Node interface{ Kept() *policy.Loaded }

// kind is what the store knows of a type of rows.
type kind[T Node] struct {
	table
	find      func(ctx context.Context, c *ent.Client, shape func(*sql.Selector)) ([]T, error)
	mask      func(T, *policy.View) // sets to nil what the view does not show
	key       func(T, string) int64 // the row's number ("id") and those that it refers to, by column
	sortValue func(T) *string       // the value of the column that the type can be sorted by

	// of client-level rows
	written func(T) *hmis.Timestamp // DateUpdated, element 5.02
	rename  func(T, string)         // replaces PersonalID
	class   func(T) hmis.Class      // of types whose rows have a record type, else nil
}

// codeOf is the code of an answer, or one that is on no list.
func codeOf[T ~int32](answer *T) int32 {
	if answer == nil {
		return -1 << 31
	}
	return int32(*answer)
}

// table is the part of a kind that does not depend on its Go type.
type table struct {
	code byte       // in opaque ids
	name string     // GraphQL type
	sql  string     // name in the database
	file *hmis.File // nil for the hub's own
	// sort is the column that the rows can be sorted and narrowed by, "" for none. Of client-level rows it is the day
	// on which they happened: a viewer who may see the row may see it, since the row's category is that of its day.
	sort string
}

// rowTypes returns the columns whose codes decide the category of a row; "" where there are none.
func (t *table) rowTypes() (recordType, provided string) {
	switch t.name {
	case "Service":
		return "record_type", "type_provided"
	case "Disability":
		return "disability_type", ""
	}
	return "", ""
}

// classes returns what makes a row of the table visible: any of them suffices. A stay, a service or an income record
// is known by its day, so the day's class is the row's; a client or a row of HealthAndDV holds several and is there
// for who may see one of them.
func (t *table) classes() []hmis.Class {
	if t.name != "Client" && t.name != "HealthAndDV" {
		return []hmis.Class{t.file.Column(t.dayColumn()).Class()}
	}
	var list []hmis.Class
	for _, c := range t.file.Columns {
		if c.Category != hmis.Meta && !slices.Contains(list, c.Class()) {
			list = append(list, c.Class())
		}
	}
	return list
}

// dayColumn is the dictionary's name of the column that gives the row its category.
func (t *table) dayColumn() string {
	switch t.name {
	case "AssessmentQuestion":
		return "AssessmentQuestion"
	case "AssessmentResult":
		return "AssessmentResultType"
	}
	for _, c := range t.file.Columns {
		if c.SQLName() == t.sort {
			return c.Name
		}
	}
	return ""
}
