package hmiscsv

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// set is a small export: file names and what they hold. Everybody in it is made up.
type set map[string]string

func header(file string, y hmis.Year) string {
	var names []string
	for _, c := range hmis.FileNamed(file).Header(y) {
		names = append(names, c.NameIn(y))
	}
	return strings.Join(names, ",")
}

// line writes a row of the file with the named values; the other columns are as in a sound row.
func line(t testing.TB, file string, y hmis.Year, values map[string]string) string {
	t.Helper()
	rest := maps.Clone(values)
	var cells []string
	for _, c := range hmis.FileNamed(file).Header(y) {
		name := c.NameIn(y)
		value, ok := rest[name]
		if !ok {
			value = sound[name]
			if v, own := sound[file+"."+name]; own {
				value = v
			}
		}
		delete(rest, name)
		cells = append(cells, value)
	}
	for name := range rest {
		t.Fatalf("%s has no column %s", file, name)
	}
	return strings.Join(cells, ",")
}

// sound holds what a row without a fault has in its required columns.
var sound = map[string]string{
	"ExportID": "E1", "SourceType": "4", "SourceName": "Brookside", "ExportDate": "2026-01-05 08:00:00",
	"ExportStartDate": "2025-01-01", "ExportEndDate": "2025-12-31", "SoftwareName": "Hearth", "CSVVersion": "v1",
	"ExportPeriodType": "3", "ExportDirective": "2", "HashStatus": "1", "ImplementationID": "I1",
	"PersonalID": "P1", "NameDataQuality": "99", "SSNDataQuality": "99", "DOBDataQuality": "99",
	"AmIndAKNative": "0", "Asian": "0", "BlackAfAmerican": "0", "HispanicLatinao": "0", "HispanicLatinaeo": "0",
	"MidEastNAfrican": "0", "NativeHIPacific": "0", "White": "1", "VeteranStatus": "0", "Woman": "0", "Man": "1", "NonBinary": "0",
	"CulturallySpecific": "0", "Transgender": "0", "Questioning": "0", "DifferentIdentity": "0",
	"DateCreated": "2025-02-01 10:00:00", "DateUpdated": "2025-02-02 11:30:00", "UserID": "U1",
	"EnrollmentID": "N1", "ProjectID": "R1", "EntryDate": "2025-02-01", "HouseholdID": "H1", "RelationshipToHoH": "1",
	"EnrollmentCoC": "XX-500", "DisablingCondition": "0", "OrganizationID": "O1", "OrganizationName": "Brookside",
	"VictimServiceProvider": "0", "ProjectName": "Night Shelter", "OperatingStartDate": "2020-01-01", "ContinuumProject": "0",
	"ServicesID": "S1", "DateProvided": "2025-02-02", "RecordType": "200", "TypeProvided": "200",
	"ExitID": "X1", "ExitDate": "2025-03-01", "Destination": "410",
	"IncomeBenefitsID": "B1", "InformationDate": "2025-02-01", "DataCollectionStage": "1",
}

// base is an export that nothing is wrong with.
func base(t testing.TB, y hmis.Year) set {
	s := set{}
	for _, file := range []string{"Export", "Client", "Enrollment", "Project", "Organization"} {
		s[file+".csv"] = header(file, y) + "\n" + line(t, file, y, map[string]string{}) + "\n"
	}
	s["Export.csv"] = strings.Replace(s["Export.csv"], ",v1,", map[hmis.Year]string{hmis.FY2024: ",2024 v1,", hmis.FY2026: ",2026 v1,"}[y], 1)
	return s
}

// with returns the set with other contents; an empty one takes the file away.
func (s set) with(name, content string) set {
	s = maps.Clone(s)
	if s[name] = content; content == "" {
		delete(s, name)
	}
	return s
}

