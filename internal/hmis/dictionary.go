package hmis

import (
	"slices"
	"strings"
)

// Year is the fiscal year of the HMIS CSV format, named by its last calendar year.
type Year int

// The years that Hearth reads and writes.
const (
	FY2024 Year = 2024
	FY2026 Year = 2026
)

// Kind is how a column is written in HMIS CSV.
type Kind uint8

const (
	Text      Kind = iota // S
	Number                // I without a code list
	Code                  // I with a code list, a generated Go type
	Day                   // D yyyy-mm-dd
	Moment                // T yyyy-mm-dd hh:mm:ss
	MoneyKind             // M dollars with two decimals
)

// Level says what a file is about.
type Level uint8

const (
	ExportLevel  Level = iota // Export and User
	ProjectLevel              // Organization, Project and the project descriptors
	ClientLevel               // Client, Enrollment and the records under an enrollment
)

// File is one of the 24 files of HMIS CSV.
type File struct {
	Name    string
	Level   Level
	Columns []*Column // FY2026 in HUD's order, then what only FY2024 has in its order
	byName  map[string]*Column
}

// Column is a column of a file, in one year or both.
type Column struct {
	File       string
	Name       string // FY2026 name; the FY2024 name where the column is gone
	Kind       Kind
	MaxLength  int    // characters, unhashed; 0 where there is no limit
	References string // File.Column within the same export
	Elements   []string
	Category   Category // Unclassified where the record type decides
	Note       string
	years      [2]columnYear

	// worked out once by classify
	class          Class
	sqlName, field string
}

type columnYear struct {
	name     string
	position int // from 1; 0: not in this year
	required bool
	list     string
}

func yearIndex(y Year) int {
	if y == FY2024 {
		return 0
	}
	return 1
}

// In reports whether the year's format has the column.
func (c *Column) In(y Year) bool { return c.years[yearIndex(y)].position > 0 }

// NameIn is the column's name in the year.
func (c *Column) NameIn(y Year) string { return c.years[yearIndex(y)].name }

// Required reports whether HUD says never empty in the year.
func (c *Column) Required(y Year) bool { return c.years[yearIndex(y)].required }

// ListIn is the number of the column's code list in the year, "" without one.
func (c *Column) ListIn(y Year) string { return c.years[yearIndex(y)].list }

// List is the number of the list that gives the column its Go type: the newest year's.
func (c *Column) List() string {
	if c.In(FY2026) {
		return c.ListIn(FY2026)
	}
	return c.ListIn(FY2024)
}

// Retired reports whether FY2026 dropped the column.
func (c *Column) Retired() bool { return !c.In(FY2026) }

// FreeText reports whether the column holds words that staff wrote.
func (c *Column) FreeText() bool { return strings.Contains(c.Note, "free text") || c.MaxLength >= 250 }

// Sealed reports whether the column is unreadable in the database: what identifies a person, client or staff, words that
// staff wrote, and answers of the categories that a general release does not cover. The day and the type of a row stay
// readable, since lists are narrowed by them.
func (c *Column) Sealed() bool {
	switch f := FileNamed(c.File); {
	case f.Level == ExportLevel:
		return c.Kind == Text && c.Name != "UserID" && (strings.HasPrefix(c.Name, "User") || strings.HasPrefix(c.Name, "SourceContact"))
	case f.Level != ClientLevel || c.Category == Meta:
		return false
	case c.Category == Unclassified && slices.Contains(rowColumns, c.Name):
		return false
	}
	return c.Category == Identity || c.FreeText() || !GeneralRelease.Has(c.Category)
}

// rowColumns are the columns of Disabilities and Services that say what a row is and when it was.
var rowColumns = []string{"DisabilityType", "RecordType", "TypeProvided", "InformationDate", "DateProvided", "DataCollectionStage"}

// Files returns the 24 files in HUD's order.
func Files() []*File { return files }

// FileNamed returns the file, nil where HUD has none of that name.
func FileNamed(name string) *File { return filesByName[name] }

// Column returns the column of that name in either year, nil where there is none.
func (f *File) Column(name string) *Column { return f.byName[name] }

// Key is the column that names a row within its source.
func (f *File) Key() *Column { return f.Columns[0] }

// Header returns the year's columns in HUD's order.
func (f *File) Header(y Year) []*Column {
	i := yearIndex(y)
	var header []*Column
	for _, c := range f.Columns {
		if c.years[i].position > 0 {
			header = append(header, c)
		}
	}
	slices.SortFunc(header, func(a, b *Column) int { return a.years[i].position - b.years[i].position })
	return header
}

var files, filesByName = loadFiles()

func loadFiles() ([]*File, map[string]*File) {
	var list []*File
	byName := map[string]*File{}
	renamed := renamedColumns()
	for _, y := range []Year{FY2026, FY2024} {
		for _, r := range readTable("files-fy" + year4(y) + ".csv") {
			name := r.get("file")
			f := byName[name]
			if f == nil {
				f = &File{Name: name, byName: map[string]*Column{}}
				byName[name] = f
				list = append(list, f)
			}
			f.add(y, r, renamed)
		}
	}
	classify(list, byName)
	return list, byName
}

