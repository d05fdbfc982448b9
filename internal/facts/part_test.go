package facts

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/synth"
)

var alike = []cmp.Option{cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty()}

// cellOf reads a column of a row by HUD's name.
func cellOf(file, column string, cells []hmiscsv.Cell) *hmiscsv.Cell {
	return &cells[indexes(hmis.FileNamed(file), column)[0]]
}

// number is a hub's number for a text: the same for the same.
func number(of string) int64 { return int64(hash(of)>>2) | 1 }

// asHub gives rows the numbers that a hub would: every fifth client is linked to another.
func asHub(file string, cells []hmiscsv.Cell) Origin {
	f := hmis.FileNamed(file)
	o := Origin{Row: number(cellOf(file, f.Key().Name, cells).S)}
	switch file {
	case "Client":
		o.Person = o.Row
		if o.Row%5 == 0 {
			o.Person = o.Row % 1000
		}
	case "Enrollment":
		id := cellOf(file, "HouseholdID", cells).S
		if id == "" {
			id = "Enrollment " + cellOf(file, "EnrollmentID", cells).S
		}
		o.Household = number(cellOf(file, "ProjectID", cells).S + " " + id)
	}
	return o
}

// only leaves of the client-level files the rows that keep holds for.
func only(rows map[string][][]hmiscsv.Cell, keep func(file string, cells []hmiscsv.Cell) bool) map[string][][]hmiscsv.Cell {
	some := map[string][][]hmiscsv.Cell{}
	for file, list := range rows {
		for _, cells := range list {
			if hmis.FileNamed(file).Level != hmis.ClientLevel || keep(file, cells) {
				some[file] = append(some[file], cells)
			}
		}
	}
	return some
}

// change makes something else of the rows of a client, by a die.
func change(rows map[string][][]hmiscsv.Cell, client string, die *rand.Rand) {
	own := func(file string, cells []hmiscsv.Cell) bool { return cellOf(file, "PersonalID", cells).S == client }
	rows["Client"] = slices.Clone(rows["Client"])
	rows["Enrollment"] = slices.Clone(rows["Enrollment"])
	switch die.IntN(5) {
	case 0: // is gone
		for file := range rows {
			if hmis.FileNamed(file).Level == hmis.ClientLevel {
				rows[file] = slices.DeleteFunc(slices.Clone(rows[file]), func(cells []hmiscsv.Cell) bool { return own(file, cells) })
			}
		}
	case 1: // has another name, and thereby place, in the order
		for _, file := range []string{"Client", "Enrollment"} {
			for i, cells := range rows[file] {
				if own(file, cells) {
					rows[file][i] = slices.Clone(cells)
					cellOf(file, "PersonalID", rows[file][i]).S = "0" + client
				}
			}
		}
	case 2: // another CoC and household
		for i, cells := range rows["Enrollment"] {
			if own("Enrollment", cells) {
				rows["Enrollment"][i] = slices.Clone(cells)
				*cellOf("Enrollment", "EnrollmentCoC", rows["Enrollment"][i]) = hmiscsv.Cell{S: "ZZ-999", Set: true}
				cellOf("Enrollment", "HouseholdID", rows["Enrollment"][i]).S = "one for all"
			}
		}
	case 3: // the disabilities are gone
		rows["Disabilities"] = slices.DeleteFunc(slices.Clone(rows["Disabilities"]), func(cells []hmiscsv.Cell) bool { return own("Disabilities", cells) })
	case 4: // entered a year later, without a household
		for i, cells := range rows["Enrollment"] {
			if own("Enrollment", cells) {
				rows["Enrollment"][i] = slices.Clone(cells)
				cellOf("Enrollment", "EntryDate", rows["Enrollment"][i]).N += 365
				*cellOf("Enrollment", "HouseholdID", rows["Enrollment"][i]) = hmiscsv.Cell{}
			}
		}
	}
}

// TestReplace: facts with some clients exchanged are what the changed rows as a whole give.
func TestReplace(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 300, Seed: 7, Faults: true}))
	f := build(rows, asHub)
	for seed := range uint64(20) {
		die := rand.New(rand.NewPCG(seed, 2))
		var leaving []int64
		ids := map[string]bool{}
		for range 1 + die.IntN(12) {
			id := f.Clients.ID(int32(die.IntN(f.Clients.Len())))
			change(rows, id, die)
			leaving = append(leaving, number(id), number("0"+id))
			ids[id], ids["0"+id] = true, true
		}
		want := build(rows, asHub)
		enrolled := map[string]bool{}
		for _, cells := range rows["Enrollment"] {
			if ids[cellOf("Enrollment", "PersonalID", cells).S] {
				enrolled[cellOf("Enrollment", "EnrollmentID", cells).S] = true
			}
		}
		with := build(only(rows, func(file string, cells []hmiscsv.Cell) bool {
			if file == "Client" {
				return ids[cellOf(file, "PersonalID", cells).S]
			}
			return enrolled[cellOf(file, "EnrollmentID", cells).S]
		}), asHub)
		got, ok := f.Replace(leaving, with)
		if !ok {
			t.Fatalf("seed %d: the projects are the same", seed)
		}
		if diff := cmp.Diff(want, got, alike...); diff != "" {
			t.Fatalf("seed %d (-whole +replaced):\n%s", seed, diff)
		}
		f = got // and so on from there
	}
}

// TestReplaceProjects: where projects come or go, stays of any client may.
func TestReplaceProjects(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 20, Seed: 1}))
	f := build(rows, asHub)
	rows["Project"] = rows["Project"][1:]
	if _, ok := f.Replace(nil, build(rows, asHub)); ok {
		t.Error("clients were exchanged although a project is gone")
	}
}

// TestAt: the community at some projects is what the rows of their stays give.
func TestAt(t *testing.T) {
	rows := rowsOf(t, community(t, synth.Options{Clients: 400, Seed: 9, Faults: true}))
	for name, origin := range map[string]func(string, []hmiscsv.Cell) Origin{"hub": asHub, "export": noOrigin} {
		f := build(rows, origin)
		for seed := range uint64(5) {
			die := rand.New(rand.NewPCG(seed, 3))
			var at []int32
			in := map[string]bool{}
			for range die.IntN(4) {
				p := die.IntN(len(f.Projects))
				at, in[f.Projects[p].ID] = append(at, int32(p)), true
			}
			enrolled, stayed := map[string]bool{}, map[string]bool{}
			for _, cells := range rows["Enrollment"] {
				if in[cellOf("Enrollment", "ProjectID", cells).S] {
					enrolled[cellOf("Enrollment", "EnrollmentID", cells).S] = true
					stayed[cellOf("Enrollment", "PersonalID", cells).S] = true
				}
			}
			want := build(only(rows, func(file string, cells []hmiscsv.Cell) bool {
				if file == "Client" {
					return stayed[cellOf(file, "PersonalID", cells).S]
				}
				return enrolled[cellOf(file, "EnrollmentID", cells).S]
			}), origin)
			if diff := cmp.Diff(want, f.At(at), alike...); diff != "" {
				t.Fatalf("%s, seed %d (-rows +filtered):\n%s", name, seed, diff)
			}
		}
	}
}
