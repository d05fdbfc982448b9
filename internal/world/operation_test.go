package world

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// operation is what is sent to both worlds. Rows and cursors stand in it by name.
type operation struct {
	query     string
	variables map[string]any
	purpose   string
	warm      string // another viewer who asks the same before, "" for nobody
	cursors   [2][]string
}

// body is what is sent to a world, as its number says.
func (op *operation) body(w *world, n int) string {
	variables, _ := json.Marshal(op.variables)
	text, _ := json.Marshal(map[string]any{
		"query":     w.translate(op.query, op.cursors[n]),
		"variables": json.RawMessage(w.translate(string(variables), op.cursors[n])),
	})
	return string(text)
}

// document reads an operation; nil where it does not fit the schema.
func (op *operation) document(s *ast.Schema) *ast.QueryDocument {
	doc, _ := gqlparser.LoadQueryWithRules(s, op.query, rules.NewDefaultRules())
	return doc
}

// print writes a document, and keeps of the variables those that it still uses.
func (op *operation) print(doc *ast.QueryDocument) *operation {
	next := *op
	var b strings.Builder
	format := func() {
		b.Reset()
		formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatQueryDocument(doc)
		next.query = b.String()
	}
	format()
	o := doc.Operations[0]
	o.VariableDefinitions = slices.DeleteFunc(slices.Clone(o.VariableDefinitions), func(v *ast.VariableDefinition) bool {
		return strings.Count(next.query, "$"+v.Variable) < 2
	})
	doc.Fragments = slices.DeleteFunc(slices.Clone(doc.Fragments), func(f *ast.FragmentDefinition) bool { return !strings.Contains(next.query, "..."+f.Name) })
	format()
	next.variables = map[string]any{}
	for _, v := range o.VariableDefinitions {
		next.variables[v.Variable] = op.variables[v.Variable]
	}
	return &next
}

// asker makes random operations out of the schema.
type asker struct {
	*rand.Rand
	schema    *ast.Schema
	names     []string // of rows, both worlds'
	hudIDs    []string // of rows, both worlds'
	clients   []row    // both worlds'
	sought    row      // the client that is searched for
	fields    int      // that may still be asked for
	variables map[string]any
	declared  []string
	fragments []string
}

