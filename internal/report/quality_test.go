package report

import (
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/kit"
)

// sound is a community without any fault: an adult and a child in a shelter for entry and exit.
func sound(t *testing.T) *world {
	w := newWorld(t, "0")
	w.Rows["Project"][0] = values{"ProjectID": "p", "OrganizationID": "o", "ProjectName": "Shelter", "ProjectType": "0", "ContinuumProject": "1", "OperatingStartDate": "2010-01-01", "HousingType": "1"}
	w.Add("Export", values{"ExportID": "1", "ExportStartDate": "2024-10-01", "ExportEndDate": "2025-09-30", "ExportDate": "2025-10-15 00:00:00"})
	w.Add("ProjectCoC", values{"ProjectCoCID": "c", "ProjectID": "p", "CoCCode": "NY-600", "Geocode": "360000", "GeographyType": "1", "ZIP": "10000", "Address1": "1 Street", "City": "City", "State": "NY"})
	w.Add("HMISParticipation", values{"HMISParticipationID": "m", "ProjectID": "p", "HMISParticipationType": "1", "HMISParticipationStatusStartDate": "2010-01-01"})
	w.Add("CEParticipation", values{"CEParticipationID": "e", "ProjectID": "p", "AccessPoint": "0", "CEParticipationStatusStartDate": "2010-01-01"})
	w.Add("Inventory", values{"InventoryID": "i", "ProjectID": "p", "CoCCode": "NY-600", "Availability": "1", "ESBedType": "1", "UnitInventory": "5", "BedInventory": "5", "OtherBedInventory": "5", "InventoryStartDate": "2010-01-01"})
	w.Add("Funder", values{"FunderID": "f", "ProjectID": "p", "Funder": "33", "StartDate": "2010-01-01"})
	w.Add("Client", values{"PersonalID": "a", "FirstName": "A", "LastName": "B", "NameDataQuality": "1", "SSN": "219099999", "SSNDataQuality": "1", "DOB": "1980-01-01", "DOBDataQuality": "1", "White": "1",
		"VeteranStatus": "1", "YearEnteredService": "2000", "YearSeparated": "2004", "WorldWarII": "0", "KoreanWar": "0", "VietnamWar": "0", "DesertStorm": "0", "AfghanistanOEF": "0", "IraqOIF": "0", "IraqOND": "0", "OtherTheater": "0",
		"MilitaryBranch": "1", "DischargeStatus": "1", "DateCreated": "2025-01-02 00:00:00"})
	w.Add("Client", values{"PersonalID": "k", "FirstName": "K", "LastName": "B", "NameDataQuality": "1", "SSN": "219099998", "SSNDataQuality": "1", "DOB": "2015-01-01", "DOBDataQuality": "1", "White": "1", "VeteranStatus": "0", "DateCreated": "2025-01-02 00:00:00"})
	stay := values{"EnrollmentID": "a", "PersonalID": "a", "ProjectID": "p", "HouseholdID": "h", "RelationshipToHoH": "1", "EnrollmentCoC": "NY-600", "EntryDate": "2025-01-01", "DateCreated": "2025-01-02 00:00:00",
		"LivingSituation": "116", "LengthOfStay": "2", "DateToStreetESSH": "2024-12-15", "TimesHomelessPastThreeYears": "1", "MonthsHomelessPastThreeYears": "102", "DisablingCondition": "0", "PercentAMI": "1", "VAMCStation": "512"}
	w.Add("Enrollment", stay)
	w.Add("Enrollment", values{"EnrollmentID": "k", "PersonalID": "k", "ProjectID": "p", "HouseholdID": "h", "RelationshipToHoH": "2", "EntryDate": "2025-01-01", "DateCreated": "2025-01-02 00:00:00", "DisablingCondition": "0"})
	for _, who := range []string{"a", "k"} {
		w.Record("Exit", who, values{"ExitID": who, "ExitDate": "2025-10-01", "Destination": "410", "DateCreated": "2025-10-01 00:00:00"})
		for _, when := range []string{"2025-01-01 1", "2025-10-01 3"} {
			w.Record("IncomeBenefits", who, values{"IncomeBenefitsID": who + when[11:], "InformationDate": when[:10], "DataCollectionStage": when[11:], "IncomeFromAnySource": "1", "Earned": "1", "EarnedAmount": "100", "TotalMonthlyIncome": "100",
				"BenefitsFromAnySource": "0", "InsuranceFromAnySource": "1", "Medicaid": "1"})
		}
	}
	return w
}

