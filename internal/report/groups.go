package report

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
)

// groupTables are Q25a to Q27m: veterans, chronically homeless persons and youth.
func groupTables() []*layout {
	return append(append(veteranTables(), chronicTables()...), youthTables()...)
}

func veteranTables() []*layout {
	rows := []line{row("Chronically Homeless Veteran", chronicVeteran), row("Non-Chronically Homeless Veteran", otherVeteran), row("Not a Veteran", glossary.No),
		dontKnowRow(), notCollectedRow(), total("Total")}
	return []*layout{
		{id: "Q25a", title: "Number of Veterans", kinds: apr | caper, columns: byAdultHousehold, of: adults, ask: (*person).veteranStatus, rows: rows},
		{id: "Q25b", title: "Number of Veteran Households", kinds: apr, columns: byAdultHousehold,
			of: func(p *person) bool { return p.head && p.household.kind != glossary.OnlyChildren }, ask: (*person).veteranHousehold, rows: slices.Clone(rows)},
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

func (p *person) veteranStatus(glossary.Stage) glossary.Answer { return p.statusOf(p.stay) }

func (p *person) statusOf(stay int32) glossary.Answer {
	switch a := glossary.AnswerOf(p.F.Clients.VeteranStatus[p.F.Enrollments.Client[stay]]); {
	case a == glossary.Yes && p.Period.Chronic(stay) == glossary.Yes:
		return chronicVeteran
	case a == glossary.Yes:
		return otherVeteran
	default:
		return glossary.Listed(a, glossary.No)
	}
}

// veteranHousehold is the first answer, in the order of the rows, that an adult of the household gives; one without
// adults stands in no row (6, 12).
func (p *person) veteranHousehold(glossary.Stage) glossary.Answer {
	order := []glossary.Answer{chronicVeteran, otherVeteran, glossary.No, glossary.DontKnow, glossary.NotCollected}
	return p.firstOf(order, func(m int32) (glossary.Answer, bool) { return p.statusOf(m), glossary.IsAdult(p.Period.Age(m)) })
}

// firstOf is the first of the answers that a member of the household gives, noAnswer where nobody is asked.
func (p *person) firstOf(order []glossary.Answer, ask func(member int32) (a glossary.Answer, asked bool)) glossary.Answer {
	best := len(order)
	for _, m := range p.household.stays {
		if a, asked := ask(m); asked {
			best = min(best, slices.Index(order, a))
		}
	}
	if best == len(order) {
		return glossary.NoAnswer
	}
	return order[best]
}

func chronicTables() []*layout {
	rows := []line{row("Chronically Homeless", glossary.Yes), row("Not Chronically Homeless", glossary.No), dontKnowRow(), notCollectedRow(), total("Total")}
	isChronic := func(p *person) bool { return p.chronic == glossary.Yes }
	return []*layout{
		{id: "Q26a", title: "Chronic Homeless Status - Number of Households w/at least one or more CH person", kinds: apr, columns: byHousehold, of: heads,
			ask: (*person).chronicHousehold, rows: rows},
		{id: "Q26b", title: "Chronic Homeless Status - Number of Chronically Homeless Persons by Household", kinds: apr | caper, columns: byHousehold,
			ask: func(p *person, _ glossary.Stage) glossary.Answer { return p.chronic }, rows: slices.Clone(rows)},
		{id: "Q26d", title: "Age of Chronically Homeless Persons", kinds: apr, columns: byHousehold, of: isChronic, ask: (*person).years,
			rows: ageBands(0, 18, 25, 35, 45, 55, 65), blank: "C2 E3:E10"},
		{id: "Q26e", title: "Physical and Mental Health Conditions - Chronically Homeless Persons", kinds: apr, columns: byLatestStage, of: isChronic,
			askAll: (*person).conditionAnswers, rows: conditionRows()},
	}
}

// chronicHousehold is the first of yes, not known, missing and no among the head and the adults (7, 12: HUD's program).
func (p *person) chronicHousehold(glossary.Stage) glossary.Answer {
	return p.firstOf([]glossary.Answer{glossary.Yes, glossary.DontKnow, glossary.NotCollected, glossary.No}, func(m int32) (glossary.Answer, bool) {
		return p.Period.Chronic(m), p.IsHead(m) || glossary.IsAdult(p.Period.Age(m))
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
		incomeByDisability("Q27i", "Disabling Conditions and Income for Youth at Exit", apr, youthAnswerers, "Youth", glossary.WithoutChildren, glossary.WithChildren, glossary.OnlyChildren, glossary.UnknownHousehold),
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
		ofRow := func(stay int32) bool { return (p.Period.Age(stay) >= 18) == (row == 1) }
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
		age := p.Period.Age(m)
		if age < 12 || p.F.Enrollments.RelationshipToHoH[m] == childRelation || !glossary.IsAdult(age) && !p.IsHead(m) {
			continue
		}
		if list = append(list, m); p.IsHead(m) {
			list[0], list[len(list)-1] = list[len(list)-1], list[0]
		}
	}
	return list
}

var byEducationStage = columnSet{
	labels: []string{"At Project Start", "At Project Exit"},
	of:     func(*person) uint32 { return 3 },
	stages: []glossary.Stage{glossary.AtStart, glossary.AtExit},
}

// youthDemonstration is the funder of the Youth Homelessness Demonstration Program (list 2.06.1).
const youthDemonstration = 43

// educated are the youth that Q27m asks: heads who left a project of the Youth Homelessness Demonstration Program (6, 12).
func (p *person) educated() bool {
	if !p.youth() || !p.head || !p.leaver {
		return false
	}
	for _, f := range p.Project(p.stay).Funders {
		if f.Funder == youthDemonstration && f.Start <= p.End && (f.End == facts.NoDay || f.End >= p.Start) {
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
func codesFrom(list string, first glossary.Answer, codes ...glossary.Answer) (rows []line) {
	for _, c := range codes {
		rows = append(rows, row(codeLabel(list, int32(c)), first+c))
	}
	return append(rows, row("Client Doesn't Know/Prefers Not to Answer", first+8), row("Data Not Collected", first+9))
}

// educationAt is the latest answer of a stage on education (6).
func (p *person) educationAt(s glossary.Stage) (set answers) {
	wanted := facts.Answer(glossary.StageStart)
	if s == glossary.AtExit {
		wanted = glossary.StageExit
	}
	r := &p.F.Education
	found := int32(glossary.NoRecord)
	for i, until := r.Of(p.stay); i < until; i++ {
		if r.DataCollectionStage[i] == wanted && r.InformationDate[i] <= p.End {
			found = i
		}
	}
	if found == glossary.NoRecord {
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

func educationBit(first glossary.Answer, code facts.Answer, last facts.Answer) answers {
	switch a := glossary.AnswerOf(code); {
	case code >= 0 && code <= last:
		return 1 << (first + a)
	case a == glossary.DontKnow:
		return 1 << (first + 8)
	}
	return 1 << (first + 9)
}
