package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// What is planted is all made of these: nothing else in a database looks like them.
const (
	plantedWord = "Zqxvarnok"  // begins every name and text
	plantedSSN  = "9174682"    // begins every SSN
	plantedYear = "1901-"      // begins every birth date
	plantedDay  = "1901-02-03" // is every third one's
)

// planted are 1,000 people with something to steal in every place that has a name, a number or words.
func planted() storetest.Rows {
	rows := storetest.Community()
	for i := range 1000 {
		born := fmt.Sprintf("%s%02d-%02d", plantedYear, 1+i%12, 1+i%28)
		if i%3 == 0 {
			born = plantedDay
		}
		word := fmt.Sprintf("%s%03d", plantedWord, i)
		client, stay := fmt.Sprintf("p%d", i), fmt.Sprintf("e-p%d", i)
		add := func(file, key string, cells map[string]string) {
			cells[key], cells["PersonalID"] = stay+file, client
			if file != "Client" {
				cells["EnrollmentID"] = stay
			}
			rows[file] = append(rows[file], cells)
		}
		add("Client", "PersonalID", map[string]string{"FirstName": word, "MiddleName": word, "LastName": word, "NameSuffix": "jr", "NameDataQuality": "1",
			"SSN": fmt.Sprintf("%s%02d", plantedSSN, i%100), "SSNDataQuality": "1", "DOB": born, "DOBDataQuality": "1",
			"Sex": "0", "RaceNone": "99", "AdditionalRaceEthnicity": word, "VeteranStatus": "0"})
		add("Enrollment", "EnrollmentID", map[string]string{"ProjectID": "11", "EntryDate": "2024-08-01", "HouseholdID": "h-" + client, "RelationshipToHoH": "1",
			"LivingSituation": "116", "DisablingCondition": "1", "SexualOrientationOther": word, "PreferredLanguageDifferent": word})
		rows["Enrollment"][len(rows["Enrollment"])-1]["EnrollmentID"] = stay
		add("Exit", "ExitID", map[string]string{"ExitDate": "2024-09-01", "Destination": "17", "OtherDestination": word, "CounselingReceived": "1", "SessionCountAtExit": plantedSSN + "1"})
		add("CurrentLivingSituation", "CurrentLivingSitID", map[string]string{"InformationDate": "2024-08-02", "CurrentLivingSituation": "116", "LocationDetails": word})
		add("HealthAndDV", "HealthAndDVID", map[string]string{"InformationDate": "2024-08-01", "DomesticViolenceSurvivor": "1", "CurrentlyFleeing": "1", "DataCollectionStage": "1"})
	}
	return rows
}

// steal counts what of the planted there is in the files of folders, however it is written.
func steal(t *testing.T, folders ...string) (hits int) {
	t.Helper()
	var needles [][]byte
	for _, text := range []string{plantedWord, plantedSSN, plantedYear} {
		plain := []byte(text)
		little, big := utf16Of(text)
		needles = append(needles, plain, little, big, []byte(hex.EncodeToString(plain)), []byte(strings.ToUpper(hex.EncodeToString(plain))))
		for shift := range 3 { // what base64 makes of it wherever it begins
			encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), plain...))
			needles = append(needles, []byte(encoded[(shift*8+5)/6:len(encoded)-1]))
		}
	}
	day, err := hmis.ParseDate(plantedDay)
	if err != nil {
		t.Fatal(err)
	}
	binaryDate := binary.LittleEndian.AppendUint32(nil, uint32(day-hmis.NewDate(2000, 1, 1))) // as PostgreSQL's tables have it
	dates := 0
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil // a file that went away meanwhile
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			for _, needle := range needles {
				hits += bytes.Count(text, needle)
			}
			dates += bytes.Count(text, binaryDate)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if dates > 5 { // four bytes can be there by chance
		hits += dates
	}
	return hits
}

func utf16Of(text string) (little, big []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		little, big = append(little, byte(unit), byte(unit>>8)), append(big, byte(unit>>8), byte(unit))
	}
	return little, big
}

