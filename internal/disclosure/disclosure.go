// Package disclosure answers those who may not see the rows behind a number: funders, the public, and agencies about
// projects that are not theirs. Its answers are close to the true ones, and nobody can be picked out of them.
//
//	p := disclosure.New(key, snapshots, ledger)
//	answer, err := p.Totals(ctx, account, stats.Query{Period: year}, stats.Served, stats.ExitsToPermanent)
//	groups, err := p.Groups(ctx, account, query, stats.Grouping{By: []stats.Dimension{stats.AgeBand}}, stats.Served)
//
// What is counted is a cell: units with a stay in a published period that meet some conditions. These are its rules, in
// the order in which they are asked; docs/disclosure.md tells why.
//
//   - The vocabulary is closed. A condition names one value, or all of them, which is no condition; a condition on a
//     dimension that is grouped by names the groups to list. Periods are whole months, quarters, calendar years and
//     federal fiscal years. ActiveBy, RaceMethod, AgeAt and Identity have their defaults, the unit is PEOPLE or
//     HOUSEHOLDS.
//   - Everything that narrows a cell counts as a condition: a condition or grouping, a period other than a federal
//     fiscal year, a measure other than SERVED, the unit HOUSEHOLDS, a scope. What is sensitive counts as two. At most
//     three; two where fewer than 1,000 people were served in the period.
//   - A period is answered from one snapshot for ever (ReleaseOf), so that an answer does not change with the data.
//   - Nothing is shown of fewer than 11 clients, nor where fewer than 11 are left when any of the conditions is taken as a
//     question about those who meet the others.
//   - The count gets noise, is rounded to 5, and is not shown below 11; a sensitive one not within two standard
//     deviations of that either, nor if so few are left. The noise hangs on the key, the release, the period,
//     the set of people who meet the open conditions and the sensitive conditions by name: the same question in other
//     words has the same answer.
//   - Rates, parts and changes are worked out from numbers so protected, and so are Having, OrderBy and First.
//   - Every cell goes into a ledger, and an account may learn only so many of a release.
package disclosure

import (
	"context"

	"github.com/hearth-hmis/hearth/internal/stats"
)

// Protector gives protected answers. It may be used by any number of goroutines.
type Protector struct {
	key       []byte
	snapshots Snapshots
	ledger    Ledger
	releases  releases
}

// Snapshots gives the published states of the community. Each is named after a month, as 2026-10, holds all that was known
// some time after that month, and never changes. Snapshots must return the same facts for a name on every server.
type Snapshots interface {
	// Names lists them in order; none where nothing is published yet.
	Names(ctx context.Context) ([]string, error)
	// Engine answers from one of them. Protector keeps what it is given, of the names that were asked last.
	Engine(ctx context.Context, name string) (*stats.Engine, error)
}

// Ledger keeps which cells an account was told.
type Ledger interface {
	// Spend records the cells of a release, keyed hashes of questions, for an account (0: the public), and tells
	// which of them it may have: those that it has already, and of the others the first that fit into the budget. Two
	// calls at the same time never spend more than the budget together.
	Spend(ctx context.Context, account int64, release string, cells [][]byte, budget int) (granted []bool, err error)
}

// New makes a Protector. The key is at least 32 bytes of the hub's secret, for this use alone: with another key all
// answers are others.
func New(key []byte, s Snapshots, l Ledger) *Protector {
	return &Protector{key: key, snapshots: s, ledger: l}
}

// Reason says why there is no number.
type Reason uint8

// The reasons. None of them tells more than the protected numbers do; that the cell has too few people and that too few
// are left outside it are one, because the difference would tell that all of a group have the same answer.
const (
	Shown        Reason = iota // there is a number
	TooFew                     // fewer than 11 people are in the cell, or too few are outside it: ask about a larger group
	TooDetailed                // more conditions and groupings than are possible together: take some away
	Sensitive                  // the same, where one of them is sensitive: take others away
	BudgetSpent                // the account has been told as many cells of this release as it may
	NotOffered                 // the measure is not offered to those who may not see the rows behind
	NotPublished               // the numbers of the period are not published yet
)

