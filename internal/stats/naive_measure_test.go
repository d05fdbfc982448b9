package stats_test

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// considered are the stays that meet all conditions and belong to the unit.
func (a *asked) considered(where []stats.Condition) (list []*stay) {
	for _, s := range a.stays {
		if a.meets(where, s) && a.belongs(s) {
			list = append(list, s)
		}
	}
	return list
}

func (a *asked) meets(where []stats.Condition, s *stay) bool {
	for _, c := range where {
		if !slices.ContainsFunc(a.values(c.Dimension, s), func(v string) bool { return slices.Contains(c.Values, v) }) {
			return false
		}
	}
	return true
}

func (a *asked) belongs(s *stay) bool {
	switch a.Unit {
	case stats.Heads:
		return s.head()
	case stats.AdultsAndHeads:
		return s.head() || a.age(s) >= 18
	}
	return true
}

// human is whose stay it is.
func (a *asked) human(s *stay) int64 {
	if a.Identity == stats.Clients {
		return s.client.number
	}
	return s.client.person
}

func (a *asked) unit(s *stay) any {
	switch a.Unit {
	case stats.Households:
		return s.household
	case stats.Enrollments:
		return s
	}
	return a.human(s)
}

// units counts the distinct units of the stays that pass.
func (a *asked) units(stays []*stay, pass func(*stay) bool) int64 {
	set := map[any]bool{}
	for _, s := range stays {
		if pass(s) {
			set[a.unit(s)] = true
		}
	}
	return int64(len(set))
}

// whole is one answer's query: its conditions, with those of the group, the considered stays and those in question.
type whole struct {
	*asked
	where      []stats.Condition
	considered []*stay
	question   []*stay
}

func (a *asked) whole(where []stats.Condition) *whole {
	w := &whole{a, where, a.considered(where), nil}
	for _, s := range w.considered {
		if a.active(s) {
			w.question = append(w.question, s)
		}
	}
	return w
}

func (w *whole) count(pass func(*stay) bool) stats.Answer {
	return stats.Answer{Count: w.units(w.question, pass)}
}

func (w *whole) rate(among, of func(*stay) bool) stats.Answer {
	return stats.Answer{Numerator: w.units(w.question, func(s *stay) bool { return among(s) && of(s) }), Denominator: w.units(w.question, among)}
}

func all(*stay) bool { return true }

func (w *whole) adult(s *stay) bool { return w.age(s) >= 18 }

func (w *whole) adultOrHead(s *stay) bool { return s.head() || w.adult(s) }

// enteredIn and exitedIn: in S..E.
func (w *whole) enteredIn(s *stay) bool { return w.within(s.entry) }

func (w *whole) exitedIn(s *stay) bool {
	exit, left := w.exited(s)
	return left && w.within(exit)
}

// is tells whether a stay has the value YES in a dimension.
func (w *whole) is(d stats.Dimension) func(*stay) bool {
	return func(s *stay) bool { return slices.Contains(w.values(d, s), yes) }
}

