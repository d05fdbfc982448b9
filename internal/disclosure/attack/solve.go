package attack

import (
	"cmp"
	"slices"
)

// equation says that the sum of the unknowns of some people is about a number. With atMost it says only that it is not
// more, as a number that was not shown does.
type equation struct {
	people []int32
	times  []float64 // how often each counts; nil: once
	sum    float64
	weight float64 // 1 over the variance of the error
	atMost bool
}

// solve finds the unknowns, each between 0 and 1, that fit the equations best by least squares, and are otherwise close to
// the base rate: coordinate descent, which for such a sum of squares in a box goes to the least one.
func solve(people int, equations []equation) []float64 {
	const prior = 1 / (BaseRate * (1 - BaseRate))
	x, in := make([]float64, people), make([][]term, people)
	for i := range x {
		x[i] = BaseRate
	}
	over := make([]float64, len(equations)) // sum of the unknowns less the number
	for e, q := range equations {
		over[e] = -q.sum
		for i, p := range q.people {
			one := term{int32(e), 1}
			if q.times != nil {
				one.times = q.times[i]
			}
			in[p] = append(in[p], one)
			over[e] += one.times * x[p]
		}
	}
	for range 300 {
		moved := 0.0
		for p := range x {
			slope, curve := prior*(x[p]-BaseRate), prior
			for _, e := range in[p] {
				if q := &equations[e.equation]; !q.atMost || over[e.equation] > 0 {
					slope += q.weight * over[e.equation] * e.times
					curve += q.weight * e.times * e.times
				}
			}
			step := min(max(x[p]-slope/curve, 0), 1) - x[p]
			x[p] += step
			for _, e := range in[p] {
				over[e.equation] += step * e.times
			}
			moved = max(moved, step, -step)
		}
		if moved < 1e-4 {
			break
		}
	}
	return x
}

// term is an unknown in an equation.
type term struct {
	equation int32
	times    float64
}

// Score says how well guesses find a secret.
type Score struct {
	Area float64 // under the curve: the probability that of two people the one with the secret has the higher guess
	Top  float64 // how many of the hundredth with the highest guesses have the secret
}

// Judge compares guesses with the secret.
func Judge(guess []float64, secret []bool) Score {
	order := make([]int, len(guess))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(guess[a], guess[b]) })
	ranks, yes := 0.0, 0
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && guess[order[to]] == guess[order[from]] {
			to++
		}
		for _, p := range order[from:to] {
			if secret[p] {
				ranks += float64(from+to+1) / 2 // the mean rank of equal guesses, from 1
				yes++
			}
		}
		from = to
	}
	s := Score{Area: (ranks - float64(yes*(yes+1))/2) / (float64(yes) * float64(len(order)-yes))}
	top := max(len(order)/100, 1)
	for _, p := range order[len(order)-top:] {
		if secret[p] {
			s.Top += 1 / float64(top)
		}
	}
	return s
}
