package server

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// What a document may have. They are checked before gqlgen validates it: its validation is quadratic in the fields of a
// set, and its own complexity limit exponential on fragments within fragments.
const (
	maxTokens             = 1000
	maxDepth              = 12
	maxIntrospectionDepth = 20
	maxAliases            = 30
	maxRootFields         = 10
	maxSelections         = 200 // of one set
	maxDirectives         = 30
	maxCost               = 250_000 // rows
	defaultRows           = 50      // of a list that names no first or last
)

// size is what a part of a document amounts to.
type size struct {
	depth, introspection int
	aliases, directives  int
	cost                 int64 // rows: the rows of a list times what is asked of each
}

func (s *size) add(o size) {
	s.depth, s.introspection = max(s.depth, o.depth), max(s.introspection, o.introspection)
	s.aliases, s.directives, s.cost = s.aliases+o.aliases, s.directives+o.directives, min(s.cost+o.cost, 2*maxCost)
	s.aliases, s.directives = min(s.aliases, 1<<20), min(s.directives, 1<<20)
}

// measure parses the document and measures the operation that is asked for, each fragment once. Errors: Invalid for a
// document that cannot be parsed, Limit for one that asks for too much, Denied for introspection by strangers.
func measure(schema *ast.Schema, p *graphql.RawParams, introspect bool) (size, error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: p.Query}, maxTokens)
	if err != nil {
		if strings.Contains(err.Error(), "token limit") {
			return size{}, hmis.Errorf(hmis.Limit, "a document has at most %d tokens", maxTokens)
		}
		return size{}, invalidDocument(err)
	}
	m := &meter{schema: schema, doc: doc, variables: p.Variables, fragments: map[string]*size{}}
	var all size
	for _, op := range doc.Operations {
		if len(op.SelectionSet) > maxRootFields {
			return size{}, hmis.Errorf(hmis.Limit, "an operation has at most %d fields at its root", maxRootFields)
		}
		s := m.set(op.SelectionSet, rootType(schema, op.Operation))
		s.directives += len(op.Directives)
		all.add(s)
	}
	return all, m.judge(all, introspect)
}

func rootType(schema *ast.Schema, o ast.Operation) *ast.Definition {
	switch o {
	case ast.Mutation:
		return schema.Mutation
	case ast.Subscription:
		return schema.Subscription
	}
	return schema.Query
}

// meter measures one document.
type meter struct {
	schema    *ast.Schema
	doc       *ast.QueryDocument
	variables map[string]any
	fragments map[string]*size
	tooWide   bool
	circular  bool
}

func (m *meter) judge(s size, introspect bool) error {
	switch {
	case m.circular:
		return hmis.Errorf(hmis.Invalid, "a fragment contains itself")
	case m.tooWide:
		return hmis.Errorf(hmis.Limit, "a selection has at most %d fields", maxSelections)
	case s.introspection > 0 && !introspect:
		return hmis.Errorf(hmis.Denied, "sign in to read the schema")
	case s.depth > maxDepth || s.introspection > maxIntrospectionDepth:
		return hmis.Errorf(hmis.Limit, "an operation is at most %d fields deep", maxDepth)
	case s.aliases > maxAliases:
		return hmis.Errorf(hmis.Limit, "an operation has at most %d aliases", maxAliases)
	case s.directives > maxDirectives:
		return hmis.Errorf(hmis.Limit, "an operation has at most %d directives", maxDirectives)
	case s.cost > maxCost:
		return hmis.Errorf(hmis.Limit, "the operation asks for up to %d rows or more; at most %d: ask for smaller pages", s.cost, maxCost)
	}
	return nil
}

func (m *meter) set(set ast.SelectionSet, on *ast.Definition) (all size) {
	if len(set) > maxSelections {
		m.tooWide = true
		return all
	}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			all.add(m.field(s, on))
		case *ast.InlineFragment:
			inner := m.set(s.SelectionSet, m.typeNamed(s.TypeCondition, on))
			inner.directives += len(s.Directives)
			all.add(inner)
		case *ast.FragmentSpread:
			inner := m.fragment(s.Name)
			inner.directives += len(s.Directives)
			all.add(inner)
		}
	}
	return all
}

func (m *meter) typeNamed(name string, otherwise *ast.Definition) *ast.Definition {
	if d := m.schema.Types[name]; d != nil {
		return d
	}
	return otherwise
}

func (m *meter) field(f *ast.Field, on *ast.Definition) size {
	var definition *ast.FieldDefinition
	if on != nil {
		definition = on.Fields.ForName(f.Name)
	}
	var of *ast.Definition
	if definition != nil {
		of = m.schema.Types[definition.Type.Name()]
	}
	introspection := strings.HasPrefix(f.Name, "__") && f.Name != "__typename"
	s := m.set(f.SelectionSet, of)
	if introspection {
		s.introspection, s.depth = s.depth+1, 0
	} else {
		s.depth++
	}
	if f.Alias != f.Name {
		s.aliases++
	}
	s.directives += len(f.Directives)
	if rows, paged := m.rows(f, definition); paged {
		s.cost = min(rows*(1+s.cost), 2*maxCost)
	}
	return s
}

// rows is the size of the page that a field asks for.
func (m *meter) rows(f *ast.Field, definition *ast.FieldDefinition) (rows int64, paged bool) {
	if definition == nil || definition.Arguments.ForName("first") == nil {
		return 0, false
	}
	rows = defaultRows
	for _, name := range []string{"first", "last"} {
		if a := f.Arguments.ForName(name); a != nil && a.Value != nil {
			if n, ok := m.number(a.Value); ok {
				rows = max(n, 0)
			}
		}
	}
	return min(rows, 2*maxCost), true
}

func (m *meter) number(v *ast.Value) (int64, bool) {
	switch v.Kind {
	case ast.IntValue:
		n, err := strconv.ParseInt(v.Raw, 10, 64)
		return n, err == nil
	case ast.Variable:
		switch n := m.variables[v.Raw].(type) {
		case json.Number:
			i, err := n.Int64()
			return i, err == nil
		case nil:
			return 0, false
		}
		return 2 * maxCost, true // no number that gqlgen would take; it will say so
	}
	return 0, false
}

// fragment measures a fragment the first time and remembers it.
func (m *meter) fragment(name string) size {
	if s, seen := m.fragments[name]; seen {
		if s == nil {
			m.circular = true
			return size{}
		}
		return *s
	}
	f := m.doc.Fragments.ForName(name)
	if f == nil {
		return size{} // validation will say so
	}
	m.fragments[name] = nil
	s := m.set(f.SelectionSet, m.typeNamed(f.TypeCondition, nil))
	m.fragments[name] = &s
	return s
}
