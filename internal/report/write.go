package report

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
)

// shown is the text of the cell as HUD's upload has it, "" where it is empty.
func (c *Cell) shown() string {
	switch {
	case c.Empty:
		return ""
	case c.Text != "":
		return c.Text
	}
	return strconv.FormatFloat(c.Value, 'f', -1, 64)
}

// WriteJSON writes one object: {"report", "start", "end", "tables": {"Q5a": {"B2": 30, …}, …}}, with the cell addresses of
// HUD's upload. Empty cells are left out.
func (r *Report) WriteJSON(w io.Writer) error {
	return json.NewEncoder(w).Encode(struct {
		Report Kind                      `json:"report"`
		Start  string                    `json:"start"`
		End    string                    `json:"end"`
		Tables map[string]map[string]any `json:"tables"`
	}{r.Kind, r.Scope.Start.String(), r.Scope.End.String(), r.Figures()})
}

// Figures are the cells that are not empty, by table and address.
func (r *Report) Figures() map[string]map[string]any {
	tables := map[string]map[string]any{}
	for _, t := range r.Tables {
		tables[t.ID] = t.values()
	}
	return tables
}

// values are the cells that are not empty, by address; the labels of a table with a corner are cells too.
func (t *Table) values() map[string]any {
	values := map[string]any{}
	for r, row := range t.Rows {
		if t.Corner != "" {
			values["A"+strconv.Itoa(r+2)] = row.Label
		}
		for _, c := range row.Cells {
			switch {
			case c.Empty:
			case c.Text != "":
				values[c.Address] = c.Text
			default:
				values[c.Address] = c.Value
			}
		}
	}
	return values
}

// WriteCSV writes a zip with a file for each table, as HUD's Sage takes it: headers in the first line, labels in the
// first column.
func (r *Report) WriteCSV(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, t := range r.Tables {
		f, err := z.Create(t.ID + ".csv")
		if err != nil {
			return err
		}
		if err := t.writeCSV(f); err != nil {
			return err
		}
	}
	return z.Close()
}

func (t *Table) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{append([]string{t.Corner}, t.Columns...)}
	for _, row := range t.Rows {
		line := make([]string, len(t.Columns)+1)
		line[0] = row.Label
		for c := range row.Cells {
			line[c+1] = row.Cells[c].shown()
		}
		lines = append(lines, line)
	}
	return out.WriteAll(lines)
}
