// Package table writes an answer in rows and columns as CSV, as an XLSX workbook, as Parquet and as JSON lines.
package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Table is rows of cells by column. A cell is of the column's kind: string, int64, float64 or hmis.Date; nil is empty.
type Table struct {
	Columns []Column
	Rows    [][]any
}

// Column is a column by the name that programs know it by.
type Column struct {
	Name string
	Kind Kind
}

// Kind is what the cells of a column are.
type Kind uint8

// The kinds.
const (
	Text Kind = iota
	Integer
	Number
	Date
)

// Format is a file format, by the name that GraphQL knows it by.
type Format string

// The formats.
const (
	CSV     Format = "CSV"     // RFC 4180, UTF-8, with a header
	XLSX    Format = "XLSX"    // one sheet with a header
	Parquet Format = "PARQUET" // every column optional
	JSONL   Format = "JSONL"   // an object a line; empty cells are null
)

var formats = map[Format]struct {
	extension, mediaType string
	write                func(*Table, io.Writer) error
}{
	CSV:     {"csv", "text/csv; charset=utf-8", (*Table).csv},
	XLSX:    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (*Table).xlsx},
	Parquet: {"parquet", "application/vnd.apache.parquet", (*Table).parquet},
	JSONL:   {"jsonl", "application/jsonl", (*Table).jsonl},
}

// Extension is that of file names, without the dot.
func (f Format) Extension() string { return formats[f].extension }

// MediaType is what HTTP calls the format.
func (f Format) MediaType() string { return formats[f].mediaType }

// Write writes the table in a format.
func (t *Table) Write(w io.Writer, f Format) error { return formats[f].write(t, w) }

func (t *Table) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.Name
	}
	for at := 0; ; at++ {
		if err := out.Write(line); err != nil {
			return err
		}
		if at == len(t.Rows) {
			break
		}
		for i, cell := range t.Rows[at] {
			line[i] = plain(cell)
		}
	}
	out.Flush()
	return out.Error()
}

// plain is a cell as text. What a spreadsheet would take for a formula gets an apostrophe in front.
func plain(cell any) string {
	switch x := cell.(type) {
	case string:
		if strings.IndexAny(x, "=+-@\t\r") == 0 {
			return "'" + x
		}
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case hmis.Date:
		return x.String()
	}
	return ""
}

func (t *Table) jsonl(w io.Writer) error {
	for i := range t.Rows {
		object, err := t.Object(i)
		if err == nil {
			_, err = w.Write(append(object, '\n'))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Object is a row as a JSON object, in the order of the columns.
func (t *Table) Object(row int) ([]byte, error) {
	b := bytes.NewBufferString("{")
	for i, cell := range t.Rows[row] {
		text, err := json.Marshal(cell)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(t.Columns[i].Name))
		b.WriteByte(':')
		b.Write(text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

const sheet = "Sheet1" // what a new workbook has

func (t *Table) xlsx(w io.Writer) error {
	book := excelize.NewFile()
	defer book.Close()
	day := "yyyy-mm-dd"
	dates, err := book.NewStyle(&excelize.Style{CustomNumFmt: &day})
	if err != nil {
		return err
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	out, err := book.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	line := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = excelize.Cell{StyleID: bold, Value: c.Name}
	}
	for at := 0; ; at++ {
		if err := out.SetRow("A"+strconv.Itoa(at+1), line); err != nil {
			return err
		}
		if at == len(t.Rows) {
			break
		}
		for i, cell := range t.Rows[at] {
			if d, ok := cell.(hmis.Date); ok {
				cell = excelize.Cell{StyleID: dates, Value: d.Time()}
			}
			line[i] = cell
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return book.Write(w)
}

// columnNode is a column of a Parquet file. The library sorts columns by their names.
func columnNode(k Kind) parquet.Node {
	switch k {
	case Integer:
		return parquet.Optional(parquet.Int(64))
	case Number:
		return parquet.Optional(parquet.Leaf(parquet.DoubleType))
	case Date:
		return parquet.Optional(parquet.Date())
	}
	return parquet.Optional(parquet.String())
}

func (t *Table) parquet(w io.Writer) error {
	group := parquet.Group{}
	for _, c := range t.Columns {
		group[c.Name] = columnNode(c.Kind)
	}
	schema := parquet.NewSchema("statistics", group)
	place := map[string]int{}
	for i, f := range schema.Fields() {
		place[f.Name()] = i
	}
	out := parquet.NewWriter(w, schema)
	for _, cells := range t.Rows {
		row := make(parquet.Row, len(cells))
		for i, cell := range cells {
			at := place[t.Columns[i].Name]
			if d, ok := cell.(hmis.Date); ok {
				cell = int32(d)
			}
			row[at] = parquet.NullValue().Level(0, 0, at)
			if cell != nil {
				row[at] = parquet.ValueOf(cell).Level(0, 1, at)
			}
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return out.Close()
}
