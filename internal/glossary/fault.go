package glossary

import (
	"strings"
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Fault is what is wrong with an element of a person, the first that fits (8). Its number is the column of Q6a to Q6c.
type Fault int

// The faults of an element, in HUD's order.
const (
	Unanswered Fault = iota // the client does not know or prefers not to answer
	Missing
	Issue
	NoFault
)

// FaultOf is the fault of an answer that is a code.
func FaultOf(a Answer) Fault {
	switch a {
	case DontKnow:
		return Unanswered
	case NotCollected:
		return Missing
	}
	return NoFault
}

// Partly is the quality code of an answer that is only part of one (lists 3.01.5, 3.02.2, 3.03.2).
const Partly = 2

// NameFault is what is wrong with the name (3.01).
func (p *Period) NameFault(stay int32) Fault {
	quality := AnswerOf(p.F.Clients.NameDataQuality[p.Client(stay)])
	switch {
	case quality == DontKnow:
		return Unanswered
	case quality == NotCollected, p.F.Clients.Identity[p.Client(stay)]&facts.WholeName == 0:
		return Missing
	case quality == Partly:
		return Issue
	}
	return NoFault
}

// SSNFault is what is wrong with the Social Security number (3.02).
func (p *Period) SSNFault(stay int32) Fault {
	quality, identity := AnswerOf(p.F.Clients.SSNDataQuality[p.Client(stay)]), p.F.Clients.Identity[p.Client(stay)]
	switch {
	case quality == DontKnow:
		return Unanswered
	case quality == NotCollected, identity&facts.HasSSN == 0:
		return Missing
	case quality == Partly, identity&facts.ValidSSN == 0:
		return Issue
	}
	return NoFault
}

// firstBirth is the earliest day of birth that is believed.
var firstBirth = hmis.NewDate(1915, time.January, 1)

// DOBFault is what is wrong with the date of birth (3.03).
func (p *Period) DOBFault(stay int32) Fault {
	c := p.Client(stay)
	birth, quality := p.F.Clients.DOB[c], AnswerOf(p.F.Clients.DOBDataQuality[c])
	switch {
	case birth == facts.NoDay && quality == DontKnow:
		return Unanswered
	case birth == facts.NoDay:
		return Missing
	case quality == Partly, quality == DontKnow, quality == NotCollected, birth < firstBirth, birth > p.F.Clients.DateCreated[c],
		birth >= p.Entry(stay) && p.AdultOrHead(stay):
		return Issue
	}
	return NoFault
}

// RaceFault is what is wrong with race and ethnicity (3.04).
func (p *Period) RaceFault(stay int32) Fault {
	if none := AnswerOf(p.F.Clients.RaceNone[p.Client(stay)]); none == DontKnow {
		return Unanswered
	}
	if p.F.Clients.RaceNone[p.Client(stay)] == 99 || p.F.Clients.Race[p.Client(stay)] == 0 {
		return Missing
	}
	return NoFault
}

// VeteranFault is what is wrong with the veteran status (3.07).
func (p *Period) VeteranFault(stay int32) Fault {
	status := AnswerOf(p.F.Clients.VeteranStatus[p.Client(stay)])
	if IsChild(p.Age(stay)) {
		if status == Yes {
			return Issue
		}
		return NoFault
	}
	return FaultOf(status)
}

// StartFault is an entry inside an earlier stay of the same person in the same project, or after the exit (8).
func (p *Period) StartFault(stay int32) Fault {
	entry, exit := p.Entry(stay), p.Exit(stay)
	if exit != facts.NoDay && exit < entry {
		return Issue
	}
	from, to := p.F.Clients.Enrollments(p.Client(stay))
	for other := from; other < to; other++ {
		if other == stay || p.F.Enrollments.Project[other] != p.F.Enrollments.Project[stay] {
			continue
		}
		if left := p.Exit(other); p.Entry(other) < entry && (left == facts.NoDay || entry < left) {
			return Issue
		}
	}
	return NoFault
}

// RelationFault is what is wrong with the relationship to the head, in a household with so many heads in the report (3.15).
func (p *Period) RelationFault(stay int32, heads int) Fault {
	switch r := p.F.Enrollments.RelationshipToHoH[stay]; {
	case r == facts.Empty:
		return Missing
	case r < 1 || r > 5, heads != 1:
		return Issue
	}
	return NoFault
}

// cocCodes is HUD's list of CoCs; HUD's own test kits have CoCs of the state XX, which is none.
const (
	cocCodes  = "2.03.1"
	madeUpCoC = "XX-"
)

// CoCFault is what is wrong with the enrollment CoC (3.16).
func (p *Period) CoCFault(stay int32) Fault {
	coc := p.F.Enrollments.CoC[stay]
	if coc < 0 {
		return Missing
	}
	if code := p.F.CoCs[coc]; hmis.ListNumbered(cocCodes).Find(code) == nil && !strings.HasPrefix(code, madeUpCoC) {
		return Issue
	}
	return NoFault
}

// DisablingFault is a no although the latest disabilities have one that disables (8).
func (p *Period) DisablingFault(stay int32) Fault {
	a := AnswerOf(p.F.Enrollments.DisablingCondition[stay])
	if a != No {
		return FaultOf(a)
	}
	r := &p.F.Disability
	from, until := r.Of(stay)
	day := facts.NoDay
	for i := from; i < until; i++ {
		if r.InformationDate[i] <= p.End {
			day = r.InformationDate[i]
		}
	}
	for i := from; i < until; i++ {
		if r.InformationDate[i] == day && p.disables(i) {
			return Issue
		}
	}
	return NoFault
}

// DestinationFault is also missing where no exit interview was completed (8).
func (p *Period) DestinationFault(stay int32) Fault {
	a := AnswerOf(p.F.Exits.Destination[stay])
	if a == 30 {
		return Missing
	}
	return FaultOf(a)
}

// IncomeFault is what is wrong with income at a stage (4.02).
func (p *Period) IncomeFault(stay int32, s Stage) Fault {
	record := p.IncomeAt(stay, s)
	if record == NoRecord {
		return Missing
	}
	any, some := p.F.Incomes.IncomeFromAnySource[record], p.F.Incomes.Sources[record] != 0
	if any == 0 && some || any == 1 && !some {
		return Issue
	}
	return FaultOf(AnswerOf(any))
}
