package store

import (
	"context"
	"database/sql"
	"regexp"
	"strings"

	"entgo.io/ent/dialect"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// counted is ent's driver with a count of the statements that went through it.
type counted struct {
	dialect.Driver
	s *Store
}

func (c counted) Query(ctx context.Context, query string, args, v any) error {
	ctx, end := c.s.statement(ctx, query)
	defer end()
	return c.Driver.Query(ctx, query, args, v)
}

func (c counted) Exec(ctx context.Context, query string, args, v any) error {
	ctx, end := c.s.statement(ctx, query)
	defer end()
	return c.Driver.Exec(ctx, query, args, v)
}

var tracer = otel.Tracer("github.com/hearth-hmis/hearth/internal/store")

// statement counts a statement and makes a span of it until end is called. The span says what is done and in which
// table, and nothing of the statement's values.
func (s *Store) statement(ctx context.Context, query string) (_ context.Context, end func()) {
	s.statements.Add(1)
	ctx, span := tracer.Start(ctx, "database", trace.WithSpanKind(trace.SpanKindClient))
	if span.IsRecording() {
		span.SetName(summary(query))
		span.SetAttributes(attribute.String("db.system.name", s.dialect))
	}
	return ctx, func() { span.End() }
}

var tableName = regexp.MustCompile("(?i)\\b(?:FROM|INTO|UPDATE)\\s+[\"`]?([a-z_]+)")

// summary is the first word of a statement and its first table, as SELECT clients.
func summary(query string) string {
	verb, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	if found := tableName.FindStringSubmatch(query); found != nil {
		verb += " " + found[1]
	}
	return verb
}

// query runs a statement that ent has no form for.
func (s *Store) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, end := s.statement(ctx, query)
	defer end()
	return s.db.QueryContext(ctx, query, args...)
}

// Statements is how many statements the store has run outside imports, for tests and metrics: the number must follow
// the depth of a question and not the number of rows.
func (s *Store) Statements() int64 { return s.statements.Load() }
