package stats

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Dimension is what can be grouped by and put conditions on.
type Dimension uint8

// The dimensions, in the order of the catalogue.
const (
	CoC Dimension = iota
	Geocode
	Organization
	Project
	ProjectType
	ProjectTypeGroup
	Funder
	FederalPartner
	TargetPopulation
	HouseholdType
	Relationship
	AgeBand
	AgeBandFine
	RaceEthnicity
	Sex
	Veteran
	Chronic
	DisablingCondition
	DisabilityType
	Survivor
	PriorSituationGroup
	PriorSituation
	DestinationGroup
	Destination
	LengthOfStayBucket
	IncomeBand
	InMonth
	InQuarter
	InYear
	InFederalFiscalYear
	dimensionCount
)

// Value is a value of a dimension. Name is what conditions name it by, and what GraphQL writes.
type Value struct{ Name, Label string }

// DimensionInfo is what the catalogue says of a dimension.
type DimensionInfo struct {
	Dimension  Dimension
	Name       string
	Label      string
	Definition string // the value of a stay; it is the GraphQL description
	Reference  string
	Category   hmis.Category // the strictest of its sources
	Many       bool          // a stay may have several values
	OfProject  bool          // the project alone decides
	Grain      Grain         // of a dimension of time
	Values     []Value       // in order; nil: Engine.Values lists what the facts have
}

// Dimensions lists the dimensions.
func Dimensions() []DimensionInfo { return dimensions[:] }

// Info is the catalogue's entry.
func (d Dimension) Info() *DimensionInfo { return &dimensions[d] }

func (d Dimension) String() string { return dimensions[d].Name }

// ParseDimension is the reverse of String.
func ParseDimension(name string) (Dimension, bool) {
	for d := range dimensions {
		if dimensions[d].Name == name {
			return Dimension(d), true
		}
	}
	return 0, false
}

// MarshalText gives the name.
func (d Dimension) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the name.
func (d *Dimension) UnmarshalText(b []byte) error { return d.UnmarshalGQL(string(b)) }

// MarshalGQL writes the name as a JSON string.
func (d Dimension) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(d.String())) }

// UnmarshalGQL reads the name.
func (d *Dimension) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	parsed, ok := ParseDimension(s)
	if !ok {
		return hmis.Errorf(hmis.Invalid, "not a dimension; the field dimensions lists them")
	}
	*d = parsed
	return nil
}

// The values that many dimensions share.
var (
	unknownValue      = Value{"UNKNOWN", "Not known"}
	dontKnowValue     = Value{"CLIENT_DOES_NOT_KNOW_OR_PREFERS_NOT_TO_ANSWER", "Client doesn't know or prefers not to answer"}
	notCollectedValue = Value{"DATA_NOT_COLLECTED", "Data not collected"}
	yesNoValues       = []Value{{"YES", "Yes"}, {"NO", "No"}, dontKnowValue, notCollectedValue}
)

// The first values of yesNoValues.
const (
	yesValue = iota
	noValue
	dontKnowAt
	notCollectedAt
)

const yesNoWords = " 8 and 9 are one value; empty and other codes are DATA_NOT_COLLECTED."

// ageBands are those of APR Q11, fineBands finer ones; each begins where the one before ended.
var (
	ageBands  = []int{0, 5, 13, 18, 25, 35, 45, 55, 65}
	fineBands = []int{0, 1, 3, 6, 10, 13, 16, 18, 21, 25, 30, 35, 40, 45, 50, 55, 60, 62, 65, 70, 75, 80}
)

// incomeBands are those of APR Q16 in dollars: each ends with the number.
var incomeBands = []int64{0, 150, 250, 500, 1000, 1500, 2000}

