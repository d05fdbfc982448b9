package report

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
)

// groupTables are Q25a to Q27m: veterans, chronically homeless persons and youth.
func groupTables() []*layout {
	return append(append(veteranTables(), chronicTables()...), youthTables()...)
}

func veteranTables() []*layout {
	rows := []line{row("Chronically Homeless Veteran", chronicVeteran), row("Non-Chronically Homeless Veteran", otherVeteran), row("Not a Veteran", no),
		dontKnowRow(), notCollectedRow(), total("Total")}
	return []*layout{
		{id: "Q25a", title: "Number of Veterans", kinds: apr | caper, columns: byAdultHousehold, of: adults, ask: (*person).veteranStatus, rows: rows},
		{id: "Q25b", title: "Number of Veteran Households", kinds: apr, columns: byAdultHousehold,
			of: func(p *person) bool { return p.head && p.household.kind != onlyChildren }, ask: (*person).veteranHousehold, rows: slices.Clone(rows)},
		{id: "Q25d", title: "Age - Veterans", kinds: apr, columns: byAdultHousehold, of: veterans, ask: (*person).years, rows: ageBands(18, 25, 35, 45, 55, 65)},
		{id: "Q25i", title: "Exit Destination - Veterans", kinds: apr, columns: byHousehold, of: both(leavers, veterans), askAll: (*person).destinationAnswers, rows: destinationRows()},
		{id: "Q25j", title: "Exit Destination - Subsidy Type of Persons Exiting to Rental by Client With An Ongoing Subsidy - Veterans", kinds: apr,
			columns: byAdultHousehold, of: both(subsidized, veterans), ask: (*person).subsidyAnswer, rows: subsidyRows()},
	}
}

// The answers of veterans.
const (
	chronicVeteran = 2
	otherVeteran   = 3
)

func (p *person) veteranStatus(stage) answer { return p.statusOf(p.stay) }

func (p *person) statusOf(stay int32) answer {
	switch a := answerOf(p.f.Clients.VeteranStatus[p.f.Enrollments.Client[stay]]); {
	case a == yes && p.period.chronic(stay) == yes:
		return chronicVeteran
	case a == yes:
		return otherVeteran
	default:
		return listed(a, no)
	}
}

// veteranHousehold is the first answer, in the order of the rows, that an adult of the household gives; one without
// adults stands in no row (6, 12).
func (p *person) veteranHousehold(stage) answer {
	order := []answer{chronicVeteran, otherVeteran, no, dontKnow, notCollected}
	return p.firstOf(order, func(m int32) (answer, bool) { return p.statusOf(m), isAdult(p.period.age(m)) })
}

// firstOf is the first of the answers that a member of the household gives, noAnswer where nobody is asked.
func (p *person) firstOf(order []answer, ask func(member int32) (a answer, asked bool)) answer {
	best := len(order)
	for _, m := range p.household.stays {
		if a, asked := ask(m); asked {
			best = min(best, slices.Index(order, a))
		}
	}
	if best == len(order) {
		return noAnswer
	}
	return order[best]
}

func chronicTables() []*layout {
	rows := []line{row("Chronically Homeless", yes), row("Not Chronically Homeless", no), dontKnowRow(), notCollectedRow(), total("Total")}
	isChronic := func(p *person) bool { return p.chronic == yes }
	return []*layout{
		{id: "Q26a", title: "Chronic Homeless Status - Number of Households w/at least one or more CH person", kinds: apr, columns: byHousehold, of: heads,
			ask: (*person).chronicHousehold, rows: rows},
		{id: "Q26b", title: "Chronic Homeless Status - Number of Chronically Homeless Persons by Household", kinds: apr | caper, columns: byHousehold,
			ask: func(p *person, _ stage) answer { return p.chronic }, rows: slices.Clone(rows)},
		{id: "Q26d", title: "Age of Chronically Homeless Persons", kinds: apr, columns: byHousehold, of: isChronic, ask: (*person).years,
			rows: ageBands(0, 18, 25, 35, 45, 55, 65), blank: "C2 E3:E10"},
		{id: "Q26e", title: "Physical and Mental Health Conditions - Chronically Homeless Persons", kinds: apr, columns: byLatestStage, of: isChronic,
			askAll: (*person).conditionAnswers, rows: conditionRows()},
	}
}

