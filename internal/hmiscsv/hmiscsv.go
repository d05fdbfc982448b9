// Package hmiscsv reads, checks and writes HUD HMIS CSV exports, FY2024 and FY2026, zip or folder.
// It streams rows and knows no database.
//
// Open refuses what cannot be used at all. Rows then gives every row with what is wrong with it, as far as
// the row alone shows it; what needs other rows or files (duplicates, references, households) is for the
// database. A value that can be read in one way only is read, and an Issue says how; a code outside its
// list is kept; a value that cannot be read is left empty and the Issue holds it.
//
//	a, err := hmiscsv.Open("export.zip")
//	…
//	defer a.Close()
//	err = a.Rows("Client", func(r *hmiscsv.Row) error { … })
package hmiscsv

import "github.com/hearth-hmis/hearth/internal/hmis"

// Cell is one typed value. N holds codes, numbers, day numbers (hmis.Date), seconds (hmis.Timestamp)
// or cents (hmis.Money) by the column's kind; S holds text. An empty cell is not Set.
type Cell struct {
	N   int64
	S   string
	Set bool
}

// Row is one row of a file. The reader reuses it and its slices: they are valid until the next row.
// Texts stay valid, but those of a row share memory: strings.Clone one that is kept for long.
type Row struct {
	Line   int     // of its first character in the file, the header being line 1
	Cells  []Cell  // by index in hmis.File.Columns, both years alike
	Issues []Issue // what is wrong with this row; one with Refused set: the row cannot be used
}

// Refused reports whether the row cannot be used.
func (r *Row) Refused() bool {
	for _, i := range r.Issues {
		if i.Refused {
			return true
		}
	}
	return false
}

// Issue is a fault found in an export.
type Issue struct {
	File    string
	Line    int    // 0: the file as a whole
	Column  string // "": the row as a whole
	Value   string // as read; Withheld for sealed columns, and for words and long numbers where none belong
	Reason  string // one sentence for the person who will mend it
	Rows    int    // how many rows it is about, at least 1
	Refused bool   // the row, or the rows, did not go in
}

// Withheld stands in place of a value that would identify a person.
const Withheld = "(withheld)"

// Export is what Export.csv says of the whole export.
type Export struct {
	ID           string
	SourceID     string
	SourceName   string
	SoftwareName string
	CSVVersion   string
	Start, End   hmis.Date // the period of the export
	PeriodType   int32     // list 1.1
	Directive    int32     // list 1.2
	HashStatus   int32     // list 1.5

	whole bool // Start and End are both there
}

// hashed reports whether names and SSNs are hashes: every HashStatus but 1 says so.
func (e Export) hashed() bool { return e.HashStatus > 1 }
