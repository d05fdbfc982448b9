package audit

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Fault is what is wrong with a log.
type Fault struct {
	Record int64  `json:"record"` // the first record that it concerns
	What   string `json:"what"`
}

func (f *Fault) Error() string { return fmt.Sprintf("record %d: %s", f.Record, f.What) }

// Stored is a record with all that a database keeps of it.
type Stored struct {
	Number  int64
	Body    []byte // nil: there is none
	At      hmis.Timestamp
	Account int64
	Kind    string
	Clients []Indexed   // in the order of their keys
	Hashes  []tlog.Hash // those that Tree.Add gave
}

// Indexed is the row by which a record is found for a client.
type Indexed struct {
	Client          int64
	Shown, Withheld hmis.Categories
}

// Verification reads a log from its first record to its last and compares it with its checkpoints.
type Verification struct {
	keys   *Keys
	points []point
	next   int // of points, the first that was not come to
	tree   Tree
	pruned int64 // records before it may be missing
	gaps   []gap
	good   int64 // the size of the last checkpoint that fits

	exact *Fault // that names its record
	rough *Fault // that names some records or a checkpoint

	Records     int64 // there with their bodies
	Missing     int64
	Checkpoints int // in the database
	Outside     int // outside it
}

type point struct {
	Checkpoint
	name string
}

type gap struct{ from, to int64 } // records that are not there, to excluded

// Verify begins to check a log. Notes are the checkpoints of the database by their sizes, lines those that were kept
// outside it.
func (k *Keys) Verify(notes map[int64]string, lines []string) *Verification {
	v := &Verification{keys: k, Checkpoints: len(notes), Outside: len(lines)}
	inside := map[int64]Checkpoint{}
	for size, text := range notes {
		name := fmt.Sprintf("the database's checkpoint of %d records", size)
		c, err := k.OpenNote(text)
		if err != nil || c.Size != size {
			v.roughly(size, name+" was changed, or is of another hub")
			continue
		}
		inside[size] = c
		v.points = append(v.points, point{c, name})
	}
	for i, line := range lines {
		name := fmt.Sprintf("checkpoint %d of those kept outside", i+1)
		c, err := k.OpenLine(line)
		if err != nil {
			v.roughly(0, name+" was changed, or is of another hub")
			continue
		}
		if notes[c.Size] == "" {
			v.roughly(c.Size, name+" is not in the database any more")
		}
		v.points = append(v.points, point{c, name})
	}
	slices.SortStableFunc(v.points, func(a, b point) int { return int(a.Size - b.Size) })
	return v
}

func (v *Verification) exactly(record int64, format string, args ...any) {
	if v.exact == nil || record < v.exact.Record {
		v.exact = &Fault{record, fmt.Sprintf(format, args...)}
	}
}

func (v *Verification) roughly(record int64, what string) {
	if v.rough == nil || record < v.rough.Record {
		v.rough = &Fault{record, what}
	}
}

// Next takes the next record.
func (v *Verification) Next(s Stored) {
	n := v.tree.Size
	leaf := tlog.RecordHash(s.Body)
	if s.Body == nil {
		v.missing(n)
		if leaf = (tlog.Hash{}); len(s.Hashes) > 0 {
			leaf = s.Hashes[0] // what the checkpoints then answer for
		}
		if len(s.Clients) > 0 {
			v.exactly(n, "is not there, but the clients that it was about are still listed")
		}
	} else {
		v.Records++
		v.check(n, s)
	}
	if !slices.Equal(v.tree.Add(leaf), s.Hashes) {
		v.exactly(n, "its hashes in the tree are not those of the record")
	}
	v.compare()
}

func (v *Verification) missing(n int64) {
	v.Missing++
	if last := len(v.gaps) - 1; last >= 0 && v.gaps[last].to == n {
		v.gaps[last].to++
		return
	}
	v.gaps = append(v.gaps, gap{n, n + 1})
}

// check looks at a record by itself.
func (v *Verification) check(n int64, s Stored) {
	r, err := v.keys.Open(s.Body)
	if err != nil {
		v.exactly(n, "was changed, or was not written by this hub")
		return
	}
	again, err := v.keys.Seal(r)
	switch {
	case err != nil || !bytes.Equal(again, s.Body):
		v.exactly(n, "is not in the form in which the hub writes records")
	case r.Number != n:
		v.exactly(n, "stands here, but was written as record %d", r.Number)
	case r.At != s.At || r.Account != s.Account || string(r.Kind) != s.Kind:
		v.exactly(n, "its time, account or kind beside the record was changed")
	case !slices.EqualFunc(r.Clients, s.Clients, func(c Client, i Indexed) bool {
		return i == Indexed{c.Key, c.Shown, c.Withheld}
	}):
		v.exactly(n, "the list of the clients that it is about was changed")
	case r.Kind == Pruned && r.Before <= n:
		v.pruned = max(v.pruned, r.Before)
	}
}

// compare looks at the checkpoints of so many records as there were.
func (v *Verification) compare() {
	fits := false
	for ; v.next < len(v.points) && v.points[v.next].Size <= v.tree.Size; v.next++ {
		p := v.points[v.next]
		if p.Size == v.tree.Size && p.Root == v.tree.Root() {
			fits = true
			continue
		}
		v.roughly(v.good, fmt.Sprintf("a record from here to %d is not what it was when %s was made", p.Size-1, p.name))
	}
	if fits {
		v.good = v.tree.Size
	}
}

// End returns the first fault of the log, nil for a whole one.
func (v *Verification) End() *Fault {
	for _, g := range v.gaps {
		if g.to > v.pruned {
			v.exactly(max(g.from, v.pruned), "is missing")
		}
	}
	for _, p := range v.points[v.next:] {
		v.exactly(v.tree.Size, "and all after it are missing: there were %d when %s was made", p.Size, p.name)
	}
	if v.exact != nil {
		return v.exact
	}
	return v.rough
}

// Size is how many records were taken.
func (v *Verification) Size() int64 { return v.tree.Size }
