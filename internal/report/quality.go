package report

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Severity is how much a fault matters.
type Severity string

// The severities, the worst first.
const (
	HighPriority Severity = "high priority"
	ErrorFault   Severity = "error"
	Warning      Severity = "warning"
)

// Check is a kind of fault that data may have: a row of dq-checks.csv, or one of Hearth's own, numbered from 1000.
type Check struct {
	ID       int
	Area     string // data quality, or project descriptor
	Severity Severity
	What     string // what is wrong
	Mend     string // what to do
	Files    []string
}

// Finding is one record that a check found.
type Finding struct {
	Check      *Check
	File       string // HUD's file in which the fault lies
	ID         string // HUD's id: of the row in a file of clients or projects, of the stay in a file under it
	Project    int32  // index in Facts.Projects
	Client     int32  // index in Facts.Clients, -1 where it is about a project
	Enrollment int32  // index in Facts.Enrollments, -1 where it is about a project
	Day        hmis.Date
}

// Quality lists what is to be mended in the records of the scope: of stays that touch the period, and of the projects
// themselves. The worst come first, then by project, file and id. Scope errors are those of Run, but nobody need be there.
func Quality(f *facts.Facts, s Scope) ([]Finding, error) {
	u, err := inScope(f, s)
	if err != nil {
		return nil, err
	}
	q := &qualityRun{universe: u, due: make([]map[string]bool, len(f.Projects))}
	for i := range f.Projects {
		q.due[i] = elementsDue(&f.Projects[i])
	}
	for stay := range int32(f.Enrollments.Len()) {
		if u.selected(stay) && u.Overlaps(stay) {
			q.stays = append(q.stays, stay)
		}
	}
	q.findLongStays()
	q.checkStays()
	q.checkProjects()
	slices.SortStableFunc(q.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Check.Severity], rank[b.Check.Severity]), cmp.Compare(a.Check.ID, b.Check.ID),
			strings.Compare(f.Projects[a.Project].ID, f.Projects[b.Project].ID), strings.Compare(a.File, b.File), strings.Compare(a.ID, b.ID))
	})
	return q.findings, nil
}

var rank = map[Severity]int{HighPriority: 0, ErrorFault: 1, Warning: 2}

// qualityRun is a run of all checks.
type qualityRun struct {
	*universe
	due      []map[string]bool  // elements that are due, by project
	longest  map[facts.Code]int // days from which an open stay is long, by project type
	longWait int                // days from which a wait for move-in is long
	use      []projectUse       // by project
	findings []Finding
	clients  map[clientCheck]bool // faults of a client are reported once in a project
}

type clientCheck struct {
	check           int
	client, project int32
}

// elementsDue are the elements that the project must collect for its funders.
func elementsDue(p *facts.Project) map[string]bool {
	var funders []int32
	for _, f := range p.Funders {
		funders = append(funders, int32(f.Funder))
	}
	return hmis.RequiredElements(int32(p.Type), funders)
}

//go:embed dq-checks.csv
var checksCSV string

// checks are all checks by id, with what dq-checks.csv says of each.
var checks = func() map[int]*Check {
	all := map[int]*Check{
		annualOverdue: {ID: annualOverdue, Area: stayArea, Severity: HighPriority, What: "annual assessment was due and is not there", Files: []string{"IncomeBenefits", "Enrollment"}},
		enteredLate:   {ID: enteredLate, Area: stayArea, Severity: Warning, What: "project start was recorded more than ten days after it", Files: []string{"Enrollment"}},
		exitedLate:    {ID: exitedLate, Area: stayArea, Severity: Warning, What: "project exit was recorded more than ten days after it", Files: []string{"Exit"}},
	}
	records, err := csv.NewReader(strings.NewReader(checksCSV)).ReadAll()
	if err != nil {
		panic(err) // part of the program
	}
	for _, r := range records[1:] {
		id, err := strconv.Atoi(r[0])
		if err != nil {
			panic(err)
		}
		all[id] = &Check{ID: id, Area: r[1], Severity: Severity(r[2]), What: r[3], Files: strings.Split(r[4], ";")}
	}
	for _, c := range stayChecks {
		all[c.id].Mend = c.mend
	}
	for _, c := range projectChecks {
		all[c.id].Mend = c.mend
	}
	return all
}()

// stayArea is the area of checks of clients and stays.
const stayArea = "data quality"

// Hearth's own checks.
const (
	annualOverdue = 1000 + iota
	enteredLate
	exitedLate
)

// Checks lists the checks that Quality makes, by id.
func Checks() (list []*Check) {
	for _, c := range checks {
		if c.Mend != "" {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *Check) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// CountBy counts findings by whatever key gives: a check, a project, a month.
func CountBy[K comparable](findings []Finding, key func(Finding) K) map[K]int {
	counts := map[K]int{}
	for _, f := range findings {
		counts[key(f)]++
	}
	return counts
}

// Month is the first day of the month in which the faulty record began: what a trend counts by. NoDay for projects.
func (f Finding) Month() hmis.Date {
	if f.Day == facts.NoDay {
		return facts.NoDay
	}
	y, m, _ := f.Day.Date()
	return hmis.NewDate(y, m, 1)
}

// Timeliness is how soon a project records what happens (Q6e): days from project start, and from exit, to the record.
type Timeliness struct {
	Project       int32
	Starts, Exits int     // records in the period
	MedianStart   float64 // days; 0 of none
	MedianExit    float64
}

// TimelinessOf gives the timeliness of each project of the scope that had a start or an exit in the period.
func TimelinessOf(f *facts.Facts, s Scope) ([]Timeliness, error) {
	u, err := inScope(f, s)
	if err != nil {
		return nil, err
	}
	starts, exits := map[int32][]int{}, map[int32][]int{}
	for stay := range int32(f.Enrollments.Len()) {
		project := f.Enrollments.Project[stay]
		if !u.selected(stay) {
			continue
		}
		if entry := u.Entry(stay); entry >= s.Start && entry <= s.End {
			starts[project] = append(starts[project], int(f.Enrollments.DateCreated[stay]-entry))
		}
		if exit := u.Exit(stay); exit != facts.NoDay && exit >= s.Start {
			exits[project] = append(exits[project], int(f.Exits.DateCreated[stay]-exit))
		}
	}
	var list []Timeliness
	for _, project := range u.sortedProjects() {
		if t := (Timeliness{project, len(starts[project]), len(exits[project]), medianOr0(starts[project]), medianOr0(exits[project])}); t.Starts+t.Exits > 0 {
			list = append(list, t)
		}
	}
	return list, nil
}

func medianOr0(values []int) float64 {
	if len(values) == 0 {
		return 0
	}
	return middleOf(values)
}
