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

// Replaying the log gives what random operations were shown: of each operation the clients in the answer are those of
// its record, and no category is in the answer that the record does not name for that client.
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
					withIDs(doc)
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
					if len(parsed.Errors) > 0 || parsed.Data == nil {
						continue
					}
					shown := replayed{w: w, owner: owner, clients: map[string]hmis.Categories{}}
					shown.walk(op.document(s).Operations[0].SelectionSet, parsed.Data)
					after := newestRecord(t, w, auditor)
					recorded := map[string]hmis.Categories{}
					if after != nil && (before == nil || *after.Number != *before.Number) {
						for _, of := range after.About {
							recorded[w.rowNamed(of.Client)] = hmis.CategoriesOf(of.Shown...)
						}
					}
					if difference := compareReplay(shown.clients, recorded, strings.Contains(op.query, "totalCount") || strings.Contains(op.query, "pageInfo")); difference != "" {
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

// compareReplay says how the log differs from an answer. A list that is asked for its count alone may have its page recorded
// where the operation asks for rows of the type elsewhere.
func compareReplay(shown, recorded map[string]hmis.Categories, counts bool) string {
	for client, categories := range shown {
		if have, ok := recorded[client]; !ok {
			return client + " is in the answer and not in the log"
		} else if more := categories &^ have; more != 0 {
			return fmt.Sprint(client, " was shown ", more.List(), ", which the log does not have")
		}
	}
	for client := range recorded {
		if _, ok := shown[client]; !ok && !counts {
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

const idAlias = "rowid"

// withIDs asks for the id of every row.
func withIDs(doc *ast.QueryDocument) {
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
		return set
	}
	doc.Operations[0].SelectionSet = add(doc.Operations[0].SelectionSet)
	for _, f := range doc.Fragments {
		f.SelectionSet = add(f.SelectionSet)
	}
}

// replayed is what an answer shows of whom.
type replayed struct {
	w       *world
	owner   map[string]string
	clients map[string]hmis.Categories
}

func (p *replayed) walk(set ast.SelectionSet, value any) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			p.walk(set, v)
		}
	case map[string]any:
		client := ""
		if id, ok := value[idAlias].(string); ok {
			client = p.clientOf(p.w.rowNamed(id))
		}
		if client != "" {
			p.clients[client] |= 0
		}
		for key, v := range value {
			f := fieldOf(set, key)
			if f == nil || f.Definition == nil || v == nil {
				continue
			}
			if category := f.Definition.Directives.ForName("category"); category != nil && category.Arguments.ForName("of") != nil && client != "" {
				c, _ := hmis.ParseCategory(category.Arguments.ForName("of").Value.Raw)
				p.clients[client] |= hmis.CategoriesOf(c)
			}
			p.walk(f.SelectionSet, v)
		}
	}
}

// clientOf is the client of a row by their names, "" for rows that are of none.
func (p *replayed) clientOf(row string) string {
	if rest, ok := strings.CutPrefix(row, "$Consent:"); ok {
		client, _, _ := strings.Cut(rest, ":")
		return "$Client:" + client + ";"
	}
	return p.owner[row]
}
