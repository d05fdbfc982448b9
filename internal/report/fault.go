package report

import (
	"slices"
	"strings"
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// fault is what is wrong with an element of a person, the first that fits (8). Its number is the column of Q6a to Q6c.
type fault int

// The faults of an element, in HUD's order.
const (
	unanswered fault = iota // the client does not know or prefers not to answer
	missing
	issue
	noFault
)

// element is a row of Q6a to Q6c: whom it is asked of and what is wrong with it.
type element struct {
	label string
	of    func(*person) bool // nil: everybody
	fault func(*person) fault
}

// faultColumns are those of Q6a to Q6c; behind them, unseen, whom the element is asked of.
var faultColumns = columnSet{
	labels: []string{"Client Doesn't Know/Prefers Not to Answer", "Information Missing", "Data Issues", "Total", "% of Issue Rate"},
	ratios: []ratio{{4, 3, 5}},
	hidden: 1,
}

// The columns of faultColumns behind the faults.
const (
	faultTotal = 3
	faultAsked = 5
)

// faultTable is a table of elements; overall is the label of a row of those with any fault, "" for none.
func faultTable(id, title string, k kinds, elements []element, overall, blank string) *layout {
	l := &layout{id: id, title: title, kinds: k, columns: faultColumns, of: func(p *person) bool { return p.engaged }, blank: blank}
	for _, e := range elements {
		l.rows = append(l.rows, line{label: e.label})
	}
	if overall != "" {
		l.rows = append(l.rows, line{label: overall})
	}
	l.place = func(p *person, mark func(row, column int)) {
		any := false
		for i, e := range elements {
			if e.of != nil && !e.of(p) {
				continue
			}
			mark(i, faultAsked)
			if f := e.fault(p); f != noFault {
				mark(i, int(f))
				mark(i, faultTotal)
				any = true
			}
		}
		if overall == "" {
			return
		}
		if mark(len(elements), faultAsked); any {
			mark(len(elements), faultTotal)
		}
	}
	return l
}

// identityElements are the rows of Q6a (8).
var identityElements = []element{
	{"Name", nil, (*person).nameFault},
	{"Social Security Number", nil, (*person).ssnFault},
	{"Date of Birth", nil, (*person).dobFault},
	{"Race/Ethnicity", nil, (*person).raceFault},
}

// universalElements are the rows of Q6b (8).
var universalElements = []element{
	{"Veteran Status", func(p *person) bool { return p.age != unknownAge }, (*person).veteranFault},
	{"Project Start Date", nil, (*person).startFault},
	{"Relationship to Head of Household", nil, (*person).relationFault},
	{"Enrollment CoC", heads, (*person).cocFault},
	{"Disabling Condition", nil, (*person).disablingFault},
}

// incomeElements are the rows of Q6c (8).
var incomeElements = []element{
	{"Destination", leavers, (*person).destinationFault},
	{"Income and Sources at Start", adultsOrHeads, func(p *person) fault { return p.incomeFault(atStart) }},
	{"Income and Sources at Annual Assessment", (*person).longStayer, (*person).annualFault},
	{"Income and Sources at Exit", both(leavers, adultsOrHeads), func(p *person) fault { return p.incomeFault(atExit) }},
}

// faultOf is the fault of an answer that is a code.
func faultOf(a answer) fault {
	switch a {
	case dontKnow:
		return unanswered
	case notCollected:
		return missing
	}
	return noFault
}

// partly is the quality code of an answer that is only part of one (lists 3.01.5, 3.02.2, 3.03.2).
const partly = 2

func (p *person) nameFault() fault {
	quality := answerOf(p.f.Clients.NameDataQuality[p.client()])
	switch {
	case quality == dontKnow:
		return unanswered
	case quality == notCollected, p.f.Clients.Identity[p.client()]&facts.WholeName == 0:
		return missing
	case quality == partly:
		return issue
	}
	return noFault
}

func (p *person) ssnFault() fault {
	quality, identity := answerOf(p.f.Clients.SSNDataQuality[p.client()]), p.f.Clients.Identity[p.client()]
	switch {
	case quality == dontKnow:
		return unanswered
	case quality == notCollected, identity&facts.HasSSN == 0:
		return missing
	case quality == partly, identity&facts.ValidSSN == 0:
		return issue
	}
	return noFault
}

// firstBirth is the earliest day of birth that is believed.
var firstBirth = hmis.NewDate(1915, time.January, 1)

func (p *person) dobFault() fault {
	c := p.client()
	birth, quality := p.f.Clients.DOB[c], answerOf(p.f.Clients.DOBDataQuality[c])
	switch {
	case birth == facts.NoDay && quality == dontKnow:
		return unanswered
	case birth == facts.NoDay:
		return missing
	case quality == partly, quality == dontKnow, quality == notCollected, birth < firstBirth, birth > p.f.Clients.DateCreated[c],
		birth >= p.entry(p.stay) && p.adultOrHead():
		return issue
	}
	return noFault
}

func (p *person) raceFault() fault {
	if none := answerOf(p.f.Clients.RaceNone[p.client()]); none == dontKnow {
		return unanswered
	}
	if p.f.Clients.RaceNone[p.client()] == 99 || p.f.Clients.Race[p.client()] == 0 {
		return missing
	}
	return noFault
}

func (p *person) veteranFault() fault {
	status := answerOf(p.f.Clients.VeteranStatus[p.client()])
	if p.child() {
		if status == yes {
			return issue
		}
		return noFault
	}
	return faultOf(status)
}

// startFault is an entry inside an earlier stay of the same person in the same project, or after the exit (8).
func (p *person) startFault() fault {
	entry, exit := p.entry(p.stay), p.exit(p.stay)
	if exit != facts.NoDay && exit < entry {
		return issue
	}
	from, to := p.f.Clients.Enrollments(p.client())
	for other := from; other < to; other++ {
		if other == p.stay || p.f.Enrollments.Project[other] != p.f.Enrollments.Project[p.stay] {
			continue
		}
		if left := p.exit(other); p.entry(other) < entry && (left == facts.NoDay || entry < left) {
			return issue
		}
	}
	return noFault
}

func (p *person) relationFault() fault {
	switch r := p.relation(); {
	case r == facts.Empty:
		return missing
	case r < 1 || r > 5, p.household.heads != 1:
		return issue
	}
	return noFault
}

// cocCodes is HUD's list of CoCs; HUD's own test kits have CoCs of the state XX, which is none.
const (
	cocCodes  = "2.03.1"
	madeUpCoC = "XX-"
)

func (p *person) cocFault() fault {
	coc := p.f.Enrollments.CoC[p.stay]
	if coc < 0 {
		return missing
	}
	if code := p.f.CoCs[coc]; hmis.ListNumbered(cocCodes).Find(code) == nil && !strings.HasPrefix(code, madeUpCoC) {
		return issue
	}
	return noFault
}

// disablingFault is a no although the latest disabilities have one that disables (8).
func (p *person) disablingFault() fault {
	a := answerOf(p.f.Enrollments.DisablingCondition[p.stay])
	if a != no {
		return faultOf(a)
	}
	r := &p.f.Disability
	from, until := r.Of(p.stay)
	day := facts.NoDay
	for i := from; i < until; i++ {
		if r.InformationDate[i] <= p.end {
			day = r.InformationDate[i]
		}
	}
	for i := from; i < until; i++ {
		if r.InformationDate[i] == day && p.disables(i) {
			return issue
		}
	}
	return noFault
}

// destinationFault is also missing where no exit interview was completed (8).
func (p *person) destinationFault() fault {
	a := answerOf(p.f.Exits.Destination[p.stay])
	if a == 30 {
		return missing
	}
	return faultOf(a)
}

func (p *person) incomeFault(s stage) fault {
	record := p.incomeAt(p.stay, s)
	if record == noRecord {
		return missing
	}
	any, some := p.f.Incomes.IncomeFromAnySource[record], p.f.Incomes.Sources[record] != 0
	if any == 0 && some || any == 1 && !some {
		return issue
	}
	return faultOf(answerOf(any))
}

// annualFault is the fault of the annual assessment, for those of whom one was due.
func (p *person) annualFault() fault {
	if _, owed := p.annualDue(p.stay); !owed {
		return noFault
	}
	return p.incomeFault(atAnnual)
}

// firstOf3917 is the day from which prior living situation is asked as today (8).
var firstOf3917 = hmis.NewDate(2016, time.October, 1)

// chronicColumns are those of Q6d; the unseen one counts those with any fault.
var chronicColumns = columnSet{
	labels: []string{"Count of Total Records", "Missing Time in Institution", "Missing Time in Housing", "Approximate Date Started DK/PNTA/missing",
		"Number of Times DK/PNTA/missing", "Number of Months DK/PNTA/missing", "% of Records Unable to Calculate"},
	ratios: []ratio{{6, 7, 0}},
	hidden: 1,
}

// chronicRows are the project types of the rows of Q6d.
var chronicRows = []struct {
	label string
	types []facts.Code
}{
	{"ES-EE, ES-NbN, SH, Street Outreach", []facts.Code{shelterEntryExit, shelterNightly, safeHaven, outreach}},
	{"TH", []facts.Code{transitional}},
	{"PH (All)", []facts.Code{supportiveHousing, housingOnly, housingServices, rapidRehousing}},
	{"CE", []facts.Code{coordinatedEntry}},
	{"SSO, Day Shelter, HP", []facts.Code{servicesOnly, dayShelter, prevention}},
}

func chronicFaultTable(id string, k kinds) *layout {
	l := &layout{id: id, title: "Data Quality: Chronic Homelessness", kinds: k, columns: chronicColumns, blank: "C2 D2 C7:G7"}
	for _, r := range chronicRows {
		l.rows = append(l.rows, line{label: r.label})
	}
	l.rows = append(l.rows, line{label: "Total"})
	l.of = func(p *person) bool { return p.engaged && p.adultOrHead() && p.entry(p.stay) >= firstOf3917 }
	l.place = func(p *person, mark func(row, column int)) {
		for i, r := range chronicRows {
			if !slices.Contains(r.types, p.projectType(p.stay)) {
				continue
			}
			faults := p.chronicFaults(i > 0)
			for _, row := range []int{i, len(chronicRows)} {
				mark(row, 0)
				for _, column := range faults {
					mark(row, column)
				}
				if len(faults) > 0 {
					mark(row, 7)
				}
			}
		}
	}
	return l
}

// chronicFaults are the columns of Q6d whose answer is missing; bySituation: the prior situation decides what is asked.
func (p *person) chronicFaults(bySituation bool) (columns []int) {
	e := &p.f.Enrollments
	situation, length := e.LivingSituation[p.stay], e.LengthOfStay[p.stay]
	institution := situation >= 200 && situation < 300
	homeless := situation >= 100 && situation < 200
	unknownLength := faultOf(answerOf(length)) != noFault
	if bySituation && unknownLength && !homeless {
		if institution {
			columns = append(columns, 1)
		} else {
			columns = append(columns, 2)
		}
	}
	short := length == 10 || length == 11 || institution && (length == 2 || length == 3)
	if bySituation && !homeless && !(e.PreviousStreetESSH[p.stay] == 1 && short) {
		return columns
	}
	if e.DateToStreetESSH[p.stay] == facts.NoDay {
		columns = append(columns, 3)
	}
	if faultOf(answerOf(e.TimesHomelessPastThreeYears[p.stay])) != noFault {
		columns = append(columns, 4)
	}
	if faultOf(answerOf(e.MonthsHomelessPastThreeYears[p.stay])) != noFault {
		columns = append(columns, 5)
	}
	return columns
}

// timelinessRows are the days between what happened and its record.
var timelinessRows = []line{between("< 0 days", -1<<19, -1), between("0 days", 0, 0), between("1-3 days", 1, 3), between("4-6 days", 4, 6), between("7-10 days", 7, 10), between("11+ days", 11, 1<<19)}

func timelinessTable(id string, k kinds) *layout {
	return &layout{id: id, title: "Data Quality: Timeliness", kinds: k, columns: columnSet{
		labels: []string{"Number of Project Start Records", "Number of Project Exit Records"},
		of: func(p *person) (columns uint32) {
			if p.entry(p.stay) >= p.start {
				columns = 1
			}
			if p.leaver {
				columns |= 2
			}
			return columns
		},
		stages: []stage{atStart, atExit},
	}, of: func(p *person) bool { return p.engaged }, ask: (*person).daysToRecord, rows: slices.Clone(timelinessRows)}
}

// daysToRecord is the days from entry or exit to the day on which it was recorded (8).
func (p *person) daysToRecord(s stage) answer {
	if s == atExit {
		return int(p.f.Exits.DateCreated[p.stay] - p.exit(p.stay))
	}
	return int(p.f.Enrollments.DateCreated[p.stay] - p.entry(p.stay))
}

// inactiveDays is after how many days without a contact or bed night a record is inactive.
const inactiveDays = 90

// pathFunder is Projects for Assistance in Transition from Homelessness, list 2.06.1.
const pathFunder = 21

func inactiveTable(id string, k kinds) *layout {
	l := &layout{id: id, title: "Data Quality: Inactive Records: Street Outreach & Emergency Shelter", kinds: k, columns: columnSet{
		labels: []string{"# of Records", "# of Inactive Records", "% of Inactive Records"}, ratios: []ratio{{2, 1, 0}}},
		rows: []line{{label: "Contact (Adults and Heads of Household in Street Outreach or PATH-funded SSO)"}, {label: "Bed Night (All Clients in ES - NbN)"}}}
	l.of = func(p *person) bool { return p.engaged && p.stayer() && p.entry(p.stay) <= p.end-inactiveDays }
	l.place = func(p *person, mark func(row, column int)) {
		row, inactive := 0, false
		since := p.end - inactiveDays + 1
		switch {
		case p.typeIn(p.stay, shelterNightly):
			row, inactive = 1, p.nights(p.stay, since, p.end) == 0
		case p.adultOrHead() && (p.typeIn(p.stay, outreach) || p.typeIn(p.stay, servicesOnly) && p.project(p.stay).Funded(pathFunder)):
			inactive = !p.contactedSince(since)
		default:
			return
		}
		if mark(row, 0); inactive {
			mark(row, 1)
		}
	}
	return l
}

func (p *person) contactedSince(day hmis.Date) bool {
	r := &p.f.Situations
	for i, until := r.Of(p.stay); i < until; i++ {
		if r.InformationDate[i] >= day && r.InformationDate[i] <= p.end {
			return true
		}
	}
	return false
}

// qualityTables are Q6a to Q6f.
func qualityTables() []*layout {
	return []*layout{
		faultTable("Q6a", "Data Quality: Personally Identifiable Information", apr|caper, identityElements, "Overall Score", "D5 B6:D6"),
		faultTable("Q6b", "Data Quality: Universal Data Elements", apr|caper, universalElements, "", "B3 C3 B4 B5"),
		faultTable("Q6c", "Data Quality: Income and Housing Data Quality", apr|caper, incomeElements, "", "D2"),
		chronicFaultTable("Q6d", apr|caper),
		timelinessTable("Q6e", apr|caper),
		inactiveTable("Q6f", apr|caper),
	}
}
