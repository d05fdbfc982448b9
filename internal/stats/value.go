package stats

import (
	"math/bits"
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// column answers a dimension for many stays at once: with the code of the one value of each, or with a bit for each
// value that it has. One of the two is set.
type column struct {
	one  func(stays []int32, codes []uint16)
	many func(stays []int32, masks []uint64)
}

// each is a column that is asked stay by stay.
func each(code func(stay int32) int) column {
	return column{one: func(stays []int32, codes []uint16) {
		for i, s := range stays {
			codes[i] = uint16(code(s))
		}
	}}
}

// column makes the column of a dimension for the query.
func (r *run) column(d Dimension) column {
	e := &r.f.Enrollments
	switch d {
	case CoC:
		return each(func(s int32) int { return int(r.coc[s]) })
	case Geocode:
		return each(func(s int32) int { return int(r.geocode[s]) })
	case Relationship:
		return each(listColumn("3.15.1", len(Relationship.Info().Values)-1, e.RelationshipToHoH))
	case AgeBand:
		return r.ageColumn(bandOf(ageBands))
	case AgeBandFine:
		return r.ageColumn(bandOf(fineBands))
	case RaceEthnicity:
		return r.raceColumn()
	case Sex:
		return r.clientColumn(func(c int) uint16 { return yesNo(1-r.f.Clients.Sex[c], r.f.Clients.Sex[c]) })
	case Veteran:
		return r.veteranColumn()
	case HouseholdType:
		return each(func(s int32) int { return int(r.home(e.Household[s]).kind) })
	case Chronic:
		return each(func(s int32) int { return answerCode(r.g.Chronic(s)) })
	case DisablingCondition:
		return each(func(s int32) int { return int(yesNo(e.DisablingCondition[s], e.DisablingCondition[s])) })
	case DisabilityType:
		return column{many: func(stays []int32, masks []uint64) {
			for i, s := range stays {
				if masks[i] = uint64(r.g.ConditionsAt(s, glossary.AtStart)); masks[i] == 0 {
					masks[i] = 1 << (len(DisabilityType.Info().Values) - 1)
				}
			}
		}}
	case Survivor:
		return each(func(s int32) int {
			survivor, _ := r.g.Violence(s)
			return int(yesNo(survivor, survivor))
		})
	case PriorSituationGroup:
		return each(func(s int32) int { return situationGroup(glossary.AnswerOf(e.LivingSituation[s]), false) })
	case PriorSituation:
		return each(listColumn("3.12.1", notCollectedSituation, e.LivingSituation))
	case DestinationGroup:
		return each(func(s int32) int { return r.destinationOr(s, len(situationGroups), r.destinationGroup) })
	case Destination:
		code := listCodes("3.12.1", notCollectedSituation)
		return each(func(s int32) int {
			return r.destinationOr(s, len(Destination.Info().Values)-1, func(s int32) int {
				d := r.g.Destination(s)
				if d == glossary.DontKnow {
					d = 8
				}
				return code(d)
			})
		})
	case LengthOfStayBucket:
		return each(func(s int32) int { return bucketOf(stayLengths, r.g.Length(s)) })
	case IncomeBand:
		return each(r.incomeBand)
	}
	return r.projectColumn(d)
}

// projectColumn is that of a dimension of projects.
func (r *run) projectColumn(d Dimension) column {
	project := r.f.Enrollments.Project
	codes, masks := make([]uint16, len(r.f.Projects)), make([]uint64, len(r.f.Projects))
	for p := range r.f.Projects {
		r.eachOfProject(d, int32(p), func(code int) {
			codes[p] = uint16(code)
			masks[p] |= 1 << (code & 63)
		})
	}
	if d.Info().Many {
		return column{many: func(stays []int32, out []uint64) {
			for i, s := range stays {
				out[i] = masks[project[s]]
			}
		}}
	}
	return column{one: func(stays []int32, out []uint16) {
		out = out[:len(stays)]
		for i, s := range stays {
			out[i] = codes[project[s]]
		}
	}}
}

// typeGroups are the values of PROJECT_TYPE_GROUP by project type; the last is for all others.
var typeGroups = map[uint8]int{0: 0, 1: 0, 8: 1, 2: 2, 4: 3, 13: 4, 3: 5, 9: 5, 10: 5, 12: 6, 14: 7}

// eachOfProject gives the codes of a project in a dimension of projects.
func (r *run) eachOfProject(d Dimension, project int32, do func(code int)) {
	p := &r.f.Projects[project]
	last := len(d.Info().Values) - 1
	switch d {
	case Organization:
		do(int(p.Organization))
	case Project:
		do(int(project))
	case ProjectType:
		do(listCodes("2.02.6", last)(int(p.Type)))
	case ProjectTypeGroup:
		group, ok := typeGroups[r.types[project]]
		if !ok {
			group = last
		}
		do(group)
	case TargetPopulation:
		do(listCodes("2.02.7", last)(int(p.TargetPopulation)))
	case Funder, FederalPartner:
		r.eachFunder(d, p, do)
	}
}

// eachFunder gives the codes of the grants whose dates touch the period, each once.
func (r *run) eachFunder(d Dimension, p *facts.Project, do func(code int)) {
	places := fundersAt
	if d == FederalPartner {
		places = partnerOf
	}
	codes := uint64(0)
	for _, f := range p.Funders {
		if code, listed := places[int(f.Funder)]; listed && f.Start <= r.g.End && (f.End == facts.NoDay || f.End >= r.g.Start) {
			codes |= 1 << code
		}
	}
	if codes == 0 {
		do(len(d.Info().Values) - 1)
	}
	for ; codes != 0; codes &= codes - 1 {
		do(bits.TrailingZeros64(codes))
	}
}

var fundersAt = listPlaces["2.06.1"]

// partnerOf is the place in partnerValues by funder.
var partnerOf = func() map[int]int {
	m := map[int]int{}
	for _, f := range hmis.FunderInfos() {
		m[int(f.Code)] = slices.IndexFunc(partnerValues, func(v Value) bool { return v.Name == partnerName(f.FederalPartner) })
	}
	return m
}()

// listCodes finds the place of a code in one of HUD's lists, otherwise for one that is not in it.
func listCodes(list string, otherwise int) func(code int) int {
	at := listPlaces[list]
	return func(code int) int {
		if i, ok := at[code]; ok {
			return i
		}
		return otherwise
	}
}

// listPlaces are the places of the codes in the lists that dimensions are made of.
var listPlaces = func() map[string]map[int]int {
	m := map[string]map[int]int{}
	for _, list := range []string{"2.02.6", "2.02.7", "2.06.1", "3.12.1", "3.15.1"} {
		m[list] = map[int]int{}
		for i, c := range hmis.ListNumbered(list).Codes {
			m[list][atoi(c.Code)] = i
		}
	}
	return m
}()

func atoi(s string) (n int) {
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return n
}

var notCollectedSituation = listPlaces["3.12.1"][99]

// listColumn is a column of codes of one of HUD's lists.
func listColumn[T facts.Code | facts.Answer](list string, otherwise int, codes []T) func(stay int32) int {
	at := listCodes(list, otherwise)
	return func(s int32) int { return at(int(codes[s])) }
}

// yesNo is the value of an answer whose yes is 1 and whose no is 0; unknown tells why there is none.
func yesNo(answer, unknown facts.Answer) uint16 {
	switch {
	case answer == 1:
		return yesValue
	case answer == 0:
		return noValue
	case unknown == 8 || unknown == 9:
		return dontKnowAt
	}
	return notCollectedAt
}

// answerCode is the value of an answer of the glossary.
func answerCode(a glossary.Answer) int {
	switch a {
	case glossary.Yes:
		return yesValue
	case glossary.No:
		return noValue
	case glossary.DontKnow:
		return dontKnowAt
	}
	return notCollectedAt
}

// clientColumn is a column that the client record alone decides.
func (r *run) clientColumn(code func(client int) uint16) column {
	client := r.f.Enrollments.Client
	return column{one: func(stays []int32, out []uint16) {
		for i, s := range stays {
			out[i] = code(int(client[s]))
		}
	}}
}

// The places of the race values behind the single ones.
const (
	hispanic            = 3
	multiracialHispanic = 7
	multiracial         = 8
	unknownRace         = 9
	singleRaces         = 7
)

func (r *run) raceColumn() column {
	var masks [1 << singleRaces]uint64
	for marks := range masks {
		switch n := bits.OnesCount(uint(marks)); {
		case n == 0:
			masks[marks] = 1 << unknownRace
		case n == 1 || r.q.RaceMethod == AloneOrInCombination:
			masks[marks] = uint64(marks)
		case marks&(1<<hispanic) != 0:
			masks[marks] = 1 << multiracialHispanic
		default:
			masks[marks] = 1 << multiracial
		}
	}
	client, race := r.f.Enrollments.Client, r.f.Clients.Race
	return column{many: func(stays []int32, out []uint64) {
		for i, s := range stays {
			out[i] = masks[race[client[s]]&(1<<singleRaces-1)]
		}
	}}
}

// ageRange is how many ages have a place of their own, from unknown (0) and 0 (1) up.
const ageRange = 160

// bandOf gives the band by age + 1; unknown ages come last.
func bandOf(from []int) (bands [ageRange]uint16) {
	bands[0] = uint16(len(from))
	for age := range ageRange - 1 {
		band := 0
		for i, low := range from {
			if age >= low {
				band = i
			}
		}
		bands[age+1] = uint16(band)
	}
	return bands
}

// ageColumn is a column by age + 1.
func (r *run) ageColumn(codes [ageRange]uint16) column {
	var ages []uint8
	return column{one: func(stays []int32, out []uint16) {
		ages = sized(ages, len(stays))
		r.ages(stays, ages)
		out = out[:len(ages)]
		for i, age := range ages {
			out[i] = codes[age]
		}
	}}
}

func (r *run) veteranColumn() column {
	client, status := r.f.Enrollments.Client, r.f.Clients.VeteranStatus
	var values [256][3]uint16 // by status, and age: unknown, child, adult
	for i := range values {
		v := yesNo(facts.Answer(int8(i)), facts.Answer(int8(i)))
		values[i] = [3]uint16{v, noValue, v}
		if v == yesValue {
			values[i][0] = notCollectedAt
		}
	}
	var grown [ageRange]uint8
	for age := range ageRange - 1 {
		if grown[age+1] = 1; age >= adultAge {
			grown[age+1] = 2
		}
	}
	var ages []uint8
	return column{one: func(stays []int32, out []uint16) {
		ages = sized(ages, len(stays))
		r.ages(stays, ages)
		out = out[:len(stays)]
		for i, s := range stays {
			out[i] = values[uint8(status[client[s]])][grown[ages[i]]]
		}
	}}
}

// ages are the ages of stays, plus 1, on the day that the query says; 0 is unknown.
func (r *run) ages(stays []int32, out []uint8) {
	client, born, entered := r.f.Enrollments.Client, r.born, r.entered
	out = out[:len(stays)]
	switch r.q.AgeAt {
	case AgeAtStart:
		start := packed(r.g.Start)
		for i, s := range stays {
			out[i] = yearsSince(born[client[s]], max(start, entered[s]))
		}
	case AgeAtEntry:
		for i, s := range stays {
			out[i] = yearsSince(born[client[s]], entered[s])
		}
	default:
		end := packed(r.g.End)
		for i, s := range stays {
			day := end
			if exit := r.g.Exit(s); exit != facts.NoDay {
				day = max(packed(exit), entered[s])
			}
			out[i] = yearsSince(born[client[s]], day)
		}
	}
}

// yearsSince is 1 more than the whole years between two packed days, 0 where the first is later.
func yearsSince(born, day int32) uint8 {
	if born > day {
		return 0
	}
	return uint8(min((day-born)>>packedYear, ageRange-2) + 1)
}

// age is the age of a stay on the day that the query says, glossary.UnknownAge where there is none.
func (r *run) age(stay int32) int {
	var one [1]uint8
	r.ages([]int32{stay}, one[:])
	return int(one[0]) - 1
}

// situationGroup is the place in situationGroups. As a destination, 24 and 30 are other too.
func situationGroup(a glossary.Answer, destination bool) int {
	switch {
	case a >= 100 && a < 500:
		return int(a)/100 - 1
	case a == 17, destination && (a == 24 || a == 30):
		return 4
	}
	return 5
}

func (r *run) destinationGroup(stay int32) int {
	return situationGroup(r.g.Destination(stay), true)
}

// destinationOr asks about the destination of a stay that has ended; otherwise stands for one that has not.
func (r *run) destinationOr(stay int32, otherwise int, ask func(int32) int) int {
	if !r.g.Left(stay) {
		return otherwise
	}
	return ask(stay)
}

func bucketOf(buckets []Bucket, days int) int {
	for i, b := range buckets {
		if b.To < 0 && b.From >= 0 || days <= b.To {
			return i
		}
	}
	return len(buckets) - 1
}

const centsPerDollar = 100

func (r *run) incomeBand(stay int32) int {
	i := r.g.IncomeOf(r.g.LatestIncome(stay))
	switch {
	case i.DontKnow:
		return len(incomeBands) + 1
	case !i.Known:
		return len(incomeBands) + 2
	}
	for band, to := range incomeBands {
		if int64(i.Total) <= to*centsPerDollar {
			return band
		}
	}
	return len(incomeBands)
}
