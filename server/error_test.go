package server

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		how     string
		code    hmis.ErrorCode
		says    string
		element string
		logs    string
	}{
		{"TOLD", hmis.Conflict, "somebody changed it first", "3.917B", ""},
		{"WRAPPED", hmis.Conflict, "somebody changed it first", "3.917B", ""},
		{"ARGUMENT", hmis.Invalid, "an argument has a value that its type does not allow", "", ""},
		{"PLAIN", hmis.Internal, "internal error", "", `field=Query.fail cause="*gqlerror.Error > *fmt.wrapError > server.stateError 23505"`},
		{"PANIC", hmis.Internal, "internal error", "", "msg=panic"},
		{"BREAK", hmis.Internal, "internal error", "", "index out of range"},
	} {
		h, log := newHub(t)
		w := ask(h, document(`{ fail(how: `+c.how+`, note: "Planted") must }`))
		r := parse(t, w)
		if len(r.Errors) != 1 || w.Code != 200 || len(r.Data) == 0 {
			t.Fatalf("%s: %d %s", c.how, w.Code, w.Body)
		}
		e := r.Errors[0]
		if e.Message != c.says || e.Extensions.Code != c.code || e.Extensions.Element != c.element || len(e.Path) != 1 {
			t.Errorf("%s: %s", c.how, w.Body)
		}
		if id := e.Extensions.IncidentID; !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) || !strings.Contains(log.String(), id) {
			t.Errorf("%s: incident %q is not in the log: %s", c.how, id, log)
		}
		if !strings.Contains(log.String(), c.logs) || strings.Count(log.String(), "level=ERROR") != min(1, len(c.logs)) {
			t.Errorf("%s: log, want %q: %s", c.how, c.logs, log)
		}
		if strings.Contains(w.Body.String()+log.String(), "Planted") {
			t.Errorf("%s: the value came out: %s %s", c.how, w.Body, log)
		}
	}
}

// TestLate lets the caller's deadline stand for that of the operation.
func TestLate(t *testing.T) {
	h, _ := newHub(t, func(c *Config) {
		c.Authenticate = func(ctx context.Context, _, _, _ string) (context.Context, error) {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
			t.Cleanup(cancel)
			return ctx, nil
		}
	})
	if r := parse(t, ask(h, document("{ fail(how: LATE) }"))); r.code() != hmis.Unavailable {
		t.Errorf("%+v", r)
	}
}

// TestComplaints compares what a caller who may read the schema is told with what a stranger is told.
func TestComplaints(t *testing.T) {
	h, _ := newHub(t)
	for _, c := range []struct {
		query        string
		variables    any
		told, hidden string
	}{
		{"{ clients { nodes { firstNam } } }", nil, "Client has no such field", "a field is not in the schema"},
		{"{ clients(firs: 1) { totalCount } }", nil, "Query.clients has no such argument", "an argument is not in the schema"},
		{"{ nodes { id } }", nil, "nodes needs the argument ids", "a required argument is missing"},
		{"{ clients }", nil, "clients needs a selection of its fields, or must have none", "a field needs a selection of its fields, or must have none"},
		{"{ fail(how: TOL) }", nil, "a value does not fit its type", "a value does not fit its type"},
		{"{ ... on Clien { id } }", nil, "a type is not in the schema", "a type is not in the schema"},
		{"query($w: ClientFilter) { clients(where: $w) { totalCount } }", map[string]any{"w": map[string]any{"age": "Smith"}},
			"a variable has a value that does not fit its type: age", "a variable has a value that does not fit its type"},
		{"query($w: ClientFilter) { clients(where: $w) { totalCount } }", map[string]any{"w": map[string]any{"need": map[string]any{}}},
			"a variable, or a field of it, is required and missing: need.must", "a variable, or a field of it, is required and missing"},
		{"query($w: ClientFilter) { clients(where: $w) { totalCount } }", map[string]any{"w": map[string]any{"nam": 1}},
			"a variable has a field that is not in the schema", "a variable has a field that is not in the schema"},
	} {
		body := parameters(map[string]any{"query": c.query, "variables": c.variables})
		for who, want := range map[string]string{"Authorization: Bearer good": c.told, "Authorization: ": c.hidden} {
			r := parse(t, ask(h, body, who))
			if len(r.Errors) == 0 || r.Errors[0].Message != want || len(r.Errors[0].Locations) != 1 {
				t.Errorf("%s %s\n got %+v\nwant %s", who, c.query, r.Errors, want)
			}
		}
	}
}

