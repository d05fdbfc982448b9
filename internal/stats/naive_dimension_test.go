package stats_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// values are the values of a stay in a dimension, by name.
func (a *asked) values(d stats.Dimension, s *stay) []string {
	if a.known[d] == nil {
		a.known[d] = map[*stay][]string{}
	}
	v, known := a.known[d][s]
	if !known {
		if v = a.ofProject(d, s.project); v == nil {
			v = a.ofStay(d, s)
		}
		a.known[d][s] = v
	}
	return v
}

// listed is the name of a code of one of HUD's lists, otherwise for another one.
func listed(list string, code int, otherwise string) string {
	if name := hmis.ListNumbered(list).EnumName(int32(code)); name != "" {
		return name
	}
	return otherwise
}

// ofProject gives the values of a dimension that the project decides, nil for the other dimensions.
func (a *asked) ofProject(d stats.Dimension, p *project) []string {
	switch d {
	case stats.Project:
		return []string{strconv.Itoa(p.number)}
	case stats.Organization:
		return []string{strconv.Itoa(p.organization)}
	case stats.ProjectType:
		return []string{listed("2.02.6", p.kind, unknown)}
	case stats.ProjectTypeGroup:
		switch p.kind {
		case 0, 1:
			return []string{"EMERGENCY_SHELTER"}
		case 2:
			return []string{"TRANSITIONAL_HOUSING"}
		case 3, 9, 10:
			return []string{"PERMANENT_HOUSING"}
		case 4:
			return []string{"STREET_OUTREACH"}
		case 8:
			return []string{"SAFE_HAVEN"}
		case 12:
			return []string{"HOMELESSNESS_PREVENTION"}
		case 13:
			return []string{"RAPID_REHOUSING"}
		case 14:
			return []string{"COORDINATED_ENTRY"}
		}
		return []string{"SERVICES"}
	case stats.TargetPopulation:
		return []string{listed("2.02.7", p.code("TargetPopulation"), "NOT_APPLICABLE")}
	case stats.Funder, stats.FederalPartner:
		return a.fundedBy(d, p)
	}
	return nil
}

func (a *asked) fundedBy(d stats.Dimension, p *project) (names []string) {
	for _, f := range p.funders {
		start, end := f.date("StartDate"), f.date("EndDate")
		if start > a.end || end != never && end < a.start {
			continue
		}
		name := listed("2.06.1", f.code("Funder"), "")
		if name != "" && d == stats.FederalPartner {
			for _, i := range hmis.FunderInfos() {
				if int(i.Code) == f.code("Funder") {
					name = strings.NewReplacer(":", "_", " ", "_", "-", "_", "/", "_", "(", "_", ")", "_", "&", "_", ",", "_").Replace(strings.ToUpper(i.FederalPartner))
				}
			}
		}
		if name != "" {
			names = append(names, name)
		}
	}
	if names == nil {
		return []string{"NONE"}
	}
	return names
}

func (a *asked) ofStay(d stats.Dimension, s *stay) []string {
	c := s.client
	one := func(name string) []string { return []string{name} }
	switch d {
	case stats.CoC:
		return one(s.coc)
	case stats.Geocode:
		return one(s.project.geocode(s.coc))
	case stats.HouseholdType:
		return one(a.householdType(s))
	case stats.Relationship:
		return one(listed("3.15.1", s.relation, notCollected))
	case stats.AgeBand:
		return one(band(a.age(s), 0, 5, 13, 18, 25, 35, 45, 55, 65))
	case stats.AgeBandFine:
		return one(band(a.age(s), 0, 1, 3, 6, 10, 13, 16, 18, 21, 25, 30, 35, 40, 45, 50, 55, 60, 62, 65, 70, 75, 80))
	case stats.RaceEthnicity:
		return a.race(c)
	case stats.Sex:
		return one(map[string]string{no: "FEMALE", yes: "MALE", refused: refused, notCollected: notCollected}[yesNo(c.code("Sex"))])
	case stats.Veteran:
		return one(a.veteran(s))
	case stats.Chronic:
		return one(a.chronicallyHomeless(s))
	case stats.DisablingCondition:
		return one(yesNo(s.code("DisablingCondition")))
	case stats.DisabilityType:
		return conditions(s)
	case stats.Survivor:
		return one(a.survivor(s))
	case stats.PriorSituationGroup:
		return one(situationGroup(s.code("LivingSituation"), 17))
	case stats.PriorSituation:
		return one(listed("3.12.1", s.code("LivingSituation"), notCollected))
	case stats.DestinationGroup:
		if _, left := a.exited(s); !left {
			return one("NOT_EXITED")
		}
		return one(situationGroup(destination(s), 17, 24, 30))
	case stats.Destination:
		if _, left := a.exited(s); !left {
			return one("NOT_EXITED")
		}
		return one(listed("3.12.1", destination(s), notCollected))
	case stats.LengthOfStayBucket:
		return one(dayBuckets[bucket(stayBounds, a.length(s))])
	case stats.IncomeBand:
		return one(incomeBand(a.incomeOf(a.latestIncome(s))))
	}
	panic("no such dimension: " + d.String())
}

// geocode is that of the project's first record for a CoC.
func (p *project) geocode(coc string) string {
	for _, r := range p.cocs {
		if r.text("CoCCode") == coc {
			return cmp.Or(r.text("Geocode"), unknown)
		}
	}
	return unknown
}