func year4(y Year) string {
	if y == FY2024 {
		return "2024"
	}
	return "2026"
}

// renamedColumns maps a FY2024 name to the FY2026 name of the same answer.
func renamedColumns() map[string]string {
	return map[string]string{"HispanicLatinaeo": "HispanicLatinao"}
}

func (f *File) add(y Year, r row, renamed map[string]string) {
	name := r.get("column")
	lasting := name
	if to, ok := renamed[name]; ok {
		lasting = to
	}
	c := f.byName[lasting]
	if c == nil {
		c = &Column{File: f.Name, Name: lasting, References: r.get("references"), Note: r.get("notes"), Kind: kindOf(r)}
		if s := r.get("max_length"); s != "" {
			c.MaxLength = mustInt(s)
		}
		if c.File == "Export" && c.Name == "SourceID" {
			c.MaxLength = 350 // HUD allows several CoC codes joined and still says 32
		}
		f.Columns = append(f.Columns, c)
		f.byName[lasting] = c
	}
	f.byName[name] = c
	c.years[yearIndex(y)] = columnYear{name, mustInt(r.get("position")), r.get("required") == "Y", r.get("list")}
}

func kindOf(r row) Kind {
	switch r.get("type") {
	case "S":
		return Text
	case "D":
		return Day
	case "T":
		return Moment
	case "M":
		return MoneyKind
	}
	if r.get("list") != "" {
		return Code
	}
	return Number
}

func classify(list []*File, byName map[string]*File) {
	for _, f := range list {
		if f.Name != "Export" && f.Name != "User" {
			f.Level = ProjectLevel
		}
		for _, c := range f.Columns {
			c.Category = Meta
		}
	}
	for _, table := range []string{"column-categories-fy2026.csv", "column-categories-fy2024.csv"} {
		for _, r := range readTable(table) {
			f := byName[r.get("file")]
			f.Level = ClientLevel
			c := f.byName[r.get("column")]
			c.Category = mustCategory(r.get("category"))
			c.Elements = split(r.get("element"), "|")
			if note := r.get("note"); note != "" {
				c.Note = strings.Trim(c.Note+"; "+note, "; ")
			}
		}
	}
	classifyDescriptors(byName)
	for _, f := range list {
		for _, c := range f.Columns {
			if f.Name == "Services" && c.Category == ServicesCategory {
				c.Category = Unclassified // RowTypeOf decides
			}
			c.class = Class{c.Category, columnPrograms(c), c.Category == Location || places[f.Name+"."+c.Name]}
			c.sqlName = snake(c.Name)
			c.field = camel(c.sqlName)
		}
	}
}

func classifyDescriptors(byName map[string]*File) {
	for _, e := range elements {
		for _, ref := range e.Columns {
			file, column, _ := strings.Cut(ref, ".")
			if f := byName[file]; f != nil && f.Level != ClientLevel {
				if c := f.byName[column]; c != nil {
					c.Elements = append(c.Elements, e.Number)
				}
			}
		}
	}
}

// ConditionalList is a list that holds for a column under a condition on other columns of the row.
// Source: data/conditional-lists.csv.
type ConditionalList struct {
	File, Column string
	When         []Condition // all must hold; none: always
	List         string
}

// Condition compares a code column with a value.
type Condition struct {
	Column string
	Not    bool
	Code   int32
}

// ConditionalLists returns every row of data/conditional-lists.csv.
func ConditionalLists() []ConditionalList { return conditionalLists }

var conditionalLists = func() (all []ConditionalList) {
	for _, r := range readTable("conditional-lists.csv") {
		l := ConditionalList{File: r.get("file"), Column: r.get("column"), List: r.get("list")}
		if when := r.get("condition"); !strings.HasPrefix(when, "always") {
			for _, part := range strings.Split(when, " and ") {
				column, value, not := strings.Cut(part, "<>")
				if !not {
					column, value, _ = strings.Cut(part, "=")
				}
				l.When = append(l.When, Condition{column, not, int32(mustInt(value))})
			}
		}
		all = append(all, l)
	}
	return all
}()

// ConditionalList finds the list that holds for a column of a row whose codes are given, nil where none does.
func (f *File) ConditionalList(column string, code func(column string) (int32, bool)) *CodeList {
	for _, l := range conditionalLists {
		if l.File == f.Name && l.Column == column && l.When != nil && l.holds(code) {
			return ListNumbered(l.List)
		}
	}
	return nil
}

func (l ConditionalList) holds(code func(string) (int32, bool)) bool {
	for _, c := range l.When {
		got, ok := code(c.Column)
		if !ok || (got == c.Code) == c.Not {
			return false
		}
	}
	return true
}
