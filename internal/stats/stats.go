// Package stats answers questions about a community: how many, which, for how long, where they went, whether they came
// back. It counts over the columns of internal/facts in memory, with HUD's definitions, and knows no database.
//
//	engine := stats.New(f, stats.Version{Change: 17})
//	year, err := stats.FiscalYear(2025)
//	answer, err := engine.Totals(stats.Query{Period: year}, stats.Served, stats.ExitsToPermanent)
//	groups, err := engine.Groups(stats.Query{Period: year}, stats.Grouping{By: []stats.Dimension{stats.AgeBand}}, stats.Served)
//
// What a measure or a dimension means stands in the catalogue: Measures and Dimensions. The words of its definitions
// are these.
//
//   - S and E are the first and the last day of the period.
//   - A stay is an Enrollment with its Exit. Only stays at projects in the query's scope exist, whatever is asked: with a
//     scope, other stays of a person neither count nor are looked at. An exit after E is no exit.
//   - A considered stay meets every condition of Where and belongs to the unit: HEADS looks at stays with
//     RelationshipToHoH 1, ADULTS_AND_HEADS at those and at stays of persons of 18 and over, the other units at all.
//   - A stay in question is a considered stay that is active in S..E as ActiveBy says.
//   - A unit is what is counted: a person (PEOPLE, HEADS, ADULTS_AND_HEADS; a client record where Identity is
//     CLIENTS), a household (source, project, HouseholdID; a stay without one is its own), or a stay (ENROLLMENTS). A
//     unit counts once, however many stays it has.
//   - Age is in whole years on the day that AgeAt says; without DOB, or born after that day, it is unknown.
//   - Project types are written by their codes of list 2.02.6; "permanent housing" is 3, 9, 10 and 13.
//   - Move-in is the household's (report-rules.md 4): the stay's own MoveInDate where EntryDate <= it <= exit and E; else
//     the earliest such date of a head of the household, not after the stay's exit, and not before its EntryDate (then
//     that is the day); else none.
//
// One rule gives the meaning of groups: the answer in a group is the answer of the same query with the group's values as
// conditions; with a grain, of the same query for the part of the period. A person who is in two groups counts in both,
// and once in the total, which is therefore no sum.
package stats

