package synth

import (
	"strconv"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// step is one stay of a journey: the type of project and how many days it lasts.
type step struct {
	kind     int32
	from, to int
	overlaps bool // the next step begins while this one lasts
}

// audience is who a journey is for; its projects are of the program where there are such.
type audience struct {
	program hmis.Programs
	percent float64 // of those who are eligible
}

// audiences are tried in this order; who is in none goes the ways of everybody.
var audiences = []audience{{hmis.VA, 70}, {hmis.HOPWA, 60}, {hmis.RHY, 60}, {0, 100}}

var journeys = map[hmis.Programs][][]step{
	0: {
		{{kind: entryExitShelter, from: 2, to: 120}},
		{{kind: entryExitShelter, from: 2, to: 90}},
		{{kind: nightShelter, from: 1, to: 150}},
		{{kind: nightShelter, from: 1, to: 60}, {kind: entryExitShelter, from: 10, to: 90}},
		{{kind: outreach, from: 5, to: 300}},
		{{kind: outreach, from: 20, to: 200, overlaps: true}, {kind: nightShelter, from: 5, to: 90}},
		{{kind: coordinatedEntry, from: 30, to: 200, overlaps: true}, {kind: entryExitShelter, from: 10, to: 100}, {kind: rapid, from: 120, to: 500}},
		{{kind: coordinatedEntry, from: 60, to: 300, overlaps: true}, {kind: outreach, from: 30, to: 200}, {kind: supportive, from: 300, to: 2000}},
		{{kind: coordinatedEntry, from: 10, to: 200}},
		{{kind: entryExitShelter, from: 5, to: 60, overlaps: true}, {kind: rapid, from: 100, to: 500}},
		{{kind: transitional, from: 60, to: 600}, {kind: rapid, from: 60, to: 300}},
		{{kind: prevention, from: 30, to: 150}},
		{{kind: servicesOnly, from: 10, to: 300, overlaps: true}, {kind: dayShelter, from: 10, to: 200}},
		{{kind: safeHaven, from: 20, to: 300}, {kind: supportive, from: 300, to: 2000}},
		{{kind: housingServices, from: 200, to: 1500}},
		{{kind: otherType, from: 5, to: 100}},
	},
	hmis.VA: {
		{{kind: outreach, from: 5, to: 60}, {kind: rapid, from: 90, to: 300}},
		{{kind: transitional, from: 30, to: 400}, {kind: supportive, from: 300, to: 2000}},
		{{kind: entryExitShelter, from: 5, to: 60, overlaps: true}, {kind: rapid, from: 90, to: 300}},
		{{kind: prevention, from: 30, to: 200}},
	},
	hmis.HOPWA: {
		{{kind: housingOnly, from: 200, to: 1500}},
		{{kind: prevention, from: 30, to: 150}},
	},
	hmis.RHY: {
		{{kind: outreach, from: 5, to: 120, overlaps: true}, {kind: entryExitShelter, from: 2, to: 30}},
		{{kind: entryExitShelter, from: 2, to: 21}, {kind: transitional, from: 60, to: 500}},
		{{kind: transitional, from: 60, to: 500}, {kind: rapid, from: 90, to: 300}},
	},
}

// household makes people and their journeys: most come once, some come back, a few of those as a record of their own.
func (m *maker) household() {
	day := periodStart + hmis.Date(m.rand.IntN(int(periodEnd-periodStart)))
	people := m.members(m.draw(householdKinds), day)
	for _, p := range people {
		m.client(p, day)
	}
	for {
		day = m.journey(people, day) + hmis.Date(m.between(20, 500))
		if day > periodEnd || m.chance(40) {
			return
		}
		for _, p := range people {
			if m.clients < m.Clients && m.chance(12) {
				m.again(p, day)
			}
		}
	}
}

// journey writes the stays of a journey that begins on the day and returns the day on which it ended.
func (m *maker) journey(people []*person, day hmis.Date) hmis.Date {
	program := m.audience(people, day)
	steps := pick(m, journeys[program])
	slept := m.draw(priorSituations)
	last := day
	for i, next := range steps {
		p := m.findProject(next.kind, program, people, day)
		if p == nil {
			continue
		}
		s := stay{project: p, entry: day, exit: day + hmis.Date(m.between(next.from, next.to)), slept: slept, destination: m.destination(p)}
		if p.ends != 0 {
			s.exit = min(s.exit, p.ends)
		}
		if !next.overlaps && i+1 < len(steps) {
			s.destination = situationIn(steps[i+1].kind)
		}
		if s.exit > periodEnd {
			s.exit = 0
		}
		m.stay(s, people)
		slept = situationIn(p.kind)
		switch {
		case next.overlaps:
			day += hmis.Date(m.between(1, max(next.from, 2)))
			last = max(last, s.exit)
		case s.exit == 0:
			return periodEnd
		default:
			day = s.exit
			last = max(last, s.exit)
		}
		if day > periodEnd {
			return periodEnd
		}
	}
	return last
}

func (m *maker) audience(people []*person, day hmis.Date) hmis.Programs {
	for _, a := range audiences {
		if admits(a.program, people, day) && m.chance(a.percent) {
			return a.program
		}
	}
	return 0
}

// admits tells whether a program is for the household.
func admits(program hmis.Programs, people []*person, day hmis.Date) bool {
	head := people[0]
	switch program {
	case hmis.VA:
		return head.veteran
	case hmis.HOPWA:
		return head.hasHIV()
	case hmis.RHY:
		return head.dob.AddYears(22) > day
	}
	return true
}

// findProject finds a project of the type for the household, one of the program first; nil where there is none.
func (m *maker) findProject(kind int32, program hmis.Programs, people []*person, day hmis.Date) *project {
	list := m.byKind[kind]
	var found *project
	for i, start := 0, m.rand.IntN(max(len(list), 1)); i < len(list); i++ {
		p := &m.projects[list[(start+i)%len(list)]]
		switch {
		case p.ends != 0 && p.ends <= day+1 || !admits(p.program, people, day):
		case p.program == program:
			return p
		case found == nil:
			found = p
		}
	}
	return found
}

// Living situations and destinations, list 3.12.1.
var (
	priorSituations = []weighted{{116, 40}, {101, 22}, {302, 3}, {118, 1}, {204, 2}, {205, 3}, {206, 3}, {207, 4}, {314, 5}, {335, 7}, {336, 6}, {410, 3}, {435, 1}}
	streetExits     = []weighted{{116, 30}, {30, 35}, {101, 15}, {312, 4}, {313, 4}, {410, 4}, {435, 4}, {207, 4}}
	shelterExits    = []weighted{{30, 25}, {116, 18}, {101, 12}, {312, 8}, {313, 7}, {410, 10}, {422, 6}, {423, 3}, {435, 6}, {302, 2}, {206, 2}, {24, 1}}
	housingExits    = []weighted{{410, 35}, {435, 25}, {422, 10}, {423, 5}, {312, 5}, {30, 8}, {116, 4}, {101, 4}, {24, 2}, {207, 2}}
)

func (m *maker) destination(p *project) int32 {
	switch p.kind {
	case outreach, dayShelter, coordinatedEntry, servicesOnly, otherType:
		return m.draw(streetExits)
	case entryExitShelter, nightShelter, safeHaven:
		return m.draw(shelterExits)
	}
	return m.draw(housingExits)
}

// situationIn is where one lives who stays in a project of the type.
func situationIn(kind int32) int32 {
	switch kind {
	case entryExitShelter, nightShelter:
		return 101
	case safeHaven:
		return 118
	case transitional:
		return 302
	case supportive, rapid, housingOnly, housingServices:
		return 435
	}
	return 116
}

// stay is a household in a project.
type stay struct {
	*project
	household   string
	entry, exit hmis.Date // exit 0: still there
	slept       int32     // where, before the entry
	destination int32
}

// end is the day up to which there are records.
func (s *stay) end() hmis.Date {
	if s.exit == 0 {
		return periodEnd
	}
	return s.exit
}

func (m *maker) stay(s stay, people []*person) {
	m.homes++
	s.household = strconv.Itoa(m.homes)
	for i, p := range people {
		e := enrollment{stay: s, person: p}
		if i > 0 && m.chance(5) && s.end()-s.entry > 20 {
			e.entry += hmis.Date(m.between(5, 15)) // who joins later
		}
		if i > 0 && m.chance(4) && e.end()-e.entry > 10 {
			e.exit = e.entry + hmis.Date(m.between(2, 8)) // who leaves before the others
		}
		m.stays++
		e.id = strconv.Itoa(m.stays)
		m.enrollment(&e)
	}
}
