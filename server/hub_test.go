package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

const testSDL = `
type Query {
  clients(first: Int, last: Int, after: String, where: ClientFilter): ClientConnection!
  nodes(ids: [ID!]!): [Client]!
  fail(how: How!, note: String): String
  must: String!
}
type Mutation { login(name: String!, secret: String!): String }
type Subscription { changes(n: Int = 2): String }
enum How { TOLD WRAPPED PLAIN PANIC ARGUMENT LATE BREAK }
input ClientFilter { veteran: Boolean, name: String, age: Int, how: [How!], need: Need }
input Need { must: Int! }
type ClientConnection { edges: [ClientEdge!]! nodes: [Client!]! totalCount: Int! }
type ClientEdge { cursor: String! node: Client! }
type Client {
  id: ID!
  firstName: String
  enrollments(first: Int): EnrollmentConnection!
  consents: [Consent!]!
  self: Client!
}
type EnrollmentConnection { nodes: [Enrollment!]! }
type Enrollment { id: ID! client: Client! services(first: Int = 5): ServiceConnection! }
type ServiceConnection { nodes: [Service!]! }
type Service { id: ID! enrollment: Enrollment! }
type Consent { id: ID! client: Client! }
`

// testSchema answers every field with null or an empty object, and fail as it is told to. The subscription changes gives
// n answers; from -1 on it gives one, and then waits.
type testSchema struct{ schema *ast.Schema }

func (t testSchema) Schema() *ast.Schema { return t.schema }

func (testSchema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (t testSchema) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	if oc.Operation.Operation == ast.Subscription {
		return t.changes(ctx, oc)
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		var out bytes.Buffer
		for i, f := range graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{"Query", "Mutation"}) {
			out.WriteByte("{,"[min(i, 1)])
			value := t.field(ctx, oc, f)
			fmt.Fprintf(&out, "%q:%s", f.Alias, value)
		}
		out.WriteByte('}')
		return &graphql.Response{Data: out.Bytes()}
	}
}

func (testSchema) changes(ctx context.Context, oc *graphql.OperationContext) graphql.ResponseHandler {
	f := graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{"Subscription"})[0]
	n, _ := f.ArgumentMap(oc.Variables)["n"].(int64)
	given := int64(0)
	return func(ctx context.Context) *graphql.Response {
		if n < 0 && given == 1 {
			<-ctx.Done()
		}
		if given++; given > max(n, 1) || ctx.Err() != nil {
			return nil
		}
		return &graphql.Response{Data: fmt.Appendf(nil, `{%q:%q}`, f.Alias, fmt.Sprint(given))}
	}
}

func (testSchema) field(ctx context.Context, oc *graphql.OperationContext, f graphql.CollectedField) (value string) {
	fc := &graphql.FieldContext{Object: "Query", Field: f, Args: map[string]any{}}
	ctx = graphql.WithFieldContext(ctx, fc)
	defer func() {
		if p := recover(); p != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, p))
			value = "null"
		}
	}()
	switch f.Name {
	case "__typename":
		return `"Query"`
	case "fail":
		args := f.ArgumentMap(oc.Variables)
		note, _ := args["note"].(string)
		graphql.AddError(ctx, fail(ctx, fc, fmt.Sprint(args["how"]), note))
	}
	return "null"
}

func fail(ctx context.Context, fc *graphql.FieldContext, how, note string) error {
	told := &hmis.Error{Code: hmis.Conflict, Message: "somebody changed it first", Element: "3.917B"}
	switch how {
	case "TOLD":
		return told
	case "WRAPPED":
		return fmt.Errorf("writing %s: %w", note, told)
	case "PANIC":
		panic("cannot find " + note)
	case "BREAK":
		var none []int
		return fmt.Errorf("%d", none[len(note)])
	case "ARGUMENT":
		fc.Args = nil
		return errors.New(note + " is not a valid How")
	case "LATE":
		<-ctx.Done()
		return ctx.Err()
	default:
		return fmt.Errorf("reading %s: %w", note, stateError(note))
	}
}

// stateError is what a database driver answers.
type stateError string

func (e stateError) Error() string  { return "duplicate key " + string(e) }
func (stateError) SQLState() string { return "23505" }

type signedIn struct{}

// logBook is a log that several goroutines write.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

// newHub makes a hub over the test schema; the token "good" signs in, as does "app" an app.
func newHub(t testing.TB, change ...func(*Config)) (http.Handler, *logBook) {
	t.Helper()
	c, log := newConfig(change...)
	return Handler(c), log
}

func newConfig(change ...func(*Config)) (Config, *logBook) {
	log := &logBook{}
	c := Config{
		API: API{Schema: testSchema{gqlparser.MustLoadSchema(&ast.Source{Input: testSDL})}, SDL: testSDL},
		Authenticate: func(ctx context.Context, token, _, _ string) (context.Context, error) {
			switch token {
			case "":
				return ctx, nil
			case "good":
				return context.WithValue(ctx, signedIn{}, Caller{Account: 1}), nil
			case "app":
				return context.WithValue(ctx, signedIn{}, Caller{Account: 2, App: "shelter", Program: true}), nil
			case "away":
				return nil, hmis.Errorf(hmis.Unavailable, "try again later")
			case "broken":
				return nil, errors.New("no database for " + token)
			default:
				return nil, hmis.Errorf(hmis.Denied, "the token is not valid")
			}
		},
		Introspect: func(ctx context.Context) bool { return ctx.Value(signedIn{}) != nil },
		Caller: func(ctx context.Context) Caller {
			c, _ := ctx.Value(signedIn{}).(Caller)
			return c
		},
		Console: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "console") }),
		Log:     slog.New(slog.NewTextHandler(log, nil)),
	}
	for _, f := range change {
		f(&c)
	}
	return c, log
}

// ask sends a body as a caller who is signed in; header lines such as "Accept: …" change the request.
func ask(h http.Handler, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", mediaGraphQL)
	r.Header.Set("Authorization", "Bearer good")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func document(query string) string { return parameters(map[string]any{"query": query}) }

func parameters(p map[string]any) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// reply is an answer as a client reads it.
type reply struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Locations  []struct{ Line, Column int }
		Extensions struct {
			Code       hmis.ErrorCode
			IncidentID string
			Element    string
		}
	}
	Extensions struct{ Cost struct{ Rows, Limit int } }
}

func parse(t testing.TB, w *httptest.ResponseRecorder) reply {
	t.Helper()
	var r reply
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, w.Body)
	}
	return r
}

func (r reply) code() hmis.ErrorCode {
	if len(r.Errors) == 0 {
		return ""
	}
	return r.Errors[0].Extensions.Code
}
