package report

import (
	"math/bits"
	"slices"
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
)

// peopleTables are Q5a and Q7a to Q15: who was served.
func peopleTables() []*layout {
	return []*layout{
		{id: "Q5a", title: "Report Validations Table", kinds: apr | caper, columns: validated, rows: validationRows(), askAll: (*person).validations},
		{id: "Q7a", title: "Number of Persons Served", kinds: apr | caper, columns: byHousehold, askAll: (*person).served, blank: "C3 E2",
			rows: servedRows(row("For PSH & RRH - the total persons served who moved into housing", movedBit))},
		{id: "Q7b", title: "Point-in-Time Count of Persons on the Last Wednesday", kinds: apr | caper, columns: byHousehold,
			askAll: (*person).pointsInTime, rows: monthRows()},
		{id: "Q8a", title: "Households Served", kinds: apr | caper, columns: byHousehold, of: heads, askAll: (*person).served, rows: []line{
			row("Total Households", servedBit), row("For PSH & RRH - the total households served who moved into housing", movedBit)}},
		{id: "Q8b", title: "Point-in-Time Count of Households on the Last Wednesday", kinds: apr | caper, columns: byHousehold,
			askAll: (*person).householdsInTime, rows: monthRows()},
		{id: "Q9a", title: "Number of Persons Contacted", kinds: apr | caper, columns: byFirstContact, of: contacted, ask: (*person).contacts, rows: contactRows()},
		{id: "Q9b", title: "Number of Persons Newly Engaged", kinds: apr | caper, columns: byFirstContact, of: contacted, ask: (*person).engagements,
			rows: append(contactRows(), percent("Rate of Engagement", []int{6}, []int{6, 8}), unseen(onlyContacted))},
		{id: "Q11", title: "Age", kinds: apr | caper, columns: byHousehold, ask: (*person).years,
			rows: ageBands(0, 5, 13, 18, 25, 35, 45, 55, 65), blank: "C2:C4 E5:E10"},
		{id: "Q12", title: "Race and Ethnicity", kinds: apr | caper, columns: byHousehold, ask: (*person).race, rows: raceRows()},
		conditionTable("Q13a1", "Physical and Mental Health Conditions at Start", glossary.AtStart, nil),
		numberOfConditions("Q13a2", "Number of Conditions at Start", glossary.AtStart, nil),
		conditionTable("Q13b1", "Physical and Mental Health Conditions at Exit", glossary.AtExit, leavers),
		numberOfConditions("Q13b2", "Number of Conditions at Exit", glossary.AtExit, leavers),
		conditionTable("Q13c1", "Physical and Mental Health Conditions for Stayers", glossary.AtAnnual, (*person).stayer),
		numberOfConditions("Q13c2", "Number of Conditions for Stayers", glossary.AtAnnual, (*person).stayer),
		{id: "Q14a", title: "History of Domestic Violence, Sexual Assault, Dating Violence, Stalking, or Human Trafficking", kinds: apr | caper,
			columns: byHousehold, of: adultsOrHeads, ask: (*person).survivor, rows: yesNoRows()},
		{id: "Q14b", title: "Most recent experience of domestic violence, sexual assault, dating violence, stalking, or human trafficking", kinds: apr | caper,
			columns: byHousehold, of: func(p *person) bool { return p.adultOrHead() && p.survivor(0) == glossary.Yes }, ask: (*person).whenOccurred,
			rows: append(codeRows("4.11.A", 1, 2, 3, 4), dontKnowRow(), notCollectedRow(), total("Total"))},
		{id: "Q15", title: "Living Situation", kinds: apr | caper, columns: byHousehold, of: adultsOrHeads, ask: (*person).livingSituation, rows: livingSituationRows()},
	}
}

var validated = columnSet{
	labels: []string{"Count of Clients for DQ", "Count of Clients"},
	of: func(p *person) uint32 {
		if p.engaged {
			return 3
		}
		return 2
	},
}

// validation is a row of Q5a with the persons whom it counts.
type validation struct {
	label string
	holds func(*person) bool
}

// validationTests are the rows of Q5a (9); other tables divide by them.
var validationTests = []validation{
	{"Total number of persons served", func(*person) bool { return true }},
	{"Number of adults (age 18 or over)", adults},
	{"Number of children (under age 18)", (*person).child},
	{"Number of persons with unknown age", func(p *person) bool { return p.age == glossary.UnknownAge }},
	{"Number of leavers", leavers},
	{"Number of adult leavers", both(leavers, adults)},
	{"Number of adult and head of household leavers", both(leavers, adultsOrHeads)},
	{"Number of stayers", (*person).stayer},
	{"Number of adult stayers", both((*person).stayer, adults)},
	{"Number of veterans", veterans},
	{"Number of chronically homeless persons", func(p *person) bool { return p.chronic == glossary.Yes }},
	{"Number of youth under age 25", youths},
	{"Number of parenting youth under age 25 with children", (*person).parentingYouth},
	{"Number of adult heads of household", both(heads, adults)},
	{"Number of child and unknown-age heads of household", func(p *person) bool { return p.head && !p.adult() }},
	{"Heads of households and adult stayers in the project 365 days or more", (*person).longStayer},
}

func validationRows() (rows []line) {
	for i, v := range validationTests {
		rows = append(rows, row(v.label, i))
	}
	return rows
}

func (p *person) validations(glossary.Stage) (set answers) {
	for i, v := range validationTests {
		if v.holds(p) {
			set |= 1 << i
		}
	}
	return set
}

// The answers of tables of persons and households served.
const (
	adultBit = iota
	childBit
	dontKnowAgeBit
	noAgeBit
	servedBit
	movedBit
)

