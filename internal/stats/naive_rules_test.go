package stats_test

// HUD's rules of a stay and of a household (report-rules.md 2 to 8), as a question with a period sees them.

import (
	"slices"
	"strings"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// asked is a query over a world.
type asked struct {
	*world
	stats.Query
	start, end hmis.Date
	scope      map[*project]bool
	stays      []*stay // in the scope
	known      map[stats.Dimension]map[*stay][]string
	days       map[*stay]map[hmis.Date]bool
	chronic    map[*stay]string
	ofHuman    map[int64][]*stay
}

func ask(w *world, q stats.Query) *asked {
	a := &asked{world: w, Query: q, start: q.Period.Start, end: q.Period.End, scope: map[*project]bool{},
		known: map[stats.Dimension]map[*stay][]string{}, days: map[*stay]map[hmis.Date]bool{}, chronic: map[*stay]string{}}
	for i, p := range w.projects {
		if q.Projects == nil || slices.Contains(q.Projects, int32(i)) {
			a.scope[p] = true
		}
	}
	for _, s := range w.stays {
		if a.scope[s.project] {
			a.stays = append(a.stays, s)
		}
	}
	return a
}

var (
	permanentHousing = []int{3, 9, 10, 13}
	homelessPrograms = []int{0, 1, 2, 3, 8, 9, 10, 13}
)

// exited is the day of the exit, if it is not after E.
func (a *asked) exited(s *stay) (hmis.Date, bool) {
	return s.exitDate, s.exit != nil && s.exitDate <= a.end
}

func (a *asked) within(d hmis.Date) bool { return a.start <= d && d <= a.end }

// birthdays counts the birthdays up to a day; -1 is not known.
func birthdays(born, day hmis.Date) int {
	if born == never || born > day {
		return -1
	}
	n := 0
	for born.AddYears(n+1) <= day {
		n++
	}
	return n
}

func (a *asked) ageAt(s *stay, at stats.AgeAt) int {
	day := max(a.start, s.entry)
	switch at {
	case stats.AgeAtEntry:
		day = s.entry
	case stats.AgeAtEnd:
		day = a.end
		if exit, left := a.exited(s); left {
			day = min(day, exit)
		}
		day = max(day, s.entry)
	}
	return birthdays(s.client.date("DOB"), day)
}

func (a *asked) age(s *stay) int { return a.ageAt(s, a.AgeAt) }

// bedNights are the distinct days with a bed night, not before entry, nor on or after the exit, nor after E.
func (a *asked) bedNights(s *stay) map[hmis.Date]bool {
	nights := map[hmis.Date]bool{}
	exit, left := a.exited(s)
	for _, d := range s.nights {
		if d >= s.entry && d <= a.end && (!left || d < exit) {
			nights[d] = true
		}
	}
	return nights
}

// activeByEnrollment: entry by E, no exit or one on or after S; night by night without an exit, a night in S..E.
func (a *asked) activeByEnrollment(s *stay) bool {
	exit, left := a.exited(s)
	if s.entry > a.end || left && exit < a.start {
		return false
	}
	if s.project.kind == 1 && !left {
		for d := range a.bedNights(s) {
			if a.within(d) {
				return true
			}
		}
		return false
	}
	return true
}

// dated are the days of the records that are not before entry, nor after the exit or E.
func (a *asked) dated(s *stay, rows []row, column string) (days []hmis.Date) {
	exit, left := a.exited(s)
	for _, r := range rows {
		if d := r.date(column); d >= s.entry && d <= a.end && (!left || d <= exit) {
			days = append(days, d)
		}
	}
	return days
}

// servedOn are the days with a bed night, service, contact, assessment or event.
func (a *asked) servedOn(s *stay) (days []hmis.Date) {
	for d := range a.bedNights(s) {
		days = append(days, d)
	}
	days = append(days, a.dated(s, s.services, "DateProvided")...)
	days = append(days, a.dated(s, s.situations, "InformationDate")...)
	days = append(days, a.dated(s, s.assessments, "AssessmentDate")...)
	return append(days, a.dated(s, s.events, "EventDate")...)
}

func (a *asked) active(s *stay) bool {
	if !a.activeByEnrollment(s) {
		return false
	}
	return a.ActiveBy == stats.ByEnrollment || slices.ContainsFunc(a.servedOn(s), a.within)
}

// movedIn is the household's move-in for this stay (4), never where there is none by E.
func (a *asked) movedIn(s *stay) hmis.Date { return movedInBy(s, a.end) }

// everMovedIn is the same with all that is known later.
func (a *asked) everMovedIn(s *stay) hmis.Date { return movedInBy(s, ever) }

func movedInBy(s *stay, end hmis.Date) hmis.Date {
	leftBy := func(s *stay) bool { return s.exit != nil && s.exitDate <= end }
	valid := func(s *stay) bool {
		return s.moveIn != never && s.moveIn >= s.entry && s.moveIn <= end && (!leftBy(s) || s.moveIn <= s.exitDate)
	}
	if valid(s) {
		return s.moveIn
	}
	first := ever
	for _, m := range s.household.members {
		if m.head() && valid(m) {
			first = min(first, m.moveIn)
		}
	}
	if first == ever || s.entry > end || leftBy(s) && s.exitDate < first {
		return never
	}
	return max(first, s.entry)
}

// housed gives the days of a stay in permanent housing from the move-in to the day before the exit.
func (a *asked) housed(s *stay) map[hmis.Date]bool {
	if !s.project.in(permanentHousing...) || a.movedIn(s) == never {
		return nil
	}
	return a.span(s, a.movedIn(s))
}

// span is the days from one to the day before the exit, or to E.
func (a *asked) span(s *stay, from hmis.Date) map[hmis.Date]bool {
	days := map[hmis.Date]bool{}
	exit, left := a.exited(s)
	for d := from; d <= a.end && (!left || d < exit); d++ {
		days[d] = true
	}
	return days
}

// sheltered gives the nights of a stay in shelter, transitional housing or safe haven.
func (a *asked) sheltered(s *stay) map[hmis.Date]bool {
	switch s.project.kind {
	case 0, 2, 8:
		return a.span(s, s.entry)
	case 1:
		return a.bedNights(s)
	}
	return nil
}

// destination is HUD's code; 99 for none, one that is no destination, and 435 without a subsidy type; 8 for 9 too.
func destination(s *stay) int {
	d := s.exit.code("Destination")
	if d == 8 || d == 9 {
		return 8
	}
	valid := slices.ContainsFunc(hmis.SituationInfos(), func(i hmis.SituationInfo) bool { return int(i.Code) == d && i.ValidDestination })
	subsidy := slices.ContainsFunc(hmis.SituationInfos(), func(i hmis.SituationInfo) bool {
		return int(i.Code) == s.exit.code("DestinationSubsidyType") && i.Subsidy
	})
	if !valid || d == 435 && !subsidy {
		return 99
	}
	return d
}

func permanent(destination int) bool { return destination >= 400 && destination < 500 }

// leftFor tells whether the stay ended in the period, and where the person went.
func (a *asked) leftFor(s *stay) (to int, left bool) {
	exit, left := a.exited(s)
	if !left || exit < a.start {
		return 0, false
	}
	return destination(s), true
}

// members are those of the household who are in the scope and active by enrollment.
func (a *asked) members(s *stay) (list []*stay) {
	for _, m := range s.household.members {
		if a.activeByEnrollment(m) {
			list = append(list, m)
		}
	}
	return list
}

// typed are the members from whom the type of the household comes.
func (a *asked) typed(s *stay) []*stay {
	if active := a.members(s); len(active) > 0 {
		return active
	}
	return s.household.members
}

// lastHead is the head of the household, of two the one that entered later; nil for none.
func (s *stay) lastHead() *stay {
	var head *stay
	for _, m := range s.household.members {
		if m.head() && (head == nil || m.entry > head.entry || m.entry == head.entry && m.comesBefore(head)) {
			head = m
		}
	}
	return head
}

// comesBefore is the order of the facts: by person, source, PersonalID, entry and EnrollmentID.
func (s *stay) comesBefore(other *stay) bool {
	if s.client != other.client {
		if s.client.person != other.client.person && (s.client.person > 0 || other.client.person > 0) {
			return max(s.client.person, 0) < max(other.client.person, 0)
		}
		return s.client.id() < other.client.id()
	}
	return s.entry < other.entry || s.entry == other.entry && s.id() < other.id()
}

// place is the CoC of a stay.
func (s *stay) place() string {
	of := func(s *stay) string { return s.text("EnrollmentCoC") }
	coc := ""
	one := len(s.project.cocs) > 0
	for _, r := range s.project.cocs {
		one = one && r.text("CoCCode") == s.project.cocs[0].text("CoCCode")
	}
	switch head := s.lastHead(); {
	case one:
		coc = s.project.cocs[0].text("CoCCode")
	case head != nil:
		coc = of(head)
	default:
		coc = of(s)
	}
	if coc == "" {
		return "UNKNOWN"
	}
	return coc
}

// Income (5).

// income is what a record says; known is false where nothing, refused then for 8 and 9.
type income struct {
	total, earned  int64
	known, refused bool
}

func (a *asked) incomeOf(r *row) income {
	if r == nil {
		return income{}
	}
	sum := int64(0)
	for _, source := range incomeSources {
		if amount := r.cents(source.amount); r.code(source.mark) == 1 && amount > 0 {
			sum += amount
		}
	}
	i := income{known: true}
	if r.code("Earned") == 1 {
		i.earned = max(r.cents("EarnedAmount"), 0)
	}
	anySource, total := r.code("IncomeFromAnySource"), r.cents("TotalMonthlyIncome")
	switch {
	case total > 0:
		i.total = total
	case sum > 0:
		i.total = sum
	case anySource == 0:
	case total != noSum && total <= 0 && (anySource == 1 || anySource == empty):
	default:
		return income{refused: anySource == 8 || anySource == 9}
	}
	return i
}

type incomeSource struct{ mark, amount string }

var incomeSources = []incomeSource{{"Earned", "EarnedAmount"}, {"Unemployment", "UnemploymentAmount"}, {"SSI", "SSIAmount"}, {"SSDI", "SSDIAmount"},
	{"VADisabilityService", "VADisabilityServiceAmount"}, {"VADisabilityNonService", "VADisabilityNonServiceAmount"}, {"PrivateDisability", "PrivateDisabilityAmount"},
	{"WorkersComp", "WorkersCompAmount"}, {"TANF", "TANFAmount"}, {"GA", "GAAmount"}, {"SocSecRetirement", "SocSecRetirementAmount"}, {"Pension", "PensionAmount"},
	{"ChildSupport", "ChildSupportAmount"}, {"Alimony", "AlimonyAmount"}, {"OtherIncomeSource", "OtherIncomeAmount"}}

var insurances = []string{"Medicaid", "Medicare", "SCHIP", "VHAServices", "EmployerProvided", "COBRA", "PrivatePay", "StateHealthIns", "IndianHealthServices", "OtherInsurance"}

// last is the last of the rows that pass, nil for none; rows are in order of day and update.
func last(rows []row, pass func(row) bool) (found *row) {
	for _, r := range rows {
		if pass(r) {
			found = &r
		}
	}
	return found
}

func (a *asked) latestIncome(s *stay) *row {
	return last(s.incomes, func(r row) bool { return r.date("InformationDate") <= a.end })
}

func incomeOn(s *stay, stage int, from, to hmis.Date) *row {
	return last(s.incomes, func(r row) bool {
		d := r.date("InformationDate")
		return r.code("DataCollectionStage") == stage && from <= d && d <= to
	})
}

// laterIncome is the record of the exit, else of the annual assessment that was due last.
func (a *asked) laterIncome(s *stay) *row {
	if exit, left := a.exited(s); left {
		return incomeOn(s, 3, exit, exit)
	}
	head := s.lastHead()
	if head == nil {
		head = s
	}
	years := birthdays(head.entry, a.end)
	if years < 1 {
		return nil
	}
	due := head.entry.AddYears(years)
	if s.entry > due || s.entry == due && a.ageAt(s, stats.AgeAtStart) >= 18 {
		return nil
	}
	return incomeOn(s, 5, due-30, min(due+30, a.end))
}

// Chronic homelessness (7).

const (
	yes          = "YES"
	no           = "NO"
	refused      = "CLIENT_DOES_NOT_KNOW_OR_PREFERS_NOT_TO_ANSWER"
	notCollected = "DATA_NOT_COLLECTED"
	unknown      = "UNKNOWN"
)

// noAnswer tells why there is none.
func noAnswer(code int) string {
	if code == 8 || code == 9 {
		return refused
	}
	return notCollected
}

func yesNo(code int) string {
	switch code {
	case 0:
		return no
	case 1:
		return yes
	}
	return noAnswer(code)
}

// present tells whether a Disabilities record says that there is the condition.
func present(r row) bool {
	response := r.code("DisabilityResponse")
	switch r.code("DisabilityType") {
	case 10:
		return response >= 1 && response <= 3
	case 5, 6, 7, 8, 9:
		return response == 1
	}
	return false
}

// disables tells whether the condition is a disabling one: developmental, HIV, or indefinite and impairing.
func disables(r row) bool {
	kind := r.code("DisabilityType")
	return present(r) && (kind == 6 || kind == 8 || r.code("IndefiniteAndImpairs") == 1)
}

func ownChronic(s *stay) string {
	disabled := yesNo(s.code("DisablingCondition"))
	for _, r := range s.disability {
		if r.code("DataCollectionStage") == 1 && disables(r) {
			disabled = yes
		}
	}
	if disabled != yes {
		return disabled
	}
	situation := s.code("LivingSituation")
	if !s.project.in(0, 1, 4, 8) && !(situation >= 100 && situation <= 199) {
		if situation == empty {
			return notCollected
		}
		for _, column := range []string{"LOSUnderThreshold", "PreviousStreetESSH"} {
			switch s.code(column) {
			case 0:
				return no
			case 1:
			default:
				return notCollected
			}
		}
	}
	if since := s.date("DateToStreetESSH"); since != never && since.AddYears(1) <= s.entry {
		return yes
	}
	switch times := s.code("TimesHomelessPastThreeYears"); times {
	case 1, 2, 3:
		return no
	case 4:
	default:
		return noAnswer(times)
	}
	switch months := s.code("MonthsHomelessPastThreeYears"); {
	case months == 112 || months == 113:
		return yes
	case months >= 101 && months <= 111:
		return no
	default:
		return noAnswer(months)
	}
}

func (a *asked) chronicallyHomeless(s *stay) string {
	if answer, known := a.chronic[s]; known {
		return answer
	}
	answer := a.householdChronic(s)
	a.chronic[s] = answer
	return answer
}

func (a *asked) householdChronic(s *stay) string {
	first := ever
	for _, m := range s.household.members {
		first = min(first, m.entry)
	}
	if s.entry != first {
		return ownChronic(s)
	}
	var heads, elders []string
	for _, m := range s.household.members {
		if m.entry != first {
			continue
		}
		if ownChronic(m) == yes {
			return yes
		}
		if m.head() {
			heads = append(heads, ownChronic(m))
		}
		if m.head() || a.ageAt(m, stats.AgeAtStart) >= 18 {
			elders = append(elders, ownChronic(m))
		}
	}
	age := a.ageAt(s, stats.AgeAtStart)
	switch {
	case age < 0 || age >= 18 || len(elders) == 0:
		return ownChronic(s)
	case slices.Contains(elders, no):
		return no
	case len(heads) > 0:
		return heads[len(heads)-1]
	}
	return elders[0]
}

// Faults (8).

func nameFault(c *client) bool {
	quality := c.code("NameDataQuality")
	return quality == 2 || quality == 8 || quality == 9 || quality == 99 || quality == empty || !c.cell("FirstName").Set || !c.cell("LastName").Set
}

func ssnFault(c *client) bool {
	switch c.code("SSNDataQuality") {
	case 2, 8, 9, 99, empty:
		return true
	}
	ssn := c.text("SSN")
	if len(ssn) >= 32 && strings.Trim(ssn, "0123456789abcdefABCDEF") == "" {
		return false // a hash
	}
	if len(ssn) != 9 || strings.Trim(ssn, "0123456789") != "" {
		return true
	}
	area, group, serial := ssn[:3], ssn[3:5], ssn[5:]
	return area == "000" || area == "666" || area[0] == '9' || group == "00" || serial == "0000" || ssn == strings.Repeat(ssn[:1], 9) || inARow(ssn, 1) || inARow(ssn, -1)
}

// inARow tells whether each digit is the one before and step.
func inARow(digits string, step int) bool {
	for i := 1; i < len(digits); i++ {
		if int(digits[i]-'0') != int(digits[i-1]-'0')+step {
			return false
		}
	}
	return true
}

func (a *asked) dobFault(s *stay) bool {
	c := s.client
	born := c.date("DOB")
	if born == never {
		return true
	}
	switch c.code("DOBDataQuality") {
	case 2, 8, 9, 99, empty:
		return true
	}
	return born < hmis.NewDate(1915, time.January, 1) || born > c.date("DateCreated") ||
		born >= s.entry && (s.head() || a.ageAt(s, stats.AgeAtStart) >= 18)
}

var races = []struct{ column, name string }{{"AmIndAKNative", "AMERICAN_INDIAN_ALASKA_NATIVE_OR_INDIGENOUS"}, {"Asian", "ASIAN_OR_ASIAN_AMERICAN"},
	{"BlackAfAmerican", "BLACK_AFRICAN_AMERICAN_OR_AFRICAN"}, {"HispanicLatinao", "HISPANIC_LATINA_O"}, {"MidEastNAfrican", "MIDDLE_EASTERN_OR_NORTH_AFRICAN"},
	{"NativeHIPacific", "NATIVE_HAWAIIAN_OR_PACIFIC_ISLANDER"}, {"White", "WHITE"}}

func raceFault(c *client) bool {
	none := c.code("RaceNone")
	return none == 8 || none == 9 || none == 99 || !slices.ContainsFunc(races, func(r struct{ column, name string }) bool { return c.code(r.column) == 1 })
}

func (a *asked) identityFault(s *stay) bool {
	return nameFault(s.client) || ssnFault(s.client) || a.dobFault(s) || raceFault(s.client)
}

func (a *asked) universalFault(s *stay) bool {
	return a.veteranFault(s) || a.startFault(s) || a.relationFault(s) || s.head() && cocFault(s.text("EnrollmentCoC")) || a.disablingFault(s)
}

// veteranFault: adults without an answer, and children who are veterans; ages that are not known have none.
func (a *asked) veteranFault(s *stay) bool {
	status, age := s.client.code("VeteranStatus"), a.ageAt(s, stats.AgeAtStart)
	switch {
	case age < 0:
		return false
	case age < 18:
		return status == 1
	}
	return status == 8 || status == 9 || status == 99 || status == empty
}

// startFault: an entry inside another stay of the client in the project, or after the exit.
func (a *asked) startFault(s *stay) bool {
	if exit, left := a.exited(s); left && exit < s.entry {
		return true
	}
	for _, other := range s.client.stays {
		exit, left := a.exited(other)
		if other != s && other.project == s.project && other.entry < s.entry && (!left || s.entry < exit) {
			return true
		}
	}
	return false
}

func (a *asked) relationFault(s *stay) bool {
	heads := 0
	for _, m := range a.members(s) {
		if m.head() {
			heads++
		}
	}
	return s.relation < 1 || s.relation > 5 || heads != 1
}

// cocFault: none, or none of HUD's; XX is the state of HUD's test kits.
func cocFault(code string) bool {
	return code == "" || hmis.ListNumbered("2.03.1").Find(code) == nil && !strings.HasPrefix(code, "XX-")
}

func (a *asked) disablingFault(s *stay) bool {
	switch s.code("DisablingCondition") {
	case 8, 9, 99, empty:
		return true
	case 0:
	default:
		return false
	}
	day := never
	for _, r := range s.disability {
		if d := r.date("InformationDate"); d <= a.end {
			day = max(day, d)
		}
	}
	return slices.ContainsFunc(s.disability, func(r row) bool { return r.date("InformationDate") == day && disables(r) })
}

func (a *asked) incomeFault(s *stay) bool {
	r := incomeOn(s, 1, s.entry, s.entry)
	if r == nil {
		return true
	}
	some := slices.ContainsFunc(incomeSources, func(i incomeSource) bool { return r.code(i.mark) == 1 })
	switch r.code("IncomeFromAnySource") {
	case 0:
		return some
	case 1:
		return !some
	case 8, 9, 99, empty:
		return true
	}
	return false
}
