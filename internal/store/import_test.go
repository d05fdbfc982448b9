package store_test

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var server string

func TestMain(m *testing.M) { os.Exit(storetest.Main(m, &server)) }

// onBoth runs a test on both databases: one behaviour.
func onBoth(t *testing.T, test func(t *testing.T, d storetest.Database)) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

func TestImportCommunity(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		rows := storetest.Community()
		first := storetest.Import(t, s, rows)
		for _, f := range hmis.Files() {
			want := int64(len(rows[f.Name]))
			if got := first.Files[f.Name]; got.Read != want || got.Added != want || got.Refused != 0 {
				t.Errorf("%s: %+v, want %d added", f.Name, got, want)
			}
		}
		if first.Issues != 0 {
			t.Errorf("%d issues in an export without faults: %s", first.Issues, issues(t, s, first.Run))
		}
		expectNothingDone(t, storetest.Import(t, s, rows))
	})
}

func expectNothingDone(t *testing.T, r *store.ImportReport) {
	t.Helper()
	for file, c := range r.Files {
		if c.Added+c.Changed+c.Removed != 0 {
			t.Errorf("%s was touched again: %+v", file, c)
		}
	}
}

func TestImportChanges(t *testing.T) {
	community := storetest.Community()
	later := func(r storetest.Rows, file, key string) storetest.Rows {
		return r.Set(file, key, "DateUpdated", "2025-06-15 08:00:00")
	}
	for _, c := range []struct {
		name string
		next storetest.Rows
		file string
		want store.FileReport
	}{
		{"a newer value goes in", later(community.Set("Client", "ada", "VeteranStatus", "1"), "Client", "ada"),
			"Client", store.FileReport{Read: 5, Changed: 1, Unchanged: 4}},
		{"an older DateUpdated never overwrites", community.Set("Client", "ada", "VeteranStatus", "1").Set("Client", "ada", "DateUpdated", "2025-05-01 08:00:00"),
			"Client", store.FileReport{Read: 5, Unchanged: 5}},
		{"another ExportID alone is no change", community.Set("Client", "ada", "ExportID", "x2"),
			"Client", store.FileReport{Read: 5, Unchanged: 5}},
		{"what a full export no longer has is removed", community.Without("Services", "ServicesID", "s5"),
			"Services", store.FileReport{Read: 4, Unchanged: 4, Removed: 1}},
		{"what a full export no longer has outside its period stays", community.Set("Export", "x1", "ExportStartDate", "2025-03-01").Without("Services", "ServicesID", "s5"),
			"Services", store.FileReport{Read: 4, Unchanged: 4}},
		{"a partial export removes nothing", community.Set("Export", "x1", "ExportDirective", "1").Without("Services", "ServicesID", "s5"),
			"Services", store.FileReport{Read: 4, Unchanged: 4}},
		{"other projects' records stay", community.Without("Services", "EnrollmentID", "e-eve-11").Without("Enrollment", "ProjectID", "11").Without("Project", "ProjectID", "11").
			Without("Funder", "ProjectID", "11").Without("ProjectCoC", "ProjectID", "11").Without("HMISParticipation", "ProjectID", "11").Without("CEParticipation", "ProjectID", "11").
			Without("Services", "EnrollmentID", "e-ada-11").Without("Exit", "EnrollmentID", "e-ada-11"),
			"Services", store.FileReport{Read: 2, Unchanged: 2}},
		{"a row says itself that it is deleted", later(community.Set("Services", "s5", "DateDeleted", "2025-06-15 08:00:00"), "Services", "s5"),
			"Services", store.FileReport{Read: 5, Unchanged: 4, Removed: 1}},
		{"what hangs on a removed stay is removed", community.Without("Enrollment", "EnrollmentID", "e-eve-11").Without("Services", "EnrollmentID", "e-eve-11"),
			"Services", store.FileReport{Read: 4, Unchanged: 4, Removed: 1}},
		{"a client is never removed for being absent", community.Without("Client", "PersonalID", "eve").Without("Enrollment", "PersonalID", "eve").Without("Services", "PersonalID", "eve"),
			"Client", store.FileReport{Read: 4, Unchanged: 4}},
		{"a row of an unknown stay is refused", later(community.Set("Services", "s5", "EnrollmentID", "nobody"), "Services", "s5"),
			"Services", store.FileReport{Read: 5, Unchanged: 4, Refused: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, d storetest.Database) {
				s := d.Open(t)
				storetest.Import(t, s, community)
				got := storetest.Import(t, s, c.next)
				if diff := cmp.Diff(&c.want, got.Files[c.file]); diff != "" {
					t.Errorf("%s (-want +got):\n%s\n%s", c.file, diff, issues(t, s, got.Run))
				}
				expectNothingDone(t, storetest.Import(t, s, c.next))
			})
		})
	}
}

