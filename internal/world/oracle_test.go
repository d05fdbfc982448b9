package world

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// viewer is somebody who asks.
type viewer struct {
	name         string
	role         policy.Role
	organization string   // HUD id
	projects     []string // HUD ids that the account is narrowed to; nil: all
	scopes       hmis.Categories
	purpose      policy.Purpose // that every request names
	late         bool           // training and agreement have run out
}

// stranger has no token.
const stranger = "stranger"

var viewers = []viewer{
	{name: "lead", role: policy.SystemAdmin},
	{name: "admin", role: policy.AgencyAdmin, organization: "1"},
	{name: "north", role: policy.CaseManager, organization: "1"},
	{name: "south", role: policy.CaseManager, organization: "2"},
	{name: "east", role: policy.CaseManager, organization: "3", purpose: policy.Treatment},
	{name: "youth", role: policy.AgencyAdmin, organization: "4"},
	{name: "narrowed", role: policy.CaseManager, organization: "2", projects: []string{"21"}},
	{name: "intake", role: policy.Intake, organization: "1"},
	{name: "app", role: policy.PartnerApp, organization: "5", scopes: hmis.CategoriesOf(hmis.Demographics, hmis.EnrollmentCategory, hmis.Location, hmis.HIV)},
	{name: "benefits", role: policy.PartnerApp, organization: "2", scopes: hmis.CategoriesOf(hmis.ServicesCategory, hmis.Income, hmis.Identity)},
	{name: "analyst", role: policy.Analyst},
	{name: "funder", role: policy.Funder},
	{name: "auditor", role: policy.Auditor},
	{name: "late", role: policy.AgencyAdmin, organization: "1", late: true},
	{name: stranger},
}

// oracle says what a viewer may see of a community. It is written from the prose (docs/visibility.md, "The decision",
// and the sentences of DESIGN 5), to be read against the rule and not to share anything with it but HUD's dictionary.
type oracle struct {
	c *community
	v viewer
	// writes is for a viewer who will record choices of its own clients and unlock them: what that could open is taken
	// for visible from the beginning.
	writes bool

	ownProjects map[string]bool
	programs    hmis.Programs
	telling     map[string]hmis.Categories // by project
	stays       map[string]row             // by EnrollmentID
	clients     map[string]*person         // by PersonalID
}

type row = map[string]string

// person is what the decision needs of a client.
type person struct {
	row
	own, locked, refused, fleeing bool
	consents                      []act
	grants                        []grant
}

// grant is what one release opens now.
type grant struct {
	provision
	from, until hmis.Date
	before      bool // only what was last written before today
}

func removed(r row) bool { return r["DateDeleted"] != "" }

func newOracle(c *community, v viewer, writes bool) *oracle {
	o := &oracle{c: c, v: v, writes: writes, ownProjects: map[string]bool{}, telling: map[string]hmis.Categories{}, stays: map[string]row{}, clients: map[string]*person{}}
	for _, p := range c.rows["Project"] {
		if v.organization != "" && p["OrganizationID"] == v.organization {
			o.ownProjects[p["ProjectID"]] = v.projects == nil || slices.Contains(v.projects, p["ProjectID"])
		}
	}
	for _, f := range c.rows["Funder"] {
		if _, ours := o.ownProjects[f["ProjectID"]]; ours {
			o.programs |= hmis.ProgramOfFunder(number(f["Funder"]))
		}
	}
	for _, t := range hmis.Tellings() {
		for _, r := range c.rows[t.File] {
			if slices.Contains(t.Codes, number(r[t.Column])) {
				o.telling[r["ProjectID"]] |= hmis.CategoriesOf(t.Category)
			}
		}
	}
	for _, r := range c.rows["Client"] {
		o.clients[r["PersonalID"]] = &person{row: r}
	}
	for _, e := range c.rows["Enrollment"] {
		o.stays[e["EnrollmentID"]] = e
		if o.ownProjects[e["ProjectID"]] && !removed(e) {
			o.clients[e["PersonalID"]].own = true
		}
	}
	o.choices()
	o.flight()
	return o
}

