package cli

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var (
	postgresURL string
	kills       = flag.Int("kills", 4, "how many imports to kill on each database")
)

// asCommand makes the test binary the hearth command itself.
const asCommand = "HEARTH_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(postgres{m}, map[string]func(){
		"hearth": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// postgres runs the tests with a PostgreSQL; the commands of the scripts run without.
type postgres struct{ m *testing.M }

func (p postgres) Run() int { return storetest.Main(p.m, &postgresURL) }

// The commands as a person and a script use them. Each script runs on both databases.
func TestCommands(t *testing.T) {
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir: "testdata",
				Setup: func(env *testscript.Env) error {
					env.Setenv("HEARTH_DB", d.New(t))
					env.Setenv("HEARTH_KEYS", filepath.Join(env.WorkDir, "keys.json"))
					env.Setenv("TODAY", hmis.DateOf(time.Now().UTC()).String())
					return os.CopyFS(filepath.Join(env.WorkDir, "exports"), os.DirFS(exports(t)))
				},
			})
		})
	}
}

// What SQLite alone has.
func TestCommandsOfSQLite(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/sqlite",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HEARTH_DB", "sqlite:"+filepath.Join(env.WorkDir, "hub.db"))
			env.Setenv("HEARTH_KEYS", filepath.Join(env.WorkDir, "keys.json"))
			return os.CopyFS(filepath.Join(env.WorkDir, "exports"), os.DirFS(exports(t)))
		},
	})
}

// exports is a folder with made-up exports, good and bad.
func exports(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	community := storetest.Community()
	twice := community.Clone()
	twice["Export"] = append(twice["Export"], twice["Export"][0])
	none := community.Clone()
	delete(none, "Export")
	for name, rows := range map[string]storetest.Rows{
		"good": community, "two-export-rows": twice, "no-export-row": none,
		"wrong-year":      community.Set("Export", "x1", "CSVVersion", "2022 v1.3"),
		"unknown-project": community.Set("Enrollment", "e-eve-11", "ProjectID", "99"),
		"victims":         community.Set("Organization", "2", "VictimServiceProvider", "1"),
	} {
		if err := os.Rename(rows.WriteZip(t, hmis.FY2026), filepath.Join(folder, name+".zip")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(community.Set("Export", "x1", "CSVVersion", "2024 v1.7").WriteZip(t, hmis.FY2024), filepath.Join(folder, "fy2024.zip")); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(file, text string) (string, bool){
		"no-export": without("Export"), "no-client": without("Client"), "no-enrollment": without("Enrollment"),
		"no-project": without("Project"), "no-organization": without("Organization"),
		"no-column": func(file, text string) (string, bool) {
			return strings.ReplaceAll(text, "VeteranStatus", "Veteran"), true
		},
	} {
		rewrite(t, filepath.Join(folder, "good.zip"), filepath.Join(folder, name+".zip"), change)
	}
	return folder
}

func without(name string) func(file, text string) (string, bool) {
	return func(file, text string) (string, bool) { return text, file != name+".csv" }
}

// rewrite copies a zip with each file as change gives it, and without those that it does not keep.
func rewrite(t testing.TB, from, to string, change func(file, text string) (string, bool)) {
	t.Helper()
	in, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		text, err := fs.ReadFile(in, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if changed, keep := change(f.Name, string(text)); keep {
			w, err := z.Create(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(w, changed); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(z.Close(), os.WriteFile(to, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// An import that is killed at any moment leaves the state before or the state after, and can be run again.
func TestKilledImport(t *testing.T) {
	path := crowd().WriteZip(t, hmis.FY2026)
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) {
			keys := filepath.Join(t.TempDir(), "keys.json")
			whole := hearth(t, keys, d.New(t), "import", path, "--source", "made-up")
			began := time.Now()
			if err := whole.Run(); err != nil {
				t.Fatal(err)
			}
			lasts := time.Since(began)
			before, after := 0, 0
			for range *kills {
				url := d.New(t)
				c := hearth(t, keys, url, "import", path, "--source", "made-up")
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(rand.Int64N(int64(lasts))))
				_ = c.Process.Kill()
				_ = c.Wait()
				switch added := wouldAdd(t, keys, url, path); added {
				case crowdSize:
					before++
				case 0:
					after++
				default:
					t.Fatalf("after the kill %d of %d clients are missing", added, crowdSize)
				}
				if err := hearth(t, keys, url, "import", path, "--source", "made-up").Run(); err != nil {
					t.Fatalf("the import cannot be run again: %v", err)
				}
				if added := wouldAdd(t, keys, url, path); added != 0 {
					t.Fatalf("after the second run %d clients are missing", added)
				}
			}
			t.Logf("%d kills in imports of %v: %d times the state before, %d times the state after", *kills, lasts.Round(time.Millisecond), before, after)
		})
	}
}

const crowdSize = 3000

// crowd is many clients with a stay and a service each.
func crowd() storetest.Rows {
	r := storetest.Community()
	for _, file := range []string{"Client", "Enrollment", "Services", "Exit", "Disabilities", "IncomeBenefits", "HealthAndDV",
		"CurrentLivingSituation", "EmploymentEducation", "Assessment", "AssessmentQuestions", "AssessmentResults", "Event", "YouthEducationStatus"} {
		r[file] = nil
	}
	for i := range crowdSize {
		id := fmt.Sprint(i)
		r["Client"] = append(r["Client"], map[string]string{"PersonalID": id, "NameDataQuality": "99", "SSNDataQuality": "99", "DOBDataQuality": "99", "VeteranStatus": "99", "RaceNone": "99"})
		r["Enrollment"] = append(r["Enrollment"], map[string]string{"EnrollmentID": id, "PersonalID": id, "ProjectID": "11", "EntryDate": "2025-01-01", "HouseholdID": id, "RelationshipToHoH": "1", "EnrollmentCoC": "NY-600", "DisablingCondition": "99"})
		r["Services"] = append(r["Services"], map[string]string{"ServicesID": id, "EnrollmentID": id, "PersonalID": id, "DateProvided": "2025-01-01", "RecordType": "200", "TypeProvided": "200"})
	}
	return r
}

func wouldAdd(t *testing.T, keys, url, path string) int64 {
	t.Helper()
	c := hearth(t, keys, url, "import", path, "--source", "made-up", "--dry-run", "--json")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var r store.ImportReport
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	if f := r.Files["Client"]; f.Changed+f.Removed+f.Refused != 0 {
		t.Fatalf("a dry run after the kill: %+v", f)
	}
	return r.Files["Client"].Added
}

func hearth(t *testing.T, keys, url string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asCommand+"=1", "HEARTH_DB="+url, "HEARTH_KEYS="+keys)
	return c
}
