package glossary

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Contact is what the current living situations and the engagement of a stay say together.
type Contact struct {
	Times    int
	InPeriod bool // a contact or the engagement in the period
	Engaged  bool // the engagement in the period
	Where    int  // at the first: 0 not on the street or in shelter, 1 there, 2 not known
}

// ContactOf counts the contacts from entry to the earliest of exit, engagement and the end of the report; the engagement
// is one more, where no contact has its date (6).
func (p *Period) ContactOf(stay int32) Contact {
	engagement := p.F.Enrollments.DateOfEngagement[stay]
	if engagement > p.End {
		engagement = facts.NoDay
	}
	last := p.End
	for _, d := range []hmis.Date{engagement, p.Exit(stay)} {
		if d != facts.NoDay {
			last = min(last, d)
		}
	}
	c := Contact{Where: 2, Engaged: engagement != facts.NoDay && engagement >= p.Start}
	onEngagement := false
	r := &p.F.Situations
	for i, until := r.Of(stay); i < until; i++ {
		day := r.InformationDate[i]
		if day < p.Entry(stay) || day > last {
			continue
		}
		if c.Times == 0 {
			c.Where = whereAt(r.CurrentLivingSituation[i])
		}
		c.Times++
		c.InPeriod = c.InPeriod || day >= p.Start
		onEngagement = onEngagement || day == engagement
	}
	if engagement != facts.NoDay && !onEngagement {
		c.Times++
	}
	c.InPeriod = c.InPeriod || c.Engaged
	return c
}

func whereAt(situation facts.Code) int {
	switch a := AnswerOf(situation); {
	case a >= 100 && a < 200:
		return 1
	case a == DontKnow, a == NotCollected, a == 37:
		return 2
	}
	return 0
}
