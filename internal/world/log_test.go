package world

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// Replaying the log gives what random operations were shown, and nothing else: of each operation the clients in the answer
// are those of its record, and of each client the categories shown and withheld, with their reasons, are those of the
// fields that the operation names on the client's rows in the answer.
func TestLogReplay(t *testing.T) {
	const each = 220
	for _, d := range databases(t) {
		t.Run(d.Name, func(t *testing.T) {
			c := newCommunity(rand.New(rand.NewPCG(*seed, 77)), hmis.DateOf(time.Now()))
			w := newWorld(t, d, c)
			auditor, err := w.store.As(context.Background(), &policy.Viewer{Role: policy.Auditor, Standing: policy.Standing{Active: true, TrainedUntil: 1 << 30, AgreedUntil: 1 << 30}})
			if err != nil {
				t.Fatal(err)
			}
			owner := ownersOf(c)
			clients, compared := 0, 0
			for i, v := range viewers {
				r := rand.New(rand.NewPCG(*seed, uint64(i)))
				s := w.schema(v)
				a := newAsker(r, s, [2]*world{w, w}, [2]*community{c, c})
				for range each {
					op := a.operation(s.Query)
					op.cursors = [2][]string{}
					if slices.ContainsFunc(rare, func(name string) bool { return strings.Contains(op.query, name) }) || strings.Contains(op.query, "explainAccess") {
						continue // their lists are made before the fields are chosen; see TestRecords
					}
					doc := op.document(s)
					if doc == nil {
						continue
					}
					withIDs(doc, s)
					op = op.print(doc)
					before := newestRecord(t, w, auditor)
					purpose := ""
					if v.purpose != policy.AnyPurpose {
						purpose = v.purpose.String()
					}
					answer := w.send(v, purpose, op.body(w, 0)).body
					var parsed struct {
						Data   map[string]any
						Errors []any
					}
					if err := json.Unmarshal(answer, &parsed); err != nil {
						t.Fatal(err)
					}
					if parsed.Data == nil {
						continue
					}
					again := op.document(s)
					shown := replayed{w: w, owner: owner, asked: askedOf(again), clients: map[string]*seen{}}
					shown.walk(again.Operations[0].SelectionSet, parsed.Data)
					after := newestRecord(t, w, auditor)
					recorded := map[string]*store.DisclosedClient{}
					if after != nil && (before == nil || *after.Number != *before.Number) {
						for _, of := range after.About {
							recorded[w.rowNamed(of.Client)] = of
						}
					}
					if difference := compareReplay(shown.clients, recorded, len(parsed.Errors) == 0); difference != "" {
						t.Fatalf("%s: %s\n%s\n%s", v.name, difference, op.query, answer)
					}
					compared++
					clients += len(recorded)
				}
			}
			if compared < 500 || clients < 1000 {
				t.Errorf("%d operations that showed %d clients are too few to show anything", compared, clients)
			}
			t.Logf("%d operations showed clients %d times", compared, clients)
		})
	}
}

func newestRecord(t *testing.T, w *world, auditor context.Context) *store.Disclosure {
	t.Helper()
	one := int32(1)
	page, err := w.store.DisclosureLog(auditor, store.Page{First: &one}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Nodes) == 0 {
		return nil
	}
	return page.Nodes[0]
}

