package disclosure

import "math"

// simplex finds the extremes of a variable in a system of linear equations of variables that are not below 0: the plain
// method of Dantzig with Bland's rule, on a dense tableau. The system has a solution: the true table.
type simplex struct {
	column    map[int]int // variables by place
	variables int
	rows      []row

	table [][]float64 // a row of coefficients for each equation, its right side last
	basis []int       // the variable that each row solves for
}

// row says that the sum of terms is a number.
type row struct {
	of []term
	is float64
}

type term struct {
	variable int
	factor   float64
}

const tiny = 1e-9

func (s *simplex) variable() int { s.variables++; return s.variables - 1 }

// add takes in an equation; atLeast: the sum may be more.
func (s *simplex) add(r row, atLeast bool) {
	if atLeast {
		r.of = append(r.of, term{s.variable(), -1})
	}
	s.rows = append(s.rows, r)
}

// begin finds a first solution: each equation gets a variable of its own that makes it true, and these are brought to 0.
func (s *simplex) begin() {
	n, m := s.variables, len(s.rows)
	for i, r := range s.rows {
		t := make([]float64, n+m+1)
		sign := 1.0
		if r.is < 0 {
			sign = -1
		}
		for _, of := range r.of {
			t[of.variable] += sign * of.factor
		}
		t[n+i], t[n+m] = 1, sign*r.is
		s.table, s.basis = append(s.table, t), append(s.basis, n+i)
	}
	goal := make([]float64, n+m+1)
	for i := range m {
		goal[n+i] = -1
	}
	s.climb(goal, n+m)
	s.drop(n, m)
}

// drop takes the first variables of the equations away, and equations that follow from others.
func (s *simplex) drop(n, m int) {
	var table [][]float64
	var basis []int
	for i := range s.table {
		if s.basis[i] >= n {
			for v := range n {
				if math.Abs(s.table[i][v]) > tiny {
					s.pivot(i, v)
					break
				}
			}
		}
	}
	for i, t := range s.table {
		if s.basis[i] < n {
			table, basis = append(table, append(t[:n:n], t[n+m])), append(basis, s.basis[i])
		}
	}
	s.table, s.basis = table, basis
}

// maximize goes to a solution with the most (sign 1) or the least (-1) of a variable. It is false where there is no most.
func (s *simplex) maximize(variable int, sign float64) bool {
	goal := make([]float64, s.variables+1)
	goal[variable] = sign
	return s.climb(goal, s.variables)
}

// climb goes from solution to solution while the goal grows.
func (s *simplex) climb(goal []float64, variables int) bool {
	cost := append([]float64(nil), goal...)
	for i, b := range s.basis { // what a unit of each variable brings, all others following
		if f := goal[b]; f != 0 {
			for v := range cost {
				cost[v] -= f * s.table[i][v]
			}
		}
	}
	for {
		enter := -1
		for v := range variables {
			if cost[v] > tiny {
				enter = v
				break
			}
		}
		if enter < 0 {
			return true
		}
		leave, least := -1, math.Inf(1)
		for i, t := range s.table {
			if t[enter] <= tiny {
				continue
			}
			ratio := t[variables] / t[enter]
			if ratio < least-tiny || ratio < least+tiny && s.basis[i] < s.basis[leave] {
				leave, least = i, min(ratio, least)
			}
		}
		if leave < 0 {
			return false
		}
		s.pivot(leave, enter)
		f := cost[enter]
		for v := range cost {
			cost[v] -= f * s.table[leave][v]
		}
	}
}

// pivot solves an equation for a variable and puts it into the others.
func (s *simplex) pivot(at, variable int) {
	t := s.table[at]
	f := t[variable]
	for v := range t {
		t[v] /= f
	}
	for i, other := range s.table {
		if f := other[variable]; i != at && f != 0 {
			for v := range other {
				other[v] -= f * t[v]
			}
		}
	}
	s.basis[at] = variable
}

// value is that of a variable in the solution.
func (s *simplex) value(variable int) float64 {
	for i, b := range s.basis {
		if b == variable {
			return s.table[i][len(s.table[i])-1]
		}
	}
	return 0
}