// What was marked deleted comes back with the next export that has it.
func TestImportRestores(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		storetest.Import(t, s, storetest.Community().Without("Services", "ServicesID", "s5"))
		if c := storetest.Import(t, s, storetest.Community()).Files["Services"]; c.Changed != 1 {
			t.Errorf("%+v, want one changed", c)
		}
	})
}

// A victim service provider's clients never enter, whatever the order of the files and whatever else is wrong with their
// rows, and leave when the flag comes late. Nothing of their rows stays in the issues.
func TestVictimServices(t *testing.T) {
	community := storetest.Community().Set("Enrollment", "e-bea-21", "LivingSituation", "777").Set("YouthEducationStatus", "y1", "CurrentEdStatus", "777")
	flagged := community.Set("Organization", "2", "VictimServiceProvider", "1")
	for _, c := range []struct {
		name    string
		flagged storetest.Rows
	}{
		{"organization", flagged},
		{"comparable database", community.Set("HMISParticipation", "d21", "HMISParticipationType", "2").Set("HMISParticipation", "d22", "HMISParticipationType", "2")},
		{"the only stay has no day", flagged.Set("Enrollment", "e-bea-21", "EntryDate", "soon")},
		{"the only stay names no project", flagged.Set("Enrollment", "e-bea-21", "ProjectID", "")},
		{"the only stay names no client", flagged.Set("Enrollment", "e-bea-21", "PersonalID", "")},
		{"the only stay has no key", flagged.Set("Enrollment", "e-bea-21", "EnrollmentID", "")},
		{"the only stay is not in the export", flagged.Without("Enrollment", "EnrollmentID", "e-bea-21")},
		{"a record has no day", flagged.Set("YouthEducationStatus", "y1", "InformationDate", "soon")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, d storetest.Database) {
				first := d.Open(t)
				r := storetest.Import(t, first, c.flagged)
				expectNoneOf(t, first, "made-up")
				if got := r.Files["Client"].Refused; got != 1 { // Bea stays nowhere else
					t.Errorf("%d clients refused, want 1", got)
				}
				if got, want := r.Files["Enrollment"].Refused, int64(len(c.flagged["Enrollment"])-4); got != want { // four stays are elsewhere
					t.Errorf("%d enrollments refused, want %d", got, want)
				}
				expectNoValues(t, first, r.Run)
				later := d.Open(t)
				known := storetest.Import(t, later, community)
				expectNoValues(t, later, storetest.Import(t, later, c.flagged).Run)
				expectNoneOf(t, later, "made-up")
				expectNoValues(t, later, known.Run)
			})
		})
	}
}

// expectNoValues looks for what is left of rows in the issues of a run.
func expectNoValues(t *testing.T, s *store.Store, run int64) {
	t.Helper()
	list, err := s.Issues(s.System(context.Background(), "a test looks at everything"), run, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Error("no issue is left")
	}
	for _, i := range list {
		if i.Value != "" {
			t.Errorf("an issue keeps %q: %+v", i.Value, i)
		}
	}
}

func expectNoneOf(t *testing.T, s *store.Store, source string) {
	t.Helper()
	ctx := s.System(context.Background(), "a test looks at everything")
	for _, id := range []string{"e-ada-21", "e-bea-21", "e-cal-22"} {
		if e, err := s.EnrollmentNamed(ctx, source, id); e != nil || err != nil {
			t.Errorf("enrollment %s is here (%v)", id, err)
		}
	}
	if c, err := s.ClientNamed(ctx, source, "bea"); c != nil || err != nil {
		t.Errorf("client bea is here (%v)", err)
	}
	if c, err := s.ClientNamed(ctx, source, "ada"); c == nil || err != nil {
		t.Errorf("client ada, who stays elsewhere too, is not here (%v)", err)
	}
	income, err := s.IncomeBenefits(ctx, store.Page{}, nil, store.ByID)
	if err != nil || len(income.Edges()) != 0 {
		t.Errorf("%d income rows are here (%v)", len(income.Edges()), err)
	}
}

