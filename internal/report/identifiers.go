package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
)

// identifiers is Q4a: a line for each project (9).
func (u *universe) identifiers() *Table {
	t := &Table{ID: "Q4a", Title: "Project Identifiers in HMIS", Corner: "Organization Name", Columns: []string{"Organization ID", "Project Name", "Project ID", "HMIS Project Type",
		"RRH Subtype", "Coordinated Entry Access Point", "Affiliated with a residential project", "Project IDs of affiliations", "CoC Number", "Geocode",
		"Victim Service Provider", "HMIS Software Name", "Report Start Date", "Report End Date", "Total Active Clients", "Total Active Households"}}
	clients, households := make([]int, len(u.projects)), make([]int, len(u.projects))
	for i := range u.persons {
		p := &u.persons[i]
		project := u.F.Enrollments.Project[p.stay]
		if clients[project]++; p.head {
			households[project]++
		}
	}
	for i, project := range u.sortedProjects() {
		p := &u.F.Projects[project]
		inProject := func(person *person) bool { return u.F.Enrollments.Project[person.stay] == project }
		row := Row{Label: u.F.Organizations[p.Organization].Name}
		for c, value := range u.identifiersOf(p) {
			row.Cells = append(row.Cells, textCell(i, c, value))
		}
		row.Cells = append(row.Cells,
			Cell{Address: address(i, 14), Value: float64(clients[project]), Count: true, clients: func() []int32 { return u.clientsWho(inProject) }},
			Cell{Address: address(i, 15), Value: float64(households[project]), Count: true, clients: func() []int32 { return u.clientsWho(both(heads, inProject)) }})
		t.Rows = append(t.Rows, row)
	}
	return t
}

func textCell(row, column int, value string) Cell {
	return Cell{Address: address(row, column), Text: value, Empty: value == ""}
}

// clientsWho lists the clients of whom the test holds.
func (u *universe) clientsWho(test func(*person) bool) (list []int32) {
	for i := range u.persons {
		if test(&u.persons[i]) {
			list = append(list, u.persons[i].client())
		}
	}
	return list
}

// identifiersOf are the columns B to O.
func (u *universe) identifiersOf(p *facts.Project) []string {
	o := u.F.Organizations[p.Organization]
	affiliated := "0"
	if (p.Type == glossary.ServicesOnly || p.Type == glossary.RapidRehousing && p.RRHSubType == 1) && p.ResidentialAffiliation >= 0 {
		affiliated = code(p.ResidentialAffiliation)
	}
	var cocs, geocodes []string
	for _, c := range p.CoCs {
		cocs, geocodes = append(cocs, c.CoC), append(geocodes, c.Geocode)
	}
	subtype := ""
	if p.Type == glossary.RapidRehousing {
		subtype = code(p.RRHSubType)
	}
	return []string{o.ID, p.Name, p.ID, code(p.Type), subtype, u.accessPoint(p), affiliated, strings.Join(p.Affiliated, ", "),
		list(cocs), list(geocodes), code(o.VictimServiceProvider), u.F.Software, u.Start.String(), u.End.String()}
}

func code(c facts.Code) string {
	if c == facts.Empty {
		return ""
	}
	return strconv.Itoa(int(c))
}

// list joins values with commas, each once.
func list(values []string) string {
	slices.Sort(values)
	return strings.Join(slices.Compact(values), ", ")
}

// accessPoint is whether the project is an access point on the last day of the report, or on its own last day where it
// closed before (13).
func (u *universe) accessPoint(p *facts.Project) string {
	day := u.End
	if p.OperatingEnd != facts.NoDay && p.OperatingEnd >= u.Start && p.OperatingEnd < day {
		day = p.OperatingEnd
	}
	for _, c := range p.CE {
		if c.Covers(day) && c.Type == 1 {
			return "1"
		}
	}
	return "0"
}

// findWednesdays looks up the last Wednesdays of the report once.
func (u *universe) findWednesdays() {
	for _, m := range months {
		day, ok := u.LastWednesday(m)
		if !ok {
			day = facts.NoDay
		}
		u.days = append(u.days, day)
	}
}
