package store

import (
	"context"
	"encoding/json"
	"sync"

	"entgo.io/ent/dialect/sql"
)

// cohort is a set of rows that came with one answer. What one of them is asked for is loaded for all of them with one
// statement, so that the number of statements follows the depth of a question and not the number of rows.
type cohort[T Node] struct {
	kind *kind[T]
	rows []T

	mu      sync.Mutex
	answers map[string]*answer
}

type answer struct {
	once  sync.Once
	value any
	err   error
}

func (c *cohort[T]) add(r T) {
	c.rows = append(c.rows, r)
	r.Kept().Cohort = c
}

// cohortOf returns the rows that r came with.
func cohortOf[T Node](k *kind[T], r T) *cohort[T] {
	if c, ok := r.Kept().Cohort.(*cohort[T]); ok {
		return c
	}
	c := &cohort[T]{kind: k}
	c.add(r)
	return c
}

// ask answers a question for the whole cohort, once.
func (c *cohort[T]) ask(question string, load func() (any, error)) (any, error) {
	c.mu.Lock()
	if c.answers == nil {
		c.answers = map[string]*answer{}
	}
	a := c.answers[question]
	if a == nil {
		a = &answer{}
		c.answers[question] = a
	}
	c.mu.Unlock()
	a.once.Do(func() { a.value, a.err = load() })
	return a.value, a.err
}

func (c *cohort[T]) keys(column string) []int64 {
	seen := make(map[int64]bool, len(c.rows))
	keys := make([]int64, 0, len(c.rows))
	for _, r := range c.rows {
		if k := c.kind.key(r, column); k != 0 && !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

// children answers l for the rows of ck that refer to r by column.
func children[P, T Node](ctx context.Context, s *Store, pk *kind[P], r P, ck *kind[T], column string, l list) (*Connection[T], error) {
	l.parent = column
	c := cohortOf(pk, r)
	args, err := json.Marshal([]any{ck.name, column, l.page, l.order, l.where})
	if err != nil {
		return nil, err
	}
	loaded, err := c.ask(string(args), func() (any, error) {
		l.keys = c.keys("id")
		return load(ctx, s, ck, l)
	})
	if err != nil {
		return nil, err
	}
	connection := loaded.(map[int64]*Connection[T])[pk.key(r, "id")]
	if connection == nil {
		return nil, errWrongCursor
	}
	return connection, nil
}

// referred returns the row of pk that r refers to by column, the zero T where the viewer may not see it.
func referred[C, T Node](ctx context.Context, s *Store, ck *kind[C], r C, column string, pk *kind[T]) (T, error) {
	c := cohortOf(ck, r)
	loaded, err := c.ask(column, func() (any, error) { return byKeys(ctx, s, pk, c.keys(column)) })
	if err != nil {
		var none T
		return none, err
	}
	return loaded.(map[int64]T)[ck.key(r, column)], nil
}

// byKeys finds rows by their numbers; those that the viewer may not see are not in the answer.
func byKeys[T Node](ctx context.Context, s *Store, k *kind[T], keys []int64) (map[int64]T, error) {
	found := map[int64]T{}
	ss, err := sessionOf(ctx)
	if err != nil || len(keys) == 0 {
		return found, err
	}
	rows, err := k.find(ctx, s.ent, func(sel *sql.Selector) { sel.Where(in(sel.C("id"), keys)) })
	together := &cohort[T]{kind: k}
	for _, r := range rows {
		together.add(r)
		found[k.key(r, "id")] = r
	}
	telling(ctx, ss, k).rows(rows)
	return found, err
}

// nodes is byKeys for rows of any type.
func nodes[T Node](ctx context.Context, s *Store, k *kind[T], keys []int64) (map[int64]Node, error) {
	rows, err := byKeys(ctx, s, k, keys)
	found := make(map[int64]Node, len(rows))
	for key, r := range rows {
		found[key] = r
	}
	return found, err
}
