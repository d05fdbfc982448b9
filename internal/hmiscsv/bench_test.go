package hmiscsv

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

const benchRows = 50_000

// stays is a set whose Enrollment.csv has benchRows rows of made-up people.
func stays(b *testing.B, quote bool) set {
	var text strings.Builder
	text.WriteString(header("Enrollment", hmis.FY2026) + "\n")
	for i := range benchRows {
		id := fmt.Sprint(700000 + i)
		row := line(b, "Enrollment", hmis.FY2026, map[string]string{
			"EnrollmentID": id, "PersonalID": fmt.Sprint(i % 30000), "HouseholdID": "h" + id, "LivingSituation": "435",
			"RentalSubsidyType": "428", "LengthOfStay": "5", "DateToStreetESSH": "2024-12-16", "TimesHomelessPastThreeYears": "4",
			"MonthsHomelessPastThreeYears": "105", "DisablingCondition": "1", "MoveInDate": "2025-04-13", "PercentAMI": "1",
		})
		if quote {
			cells := strings.Split(row, ",")
			for _, at := range []int{0, 1, 2, 4, 6, 64, 66} {
				cells[at] = `"` + cells[at] + `"`
			}
			row = strings.Join(cells, ",")
		}
		text.WriteString(row + "\n")
	}
	return base(b, hmis.FY2026).with("Enrollment.csv", text.String())
}

func BenchmarkRows(b *testing.B) {
	for name, quote := range map[string]bool{"plain": false, "quoted": true} {
		b.Run(name, func(b *testing.B) {
			a, err := stays(b, quote).memory()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				err := a.Rows("Enrollment", func(r *Row) error {
					if rows++; len(r.Issues) > 0 {
						b.Fatal(r.Issues)
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			report(b, rows, a.Size("Enrollment")/benchRows)
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	a, err := stays(b, false).memory()
	if err != nil {
		b.Fatal(err)
	}
	rows := 0
	for b.Loop() {
		w := NewWriter(io.Discard, hmis.FY2026)
		if err := a.Rows("Enrollment", func(r *Row) error {
			rows++
			return w.Write("Enrollment", r.Cells)
		}); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	report(b, rows, a.Size("Enrollment")/benchRows)
}

func report(b *testing.B, rows int, bytesPerRow int64) {
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(rows)/seconds, "rows/s")
	b.ReportMetric(float64(int64(rows)*bytesPerRow)/1e6/seconds, "MB/s")
}