// set changes a row of the sound community; where it has no such row, one is added.
func (w *world) set(file, id string, v values) {
	key := hmisKey(file)
	for _, row := range w.Rows[file] {
		if row[key] == id {
			for column, value := range v {
				row[column] = value
			}
			return
		}
	}
	v[key] = id
	w.Add(file, v)
}

func (w *world) quality(t *testing.T) (ids []int) {
	t.Helper()
	findings, err := Quality(w.Facts(), Scope{Start: day(t, firstDay), End: day(t, "2025-10-05")})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.ID == "" || f.File == "" || f.Check.Mend == "" {
			t.Errorf("a finding without record or remedy: %+v", f)
		}
		ids = append(ids, f.Check.ID)
	}
	return ids
}

// change is a change of the sound community that a check must find.
type change struct {
	check    int
	file, id string
	v        values
}

// changes lists what each check finds. Where a check needs more than one row changed, the rows follow each other.
var changes = [][]change{
	{{1, "Enrollment", "b", values{"PersonalID": "a", "ProjectID": "p", "EntryDate": "2025-01-01", "HouseholdID": "z"}}},
	{{2, "Enrollment", "a", values{"RelationshipToHoH": "3"}}},
	{{3, "Enrollment", "k", values{"RelationshipToHoH": "1"}}},
	{{4, "Enrollment", "k", values{"RelationshipToHoH": "99"}}},
	{{14, "Exit", "a", values{"ExitDate": "2025-11-01"}}},
	{{15, "Client", "a", values{"YearEnteredService": ""}}},
	{{16, "Client", "a", values{"YearEnteredService": "2030"}}},
	{{17, "Client", "a", values{"YearSeparated": ""}}},
	{{18, "Client", "a", values{"YearSeparated": "2030"}}},
	{{19, "Client", "a", values{"IraqOND": ""}}},
	{{20, "Client", "a", values{"MilitaryBranch": ""}}},
	{{21, "Client", "a", values{"DischargeStatus": ""}}},
	{{22, "Enrollment", "a", values{"PercentAMI": ""}}},
	{{23, "Enrollment", "a", values{"VAMCStation": ""}}},
	{{25, "Project", "p", values{"ProjectType": "12"}}, {25, "Enrollment", "a", values{"TargetScreenReqd": "1", "HPScreeningScore": "5"}}},
	{{26, "Enrollment", "a", values{"LengthOfStay": ""}}},
	{{27, "Enrollment", "a", values{"EnrollmentCoC": ""}}},
	{{28, "Enrollment", "a", values{"LOSUnderThreshold": "1", "PreviousStreetESSH": "1", "DateToStreetESSH": ""}}},
	{{29, "Enrollment", "a", values{"LOSUnderThreshold": "1"}}},
	{{30, "Enrollment", "a", values{"LivingSituation": ""}}},
	{{31, "Enrollment", "a", values{"TimesHomelessPastThreeYears": ""}}},
	{{32, "Enrollment", "a", values{"DisablingCondition": "99"}}},
	{{34, "Client", "a", values{"DOB": ""}}},
	{{40, "Project", "p", values{"ProjectType": "3"}}, {40, "Enrollment", "a", values{"MoveInDate": "2024-12-01"}}},
	{{41, "Project", "p", values{"ProjectType": "2"}}, {41, "Enrollment", "a", values{"LivingSituation": "204", "LengthOfStay": "3"}}},
	{{56, "Client", "a", values{"DischargeStatus": "8"}}},
	{{57, "Client", "a", values{"KoreanWar": "99"}}},
	{{58, "Client", "a", values{"MilitaryBranch": "9"}}},
	{{59, "Exit", "a", values{"Destination": "30"}}},
	{{60, "Client", "a", values{"DOBDataQuality": "9"}}},
	{{61, "Enrollment", "a", values{"TimesHomelessPastThreeYears": "8"}}},
	{{63, "Client", "a", values{"RaceNone": "99"}}},
	{{64, "Enrollment", "a", values{"LivingSituation": "8"}}},
	{{66, "Client", "a", values{"VeteranStatus": "9"}}},
	{{67, "Client", "a", values{"SSNDataQuality": "8"}}},
	{{68, "Enrollment", "a", values{"LivingSituation": "99"}}},
	{{69, "Enrollment", "a", values{"DateToStreetESSH": "2025-01-02"}}},
	{{70, "Enrollment", "a", values{"MonthsHomelessPastThreeYears": "99"}}},
	{{71, "Enrollment", "a", values{"MonthsHomelessPastThreeYears": "105"}}},
	{{73, "Enrollment", "a", values{"LengthOfStay": "99"}}},
	{{75, "Enrollment", "a", values{"DateCreated": "2024-12-31 00:00:00"}}},
	{{77, "Project", "q", values{"OrganizationID": "o", "ProjectName": "Other", "ProjectType": "2"}}, {77, "Enrollment", "b", values{"PersonalID": "a", "ProjectID": "q", "EntryDate": "2025-02-01", "HouseholdID": "z", "RelationshipToHoH": "1"}}},
	{{78, "Client", "a", values{"NameDataQuality": "2"}}},
	{{84, "Client", "k", values{"DOB": "2025-01-02"}}},
	{{86, "Client", "a", values{"DOB": "2015-01-01"}}},
	{{87, "Funder", "f", values{"Funder": "2"}}, {87, "IncomeBenefits", "a1", values{"IncomeFromAnySource": ""}}},
	{{88, "Funder", "f", values{"Funder": "2"}}, {88, "IncomeBenefits", "a1", values{"IncomeFromAnySource": "0"}}},
	{{89, "Funder", "f", values{"Funder": "2"}}, {89, "IncomeBenefits", "a3", values{"IncomeFromAnySource": ""}}},
	{{90, "Funder", "f", values{"Funder": "2"}}, {90, "IncomeBenefits", "a3", values{"Earned": "0"}}},
	{{92, "Funder", "f", values{"Funder": "2"}}, {92, "IncomeBenefits", "k1", values{"InsuranceFromAnySource": ""}}},
	{{93, "Funder", "f", values{"Funder": "2"}}, {93, "IncomeBenefits", "k3", values{"InsuranceFromAnySource": ""}}},
	{{94, "Funder", "f", values{"Funder": "2"}}, {94, "IncomeBenefits", "k1", values{"Medicaid": "0"}}},
	{{95, "Funder", "f", values{"Funder": "2"}}, {95, "IncomeBenefits", "k3", values{"InsuranceFromAnySource": "0"}}},
	{{96, "Funder", "f", values{"Funder": "2"}}, {96, "IncomeBenefits", "a1", values{"BenefitsFromAnySource": ""}}},
	{{97, "Funder", "f", values{"Funder": "2"}}, {97, "IncomeBenefits", "a1", values{"SNAP": "1"}}},
	{{99, "Exit", "a", values{"ExitDate": "2024-12-31"}}},
	{{100, "Event", "e", values{"EnrollmentID": "a", "EventDate": "2025-06-01", "Event": "13"}}},
	{{102, "Project", "p", values{"ProjectType": "11"}}, {102, "Enrollment", "b", values{"PersonalID": "a", "ProjectID": "p", "EntryDate": "2024-01-01", "HouseholdID": "z"}}},
	{{103, "Project", "p", values{"ProjectType": "4"}}, {103, "Enrollment", "b", values{"PersonalID": "a", "ProjectID": "p", "EntryDate": "2024-01-01", "HouseholdID": "z"}}},
	{{105, "Enrollment", "a", values{"DateToStreetESSH": "2020-01-01"}}},
	{{107, "Project", "p", values{"ProjectType": "1"}}},
	{{108, "Project", "p", values{"ProjectType": "1"}}, {108, "Services", "s", values{"EnrollmentID": "a", "RecordType": "200", "DateProvided": "2025-10-01"}}},
	{{111, "HMISParticipation", "m", values{"HMISParticipationStatusEndDate": "2024-01-01"}}},
	{{112, "HMISParticipation", "m", values{"HMISParticipationStatusStartDate": "2025-02-01"}}},
	{{113, "HMISParticipation", "m", values{"HMISParticipationStatusStartDate": "2025-12-01"}}},
	{{114, "HMISParticipation", "m", values{"HMISParticipationStatusEndDate": "2025-06-01"}}},
	{{115, "HMISParticipation", "m", values{"HMISParticipationStatusStartDate": "2025-02-01", "HMISParticipationStatusEndDate": "2025-06-01"}}},
	{{116, "Project", "p", values{"OperatingEndDate": "2024-01-01"}}},
	{{117, "Project", "p", values{"OperatingStartDate": "2025-02-01"}}},
	{{118, "Project", "p", values{"OperatingStartDate": "2025-12-01"}}},
	{{119, "Project", "p", values{"OperatingEndDate": "2025-06-01"}}},
	{{120, "Project", "p", values{"OperatingStartDate": "2025-02-01", "OperatingEndDate": "2025-06-01"}}},
	{{121, "Exit", "a", values{"Destination": "435"}}},
	{{129, "CurrentLivingSituation", "s", values{"EnrollmentID": "a", "InformationDate": "2025-02-01", "CurrentLivingSituation": "435"}}},
	{{130, "Enrollment", "a", values{"LivingSituation": "435"}}},
	{{142, "Project", "p", values{"ProjectType": "1"}}, {142, "Enrollment", "b", values{"PersonalID": "a", "ProjectID": "p", "EntryDate": "2024-01-01", "HouseholdID": "z"}}},
	{{143, "Client", "a", values{"DOB": "1920-01-01"}}},
	{{annualOverdue, "Funder", "f", values{"Funder": "2"}}, {annualOverdue, "Enrollment", "b", values{"PersonalID": "a", "ProjectID": "p", "EntryDate": "2023-01-01", "HouseholdID": "z", "RelationshipToHoH": "1"}}},
	{{enteredLate, "Enrollment", "a", values{"DateCreated": "2025-01-12 00:00:00"}}},
	{{exitedLate, "Exit", "a", values{"DateCreated": "2025-10-12 00:00:00"}}},

	{{5, "ProjectCoC", "c", values{"Geocode": ""}}},
	{{35, "ProjectCoC", "c", values{"ProjectID": "x"}}},
	{{36, "Project", "p", values{"HousingType": ""}}},
	{{37, "Inventory", "i", values{"Availability": "2"}}},
	{{42, "ProjectCoC", "c", values{"ZIP": "1000"}}},
	{{42, "ProjectCoC", "c", values{"City": ""}}},
	{{43, "Inventory", "i", values{"ProjectID": "x"}}},
	{{44, "Project", "p", values{"OperatingEndDate": "2025-12-01"}}},
	{{46, "Inventory", "i", values{"BedInventory": "6"}}},
	{{79, "Inventory", "i", values{"InventoryStartDate": "2009-01-01"}}},
	{{81, "Exit", "a", values{"ExitDate": "2025-02-01"}}, {81, "Exit", "k", values{"ExitDate": "2025-02-01"}}},
	{{83, "Inventory", "j", values{"ProjectID": "q", "Availability": "1", "BedInventory": "2", "InventoryStartDate": "2020-01-01"}}, {83, "Project", "q", values{"OrganizationID": "o", "ProjectName": "Empty", "ProjectType": "2"}},
		{83, "HMISParticipation", "n", values{"ProjectID": "q", "HMISParticipationType": "1", "HMISParticipationStatusStartDate": "2010-01-01"}}},
	{{106, "Project", "p", values{"ProjectType": "1"}}},
	{{110, "Project", "p", values{"ProjectType": "13"}}},
	{{128, "CEParticipation", "e2", values{"ProjectID": "p", "AccessPoint": "0", "CEParticipationStatusStartDate": "2012-01-01"}}},
	{{131, "HMISParticipation", "m2", values{"ProjectID": "p", "HMISParticipationType": "1", "HMISParticipationStatusStartDate": "2012-01-01"}}},
	{{132, "Project", "p", values{"ProjectType": "13", "RRHSubType": "1"}}},
	{{133, "Organization", "o", values{"VictimServiceProvider": "1"}}},
	{{135, "Inventory", "i", values{"ESBedType": "2"}}},
	{{136, "ProjectCoC", "c2", values{"ProjectID": "p", "CoCCode": "NY-601", "Geocode": "360001", "GeographyType": "1", "ZIP": "10000"}}},
	{{137, "Inventory", "i", values{"CoCCode": "NY-601"}}},
	{{138, "Inventory", "i", values{"UnitInventory": "6"}}},
	{{139, "Organization", "o", values{"VictimServiceProvider": "1"}}},
	{{141, "Inventory", "i", values{"InventoryStartDate": "2025-10-03"}}},
}