func TestImportRefuses(t *testing.T) {
	community := storetest.Community()
	for _, c := range []struct {
		name string
		rows storetest.Rows
		want string
	}{
		{"rows of an unknown project", community.Set("Enrollment", "e-eve-11", "ProjectID", "99"), "is not in Project.csv"},
		{"a descriptor of an unknown project", community.Set("Funder", "f1", "ProjectID", "99"), "is not in Project.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, d storetest.Database) {
				s := d.Open(t)
				_, err := storetest.ImportPath(s, c.rows.WriteZip(t, hmis.FY2026), store.ImportOptions{Source: "made-up"})
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want one sentence with %q", err, c.want)
				}
				expectEmpty(t, s)
			})
		})
	}
}

func expectEmpty(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := s.System(context.Background(), "a test looks at everything")
	organizations, err := s.Organizations(ctx, store.Page{}, store.ByID)
	if err != nil || len(organizations.Edges()) != 0 {
		t.Errorf("%d organizations are here (%v)", len(organizations.Edges()), err)
	}
	if sources, err := s.Sources(ctx); err != nil || len(sources) != 0 {
		t.Errorf("%d sources are here (%v)", len(sources), err)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		path := storetest.Community().WriteZip(t, hmis.FY2026)
		for range 2 {
			r, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "made-up", DryRun: true})
			if err != nil || r.Files["Client"].Added != 5 {
				t.Fatalf("%+v %v", r, err)
			}
		}
		expectEmpty(t, s)
	})
}

// Another share of rows than usual is missing: the import stops and asks.
func TestManyRemovalsAsk(t *testing.T) {
	full := storetest.Community()
	for i := range 100 {
		full["Services"] = append(full["Services"], map[string]string{"ServicesID": "n" + strconv.Itoa(i), "EnrollmentID": "e-eve-11", "PersonalID": "eve",
			"DateProvided": "2025-03-01", "RecordType": "200", "TypeProvided": "200"})
	}
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, full)
		path := storetest.Community().WriteZip(t, hmis.FY2026)
		if _, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "made-up"}); hmis.CodeOf(err) != hmis.Conflict {
			t.Errorf("got %v, want a conflict", err)
		}
		r, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "made-up", AcceptRemovals: true})
		if err != nil || r.Files["Services"].Removed != 100 {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// The same people in the FY2024 format give the same records, but for what the years differ in.
func TestYearsAgree(t *testing.T) {
	rows := storetest.Community()
	old := rows.Set("Export", "x1", "CSVVersion", "2024 v1.7")
	for _, c := range rows["Client"] {
		rows = rows.Set("Client", c["PersonalID"], "Sex", "")
	}
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, rows)
		r, err := storetest.ImportPath(s, old.WriteZip(t, hmis.FY2024), store.ImportOptions{Source: "made-up"})
		if err != nil {
			t.Fatal(err)
		}
		if r.Year != hmis.FY2024 {
			t.Errorf("read as FY%d", r.Year)
		}
		r.Files["Export"] = &store.FileReport{} // it says its year
		expectNothingDone(t, r)
	})
}

// A made-up community as an FY2024 export gives the same records as its FY2026 twin, in every column of both years.
func TestTwinYears(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		older, newer := d.Open(t), d.Open(t)
		for year, s := range map[hmis.Year]*store.Store{hmis.FY2024: older, hmis.FY2026: newer} {
			if _, err := storetest.ImportPath(s, storetest.WriteCrowd(t, 400, year), store.ImportOptions{Source: "made-up"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range hmis.Files() {
			var both []*hmis.Column
			for _, c := range f.Columns {
				if c.In(hmis.FY2024) && c.In(hmis.FY2026) && c.Name != "CSVVersion" {
					both = append(both, c)
				}
			}
			want := newer.Records(t, f, both)
			if len(want) == 0 {
				t.Errorf("%s has no rows", f.Name)
			}
			if diff := cmp.Diff(want, older.Records(t, f, both)); diff != "" {
				t.Errorf("%s (-FY2026 +FY2024):\n%.2000s", f.Name, diff)
			}
		}
	})
}

// The real exports go in on both databases, row for row, and a second time nothing happens.
func TestRealExports(t *testing.T) {
	cases := storetest.Cases(t)
	for _, name := range []string{"eva-demo-fy2026.zip", "tk1-fy2026.zip"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, d storetest.Database) {
				s := d.Open(t)
				path := filepath.Join(cases, name)
				r, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "real"})
				if err != nil {
					t.Fatal(err)
				}
				expectCounts(t, path, r)
				for _, f := range hmis.Files() {
					if got, want := len(s.Records(t, f, nil)), r.Files[f.Name].Added; int64(got) != want {
						t.Errorf("%s: %d records are in the hub, want %d", f.Name, got, want)
					}
				}
				again, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "real"})
				if err != nil {
					t.Fatal(err)
				}
				expectNothingDone(t, again)
			})
		})
	}
}

