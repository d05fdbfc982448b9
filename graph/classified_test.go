package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// A schema that does not say of each field of a client to which category it belongs is refused here.
func TestEveryFieldIsClassified(t *testing.T) {
	whole := (&Resolver{}).Schema().Schema()
	for _, fault := range slices.Concat(unclassified(whole), notOfTheDictionary(whole)) {
		t.Error(fault)
	}
}

// unclassified lists the types that do not say whether they are of clients, and the fields of those that are which do
// not say what opens them.
func unclassified(s *ast.Schema) (faults []string) {
	complain := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for name, d := range s.Types {
		if d.Kind == ast.Union {
			complain("%s is a union: use an interface, so that withoutClients sees through it", name)
		}
		if d.Kind != ast.Object || d.BuiltIn || isRoot(s, d) || isPage(s, d) {
			continue
		}
		client, open := d.Directives.ForName("client") != nil, d.Directives.ForName("open") != nil
		if client == open {
			complain("%s says not, or says twice, whether it tells of clients: mark the type @client or @open", name)
		}
		for _, f := range d.Fields {
			category, meta := f.Directives.ForName("category") != nil, f.Directives.ForName("meta") != nil
			switch {
			case category && meta:
				complain("%s.%s has @category and @meta: it is opened either by a category or with its row", name, f.Name)
			case client && !category && !meta && !ofClients(s, f.Type.Name()):
				complain("%s.%s has no category: add @category(of: …) with the category that a release must open for it, or @meta for an id or audit field of the row", name, f.Name)
			case !client && category:
				complain("%s.%s has a category, but %s is @open: mark the type @client", name, f.Name, name)
			}
		}
	}
	return faults
}

func isRoot(s *ast.Schema, d *ast.Definition) bool {
	return d == s.Query || d == s.Mutation || d == s.Subscription
}

// isPage reports whether a type is the connection or edge of another, whose rules then hold for it.
func isPage(s *ast.Schema, d *ast.Definition) bool {
	for _, suffix := range []string{"Connection", "Edge"} {
		if node, ok := strings.CutSuffix(d.Name, suffix); ok && s.Types[node] != nil && s.Types[node].Kind == ast.Object {
			return true
		}
	}
	return false
}

// notOfTheDictionary lists the fields whose category is not that of their column.
func notOfTheDictionary(s *ast.Schema) (faults []string) {
	for _, file := range hmis.Files() {
		d := s.Types[file.TypeName()]
		if file.Level == hmis.ExportLevel || d == nil {
			continue
		}
		for _, c := range file.Columns {
			f := d.Fields.ForName(c.FieldName())
			if f == nil || file.Level == hmis.ProjectLevel {
				continue
			}
			if got, want := categoryOf(f), c.Category.String(); got != want {
				faults = append(faults, fmt.Sprintf("%s.%s is %s in the schema and %s in the dictionary: run go generate ./...", d.Name, f.Name, got, want))
			}
		}
	}
	return faults
}

// categoryOf is what the directives of a field say, UNCLASSIFIED where the record type of the row decides.
func categoryOf(f *ast.FieldDefinition) string {
	category := f.Directives.ForName("category")
	switch {
	case f.Directives.ForName("meta") != nil:
		return hmis.Meta.String()
	case category == nil:
		return "without a category"
	case category.Arguments.ForName("of") == nil:
		return hmis.Unclassified.String()
	}
	return category.Arguments.ForName("of").Value.Raw
}

const sampleHead = `directive @category(of: Category) on FIELD_DEFINITION
directive @meta on FIELD_DEFINITION
directive @client on OBJECT
directive @open on OBJECT
enum Category { IDENTITY HEALTH }
`

