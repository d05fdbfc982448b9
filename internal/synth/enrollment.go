package synth

import (
	"slices"
	"strconv"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// enrollment is one person's part of a stay.
type enrollment struct {
	stay
	id     string
	person *person
}

func (e *enrollment) head() bool { return e.person.relationship == 1 }

// answers tells whether the element is collected of this client: most are of adults and heads of household only.
func (e *enrollment) answers(element string) bool {
	return e.due[element] && (e.head() || e.person.adult(e.entry))
}

// Data collection stages, list 5.03.1.
const (
	atEntry  = 1
	atUpdate = 2
	atExit   = 3
	atAnnual = 5
)

func (m *maker) enrollment(e *enrollment) {
	m.entry(e)
	m.assess(e, e.entry, atEntry)
	for year := 1; e.head(); year++ {
		day := e.entry.AddYears(year)
		if day >= e.end() {
			break
		}
		m.assess(e, day+hmis.Date(m.between(-20, 0)), atAnnual)
	}
	m.contacts(e)
	m.services(e)
	if e.head() {
		m.coordinate(e)
	}
	if e.exit != 0 {
		m.assess(e, e.exit, atExit)
		m.leave(e)
	}
}

// under begins a row of a file under the enrollment.
func (m *maker) under(e *enrollment, file string, day hmis.Date) *fileRows {
	m.rows++
	r := m.out.row(file, day)
	return r.set(r.key, strconv.Itoa(m.rows)).set("EnrollmentID", e.id).set("PersonalID", e.person.id)
}

// fill answers columns at random.
func (m *maker) fill(r *fileRows, columns ...string) *fileRows {
	for _, c := range columns {
		r.set(c, m.code(r.lists[c]))
	}
	return r
}

func (m *maker) entry(e *enrollment) {
	r := m.out.row("Enrollment", e.entry).set("EnrollmentID", e.id).set("PersonalID", e.person.id).set("ProjectID", e.project.id)
	r.set("EntryDate", e.entry).set("HouseholdID", e.household).set("RelationshipToHoH", e.person.relationship).set("EnrollmentCoC", e.coc)
	disabling := int32(0)
	if e.person.disabled() {
		disabling = 1
	}
	r.set("DisablingCondition", disabling)
	if e.head() || e.person.adult(e.entry) {
		m.priorSituation(r, e)
	}
	if e.head() && e.due["3.20"] {
		m.moveIn(r, e)
	}
	if e.answers("4.13") && m.chance(70) {
		r.set("DateOfEngagement", min(e.entry+hmis.Date(m.rand.IntN(30)), e.end()))
	}
	m.programEntry(r, e)
	if m.Faults {
		m.enrollmentFaults(r, e)
	}
	r.end()
}

func (m *maker) moveIn(r *fileRows, e *enrollment) {
	waits := 45
	if e.kind == rapid {
		waits = 150
	}
	if day := e.entry + hmis.Date(m.rand.IntN(waits)); day < e.end() {
		r.set("MoveInDate", day)
	}
}

// priorSituation answers 3.917 as far as the living situation asks for it.
func (m *maker) priorSituation(r *fileRows, e *enrollment) {
	r.set("LivingSituation", e.slept)
	if e.slept == 435 {
		r.set("RentalSubsidyType", m.draw([]weighted{{431, 40}, {433, 30}, {439, 20}, {420, 10}}))
	}
	length := m.draw([]weighted{{10, 10}, {11, 20}, {2, 20}, {3, 25}, {4, 15}, {5, 10}})
	r.set("LengthOfStay", length)
	if !slices.Contains([]int32{101, 116, 118}, e.slept) && !slices.Contains([]int32{entryExitShelter, nightShelter, outreach, safeHaven}, e.kind) {
		short := []int32{10, 11} // under 7 nights
		if e.slept < 300 {
			short = []int32{10, 11, 2, 3} // under 90 days in an institution
		}
		if !slices.Contains(short, length) {
			r.set("LOSUnderThreshold", 0)
			return
		}
		before := m.yesNo(60)
		if r.set("LOSUnderThreshold", 1).set("PreviousStreetESSH", before); before == 0 {
			return
		}
	}
	months := min(1+m.rand.IntN(13)+m.rand.IntN(6), 13)
	r.set("DateToStreetESSH", e.entry-hmis.Date(m.between(0, 28)+30*(months-1))).set("TimesHomelessPastThreeYears", m.draw([]weighted{{1, 55}, {2, 20}, {3, 8}, {4, 17}}))
	r.set("MonthsHomelessPastThreeYears", 100+months)
}

// programEntry answers what federal programs ask at entry.
func (m *maker) programEntry(r *fileRows, e *enrollment) {
	if e.answers("P3") {
		enrolled := m.yesNo(85)
		if r.set("DateOfPATHStatus", min(e.entry+hmis.Date(m.rand.IntN(20)), e.end())).set("ClientEnrolledInPATH", enrolled); enrolled == 0 {
			m.fill(r, "ReasonNotEnrolled")
		}
	}
	if e.answers("R1") {
		if m.fill(r, "ReferralSource"); e.kind == outreach {
			r.set("ReferralSource", 7).set("CountOutreachReferralApproaches", m.between(1, 5))
		}
	}
	if e.due["R2"] {
		eligible := m.yesNo(95)
		if r.set("DateOfBCPStatus", e.entry).set("EligibleForRHY", eligible); eligible == 1 {
			m.fill(r, "RunawayYouth")
		} else {
			m.fill(r, "ReasonNoServices")
		}
	}
	if e.answers("R11") && m.chance(25) {
		r.set("FormerWardChildWelfare", 1).set("ChildWelfareYears", 1).set("ChildWelfareMonths", m.between(1, 11))
	}
	if e.answers("R12") && m.chance(15) {
		r.set("FormerWardJuvenileJustice", 1).set("JuvenileJusticeYears", 1).set("JuvenileJusticeMonths", m.between(1, 11))
	}
	if e.answers("R13") {
		m.fill(r, "UnemploymentFam", "MentalHealthDisorderFam", "PhysicalDisabilityFam", "AlcoholDrugUseDisorderFam", "InsufficientIncome", "IncarceratedParent")
	}
	if !e.head() {
		return
	}
	if e.due["V4"] {
		m.fill(r, "PercentAMI")
	}
	if e.due["V6"] {
		r.set("VAMCStation", "508")
	}
	if e.due["V7"] {
		m.fill(r, "TargetScreenReqd", "TimeToHousingLoss", "AnnualPercentAMI", "LiteralHomelessHistory", "ClientLeaseholder", "HOHLeaseholder",
			"SubsidyAtRisk", "EvictionHistory", "CriminalRecord", "IncarceratedAdult", "PrisonDischarge", "SexOffender", "DisabledHoH",
			"CurrentPregnant", "SingleParent", "DependentUnder6", "HH5Plus", "CoCPrioritized")
		r.set("HPScreeningScore", m.between(0, 25)).set("ThresholdScore", 15)
	}
	if e.due["V10"] {
		m.fill(r, "MentalHealthConsultation")
	}
}

// enrollmentFaults takes answers away; the client's own row has others.
func (m *maker) enrollmentFaults(r *fileRows, e *enrollment) {
	if m.chance(3) {
		r.set("DisablingCondition", 99)
	}
	if m.chance(3) {
		for _, c := range []string{"RentalSubsidyType", "LengthOfStay", "LOSUnderThreshold", "PreviousStreetESSH", "DateToStreetESSH", "TimesHomelessPastThreeYears", "MonthsHomelessPastThreeYears"} {
			r.set(c, "")
		}
		r.set("LivingSituation", m.draw([]weighted{{8, 2}, {9, 2}, {99, 6}}))
	}
	if !e.head() && m.chance(1) {
		r.set("RelationshipToHoH", 99)
	}
	if m.chance(0.3) {
		r.set("EnrollmentCoC", "XX-1")
	}
	if m.chance(0.2) {
		r.set("MoveInDate", e.entry-3)
	}
}

func (m *maker) leave(e *enrollment) {
	r := m.under(e, "Exit", e.exit).set("ExitDate", e.exit).set("Destination", e.destination)
	if e.destination == 435 {
		r.set("DestinationSubsidyType", m.draw([]weighted{{431, 30}, {439, 30}, {433, 25}, {420, 10}, {428, 5}}))
	}
	m.programExit(r, e)
	if m.Faults {
		if m.chance(2) {
			r.set("DestinationSubsidyType", "").set("Destination", 99)
		}
		if m.chance(0.2) {
			r.set("ExitDate", e.entry-1)
		}
	}
	r.end()
}

// programExit answers what federal programs ask at exit.
func (m *maker) programExit(r *fileRows, e *enrollment) {
	if e.due["W5"] {
		outcome := m.draw([]weighted{{1, 40}, {2, 10}, {3, 15}, {4, 15}, {5, 5}, {6, 5}, {7, 5}, {10, 5}})
		switch r.set("HousingAssessment", outcome); outcome {
		case 1:
			r.set("SubsidyInformation", m.between(1, 4))
		case 2:
			r.set("SubsidyInformation", m.between(11, 12))
		}
	}
	if e.answers("R17") {
		status := m.code("R17.1")
		if r.set("ProjectCompletionStatus", status); status == 3 {
			m.fill(r, "EarlyExitReason")
		}
	}
	if e.answers("R15") {
		exchanged := m.yesNo(8)
		if r.set("ExchangeForSex", exchanged); exchanged == 1 {
			m.fill(r, "ExchangeForSexPastThreeMonths", "CountOfExchangeForSex").set("AskedOrForcedToExchangeForSex", 0)
		}
	}
	if e.answers("R16") {
		r.set("WorkplaceViolenceThreats", 0).set("WorkplacePromiseDifference", 0)
	}
	if e.answers("R18") {
		counseled := m.yesNo(60)
		if r.set("CounselingReceived", counseled); counseled == 1 {
			m.fill(r, "IndividualCounseling", "FamilyCounseling", "GroupCounseling").set("SessionCountAtExit", m.between(1, 12))
		}
		r.set("PostExitCounselingPlan", m.yesNo(30))
	}
	if e.answers("R19") {
		m.fill(r, "DestinationSafeClient", "DestinationSafeWorker", "PosAdultConnections", "PosPeerConnections", "PosCommunityConnections")
	}
	if e.answers("R20") && m.chance(50) {
		r.set("AftercareDate", e.exit+hmis.Date(m.between(1, 170))).set("AftercareProvided", 1)
		m.fill(r, "EmailSocialMedia", "Telephone", "InPersonIndividual", "InPersonGroup")
	}
	if e.head() && e.due["V9"] {
		m.fill(r, "CMExitReason")
	}
}
