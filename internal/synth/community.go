package synth

import (
	"fmt"
	"math/rand/v2"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

const exportID = "made-up"

var userIDs = []string{"u01", "u02", "u03", "u04", "u05", "u06", "u07"}

// cocs are the CoCs that the community's projects work in; most work in the first.
var cocs = []string{"GA-501", "GA-502", "GA-503"}

// Project types, list 2.02.6.
const (
	entryExitShelter = 0
	nightShelter     = 1
	transitional     = 2
	supportive       = 3
	outreach         = 4
	servicesOnly     = 6
	otherType        = 7
	safeHaven        = 8
	housingOnly      = 9
	housingServices  = 10
	dayShelter       = 11
	prevention       = 12
	rapid            = 13
	coordinatedEntry = 14
)

// Funders, list 2.06.1, that change what is collected.
const (
	cocSupportive = 2
	cocRapid      = 3
	cocServices   = 4
	cocTransition = 5
	cocSafeHaven  = 6
	esgShelter    = 8
	esgPrevention = 9
	esgOutreach   = 11
	hopwaHousing  = 15
	hopwaSTRMU    = 17
	vash          = 20
	pathFunder    = 21
	rhyBasic      = 22
	rhyLiving     = 24
	rhyOutreach   = 25
	ssvf          = 33
	gpdBridge     = 37
	yhdp          = 43
	local         = 46
)

// project is what the stays need to know of a project.
type project struct {
	id      string
	kind    int32
	funder  int32
	coc     string
	starts  hmis.Date
	ends    hmis.Date // 0: still open
	subtype int32     // of rapid re-housing; 1 gives services only
	victim  bool
	program hmis.Programs
	due     map[string]bool // the elements that it must collect
}

// agency is a kind of organization with its projects.
type agency struct {
	name     string
	projects []project
}

// agencies repeat until the community has enough of them.
var agencies = []agency{
	{"Shelter Ministries", []project{{kind: entryExitShelter, funder: esgShelter}, {kind: nightShelter, funder: esgShelter}, {kind: coordinatedEntry, funder: cocServices}}},
	{"Homes First", []project{{kind: rapid, funder: cocRapid, subtype: 2}, {kind: supportive, funder: cocSupportive}, {kind: transitional, funder: cocTransition}}},
	{"Street Reach", []project{{kind: outreach, funder: esgOutreach}, {kind: outreach, funder: pathFunder}, {kind: servicesOnly, funder: cocServices}}},
	{"Veterans' Landing", []project{{kind: rapid, funder: ssvf, subtype: 2}, {kind: prevention, funder: ssvf}, {kind: transitional, funder: gpdBridge}, {kind: supportive, funder: vash}}},
	{"Youth Harbor", []project{{kind: transitional, funder: rhyLiving}, {kind: entryExitShelter, funder: rhyBasic}, {kind: outreach, funder: rhyOutreach}, {kind: rapid, funder: yhdp, subtype: 1}}},
	{"Positive Housing", []project{{kind: housingOnly, funder: hopwaHousing}, {kind: prevention, funder: hopwaSTRMU}}},
	{"Neighbors' Pantry", []project{{kind: prevention, funder: esgPrevention}, {kind: dayShelter, funder: local}, {kind: otherType, funder: local}}},
	{"Haven House", []project{{kind: safeHaven, funder: cocSafeHaven}, {kind: housingServices, funder: local}, {kind: entryExitShelter, funder: local}}},
}

var quarters = []string{"North", "South", "East", "West", "Central", "Riverside", "Hillside", "Lakeside", "Old Town", "Harborview",
	"Meadow", "Orchard", "Quarry", "Summit", "Valley", "Willow"}

var shortTypes = func() map[int32]string {
	short := map[int32]string{}
	for _, t := range hmis.ProjectTypeInfos() {
		short[t.Code] = t.Short
	}
	return short
}()

func (m *maker) export() {
	r := m.out.row("Export", periodEnd)
	r.set("SourceType", 1).set("SourceID", cocs[0]).set("SourceName", "A made-up community").set("ExportDate", (periodEnd+15).Midnight()+6*3600)
	r.set("ExportStartDate", periodStart).set("ExportEndDate", periodEnd).set("SoftwareName", "hearth synth").set("SoftwareVersion", "1")
	r.set("CSVVersion", fmt.Sprintf("%d v1.0", m.Year)).set("ExportPeriodType", 3).set("ExportDirective", 2).set("HashStatus", 1).set("ImplementationID", "made-up").end()
	for i, id := range userIDs {
		m.out.row("User", periodStart).set("UserID", id).set("UserFirstName", "Staff").set("UserLastName", fmt.Sprintf("Member %d", i+1)).end()
	}
}

// community makes the organizations and their projects: one for about 400 clients, at least one of each kind.
func (m *maker) community() {
	m.rand = rand.New(rand.NewPCG(m.Seed, 0))
	m.byKind = map[int32][]int{}
	for i := range min(max(m.Clients/400, len(agencies)), 300) {
		a := agencies[i%len(agencies)]
		round := i / len(agencies)
		name := fmt.Sprintf("%s %s", quarters[round%len(quarters)], a.name)
		if round >= len(quarters) {
			name += fmt.Sprintf(" %d", round/len(quarters)+1)
		}
		m.organization(fmt.Sprint(i+1), name, a.projects, false)
	}
	if m.VictimServices {
		m.organization("900", "A Safe Place", []project{{kind: entryExitShelter, funder: local, victim: true}}, true)
		m.organization("901", "Beside You", []project{{kind: transitional, funder: local, victim: true}}, false)
	}
}

func (m *maker) organization(id, name string, projects []project, victimProvider bool) {
	founded := hmis.NewDate(2015, 1, 1)
	victim := 0
	if victimProvider {
		victim = 1
	}
	m.out.row("Organization", founded).set("OrganizationID", id).set("OrganizationName", name).set("VictimServiceProvider", victim).end()
	residential := ""
	for i, p := range projects {
		p.id = fmt.Sprintf("%s%02d", id, i+1)
		p.starts = founded + hmis.Date(m.rand.IntN(1500))
		p.coc, p.program, p.due = cocs[0], hmis.ProgramOfFunder(p.funder), elementsDue(p)
		if m.chance(20) {
			p.coc = pick(m, cocs[1:])
		}
		if p.kind == otherType && m.chance(50) {
			p.ends = hmis.NewDate(2025, 6, 30) // one that closed in the period
		}
		m.project(p, id, fmt.Sprintf("%s %s", name, shortTypes[p.kind]), &residential, victimProvider)
		m.byKind[p.kind] = append(m.byKind[p.kind], len(m.projects))
		m.projects = append(m.projects, p)
	}
}

func elementsDue(p project) map[string]bool {
	due := map[string]bool{}
	for _, e := range hmis.ElementsDue(p.kind, []int32{p.funder}) {
		if e.Requirement == "required" {
			due[e.Number] = true
		}
	}
	return due
}

func hasBeds(kind int32) bool {
	for _, t := range hmis.ProjectTypeInfos() {
		if t.Code == kind {
			return t.HasBeds
		}
	}
	return false
}

func (m *maker) project(p project, organization, name string, residential *string, victimProvider bool) {
	r := m.out.row("Project", p.starts).set("ProjectID", p.id).set("OrganizationID", organization).set("ProjectName", name)
	r.set("OperatingStartDate", p.starts).set("ContinuumProject", 1).set("ProjectType", p.kind).set("TargetPopulation", 4).set("HOPWAMedAssistedLivingFac", 2)
	if p.funder == hopwaHousing || p.funder == hopwaSTRMU {
		r.set("HOPWAMedAssistedLivingFac", 0).set("TargetPopulation", 3)
	}
	if p.ends != 0 {
		r.set("OperatingEndDate", p.ends)
	}
	beds := hasBeds(p.kind) && p.subtype != 1
	if beds {
		r.set("HousingType", m.between(1, 3)).set("PITCount", m.between(5, 60))
		*residential = p.id
	}
	if p.kind == rapid {
		r.set("RRHSubType", p.subtype)
	}
	affiliated := p.kind == servicesOnly || p.subtype == 1
	if affiliated {
		r.set("ResidentialAffiliation", 0)
		if *residential != "" {
			r.set("ResidentialAffiliation", 1)
		}
	}
	r.end()
	if affiliated && *residential != "" {
		m.out.row("Affiliation", p.starts).set("AffiliationID", "a"+p.id).set("ProjectID", p.id).set("ResProjectID", *residential).end()
	}
	m.descriptors(p, beds, victimProvider)
}

func (m *maker) descriptors(p project, beds, victimProvider bool) {
	r := m.out.row("Funder", p.starts).set("FunderID", "f"+p.id).set("ProjectID", p.id).set("Funder", p.funder).set("GrantID", "G-"+p.id).set("StartDate", p.starts)
	if p.funder == local {
		r.set("OtherFunder", "City fund")
	}
	r.end()
	m.out.row("ProjectCoC", p.starts).set("ProjectCoCID", "c"+p.id).set("ProjectID", p.id).set("CoCCode", p.coc).set("Geocode", "130000").
		set("City", "Elsewhere").set("State", "GA").set("ZIP", "30000").set("GeographyType", 1).end()
	participation := 1
	if p.victim && !victimProvider {
		participation = 2
	}
	m.out.row("HMISParticipation", p.starts).set("HMISParticipationID", "h"+p.id).set("ProjectID", p.id).
		set("HMISParticipationType", participation).set("HMISParticipationStatusStartDate", p.starts).end()
	access := 0
	r = m.out.row("CEParticipation", p.starts).set("CEParticipationID", "e"+p.id).set("ProjectID", p.id)
	if p.kind == coordinatedEntry {
		access = 1
		r.set("PreventionAssessment", 1).set("CrisisAssessment", 1).set("HousingAssessment", 1).set("DirectServices", 0)
	}
	r.set("AccessPoint", access).set("ReceivesReferrals", m.yesNo(60)).set("CEParticipationStatusStartDate", p.starts).end()
	if beds {
		m.inventory(p)
	}
}

func (m *maker) inventory(p project) {
	for i, householdType := range []int{1, 3} {
		if i == 1 && m.chance(50) {
			return
		}
		beds := m.between(6, 60)
		r := m.out.row("Inventory", p.starts).set("InventoryID", fmt.Sprintf("i%s%d", p.id, i)).set("ProjectID", p.id).set("CoCCode", p.coc)
		r.set("HouseholdType", householdType).set("UnitInventory", max(beds/3, 1)).set("BedInventory", beds).set("OtherBedInventory", beds)
		for _, c := range []string{"CHVetBedInventory", "YouthVetBedInventory", "VetBedInventory", "CHYouthBedInventory", "YouthBedInventory", "CHBedInventory"} {
			r.set(c, 0)
		}
		if p.kind == entryExitShelter || p.kind == nightShelter {
			r.set("Availability", 1).set("ESBedType", 1)
		}
		r.set("InventoryStartDate", p.starts).end()
	}
}
