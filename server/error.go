package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/trace"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

const (
	internalText = "internal error"
	lateText     = "the operation took too long; ask for less, or try again later"
)

// errPanic stands for a panic that is in the log already.
var errPanic = errors.New(internalText)

// newIncident names a request in its errors and in the log.
func newIncident() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// error is an error as it leaves the hub.
func (c *call) error(e *hmis.Error) *gqlerror.Error {
	extensions := map[string]any{"code": e.Code, "incidentId": c.incident}
	if e.Element != "" {
		extensions["element"] = e.Element
	}
	return &gqlerror.Error{Message: e.Message, Extensions: extensions}
}

// present is gqlgen's error presenter: the text of an hmis.Error goes out, that of every other error stays.
func (d *door) present(ctx context.Context, err error) *gqlerror.Error {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		c = &call{incident: newIncident()}
	}
	out := c.error(d.told(ctx, c, err))
	out.Path = graphql.GetPath(ctx)
	if e, ok := errors.AsType[*gqlerror.Error](err); ok {
		out.Locations = e.Locations
		if e.Path != nil {
			out.Path = e.Path
		}
	}
	return out
}

// told is what a caller is told of an error.
func (d *door) told(ctx context.Context, c *call, err error) *hmis.Error {
	if e, ok := errors.AsType[*hmis.Error](err); ok {
		return e
	}
	switch {
	case argumentFailed(ctx):
		return hmis.Errorf(hmis.Invalid, "an argument has a value that its type does not allow")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return hmis.Errorf(hmis.Unavailable, lateText)
	case !errors.Is(err, errPanic) && ctx.Err() == nil: // else it is in the log, or the caller has gone
		d.Log.ErrorContext(ctx, "internal error", "incident", c.incident, "field", fieldOf(ctx), "cause", cause(err))
	}
	return hmis.Errorf(hmis.Internal, internalText)
}

// argumentFailed tells that gqlgen could not turn the arguments of a field into Go values, which only the values of
// the caller can bring about: validation does not look into variables and scalars as closely as that.
func argumentFailed(ctx context.Context) bool {
	fc := graphql.GetFieldContext(ctx)
	return fc != nil && fc.Args == nil && len(fc.Field.Arguments) > 0 && fc.Result == nil
}

// recovered is gqlgen's RecoverFunc.
func (d *door) recovered(ctx context.Context, p any) error {
	incident := ""
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		incident = c.incident
	}
	d.logPanic(ctx, incident, p)
	return errPanic
}

// logPanic logs where a panic came from. Of its value only the kind is logged, unless the runtime made it.
func (d *door) logPanic(ctx context.Context, incident string, p any) {
	value := fmt.Sprintf("%T", p)
	if e, ok := p.(runtime.Error); ok {
		value = e.Error()
	}
	d.Log.ErrorContext(ctx, "panic", "incident", incident, "field", fieldOf(ctx), "value", value, "stack", stack())
}

// stack is the calling functions with their places, without their arguments.
func stack() []string {
	pcs := make([]uintptr, 40)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var lines []string
	for {
		f, more := frames.Next()
		lines = append(lines, fmt.Sprintf("%s %s:%d", f.Function, f.File, f.Line))
		if !more {
			return lines
		}
	}
}

// fieldOf is the schema's name of the field that is being resolved.
func fieldOf(ctx context.Context) string {
	fc := graphql.GetFieldContext(ctx)
	if fc == nil || fc.Field.Field == nil {
		return ""
	}
	return fc.Object + "." + fc.Field.Name
}

// cause describes an error by its kinds, and the SQLSTATE where there is one: texts of errors quote values, of the
// request and of people.
func cause(err error) string {
	var kinds []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		kind := fmt.Sprintf("%T", e)
		if s, ok := e.(interface{ SQLState() string }); ok {
			kind += " " + s.SQLState()
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, " > ")
}

// begin counts a running operation until done is called with its last answer, which is then counted, traced and logged.
func (d *door) begin(ctx context.Context, c *call) (done func(answer)) {
	start, end := time.Now(), d.Metrics.begin()
	return func(a answer) {
		end()
		took := time.Since(start)
		d.Metrics.observe(c, a, took)
		c.describe(trace.SpanFromContext(ctx), a)
		d.logCall(ctx, c, a, took)
	}
}

// logCall logs one line per operation, and nothing in it that the caller chose.
func (d *door) logCall(ctx context.Context, c *call, a answer, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("operation", string(c.kind)), slog.Int("status", a.status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.Int("cost", c.rows),
	}
	if c.untrusted != "" {
		attrs = append(attrs, slog.String("app", c.caller.App), slog.String("untrusted", c.untrusted))
	}
	if len(a.errors) > 0 {
		attrs = append(attrs, slog.Any("codes", codes(a.errors)), slog.String("incident", c.incident))
	}
	d.Log.LogAttrs(ctx, slog.LevelInfo, "graphql", attrs...)
}

func codes(list gqlerror.List) []string {
	var all []string
	seen := map[any]bool{}
	for _, e := range list {
		if code := e.Extensions["code"]; !seen[code] {
			seen[code] = true
			all = append(all, fmt.Sprint(code))
		}
	}
	return all
}