var reasonNames = [...]string{"SHOWN", "TOO_FEW", "TOO_DETAILED", "SENSITIVE", "BUDGET_SPENT", "NOT_OFFERED", "NOT_PUBLISHED"}

func (r Reason) String() string { return reasonNames[r] }

// Number is a protected count. Value is nil where it is not shown, and Reason tells why.
type Number struct {
	Value  *int64
	Reason Reason
	Margin int64 // the true count lies within Value ± Margin 95 times in 100; 0 where nothing is shown
}

// Answer is the protected value of a measure. Which fields say something depends on the kind of the measure:
//
//	Count     Count
//	Rate      Numerator, Denominator, Rate
//	Flow      Count (persons with an event), Parts
//	Mix       Count, Parts
//	Average   Count (persons; of AVERAGE_PER_NIGHT the nights), Mean
//	Duration  Count (persons), Mean, Median, Buckets
//
// Of a measure that is not offered all that there is says NotOffered.
type Answer struct {
	Measure                Measure
	Count                  Number
	Numerator, Denominator Number
	Rate                   *float64 // nil where one of the two is not shown
	Parts                  []Number // in the order of MeasureInfo.Parts
	Mean, Median           Figure
	Buckets                []Number // persons, in the order of MeasureInfo.Buckets
}

// Figure is a protected mean or median. Value is nil where it is not shown, and Reason tells why.
type Figure struct {
	Value  *float64
	Reason Reason
	Margin float64 // of a mean: the true one lies within Value ± Margin 95 times in 100
}

// Measure is one of the catalogue.
type Measure = stats.Measure

// Value is the rate of a rate, the mean of an average and of a duration, else the count; ok is false where it is not shown.
func (a Answer) Value() (value float64, ok bool) {
	found := a.Rate
	switch a.Measure.Info().Kind {
	case stats.Rate:
	case stats.Average, stats.Duration:
		found = a.Mean.Value
	default:
		if a.Count.Value == nil {
			return 0, false
		}
		return float64(*a.Count.Value), true
	}
	if found == nil {
		return 0, false
	}
	return *found, true
}

// Basis says on what an answer stands.
type Basis struct {
	Query   stats.Query
	Release string // the snapshot; of groups by time that of the last part; empty where nothing is published yet
}

// Totals is the protected answer to a query as a whole.
type Totals struct {
	Basis   Basis
	Answers []Answer // as asked
}

// Groups is the protected answer to a query divided. All combinations of values of the closed lists are there, whether or
// not somebody is in them.
type Groups struct {
	Basis  Basis
	By     []stats.Dimension
	Groups []Group
	Count  int // groups after Having, before First and After
}

// Group is one group.
type Group struct {
	Period  stats.Period
	Values  []stats.Value
	Answers []Answer

	places  []int // of the values
	answers []*draft
}

// Change is a query beside the same query for another period, in protected numbers.
type Change struct {
	From    stats.Period
	Now     []Answer
	Before  []Answer
	Percent []*float64 // 100 * (now - before) / before of the protected values; nil where one is not shown
}

// GroupChanges is groups, each beside the same group in another period, in protected numbers.
type GroupChanges struct {
	*Groups
	Changes []Change // one for each of Groups.Groups
}

// The rules that do not depend on a cell.
const (
	fewest          = 11    // clients in a cell and outside it
	mostConditions  = 3     // together, a sensitive one being two
	mostInSmallTown = 2     // the same in a small town
	smallTown       = 1000  // people; a town with fewer is small
	rounding        = 5     // shown numbers are multiples
	mostGroups      = 5000  // of one question
	budget          = 20000 // cells of a release that an account may be told
)

// sigma is the standard deviation of the noise by number of conditions, a sensitive one being two.
var sigma = [mostConditions + 1]float64{3, 3, 6, 11}