// compareReplay says how the log differs from an answer. An error takes what was already looked up out of an answer that
// is not whole, so that the log then names more.
func compareReplay(shown map[string]*seen, recorded map[string]*store.DisclosedClient, whole bool) string {
	for client, s := range shown {
		have, ok := recorded[client]
		if !ok {
			return client + " is in the answer and not in the log"
		}
		for _, of := range []struct {
			what      string
			must, may hmis.Categories
			have      []hmis.Category
		}{{"shown", s.must, s.may, have.Shown}, {"withheld", s.mustNot &^ s.may, s.mayNot, have.Withheld}} {
			logged := hmis.CategoriesOf(of.have...)
			if missing, more := of.must&^logged, logged&^of.may; missing != 0 || whole && more != 0 {
				return fmt.Sprintf("%s was %s %v, which the log does not have; the log has %v, which it was not", client, of.what, missing.List(), more.List())
			}
		}
		var based hmis.Categories
		for _, b := range have.Bases {
			based |= hmis.CategoriesOf(b.Categories...)
			if more := hmis.CategoriesOf(b.Categories...) &^ s.reasons[b.Reason.String()]; whole && more != 0 {
				return fmt.Sprint(client, " was not shown ", more.List(), " for the reason ", b.Reason)
			}
		}
		if based != hmis.CategoriesOf(have.Shown...) {
			return fmt.Sprint(client, " was shown ", have.Shown, ", and there are reasons for ", based.List())
		}
	}
	for client := range recorded {
		if _, ok := shown[client]; whole && !ok {
			return client + " is in the log and not in the answer"
		}
	}
	return ""
}

func (w *world) rowNamed(id string) string {
	kind, key, _ := w.keys.ParseID(id)
	return w.names[fmt.Sprint(kind, "/", key)]
}

// ownersOf names the client of each row of a client, by the row's name.
func ownersOf(c *community) map[string]string {
	owner := map[string]string{}
	labels := map[string]string{} // of clients, by PersonalID
	for _, r := range c.rows["Client"] {
		labels[r["PersonalID"]] = "$Client:" + r[label] + ";"
	}
	for _, f := range hmis.Files() {
		if f.Level != hmis.ClientLevel {
			continue
		}
		for _, r := range c.rows[f.Name] {
			owner["$"+f.TypeName()+":"+r[label]+";"] = labels[r["PersonalID"]]
		}
	}
	return owner
}

const (
	idAlias     = "rowid"
	accessAlias = "rowaccess"
)

// withIDs asks every row for its id and for what the viewer may see of it.
func withIDs(doc *ast.QueryDocument, schema *ast.Schema) {
	access := func(of *ast.Definition) *ast.Field {
		return &ast.Field{Alias: accessAlias, Name: "access", ObjectDefinition: of, Definition: of.Fields.ForName("access"),
			SelectionSet: ast.SelectionSet{&ast.Field{Alias: "category", Name: "category"}, &ast.Field{Alias: "canView", Name: "canView"}, &ast.Field{Alias: "reason", Name: "reason"}}}
	}
	var add func(set ast.SelectionSet) ast.SelectionSet
	add = func(set ast.SelectionSet) ast.SelectionSet {
		var of *ast.Definition
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				s.SelectionSet = add(s.SelectionSet)
				of = s.ObjectDefinition
			case *ast.InlineFragment:
				s.SelectionSet = add(s.SelectionSet)
			}
		}
		if of != nil && of.Fields.ForName("id") != nil {
			set = append(set, &ast.Field{Alias: idAlias, Name: "id", ObjectDefinition: of, Definition: of.Fields.ForName("id")})
		}
		if of != nil && of.Fields.ForName("access") != nil {
			set = append(set, access(of))
		}
		if of != nil && of.Kind == ast.Interface {
			for _, typ := range schema.GetPossibleTypes(of) {
				if typ.Fields.ForName("access") != nil {
					set = append(set, &ast.InlineFragment{TypeCondition: typ.Name, ObjectDefinition: of, SelectionSet: ast.SelectionSet{access(typ)}})
				}
			}
		}
		return set
	}
	doc.Operations[0].SelectionSet = add(doc.Operations[0].SelectionSet)
	for _, f := range doc.Fragments {
		f.SelectionSet = add(f.SelectionSet)
	}
}