// newAsker knows the rows of both worlds by name and HUD id.
func newAsker(r *rand.Rand, s *ast.Schema, worlds [2]*world, communities [2]*community) *asker {
	a := &asker{Rand: r, schema: s}
	for i, w := range worlds {
		a.clients = append(a.clients, communities[i].rows["Client"]...)
		for name := range w.ids {
			a.names = append(a.names, name)
		}
		for _, file := range []string{"Client", "Enrollment", "Project", "Organization"} {
			for _, row := range communities[i].rows[file] {
				a.hudIDs = append(a.hudIDs, row[hmis.FileNamed(file).Key().Name])
			}
		}
	}
	a.names, a.hudIDs = distinct(a.names), distinct(a.hudIDs)
	return a
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func (a *asker) chance(percent int) bool { return a.IntN(100) < percent }

// rare are the questions that are long to answer, or that most viewers are refused.
var rare = []string{"codeLists", "report", "reportRuns", "dataQuality", "runReport"}

// ofTheLog are the questions about what others were shown. That is told, to those whose task it is to know it, and it
// follows what those others may see; TestLogReplay compares the log with the answers.
var ofTheLog = []string{"disclosureLog", "accountActivity", "accessReview", "disclosures"}

// ofQueries are the questions to saved queries, which are answered as statistics is; a name is taken or not whoever asks.
var ofQueries = []string{"savedQueries", "savedQuery", "saveQuery", "deleteSavedQuery", "publishQuery", "withdrawQuery", "createQueryAddress", "endQueryAddress"}

// ofAccounts are the questions about accounts and agreements, which tell of no client and are refused to API tokens, with which
// the worlds are asked.
var ofAccounts = []string{"account", "accounts", "endUserAgreement", "partnerAgreements", "accountSettings", "signAgreement", "changePassword",
	"beginSecondFactor", "confirmSecondFactor", "newRecoveryCodes", "removeSecondFactor", "endToken", "endSessions", "createToken", "rotateToken",
	"createAccount", "updateAccount", "disableAccount", "enableAccount", "recordTraining", "setPassword", "resetSecondFactor",
	"publishEndUserAgreement", "recordPartnerAgreement", "changeAccountSettings"}

// operation makes an operation of a root: Query or Mutation.
func (a *asker) operation(root *ast.Definition) *operation {
	a.fields, a.variables, a.declared, a.fragments = 10+a.IntN(50), map[string]any{}, nil, nil
	roots := slices.DeleteFunc(slices.Clone(root.Fields), func(f *ast.FieldDefinition) bool {
		// Signing in makes a secret, costs a hash, and is told nothing of any client; introspection is compared once.
		return strings.HasPrefix(f.Name, "__") || slices.Contains(ofTheLog, f.Name) || slices.Contains(ofQueries, f.Name) || slices.Contains(ofAccounts, f.Name) || f.Name == "login" || f.Name == "logout" || slices.Contains(rare, f.Name) && !a.chance(5)
	})
	var selected []string
	for i := range 1 + a.IntN(10)/8 {
		if root.Name == "Mutation" && i > 0 {
			break
		}
		depth := 2 + a.IntN(3)
		f := pick(a.Rand, roots)
		if f.Name == "statistics" {
			depth = 4 + a.IntN(2) // to groups, their numbers and what they are made of
		}
		selected = append(selected, fmt.Sprintf("r%d: %s", i, a.field(f, depth)))
	}
	kind := "query"
	if root.Name == "Mutation" {
		kind = "mutation"
	}
	query := kind
	if a.declared != nil {
		query += "(" + strings.Join(a.declared, ", ") + ")"
	}
	return &operation{query: query + " { " + strings.Join(selected, " ") + " } " + strings.Join(a.fragments, " "), variables: a.variables}
}

// field makes a field with arguments and selection, without alias.
func (a *asker) field(f *ast.FieldDefinition, depth int) string {
	a.fields--
	text := f.Name + a.arguments(f)
	t := a.schema.Types[f.Type.Name()]
	if t.IsCompositeType() {
		text += a.set(t, depth)
	}
	return text
}

// set makes a selection set, at times within a fragment.
func (a *asker) set(t *ast.Definition, depth int) string {
	var text string
	switch {
	case t.Kind == ast.Interface:
		text = a.onEach(t, depth)
	case strings.HasSuffix(t.Name, "Connection"):
		text = a.connection(t, depth)
	case strings.HasSuffix(t.Name, "Edge"):
		text = a.edge(t, depth)
	default:
		text = a.object(t, depth)
	}
	switch {
	case a.chance(5):
		text = "... on " + t.Name + " { " + text + " }"
	case a.chance(8):
		name := fmt.Sprint("f", len(a.fragments))
		a.fragments = append(a.fragments, "") // what is inside may need one too
		a.fragments[len(a.fragments)-1] = "fragment " + name + " on " + t.Name + " { " + text + " }"
		text = "..." + name
	}
	return " { " + text + " }"
}

// onEach asks an interface for what some of its types have.
func (a *asker) onEach(t *ast.Definition, depth int) string {
	text := "__typename id"
	types := a.schema.GetPossibleTypes(t)
	for range 2 + a.IntN(4) {
		p := pick(a.Rand, types)
		if !strings.Contains(text, "... on "+p.Name+" ") {
			text += " ... on " + p.Name + " { " + a.object(p, depth) + " }"
		}
	}
	return text
}

func (a *asker) connection(t *ast.Definition, depth int) string {
	var parts []string
	if a.chance(40) {
		parts = append(parts, "totalCount")
	}
	if a.chance(40) {
		parts = append(parts, "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }")
	}
	if parts == nil || a.chance(85) {
		parts = append(parts, a.field(t.Fields.ForName(pick(a.Rand, []string{"edges", "nodes"})), depth))
	}
	return strings.Join(parts, " ")
}

func (a *asker) edge(t *ast.Definition, depth int) string {
	text := a.field(t.Fields.ForName("node"), depth)
	if a.chance(50) {
		text += " cursor"
	}
	return text
}

// object asks for some leaves, now and then for all, and for some relations. Relations are named by their type, so that
// fragments on several types do not clash.
func (a *asker) object(t *ast.Definition, depth int) string {
	var leaves, relations []*ast.FieldDefinition
	for _, f := range t.Fields {
		if slices.Contains(ofTheLog, f.Name) {
			continue
		}
		if a.schema.Types[f.Type.Name()].IsCompositeType() {
			relations = append(relations, f)
		} else if !strings.HasPrefix(f.Name, "__") {
			leaves = append(leaves, f)
		}
	}
	var parts []string
	if a.chance(70) {
		parts = append(parts, "__typename")
	}
	share := 100
	if len(leaves) > 0 && !a.chance(15) {
		share = 20 + 400/len(leaves)
	}
	for _, f := range leaves {
		if a.chance(share) && (a.fields > 0 || parts == nil) {
			a.fields--
			parts = append(parts, a.leaf(t, f))
		}
	}
	for range 1 + a.IntN(3) {
		if len(relations) == 0 || depth <= 0 || a.fields <= 0 {
			break
		}
		f := pick(a.Rand, relations)
		alias := strings.ToLower(t.Name) + "_" + f.Name
		if !slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(p, alias+":") }) {
			parts = append(parts, alias+": "+a.field(f, depth-1))
		}
	}
	if parts == nil {
		parts = append(parts, "__typename")
	}
	return strings.Join(parts, " ")
}

