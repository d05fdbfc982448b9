package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/internal/search"
)

// ClientSearch is what identifies the clients that are looked for. All that is given must fit.
type ClientSearch struct {
	FirstName  *string // its beginning
	LastName   *string // its beginning
	Name       *string // first and last, or last and first
	SoundsLike bool    // the names sound like these
	SSN        *string // whole, or its last four digits
	DOB        *hmis.Date
}

// LogValue keeps what was searched for out of logs.
func (c *ClientSearch) LogValue() slog.Value { return slog.StringValue("withheld") }

func (c *ClientSearch) terms() search.Terms {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return search.Terms{First: text(c.FirstName), Last: text(c.LastName), Name: text(c.Name), SoundsLike: c.SoundsLike, SSN: text(c.SSN), DOB: c.DOB}
}

// classes are those of the columns that are searched.
func (c *ClientSearch) classes() (list []hmis.Class) {
	for column, searched := range map[string]bool{"FirstName": c.FirstName != nil || c.Name != nil, "LastName": c.LastName != nil || c.Name != nil,
		"SSN": c.SSN != nil, "DOB": c.DOB != nil} {
		if class := classOf("Client", column); searched && !slices.Contains(list, class) {
			list = append(list, class)
		}
	}
	return list
}

// SearchClients lists the client records that are found by what identifies them, of those of whom the viewer may see what
// is searched. Without a search it is Clients. Errors: Denied for an account that never sees it, Invalid for terms that
// are none, Unavailable while the search is being prepared.
func (s *Store) SearchClients(ctx context.Context, p Page, what *ClientSearch, where *ClientFilter, o Order) (*ClientConnection, error) {
	if what == nil {
		return s.Clients(ctx, p, where, o)
	}
	ss, err := sessionOf(ctx)
	if err != nil {
		return nil, err
	}
	for _, class := range what.classes() {
		if !ss.system && !ss.viewer.Ceiling().Has(class.Category) {
			return nil, hmis.Errorf(hmis.Denied, "this account does not see what identifies clients, so it cannot search by it")
		}
	}
	query, err := search.NewQuery(what.terms())
	if err != nil {
		return nil, err
	}
	index, err := s.searchIndex(ctx)
	if err != nil {
		return nil, err
	}
	found := index.Find(query)
	return whole(ctx, s, kindClient, list{page: p, order: o, where: []any{where, what}, filter: func(ss *session, c columns) (*sql.Predicate, error) {
		like, err := where.compile(ss, c)
		if err != nil {
			return nil, err
		}
		all := []*sql.Predicate{s.among(c("id"), found), like}
		for _, class := range what.classes() {
			all = append(all, ss.shows(&kindClient.table, c, class))
		}
		return sql.And(all...), nil
	}})
}

// among holds for the row numbers of a list, however long: the statement is one and has one parameter whatever is found,
// so that its form tells nothing of what is hidden.
func (s *Store) among(column string, rows []int64) *sql.Predicate {
	var list []byte
	for i, row := range rows {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, row, 10)
	}
	return sql.P(func(b *sql.Builder) {
		if s.dialect == dialect.Postgres {
			b.WriteString(column + " = ANY (CAST(").Arg("{" + string(list) + "}").WriteString(" AS bigint[]))")
		} else {
			b.WriteString(column + " IN (SELECT value FROM json_each(").Arg("[" + string(list) + "]").WriteString("))")
		}
	})
}

// searching is the index in memory that clients are searched in. It follows the feed: before each search what was changed
// since is read again.
type searching struct {
	mu      sync.Mutex
	index   *search.Index // nil: not built yet
	change  int64         // the last change that the index holds
	reading chan struct{} // closed when the reading that goes on ends; nil: none goes on
	err     error         // of the last reading
}

var errPreparingSearch = hmis.Errorf(hmis.Unavailable, "the search is being prepared; ask again in a moment")

// PrepareSearch reads what searches need and returns when they are answered.
func (s *Store) PrepareSearch(ctx context.Context) error {
	if _, err := s.searchIndex(ctx); !errors.Is(err, errPreparingSearch) {
		return err
	}
	select {
	case <-s.readSearch():
	case <-ctx.Done():
		return ctx.Err()
	}
	s.searching.mu.Lock()
	defer s.searching.mu.Unlock()
	return s.searching.err
}