// TestScrubbing mutates requests full of planted words and looks for them in what comes out.
func TestScrubbing(t *testing.T) {
	h, log := newHub(t)
	seeds := []struct {
		query     string
		variables string
	}{
		{`{ clients(first: 1, after: "PLANTED", where: {name: "PLANTED"}) { nodes { PLANTED } } }`, `{}`},
		{`query PLANTED($PLANTED: ClientFilter) { clients(where: $PLANTED) { totalCount } }`, `{"PLANTED":{"age":"PLANTED","PLANTED":1,"how":["PLANTED"]}}`},
		{`{ fail(how: PLAIN, note: "PLANTED") fail(how: PANIC, note: "PLANTED") must }`, `{}`},
		{`{ fail(how: WRAPPED, note: "PLANTED") }`, `{"PLANTED":"PLANTED"}`},
		{`{ fail(how: ARGUMENT, note: "PLANTED") @PLANTED(if: "PLANTED") }`, `null`},
		{`query($n: Int!, $i: [ID!]!) { clients(first: $n) { totalCount } nodes(ids: $i) { ...PLANTED } } fragment PLANTED on PLANTED { id }`, `{"n":"PLANTED","i":{"PLANTED":"PLANTED"}}`},
		{`mutation PLANTED { login(name: "PLANTED", secret: """PLANTED""", PLANTED: PLANTED) }`, `{"PLANTED":["PLANTED"]}`},
		{`{ clients(where: {PLANTED: PLANTED, how: [PLANTED], veteran: "PLANTED"}) { totalCount(PLANTED: 1) } }`, `{}`},
		{`{ ...on PLANTED { id } __type(name: "PLANTED") { PLANTED } }`, `{}`},
		{`query($a: PLANTED, $b: [Int!] = "PLANTED") { must(a: $a, b: $PLANTED) }`, `{"a":"PLANTED","b":["PLANTED"]}`},
	}
	words := []string{"PLANTED", "Planted", "planted", "firstNamePLANTED", "PLANTED1"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		s := seeds[r.IntN(len(seeds))]
		query := mutate(r, strings.ReplaceAll(s.query, "PLANTED", words[r.IntN(len(words))]))
		variables := strings.ReplaceAll(s.variables, "PLANTED", words[r.IntN(len(words))])
		text, _ := json.Marshal(query)
		body := `{"query":` + string(text) + `,"operationName":` + []string{"null", `"PLANTED"`}[r.IntN(10)/9] + `,"variables":` + variables + `}`
		if r.IntN(20) == 0 {
			body = mutate(r, body)
		}
		who := []string{"Authorization: Bearer good", "Authorization: ", "Authorization: Bearer PLANTED", "Authorization: PLANTED"}[r.IntN(40)*4/40]
		w := ask(h, body, who, "Accept: "+[]string{mediaGraphQL, mediaJSON, "PLANTED/PLANTED"}[r.IntN(21)/10])
		out := strings.ToLower(w.Body.String())
		if strings.Contains(out, "planted") || strings.Contains(out, "did you mean") {
			t.Fatalf("%s\nanswers %s", body, w.Body)
		}
	}
	if strings.Contains(strings.ToLower(log.String()), "planted") {
		t.Fatal("a planted word is in the log")
	}
}

// mutate cuts, doubles or swaps parts of a text; aliases stay as they are, since data is answered under them.
func mutate(r *rand.Rand, text string) string {
	for range r.IntN(3) {
		i, j := r.IntN(len(text)+1), r.IntN(len(text)+1)
		i, j = min(i, j), min(max(i, j), min(i, j)+12)
		switch r.IntN(4) {
		case 0:
			text = text[:i] + text[j:]
		case 1:
			text = text[:j] + text[i:]
		case 2:
			text = text[:i] + string(`{}()[]"$@!.#|&'\`[r.IntN(16)]) + text[i:]
		default:
			text = text[:i] + []string{"null", "-1e9", "\x00", "é", "\ufeff", "...", `"""`}[r.IntN(7)] + text[j:]
		}
	}
	return text
}

// FuzzDoor sends anything: the answer is always JSON with a status of the door, and data only with 200.
func FuzzDoor(f *testing.F) {
	for _, c := range hostile {
		f.Add(document(c.query), mediaGraphQL)
	}
	f.Add(document(introspection), mediaJSON)
	f.Add(`{"query":"query($n: Int = 1) { clients(first: $n) { nodes { id } } }","variables":{"n":"x"}}`, "*/*")
	f.Add(`{"query":"{ fail(how: PANIC) }","operationName":null}`, "")
	h, log := newHub(f)
	f.Fuzz(func(t *testing.T, body, accept string) {
		log.Reset()
		w := ask(h, body, "Accept: "+accept)
		r := parse(t, w)
		switch w.Code {
		case 200, 400, 401, 406, 413:
		default:
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		if w.Code != http.StatusOK && len(r.Data) > 0 || len(r.Data) == 0 && len(r.Errors) == 0 {
			t.Errorf("%d with %s", w.Code, w.Body)
		}
		for _, e := range r.Errors {
			if e.Extensions.Code == "" || e.Extensions.IncidentID == "" {
				t.Errorf("an error without code or incident: %s", w.Body)
			}
		}
	})
}
