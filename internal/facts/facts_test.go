package facts

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/kit"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// rowsOf are copies of the rows of every file that facts are made of.
func rowsOf(t *testing.T, a *hmiscsv.Archive) map[string][][]hmiscsv.Cell {
	t.Helper()
	rows := map[string][][]hmiscsv.Cell{}
	for _, group := range Files() {
		for _, file := range group {
			if err := a.Rows(file, func(r *hmiscsv.Row) error {
				rows[file] = append(rows[file], append([]hmiscsv.Cell(nil), r.Cells...))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return rows
}

func build(rows map[string][][]hmiscsv.Cell, o func(file string, cells []hmiscsv.Cell) Origin) *Facts {
	b := NewBuilder()
	for _, group := range Files() {
		for _, file := range group {
			for _, cells := range rows[file] {
				b.Add(file, cells, o(file, cells))
			}
		}
	}
	return b.Facts()
}

func noOrigin(string, []hmiscsv.Cell) Origin { return Origin{} }

// TestOrderOfRows: the facts depend on what the rows say and not on the order in which they came.
func TestOrderOfRows(t *testing.T) {
	a := community(t, synth.Options{Clients: 300, Seed: 7, Faults: true})
	rows := rowsOf(t, a)
	want, err := FromArchive(a)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		for _, list := range rows {
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		if got := build(rows, noOrigin); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: other facts from the same rows in another order", seed)
		}
	}
}

// TestColumns: the cells that Columns leaves out make no difference.
func TestColumns(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 200, Seed: 4, Faults: true}))
	want := build(rows, noOrigin)
	for file, list := range rows {
		used := Columns(file)
		for r, cells := range list {
			few := make([]hmiscsv.Cell, len(cells))
			for _, i := range used {
				few[i] = cells[i]
			}
			list[r] = few
		}
	}
	if !reflect.DeepEqual(build(rows, noOrigin), want) {
		t.Error("other facts from the columns that Columns lists alone")
	}
}

// TestSameKey: of two rows with one key the one updated last goes in, in whatever order they come.
func TestSameKey(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 10, Seed: 1}))
	updated, sex, move := indexes(hmis.FileNamed("Client"), "DateUpdated")[0], indexes(hmis.FileNamed("Client"), "Sex")[0], indexes(hmis.FileNamed("Enrollment"), "MoveInDate")[0]
	newer := append([]hmiscsv.Cell(nil), rows["Client"][0]...)
	newer[updated].N += 100
	newer[sex] = hmiscsv.Cell{N: 9, Set: true}
	moved := append([]hmiscsv.Cell(nil), rows["Enrollment"][0]...)
	moved[indexes(hmis.FileNamed("Enrollment"), "DateUpdated")[0]].N += 100
	moved[move] = hmiscsv.Cell{N: 12345, Set: true}
	want := build(rows, noOrigin)
	rows["Client"] = append(rows["Client"], newer)
	rows["Enrollment"] = append(rows["Enrollment"], moved)
	after := build(rows, noOrigin)
	last := len(rows["Client"]) - 1
	rows["Client"][0], rows["Client"][last] = rows["Client"][last], rows["Client"][0]
	last = len(rows["Enrollment"]) - 1
	rows["Enrollment"][0], rows["Enrollment"][last] = rows["Enrollment"][last], rows["Enrollment"][0]
	before := build(rows, noOrigin)
	if !reflect.DeepEqual(after, before) {
		t.Error("the order of two rows with one key matters")
	}
	if after.Clients.Len() != want.Clients.Len() || after.Enrollments.Len() != want.Enrollments.Len() || len(after.Disability.InformationDate) != len(want.Disability.InformationDate) {
		t.Errorf("%d clients and %d enrollments, want %d and %d", after.Clients.Len(), after.Enrollments.Len(), want.Clients.Len(), want.Enrollments.Len())
	}
	changed := 0
	for i := range after.Clients.Sex {
		if after.Clients.Sex[i] != want.Clients.Sex[i] {
			changed++
		}
	}
	for i := range after.Enrollments.MoveInDate {
		if after.Enrollments.MoveInDate[i] != want.Enrollments.MoveInDate[i] {
			changed++
		}
	}
	if changed != 2 {
		t.Errorf("%d of 2 newer rows went in", changed)
	}
}

