package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Only hmis.Error gets out, always with a code and an incident id; everything else is "internal error", and the log has
// the same id. No answer repeats anything of a request: it may hold personal data.

func (t *transport) toAnswer(err error) *gqlerror.Error {
	id := make([]byte, 8)
	_, _ = rand.Read(id)
	extensions := map[string]any{"incidentId": hex.EncodeToString(id)}
	known, ok := errors.AsType[*hmis.Error](err)
	switch {
	case ok:
	case errors.Is(err, context.DeadlineExceeded):
		known = hmis.Errorf(hmis.Limit, "the operation took too long; ask for less at once")
	case errors.Is(err, context.Canceled):
		known = hmis.Errorf(hmis.Unavailable, "the request was given up")
	default:
		t.Log.Error("internal error", "incident", extensions["incidentId"], "type", fmt.Sprintf("%T", err), "error", scrub(err))
		known = hmis.Errorf(hmis.Internal, "internal error")
	}
	extensions["code"] = known.Code
	if known.Element != "" {
		extensions["element"] = known.Element
	}
	answer := &gqlerror.Error{Message: known.Message, Extensions: extensions}
	if located, ok := errors.AsType[*gqlerror.Error](err); ok {
		answer.Path, answer.Locations = located.Path, located.Locations
	}
	return answer
}

// quoted finds values that a database or a library puts into its messages.
var quoted = regexp.MustCompile(`"[^"]*"|'[^']*'|\([^)]*\)`)

// scrub keeps of a foreign error what tells the fault and not the data.
func scrub(err error) string { return quoted.ReplaceAllString(err.Error(), "…") }

// present is gqlgen's error presenter.
func (t *transport) present(ctx context.Context, err error) *gqlerror.Error {
	answer := t.toAnswer(err)
	if answer.Path == nil {
		answer.Path = graphql.GetPath(ctx)
	}
	return answer
}

// recover turns a panic into an internal error; the stack goes to the log alone.
func (t *transport) recover(_ context.Context, panicked any) error {
	t.Log.Error("panic", "type", fmt.Sprintf("%T", panicked), "stack", string(debug.Stack()))
	return errors.New("panic")
}

// invalidDocument says where a document cannot be parsed, and nothing of what stands there.
func invalidDocument(err error) error {
	e := hmis.Errorf(hmis.Invalid, "the document is not GraphQL")
	if located, ok := errors.AsType[*gqlerror.Error](err); ok && len(located.Locations) > 0 {
		e = hmis.Errorf(hmis.Invalid, "the document is not GraphQL at line %d, column %d", located.Locations[0].Line, located.Locations[0].Column)
	}
	return e
}

// invalidOperation says by which rule of GraphQL and where gqlgen's validation refuses an operation. The rule's own
// message repeats names and values of the request, so it stays here; the console marks faults as one types.
func invalidOperation(errs gqlerror.List) error {
	e := errs[0]
	rule := e.Rule
	if rule == "" {
		rule = "the variables or the operation's name do not fit"
	}
	if len(e.Locations) > 0 {
		return hmis.Errorf(hmis.Invalid, "the operation is not valid at line %d, column %d: %s", e.Locations[0].Line, e.Locations[0].Column, rule)
	}
	return hmis.Errorf(hmis.Invalid, "the operation is not valid: %s", rule)
}
