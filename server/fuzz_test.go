package server

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// fuzzed is a door for any input: nobody runs out of budget, and what waits is soon cut off.
func fuzzed(t testing.TB) (*door, *logBook) {
	t.Helper()
	docs, err := ReadDocuments(strings.NewReader(`{"shelter":{"`+hashOf("{ must }")+`":"{ must }"}}`), DocumentsLog)
	if err != nil {
		t.Fatal(err)
	}
	c, log := newConfig(func(c *Config) {
		c.Unmetered, c.Documents, c.Origins = true, docs, []string{"https://app.example.org"}
	})
	d := newDoor(c)
	d.patience.operation = 5 * time.Millisecond
	return d, log
}

// FuzzRequest sends any method, address, header and body.
func FuzzRequest(f *testing.F) {
	const usual = "Content-Type: application/json\nAuthorization: Bearer good\n"
	add := func(header, body string) { f.Add("POST", "/graphql", header, []byte(body)) }
	for _, h := range hostile {
		if len(h.query) < 10_000 {
			add(usual, document(h.query))
		}
	}
	for _, body := range ofCallers {
		add(usual+"Accept: "+mediaGraphQL, body)
	}
	for _, header := range []string{
		usual + "Accept: text/event-stream", "Content-Type: application/json", usual + "Accept: text/html", usual + "Hearth-Purpose: TREATMENT",
		"Content-Type: application/json\nCookie: hearth=good\nOrigin: http://localhost", "Content-Type: application/json\nCookie: hearth=good\nSec-Fetch-Site: cross-site",
		usual + "X-Forwarded-For: 1.2.3.4, ::1", "Content-Type: application/json;charset=utf-8\nAuthorization: bearer app", "Connection: Upgrade\nUpgrade: websocket",
		usual + "Content-Encoding: gzip", "Content-Type: multipart/form-data; boundary=a",
	} {
		add(header, document("query A($w: ClientFilter, $n: Int = 3) { clients(first: $n, where: $w) { nodes { id } } }"))
		add(header, document("subscription { changes }"))
	}
	add(usual, `{"documentId":"sha256:`+hashOf("{ must }")+`"}`)
	add(usual, `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"`+hashOf("{ must }")+`"}},"query":"{ must }"}`)
	add(usual, document(introspection))
	f.Add("GET", "/graphql?query="+url.QueryEscape("query Q($n: String!) { __type(name: $n) { name } }")+"&variables="+url.QueryEscape(`{"n":"Client"}`), usual, []byte(""))
	f.Add("POST", "/session", usual, []byte(""))
	f.Add("DELETE", "/session", "Cookie: hearth=good", []byte(""))
	f.Add("GET", "/schema.graphql", usual, []byte(""))
	f.Add("OPTIONS", "/graphql", "Origin: https://app.example.org\nAccess-Control-Request-Method: POST", []byte(""))
	d, log := fuzzed(f)
	h := d.routes()
	f.Fuzz(func(t *testing.T, method, address, header string, body []byte) {
		r, err := http.NewRequest(method, "http://localhost"+address, strings.NewReader(string(body)))
		if err != nil {
			return // no server is ever sent such a request
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		r = r.WithContext(ctx)
		r.RemoteAddr = "192.0.2.1:1234"
		for line := range strings.SplitSeq(header, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				r.Header.Add(name, value)
			}
		}
		log.Reset()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		checkAnswer(t, w, log)
	})
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder, log *logBook) {
	t.Helper()
	text := log.String()
	if strings.Contains(text, "msg=panic") && !strings.Contains(text, "field=Query.fail") { // which panics when it is told to
		t.Error(text)
	}
	if w.Code == http.StatusInternalServerError {
		t.Errorf("500: %s", text)
	}
	media := w.Header().Get("Content-Type")
	if strings.HasPrefix(media, mediaJSON) || strings.HasPrefix(media, mediaGraphQL) {
		var a map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK && a["data"] != nil || a["data"] == nil && a["errors"] == nil {
			t.Errorf("%d %v %s", w.Code, err, w.Body)
		}
	}
}

// pipes is a listener whose connections are in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error { close(p); return nil }
func (pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p <- there
	return here, nil
}

