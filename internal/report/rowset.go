package report

import (
	"fmt"
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The column sets that many tables share (9). The first is B.
var (
	byHousehold = columnSet{
		labels: []string{"Total", "Without Children", "With Children and Adults", "With Only Children", "Unknown Household Type"},
		of:     func(p *person) uint32 { return 1 | 2<<p.household.kind },
	}
	byAdultHousehold = columnSet{
		labels: []string{"Total", "Without Children", "With Children and Adults", "Unknown Household Type"},
		of:     func(p *person) uint32 { return 1 | [...]uint32{2, 4, 0, 8}[p.household.kind] },
	}
	byAgeAndHousehold = columnSet{
		labels: []string{"Total Persons", "Without Children", "Adults in HH with Children & Adults", "Children in HH with Children & Adults", "With Only Children", "Unknown Household Type"},
		of:     ageAndHousehold,
	}
	byStage = columnSet{
		labels: []string{"At Start", "At Latest Annual Assessment for Stayers", "At Exit for Leavers"},
		of:     stagesOf,
		stages: []glossary.Stage{glossary.AtStart, glossary.AtAnnual, glossary.AtExit},
	}
	byLatestStage = columnSet{
		labels: []string{"At Start", "At Latest Assessment for Stayers", "At Exit for Leavers"},
		of:     stagesOf,
		stages: []glossary.Stage{glossary.AtStart, glossary.AtAnnual, glossary.AtExit},
	}
	byLeaving = columnSet{
		labels: []string{"Total", "Leavers", "Stayers"},
		of:     func(p *person) uint32 { return 1 | leaving(p)<<1 },
	}
	byLeavingAlone = columnSet{labels: []string{"Leavers", "Stayers"}, of: leaving}
	byRace         = columnSet{labels: raceColumns, of: func(p *person) uint32 { return 1 << p.raceColumn() }}
	byTotalAndRace = columnSet{
		labels: append([]string{"Total"}, raceColumns...),
		of:     func(p *person) uint32 { return 1 | 2<<p.raceColumn() },
	}
)

// ageAndHousehold splits households with children and adults by age. Who is neither, of unknown age, stands in the last
// column with unknown households, so that the columns add up, as in HUD's kit.
func ageAndHousehold(p *person) uint32 {
	switch {
	case p.household.kind == glossary.WithoutChildren:
		return 1 | 1<<1
	case p.household.kind == glossary.OnlyChildren:
		return 1 | 1<<4
	case p.household.kind == glossary.WithChildren && p.adult():
		return 1 | 1<<2
	case p.household.kind == glossary.WithChildren && p.child():
		return 1 | 1<<3
	}
	return 1 | 1<<5
}

func stagesOf(p *person) uint32 {
	if p.leaver {
		return 1<<glossary.AtStart | 1<<glossary.AtExit
	}
	return 1<<glossary.AtStart | 1<<glossary.AtAnnual
}

func leaving(p *person) uint32 {
	if p.leaver {
		return 1
	}
	return 2
}

var races = []string{"American Indian, Alaska Native, or Indigenous", "Asian or Asian American", "Black, African American, or African",
	"Hispanic/Latina/o", "Middle Eastern or North African", "Native Hawaiian or Pacific Islander", "White"}

const hispanic = 3 // in races and in the marks of facts

var raceColumns = slices.Concat(races, []string{"At Least 1 Race and Hispanic/Latina/o", "Multi-racial (does not include Hispanic/Latina/o)", "Unknown (Doesn't Know, Prefers Not to Answer, Data Not Collected)"})

// raceMarks lists which of the races the client has, in their order.
func (p *person) raceMarks() (has []int) {
	marks := p.F.Clients.Race[p.client()]
	for i := range races {
		if marks&(1<<i) != 0 {
			has = append(has, i)
		}
	}
	return has
}

func (p *person) hispanic() bool { return p.F.Clients.Race[p.client()]&(1<<hispanic) != 0 }

// raceColumn is the column of tables by race: one race, several with Hispanic, several without, unknown (6).
func (p *person) raceColumn() int {
	switch has := p.raceMarks(); {
	case len(has) == 0:
		return len(races) + 2
	case len(has) == 1:
		return has[0]
	case p.hispanic():
		return len(races)
	}
	return len(races) + 1
}

// Answers of race beyond the marks themselves: the first race and ten times the second and 100, or several.
const (
	severalWithHispanic glossary.Answer = 900 + iota
	severalWithout
)

func pairOf(a, b int) glossary.Answer { return 100 + 10*a + b }

// race is the row of Q12: one race, a pair, more than two with or without Hispanic, or why unknown (6).
func (p *person) race(glossary.Stage) glossary.Answer {
	has := p.raceMarks()
	switch {
	case len(has) == 0:
		return glossary.Listed(glossary.AnswerOf(p.F.Clients.RaceNone[p.client()]))
	case len(has) == 1:
		return has[0]
	case len(has) == 2:
		return pairOf(has[0], has[1])
	case p.hispanic():
		return severalWithHispanic
	}
	return severalWithout
}

func raceRows() (rows []line) {
	for i, name := range races {
		rows = append(rows, row(name, i))
	}
	for i, a := range races {
		for j := i + 1; j < len(races); j++ {
			rows = append(rows, row(a+" & "+races[j], pairOf(i, j)))
		}
	}
	return append(rows, row("Multi-racial - more than 2 races/ethnicity, with one being Hispanic/Latina/o", severalWithHispanic),
		row("Multi-racial - more than 2 races, where no option is Hispanic/Latina/o", severalWithout), dontKnowRow(), notCollectedRow(), total("Total"))
}

// ageBands gives the rows of ages: each begins where the one before ended; the last has no end.
func ageBands(from ...int) (rows []line) {
	for i, low := range from {
		switch {
		case i == len(from)-1:
			rows = append(rows, between(fmt.Sprintf("%d+", low), low, 200))
		case low == 0 && from[1] == 5:
			rows = append(rows, between("Under 5", 0, 4))
		default:
			rows = append(rows, between(fmt.Sprintf("%d - %d", low, from[i+1]-1), low, from[i+1]-1))
		}
	}
	return append(rows, dontKnowRow(), notCollectedRow(), total("Total"))
}

// years is the age as an answer.
func (p *person) years(glossary.Stage) glossary.Answer {
	if p.age == glossary.UnknownAge {
		return p.unknown()
	}
	return p.age
}

// situationRows gives a row for each code, with HUD's label.
func situationRows(codes ...glossary.Answer) (rows []line) {
	for _, c := range codes {
		rows = append(rows, row(glossary.Situations[c].Label, c))
	}
	return rows
}

// group is a head line, the rows of the codes and their subtotal.
func group(title string, codes ...glossary.Answer) []line {
	rows := append([]line{heading(title)}, situationRows(codes...)...)
	return append(rows, row("Subtotal", codes...))
}

var (
	homelessCodes      = []glossary.Answer{116, 101, 118}
	institutionalCodes = []glossary.Answer{215, 206, 207, 225, 204, 205}
)

// livingSituationRows are the rows of Q15 and Q27d.
func livingSituationRows() []line {
	return slices.Concat(group("Homeless Situations", homelessCodes...), group("Institutional Situations", institutionalCodes...),
		group("Temporary Situations", 302, 329, 314, 332, 336, 335), group("Permanent Situations", 410, 435, 421, 411),
		[]line{dontKnowRow(), notCollectedRow(), row("Subtotal", glossary.DontKnow, glossary.NotCollected), total("TOTAL")})
}

// The bits of what a destination counts as, beside its own.
const (
	positiveBit = 62
	excludedBit = 63
)

// destinationCodes are the rows of Q23c in order; destination answers by their place here.
var destinationCodes = []glossary.Answer{116, 101, 118, 215, 206, 207, 225, 204, 205, 302, 329, 314, 332, 312, 313, 327,
	422, 423, 426, 410, 435, 421, 411, 30, 17, 24, glossary.DontKnow, glossary.NotCollected}

// destinationBit is the place of a destination in destinationCodes.
var destinationBit = func() map[glossary.Answer]glossary.Answer {
	m := map[glossary.Answer]glossary.Answer{}
	for i, code := range destinationCodes {
		m[code] = i
	}
	return m
}()

// destinationAnswers is the destination as a bit, with the bits of its outcome.
func (p *person) destinationAnswers(glossary.Stage) answers {
	set := answers(1) << destinationBit[p.Destination(p.stay)]
	positive, excluded := p.Outcome(p.stay)
	if positive {
		set |= 1 << positiveBit
	}
	if excluded {
		set |= 1 << excludedBit
	}
	return set
}

// destinationRows are the rows of Q23c, Q25i and Q27f1.
func destinationRows() []line {
	other := append(append([]line{heading("Other Situations")}, situationRows(30, 17, 24)...),
		dontKnowRow(), notCollectedRow(), row("Subtotal", 30, 17, 24, glossary.DontKnow, glossary.NotCollected))
	rows := slices.Concat(group("Homeless Situations", homelessCodes...), group("Institutional Situations", institutionalCodes...),
		group("Temporary Situations", 302, 329, 314, 332, 312, 313, 327), group("Permanent Situations", 422, 423, 426, 410, 435, 421, 411), other)
	for _, r := range rows {
		for i := range r.spans {
			bit := destinationBit[r.spans[i].from]
			r.spans[i] = span{bit, bit}
		}
	}
	return append(rows, total("Total"), row("Total persons exiting to positive housing destinations", positiveBit),
		row("Total persons whose destinations excluded them from the calculation", excludedBit), percent("Percentage", []int{41}, []int{40, -42}))
}

// subsidyRows are the rows of Q23d, Q25j and Q27f2.
func subsidyRows() []line {
	return append(situationRows(428, 419, 431, 433, 434, 420, 436, 437, 438, 439, 440), total("Total"))
}

// subsidized are those who left to a rental with a subsidy (6); prevention is left out since FY2026 (13).
func subsidized(p *person) bool {
	return p.leaver && p.Destination(p.stay) == 435 && !p.TypeIn(p.stay, glossary.Prevention)
}

func (p *person) subsidyAnswer(glossary.Stage) glossary.Answer { return p.Subsidy(p.stay) }

// lengths gives the rows of a number of days: each ends with the day named, the last has no end.
func lengths(first string, last string, ends ...int) (rows []line) {
	from := 0
	for i, end := range ends {
		label := fmt.Sprintf("%s to %s days", thousands(from), thousands(end))
		if i == 0 {
			label = first
		}
		rows = append(rows, between(label, from, end))
		from = end + 1
	}
	if last != "" {
		rows = append(rows, between(last, from, 1<<19))
	}
	return rows
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func (p *person) lengthAnswer(glossary.Stage) glossary.Answer { return p.Length(p.stay) }

// inDays is a measure in days with some decimals (14).
func inDays(of func(*person) int, decimals int) *measure { return &measure{of, 1, decimals} }

// codeLabel is HUD's wording of a code of a list.
func codeLabel(list string, code int32) string { return hmis.ListNumbered(list).Label(code) }

// codeRows gives a row for each code of a list, with HUD's label.
func codeRows(list string, codes ...glossary.Answer) (rows []line) {
	for _, c := range codes {
		rows = append(rows, row(codeLabel(list, int32(c)), c))
	}
	return rows
}

// yesNoRows are the rows of list 1.8 with a total.
func yesNoRows() []line {
	return []line{row("Yes", glossary.Yes), row("No", glossary.No), dontKnowRow(), notCollectedRow(), total("Total")}
}

func leavers(p *person) bool       { return p.leaver }
func adults(p *person) bool        { return p.adult() }
func adultsOrHeads(p *person) bool { return p.adultOrHead() }
func veterans(p *person) bool      { return p.veteran() }
func youths(p *person) bool        { return p.youth() }
func heads(p *person) bool         { return p.head }

// both holds of those of whom all tests hold.
func both(tests ...func(*person) bool) func(*person) bool {
	return func(p *person) bool {
		for _, test := range tests {
			if !test(p) {
				return false
			}
		}
		return true
	}
}

func ofType(types ...facts.Code) func(*person) bool {
	return func(p *person) bool { return p.TypeIn(p.stay, types...) }
}
