package report

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The ends of the rows of length and of time to housing, in days (4).
var (
	cocLengths     = []int{30, 60, 90, 180, 365, 730, 1095, 1460, 1825}
	esgLengths     = []int{7, 14, 21, 30, 60, 90, 180, 365, 730, 1095, 1460, 1825}
	housingLengths = []int{7, 14, 21, 30, 60, 90, 180, 365, 730}
)

// lastingTables are Q22a1 to Q24e: how long people stayed, and where they went.
func lastingTables() []*layout {
	return []*layout{
		{id: "Q22a1", title: "Length of Participation - CoC Projects", kinds: apr, columns: byLeaving, ask: (*person).lengthAnswer, rows: cocLengthRows()},
		{id: "Q22a2", title: "Length of Participation - ESG Projects", kinds: caper, columns: byLeaving, ask: (*person).lengthAnswer,
			rows: append(lengths("0 to 7 days", "More than 1,825 days", esgLengths...), total("Total"))},
		{id: "Q22b", title: "Average and Median Length of Participation in Days", kinds: apr, columns: byLeavingAlone, ask: (*person).lengthAnswer, rows: lengthMeans()},
		{id: "Q22c", title: "Length of Time between Project Start Date and Housing Move-in Date", kinds: apr | caper, columns: byHousehold,
			ask: (*person).daysToHousing, rows: daysToHousingRows()},
		{id: "Q22d", title: "Length of Participation by Household Type", kinds: caper, columns: byHousehold, ask: (*person).lengthAnswer,
			rows: append(lengths("7 days or less", "731 days or more", housingLengths...), total("Total"))},
		{id: "Q22e", title: "Length of Time Prior to Housing - based on 3.917 Date Homelessness Started", kinds: apr | caper, columns: byHousehold,
			ask: (*person).timePrior, rows: timePriorRows()},
		{id: "Q22f", title: "Length of Time between Project Start Date and Housing Move-in Date by Race and Ethnicity", kinds: apr | caper, columns: byRace,
			ask: (*person).movedByRace, rows: byRaceRows("Persons who were exited without move-in", inDays((*person).waited, 4), "Move-In")},
		{id: "Q22g", title: "Length of Time Prior to Housing by Race and Ethnicity - based on 3.917 Date Homelessness Started", kinds: apr | caper, columns: byRace,
			ask: (*person).priorByRace, rows: byRaceRows("Persons not yet moved into housing", inDays((*person).daysPrior, 4), "Housing")},
		{id: "Q23c", title: "Exit Destination", kinds: apr | caper, columns: byHousehold, of: leavers, askAll: (*person).destinationAnswers, rows: destinationRows()},
		{id: "Q23d", title: "Exit Destination - Subsidy Type of Persons Exiting to Rental by Client With An Ongoing Subsidy", kinds: apr | caper, columns: byHousehold,
			of: subsidized, ask: (*person).subsidyAnswer, rows: subsidyRows()},
		{id: "Q23e", title: "Exit Destination Type by Race and Ethnicity", kinds: apr | caper, columns: byTotalAndRace, of: leavers, ask: (*person).destinationType, rows: []line{
			between("Homeless Situations", 100, 199), between("Institutional Situations", 200, 299), between("Temporary Situations", 300, 399),
			between("Permanent Situations", 400, 499), either("Other Situations", span{0, 99}, span{glossary.DontKnow, glossary.NotCollected}), total("Total")}},
		{id: "Q24a", title: "Homelessness Prevention Housing Assessment at Exit", kinds: caper, columns: byHousehold,
			of: both(leavers, ofType(glossary.Prevention)), ask: (*person).housingAssessment, rows: housingAssessmentRows()},
		{id: "Q24b", title: "Moving On Assistance Provided to Households in PSH", kinds: apr, columns: byHousehold,
			of: both(heads, ofType(glossary.SupportiveHousing)), askAll: (*person).movingOn, rows: codeRows("C2.2", 1, 2, 3, 4, 5)},
		{id: "Q24e", title: "Sex", kinds: apr | caper, columns: byHousehold, ask: (*person).sex, rows: []line{
			row("Female", 0), row("Male", 1), dontKnowRow(), notCollectedRow(), total("Total")}},
	}
}

func cocLengthRows() []line {
	return append(lengths("30 days or less", "More than 1,825 days", cocLengths...), total("Total"))
}

// lengthMeans are the rows of Q22b and Q27j: behind them, unseen, everybody whose length they are of.
func lengthMeans() []line {
	length := inDays(func(p *person) int { return p.Length(p.stay) }, 4)
	return []line{average("Average Length", 4, length), middle("Median Length", 4, length), {spans: []span{{0, 1 << 30}}, hidden: true}}
}

// The answers of those who have no number of days.
const (
	notMoved glossary.Answer = 1_000_200 + iota // not yet moved into housing, or left without
)

// moved is the move-in of somebody whose household was housed in the period (4).
func (p *person) moved() (hmis.Date, bool) {
	date := p.housed()
	return date, date != facts.NoDay && date >= p.Start
}

// waited is the days from entry to move-in.
func (p *person) waited() int { return int(p.housed() - p.Entry(p.stay)) }

// daysToHousing is the answer of Q22c. More than two years have no row of their own, and count in the total and the
// average, as in HUD's program, its kit and Q22f (4).
func (p *person) daysToHousing(glossary.Stage) glossary.Answer {
	if !p.TypeIn(p.stay, glossary.SupportiveHousing, glossary.RapidRehousing) {
		return glossary.NoAnswer
	}
	if _, ok := p.moved(); ok {
		return p.waited()
	}
	if p.leaver && p.housed() == facts.NoDay {
		return notMoved
	}
	return glossary.NoAnswer
}

