package store

import (
	"context"
	"database/sql"

	"entgo.io/ent/dialect"
)

// counted is ent's driver with a count of the statements that went through it.
type counted struct {
	dialect.Driver
	s *Store
}

func (c counted) Query(ctx context.Context, query string, args, v any) error {
	c.s.statements.Add(1)
	return c.Driver.Query(ctx, query, args, v)
}

func (c counted) Exec(ctx context.Context, query string, args, v any) error {
	c.s.statements.Add(1)
	return c.Driver.Exec(ctx, query, args, v)
}

// query runs a statement that ent has no form for.
func (s *Store) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s.statements.Add(1)
	return s.db.QueryContext(ctx, query, args...)
}

// Statements is how many statements the store has run outside imports, for tests and metrics: the number must follow
// the depth of a question and not the number of rows.
func (s *Store) Statements() int64 { return s.statements.Load() }
