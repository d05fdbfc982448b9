package store_test

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

const crowd = 10_000 // clients

var searched = flag.Int("searched", 20_000, "clients that BenchmarkSearch searches")

// BenchmarkSearch searches a community in a database: start-s is how long the index takes to read and build, MiB what it
// holds, and p99-ms how long the slowest of a hundred pages of 50 takes, found and read. The times by the
// processor are those of this process, whoever else is on the machine.
func BenchmarkSearch(b *testing.B) {
	for _, d := range storetest.Databases(b, server) {
		b.Run(d.Name, func(b *testing.B) {
			s := d.Open(b)
			storetest.Import(b, s, storetest.Community())
			s.Crowd(b, *searched)
			before := heap()
			began, processor := time.Now(), processorTime(b)
			prepared(b, s)
			start, startProcessor := time.Since(began), processorTime(b)-processor
			size := heap() - before
			j, p := "j", "p"
			for _, v := range []*policy.Viewer{viewer(b, s, policy.SystemAdmin, ""), viewer(b, s, policy.CaseManager, "1")} {
				ctx := as(b, s, v)
				for _, search := range []struct {
					name string
					what *store.ClientSearch
				}{{"initials", &store.ClientSearch{FirstName: &j, LastName: &p}}, {"name", byName("Jonade Pecoba")}, {"sound", soundsLike(byName("Jonade Pecoba"))},
					{"ssn", bySSN("900112222")}, {"last-four", bySSN("2222")}, {"dob", byDOB(1990, 4, 5)}} {
					b.Run(v.Role.String()+"/"+search.name, func(b *testing.B) {
						var took []time.Duration
						processor := processorTime(b)
						for b.Loop() {
							began := time.Now()
							if _, err := s.SearchClients(ctx, store.Page{}, search.what, nil, store.ByID); err != nil {
								b.Fatal(err)
							}
							took = append(took, time.Since(began))
						}
						slices.Sort(took)
						b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
						b.ReportMetric(float64(size)/(1<<20), "MiB")
						b.ReportMetric(start.Seconds(), "start-s")
						b.ReportMetric(startProcessor.Seconds(), "start-cpu-s")
						b.ReportMetric(float64((processorTime(b)-processor).Microseconds())/1000/float64(len(took)), "cpu-ms/op")
					})
				}
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkImport brings a whole export into an empty database.
func BenchmarkImport(b *testing.B) {
	path := storetest.WriteCrowd(b, crowd, hmis.FY2026)
	for _, d := range storetest.Databases(b, server) {
		b.Run(d.Name, func(b *testing.B) {
			rows := int64(0)
			var took time.Duration
			for b.Loop() {
				s := d.Open(b)
				began := time.Now()
				r, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "made-up"})
				if err != nil {
					b.Fatal(err)
				}
				took += time.Since(began)
				for _, f := range r.Files {
					rows += f.Read
				}
			}
			b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")
		})
	}
}

// BenchmarkImportFile is the speed of two wide files, from the first line read to the last row merged. On PostgreSQL,
// psql then copies the same rows into a table with the same columns and indexes: times-copy is how much longer the
// import takes.
func BenchmarkImportFile(b *testing.B) {
	path := storetest.WriteCrowd(b, crowd, hmis.FY2026)
	for _, d := range storetest.Databases(b, server) {
		b.Run(d.Name, func(b *testing.B) {
			took, copied, rows := map[string]time.Duration{}, map[string]time.Duration{}, map[string]int{}
			for b.Loop() {
				url := d.New(b)
				stays, disabilities := timeFiles(b, storetest.OpenURL(b, url), path)
				took["Enrollment"] += stays
				took["Disabilities"] += disabilities
				for file := range took {
					if d.Name == "postgres" {
						copied[file] += timeCopy(b, url, hmis.FileNamed(file).Table())
					}
				}
			}
			a := openExport(b, path)
			for file, t := range took {
				err := a.Rows(file, func(*hmiscsv.Row) error { rows[file]++; return nil })
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(rows[file]*b.N)/t.Seconds(), file+"-rows/s")
				if c := copied[file]; c > 0 {
					b.ReportMetric(t.Seconds()/c.Seconds(), file+"-times-copy")
				}
			}
		})
	}
}

func openExport(b *testing.B, path string) *hmiscsv.Archive {
	a, err := hmiscsv.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Close() })
	return a
}

func timeFiles(b *testing.B, s *store.Store, path string) (stays, disabilities time.Duration) {
	return s.TimeFiles(b, openExport(b, path), "Disabilities")
}

// timeCopy tells how long \copy takes for the rows of a table.
func timeCopy(b *testing.B, url, table string) time.Duration {
	b.Helper()
	file := filepath.Join(b.TempDir(), table)
	psql := func(command string) {
		if out, err := exec.Command("psql", url, "--quiet", "--command", command).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	psql(fmt.Sprintf(`\copy (SELECT * FROM %s ORDER BY id) TO '%s'`, table, file))
	psql(fmt.Sprintf(`CREATE TABLE copied_%[1]s (LIKE %[1]s INCLUDING ALL)`, table))
	began := time.Now()
	psql(fmt.Sprintf(`\copy copied_%s FROM '%s'`, table, file))
	return time.Since(began)
}