func sample(t *testing.T, text string) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Input: sampleHead + text})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The tests above can fail: each sample breaks one rule, or none.
func TestChecksOfTheSchema(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`type Query { a: Client } type Client @client { id: ID! @meta name: String @category(of: IDENTITY) self: Client all: ClientConnection }
			type ClientConnection { edges: [ClientEdge!]! } type ClientEdge { node: Client! }`, ""},
		{`type Query { a: Client } type Client @client { name: String }`, "Client.name has no category"},
		{`type Query { a: Client } type Client @client { place: Place } type Place @open { name: String }`, "Client.place has no category"},
		{`type Query { a: Client } type Client { name: String @category(of: IDENTITY) }`, "mark the type @client or @open"},
		{`type Query { a: Client } type Client @client @open { id: ID @meta }`, "mark the type @client or @open"},
		{`type Query { a: Client } type Client @client { id: ID @meta @category(of: IDENTITY) }`, "@category and @meta"},
		{`type Query { a: Place } type Place @open { name: String @category(of: IDENTITY) }`, "Place.name has a category, but Place is @open"},
		{`type Query { a: Any } union Any = Place type Place @open { name: String }`, "is a union"},
		{`type Query { a: LonelyConnection } type LonelyConnection { name: String }`, "LonelyConnection says not"},
		{`type Query { a: Client } type Client @client { firstName: String @category(of: HEALTH) }`, "Client.firstName is HEALTH in the schema and IDENTITY"},
		{`type Query { a: Client } type Client @client { firstName: String @meta }`, "Client.firstName is META in the schema and IDENTITY"},
	} {
		s := sample(t, c.text)
		got := strings.Join(slices.Concat(unclassified(s), notOfTheDictionary(s)), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s:\nwant %q, got %q", c.text, c.want, got)
		}
	}
}

// Nothing that can be reached from the roots of the schema for those who see no person is of a client.
func TestNumbersSchemaHasNoClients(t *testing.T) {
	r := &Resolver{}
	whole, numbers := r.Schema().Schema(), r.NumbersSchema().Schema()
	reached := reachable(numbers)
	for name := range reached {
		if ofClients(whole, name) {
			t.Errorf("%s can be reached: a field that leads to it is kept in withoutClients", name)
		}
	}
	for name := range numbers.Types { // which introspection lists, reached or not
		if ofClients(whole, name) || !reached[name] {
			t.Errorf("%s is in the schema, whose introspection shows it, though nothing leads to it: leave it out in withoutClients", name)
		}
	}
	for _, kinds := range []map[string][]*ast.Definition{numbers.PossibleTypes, numbers.Implements} {
		for name, list := range kinds {
			for _, d := range append(list, &ast.Definition{Name: name}) {
				if ofClients(whole, d.Name) {
					t.Errorf("%s is a possible type of %s, whose introspection shows it: leave it out in schemaOf", d.Name, name)
				}
			}
		}
	}
	// The walk finds what is there to be found.
	found := reachable(whole)
	for _, name := range []string{"Client", "ClientConnection", "ClientEdge", "Consent", "ConsentEvent", "ConsentPayload", "Household", "Person"} {
		if !found[name] || !ofClients(whole, name) {
			t.Errorf("%s is not found in the whole schema, so nothing was shown", name)
		}
	}
}

// reachable walks a schema from its roots through fields, arguments, interfaces and possible types.
func reachable(s *ast.Schema) map[string]bool {
	reached := map[string]bool{}
	var walk func(name string)
	walk = func(name string) {
		d := s.Types[name]
		if d == nil || reached[name] {
			return
		}
		reached[name] = true
		for _, f := range d.Fields {
			walk(f.Type.Name())
			for _, a := range f.Arguments {
				walk(a.Type.Name())
			}
		}
		for _, i := range d.Interfaces {
			walk(i)
		}
		for _, p := range s.PossibleTypes[name] {
			walk(p.Name)
		}
	}
	for _, root := range []*ast.Definition{s.Query, s.Mutation, s.Subscription} {
		if root != nil {
			walk(root.Name)
		}
	}
	for name, d := range s.Types {
		if strings.HasPrefix(name, "__") || d.BuiltIn { // what introspection itself needs
			walk(name)
		}
	}
	return reached
}
