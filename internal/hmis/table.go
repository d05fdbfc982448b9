package hmis

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

//go:embed data
var data embed.FS

// row is one line of an embedded table, by column name.
type row struct {
	columns map[string]int
	cells   []string
}

func (r row) get(column string) string {
	i, ok := r.columns[column]
	if !ok {
		panic(fmt.Sprintf("internal/hmis/data: no column %s", column))
	}
	return r.cells[i]
}

// readTable reads an embedded table; the data is part of the program, so a fault in it is a fault of the build.
func readTable(name string) []row {
	f, err := data.Open("data/" + name)
	if err != nil {
		panic(err)
	}
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("internal/hmis/data/%s: %v", name, err))
	}
	columns := make(map[string]int, len(records[0]))
	for i, c := range records[0] {
		columns[c] = i
	}
	rows := make([]row, len(records)-1)
	for i, cells := range records[1:] {
		rows[i] = row{columns, cells}
	}
	return rows
}

func mustInt(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func mustCategory(s string) Category {
	c, ok := ParseCategory(s)
	if !ok && s != "BY_TYPE" {
		panic("unknown category " + s)
	}
	return c
}

// split returns the parts between sep, none for an empty text.
func split(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}
