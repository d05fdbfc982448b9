package stats

// Mark stands for a person in the mark of a set, which is the exclusive or of the marks of its members.
type Mark [2]uint64

// Set is who is in a combination of values: how many persons, and the mark of them all.
type Set struct {
	Persons int64
	Mark    Mark
}

// Sets gives the persons with a stay in question in the combinations of dimensions in which somebody is. Combinations are
// numbered as in Cells. Persons are those of Facts; marks has one for each.
func (e *Engine) Sets(q Query, by []Dimension, marks []Mark) (map[uint32]Set, error) {
	q.Unit, q.Identity = People, Persons
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	g, err := r.newGrid(by)
	if err != nil {
		return nil, err
	}
	var list []Set
	r.scan(nil, false, r.question, func(rows []int32) {
		b := g.batch(rows)
		list = grown(list, g.cells)
		eachUnit(b, r.units(), func(cell uint32, stays []int32) {
			s, m := &list[cell], marks[r.persons[stays[0]]]
			s.Persons++
			s.Mark[0] ^= m[0]
			s.Mark[1] ^= m[1]
		})
	})
	sets := map[uint32]Set{}
	for c, s := range list {
		if s.Persons > 0 {
			sets[g.combination(c)] = s
		}
	}
	return sets, nil
}

// Persons is how many persons the facts have.
func (e *Engine) Persons() int { return len(e.columns.stays) - 1 }

// Projects is how many projects the facts have.
func (e *Engine) Projects() int { return len(e.f.Projects) }

// Answers gives a measure in the combinations of dimensions in which it may be other than empty, numbered as in Cells.
func (e *Engine) Answers(q Query, by []Dimension, m Measure) (map[uint32]Answer, error) {
	r, err := e.newRun(q)
	if err != nil {
		return nil, err
	}
	t, err := r.table([]Period{q.Period}, by, []Measure{m})
	if err != nil {
		return nil, err
	}
	answers := map[uint32]Answer{}
	for combination, row := range t.answers[0] {
		answers[combination] = row[0]
	}
	return answers, nil
}

// ProjectsWith tells which projects have a value in a dimension of projects, in some period; value is a place among Values.
func (e *Engine) ProjectsWith(p Period, d Dimension, value int) ([]bool, error) {
	r, err := e.newRun(Query{Period: p})
	if err != nil {
		return nil, err
	}
	with := make([]bool, len(e.f.Projects))
	for i := range with {
		r.eachOfProject(d, int32(i), func(code int) { with[i] = with[i] || code == value })
	}
	return with, nil
}