// naive answers a measure.
func (w *whole) naive(m stats.Measure) (answer stats.Answer) {
	defer func() { answer.Measure = m }()
	switch m {
	case stats.Served:
		return w.count(all)
	case stats.StaysInQuestion:
		return stats.Answer{Count: int64(len(w.question))}
	case stats.ActiveAtStart:
		return stats.Answer{Count: w.units(w.considered, func(s *stay) bool { return w.activeDays(s)[w.start-1] })}
	case stats.ActiveAtEnd:
		return stats.Answer{Count: w.units(w.considered, func(s *stay) bool { return w.activeDays(s)[w.end] })}
	case stats.Entered:
		return w.count(w.enteredIn)
	case stats.Exited:
		return w.count(w.exitedIn)
	case stats.Inflow:
		in, _ := w.flows()
		return parts(in, "FIRST_TIME", "RETURNED_FROM_PERMANENT", "RE_ENGAGED")
	case stats.Outflow:
		_, out := w.flows()
		return parts(out, "TO_PERMANENT", "TO_OTHER", "TO_INACTIVE")
	case stats.NewlyIdentified:
		return w.count(func(s *stay) bool {
			return w.enteredIn(s) && !slices.ContainsFunc(w.staysOf(s), func(o *stay) bool { return o.entry < s.entry })
		})
	case stats.FirstTimeHomeless:
		return w.count(w.firstTimeHomeless)
	case stats.HousingPlacements:
		return w.count(w.placed)
	case stats.ShelteredOnNight:
		return w.count(func(s *stay) bool { return w.shelteredTonight(s) && !w.housedTonight(s) })
	case stats.UnshelteredOnNight:
		return w.count(w.unshelteredTonight)
	case stats.AveragePerNight:
		return stats.Answer{Numerator: w.unitNights(), Denominator: int64(w.end-w.start) + 1}
	case stats.LengthOfStay:
		return w.observed(all, func(s *stay) int { return w.length(s) })
	case stats.LengthOfTimeHomeless:
		return w.timeHomeless()
	case stats.DaysToMoveIn:
		return w.observed(func(s *stay) bool { return s.project.in(3, 13) && w.within(w.movedIn(s)) },
			func(s *stay) int { return int(w.movedIn(s) - s.entry) })
	case stats.ExitsToPermanent:
		return w.rate(w.exitCounts, func(s *stay) bool { return permanent(destination(s)) })
	case stats.DestinationMix:
		return w.destinations()
	case stats.Returns6Months:
		return w.returns(180)
	case stats.Returns12Months:
		return w.returns(365)
	case stats.Returns24Months:
		return w.returns(730)
	}
	return w.naiveAnswers(m)
}

// naiveAnswers has the measures of what persons answered, and of records.
func (w *whole) naiveAnswers(m stats.Measure) stats.Answer {
	switch m {
	case stats.WithIncome:
		return w.rate(w.adult, func(s *stay) bool { return w.incomeOf(w.latestIncome(s)).total > 0 })
	case stats.WithEarnedIncome:
		return w.rate(w.adult, func(s *stay) bool { i := w.incomeOf(w.latestIncome(s)); return i.known && i.earned > 0 })
	case stats.IncreasedIncome:
		both := func(s *stay) (start, later income) {
			return w.incomeOf(incomeOn(s, 1, s.entry, s.entry)), w.incomeOf(w.laterIncome(s))
		}
		return w.rate(func(s *stay) bool { a, b := both(s); return w.adult(s) && a.known && b.known },
			func(s *stay) bool { a, b := both(s); return b.total > a.total })
	case stats.WithHealthInsurance:
		return w.rate(all, func(s *stay) bool {
			r := w.latestIncome(s)
			return r != nil && slices.ContainsFunc(insurances, func(c string) bool { return r.code(c) == 1 })
		})
	case stats.ChronicallyHomeless:
		return w.count(w.is(stats.Chronic))
	case stats.Veterans:
		return w.count(w.is(stats.Veteran))
	case stats.Youth:
		return w.count(w.youth)
	case stats.Survivors:
		return w.count(w.is(stats.Survivor))
	case stats.WithDisablingCondition:
		return w.count(func(s *stay) bool { return s.code("DisablingCondition") == 1 })
	case stats.BedNights:
		return stats.Answer{Count: w.nightsInAll()}
	case stats.BedUtilization:
		return stats.Answer{Numerator: w.nightsInAll(), Denominator: w.inventory("BedInventory")}
	case stats.UnitUtilization:
		return stats.Answer{Numerator: w.headNights(), Denominator: w.inventory("UnitInventory")}
	case stats.Contacts:
		return w.records(func(s *stay) []hmis.Date { return w.dated(s, s.situations, "InformationDate") })
	case stats.Engaged:
		return w.count(w.engaged)
	case stats.EngagementRate:
		return w.rate(w.contacted, w.engaged)
	case stats.Assessments:
		return w.records(func(s *stay) []hmis.Date { return w.dated(s, s.assessments, "AssessmentDate") })
	case stats.Referrals:
		return w.records(w.referrals)
	case stats.DaysToReferral:
		return w.daysToReferral()
	case stats.ServicesProvided:
		return w.records(func(s *stay) []hmis.Date { return w.dated(s, s.services, "DateProvided") })
	case stats.AverageHouseholdSize:
		return w.householdSize()
	case stats.AverageAge:
		return w.averageAge()
	}
	return w.naiveQuality(m)
}

