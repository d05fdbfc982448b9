package model

import (
	"testing"

	"github.com/hearth-hmis/hearth/internal/disclosure"
	"github.com/hearth-hmis/hearth/internal/stats"
)

// Protected means, medians and buckets come as they are, and what is not shown comes with its reason.
func TestProtectedFigures(t *testing.T) {
	people, mean, median := int64(120), 34.5, 20.1
	n := &StatisticsNumbers{Protected: map[stats.Measure]disclosure.Answer{
		stats.LengthOfStay: {Measure: stats.LengthOfStay, Count: disclosure.Number{Value: &people, Margin: 8}, Mean: disclosure.Figure{Value: &mean},
			Median: disclosure.Figure{Value: &median}, Buckets: []disclosure.Number{{Value: &people}, {Reason: disclosure.TooFew}}},
		stats.AverageAge:      {Measure: stats.AverageAge, Mean: disclosure.Figure{Value: &mean}},
		stats.AveragePerNight: {Measure: stats.AveragePerNight, Mean: disclosure.Figure{Reason: disclosure.BudgetSpent}},
	}}
	d := n.Duration(stats.LengthOfStay)
	if *d.Observations.Value != 120 || *d.Mean != mean || *d.Median != median || d.P90 != nil || len(d.Buckets) != 2 {
		t.Errorf("length of stay: %+v", d)
	}
	if b := d.Buckets[1]; b.Count.Value != nil || *b.Count.Reason != StatisticsReasonTooFew || b.Label != stats.LengthOfStay.Info().Buckets[1].Label {
		t.Errorf("a bucket that is not shown: %+v", b)
	}
	if a := n.Average(stats.AverageAge); *a.Value != mean || a.Reason != nil {
		t.Errorf("average age: %+v", a)
	}
	if a := n.Average(stats.AveragePerNight); a.Value != nil || *a.Reason != StatisticsReasonBudgetSpent {
		t.Errorf("average per night: %+v", a)
	}
}