// FuzzSocket sends any messages, a line each, over one connection.
func FuzzSocket(f *testing.F) {
	for _, lines := range [][]string{
		{initGood, subscribe("a", "subscription { changes }"), `{"type":"ping"}`},
		{initGood, subscribe("a", "subscription { changes(n: -1) }"), `{"id":"a","type":"complete"}`, subscribe("a", "{ must }")},
		{initGood, subscribe("a", "subscription { changes(n: -1) }"), subscribe("a", "{ must }")},
		{initGood, subscribe("a", "{ fail(how: PANIC) must }"), subscribe("b", "{ no }"), subscribe("c", "{")},
		{initGood, initGood}, {`{"type":"connection_init"}`}, {`{"type":"connection_init","payload":{"Hearth-Purpose":"TREATMENT"}}`},
		{subscribe("a", "{ must }")}, {`{"type":"start","id":"1"}`}, {`[]`}, {`{"type":"pong"}`, `{"type":"ping","payload":{}}`, initGood, `{"type":"complete"}`},
		{initGood, `{"id":"a","type":"subscribe","payload":{"documentId":"` + hashOf("{ must }") + `"}}`},
		{initGood, subscribe("a", doubling(28, "Query", "{ ...f0 }"))},
	} {
		f.Add([]byte(strings.Join(lines, "\n")))
	}
	d, log := fuzzed(f)
	l := pipes(make(chan net.Conn))
	s := &http.Server{Handler: d.routes()}
	go s.Serve(l)
	f.Cleanup(func() { s.Close() })
	caller := &http.Client{Transport: &http.Transport{DialContext: l.dial, DisableKeepAlives: true}}
	f.Fuzz(func(t *testing.T, messages []byte) {
		log.Reset()
		conn, _, err := websocket.Dial(t.Context(), "ws://localhost/graphql", &websocket.DialOptions{HTTPClient: caller, Subprotocols: []string{subprotocol}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		var writing sync.WaitGroup
		writing.Go(func() {
			for line := range strings.SplitSeq(string(messages)+"\nthe end, which is no message", "\n") {
				if conn.Write(t.Context(), websocket.MessageText, []byte(line)) != nil {
					return
				}
			}
		})
		for {
			_, text, err := conn.Read(t.Context())
			if err != nil {
				expected := []websocket.StatusCode{4400, 4401, 4403, 4409, 4429, websocket.StatusMessageTooBig}
				if code := websocket.CloseStatus(err); !slices.Contains(expected, code) {
					t.Errorf("%d %v", code, err)
				}
				break
			}
			if !json.Valid(text) {
				t.Errorf("no JSON: %q", text)
			}
		}
		conn.CloseNow()
		writing.Wait()
		if text := log.String(); strings.Contains(text, "msg=panic") && !strings.Contains(text, "field=Query.fail") {
			t.Error(text)
		}
	})
}

// theSchema is the one that the hub serves.
func theSchema(t testing.TB) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("../schema/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	var sources []*ast.Source
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	return gqlparser.MustLoadSchema(sources...)
}

// FuzzDocument weighs any document against the hub's schema, and has gqlgen check what is within the limits. The
// memoized walk must find what a walk through the document with its fragments put in finds.
func FuzzDocument(f *testing.F) {
	for _, h := range hostile {
		if len(h.query) < 10_000 {
			f.Add(h.query, operationName(h.query), "{}")
		}
	}
	f.Add(introspection, "", "{}")
	f.Add(`query($n: Int!) { clients(first: $n) { totalCount edges { node { id withheld { field } enrollments(first: 5) { edges { node { project { projectName } } } } } } } }`, "", `{"n":50}`)
	f.Add(`subscription R($id: ID!) { reportRun(id: $id) { state progress } }`, "R", `{"id":"x"}`)
	f.Add(`{ nodes(ids: ["a", "b"]) { id ... on Client { ...c } ...c } } fragment c on Client { firstName household: enrollments { nodes { household { enrollments { nodes { id } } } } } }`, "", "{}")
	f.Add(`mutation { login(input: {username: "a", password: "b"}) { token } }`, "", "null")
	schema := theSchema(f)
	c, _ := newConfig(func(c *Config) { c.API = API{Schema: testSchema{schema}} })
	d := newDoor(c)
	f.Fuzz(func(t *testing.T, query, operation, variables string) {
		q := &request{query: query, operation: operation}
		values := json.NewDecoder(strings.NewReader(variables))
		values.UseNumber()
		if values.Decode(&q.variables) != nil {
			q.variables = nil
		}
		op, w, refused := weigh(schema, q)
		if refused != nil {
			return
		}
		if op == nil || w.fields > rootLimit || w.depth > depthLimit || w.aliases > aliasLimit || w.rows < 0 || w.rows > rowLimit || w.selections > selectionLimit {
			t.Errorf("let in: %+v", w)
		}
		if whole, ok := putIn(query); ok {
			other, _ := newScale(schema, whole, whole.Operations.ForName(operation), q.variables).operation()
			if other != w {
				t.Errorf("%+v, with the fragments put in %+v", w, other)
			}
		}
		ctx := graphql.StartOperationTrace(t.Context())
		oc, problems := d.people.executor.CreateOperationContext(ctx, &graphql.RawParams{Query: query, OperationName: operation, Variables: q.variables})
		if len(problems) > 0 {
			for _, p := range d.people.invalid(op, problems, false) {
				if p.Message == "" || strings.Contains(p.Message, `"`) {
					t.Errorf("a stranger is told %q", p.Message)
				}
			}
		} else if oc.Operation == nil {
			t.Error("checked, and there is no operation")
		}
	})
}

// putIn reads a document and puts its fragments where they are spread.
func putIn(query string) (*ast.QueryDocument, bool) {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return nil, false
	}
	whole, steps := true, 0
	var expand func(set ast.SelectionSet) ast.SelectionSet
	expand = func(set ast.SelectionSet) ast.SelectionSet {
		out := make(ast.SelectionSet, 0, len(set))
		for _, selection := range set {
			if steps++; steps > 20_000 {
				whole = false
				return nil
			}
			switch s := selection.(type) {
			case *ast.Field:
				c := *s
				c.SelectionSet = expand(s.SelectionSet)
				out = append(out, &c)
			case *ast.InlineFragment:
				c := *s
				c.SelectionSet = expand(s.SelectionSet)
				out = append(out, &c)
			case *ast.FragmentSpread:
				f := doc.Fragments.ForName(s.Name)
				if f == nil {
					f = &ast.FragmentDefinition{}
				}
				out = append(out, &ast.InlineFragment{TypeCondition: f.TypeCondition, SelectionSet: expand(f.SelectionSet)})
			}
		}
		return out
	}
	for _, op := range doc.Operations {
		op.SelectionSet = expand(op.SelectionSet)
	}
	return &ast.QueryDocument{Operations: doc.Operations}, whole
}
