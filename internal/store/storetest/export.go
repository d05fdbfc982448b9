package storetest

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// Rows is a made-up export: rows by file, cells by column. Columns that are left out are empty, but for the audit
// columns of every row.
type Rows map[string][]map[string]string

// Clone copies the rows, so that a test can change some.
func (r Rows) Clone() Rows {
	clone := Rows{}
	for file, rows := range r {
		for _, row := range rows {
			clone[file] = append(clone[file], maps.Clone(row))
		}
	}
	return clone
}

// Without copies the rows but for those of a file whose column has the value.
func (r Rows) Without(file, column, value string) Rows {
	clone := Rows{}
	for f, rows := range r.Clone() {
		for _, row := range rows {
			if f != file || row[column] != value {
				clone[f] = append(clone[f], row)
			}
		}
	}
	return clone
}

// Set changes a column of the rows of a file whose key is given.
func (r Rows) Set(file, key, column, value string) Rows {
	clone := r.Clone()
	for _, row := range clone[file] {
		if row[hmis.FileNamed(file).Key().Name] == key {
			row[column] = value
		}
	}
	return clone
}

// WriteZip writes the rows as an export of the year with all 24 files and returns its path.
func (r Rows) WriteZip(t testing.TB, y hmis.Year) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, file := range hmis.Files() {
		w, err := z.Create(file.Name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		if err := csv.NewWriter(w).WriteAll(r.table(file, y)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func (r Rows) table(file *hmis.File, y hmis.Year) [][]string {
	header := file.Header(y)
	names := make([]string, len(header))
	for i, c := range header {
		names[i] = c.NameIn(y)
	}
	table := [][]string{names}
	for _, row := range r[file.Name] {
		cells := make([]string, len(header))
		for i, c := range header {
			value, ok := row[c.Name]
			if !ok {
				value = audit[c.Name]
			}
			cells[i] = value
		}
		table = append(table, cells)
	}
	return table
}

// WriteCrowd writes a made-up community of so many clients, faults included, as an export of the year and returns its path.
func WriteCrowd(t testing.TB, clients int, y hmis.Year) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crowd.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(synth.Write(f, synth.Options{Clients: clients, Seed: 1, Year: y, Faults: true}, nil), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

var audit = map[string]string{
	"DateCreated": "2025-01-01 08:00:00", "DateUpdated": "2025-06-01 08:00:00", "UserID": "u1", "ExportID": "x1",
}

// Community is a small made-up community of three agencies. All people in it are invented.
//
//	North Shelter (org 1): emergency shelter 11, street outreach 12 (PATH)
//	South Housing (org 2): rapid re-housing 21, HOPWA housing 22
//	East Veterans (org 3): SSVF rapid re-housing 31
//
// Ada stays at 11 and later at 21, with her child Bea at 21; Cal stays at 12 and 22; Dot at 31; Eve at 11.
func Community() Rows {
	return Rows{
		"Export": {{"ExportID": "x1", "SourceType": "1", "SourceID": "XX-500", "SourceContactFirst": "Nobody", "ExportDate": "2025-07-01 00:00:00",
			"ExportStartDate": "2024-07-01", "ExportEndDate": "2025-06-30", "SoftwareName": "made up", "CSVVersion": "2026 v1.0",
			"ExportPeriodType": "3", "ExportDirective": "2", "HashStatus": "1", "ImplementationID": "made-up"}},
		"User": {{"UserID": "u1", "UserFirstName": "Test", "UserLastName": "Staff"}},
		"Organization": {
			{"OrganizationID": "1", "OrganizationName": "North Shelter", "VictimServiceProvider": "0"},
			{"OrganizationID": "2", "OrganizationName": "South Housing", "VictimServiceProvider": "0"},
			{"OrganizationID": "3", "OrganizationName": "East Veterans", "VictimServiceProvider": "0"},
		},
		"Project": {
			project("11", "1", "North Beds", "0"), project("12", "1", "North Outreach", "4"),
			project("21", "2", "South Rapid", "13"), project("22", "2", "South Home", "3"), project("31", "3", "East Rapid", "13"),
		},
		"Funder": {
			{"FunderID": "f1", "ProjectID": "11", "Funder": "8", "GrantID": "g1", "StartDate": "2020-01-01"},
			{"FunderID": "f2", "ProjectID": "12", "Funder": "21", "GrantID": "g2", "StartDate": "2020-01-01"},
			{"FunderID": "f3", "ProjectID": "21", "Funder": "3", "GrantID": "g3", "StartDate": "2020-01-01"},
			{"FunderID": "f4", "ProjectID": "22", "Funder": "15", "GrantID": "g4", "StartDate": "2020-01-01"},
			{"FunderID": "f5", "ProjectID": "31", "Funder": "33", "GrantID": "g5", "StartDate": "2020-01-01"},
		},
		"ProjectCoC":        descriptorsOf("ProjectCoCID", map[string]string{"CoCCode": "NY-600", "Geocode": "360000", "GeographyType": "1"}),
		"HMISParticipation": descriptorsOf("HMISParticipationID", map[string]string{"HMISParticipationType": "1", "HMISParticipationStatusStartDate": "2020-01-01"}),
		"CEParticipation":   descriptorsOf("CEParticipationID", map[string]string{"AccessPoint": "0", "ReceivesReferrals": "0", "CEParticipationStatusStartDate": "2020-01-01"}),
		"Client": {
			client("ada", "Ada", "Adams", "900000001", "1985-03-04", "0"), client("bea", "Bea", "Adams", "900000002", "2016-05-06", "0"),
			client("cal", "Cal", "Combs", "900000003", "1970-07-08", "1"), client("dot", "Dot", "Drake", "900000004", "1962-09-10", "1"),
			client("eve", "Eve", "Ewing", "900000005", "1999-11-12", "0"),
		},
		"Enrollment": {
			stay("e-ada-11", "ada", "11", "2024-08-01", "h1", "1"), stay("e-ada-21", "ada", "21", "2024-11-01", "h2", "1"),
			stay("e-bea-21", "bea", "21", "2024-11-01", "h2", "2"), stay("e-cal-12", "cal", "12", "2024-09-01", "h3", "1"),
			stay("e-cal-22", "cal", "22", "2025-01-01", "h4", "1"), stay("e-dot-31", "dot", "31", "2024-12-01", "h5", "1"),
			stay("e-eve-11", "eve", "11", "2025-02-01", "h6", "1"),
		},
		"Exit": {
			{"ExitID": "x-ada", "EnrollmentID": "e-ada-11", "PersonalID": "ada", "ExitDate": "2024-10-31", "Destination": "435", "DestinationSubsidyType": "431"},
			{"ExitID": "x-dot", "EnrollmentID": "e-dot-31", "PersonalID": "dot", "ExitDate": "2025-05-31", "Destination": "410"},
		},
		"Services": {
			service("s1", "e-ada-11", "ada", "2024-08-01", "200", "200"), service("s2", "e-ada-11", "ada", "2024-08-02", "200", "200"),
			service("s3", "e-cal-12", "cal", "2024-09-02", "141", "14"), service("s4", "e-cal-22", "cal", "2025-01-02", "143", "8"),
			service("s5", "e-eve-11", "eve", "2025-02-01", "200", "200"),
		},
		"CurrentLivingSituation": {{"CurrentLivingSitID": "c1", "EnrollmentID": "e-cal-12", "PersonalID": "cal", "InformationDate": "2024-09-01", "CurrentLivingSituation": "116", "LocationDetails": "under the third bridge"}},
		"IncomeBenefits": {{"IncomeBenefitsID": "i1", "EnrollmentID": "e-ada-21", "PersonalID": "ada", "InformationDate": "2024-11-01",
			"IncomeFromAnySource": "1", "TotalMonthlyIncome": "812.50", "Earned": "1", "EarnedAmount": "812.50", "ADAP": "0", "DataCollectionStage": "1"}},
		"HealthAndDV": {
			{"HealthAndDVID": "v1", "EnrollmentID": "e-ada-21", "PersonalID": "ada", "InformationDate": "2024-11-01", "DomesticViolenceSurvivor": "1",
				"WhenOccurred": "1", "CurrentlyFleeing": "1", "DataCollectionStage": "1"},
		},
		"Disabilities": {
			disability("d1", "e-cal-22", "cal", "8", "1"), disability("d2", "e-cal-22", "cal", "5", "0"), disability("d3", "e-ada-11", "ada", "9", "1"),
		},
		"EmploymentEducation": {{"EmploymentEducationID": "m1", "EnrollmentID": "e-dot-31", "PersonalID": "dot", "InformationDate": "2024-12-01", "Employed": "0", "NotEmployedReason": "1", "DataCollectionStage": "1"}},
		"Assessment": {{"AssessmentID": "a1", "EnrollmentID": "e-ada-11", "PersonalID": "ada", "AssessmentDate": "2024-08-05", "AssessmentLocation": "front desk",
			"AssessmentType": "3", "AssessmentLevel": "1", "PrioritizationStatus": "1"}},
		"AssessmentQuestions": {{"AssessmentQuestionID": "q1", "AssessmentID": "a1", "EnrollmentID": "e-ada-11", "PersonalID": "ada", "AssessmentQuestion": "made up?", "AssessmentAnswer": "yes"}},
		"AssessmentResults":   {{"AssessmentResultID": "r1", "AssessmentID": "a1", "EnrollmentID": "e-ada-11", "PersonalID": "ada", "AssessmentResultType": "score", "AssessmentResult": "7"}},
		"Event":               {{"EventID": "v1", "EnrollmentID": "e-ada-11", "PersonalID": "ada", "EventDate": "2024-08-06", "Event": "14"}},
		"YouthEducationStatus": {{"YouthEducationStatusID": "y1", "EnrollmentID": "e-bea-21", "PersonalID": "bea", "InformationDate": "2024-11-01",
			"CurrentSchoolAttend": "2", "CurrentEdStatus": "0", "DataCollectionStage": "1"}},
	}
}

func project(id, organization, name, projectType string) map[string]string {
	p := map[string]string{"ProjectID": id, "OrganizationID": organization, "ProjectName": name, "OperatingStartDate": "2020-01-01",
		"ContinuumProject": "1", "ProjectType": projectType, "HousingType": "1"}
	if projectType == "13" {
		p["RRHSubType"] = "2"
	}
	return p
}

func descriptorsOf(key string, cells map[string]string) []map[string]string {
	var rows []map[string]string
	for _, p := range []string{"11", "12", "21", "22", "31"} {
		row := maps.Clone(cells)
		row[key], row["ProjectID"] = "d"+p, p
		rows = append(rows, row)
	}
	return rows
}

func client(id, first, last, ssn, dob, veteran string) map[string]string {
	return map[string]string{"PersonalID": id, "FirstName": first, "LastName": last, "NameDataQuality": "1", "SSN": ssn, "SSNDataQuality": "1",
		"DOB": dob, "DOBDataQuality": "1", "Sex": "0", "AmIndAKNative": "0", "Asian": "0", "BlackAfAmerican": "1", "HispanicLatinao": "0",
		"MidEastNAfrican": "0", "NativeHIPacific": "0", "White": "0", "VeteranStatus": veteran}
}

func stay(id, client, project, entry, household, relationship string) map[string]string {
	return map[string]string{"EnrollmentID": id, "PersonalID": client, "ProjectID": project, "EntryDate": entry, "HouseholdID": household,
		"RelationshipToHoH": relationship, "EnrollmentCoC": "NY-600", "LivingSituation": "116", "DisablingCondition": "0"}
}

func service(id, enrollment, client, day, recordType, provided string) map[string]string {
	return map[string]string{"ServicesID": id, "EnrollmentID": enrollment, "PersonalID": client, "DateProvided": day, "RecordType": recordType, "TypeProvided": provided}
}

func disability(id, enrollment, client, disabilityType, response string) map[string]string {
	return map[string]string{"DisabilitiesID": id, "EnrollmentID": enrollment, "PersonalID": client, "InformationDate": "2025-01-01",
		"DisabilityType": disabilityType, "DisabilityResponse": response, "DataCollectionStage": "1"}
}
