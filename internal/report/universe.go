package report

import (
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// household is the members of one household who are in the report.
type household struct {
	kind   glossary.HouseholdType
	stays  []int32
	eldest int // the highest known age
	heads  int
}

// person is one human being in the report, by the stay that supplies every answer.
type person struct {
	*universe
	stay      int32
	all       []int32 // every stay of his in the report
	household *household
	age       int
	head      bool
	leaver    bool
	engaged   bool            // counts in the data quality questions: all but those of street outreach not yet engaged (2)
	chronic   glossary.Answer // chronically homeless at project start
}

// universe is who is in a report.
type universe struct {
	glossary.Period
	scope      Scope
	projects   []bool  // by index in the facts
	stays      []int32 // the active ones
	persons    []person
	households []*household // by index in the facts; nil where none is in
	days       []hmis.Date  // the last Wednesdays, by months; NoDay where there is none

	assessments map[*household]*assessed // coordinated entry alone
}

// newUniverse finds the active stays of the selected projects and the person of each (2).
func newUniverse(f *facts.Facts, s Scope) (*universe, error) {
	u, err := inScope(f, s)
	if err != nil {
		return nil, err
	}
	for stay := range int32(f.Enrollments.Len()) {
		if u.selected(stay) && u.Active(stay) {
			u.stays = append(u.stays, stay)
		}
	}
	if len(u.stays) == 0 {
		return nil, hmis.Errorf(hmis.Invalid, "nobody was in these projects from %s to %s; look at the projects and the dates", s.Start, s.End)
	}
	u.groupHouseholds()
	person := func(stay int32) int32 { return f.Clients.Person[f.Enrollments.Client[stay]] }
	for from := 0; from < len(u.stays); {
		to := from + 1
		for to < len(u.stays) && person(u.stays[to]) == person(u.stays[from]) {
			to++
		}
		u.persons = append(u.persons, u.newPerson(u.stays[from:to]))
		from = to
	}
	return u, nil
}

// inScope is a universe without anybody: the period and the projects, whose scope must make sense.
func inScope(f *facts.Facts, s Scope) (*universe, error) {
	if s.End < s.Start {
		return nil, hmis.Errorf(hmis.Invalid, "the report ends (%s) before it starts (%s); exchange the dates", s.End, s.Start)
	}
	u := &universe{Period: glossary.Period{F: f, Start: s.Start, End: s.End}, scope: s, projects: make([]bool, len(f.Projects)), households: make([]*household, f.Households.Len())}
	any := false
	for i := range f.Projects {
		u.projects[i] = (len(s.Projects) == 0 || slices.Contains(s.Projects, int32(i))) && u.mayBelong(&f.Projects[i])
		any = any || u.projects[i]
	}
	if !any {
		return nil, hmis.Errorf(hmis.Invalid, "none of the projects is in %s; look at ProjectCoC.csv or leave the CoC out", s.CoC)
	}
	return u, nil
}

// mayBelong reports whether the project can have stays of the report's CoC: it has the CoC among its own (2).
func (u *universe) mayBelong(p *facts.Project) bool {
	return u.scope.CoC == "" || slices.ContainsFunc(p.CoCs, func(c facts.ProjectCoC) bool { return c.CoC == u.scope.CoC })
}

// selected reports whether the stay is in a project and in the CoC of the report: a project with one CoC belongs to it
// whole, with several the head's EnrollmentCoC decides for the household (2).
func (u *universe) selected(stay int32) bool {
	if in := u.projects[u.F.Enrollments.Project[stay]]; !in || u.scope.CoC == "" {
		return in
	}
	own := u.Project(stay).CoCs
	if !slices.ContainsFunc(own, func(c facts.ProjectCoC) bool { return c.CoC != own[0].CoC }) {
		return true
	}
	head := u.Head(stay)
	if head < 0 {
		head = stay
	}
	coc := u.F.Enrollments.CoC[head]
	return coc >= 0 && u.F.CoCs[coc] == u.scope.CoC
}

func (u *universe) groupHouseholds() {
	for _, stay := range u.stays {
		number := u.F.Enrollments.Household[stay]
		h := u.households[number]
		if h == nil {
			h = &household{}
			u.households[number] = h
		}
		h.stays = append(h.stays, stay)
	}
	for _, h := range u.households {
		if h != nil {
			u.describe(h)
		}
	}
}

// describe finds out what kind of household the stays make.
func (u *universe) describe(h *household) {
	ages := make([]int, 0, 8)
	h.eldest = glossary.UnknownAge
	for _, stay := range h.stays {
		age := u.Age(stay)
		ages = append(ages, age)
		h.eldest = max(h.eldest, age)
		if u.IsHead(stay) {
			h.heads++
		}
	}
	h.kind = glossary.TypeOf(ages)
}

// newPerson chooses the stay that supplies every answer: the latest entry, of several on a day the highest
// EnrollmentID (2). The stays of a client are in this order.
func (u *universe) newPerson(all []int32) person {
	stay := all[0]
	for _, s := range all[1:] {
		if u.Entry(s) > u.Entry(stay) || u.Entry(s) == u.Entry(stay) && u.F.Enrollments.ID(s) > u.F.Enrollments.ID(stay) {
			stay = s
		}
	}
	return u.personOf(stay, all, u.households[u.F.Enrollments.Household[stay]])
}

func (u *universe) personOf(stay int32, all []int32, h *household) person {
	p := person{universe: u, stay: stay, all: all, household: h, age: u.Age(stay), head: u.IsHead(stay), leaver: u.Left(stay), chronic: u.Chronic(stay)}
	engaged := u.F.Enrollments.DateOfEngagement[stay]
	p.engaged = u.ProjectType(stay) != glossary.Outreach || engaged != facts.NoDay && engaged <= u.End
	return p
}

func (p *person) client() int32     { return p.Period.Client(p.stay) }
func (p *person) adult() bool       { return glossary.IsAdult(p.age) }
func (p *person) child() bool       { return glossary.IsChild(p.age) }
func (p *person) stayer() bool      { return !p.leaver }
func (p *person) adultOrHead() bool { return p.adult() || p.head }

// unknown is why the age is not known: dontKnow or notCollected (3).
func (p *person) unknown() glossary.Answer {
	if a := glossary.AnswerOf(p.F.Clients.DOBDataQuality[p.client()]); a == glossary.DontKnow {
		return a
	}
	return glossary.NotCollected
}

// veteran is an adult with VeteranStatus 1 (3).
func (p *person) veteran() bool {
	return p.adult() && p.F.Clients.VeteranStatus[p.client()] == 1
}

// youth is somebody from 12 to 24 in a household where nobody is known to be older (3, 12: as HUD's program).
func (p *person) youth() bool { return p.age >= 12 && p.age <= 24 && p.household.eldest <= 24 }

// childRelation is the head of household's child, list 3.15.1.
const childRelation = 2

// parentingYouth is a youth, adult or head of household, with a child of the head under 18 in the household (3, 12:
// the parent counts, as in HUD's glossary).
func (p *person) parentingYouth() bool {
	return p.youth() && p.adultOrHead() && p.relation() != childRelation && p.hasChild()
}

func (p *person) relation() facts.Answer { return p.F.Enrollments.RelationshipToHoH[p.stay] }

// hasChild reports whether the household has a child of its head.
func (p *person) hasChild() bool {
	return slices.ContainsFunc(p.household.stays, func(m int32) bool {
		return p.F.Enrollments.RelationshipToHoH[m] == childRelation && glossary.IsChild(p.Period.Age(m))
	})
}

// longStayer is one that Q5a row 17 counts: a stayer of 365 days or more who is head or adult, and an adult stayer whose
// head is one (4).
func (p *person) longStayer() bool {
	if p.leaver || !p.adultOrHead() {
		return false
	}
	if p.Length(p.stay) >= 365 {
		return true
	}
	return p.adult() && slices.ContainsFunc(p.household.stays, func(m int32) bool {
		return p.IsHead(m) && !p.Left(m) && p.Length(m) >= 365
	})
}

// housed is the move-in date in permanent supportive housing and rapid rehousing (4); NoDay elsewhere.
func (p *person) housed() hmis.Date {
	if p.TypeIn(p.stay, glossary.SupportiveHousing, glossary.RapidRehousing) {
		return p.MoveIn(p.stay)
	}
	return facts.NoDay
}

// in counts the persons of whom the test holds.
func (u *universe) in(test func(*person) bool) (n int) {
	for i := range u.persons {
		if test(&u.persons[i]) {
			n++
		}
	}
	return n
}

// sortedProjects lists the projects of the report by their id.
func (u *universe) sortedProjects() (list []int32) {
	for i, in := range u.projects {
		if in {
			list = append(list, int32(i))
		}
	}
	slices.SortFunc(list, func(a, b int32) int { return strings.Compare(u.F.Projects[a].ID, u.F.Projects[b].ID) })
	return list
}
