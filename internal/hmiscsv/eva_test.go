package hmiscsv

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/kit"
)

// facts reads the counts of eva-demo-facts.csv by "file,fault".
func facts(t *testing.T) map[string]int {
	t.Helper()
	f, err := os.Open(kit.Path(t, "eva-demo-facts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range records[1:] {
		n, err := strconv.Atoi(r[2])
		if err != nil {
			t.Fatal(err)
		}
		counts[r[0]+","+r[1]] = n
	}
	return counts
}

// TestEva reads Eva's demo export and finds each known fault that a row or a header alone can show.
func TestEva(t *testing.T) {
	t.Parallel()
	want := facts(t)
	a := open(t, kit.Path(t, "eva-demo-fy2026.zip"))
	found := map[string]int{} // "file,column,reason"
	for _, i := range a.Issues() {
		found[i.File+","+i.Column+","+i.Reason]++
	}
	if len(a.Issues()) != 4 {
		t.Errorf("%d issues on opening, want 4: %v", len(a.Issues()), a.Issues())
	}
	for _, f := range hmis.Files() {
		rows := 0
		err := a.Rows(f.Name, func(r *Row) error {
			rows++
			for _, i := range r.Issues {
				found[i.File+","+i.Column+","+i.Reason]++
			}
			if r.Refused() {
				t.Errorf("%s line %d is refused", f.Name, r.Line)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if rows != want[f.Name+",rows"] {
			t.Errorf("%s has %d rows, want %d", f.Name, rows, want[f.Name+",rows"])
		}
	}
	const noTime = "no time of day; read as midnight; HUD writes yyyy-mm-dd hh:mm:ss"
	for issue, fact := range map[string]string{
		"Client,Sex,column Sex is at 38, HUD has it at 11":                                               "Client,column Sex is the last, not the 11th",
		"Enrollment,MentalHealthConsultation,column MentalHealthConsultation is at 67, HUD has it at 62": "Enrollment,column MentalHealthConsultation is the last, not the 62nd",
		"Client,DateUpdated,read as dd-mm-yy at midnight; HUD writes yyyy-mm-dd hh:mm:ss":                "Client,DateUpdated written dd-mm-yy",
		"Client,RaceNone,HUD's FY2026 list 1.6 has no such code":                                         "Client,RaceNone is 0, no such code",
		"CurrentLivingSituation,CurrentLivingSituation,HUD's FY2026 list 4.12 has no such code":          "CurrentLivingSituation,CurrentLivingSituation is 999, no such code",
		"Enrollment,DateUpdated," + noTime:                                                               "Enrollment,DateUpdated without a time",
		"Disabilities,DateUpdated," + noTime:                                                             "Disabilities,DateUpdated without a time",
		"EmploymentEducation,DateUpdated," + noTime:                                                      "EmploymentEducation,DateUpdated without a time",
		"HealthAndDV,DateUpdated," + noTime:                                                              "HealthAndDV,DateUpdated without a time",
		"IncomeBenefits,DateUpdated," + noTime:                                                           "IncomeBenefits,DateUpdated without a time",
		"YouthEducationStatus,DateUpdated," + noTime:                                                     "YouthEducationStatus,DateUpdated without a time",
		"Exit,DateUpdated," + noTime:                                                                     "Exit,DateUpdated without a time",
		"Disabilities,DateCreated," + noTime:                                                             "Disabilities,DateCreated without a time",
		"EmploymentEducation,DateCreated," + noTime:                                                      "EmploymentEducation,DateCreated without a time",
		"HealthAndDV,DateCreated," + noTime:                                                              "HealthAndDV,DateCreated without a time",
		"IncomeBenefits,DateCreated," + noTime:                                                           "IncomeBenefits,DateCreated without a time",
		"Enrollment,EnrollmentCoC,must not be empty":                                                     "Enrollment,EnrollmentCoC empty",
		"Project,RRHSubType,must not be empty where ProjectType=13":                                      "Project,RRH (13) without RRHSubType",
		"ProjectCoC,Geocode,must not be empty":                                                           "ProjectCoC,Geocode empty",
		"Services,SubTypeProvided,must be empty unless RecordType=144 and TypeProvided in 3;4;5":         "Services,SubTypeProvided filled where it must be empty",
		"Services,SubTypeProvided,HUD's FY2026 list V2.A has no such code":                               "Services,SubTypeProvided with a code that its list lacks",
		"Services,TypeProvided,HUD's FY2026 list 4.14 has no such code":                                  "Services,bed night (RecordType 200) with TypeProvided 2, not 200",
	} {
		n, known := want[fact]
		if !known || found[issue] != n {
			t.Errorf("%s: found %d, want %d", issue, found[issue], n)
		}
	}
	letters := found["Disabilities,TCellCount,the column's name is written in other letter case than HUD's"] +
		found["Disabilities,TCellSource,the column's name is written in other letter case than HUD's"]
	if n := want["Disabilities,headers in other letter case (TcellCount, TcellSource)"]; letters != n {
		t.Errorf("%d headers in other letter case, want %d", letters, n)
	}
}

// TestKit reads HUD's test kit, in which no row is unusable.
func TestKit(t *testing.T) {
	t.Parallel()
	a := open(t, kit.Path(t, "tk1-fy2026.zip"))
	rows := map[string]int{}
	for _, f := range hmis.Files() {
		err := a.Rows(f.Name, func(r *Row) error {
			rows[f.Name]++
			if r.Refused() {
				t.Errorf("%s line %d is refused: %v", f.Name, r.Line, r.Issues)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if rows["Client"] != 48 || rows["Enrollment"] != 347 || rows["Project"] != 10 {
		t.Errorf("got %v", rows)
	}
}

// TestCasesAgain writes what it read of each case and reads the same rows back.
func TestCasesAgain(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"eva-demo-fy2026.zip", "tk1-fy2026.zip"} {
		a := open(t, kit.Path(t, name))
		var out bytes.Buffer
		w := NewWriter(&out, a.Year)
		for _, f := range hmis.Files() {
			if err := a.Rows(f.Name, func(r *Row) error { return w.Write(f.Name, r.Cells) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, writeFile(t, out.Bytes()))
		for _, f := range hmis.Files() {
			if got, want := sumOf(t, again, f.Name), sumOf(t, a, f.Name); got != want {
				t.Errorf("%s: %s differs after writing and reading", name, f.Name)
			}
		}
	}
}

// sumOf hashes every cell of a file.
func sumOf(t *testing.T, a *Archive, file string) [sha256.Size]byte {
	t.Helper()
	h := sha256.New()
	if err := a.Rows(file, func(r *Row) error {
		fmt.Fprintln(h, r.Cells)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