// leaf is a field without a selection, seldom with an alias, of which an operation may have few.
func (a *asker) leaf(t *ast.Definition, f *ast.FieldDefinition) string {
	if a.chance(3) {
		return strings.ToLower(t.Name) + "_" + f.Name + ": " + f.Name
	}
	return f.Name
}

func (a *asker) arguments(f *ast.FieldDefinition) string {
	var parts []string
	page := a.page(f)
	for _, arg := range f.Arguments {
		value, given := page[arg.Name]
		switch {
		case arg.Name == "scope":
			value = enum("OWN") // the whole community's are of a release, whatever is hidden, and TestReconstruction's
		case arg.Name == "after" && arg.Type.NamedType == "Int":
			continue
		case slices.Contains([]string{"first", "last", "after", "before"}, arg.Name):
			if !given {
				continue
			}
		case !arg.Type.NonNull || arg.DefaultValue != nil:
			if wanted := map[string]int{"where": 45, "search": 60}[arg.Name]; !a.chance(max(wanted, 30)) {
				continue
			}
			value = a.value(arg.Name, arg.Type)
		default:
			value = a.value(arg.Name, arg.Type)
		}
		parts = append(parts, arg.Name+": "+a.given(arg.Type, value))
	}
	if parts == nil {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// page asks for a part of a list, seldom in a way that is not allowed.
func (a *asker) page(f *ast.FieldDefinition) map[string]any {
	if f.Arguments.ForName("first") == nil {
		return nil
	}
	size := 1 + a.IntN(6)
	switch n := a.IntN(100); {
	case n < 50:
		return map[string]any{"first": size}
	case n < 65:
		return map[string]any{"last": size}
	case n < 70:
		return map[string]any{"first": 100}
	case n < 72:
		return map[string]any{"first": pick(a.Rand, []int{-1, 0, 501}), "last": size}
	case n < 73:
		return map[string]any{"first": pick(a.Rand, []int{-1, 0, 501})}
	case n < 75:
		return map[string]any{"first": size, "after": "$Cursor:" + strconv.Itoa(a.IntN(3)) + ";"}
	}
	return map[string]any{"first": 20}
}

// enum is a value that stands without quotes in a document.
type enum string

// value makes a value of a type; the name says what a text or an id should be.
func (a *asker) value(name string, t *ast.Type) any {
	if t.Elem != nil {
		list := []any{}
		for range 1 + a.IntN(map[bool]int{true: 8, false: 2}[name == "ids"]) {
			list = append(list, a.value(name, t.Elem))
		}
		return list
	}
	def := a.schema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return enum(pick(a.Rand, def.EnumValues).Name)
	case def.Kind == ast.InputObject:
		return a.inputObject(def)
	}
	switch t.NamedType {
	case "Int":
		return a.IntN(10)
	case "Boolean":
		return a.chance(50)
	case "Date":
		return a.date(name)
	case "ID":
		return a.id(name)
	}
	return a.words(name)
}

func (a *asker) inputObject(def *ast.Definition) map[string]any {
	object := map[string]any{}
	a.sought = pick(a.Rand, a.clients)
	if def.Name == "ClientSearch" && a.chance(90) { // seldom by more than one thing, which fits few
		f := pick(a.Rand, def.Fields)
		return map[string]any{f.Name: a.value(f.Name, f.Type)}
	}
	switch def.Name {
	case "StatisticsPeriod":
		from := hmis.NewDate(2024, 10, 1) + hmis.Date(a.IntN(400))
		return pick(a.Rand, []map[string]any{{"fiscalYear": 2025 + a.IntN(2)}, {"lastMonths": 1 + a.IntN(24)}, {"day": from.String()},
			{"start": from.String(), "end": (from + hmis.Date(a.IntN(400))).String()}, {"lastDays": 30}, {"lastYears": 2}})
	case "StatisticsCondition":
		d := pick(a.Rand, stats.Dimensions())
		value := "NY-600" // of those whose values are the data's
		if len(d.Values) > 0 {
			value = pick(a.Rand, d.Values).Name
		}
		return map[string]any{"dimension": enum(d.Name), "values": []any{value}}
	}
	for _, f := range def.Fields {
		wanted := 35
		if def.Name == "RecordConsentInput" || def.Name == "ConsentProvisionInput" {
			wanted = 60
		}
		if f.Type.NonNull && f.DefaultValue == nil || a.chance(wanted) {
			object[f.Name] = a.value(f.Name, f.Type)
		}
	}
	return object
}

func (a *asker) date(name string) string {
	switch name {
	case "dob":
		if born := a.sought["DOB"]; born != "" {
			return born
		}
	case "startsOn":
		return (hmis.NewDate(2026, 1, 1) + hmis.Date(a.IntN(300))).String()
	case "endsOn":
		return (hmis.NewDate(2026, 6, 1) + hmis.Date(a.IntN(600))).String()
	}
	return (hmis.NewDate(2024, 10, 1) + hmis.Date(a.IntN(400))).String()
}

// id names a row: mostly of the type that is meant, one that only one world may have, or none at all.
func (a *asker) id(name string) string {
	prefix := map[string]string{"client": "$Client:", "consent": "$Consent:", "recipients": "$Organization:", "organization": "$Organization:"}[name]
	if name == "id" && a.chance(50) {
		prefix = pick(a.Rand, []string{"$Client:", "$Project:", "$Enrollment:", "$Household:", "$Consent:"})
	}
	switch n := a.IntN(100); {
	case n < 3:
		return "not an id"
	case n < 6:
		return "$Client:nobody;"
	case n < 10:
		prefix = ""
	}
	for range 200 {
		if n := pick(a.Rand, a.names); strings.HasPrefix(n, prefix) {
			return n
		}
	}
	return "$Client:nobody;"
}

func (a *asker) words(name string) string {
	switch name {
	case "source":
		return pick(a.Rand, []string{sourceName, sourceName, sourceName, sourceName, "another"})
	case "coc":
		return pick(a.Rand, []string{"NY-600", "NY-601"})
	case "account":
		return pick(a.Rand, viewers).name
	case "firstName":
		return a.begun(a.sought["FirstName"])
	case "lastName":
		return a.begun(a.sought["LastName"])
	case "name":
		return a.sought["LastName"] + ", " + a.sought["FirstName"]
	case "ssn":
		ssn := a.sought["SSN"]
		return ssn[max(0, len(ssn)-pick(a.Rand, []int{4, 9})):]
	}
	prefix := map[string]string{"personalId": "cl", "enrollmentId": "en"}[name]
	for range 50 {
		if n := pick(a.Rand, a.hudIDs); strings.Contains(n, prefix) {
			return n
		}
	}
	return "nobody"
}

// begun is a name or its beginning.
func (a *asker) begun(name string) string {
	letters := []rune(name)
	return string(letters[:max(len(letters)-a.IntN(4), 0)])
}

// given writes a value into the document, or into a variable.
func (a *asker) given(t *ast.Type, value any) string {
	if !a.chance(30) {
		return literal(value)
	}
	name := fmt.Sprint("v", len(a.declared))
	a.declared = append(a.declared, "$"+name+": "+t.String())
	a.variables[name] = value
	return "$" + name
}

func literal(value any) string {
	switch v := value.(type) {
	case enum:
		return string(v)
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, literal(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for name, e := range v {
			parts = append(parts, name+": "+literal(e))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	}
	text, _ := json.Marshal(value)
	return string(text)
}

// goOn asks for the next part of one of the lists that the last answer had cursors of.
func (a *asker) goOn(last *operation, cursors []cursor) *operation {
	doc := last.document(a.schema)
	n := a.IntN(len(cursors))
	set, field := doc.Operations[0].SelectionSet, (*ast.Field)(nil)
	for _, key := range cursors[n].list {
		if field = fieldOf(set, key); field == nil {
			return nil
		}
		set = field.SelectionSet
	}
	if field == nil {
		return nil
	}
	field.Arguments = slices.DeleteFunc(slices.Clone(field.Arguments), func(arg *ast.Argument) bool {
		return slices.Contains([]string{"first", "last", "after", "before"}, arg.Name)
	})
	size, from := "first", "after"
	if a.chance(40) {
		size, from = "last", "before"
	}
	field.Arguments = append(field.Arguments,
		&ast.Argument{Name: size, Value: &ast.Value{Kind: ast.IntValue, Raw: strconv.Itoa(1 + a.IntN(4))}},
		&ast.Argument{Name: from, Value: &ast.Value{Kind: ast.StringValue, Raw: fmt.Sprintf("$Cursor:%d;", n)}})
	next := last.print(doc)
	next.warm = ""
	return next
}
