package server

import (
	"math"
	"strconv"
	"strings"

	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// What a document may hold. gqlgen's own limits and its validation take exponential and quadratic time on hostile
// documents, so these are counted first, in time linear in the document. Fragments count wherever they are spread.
const (
	documentLimit      = 64 << 10 // bytes; long values belong into variables
	tokenLimit         = 1000
	operationsLimit    = 20 // of a document
	directiveLimit     = 50 // of a document
	depthLimit         = 12
	introspectionLimit = 20 // depth below __schema and __type, which tools send
	aliasLimit         = 30
	rootLimit          = 10  // fields of the operation itself
	setLimit           = 200 // fields of one selection set
	selectionLimit     = 10_000
	rowLimit           = 500_000
)

const (
	// pageSize is the rows of a list with the argument first where the caller does not say.
	pageSize = 50
	// fewRows stands for a list without it: the members of a household, the releases of a client.
	fewRows = 5
	// most is where counting stops; most times most is still an int.
	most = 1 << 30
)

// weight is what a selection set amounts to with its fragments put in.
type weight struct {
	fields      int // of the set itself
	selections  int // in the set and below it, spreads included
	depth       int
	schemaDepth int // below __schema or __type
	aliases     int
	rows        int
	introspects bool
}

// add puts the selections of another set beside these.
func (w *weight) add(v weight) {
	w.fields = min(w.fields+v.fields, most)
	w.selections = min(w.selections+v.selections, most)
	w.depth = max(w.depth, v.depth)
	w.schemaDepth = max(w.schemaDepth, v.schemaDepth)
	w.aliases = min(w.aliases+v.aliases, most)
	w.rows = min(w.rows+v.rows, most)
	w.introspects = w.introspects || v.introspects
}

// weigh reads a document and refuses one that is too much, whether or not it is valid. It returns the operation that
// the request names and its weight.
func weigh(schema *ast.Schema, q *request) (*ast.OperationDefinition, weight, *refusal) {
	if len(q.query) > documentLimit {
		return nil, weight{}, tooMuch("a document has at most %d KiB; send long values as variables", documentLimit>>10)
	}
	if !fewTokens(q.query) {
		return nil, weight{}, tooMuch("a document has at most %d tokens", tokenLimit)
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: q.query})
	if err != nil {
		return nil, weight{}, syntaxError(err)
	}
	if len(doc.Operations) == 0 {
		return nil, weight{}, refuse(0, hmis.Invalid, "the document has no operation")
	}
	if len(doc.Operations) > operationsLimit {
		return nil, weight{}, tooMuch("a document has at most %d operations", operationsLimit)
	}
	op := doc.Operations.ForName(q.operation)
	if op == nil {
		return nil, weight{}, refuse(0, hmis.Invalid, "the document has no operation of the name in operationName, or several and no name was sent")
	}
	// The others are checked too, since gqlgen validates the whole document; what they cost does not matter.
	for _, other := range doc.Operations {
		if other != op {
			if _, refused := newScale(schema, doc, other, nil).operation(); refused != nil {
				return op, weight{}, refused
			}
		}
	}
	w, refused := newScale(schema, doc, op, q.variables).operation()
	if refused == nil && w.rows > rowLimit {
		refused = tooMuch("the operation may read %d rows, more than %d; ask for fewer with first", w.rows, rowLimit)
	}
	return op, w, refused
}

func tooMuch(format string, args ...any) *refusal { return refuse(0, hmis.Limit, format, args...) }

// fewTokens stops at the limit. A document that is no GraphQL passes; the parser says where it goes wrong.
func fewTokens(query string) bool {
	l := lexer.New(&ast.Source{Input: query})
	for range tokenLimit + 1 {
		if t, err := l.ReadToken(); err != nil || t.Kind == lexer.EOF {
			return true
		}
	}
	return false
}

func syntaxError(err error) *refusal {
	f := refuse(0, hmis.Invalid, "the document is not GraphQL: a syntax error")
	if e, ok := err.(*gqlerror.Error); ok && len(e.Locations) > 0 {
		f.line, f.column = e.Locations[0].Line, e.Locations[0].Column
	}
	return f
}

// scale weighs one operation. Each fragment is weighed once.
type scale struct {
	schema     *ast.Schema
	doc        *ast.QueryDocument
	op         *ast.OperationDefinition
	variables  map[string]any
	fragments  map[string]*weight // nil while it is being weighed
	directives int
	refused    *refusal // the first
}

func newScale(schema *ast.Schema, doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any) *scale {
	return &scale{schema: schema, doc: doc, op: op, variables: variables, fragments: map[string]*weight{}}
}

// operation weighs the operation, and those fragments that it does not use for the size of their sets.
func (s *scale) operation() (weight, *refusal) {
	w := s.set(rootOf(s.schema, s.op), s.op.SelectionSet)
	s.directives += len(s.op.Directives)
	for _, v := range s.op.VariableDefinitions {
		s.directives += len(v.Directives)
	}
	for _, f := range s.doc.Fragments {
		s.fragment(f.Name)
	}
	for _, l := range []struct {
		count, limit int
		text         string
	}{
		{w.fields, rootLimit, "an operation has at most %d fields of its own"},
		{w.depth, depthLimit, "fields are nested at most %d deep"},
		{w.schemaDepth, introspectionLimit, "fields of the schema are nested at most %d deep"},
		{w.aliases, aliasLimit, "an operation has at most %d aliases"},
		{s.directives, directiveLimit, "a document has at most %d directives"},
		{w.selections, selectionLimit, "an operation has at most %d fields when its fragments are put in"},
	} {
		if s.refused == nil && l.count > l.limit {
			s.refused = tooMuch(l.text, l.limit)
		}
	}
	return w, s.refused
}

