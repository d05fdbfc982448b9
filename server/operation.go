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

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// operationLimit is how long a query or a mutation may run, or the making of one answer to a subscription.
const operationLimit = 30 * time.Second

// patience is how long the door waits, for what.
type patience struct {
	operation time.Duration
	init      time.Duration // for a socket's connection_init
	write     time.Duration // for a caller to take an answer of a stream
	check     time.Duration // between two looks at whether the caller of a stream is still let in
	alive     time.Duration // between two signs of life on a stream
}

var usualPatience = patience{operation: operationLimit, init: 10 * time.Second, write: 10 * time.Second, check: 2 * time.Second, alive: 15 * time.Second}

// door answers /graphql.
type door struct {
	Config
	people, numbers     *side
	accounts, strangers *meter
	crossOrigin         http.CrossOriginProtection
	sockets, streams    crowd // open at the moment
	now                 func() time.Time
	patience            patience
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
	d := &door{Config: c, accounts: newMeter(accountBudget), strangers: newMeter(strangerBudget), now: time.Now, patience: usualPatience}
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
	if d.Extension != nil {
		s.executor.Use(d.Extension)
	}
	return s
}

// side is the one that a caller gets.
func (d *door) side(ctx context.Context) *side {
	if d.SeesPeople != nil && !d.SeesPeople(ctx) {
		return d.numbers
	}
	return d.people
}

// call is one operation on its way through the door.
type call struct {
	incident  string
	media     string
	address   string // of a stranger
	caller    Caller
	safe      bool          // came by GET: may be in logs of proxies, and a browser sends it for anybody
	kind      ast.Operation // "" until the document is read
	name      string        // what is asked of the schema, or what a trusted document is called
	rows      int
	purse     *purse // nil: nothing was paid
	hash      string // of the document, where trusted documents are asked for
	trusted   *trusted
	untrusted string // what is logged of a document that is not trusted
}

type callKey struct{}

func (d *door) newCall(r *http.Request) *call {
	c := &call{incident: newIncident(), address: d.address(r), media: accepted(r.Header.Values("Accept")), safe: r.Method == http.MethodGet}
	return c
}

// answer is what goes back: data only if the operation ran.
type answer struct {
	status     int
	data       json.RawMessage
	errors     gqlerror.List
	extensions map[string]any
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if upgrades(r) {
		d.socket(w, r)
		return
	}
	c := d.newCall(r)
	done := d.begin(r.Context(), c)
	var a answer
	switch {
	case c.media == "":
		c.media = mediaJSON
		a = c.refused(refuse(http.StatusNotAcceptable, hmis.Invalid, "the hub answers %s, %s and %s", mediaGraphQL, mediaJSON, mediaStream))
	case c.media == mediaStream && r.Method == http.MethodPost:
		done(d.events(w, r, c))
		return
	case r.Method == http.MethodPost, r.Method == http.MethodGet && r.Header.Get("Authorization") != "":
		a = d.serve(w, r, c)
	default: // a page of another site could make a browser send a GET, but not with a token
		a = c.refused(errMethod)
	}
	c.write(w, a)
	done(a)
}

var errMethod = refuse(http.StatusMethodNotAllowed, hmis.Invalid, "send operations with POST; GET is for questions about the schema, with a token")

// serve takes a request from its header to its answer.
func (d *door) serve(w http.ResponseWriter, r *http.Request, c *call) (a answer) {
	defer d.recoverPanic(c, &a)
	ctx, q, refused := d.receive(w, r, c)
	if refused != nil {
		return c.refused(refused)
	}
	ctx, cancel := context.WithTimeout(ctx, d.patience.operation)
	defer cancel()
	return d.run(ctx, c, q)
}

// recoverPanic answers a panic outside the resolvers.
func (d *door) recoverPanic(c *call, a *answer) {
	if p := recover(); p != nil {
		d.logPanic(context.Background(), c.incident, p)
		*a = c.refused(refuse(http.StatusInternalServerError, hmis.Internal, internalText))
	}
}

// receive finds out who asks, and what.
func (d *door) receive(w http.ResponseWriter, r *http.Request, c *call) (context.Context, *request, *refusal) {
	ctx, refused := d.enter(r, c)
	if paid := d.pay(c, operationCost); paid != nil {
		return nil, nil, paid
	}
	if refused != nil {
		return nil, nil, refused
	}
	var q *request
	if c.safe {
		q, refused = readAddress(r)
	} else {
		q, refused = read(w, r)
	}
	return context.WithValue(ctx, callKey{}, c), q, refused
}

