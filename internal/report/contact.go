package report

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// byFirstContact is by where the client was staying at the first contact (6).
var byFirstContact = columnSet{
	labels: []string{"All Persons Contacted", "First contact - NOT staying on the Streets, ES, or SH", "First contact - WAS staying on Streets, ES, or SH", "First contact - Worker unable to determine"},
	of:     func(p *person) uint32 { return 1 | 2<<p.contact().where },
}

func contactRows() []line {
	return []line{row("Once", 1), between("2-5 Times", 2, 5), between("6-9 Times", 6, 9), between("10+ Times", 10, 100_000), between("Total Persons", 1, 100_000)}
}

// contact is what the current living situations and the engagement of a stay say together.
type contact struct {
	times    int
	inPeriod bool // a contact or the engagement in the period
	engaged  bool // the engagement in the period
	where    int  // at the first: 0 not on the street or in shelter, 1 there, 2 not known
}

// contact counts the contacts from entry to the earliest of exit, engagement and the end of the report; the engagement
// is one more, where no contact has its date (6).
func (p *person) contact() contact {
	engagement := p.f.Enrollments.DateOfEngagement[p.stay]
	if engagement > p.end {
		engagement = facts.NoDay
	}
	last := p.end
	for _, d := range []hmis.Date{engagement, p.exit(p.stay)} {
		if d != facts.NoDay {
			last = min(last, d)
		}
	}
	c := contact{where: 2, engaged: engagement != facts.NoDay && engagement >= p.start}
	onEngagement := false
	r := &p.f.Situations
	for i, until := r.Of(p.stay); i < until; i++ {
		day := r.InformationDate[i]
		if day < p.entry(p.stay) || day > last {
			continue
		}
		if c.times == 0 {
			c.where = whereAt(r.CurrentLivingSituation[i])
		}
		c.times++
		c.inPeriod = c.inPeriod || day >= p.start
		onEngagement = onEngagement || day == engagement
	}
	if engagement != facts.NoDay && !onEngagement {
		c.times++
	}
	c.inPeriod = c.inPeriod || c.engaged
	return c
}

func whereAt(situation facts.Code) int {
	switch a := answerOf(situation); {
	case a >= 100 && a < 200:
		return 1
	case a == dontKnow, a == notCollected, a == 37:
		return 2
	}
	return 0
}

// contacted are those of Q9a: adults and heads in street outreach and night-by-night shelter (6).
func contacted(p *person) bool {
	return p.adultOrHead() && p.typeIn(p.stay, shelterNightly, outreach) && p.contact().inPeriod
}

func (p *person) contacts(stage) answer { return p.contact().times }

// onlyContacted is the answer of those of Q9a who were not engaged in the period.
const onlyContacted = 100_001

func (p *person) engagements(stage) answer {
	if c := p.contact(); c.engaged {
		return c.times
	}
	return onlyContacted
}