// searchIndex is the index as of now. It begins to make one where there is none. Errors: errPreparingSearch.
func (s *Store) searchIndex(ctx context.Context) (*search.Index, error) {
	for waited := 0; ; waited++ {
		s.searching.mu.Lock()
		index, change := s.searching.index, s.searching.change
		s.searching.mu.Unlock()
		if index == nil {
			s.readSearch()
			return nil, errPreparingSearch
		}
		last, err := s.lastChange(ctx)
		if err != nil {
			return nil, err
		}
		if last == change || waited == 2 { // the second reading began after the search did
			return index, nil
		}
		select {
		case <-s.readSearch():
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		s.searching.mu.Lock()
		err = s.searching.err
		s.searching.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
}

// lastChange is the number of the last change in the feed, which stands in order.
func (s *Store) lastChange(ctx context.Context) (last int64, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0) FROM changes").Scan(&last)
	return last, err
}

// readSearch reads on in the feed, or everything where nothing was read yet, unless a reading goes on. It goes on when the
// search that began it is over. The channel is closed at its end.
func (s *Store) readSearch() <-chan struct{} {
	x := &s.searching
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.reading != nil {
		return x.reading
	}
	done := make(chan struct{})
	x.reading = done
	index, change := x.index, x.change
	go func() {
		defer close(done)
		index, change, err := s.nextIndex(s.life, index, change)
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.reading, x.err = nil, err; err == nil {
			x.index, x.change = index, change
		} else if s.life.Err() == nil {
			slog.Error("the search index could not be read", "error", err)
		}
	}()
	return done
}

func (s *Store) nextIndex(ctx context.Context, index *search.Index, change int64) (_ *search.Index, last int64, err error) {
	if index == nil { // what changes while all is read is read again by the next reading
		if last, err = s.lastChange(ctx); err == nil {
			index, err = s.buildIndex(ctx)
		}
		return index, last, err
	}
	steps, last, err := s.stepsAfter(ctx, change)
	if err == nil {
		index, err = s.changedIndex(ctx, index, steps)
	}
	return index, last, err
}

// step is a change of client records: of one, or of all that an import wrote.
type step struct{ row, run int64 }

// stepsAfter reads on in the feed.
func (s *Store) stepsAfter(ctx context.Context, change int64) (steps []step, last int64, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, table_name, COALESCE(row_key, 0), COALESCE(run_key, 0) FROM changes WHERE id > $1 ORDER BY id", change)
	if err != nil {
		return nil, change, err
	}
	defer rows.Close()
	for last = change; rows.Next(); {
		var table string
		var st step
		if err := rows.Scan(&last, &table, &st.row, &st.run); err != nil {
			return nil, change, err
		}
		if table == kindClient.sql {
			steps = append(steps, st)
		}
	}
	return steps, last, rows.Err()
}

// changedIndex is the index with what the steps changed. A client that was deleted for good stays in it until it is built
// again; it is in no answer, since its row is gone.
func (s *Store) changedIndex(ctx context.Context, index *search.Index, steps []step) (*search.Index, error) {
	var now []search.Client
	var gone []int64
	read := map[step]bool{}
	for _, st := range steps {
		if read[st] {
			continue
		}
		read[st] = true
		where, key := "id = $1", st.row
		if st.row == 0 {
			where, key = "import_key = $1", st.run
		}
		err := s.readIdentities(ctx, where, []any{key}, func(c search.Client, removed bool) {
			if removed {
				gone = append(gone, c.Row)
			} else {
				now = append(now, c)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if len(now)+len(gone) == 0 {
		return index, nil
	}
	return index.Changed(latest(now), gone), nil
}

// latest keeps the last of several of one row.
func latest(list []search.Client) []search.Client {
	at := map[int64]int{}
	kept := list[:0]
	for _, c := range list {
		if i, known := at[c.Row]; known {
			kept[i] = c
			continue
		}
		at[c.Row] = len(kept)
		kept = append(kept, c)
	}
	return kept
}

// partOfClients is how many row numbers are read with one statement.
const partOfClients = 20_000

// buildIndex reads all clients, several parts at a time: opening the cells is most of the work.
func (s *Store) buildIndex(ctx context.Context) (*search.Index, error) {
	var last int64
	if err := s.db.QueryRowContext(ctx, "SELECT COALESCE(max(id), 0) FROM clients").Scan(&last); err != nil {
		return nil, err
	}
	parts := make([]*search.Builder, runtime.GOMAXPROCS(0))
	errs := make([]error, len(parts))
	var next atomic.Int64
	var wait sync.WaitGroup
	for i := range parts {
		parts[i] = &search.Builder{}
		wait.Go(func() {
			for errs[i] == nil {
				from := next.Add(partOfClients) - partOfClients
				if from > last {
					return
				}
				errs[i] = s.readIdentities(ctx, "removed_at IS NULL AND id > $1 AND id <= $2", []any{from, from + partOfClients},
					func(c search.Client, removed bool) {
						if !removed {
							parts[i].Add(c)
						}
					})
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return search.Build(parts...), nil
}

// identity are the columns that clients are searched by.
var identity = [...]string{"FirstName", "LastName", "SSN", "DOB"}

// readIdentities reads the clients of a condition. One with a cell that cannot be opened is left out, and the log says in
// which column: the others can still be found.
func (s *Store) readIdentities(ctx context.Context, where string, args []any, add func(c search.Client, removed bool)) error {
	var places [len(identity)]cellPlace
	selected := ""
	for i, name := range identity {
		column := kindClient.file.Column(name)
		places[i] = placeOf(kindClient.file, column)
		selected += ", " + column.SQLName()
	}
	rows, err := s.db.QueryContext(ctx, "SELECT id, source_key, personal_id, removed_at IS NOT NULL"+selected+" FROM clients WHERE "+where, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var row, source int64
	var record string
	var removed bool
	var cells [len(identity)][]byte
	into := []any{&row, &source, &record, &removed}
	for i := range cells {
		into = append(into, &cells[i])
	}
	var buffer []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		var texts [len(identity)]string
		var opened error
		for i, cell := range cells {
			if cell == nil || removed || opened != nil {
				continue
			}
			buffer = places[i].of(buffer, source, record)
			text, err := s.keys.OpenCell(cell, buffer)
			if texts[i] = string(text); err != nil {
				opened = fmt.Errorf("%s: %w", places[i].name, err)
			}
		}
		c := search.Client{Row: row, First: texts[0], Last: texts[1], SSN: texts[2]}
		if texts[3] != "" && opened == nil {
			day, err := hmis.ParseDate(texts[3])
			c.DOB, opened = &day, err
		}
		switch {
		case errors.Is(opened, seal.ErrCell):
			slog.Error("a client cannot be searched for", "error", opened)
			removed = true
		case opened != nil:
			return opened
		}
		add(c, removed)
	}
	return rows.Err()
}
