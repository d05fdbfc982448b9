package world

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// label is the cell of a row with its name in both worlds, whatever its HUD id is there. No file has such a column.
const label = "#"

// community is everything that a world is made of. All people in it are invented.
type community struct {
	year  hmis.Year
	today hmis.Date
	rows  storetest.Rows
	acts  []act // in this order, after the import
}

func (c *community) clone() *community {
	clone := *c
	clone.rows = c.rows.Clone()
	clone.acts = append([]act(nil), c.acts...)
	return &clone
}

// act is something that a client chose, or a lock on its record.
type act struct {
	kind       actKind
	client     string // label
	method     policy.ConsentMethod
	from, to   hmis.Date
	provisions []provision
}

type actKind int

const (
	releases actKind = iota
	refuses
	drafts
	revokesAtOnce    // the client's newest release
	revokesFromNowOn // likewise
	locks
	unlocks
)

// provision opens categories to organizations by their HUD id; none: every partner.
type provision struct {
	categories hmis.Categories
	to         []string
	purpose    policy.Purpose
}

// The agencies: an organization with its projects and what funds them.
var (
	organizations = []string{"1", "2", "3", "4", "5"}
	projects      = []struct{ id, organization, projectType, funder, target string }{
		{"11", "1", "1", "8", "4"},   // a night shelter
		{"12", "1", "4", "21", "4"},  // PATH outreach
		{"21", "2", "13", "3", "4"},  // rapid re-housing
		{"22", "2", "3", "15", "4"},  // HOPWA housing
		{"31", "3", "13", "33", "4"}, // SSVF
		{"32", "3", "2", "40", "4"},  // GPD clinical treatment
		{"41", "4", "2", "24", "4"},  // RHY transitional living
		{"42", "4", "14", "4", "4"},  // coordinated entry
		{"51", "5", "2", "5", "1"},   // for survivors of violence
		{"52", "5", "9", "46", "4"},
	}
)

// recordFiles are the files with records under a stay.
var recordFiles = []string{"Exit", "Services", "CurrentLivingSituation", "IncomeBenefits", "HealthAndDV", "Disabilities",
	"EmploymentEducation", "YouthEducationStatus", "Assessment", "Event"}