func (w *whole) naiveQuality(m stats.Measure) stats.Answer {
	engaged := func(s *stay) bool {
		d := s.date("DateOfEngagement")
		return s.project.kind != 4 || d != never && d <= w.end
	}
	switch m {
	case stats.ErrorsInIdentity:
		return w.rate(engaged, w.identityFault)
	case stats.ErrorsInUniversal:
		return w.rate(engaged, w.universalFault)
	case stats.ErrorsAtExit:
		left := func(s *stay) bool { _, left := w.exited(s); return left }
		return w.rate(left, func(s *stay) bool { return slices.Contains([]int{empty, 8, 9, 30, 99}, s.exit.code("Destination")) })
	case stats.ErrorsInIncome:
		return w.rate(w.adultOrHead, w.incomeFault)
	case stats.EntryTimeliness:
		return inBuckets(delayBounds, w.observations(func(s *stay) bool { return w.enteredIn(s) && s.date("DateCreated") != never }, func(s *stay) int { return int(s.date("DateCreated") - s.entry) }))
	case stats.ExitTimeliness:
		return inBuckets(delayBounds, w.observations(func(s *stay) bool { return w.exitedIn(s) && s.exit.date("DateCreated") != never }, func(s *stay) int { return int(s.exit.date("DateCreated") - s.exitDate) }))
	}
	panic("no naive computation of " + m.String())
}

// Flows.

// activeDays are the days on which a stay is active on the by-name list, up to E.
func (a *asked) activeDays(s *stay) map[hmis.Date]bool {
	if days, known := a.days[s]; known {
		return days
	}
	days := map[hmis.Date]bool{}
	if s.entry <= a.end {
		days = a.span(s, s.entry)
		days[s.entry] = true
		if s.project.in(permanentHousing...) {
			moved := a.everMovedIn(s)
			maps.DeleteFunc(days, func(d hmis.Date, _ bool) bool { return moved != never && d >= moved })
		}
		if a.ActiveBy == stats.ByService {
			days = a.served90(s, days)
		}
	}
	a.days[s] = days
	return days
}

// served90 keeps the days less than 90 days after the entry or a day with a service.
func (a *asked) served90(s *stay, days map[hmis.Date]bool) map[hmis.Date]bool {
	kept := map[hmis.Date]bool{}
	for _, from := range append(a.servedOn(s), s.entry) {
		for d := from; d < from+90; d++ {
			if days[d] {
				kept[d] = true
			}
		}
	}
	return kept
}

// flows counts the changes of every unit in S..E by part, walking from day to day.
func (w *whole) flows() (inflow, outflow map[string]int64) {
	inflow, outflow = map[string]int64{}, map[string]int64{}
	of := map[any][]*stay{}
	for _, s := range w.considered {
		of[w.unit(s)] = append(of[w.unit(s)], s)
	}
	for _, stays := range of {
		first := w.end
		for _, s := range stays {
			first = min(first, s.entry)
		}
		before := "FIRST_TIME"
		was := false
		for d := first; d <= w.end; d++ {
			is := slices.ContainsFunc(stays, func(s *stay) bool { return w.activeDays(s)[d] })
			if is && !was && w.within(d) {
				inflow[before]++
			}
			if was && !is {
				how := w.how(stays, d)
				before = map[string]string{"TO_PERMANENT": "RETURNED_FROM_PERMANENT", "TO_OTHER": "RE_ENGAGED", "TO_INACTIVE": "RE_ENGAGED"}[how]
				if w.within(d) {
					outflow[how]++
				}
			}
			was = is
		}
	}
	return inflow, outflow
}

// how tells how a unit ceased to be active on a day: the best of its stays that were active the day before.
func (a *asked) how(stays []*stay, day hmis.Date) string {
	ends := map[string]bool{}
	for _, s := range stays {
		if !a.activeDays(s)[day-1] {
			continue
		}
		exit, left := a.exited(s)
		switch {
		case s.project.in(permanentHousing...) && a.everMovedIn(s) == day:
			ends["TO_PERMANENT"] = true
		case left && max(exit, s.entry+1) == day:
			switch to := destination(s); {
			case permanent(to):
				ends["TO_PERMANENT"] = true
			case to == 8 || to == 30 || to == 99:
				ends["TO_INACTIVE"] = true
			default:
				ends["TO_OTHER"] = true
			}
		default:
			ends["TO_INACTIVE"] = true
		}
	}
	for _, end := range []string{"TO_PERMANENT", "TO_OTHER"} {
		if ends[end] {
			return end
		}
	}
	return "TO_INACTIVE"
}

