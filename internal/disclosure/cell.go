package disclosure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// cell is one number that is asked for, in the one form that all wordings of the question have.
type cell struct {
	period  stats.Period
	fiscal  bool // the period is a federal fiscal year
	unit    stats.Unit
	scope   []int32 // nil: all projects
	measure stats.Measure
	side    side
	part    int    // of the measure, from 1; 0: all
	atoms   []atom // by dimension
	nobody  bool   // the conditions exclude each other
}

// atom is a condition: a value, by its place among the dimension's values.
type atom struct {
	dimension stats.Dimension
	place     int
}

// side is which of its counts a cell asks of a measure.
type side uint8

const (
	whole side = iota
	numerator
	denominator
	total // what all persons add
)

// offered lists the measures that count units, and of which another wording is the canonical one. What is neither in it nor
// in summed is not offered.
var offered = map[stats.Measure]struct {
	yes         stats.Dimension // of a count: it is SERVED with YES here
	hasYes      bool
	denominator stats.Measure // of a rate: whose denominator is the same
	served      bool          // the denominator is SERVED
}{
	stats.Served: {}, stats.ActiveAtStart: {}, stats.ActiveAtEnd: {}, stats.Entered: {}, stats.Exited: {}, stats.NewlyIdentified: {},
	stats.FirstTimeHomeless: {}, stats.HousingPlacements: {}, stats.ShelteredOnNight: {}, stats.UnshelteredOnNight: {}, stats.Youth: {}, stats.Engaged: {},
	stats.ChronicallyHomeless:    {yes: stats.Chronic, hasYes: true},
	stats.Veterans:               {yes: stats.Veteran, hasYes: true},
	stats.Survivors:              {yes: stats.Survivor, hasYes: true},
	stats.WithDisablingCondition: {yes: stats.DisablingCondition, hasYes: true},
	stats.DestinationMix:         {}, stats.Inflow: {}, stats.Outflow: {},
	stats.ExitsToPermanent:    {denominator: stats.ExitsToPermanent},
	stats.Returns6Months:      {denominator: stats.Returns6Months},
	stats.Returns12Months:     {denominator: stats.Returns6Months},
	stats.Returns24Months:     {denominator: stats.Returns6Months},
	stats.WithIncome:          {denominator: stats.WithIncome},
	stats.WithEarnedIncome:    {denominator: stats.WithIncome},
	stats.IncreasedIncome:     {denominator: stats.IncreasedIncome},
	stats.WithHealthInsurance: {served: true},
	stats.EngagementRate:      {denominator: stats.EngagementRate},
	stats.ErrorsInIdentity:    {denominator: stats.ErrorsInIdentity},
	stats.ErrorsInUniversal:   {denominator: stats.ErrorsInIdentity},
	stats.ErrorsAtExit:        {denominator: stats.ErrorsAtExit},
	stats.ErrorsInIncome:      {denominator: stats.ErrorsInIncome},
}

// summed lists the measures that are made from a sum of what each person adds, cut at the bounds of the engine.
var summed = map[stats.Measure]struct {
	of     stats.Measure // whose sum it is
	by     stats.Measure // counts the persons
	atom   *atom         // that these persons meet besides
	byDays bool          // is divided by the days of the period, or not at all
}{
	stats.LengthOfStay:         {of: stats.LengthOfStay, by: stats.Served},
	stats.LengthOfTimeHomeless: {of: stats.LengthOfTimeHomeless, by: stats.LengthOfTimeHomeless},
	stats.DaysToMoveIn:         {of: stats.DaysToMoveIn, by: stats.DaysToMoveIn},
	stats.DaysToReferral:       {of: stats.DaysToReferral, by: stats.DaysToReferral},
	stats.EntryTimeliness:      {of: stats.EntryTimeliness, by: stats.Entered},
	stats.ExitTimeliness:       {of: stats.ExitTimeliness, by: stats.Exited},
	stats.AverageAge:           {of: stats.AverageAge, by: stats.Served},
	stats.AverageHouseholdSize: {of: stats.AverageHouseholdSize, by: stats.Served, atom: &atom{stats.Relationship, 0}}, // heads come first
	stats.AveragePerNight:      {of: stats.AveragePerNight, by: stats.Served, byDays: true},
	stats.BedNights:            {of: stats.AveragePerNight, by: stats.Served, byDays: true},
}

// Offered reports whether a measure has protected answers.
func Offered(m stats.Measure) bool {
	_, counts := offered[m]
	_, sums := summed[m]
	return counts || sums
}

// of is the cell of one side of a measure under the same conditions.
func (c cell) of(m stats.Measure, s side) cell {
	how := offered[m]
	c.measure, c.side = m, s
	if sum, ok := summed[m]; ok {
		switch {
		case s == total:
			c.measure = sum.of
		case sum.atom != nil:
			c.measure = sum.by
			c = c.with(*sum.atom)
		default:
			c.measure = sum.by
		}
		return c
	}
	switch {
	case how.hasYes:
		c.measure = stats.Served
		c = c.with(atom{how.yes, 0}) // YES comes first
	case m == stats.DestinationMix: // units that exited
		c.measure = stats.Exited
	case s == denominator && how.served:
		c.measure, c.side = stats.Served, whole
	case s == denominator:
		c.measure = how.denominator
	}
	return c
}

