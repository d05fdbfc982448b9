package audit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

func keys(t testing.TB) *Keys {
	t.Helper()
	k, err := NewKeys(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Records keep categories as bits for years: the bits are never given another meaning.
func TestCategoriesOfRecordsAreFixed(t *testing.T) {
	want := strings.Fields("UNCLASSIFIED IDENTITY DEMOGRAPHICS SENSITIVE_IDENTITY ENROLLMENT LOCATION SERVICES INCOME HEALTH BEHAVIORAL_HEALTH HIV DOMESTIC_VIOLENCE COORDINATED_ENTRY YOUTH_JUSTICE MILITARY META")
	for i, name := range want {
		if hmis.Category(i).String() != name {
			t.Errorf("category %d is %s; records were written where it was %s: add new categories at the end", i, hmis.Category(i), name)
		}
	}
}

// The root over the frontier alone is that of the whole tree, for every size, and the number of hashes tells the size.
func TestTree(t *testing.T) {
	var tree Tree
	var all []tlog.Hash
	whole := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, i := range indexes {
			list = append(list, all[i])
		}
		return list, nil
	})
	for n := range int64(300) {
		if got := SizeOf(int64(len(all))); got != n {
			t.Fatalf("%d hashes are of %d records, not %d", len(all), n, got)
		}
		stored, err := tlog.StoredHashes(n, []byte(fmt.Sprint(n)), whole)
		if err != nil {
			t.Fatal(err)
		}
		if got := tree.Add(tlog.RecordHash([]byte(fmt.Sprint(n)))); !slices.Equal(got, stored) {
			t.Fatalf("record %d stores other hashes than tlog", n)
		}
		all = append(all, stored...)
		root, err := tlog.TreeHash(n+1, whole)
		if err != nil || tree.Root() != root {
			t.Fatalf("the root of %d records: %v", n+1, err)
		}
		frontier, _ := whole(Frontier(n + 1))
		if NewTree(n+1, frontier).Root() != root {
			t.Fatalf("a tree of %d records cannot be continued", n+1)
		}
		for _, odd := range []int64{int64(len(all)) + 1000000007} {
			if size := SizeOf(odd); size >= 0 && tlog.StoredHashCount(size) != odd {
				t.Fatalf("%d hashes are taken for %d records", odd, size)
			}
		}
	}
}

