package report

import "github.com/hearth-hmis/hearth/internal/glossary"

// byFirstContact is by where the client was staying at the first contact (6).
var byFirstContact = columnSet{
	labels: []string{"All Persons Contacted", "First contact - NOT staying on the Streets, ES, or SH", "First contact - WAS staying on Streets, ES, or SH", "First contact - Worker unable to determine"},
	of:     func(p *person) uint32 { return 1 | 2<<p.ContactOf(p.stay).Where },
}

func contactRows() []line {
	return []line{row("Once", 1), between("2-5 Times", 2, 5), between("6-9 Times", 6, 9), between("10+ Times", 10, 100_000), between("Total Persons", 1, 100_000)}
}

// contacted are those of Q9a: adults and heads in street outreach and night-by-night shelter (6).
func contacted(p *person) bool {
	return p.adultOrHead() && p.TypeIn(p.stay, glossary.ShelterNightly, glossary.Outreach) && p.ContactOf(p.stay).InPeriod
}

func (p *person) contacts(glossary.Stage) glossary.Answer { return p.ContactOf(p.stay).Times }

// onlyContacted is the answer of those of Q9a who were not engaged in the period.
const onlyContacted = 100_001

func (p *person) engagements(glossary.Stage) glossary.Answer {
	if c := p.ContactOf(p.stay); c.Engaged {
		return c.Times
	}
	return onlyContacted
}