var dimensions = [dimensionCount]DimensionInfo{
	{CoC, "COC", "Continuum of Care", "The CoC of the stay: the one of its project where all ProjectCoC records of it name one; else the EnrollmentCoC of the head of household (of two heads the one that entered later; without a head, the stay's own). UNKNOWN where that is empty.", "2.03.1, 3.16; report-rules.md 2", hmis.Location, false, false, NoGrain, nil},
	{Geocode, "GEOCODE", "Geocode", "The Geocode of the project's first ProjectCoC record (by id) for the stay's COC. UNKNOWN where there is none.", "2.03.2", hmis.Location, false, false, NoGrain, nil},
	{Organization, "ORGANIZATION", "Organization", "The organization of the stay's project.", "2.01", hmis.EnrollmentCategory, false, true, NoGrain, nil},
	{Project, "PROJECT", "Project", "The stay's project.", "2.02", hmis.EnrollmentCategory, false, true, NoGrain, nil},
	{ProjectType, "PROJECT_TYPE", "Project type", "ProjectType of list 2.02.6. UNKNOWN for another code.", "2.02.6", hmis.EnrollmentCategory, false, true, NoGrain, append(valuesOf("2.02.6"), unknownValue)},
	{ProjectTypeGroup, "PROJECT_TYPE_GROUP", "Project type group", "EMERGENCY_SHELTER types 0 and 1; SAFE_HAVEN 8; TRANSITIONAL_HOUSING 2; STREET_OUTREACH 4; RAPID_REHOUSING 13; PERMANENT_HOUSING 3, 9 and 10; HOMELESSNESS_PREVENTION 12; COORDINATED_ENTRY 14; SERVICES 6, 7, 11 and others.", "2.02.6", hmis.EnrollmentCategory, false, true, NoGrain, []Value{
		{"EMERGENCY_SHELTER", "Emergency shelter"}, {"SAFE_HAVEN", "Safe haven"}, {"TRANSITIONAL_HOUSING", "Transitional housing"}, {"STREET_OUTREACH", "Street outreach"},
		{"RAPID_REHOUSING", "Rapid re-housing"}, {"PERMANENT_HOUSING", "Permanent supportive and other permanent housing"}, {"HOMELESSNESS_PREVENTION", "Homelessness prevention"},
		{"COORDINATED_ENTRY", "Coordinated entry"}, {"SERVICES", "Services, day shelter and other"}}},
	{Funder, "FUNDER", "Funder", "The Funder codes of list 2.06.1 of the project's Funder records whose dates touch S..E. NONE where there is none.", "2.06.1", hmis.HIV, true, true, NoGrain, append(valuesOf("2.06.1"), Value{"NONE", "None"})},
	{FederalPartner, "FEDERAL_PARTNER", "Federal partner", "The federal partners of the funders of FUNDER, as hmis.FunderInfos names them (HUD:CoC is HUD_COC). NONE where there is none.", "2.06", hmis.HIV, true, true, NoGrain, partnerValues},
	{TargetPopulation, "TARGET_POPULATION", "Target population", "TargetPopulation of the project, list 2.02.7. NOT_APPLICABLE where empty or another code.", "2.02.7", hmis.HIV, false, true, NoGrain, valuesOf("2.02.7")},
	{HouseholdType, "HOUSEHOLD_TYPE", "Household type", "From the ages (AgeAt) of the household's members whose stay is in the scope and active by enrollment in S..E, considered or not (of a household without any, of all its members): at least one adult (18 and over) and one child: WITH_CHILDREN; else any unknown age: UNKNOWN; only adults: WITHOUT_CHILDREN; only children: ONLY_CHILDREN.", "3.15, 3.03; report-rules.md 3", hmis.Demographics, false, false, NoGrain, []Value{
		{"WITHOUT_CHILDREN", "Without children"}, {"WITH_CHILDREN", "With children and adults"}, {"ONLY_CHILDREN", "With only children"}, {"UNKNOWN", "Unknown household type"}}},
	{Relationship, "RELATIONSHIP", "Relationship to head of household", "RelationshipToHoH of list 3.15.1. DATA_NOT_COLLECTED where empty or another code.", "3.15", hmis.EnrollmentCategory, false, false, NoGrain, valuesOf("3.15.1")},
	{AgeBand, "AGE_BAND", "Age", "The age (AgeAt) in HUD's bands.", "3.03; APR Q11", hmis.Demographics, false, false, NoGrain, bandValues(ageBands)},
	{AgeBandFine, "AGE_BAND_FINE", "Age, finer", "The age (AgeAt) in finer bands.", "3.03", hmis.Demographics, false, false, NoGrain, bandValues(fineBands)},
	{RaceEthnicity, "RACE_ETHNICITY", "Race and ethnicity", "By RaceMethod ALONE_OR_IN_COMBINATION each of the seven that is 1 in the client record; by COMBINED that one where one is 1, MULTIRACIAL_HISPANIC where several are and HispanicLatinao is among them, else MULTIRACIAL. UNKNOWN where none is 1.", "3.04; report-rules.md 6; APR Q12, Q22f", hmis.Demographics, true, false, NoGrain, []Value{
		{"AMERICAN_INDIAN_ALASKA_NATIVE_OR_INDIGENOUS", "American Indian, Alaska Native, or Indigenous"}, {"ASIAN_OR_ASIAN_AMERICAN", "Asian or Asian American"},
		{"BLACK_AFRICAN_AMERICAN_OR_AFRICAN", "Black, African American, or African"}, {"HISPANIC_LATINA_O", "Hispanic/Latina/o"},
		{"MIDDLE_EASTERN_OR_NORTH_AFRICAN", "Middle Eastern or North African"}, {"NATIVE_HAWAIIAN_OR_PACIFIC_ISLANDER", "Native Hawaiian or Pacific Islander"},
		{"WHITE", "White"}, {"MULTIRACIAL_HISPANIC", "At least 1 race and Hispanic/Latina/o"}, {"MULTIRACIAL", "Multi-racial (does not include Hispanic/Latina/o)"}, unknownValue}},
	{Sex, "SEX", "Sex", "Sex of the client record: 0 FEMALE, 1 MALE." + yesNoWords, "4.21; APR Q24e", hmis.Demographics, false, false, NoGrain, []Value{{"FEMALE", "Female"}, {"MALE", "Male"}, dontKnowValue, notCollectedValue}},
	{Veteran, "VETERAN", "Veteran", "Under 18 (AgeAt): NO. Else by VeteranStatus of the client record: 0 NO; 1 YES, of unknown age DATA_NOT_COLLECTED." + yesNoWords, "3.07; report-rules.md 3; APR Q25a", hmis.Demographics, false, false, NoGrain, yesNoValues},
	{Chronic, "CHRONIC", "Chronically homeless at project start", "By report-rules.md 7, which asks the stay and the household's other stays that entered on its first day; who there is a child is judged by AgeAt START.", "3.917, 3.08, 4.05 to 4.10; APR Q26b", hmis.HIV, false, false, NoGrain, yesNoValues},
	{DisablingCondition, "DISABLING_CONDITION", "Disabling condition", "DisablingCondition of the stay." + yesNoWords, "3.08", hmis.Health, false, false, NoGrain, yesNoValues},
	{DisabilityType, "DISABILITY_TYPE", "Conditions at start", "From the stay's Disabilities records of stage 1, of each type the latest: response 1, for substance use 1 alcohol, 2 drugs, 3 both. NONE where there is none of these.", "4.05 to 4.10; report-rules.md 6; APR Q13a1", hmis.HIV, true, false, NoGrain, []Value{
		{"MENTAL_HEALTH_DISORDER", "Mental health disorder"}, {"ALCOHOL_USE_DISORDER", "Alcohol use disorder"}, {"DRUG_USE_DISORDER", "Drug use disorder"},
		{"CHRONIC_HEALTH_CONDITION", "Chronic health condition"}, {"HIV_AIDS", "HIV/AIDS"}, {"DEVELOPMENTAL_DISABILITY", "Developmental disability"},
		{"PHYSICAL_DISABILITY", "Physical disability"}, {"NONE", "None"}}},
	{Survivor, "SURVIVOR", "Survivor of domestic violence", "DomesticViolenceSurvivor of the stay's latest HealthAndDV record dated on or before E that has an answer." + yesNoWords, "4.11; APR Q14a", hmis.DomesticViolence, false, false, NoGrain, yesNoValues},
	{PriorSituationGroup, "PRIOR_SITUATION_GROUP", "Prior living situation, group", "The group of LivingSituation: HOMELESS 100-199, INSTITUTIONAL 200-299, TEMPORARY 300-399, PERMANENT 400-499, OTHER 17; UNKNOWN for all else.", "3.917; APR Q15", hmis.EnrollmentCategory, false, false, NoGrain, situationGroups},
	{PriorSituation, "PRIOR_SITUATION", "Prior living situation", "LivingSituation of list 3.12.1. DATA_NOT_COLLECTED where empty or another code.", "3.917; APR Q15", hmis.BehavioralHealth, false, false, NoGrain, valuesOf("3.12.1")},
	{DestinationGroup, "DESTINATION_GROUP", "Destination, group", "The group of the destination of an exit on or before E, as the parts of DESTINATION_MIX; NOT_EXITED without one.", "3.12; APR Q23c", hmis.EnrollmentCategory, false, false, NoGrain, append(append([]Value{}, situationGroups...), notExited)},
	{Destination, "DESTINATION", "Destination", "The destination of an exit on or before E, list 3.12.1; DATA_NOT_COLLECTED where empty, none of HUD's destinations, or 435 without a subsidy type of list 3.12.A; 9 is counted with 8; NOT_EXITED without an exit.", "3.12; APR Q23c", hmis.HIV, false, false, NoGrain, append(valuesOf("3.12.1"), notExited)},
	{LengthOfStayBucket, "LENGTH_OF_STAY", "Length of stay", "The stay's length to E, as LENGTH_OF_STAY measures it, in the buckets of that measure.", "APR Q22a", hmis.EnrollmentCategory, false, false, NoGrain, bucketValues(stayLengths)},
	{IncomeBand, "INCOME_BAND", "Monthly income", "The total income of the stay's latest IncomeBenefits record dated on or before E (report-rules.md 5), in HUD's bands, a band reaching to its last dollar and 00 cents; not known: by IncomeFromAnySource 8, 9 or else.", "4.02; APR Q16", hmis.Income, false, false, NoGrain, incomeValues()},
	{InMonth, "MONTH", "Month", "The part of the period: groups by it are groups with this grain. No conditions.", "", hmis.EnrollmentCategory, false, false, Month, nil},
	{InQuarter, "QUARTER", "Quarter", "As MONTH.", "", hmis.EnrollmentCategory, false, false, Quarter, nil},
	{InYear, "YEAR", "Year", "As MONTH.", "", hmis.EnrollmentCategory, false, false, Year, nil},
	{InFederalFiscalYear, "FEDERAL_FISCAL_YEAR", "Federal fiscal year", "As MONTH; from 1 October to 30 September, named after the year in which it ends.", "", hmis.EnrollmentCategory, false, false, FederalFiscalYear, nil},
}

