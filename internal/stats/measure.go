package stats

import (
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// program says how a measure is computed: in one of its ways, or none, which counts the units of all stays in question.
type program struct {
	part    func(r *run, stay int32) bool // counts the units with a stay in question of which it holds
	of      func(r *run, stay int32) bool // the denominator of a rate, likewise
	stays   bool                          // counts stays, whatever the unit
	sum     func(r *run, stay int32) int64
	lengths func(r *run, stays []int32, days []int32) // observes one number of days of each stay
	days    func(r *run, stay int32, observe func(days hmis.Date))
	mix     func(r *run, stay int32) int // the place of the part in which the units stand; -1: none
	flow    func(f flow) Answer          // of the considered stays

	// unit is for what looks at all stays of a unit, or has another denominator; member tells the rows behind it.
	unit   func(w *work) summer
	member func(r *run, stay int32) bool
}

var programs = [measureCount]program{
	Served:            {},
	StaysInQuestion:   {stays: true},
	ActiveAtStart:     {flow: func(f flow) Answer { return Answer{Count: f.atStart} }},
	ActiveAtEnd:       {flow: func(f flow) Answer { return Answer{Count: f.atEnd} }},
	Entered:           {part: (*run).entersIn},
	Exited:            {part: (*run).exitsIn},
	Inflow:            {flow: func(f flow) Answer { return parted(f.in) }},
	Outflow:           {flow: func(f flow) Answer { return parted(f.out) }},
	NewlyIdentified:   {part: func(r *run, s int32) bool { return r.entersIn(s) && r.firstOfPerson(s) }},
	FirstTimeHomeless: {part: (*run).firstTimeHomeless},
	HousingPlacements: {part: (*run).placed},
	ShelteredOnNight:  {part: func(r *run, s int32) bool { return r.sheltered(s) && !r.anyOfPerson(s, (*run).housed) }},
	UnshelteredOnNight: {part: func(r *run, s int32) bool {
		return r.unsheltered(s) && !r.anyOfPerson(s, func(r *run, o int32) bool { return r.housed(o) || r.sheltered(o) })
	}},
	AveragePerNight:      {unit: (*work).averagePerNight, member: func(r *run, s int32) bool { return r.nights(s) > 0 }},
	LengthOfStay:         {lengths: (*run).lengths},
	LengthOfTimeHomeless: {unit: (*work).timeHomeless, member: (*run).inShelterType},
	DaysToMoveIn:         {days: (*run).daysToMoveIn},
	ExitsToPermanent:     {of: (*run).exitCounts, part: func(r *run, s int32) bool { return r.exitCounts(s) && permanent(r.g.Destination(s)) }},
	DestinationMix:       {mix: (*run).destinationPart},
	Returns6Months:       {unit: func(w *work) summer { return w.returns(180) }, member: (*run).exitsToPermanentHousing},
	Returns12Months:      {unit: func(w *work) summer { return w.returns(365) }, member: (*run).exitsToPermanentHousing},
	Returns24Months:      {unit: func(w *work) summer { return w.returns(730) }, member: (*run).exitsToPermanentHousing},
	WithIncome: {of: (*run).adult, part: func(r *run, s int32) bool {
		i := r.g.IncomeOf(r.g.LatestIncome(s))
		return r.adult(s) && i.Known && i.Total > 0
	}},
	WithEarnedIncome: {of: (*run).adult, part: func(r *run, s int32) bool {
		i := r.g.IncomeOf(r.g.LatestIncome(s))
		return r.adult(s) && i.Known && i.Earned > 0
	}},
	IncreasedIncome: {of: func(r *run, s int32) bool { _, known := r.incomeChange(s); return known },
		part: func(r *run, s int32) bool { change, known := r.incomeChange(s); return known && change > 0 }},
	WithHealthInsurance:    {of: everyStay, part: (*run).insured},
	ChronicallyHomeless:    {part: func(r *run, s int32) bool { return r.g.Chronic(s) == glossary.Yes }},
	Veterans:               {part: func(r *run, s int32) bool { return r.adult(s) && r.f.Clients.VeteranStatus[r.g.Client(s)] == 1 }},
	Youth:                  {part: (*run).youth},
	Survivors:              {part: func(r *run, s int32) bool { survivor, _ := r.g.Violence(s); return survivor == 1 }},
	WithDisablingCondition: {part: func(r *run, s int32) bool { return r.f.Enrollments.DisablingCondition[s] == 1 }},
	BedNights:              {sum: (*run).nights},
	BedUtilization:         {unit: func(*work) summer { return &utilization{adder{of: (*run).nights}, beds} }, member: func(r *run, s int32) bool { return r.nights(s) > 0 }},
	UnitUtilization:        {unit: func(*work) summer { return &utilization{adder{of: (*run).headNights}, units} }, member: func(r *run, s int32) bool { return r.headNights(s) > 0 }},
	Contacts: {sum: func(r *run, s int32) int64 {
		return r.countIn(s, &r.f.Situations.Records, r.f.Situations.InformationDate, nil)
	}},
	Engaged: {part: func(r *run, s int32) bool { return r.inPeriod(r.f.Enrollments.DateOfEngagement[s]) }},
	EngagementRate: {of: (*run).contacted,
		part: func(r *run, s int32) bool { return r.contacted(s) && r.inPeriod(r.f.Enrollments.DateOfEngagement[s]) }},
	Assessments: {sum: func(r *run, s int32) int64 {
		return r.countIn(s, &r.f.Assessments.Records, r.f.Assessments.AssessmentDate, nil)
	}},
	Referrals: {sum: func(r *run, s int32) int64 {
		return r.countIn(s, &r.f.Events.Records, r.f.Events.EventDate, r.isReferral)
	}},
	DaysToReferral: {days: (*run).daysToReferral},
	ServicesProvided: {sum: func(r *run, s int32) int64 {
		return r.countIn(s, &r.f.Services.Records, r.f.Services.DateProvided, nil)
	}},
	AverageHouseholdSize: {member: everyStay},
	AverageAge:           {unit: (*work).averageAge, member: func(r *run, s int32) bool { return r.age(s) >= 0 }},
	ErrorsInIdentity:     {of: (*run).judged, part: func(r *run, s int32) bool { return r.judged(s) && r.identityFault(s) }},
	ErrorsInUniversal:    {of: (*run).judged, part: func(r *run, s int32) bool { return r.judged(s) && r.universalFault(s) }},
	ErrorsAtExit: {of: func(r *run, s int32) bool { return r.g.Left(s) },
		part: func(r *run, s int32) bool { return r.g.Left(s) && r.g.DestinationFault(s) != glossary.NoFault }},
	ErrorsInIncome: {of: (*run).adultOrHead,
		part: func(r *run, s int32) bool {
			return r.adultOrHead(s) && r.g.IncomeFault(s, glossary.AtStart) != glossary.NoFault
		}},
	EntryTimeliness: {days: func(r *run, s int32, observe func(hmis.Date)) {
		if created := r.f.Enrollments.DateCreated[s]; r.entersIn(s) && created != facts.NoDay {
			observe(created - r.g.Entry(s))
		}
	}},
	ExitTimeliness: {days: func(r *run, s int32, observe func(hmis.Date)) {
		if created := r.f.Exits.DateCreated[s]; r.exitsIn(s) && created != facts.NoDay {
			observe(created - r.g.Exit(s))
		}
	}},
}

func everyStay(*run, int32) bool { return true }

func parted(parts [3]int64) Answer {
	return Answer{Count: parts[0] + parts[1] + parts[2], Parts: parts[:]}
}

func permanent(d glossary.Answer) bool { return d >= 400 && d < 500 }

func (r *run) inPeriod(d hmis.Date) bool { return d >= r.g.Start && d <= r.g.End }

func (r *run) entersIn(stay int32) bool { return r.inPeriod(r.g.Entry(stay)) }

func (r *run) exitsIn(stay int32) bool { return r.inPeriod(r.g.Exit(stay)) }

func (r *run) adult(stay int32) bool { return r.age(stay) >= adultAge }

func (r *run) adultOrHead(stay int32) bool { return r.g.IsHead(stay) || r.adult(stay) }

func (r *run) projectType(stay int32) uint8 { return r.types[r.f.Enrollments.Project[stay]] }

// anyOfPerson asks the stays of the stay's person in the scope, the stay itself too.
func (r *run) anyOfPerson(stay int32, test func(r *run, other int32) bool) bool {
	for o, to := r.own(stay); o < to; o++ {
		if r.inScope(o) && test(r, o) {
			return true
		}
	}
	return false
}

func (r *run) firstOfPerson(stay int32) bool {
	entry := r.g.Entry(stay)
	return !r.anyOfPerson(stay, func(r *run, o int32) bool { return r.g.Entry(o) < entry })
}

// homeOrShelter are the project types of SPM measure 5.2.
func homeOrShelter(projectType uint8) bool {
	return shelterType(projectType) || permanentHousing(projectType)
}

// shelterType is emergency shelter, transitional housing and safe haven.
func shelterType(projectType uint8) bool {
	switch projectType {
	case glossary.ShelterEntryExit, glossary.ShelterNightly, glossary.Transitional, glossary.SafeHaven:
		return true
	}
	return false
}

func (r *run) inShelterType(stay int32) bool { return shelterType(r.projectType(stay)) }

// lookback is how far back an earlier stay makes a later one not the first (SPM measure 5).
const lookback = 730

func (r *run) firstTimeHomeless(stay int32) bool {
	if !r.entersIn(stay) || !homeOrShelter(r.projectType(stay)) {
		return false
	}
	entry := r.g.Entry(stay)
	return !r.anyOfPerson(stay, func(r *run, o int32) bool {
		exit := r.f.Exits.ExitDate[o]
		return r.g.Entry(o) < entry && homeOrShelter(r.projectType(o)) && (exit == facts.NoDay || exit >= entry-lookback)
	})
}

func (r *run) placed(stay int32) bool {
	t := r.projectType(stay)
	if permanentHousing(t) {
		if moved := r.g.MoveIn(stay); moved != facts.NoDay {
			return r.inPeriod(moved)
		}
	}
	return t != glossary.Prevention && r.exitsIn(stay) && permanent(r.g.Destination(stay))
}

// housed reports whether the person lives in permanent housing on the last day.
func (r *run) housed(stay int32) bool {
	if !permanentHousing(r.projectType(stay)) || r.g.Left(stay) {
		return false
	}
	moved := r.g.MoveIn(stay) // the entry of a member who comes later
	return moved != facts.NoDay && moved <= r.g.End
}

// sheltered reports whether the person sleeps in a shelter on the night of the last day.
func (r *run) sheltered(stay int32) bool { return r.inShelterType(stay) && r.g.Present(stay, r.g.End) }

func (r *run) unsheltered(stay int32) bool {
	return r.projectType(stay) == glossary.Outreach && r.g.Present(stay, r.g.End)
}

// lengths are the lengths of stays to the end of the period (report-rules.md 4).
func (r *run) lengths(stays []int32, days []int32) {
	entry, exit, project := r.f.Enrollments.EntryDate, r.f.Exits.ExitDate, r.f.Enrollments.Project
	end := r.g.End
	for i, s := range stays {
		switch out := exit[s]; {
		case r.types[project[s]] == glossary.ShelterNightly:
			days[i] = int32(r.g.Length(s))
		case out != facts.NoDay && out <= end:
			days[i] = max(int32(out-entry[s]), 0)
		default:
			days[i] = int32(end + 1 - entry[s])
		}
	}
}

func (r *run) daysToMoveIn(stay int32, observe func(hmis.Date)) {
	switch r.projectType(stay) {
	case glossary.SupportiveHousing, glossary.RapidRehousing:
		if moved := r.g.MoveIn(stay); r.inPeriod(moved) {
			observe(moved - r.g.Entry(stay))
		}
	}
}

// exitCounts reports whether the stay ended in the period for a destination that is not left out (report-rules.md 6).
func (r *run) exitCounts(stay int32) bool {
	if !r.exitsIn(stay) {
		return false
	}
	switch d := r.g.Destination(stay); d {
	case 206, 24:
		return false
	case 329:
		return r.projectType(stay) != glossary.Outreach
	case 215, 225:
		return r.projectType(stay) == glossary.Outreach
	}
	return true
}

func (r *run) destinationPart(stay int32) int {
	if !r.exitsIn(stay) {
		return -1
	}
	return r.destinationGroup(stay)
}

// incomeChange is what the later income is above that at start (report-rules.md 5), of adults of whom both are known.
func (r *run) incomeChange(stay int32) (change facts.Cents, known bool) {
	if !r.adult(stay) {
		return 0, false
	}
	later := glossary.AtAnnual
	if r.g.Left(stay) {
		later = glossary.AtExit
	}
	a, b := r.g.IncomeOf(r.g.IncomeAt(stay, glossary.AtStart)), r.g.IncomeOf(r.g.IncomeAt(stay, later))
	return b.Total - a.Total, a.Known && b.Known
}

func (r *run) insured(stay int32) bool {
	record := r.g.LatestIncome(stay)
	return record != glossary.NoRecord && r.f.Incomes.Insurances[record] != 0
}

// youth is as in HUD's reports (report-rules.md 3).
func (r *run) youth(stay int32) bool {
	age := r.age(stay)
	return age >= 12 && age <= 24 && r.home(r.f.Enrollments.Household[stay]).eldest <= 24
}

// nightsBetween bounds the nights of a stay in the period; ok is false where it has none, or has them one by one.
func (r *run) nightsBetween(stay int32) (from, to hmis.Date, ok bool) {
	from, to = r.g.Entry(stay), r.g.End
	if exit := r.g.Exit(stay); exit != facts.NoDay {
		to = exit - 1
	}
	switch t := r.projectType(stay); {
	case permanentHousing(t):
		if from = r.g.MoveIn(stay); from == facts.NoDay {
			return 0, 0, false
		}
	case t == glossary.ShelterNightly || !shelterType(t):
		return 0, 0, false
	}
	from = max(from, r.g.Start)
	return from, to, from <= to
}

// nights is the number of nights of a stay in the period.
func (r *run) nights(stay int32) int64 {
	if r.projectType(stay) == glossary.ShelterNightly {
		return int64(r.g.Nights(stay, r.g.Start, r.g.End))
	}
	if from, to, ok := r.nightsBetween(stay); ok {
		return int64(to-from) + 1
	}
	return 0
}

func (r *run) headNights(stay int32) int64 {
	if !r.g.IsHead(stay) {
		return 0
	}
	return r.nights(stay)
}

// countIn counts the records of a stay in the period, not before entry nor after the exit.
func (r *run) countIn(stay int32, records *facts.Records, dates []hmis.Date, test func(record int32) bool) (n int64) {
	from, to := max(r.g.Start, r.g.Entry(stay)), r.g.End
	if exit := r.g.Exit(stay); exit != facts.NoDay {
		to = exit
	}
	for i, until := records.Of(stay); i < until; i++ {
		if d := dates[i]; d >= from && d <= to && (test == nil || test(i)) {
			n++
		}
	}
	return n
}

// isReferral reports whether an event is a referral to an opening in housing (list 4.20.2).
func (r *run) isReferral(event int32) bool {
	switch r.f.Events.Event[event] {
	case 10, 11, 12, 13, 14, 15, 17, 18:
		return true
	}
	return false
}

func (r *run) daysToReferral(stay int32, observe func(hmis.Date)) {
	a := &r.f.Assessments
	r.countIn(stay, &r.f.Events.Records, r.f.Events.EventDate, func(event int32) bool {
		if !r.isReferral(event) {
			return false
		}
		day, since := r.f.Events.EventDate[event], facts.NoDay
		for i, until := a.Of(stay); i < until; i++ {
			if d := a.AssessmentDate[i]; d >= r.g.Entry(stay) && d <= day {
				since = max(since, d)
			}
		}
		if since != facts.NoDay {
			observe(day - since)
		}
		return true
	})
}

// contacted are stays of Q9a (report-rules.md 6).
func (r *run) contacted(stay int32) bool {
	switch r.projectType(stay) {
	case glossary.ShelterNightly, glossary.Outreach:
		return r.adultOrHead(stay) && r.g.ContactOf(stay).InPeriod
	}
	return false
}

// judged are the stays of which data quality is asked: all but those of street outreach not yet engaged (report-rules.md 2).
func (r *run) judged(stay int32) bool {
	engaged := r.f.Enrollments.DateOfEngagement[stay]
	return r.projectType(stay) != glossary.Outreach || engaged != facts.NoDay && engaged <= r.g.End
}

func (r *run) identityFault(stay int32) bool {
	return r.g.NameFault(stay) != glossary.NoFault || r.g.SSNFault(stay) != glossary.NoFault ||
		r.g.DOBFault(stay) != glossary.NoFault || r.g.RaceFault(stay) != glossary.NoFault
}

func (r *run) universalFault(stay int32) bool {
	heads := int(r.home(r.f.Enrollments.Household[stay]).heads)
	return r.g.Age(stay) != glossary.UnknownAge && r.g.VeteranFault(stay) != glossary.NoFault ||
		r.g.StartFault(stay) != glossary.NoFault || r.g.RelationFault(stay, heads) != glossary.NoFault ||
		r.g.IsHead(stay) && r.g.CoCFault(stay) != glossary.NoFault || r.g.DisablingFault(stay) != glossary.NoFault
}

// exitsToPermanentHousing are the exits that a return may follow (SPM measure 2).
func (r *run) exitsToPermanentHousing(stay int32) bool {
	t := r.projectType(stay)
	return r.exitsIn(stay) && (homeOrShelter(t) || t == glossary.Outreach) && permanent(r.g.Destination(stay))
}

// moveDays is how many days a return to permanent housing must lie behind an exit: what is sooner is a move (SPM measure 2).
const moveDays = 14

// returnAfter is the day of the first return after the exit of a stay, NoDay for none (SPM measure 2).
func (r *run) returnAfter(stay int32) hmis.Date {
	exit, first := r.g.Exit(stay), facts.NoDay
	from, to := r.own(stay)
	for o := from; o < to; o++ {
		entry := r.g.Entry(o)
		if o == stay || !r.inScope(o) || entry < exit || first != facts.NoDay && entry >= first {
			continue
		}
		t := r.projectType(o)
		if shelterType(t) || t == glossary.Outreach || permanentHousing(t) && entry > exit+moveDays && !r.movesBetweenHousing(o, from, to) {
			first = entry
		}
	}
	return first
}

// movesBetweenHousing reports whether a stay in permanent housing begins during another of the person there, or up to 14 days
// after it.
func (r *run) movesBetweenHousing(stay, from, to int32) bool {
	entry := r.g.Entry(stay)
	for o := from; o < to; o++ {
		if o == stay || !r.inScope(o) || !permanentHousing(r.projectType(o)) {
			continue
		}
		if exit := r.f.Exits.ExitDate[o]; entry > r.g.Entry(o) && (exit == facts.NoDay || entry <= exit+moveDays) {
			return true
		}
	}
	return false
}
