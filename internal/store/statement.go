package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/hearth-hmis/hearth/internal/audit"
)

// counted is ent's driver with a count of the statements that went through it, with sealed cells opened, and with the
// records of what is written.
type counted struct {
	dialect.Driver
	s *Store
}

// Tx begins a transaction whose statements go the same way.
func (c counted) Tx(ctx context.Context) (dialect.Tx, error) {
	end := func() {}
	if c.s.dialect == dialect.SQLite { // has one writer: the log waits here, in turn, and not for a lock that it has to try
		c.s.log.writing.Lock()
		end = c.s.log.writing.Unlock
	}
	conn, err := c.s.durable(ctx)
	if err != nil {
		end()
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		end()
		return nil, errors.Join(err, conn.Close())
	}
	return countedTx{entsql.Conn{ExecQuerier: tx}, c.s, ctx, tx, func() { _ = conn.Close(); end() }}, nil
}

func (c counted) Query(ctx context.Context, query string, args, v any) error {
	return c.s.ask(ctx, c.Driver, query, args, v)
}

func (c counted) Exec(ctx context.Context, query string, args, v any) error {
	ctx, end := c.s.statement(ctx, query)
	defer end()
	return c.Driver.Exec(ctx, query, args, v)
}

type countedTx struct {
	entsql.Conn
	s    *Store
	ctx  context.Context // of the operation that writes
	tx   *sql.Tx
	over func()
}

// Commit puts the record of what is written into the transaction, so that neither is there without the other.
func (c countedTx) Commit() error {
	recorder, committed := audit.RecorderOf(c.ctx), func() {}
	if record, any := recorder.Writes(); any {
		var err error
		if committed, err = c.s.recordIn(c.ctx, c.tx, record); err != nil {
			return errors.Join(err, c.Rollback())
		}
	}
	defer c.over()
	err := c.tx.Commit()
	if recorder.Wrote(err == nil); err == nil {
		committed()
	}
	return err
}

// Rollback leaves neither.
func (c countedTx) Rollback() error {
	defer c.over()
	audit.RecorderOf(c.ctx).Wrote(false)
	return c.tx.Rollback()
}

func (c countedTx) Query(ctx context.Context, query string, args, v any) error {
	return c.s.ask(ctx, c.Conn, query, args, v)
}

func (c countedTx) Exec(ctx context.Context, query string, args, v any) error {
	ctx, end := c.s.statement(ctx, query)
	defer end()
	return c.Conn.Exec(ctx, query, args, v)
}

func (s *Store) ask(ctx context.Context, with dialect.ExecQuerier, query string, args, v any) error {
	ctx, end := s.statement(ctx, query)
	defer end()
	if err := with.Query(ctx, query, args, v); err != nil {
		return err
	}
	if rows, ok := v.(*entsql.Rows); ok {
		return s.opening(query, rows)
	}
	return nil
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
