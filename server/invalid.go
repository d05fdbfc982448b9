package server

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// reportLimit is how many faults of one document are answered, and how many places of each.
const reportLimit = 10

// complaints are our sentences for the validation rules of gqlparser, whose own quote what was sent and suggest what
// was not. A second sentence is for callers who may read the schema: each %s is the name that stands at that place
// among the quoted names of gqlparser's sentence.
var complaints = map[string]struct {
	text   string
	named  string
	places []int
}{
	"FieldsOnCorrectType":          {"a field is not in the schema", "%s has no such field", []int{1}},
	"FragmentsOnCompositeTypes":    {text: "a fragment is on a type that has no fields"},
	"KnownArgumentNames":           {"an argument is not in the schema", "%s has no such argument", []int{1}},
	"KnownDirectives":              {text: "a directive is unknown, or not allowed here"},
	"KnownFragmentNames":           {text: "a fragment is not in the document"},
	"KnownRootType":                {text: "the schema has no operation of this kind"},
	"KnownTypeNames":               {text: "a type is not in the schema"},
	"LoneAnonymousOperation":       {text: "an operation without a name must be the only one"},
	"MaxIntrospectionDepth":        {text: "introspection is nested too deep"},
	"NoFragmentCycles":             {text: "a fragment contains itself"},
	"NoUndefinedVariables":         {text: "a variable is used and not defined"},
	"NoUnusedFragments":            {text: "a fragment is never used"},
	"NoUnusedVariables":            {text: "a variable is never used"},
	"OverlappingFieldsCanBeMerged": {text: "two fields of one name ask for different things; give one an alias"},
	"PossibleFragmentSpreads":      {text: "a fragment is on a type that cannot occur here"},
	"ProvidedRequiredArguments":    {"a required argument is missing", "%s needs the argument %s", []int{0, 1}},
	"ScalarLeafs":                  {"a field needs a selection of its fields, or must have none", "%s needs a selection of its fields, or must have none", []int{0}},
	"SingleFieldSubscriptions":     {text: "a subscription has one field"},
	"UniqueArgumentNames":          {text: "an argument is given twice"},
	"UniqueDirectivesPerLocation":  {text: "a directive is given twice"},
	"UniqueFragmentNames":          {text: "two fragments have one name"},
	"UniqueInputFieldNames":        {text: "an input field is given twice"},
	"UniqueOperationNames":         {text: "two operations have one name"},
	"UniqueVariableNames":          {text: "a variable is defined twice"},
	"ValuesOfCorrectType":          {text: "a value does not fit its type"},
	"VariablesAreInputTypes":       {text: "a variable has a type that is not an input type"},
	"VariablesInAllowedPosition":   {text: "a variable does not fit the type where it is used"},
}

// invalid turns what gqlgen found wrong with a request into refusals without anything that was sent: one for each
// sentence, with all its places.
func (s *side) invalid(op *ast.OperationDefinition, problems gqlerror.List, known bool) []*refusal {
	var all []*refusal
	for _, p := range problems {
		text, at := s.complaint(p, known), p.Locations
		if p.Rule == "" && len(p.Path) > 1 { // a variable: variable, its name, and where in its value
			text = s.variableComplaint(p, known)
			if v := op.VariableDefinitions.ForName(fmt.Sprint(p.Path[1])); v != nil && v.Position != nil {
				at = []gqlerror.Location{{Line: v.Position.Line, Column: v.Position.Column}}
			}
		}
		i := slices.IndexFunc(all, func(f *refusal) bool { return f.Message == text })
		if i < 0 && len(all) == reportLimit {
			break
		}
		if i < 0 {
			i, all = len(all), append(all, refuse(0, hmis.Invalid, "%s", text))
		}
		all[i].at = append(all[i].at, at[:min(len(at), reportLimit-min(len(all[i].at), reportLimit))]...)
	}
	return all
}

var quoted = regexp.MustCompile(`"[@\[]*([_0-9A-Za-z.]+)[\]!]*"`)

func (s *side) complaint(p *gqlerror.Error, known bool) string {
	c, ok := complaints[strings.TrimSuffix(p.Rule, "WithoutSuggestions")]
	if !ok {
		return "the document is not valid"
	}
	if !known || c.named == "" {
		return c.text
	}
	found := quoted.FindAllStringSubmatch(p.Message, 4)
	var names []any
	for _, place := range c.places {
		if place >= len(found) || !s.names.has(found[place][1]) {
			return c.text
		}
		names = append(names, found[place][1])
	}
	return fmt.Sprintf(c.named, names...)
}

// variableComplaint says what is wrong with a variable, and to callers who may read the schema also where in it.
func (s *side) variableComplaint(p *gqlerror.Error, known bool) string {
	text := "a variable has a value that does not fit its type"
	switch p.Message {
	case "must be defined":
		text = "a variable, or a field of it, is required and missing"
	case "cannot be null":
		text = "a variable, or a field of it, is null and must not be"
	case "unknown field":
		return "a variable has a field that is not in the schema"
	}
	if where := p.Path[2:]; known && len(where) > 0 && s.names.path(where) {
		text += ": " + where.String()
	}
	return text
}

// vocabulary is every name of the schema: what an error may name to a caller who may read the schema anyway.
type vocabulary map[string]bool

func vocabularyOf(schema *ast.Schema) vocabulary {
	v := vocabulary{}
	for _, t := range schema.Types {
		v[t.Name] = true
		for _, f := range t.Fields {
			v[f.Name] = true
			for _, a := range f.Arguments {
				v[a.Name] = true
			}
		}
	}
	return v
}

// has takes a name, or a type and its field with a dot.
func (v vocabulary) has(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		if !v[part] {
			return false
		}
	}
	return true
}

func (v vocabulary) path(p ast.Path) bool {
	for _, e := range p {
		if name, ok := e.(ast.PathName); ok && !v[string(name)] {
			return false
		}
	}
	return true
}
