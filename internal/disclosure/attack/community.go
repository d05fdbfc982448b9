// Package attack is the attack that protected statistics must stand: somebody who knows eleven attributes of everybody in
// a community asks all that can be asked, and works out one secret answer of each from what comes back. It is for tests, of
// whatever answers questions (Asker).
package attack

import (
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// BaseRate is how many have the secret: DomesticViolenceSurvivor is 1. The others have 0.
const BaseRate = 0.18

// The year in which everybody is served: federal fiscal year 2025.
var (
	yearStart = hmis.NewDate(2024, 10, 1)
	yearEnd   = hmis.NewDate(2025, 9, 30)
)

// Write writes a made-up community as an HMIS CSV zip: so many people are served in federal fiscal year 2025, each drawn
// independently of the secret, which is independent of everything. PersonalID is p0, p1 and so on.
func Write(w io.Writer, people int, seed uint64) error {
	m := &maker{Writer: hmiscsv.NewWriter(w, hmis.FY2026), rand: rand.New(rand.NewPCG(seed, 11))}
	m.projects()
	for m.people < people {
		m.household(people - m.people)
	}
	if m.err != nil {
		m.Abort()
		return m.err
	}
	return m.Close()
}

type maker struct {
	*hmiscsv.Writer
	rand   *rand.Rand
	people int
	homes  int
	stays  int
	err    error
}

// values are cells by column.
type values map[string]any

// row writes a row. Numbers are int, strings string.
func (m *maker) row(file string, v values) {
	f := hmis.FileNamed(file)
	cells := make([]hmiscsv.Cell, len(f.Columns))
	v["ExportID"] = "attack"
	if file != "Export" {
		made := yearEnd.Midnight()
		v["DateCreated"], v["DateUpdated"], v["UserID"] = int(made), int(made), "u1"
	}
	for i, c := range f.Columns {
		switch x := v[c.Name].(type) {
		case string:
			cells[i] = hmiscsv.Cell{Set: true, S: x}
		case int:
			cells[i] = hmiscsv.Cell{Set: true, N: int64(x)}
		}
	}
	if err := m.Write(file, cells); m.err == nil {
		m.err = err
	}
}

// kinds are those of the projects: type and funder.
var kinds = []struct{ kind, funder int }{{0, 8}, {1, 8}, {13, 3}, {3, 2}, {2, 5}, {4, 11}, {12, 9}, {0, 46}, {13, 33}, {8, 6}}

const projectsEach = 2 // of each kind

func (m *maker) projects() {
	m.row("Export", values{"SourceType": 1, "SourceID": "XX-500", "SourceName": "A made-up community", "ExportDate": int((yearEnd + 1).Midnight()),
		"ExportStartDate": int(yearStart), "ExportEndDate": int(yearEnd), "SoftwareName": "attack", "CSVVersion": "FY2026 v1.0",
		"ExportPeriodType": 3, "ExportDirective": 2, "HashStatus": 1, "ImplementationID": "attack"})
	m.row("User", values{"UserFirstName": "Staff", "UserLastName": "Member"})
	for o := range len(kinds) / 2 {
		m.row("Organization", values{"OrganizationID": fmt.Sprint("o", o), "OrganizationName": fmt.Sprint("Agency ", o), "VictimServiceProvider": 0})
	}
	for p := range len(kinds) * projectsEach {
		k, id := kinds[p%len(kinds)], fmt.Sprint("j", p)
		m.row("Project", values{"ProjectID": id, "OrganizationID": fmt.Sprint("o", p/4), "ProjectName": fmt.Sprint("Project ", p), "ProjectType": k.kind,
			"OperatingStartDate": int(yearStart - 3000), "ContinuumProject": 1, "HousingType": 1, "TargetPopulation": 4, "HMISParticipatingProject": 1})
		m.row("ProjectCoC", values{"ProjectCoCID": id, "ProjectID": id, "CoCCode": fmt.Sprint("XX-50", p%3), "Geocode": fmt.Sprint("99000", p%6)})
		m.row("Funder", values{"FunderID": id, "ProjectID": id, "Funder": k.funder, "GrantID": "g", "StartDate": int(yearStart - 3000)})
		m.row("HMISParticipation", values{"HMISParticipationID": id, "ProjectID": id, "HMISParticipationType": 1, "HMISParticipationStatusStartDate": int(yearStart - 3000)})
	}
}

func (m *maker) pick(list ...int) int { return list[m.rand.IntN(len(list))] }

func (m *maker) chance(p float64) bool { return m.rand.Float64() < p }

func (m *maker) yesNo(p float64) int {
	if m.chance(p) {
		return 1
	}
	return 0
}

// household makes one of at most so many people: most live alone.
func (m *maker) household(most int) {
	m.homes++
	size := min(m.pick(1, 1, 1, 1, 1, 2, 3), most)
	project := m.rand.IntN(len(kinds) * projectsEach)
	entry := yearStart + hmis.Date(m.rand.IntN(515)-150)
	exit := max(entry+hmis.Date(m.pick(3, 10, 30, 60, 90, 150, 300, 500)+m.rand.IntN(20)), yearStart)
	destination := m.pick(101, 116, 204, 302, 312, 410, 411, 421, 422, 99)
	for member := range size {
		m.person(member, project, min(entry, yearEnd), exit, destination)
	}
}

func (m *maker) person(member, project int, entry, exit hmis.Date, destination int) {
	id := fmt.Sprint("p", m.people)
	m.people++
	age, relation := m.pick(19, 23, 28, 33, 38, 44, 48, 52, 57, 63, 68, 77), 1
	if member > 0 {
		relation = m.pick(2, 2, 3)
		if relation == 2 {
			age = m.rand.IntN(17)
		}
	}
	client := values{"PersonalID": id, "NameDataQuality": 99, "SSNDataQuality": 99, "DOB": int(yearStart.AddYears(-age) - 100), "DOBDataQuality": 1,
		"Sex": m.rand.IntN(2), "VeteranStatus": 0}
	if age >= 18 {
		client["VeteranStatus"] = m.yesNo(0.12)
	}
	races := []string{"AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White"}
	for _, r := range races {
		client[r] = 0
	}
	client[races[m.pick(0, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6, 6, 6, 6, 6)]] = 1
	client["RaceNone"] = nil
	m.row("Client", client)
	m.stay(id, project, entry, exit, relation, destination, age)
}

func (m *maker) stay(person string, project int, entry, exit hmis.Date, relation, destination, age int) {
	m.stays++
	coc := fmt.Sprint("XX-50", project%3)
	if m.stays == 1 {
		coc = "XX-599" // a place that no project names
	}
	id := fmt.Sprint("e", m.stays)
	under := func(v values) values {
		v["EnrollmentID"], v["PersonalID"], v["InformationDate"], v["DataCollectionStage"] = id, person, int(entry), 1
		return v
	}
	var movedIn any
	if kind := kinds[project%len(kinds)].kind; kind == 3 || kind == 13 { // half of them, some days after entry
		if moved := entry + hmis.Date(m.homes%60); m.homes%2 == 0 && moved <= min(exit, yearEnd) {
			movedIn = int(moved)
		}
	}
	m.row("Enrollment", values{"MoveInDate": movedIn, "EnrollmentID": id, "PersonalID": person, "ProjectID": fmt.Sprint("j", project), "EntryDate": int(entry),
		"HouseholdID": fmt.Sprint("h", m.homes), "RelationshipToHoH": relation, "EnrollmentCoC": coc,
		"LivingSituation": m.pick(101, 116, 118, 204, 215, 302, 312, 313, 410, 421), "DisablingCondition": m.yesNo(0.4),
		"TimesHomelessPastThreeYears": m.pick(1, 2, 3, 4), "MonthsHomelessPastThreeYears": m.pick(101, 105, 110, 112, 113)})
	if kinds[project%len(kinds)].kind == 1 { // night by night: there on the first night
		m.row("Services", values{"ServicesID": id, "EnrollmentID": id, "PersonalID": person, "DateProvided": int(max(entry, yearStart)), "RecordType": 200, "TypeProvided": 200})
	}
	if exit <= yearEnd {
		m.row("Exit", values{"ExitID": id, "EnrollmentID": id, "PersonalID": person, "ExitDate": int(exit), "Destination": destination})
	}
	income := 0
	if age >= 18 {
		income = m.pick(0, 0, 100, 200, 400, 800, 1200, 1800, 2500)
	}
	m.row("IncomeBenefits", under(values{"IncomeBenefitsID": id, "IncomeFromAnySource": min(income, 1), "TotalMonthlyIncome": income * 100, "Earned": min(income, 1), "EarnedAmount": income * 100}))
	m.row("HealthAndDV", under(values{"HealthAndDVID": id, "DomesticViolenceSurvivor": m.yesNo(BaseRate)}))
	for _, kind := range []int{5, 6, 7, 9, 10} {
		m.row("Disabilities", under(values{"DisabilitiesID": fmt.Sprint(id, "d", kind), "DisabilityType": kind, "DisabilityResponse": m.yesNo(0.2)}))
	}
}