func servedRows(moved line) []line {
	return []line{row("Adults", adultBit), row("Children", childBit), row("Client Doesn't Know/Prefers Not to Answer", dontKnowAgeBit),
		row("Data Not Collected", noAgeBit), row("Total", servedBit), moved}
}

func (p *person) served(glossary.Stage) answers {
	set := answers(1 << servedBit)
	switch {
	case p.adult():
		set |= 1 << adultBit
	case p.child():
		set |= 1 << childBit
	case p.unknown() == glossary.DontKnow:
		set |= 1 << dontKnowAgeBit
	default:
		set |= 1 << noAgeBit
	}
	if p.housed() != facts.NoDay {
		set |= 1 << movedBit
	}
	return set
}

// months are those whose last Wednesdays count.
var months = []time.Month{time.January, time.April, time.July, time.October}

func monthRows() (rows []line) {
	for i, m := range months {
		rows = append(rows, row(m.String(), i))
	}
	return rows
}

// pointsInTime are the last Wednesdays on which the person was there with any of his stays (4).
func (p *person) pointsInTime(glossary.Stage) answers {
	return p.wednesdays(func(stay int32) []int32 { return []int32{stay} })
}

// householdsInTime are those on which anybody of a household was there of which the person is the head (4).
func (p *person) householdsInTime(glossary.Stage) answers {
	return p.wednesdays(func(stay int32) []int32 {
		if !p.IsHead(stay) {
			return nil
		}
		return p.households[p.F.Enrollments.Household[stay]].stays
	})
}

// wednesdays asks each stay of the person whether one of the stays that it stands for was there.
func (p *person) wednesdays(standsFor func(stay int32) []int32) (set answers) {
	for i, day := range p.days {
		there := func(stay int32) bool { return p.Present(stay, day) }
		if day != facts.NoDay && slices.ContainsFunc(p.all, func(stay int32) bool { return slices.ContainsFunc(standsFor(stay), there) }) {
			set |= 1 << i
		}
	}
	return set
}

// conditionRows are in the order of the bits of conditions, both alcohol and drugs behind drugs.
func conditionRows() []line {
	return []line{row("Mental Health Disorder", 0), row("Alcohol Use Disorder", 1), row("Drug Use Disorder", 2), row("Both Alcohol Use and Drug Use Disorders", 3),
		row("Chronic Health Condition", 4), row("HIV/AIDS", 5), row("Developmental Disability", 6), row("Physical Disability", 7)}
}

// conditionAnswers are the conditions at a stage by the rows above: who has both alcohol and drugs stands in their row alone (6).
func (p *person) conditionAnswers(s glossary.Stage) answers {
	c := p.ConditionsAt(p.stay, s)
	set := answers(c & glossary.HasMental)
	switch c & (glossary.HasAlcohol | glossary.HasDrugs) {
	case glossary.HasAlcohol | glossary.HasDrugs:
		set |= 1 << 3
	default:
		set |= answers(c & (glossary.HasAlcohol | glossary.HasDrugs))
	}
	return set | answers(c&(glossary.HasChronic|glossary.HasHIV|glossary.HasDevelopmental|glossary.HasPhysical))<<1
}

func conditionTable(id, title string, s glossary.Stage, of func(*person) bool) *layout {
	return &layout{id: id, title: title, kinds: apr | caper, columns: byAgeAndHousehold, of: of, rows: conditionRows(),
		askAll: func(p *person, _ glossary.Stage) answers { return p.conditionAnswers(s) }}
}

// Answers of the number of conditions beyond the numbers themselves.
const unknownCondition glossary.Answer = 90

func numberOfConditions(id, title string, s glossary.Stage, of func(*person) bool) *layout {
	return &layout{id: id, title: title, kinds: apr, columns: byAgeAndHousehold, of: of,
		ask: func(p *person, _ glossary.Stage) glossary.Answer { return p.conditionCount(s) },
		rows: []line{row("None", 0), row("1 Condition", 1), row("2 Conditions", 2), between("3+ Conditions", 3, 10), row("Condition Unknown", unknownCondition),
			dontKnowRow(), notCollectedRow(), total("Total")}}
}

// conditionCount counts alcohol and drugs as two (12). Without any, DisablingCondition says what that means (6).
func (p *person) conditionCount(s glossary.Stage) glossary.Answer {
	if n := bits.OnesCount8(uint8(p.ConditionsAt(p.stay, s))); n > 0 {
		return n
	}
	switch a := glossary.AnswerOf(p.F.Enrollments.DisablingCondition[p.stay]); a {
	case glossary.Yes:
		return unknownCondition
	case glossary.No, glossary.DontKnow:
		return a
	}
	return glossary.NotCollected
}

func (p *person) survivor(glossary.Stage) glossary.Answer {
	survivor, _ := p.Violence(p.stay)
	return glossary.Listed(glossary.AnswerOf(survivor), glossary.Yes, glossary.No)
}

func (p *person) whenOccurred(glossary.Stage) glossary.Answer {
	_, when := p.Violence(p.stay)
	return glossary.Listed(glossary.AnswerOf(when), 1, 2, 3, 4)
}

// livingSituation is the prior living situation (3.917); a code that HUD does not know there is not collected.
func (p *person) livingSituation(glossary.Stage) glossary.Answer {
	a := glossary.AnswerOf(p.F.Enrollments.LivingSituation[p.stay])
	if info := glossary.Situations[a]; a != glossary.DontKnow && (info == nil || !info.ValidPrior || info.Category == "Other") {
		return glossary.NotCollected
	}
	return a
}
