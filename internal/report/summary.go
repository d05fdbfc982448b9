package report

import "github.com/hearth-hmis/hearth/internal/glossary"

// Figure answers one of the questions that are asked of every report.
type Figure struct {
	Label string
	Value float64
	Days  bool // Value is a number of days; else persons, households or years
	// Definition says in a sentence what is counted.
	Definition string
}

// Summary answers what every reader asks first: how many, how old, and how long veterans and others stayed.
func (r *Report) Summary() []Figure {
	u := r.universe
	age := func(p *person) int { return p.age }
	length := func(p *person) int { return p.Length(p.stay) }
	return []Figure{
		{"Persons served", float64(len(u.persons)), false, "each person once, however many stays"},
		{"Households served", float64(u.in(heads)), false, "by their heads of household, each person once"},
		{"Average age", u.mean(func(p *person) bool { return p.age != glossary.UnknownAge }, age), false, "of those whose age is known, in whole years at the later of the report's start and project start"},
		{"Average length of participation, veterans", u.mean(veterans, length), true, "adults with veteran status yes; bed nights for night-by-night shelter"},
		{"Average length of participation, adults who are no veterans", u.mean(func(p *person) bool { return p.adult() && !p.veteran() }, length), true, "all other adults; bed nights for night-by-night shelter"},
	}
}

// mean is the average of a number of those of whom the test holds, with one decimal; 0 of nobody.
func (u *universe) mean(test func(*person) bool, of func(*person) int) float64 {
	sum, n := 0, 0
	for i := range u.persons {
		if p := &u.persons[i]; test(p) {
			sum += of(p)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return round(float64(sum)/float64(n), 1)
}
