package synth

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

func community(t testing.TB, o Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, o, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func opened(t testing.TB, export []byte) *hmiscsv.Archive {
	t.Helper()
	path := filepath.Join(t.TempDir(), "community.zip")
	if err := os.WriteFile(path, export, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := hmiscsv.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// each calls f with each row of a file as texts by column.
func each(t testing.TB, a *hmiscsv.Archive, file string, f func(row map[string]hmiscsv.Cell)) {
	t.Helper()
	columns := hmis.FileNamed(file).Columns
	err := a.Rows(file, func(r *hmiscsv.Row) error {
		row := map[string]hmiscsv.Cell{}
		for i, c := range columns {
			if r.Cells[i].Set {
				row[c.Name] = r.Cells[i]
			}
		}
		f(row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	o := Options{Clients: 300, Seed: 7, Faults: true}
	one, two := community(t, o), community(t, o)
	if sha256.Sum256(one) != sha256.Sum256(two) {
		t.Error("the same options gave other bytes")
	}
	o.Seed = 8
	if bytes.Equal(one, community(t, o)) {
		t.Error("another seed gave the same bytes")
	}
}

// TestWithoutFaults reads a faultless community as an importer does: nothing is to be said about any row.
func TestWithoutFaults(t *testing.T) {
	t.Parallel()
	for _, year := range []hmis.Year{hmis.FY2024, hmis.FY2026} {
		a := opened(t, community(t, Options{Clients: 1500, Seed: 1, Year: year}))
		said := map[string]int{}
		for _, i := range a.Issues() {
			said[i.File+"."+i.Column+": "+i.Reason]++
		}
		for _, f := range hmis.Files() {
			err := a.Rows(f.Name, func(r *hmiscsv.Row) error {
				for _, i := range r.Issues {
					said[i.File+"."+i.Column+": "+i.Reason+" "+i.Value]++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for what, n := range said {
			t.Errorf("FY%d: %s (%d times)", year, what, n)
		}
	}
}

func TestYearsAreTwins(t *testing.T) {
	t.Parallel()
	rows := func(year hmis.Year) map[string]bool {
		a, all := opened(t, community(t, Options{Clients: 300, Seed: 3, Year: year})), map[string]bool{}
		for _, f := range hmis.Files() {
			each(t, a, f.Name, func(row map[string]hmiscsv.Cell) {
				text := f.Name
				for _, c := range f.Columns {
					if cell := row[c.Name]; c.In(hmis.FY2024) && c.In(hmis.FY2026) && c.Name != "CSVVersion" {
						text += "|" + cell.S + string(rune(cell.N))
					}
				}
				all[text] = true
			})
		}
		return all
	}
	older, newer := rows(hmis.FY2024), rows(hmis.FY2026)
	for r := range newer {
		if !older[r] {
			t.Fatalf("only FY2026 has %s", r)
		}
	}
	if len(older) != len(newer) {
		t.Errorf("%d rows in FY2024, %d in FY2026", len(older), len(newer))
	}
}

// TestShape looks at what a community must have to be of use.
func TestShape(t *testing.T) {
	t.Parallel()
	const clients = 3000
	a := opened(t, community(t, Options{Clients: clients, Seed: 1}))
	counts, kinds, records := map[string]int{}, map[string]int64{}, map[int64]int{}
	for _, f := range hmis.Files() {
		each(t, a, f.Name, func(row map[string]hmiscsv.Cell) {
			counts[f.Name]++
			switch f.Name {
			case "Project":
				kinds[row["ProjectID"].S] = row["ProjectType"].N
			case "Services":
				records[row["RecordType"].N]++
			}
		})
	}
	stays, heads, moved, people := map[int64]int{}, map[string]int{}, 0, map[string]int{}
	each(t, a, "Enrollment", func(row map[string]hmiscsv.Cell) {
		stays[kinds[row["ProjectID"].S]]++
		people[row["PersonalID"].S]++
		if _, has := row["MoveInDate"]; has {
			moved++
		}
		h := row["HouseholdID"].S
		if row["RelationshipToHoH"].N == 1 {
			heads[h]++
		} else {
			heads[h] += 0
		}
	})
	for h, n := range heads {
		if n != 1 {
			t.Fatalf("household %s has %d heads", h, n)
		}
	}
	for _, k := range hmis.ProjectTypeInfos() {
		if stays[int64(k.Code)] == 0 {
			t.Errorf("no stay in a project of type %s", k.Short)
		}
	}
	for _, record := range answers["1.4"] {
		if records[int64(record)] == 0 {
			t.Errorf("no service of record type %d", record)
		}
	}
	for _, f := range hmis.Files() {
		if counts[f.Name] == 0 {
			t.Errorf("no row in %s", f.Name)
		}
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	returned := 0
	for _, n := range people {
		if n > 1 {
			returned++
		}
	}
	if counts["Client"] != clients || len(people) != clients {
		t.Errorf("%d clients, %d with a stay, want %d", counts["Client"], len(people), clients)
	}
	if counts["Enrollment"] < 2*clients || total < 20*clients || total > 45*clients || returned < clients/2 || moved == 0 {
		t.Errorf("%d stays, %d rows, %d clients with several stays, %d moved in", counts["Enrollment"], total, returned, moved)
	}
	t.Logf("%v, %d rows", counts, total)
}

func TestFaultsAndVictimServices(t *testing.T) {
	t.Parallel()
	a := opened(t, community(t, Options{Clients: 2000, Seed: 1, Faults: true, VictimServices: true}))
	rows, faulty := 0, 0
	for _, f := range hmis.Files() {
		err := a.Rows(f.Name, func(r *hmiscsv.Row) error {
			rows++
			if len(r.Issues) > 0 {
				faulty++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if faulty == 0 || faulty > rows/20 {
		t.Errorf("%d of %d rows have a fault", faulty, rows)
	}
	victim, stays := map[string]bool{"90001": true, "90101": true}, 0
	each(t, a, "Enrollment", func(row map[string]hmiscsv.Cell) {
		if victim[row["ProjectID"].S] {
			stays++
		}
	})
	if stays == 0 {
		t.Error("no stay with a victim service provider")
	}
}

// BenchmarkWrite is the speed of making a community, per client.
func BenchmarkWrite(b *testing.B) {
	b.ReportAllocs()
	const clients = 2000
	for b.Loop() {
		if err := Write(io.Discard, Options{Clients: clients, Seed: 1, Faults: true}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*clients)/b.Elapsed().Seconds(), "clients/s")
}