// TestEachCheck: the sound community has no fault, and each change is found.
func TestEachCheck(t *testing.T) {
	if ids := sound(t).quality(t); len(ids) != 0 {
		t.Fatalf("the sound community has faults %v", ids)
	}
	for _, rows := range changes {
		w := sound(t)
		for _, c := range rows {
			w.set(c.file, c.id, c.v)
		}
		if ids := w.quality(t); !slices.Contains(ids, rows[0].check) {
			t.Errorf("check %d (%s) is not found, only %v", rows[0].check, checks[rows[0].check].What, ids)
		}
	}
}

// Checks 72 and 104 compare a stay with all others of its type.
func TestLongest(t *testing.T) {
	w := sound(t)
	w.set("Project", "p", values{"ProjectType": "13", "RRHSubType": "2"})
	w.Add("Project", values{"ProjectID": "q", "OrganizationID": "o", "ProjectName": "Other", "ProjectType": "2"})
	for i := range 60 {
		id := string(rune('A'+i/26)) + string(rune('A'+i%26))
		w.Add("Client", values{"PersonalID": id, "DOB": "1980-01-01", "DOBDataQuality": "1"})
		entry := "2025-09-01"
		if i == 59 {
			entry = "2020-01-01"
		}
		for _, project := range []string{"p", "q"} {
			w.Add("Enrollment", values{"EnrollmentID": id + project, "PersonalID": id, "ProjectID": project, "HouseholdID": id, "RelationshipToHoH": "1", "EntryDate": entry})
		}
	}
	ids := w.quality(t)
	for _, check := range []int{72, 104} {
		n := 0
		for _, id := range ids {
			if id == check {
				n++
			}
		}
		if n != 1 {
			t.Errorf("check %d finds %d, want the longest alone", check, n)
		}
	}
}

