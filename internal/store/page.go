package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
)

// Page says which part of a list is asked for: the first rows after a cursor, or the last ones before one.
type Page struct {
	First, Last   *int32
	After, Before *string
}

// The sizes of a page.
const (
	defaultPage = 50
	maxPage     = 500
)

// Order names how a list is sorted; the schema lists which orders a type has.
type Order string

// The orders. Rows of equal value follow in the order of their numbers.
const (
	ByID            Order = "ID"
	ByDate          Order = "DATE"
	ByDateDesc      Order = "DATE_DESC"
	ByEntryDate     Order = "ENTRY_DATE"
	ByEntryDateDesc Order = "ENTRY_DATE_DESC"
	ByName          Order = "NAME"
)

// Connection is a page of rows.
type Connection[T Node] struct {
	PageInfo *PageInfo
	edges    []*Edge[T]
	told     teller[T]
	count    func(context.Context) (int32, error)
}

// Edges returns the rows with their cursors. Who takes them shows them: that is recorded.
func (c *Connection[T]) Edges() []*Edge[T] {
	c.told.note(len(c.edges), func(i int) T { return c.edges[i].Node })
	return c.edges
}

// Nodes is Edges without the cursors.
func (c *Connection[T]) Nodes() []T {
	nodes := make([]T, len(c.edges))
	for i, e := range c.Edges() {
		nodes[i] = e.Node
	}
	return nodes
}

// TotalCount counts the rows of all pages.
func (c *Connection[T]) TotalCount(ctx context.Context) (int32, error) { return c.count(ctx) }

// Edge is a row on its page.
type Edge[T Node] struct {
	Node T
	place
}

// PageInfo says whether there is more.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	first, last                  *place
}

// StartCursor is the cursor of the first row, nil on an empty page.
func (p *PageInfo) StartCursor() *string { return p.first.cursor() }

// EndCursor is the cursor of the last row, nil on an empty page.
func (p *PageInfo) EndCursor() *string { return p.last.cursor() }

// place is where a row stands in the answer to a question; sealed, it is the row's cursor.
type place struct {
	at       position
	question []byte
	keys     *seal.Keys
}

// Cursor seals the place; only the same viewer's same question can go on from it.
func (p *place) Cursor() string {
	text, err := json.Marshal(p.at)
	if err != nil {
		panic(err) // three plain values
	}
	const block = 64 // bytes; JSON's trailing spaces keep the length from telling how large a row number is
	text = append(text, bytes.Repeat([]byte(" "), -len(text)&(block-1))...)
	return p.keys.SealCursor(text, p.question)
}

func (p *place) cursor() *string {
	if p == nil {
		return nil
	}
	c := p.Cursor()
	return &c
}

// list is a question for rows: which, in what order, which part, and of what parents.
type list struct {
	page   Page
	order  Order
	where  any                                                  // the filter as given; it binds cursors to the question
	filter func(ss *session, c columns) (*sql.Predicate, error) // nil: all
	parent string                                               // column that refers to the parents; "": a list of its own
	keys   []int64                                              // of the parents
}

// window is a checked page.
type window struct {
	size     int
	backward bool
	bound    *position // rows strictly beyond it
	boundTo  int64     // the parent that the cursor belongs to
}

var errWrongCursor = hmis.Errorf(hmis.Invalid, "the cursor does not belong to this list; take one from an answer to the same question")

// position is the place of a row in an order.
type position struct {
	Parent int64   `json:"p,omitempty"`
	Value  *string `json:"v,omitempty"`
	Key    int64   `json:"k"`
}

func (ss *session) window(t *table, l *list) (window, error) {
	p := l.page
	w := window{size: defaultPage}
	cursor := p.After
	switch {
	case p.First != nil && p.Last != nil, p.After != nil && p.Before != nil, p.First != nil && p.Before != nil, p.Last != nil && p.After != nil:
		return w, hmis.Errorf(hmis.Invalid, "page either forward with first and after or backward with last and before")
	case p.Last != nil || p.Before != nil:
		w.backward, cursor = true, p.Before
		p.First = p.Last
	}
	if p.First != nil {
		w.size = int(*p.First)
	}
	if w.size < 0 || w.size > maxPage {
		return w, hmis.Errorf(hmis.Invalid, "a page has 0 to %d rows", maxPage)
	}
	if cursor == nil {
		return w, nil
	}
	text, ok := ss.store.keys.OpenCursor(*cursor, ss.question(t, l))
	var at position
	if !ok || json.Unmarshal(text, &at) != nil {
		return w, errWrongCursor
	}
	w.bound, w.boundTo = &at, at.Parent
	return w, nil
}

