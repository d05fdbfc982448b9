package graph

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// Recording is what must hang around every operation: each answer that shows clients, and each refusal, is in the log
// before it leaves. Of a subscription every event is an answer. Where the log cannot be written, no data leaves.
func (r *Resolver) Recording() graphql.HandlerExtension { return recording{r} }

type recording struct{ r *Resolver }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
	graphql.ResponseInterceptor
} = recording{}

// ExtensionName is for gqlgen.
func (recording) ExtensionName() string { return "Recording" }

// Validate is for gqlgen.
func (recording) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation begins to collect what the operation shows.
func (x recording) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if err := x.r.gate(ctx); err != nil {
		return x.refuse(ctx, err)
	}
	oc := graphql.GetOperationContext(ctx)
	return next(audit.WithRecorder(ctx, audit.NewRecorder(asked(oc.Operation.SelectionSet), x.r.by(ctx, oc))))
}

// InterceptResponse records what was collected and waits until it is durable.
func (x recording) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	recorder := audit.RecorderOf(ctx)
	if response == nil {
		return nil
	}
	if slices.ContainsFunc(response.Errors, denied) {
		recorder.Deny()
	}
	record, any := recorder.Take()
	if !any {
		return response
	}
	if err := x.r.Store.Record(ctx, record); err != nil {
		return &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{gqlerror.Wrap(err)}}
	}
	return response
}

// denied reports whether an error says so, before or after it was presented.
func denied(e *gqlerror.Error) bool {
	code, _ := e.Extensions["code"].(hmis.ErrorCode)
	return code == hmis.Denied || hmis.CodeOf(e) == hmis.Denied
}

// by begins the records of an operation with who asks and what.
func (r *Resolver) by(ctx context.Context, oc *graphql.OperationContext) audit.Record {
	record := audit.By(policy.ViewerOf(ctx))
	const longest = 64 // bytes of a name
	record.Operation, record.Document = oc.Operation.Name[:min(len(oc.Operation.Name), longest)], r.Store.DocumentHash(oc.RawQuery)
	for _, f := range graphql.CollectFields(oc, oc.Operation.SelectionSet, nil) {
		record.Fields = append(record.Fields, f.Name)
	}
	record.Fields = slices.Compact(slices.Sorted(slices.Values(record.Fields)))
	return record
}

// asked are the categories of the fields that a selection names, by the type that they are fields of; Unclassified
// where the record type of the row decides.
func asked(set ast.SelectionSet) map[string]hmis.Categories {
	found := map[string]hmis.Categories{}
	walked := map[string]bool{} // fragments by name
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if s.Definition != nil && s.ObjectDefinition != nil {
					found[s.ObjectDefinition.Name] |= categoriesOf(s.Definition)
				}
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if !walked[s.Name] {
					walked[s.Name] = true
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	walk(set)
	return found
}

func categoriesOf(f *ast.FieldDefinition) hmis.Categories {
	d := f.Directives.ForName("category")
	if d == nil {
		return 0
	}
	of := d.Arguments.ForName("of")
	if of == nil {
		return hmis.CategoriesOf(hmis.Unclassified)
	}
	c, _ := hmis.ParseCategory(of.Value.Raw)
	return hmis.CategoriesOf(c)
}

// accessReview is a review of access as lines and as CSV.
func (r *Resolver) accessReview(ctx context.Context, year, quarter int) (*model.AccessReview, error) {
	lines, err := r.Store.AccessReview(ctx, year, quarter)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(strings.Fields("account role organization active lastUsed operations clientsShown ownClientsShown otherClientsShown outsideHours denied"))
	for _, l := range lines {
		_ = w.Write(reviewCells(l))
	}
	w.Flush() // into memory, which does not fail
	return &model.AccessReview{Accounts: lines, CSV: b.String()}, nil
}

func reviewCells(l *store.AccountReview) []string {
	organization, last := "", ""
	if l.Organization != nil && l.Organization.OrganizationName != nil {
		organization = *l.Organization.OrganizationName
		if strings.ContainsAny(organization[:min(len(organization), 1)], "=+-@\t\r") {
			organization = "'" + organization // or a spreadsheet takes it for a formula
		}
	}
	if l.LastUsed != nil {
		last = l.LastUsed.String()
	}
	cells := []string{l.Account, l.Role.String(), organization, strconv.FormatBool(l.Active), last}
	for _, n := range []int{l.Operations, l.ClientsShown, l.OwnClientsShown, l.OtherClientsShown, l.OutsideHours, l.Denied} {
		cells = append(cells, strconv.Itoa(n))
	}
	return cells
}
