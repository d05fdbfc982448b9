// Package synth makes up a community: an HMIS CSV export of any size in which nobody is real. Its shape is that of a
// CoC: agencies with projects of every type, households that stay, overlap and return, and the records under them.
//
// The same options give the same bytes on any machine. Each household is made from a random stream of its own and
// written at once, so that memory does not grow with the community.
package synth

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// Options says which community.
type Options struct {
	Clients int
	Seed    uint64
	Year    hmis.Year // format of the export; 0 is FY2026
	Faults  bool      // with some missing and wrong data, as real exports have
	// VictimServices adds a victim service provider and a comparable database, which a hub must refuse.
	VictimServices bool
}

// The period of the export, in which everybody enters.
var (
	periodStart = hmis.NewDate(2020, 10, 1)
	periodEnd   = hmis.NewDate(2026, 9, 30)
)

// Write writes the community as a zip; progress, where it is not nil, hears now and then how many clients are done,
// and its error ends the work.
func Write(w io.Writer, o Options, progress func(done int) error) error {
	if o.Year == 0 {
		o.Year = hmis.FY2026
	}
	m := &maker{Options: o, out: newRows(w, o.Year)}
	m.export()
	m.community()
	for household := uint64(0); m.clients < o.Clients && m.out.err == nil; household++ {
		// One stream a household: what another one does cannot change it.
		m.rand = rand.New(rand.NewPCG(o.Seed, household+1))
		m.household()
		if progress != nil && household%256 == 0 && m.out.err == nil {
			m.out.err = progress(m.clients)
		}
	}
	return m.out.close()
}

// maker makes one community.
type maker struct {
	Options
	out      *rows
	rand     *rand.Rand
	clients  int // made so far, as are the next three
	stays    int
	rows     int
	homes    int
	projects []project
	byKind   map[int32][]int // indexes of projects by type
}

// chance is true in percent of the cases.
func (m *maker) chance(percent float64) bool { return m.rand.Float64()*100 < percent }

// between is a number from a to b, both included.
func (m *maker) between(a, b int) int { return a + m.rand.IntN(b-a+1) }

// weighted is a value with how often it is drawn.
type weighted struct {
	value  int32
	weight int
}

func (m *maker) draw(list []weighted) int32 {
	total := 0
	for _, w := range list {
		total += w.weight
	}
	n := m.rand.IntN(total)
	for _, w := range list {
		if n -= w.weight; n < 0 {
			return w.value
		}
	}
	return list[0].value
}

func pick[T any](m *maker, list []T) T { return list[m.rand.IntN(len(list))] }

// yesNo is code 1 in percent of the cases, else 0.
func (m *maker) yesNo(percent float64) int32 {
	if m.chance(percent) {
		return 1
	}
	return 0
}

// code is one of a list's codes at random, none that says that there is no answer.
func (m *maker) code(list string) int32 { return pick(m, answers[list]) }

// answers are the codes of each list that both years have, but for those of missing answers.
var answers = func() map[string][]int32 {
	lists := map[string][]int32{}
	for _, l := range hmis.CodeLists() {
		for _, c := range l.Codes {
			n, err := strconv.Atoi(c.Code)
			if err == nil && !noAnswer(c.Label) && c.ValidIn(hmis.FY2024) && c.ValidIn(hmis.FY2026) {
				lists[l.Number] = append(lists[l.Number], int32(n))
			}
		}
	}
	return lists
}()

func noAnswer(label string) bool {
	return strings.Contains(label, "doesn't know") || strings.Contains(label, "prefers not") || strings.HasSuffix(strings.ToLower(label), "data not collected")
}

// rows writes rows by column names.
type rows struct {
	to    *hmiscsv.Writer
	year  hmis.Year
	files map[string]*fileRows
	err   error
}

type fileRows struct {
	name  string
	key   string
	index map[string]int
	lists map[string]string // column: its list of codes
	cells []hmiscsv.Cell
	out   *rows
}

func newRows(w io.Writer, y hmis.Year) *rows {
	out := &rows{to: hmiscsv.NewWriter(w, y), year: y, files: map[string]*fileRows{}}
	for _, f := range hmis.Files() {
		r := &fileRows{name: f.Name, key: f.Key().Name, index: map[string]int{}, lists: map[string]string{}, cells: make([]hmiscsv.Cell, len(f.Columns)), out: out}
		for i, c := range f.Columns {
			r.index[c.Name], r.lists[c.Name] = i, c.List()
		}
		out.files[f.Name] = r
	}
	return out
}

func (out *rows) close() error {
	if out.err != nil {
		out.to.Abort()
		return out.err
	}
	return out.to.Close()
}

// row begins a row of a file; day is when it was entered.
func (out *rows) row(file string, day hmis.Date) *fileRows {
	r := out.files[file]
	clear(r.cells)
	if file != "Export" {
		entered := day.Midnight() + 9*3600
		r.set("DateCreated", entered).set("DateUpdated", entered)
		if file != "User" {
			r.set("UserID", userIDs[int(day)%len(userIDs)])
		}
	}
	return r.set("ExportID", exportID)
}

func (r *fileRows) set(column string, value any) *fileRows {
	i, known := r.index[column]
	if !known {
		r.out.err = fmt.Errorf("synth: %s has no column %s", r.name, column)
		return r
	}
	cell := hmiscsv.Cell{Set: true}
	switch v := value.(type) {
	case string:
		cell.S, cell.Set = v, v != ""
	case int:
		cell.N = int64(v)
	case int32:
		cell.N = int64(v)
	case hmis.Date:
		cell.N = int64(v)
	case hmis.Timestamp:
		cell.N = int64(v)
	case hmis.Money:
		cell.N = int64(v)
	}
	r.cells[i] = cell
	return r
}

// end writes the row.
func (r *fileRows) end() {
	if r.out.err == nil {
		r.out.err = r.out.to.Write(r.name, r.cells)
	}
}
