package hmiscsv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// spot is where a column stands in a file.
type spot struct {
	column *hmis.Column
	name   string // in the year
	at     int    // in the file, from 0
	hud    int    // in HUD's format, from 0
}

// headerOf reads the first row of a file: its cells, trimmed.
func (a *Archive) headerOf(file string, m *member) ([]string, error) {
	body, err := m.open()
	if err != nil {
		return nil, readError(file, err)
	}
	defer body.Close()
	s := newRecords(decoded(body))
	if err := s.next(); err != nil {
		switch {
		case errors.Is(err, io.EOF):
			return nil, refuse("%s.csv is empty; export it again with at least its header row", file)
		case errors.Is(err, errLongLine):
			return nil, refuse("%s.csv has no header row; export it again as comma-separated text", file)
		}
		return nil, readError(file, err)
	}
	header := make([]string, len(s.cells))
	for i, c := range s.cells {
		name := bytes.TrimSpace(bytes.ReplaceAll(c, []byte{0}, nil))
		if inner, ok := unwrap(name); ok {
			m.quote, name = true, inner
		}
		header[i] = string(name)
	}
	return header, nil
}

// unwrap takes the quotes off a cell that was quoted twice.
func unwrap(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return b, false
	}
	return bytes.TrimSpace(b[1 : len(b)-1]), true
}

// readHeaders finds the year and where each column stands, file by file in HUD's order.
func (a *Archive) readHeaders() error {
	headers := map[string][]string{}
	for _, f := range hmis.Files() {
		if m := a.files[f.Name]; m != nil {
			header, err := a.headerOf(f.Name, m)
			if err != nil {
				return err
			}
			headers[f.Name] = header
		}
	}
	year, err := yearOf(headers["Client"], headers["Enrollment"])
	if err != nil {
		return err
	}
	a.Year = year
	var lacking []string
	for _, f := range hmis.Files() {
		if m := a.files[f.Name]; m != nil {
			if missing := a.place(f, m, headers[f.Name]); len(missing) > 0 {
				lacking = append(lacking, lacks(f.Name, missing))
			}
		}
	}
	if len(lacking) > 0 {
		return refuse("%s; export again with every column of the FY%d format", strings.Join(lacking, ", "), year)
	}
	return nil
}

func lacks(file string, missing []string) string {
	const most = 8
	word := "column"
	if len(missing) > 1 {
		word = "columns"
	}
	if len(missing) > most {
		missing = append(missing[:most:most], fmt.Sprintf("%d more", len(missing)-most))
	}
	return fmt.Sprintf("%s.csv lacks the %s %s", file, word, strings.Join(missing, " and "))
}

// yearOf tells the year by the columns that only one of the two formats has.
func yearOf(client, enrollment []string) (hmis.Year, error) {
	has := func(header []string, name string) bool {
		return slices.ContainsFunc(header, func(h string) bool { return strings.EqualFold(h, name) })
	}
	is2026 := has(client, "Sex") || has(client, "HispanicLatinao") || has(enrollment, "MentalHealthConsultation")
	is2024 := has(client, "Woman") || has(client, "HispanicLatinaeo")
	switch {
	case is2026 && is2024:
		if complete("Client", client, hmis.FY2024) && !complete("Client", client, hmis.FY2026) {
			return hmis.FY2024, nil
		}
		return hmis.FY2026, nil
	case is2026:
		return hmis.FY2026, nil
	case is2024:
		return hmis.FY2024, nil
	case !has(client, "PersonalID"):
		return 0, refuse("Client.csv has no header row of comma-separated HMIS columns; export it again as HMIS CSV")
	}
	return 0, refuse("the columns of Client.csv and Enrollment.csv are of neither FY2024 nor FY2026; export again in the FY2026 format")
}

func complete(file string, header []string, y hmis.Year) bool {
	for _, c := range hmis.FileNamed(file).Header(y) {
		if !slices.ContainsFunc(header, func(h string) bool { return strings.EqualFold(h, c.NameIn(y)) }) {
			return false
		}
	}
	return true
}

// place notes where each of HUD's columns stands in the file and returns the names of those that are missing.
func (a *Archive) place(f *hmis.File, m *member, header []string) (missing []string) {
	m.width = len(header)
	if m.quote {
		a.issue(Issue{File: f.Name, Reason: "every cell is in quotation marks twice; the inner ones are left out"})
	}
	at := map[string]int{} // lower-case name -> position from 0
	for i, name := range header {
		lower := strings.ToLower(name)
		switch _, twice := at[lower]; {
		case name == "":
		case twice:
			a.issue(Issue{File: f.Name, Column: printable(name), Reason: "the column is there twice; the first one counts"})
		default:
			at[lower] = i
		}
	}
	var positions []int
	for i, c := range f.Header(a.Year) {
		hud := c.NameIn(a.Year)
		lower := strings.ToLower(hud)
		p, ok := at[lower]
		if !ok {
			missing = append(missing, hud)
			continue
		}
		if header[p] != hud {
			a.issue(Issue{File: f.Name, Column: hud, Value: header[p], Reason: "the column's name is written in other letter case than HUD's"})
		}
		m.spots = append(m.spots, spot{c, hud, p, i})
		positions = append(positions, p)
		delete(at, lower)
	}
	for i, stays := range longestRising(positions) {
		if !stays {
			spot := m.spots[i]
			a.issue(Issue{File: f.Name, Column: spot.name, Reason: fmt.Sprintf("column %s is at %d, HUD has it at %d", spot.name, spot.at+1, spot.hud+1)})
		}
	}
	for i, name := range header {
		if p, extra := at[strings.ToLower(name)]; extra && p == i {
			a.issue(Issue{File: f.Name, Column: printable(name), Reason: fmt.Sprintf("HUD's FY%d format has no such column; it is left out", a.Year)})
		}
	}
	return missing
}

// longestRising marks the members of a longest rising subsequence: the columns that stand in HUD's order.
// The others are the ones that were moved.
func longestRising(list []int) []bool {
	length, before := make([]int, len(list)), make([]int, len(list))
	last := -1
	for i := range list {
		length[i], before[i] = 1, -1
		for j := range i {
			if list[j] < list[i] && length[j] >= length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if last < 0 || length[i] > length[last] {
			last = i
		}
	}
	rising := make([]bool, len(list))
	for i := last; i >= 0; i = before[i] {
		rising[i] = true
	}
	return rising
}