// maker makes rows.
type maker struct {
	*rand.Rand
	year hmis.Year
	n    int // rows made so far
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// newCommunity makes up a community.
func newCommunity(r *rand.Rand, today hmis.Date) *community {
	c := &community{year: pick(r, []hmis.Year{hmis.FY2026, hmis.FY2026, hmis.FY2024}), today: today}
	m := &maker{Rand: r, year: c.year}
	c.rows = agencies(c.year)
	for range 7 + r.IntN(4) {
		m.client(c.rows)
	}
	for range 3 + r.IntN(4) {
		m.join(c.rows)
	}
	for _, client := range c.rows["Client"] {
		if m.chance(70) {
			c.acts = append(c.acts, m.acts(client[label], today)...)
		}
	}
	return c
}

func agencies(year hmis.Year) storetest.Rows {
	rows := storetest.Community().Clone()
	for file := range rows {
		if file != "Export" && file != "User" {
			delete(rows, file)
		}
	}
	rows["Export"][0]["CSVVersion"] = fmt.Sprintf("%d v1.0", year)
	for _, o := range organizations {
		rows["Organization"] = append(rows["Organization"], map[string]string{label: o, "OrganizationID": o, "OrganizationName": "Agency " + o, "VictimServiceProvider": "0"})
	}
	for _, p := range projects {
		add := func(file string, cells map[string]string) {
			cells["ProjectID"], cells[label] = p.id, file+p.id
			cells[hmis.FileNamed(file).Key().Name] = strings.ToLower(file[:1]) + p.id
			if file == "Project" {
				cells["ProjectID"], cells[label] = p.id, p.id
			}
			rows[file] = append(rows[file], cells)
		}
		project := map[string]string{"OrganizationID": p.organization, "ProjectName": "Project " + p.id, "OperatingStartDate": "2015-01-01",
			"ContinuumProject": "1", "ProjectType": p.projectType, "HousingType": "1", "TargetPopulation": p.target}
		if p.projectType == "13" {
			project["RRHSubType"] = "2"
		}
		add("Project", project)
		add("Funder", map[string]string{"Funder": p.funder, "GrantID": "g" + p.id, "StartDate": "2015-01-01"})
		add("ProjectCoC", map[string]string{"CoCCode": "NY-600", "Geocode": "360000", "GeographyType": "1", "Address1": "1 Made-up Road", "City": "Nowhere"})
		add("HMISParticipation", map[string]string{"HMISParticipationType": "1", "HMISParticipationStatusStartDate": "2015-01-01"})
		add("CEParticipation", map[string]string{"AccessPoint": "0", "ReceivesReferrals": "0", "CEParticipationStatusStartDate": "2015-01-01"})
	}
	return rows
}

// row makes a row of a file with random cells, and the given ones.
func (m *maker) row(file string, given map[string]string) map[string]string {
	m.n++
	name := fmt.Sprintf("%s%d", strings.ToLower(file[:2]), m.n)
	f := hmis.FileNamed(file)
	row := map[string]string{label: name, f.Key().Name: name, "DateCreated": "2025-01-01 08:00:00", "UserID": "u1", "ExportID": "x1",
		"DateUpdated": m.updated()}
	for _, c := range f.Columns {
		if _, set := row[c.Name]; !set && c.In(m.year) && c.Category != hmis.Meta && c.References == "" && m.chance(60) {
			row[c.Name] = m.cell(c)
		}
	}
	for _, c := range f.Columns {
		if c.Kind == hmis.Day && (c.Required(m.year) || c.Name == "InformationDate") {
			row[c.Name] = m.day()
		}
	}
	if m.chance(6) {
		row["DateDeleted"] = "2025-06-01 08:00:00"
	}
	for column, value := range given {
		row[column] = value
	}
	return row
}

// updated is a day long ago, or one to come, so that a revocation from now on parts the rows.
func (m *maker) updated() string {
	if m.chance(30) {
		return "2090-01-01 08:00:00"
	}
	return "2025-06-01 08:00:00"
}

func (m *maker) day() string {
	return (hmis.NewDate(2024, 10, 1) + hmis.Date(m.IntN(300))).String()
}

// cell makes a value that HUD allows in the column.
func (m *maker) cell(c *hmis.Column) string {
	if list := hmis.ListNumbered(c.ListIn(m.year)); list != nil {
		for range 20 {
			if code := pick(m.Rand, list.Codes); code.ValidIn(m.year) {
				return code.Code
			}
		}
		return ""
	}
	switch {
	case c.Name == "SSN":
		return fmt.Sprintf("9%08d", m.IntN(100_000_000))
	case c.Name == "DOB": // nobody comes of age while a release runs, which Check would not let pass
		if m.chance(30) {
			return (hmis.NewDate(2016, 1, 1) + hmis.Date(m.IntN(365*7))).String()
		}
		return (hmis.NewDate(1950, 1, 1) + hmis.Date(m.IntN(365*54))).String()
	case c.Kind == hmis.Number, c.Kind == hmis.Code:
		return strconv.Itoa(1 + m.IntN(4))
	case c.Kind == hmis.MoneyKind:
		return fmt.Sprintf("%d.00", m.IntN(900))
	case c.Kind == hmis.Day:
		return m.day()
	case c.Kind == hmis.Moment:
		return m.day() + " 09:00:00"
	}
	text := fmt.Sprintf("made up %d", m.IntN(1000))
	if c.MaxLength > 0 && len(text) > c.MaxLength {
		text = strconv.Itoa(m.IntN(1000) % 9)
	}
	return text
}

// client adds a client with stays and records.
func (m *maker) client(rows storetest.Rows) {
	c := m.row("Client", nil)
	rows["Client"] = append(rows["Client"], c)
	for range 1 + m.IntN(3) {
		m.stay(rows, c["PersonalID"], pick(m.Rand, projects).id, "")
	}
}

// stay adds a stay with records; household "" is one of its own.
func (m *maker) stay(rows storetest.Rows, client, project, household string) {
	relationship := "1"
	if household != "" {
		relationship = "2"
	}
	e := m.row("Enrollment", map[string]string{"PersonalID": client, "ProjectID": project, "RelationshipToHoH": relationship, "EnrollmentCoC": "NY-600"})
	e["HouseholdID"] = household
	if household == "" {
		e["HouseholdID"] = "h" + e[label]
	}
	rows["Enrollment"] = append(rows["Enrollment"], e)
	for _, file := range recordFiles {
		if m.chance(40) {
			m.record(rows, file, e)
		}
	}
}

// record adds a record under a stay.
func (m *maker) record(rows storetest.Rows, file string, stay map[string]string) {
	given := map[string]string{"EnrollmentID": stay["EnrollmentID"], "PersonalID": stay["PersonalID"]}
	switch file {
	case "Services":
		t := pick(m.Rand, hmis.RowTypes("Services"))
		given["RecordType"], given["TypeProvided"] = fmt.Sprint(t.Type), fmt.Sprint(max(t.Provided, 1))
		if t.Type == 200 {
			given["TypeProvided"] = "200"
		}
	case "Disabilities":
		given["DisabilityType"] = fmt.Sprint(pick(m.Rand, hmis.RowTypes("Disabilities")).Type)
	}
	r := m.row(file, given)
	rows[file] = append(rows[file], r)
	if file == "Assessment" {
		given["AssessmentID"] = r["AssessmentID"]
		for _, below := range []string{"AssessmentQuestions", "AssessmentResults"} {
			rows[below] = append(rows[below], m.row(below, given))
		}
	}
}

// join puts somebody into the household of another.
func (m *maker) join(rows storetest.Rows) {
	head, other := pick(m.Rand, rows["Enrollment"]), pick(m.Rand, rows["Client"])
	if head["PersonalID"] != other["PersonalID"] {
		m.stay(rows, other["PersonalID"], head["ProjectID"], head["HouseholdID"])
	}
}

// acts is what a client chose, one after the other.
func (m *maker) acts(client string, today hmis.Date) (list []act) {
	for range 1 + m.IntN(2) {
		switch a := m.act(client, today); m.IntN(10) {
		case 0:
			list = append(list, act{kind: refuses, client: client, method: policy.Written, from: today - 10})
		case 1:
			a.kind = drafts
			list = append(list, a)
		case 2:
			list = append(list, a, act{kind: revokesAtOnce, client: client})
		case 3, 4:
			list = append(list, a, act{kind: revokesFromNowOn, client: client})
		default:
			list = append(list, a)
		}
	}
	if m.chance(20) {
		list = append(list, act{kind: locks, client: client})
	}
	return list
}

// act is a release: general, of named categories, or of behavioral health as 42 CFR 2.31 asks. Some have run out, some
// are still to begin.
func (m *maker) act(client string, today hmis.Date) act {
	a := act{kind: releases, client: client, method: policy.Written, from: today - hmis.Date(m.IntN(200)), to: today + 60}
	switch m.IntN(10) {
	case 0:
		a.from, a.to = today-300, today-1
	case 1:
		a.from, a.to = today+1, today+90
	}
	for range 1 + m.IntN(2) {
		p := provision{purpose: pick(m.Rand, []policy.Purpose{policy.AnyPurpose, policy.AnyPurpose, policy.AnyPurpose, policy.Treatment})}
		if m.chance(35) {
			p.categories = hmis.GeneralRelease
		}
		for _, c := range hmis.AllContent.List() {
			if c != hmis.BehavioralHealth && m.chance(30) {
				p.categories |= hmis.CategoriesOf(c)
			}
		}
		if m.chance(50) {
			p.to = []string{pick(m.Rand, organizations)}
		}
		if p.to != nil && m.chance(50) {
			p.purpose = policy.Treatment
			p.categories |= hmis.CategoriesOf(hmis.BehavioralHealth)
		}
		if p.categories == 0 {
			p.categories = hmis.GeneralRelease
		}
		a.provisions = append(a.provisions, p)
	}
	return a
}