// TestShape: offsets lead to every row once, in the order that the package promises.
func TestShape(t *testing.T) {
	f, err := FromArchive(community(t, synth.Options{Clients: 300, Seed: 3, Faults: true}))
	if err != nil {
		t.Fatal(err)
	}
	seen := int32(0)
	for c := range int32(f.Clients.Len()) {
		from, to := f.Clients.Enrollments(c)
		if from != seen {
			t.Fatalf("client %d begins at %d, want %d", c, from, seen)
		}
		seen = to
		for e := from; e < to; e++ {
			if f.Enrollments.Client[e] != c || e > from && f.Enrollments.EntryDate[e] < f.Enrollments.EntryDate[e-1] {
				t.Fatalf("enrollment %d is out of order", e)
			}
		}
	}
	if int(seen) != f.Enrollments.Len() || len(f.Exits.ExitDate) != f.Enrollments.Len() {
		t.Errorf("%d enrollments reached, %d exits, of %d", seen, len(f.Exits.ExitDate), f.Enrollments.Len())
	}
	next := int32(0)
	for e := range int32(f.Enrollments.Len()) {
		from, to := f.Disability.Of(e)
		if from != next {
			t.Fatalf("disabilities of %d begin at %d, want %d", e, from, next)
		}
		for next = from; next < to; next++ {
			if next > from && f.Disability.InformationDate[next] < f.Disability.InformationDate[next-1] {
				t.Fatalf("disability %d is out of order", next)
			}
		}
	}
	members := 0
	for h := range int32(f.Households.Len()) {
		members += len(f.Households.Members(h))
		for _, m := range f.Households.Members(h) {
			if f.Enrollments.Household[m] != h {
				t.Fatalf("enrollment %d is not in household %d", m, h)
			}
		}
	}
	if members != f.Enrollments.Len() {
		t.Errorf("%d members of households, want %d", members, f.Enrollments.Len())
	}
}

// TestOrigin: the hub's persons and numbers go along, and linked clients lie beside each other.
func TestOrigin(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 50, Seed: 1}))
	client := map[string]int64{}
	f := build(rows, func(file string, cells []hmiscsv.Cell) Origin {
		switch file {
		case "Client":
			client[cells[0].S] = int64(len(client) + 1)
			return Origin{Row: 1000 + client[cells[0].S], Person: 1 + client[cells[0].S]%10}
		case "Enrollment":
			return Origin{Row: 7}
		}
		return Origin{}
	})
	if got := f.Clients.Person[f.Clients.Len()-1]; got != 9 {
		t.Errorf("the last of ten persons is %d", got)
	}
	for c := range int32(f.Clients.Len()) {
		n := client[f.Clients.ID(c)]
		if f.Clients.Row[c] != 1000+n || c > 0 && f.Clients.Person[c] < f.Clients.Person[c-1] {
			t.Errorf("client %s has row %d and person %d", f.Clients.ID(c), f.Clients.Row[c], f.Clients.Person[c])
		}
	}
	if f.Enrollments.Row[0] != 7 {
		t.Errorf("enrollment row %d, want 7", f.Enrollments.Row[0])
	}
}

// TestSources: HUD's ids are unique only within one source.
func TestSources(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 20, Seed: 1}))
	once := build(rows, noOrigin)
	b := NewBuilder()
	for _, source := range []string{"one", "other"} {
		b.Source(source)
		for _, group := range Files() {
			for _, file := range group {
				for _, cells := range rows[file] {
					b.Add(file, cells, Origin{})
				}
			}
		}
	}
	f := b.Facts()
	if f.Clients.Len() != 2*once.Clients.Len() || f.Enrollments.Len() != 2*once.Enrollments.Len() || f.Households.Len() != 2*once.Households.Len() {
		t.Errorf("two sources have %d clients, %d enrollments, %d households", f.Clients.Len(), f.Enrollments.Len(), f.Households.Len())
	}
}