func (s set) zip(t testing.TB) string {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(s)) {
		w, err := zw.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, s[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return writeFile(t, buf.Bytes())
}

func writeFile(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.zip")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s set) folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range s {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, path string) *Archive {
	t.Helper()
	a, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// memory opens a set without a file system.
func (s set) memory() (*Archive, error) {
	var members []*member
	for _, name := range slices.Sorted(maps.Keys(s)) {
		content := s[name]
		members = append(members, &member{path: name, size: int64(len(content)),
			open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }})
	}
	return newArchive(members, nil)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	full := base(t, hmis.FY2026)
	client := strings.Split(full["Client.csv"], "\n")
	damaged, err := os.ReadFile(full.zip(t))
	if err != nil {
		t.Fatal(err)
	}
	fy2022 := strings.NewReplacer("Sex,", "", "HispanicLatinao", "Ethnicity", "MidEastNAfrican", "NoSingleGender").Replace(client[0])
	for name, c := range map[string]struct {
		path string
		want string
	}{
		"no such path":       {filepath.Join(t.TempDir(), "none.zip"), "no file or folder"},
		"no zip":             {writeFile(t, []byte("PersonalID,FirstName\n")), "neither a zip file nor a folder"},
		"cut zip":            {writeFile(t, damaged[:len(damaged)-40]), "the zip is damaged or incomplete"},
		"empty folder":       {t.TempDir(), "Export.csv is missing"},
		"no Export":          {full.with("Export.csv", "").zip(t), "Export.csv is missing"},
		"no Client":          {full.with("Client.csv", "").zip(t), "Client.csv is missing"},
		"no Enrollment":      {full.with("Enrollment.csv", "").zip(t), "Enrollment.csv is missing"},
		"no Project":         {full.with("Project.csv", "").zip(t), "Project.csv is missing"},
		"no Organization":    {full.with("Organization.csv", "").zip(t), "Organization.csv is missing"},
		"Export without row": {full.with("Export.csv", header("Export", hmis.FY2026)+"\n").zip(t), "Export.csv has no row"},
		"Export with two":    {full.with("Export.csv", full["Export.csv"]+line(t, "Export", hmis.FY2026, nil)+"\n").zip(t), "Export.csv has 2 rows"},
		"Export without id":  {full.with("Export.csv", strings.Replace(full["Export.csv"], "E1,", ",", 1)).zip(t), "no ExportID"},
		"Export without end": {full.with("Export.csv", strings.Replace(full["Export.csv"], "2025-12-31", "soon", 1)).zip(t), "must both be dates"},
		"FY2022 columns":     {full.with("Client.csv", fy2022+"\n").with("Enrollment.csv", strings.Replace(full["Enrollment.csv"], "MentalHealthConsultation,", "", 1)).zip(t), "neither FY2024 nor FY2026"},
		"CSVVersion 2022":    {full.with("Export.csv", strings.Replace(full["Export.csv"], "2026 v1", "2022 v1.3", 1)).zip(t), "format is that of 2022"},
		"missing columns":    {full.with("Client.csv", strings.Replace(full["Client.csv"], "SSN,", "", 1)).zip(t), "Client.csv lacks the column SSN;"},
		"no header row":      {full.with("Client.csv", client[1]+"\n").with("Enrollment.csv", "N1,P1\n").zip(t), "no header row"},
		"empty file":         {full.with("Enrollment.csv", "\n\n").zip(t), "Enrollment.csv is empty"},
		"twice":              {full.with("old/CLIENT.CSV", full["Client.csv"]).zip(t), "Client.csv is in the export twice"},
		"one endless line":   {full.with("User.csv", strings.Repeat("x", 2<<20)).zip(t), "User.csv has no header row"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := Open(c.path)
			var refusal *hmis.Error
			if !errors.As(err, &refusal) || refusal.Code != hmis.Invalid {
				t.Fatalf("got %v, %v, want an hmis.Error of code Invalid", a, err)
			}
			if !strings.Contains(refusal.Message, c.want) {
				t.Errorf("got %q, want %q in it", refusal.Message, c.want)
			}
		})
	}
}

