package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// transport is GraphQL over HTTP: one operation in the body of a POST. The media types and status codes are those of
// the GraphQL over HTTP specification, sections 5 and 6.
type transport struct {
	Config
	executor *executor.Executor
}

func newTransport(c Config) *transport {
	t := &transport{Config: c, executor: executor.New(c.Schema)}
	t.executor.SetDisableSuggestion(true)
	t.executor.SetErrorPresenter(t.present)
	t.executor.SetRecoverFunc(t.recover)
	return t
}

// The two media types of an answer. The newer one says by the status whether there is one.
const (
	mediaJSON    = "application/json"
	mediaGraphQL = "application/graphql-response+json"
)

// exchange is one request and what is known of it so far.
type exchange struct {
	w       http.ResponseWriter
	media   string
	began   time.Time
	cost    int64
	kind    string // query or mutation
	code    hmis.ErrorCode
	trouble string // incident id
}

func (t *transport) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, media: accepted(r.Header.Get("Accept")), began: time.Now()}
	w.Header().Set("Cache-Control", "no-store")
	if x.media == "" {
		x.media = mediaJSON
		t.refuse(x, http.StatusNotAcceptable, hmis.Errorf(hmis.Invalid, "the answer is %s or %s", mediaGraphQL, mediaJSON))
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		t.refuse(x, http.StatusMethodNotAllowed, hmis.Errorf(hmis.Invalid, "send operations by POST"))
		return
	}
	params, status, err := readParams(w, r)
	if err != nil {
		t.refuse(x, status, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), operationTime)
	defer cancel()
	ctx, err = t.Authenticate(ctx, bearer(r))
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		t.refuse(x, http.StatusUnauthorized, err)
		return
	}
	t.operate(ctx, x, params)
}

// operate runs the operation and writes the answer.
func (t *transport) operate(ctx context.Context, x *exchange, params *graphql.RawParams) {
	badRequest := http.StatusOK
	if x.media == mediaGraphQL {
		badRequest = http.StatusBadRequest
	}
	known := t.Introspect(ctx)
	m, err := measure(t.Schema.Schema(), params, known)
	if err != nil {
		t.refuse(x, badRequest, err)
		return
	}
	x.cost = m.cost
	ctx = graphql.StartOperationTrace(ctx)
	rc, errs := t.executor.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		t.refuse(x, badRequest, invalidOperation(errs))
		return
	}
	rc.DisableIntrospection = !known
	x.kind = string(rc.Operation.Operation)
	answers, ctx := t.executor.DispatchOperation(graphql.WithOperationContext(ctx, rc), rc)
	answer := answers(ctx)
	if answer == nil {
		answer = &graphql.Response{Data: []byte("null")}
	}
	for _, e := range answer.Errors {
		if code, ok := e.Extensions["code"].(hmis.ErrorCode); ok {
			x.code = code
		}
	}
	answer.Extensions = map[string]any{"cost": m.cost}
	t.write(x, http.StatusOK, answer)
}

// refuse answers a request that is not executed; there is no data entry then.
func (t *transport) refuse(x *exchange, status int, err error) {
	e := t.toAnswer(err)
	x.code, x.trouble = e.Extensions["code"].(hmis.ErrorCode), e.Extensions["incidentId"].(string)
	if x.code == hmis.Internal && status < http.StatusInternalServerError {
		status = http.StatusInternalServerError
	}
	t.write(x, status, struct {
		Errors gqlerror.List `json:"errors"`
	}{gqlerror.List{e}})
}

func (t *transport) write(x *exchange, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)
	}
	x.w.Header().Set("Content-Type", x.media+"; charset=utf-8")
	x.w.WriteHeader(status)
	_, err = x.w.Write(body)
	// Nothing of the request is logged: queries and variables hold personal data.
	t.Log.Info("operation", slog.Int("status", status), slog.String("kind", x.kind), slog.Int64("cost", x.cost),
		slog.Duration("took", time.Since(x.began)), slog.Int("bytes", len(body)), slog.String("code", string(x.code)),
		slog.String("incident", x.trouble), slog.Bool("cut", err != nil))
}

// accepted picks the media type of the answer, "" where the caller takes neither.
func accepted(header string) string {
	if strings.TrimSpace(header) == "" {
		return mediaJSON
	}
	for part := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			continue
		}
		switch media {
		case mediaGraphQL:
			return mediaGraphQL
		case mediaJSON, "*/*", "application/*":
			return mediaJSON
		}
	}
	return ""
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

const maxBody = 256 << 10

// readParams reads the body, and the status to answer with where it is none of a request.
func readParams(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, int, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != mediaJSON || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return nil, http.StatusUnsupportedMediaType, hmis.Errorf(hmis.Invalid, "send the operation as %s in UTF-8", mediaJSON)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge, hmis.Errorf(hmis.Limit, "a request has at most %d KiB", maxBody>>10)
	}
	if err != nil {
		return nil, http.StatusBadRequest, hmis.Errorf(hmis.Invalid, "the request ended early")
	}
	return parseParams(body)
}

// parseParams takes the four members of a request, each of its type or null. Numbers stay as they are written.
func parseParams(body []byte) (*graphql.RawParams, int, error) {
	bad := func(what string) (*graphql.RawParams, int, error) {
		return nil, http.StatusBadRequest, hmis.Errorf(hmis.Invalid, "%s", what)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return bad("the body is one JSON object with query, operationName, variables and extensions")
	}
	p := &graphql.RawParams{}
	if json.Unmarshal(members["query"], &p.Query) != nil || strings.TrimSpace(p.Query) == "" {
		return bad("query is a text and not empty")
	}
	if name := members["operationName"]; name != nil && json.Unmarshal(name, &p.OperationName) != nil {
		return bad("operationName is a text")
	}
	if v := members["variables"]; v != nil {
		d := json.NewDecoder(strings.NewReader(string(v)))
		d.UseNumber()
		if d.Decode(&p.Variables) != nil {
			return bad("variables is an object")
		}
	}
	if e := members["extensions"]; e != nil && json.Unmarshal(e, &p.Extensions) != nil {
		return bad("extensions is an object")
	}
	return p, 0, nil
}

func (t *transport) serveSDL(w http.ResponseWriter, r *http.Request) {
	ctx, err := t.Authenticate(r.Context(), bearer(r))
	if err != nil || !t.Introspect(ctx) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		plain(w, http.StatusUnauthorized, "sign in to read the schema\n")
		return
	}
	plain(w, http.StatusOK, t.SDL)
}
