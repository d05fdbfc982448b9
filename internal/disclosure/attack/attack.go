package attack

import (
	"fmt"
	"math"
	"slices"
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
// included, to be shown. Mean is that of a measure that has one, nil where it is not shown; SumError is the standard deviation
// of the noise of the sum that it is made from.
type Cell struct {
	Values       []string
	Count        *int64
	Error, Least float64
	Mean         *float64
	SumError     float64
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
	stats.HousingPlacements, stats.ShelteredOnNight, stats.Youth, stats.Veterans, stats.WithDisablingCondition, stats.Inflow, stats.Outflow}

// adding are measures that are made from a sum of what each person adds, which the attacker knows.
var adding = []stats.Measure{stats.LengthOfStay, stats.LengthOfTimeHomeless, stats.DaysToMoveIn, stats.EntryTimeliness, stats.ExitTimeliness,
	stats.AverageAge, stats.AverageHouseholdSize, stats.BedNights}

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
	for _, m := range slices.Concat(narrowing, adding) {
		ask(year, m, secret)
		for _, d := range attributes {
			ask(year, m, d, secret)
		}
	}
	for _, p := range parts() {
		ask(p, stats.Served, secret)
		for _, m := range adding {
			ask(p, m, secret)
		}
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
			if c.Count != nil || c.Mean != nil {
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
	if slices.Contains(adding, q.Measure) {
		return k.sums(q, answers)
	}
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

// sums turns means and nights into equations: what those with the secret add, each as far from the middle of the bounds as the
// attacker knows, is about the mean's distance from it times their number.
func (k *Known) sums(q Question, answers []Cell) (list []equation, err error) {
	for _, c := range answers {
		last := len(c.Values) - 1
		served := q
		served.Measure = stats.Served
		people, err := k.members(served, c.Values[:last])
		if err != nil {
			return nil, err
		}
		limits, _ := stats.BoundsOf(q.Measure, q.Period)
		middle := float64(limits.Least+limits.Most) / 2
		if q.Measure == stats.BedNights { // which are told as they are
			middle = 0
		}
		e, all := equation{}, 0.0
		for _, p := range people {
			if adds, ok := k.Adds(q.Measure, q.Period, p); ok {
				e.people, e.times = append(e.people, p), append(e.times, float64(adds)-middle)
				all += float64(adds) - middle
			}
		}
		errors := c.SumError
		switch {
		case q.Measure == stats.BedNights && c.Count != nil:
			e.sum, errors = float64(*c.Count), c.Error
		case c.Mean != nil && c.Count != nil:
			e.sum = (*c.Mean - middle) * float64(*c.Count)
			errors = math.Hypot(errors, (*c.Mean-middle)*c.Error)
		default:
			continue
		}
		if c.Values[last] == "NO" {
			e.sum = all - e.sum
		} else if c.Values[last] != "YES" {
			continue
		}
		if errors == 0 {
			return nil, fmt.Errorf("attack: how far %v may be off is not said", q.Measure)
		}
		e.weight = 1 / (errors * errors)
		list = append(list, e)
	}
	return list, nil
}

// Adds is what a person adds to a measure, by the person's one stay; ok is false where it is nothing.
func (k *Known) Adds(m stats.Measure, p stats.Period, person int32) (adds int64, ok bool) {
	e, _ := k.Facts.Clients.Enrollments(person)
	stays := &k.Facts.Enrollments
	entry, exit, moved := stays.EntryDate[e], k.Facts.Exits.ExitDate[e], stays.MoveInDate[e]
	kind := k.Facts.Projects[stays.Project[e]].Type
	left := exit != facts.NoDay && exit <= p.End
	to := p.End + 1 // the day after the last one
	if left {
		to = exit
	}
	night := entry
	if kind == 1 { // one night
		night = max(entry, yearStart)
	}
	if entry > p.End || to < p.Start || kind == 1 && !left && (night < p.Start || night > p.End) {
		return 0, false
	}
	if m == stats.DaysToMoveIn || (kind == 3 || kind == 13) && m == stats.BedNights {
		members := k.Facts.Households.Members(stays.Household[e])
		for _, one := range members { // they come and go together
			moved = max(moved, stays.MoveInDate[one])
		}
	}
	days := func(from hmis.Date) (int64, bool) { return int64(to - from), to > from }
	switch m {
	case stats.LengthOfStay:
		if kind == 1 {
			return int64(min(max(to-night, 0), 1)), true
		}
		return min(max(int64(to-entry), 0), 730), true
	case stats.LengthOfTimeHomeless, stats.BedNights:
		from := entry
		switch {
		case kind == 1:
			return 1, night < to && night >= p.Start && night <= p.End
		case m == stats.BedNights && (kind == 3 || kind == 13):
			if from = moved; moved == facts.NoDay {
				return 0, false
			}
		case kind != 0 && kind != 2 && kind != 8, to <= p.Start:
			return 0, false
		}
		if m == stats.BedNights {
			from = max(from, p.Start)
		}
		return days(from)
	case stats.DaysToMoveIn:
		return int64(moved - entry), (kind == 3 || kind == 13) && moved >= p.Start && moved <= min(to, p.End)
	case stats.EntryTimeliness:
		return min(max(int64(stays.DateCreated[e]-entry), 0), 30), entry >= p.Start
	case stats.ExitTimeliness:
		return min(max(int64(k.Facts.Exits.DateCreated[e]-exit), 0), 30), left && exit >= p.Start
	case stats.AverageAge:
		years := age(k.Facts.Clients.DOB[person], max(entry, p.Start))
		return int64(years), years >= 0
	case stats.AverageHouseholdSize:
		return int64(len(k.Facts.Households.Members(stays.Household[e]))), stays.RelationshipToHoH[e] == 1
	}
	return 0, false
}

// age is in whole years on a day.
func age(born, day hmis.Date) int {
	y, m, d := day.Date()
	by, bm, bd := born.Date()
	if m < bm || m == bm && d < bd {
		y--
	}
	return y - by
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
