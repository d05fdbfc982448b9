package disclosure

import (
	"math"

	"github.com/hearth-hmis/hearth/internal/stats"
)

// ofPart is the cell of a part of a measure, from 0. The parts of DESTINATION_MIX and the buckets of LENGTH_OF_STAY are the
// values of dimensions.
func (c cell) ofPart(m stats.Measure, part int) cell {
	switch m {
	case stats.DestinationMix:
		return c.with(atom{stats.DestinationGroup, part})
	case stats.LengthOfStay:
		return c.with(atom{stats.LengthOfStayBucket, part})
	}
	c.measure, c.side, c.part = m, whole, part+1
	return c
}

// asCount is a sum that is an answer by itself.
func (n Number) asCount() Number {
	if n.Value == nil {
		return n
	}
	value := rounded(*n.Value)
	if value < fewest {
		return Number{Reason: TooFew}
	}
	return Number{Value: &value, Margin: n.Margin + rounding/2}
}

// tenth is how exact means are.
func tenth(f float64) float64 { return math.Round(10*f) / 10 }

// perDay is a sum over the days of the period.
func (a *draft) perDay() Figure {
	if a.sum.Value == nil {
		return Figure{Reason: a.sum.Reason}
	}
	days := float64(a.period.End-a.period.Start) + 1
	value := tenth(max(float64(*a.sum.Value), 0) / days)
	return Figure{Value: &value, Margin: tenth(float64(a.sum.Margin)/days + 0.1)}
}

// mean is the protected sum over the protected number of persons.
func (a *draft) mean() Figure {
	if a.sum.Value == nil || a.Count.Value == nil {
		return Figure{Reason: max(a.sum.Reason, a.Count.Reason)}
	}
	b, _ := stats.BoundsOf(a.Measure, a.period)
	middle, _ := scaleOf(a.Measure, a.period)
	sum, n := float64(*a.sum.Value), float64(*a.Count.Value)
	value := tenth(min(max(middle+sum/n, float64(b.Least)), float64(b.Most)))
	margin := math.Hypot(float64(a.sum.Margin)/n, sum/n*float64(a.Count.Margin)/n)
	return Figure{Value: &value, Margin: tenth(margin + 0.1)}
}

// mostHidden is the share of the persons who may be in buckets that are not shown where there is a median.
const mostHidden = 0.1

// median is that of the protected buckets: where half of the persons shown are reached, within the bucket in a straight line.
func (a *draft) median() Figure {
	if a.Count.Value == nil {
		return Figure{Reason: a.Count.Reason}
	}
	shown, reason := int64(0), TooFew
	for _, b := range a.Buckets {
		if b.Value == nil {
			reason = max(reason, b.Reason)
			continue
		}
		shown += *b.Value
	}
	if float64(shown) < (1-mostHidden)*float64(*a.Count.Value) {
		return Figure{Reason: reason}
	}
	below := int64(0)
	for i, b := range a.Measure.Info().Buckets {
		n := a.Buckets[i].Value
		if n == nil {
			continue
		}
		if 2*(below+*n) >= shown {
			if b.To < 0 { // the median lies in a bucket without an end
				return Figure{Reason: TooFew}
			}
			value := tenth(float64(b.From) + float64(b.To+1-b.From)*(float64(shown)/2-float64(below))/float64(*n))
			return Figure{Value: &value}
		}
		below += *n
	}
	return Figure{Reason: TooFew}
}