func number(s string) (n int32) {
	if _, err := fmt.Sscan(s, &n); err != nil {
		return -1
	}
	return n
}

// choices works out what each client's choices open now: the newest takes the place of the earlier ones.
func (o *oracle) choices() {
	byLabel := map[string]*person{}
	for _, p := range o.clients {
		byLabel[p.row[label]] = p
	}
	for _, a := range o.c.acts {
		p := byLabel[a.client]
		if p == nil || removed(p.row) {
			continue
		}
		p.consents = append(p.consents, a)
		switch a.kind {
		case refuses:
			p.refused, p.grants = true, nil
		case releases:
			p.refused, p.grants = false, nil
			for _, pr := range a.provisions {
				p.grants = append(p.grants, grant{provision: pr, from: a.from, until: a.to})
			}
		case revokesAtOnce:
			p.grants = nil
		case revokesFromNowOn:
			for i := range p.grants {
				p.grants[i].before = true
			}
		case locks, unlocks:
			p.locked = a.kind == locks
		}
	}
}

// flight finds who is fleeing: by the newest answers to 4.11, or a yes to exploitation at an exit (R15, R16).
func (o *oracle) flight() {
	for _, h := range o.c.rows["HealthAndDV"] {
		over := slices.ContainsFunc(o.c.rows["HealthAndDV"], func(n row) bool {
			return !o.gone(n) && o.clientOf(n) == o.clientOf(h) && n["InformationDate"] > h["InformationDate"] &&
				(n["CurrentlyFleeing"] == "0" || n["DomesticViolenceSurvivor"] == "0")
		})
		if h["CurrentlyFleeing"] == "1" && !o.gone(h) && !over {
			o.clients[o.clientOf(h)].fleeing = true
		}
	}
	for _, x := range o.c.rows["Exit"] {
		if !o.gone(x) && (x["ExchangeForSex"] == "1" || x["AskedOrForcedToExchangeForSex"] == "1" || x["WorkplaceViolenceThreats"] == "1" || x["CoercedToContinueWork"] == "1") {
			o.clients[o.clientOf(x)].fleeing = true
		}
	}
}

// clientOf is the PersonalID of the client that a row is about: of the stay, where it hangs on one.
func (o *oracle) clientOf(r row) string {
	if e := o.stays[r["EnrollmentID"]]; e != nil {
		return e["PersonalID"]
	}
	return r["PersonalID"]
}

// gone reports whether a row, or the stay that it hangs on, is marked deleted.
func (o *oracle) gone(r row) bool {
	e := o.stays[r["EnrollmentID"]]
	return removed(r) || e != nil && removed(e)
}

// fact is what the decision about the facts of a row depends on.
type fact struct {
	*person
	own     bool
	telling hmis.Categories
	late    bool // last written today or later
}

func (o *oracle) factOf(file string, r row) fact {
	p := *o.clients[o.clientOf(r)]
	f := fact{person: &p, own: p.own, late: r["DateUpdated"] == "" || r["DateUpdated"][:10] >= o.c.today.String()}
	if file != "Client" {
		project := o.stays[r["EnrollmentID"]]["ProjectID"]
		f.own, f.telling = o.ownProjects[project], o.telling[project]
	}
	if o.writes && p.own && o.v.role.RecordsConsent() {
		p.locked, p.refused, p.fleeing = false, false, false
		p.grants = []grant{{provision{categories: hmis.AllContent}, o.c.today, o.c.today, false}}
		f.late = false
	}
	return f
}