// TestAllChecks: every check of data quality and of project descriptors in dq-checks.csv is made.
func TestAllChecks(t *testing.T) {
	made := map[string]int{}
	for _, c := range checks {
		switch {
		case c.Mend != "":
			made[c.Area]++
		case c.Area != "file structure": // the reader of the files finds these
			t.Errorf("check %d (%s) is not made", c.ID, c.What)
		}
	}
	if made[stayArea] != 79+3 || made["project descriptor"] != 23 {
		t.Errorf("checks made: %v", made)
	}
	tried := map[int]bool{72: true, 104: true}
	for _, rows := range changes {
		tried[rows[0].check] = true
	}
	for _, c := range Checks() {
		if !tried[c.ID] {
			t.Errorf("check %d (%s) has no test", c.ID, c.What)
		}
	}
}

// TestQualityCounts: counts by check, project and month add up, and the worst come first.
func TestQualityCounts(t *testing.T) {
	f := community(t, 500, 3)
	findings, err := Quality(f, scopes(t, f)[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) < 20 {
		t.Fatalf("only %d findings in a community with faults", len(findings))
	}
	sum := func(counts map[int32]int) (n int) {
		for _, c := range counts {
			n += c
		}
		return n
	}
	if n := sum(CountBy(findings, func(x Finding) int32 { return x.Project })); n != len(findings) {
		t.Errorf("%d by project, want %d", n, len(findings))
	}
	if n := sum(CountBy(findings, func(x Finding) int32 { return int32(x.Month()) })); n != len(findings) {
		t.Errorf("%d by month, want %d", n, len(findings))
	}
	if !slices.IsSortedFunc(findings, func(a, b Finding) int { return rank[a.Check.Severity] - rank[b.Check.Severity] }) {
		t.Error("the worst do not come first")
	}
	times, err := TimelinessOf(f, scopes(t, f)[0])
	if err != nil {
		t.Fatal(err)
	}
	starts := 0
	for _, x := range times {
		starts += x.Starts
	}
	want := 0
	for e, entry := range f.Enrollments.EntryDate {
		if s := scopes(t, f)[0]; entry >= s.Start && entry <= s.End {
			_ = e
			want++
		}
	}
	if starts != want {
		t.Errorf("%d starts, want %d", starts, want)
	}
	if findings[0].Month() == facts.NoDay && findings[0].Client >= 0 {
		t.Error("a stay's finding has no month")
	}
}

// TestEvaFaults: the faults that are known to be in Eva's demo export are found, record by record.
func TestEvaFaults(t *testing.T) {
	f := factsOf(t, kit.Path(t, "eva-demo-fy2026.zip"))
	findings, err := Quality(f, Scope{Start: day(t, "1990-01-01"), End: day(t, "2030-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	counts := CountBy(findings, func(x Finding) int { return x.Check.ID })
	heads := map[int32]bool{} // households with several
	for _, x := range findings {
		if x.Check.ID == 3 {
			heads[f.Enrollments.Household[x.Enrollment]] = true
		}
	}
	for what, c := range map[string]struct{ got, want int }{
		"rows with the same client, project and entry": {counts[1], 12},
		"households with several heads":                {len(heads), 12},
		"entries before the project opened":            {counts[117] + counts[118] + counts[120], 20},
		"RRH without subtype":                          {counts[110], 1},
		"CoC rows without geocode":                     {counts[5], 1},
		"projects without a CoC":                       {counts[35], 1},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", what, c.got, c.want)
		}
	}
}
