package stats

import "github.com/hearth-hmis/hearth/internal/facts"

// Engine answers queries about one community. It may be used by any number of goroutines. Its questions:
//
//	func (e *Engine) Totals(q Query, measures ...Measure) (*Totals, error)
//	func (e *Engine) Groups(q Query, g Grouping, measures ...Measure) (*Groups, error)
//	func (e *Engine) Change(q Query, to Compare, measures ...Measure) (*Change, error)
//	func (e *Engine) Members(q Query, m Measure, group []Condition) (*Members, error)
//	func (e *Engine) Cells(q Query, by ...Dimension) (*Cells, error)
//	func (e *Engine) Values(d Dimension) []Value
//
// Their errors are Invalid, with what to do about the query.
type Engine struct {
	f       *facts.Facts
	version Version
}

// New makes an engine of facts, which stand on a version.
func New(f *facts.Facts, v Version) *Engine { return &Engine{f: f, version: v} }