// TestSameIDsOfSources: where the last record of one source and the first of the next are of enrollments with one id, each goes
// to its own.
func TestSameIDsOfSources(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 1, Seed: 1}))
	stay := rows["Enrollment"][0][indexes(hmis.FileNamed("Enrollment"), "EnrollmentID")[0]].S
	rows["Enrollment"] = rows["Enrollment"][:1]
	b := NewBuilder()
	for _, source := range []string{"one", "other"} {
		b.Source(source)
		for _, group := range Files() {
			for _, file := range group {
				for _, cells := range rows[file] {
					b.Add(file, cells, Origin{})
				}
			}
		}
	}
	f := b.Facts()
	_, first := f.Disability.Of(0)
	if all := len(f.Disability.InformationDate); all == 0 || int(first) != all/2 {
		t.Errorf("stay %s: %d of %d records are the first source's, want half", stay, first, all)
	}
}

func TestIdentity(t *testing.T) {
	text := func(s string) hmiscsv.Cell { return hmiscsv.Cell{S: s, Set: s != ""} }
	hash := "0123456789012345678901234567890123456789012345678901234567890123"
	for _, c := range []struct {
		first, last, ssn string
		want             Identity
	}{
		{"Ann", "Lee", "219099999", WholeName | HasSSN | ValidSSN},
		{"Ann", "", "", 0},
		{hash, hash, "9999" + hash, WholeName | HashedName | HasSSN | ValidSSN},
		{"Ann", "Lee", "000121234", WholeName | HasSSN},
		{"Ann", "Lee", "666121234", WholeName | HasSSN},
		{"Ann", "Lee", "912121234", WholeName | HasSSN},
		{"Ann", "Lee", "219001234", WholeName | HasSSN},
		{"Ann", "Lee", "219120000", WholeName | HasSSN},
		{"Ann", "Lee", "111111111", WholeName | HasSSN},
		{"Ann", "Lee", "123456789", WholeName | HasSSN},
		{"Ann", "Lee", "987654321", WholeName | HasSSN},
		{"Ann", "Lee", "xxxxx1234", WholeName | HasSSN},
	} {
		if got := identityOf(text(c.first), text(c.last), text(c.ssn)); got != c.want {
			t.Errorf("%q %q %q: %b, want %b", c.first, c.last, c.ssn, got, c.want)
		}
	}
}

// TestNoIdentity: no name and no SSN of the export is anywhere in the facts.
func TestNoIdentity(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 100, Seed: 2}))
	names := map[string]bool{}
	for file, list := range rows {
		for _, cells := range list {
			for i, c := range hmis.FileNamed(file).Columns {
				if c.Category == hmis.Identity && c.Kind == hmis.Text && c.References == "" && i > 0 && len(cells[i].S) > 3 {
					names[cells[i].S] = true
				}
			}
		}
	}
	if len(names) < 50 {
		t.Fatalf("only %d names to look for", len(names))
	}
	eachText(reflect.ValueOf(build(rows, noOrigin)), func(s string) {
		if names[s] {
			t.Fatal("the facts hold a text that identifies somebody: " + s)
		}
	})
}

func eachText(v reflect.Value, do func(string)) {
	switch v.Kind() {
	case reflect.String:
		do(v.String())
	case reflect.Pointer:
		eachText(v.Elem(), do)
	case reflect.Struct:
		for i := range v.NumField() {
			eachText(v.Field(i), do)
		}
	case reflect.Slice:
		if k := v.Type().Elem().Kind(); k == reflect.Struct || k == reflect.String {
			for i := range v.Len() {
				eachText(v.Index(i), do)
			}
		}
	}
}

// TestEva builds facts of an export with faults in it, none of which may stop it.
func TestEva(t *testing.T) {
	f, err := Open(kit.Path(t, "eva-demo-fy2026.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Clients.Len() != 4146 || f.Enrollments.Len() != 4771 || len(f.Projects) != 27 {
		t.Errorf("%d clients, %d enrollments, %d projects", f.Clients.Len(), f.Enrollments.Len(), len(f.Projects))
	}
}