// parts puts counts by part in the order of names.
func parts(by map[string]int64, names ...string) (a stats.Answer) {
	for _, n := range names {
		a.Parts = append(a.Parts, by[n])
		a.Count += by[n]
	}
	return a
}

// What persons did before, and where they are.

// staysOf are all stays of the person in the scope, considered or not.
func (a *asked) staysOf(s *stay) []*stay {
	if a.ofHuman == nil {
		a.ofHuman = map[int64][]*stay{}
		for _, o := range a.stays {
			a.ofHuman[a.human(o)] = append(a.ofHuman[a.human(o)], o)
		}
	}
	return a.ofHuman[a.human(s)]
}

func (w *whole) firstTimeHomeless(s *stay) bool {
	if !s.project.in(homelessPrograms...) || !w.enteredIn(s) {
		return false
	}
	return !slices.ContainsFunc(w.staysOf(s), func(o *stay) bool {
		exit, left := w.exited(o)
		return o != s && o.project.in(homelessPrograms...) && o.entry < s.entry && (!left || exit >= s.entry-730)
	})
}

func (w *whole) placed(s *stay) bool {
	if s.project.in(permanentHousing...) && w.movedIn(s) != never {
		return w.within(w.movedIn(s))
	}
	to, left := w.leftFor(s)
	return s.project.kind != 12 && left && permanent(to)
}

func (w *whole) shelteredTonight(s *stay) bool {
	_, left := w.exited(s)
	switch s.project.kind {
	case 0, 2, 8:
		return s.entry <= w.end && !left
	case 1:
		return s.entry <= w.end && slices.Contains(s.nights, w.end)
	}
	return false
}

// housedTonight tells whether the person is housed by any stay.
func (w *whole) housedTonight(s *stay) bool {
	return slices.ContainsFunc(w.staysOf(s), func(o *stay) bool {
		_, left := w.exited(o)
		return o.project.in(permanentHousing...) && w.movedIn(o) != never && !left
	})
}

func (w *whole) unshelteredTonight(s *stay) bool {
	exit, left := w.exited(s)
	return s.project.kind == 4 && s.entry <= w.end && (!left || exit == w.end) && !w.housedTonight(s) &&
		!slices.ContainsFunc(w.staysOf(s), w.shelteredTonight)
}

// Nights.

// nights of a stay in S..E.
func (w *whole) nights(s *stay) map[hmis.Date]bool {
	nights := w.sheltered(s)
	if nights == nil {
		nights = w.housed(s)
	}
	in := map[hmis.Date]bool{}
	for d := range nights {
		if w.within(d) {
			in[d] = true
		}
	}
	return in
}

func (w *whole) nightsInAll() (n int64) {
	for _, s := range w.question {
		n += int64(len(w.nights(s)))
	}
	return n
}

type night struct {
	unit any
	day  hmis.Date
}

// unitNights adds up, over the days, the units with a night.
func (w *whole) unitNights() int64 {
	set := map[night]bool{}
	for _, s := range w.question {
		for d := range w.nights(s) {
			set[night{w.unit(s), d}] = true
		}
	}
	return int64(len(set))
}

func (w *whole) headNights() (n int64) {
	for _, s := range w.question {
		if s.head() {
			n += int64(len(w.nights(s)))
		}
	}
	return n
}

// inventory adds up, over the days, the beds or units in force at the projects that meet the conditions on projects.
func (w *whole) inventory(column string) (sum int64) {
	for _, p := range w.projects {
		if !w.scope[p] || !p.in(homelessPrograms...) {
			continue
		}
		for _, r := range p.inventories {
			if !w.offers(p, r) {
				continue
			}
			start, end := r.date("InventoryStartDate"), r.date("InventoryEndDate")
			for d := w.start; d <= w.end; d++ {
				if start <= d && (end == never || end >= d) {
					sum += int64(max(r.code(column), 0))
				}
			}
		}
	}
	return sum
}

