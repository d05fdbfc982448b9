package hmiscsv

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// FuzzRows reads any bytes as the rows of Client.csv: it never panics, and every line of the file is in
// a row, in one with the header's number of cells if the row has several lines.
func FuzzRows(f *testing.F) {
	full := base(f, hmis.FY2026)
	head := header("Client", hmis.FY2026) + "\n"
	for _, rows := range []string{
		strings.TrimPrefix(full["Client.csv"], head), "P1,\"Ann\nP2,Bo\n", "\"P1\",\"A\"\"n\"\"n\"\r\n", "P1,A\x00nn,\xff\xfe\n", ",,,\n\n \n",
		line(f, "Client", hmis.FY2026, map[string]string{"FirstName": "\"Ann\nMarie\""}),
	} {
		f.Add([]byte(rows))
	}
	f.Fuzz(func(t *testing.T, rows []byte) {
		a, err := full.with("Client.csv", head+string(rows)).memory()
		if err != nil {
			t.Fatal(err)
		}
		got, last := 0, 1
		err = a.Rows("Client", func(r *Row) error {
			got++
			if r.Line <= last {
				t.Errorf("line %d after %d", r.Line, last)
			}
			last = r.Line
			if first, _, _ := bytes.Cut(lineOf(rows, r.Line-2), []byte{','}); len(r.Issues) == 0 && len(bytes.Trim(first, " \t\r\"")) == 0 {
				t.Errorf("line %d has no key and no issue", r.Line)
			}
			return nil
		})
		if err != nil && hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("got %v", err)
		}
		if err == nil && bytes.IndexByte(rows, '"') < 0 && got != filledLines(rows) {
			t.Errorf("%d rows of %d lines", got, filledLines(rows))
		}
	})
}

func lineOf(b []byte, n int) []byte { return bytes.Split(b, []byte{'\n'})[n] }

func filledLines(b []byte) (n int) {
	for l := range bytes.Lines(b) {
		if filled(bytes.Split(l, []byte{','})) {
			n++
		}
	}
	return n
}
