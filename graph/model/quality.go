package model

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/report"
	"github.com/hearth-hmis/hearth/internal/store"
)

// DataQuality is what is to be mended, with the data that it was found in.
type DataQuality struct {
	Data     *store.ReportScope
	Scope    report.Scope
	Findings []report.Finding
}

// Start is the first day of the period.
func (q *DataQuality) Start() hmis.Date { return q.Scope.Start }

// End is the last day of the period.
func (q *DataQuality) End() hmis.Date { return q.Scope.End }

// Count is how many records there are to mend.
func (q *DataQuality) Count() int { return len(q.Findings) }

// CheckOf is a check as the API has it.
func CheckOf(c *report.Check) *QualityCheck {
	return &QualityCheck{ID: int32(c.ID), Area: c.Area, What: c.What, Mend: c.Mend,
		Severity: QualitySeverity(strings.ReplaceAll(strings.ToUpper(string(c.Severity)), " ", "_"))}
}

// Checks counts by check, in the order of the findings.
func (q *DataQuality) Checks() (list []*QualityCheckCount) {
	counts := report.CountBy(q.Findings, func(f report.Finding) *report.Check { return f.Check })
	for _, f := range q.Findings {
		if n := counts[f.Check]; n > 0 {
			list = append(list, &QualityCheckCount{Check: CheckOf(f.Check), Count: int32(n)})
			delete(counts, f.Check)
		}
	}
	return list
}

// Trend counts by month.
func (q *DataQuality) Trend() (list []*QualityMonth) {
	counts := report.CountBy(q.Findings, report.Finding.Month)
	for _, month := range slices.Sorted(maps.Keys(counts)) {
		if month != facts.NoDay {
			list = append(list, &QualityMonth{Month: month, Count: int32(counts[month])})
		}
	}
	return list
}

// ProjectTypes counts by the type of the project.
func (q *DataQuality) ProjectTypes() (list []*QualityTypeCount) {
	counts := report.CountBy(q.Findings, func(f report.Finding) facts.Code { return q.Data.Facts.Projects[f.Project].Type })
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		t := &QualityTypeCount{Count: int32(counts[code])}
		if code != facts.Empty {
			projectType := hmis.ProjectType(code)
			t.ProjectType = &projectType
		}
		list = append(list, t)
	}
	return list
}

// Part gives the findings of one check or all, as many as are asked for after those that are passed by.
func (q *DataQuality) Part(check *int32, first, skip int32) []report.Finding {
	var of []report.Finding
	for _, f := range q.Findings {
		if check == nil || f.Check.ID == int(*check) {
			of = append(of, f)
		}
	}
	from := min(max(int(skip), 0), len(of))
	return of[from:min(from+max(int(first), 0), len(of))]
}

// Counted is how many findings there are of a row number.
type Counted struct {
	Key   int64
	Count int32
}

// ByProject counts by the row number of the project, most first.
func (q *DataQuality) ByProject() (list []Counted) {
	for project, n := range report.CountBy(q.Findings, func(f report.Finding) int32 { return f.Project }) {
		list = append(list, Counted{q.Data.Facts.Projects[project].Row, int32(n)})
	}
	slices.SortFunc(list, func(a, b Counted) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key)) })
	return list
}
