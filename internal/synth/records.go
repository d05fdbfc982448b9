package synth

import (
	"fmt"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// assess writes what is asked again and again in a stay.
func (m *maker) assess(e *enrollment, day hmis.Date, stage int32) {
	if e.due["4.05"] {
		m.disabilities(e, day, stage)
	}
	if e.answers("4.02") {
		m.income(e, day, stage)
	}
	if e.answers("4.11") && stage == atEntry {
		m.healthAndDV(e, day, stage)
	}
	if stage == atAnnual {
		return
	}
	if e.answers("R6") || e.answers("R4") {
		m.employment(e, day, stage)
	}
	if e.answers("C3") && e.person.dob.AddYears(25) > day {
		m.youthEducation(e, day, stage)
	}
}

// disabilities writes a row for each type at entry, and later for those that the client has.
func (m *maker) disabilities(e *enrollment, day hmis.Date, stage int32) {
	for i, has := range e.person.health {
		if stage != atEntry && !has {
			continue
		}
		kind, response, impairs := int32(firstDisability+i), int32(0), int32(0)
		if has {
			response, impairs = 1, m.yesNo(80)
			if kind == substanceUse {
				response = 1 + e.person.sex%3 // alcohol, drugs or both
			}
		}
		r := m.under(e, "Disabilities", day).set("InformationDate", day).set("DataCollectionStage", stage).set("DisabilityType", kind)
		if r.set("DisabilityResponse", response); has {
			r.set("IndefiniteAndImpairs", impairs)
		}
		if kind == hivType && has && e.due["W4"] {
			r.set("TCellCountAvailable", 1).set("TCellCount", m.between(200, 1200)).set("TCellSource", 1)
			r.set("ViralLoadAvailable", 1).set("ViralLoad", m.between(20, 9000)).set("ViralLoadSource", 1).set("AntiRetroviral", m.yesNo(90))
		}
		r.end()
	}
}

// The sources of income that this community does not have, and its other yes-or-no answers that are mostly no.
var (
	noIncome    = []string{"VADisabilityNonService", "PrivateDisability", "WorkersComp", "Pension", "Alimony", "OtherIncomeSource"}
	noBenefits  = []string{"TANFChildCare", "TANFTransportation", "OtherTANF", "OtherBenefitsSource"}
	noInsurance = []string{"SCHIP", "COBRA", "StateHealthIns", "IndianHealthServices", "OtherInsurance"}
)

func (m *maker) income(e *enrollment, day hmis.Date, stage int32) {
	p := e.person
	if stage != atEntry && m.chance(25) {
		p.earns = !p.earns
		p.monthly += hmis.Money(m.between(-100, 400)) * 100
		p.monthly = max(p.monthly, 5000)
	}
	r := m.under(e, "IncomeBenefits", day).set("InformationDate", day).set("DataCollectionStage", stage)
	total := hmis.Money(0)
	source := func(name string, has bool, amount hmis.Money) {
		if !has {
			r.set(name, 0)
			return
		}
		total += amount
		r.set(name, 1).set(name+"Amount", amount)
	}
	children := e.head() && p.sex == 0 && m.chance(15)
	source("Earned", p.earns, p.monthly)
	source("SSI", p.disability, 91400)
	source("SSDI", p.disability && p.dob%3 == 0, 112050)
	source("VADisabilityService", p.veteran && p.disabled(), 75000)
	source("TANF", children, 31000)
	source("ChildSupport", children && m.chance(30), 25000)
	source("GA", !p.earns && !p.disability && m.chance(10), 23000)
	source("Unemployment", !p.earns && m.chance(5), 80000)
	source("SocSecRetirement", p.dob.AddYears(66) <= day, 134567)
	for _, c := range noIncome {
		r.set(c, 0)
	}
	any := int32(0)
	if total > 0 {
		any = 1
	}
	r.set("IncomeFromAnySource", any).set("TotalMonthlyIncome", total)
	if m.Faults && m.chance(2) {
		r.set("IncomeFromAnySource", 99)
	}
	m.benefits(r, e)
	r.end()
}

func (m *maker) benefits(r *fileRows, e *enrollment) {
	p := e.person
	snap := m.yesNo(55)
	r.set("BenefitsFromAnySource", snap).set("SNAP", snap).set("WIC", 0)
	for _, c := range noBenefits {
		r.set(c, 0)
	}
	medicaid, medicare, employer := m.yesNo(55), m.yesNo(6), int32(0)
	if p.earns {
		employer = m.yesNo(15)
	}
	veteran := int32(0)
	if p.veteran {
		veteran = m.yesNo(70)
	}
	r.set("InsuranceFromAnySource", max(medicaid, medicare, employer, veteran))
	r.set("Medicaid", medicaid).set("Medicare", medicare).set("EmployerProvided", employer).set("VHAServices", veteran).set("PrivatePay", 0)
	for _, c := range noInsurance {
		r.set(c, 0)
	}
	if e.due["W3"] {
		r.set("ADAP", m.yesNo(40)).set("RyanWhiteMedDent", m.yesNo(60))
	}
	if e.due["P4"] {
		r.set("ConnectionWithSOAR", m.yesNo(20))
	}
}

func (m *maker) healthAndDV(e *enrollment, day hmis.Date, stage int32) {
	r := m.under(e, "HealthAndDV", day).set("InformationDate", day).set("DataCollectionStage", stage).set("DomesticViolenceSurvivor", 0)
	if e.person.survivor {
		fleeing := int32(0)
		if e.person.fleeing {
			fleeing = 1
		}
		m.fill(r.set("DomesticViolenceSurvivor", 1), "WhenOccurred").set("CurrentlyFleeing", fleeing)
	}
	if e.due["R7"] {
		m.fill(r, "GeneralHealthStatus", "DentalHealthStatus", "MentalHealthStatus")
	}
	if e.due["R10"] && e.person.sex == 0 {
		pregnant := m.yesNo(6)
		if r.set("PregnancyStatus", pregnant); pregnant == 1 {
			r.set("DueDate", day+hmis.Date(m.between(20, 240)))
		}
	}
	r.end()
}

func (m *maker) employment(e *enrollment, day hmis.Date, stage int32) {
	r := m.under(e, "EmploymentEducation", day).set("InformationDate", day).set("DataCollectionStage", stage)
	if e.due["R4"] {
		m.fill(r, "LastGradeCompleted")
	}
	if e.due["R5"] {
		m.fill(r, "SchoolStatus")
	}
	if e.due["R6"] {
		if e.person.earns {
			m.fill(r.set("Employed", 1), "EmploymentType")
		} else {
			m.fill(r.set("Employed", 0), "NotEmployedReason")
		}
	}
	r.end()
}

func (m *maker) youthEducation(e *enrollment, day hmis.Date, stage int32) {
	r := m.under(e, "YouthEducationStatus", day).set("InformationDate", day).set("DataCollectionStage", stage)
	attends := m.code("C3.2")
	if r.set("CurrentSchoolAttend", attends); attends == 0 {
		m.fill(r, "MostRecentEdStatus")
	} else {
		m.fill(r, "CurrentEdStatus")
	}
	r.end()
}

// contacts writes the current living situations that outreach and coordinated entry record when they meet a client.
func (m *maker) contacts(e *enrollment) {
	if !e.answers("4.12") {
		return
	}
	for day, n := e.entry, 0; day <= e.end() && n < 12; day, n = day+hmis.Date(m.between(4, 45)), n+1 {
		situation := m.draw([]weighted{{116, 70}, {101, 15}, {335, 5}, {336, 4}, {314, 4}, {37, 2}})
		r := m.under(e, "CurrentLivingSituation", day).set("InformationDate", day).set("CurrentLivingSituation", situation)
		if e.kind == coordinatedEntry {
			r.set("VerifiedBy", "Outreach team")
		}
		if situation > 300 {
			leaves := m.yesNo(70)
			if r.set("LeaveSituation14Days", leaves); leaves == 1 {
				m.fill(r, "SubsequentResidence", "ResourcesToObtain", "LeaseOwn60Day", "MovedTwoOrMore")
			}
		}
		r.end()
	}
}

// programService is what a program gives, list 1.4, and how often at most.
type programService struct {
	element string
	record  int32
	list    string
	most    int
}

var programServices = []programService{
	{"P1", 141, "P1.2", 3}, {"P2", 161, "P2.2", 2}, {"R14", 142, "R14.2", 3}, {"W1", 143, "W1.2", 2},
	{"V2", 144, "V2.2", 3}, {"W2", 151, "W2.2", 2}, {"V3", 152, "V3.3", 2}, {"V8", 210, "V8.2", 1}, {"C2", 300, "C2.2", 1},
}

// services writes the bed nights of a night-by-night shelter and what federal programs gave.
func (m *maker) services(e *enrollment) {
	if e.kind == nightShelter {
		for day, n := e.entry, 0; day < max(e.end(), e.entry+1) && n < 40; day++ {
			if day == e.entry || m.chance(60) {
				m.serviceRow(e, day, 200, 200).end()
				n++
			}
		}
	}
	for _, s := range programServices {
		if !e.answers(s.element) || (s.record == 144 || s.record == 152 || s.record == 300) && !e.head() {
			continue
		}
		for range m.rand.IntN(s.most + 1) {
			m.programService(e, s)
		}
	}
}

func (m *maker) serviceRow(e *enrollment, day hmis.Date, record, kind int32) *fileRows {
	return m.under(e, "Services", day).set("DateProvided", day).set("RecordType", record).set("TypeProvided", kind)
}

func (m *maker) programService(e *enrollment, s programService) {
	kind := m.code(s.list)
	day := e.entry + hmis.Date(m.rand.IntN(int(min(e.end()-e.entry, 300))+1))
	r := m.serviceRow(e, day, s.record, kind)
	switch s.record {
	case 144:
		switch kind {
		case 3:
			r.set("SubTypeProvided", m.code("V2.A"))
		case 4:
			r.set("SubTypeProvided", m.code("V2.B"))
		case 5:
			r.set("SubTypeProvided", m.code("V2.C"))
		case 6:
			r.set("OtherTypeProvided", "Furniture")
		}
	case 151:
		r.set("FAAmount", hmis.Money(m.between(100, 1500))*100)
	case 152:
		r.set("FAAmount", hmis.Money(m.between(100, 1800))*100).set("FAStartDate", day).set("FAEndDate", day+30)
	case 161:
		m.fill(r, "ReferralOutcome")
	case 210:
		if kind == 12 {
			r.set("OtherTypeProvided", "Transport")
		}
	case 300:
		if kind == 5 {
			r.set("MovingOnOtherType", "Peer group")
		}
	}
	r.end()
}

// coordinate writes the assessment of coordinated entry with its questions and results, and the events that follow.
func (m *maker) coordinate(e *enrollment) {
	if e.kind != coordinatedEntry || !e.due["4.19"] {
		return
	}
	day := min(e.entry+hmis.Date(m.rand.IntN(7)), e.end())
	r := m.under(e, "Assessment", day).set("AssessmentDate", day).set("AssessmentLocation", "Access point").
		set("AssessmentType", m.code("4.19.3")).set("AssessmentLevel", m.code("4.19.4")).set("PrioritizationStatus", m.code("4.19.7"))
	assessment := fmt.Sprint(m.rows)
	r.end()
	score := m.between(0, 17)
	for i, question := range []string{"Nights outside in the last month", "Emergency room visits in six months", "People who can help"} {
		m.under(e, "AssessmentQuestions", day).set("AssessmentID", assessment).set("AssessmentQuestionGroup", "Triage").
			set("AssessmentQuestionOrder", i+1).set("AssessmentQuestion", question).set("AssessmentAnswer", fmt.Sprint(m.between(0, 9))).end()
	}
	m.under(e, "AssessmentResults", day).set("AssessmentID", assessment).set("AssessmentResultType", "Score").set("AssessmentResult", fmt.Sprint(score)).end()
	m.events(e, day)
}

func (m *maker) events(e *enrollment, day hmis.Date) {
	for range m.between(1, 3) {
		event := m.draw([]weighted{{1, 5}, {2, 10}, {3, 10}, {4, 15}, {5, 5}, {7, 5}, {10, 20}, {11, 5}, {12, 5}, {13, 5}, {14, 12}, {15, 3}})
		r := m.under(e, "Event", day).set("EventDate", day).set("Event", event)
		switch {
		case event == 2:
			r.set("ProbSolDivRRResult", m.yesNo(30))
		case event == 5:
			r.set("ReferralCaseManageAfter", m.yesNo(60))
		case event >= 10:
			r.set("LocationCrisisOrPHHousing", m.projects[m.rand.IntN(len(m.projects))].id)
			if result := day + hmis.Date(m.between(1, 30)); result <= e.end() {
				m.fill(r, "ReferralResult").set("ResultDate", result)
			}
		}
		r.end()
		if day += hmis.Date(m.between(3, 40)); day > e.end() {
			return
		}
	}
}
