package hmiscsv

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestHeaders compares every file of an empty export with HUD's headers, kept in testdata.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, y := range []hmis.Year{hmis.FY2024, hmis.FY2026} {
		var out bytes.Buffer
		if err := NewWriter(&out, y).Close(); err != nil {
			t.Fatal(err)
		}
		zr, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, f := range zr.File {
			fmt.Fprintf(&got, "%s %s\n%s", f.Name, f.Modified.Format(time.DateOnly), unpack(t, f))
		}
		golden := filepath.Join("testdata", fmt.Sprintf("headers-fy%d.golden", y))
		if *update {
			if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("FY%d: got\n%s", y, got.String())
		}
	}
}

func unpack(t *testing.T, f *zip.File) string {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWriterFormats(t *testing.T) {
	t.Parallel()
	f := hmis.FileNamed("Services")
	cells := make([]Cell, len(f.Columns))
	set := func(name string, n int64, s string) { cells[columnIndex(f, name)] = Cell{n, s, true} }
	day := hmis.NewDate(2026, time.January, 5)
	set("ServicesID", 0, "S1")
	set("DateProvided", int64(day), "")
	set("RecordType", 144, "")
	set("OtherTypeProvided", 0, "a \"b\",\n<c> [d]{e}\x00 ")
	set("FAAmount", -1205, "")
	set("DateCreated", int64(day.Midnight())+3661, "")
	set("UserID", 0, "<>")
	var out bytes.Buffer
	w := NewWriter(&out, hmis.FY2026)
	if err := w.Write("Services", cells); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	zr, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(zr.File, func(f *zip.File) bool { return f.Name == "Services.csv" })
	_, got, _ := strings.Cut(unpack(t, zr.File[i]), "\n")
	want := "S1,,,2026-01-05,144,,\"a \"\"b\"\",\nc de\",,,-12.05,,,,2026-01-05 01:01:01,,,,\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestWriterLeavesNothing checks that temporary files go away, whatever the end.
func TestWriterLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	client := make([]Cell, len(hmis.FileNamed("Client").Columns))
	for name, end := range map[string]func(*Writer) error{
		"closed":   func(w *Writer) error { return w.Close() },
		"aborted":  func(w *Writer) error { w.Abort(); return nil },
		"no file":  func(w *Writer) error { return wantError(w.Write("Pets", nil)) },
		"no width": func(w *Writer) error { return wantError(w.Write("Client", client[1:])) },
	} {
		w := NewWriter(io.Discard, hmis.FY2026)
		if err := w.Write("Client", client); err != nil {
			t.Fatal(err)
		}
		if err := end(w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		w.Abort()
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s leaves %v, %v", name, left, err)
		}
		if w.Write("Client", client) == nil || w.Close() == nil {
			t.Errorf("%s: the writer goes on", name)
		}
	}
	w := NewWriter(failing{}, hmis.FY2026)
	if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("a failed Close leaves %v, %v", left, err)
	}
}

func wantError(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return nil
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// table is the rows of one file.
type table struct {
	file string
	rows [][]Cell
}

// TestRoundTrip writes any rows in any order and reads the same back; writing them again gives the same bytes.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.SampledFrom([]hmis.Year{hmis.FY2024, hmis.FY2026}).Draw(t, "year")
		tables := []table{{"Export", [][]Cell{exportRow(year)}}}
		for _, name := range []string{"Client", "Enrollment", "Services", "IncomeBenefits", "Exit"} {
			f := hmis.FileNamed(name)
			tables = append(tables, table{name, rapid.SliceOfN(rowOf(f, year), 0, 5).Draw(t, name)})
		}
		first, second := written(t, year, tables), written(t, year, tables)
		if !bytes.Equal(first, second) {
			t.Fatal("the same rows gave different bytes")
		}
		path := filepath.Join(dir, "export.zip")
		if err := os.WriteFile(path, first, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if a.Year != year {
			t.Fatalf("read as FY%d, written as FY%d", a.Year, year)
		}
		for _, want := range tables {
			var got [][]Cell
			if err := a.Rows(want.file, func(r *Row) error {
				got = append(got, slices.Clone(r.Cells))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if len(got)+len(want.rows) > 0 && !reflect.DeepEqual(got, want.rows) {
				t.Fatalf("%s: got\n%v\nwant\n%v", want.file, got, want.rows)
			}
		}
	})
}

func written(t *rapid.T, year hmis.Year, tables []table) []byte {
	var out bytes.Buffer
	w := NewWriter(&out, year)
	defer w.Abort()
	for i := range 5 { // a row of each file in turn
		for _, table := range tables {
			if i < len(table.rows) {
				if err := w.Write(table.file, table.rows[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func exportRow(year hmis.Year) []Cell {
	f := hmis.FileNamed("Export")
	cells := make([]Cell, len(f.Columns))
	start := hmis.NewDate(2025, time.January, 1)
	for name, c := range map[string]Cell{
		"ExportID": {S: "E1"}, "CSVVersion": {S: fmt.Sprintf("%d v1", year)}, "HashStatus": {N: 1},
		"ExportStartDate": {N: int64(start)}, "ExportEndDate": {N: int64(start) + 364},
	} {
		c.Set = true
		cells[columnIndex(f, name)] = c
	}
	return cells
}

// rowOf makes a row with any values that the kinds of its columns can have.
func rowOf(f *hmis.File, year hmis.Year) *rapid.Generator[[]Cell] {
	return rapid.Custom(func(t *rapid.T) []Cell {
		cells := make([]Cell, len(f.Columns))
		for i, c := range f.Columns {
			if c.In(year) && (i == 0 || rapid.Bool().Draw(t, "set")) {
				cells[i] = cellOf(c).Draw(t, c.Name)
			}
		}
		return cells
	})
}

func cellOf(c *hmis.Column) *rapid.Generator[Cell] {
	numbers := func(from, to int64) *rapid.Generator[Cell] {
		return rapid.Map(rapid.Int64Range(from, to), func(n int64) Cell { return Cell{N: n, Set: true} })
	}
	switch c.Kind {
	case hmis.Text:
		letters := rapid.RuneFrom([]rune("ab 7,\"\n\r;'é漢🏠"))
		return rapid.Map(rapid.StringOfN(letters, 1, 12, -1).Filter(keepable(c)), func(s string) Cell { return Cell{S: s, Set: true} })
	case hmis.Day:
		return numbers(int64(firstDay), int64(lastDay))
	case hmis.Moment:
		return numbers(int64(firstDay.Midnight()), int64(lastDay.Midnight()))
	case hmis.MoneyKind:
		return numbers(-1e14, 1e14)
	}
	return numbers(-1<<31, 1<<31-1)
}

// keepable reports whether the format keeps a text: blanks at the ends go, and so do quotes around an id.
func keepable(c *hmis.Column) func(string) bool {
	return func(s string) bool {
		id := c.References != "" || c.ListIn(hmis.FY2026) != "" || strings.HasSuffix(c.Name, "ID")
		return s == strings.TrimSpace(s) && s != "" && !(id && strings.HasPrefix(s, `"`))
	}
}