// run runs a query or a mutation.
func (d *door) run(ctx context.Context, c *call, q *request) answer {
	side, oc, refused := d.prepare(ctx, c, q)
	switch {
	case refused != nil:
		return c.refused(refused...)
	case oc.Operation.Operation == ast.Subscription:
		return c.refused(refuse(0, hmis.Invalid, "subscriptions are answered as %s or over a WebSocket", mediaStream))
	}
	next, ctx := side.executor.DispatchOperation(ctx, oc)
	response := next(ctx)
	if response == nil { // the time was over, or the caller gone
		return c.refused(refuse(http.StatusServiceUnavailable, hmis.Unavailable, lateText))
	}
	return d.answered(ctx, c, response)
}

// answered is the answer to an operation that ran.
func (d *door) answered(ctx context.Context, c *call, response *graphql.Response) answer {
	for i, e := range response.Errors {
		if e.Extensions["incidentId"] != c.incident { // gqlgen made it without asking present
			response.Errors[i] = d.present(ctx, e)
		}
	}
	return answer{status: http.StatusOK, data: response.Data, errors: response.Errors, extensions: response.Extensions}
}

// prepare weighs an operation, has the caller pay for it, and has gqlgen check it.
func (d *door) prepare(ctx context.Context, c *call, q *request) (*side, *graphql.OperationContext, []*refusal) {
	if refused := d.resolve(c, q); refused != nil {
		return nil, nil, []*refusal{refused}
	}
	known := d.mayIntrospect(ctx)
	side := d.side(ctx)
	op, weight, refused := weigh(side.Schema.Schema(), q)
	if op != nil {
		c.kind, c.name = op.Operation, nameOf(side.Schema.Schema(), op)
	}
	if c.trusted != nil {
		c.name = c.trusted.name
	}
	c.rows = weight.rows
	if refused == nil {
		refused = d.permit(c, q, op, weight, known)
	}
	if refused != nil {
		return nil, nil, []*refusal{refused}
	}
	ctx = graphql.StartOperationTrace(ctx)
	oc, problems := side.executor.CreateOperationContext(ctx, &graphql.RawParams{Query: q.query, OperationName: q.operation, Variables: q.variables})
	if len(problems) > 0 {
		return nil, nil, side.invalid(op, problems, known)
	}
	oc.DisableIntrospection = !known
	return side, oc, nil
}

// permit refuses an operation that is small enough, but not for this caller or not now.
func (d *door) permit(c *call, q *request, op *ast.OperationDefinition, w weight, known bool) *refusal {
	switch {
	case c.safe && (op.Operation != ast.Query || w.rows > 0):
		return errMethod
	case w.introspects && !known:
		return refuse(0, hmis.Denied, "sign in to read the schema")
	}
	if refused := d.distrust(c, q, op); refused != nil {
		return refused
	}
	return d.pay(c, w.rows)
}

// refused is the answer to a request for which nothing ran. It has the status of the first refusal.
func (c *call) refused(all ...*refusal) answer {
	a := answer{status: all[0].statusFor(c.media)}
	for _, f := range all {
		e := c.error(f.Error)
		e.Locations = f.at
		a.errors = append(a.errors, e)
	}
	return a
}

// body puts the parts together by hand: encoding/json would read the whole data again.
func (c *call) body(a answer) []byte {
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
	body.WriteByte('}')
	return body.Bytes()
}

func (c *call) write(w http.ResponseWriter, a answer) {
	c.header(w.Header())
	if a.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if a.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(append(c.body(a), '\n')) // an error is a caller who has gone
}

func (c *call) header(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept, Authorization, Cookie")
	h.Set("Content-Type", c.media+"; charset=utf-8")
	if c.purse != nil {
		c.purse.header(h)
	}
}

func part(body *bytes.Buffer, name string, v any) {
	text, err := json.Marshal(v)
	if err != nil { // an extension of a resolver that is no JSON
		text = []byte("null")
	}
	body.WriteString(`"` + name + `":`)
	body.Write(text)
}