// expectCounts compares the report with the lines of the files.
func expectCounts(t *testing.T, path string, r *store.ImportReport) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, entry := range z.File {
		f, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		table := csv.NewReader(f)
		table.LazyQuotes = true
		lines := int64(-1)
		for {
			if _, err := table.Read(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			lines++
		}
		file := strings.TrimSuffix(entry.Name, ".csv")
		if c := r.Files[file]; c.Read != lines || c.Added+c.Refused != lines {
			t.Errorf("%s: %+v, the file has %d rows", file, c, lines)
		}
	}
}

// The faults that are known to be in Eva's demo export and that can be seen at import, by how the issue list words them.
func TestKnownFaultsAreListed(t *testing.T) {
	cases := storetest.Cases(t)
	known := []struct {
		file, column, reason string
		issues               int64
	}{
		{"Client", "Sex", "HUD has it at 11", 1}, {"Client", "DateUpdated", "dd-mm-yy", 4146}, {"Client", "RaceNone", "no such code", 1},
		{"Client", "FirstName", "share one hashed", 1}, {"CurrentLivingSituation", "CurrentLivingSituation", "no such code", 1},
		{"Disabilities", "TCellCount", "letter case", 1}, {"Disabilities", "TCellSource", "letter case", 1},
		{"Enrollment", "MentalHealthConsultation", "HUD has it at 62", 1}, {"Enrollment", "DateUpdated", "no time of day", 4767},
		{"Disabilities", "DateUpdated", "no time of day", 41}, {"EmploymentEducation", "DateUpdated", "no time of day", 10},
		{"HealthAndDV", "DateUpdated", "no time of day", 10}, {"IncomeBenefits", "DateUpdated", "no time of day", 10},
		{"YouthEducationStatus", "DateUpdated", "no time of day", 2}, {"Exit", "DateUpdated", "no time of day", 1},
		{"Disabilities", "DateCreated", "no time of day", 41}, {"EmploymentEducation", "DateCreated", "no time of day", 10},
		{"HealthAndDV", "DateCreated", "no time of day", 10}, {"IncomeBenefits", "DateCreated", "no time of day", 10},
		{"Enrollment", "EnrollmentCoC", "must not be empty", 4}, {"Enrollment", "EnrollmentCoC", "no row of ProjectCoC", 2},
		{"Enrollment", "EntryDate", "before the OperatingStartDate", 20}, {"Enrollment", "EnrollmentID", "same day", 12},
		{"Enrollment", "RelationshipToHoH", "more than one head", 12}, {"Exit", "ExitDate", "after the end of the export period", 5},
		{"Project", "RRHSubType", "must not be empty", 1}, {"Project", "ProjectID", "no row in ProjectCoC", 1},
		{"Project", "ProjectID", "no row in HMISParticipation", 1}, {"Project", "ProjectID", "no row in CEParticipation", 1},
		{"ProjectCoC", "Geocode", "must not be empty", 1}, {"Services", "SubTypeProvided", "must be empty", 4433},
		{"Services", "SubTypeProvided", "no such code", 7}, {"Services", "TypeProvided", "no such code", 18}, {"User", "UserID", "none of that id", 24},
	}
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		r, err := storetest.ImportPath(s, filepath.Join(cases, "eva-demo-fy2026.zip"), store.ImportOptions{Source: "eva"})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range known {
			got, err := s.CountIssues(s.System(context.Background(), "a test looks at everything"), r.Run, k.file, k.column, k.reason)
			if err != nil || got != k.issues {
				t.Errorf("%s.%s %q: %d issues, want %d (%v)", k.file, k.column, k.reason, got, k.issues, err)
			}
		}
	})
}

func issues(t *testing.T, s *store.Store, run int64) string {
	t.Helper()
	list, err := s.Issues(s.System(context.Background(), "a test looks at everything"), run, 20)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, i := range list {
		b.WriteString(i.File + " " + strconv.Itoa(i.Line) + " " + i.Column + ": " + i.Reason + "\n")
	}
	return b.String()
}