// chronicHousehold is the first of yes, not known, missing and no among the head and the adults (7, 12: HUD's program).
func (p *person) chronicHousehold(stage) answer {
	return p.firstOf([]answer{yes, dontKnow, notCollected, no}, func(m int32) (answer, bool) {
		return p.period.chronic(m), p.isHead(m) || isAdult(p.period.age(m))
	})
}

func youthTables() []*layout {
	youthAnswerers := both(youths, adultsOrHeads)
	return []*layout{
		{id: "Q27a", title: "Age of Youth", kinds: apr, columns: byHousehold, of: youths, ask: (*person).years, blank: "B4:B5 C2 C4:C5 D4:D5 E3:E5 F4:F5",
			rows: []line{between("12 - 17", 12, 17), between("18 - 24", 18, 24), dontKnowRow(), notCollectedRow(), total("Total")}},
		{id: "Q27b", title: "Parenting Youth", kinds: apr, columns: columnSet{labels: []string{"Total Parenting Youth", "Total Children of Parenting Youth", "Total Persons", "Total Households"}},
			place: (*person).placeParenting, rows: []line{{label: "Parent youth < 18"}, {label: "Parent youth 18 to 24"}}},
		{id: "Q27d", title: "Living Situation - Youth", kinds: apr, columns: byHousehold, of: both(youths, heads), ask: (*person).livingSituation, rows: livingSituationRows()},
		{id: "Q27e", title: "Length of Participation - Youth", kinds: apr, columns: byLeaving, of: youths, ask: (*person).lengthAnswer, rows: cocLengthRows()},
		{id: "Q27f1", title: "Exit Destination - Youth", kinds: apr, columns: byHousehold, of: both(leavers, youths), askAll: (*person).destinationAnswers, rows: destinationRows()},
		{id: "Q27f2", title: "Exit Destination - Subsidy Type of Persons Exiting to Rental by Client With An Ongoing Subsidy - Youth", kinds: apr, columns: byHousehold,
			of: both(subsidized, youths), ask: (*person).subsidyAnswer, rows: subsidyRows()},
		{id: "Q27g", title: "Cash Income - Sources - Youth", kinds: apr, columns: byStage, of: youthAnswerers, askAll: (*person).incomeSources, rows: incomeSourceRows(), blank: "B17"},
		{id: "Q27h", title: "Client Cash Income Category - Earned/Other Income Category - by Start and Annual Assessment/Exit Status - Youth", kinds: apr,
			columns: byStage, of: youthAnswerers, askAll: (*person).incomeCategory, rows: incomeCategoryRows(), blank: "B8 B9 B12 D8 D9"},
		incomeByDisability("Q27i", "Disabling Conditions and Income for Youth at Exit", apr, youthAnswerers, "Youth", withoutChildren, withChildren, onlyChildren, unknownHousehold),
		{id: "Q27j", title: "Average and Median Length of Participation in Days - Youth", kinds: apr, columns: byLeavingAlone, of: youths, ask: (*person).lengthAnswer, rows: lengthMeans()},
		{id: "Q27k", title: "Length of Time between Project Start Date and Housing Move-in Date - Youth", kinds: apr, columns: byHousehold, of: youths,
			ask: (*person).daysToHousing, rows: daysToHousingRows()},
		{id: "Q27l", title: "Length of Time Prior to Housing - based on 3.917 Date Homelessness Started - Youth", kinds: apr, columns: byHousehold, of: youths,
			ask: (*person).timePrior, rows: timePriorRows()},
		{id: "Q27m", title: "Education Status - Youth", kinds: apr, columns: byEducationStage, of: (*person).educated, askAll: (*person).educationAt, rows: educationRows()},
	}
}