import (
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Query is a question. Everything in it changes numbers, and Basis says it again. The zero value of each choice is the
// default.
type Query struct {
	Period     Period
	Where      []Condition // all must hold
	Unit       Unit
	ActiveBy   ActiveBy
	RaceMethod RaceMethod
	AgeAt      AgeAt
	Identity   Identity

	// Projects is the scope, indexes in Facts.Projects; nil: all. It is for who asks, not for what is asked: stays
	// at other projects are as if they were not there.
	Projects []int32
}

// Condition holds of stays that have one of the values, named as in the catalogue, in the dimension.
type Condition struct {
	Dimension Dimension
	Values    []string
}

// Unit is what is counted.
type Unit uint8

// The units.
const (
	People         Unit = iota // distinct persons
	Households                 // distinct households with a stay in question
	Heads                      // distinct persons, of stays with RelationshipToHoH 1
	AdultsAndHeads             // distinct persons, of stays of heads and of persons of 18 and over (AgeAt)
	Enrollments                // stays
)

// ActiveBy says what makes a stay active in a period.
type ActiveBy uint8

// The two methods of HUD's glossary (report-rules.md 2).
const (
	// ByEnrollment: EntryDate <= E, no exit or exit >= S; project type 1 without an exit needs a bed night in S..E
	// that is not before EntryDate.
	ByEnrollment ActiveBy = iota
	// ByService: active by enrollment, and at least one day in S..E, not before EntryDate, with a bed night (before the
	// exit) or with (not after the exit) a Services, CurrentLivingSituation, Assessment or Event record.
	ByService
)

// RaceMethod says how persons of several races are grouped.
type RaceMethod uint8

// The methods.
const (
	AloneOrInCombination RaceMethod = iota // in the group of each race that is marked
	CombinedRace                           // in one group: a single race, several with or without Hispanic/Latina/o
)

// AgeAt says on which day ages are taken.
type AgeAt uint8

// The days.
const (
	AgeAtStart AgeAt = iota // the later of S and EntryDate: HUD's reports
	AgeAtEntry              // EntryDate
	AgeAtEnd                // the earlier of E and the exit, but not before EntryDate
)

// Identity says who counts as one.
type Identity uint8

// The identities.
const (
	Persons Identity = iota // the hub's persons: client records that are linked count once
	Clients                 // each source's client records
)

// Version is what the facts stand on, as the caller knows it.
type Version struct {
	Change int64
	At     *hmis.Timestamp // nil where nothing was changed yet, or the facts are not from a hub
}

// Basis says on what an answer stands: every choice of the query, and the facts.
type Basis struct {
	Query   Query
	Version Version
}

// Coverage says which projects are in an answer: those of the scope that meet the conditions on dimensions of projects.
type Coverage struct {
	Projects []ProjectCoverage // in the order of the facts
}

// ProjectCoverage is a project and how many stays in question it has; none may mean that it does not send data.
type ProjectCoverage struct {
	Project     int32 // index in Facts.Projects
	Enrollments int
}

// Answer is the value of a measure. Which fields say something depends on the kind of the measure:
//
//	Count     Count
//	Rate      Numerator, Denominator
//	Average   Numerator, Denominator
//	Duration  Count (observations), Days
//	Flow      Count (the sum of the parts), Parts
//	Mix       Count (distinct units in any part), Parts
type Answer struct {
	Measure                Measure
	Count                  int64
	Numerator, Denominator int64
	Days                   Days
	Parts                  []int64 // in the order of MeasureInfo.Parts
}

// Value is the quotient of a rate or an average, the mean of a duration, else the count; ok is false where there is
// nothing to divide by.
func (a Answer) Value() (value float64, ok bool) {
	switch a.Measure.Info().Kind {
	case Rate, Average:
		if a.Denominator == 0 {
			return 0, false
		}
		return float64(a.Numerator) / float64(a.Denominator), true
	case Duration:
		return a.Days.Mean, a.Count > 0
	}
	return float64(a.Count), true
}

// Days sums up a number of days of each observation; all of it is 0 where there is none.
type Days struct {
	Mean    float64
	Median  float64 // mean of the two middle ones
	P90     int64   // the smallest number of days that at least nine in ten do not exceed
	Buckets []int64 // observations in each of MeasureInfo.Buckets
}

// Totals is the answer to a query as a whole.
type Totals struct {
	Basis    Basis
	Coverage Coverage
	Answers  []Answer // as asked
}

// Grouping says how to divide a query. By names dimensions; a dimension of time in it is the same as a grain.
type Grouping struct {
	By      []Dimension
	Grain   Grain
	Having  []Having // all must hold
	OrderBy []Order  // then by the order of values in the catalogue
	First   int      // how many groups, after Having and OrderBy; 0: all
	After   int      // how many of them come before
}

// Having keeps the groups whose value of a measure lies between two bounds; nil is no bound. A group without a value
// (nothing to divide by) is kept by none.
type Having struct {
	Measure         Measure
	AtLeast, AtMost *float64
}

// Order sorts by time, by the values of a dimension, or by a measure, which must be one of those asked for.
type Order struct {
	By        OrderBy
	Dimension Dimension
	Measure   Measure
	Down      bool
}

// OrderBy is what an Order sorts by.
type OrderBy uint8

// What can be sorted by.
const (
	OrderByTime OrderBy = iota
	OrderByDimension
	OrderByMeasure
)

// Groups is the answer to a query divided. Without a grain there is a group for each combination of values that a
// stay in question has; where a flow is asked for, also for each that a considered stay has that is active on the day before
// the period or in it, and if flows alone are asked for, for these alone. With a grain there is, for each such combination of
// any part of the period, a group for every part: the time spine has no holes. Without dimensions there is always the one
// combination.
type Groups struct {
	Basis    Basis
	Coverage Coverage
	By       []Dimension
	Groups   []Group
	Count    int // groups after Having, before First and After
}

// Group is one group.
type Group struct {
	Period  Period  // the part of the period; the whole of it without a grain
	Values  []Value // one for each of Groups.By
	Answers []Answer

	codes []int // places of the values in the catalogue
}

// Compare says what a change is measured from.
type Compare uint8

// The periods to compare with.
const (
	PreviousPeriod Compare = iota // the one of the same kind and length that ends the day before: whole months after whole months
	PriorYear                     // the same days one year earlier
)

// Change is a query beside the same query for another period.
type Change struct {
	From    Period   // the other period
	Now     []Answer // as asked
	Before  []Answer
	Percent []*float64 // 100 * (now - before) / before of the values; nil where that is not defined
}

// GroupChanges is groups, each beside the same group in another period: what a change of the query with the group's values as
// conditions, in its part of the period, would be. Who is only in the other period makes no group.
type GroupChanges struct {
	*Groups
	Changes []Change // one for each of Groups.Groups
}

// Members are the rows behind a group: the units that a measure counts, as the clients and stays that make them count,
// by index in the facts and in their order. For a rate or an average they are those of the denominator.
type Members struct {
	Clients     []int32
	Enrollments []int32
}

// Cells are the true counts of a measure in all combinations of up to a few dimensions: what disclosure control stands on.
type Cells struct {
	By     []Dimension
	Values [][]Value // of each dimension: those that the facts have, or the closed list
	Counts []int32   // units, by the combination: the last dimension runs fastest
	Of     []int32   // the denominators of a rate; nil for a count
}