func (a *asked) householdType(s *stay) string {
	var adults, children, unknowns int
	for _, m := range a.typed(s) {
		switch age := a.age(m); {
		case age < 0:
			unknowns++
		case age < 18:
			children++
		default:
			adults++
		}
	}
	switch {
	case adults > 0 && children > 0:
		return "WITH_CHILDREN"
	case unknowns > 0:
		return unknown
	case adults > 0:
		return "WITHOUT_CHILDREN"
	}
	return "ONLY_CHILDREN"
}

// band names the band that an age lies in.
func band(age int, from ...int) string {
	if age < 0 {
		return unknown
	}
	for i := len(from) - 1; ; i-- {
		switch {
		case age < from[i]:
		case i == len(from)-1:
			return fmt.Sprintf("AGE_%d_AND_OVER", from[i])
		case i == 0:
			return fmt.Sprintf("AGE_UNDER_%d", from[1])
		default:
			return fmt.Sprintf("AGE_%d_TO_%d", from[i], from[i+1]-1)
		}
	}
}

func (a *asked) race(c *client) (names []string) {
	for _, r := range races {
		if c.code(r.column) == 1 {
			names = append(names, r.name)
		}
	}
	switch {
	case len(names) == 0:
		return []string{unknown}
	case len(names) == 1 || a.RaceMethod == stats.AloneOrInCombination:
		return names
	case c.code("HispanicLatinao") == 1:
		return []string{"MULTIRACIAL_HISPANIC"}
	}
	return []string{"MULTIRACIAL"}
}

func (a *asked) veteran(s *stay) string {
	age, status := a.age(s), s.client.code("VeteranStatus")
	switch {
	case age >= 0 && age < 18:
		return no
	case age < 0 && status == 1:
		return notCollected
	}
	return yesNo(status)
}

// conditions are those at start, of each type the latest record's.
func conditions(s *stay) (names []string) {
	latest := map[int]int{}
	for _, r := range s.disability {
		if r.code("DataCollectionStage") == 1 {
			latest[r.code("DisabilityType")] = r.code("DisabilityResponse")
		}
	}
	for kind, name := range map[int]string{5: "PHYSICAL_DISABILITY", 6: "DEVELOPMENTAL_DISABILITY", 7: "CHRONIC_HEALTH_CONDITION", 8: "HIV_AIDS", 9: "MENTAL_HEALTH_DISORDER"} {
		if response, known := latest[kind]; known && response == 1 {
			names = append(names, name)
		}
	}
	if r := latest[10]; r == 1 || r == 3 {
		names = append(names, "ALCOHOL_USE_DISORDER")
	}
	if r := latest[10]; r == 2 || r == 3 {
		names = append(names, "DRUG_USE_DISORDER")
	}
	if names == nil {
		return []string{"NONE"}
	}
	return names
}

func (a *asked) survivor(s *stay) string {
	r := last(s.health, func(r row) bool {
		return r.date("InformationDate") <= a.end && r.code("DomesticViolenceSurvivor") != empty
	})
	if r == nil {
		return notCollected
	}
	return yesNo(r.code("DomesticViolenceSurvivor"))
}

func situationGroup(code int, other ...int) string {
	switch {
	case code >= 100 && code < 200:
		return "HOMELESS"
	case code >= 200 && code < 300:
		return "INSTITUTIONAL"
	case code >= 300 && code < 400:
		return "TEMPORARY"
	case code >= 400 && code < 500:
		return "PERMANENT"
	case slices.Contains(other, code):
		return "OTHER"
	}
	return unknown
}

// The buckets: each ends with the bound, the last has none.
var (
	stayBounds  = []int{7, 14, 21, 30, 60, 90, 180, 365, 730, 1095, 1460, 1825}
	delayBounds = []int{-1, 0, 3, 6, 10}
	dayBuckets  = []string{"DAYS_0_TO_7", "DAYS_8_TO_14", "DAYS_15_TO_21", "DAYS_22_TO_30", "DAYS_31_TO_60", "DAYS_61_TO_90", "DAYS_91_TO_180",
		"DAYS_181_TO_365", "DAYS_366_TO_730", "DAYS_731_TO_1095", "DAYS_1096_TO_1460", "DAYS_1461_TO_1825", "DAYS_1826_AND_OVER"}
)

func bucket(bounds []int, days int) int {
	i := 0
	for i < len(bounds) && days > bounds[i] {
		i++
	}
	return i
}

// length is that of LENGTH_OF_STAY.
func (a *asked) length(s *stay) int {
	if s.project.kind == 1 {
		return len(a.bedNights(s))
	}
	if exit, left := a.exited(s); left {
		return max(int(exit-s.entry), 0)
	}
	return int(a.end + 1 - s.entry)
}

func incomeBand(i income) string {
	switch {
	case i.refused:
		return refused
	case !i.known:
		return notCollected
	case i.total <= 0:
		return "NO_INCOME"
	}
	low := 1
	for _, high := range []int{150, 250, 500, 1000, 1500, 2000} {
		if i.total <= int64(high)*100 {
			return fmt.Sprintf("DOLLARS_%d_TO_%d", low, high)
		}
		low = high + 1
	}
	return "DOLLARS_2001_AND_OVER"
}
