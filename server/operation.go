package server

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/trace"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// operationLimit is how long an operation may run.
const operationLimit = 30 * time.Second

// door answers /graphql.
type door struct {
	Config
	people, numbers *side
}

// side is an API with what executes it.
type side struct {
	API
	executor *executor.Executor
	names    vocabulary
}

func newDoor(c Config) *door {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	d := &door{Config: c}
	d.people = d.newSide(c.API)
	if c.SeesPeople != nil {
		d.numbers = d.newSide(c.Numbers)
	}
	return d
}

func (d *door) newSide(api API) *side {
	s := &side{API: api, executor: executor.New(api.Schema), names: vocabularyOf(api.Schema.Schema())}
	s.executor.SetDisableSuggestion(true)
	s.executor.SetErrorPresenter(d.present)
	s.executor.SetRecoverFunc(d.recovered)
	return s
}

// side is the one that a caller gets.
func (d *door) side(ctx context.Context) *side {
	if d.SeesPeople != nil && !d.SeesPeople(ctx) {
		return d.numbers
	}
	return d.people
}

// call is one request on its way through the door.
type call struct {
	incident string
	media    string
	kind     ast.Operation // "" until the document is read
	name     string        // what is asked of the schema, for metrics
	app      string
	rows     int
}

type callKey struct{}

// answer is what goes back: data only if the operation ran.
type answer struct {
	status     int
	data       json.RawMessage
	errors     gqlerror.List
	extensions map[string]any
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	c := &call{incident: newIncident(), media: accepted(r.Header.Values("Accept"))}
	acceptable := c.media != ""
	if !acceptable {
		c.media = mediaJSON
	}
	var a answer
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		a = c.refused(refuse(http.StatusMethodNotAllowed, hmis.Invalid, "send operations with POST"))
	case !acceptable:
		a = c.refused(refuse(http.StatusNotAcceptable, hmis.Invalid, "the hub answers %s and %s", mediaGraphQL, mediaJSON))
	default:
		a = d.serve(w, r, c)
	}
	c.write(w, a)
	d.Metrics.observe(c, a, time.Since(start))
	c.describe(trace.SpanFromContext(r.Context()), a)
	d.logCall(r.Context(), c, a, time.Since(start))
}

// serve takes a request from its header to its answer.
func (d *door) serve(w http.ResponseWriter, r *http.Request, c *call) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			d.logPanic(r.Context(), c.incident, p)
			a = c.refused(refuse(http.StatusInternalServerError, hmis.Internal, internalText))
		}
	}()
	ctx, refused := d.enter(r, c.incident)
	if refused != nil {
		return c.refused(refused)
	}
	q, refused := read(w, r)
	if refused != nil {
		return c.refused(refused)
	}
	c.app = d.appOf(ctx)
	defer d.Metrics.begin()()
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, c), operationLimit)
	defer cancel()
	return d.run(ctx, c, q)
}

// run weighs an operation, has gqlgen check it, and executes it.
func (d *door) run(ctx context.Context, c *call, q *request) answer {
	known := d.mayIntrospect(ctx)
	side := d.side(ctx)
	op, weight, refused := weigh(side.Schema.Schema(), q)
	if op != nil {
		c.kind, c.name = op.Operation, nameOf(side.Schema.Schema(), op)
	}
	c.rows = weight.rows
	switch {
	case refused != nil:
		return c.refused(refused)
	case op.Operation == ast.Subscription:
		return c.refused(refuse(0, hmis.Invalid, "subscriptions are not answered here"))
	case weight.introspects && !known:
		return c.refused(refuse(0, hmis.Denied, "sign in to read the schema"))
	}
	ctx = graphql.StartOperationTrace(ctx)
	oc, problems := side.executor.CreateOperationContext(ctx, &graphql.RawParams{Query: q.query, OperationName: q.operation, Variables: q.variables})
	if len(problems) > 0 {
		return c.refused(side.invalid(op, problems, known)...)
	}
	oc.DisableIntrospection = !known
	next, ctx := side.executor.DispatchOperation(ctx, oc)
	response := next(ctx)
	if response == nil { // the time was over, or the caller gone
		return c.refused(refuse(http.StatusServiceUnavailable, hmis.Unavailable, lateText))
	}
	for i, e := range response.Errors {
		if e.Extensions["incidentId"] != c.incident { // gqlgen made it without asking present
			response.Errors[i] = d.present(ctx, e)
		}
	}
	return answer{status: http.StatusOK, data: response.Data, errors: response.Errors, extensions: response.Extensions}
}

// refused is the answer to a request for which nothing ran. It has the status of the first refusal.
func (c *call) refused(all ...*refusal) answer {
	a := answer{status: all[0].statusFor(c.media)}
	for _, f := range all {
		e := c.error(f.Error)
		if f.line > 0 {
			e.Locations = []gqlerror.Location{{Line: f.line, Column: f.column}}
		}
		a.errors = append(a.errors, e)
	}
	return a
}

// write puts the parts together by hand: encoding/json would read the whole data again.
func (c *call) write(w http.ResponseWriter, a answer) {
	if a.extensions == nil {
		a.extensions = map[string]any{}
	}
	a.extensions["cost"] = map[string]int{"rows": c.rows, "limit": rowLimit}
	var body bytes.Buffer
	body.WriteByte('{')
	if len(a.errors) > 0 {
		part(&body, "errors", a.errors)
		body.WriteByte(',')
	}
	if a.data != nil {
		body.WriteString(`"data":`)
		body.Write(a.data)
		body.WriteByte(',')
	}
	part(&body, "extensions", a.extensions)
	body.WriteString("}\n")

	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept, Authorization")
	h.Set("Content-Type", c.media+"; charset=utf-8")
	if a.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body.Bytes()) // an error is a caller who has gone
}

func part(body *bytes.Buffer, name string, v any) {
	text, err := json.Marshal(v)
	if err != nil { // an extension of a resolver that is no JSON
		text = []byte("null")
	}
	body.WriteString(`"` + name + `":`)
	body.Write(text)
}
