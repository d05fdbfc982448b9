package graph

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/hearth-hmis/hearth/graph/model"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/table"
)

// sheet collects the columns and the cells of a row.
type sheet struct {
	table     *table.Table
	header    bool // the columns are not complete yet
	protected bool
	row       []any
}

func (s *sheet) add(name string, k table.Kind, cell any) {
	if s.header {
		s.table.Columns = append(s.table.Columns, table.Column{Name: name, Kind: k})
	}
	s.row = append(s.row, cell)
}

// tableOf is an answer in groups as a table: start and end, for each dimension its value and label, for each measure its numbers,
// and of protected ones how far off each may be and why it is not shown.
func tableOf(by []stats.Dimension, measures []stats.Measure, groups *model.StatisticsGroups) *table.Table {
	s := &sheet{table: &table.Table{}, header: true, protected: groups.Protected}
	s.group(by, measures, &model.StatisticsGroup{Numbers: &model.StatisticsNumbers{}}) // for the columns
	s.header = false
	for _, g := range groups.Groups {
		s.row = nil
		s.group(by, measures, g)
		s.table.Rows = append(s.table.Rows, s.row)
	}
	return s.table
}

func (s *sheet) group(by []stats.Dimension, measures []stats.Measure, g *model.StatisticsGroup) {
	s.add("start", table.Date, g.Start)
	s.add("end", table.Date, g.End)
	for i, d := range by {
		name := strings.ToLower(d.String())
		var value, label any
		if i < len(g.Values) { // nobody knows which there are while nothing is published
			value, label = g.Values[i].Name, g.Values[i].Label
		}
		s.add(name, table.Text, value)
		s.add(name+"_label", table.Text, label)
	}
	for _, m := range measures {
		s.measure(m, g.Numbers)
	}
}

func (s *sheet) measure(m stats.Measure, n *model.StatisticsNumbers) {
	name := strings.ToLower(m.String())
	switch m.Info().Kind {
	case stats.Count:
		s.count(name, n.Count(m))
	case stats.Rate:
		r := n.Rate(m)
		s.add(name, table.Number, cellOf(r.Value))
		s.count(name+"_numerator", r.Numerator)
		s.count(name+"_denominator", r.Denominator)
	case stats.Average:
		a := n.Average(m)
		s.figure(name, a.Value, a.Margin, a.Reason)
	case stats.Duration:
		d := n.Duration(m)
		s.count(name+"_observations", d.Observations)
		s.figure(name+"_mean", d.Mean, d.MeanMargin, d.MeanReason)
		s.figure(name+"_median", d.Median, nil, d.MedianReason)
	case stats.Flow, stats.Mix:
		p := n.Parts(m)
		s.count(name, p.Total)
		for i, part := range m.Info().Parts {
			s.count(name+"_"+strings.ToLower(part.Name), p.Parts[i].Count)
		}
	}
}

func (s *sheet) count(name string, c *model.StatisticsCount) {
	s.add(name, table.Integer, integerOf(c.Value))
	if s.protected {
		s.add(name+"_margin", table.Integer, integerOf(c.Margin))
	}
	s.reason(name, c.Reason)
}

func (s *sheet) figure(name string, value, margin *float64, reason *model.StatisticsReason) {
	s.add(name, table.Number, cellOf(value))
	if s.protected {
		s.add(name+"_margin", table.Number, cellOf(margin))
	}
	s.reason(name, reason)
}

func (s *sheet) reason(name string, r *model.StatisticsReason) {
	if !s.protected {
		return
	}
	var cell any
	if r != nil {
		cell = string(*r)
	}
	s.add(name+"_reason", table.Text, cell)
}

// cellOf is a number as a cell; a nil pointer in an any would not be nil.
func cellOf(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

func integerOf(v *int32) any {
	if v == nil {
		return nil
	}
	return int64(*v)
}

// fileOf writes a table as a file of a name without its extension.
func fileOf(t *table.Table, name string, f table.Format) (*model.StatisticsFile, error) {
	var b bytes.Buffer
	if err := t.Write(&b, f); err != nil {
		return nil, err
	}
	return &model.StatisticsFile{Name: name + "." + f.Extension(), MediaType: f.MediaType(), Content: base64.StdEncoding.EncodeToString(b.Bytes()), Rows: int32(len(t.Rows))}, nil
}