func (o *oracle) ceiling() hmis.Categories {
	every := hmis.AllContent | hmis.CategoriesOf(hmis.Unclassified)
	switch o.v.role {
	case policy.SystemAdmin, policy.AgencyAdmin, policy.CaseManager:
		return every
	case policy.PartnerApp:
		return o.v.scopes
	case policy.Intake:
		return hmis.CategoriesOf(hmis.Identity, hmis.Demographics, hmis.EnrollmentCategory, hmis.ServicesCategory)
	case policy.Analyst:
		return hmis.CategoriesOf(hmis.Demographics, hmis.EnrollmentCategory, hmis.ServicesCategory, hmis.Income, hmis.CoordinatedEntry, hmis.Military)
	}
	return 0
}

// decide gives the reason for a fact of a class, with a plus where it is shown.
func (o *oracle) decide(class hmis.Class, f fact) string {
	agency := o.v.organization != ""
	switch {
	case o.v.late || o.v.name == stranger:
		return "not in order"
	case !o.ceiling().Has(class.Category):
		return "not for role"
	case o.v.role == policy.SystemAdmin:
		return "+lead"
	case f.locked && !(o.v.role == policy.AgencyAdmin && f.own):
		return "locked"
	case o.v.role == policy.Analyst && (f.telling&^o.ceiling() != 0 || class.Place):
		return "not for role"
	case o.v.role == policy.Analyst:
		return "+analyst"
	case !agency:
		return "not for role"
	case f.own:
		return "+own"
	case class.Category == hmis.Unclassified:
		return "not released"
	case class.Programs != 0 && class.Programs&o.programs == 0:
		return "other program"
	case f.refused:
		return "refused"
	case class.Place && f.fleeing:
		return "not released"
	}
	for _, told := range f.telling.List() {
		if !o.ceiling().Has(told) || !o.opened(told, f) {
			return "not released"
		}
	}
	if o.opened(class.Category, f) {
		return "+released"
	}
	return "not released"
}

func (o *oracle) opened(c hmis.Category, f fact) bool {
	return slices.ContainsFunc(f.grants, func(g grant) bool {
		return g.categories.Has(c) && (g.to == nil || slices.Contains(g.to, o.v.organization)) &&
			(g.purpose == policy.AnyPurpose || g.purpose == o.v.purpose) &&
			g.from <= o.c.today && o.c.today <= g.until && !(g.before && f.late)
	})
}

// rowClass is the class of a row whose type decides it.
func rowClass(file string, r row) hmis.Class {
	switch file {
	case "Services":
		return hmis.RowTypeOf(file, number(r["RecordType"]), number(r["TypeProvided"])).Class
	case "Disabilities":
		return hmis.RowTypeOf(file, number(r["DisabilityType"]), -1).Class
	}
	return hmis.Class{}
}

// classOf is the class of a cell: of its column, or of the row where that decides.
func classOf(f *hmis.File, c *hmis.Column, r row) hmis.Class {
	if c.Category == hmis.Unclassified {
		return rowClass(f.Name, r)
	}
	return c.Class()
}

// dayColumn is the column that tells that the row is there.
var dayColumn = map[string]string{"Enrollment": "EntryDate", "Exit": "ExitDate", "CurrentLivingSituation": "InformationDate", "IncomeBenefits": "InformationDate",
	"EmploymentEducation": "InformationDate", "YouthEducationStatus": "InformationDate", "Assessment": "AssessmentDate", "Event": "EventDate",
	"AssessmentQuestions": "AssessmentQuestion", "AssessmentResults": "AssessmentResultType"}

// visible reports whether the row is there for the viewer.
func (o *oracle) visible(file string, r row) bool {
	if o.gone(r) {
		return false
	}
	f := o.factOf(file, r)
	shows := func(c hmis.Class) bool { return o.decide(c, f)[0] == '+' }
	switch file {
	case "Services", "Disabilities":
		return shows(rowClass(file, r))
	case "Client", "HealthAndDV": // whoever sees one of the facts
		return slices.ContainsFunc(hmis.FileNamed(file).Columns, func(c *hmis.Column) bool { return c.Category != hmis.Meta && shows(c.Class()) })
	}
	return shows(hmis.FileNamed(file).Column(dayColumn[file]).Class())
}