// question is what a cursor is bound to: who asks for what in which order.
func (ss *session) question(t *table, l *list) []byte {
	text, err := json.Marshal([]any{ss.viewer.Account, t.name, l.order, l.where, l.parent})
	if err != nil {
		panic(err) // filters are plain data
	}
	return text
}

// sorted says by which column and direction an order goes; by none for the row number alone.
func (k *table) sorted(o Order) (column string, descending bool) {
	switch o {
	case ByDate, ByEntryDate, ByName:
		return k.sort, false
	case ByDateDesc, ByEntryDateDesc:
		return k.sort, true
	}
	return "", false
}

// load answers the list for one parent after the other, all with one statement (and one more for the count, if asked).
func load[T Node](ctx context.Context, s *Store, k *kind[T], l list) (map[int64]*Connection[T], error) {
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	w, err := ss.window(&k.table, &l)
	if err != nil {
		return nil, err
	}
	if w.bound != nil && l.parent != "" {
		if !slices.Contains(l.keys, w.boundTo) {
			return nil, errWrongCursor
		}
		l.keys = []int64{w.boundTo}
	}
	var shapeErr error
	rows, err := k.find(ctx, s.ent, func(sel *sql.Selector) { shapeErr = ss.shape(&k.table, &l, w, sel) })
	if err = cmp.Or(shapeErr, err); err != nil {
		return nil, err
	}
	byParent := map[int64][]T{}
	for _, r := range rows {
		parent := int64(0)
		if l.parent != "" {
			parent = k.key(r, l.parent)
		}
		byParent[parent] = append(byParent[parent], r)
	}
	return connections(ss, k, l, w, byParent, telling(ctx, ss, k)), nil
}

// connections cuts the rows that were loaded of each parent to the page.
func connections[T Node](ss *session, k *kind[T], l list, w window, byParent map[int64][]T, told teller[T]) map[int64]*Connection[T] {
	parents := l.keys
	if l.parent == "" {
		parents = []int64{0}
	}
	column, _ := k.sorted(l.order)
	question := ss.question(&k.table, &l)
	counts := &counter{ss: ss, t: &k.table, l: l}
	together := &cohort[T]{kind: k}
	answer := make(map[int64]*Connection[T], len(parents))
	for _, parent := range parents {
		rows := byParent[parent]
		more := len(rows) > w.size
		if more {
			rows = rows[:w.size]
		}
		if w.backward {
			slices.Reverse(rows)
		}
		edges := make([]Edge[T], len(rows))
		c := &Connection[T]{edges: make([]*Edge[T], len(rows)), PageInfo: &PageInfo{}, told: told, count: counts.of(parent)}
		for i, r := range rows {
			together.add(r)
			at := position{Parent: parent, Key: k.key(r, "id")}
			if column != "" {
				at.Value = k.sortValue(r)
			}
			edges[i] = Edge[T]{r, place{at, question, ss.store.keys}}
			c.edges[i] = &edges[i]
		}
		c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage = more, w.bound != nil
		if w.backward {
			c.PageInfo.HasPreviousPage, c.PageInfo.HasNextPage = more, w.bound != nil
		}
		if n := len(edges); n > 0 {
			c.PageInfo.first, c.PageInfo.last = &edges[0].place, &edges[n-1].place
		}
		answer[parent] = c
	}
	return answer
}