func rootOf(schema *ast.Schema, op *ast.OperationDefinition) *ast.Definition {
	switch op.Operation {
	case ast.Mutation:
		return schema.Mutation
	case ast.Subscription:
		return schema.Subscription
	default:
		return schema.Query
	}
}

// set weighs a selection set of the type; nil is a type that the schema does not have.
func (s *scale) set(of *ast.Definition, set ast.SelectionSet) weight {
	var w weight
	for _, selection := range set {
		w.selections = min(w.selections+1, most)
		switch selection := selection.(type) {
		case *ast.Field:
			s.directives += len(selection.Directives)
			w.add(s.field(of, selection))
		case *ast.InlineFragment:
			s.directives += len(selection.Directives)
			inner := of
			if selection.TypeCondition != "" {
				inner = s.schema.Types[selection.TypeCondition]
			}
			w.add(s.set(inner, selection.SelectionSet))
		case *ast.FragmentSpread:
			s.directives += len(selection.Directives)
			w.add(s.fragment(selection.Name))
		}
	}
	if w.fields > setLimit && s.refused == nil {
		s.refused = tooMuch("a selection has at most %d fields", setLimit)
	}
	return w
}

func (s *scale) fragment(name string) weight {
	if w, seen := s.fragments[name]; seen {
		if w == nil {
			s.refused = refuse(0, hmis.Invalid, "a fragment contains itself")
			return weight{}
		}
		return *w
	}
	f := s.doc.Fragments.ForName(name)
	if f == nil {
		return weight{} // for validation to refuse
	}
	s.fragments[name] = nil
	s.directives += len(f.Directives)
	w := s.set(s.schema.Types[f.TypeCondition], f.SelectionSet)
	s.fragments[name] = &w
	return w
}

func (s *scale) field(of *ast.Definition, f *ast.Field) weight {
	var def *ast.FieldDefinition
	if of != nil {
		def = of.Fields.ForName(f.Name)
	}
	var result *ast.Definition
	if def != nil {
		result = s.schema.Types[def.Type.Name()]
	}
	w := s.set(result, f.SelectionSet)
	w.fields = 1
	if f.Name == "__schema" || f.Name == "__type" {
		return s.introspection(w, f)
	}
	w.depth++
	if f.Alias != f.Name {
		w.aliases = min(w.aliases+1, most)
	}
	w.rows = s.rows(of, def, f, w.rows)
	return w
}

// introspection turns the weight of what is below __schema or __type. It reads no rows, but with aliases it could
// answer the whole schema many times over, and no tool sends any.
func (s *scale) introspection(w weight, f *ast.Field) weight {
	if (w.aliases > 0 || f.Alias != f.Name) && s.refused == nil {
		s.refused = tooMuch("fields of the schema have no aliases")
	}
	return weight{fields: 1, selections: w.selections, depth: 1, schemaDepth: w.depth, introspects: true}
}

// rows is what a field reads: a record and what is below it, as often as its list is long. The connection around a
// list is no row of its own.
func (s *scale) rows(of *ast.Definition, def *ast.FieldDefinition, f *ast.Field, below int) int {
	if def == nil || len(f.SelectionSet) == 0 {
		return below
	}
	if strings.HasSuffix(of.Name, "Connection") || strings.HasSuffix(of.Name, "Edge") {
		return below
	}
	length := 1
	switch {
	case def.Arguments.ForName("first") != nil:
		length = s.pageLength(def, f)
	case def.Type.Elem != nil:
		length = s.listLength(f)
	}
	return min(length*min(1+below, most), most)
}

// pageLength is first, or else last, or else the default.
func (s *scale) pageLength(def *ast.FieldDefinition, f *ast.Field) int {
	for _, name := range []string{"first", "last"} {
		argument := f.Arguments.ForName(name)
		if argument == nil {
			continue
		}
		if n, ok := number(s.value(argument.Value)); ok {
			return n
		}
	}
	if preset := def.Arguments.ForName("first").DefaultValue; preset != nil {
		if n, ok := number(s.value(preset)); ok {
			return n
		}
	}
	return pageSize
}

// listLength is the number of ids that are asked for, where they are.
func (s *scale) listLength(f *ast.Field) int {
	if argument := f.Arguments.ForName("ids"); argument != nil {
		if list, ok := s.value(argument.Value).([]any); ok {
			return min(len(list), most)
		}
		return 1
	}
	return fewRows
}

// value is a literal or what its variable stands for; nil where there is none.
func (s *scale) value(v *ast.Value) any {
	if v.Kind == ast.Variable {
		if sent, ok := s.variables[v.Raw]; ok {
			return sent
		}
		definition := s.op.VariableDefinitions.ForName(v.Raw)
		if definition == nil || definition.DefaultValue == nil {
			return nil
		}
		v = definition.DefaultValue
	}
	switch v.Kind {
	case ast.IntValue:
		return json.Number(v.Raw)
	case ast.ListValue:
		return make([]any, len(v.Children))
	default:
		return nil
	}
}

// number is a count of rows, between 0 and most.
func number(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return int(max(0, min(f, most))), true
}