var (
	notExited       = Value{"NOT_EXITED", "Not exited"}
	situationGroups = []Value{{"HOMELESS", "Homeless situations"}, {"INSTITUTIONAL", "Institutional situations"}, {"TEMPORARY", "Temporary situations"},
		{"PERMANENT", "Permanent situations"}, {"OTHER", "Other"}, unknownValue}
)

// valuesOf are the codes of one of HUD's lists, in its order.
func valuesOf(list string) (values []Value) {
	for _, c := range hmis.ListNumbered(list).Codes {
		values = append(values, Value{c.Name, c.Label})
	}
	return values
}

// bandValues name age bands: AGE_18_TO_24 and so on, the last without an end, then not known.
func bandValues(from []int) (values []Value) {
	for i, low := range from {
		switch {
		case i == len(from)-1:
			values = append(values, Value{fmt.Sprintf("AGE_%d_AND_OVER", low), fmt.Sprintf("%d and over", low)})
		case low == 0:
			values = append(values, Value{fmt.Sprintf("AGE_UNDER_%d", from[1]), fmt.Sprintf("Under %d", from[1])})
		case from[i+1] == low+1:
			values = append(values, Value{fmt.Sprintf("AGE_%d", low), fmt.Sprint(low)})
		default:
			values = append(values, Value{fmt.Sprintf("AGE_%d_TO_%d", low, from[i+1]-1), fmt.Sprintf("%d to %d", low, from[i+1]-1)})
		}
	}
	return append(values, unknownValue)
}

