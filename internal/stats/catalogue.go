package stats

import (
	"io"
	"strconv"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Measure is a number that can be asked for.
type Measure uint8

// The measures, in the order of the catalogue.
const (
	Served Measure = iota
	StaysInQuestion
	ActiveAtStart
	ActiveAtEnd
	Entered
	Exited
	Inflow
	Outflow
	NewlyIdentified
	FirstTimeHomeless
	HousingPlacements
	ShelteredOnNight
	UnshelteredOnNight
	AveragePerNight
	LengthOfStay
	LengthOfTimeHomeless
	DaysToMoveIn
	ExitsToPermanent
	DestinationMix
	Returns6Months
	Returns12Months
	Returns24Months
	WithIncome
	WithEarnedIncome
	IncreasedIncome
	WithHealthInsurance
	ChronicallyHomeless
	Veterans
	Youth
	Survivors
	WithDisablingCondition
	BedNights
	BedUtilization
	UnitUtilization
	Contacts
	Engaged
	EngagementRate
	Assessments
	Referrals
	DaysToReferral
	ServicesProvided
	AverageHouseholdSize
	AverageAge
	ErrorsInIdentity
	ErrorsInUniversal
	ErrorsAtExit
	ErrorsInIncome
	EntryTimeliness
	ExitTimeliness
	measureCount
)

// Kind is the shape of the value of a measure.
type Kind uint8

// The kinds.
const (
	Count    Kind = iota // a whole number
	Rate                 // units in the numerator among those in the denominator, 0 to 1 (utilization may be more)
	Average              // a sum over a number of things
	Duration             // days of each observation: mean, median, 90th percentile, buckets
	Flow                 // events by part, added up
	Mix                  // units by part; a unit may be in several
)

var kindNames = [...]string{"COUNT", "RATE", "AVERAGE", "DURATION", "FLOW", "MIX"}

func (k Kind) String() string { return kindNames[k] }

// Part is a part of a flow or a mix.
type Part struct{ Name, Label, Definition string }

// Bucket is a range of days, both included; the last of a list has no To (-1).
type Bucket struct {
	Label    string
	From, To int
}

// MeasureInfo is what the catalogue says of a measure.
type MeasureInfo struct {
	Measure    Measure
	Name       string // as GraphQL writes it
	Label      string
	Definition string // in the words of the package's comment; it is the GraphQL description
	Reference  string // HUD's element numbers, report rule, report
	Unit       string // what the number counts
	Kind       Kind
	Category   hmis.Category // the strictest of its sources
	Parts      []Part        // of a flow or a mix
	Buckets    []Bucket      // of a duration
}

// Measures lists the measures.
func Measures() []MeasureInfo { return measures[:] }

// Info is the catalogue's entry.
func (m Measure) Info() *MeasureInfo { return &measures[m] }

func (m Measure) String() string { return measures[m].Name }

// ParseMeasure is the reverse of String.
func ParseMeasure(name string) (Measure, bool) {
	for m := range measures {
		if measures[m].Name == name {
			return Measure(m), true
		}
	}
	return 0, false
}

// MarshalText gives the name.
func (m Measure) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the name.
func (m *Measure) UnmarshalText(b []byte) error { return m.UnmarshalGQL(string(b)) }

// MarshalGQL writes the name as a JSON string.
func (m Measure) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(m.String())) }

// UnmarshalGQL reads the name.
func (m *Measure) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	parsed, ok := ParseMeasure(s)
	if !ok {
		return errNoMeasure
	}
	*m = parsed
	return nil
}

// stayLengths are the lengths of APR Q22 (report-rules.md 4).
var stayLengths = []Bucket{{"7 days or less", 0, 7}, {"8 to 14 days", 8, 14}, {"15 to 21 days", 15, 21}, {"22 to 30 days", 22, 30},
	{"31 to 60 days", 31, 60}, {"61 to 90 days", 61, 90}, {"91 to 180 days", 91, 180}, {"181 to 365 days", 181, 365},
	{"366 to 730 days", 366, 730}, {"731 to 1,095 days", 731, 1095}, {"1,096 to 1,460 days", 1096, 1460},
	{"1,461 to 1,825 days", 1461, 1825}, {"more than 1,825 days", 1826, -1}}

