package store

import (
	"context"

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

// categories returns what makes a row of the table visible: any of the pairs suffices. A stay, a service or an
// income record is known by its day, so the day's category is the row's; a client or a row of HealthAndDV holds
// several and is there for who may see one of them.
func (t *table) categories() []element {
	if t.name != "Client" && t.name != "HealthAndDV" {
		c := t.file.Column(t.dayColumn())
		return []element{{c.Category, c.Programs()}}
	}
	var list []element
	seen := map[element]bool{}
	for _, c := range t.file.Columns {
		e := element{c.Category, c.Programs()}
		if c.Category != hmis.Meta && !seen[e] {
			seen[e] = true
			list = append(list, e)
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

// element is what a decision about a field depends on.
type element struct {
	category hmis.Category
	programs hmis.Programs
}
