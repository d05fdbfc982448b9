package synth

import (
	"fmt"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// person is a made-up human with the answers that stay the same.
type person struct {
	id                  string
	first, middle, last string
	ssn                 string
	races               [7]int32 // by races
	relationship        int32    // to the head of household, list 3.15.1
	dob                 hmis.Date
	sex                 int32
	veteran             bool
	served              [2]int  // years in which the service began and ended
	health              [6]bool // whether there is a disability of the types 5 to 10
	survivor, fleeing   bool
	earns, disability   bool // has earned income, has income for a disability
	monthly             hmis.Money
}

func (p *person) adult(day hmis.Date) bool { return p.dob.AddYears(18) <= day }

func (p *person) disabled() bool { return p.health != [6]bool{} }

func (p *person) hasHIV() bool { return p.health[hivType-firstDisability] }

// Disability types, list 1.3, run from 5 to 10.
const (
	firstDisability = 5
	hivType         = 8
	substanceUse    = 10
)

// A household is of one of these kinds.
const (
	single = iota
	family
	couple
	youth          // alone, under 25
	parentingYouth // under 25 with a child
)

var householdKinds = []weighted{{single, 68}, {family, 18}, {couple, 5}, {youth, 6}, {parentingYouth, 3}}

// members makes the people of a household; the first is its head.
func (m *maker) members(kind int32, begins hmis.Date) []*person {
	adultAge := func() int { return 25 + min(m.rand.IntN(28)+m.rand.IntN(28), 60) }
	ages := []int{adultAge()}
	relationships := []int32{1}
	add := func(age int, relationship int32) {
		ages, relationships = append(ages, age), append(relationships, relationship)
	}
	switch kind {
	case family:
		if m.chance(30) {
			add(adultAge(), 3)
		}
		for range m.between(1, 3) {
			add(m.rand.IntN(18), 2)
		}
	case couple:
		add(adultAge(), 3)
	case youth:
		ages[0] = m.between(16, 24)
	case parentingYouth:
		ages[0] = m.between(18, 24)
		add(m.rand.IntN(5), 2)
	}
	room := m.Clients - m.clients
	var people []*person
	for i := range min(len(ages), room) {
		m.clients++
		p := m.person(ages[i], relationships[i], begins)
		p.id = clientID(m.clients)
		if i > 0 && m.chance(80) {
			p.last = people[0].last
		}
		people = append(people, p)
	}
	return people
}

func clientID(n int) string { return fmt.Sprintf("%07d", n) }

func (m *maker) person(age int, relationship int32, begins hmis.Date) *person {
	p := &person{relationship: relationship, dob: begins.AddYears(-age) - hmis.Date(m.rand.IntN(360)) - 1, sex: m.draw(sexes)}
	p.first, p.last = pick(m, firstNames), pick(m, lastNames)
	if m.chance(60) {
		p.middle = string(rune('A' + m.rand.IntN(26)))
	}
	// Numbers of these areas were not given out before 2011.
	p.ssn = fmt.Sprintf("%03d%02d%04d", m.between(773, 899), m.between(1, 99), m.between(1, 9999))
	for i := range races {
		p.races[i] = m.yesNo(raceShares[i])
	}
	grown := age >= 18
	p.veteran = grown && m.chance(7)
	if p.veteran {
		p.served = m.service(p.dob)
	}
	for i, percent := range [6]float64{22, 8, 20, 2, 32, 20} {
		if !grown {
			percent /= 5
		}
		p.health[i] = m.chance(percent)
	}
	p.survivor = grown && m.chance(18)
	p.fleeing = p.survivor && m.chance(30)
	p.earns, p.disability = grown && m.chance(30), grown && p.disabled() && m.chance(35)
	p.monthly = hmis.Money(m.between(200, 2400)) * 100
	return p
}

// service is the years in which a person born on the day began and ended military service.
func (m *maker) service(dob hmis.Date) [2]int {
	year, _, _ := dob.Date()
	begun := min(year+18+m.rand.IntN(3), 2019)
	return [2]int{begun, min(begun+m.between(1, 8), 2020)}
}

var (
	sexes = []weighted{{0, 40}, {1, 58}, {99, 2}}
	races = []string{"AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White"}
	// shares of the races, of a hundred clients
	raceShares = []float64{4, 2, 38, 20, 1, 1, 46}
)

// client writes the Client row of a person first met on the day.
func (m *maker) client(p *person, day hmis.Date) {
	r := m.out.row("Client", day).set("PersonalID", p.id).set("NameDataQuality", 1)
	r.set("FirstName", p.first).set("MiddleName", p.middle).set("LastName", p.last).set("SSN", p.ssn).set("SSNDataQuality", 1)
	r.set("DOB", p.dob).set("DOBDataQuality", 1).set("VeteranStatus", m.veteranCode(p, day))
	for i, race := range races {
		r.set(race, p.races[i])
	}
	if p.races == [7]int32{} {
		r.set("RaceNone", 99)
	}
	r.set("Sex", p.sex)
	m.gender(r, p)
	if p.veteran {
		m.military(r, p)
	}
	if m.Faults {
		m.clientFaults(r)
	}
	r.end()
}

// again writes a second Client row for a person that nobody recognized on returning, now and then spelled a little
// differently. The stays that follow are those of the second record.
func (m *maker) again(p *person, day hmis.Date) {
	m.clients++
	p.id = clientID(m.clients)
	if m.chance(60) {
		p.first = m.misspelled(p.first)
	}
	if m.chance(30) {
		p.middle = ""
	}
	m.client(p, day)
}

// misspelled doubles or drops a letter after the first.
func (m *maker) misspelled(name string) string {
	if len(name) < 3 {
		return name + "e"
	}
	i := m.between(1, len(name)-1)
	if m.chance(50) {
		return name[:i] + name[i:i+1] + name[i:]
	}
	return name[:i] + name[i+1:]
}

func (m *maker) veteranCode(p *person, day hmis.Date) int32 {
	switch {
	case p.veteran:
		return 1
	case p.adult(day):
		return 0
	}
	return 99
}

// gender fills the FY2024 columns that FY2026 no longer has; they say nothing of Sex.
func (m *maker) gender(r *fileRows, p *person) {
	for _, c := range []string{"Woman", "Man", "NonBinary", "CulturallySpecific", "Transgender", "Questioning", "DifferentIdentity"} {
		r.set(c, 0)
	}
	switch p.sex {
	case 0:
		r.set("Woman", 1)
	case 1:
		r.set("Man", 1)
	default:
		r.set("GenderNone", 99)
	}
}

func (m *maker) military(r *fileRows, p *person) {
	entered := p.served[0]
	r.set("YearEnteredService", entered).set("YearSeparated", p.served[1])
	for _, theater := range []string{"WorldWarII", "KoreanWar", "VietnamWar", "DesertStorm", "AfghanistanOEF", "IraqOIF", "IraqOND", "OtherTheater"} {
		r.set(theater, 0)
	}
	switch {
	case entered >= 2001:
		r.set("AfghanistanOEF", m.yesNo(40)).set("IraqOIF", m.yesNo(40))
	case entered <= 1973:
		r.set("VietnamWar", m.yesNo(60))
	default:
		r.set("DesertStorm", m.yesNo(30))
	}
	r.set("MilitaryBranch", m.draw([]weighted{{1, 50}, {2, 15}, {3, 20}, {4, 15}})).set("DischargeStatus", m.draw([]weighted{{1, 75}, {2, 20}, {6, 5}}))
}

// clientFaults takes answers away, with the code that says so, and now and then one that does not fit.
func (m *maker) clientFaults(r *fileRows) {
	if m.chance(4) {
		r.set("SSN", "").set("SSNDataQuality", m.draw([]weighted{{8, 3}, {9, 5}, {99, 2}}))
	}
	if m.chance(1) {
		r.set("FirstName", "").set("LastName", "").set("NameDataQuality", 9)
	}
	if m.chance(1.5) {
		r.set("DOBDataQuality", 2) // partial or approximate
	}
	if m.chance(0.3) {
		r.set("VeteranStatus", 999) // no such code
	}
}

var firstNames = strings.Fields(`Abel Ada Adele Aldo Alma Amos Anouk Ansel Arlo Asha Aviva Basil Bea Benno Bertha Bo Brisa Cal Calla Carlo Celia Cleo
	Cora Cyrus Dahlia Dario Deva Dina Dov Edda Edgar Effie Elio Elma Emil Enid Esme Etta Ezra Fern Fidel Flora Floyd Freya Gil Gita Greta Gus Hal Hana
	Hugo Ida Ines Ira Iris Ivo Jada Janus Joss Juno Kaya Keno Kira Lars Leda Lelia Levi Lila Livia Lorne Lotte Lux Mabel Marlo Mavis Milo Mina Moss Nadia
	Nash Neva Nico Nils Nola Odell Olga Opal Orin Otis Paco Petra Pia Quill Ravi Rhea Rollo Rosa Rufus Sadie Selma Silas Sol Stella Tamar Tess Theo Tova
	Ulla Uri Vera Vito Wanda Wes Willa Xenia Yael Yuri Zane Zelda Zora`)

var lastNames = strings.Fields(`Abbot Adair Alder Ames Archer Ashby Aster Baird Banner Barlow Beck Bell Birch Blythe Bower Brand Briar Brook Burr Calder
	Cane Carver Chase Cole Combe Cope Crane Croft Dale Dane Dean Dell Drake Dunn Eaton Elder Elm Farrow Fenn Field Finch Flint Ford Frost Gale Garner Gill
	Glade Glen Grove Hale Hart Hatch Heath Hill Holm Hook Hurst Keene Kerr Kirk Knoll Lake Lane Lark Leaf Linden Lock Lowe Lunt March Marsh Mead Mercer
	Mill Moor Nash North Oakes Orchard Page Park Peel Penn Perch Pike Pine Plume Pond Poole Quill Rand Reed Ridge Rill Roe Rook Rowe Rush Sage Sands Sedge
	Shaw Shore Slade Sloan Snow Stark Stone Storm Swan Swift Tarn Teal Thorne Tide Tower Vale Vane Wade Ward Wells West Wick Wilde Wren Yarrow York`)
