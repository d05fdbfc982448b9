package hmis

import (
	"strings"
	"unicode"
)

// snake turns HUD's CamelCase into snake_case: RelationshipToHoH becomes relationship_to_hoh.
func snake(hud string) string {
	hud = strings.NewReplacer("CoC", "Coc", "HoH", "Hoh").Replace(hud)
	runes := []rune(hud)
	var b strings.Builder
	for i, r := range runes {
		startsWord := i > 0 && unicode.IsUpper(r) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// camel turns snake_case into GraphQL's camelCase.
func camel(snake string) string {
	var b strings.Builder
	for i, word := range strings.Split(snake, "_") {
		if i > 0 && word != "" {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
	}
	return b.String()
}

// SQLName is the column's name in the database.
func (c *Column) SQLName() string { return c.sqlName }

// FieldName is the column's name in GraphQL.
func (c *Column) FieldName() string { return c.field }

// Table is the name of the file's table in the database.
func (f *File) Table() string {
	if f.Name == "User" {
		return "hmis_users" // user is a reserved word of PostgreSQL
	}
	return plural(snake(f.Name))
}

// TypeName is the name of a row of the file in GraphQL.
func (f *File) TypeName() string {
	switch f.Name {
	case "Services":
		return "Service"
	case "Disabilities":
		return "Disability"
	case "AssessmentQuestions", "AssessmentResults":
		return strings.TrimSuffix(f.Name, "s")
	}
	return f.Name
}

// PluralField is the name of a list of the file's rows in GraphQL.
func (f *File) PluralField() string { return camel(plural(snake(f.Name))) }

func plural(s string) string {
	switch {
	case strings.HasSuffix(s, "status"):
		return s + "es"
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "_dv"), strings.HasSuffix(s, "_education"):
		return s
	case strings.HasSuffix(s, "y"):
		return strings.TrimSuffix(s, "y") + "ies"
	}
	return s + "s"
}