// clientFiles are the files about clients.
var clientFiles = func() (list []*hmis.File) {
	for _, f := range hmis.Files() {
		if f.Level == hmis.ClientLevel {
			list = append(list, f)
		}
	}
	return list
}()

// view writes down everything that the viewer's answers may depend on. Two worlds with one view are a pair.
func (o *oracle) view() string {
	var b strings.Builder
	for _, f := range clientFiles {
		for _, r := range o.c.rows[f.Name] {
			if o.visible(f.Name, r) {
				o.viewRow(&b, f, r)
			}
		}
	}
	o.households(&b)
	for _, r := range o.c.rows["Client"] {
		p := o.clients[r["PersonalID"]]
		explained := o.v.role == policy.Auditor && !removed(r)
		if explained || o.visible("Client", r) && (p.own || o.v.role == policy.SystemAdmin) {
			// Choices are told of own clients, and explained together with the flight that keeps places back.
			fmt.Fprintln(&b, r[label], p.consents, p.locked, p.fleeing)
		}
	}
	return b.String()
}

func (o *oracle) viewRow(b *strings.Builder, f *hmis.File, r row) {
	fact := o.factOf(f.Name, r)
	fmt.Fprint(b, f.Name, " ", r[label], " ", o.clients[o.clientOf(r)].row[label], fact.own, fact.locked)
	for _, c := range hmis.AllContent.List() {
		fmt.Fprint(b, " ", o.decide(hmis.ClassOf(c), fact)) // access and the notice of 42 CFR part 2
	}
	for _, c := range f.Columns {
		switch {
		case c.Name == "PersonalID" && o.v.role == policy.Analyst:
		case c.Category == hmis.Meta:
			fmt.Fprintf(b, "|%s", r[c.Name])
		default:
			reason := o.decide(classOf(f, c, r), fact)
			if reason[0] == '+' {
				reason += r[c.Name]
			}
			fmt.Fprintf(b, "|%s", reason)
		}
	}
	b.WriteByte('\n')
}

// households writes those with a visible stay, in the order in which they came into the hub: an order that members
// whom the viewer does not see have a part in, and that is open nevertheless. Their type tells of all members: only who
// may see all of the project is told it, and of those alone that are not locked.
func (o *oracle) households(b *strings.Builder) {
	type household struct {
		seen    bool
		project string
		members []row
	}
	var order []string
	all := map[string]*household{}
	for _, e := range o.c.rows["Enrollment"] {
		key := e["ProjectID"] + "/" + e["HouseholdID"]
		h := all[key]
		if h == nil {
			h = &household{project: e["ProjectID"]}
			all[key], order = h, append(order, key)
		}
		h.seen = h.seen || o.visible("Enrollment", e)
		if f := o.factOf("Enrollment", e); !removed(e) && (!f.locked || o.v.role == policy.SystemAdmin || o.v.role == policy.AgencyAdmin) {
			h.members = append(h.members, e)
		}
	}
	for _, key := range order {
		if h := all[key]; h.seen {
			kind := "withheld"
			if o.ownProjects[h.project] || o.v.role == policy.SystemAdmin || o.v.role == policy.Analyst {
				kind = o.householdType(h.members)
			}
			fmt.Fprintln(b, key, kind)
		}
	}
}

// householdType is HUD's 2.07.4 by the ages at entry.
func (o *oracle) householdType(members []row) string {
	var adult, child, unknown bool
	for _, e := range members {
		dob := o.clients[e["PersonalID"]].row["DOB"]
		if dob == "" {
			unknown = true
			continue
		}
		born, _ := hmis.ParseDate(dob)
		if entry, _ := hmis.ParseDate(e["EntryDate"]); born.AddYears(18) <= entry {
			adult = true
		} else {
			child = true
		}
	}
	return fmt.Sprint(adult && child, !(adult && child) && unknown, adult, child)
}
