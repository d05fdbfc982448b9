package report

import (
	"cmp"
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// assessed is a household's latest assessment of coordinated entry in the period (10).
type assessed struct {
	household
	day        hmis.Date
	assessment int32 // index in Facts.Assessments
}

// newCoordinatedEntry finds who was in the households that were assessed at an access point in the period: the members
// present on the day of the household's latest assessment (10).
func newCoordinatedEntry(f *facts.Facts, s Scope) (*universe, error) {
	u, err := inScope(f, s)
	if err != nil {
		return nil, err
	}
	for i := range f.Projects {
		u.projects[i] = u.projects[i] && f.Projects[i].ContinuumProject == 1 && slices.ContainsFunc(f.Projects[i].CE, func(c facts.Participation) bool {
			return c.Type == 1 && c.Start <= u.End && (c.End == facts.NoDay || c.End >= u.Start)
		})
	}
	latest := u.latestAssessments()
	if len(latest) == 0 {
		return nil, hmis.Errorf(hmis.Invalid, "no household was assessed at an access point of these projects from %s to %s; look at the projects, the dates, CEParticipation.csv and Assessment.csv", s.Start, s.End)
	}
	u.assessments = map[*household]*assessed{}
	candidates := map[int32][]person{} // by person
	for number, a := range latest {
		for _, stay := range f.Households.Members(number) {
			if u.Entry(stay) <= a.day && (!u.Left(stay) || u.Exit(stay) >= a.day) {
				a.stays = append(a.stays, stay)
			}
		}
		u.describe(&a.household)
		u.households[number], u.assessments[&a.household] = &a.household, a
		for _, stay := range a.stays {
			who := f.Clients.Person[f.Enrollments.Client[stay]]
			candidates[who] = append(candidates[who], u.personOf(stay, nil, &a.household))
		}
	}
	for _, list := range candidates {
		u.persons = append(u.persons, slices.MaxFunc(list, u.laterAssessed))
	}
	slices.SortFunc(u.persons, func(a, b person) int { return cmp.Compare(a.stay, b.stay) })
	return u, nil
}

// laterAssessed orders a person's stays by assessment and entry; of several alike the highest EnrollmentID counts.
func (u *universe) laterAssessed(a, b person) int {
	return cmp.Or(cmp.Compare(u.assessments[a.household].day, u.assessments[b.household].day), cmp.Compare(u.Entry(a.stay), u.Entry(b.stay)),
		cmp.Compare(u.F.Enrollments.ID(a.stay), u.F.Enrollments.ID(b.stay)))
}

// latestAssessments are the latest assessment of each household in the report.
func (u *universe) latestAssessments() map[int32]*assessed {
	latest := map[int32]*assessed{}
	u.eachAssessment(func(stay, i int32) {
		number := u.F.Enrollments.Household[stay]
		if a := latest[number]; a == nil || u.F.Assessments.AssessmentDate[i] >= a.day {
			latest[number] = &assessed{day: u.F.Assessments.AssessmentDate[i], assessment: i}
		}
	})
	return latest
}

// eachAssessment calls do for every assessment in the period at a project that was an access point on the day (10).
func (u *universe) eachAssessment(do func(stay, assessment int32)) {
	r := &u.F.Assessments
	u.eachRecord(&r.Records, r.AssessmentDate, do)
}

// eachRecord calls do for every record in the period at a project that was an access point on the day.
func (u *universe) eachRecord(r *facts.Records, days []hmis.Date, do func(stay, record int32)) {
	for stay := range int32(u.F.Enrollments.Len()) {
		from, until := r.Of(stay)
		if from == until || !u.selected(stay) {
			continue
		}
		for i := from; i < until; i++ {
			if days[i] >= u.Start && days[i] <= u.End && isAccessPoint(u.Project(stay), days[i]) {
				do(stay, i)
			}
		}
	}
}

func isAccessPoint(p *facts.Project, day hmis.Date) bool {
	return slices.ContainsFunc(p.CE, func(c facts.Participation) bool { return c.Type == 1 && c.Covers(day) })
}

// afterDays is how long after the period events still answer an assessment in it (10).
const afterDays = 90

// event is the index of the event that answers the head's assessment, noRecord for none: those from the day of the
// assessment until 90 days after the period, before a later assessment after the period; of the head's own stay first,
// then the latest (10: as HUD's program, whatever the project).
func (p *person) event() int32 {
	last := p.nextAssessment() - 1
	first := p.assessments[p.household].day
	found, foundOwn := int32(glossary.NoRecord), false
	r := &p.F.Events
	p.eachStay(func(stay int32) {
		for i, until := r.Of(stay); i < until; i++ {
			if r.EventDate[i] < first || r.EventDate[i] > last || foundOwn && stay != p.stay {
				continue
			}
			if found == glossary.NoRecord || stay == p.stay && !foundOwn || r.EventDate[i] >= r.EventDate[found] {
				found, foundOwn = i, stay == p.stay
			}
		}
	})
	return found
}

// nextAssessment is the day of the person's first assessment within 90 days after the period, or the day after these.
func (p *person) nextAssessment() hmis.Date {
	next := p.End + afterDays + 1
	r := &p.F.Assessments
	p.eachStay(func(stay int32) {
		for i, until := r.Of(stay); i < until; i++ {
			if r.AssessmentDate[i] > p.End {
				next = min(next, r.AssessmentDate[i])
			}
		}
	})
	return next
}

// eachStay calls do for every stay of the person in the facts.
func (p *person) eachStay(do func(stay int32)) {
	c := &p.F.Clients
	first := p.client()
	for first > 0 && c.Person[first-1] == c.Person[first] {
		first--
	}
	for client := first; int(client) < c.Len() && c.Person[client] == c.Person[first]; client++ {
		for stay, to := c.Enrollments(client); stay < to; stay++ {
			do(stay)
		}
	}
}

// isReferral holds of the events that refer to housing and have a result (10).
func isReferral(event facts.Answer) bool {
	return event >= 10 && event <= 15 || event == 17 || event == 18
}

// Events of list 4.20.2 that have an answer of their own.
const (
	diversionEvent = 2
	aftercareEvent = 5
	lastEvent      = 18
)

// Results of a referral, list 4.20.D.
const (
	accepted = 1 + iota
	rejectedByClient
	rejectedByProvider
)

// The answers of Q9c and Q9d beyond the events themselves, which are the bits 1 to 18.
const (
	rehousedBit = 20 + iota
	aftercareBit
	referralBit
	prioritizedBit
	prioritizedServedBit
	resultBit // and the three results behind; without one it stands alone
)

// coordinatedEntryTables are the tables of the CE APR; Q4a and Q10 are made apart.
func coordinatedEntryTables() []*layout {
	people := peopleTables()
	validations, persons, households := people[0], people[1], people[3]
	validations.blank = "B6:C10 B12:C12 B14:C14 B17:C17"
	persons.blank += " B7:F7"
	households.blank = "B3:F3"
	identity := qualityTables()[0]
	tables := []*layout{validations, identity, persons, households,
		{id: "Q9a", title: "Assessment Type - Households Assessed in the Date Range", columns: byHousehold, of: heads, ask: (*person).assessmentType,
			rows: append(codeRows("4.19.3", 1, 2, 3), total("Total Households Assessed"))},
		{id: "Q9b", title: "Prioritization Status - Households Prioritized in the Date Range", columns: byHousehold, of: heads, ask: (*person).prioritization,
			rows: []line{row("Placed on Prioritization List", 1), row("Not Placed on Prioritization List", 2), percent("Percent of Households Assessed Placed on a Prioritization List", []int{2}, []int{2, 3})}},
		{id: "Q9c", title: "Access Events - Households with an Access Event", columns: byHousehold, of: heads, askAll: (*person).eventAnswers, rows: accessRows()},
		{id: "Q9d", title: "Referral Events - Households Who Were Referred", columns: byHousehold, of: heads, askAll: (*person).eventAnswers, rows: referralRows()},
	}
	for _, l := range tables {
		l.kinds = ce
	}
	return tables
}

func (p *person) assessmentType(glossary.Stage) glossary.Answer {
	return glossary.AnswerOf(p.F.Assessments.AssessmentType[p.assessments[p.household].assessment])
}

func (p *person) prioritization(glossary.Stage) glossary.Answer {
	return glossary.AnswerOf(p.F.Assessments.PrioritizationStatus[p.assessments[p.household].assessment])
}

// eventAnswers is the household's event with its result (10).
func (p *person) eventAnswers(glossary.Stage) (set answers) {
	i := p.event()
	prioritized := p.prioritization(0) == 1
	if prioritized {
		set |= 1 << prioritizedBit
	}
	if i == glossary.NoRecord {
		return set
	}
	r := &p.F.Events
	event := r.Event[i]
	if event < 1 || event > lastEvent {
		return set
	}
	set |= 1 << event
	switch {
	case event == diversionEvent && r.ProbSolDivRRResult[i] == 1:
		set |= 1 << rehousedBit
	case event == aftercareEvent && r.ReferralCaseManageAfter[i] == 1:
		set |= 1 << aftercareBit
	case isReferral(event):
		set |= 1<<referralBit | 1<<(resultBit+resultOf(r.ReferralResult[i]))
	}
	if prioritized && event >= aftercareEvent {
		set |= 1 << prioritizedServedBit
	}
	return set
}

// resultOf is the result of a referral, 0 without one.
func resultOf(code facts.Answer) glossary.Answer {
	if code >= accepted && code <= rejectedByProvider {
		return glossary.Answer(code)
	}
	return 0
}

// eventList is HUD's list of events.
const eventList = "4.20.2"

func eventRows(from, to glossary.Answer) (rows []line) {
	for e := from; e <= to; e++ {
		rows = append(rows, row(codeLabel(eventList, int32(e)), e))
	}
	return rows
}

func accessRows() []line {
	return append(eventRows(1, 4), between("Total", 1, 4), row("Result: Client housed/Re-Housed in safe alternative", rehousedBit),
		percent("Percent of successful referrals to Problem Solving/Diversion/Rapid Resolution", []int{7}, []int{3}))
}

func referralRows() []line {
	return append(eventRows(aftercareEvent, lastEvent), between("Total", aftercareEvent, lastEvent),
		percent("Of the total persons prioritized, what percentage received a referral", []int{24}, []int{25}),
		row("Result: successful referral: client accepted", resultBit+accepted), row("Result: Unsuccessful referral: client rejected", resultBit+rejectedByClient),
		row("Result: Unsuccessful referral: provider rejected", resultBit+rejectedByProvider), row("No result recorded", resultBit),
		row("Result: Enrolled in Aftercare project", aftercareBit),
		percent("Percent of successful referrals to residential projects", []int{18}, []int{26}), unseen(prioritizedServedBit), unseen(prioritizedBit), unseen(referralBit))
}

// occurrences is Q10 of the CE APR: assessments and events of the period with their results, not persons (10).
func (u *universe) occurrences() *Table {
	t := &Table{ID: "Q10", Title: "Total Coordinated Entry Activity During the Year", Columns: []string{"Total Occurrences of Each Activity", "Successful Referrals",
		"Unsuccessful Referrals: Client Rejected", "Unsuccessful Referrals: Provider Rejected", "Re-housed in a safe alternative", "Enrolled in aftercare"}}
	labels := []string{"Crisis Needs Assessment", "Housing Needs Assessment"}
	for _, r := range eventRows(1, lastEvent) {
		labels = append(labels, r.label)
	}
	counted := map[[2]int][]int32{} // the client of each occurrence, by row and column
	count := func(stay int32, row, column int) {
		at := [2]int{row, column}
		counted[at] = append(counted[at], u.F.Enrollments.Client[stay])
	}
	u.eachAssessment(func(stay, i int32) {
		if level := u.F.Assessments.AssessmentLevel[i]; level == 1 || level == 2 {
			count(stay, int(level)-1, 0)
		}
	})
	u.eachRecord(&u.F.Events.Records, u.F.Events.EventDate, func(stay, i int32) {
		for _, column := range u.eventColumns(i) {
			count(stay, int(u.F.Events.Event[i])+1, column)
		}
	})
	for r, label := range labels {
		t.Rows = append(t.Rows, occurrenceRow(r, label, counted))
	}
	return t
}

// occurrenceRow is a row of Q10 with the cells that apply to it.
func occurrenceRow(r int, label string, counted map[[2]int][]int32) Row {
	row := Row{Label: label}
	event := facts.Answer(r - 1)
	for c := range 6 {
		applies := c == 0 || c <= 3 && isReferral(event) || c == 4 && event == diversionEvent || c == 5 && event == aftercareEvent
		clients := counted[[2]int{r, c}]
		row.Cells = append(row.Cells, Cell{Address: address(r, c), Value: float64(len(clients)), Empty: !applies, Count: applies,
			clients: func() []int32 { return clients }})
	}
	return row
}

// eventColumns are the columns of Q10 in which an event counts.
func (u *universe) eventColumns(i int32) []int {
	r := &u.F.Events
	event := r.Event[i]
	switch {
	case event < 1 || event > lastEvent:
		return nil
	case isReferral(event) && resultOf(r.ReferralResult[i]) > 0:
		return []int{0, resultOf(r.ReferralResult[i])}
	case event == diversionEvent && r.ProbSolDivRRResult[i] == 1:
		return []int{0, 4}
	case event == aftercareEvent && r.ReferralCaseManageAfter[i] == 1:
		return []int{0, 5}
	}
	return []int{0}
}
