package world

import (
	"math/rand/v2"
	"slices"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// change makes the second world: what the viewer may not see is changed, deleted and added to. Each change stands only
// where the oracle says that it changes nothing for the viewer.
//
// What stays equal follows from that: the descriptors of projects, which everybody sees and which tell categories; the
// audit columns of a visible row (DateUpdated is also what a revocation from now on goes by); and whether a client is
// fleeing, wherever a release opens LOCATION to the viewer, since it is then an input of the rule.
// It returns how many changes stand.
func change(r *rand.Rand, c *community, v viewer, writes bool, attempts int) (second *community, stood int) {
	m := &maker{Rand: r, year: c.year, n: 10_000}
	want := newOracle(c, v, writes).view()
	second = c.clone()
	try := func(change func(*community)) bool {
		next := second.clone()
		change(next)
		equal := len(next.rows["Client"]) > 0 && len(next.rows["Enrollment"]) > 0 && newOracle(next, v, writes).view() == want
		if equal {
			second = next
			stood++
		}
		return equal
	}
	for _, client := range c.rows["Client"] {
		if try(func(next *community) { m.changeHidden(newOracle(next, v, writes), client["PersonalID"], clientFiles) }) {
			continue
		}
		for _, f := range clientFiles {
			try(func(next *community) {
				m.changeHidden(newOracle(next, v, writes), client["PersonalID"], []*hmis.File{f})
			})
		}
	}
	for range attempts {
		try(func(next *community) { pick(r, changes)(m, next) })
	}
	return second, stood
}

// changeHidden changes what the oracle says is hidden of the rows of a client: most cells of rows that are not there,
// and of the others most cells that are withheld.
func (m *maker) changeHidden(o *oracle, client string, files []*hmis.File) {
	for _, f := range files {
		for _, r := range o.c.rows[f.Name] {
			if o.clientOf(r) != client {
				continue
			}
			there, fact := o.visible(f.Name, r), o.factOf(f.Name, r)
			for _, c := range f.Columns {
				withheld := c.Category != hmis.Meta && o.decide(classOf(f, c, r), fact)[0] != '+'
				if (!there || withheld) && c.Name != "HouseholdID" && m.chance(70) {
					m.changeCell(f, r, c)
				}
			}
		}
	}
}

// changes are what can happen to a community. Cells of rows are changed most.
var changes = []func(*maker, *community){
	changeCells, changeCells, changeCells, changeCells, changeRow, moveStay, deleteRow, deleteRow, markDeleted,
	addClient, addStay, addRecord, addRecord, changeActs, changeActs, renameClient,
}

func anyRow(m *maker, c *community) (*hmis.File, row) {
	f := pick(m.Rand, clientFiles)
	if m.chance(40) {
		f = hmis.FileNamed(pick(m.Rand, []string{"Client", "Enrollment"}))
	}
	if len(c.rows[f.Name]) == 0 {
		return f, nil
	}
	return f, pick(m.Rand, c.rows[f.Name])
}

// changeCells changes some cells of a row: to other values, or to none.
func changeCells(m *maker, c *community) {
	if f, r := anyRow(m, c); r != nil {
		for range 1 + m.IntN(3) {
			m.changeCell(f, r, pick(m.Rand, f.Columns))
		}
	}
}

// changeRow changes all cells of a row of a category.
func changeRow(m *maker, c *community) {
	f, r := anyRow(m, c)
	category := pick(m.Rand, hmis.AllContent.List())
	for _, column := range f.Columns {
		if r != nil && column.Category == category {
			m.changeCell(f, r, column)
		}
	}
}

func (m *maker) changeCell(f *hmis.File, r row, c *hmis.Column) {
	switch {
	case !c.In(m.year), c.Category == hmis.Meta && c.Name != "DateUpdated" && c.Name != "InformationDate", c.References != "":
	case c.Name == "DateUpdated":
		r[c.Name] = m.updated()
	case c.Kind == hmis.Day && r[c.Name] != "" && c.Name != "DOB", c.Required(m.year):
		r[c.Name] = m.cell(c)
	case m.chance(30):
		r[c.Name] = ""
	default:
		r[c.Name] = m.cell(c)
	}
	if c.Name == "HouseholdID" {
		r[c.Name] = "h" + r[label]
	}
}

// moveStay puts a stay into another project.
func moveStay(m *maker, c *community) {
	pick(m.Rand, c.rows["Enrollment"])["ProjectID"] = pick(m.Rand, projects).id
}

// deleteRow takes a row out with all that hangs on it.
func deleteRow(m *maker, c *community) {
	f, r := anyRow(m, c)
	if r == nil {
		return
	}
	key := f.Key().Name
	for _, below := range clientFiles {
		c.rows[below.Name] = slices.DeleteFunc(c.rows[below.Name], func(other row) bool { return other[key] == r[key] })
	}
	if f.Name == "Client" {
		c.acts = slices.DeleteFunc(c.acts, func(a act) bool { return a.client == r[label] })
	}
}

func markDeleted(m *maker, c *community) {
	if _, r := anyRow(m, c); r != nil {
		if removed(r) {
			delete(r, "DateDeleted")
		} else {
			r["DateDeleted"] = "2025-06-01 08:00:00"
		}
	}
}

// The rows that come in addition go before the others as well as behind them: all row numbers shift.
func addClient(m *maker, c *community) {
	m.among(c, func() {
		m.client(c.rows)
		added := c.rows["Client"][len(c.rows["Client"])-1]
		c.acts = append(c.acts, m.acts(added[label], c.today)...)
	})
}

func addStay(m *maker, c *community) {
	m.among(c, func() {
		project, household := pick(m.Rand, projects).id, ""
		if head := pick(m.Rand, c.rows["Enrollment"]); m.chance(50) {
			project, household = head["ProjectID"], head["HouseholdID"]
		}
		m.stay(c.rows, pick(m.Rand, c.rows["Client"])["PersonalID"], project, household)
	})
}

func addRecord(m *maker, c *community) {
	m.among(c, func() { m.record(c.rows, pick(m.Rand, recordFiles), pick(m.Rand, c.rows["Enrollment"])) })
}

// among puts what add adds at the end of each file somewhere else.
func (m *maker) among(c *community, add func()) {
	before := map[string]int{}
	for _, f := range clientFiles {
		before[f.Name] = len(c.rows[f.Name])
	}
	add()
	for _, f := range clientFiles {
		rows := c.rows[f.Name]
		added := slices.Clone(rows[before[f.Name]:])
		c.rows[f.Name] = slices.Insert(rows[:before[f.Name]:before[f.Name]], m.IntN(before[f.Name]+1), added...)
	}
}

// changeActs gives a client other choices, or one whose record is locked.
func changeActs(m *maker, c *community) {
	client := pick(m.Rand, c.rows["Client"])[label]
	if m.chance(50) {
		c.acts = append(c.acts, m.acts(client, c.today)...)
		return
	}
	c.acts = slices.DeleteFunc(c.acts, func(a act) bool { return a.client == client })
	if m.chance(50) {
		c.acts = append(c.acts, m.acts(client, c.today)...)
	}
}

// renameClient gives a client another PersonalID, which analysts do not see.
func renameClient(m *maker, c *community) {
	old := pick(m.Rand, c.rows["Client"])["PersonalID"]
	m.n++
	name := pick(m.Rand, []string{"a", "z"}) + old
	for _, f := range clientFiles {
		for _, r := range c.rows[f.Name] {
			if r["PersonalID"] == old {
				r["PersonalID"] = name
			}
		}
	}
}