// timeliness are the delays of APR Q6e.
var timeliness = []Bucket{{"before", -1 << 30, -1}, {"0 days", 0, 0}, {"1 to 3 days", 1, 3}, {"4 to 6 days", 4, 6}, {"7 to 10 days", 7, 10}, {"11 days or more", 11, -1}}

var inflowParts = []Part{
	{"FIRST_TIME", "First time", "the unit was never active before"},
	{"RETURNED_FROM_PERMANENT", "Returned from permanent housing", "the unit's last outflow before was TO_PERMANENT"},
	{"RE_ENGAGED", "Re-engaged", "the unit's last outflow before was TO_OTHER or TO_INACTIVE"},
}

var outflowParts = []Part{
	{"TO_PERMANENT", "To permanent housing", "the deciding stay ended by a move-in, or by an exit to a destination 400-499 (435 only with a subsidy type of list 3.12.A)"},
	{"TO_OTHER", "To other places", "it ended by an exit to another destination that is known"},
	{"TO_INACTIVE", "Inactive", "it ended by an exit to a destination that is not known (8, 9, 30, 37, 99, empty, none of HUD's list, or 435 without a subsidy type of list 3.12.A), or, by ActiveBy SERVICE, because 90 days passed without a service"},
}

var destinationParts = []Part{
	{"HOMELESS", "Homeless situations", "destinations 100-199"},
	{"INSTITUTIONAL", "Institutional situations", "200-299"},
	{"TEMPORARY", "Temporary situations", "300-399"},
	{"PERMANENT", "Permanent situations", "400-499 (435 only with a subsidy type of list 3.12.A)"},
	{"OTHER", "Other", "17, 24, 30"},
	{"UNKNOWN", "Not known", "8, 9, 99, empty, none of HUD's list of destinations, or 435 without a subsidy type of list 3.12.A"},
}

const (
	activeWords = `A unit is active on day d when one of its considered stays (in or out of S..E) has d in its active days. By ActiveBy ENROLLMENT these are the days from EntryDate to the day before the exit, and EntryDate in any case. By SERVICE they are of those the ones that lie less than 90 days after EntryDate or a later day with a bed night, Services, CurrentLivingSituation, Assessment or Event record of the stay, the day itself included. In permanent housing (3, 9, 10, 13) with a move-in, the active days end the day before the move-in (none where that is EntryDate): who is housed is not waiting. Whether a move-in is valid is for this judged by all exits and move-ins that are known, those after E too. An exit, move-in or service after E is none otherwise.`

	flowWords = activeWords + ` An event on day d of S..E is a change between the day before and d. The same unit may have several.`

	decidingWords = ` The deciding stay of an outflow on day d is, of the considered stays whose last active day of a run was d - 1, one that ended for TO_PERMANENT if there is any, else for TO_OTHER, else TO_INACTIVE. In by SERVICE a gap of 90 days within a stay ends a run, for TO_INACTIVE; a stay that is cut by its exit or move-in on the same day ended by that.`

	nightWords = ` Nights of a stay in question: project types 0, 2, 8: from EntryDate to the day before the exit; 1: its distinct days with a bed night (Services RecordType 200), not before EntryDate, nor on or after the exit; 3, 9, 10, 13: from the move-in to the day before the exit; other types: none. Only nights in S..E.`

	exitWords = `stays in question with an exit in S..E`
)

