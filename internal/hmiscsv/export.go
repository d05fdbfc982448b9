package hmiscsv

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// readExport reads the one row of Export.csv.
func (a *Archive) readExport() error {
	rows := 0
	var faults []Issue
	err := a.rows("Export", nil, func(r *Row) error {
		if rows++; rows == 1 {
			a.Export = exportOf(r)
			faults = slices.Clone(r.Issues)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case rows == 0:
		return refuse("Export.csv has no row; export again so that it says which period the export is of")
	case rows > 1:
		return refuse("Export.csv has %d rows; give one export at a time", rows)
	case a.Export.ID == "":
		return refuse("Export.csv has no ExportID; export again with one")
	case !a.Export.whole:
		return refuse("ExportStartDate and ExportEndDate of Export.csv must both be dates, yyyy-mm-dd; mend them or export again")
	}
	a.issues = append(a.issues, faults...)
	return a.checkVersion()
}

func exportOf(r *Row) Export {
	f := hmis.FileNamed("Export")
	cell := func(name string) Cell { return r.Cells[slices.Index(f.Columns, f.Column(name))] }
	start, end := cell("ExportStartDate"), cell("ExportEndDate")
	return Export{
		ID: cell("ExportID").S, SourceID: cell("SourceID").S, SourceName: cell("SourceName").S,
		SoftwareName: cell("SoftwareName").S, CSVVersion: cell("CSVVersion").S,
		Start: hmis.Date(start.N), End: hmis.Date(end.N), whole: start.Set && end.Set,
		PeriodType: int32(cell("ExportPeriodType").N), Directive: int32(cell("ExportDirective").N),
		HashStatus: int32(cell("HashStatus").N),
	}
}

// checkVersion compares the year that the columns show with the one that CSVVersion names, in any spelling.
func (a *Archive) checkVersion() error {
	years := yearsIn(a.Export.CSVVersion)
	known := slices.ContainsFunc(years, func(y int) bool { return y == int(hmis.FY2024) || y == int(hmis.FY2026) })
	issue := Issue{File: "Export", Column: "CSVVersion", Value: Withheld}
	switch {
	case slices.Contains(years, int(a.Year)):
		return nil
	case len(years) == 0:
		issue.Reason = fmt.Sprintf("CSVVersion names no year; by its columns the export is FY%d", a.Year)
	case known:
		issue.Reason = fmt.Sprintf("CSVVersion names another year than the columns, which are those of FY%d; the columns count", a.Year)
	default:
		return refuse("Export.csv says that the format is that of %d; export again in the FY2026 format", years[0])
	}
	a.issue(issue)
	return nil
}

// yearsIn finds every number 20xx in a text.
func yearsIn(s string) (years []int) {
	for from := 0; from < len(s); {
		to := from
		for to < len(s) && s[to] >= '0' && s[to] <= '9' {
			to++
		}
		if n := s[from:to]; len(n) == 4 && n[:2] == "20" {
			y, _ := strconv.Atoi(n)
			years = append(years, y)
		}
		from = to + 1
	}
	return years
}
