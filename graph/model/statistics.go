package model

import (
	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// Statistics is a question that is to be answered; Engine is nil where its numbers are protected.
type Statistics struct {
	Mode   StatisticsMode
	Basis  *StatisticsBasis
	Query  stats.Query
	Engine *stats.Engine
	Facts  *facts.Facts // those of Engine
}

// StatisticsBasis is on what the numbers stand.
type StatisticsBasis struct {
	Start, End hmis.Date
	Unit       StatisticsUnit
	ActiveBy   StatisticsActiveBy
	RaceMethod StatisticsRaceMethod
	AgeAt      StatisticsAgeAt
	Identity   StatisticsIdentity
	Scope      StatisticsScope
	Change     *int32
	DataAt     *hmis.Timestamp
	Protected  bool
}

// StatisticsGroups are numbers by group.
type StatisticsGroups struct {
	Count     int32
	Groups    []*StatisticsGroup
	Protected bool
}

// StatisticsMembers are the records behind a number, by their row numbers.
type StatisticsMembers struct{ EnrollmentKeys, ClientKeys []int64 }

// StatisticsNumbers are the answers to the measures that were asked for, exact or protected.
type StatisticsNumbers struct {
	Exact     map[stats.Measure]stats.Answer
	Protected map[stats.Measure]disclosure.Answer
}

// number is a protected count, or why there is none.
func number(n disclosure.Number) *StatisticsCount {
	if n.Value == nil {
		reason := StatisticsReason(n.Reason.String())
		return &StatisticsCount{Reason: &reason}
	}
	value, margin := int32(*n.Value), int32(n.Margin)
	return &StatisticsCount{Value: &value, Margin: &margin}
}

// margin and why are those of a protected mean or median.
func margin(f disclosure.Figure) *float64 {
	if f.Value == nil {
		return nil
	}
	return &f.Margin
}

func why(f disclosure.Figure) *StatisticsReason {
	if f.Value != nil {
		return nil
	}
	reason := StatisticsReason(f.Reason.String())
	return &reason
}

func exactly(n int64) *StatisticsCount {
	value := int32(n)
	return &StatisticsCount{Value: &value}
}

func (n *StatisticsNumbers) Count(m stats.Measure) *StatisticsCount {
	if a, protected := n.Protected[m]; protected {
		return number(a.Count)
	}
	return exactly(n.Exact[m].Count)
}

func (n *StatisticsNumbers) Rate(m stats.Measure) *StatisticsRate {
	if a, protected := n.Protected[m]; protected {
		if a.Numerator == (disclosure.Number{}) && a.Denominator == (disclosure.Number{}) { // not offered
			return &StatisticsRate{Numerator: number(a.Count), Denominator: number(a.Count)}
		}
		return &StatisticsRate{Value: a.Rate, Numerator: number(a.Numerator), Denominator: number(a.Denominator)}
	}
	a := n.Exact[m]
	return &StatisticsRate{Value: value(a), Numerator: exactly(a.Numerator), Denominator: exactly(a.Denominator)}
}

func (n *StatisticsNumbers) Average(m stats.Measure) *StatisticsAverage {
	if a, protected := n.Protected[m]; protected {
		return &StatisticsAverage{Value: a.Mean.Value, Margin: margin(a.Mean), Reason: why(a.Mean)}
	}
	return &StatisticsAverage{Value: value(n.Exact[m])}
}

func value(a stats.Answer) *float64 {
	if v, ok := a.Value(); ok {
		return &v
	}
	return nil
}

func (n *StatisticsNumbers) Duration(m stats.Measure) *StatisticsDuration {
	if a, protected := n.Protected[m]; protected {
		d := &StatisticsDuration{Observations: number(a.Count), Mean: a.Mean.Value, MeanMargin: margin(a.Mean), MeanReason: why(a.Mean),
			Median: a.Median.Value, MedianReason: why(a.Median), Buckets: []*StatisticsPart{}}
		for i, count := range a.Buckets {
			d.Buckets = append(d.Buckets, &StatisticsPart{Label: m.Info().Buckets[i].Label, Count: number(count)})
		}
		return d
	}
	a := n.Exact[m]
	d := &StatisticsDuration{Observations: exactly(a.Count), Buckets: []*StatisticsPart{}}
	if a.Count > 0 {
		p90 := int32(a.Days.P90)
		d.Mean, d.Median, d.P90 = &a.Days.Mean, &a.Days.Median, &p90
	}
	for i, bucket := range m.Info().Buckets {
		count := int64(0)
		if i < len(a.Days.Buckets) {
			count = a.Days.Buckets[i]
		}
		d.Buckets = append(d.Buckets, &StatisticsPart{Label: bucket.Label, Count: exactly(count)})
	}
	return d
}

func (n *StatisticsNumbers) Parts(m stats.Measure) *StatisticsParts {
	a, protected := n.Protected[m]
	p := &StatisticsParts{Total: n.Count(m), Parts: []*StatisticsPart{}}
	for i, part := range m.Info().Parts {
		count := p.Total
		switch {
		case protected && i < len(a.Parts):
			count = number(a.Parts[i])
		case !protected && i < len(n.Exact[m].Parts):
			count = exactly(n.Exact[m].Parts[i])
		}
		p.Parts = append(p.Parts, &StatisticsPart{Label: part.Label, Count: count})
	}
	return p
}