// askedOf are the categories of the fields that an operation names, by the type that they are fields of; Unclassified
// where the record type of the row decides.
func askedOf(doc *ast.QueryDocument) map[string]hmis.Categories {
	asked := map[string]hmis.Categories{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if d := s.Definition.Directives.ForName("category"); d != nil {
					category := hmis.Unclassified
					if of := d.Arguments.ForName("of"); of != nil {
						category, _ = hmis.ParseCategory(of.Value.Raw)
					}
					asked[s.ObjectDefinition.Name] |= hmis.CategoriesOf(category)
				}
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			}
		}
	}
	walk(doc.Operations[0].SelectionSet)
	for _, f := range doc.Fragments {
		walk(f.SelectionSet)
	}
	return asked
}

// replayed is what an answer shows of whom.
type replayed struct {
	w       *world
	owner   map[string]string
	asked   map[string]hmis.Categories
	clients map[string]*seen
}

// seen is what an answer shows of a client: what the log must name as shown and withheld, and what it may. They differ for
// rows whose record type decides on the category, which is not in every answer.
type seen struct {
	must, may, mustNot, mayNot hmis.Categories
	reasons                    map[string]hmis.Categories
}

func (p *replayed) walk(set ast.SelectionSet, value any) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			p.walk(set, v)
		}
	case map[string]any:
		row := ""
		if id, ok := value[idAlias].(string); ok {
			row = p.w.rowNamed(id)
		}
		p.row(row, value[accessAlias])
		for key, v := range value {
			f := fieldOf(set, key)
			if f == nil || f.Definition == nil || v == nil || key == accessAlias {
				continue
			}
			if category := f.Definition.Directives.ForName("category"); category != nil && category.Arguments.ForName("of") != nil && p.clientOf(row) != "" {
				c, _ := hmis.ParseCategory(category.Arguments.ForName("of").Value.Raw)
				p.clients[p.clientOf(row)].must |= hmis.CategoriesOf(c) // whatever the access says
			}
			p.walk(f.SelectionSet, v)
		}
	}
}

// row notes what a row of a client in the answer shows, by what it says itself of the viewer's access.
func (p *replayed) row(name string, access any) {
	client := p.clientOf(name)
	if client == "" {
		return
	}
	s := p.clients[client]
	if s == nil {
		s = &seen{reasons: map[string]hmis.Categories{}}
		p.clients[client] = s
	}
	typ, _, _ := strings.Cut(strings.TrimPrefix(name, "$"), ":")
	must := p.asked[typ]&hmis.AllContent | ownCategory(typ)
	may := must
	if decidedByType(typ) {
		may = hmis.AllContent
	}
	list, _ := access.([]any)
	for _, a := range list {
		a := a.(map[string]any)
		category, _ := hmis.ParseCategory(a["category"].(string))
		one := hmis.CategoriesOf(category)
		if a["canView"].(bool) {
			s.must, s.may = s.must|one&must, s.may|one&may
			s.reasons[a["reason"].(string)] |= one & may
		} else {
			s.mustNot, s.mayNot = s.mustNot|one&must, s.mayNot|one&may
		}
	}
}

func decidedByType(typ string) bool { return typ == "Service" || typ == "Disability" }

// ownCategory is what a row of a type tells of by being there: that of its day, or of its first answer where it has none.
func ownCategory(typ string) hmis.Categories {
	if typ == "Client" || typ == "HealthAndDV" || decidedByType(typ) {
		return 0
	}
	for _, f := range hmis.Files() {
		if f.TypeName() != typ || f.Level != hmis.ClientLevel {
			continue
		}
		for _, name := range []string{"EntryDate", "ExitDate", "InformationDate", "AssessmentDate", "EventDate", "AssessmentQuestion", "AssessmentResultType"} {
			if c := f.Column(name); c != nil {
				return hmis.CategoriesOf(c.Category) & hmis.AllContent
			}
		}
	}
	return 0
}

// clientOf is the client of a row by their names, "" for rows that are of none.
func (p *replayed) clientOf(row string) string {
	if rest, ok := strings.CutPrefix(row, "$Consent:"); ok {
		client, _, _ := strings.Cut(rest, ":")
		return "$Client:" + client + ";"
	}
	return p.owner[row]
}
