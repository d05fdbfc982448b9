package facts

import (
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
)

// Organization is a row of Organization with what hangs on it.
type Organization struct {
	ID, Name              string
	VictimServiceProvider Code
}

// Project is a row of Project with its descriptors, each list in the order of its key.
type Project struct {
	ID, Name                     string
	Organization                 int32 // index in Facts.Organizations
	Row                          int64 // the hub's number of the record, 0 where the facts are not from a hub
	OperatingStart, OperatingEnd hmis.Date
	ContinuumProject             Code
	Type                         Code // list 2.02.6
	HousingType                  Code
	RRHSubType                   Code
	ResidentialAffiliation       Code
	TargetPopulation             Code
	PITCount                     Code

	CoCs        []ProjectCoC
	Funders     []Funder
	Inventories []Inventory
	HMIS        []Participation // HMISParticipation; Type is HMISParticipationType
	CE          []Participation // CEParticipation; Type is AccessPoint
	Affiliated  []string        // ids of the residential projects that this one serves
}

// ProjectCoC is a row of ProjectCoC. The address is only known to be there or not.
type ProjectCoC struct {
	ID                            string
	CoC, Geocode, ZIP             string
	GeographyType                 Code
	HasAddress, HasCity, HasState bool
}

// Funder is a row of Funder: code of list 2.06.1 and the dates of the grant, NoDay where open.
type Funder struct {
	ID         string
	Funder     Code
	GrantID    string
	Start, End hmis.Date
}

// Inventory is a row of Inventory.
type Inventory struct {
	ID            string
	CoC           string
	HouseholdType Code
	Availability  Code
	ESBedType     Code
	Units, Beds   Code
	Dedicated     [7]Code // CHVet, YouthVet, Vet, CHYouth, Youth, CH, Other
	Start, End    hmis.Date
}

// Participation is a period of HMISParticipation or CEParticipation; an open End is NoDay.
type Participation struct {
	ID         string
	Type       Code
	Start, End hmis.Date
}

// Covers reports whether the period holds the day.
func (p Participation) Covers(day hmis.Date) bool {
	return p.Start <= day && (p.End == NoDay || p.End >= day)
}

// Funded reports whether the project has a grant of the funder.
func (p *Project) Funded(funders ...Code) bool {
	for _, f := range p.Funders {
		for _, code := range funders {
			if f.Funder == code {
				return true
			}
		}
	}
	return false
}

// row reads cells by HUD's names.
type row struct {
	at    map[string]int
	cells []hmiscsv.Cell
}

func newRow(file string) row {
	r := row{at: map[string]int{}}
	for i, c := range hmis.FileNamed(file).Columns {
		r.at[c.Name] = i
	}
	return r
}

func (r row) cell(column string) hmiscsv.Cell {
	i, ok := r.at[column]
	if !ok {
		panic("facts: no column " + column)
	}
	return r.cells[i]
}

func (r row) text(column string) string    { return r.cell(column).S }
func (r row) code(column string) Code      { return small[Code](r.cell(column), 1<<15-1) }
func (r row) date(column string) hmis.Date { return dateOf(r.cell(column)) }

func (b *Builder) addOrganization(r row) {
	id := r.text("OrganizationID")
	if _, twice := b.source.organizations[id]; twice {
		return
	}
	b.source.organizations[id] = int32(len(b.f.Organizations))
	b.organizationSources = append(b.organizationSources, b.source.name)
	b.f.Organizations = append(b.f.Organizations, Organization{id, r.text("OrganizationName"), r.code("VictimServiceProvider")})
}

func (b *Builder) addProject(r row, o Origin) {
	id := r.text("ProjectID")
	organization, known := b.source.organizations[r.text("OrganizationID")]
	if _, twice := b.source.projects[id]; twice || !known {
		return
	}
	b.source.projects[id] = int32(len(b.f.Projects))
	b.projectSources = append(b.projectSources, b.source.name)
	b.f.Projects = append(b.f.Projects, Project{
		ID: id, Name: r.text("ProjectName"), Organization: organization, Row: o.Row,
		OperatingStart: r.date("OperatingStartDate"), OperatingEnd: r.date("OperatingEndDate"),
		ContinuumProject: r.code("ContinuumProject"), Type: r.code("ProjectType"), HousingType: r.code("HousingType"),
		RRHSubType: r.code("RRHSubType"), ResidentialAffiliation: r.code("ResidentialAffiliation"),
		TargetPopulation: r.code("TargetPopulation"), PITCount: r.code("PITCount"),
	})
}

// addDescriptor adds a row of a file that hangs on a project.
func (b *Builder) addDescriptor(file string, r row) {
	i, known := b.source.projects[r.text("ProjectID")]
	if !known {
		return
	}
	p := &b.f.Projects[i]
	switch file {
	case "ProjectCoC":
		p.CoCs = append(p.CoCs, ProjectCoC{r.text("ProjectCoCID"), r.text("CoCCode"), r.text("Geocode"), r.text("ZIP"),
			r.code("GeographyType"), r.cell("Address1").Set, r.cell("City").Set, r.cell("State").Set})
	case "Funder":
		p.Funders = append(p.Funders, Funder{r.text("FunderID"), r.code("Funder"), r.text("GrantID"), r.date("StartDate"), r.date("EndDate")})
	case "Inventory":
		p.Inventories = append(p.Inventories, inventory(r))
	case "HMISParticipation":
		p.HMIS = append(p.HMIS, Participation{r.text("HMISParticipationID"), r.code("HMISParticipationType"),
			r.date("HMISParticipationStatusStartDate"), r.date("HMISParticipationStatusEndDate")})
	case "CEParticipation":
		p.CE = append(p.CE, Participation{r.text("CEParticipationID"), r.code("AccessPoint"),
			r.date("CEParticipationStatusStartDate"), r.date("CEParticipationStatusEndDate")})
	case "Affiliation":
		p.Affiliated = append(p.Affiliated, r.text("ResProjectID"))
	}
}

func inventory(r row) Inventory {
	i := Inventory{ID: r.text("InventoryID"), CoC: r.text("CoCCode"), HouseholdType: r.code("HouseholdType"),
		Availability: r.code("Availability"), ESBedType: r.code("ESBedType"), Units: r.code("UnitInventory"), Beds: r.code("BedInventory"),
		Start: r.date("InventoryStartDate"), End: r.date("InventoryEndDate")}
	for n, kind := range []string{"CHVet", "YouthVet", "Vet", "CHYouth", "Youth", "CH", "Other"} {
		i.Dedicated[n] = r.code(kind + "BedInventory")
	}
	return i
}