// with adds a condition. Two values of a dimension exclude each other.
func (c cell) with(a atom) cell {
	at, there := slices.BinarySearchFunc(c.atoms, a, func(b, a atom) int { return cmp.Compare(b.dimension, a.dimension) })
	if there {
		c.nobody = c.nobody || c.atoms[at] != a
		return c
	}
	c.atoms = slices.Insert(slices.Clone(c.atoms), at, a)
	return c
}

func (c cell) without(at int) cell {
	c.atoms = slices.Delete(slices.Clone(c.atoms), at, at+1)
	return c
}

// plain takes away the conditions on projects that say nothing more: everybody knows which projects an organization has.
func (c cell) plain(r *release) (cell, error) {
	var with [][]bool
	for _, a := range c.atoms {
		var projects []bool
		if a.dimension.Info().OfProject {
			var err error
			if projects, err = r.projects(c.period, a); err != nil {
				return c, err
			}
		}
		with = append(with, projects)
	}
	for at := 0; at < len(c.atoms); {
		if with[at] != nil && implied(with, at) {
			c, with = c.without(at), slices.Delete(with, at, at+1)
			continue
		}
		at++
	}
	return c, nil
}

// implied reports whether every project that meets the other conditions meets this one.
func implied(with [][]bool, at int) bool {
	for p := range with[at] {
		others := true
		for i, w := range with {
			others = others && (i == at || w == nil || w[p])
		}
		if others && !with[at][p] {
			return false
		}
	}
	return true
}

// sensitiveCategory reports whether a client must release the category by name, or it is about money.
func sensitiveCategory(c hmis.Category) bool { return !hmis.GeneralRelease.Has(c) || c == hmis.Income }

func (a atom) sensitive() bool { return sensitiveCategory(a.dimension.Info().Category) }

// weight counts all that narrows the cell, what is sensitive twice, and tells whether any of it is.
func (c *cell) weight() (n int, sensitive bool) {
	add := func(narrows, isSensitive bool) {
		if narrows {
			n++
		}
		if narrows && isSensitive {
			n, sensitive = n+1, true
		}
	}
	for _, a := range c.atoms {
		add(true, a.sensitive())
	}
	add(c.measure != stats.Served, c.sensitiveMeasure())
	add(c.part > 0, false)
	add(!c.fiscal, false)
	add(c.unit != stats.People, false)
	add(c.scope != nil, false)
	return n, sensitive
}

func (c *cell) sensitiveMeasure() bool {
	return c.measure != stats.Served && c.side != denominator && sensitiveCategory(c.measure.Info().Category)
}

// allowed tells whether the cell may be asked for at all: Shown, TooDetailed or Sensitive.
func (c *cell) allowed(smallTown bool) Reason {
	n, sensitive := c.weight()
	switch {
	case n <= mostInSmallTown, n <= mostConditions && !smallTown:
		return Shown
	case sensitive:
		return Sensitive
	}
	return TooDetailed
}

// id names the cell in the ledger.
func (c *cell) id(key []byte) []byte {
	const length = 16
	return prf(key, "cell", fmt.Sprint(c.period, c.unit, c.scope, c.measure, c.side, c.atoms, c.nobody), fmt.Sprint(c.part))[:length]
}

// number protects the true count of a cell that may be asked for.
func (r *release) number(key []byte, c *cell) (Number, error) {
	few := Number{Reason: TooFew}
	switch {
	case c.nobody:
		return few, nil
	case c.side == total:
		return r.sum(key, c)
	}
	count, err := r.count(c)
	if err != nil {
		return few, err
	}
	ok, err := r.enough(c, count)
	if err != nil || !ok {
		return few, err
	}
	s := c.sigma()
	noise, err := r.noise(key, c, s)
	if err != nil {
		return few, err
	}
	value := rounded(count + noise)
	if ok, err := r.apart(c, count+noise, s); err != nil || !ok || value < fewest {
		return few, err
	}
	return Number{Value: &value, Margin: int64(math.Ceil(2*s)) + rounding/2}, nil
}

// sum protects the sum of what persons add: it is shown where their number is, and its noise is that of a count times what a
// person may add. Where it is divided by their number, what they add is measured from the middle of the bounds, which halves
// that; the middle is added again to the mean.
func (r *release) sum(key []byte, c *cell) (Number, error) {
	few := Number{Reason: TooFew}
	persons := c.persons()
	if n, err := r.number(key, &persons); err != nil || n.Value == nil {
		return few, err
	}
	b, err := r.bounded(c)
	if err != nil || b.Units < fewest {
		return few, err
	}
	noise, err := r.seed(key, c, c.sigma())
	if err != nil {
		return few, err
	}
	middle, scale := scaleOf(c.measure, c.period)
	value := int64(math.Round(float64(b.Sum) - float64(b.Units)*middle + normal(noise)*c.sigma()*scale))
	return Number{Value: &value, Margin: int64(math.Ceil(2 * c.sigma() * scale))}, nil
}