// A thief who has the database, its logs, its dump and its backup finds none of 1,000 people: not in any file of
// the database's folder, while it is open and after it was closed. In the same database in the clear there are thousands.
func TestThief(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url := d.New(t)
		s := storetest.OpenURL(t, url)
		folders := s.Folders(t)
		if hits := steal(t, folders...); hits != 0 {
			t.Fatalf("%d before anything was planted", hits)
		}
		rows := planted()
		storetest.Import(t, s, rows)
		changed := rows.Clone()
		for i, client := range changed["Client"] {
			if i%2 == 0 {
				client["FirstName"] += "x"
				client["DateUpdated"] = "2025-06-02 08:00:00"
			}
		}
		storetest.Import(t, s, changed)
		if _, err := storetest.ImportPath(s, changed.Without("Exit", "Destination", "17").WriteZip(t, hmis.FY2026), // 1,000 records go
			store.ImportOptions{Source: "made-up", AcceptRemovals: true}); err != nil {
			t.Fatal(err)
		}
		broken := rows.Clone() // values that are no values
		for _, client := range broken["Client"] {
			client["VeteranStatus"], client["SSNDataQuality"], client["DOB"] = plantedWord, plantedSSN+"11", plantedYear+"13-41"
		}
		if _, err := storetest.ImportPath(s, broken.WriteZip(t, hmis.FY2026), store.ImportOptions{Source: "another"}); err != nil {
			t.Fatal(err)
		}
		useByName(t, s)
		s.Flush(t)
		if hits := steal(t, folders...); hits != 0 {
			t.Errorf("%d in the database's folder", hits)
		}
		if hits := steal(t, copyOf(t, s, d, url)); hits != 0 {
			t.Errorf("%d in a copy of the database", hits)
		}
		if n, err := names(t, s); err != nil || len(n) < 50 {
			t.Errorf("the hub itself does not read them: %d %v", len(n), err)
		}

		if d.Name == "postgres" {
			s.KeepDates(t, plantedDay, 100)
			s.Flush(t)
			if hits := steal(t, folders...); hits < 100 {
				t.Errorf("%d of 100 birth dates in the clear are found as PostgreSQL writes them, so nothing is shown of those", hits)
			}
		}
		s.Unseal(t)
		s.Flush(t)
		if in, copied := steal(t, folders...), steal(t, copyOf(t, s, d, url)); in < 3000 || copied < 3000 {
			t.Errorf("in the clear %d and %d are found, so nothing is shown", in, copied)
		}
	})
}

// useByName searches for some of the planted, and records what they chose, by staff with names of their own.
func useByName(t *testing.T, s *store.Store) {
	t.Helper()
	prepared(t, s)
	today := s.Now().Day()
	if err := s.AddAccount(context.Background(), store.Account{Username: "staff", Role: policy.SystemAdmin, Active: true, TrainedOn: &today, AgreedOn: &today}); err != nil {
		t.Fatal(err)
	}
	lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
	for _, what := range []*store.ClientSearch{byFirst(plantedWord + "00"), byLast(plantedWord), byName(plantedWord + "001 " + plantedWord + "001"),
		soundsLike(byLast(plantedWord)), bySSN(plantedSSN + "07"), byDOB(1901, 2, 3)} {
		if c, err := s.SearchClients(lead, all, what, nil, store.ByID); err != nil || len(c.Edges()) == 0 {
			t.Fatalf("a search that finds nothing shows nothing: %v", err)
		}
	}
	for i := range 20 {
		consent(t, s, lead, fmt.Sprintf("p%d", i), 30, &store.ProvisionInput{General: true, AllPartners: true})
	}
}

// copyOf puts a backup, or PostgreSQL's dump, into a folder.
func copyOf(t *testing.T, s *store.Store, d storetest.Database, url string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if d.Name == storetest.SQLite.Name {
		if err := s.Backup(context.Background(), filepath.Join(folder, "copy.db")); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if err != nil || len(programs) == 0 {
		t.Fatal("no pg_dump", err)
	}
	for _, format := range []string{"plain", "directory"} {
		args := []string{"--format=" + format, "--compress=0", "--file=" + filepath.Join(folder, format), "--dbname=" + url}
		if out, err := exec.Command(programs[0], args...).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
	}
	return folder
}
