package report

import (
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// stayCheck looks at a stay and what hangs on it. file is where the fault lies: Client faults are reported once for a
// client in a project.
type stayCheck struct {
	id   int
	file string
	mend string
	bad  func(q *qualityRun, stay int32) bool
}

func (q *qualityRun) checkStays() {
	q.clients = map[clientCheck]bool{}
	for _, stay := range q.stays {
		for _, c := range stayChecks {
			if c.bad(q, stay) {
				q.found(c, stay)
			}
		}
	}
}

// found reports a stay's fault.
func (q *qualityRun) found(c stayCheck, stay int32) {
	e := &q.F.Enrollments
	f := Finding{Check: checks[c.id], File: c.file, ID: e.ID(stay), Project: e.Project[stay], Client: e.Client[stay], Enrollment: stay, Day: q.Entry(stay)}
	switch c.file {
	case "Client":
		key := clientCheck{c.id, f.Client, f.Project}
		if q.clients[key] {
			return
		}
		q.clients[key] = true
		f.ID = q.F.Clients.ID(f.Client)
	case "Exit":
		f.Day = q.F.Exits.ExitDate[stay]
	}
	q.findings = append(q.findings, f)
}

// The limits that HUD leaves to the CoC, in days.
const (
	referralLimit = 90  // a referral without a result
	openLimit     = 365 // an open stay in a day shelter or other project
	contactLimit  = 90  // no current living situation, no bed night
	lateLimit     = 10  // a record after what it records: the last row of Q6e
)

// ssvf is the funder Supportive Services for Veteran Families, list 2.06.1.
const ssvf = 33

// ageAtEntry is the age on the day of project start.
func (q *qualityRun) ageAtEntry(stay int32) int {
	return glossary.AgeOn(q.F.Clients.DOB[q.Client(stay)], q.Entry(stay))
}

func (q *qualityRun) adultOrHead(stay int32) bool {
	return q.IsHead(stay) || glossary.IsAdult(q.ageAtEntry(stay))
}

// grownOrUnknown holds of adults and of those whose age is not known.
func (q *qualityRun) grownOrUnknown(stay int32) bool {
	age := q.ageAtEntry(stay)
	return glossary.IsAdult(age) || age == glossary.UnknownAge
}

func (q *qualityRun) since2016(stay int32) bool { return q.Entry(stay) >= firstOf3917 }

func (q *qualityRun) funded(stay int32, funder facts.Code) bool {
	return q.Project(stay).Funded(funder)
}

// ssvfVeteran holds of veterans in projects of SSVF.
func (q *qualityRun) ssvfVeteran(stay int32) bool {
	return q.funded(stay, ssvf) && q.F.Clients.VeteranStatus[q.Client(stay)] == 1
}

func (q *qualityRun) elementDue(stay int32, element string) bool {
	return q.due[q.F.Enrollments.Project[stay]][element]
}

// unsure holds of the codes that give no answer although they were asked.
func unsure[T ~int8 | ~int16](code T) bool { return code == 8 || code == 9 || code == 99 }

// thisYear is the year of the end of the export, or of the report.
func (q *qualityRun) thisYear() facts.Code {
	day := q.today()
	y, _, _ := day.Date()
	return facts.Code(y)
}

// today is the day on which the export was made, or the end of the report where that is not known.
func (q *qualityRun) today() hmis.Date {
	if q.F.Made != facts.NoDay {
		return q.F.Made
	}
	return q.End
}

// open reports whether the stay has no exit at all.
func (q *qualityRun) open(stay int32) bool { return q.F.Exits.ExitDate[stay] == facts.NoDay }

// noSubsidy holds of a rental with a subsidy (435) that is not named.
func noSubsidy(situation, subsidy facts.Code) bool {
	info := glossary.Situations[int(subsidy)]
	return situation == 435 && (info == nil || !info.Subsidy)
}

// contradicts reports whether a yes or no does not fit what is marked below it.
func contradicts(any facts.Answer, marks facts.Marks) bool {
	return any == 0 && marks != 0 || any == 1 && marks == 0
}

// incomeAnswer is the answer of one of the three questions of IncomeBenefits at a stage, with its marks; Empty without a record.
func (q *qualityRun) incomeAnswer(stay int32, s glossary.Stage, question int) (any facts.Answer, marks facts.Marks) {
	record := q.IncomeAt(stay, s)
	if record == glossary.NoRecord {
		return facts.Empty, 0
	}
	r := &q.F.Incomes
	switch question {
	case incomeQuestion:
		return r.IncomeFromAnySource[record], r.Sources[record]
	case benefitQuestion:
		return r.BenefitsFromAnySource[record], r.Benefits[record]
	}
	return r.InsuranceFromAnySource[record], r.Insurances[record]
}

// The questions of IncomeBenefits, and the element that asks each.
const (
	incomeQuestion = iota
	benefitQuestion
	insuranceQuestion
)

var questionElements = [...]string{"4.02", "4.03", "4.04"}

// asksIncome reports whether the question is due of the client: income and benefits of adults, insurance of everybody.
func (q *qualityRun) asksIncome(stay int32, s glossary.Stage, question int) bool {
	if s == glossary.AtExit && q.open(stay) || !q.elementDue(stay, questionElements[question]) {
		return false
	}
	return question == insuranceQuestion || q.grownOrUnknown(stay)
}

// unansweredIncome is a check that a question is answered where a funder needs it.
func unansweredIncome(s glossary.Stage, question int) func(*qualityRun, int32) bool {
	return func(q *qualityRun, stay int32) bool {
		any, _ := q.incomeAnswer(stay, s, question)
		adult := question == insuranceQuestion || glossary.IsAdult(q.ageAtEntry(stay))
		return adult && any == facts.Empty && q.asksIncome(stay, s, question)
	}
}

// contradictedIncome is a check that a question fits what is marked below it.
func contradictedIncome(s glossary.Stage, question int) func(*qualityRun, int32) bool {
	return func(q *qualityRun, stay int32) bool {
		return contradicts(q.incomeAnswer(stay, s, question)) && q.asksIncome(stay, s, question)
	}
}

// place is where a stay lies against a time from one day to another.
type place int

// The places of a stay.
const (
	within        place = iota
	beforeIt            // it ended before
	afterIt             // it started after
	startsBefore        // it started before, and ended in it or goes on with it
	endsAfter           // it started in it, and ended after or goes on
	startsAndEnds       // both
)

// placeIn tells where the stay lies against the days from start to end, NoDay where open.
func (q *qualityRun) placeIn(stay int32, start, end hmis.Date) place {
	entry, exit := q.Entry(stay), q.F.Exits.ExitDate[stay]
	early := start != facts.NoDay && entry < start
	late := end != facts.NoDay && (exit == facts.NoDay || exit > end)
	switch {
	case end != facts.NoDay && entry > end:
		return afterIt
	case early && exit != facts.NoDay && exit < start:
		return beforeIt
	case early && late:
		return startsAndEnds
	case early:
		return startsBefore
	case late:
		return endsAfter
	}
	return within
}

// participation is the time from the first to the last day on which the project takes part in HMIS.
func (q *qualityRun) participation(stay int32) (start, end hmis.Date, any bool) {
	for _, p := range q.Project(stay).HMIS {
		if p.Type != 1 {
			continue
		}
		if !any || p.Start < start {
			start = p.Start
		}
		if !any || end != facts.NoDay && (p.End == facts.NoDay || p.End > end) {
			end = p.End
		}
		any = true
	}
	return start, end, any
}

// participates is a check of where the stay lies against the project's time in HMIS.
func participates(where place) func(*qualityRun, int32) bool {
	return func(q *qualityRun, stay int32) bool {
		start, end, any := q.participation(stay)
		return any && q.placeIn(stay, start, end) == where
	}
}

// operates is a check of where the stay lies against the time in which the project is open.
func operates(where place) func(*qualityRun, int32) bool {
	return func(q *qualityRun, stay int32) bool {
		p := q.Project(stay)
		return q.placeIn(stay, p.OperatingStart, p.OperatingEnd) == where
	}
}

// monthsFit reports whether the months code (3.917.5) is the number of calendar months from the start of homelessness
// to entry, both included; 113 is more than twelve.
func monthsFit(since, entry hmis.Date, code facts.Code) bool {
	y1, m1, _ := since.Date()
	y2, m2, _ := entry.Date()
	months := (y2-y1)*12 + int(m2-m1) + 1
	return code == facts.Code(100+min(months, 13))
}

// oneEpisode holds of stays, but for prevention, whose homelessness has been one time.
func (q *qualityRun) oneEpisode(stay int32) bool {
	return !q.TypeIn(stay, glossary.Prevention) && q.F.Enrollments.TimesHomelessPastThreeYears[stay] == 1
}

// shortStay holds of stays of under 90 days in an institution or seven elsewhere (3.917B).
func (q *qualityRun) shortStay(stay int32) bool {
	e := &q.F.Enrollments
	situation, length := e.LivingSituation[stay], e.LengthOfStay[stay]
	if situation >= 200 && situation < 300 {
		return length == 10 || length == 11 || length == 2 || length == 3
	}
	return situation != facts.Empty && (situation < 100 || situation >= 300) && (length == 10 || length == 11)
}

// housingFrom is the day from which older starts of permanent housing are not measured.
var housingFrom = hmis.NewDate(2017, time.October, 1)

// lastNight is the last bed night up to a day, NoDay without one.
func (q *qualityRun) lastNight(stay int32, until hmis.Date) hmis.Date {
	from, to := q.F.BedNights.Of(stay)
	for i := to - 1; i >= from; i-- {
		if d := q.F.BedNights.DateProvided[i]; d <= until {
			return d
		}
	}
	return facts.NoDay
}

// nightlyInHMIS holds of night-by-night stays of projects in HMIS.
func (q *qualityRun) nightlyInHMIS(stay int32) bool {
	_, _, any := q.participation(stay)
	return any && q.TypeIn(stay, glossary.ShelterNightly)
}
