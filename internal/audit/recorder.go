package audit

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Recorder collects of one operation which clients its answer is about, and which categories of each it shows and
// withholds. It is safe for many goroutines.
type Recorder struct {
	asked map[string]hmis.Categories
	by    Record

	mu      sync.Mutex
	kind    Kind
	writes  Kind    // of the transaction that goes on; "": it writes nothing that is recorded, or there is none
	written []int64 // the clients that it writes of
	denied  bool
	clients map[int64]*Client
	seen    map[sight]*seen
}

// NewRecorder begins to collect. Asked are the categories of the fields that the operation names, by the type of row
// that they are fields of; Unclassified stands for the category that the row's record type gives. Nil: all. By says who
// asks and what.
func NewRecorder(asked map[string]hmis.Categories, by Record) *Recorder {
	return &Recorder{asked: asked, by: by, clients: map[int64]*Client{}, seen: map[sight]*seen{}}
}

type recorderKey struct{}

// WithRecorder returns a context in which what is shown is collected.
func WithRecorder(ctx context.Context, r *Recorder) context.Context {
	return context.WithValue(ctx, recorderKey{}, r)
}

// RecorderOf returns the recorder of the operation, nil where nothing is collected. A nil Recorder may be told everything.
func RecorderOf(ctx context.Context) *Recorder {
	r, _ := ctx.Value(recorderKey{}).(*Recorder)
	return r
}

// sight is what decides which categories of a row are shown; rows of one answer have few different ones.
type sight struct {
	view  *policy.View
	file  *hmis.File
	class hmis.Class
}

type seen struct {
	shown, withheld hmis.Categories
	bases           []Basis
}

// Row is a row of a client on its way into the answer.
type Row struct {
	Client int64
	Type   string        // in the schema
	Is     hmis.Category // the category that the row's being there tells of; Meta: of none
	Loaded *policy.Loaded
}

// Show notes rows of clients that go into the answer.
func (r *Recorder) Show(n int, row func(i int) Row) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range n {
		row := row(i)
		if !r.asksFor(row.Type) { // a page of which only the count is wanted
			continue
		}
		at := sight{row.Loaded.View, row.Loaded.File, row.Loaded.Type}
		s := r.seen[at]
		if s == nil {
			s = r.look(row)
			r.seen[at] = s
		}
		r.client(row.Client).add(s)
	}
}

// asksFor reports whether the operation names any field of rows of the type, also by the interface of all rows.
func (r *Recorder) asksFor(typ string) bool {
	if r.asked == nil {
		return true
	}
	_, named := r.asked[typ]
	_, any := r.asked["Node"]
	return named || any
}

// look asks the row's view about what the operation asks for.
func (r *Recorder) look(row Row) *seen {
	asked := hmis.AllContent
	if r.asked != nil {
		asked = r.asked[row.Type]
		if asked.Has(hmis.Unclassified) {
			asked |= hmis.CategoriesOf(row.Loaded.Type.Category)
		}
		asked |= hmis.CategoriesOf(row.Is)
	}
	s := &seen{}
	for _, a := range row.Loaded.Access() {
		one := hmis.CategoriesOf(a.Category)
		switch {
		case asked&one == 0:
		case !a.CanView:
			s.withheld |= one
		default:
			s.shown |= one
			s.bases = addBasis(s.bases, Basis{a.Reason.String(), a.Release, one})
		}
	}
	return s
}

func (r *Recorder) client(key int64) *Client {
	c := r.clients[key]
	if c == nil {
		c = &Client{Key: key}
		r.clients[key] = c
	}
	return c
}

func (c *Client) add(s *seen) {
	c.Shown |= s.shown
	c.Withheld |= s.withheld
	for _, b := range s.bases {
		c.Bases = addBasis(c.Bases, b)
	}
}

func addBasis(list []Basis, b Basis) []Basis {
	for i := range list {
		if list[i].Reason == b.Reason && list[i].Release == b.Release {
			list[i].Shown |= b.Shown
			return list
		}
	}
	return append(list, b)
}

// Touch notes that the operation is about a client of which it shows no fact.
func (r *Recorder) Touch(client int64) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.client(client)
}

// Write notes in a transaction that it writes, of clients or of none.
func (r *Recorder) Write(k Kind, clients ...int64) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes, r.written = k, append(r.written, clients...)
}

// Writes returns the record of what a transaction writes, if it writes anything; it belongs into the same transaction.
func (r *Recorder) Writes() (Record, bool) {
	if r == nil {
		return Record{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	rec := r.by
	rec.Kind, rec.Outcome = r.writes, Done
	for _, key := range slices.Compact(slices.Sorted(slices.Values(r.written))) {
		rec.Clients = append(rec.Clients, Client{Key: key})
	}
	return rec, r.writes != ""
}

// Wrote notes the end of a transaction: whether what Writes returned is now in the log. The record of the answer is then
// about what else the operation does.
func (r *Recorder) Wrote(done bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if done && r.writes != "" {
		r.kind = ""
		for _, key := range r.written {
			if c := r.clients[key]; c != nil && c.Shown|c.Withheld == 0 {
				delete(r.clients, key)
			}
		}
	}
	r.writes, r.written = "", nil
}

// Is notes what the operation is, where it is no plain reading.
func (r *Recorder) Is(k Kind) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kind = k
}

// Deny notes that the operation was refused something.
func (r *Recorder) Deny() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denied = true
}

// Take returns what was collected since it was last asked, and whether there is anything to record.
func (r *Recorder) Take() (Record, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.clients) == 0 && !r.denied && r.kind == "" {
		return Record{}, false
	}
	rec := r.by
	rec.Kind, rec.Outcome = cmp.Or(r.kind, Read), Done
	switch {
	case r.denied:
		rec.Outcome = Denied
	case r.kind == Write: // and did not come to it
		rec.Outcome = Failed
	}
	for _, key := range slices.Sorted(maps.Keys(r.clients)) {
		c := r.clients[key]
		c.Withheld &^= c.Shown
		slices.SortFunc(c.Bases, func(a, b Basis) int {
			return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Release, b.Release))
		})
		rec.Clients = append(rec.Clients, *c)
	}
	r.clients, r.denied, r.kind = map[int64]*Client{}, false, ""
	return rec, true
}
