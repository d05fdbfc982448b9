package report

import (
	"slices"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/glossary"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// projectCheck looks at a project with its descriptors. bad gives the keys of the faulty rows of the file; the project's
// own id stands for a row that is not there.
type projectCheck struct {
	id   int
	file string
	mend string
	bad  func(q *qualityRun, project int32) []string
}

func (q *qualityRun) checkProjects() {
	q.countStays()
	for _, project := range q.sortedProjects() {
		for _, c := range projectChecks {
			for _, id := range c.bad(q, project) {
				q.findings = append(q.findings, Finding{Check: checks[c.id], File: c.file, ID: id, Project: project, Client: -1, Enrollment: -1, Day: facts.NoDay})
			}
		}
	}
}

// itself makes a check of the project out of a yes or no.
func itself(bad func(q *qualityRun, p *facts.Project) bool) func(*qualityRun, int32) []string {
	return func(q *qualityRun, project int32) []string {
		if p := &q.F.Projects[project]; bad(q, p) {
			return []string{p.ID}
		}
		return nil
	}
}

// inventories makes a check of each inventory row.
func inventories(bad func(q *qualityRun, p *facts.Project, i facts.Inventory) bool) func(*qualityRun, int32) []string {
	return func(q *qualityRun, project int32) (ids []string) {
		p := &q.F.Projects[project]
		for _, i := range p.Inventories {
			if bad(q, p, i) {
				ids = append(ids, i.ID)
			}
		}
		return ids
	}
}

// projectUse is what the stays of a project say of it.
type projectUse struct {
	stays    []int32
	nights   bool // any bed night
	open     bool // any stay without exit
	lastExit hmis.Date
}

// countStays goes through all stays of the community once.
func (q *qualityRun) countStays() {
	q.use = make([]projectUse, len(q.F.Projects))
	for s := range int32(q.F.Enrollments.Len()) {
		u := &q.use[q.F.Enrollments.Project[s]]
		u.stays = append(u.stays, s)
		from, to := q.F.BedNights.Of(s)
		u.nights = u.nights || to > from
		u.open = u.open || q.open(s)
		u.lastExit = max(u.lastExit, q.F.Exits.ExitDate[s])
	}
}

// The codes of descriptors that the checks name (lists 2.02.D, 2.07.5, 2.07.6).
const (
	scatteredSite = 3
	siteBased     = 1
	clusteredSite = 2
	voucher       = 2
	seasonal      = 2
	overflow      = 3
)

// housesPeople holds of projects with beds; of rapid rehousing only the subtype with housing.
func housesPeople(p *facts.Project) bool {
	switch p.Type {
	case glossary.ShelterEntryExit, glossary.ShelterNightly, glossary.Transitional, glossary.SupportiveHousing, glossary.SafeHaven, glossary.HousingOnly, glossary.HousingServices:
		return true
	case glossary.RapidRehousing:
		return p.RRHSubType == 2
	}
	return false
}

// inHMIS holds of projects that take part in HMIS at any time.
func inHMIS(p *facts.Project) bool {
	return slices.ContainsFunc(p.HMIS, func(x facts.Participation) bool { return x.Type == 1 })
}

// overlapping lists the rows whose period begins before the one before it has ended.
func overlapping(periods []facts.Participation) (ids []string) {
	sorted := slices.Clone(periods)
	slices.SortFunc(sorted, func(a, b facts.Participation) int { return int(a.Start) - int(b.Start) })
	for i := 1; i < len(sorted); i++ {
		if end := sorted[i-1].End; end == facts.NoDay || sorted[i].Start <= end {
			ids = append(ids, sorted[i].ID)
		}
	}
	return ids
}

// activeInventory holds of inventory that is there in the period of the report.
func (q *qualityRun) activeInventory(i facts.Inventory) bool {
	return i.Start <= q.End && (i.End == facts.NoDay || i.End >= q.Start)
}

func (q *qualityRun) victimProvider(p *facts.Project) bool {
	return q.F.Organizations[p.Organization].VictimServiceProvider == 1
}

// usedDuring reports whether a stay of the project touches the inventory's time.
func (q *qualityRun) usedDuring(project int32, i facts.Inventory) bool {
	return slices.ContainsFunc(q.use[project].stays, func(s int32) bool {
		exit := q.F.Exits.ExitDate[s]
		return (i.End == facts.NoDay || q.Entry(s) <= i.End) && (exit == facts.NoDay || exit >= i.Start)
	})
}

func isZIP(s string) bool {
	return len(s) == 5 && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' })
}

// addressFaults lists the CoC rows whose address is not whole: of victim services and scattered sites the ZIP is enough.
func (q *qualityRun) addressFaults(project int32) (ids []string) {
	p := &q.F.Projects[project]
	zipOnly := q.victimProvider(p) || p.HousingType == scatteredSite
	for _, c := range p.CoCs {
		if !isZIP(c.ZIP) || !zipOnly && !(c.HasAddress && c.HasCity && c.HasState) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// withoutCode lists the CoC rows that lack a code, a geocode or the kind of geography.
func (q *qualityRun) withoutCode(project int32) (ids []string) {
	for _, c := range q.F.Projects[project].CoCs {
		if c.CoC == "" || c.Geocode == "" || c.GeographyType == facts.Empty {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// withoutInventory lists the CoC rows for which a project with beds has no active inventory.
func (q *qualityRun) withoutInventory(project int32) (ids []string) {
	p := &q.F.Projects[project]
	if !housesPeople(p) {
		return nil
	}
	for _, c := range p.CoCs {
		if !slices.ContainsFunc(p.Inventories, func(i facts.Inventory) bool { return i.CoC == c.CoC && q.activeInventory(i) }) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// quietDays is after how many days without a stay a project seems to have closed.
const quietDays = 30

func (q *qualityRun) seemsClosed(project int32) []string {
	p, u := &q.F.Projects[project], &q.use[project]
	if p.OperatingEnd == facts.NoDay && len(u.stays) > 0 && !u.open && q.today()-u.lastExit > quietDays {
		return []string{p.ID}
	}
	return nil
}

// unused lists the active inventory, overflow left out, that no stay of the project touches.
func (q *qualityRun) unused(project int32) (ids []string) {
	p := &q.F.Projects[project]
	for _, i := range p.Inventories {
		if i.Availability != overflow && i.Beds > 0 && q.activeInventory(i) && !q.usedDuring(project, i) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// unusedInPeriod holds of projects in HMIS that have beds in the period, and nobody in them.
func (q *qualityRun) unusedInPeriod(project int32) []string {
	p := &q.F.Projects[project]
	beds := slices.ContainsFunc(p.Inventories, func(i facts.Inventory) bool {
		return i.Availability != overflow && i.Beds > 0 && q.activeInventory(i)
	})
	if inHMIS(p) && beds && !slices.ContainsFunc(q.use[project].stays, q.Overlaps) {
		return []string{p.ID}
	}
	return nil
}

// dedicated is the sum of the seven counts of beds by whom they are for.
func dedicated(i facts.Inventory) (sum facts.Code) {
	for _, n := range i.Dedicated {
		sum += max(n, 0)
	}
	return sum
}

// bedTypeFits holds where beds of a site are facility-based or other, and those of scattered sites vouchers.
func bedTypeFits(p *facts.Project, i facts.Inventory) bool {
	switch p.HousingType {
	case siteBased, clusteredSite:
		return i.ESBedType != voucher
	case scatteredSite:
		return i.ESBedType == voucher
	}
	return true
}

// projectChecks are the checks of project descriptors, in the order of dq-checks.csv.
var projectChecks = []projectCheck{
	{5, "ProjectCoC", "Record CoC code, geocode and geography type.", (*qualityRun).withoutCode},
	{35, "Project", "Add the CoC of the project.", itself(func(_ *qualityRun, p *facts.Project) bool { return p.ContinuumProject == 1 && len(p.CoCs) == 0 })},
	{36, "Project", "Record the housing type.", itself(func(_ *qualityRun, p *facts.Project) bool { return housesPeople(p) && p.HousingType == facts.Empty })},
	{106, "Project", "Record the bed nights of the shelter, or correct its type.", func(q *qualityRun, project int32) []string {
		p, u := &q.F.Projects[project], &q.use[project]
		if p.Type == glossary.ShelterNightly && inHMIS(p) && len(u.stays) > 0 && !u.nights {
			return []string{p.ID}
		}
		return nil
	}},
	{128, "CEParticipation", "End one period of participation before the next begins.", func(q *qualityRun, project int32) []string { return overlapping(q.F.Projects[project].CE) }},
	{131, "HMISParticipation", "End one period of participation before the next begins.", func(q *qualityRun, project int32) []string { return overlapping(q.F.Projects[project].HMIS) }},
	{139, "Project", "Take the client records out of HMIS; a victim service provider keeps them in a comparable database.", func(q *qualityRun, project int32) []string {
		if p := &q.F.Projects[project]; q.victimProvider(p) && len(q.use[project].stays) > 0 {
			return []string{p.ID}
		}
		return nil
	}},
	{42, "ProjectCoC", "Record the address: ZIP, street, city and state.", (*qualityRun).addressFaults},
	{43, "Project", "Record the beds and units of the project.", itself(func(_ *qualityRun, p *facts.Project) bool { return housesPeople(p) && len(p.Inventories) == 0 })},
	{44, "Inventory", "End the inventory with the project.", inventories(func(_ *qualityRun, p *facts.Project, i facts.Inventory) bool {
		return p.OperatingEnd != facts.NoDay && (i.End == facts.NoDay || i.End > p.OperatingEnd)
	})},
	{46, "Inventory", "Make the dedicated beds add up to all beds.", inventories(func(_ *qualityRun, _ *facts.Project, i facts.Inventory) bool { return dedicated(i) != max(i.Beds, 0) })},
	{110, "Project", "Record the subtype of rapid rehousing.", itself(func(_ *qualityRun, p *facts.Project) bool {
		return p.Type == glossary.RapidRehousing && p.RRHSubType == facts.Empty
	})},
	{132, "Inventory", "Correct the subtype, or end the inventory.", inventories(func(q *qualityRun, p *facts.Project, i facts.Inventory) bool {
		return p.Type == glossary.RapidRehousing && p.RRHSubType == 1 && i.Beds > 0 && q.activeInventory(i)
	})},
	{133, "Project", "Set the participation to a comparable database.", itself(func(q *qualityRun, p *facts.Project) bool { return q.victimProvider(p) && inHMIS(p) })},
	{137, "Inventory", "Correct the CoC of the inventory, or add it to the project.", inventories(func(q *qualityRun, p *facts.Project, i facts.Inventory) bool {
		return q.activeInventory(i) && !slices.ContainsFunc(p.CoCs, func(c facts.ProjectCoC) bool { return c.CoC == i.CoC })
	})},
	{138, "Inventory", "Correct the number of units or of beds.", inventories(func(_ *qualityRun, _ *facts.Project, i facts.Inventory) bool { return i.Units > i.Beds })},
	{37, "Inventory", "End the seasonal inventory within a year.", inventories(func(_ *qualityRun, _ *facts.Project, i facts.Inventory) bool {
		return i.Availability == seasonal && (i.End == facts.NoDay || i.End-i.Start > 365)
	})},
	{79, "Inventory", "Begin the inventory with the project.", inventories(func(_ *qualityRun, p *facts.Project, i facts.Inventory) bool {
		return p.OperatingStart != facts.NoDay && i.Start < p.OperatingStart
	})},
	{81, "Project", "Record the project's last day, or its clients.", (*qualityRun).seemsClosed},
	{83, "Project", "Record the stays, or correct the inventory or the participation.", (*qualityRun).unusedInPeriod},
	{135, "Inventory", "Make bed type and housing type agree.", inventories(func(_ *qualityRun, p *facts.Project, i facts.Inventory) bool {
		return (p.Type == glossary.ShelterEntryExit || p.Type == glossary.ShelterNightly) && i.ESBedType != facts.Empty && !bedTypeFits(p, i)
	})},
	{136, "ProjectCoC", "Record the beds of the project in this CoC, or take the CoC away.", (*qualityRun).withoutInventory},
	{141, "Inventory", "Record the stays, or correct the inventory.", (*qualityRun).unused},
}
