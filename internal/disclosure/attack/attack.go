package attack

import (
	"fmt"
	"time"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// Question asks for a measure in groups.
type Question struct {
	Period  stats.Period
	Unit    stats.Unit
	Where   []stats.Condition
	By      []stats.Dimension
	Measure stats.Measure
}

// Cell is one group of an answer: the names of its values as in the catalogue, and the count, nil where it is not shown. Error
// is the standard deviation of the noise, which is public, of hidden numbers too. Least is how much a number must be, noise
// included, to be shown.
type Cell struct {
	Values       []string
	Count        *int64
	Error, Least float64
}

// Asker answers questions. A question that is refused has no cells and no error.
type Asker func(Question) ([]Cell, error)

// Known is what the attacker knows: everything but the secret.
type Known struct {
	Facts  *facts.Facts
	engine *stats.Engine
	lists  map[string][]int32 // who is in a group, as far as it was asked
	Secret []bool             // by client, to judge by
}

// Know reads a community that Write made.
func Know(f *facts.Facts) *Known {
	k := &Known{Facts: f, engine: stats.New(f, stats.Version{}), lists: map[string][]int32{}, Secret: make([]bool, f.Clients.Len())}
	for e, client := range f.Enrollments.Client {
		for i, to := f.Health.Of(int32(e)); i < to; i++ {
			k.Secret[client] = k.Secret[client] || f.Health.DomesticViolenceSurvivor[i] == 1
		}
	}
	return k
}

// secret is the dimension of the secret; the attacker knows that all who have no YES have NO.
const secret = stats.Survivor

// attributes are the dimensions of what the attacker knows of everybody: sex, race, age, veteran status, household type,
// relationship, project, prior living situation, destination, income, disabling condition, and what follows from them.
var attributes = []stats.Dimension{stats.Sex, stats.RaceEthnicity, stats.AgeBand, stats.AgeBandFine, stats.Veteran, stats.HouseholdType,
	stats.Relationship, stats.Project, stats.Organization, stats.ProjectType, stats.ProjectTypeGroup, stats.Funder, stats.FederalPartner, stats.CoC, stats.Geocode,
	stats.PriorSituation, stats.PriorSituationGroup, stats.Destination, stats.DestinationGroup, stats.LengthOfStayBucket, stats.IncomeBand,
	stats.DisablingCondition, stats.Chronic, stats.DisabilityType}

// narrowing are measures that are about some of those served.
var narrowing = []stats.Measure{stats.Entered, stats.Exited, stats.ActiveAtStart, stats.ActiveAtEnd, stats.NewlyIdentified, stats.FirstTimeHomeless,
	stats.HousingPlacements, stats.ShelteredOnNight, stats.Youth, stats.Veterans, stats.WithDisablingCondition}

// questions lists all that may help, from the few that are allowed to those that a careless answerer allows too.
func questions() (list []Question) {
	year := stats.Period{Start: yearStart, End: yearEnd}
	ask := func(p stats.Period, m stats.Measure, by ...stats.Dimension) {
		list = append(list, Question{Period: p, Measure: m, By: by})
	}
	ask(year, stats.Served, secret)
	for i, d := range attributes {
		ask(year, stats.Served, d, secret)
		for _, e := range attributes[:i] {
			if cells(d)*cells(e) <= mostPairs {
				ask(year, stats.Served, e, d, secret)
			}
		}
	}
	for _, m := range narrowing {
		ask(year, m, secret)
		for _, d := range attributes {
			ask(year, m, d, secret)
		}
	}
	for _, p := range parts() {
		ask(p, stats.Served, secret)
		for _, d := range attributes {
			ask(p, stats.Served, d, secret)
		}
	}
	for _, u := range []stats.Unit{stats.Heads, stats.AdultsAndHeads} {
		for _, d := range attributes {
			q := Question{Period: year, Unit: u, By: []stats.Dimension{d, secret}}
			list = append(list, q)
		}
	}
	return list
}

// mostPairs keeps pairs with very many groups out, in which next to nobody is.
const mostPairs = 200

func cells(d stats.Dimension) int {
	if n := len(d.Info().Values); n > 0 {
		return n
	}
	return len(kinds) * projectsEach
}

// parts are the published periods other than the federal fiscal year that touch it, and the next fiscal year.
func parts() (list []stats.Period) {
	for month := range time.Month(12) {
		from := func(months time.Month) hmis.Date { return hmis.NewDate(2024, time.October+month+months, 1) }
		list = append(list, stats.Period{Start: from(0), End: from(1) - 1})
		if month%3 == 0 {
			list = append(list, stats.Period{Start: from(0), End: from(3) - 1})
		}
	}
	return append(list, stats.Period{Start: hmis.NewDate(2024, 1, 1), End: hmis.NewDate(2024, 12, 31)},
		stats.Period{Start: hmis.NewDate(2025, 1, 1), End: hmis.NewDate(2025, 12, 31)},
		stats.Period{Start: hmis.NewDate(2023, 10, 1), End: hmis.NewDate(2024, 9, 30)})
}

// Result is what the attack found.
type Result struct {
	Score
	Asked, Told int // questions, cells that were shown
	Guess       []float64
}

// Reconstruct asks everything and guesses the secret of everybody.
func (k *Known) Reconstruct(ask Asker) (Result, error) {
	var r Result
	var equations []equation
	for _, q := range questions() {
		answers, err := ask(q)
		if err != nil {
			return r, fmt.Errorf("%v: %w", q, err)
		}
		r.Asked++
		told := 0
		for _, c := range answers {
			if c.Count != nil {
				told++
			}
		}
		if r.Told += told; told == 0 { // refused as a whole, or too few everywhere
			continue
		}
		more, err := k.equations(q, answers)
		if err != nil {
			return r, err
		}
		equations = append(equations, more...)
	}
	r.Guess = solve(len(k.Secret), equations)
	r.Score = Judge(r.Guess, k.Secret)
	return r, nil
}

// equations turns an answer into equations: the attacker knows who is in a group but for the secret.
func (k *Known) equations(q Question, answers []Cell) (list []equation, err error) {
	const roundingError = 2 // variance that rounding to 5 adds
	for _, c := range answers {
		last := len(c.Values) - 1
		people, err := k.members(q, c.Values[:last])
		if err != nil {
			return nil, err
		}
		e := equation{people: people, weight: 1 / (c.Error*c.Error + roundingError)}
		switch value := c.Values[last]; {
		case value == "YES" && c.Count != nil:
			e.sum = float64(*c.Count)
		case value == "YES":
			e.sum, e.atMost = c.Least, true
		case value == "NO" && c.Count != nil:
			e.sum = float64(len(people)) - float64(*c.Count)
		default:
			continue
		}
		list = append(list, e)
	}
	return list, nil
}

// members are the clients who are in a group of a question, but for its last dimension, the secret. Everybody has one stay, so
// that who has two values is who has the one and the other.
func (k *Known) members(q Question, values []string) ([]int32, error) {
	var in []int32
	for i := -1; i < len(values); i++ {
		key := fmt.Sprint(q.Period, q.Unit, q.Measure)
		var where []stats.Condition
		if i >= 0 {
			where = []stats.Condition{{Dimension: q.By[i], Values: values[i : i+1]}}
			key += fmt.Sprint(q.By[i], values[i])
		}
		list, ok := k.lists[key]
		if !ok {
			m, err := k.engine.Members(stats.Query{Period: q.Period, Unit: q.Unit}, q.Measure, where)
			if err != nil {
				return nil, err
			}
			list = m.Clients
			k.lists[key] = list
		}
		if i < 0 {
			in = list
		} else {
			in = both(in, list)
		}
	}
	return in, nil
}

// both are the members of two sorted lists.
func both(a, b []int32) (list []int32) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			list, a, b = append(list, a[0]), a[1:], b[1:]
		}
	}
	return list
}