func daysToHousingRows() []line {
	rows := lengths("7 days or less", "", housingLengths...)
	return append(rows, between("Total (persons moved into housing)", 0, 1<<19),
		average("Average length of time to housing", 11, inDays((*person).waited, 0)),
		row("Persons who were exited without move-in", notMoved), total("Total persons"))
}

// movedByRace is the answer of Q22f: who left and is not counted as moved, was exited without move-in, as in HUD's
// program (9).
func (p *person) movedByRace(glossary.Stage) glossary.Answer {
	if !p.TypeIn(p.stay, glossary.SupportiveHousing, glossary.RapidRehousing) {
		return glossary.NoAnswer
	}
	if _, ok := p.moved(); ok {
		return glossary.Yes
	}
	if p.leaver {
		return notMoved
	}
	return glossary.NoAnswer
}

// byRaceRows are the rows of Q22f and Q22g.
func byRaceRows(without string, m *measure, what string) []line {
	return []line{row("Persons Moved Into Housing", glossary.Yes), row(without, notMoved), average("Average time to "+what, 2, m), middle("Median time to "+what, 2, m)}
}

// endOfWait is the day on which a person was housed for Q22e: move-in in permanent housing, else entry (4).
func (p *person) endOfWait() hmis.Date {
	if p.TypeIn(p.stay, glossary.SupportiveHousing, glossary.HousingOnly, glossary.RapidRehousing) {
		return p.MoveIn(p.stay)
	}
	return p.Entry(p.stay)
}

// daysPrior is the days from the start of homelessness to housing.
func (p *person) daysPrior() int {
	since, _ := p.HomelessSince(p.stay)
	return int(p.endOfWait() - since)
}

// timePrior is the answer of Q22e (4).
func (p *person) timePrior(glossary.Stage) glossary.Answer {
	since, leftOut := p.HomelessSince(p.stay)
	if leftOut || !p.TypeIn(p.stay, glossary.ShelterEntryExit, glossary.ShelterNightly, glossary.Transitional, glossary.SupportiveHousing, glossary.SafeHaven, glossary.HousingOnly, glossary.RapidRehousing) {
		return glossary.NoAnswer
	}
	switch end := p.endOfWait(); {
	case end == facts.NoDay:
		return notMoved
	case since == facts.NoDay || since > end:
		return glossary.NotCollected
	default:
		return int(end - since)
	}
}

func timePriorRows() []line {
	return append(lengths("7 days or less", "731 days or more", housingLengths...), between("Total (persons moved into housing)", 0, 1<<19),
		row("Not yet moved into housing", notMoved), notCollectedRow(), total("Total persons"))
}

// priorByRace is the answer of Q22g: of those whose homelessness has a known start, whether they are housed (9).
func (p *person) priorByRace(glossary.Stage) glossary.Answer {
	since, _ := p.HomelessSince(p.stay)
	switch a := p.timePrior(0); {
	case since == facts.NoDay || a == glossary.NoAnswer || a == glossary.NotCollected:
		return glossary.NoAnswer
	case a == notMoved:
		return notMoved
	}
	return glossary.Yes
}

func (p *person) destinationType(glossary.Stage) glossary.Answer { return p.Destination(p.stay) }

// housingAssessment is the answer of Q24a: the assessment, with the subsidy behind where it asks for one (6).
func (p *person) housingAssessment(glossary.Stage) glossary.Answer {
	x := &p.F.Exits
	assessment, subsidy := glossary.AnswerOf(x.HousingAssessment[p.stay]), glossary.AnswerOf(x.SubsidyInformation[p.stay])
	switch {
	case assessment == 1 && subsidy >= 1 && subsidy <= 4, assessment == 2 && (subsidy == 11 || subsidy == 12):
		return 100*assessment + subsidy
	case assessment == 1, assessment == 2:
		return glossary.NotCollected
	}
	return glossary.Listed(assessment, 3, 4, 5, 6, 7, 10)
}

func housingAssessmentRows() []line {
	return []line{
		row("Able to maintain the housing they had at project start--Without a subsidy", 101),
		row("Able to maintain the housing they had at project start--With the subsidy they had at project start", 102),
		row("Able to maintain the housing they had at project start--With an on-going subsidy acquired since project start", 103),
		row("Able to maintain the housing they had at project start--Only with financial assistance other than a subsidy", 104),
		row("Moved to new housing unit--With on-going subsidy", 211), row("Moved to new housing unit--Without an on-going subsidy", 212),
		row("Moved in with family/friends on a temporary basis", 3), row("Moved in with family/friends on a permanent basis", 4),
		row("Moved to a transitional or temporary housing facility or program", 5),
		row("Client became homeless - moving to a shelter or other place unfit for human habitation", 6),
		row("Jail/prison", 7), row("Deceased", 10), dontKnowRow(), notCollectedRow(), total("Total")}
}

// movingOnService is the record type of Moving On assistance, list 1.4 (element C2).
const movingOnService = 300

// movingOn are the kinds of Moving On assistance in the period; each counts, as in HUD's program (6).
func (p *person) movingOn(glossary.Stage) (set answers) {
	r := &p.F.Services
	for i, until := r.Of(p.stay); i < until; i++ {
		if r.RecordType[i] == movingOnService && r.DateProvided[i] >= p.Start && r.DateProvided[i] <= p.End && r.TypeProvided[i] >= 1 && r.TypeProvided[i] <= 5 {
			set |= 1 << r.TypeProvided[i]
		}
	}
	return set
}

func (p *person) sex(glossary.Stage) glossary.Answer {
	return glossary.Listed(glossary.AnswerOf(p.F.Clients.Sex[p.client()]), 0, 1)
}
