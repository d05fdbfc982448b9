package table_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/table"
)

func example() *table.Table {
	return &table.Table{
		Columns: []table.Column{{"start", table.Date}, {"project", table.Text}, {"served", table.Integer}, {"rate", table.Number}},
		Rows: [][]any{
			{hmis.NewDate(2025, 10, 1), "=1+1 \"Häuser\", north", int64(120), 0.25},
			{nil, "", nil, nil},
		},
	}
}

func written(t *testing.T, f table.Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := example().Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(written(t, table.CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"start", "project", "served", "rate"}, {"2025-10-01", "'=1+1 \"Häuser\", north", "120", "0.25"}, {"", "", "", ""}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestXLSX(t *testing.T) {
	book, err := excelize.OpenReader(bytes.NewReader(written(t, table.XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"start", "project", "served", "rate"}, {"2025-10-01", "=1+1 \"Häuser\", north", "120", "0.25"}}
	if diff := cmp.Diff(want, rows[:2]); diff != "" {
		t.Error(diff)
	}
	if formula, err := book.GetCellFormula("Sheet1", "B2"); err != nil || formula != "" {
		t.Error("a text became a formula", formula, err)
	}
}

func TestParquet(t *testing.T) {
	file := written(t, table.Parquet)
	type row struct {
		Start   *int32   `parquet:"start,optional,date"`
		Project *string  `parquet:"project,optional"`
		Served  *int64   `parquet:"served,optional"`
		Rate    *float64 `parquet:"rate,optional"`
	}
	rows := make([]row, 2)
	in := parquet.NewGenericReader[row](bytes.NewReader(file))
	if n, err := in.Read(rows); n != 2 || err != nil && err != io.EOF {
		t.Fatal(n, err)
	}
	if *rows[0].Start != int32(hmis.NewDate(2025, 10, 1)) || *rows[0].Project != "=1+1 \"Häuser\", north" || *rows[0].Served != 120 || *rows[0].Rate != 0.25 {
		t.Error(rows[0])
	}
	if rows[1].Start != nil || rows[1].Project == nil || rows[1].Served != nil || rows[1].Rate != nil {
		t.Error(rows[1])
	}
}

func TestJSONL(t *testing.T) {
	lines := bytes.Split(bytes.TrimSpace(written(t, table.JSONL)), []byte("\n"))
	if want := `{"start":"2025-10-01","project":"=1+1 \"Häuser\", north","served":120,"rate":0.25}`; len(lines) != 2 || string(lines[0]) != want {
		t.Errorf("%s", lines)
	}
	var second map[string]any
	if err := json.Unmarshal(lines[1], &second); err != nil || second["served"] != nil || len(second) != 4 {
		t.Error(second, err)
	}
}