// shape turns the question into the statement: where, order and limit.
func (ss *session) shape(t *table, l *list, w window, sel *sql.Selector) error {
	if l.parent == "" || len(l.keys) == 1 {
		where, err := ss.matching(t, l, w, sel.C)
		if err != nil {
			return err
		}
		sel.Where(where).Limit(w.size + 1)
	} else {
		// The first rows of each parent: ranked among its own.
		r := sql.Dialect(ss.store.dialect).Table(t.sql).As("ranked")
		where, err := ss.matching(t, l, w, r.C)
		if err != nil {
			return err
		}
		rule, err := ss.rule(t, r.C)
		if err != nil {
			return err
		}
		rank := sql.RowNumber().PartitionBy(r.C(l.parent)).OrderExpr(sql.Raw(orderBy(t, l.order, w, r.C)))
		ranked := sql.Dialect(ss.store.dialect).Select(r.C("id")).AppendSelectExprAs(rank, "place").From(r).Where(sql.And(where, rule)).As("page")
		first := sql.Dialect(ss.store.dialect).Select(ranked.C("id")).From(ranked).Where(sql.LTE(ranked.C("place"), w.size+1))
		sel.Where(sql.In(sel.C("id"), first))
	}
	sel.OrderExpr(sql.Raw(orderBy(t, l.order, w, sel.C)))
	return nil
}

// matching holds for the rows of the list beyond the cursor, whatever the rule says of them.
func (ss *session) matching(t *table, l *list, w window, c columns) (*sql.Predicate, error) {
	all := []*sql.Predicate{always()}
	if l.parent != "" {
		all = append(all, in(c(l.parent), l.keys))
	}
	if l.filter != nil {
		p, err := l.filter(ss, c)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if w.bound != nil {
		all = append(all, beyond(t, l.order, w, c))
	}
	return sql.And(all...), nil
}

func orderBy(t *table, o Order, w window, c columns) string {
	direction := map[bool]string{false: "", true: " DESC"}
	column, descending := t.sorted(o)
	text := c("id") + direction[w.backward]
	if column != "" {
		text = c(column) + direction[descending != w.backward] + ", " + text
	}
	return text
}

func beyond(t *table, o Order, w window, c columns) *sql.Predicate {
	after := map[bool]func(string, any) *sql.Predicate{false: sql.GT, true: sql.LT}
	byKey := after[w.backward](c("id"), w.bound.Key)
	column, descending := t.sorted(o)
	if column == "" || w.bound.Value == nil {
		return byKey
	}
	return sql.Or(after[descending != w.backward](c(column), *w.bound.Value), sql.And(sql.EQ(c(column), *w.bound.Value), byKey))
}

// counter counts the rows of each parent's list, all with one statement and only when asked.
type counter struct {
	ss       *session
	t        *table
	l        list
	once     sync.Once
	byParent map[int64]int32
	err      error
}

func (n *counter) of(parent int64) func(context.Context) (int32, error) {
	return func(ctx context.Context) (int32, error) {
		n.once.Do(func() { n.byParent, n.err = n.count(ctx) })
		return n.byParent[parent], n.err
	}
}

func (n *counter) count(ctx context.Context) (map[int64]int32, error) {
	t := sql.Dialect(n.ss.store.dialect).Table(n.t.sql)
	ss := n.ss
	if n.l.parent == "" {
		ss = ss.forCounting()
	}
	where, err := ss.matching(n.t, &n.l, window{}, t.C)
	if err != nil {
		return nil, err
	}
	rule, err := ss.rule(n.t, t.C)
	if err != nil {
		return nil, err
	}
	sel := sql.Dialect(n.ss.store.dialect).Select().From(t).Where(sql.And(where, rule))
	if n.l.parent == "" {
		sel.SelectExpr(sql.Raw("0"), sql.Raw("COUNT(*)"))
	} else {
		sel.SelectExpr(sql.Raw(t.C(n.l.parent)), sql.Raw("COUNT(*)")).GroupBy(t.C(n.l.parent))
	}
	query, args := sel.Query()
	rows, err := n.ss.store.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byParent := map[int64]int32{}
	for rows.Next() {
		var parent int64
		var count int32
		if err := rows.Scan(&parent, &count); err != nil {
			return nil, err
		}
		byParent[parent] = count
	}
	return byParent, rows.Err()
}
