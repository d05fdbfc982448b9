package report

import (
	"slices"
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// element is a row of Q6a to Q6c: whom it is asked of and what is wrong with it.
type element struct {
	label string
	of    func(*person) bool // nil: everybody
	fault func(*person) glossary.Fault
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
			if f := e.fault(p); f != glossary.NoFault {
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

// ofStay asks the stay that supplies a person's answers.
func ofStay(of func(*glossary.Period, int32) glossary.Fault) func(*person) glossary.Fault {
	return func(p *person) glossary.Fault { return of(&p.Period, p.stay) }
}

// identityElements are the rows of Q6a (8).
var identityElements = []element{
	{"Name", nil, ofStay((*glossary.Period).NameFault)},
	{"Social Security Number", nil, ofStay((*glossary.Period).SSNFault)},
	{"Date of Birth", nil, ofStay((*glossary.Period).DOBFault)},
	{"Race/Ethnicity", nil, ofStay((*glossary.Period).RaceFault)},
}

// universalElements are the rows of Q6b (8).
var universalElements = []element{
	{"Veteran Status", func(p *person) bool { return p.age != glossary.UnknownAge }, ofStay((*glossary.Period).VeteranFault)},
	{"Project Start Date", nil, ofStay((*glossary.Period).StartFault)},
	{"Relationship to Head of Household", nil, func(p *person) glossary.Fault { return p.RelationFault(p.stay, p.household.heads) }},
	{"Enrollment CoC", heads, ofStay((*glossary.Period).CoCFault)},
	{"Disabling Condition", nil, ofStay((*glossary.Period).DisablingFault)},
}

// incomeElements are the rows of Q6c (8).
var incomeElements = []element{
	{"Destination", leavers, ofStay((*glossary.Period).DestinationFault)},
	{"Income and Sources at Start", adultsOrHeads, func(p *person) glossary.Fault { return p.IncomeFault(p.stay, glossary.AtStart) }},
	{"Income and Sources at Annual Assessment", (*person).longStayer, (*person).annualFault},
	{"Income and Sources at Exit", both(leavers, adultsOrHeads), func(p *person) glossary.Fault { return p.IncomeFault(p.stay, glossary.AtExit) }},
}

// annualFault is the fault of the annual assessment, for those of whom one was due.
func (p *person) annualFault() glossary.Fault {
	if _, owed := p.AnnualDue(p.stay); !owed {
		return glossary.NoFault
	}
	return p.IncomeFault(p.stay, glossary.AtAnnual)
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
	{"ES-EE, ES-NbN, SH, Street Outreach", []facts.Code{glossary.ShelterEntryExit, glossary.ShelterNightly, glossary.SafeHaven, glossary.Outreach}},
	{"TH", []facts.Code{glossary.Transitional}},
	{"PH (All)", []facts.Code{glossary.SupportiveHousing, glossary.HousingOnly, glossary.HousingServices, glossary.RapidRehousing}},
	{"CE", []facts.Code{glossary.CoordinatedEntry}},
	{"SSO, Day Shelter, HP", []facts.Code{glossary.ServicesOnly, glossary.DayShelter, glossary.Prevention}},
}

func chronicFaultTable(id string, k kinds) *layout {
	l := &layout{id: id, title: "Data Quality: Chronic Homelessness", kinds: k, columns: chronicColumns, blank: "C2 D2 C7:G7"}
	for _, r := range chronicRows {
		l.rows = append(l.rows, line{label: r.label})
	}
	l.rows = append(l.rows, line{label: "Total"})
	l.of = func(p *person) bool { return p.engaged && p.adultOrHead() && p.Entry(p.stay) >= firstOf3917 }
	l.place = func(p *person, mark func(row, column int)) {
		for i, r := range chronicRows {
			if !slices.Contains(r.types, p.ProjectType(p.stay)) {
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
	e := &p.F.Enrollments
	situation, length := e.LivingSituation[p.stay], e.LengthOfStay[p.stay]
	institution := situation >= 200 && situation < 300
	homeless := situation >= 100 && situation < 200
	unknownLength := glossary.FaultOf(glossary.AnswerOf(length)) != glossary.NoFault
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
	if glossary.FaultOf(glossary.AnswerOf(e.TimesHomelessPastThreeYears[p.stay])) != glossary.NoFault {
		columns = append(columns, 4)
	}
	if glossary.FaultOf(glossary.AnswerOf(e.MonthsHomelessPastThreeYears[p.stay])) != glossary.NoFault {
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
			if p.Entry(p.stay) >= p.Start {
				columns = 1
			}
			if p.leaver {
				columns |= 2
			}
			return columns
		},
		stages: []glossary.Stage{glossary.AtStart, glossary.AtExit},
	}, of: func(p *person) bool { return p.engaged }, ask: (*person).daysToRecord, rows: slices.Clone(timelinessRows)}
}

// daysToRecord is the days from entry or exit to the day on which it was recorded (8).
func (p *person) daysToRecord(s glossary.Stage) glossary.Answer {
	if s == glossary.AtExit {
		return int(p.F.Exits.DateCreated[p.stay] - p.Exit(p.stay))
	}
	return int(p.F.Enrollments.DateCreated[p.stay] - p.Entry(p.stay))
}

// inactiveDays is after how many days without a contact or bed night a record is inactive.
const inactiveDays = 90

// pathFunder is Projects for Assistance in Transition from Homelessness, list 2.06.1.
const pathFunder = 21

func inactiveTable(id string, k kinds) *layout {
	l := &layout{id: id, title: "Data Quality: Inactive Records: Street Outreach & Emergency Shelter", kinds: k, columns: columnSet{
		labels: []string{"# of Records", "# of Inactive Records", "% of Inactive Records"}, ratios: []ratio{{2, 1, 0}}},
		rows: []line{{label: "Contact (Adults and Heads of Household in Street Outreach or PATH-funded SSO)"}, {label: "Bed Night (All Clients in ES - NbN)"}}}
	l.of = func(p *person) bool { return p.engaged && p.stayer() && p.Entry(p.stay) <= p.End-inactiveDays }
	l.place = func(p *person, mark func(row, column int)) {
		row, inactive := 0, false
		since := p.End - inactiveDays + 1
		switch {
		case p.TypeIn(p.stay, glossary.ShelterNightly):
			row, inactive = 1, p.Nights(p.stay, since, p.End) == 0
		case p.adultOrHead() && (p.TypeIn(p.stay, glossary.Outreach) || p.TypeIn(p.stay, glossary.ServicesOnly) && p.Project(p.stay).Funded(pathFunder)):
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
	r := &p.F.Situations
	for i, until := r.Of(p.stay); i < until; i++ {
		if r.InformationDate[i] >= day && r.InformationDate[i] <= p.End {
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