// Zips that are sound but of a kind that cannot be unpacked here.
func TestZipKinds(t *testing.T) {
	t.Parallel()
	for want, kind := range map[string]zip.FileHeader{
		"protected by a password": {Flags: 1},
		"packed in a way":         {Method: 9}, // Deflate64
	} {
		var buf bytes.Buffer
		zw := zip.NewWriter(&buf)
		for name := range base(t, hmis.FY2026) {
			h := kind
			h.Name = name
			if _, err := zw.CreateRaw(&h); err != nil {
				t.Fatal(err)
			}
		}
		if err := zw.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(writeFile(t, buf.Bytes())); hmis.CodeOf(err) != hmis.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A zip of too many files, or that unpacks to too much, is refused before anything is unpacked.
func TestZipBombs(t *testing.T) {
	t.Parallel()
	for what, files := range map[string][]zip.FileHeader{
		"many files":       slices.Repeat([]zip.FileHeader{{Name: "Client.csv"}}, mostFiles+1),
		"one large file":   {{Name: "Client.csv", UncompressedSize64: mostBytes + 1}},
		"two large files":  {{Name: "Client.csv", UncompressedSize64: mostBytes / 2}, {Name: "Exit.csv", UncompressedSize64: mostBytes/2 + 1}},
		"more than can be": {{Name: "Client.csv", UncompressedSize64: 1<<64 - 1}},
	} {
		var buf bytes.Buffer
		zw := zip.NewWriter(&buf)
		for _, h := range files {
			if _, err := zw.CreateRaw(&h); err != nil {
				t.Fatal(err)
			}
		}
		if err := zw.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(writeFile(t, buf.Bytes())); hmis.CodeOf(err) != hmis.Invalid || !strings.Contains(err.Error(), "the zip holds more than") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A fault behind the directory of the zip shows only when the file is read.
func TestDamageInside(t *testing.T) {
	t.Parallel()
	s := base(t, hmis.FY2026)
	s["User.csv"] = header("User", hmis.FY2026) + "\n" + strings.Repeat(line(t, "User", hmis.FY2026, nil)+"\n", 5000)
	path := s.zip(t)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(b[:bytes.Index(b, []byte("PK\x01\x02"))], []byte("User.csv"))
	for i := at + 200; i < at+230; i++ {
		b[i] ^= 0x55
	}
	a, err := Open(writeFile(t, b))
	if err == nil {
		err = a.Rows("User", func(*Row) error { return nil })
	}
	if hmis.CodeOf(err) != hmis.Invalid || !strings.Contains(err.Error(), "User.csv in the zip is damaged") {
		t.Errorf("got %v", err)
	}
}

func TestOpenYear(t *testing.T) {
	t.Parallel()
	for _, y := range []hmis.Year{hmis.FY2024, hmis.FY2026} {
		for how, path := range map[string]string{"zip": base(t, y).zip(t), "folder": base(t, y).folder(t)} {
			a := open(t, path)
			if a.Year != y || len(a.Issues()) != 0 {
				t.Errorf("FY%d %s: got FY%d, %v", y, how, a.Year, a.Issues())
			}
			if a.Export.ID != "E1" || a.Export.Start.String() != "2025-01-01" || a.Export.HashStatus != 1 {
				t.Errorf("FY%d %s: got %+v", y, how, a.Export)
			}
			if a.Has("User") || !a.Has("Client") || a.Size("Client") != int64(len(base(t, y)["Client.csv"])) || a.TotalSize() <= a.Size("Client") {
				t.Errorf("FY%d %s: wrong files or sizes", y, how)
			}
		}
	}
}

func TestOpenIssues(t *testing.T) {
	t.Parallel()
	full := base(t, hmis.FY2026)
	first := strings.Index(full["Client.csv"], "\n")
	moved := func(header string) string { return strings.Replace(header, "Sex,", "", 1) + ",Sex" }
	sub := set{}
	for name, content := range full {
		sub["May export/"+name] = content
	}
	for name, c := range map[string]struct {
		set  set
		want []string // File.Column: Reason
	}{
		"column moved": {full.with("Client.csv", moved(full["Client.csv"][:first])+"\n"), []string{"Client.Sex: column Sex is at 38, HUD has it at 11"}},
		"letter case":  {full.with("Client.csv", strings.Replace(full["Client.csv"], "DOB,", " dob ,", 1)), []string{"Client.DOB: the column's name is written in other letter case than HUD's"}},
		"extra column": {full.with("Client.csv", full["Client.csv"][:first]+",Shoe size\n"), []string{"Client.Shoe size: HUD's FY2026 format has no such column; it is left out"}},
		"column twice": {full.with("Client.csv", full["Client.csv"][:first]+",sex\n"), []string{"Client.sex: the column is there twice; the first one counts"}},
		"unknown file": {full.with("Pets.csv", "PetID\n").with("readme.txt", "hello").with("__MACOSX/._Client.csv", "x"), []string{"Pets.csv.: HUD has no file of this name; it is left out"}},
		"folder":       {sub, []string{".: the files lie in a folder inside; HUD wants them at the top"}},
		"other year":   {full.with("Export.csv", strings.Replace(full["Export.csv"], "2026 v1", "FY2024 (v1.4)", 1)), []string{"Export.CSVVersion: CSVVersion names another year than the columns, which are those of FY2026; the columns count"}},
		"no year":      {full.with("Export.csv", strings.Replace(full["Export.csv"], "2026 v1", "1.0", 1)), []string{"Export.CSVVersion: CSVVersion names no year; by its columns the export is FY2026"}},
		"Export cell":  {full.with("Export.csv", strings.Replace(full["Export.csv"], "2025-01-01", "01/01/2025", 1)), []string{"Export.ExportStartDate: read as mm/dd/yyyy; HUD writes yyyy-mm-dd"}},
		"quoted twice": {full.with("Project.csv", `"""`+strings.ReplaceAll(header("Project", hmis.FY2026), ",", `""","""`)+`"""`), []string{"Project.: every cell is in quotation marks twice; the inner ones are left out"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := open(t, c.set.zip(t))
			var got []string
			for _, i := range a.Issues() {
				got = append(got, i.File+"."+i.Column+": "+i.Reason)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	a := open(t, base(t, hmis.FY2026).folder(t))
	var last int64
	a.Progress = func(file string, bytes int64) {
		if file != "Client" || bytes < last {
			t.Errorf("progress of %s: %d after %d", file, bytes, last)
		}
		last = bytes
	}
	if err := a.Rows("Client", func(*Row) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if last != a.Size("Client") {
		t.Errorf("ended at %d of %d bytes", last, a.Size("Client"))
	}
}