// Sure counts the people whose secret is certain to somebody who knows the secrets of all others: some cell could not have been
// answered so if the one secret were different. possible tells whether a cell can be answered so, where the true count in it is
// a number, and of so many people in its group. It is the end of every way of taking numbers from each other.
func (k *Known) Sure(ask Asker, possible func(c Cell, count, group int) bool) (sure int, err error) {
	known := map[int32]bool{}
	for _, q := range questions() {
		cells, err := ask(q)
		if err != nil {
			return 0, err
		}
		for _, c := range cells {
			last := len(c.Values) - 1
			if c.Count == nil || c.Values[last] != "YES" && c.Values[last] != "NO" {
				continue // a number may be hidden in any case
			}
			group, err := k.members(q, c.Values[:last])
			if err != nil {
				return 0, err
			}
			k.findSure(c, group, possible, known)
		}
	}
	return len(known), nil
}

func (k *Known) findSure(c Cell, group []int32, possible func(c Cell, count, group int) bool, known map[int32]bool) {
	yes := c.Values[len(c.Values)-1] == "YES"
	count := 0
	for _, p := range group {
		if k.Secret[p] == yes {
			count++
		}
	}
	for _, p := range group {
		other := count + 1 // if the one secret were different
		if k.Secret[p] == yes {
			other = count - 1
		}
		if !possible(c, other, len(group)) {
			known[p] = true
		}
	}
}

// Track takes, for everybody who is alone with some value among those who share another one, the secret from sums: the
// count of the many, less those of all others among them. It gives how many it tried, and of how many it found a sum that is
// their secret and for which the count of NO agrees.
func (k *Known) Track(ask Asker, period stats.Period) (tried, found int, err error) {
	seen := map[int32]bool{}
	for i, d := range attributes {
		for j, e := range attributes {
			if i == j || cells(d)*cells(e) > mostPairs || e.Info().Many || d.Info().Many {
				continue
			}
			many, err := k.table(ask, Question{Period: period, By: []stats.Dimension{d, secret}})
			if err != nil {
				return 0, 0, err
			}
			parts, err := k.table(ask, Question{Period: period, By: []stats.Dimension{d, e, secret}})
			if err != nil {
				return 0, 0, err
			}
			values := k.engine.Values(e, nil)
			for _, v := range k.engine.Values(d, nil) {
				for _, w := range values {
					alone, err := k.members(Question{Period: period, By: []stats.Dimension{d, e, secret}}, []string{v.Name, w.Name})
					if err != nil {
						return 0, 0, err
					}
					if len(alone) != 1 || seen[alone[0]] {
						continue
					}
					seen[alone[0]] = true
					tried++
					left := map[string]int64{"YES": many[fmt.Sprint([]string{v.Name, "YES"})], "NO": many[fmt.Sprint([]string{v.Name, "NO"})]}
					for _, other := range values {
						for answer := range left {
							if other != w {
								left[answer] -= parts[fmt.Sprint([]string{v.Name, other.Name, answer})]
							}
						}
					}
					if left["YES"]+left["NO"] == 1 && (left["YES"] == 1) == k.Secret[alone[0]] {
						found++
					}
				}
			}
		}
	}
	return tried, found, nil
}

// table is the numbers of an answer; what is not shown is taken as 0.
func (k *Known) table(ask Asker, q Question) (map[string]int64, error) {
	numbers := map[string]int64{}
	cells, err := ask(q)
	for _, c := range cells {
		if c.Count != nil {
			numbers[fmt.Sprint(c.Values)] = *c.Count
		}
	}
	return numbers, err
}