// placeParenting counts the household of a parenting youth in the row of his age: the parents, the children of the head,
// everybody, and the household by its head (6).
func (p *person) placeParenting(mark func(row, column int)) {
	parents := p.parents()
	if len(parents) == 0 {
		return
	}
	own := p.parentingYouth()
	for row := range 2 {
		ofRow := func(stay int32) bool { return (p.period.age(stay) >= 18) == (row == 1) }
		isParent := own && ofRow(p.stay)
		isChild := p.relation() == childRelation && ofRow(parents[0])
		if isParent {
			mark(row, 0)
		}
		if isChild {
			mark(row, 1)
		}
		if isParent || !own && ofRow(parents[0]) {
			mark(row, 2)
		}
		if p.head && ofRow(parents[0]) {
			mark(row, 3)
		}
	}
}

// parents are the stays of the parenting youth of the household, its head first.
func (p *person) parents() (list []int32) {
	if p.household.eldest > 24 || !p.hasChild() {
		return nil
	}
	for _, m := range p.household.stays {
		age := p.period.age(m)
		if age < 12 || p.f.Enrollments.RelationshipToHoH[m] == childRelation || !isAdult(age) && !p.isHead(m) {
			continue
		}
		if list = append(list, m); p.isHead(m) {
			list[0], list[len(list)-1] = list[len(list)-1], list[0]
		}
	}
	return list
}

var byEducationStage = columnSet{
	labels: []string{"At Project Start", "At Project Exit"},
	of:     func(*person) uint32 { return 3 },
	stages: []stage{atStart, atExit},
}

// youthDemonstration is the funder of the Youth Homelessness Demonstration Program (list 2.06.1).
const youthDemonstration = 43

// educated are the youth that Q27m asks: heads who left a project of the Youth Homelessness Demonstration Program (6, 12).
func (p *person) educated() bool {
	if !p.youth() || !p.head || !p.leaver {
		return false
	}
	for _, f := range p.project(p.stay).Funders {
		if f.Funder == youthDemonstration && f.Start <= p.end && (f.End == facts.NoDay || f.End >= p.start) {
			return true
		}
	}
	return false
}

// The answers of Q27m: three questions, whose codes begin at these bits.
const (
	attends    = 0
	mostRecent = 10
	current    = 25
	asked      = 40
)

func educationRows() []line {
	rows := codesFrom("C3.2", attends, 0, 1, 2)
	rows = append(append(rows, heading("Most Recent Educational Status")), codesFrom("C3.A", mostRecent, 0, 1, 2, 3, 4, 5, 6, 7)...)
	rows = append(append(rows, heading("Current Educational Status")), codesFrom("C3.B", current, 0, 1, 2, 3, 4)...)
	return append(rows, row("Total", asked))
}

// codesFrom gives a row for each code of a list and for no answer, counted from a bit.
func codesFrom(list string, first answer, codes ...answer) (rows []line) {
	for _, c := range codes {
		rows = append(rows, row(codeLabel(list, int32(c)), first+c))
	}
	return append(rows, row("Client Doesn't Know/Prefers Not to Answer", first+8), row("Data Not Collected", first+9))
}

// educationAt is the latest answer of a stage on education (6).
func (p *person) educationAt(s stage) (set answers) {
	wanted := facts.Answer(stageStart)
	if s == atExit {
		wanted = stageExit
	}
	r := &p.f.Education
	found := int32(noRecord)
	for i, until := r.Of(p.stay); i < until; i++ {
		if r.DataCollectionStage[i] == wanted && r.InformationDate[i] <= p.end {
			found = i
		}
	}
	if found == noRecord {
		return 0
	}
	set = 1<<asked | educationBit(attends, r.CurrentSchoolAttend[found], 2)
	if r.CurrentSchoolAttend[found] == 0 {
		return set | educationBit(mostRecent, r.MostRecentEdStatus[found], 7)
	}
	if r.CurrentSchoolAttend[found] == 1 || r.CurrentSchoolAttend[found] == 2 {
		return set | educationBit(current, r.CurrentEdStatus[found], 4)
	}
	return set
}

func educationBit(first answer, code facts.Answer, last facts.Answer) answers {
	switch a := answerOf(code); {
	case code >= 0 && code <= last:
		return 1 << (first + a)
	case a == dontKnow:
		return 1 << (first + 8)
	}
	return 1 << (first + 9)
}
