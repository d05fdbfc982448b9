package glossary

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// ownMoveIn is the stay's own move-in date (element 3.20) where it is valid: between entry and exit, both included, and
// not after the report (4).
func (p *Period) ownMoveIn(stay int32) hmis.Date {
	date := p.F.Enrollments.MoveInDate[stay]
	exit := p.Exit(stay)
	if date < p.Entry(stay) || date > p.End || exit != facts.NoDay && date > exit {
		return facts.NoDay
	}
	return date
}

// MoveIn is the day on which the member was housed, NoDay where not by the end of the report. The head's date counts
// for everybody: one who left before has none, one who came later has his entry; a valid date of one's own stays (4, 12).
// It is asked for permanent housing alone; the caller looks at the project type.
func (p *Period) MoveIn(stay int32) hmis.Date {
	if own := p.ownMoveIn(stay); own != facts.NoDay {
		return own
	}
	date := facts.NoDay
	for _, m := range p.Members(stay) {
		if d := p.ownMoveIn(m); p.IsHead(m) && d != facts.NoDay && (date == facts.NoDay || d < date) {
			date = d
		}
	}
	if exit := p.Exit(stay); date == facts.NoDay || exit != facts.NoDay && exit < date {
		return facts.NoDay
	}
	return max(date, p.Entry(stay))
}

// HomelessSince is the day from which time prior to housing counts: the member's own DateToStreetESSH (element 3.917),
// where it is not after entry; a child that came with the head has the head's. left out is a child that came after
// the head (4).
func (p *Period) HomelessSince(stay int32) (date hmis.Date, leftOut bool) {
	e := &p.F.Enrollments
	date = e.DateToStreetESSH[stay]
	if head := p.Head(stay); IsChild(p.Age(stay)) && head >= 0 && head != stay {
		if p.Entry(stay) > p.Entry(head) {
			return facts.NoDay, true
		}
		if p.Entry(stay) == p.Entry(head) {
			date = e.DateToStreetESSH[head]
		}
	}
	if date > p.Entry(stay) {
		return facts.NoDay, false
	}
	return date, false
}

// Destination is the destination at exit (element 3.12); an empty one, one outside HUD's list and a rental with a
// subsidy that is not named are 99 (6).
func (p *Period) Destination(stay int32) Answer {
	d := AnswerOf(p.F.Exits.Destination[stay])
	if d == DontKnow {
		return d
	}
	if info := Situations[d]; info == nil || !info.ValidDestination || d == 435 && p.Subsidy(stay) == NotCollected {
		return NotCollected
	}
	return d
}

// Subsidy is the kind of rental subsidy at exit, 99 where it is none of HUD's list 3.12.A.
func (p *Period) Subsidy(stay int32) Answer {
	code := int(p.F.Exits.DestinationSubsidyType[stay])
	if info := Situations[code]; info == nil || !info.Subsidy {
		return NotCollected
	}
	return code
}

// Situations holds HUD's living situations and subsidies by code.
var Situations = func() map[int]*hmis.SituationInfo {
	m := map[int]*hmis.SituationInfo{}
	for _, s := range hmis.SituationInfos() {
		m[int(s.Code)] = &s
	}
	return m
}()

// Outcome says whether a destination counts as positive, or leaves the person out of the percentage (6). Host homes
// (332) are not positive for shelters and transitional housing, and projects that house nobody have no outcome (12: as
// HUD's program).
func (p *Period) Outcome(stay int32) (positive, excluded bool) {
	info := Situations[p.Destination(stay)]
	switch p.ProjectType(stay) {
	case OtherProject, DayShelter, CoordinatedEntry:
		return false, false
	case Outreach:
		return info != nil && info.APRPositiveSO, info != nil && info.APRExcludedSO
	}
	return info != nil && info.APRPositiveOther, info != nil && info.APRExcludedOther
}
