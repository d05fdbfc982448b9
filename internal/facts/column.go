package facts

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// Code is a code of one of HUD's lists, or another small whole number; Empty where the cell is.
type Code int16

// Answer is a code of a list that ends at 99, in one byte; Empty where the cell is, Strange for a number that does not fit.
type Answer int8

// Cents is an amount of money; None where the cell is empty.
type Cents int32

// Marks has bit i set where the i-th column of a group holds 1.
type Marks uint16

// What stands for an empty cell, and for a number that no list has.
const (
	Empty   = -1
	Strange = 120
)

// NoDay stands for an empty date, None for an empty amount. NoDay is earlier than every date.
const (
	NoDay = hmis.Date(math.MinInt32)
	None  = Cents(math.MinInt32)
)

// column is a column of a table while it is built.
type column interface {
	add(cells []hmiscsv.Cell)
	reorder(order []int32) // the row that comes i-th is order[i]
}

type columnOf[T any] struct {
	rows *[]T
	read func(cells []hmiscsv.Cell) T
}

func (c columnOf[T]) add(cells []hmiscsv.Cell) { *c.rows = append(*c.rows, c.read(cells)) }

func (c columnOf[T]) reorder(order []int32) {
	sorted := make([]T, len(order))
	for i, from := range order {
		sorted[i] = (*c.rows)[from]
	}
	*c.rows = sorted
}

// derived is a column that is worked out from several cells of a row.
func derived[T any](rows *[]T, read func(cells []hmiscsv.Cell) T) column {
	return columnOf[T]{rows, read}
}

// columnsOf gives a column for every exported slice of the struct that table points to: its name is HUD's name of the
// column, or its tag columns names the group that it marks. A slice tagged "-" is for others to fill.
func columnsOf(file string, table any) (columns []column) {
	f := hmis.FileNamed(file)
	eachSlice(table, func(slice reflect.Value, names []string) {
		columns = append(columns, columnFor(f, slice.Addr().Interface(), indexes(f, names...)))
	})
	return columns
}

func eachSlice(table any, do func(slice reflect.Value, names []string)) {
	v := reflect.ValueOf(table).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag := field.Tag.Get("columns")
		if !field.IsExported() || field.Type.Kind() != reflect.Slice || tag == "-" {
			continue
		}
		if tag == "" {
			tag = field.Name
		}
		do(v.Field(i), strings.Split(tag, ","))
	}
}

// Columns lists, by index in hmis.File.Columns, the columns of a file that a Builder looks at; the cells of the others
// may be left empty. Of the files of projects it is all.
func Columns(file string) []int {
	f := hmis.FileNamed(file)
	table := map[string]any{"Client": &Clients{}, "Enrollment": &Enrollments{}, "Exit": &Exits{}, "Services": &Services{},
		"CurrentLivingSituation": &Situations{}, "IncomeBenefits": &Incomes{}, "HealthAndDV": &Health{}, "Disabilities": &Disabilities{},
		"EmploymentEducation": &Employment{}, "YouthEducationStatus": &Education{}, "Assessment": &Assessments{}, "Event": &Events{}}[file]
	used := map[int]bool{}
	if table == nil {
		for i := range f.Columns {
			used[i] = true
		}
	} else {
		eachSlice(table, func(_ reflect.Value, names []string) {
			for _, i := range indexes(f, names...) {
				used[i] = true
			}
		})
		for _, name := range slices.Concat(keyColumns, besides[file]) {
			if c := f.Column(name); c != nil {
				used[slices.Index(f.Columns, c)] = true
			}
		}
		used[slices.Index(f.Columns, f.Key())] = true
	}
	return slices.Sorted(maps.Keys(used))
}

// keyColumns are looked at in every file that has them, besides in single files for what is worked out.
var (
	keyColumns = []string{"PersonalID", "EnrollmentID", "ProjectID", "HouseholdID", "DateUpdated", "DateDeleted"}
	besides    = map[string][]string{
		"Client":         slices.Concat(identityColumns, theaterColumns),
		"Enrollment":     {"EnrollmentCoC", "VAMCStation"},
		"IncomeBenefits": slices.Concat(incomeSources, amounts(incomeSources)),
	}
)

// amounts names the column beside each source, which holds its amount.
func amounts(sources []string) (list []string) {
	f := hmis.FileNamed("IncomeBenefits")
	for _, i := range indexes(f, sources...) {
		list = append(list, f.Columns[i+1].Name)
	}
	return list
}

func columnFor(f *hmis.File, rows any, at []int) column {
	i := at[0]
	switch rows := rows.(type) {
	case *[]Code:
		return derived(rows, func(cells []hmiscsv.Cell) Code { return small[Code](cells[i], math.MaxInt16) })
	case *[]Answer:
		return derived(rows, func(cells []hmiscsv.Cell) Answer { return small[Answer](cells[i], Strange) })
	case *[]hmis.Date:
		if f.Columns[i].Kind == hmis.Moment {
			return derived(rows, func(cells []hmiscsv.Cell) hmis.Date { return dayOf(cells[i]) })
		}
		return derived(rows, func(cells []hmiscsv.Cell) hmis.Date { return dateOf(cells[i]) })
	case *[]Cents:
		return derived(rows, func(cells []hmiscsv.Cell) Cents { return centsOf(cells[i]) })
	case *[]Marks:
		return derived(rows, func(cells []hmiscsv.Cell) Marks { return marksOf(cells, at) })
	}
	panic(fmt.Sprintf("facts: no column of type %T", rows))
}

// indexes finds columns of a file by HUD's names; a name that HUD does not have is a fault of the build.
func indexes(f *hmis.File, names ...string) (at []int) {
	for _, name := range names {
		i := slices.Index(f.Columns, f.Column(name))
		if i < 0 {
			panic("facts: " + f.Name + " has no column " + name)
		}
		at = append(at, i)
	}
	return at
}

func small[T ~int8 | ~int16](c hmiscsv.Cell, most T) T {
	switch {
	case !c.Set:
		return Empty
	case c.N < 0 || c.N > int64(most):
		return most
	}
	return T(c.N)
}

func dateOf(c hmiscsv.Cell) hmis.Date {
	if !c.Set {
		return NoDay
	}
	return hmis.Date(c.N)
}

func dayOf(c hmiscsv.Cell) hmis.Date {
	if !c.Set {
		return NoDay
	}
	return hmis.Timestamp(c.N).Day()
}

func centsOf(c hmiscsv.Cell) Cents {
	if !c.Set {
		return None
	}
	return Cents(min(max(c.N, math.MinInt32+1), math.MaxInt32))
}

func marksOf(cells []hmiscsv.Cell, at []int) (m Marks) {
	for bit, i := range at {
		if cells[i].Set && cells[i].N == 1 {
			m |= 1 << bit
		}
	}
	return m
}