// One byte of a checkpoint, in the database's form or on paper, is not changed unseen.
func TestCheckpointByteFlipped(t *testing.T) {
	k := keys(t)
	signed, err := k.Sign(Checkpoint{Size: 12, Root: tlog.RecordHash([]byte("x")), At: 1_700_000_000})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := note.NewVerifier(k.PublicKey()); err != nil {
		t.Fatal(err)
	} else if _, err := note.Open([]byte(signed), note.VerifierList(v)); err != nil {
		t.Fatalf("others cannot check it: %v", err)
	}
	for name, c := range map[string]struct {
		text string
		open func(string) (Checkpoint, error)
	}{"note": {signed, k.OpenNote}, "line": {Line(signed), k.OpenLine}} {
		if got, err := c.open(c.text); err != nil || got.Size != 12 || got.At != 1_700_000_000 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		for i := range c.text {
			for bit := range 8 {
				changed := []byte(c.text)
				changed[i] ^= 1 << bit
				if _, err := c.open(string(changed)); err == nil {
					t.Fatalf("%s: bit %d of byte %d can be changed: %q", name, bit, i, changed)
				}
			}
		}
	}
	other, err := NewKeys(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.OpenNote(signed); err == nil {
		t.Error("a checkpoint of another hub is taken")
	}
}

// log is a made-up log as a database keeps it.
type log struct {
	stored []Stored
	notes  map[int64]string
	lines  []string
}

func (l *log) clone() *log {
	c := &log{notes: map[int64]string{}, lines: slices.Clone(l.lines)}
	for _, s := range l.stored {
		s.Body, s.Clients, s.Hashes = slices.Clone(s.Body), slices.Clone(s.Clients), slices.Clone(s.Hashes)
		c.stored = append(c.stored, s)
	}
	for size, note := range l.notes {
		c.notes[size] = note
	}
	return c
}

func write(t testing.TB, k *Keys, n int, points ...int) *log {
	t.Helper()
	l := &log{notes: map[int64]string{}}
	var tree Tree
	for i := range n {
		r := &Record{Number: int64(i), At: hmis.Timestamp(i), Kind: Read, Outcome: Done, Account: int64(i % 3),
			Clients: []Client{{Key: int64(i), Shown: 6, Bases: []Basis{{Reason: "BY_RELEASE", Release: 3, Shown: 6}}}, {Key: 1000, Withheld: 16}}}
		body, err := k.Seal(r)
		if err != nil {
			t.Fatal(err)
		}
		s := Stored{Number: int64(i), Body: body, At: r.At, Account: r.Account, Kind: string(r.Kind), Hashes: tree.Add(tlog.RecordHash(body))}
		for _, c := range r.Clients {
			s.Clients = append(s.Clients, Indexed{c.Key, c.Shown, c.Withheld})
		}
		l.stored = append(l.stored, s)
		if slices.Contains(points, i+1) {
			note, err := k.Sign(Checkpoint{tree.Size, tree.Root(), hmis.Timestamp(i)})
			if err != nil {
				t.Fatal(err)
			}
			l.notes[tree.Size] = note
			l.lines = append(l.lines, Line(note))
		}
	}
	return l
}

func (l *log) verify(k *Keys) *Fault {
	v := k.Verify(l.notes, l.lines)
	for _, s := range l.stored {
		v.Next(s)
	}
	return v.End()
}

// rehash gives all records the hashes that fit what they are now, as the database's owner could.
func (l *log) rehash() {
	var tree Tree
	for i := range l.stored {
		leaf := tlog.RecordHash(l.stored[i].Body)
		if l.stored[i].Body == nil {
			leaf = l.stored[i].Hashes[0]
		}
		l.stored[i].Hashes = tree.Add(leaf)
	}
}

// Whatever is done to any record by somebody without the key is found, and the first bad record is named, whether or
// not the hashes are made to fit.
func TestTampering(t *testing.T) {
	k := keys(t)
	whole := write(t, k, 40, 8, 30)
	if fault := whole.verify(k); fault != nil {
		t.Fatalf("a whole log: %v", fault)
	}
	rapid.Check(t, func(t *rapid.T) {
		l := whole.clone()
		at := rapid.IntRange(0, 38).Draw(t, "record")
		s := &l.stored[at]
		want := int64(at)
		switch rapid.SampledFrom([]string{"edit", "column", "delete", "close the gap", "insert", "swap", "copy", "index", "leave out of the index", "truncate"}).Draw(t, "what") {
		case "edit":
			i := rapid.IntRange(0, len(s.Body)-1).Draw(t, "byte")
			s.Body[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case "column":
			*rapid.SampledFrom([]*string{&s.Kind}).Draw(t, "column") = "LOGIN"
		case "delete":
			s.Body, s.Clients = nil, nil
		case "close the gap":
			l.stored = slices.Delete(l.stored, at, at+1)
		case "insert":
			l.stored = slices.Insert(l.stored, at, whole.stored[0])
			if at == 0 {
				want = 1 // the copy stands where it belongs
			}
		case "swap":
			l.stored[at], l.stored[at+1] = l.stored[at+1], l.stored[at]
		case "copy":
			*s = whole.stored[39]
		case "index":
			s.Clients[0].Client++
		case "leave out of the index":
			s.Clients = s.Clients[1:]
		case "truncate":
			if l.stored = l.stored[:at]; at >= 30 {
				return // what no checkpoint has seen can go; see docs/audit.md
			}
		}
		if rapid.Bool().Draw(t, "rehash") {
			l.rehash()
		}
		if fault := l.verify(k); fault == nil || fault.Record != want {
			t.Fatalf("want record %d, got %v", want, fault)
		}
	})
	for size := range whole.notes {
		l := whole.clone()
		delete(l.notes, size)
		if fault := l.verify(k); fault == nil || !strings.Contains(fault.What, "not in the database") {
			t.Errorf("without the database's checkpoint of %d: %v", size, fault)
		}
		l = whole.clone()
		changed := []byte(l.notes[size])
		changed[len(changed)-5] ^= 1
		l.notes[size] = string(changed)
		if fault := l.verify(k); fault == nil {
			t.Errorf("a changed checkpoint of %d is not found", size)
		}
	}
	l := whole.clone()
	l.stored = l.stored[:20]
	delete(l.notes, 30)
	if fault := l.verify(k); fault == nil || fault.Record != 20 {
		t.Errorf("a log cut off with the database's checkpoint is seen by the one outside alone: %v", fault)
	}
}

// Records that were deleted as a record of the log says may be missing, and what remains of them is still answered for.
func TestPrunedLog(t *testing.T) {
	k := keys(t)
	l := write(t, k, 20, 16)
	body, err := k.Seal(&Record{Number: 20, At: 99, Kind: Pruned, Outcome: Done, Before: 10})
	if err != nil {
		t.Fatal(err)
	}
	l.stored = append(l.stored, Stored{Number: 20, Body: body, At: 99, Kind: string(Pruned)})
	for i := range 10 {
		l.stored[i].Body, l.stored[i].Clients = nil, nil
	}
	l.rehash()
	if fault := l.verify(k); fault != nil {
		t.Fatal(fault)
	}
	more := l.clone()
	more.stored[10].Body, more.stored[10].Clients = nil, nil
	if fault := more.verify(k); fault == nil || fault.Record != 10 {
		t.Errorf("one more than was pruned: %v", fault)
	}
	other := l.clone()
	other.stored[3].Hashes[0][0] ^= 1
	other.rehash()
	if fault := other.verify(k); fault == nil || fault.Record != 0 {
		t.Errorf("another hash of a pruned record: %v", fault)
	}
}