// offers tells whether the conditions let an inventory of a project in: those on projects, on CoC and on geocode.
func (w *whole) offers(p *project, inventory row) bool {
	for _, c := range w.where {
		values := w.ofProject(c.Dimension, p)
		coc := inventory.text("CoCCode")
		switch c.Dimension {
		case stats.CoC:
			values = []string{cmp.Or(coc, unknown)}
		case stats.Geocode:
			values = []string{p.geocode(coc)}
		}
		if values != nil && !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(c.Values, v) }) {
			return false
		}
	}
	return true
}

// Durations.

// observations are the days of every stay in question that passes; of households only of heads.
func (w *whole) observations(pass func(*stay) bool, days func(*stay) int) (list []int) {
	for _, s := range w.question {
		if pass(s) && (w.Unit != stats.Households || s.head()) {
			list = append(list, days(s))
		}
	}
	return list
}

func (w *whole) observed(pass func(*stay) bool, days func(*stay) int) stats.Answer {
	return inBuckets(stayBounds, w.observations(pass, days))
}

func inBuckets(bounds []int, days []int) stats.Answer {
	a := stats.Answer{Count: int64(len(days)), Days: stats.Days{Buckets: make([]int64, len(bounds)+1)}}
	if len(days) == 0 {
		return a
	}
	sort.Ints(days)
	sum := 0
	for _, d := range days {
		sum += d
		a.Days.Buckets[bucket(bounds, d)]++
	}
	n := len(days)
	a.Days.Mean = float64(sum) / float64(n)
	a.Days.Median = float64(days[(n-1)/2]+days[n/2]) / 2
	for _, d := range days { // the smallest that nine in ten do not exceed
		if 10*sort.SearchInts(days, d+1) >= 9*n {
			a.Days.P90 = int64(d)
			break
		}
	}
	return a
}

// timeHomeless walks over the homeless days of each unit.
func (w *whole) timeHomeless() stats.Answer {
	persons := map[any]map[int64]bool{} // by unit: whose days count
	for _, s := range w.question {
		if s.project.in(0, 1, 2, 8) {
			if persons[w.unit(s)] == nil {
				persons[w.unit(s)] = map[int64]bool{}
			}
			persons[w.unit(s)][w.human(s)] = true
		}
	}
	var list []int
	for _, who := range persons {
		if days, any := w.homelessDays(who); any {
			list = append(list, days)
		}
	}
	return inBuckets(stayBounds, list)
}

func (w *whole) homelessDays(who map[int64]bool) (days int, any bool) {
	homeless := map[hmis.Date]bool{}
	for _, s := range w.stays {
		if who[w.human(s)] {
			maps.Copy(homeless, w.sheltered(s))
		}
	}
	for _, s := range w.stays {
		if who[w.human(s)] {
			for d := range w.housed(s) {
				delete(homeless, d)
			}
		}
	}
	last := never
	for d := range homeless {
		if w.within(d) {
			last = max(last, d)
		}
	}
	if last == never {
		return 0, false
	}
	earliest := w.start.AddYears(-7)
	for d := last - 365; d <= last; d++ {
		if homeless[d] && d >= earliest {
			days++
		}
	}
	if homeless[last-365] {
		for d := last - 366; homeless[d] && d >= earliest; d-- {
			days++
		}
	}
	return days, true
}

// Exits and returns.

func (w *whole) exitCounts(s *stay) bool {
	to, left := w.leftFor(s)
	excluded := []int{206, 215, 225, 24}
	if s.project.kind == 4 {
		excluded = []int{206, 329, 24}
	}
	return left && !slices.Contains(excluded, to)
}

func (w *whole) destinations() (answer stats.Answer) {
	names := []string{"HOMELESS", "INSTITUTIONAL", "TEMPORARY", "PERMANENT", "OTHER", unknown}
	for _, name := range names {
		answer.Parts = append(answer.Parts, w.units(w.question, func(s *stay) bool {
			to, left := w.leftFor(s)
			return left && situationGroup(to, 17, 24, 30) == name
		}))
	}
	answer.Count = w.units(w.question, w.exitedIn)
	return answer
}