// bucketValues name buckets: DAYS_8_TO_14 and so on.
func bucketValues(buckets []Bucket) (values []Value) {
	for _, b := range buckets {
		name := fmt.Sprintf("DAYS_%d_TO_%d", b.From, b.To)
		if b.To < 0 {
			name = fmt.Sprintf("DAYS_%d_AND_OVER", b.From)
		}
		values = append(values, Value{name, b.Label})
	}
	return values
}

// incomeValues name the bands of monthly income in dollars.
func incomeValues() (values []Value) {
	for i, to := range incomeBands {
		if i == 0 {
			values = append(values, Value{"NO_INCOME", "No income"})
			continue
		}
		from := incomeBands[i-1] + 1
		values = append(values, Value{fmt.Sprintf("DOLLARS_%d_TO_%d", from, to), fmt.Sprintf("$%d to $%d", from, to)})
	}
	last := incomeBands[len(incomeBands)-1] + 1
	return append(values, Value{fmt.Sprintf("DOLLARS_%d_AND_OVER", last), fmt.Sprintf("$%d and over", last)}, dontKnowValue, notCollectedValue)
}

// partnerValues are the federal partners of all funders.
var partnerValues = func() (values []Value) {
	for _, f := range hmis.FunderInfos() {
		if v := (Value{partnerName(f.FederalPartner), f.FederalPartner}); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return append(values, Value{"NONE", "None"})
}()

// partnerName writes a federal partner as an enum value: HUD:CoC is HUD_COC.
func partnerName(partner string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, partner))
}
