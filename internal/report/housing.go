package report

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// ownMoveIn is the stay's own move-in date (element 3.20) where it is valid: between entry and exit, both included, and
// not after the report (4).
func (p *period) ownMoveIn(stay int32) hmis.Date {
	date := p.f.Enrollments.MoveInDate[stay]
	exit := p.exit(stay)
	if date < p.entry(stay) || date > p.end || exit != facts.NoDay && date > exit {
		return facts.NoDay
	}
	return date
}

// moveIn is the day on which the member was housed, NoDay where not by the end of the report. The head's date counts
// for everybody: one who left before has none, one who came later has his entry; a valid date of one's own stays (4, 12).
// It is asked for permanent housing alone; the caller looks at the project type.
func (p *period) moveIn(stay int32) hmis.Date {
	if own := p.ownMoveIn(stay); own != facts.NoDay {
		return own
	}
	date := facts.NoDay
	for _, m := range p.members(stay) {
		if d := p.ownMoveIn(m); p.isHead(m) && d != facts.NoDay && (date == facts.NoDay || d < date) {
			date = d
		}
	}
	if exit := p.exit(stay); date == facts.NoDay || exit != facts.NoDay && exit < date {
		return facts.NoDay
	}
	return max(date, p.entry(stay))
}

// homelessSince is the day from which time prior to housing counts: the member's own DateToStreetESSH (element 3.917),
// where it is not after entry; a child that came with the head has the head's. left out is a child that came after
// the head (4).
func (p *period) homelessSince(stay int32) (date hmis.Date, leftOut bool) {
	e := &p.f.Enrollments
	date = e.DateToStreetESSH[stay]
	if head := p.head(stay); isChild(p.age(stay)) && head >= 0 && head != stay {
		if p.entry(stay) > p.entry(head) {
			return facts.NoDay, true
		}
		if p.entry(stay) == p.entry(head) {
			date = e.DateToStreetESSH[head]
		}
	}
	if date > p.entry(stay) {
		return facts.NoDay, false
	}
	return date, false
}

// destination is the destination at exit (element 3.12); an empty one, one outside HUD's list and a rental with a
// subsidy that is not named are 99 (6).
func (p *period) destination(stay int32) answer {
	d := answerOf(p.f.Exits.Destination[stay])
	if d == dontKnow {
		return d
	}
	if info := situations[d]; info == nil || !info.ValidDestination || d == 435 && p.subsidy(stay) == notCollected {
		return notCollected
	}
	return d
}

// subsidy is the kind of rental subsidy at exit, 99 where it is none of HUD's list 3.12.A.
func (p *period) subsidy(stay int32) answer {
	code := int(p.f.Exits.DestinationSubsidyType[stay])
	if info := situations[code]; info == nil || !info.Subsidy {
		return notCollected
	}
	return code
}

// situations holds HUD's living situations and subsidies by code.
var situations = func() map[int]*hmis.SituationInfo {
	m := map[int]*hmis.SituationInfo{}
	for _, s := range hmis.SituationInfos() {
		m[int(s.Code)] = &s
	}
	return m
}()

// outcome says whether a destination counts as positive, or leaves the person out of the percentage (6). Host homes
// (332) are not positive for shelters and transitional housing, and projects that house nobody have no outcome (12: as
// HUD's program).
func (p *period) outcome(stay int32) (positive, excluded bool) {
	info := situations[p.destination(stay)]
	switch p.projectType(stay) {
	case otherProject, dayShelter, coordinatedEntry:
		return false, false
	case outreach:
		return info != nil && info.APRPositiveSO, info != nil && info.APRExcludedSO
	}
	return info != nil && info.APRPositiveOther, info != nil && info.APRExcludedOther
}