var measures = [measureCount]MeasureInfo{
	{Served, "SERVED", "Served", "Units with a stay in question.", "3.10, 3.11; report-rules.md 2; APR Q7a, Q8a", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{StaysInQuestion, "STAYS", "Stays", "The stays in question, whatever the unit.", "3.10, 3.11; report-rules.md 2", "stays", Count, hmis.EnrollmentCategory, nil, nil},
	{ActiveAtStart, "ACTIVE_AT_START", "Active at start", "Units active on the day before S. " + activeWords, "3.10, 3.11, 3.20; by-name list", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{ActiveAtEnd, "ACTIVE_AT_END", "Active at end", "Units active on E; always active at start + inflow - outflow. " + activeWords, "3.10, 3.11, 3.20; by-name list", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{Entered, "ENTERED", "Entered", "Units with a stay in question whose EntryDate lies in S..E.", "3.10", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{Exited, "EXITED", "Exited", "Units with a stay in question whose exit lies in S..E.", "3.11; APR Q5a row 6", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{Inflow, "INFLOW", "Inflow", "Times that a unit became active in S..E, by what it was before. " + flowWords, "3.10, 3.11, 3.12, 3.20; by-name list", "events", Flow, hmis.EnrollmentCategory, inflowParts, nil},
	{Outflow, "OUTFLOW", "Outflow", "Times that a unit ceased to be active in S..E, by how. " + flowWords + decidingWords, "3.11, 3.12, 3.20; by-name list", "events", Flow, hmis.EnrollmentCategory, outflowParts, nil},
	{NewlyIdentified, "NEWLY_IDENTIFIED", "Newly identified", "Units with a stay in question whose EntryDate lies in S..E and whose person (Identity) has no stay in the scope, in whatever project and whether considered or not, with an earlier EntryDate.", "3.10", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{FirstTimeHomeless, "FIRST_TIME_HOMELESS", "Homeless for the first time", "Units with a stay in question in project types 0, 1, 2, 3, 8, 9, 10, 13 whose EntryDate lies in S..E and whose person (Identity) has no other stay in the scope, of these types, with an earlier EntryDate and either no exit or an exit on or after EntryDate - 730 days.", "SPM measure 5.2", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{HousingPlacements, "HOUSING_PLACEMENTS", "Housing placements", "Units with a stay in question that, in project types 3, 9, 10, 13, has its move-in in S..E, or, in any type but 12, has no such move-in by E and an exit in S..E to a destination 400-499 (435 only with a subsidy type of list 3.12.A).", "3.20, 3.12; APR Q22c, Q23c", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{ShelteredOnNight, "SHELTERED_ON_NIGHT", "Sheltered on the night of the last day", "Units with a stay in question in project type 0, 2 or 8 with EntryDate <= E and no exit or one after E, or in type 1 with a bed night on E not before EntryDate. Left out are stays of persons (Identity) who, by any stay in the scope in types 3, 9, 10, 13, are housed on E: move-in <= E and no exit or one after E.", "PIT; report-rules.md 15", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{UnshelteredOnNight, "UNSHELTERED_ON_NIGHT", "Unsheltered on the night of the last day", "Units with a stay in question in project type 4 with EntryDate <= E and no exit or one on or after E. Left out are stays of persons (Identity) who, by any stay in the scope, are housed on E or in types 0, 1, 2, 8 on E as under sheltered.", "PIT; report-rules.md 4, 15", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{AveragePerNight, "AVERAGE_PER_NIGHT", "Average per night", "Numerator: over all days of S..E, units with a night on that day, added up. Denominator: the days of S..E." + nightWords, "4.14, 3.10, 3.11, 3.20", "units per night", Average, hmis.EnrollmentCategory, nil, nil},
	{LengthOfStay, "LENGTH_OF_STAY", "Length of stay", "Of every stay in question (for the unit HOUSEHOLDS: of heads, RelationshipToHoH 1) its length to E: in project type 1 the distinct days with a bed night, not before EntryDate, not after E, nor on or after the exit; else exit - EntryDate, not below 0, or without an exit E + 1 - EntryDate.", "report-rules.md 4; APR Q22a, Q22b", "days", Duration, hmis.EnrollmentCategory, nil, stayLengths},
	{LengthOfTimeHomeless, "LENGTH_OF_TIME_HOMELESS", "Length of time homeless", "Of every unit with a stay in question in project type 0, 1, 2 or 8 the number of homeless days. Homeless days: nights of all stays in the scope of the persons of these stays (Identity): types 0, 2, 8 from EntryDate to the day before the exit, type 1 its bed nights (not before EntryDate, nor on or after the exit), none after E; less the days from move-in to the day before the exit of their stays in types 3, 9, 10, 13. A unit without such a day in S..E is left out. The client end is the last homeless day in S..E; counted are the homeless days from client end - 365 to client end, and if the first of these days is one, backwards from it every homeless day without a gap; none before S - 7 years. For HOUSEHOLDS and ENROLLMENTS the persons are the members with such a stay, and the person of the stay.", "SPM measure 1a row 3, without regard to CoC and DOB", "days", Duration, hmis.EnrollmentCategory, nil, stayLengths},
	{DaysToMoveIn, "DAYS_TO_MOVE_IN", "Days to move-in", "Of every stay in question (for the unit HOUSEHOLDS: of heads) in project type 3 or 13 whose move-in lies in S..E: move-in - EntryDate.", "3.20; report-rules.md 4; APR Q22c", "days", Duration, hmis.EnrollmentCategory, nil, stayLengths},
	{ExitsToPermanent, "EXITS_TO_PERMANENT", "Exits to permanent destinations", "Denominator: units with " + exitWords + " whose destination is not excluded: 206, 329, 24 in project type 4; 206, 215, 225, 24 in the other types. Numerator: units with such a stay with a destination 400-499 (435 only with a subsidy type of list 3.12.A).", "3.12; APR Q23c, SPM measure 7", "units", Rate, hmis.EnrollmentCategory, nil, nil},
	{DestinationMix, "DESTINATION_MIX", "Destinations", "Units with " + exitWords + ", by the group of the destination; in all: units with any.", "3.12; APR Q23c, Q23e", "units", Mix, hmis.EnrollmentCategory, destinationParts, nil},
	{Returns6Months, "RETURNS_6_MONTHS", "Returns within 6 months", returnWords(180), "SPM measure 2 (which looks at exits two years before its period)", "units", Rate, hmis.EnrollmentCategory, nil, nil},
	{Returns12Months, "RETURNS_12_MONTHS", "Returns within 12 months", returnWords(365), "SPM measure 2", "units", Rate, hmis.EnrollmentCategory, nil, nil},
	{Returns24Months, "RETURNS_24_MONTHS", "Returns within 24 months", returnWords(730), "SPM measure 2", "units", Rate, hmis.EnrollmentCategory, nil, nil},
	{WithIncome, "WITH_INCOME", "With income", incomeWords("total income is known and above 0"), "4.02; report-rules.md 5; APR Q16", "units", Rate, hmis.Income, nil, nil},
	{WithEarnedIncome, "WITH_EARNED_INCOME", "With earned income", incomeWords("income is known and whose earned income is above 0"), "4.02; report-rules.md 5; APR Q18", "units", Rate, hmis.Income, nil, nil},
	{IncreasedIncome, "INCREASED_INCOME", "With increased income", "Denominator: units with a stay in question of a person of 18 or over (AgeAt) with a known total income both at start (the latest record of stage 1 dated EntryDate) and later (with an exit: the latest of stage 3 dated the exit; else the annual assessment due last, report-rules.md 5). Numerator: units with such a stay whose later total is higher.", "4.02; report-rules.md 5; APR Q19a, SPM measure 4", "units", Rate, hmis.Income, nil, nil},
	{WithHealthInsurance, "WITH_HEALTH_INSURANCE", "With health insurance", "Denominator: units with a stay in question. Numerator: units with one whose latest IncomeBenefits record dated on or before E marks any of the insurances with 1.", "4.04; APR Q21", "units", Rate, hmis.Income, nil, nil},
	{ChronicallyHomeless, "CHRONICALLY_HOMELESS", "Chronically homeless", "Units with a stay in question that has YES in the dimension CHRONIC.", "3.917, 3.08; report-rules.md 7; APR Q26b", "units", Count, hmis.HIV, nil, nil},
	{Veterans, "VETERANS", "Veterans", "Units with a stay in question that has YES in the dimension VETERAN.", "3.07; APR Q25a", "units", Count, hmis.Demographics, nil, nil},
	{Youth, "YOUTH", "Youth", "Units with a stay in question of a person of 12 to 24 (AgeAt) in whose household nobody is known to be older than 24, of the members who make the dimension HOUSEHOLD_TYPE.", "3.03; report-rules.md 3; APR Q27a", "units", Count, hmis.Demographics, nil, nil},
	{Survivors, "SURVIVORS", "Survivors of domestic violence", "Units with a stay in question that has YES in the dimension SURVIVOR.", "4.11; APR Q14a", "units", Count, hmis.DomesticViolence, nil, nil},
	{WithDisablingCondition, "WITH_DISABLING_CONDITION", "With a disabling condition", "Units with a stay in question whose DisablingCondition is 1.", "3.08", "units", Count, hmis.Health, nil, nil},
	{BedNights, "BED_NIGHTS", "Bed nights", "The nights of all stays in question, added up." + nightWords, "4.14, 3.10, 3.11, 3.20", "nights", Count, hmis.ServicesCategory, nil, nil},
	{BedUtilization, "BED_UTILIZATION", "Bed utilization", "Numerator: the nights of all stays in question, added up." + nightWords + " Denominator: over all days of S..E, the BedInventory of the Inventory records in force on that day (InventoryStartDate <= day, no end or end >= day), added up, of the projects of types 0, 1, 2, 3, 8, 9, 10, 13 in the scope that meet the conditions on ORGANIZATION, PROJECT, PROJECT_TYPE, PROJECT_TYPE_GROUP, FUNDER, FEDERAL_PARTNER and TARGET_POPULATION; a condition on COC is about the CoCCode of the record, one on GEOCODE about the Geocode of the first ProjectCoC of the project for that CoC; other conditions do not touch it.", "2.07, 4.14; HIC", "nights", Rate, hmis.ServicesCategory, nil, nil},
	{UnitUtilization, "UNIT_UTILIZATION", "Unit utilization", "Numerator: the nights of all stays in question of heads (RelationshipToHoH 1), added up." + nightWords + " Denominator: as of bed utilization, with UnitInventory.", "2.07, 4.14; HIC", "household nights", Rate, hmis.ServicesCategory, nil, nil},
	{Contacts, "CONTACTS", "Contacts", "CurrentLivingSituation records of stays in question dated in S..E, not before EntryDate nor after the exit.", "4.12", "contacts", Count, hmis.Location, nil, nil},
	{Engaged, "ENGAGED", "Engaged", "Units with a stay in question whose DateOfEngagement lies in S..E.", "4.13; APR Q9b", "units", Count, hmis.EnrollmentCategory, nil, nil},
	{EngagementRate, "ENGAGEMENT_RATE", "Rate of engagement", "Denominator: units with a stay in question in project type 1 or 4 of a head or a person of 18 or over (AgeAt) that was contacted: DateOfEngagement in S..E, or a CurrentLivingSituation record in S..E that is not before EntryDate, nor after the exit, nor after a DateOfEngagement on or before E. Numerator: units with such a stay whose DateOfEngagement lies in S..E.", "4.12, 4.13; report-rules.md 6; APR Q9", "units", Rate, hmis.Location, nil, nil},
	{Assessments, "ASSESSMENTS", "Coordinated entry assessments", "Assessment records of stays in question dated in S..E, not before EntryDate nor after the exit.", "4.19; CE APR Q10", "assessments", Count, hmis.CoordinatedEntry, nil, nil},
	{Referrals, "REFERRALS", "Referrals to housing", "Event records of stays in question with Event 10 to 15, 17 or 18 dated in S..E, not before EntryDate nor after the exit.", "4.20; CE APR Q9d, Q10", "referrals", Count, hmis.CoordinatedEntry, nil, nil},
	{DaysToReferral, "DAYS_TO_REFERRAL", "Days to referral", "Of every referral that REFERRALS counts (for the unit HOUSEHOLDS: of heads) whose stay has an Assessment dated on or before it (and not before EntryDate): days since the latest of them.", "4.19, 4.20", "days", Duration, hmis.CoordinatedEntry, nil, stayLengths},
	{ServicesProvided, "SERVICES_PROVIDED", "Services provided", "Services records of stays in question other than bed nights (RecordType 200), dated in S..E, not before EntryDate nor after the exit.", "4.14, P1, R14, V2, W1", "services", Count, hmis.HIV, nil, nil},
	{AverageHouseholdSize, "AVERAGE_HOUSEHOLD_SIZE", "Average household size", "Denominator: households with a stay in question. Numerator: of these households the members, stays in the scope active by enrollment in S..E whether considered or not, added up.", "3.15; APR Q7a, Q8a", "persons per household", Average, hmis.EnrollmentCategory, nil, nil},
	{AverageAge, "AVERAGE_AGE", "Average age", "Denominator: units with a stay in question of a person of known age. Numerator: of each the highest age (AgeAt) of such a stay, added up.", "3.03", "years", Average, hmis.Demographics, nil, nil},
	{ErrorsInIdentity, "ERRORS_IN_IDENTITY", "Data quality: identifying data", errorWords("name, SSN, date of birth or race", "Q6a"), "3.01 to 3.04; report-rules.md 8; APR Q6a row 6", "units", Rate, hmis.Demographics, nil, nil},
	{ErrorsInUniversal, "ERRORS_IN_UNIVERSAL", "Data quality: universal elements", errorWords("veteran status (of known age), project start date, relationship to head of household, enrollment CoC (of heads) or disabling condition", "Q6b"), "3.07, 3.08, 3.10, 3.15, 3.16; report-rules.md 8; APR Q6b", "units", Rate, hmis.Health, nil, nil},
	{ErrorsAtExit, "ERRORS_AT_EXIT", "Data quality: destination", "Denominator: units with a stay in question with an exit by E. Numerator: units with such a stay whose Destination is empty, 8, 9, 30 or 99, as APR Q6c asks.", "3.12; report-rules.md 8; APR Q6c row 2", "units", Rate, hmis.EnrollmentCategory, nil, nil},
	{ErrorsInIncome, "ERRORS_IN_INCOME", "Data quality: income at start", "Denominator: units with a stay in question of a head or a person of 18 or over (AgeAt). Numerator: units with such a stay without an IncomeBenefits record of stage 1 dated EntryDate, or whose latest has IncomeFromAnySource empty, 8, 9 or 99, or 0 with a source marked 1, or 1 with none.", "4.02; report-rules.md 8; APR Q6c row 3", "units", Rate, hmis.Income, nil, nil},
	{EntryTimeliness, "ENTRY_TIMELINESS", "Timeliness of entries", "Of every stay in question (for the unit HOUSEHOLDS: of heads) whose EntryDate lies in S..E: day of DateCreated - EntryDate, which may be below 0; one without DateCreated is left out.", "5.01, 3.10; report-rules.md 8; APR Q6e", "days", Duration, hmis.EnrollmentCategory, nil, timeliness},
	{ExitTimeliness, "EXIT_TIMELINESS", "Timeliness of exits", "Of every stay in question (for the unit HOUSEHOLDS: of heads) whose exit lies in S..E: day of the Exit's DateCreated - ExitDate, which may be below 0; one without DateCreated is left out.", "5.01, 3.11; report-rules.md 8; APR Q6e", "days", Duration, hmis.EnrollmentCategory, nil, timeliness},
}

func returnWords(days int) string {
	n := strconv.Itoa(days)
	return "Denominator: units with a stay in question in project types 0, 1, 2, 3, 4, 8, 9, 10, 13 with an exit in S..E to a destination 400-499 (435 only with a subsidy type of list 3.12.A). Of a unit the earliest such exit counts (of several on a day, it is enough that one was followed by a return). Numerator: units whose person (Identity) after it has a return within " + n + " days: the first return of that stay has EntryDate <= exit + " + n + " days, whether before or after E. The first return is, of the person's other stays in the scope (whether considered or not) with EntryDate >= that exit, the earliest EntryDate of one in types 0, 1, 2, 4, 8, or in permanent housing (3, 9, 10, 13) if it is more than 14 days after the exit and not from 1 day after the EntryDate to 14 days after the exit (after E too; without one, ever after) of another stay of the person in the scope in permanent housing. By the unit HOUSEHOLDS the person is that of the stay."
}

func incomeWords(what string) string {
	return "Denominator: units with a stay in question of a person of 18 or over (AgeAt). Numerator: units with such a stay whose latest IncomeBenefits record dated on or before E says that " + what + " (report-rules.md 5: TotalMonthlyIncome above 0, else the sum of the positive amounts of the sources marked 1, else 0 where there is no income; earned is EarnedAmount where Earned is 1)."
}

func errorWords(elements, table string) string {
	return "Denominator: units with a stay in question; stays in project type 4 without a DateOfEngagement on or before E do not count here. Numerator: units with such a stay with any fault in " + elements + ", as APR " + table + " finds them: not known or refused, missing, or an issue."
}