// returns: of every unit the earliest exit to permanent housing in S..E, and whether the person came back.
func (w *whole) returns(days hmis.Date) (answer stats.Answer) {
	exits := map[any][]*stay{} // by unit, those on the earliest day
	for _, s := range w.question {
		to, left := w.leftFor(s)
		if !left || !permanent(to) || !s.project.in(0, 1, 2, 3, 4, 8, 9, 10, 13) {
			continue
		}
		switch list := exits[w.unit(s)]; {
		case list == nil || s.exitDate < list[0].exitDate:
			exits[w.unit(s)] = []*stay{s}
		case s.exitDate == list[0].exitDate:
			exits[w.unit(s)] = append(list, s)
		}
	}
	for _, list := range exits {
		answer.Denominator++
		if slices.ContainsFunc(list, func(s *stay) bool { back := w.firstReturn(s); return back != never && back <= s.exitDate+days }) {
			answer.Numerator++
		}
	}
	return answer
}

// firstReturn is the earliest day on which the person of the stay came back after its exit.
func (w *whole) firstReturn(s *stay) hmis.Date {
	first := ever
	for _, o := range w.staysOf(s) {
		if o != s && o.entry >= s.exitDate && (o.project.in(0, 1, 2, 4, 8) || o.project.in(permanentHousing...) && w.returnsToHousing(s, o)) {
			first = min(first, o.entry)
		}
	}
	if first == ever {
		return never
	}
	return first
}

// returnsToHousing: more than 14 days after the exit, and not soon after another stay in permanent housing.
func (w *whole) returnsToHousing(s, o *stay) bool {
	if o.entry <= s.exitDate+14 {
		return false
	}
	return !slices.ContainsFunc(w.staysOf(s), func(other *stay) bool {
		return other != o && other.project.in(permanentHousing...) && other.entry+1 <= o.entry && (other.exit == nil || o.entry <= other.exitDate+14)
	})
}

// The others.

func (w *whole) youth(s *stay) bool {
	age := w.age(s)
	return age >= 12 && age <= 24 && !slices.ContainsFunc(w.typed(s), func(m *stay) bool { return w.age(m) > 24 })
}

// records counts the days that lie in S..E.
func (w *whole) records(days func(*stay) []hmis.Date) (answer stats.Answer) {
	for _, s := range w.question {
		for _, d := range days(s) {
			if w.within(d) {
				answer.Count++
			}
		}
	}
	return answer
}

func (w *whole) engaged(s *stay) bool { return w.within(s.date("DateOfEngagement")) }

func (w *whole) contacted(s *stay) bool {
	if !s.project.in(1, 4) || !w.adultOrHead(s) {
		return false
	}
	engagement := s.date("DateOfEngagement")
	return w.engaged(s) || slices.ContainsFunc(w.dated(s, s.situations, "InformationDate"), func(d hmis.Date) bool {
		return w.within(d) && !(engagement != never && engagement <= w.end && d > engagement)
	})
}

func (w *whole) referrals(s *stay) []hmis.Date {
	to := slices.DeleteFunc(slices.Clone(s.events), func(r row) bool {
		return !slices.Contains([]int{10, 11, 12, 13, 14, 15, 17, 18}, r.code("Event"))
	})
	return w.dated(s, to, "EventDate")
}

func (w *whole) daysToReferral() stats.Answer {
	var list []int
	for _, s := range w.question {
		for _, referral := range w.referrals(s) {
			assessed := never
			for _, r := range s.assessments {
				if d := r.date("AssessmentDate"); d >= s.entry && d <= referral {
					assessed = max(assessed, d)
				}
			}
			if w.within(referral) && assessed != never && (w.Unit != stats.Households || s.head()) {
				list = append(list, int(referral-assessed))
			}
		}
	}
	return inBuckets(stayBounds, list)
}

func (w *whole) householdSize() (answer stats.Answer) {
	seen := map[*household]bool{}
	for _, s := range w.question {
		if !seen[s.household] {
			seen[s.household] = true
			answer.Denominator++
			answer.Numerator += int64(len(w.members(s)))
		}
	}
	return answer
}

func (w *whole) averageAge() (answer stats.Answer) {
	oldest := map[any]int{}
	for _, s := range w.question {
		if age := w.age(s); age >= 0 {
			oldest[w.unit(s)] = max(oldest[w.unit(s)], age)
		}
	}
	for _, age := range oldest {
		answer.Denominator++
		answer.Numerator += int64(age)
	}
	return answer
}
