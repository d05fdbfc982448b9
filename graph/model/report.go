package model

import (
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/report"
	"github.com/hearth-hmis/hearth/internal/store"
)

// Report is a report with the data that it stands on.
type Report struct {
	*report.Report
	Data *store.ReportScope
	Ran  hmis.Date
}

// Change is the last change that the data holds, nil for who may not know.
func (r *Report) Change() *int32 {
	change, _ := r.Data.Basis()
	if change == nil {
		return nil
	}
	n := int32(*change)
	return &n
}

// DataAt is when that was made.
func (r *Report) DataAt() *hmis.Timestamp {
	_, at := r.Data.Basis()
	return at
}

// Start is the first day.
func (r *Report) Start() hmis.Date { return r.Scope.Start }

// End is the last day.
func (r *Report) End() hmis.Date { return r.Scope.End }

// Coc is the CoC that was asked for, nil for any.
func (r *Report) Coc() *string {
	if r.Scope.CoC == "" {
		return nil
	}
	return &r.Scope.CoC
}

// Kind is which report.
func (r *Report) Kind() ReportKind { return kindNamed(string(r.Report.Kind)) }

// KindOf is the report's own name of a kind, as the command's: ce-apr for CE_APR.
func KindOf(k ReportKind) report.Kind {
	return report.Kind(strings.ReplaceAll(strings.ToLower(string(k)), "_", "-"))
}

func kindNamed(kind string) ReportKind {
	return ReportKind(strings.ReplaceAll(strings.ToUpper(kind), "-", "_"))
}

// KindNamed is the reverse of KindOf.
func KindNamed(kind string) ReportKind { return kindNamed(kind) }

// HTML is the report as a page to print.
func (r *Report) HTML() (string, error) {
	var page strings.Builder
	err := r.WriteHTML(&page, report.Printing{RunDate: r.Ran})
	return page.String(), err
}

// ReportTable is a table of a report.
type ReportTable struct {
	of    *Report
	table *report.Table
}

// Tables gives the table of the id, none for all.
func (r *Report) TablesNamed(id *string) (tables []*ReportTable) {
	for _, t := range r.Report.Tables {
		if id == nil || t.ID == *id {
			tables = append(tables, &ReportTable{r, t})
		}
	}
	return tables
}

// ID of the table.
func (t *ReportTable) ID() string { return t.table.ID }

// Title of the table.
func (t *ReportTable) Title() string { return t.table.Title }

// Columns are its headers.
func (t *ReportTable) Columns() []string { return t.table.Columns }

// Rows are its labels.
func (t *ReportTable) Rows() []string {
	labels := make([]string, len(t.table.Rows))
	for i, r := range t.table.Rows {
		labels[i] = r.Label
	}
	return labels
}

// CellsAt are those that are not empty; with an address the one that stands there.
func (t *ReportTable) CellsAt(address *string) (cells []*ReportCell) {
	for r := range t.table.Rows {
		for c := range t.table.Rows[r].Cells {
			if cell := &t.table.Rows[r].Cells[c]; !cell.Empty && (address == nil || cell.Address == *address) {
				cells = append(cells, &ReportCell{t.of, cell})
			}
		}
	}
	return cells
}

// ReportCell is a cell of a table.
type ReportCell struct {
	of   *Report
	cell *report.Cell
}

// Address of the cell.
func (c *ReportCell) Address() string { return c.cell.Address }

// Value of the cell, nil where it holds a text.
func (c *ReportCell) Value() *float64 {
	if c.cell.Text != "" {
		return nil
	}
	return &c.cell.Value
}

// Text of the cell, nil where it holds a number.
func (c *ReportCell) Text() *string {
	if c.cell.Text == "" {
		return nil
	}
	return &c.cell.Text
}

// Rows are the row numbers of the clients whom the cell counts.
func (c *ReportCell) Rows() []int64 {
	clients := c.cell.Clients()
	rows := make([]int64, len(clients))
	for i, client := range clients {
		rows[i] = c.of.Data.Clients.Row[client]
	}
	return rows
}