// persons is the cell that counts those whose sum it is.
func (c *cell) persons() cell {
	of := *c
	return of.of(c.measure, whole)
}

// scaleOf is from where it is measured what a person adds to the sum of a measure, and how much that is at most.
func scaleOf(m stats.Measure, p stats.Period) (middle, scale float64) {
	b, _ := stats.BoundsOf(m, p)
	if summed[m].byDays {
		return 0, float64(b.Most)
	}
	return float64(b.Least+b.Most) / 2, float64(b.Most-b.Least) / 2
}

// apart reports whether a sensitive number is far enough from the least that may be in the cell and outside it: were one shown
// of 11, whoever knows of ten of them would know of the eleventh.
func (r *release) apart(c *cell, noisy int64, sigma float64) (bool, error) {
	open, named := c.split()
	if named == nil && !c.sensitiveMeasure() {
		return true, nil
	}
	group := *c
	if group.atoms = open; c.sensitiveMeasure() {
		group = group.of(c.measure, denominator)
	}
	of, err := r.count(&group)
	least := fewest + int64(2*sigma)
	return noisy >= least && of-noisy >= least, err
}

// sigma is the standard deviation of the noise: a person may be in several households.
func (c *cell) sigma() float64 {
	n, _ := c.weight()
	if c.unit == stats.Households {
		return 2 * sigma[n]
	}
	return sigma[n]
}

// enough reports whether there are at least 11 in the cell, and at least 11 others wherever one condition is taken away.
func (r *release) enough(c *cell, count int64) (bool, error) {
	people, err := r.set(c, c.atoms)
	if err != nil || count < fewest || people.Persons < fewest {
		return false, err
	}
	for _, w := range c.wider() {
		if w.measure != c.measure {
			if said, err := r.said(c); err != nil {
				return false, err
			} else if said {
				continue
			}
		}
		n, err := r.count(&w)
		if err != nil || n-count < fewest {
			return false, err
		}
	}
	return true, nil
}

// shelters are the groups of project types in which everybody has homeless days.
var shelters = []string{"EMERGENCY_SHELTER", "SAFE_HAVEN", "TRANSITIONAL_HOUSING"}

// said reports whether the conditions on projects say already what the measure asks: who stays in a shelter is homeless.
func (r *release) said(c *cell) (bool, error) {
	if c.measure != stats.LengthOfTimeHomeless {
		return false, nil
	}
	asked, shelter := make([]bool, r.engine.Projects()), make([]bool, r.engine.Projects())
	for p := range asked {
		asked[p] = true
	}
	for _, a := range c.atoms {
		if !a.dimension.Info().OfProject {
			continue
		}
		with, err := r.projects(c.period, a)
		if err != nil {
			return false, err
		}
		for p := range asked {
			asked[p] = asked[p] && with[p]
		}
	}
	for place, v := range r.values[stats.ProjectTypeGroup].all {
		if !slices.Contains(shelters, v.Name) {
			continue
		}
		with, err := r.projects(c.period, atom{stats.ProjectTypeGroup, place})
		if err != nil {
			return false, err
		}
		for p := range shelter {
			shelter[p] = shelter[p] || with[p]
		}
	}
	for p := range asked {
		if asked[p] && !shelter[p] {
			return false, nil
		}
	}
	return true, nil
}

// wider are the cells with one condition less.
func (c *cell) wider() (list []cell) {
	for i := range c.atoms {
		list = append(list, c.without(i))
	}
	switch {
	case c.part > 0:
		all := *c
		all.part = 0
		list = append(list, all)
	case c.side == numerator:
		list = append(list, c.of(c.measure, denominator))
	case c.measure != stats.Served:
		list = append(list, c.of(stats.Served, whole))
	}
	if c.scope != nil {
		all := *c
		all.scope = nil
		list = append(list, all)
	}
	return list
}

// split parts the conditions that are open, those on projects among them, from those that are sensitive.
func (c *cell) split() (open, named []atom) {
	for _, a := range c.atoms {
		if a.sensitive() && !a.dimension.Info().OfProject {
			named = append(named, a)
		} else {
			open = append(open, a)
		}
	}
	return open, named
}

// noise is a count's.
func (r *release) noise(key []byte, c *cell, sigma float64) (int64, error) {
	seed, err := r.seed(key, c, sigma)
	if err != nil {
		return 0, err
	}
	return gaussian(seed, sigma), nil
}

// seed of the noise is drawn from what the cell says: of open conditions from whom they hold, so that other words for the same
// people give the same; of sensitive ones from their names, so that it does not tell whether two of them hold of the same people.
func (r *release) seed(key []byte, c *cell, sigma float64) ([]byte, error) {
	open, named := c.split()
	of, err := r.set(c, open)
	if err != nil {
		return nil, err
	}
	what := c.measure.String()
	if c.part > 0 {
		what += fmt.Sprint(" part ", c.part)
	}
	return prf(key, "noise", r.name, fmt.Sprint(c.period), fmt.Sprint(c.unit), what, fmt.Sprint(c.side, sigma),
		fmt.Sprint(of.Mark), fmt.Sprint(named)), nil
}
