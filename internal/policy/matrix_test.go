package policy_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

const matrixPreface = `WHO SEES WHAT: THE MATRIX

For the privacy officer to read and to sign. It is made from the rule that the hub obeys (internal/policy), and the
test suite fails where the two differ. A table stands for one situation of a client, the rows are who asks, and the
columns are what is asked about. Who sees the same shares a row. Where a table is the same as an earlier one, it says so.

`

// seat is a row of the matrix: an account in order of an organization that runs no federal program.
type seat struct {
	name   string
	viewer policy.Viewer
}

var seats = []seat{
	{"HMIS lead", policy.Viewer{Role: policy.SystemAdmin}},
	{"agency admin", policy.Viewer{Role: policy.AgencyAdmin, Organization: mine}},
	{"case manager", policy.Viewer{Role: policy.CaseManager, Organization: mine}},
	{"app", policy.Viewer{Role: policy.PartnerApp, Organization: mine, Scopes: hmis.AllContent}},
	{"app of ID and SVC", policy.Viewer{Role: policy.PartnerApp, Organization: mine, Scopes: hmis.CategoriesOf(hmis.Identity, hmis.ServicesCategory)}},
	{"intake", policy.Viewer{Role: policy.Intake, Organization: mine}},
	{"analyst", policy.Viewer{Role: policy.Analyst}},
	{"funder", policy.Viewer{Role: policy.Funder}},
	{"auditor", policy.Viewer{Role: policy.Auditor}},
}

// situation is one table: what it changes in a question about data of another organization whose client was never asked.
type situation struct {
	title string
	holds func(*policy.Question)
}

// grantsFrom is a release of the categories that holds from fifty days ago to fifty days on, changed.
func grantsFrom(categories hmis.Categories, changes ...func(*policy.Grant)) (list []policy.Grant) {
	for _, c := range categories.List() {
		g := policy.Grant{Release: 1, Category: c, From: today - 50, Until: today + 50}
		for _, change := range changes {
			change(&g)
		}
		list = append(list, g)
	}
	return list
}

func releases(categories hmis.Categories, changes ...func(*policy.Grant)) func(*policy.Question) {
	return func(q *policy.Question) { q.Grants = grantsFrom(categories, changes...) }
}

// revoked is a release of every category that was taken back on the day.
func revoked(effect policy.RevocationEffect, day hmis.Date) func(*policy.Question) {
	r := policy.Release{ID: 1, State: policy.Revoked, Effect: effect, RevokedOn: &day, From: today - 50, Until: on(today + 50),
		Provisions: []policy.Provision{{Categories: hmis.AllContent}}}
	return func(q *policy.Question) { q.Grants = r.Grants() }
}

// both holds one after the other.
func both(first, second func(*policy.Question)) func(*policy.Question) {
	return func(q *policy.Question) { first(q); second(q) }
}

func ofViewer(change func(*policy.Viewer)) func(*policy.Question) {
	return func(q *policy.Question) { change(q.Viewer) }
}

var (
	own         = func(q *policy.Question) { q.Own = true }
	locked      = func(q *policy.Question) { q.Restricted = true }
	refused     = func(q *policy.Question) { q.Refused = true }
	unpartnered = func(q *policy.Question) { q.Partners = false }
	fleeing     = func(q *policy.Question) { q.Fleeing = true }
	atHOPWA     = func(q *policy.Question) { q.Telling = hmis.CategoriesOf(hmis.HIV) }
	ofHOPWA     = func(q *policy.Question) { q.Class.Programs = hmis.HOPWA }
	toMine      = func(g *policy.Grant) { g.Recipient = mine }
	toOther     = func(g *policy.Grant) { g.Recipient = theirs }
	treats      = func(g *policy.Grant) { g.Purpose = policy.Treatment }
	all         = releases(hmis.AllContent)
	general     = releases(hmis.GeneralRelease)
)

var matrix = []struct {
	group      string
	situations []situation
}{
	{"OWN DATA: what the account's organization collected itself", []situation{
		{"The client was never asked for a release", own},
		{"The client was asked and said no", both(own, refused)},
		{"The record is locked", both(own, locked)},
		{"The client is fleeing violence", both(own, fleeing)},
		{"Elements that only HOPWA collects", both(own, ofHOPWA)},
		{"The stay is at a HOPWA project, whose name alone tells of HIV", both(own, atHOPWA)},
	}},
	{"DATA OF ANOTHER ORGANIZATION: what the client chose", []situation{
		{"The client was never asked; or it is a project of the own organization that the account is kept from", func(*policy.Question) {}},
		{"The client was asked and said no; an older release stands in the file all the same", both(all, refused)},
		{"A general release to all partners", general},
		{"A general release to this organization by name", releases(hmis.GeneralRelease, toMine)},
		{"A general release to another organization by name", releases(hmis.GeneralRelease, toOther)},
		{"Every category released by its name", all},
		{"Behavioral health to this organization for treatment, asked for treatment",
			both(releases(hmis.CategoriesOf(hmis.BehavioralHealth), toMine, treats), ofViewer(func(v *policy.Viewer) { v.Purpose = policy.Treatment }))},
		{"The same release, asked for care coordination",
			both(releases(hmis.CategoriesOf(hmis.BehavioralHealth), toMine, treats), ofViewer(func(v *policy.Viewer) { v.Purpose = policy.CareCoordination }))},
		{"The same release, asked without a purpose", releases(hmis.CategoriesOf(hmis.BehavioralHealth), toMine, treats)},
	}},
	{"DATA OF ANOTHER ORGANIZATION: when a release holds (every category is released)", []situation{
		{"The day before its first day", releases(hmis.AllContent, func(g *policy.Grant) { g.From = today + 1 })},
		{"Its first day, which is also its last", releases(hmis.AllContent, func(g *policy.Grant) { g.From, g.Until = today, today })},
		{"The day after its last day", releases(hmis.AllContent, func(g *policy.Grant) { g.Until = today - 1 })},
		{"Revoked, and hidden at once", revoked(policy.HideAtOnce, latticeWritten+1)},
		{"Revoked from now on: what was last written before that day", revoked(policy.FromNowOn, latticeWritten+1)},
		{"Revoked from now on: what was written on that day or later", revoked(policy.FromNowOn, latticeWritten)},
	}},
	{"DATA OF ANOTHER ORGANIZATION: what no release opens", []situation{
		{"Every category released, and one of the two organizations has no partner agreement that holds", both(all, unpartnered)},
		{"Every category released, and the record is locked", both(all, locked)},
		{"Every category released, and the client is fleeing violence", both(all, fleeing)},
		{"A general release, and the stay is at a HOPWA project, whose name alone tells of HIV", both(general, atHOPWA)},
		{"HIV alone released by its name, and the stay is at a HOPWA project", both(releases(hmis.CategoriesOf(hmis.HIV)), atHOPWA)},
		{"Every category released, and the stay is at a HOPWA project", both(all, atHOPWA)},
		{"Every category released; elements that only HOPWA collects; the organization runs no HOPWA project", both(all, ofHOPWA)},
		{"The same, and the organization runs one today",
			both(both(all, ofHOPWA), ofViewer(func(v *policy.Viewer) { v.Programs = hmis.HOPWA }))},
	}},
	{"ACCOUNTS", []situation{
		{"Own data; the account is inactive", both(own, ofViewer(func(v *policy.Viewer) { v.Standing.Active = false }))},
		{"Own data; the training ended yesterday", both(own, ofViewer(func(v *policy.Viewer) { v.Standing.TrainedUntil-- }))},
		{"Own data; the agreement ended yesterday", both(own, ofViewer(func(v *policy.Viewer) { v.Standing.AgreedUntil-- }))},
		{"Every category released; the account belongs to no partner agency", both(all, ofViewer(func(v *policy.Viewer) { v.Organization = 0 }))},
		{"Own data; it came from a victim service provider or a comparable database",
			both(own, func(q *policy.Question) { q.VictimService = true })},
	}},
}

// The whole of the rule on a few pages. Each cell is checked against the naive policy as well.
func TestMatrix(t *testing.T) {
	var b strings.Builder
	b.WriteString(matrixPreface)
	b.WriteString("In the cells capitals see, small letters and signs do not:\n\n")
	for _, c := range cells {
		fmt.Fprintf(&b, "  %-5s %s\n", c.word, c.means)
	}
	b.WriteString("\nThe columns:\n\n")
	for i, half := 0, len(columns)/2; i < half; i++ {
		fmt.Fprintf(&b, "  %-5s %-24s %-5s %s\n", columns[i].head, columns[i].means, columns[half+i].head, columns[half+i].means)
	}
	b.WriteString("\n\"App of ID and SVC\" is an app with these two scopes only. Ids and audit fields are shown with their row.\n")
	number, first := 0, map[string]int{}
	for _, m := range matrix {
		fmt.Fprintf(&b, "\n\n%s\n", m.group)
		for _, s := range m.situations {
			number++
			fmt.Fprintf(&b, "\n%d. %s\n", number, s.title)
			rows := table(seatNames(), func(name string, class hmis.Class) policy.Decision { return s.decide(t, name, class) })
			if same := first[rows]; same > 0 {
				fmt.Fprintf(&b, "    the same as %d\n", same)
				continue
			}
			first[rows] = number
			b.WriteString(heading() + rows)
		}
	}
	if lines := strings.Count(b.String(), "\n"); lines > 300 {
		t.Errorf("%d lines are too many to read and sign", lines)
	}
	golden(t, filepath.Join("testdata", "matrix.golden"), b.String())
}

func seatNames() (names []string) {
	for _, s := range seats {
		names = append(names, s.name)
	}
	return names
}

func (s situation) decide(t *testing.T, name string, class hmis.Class) policy.Decision {
	t.Helper()
	v := seats[slices.IndexFunc(seats, func(s seat) bool { return s.name == name })].viewer
	v.Standing = inOrder
	q := policy.Question{Viewer: &v, Day: today, Class: class, Written: latticeWritten, Partners: true}
	s.holds(&q)
	got := policy.Decide(q)
	if want := naiveDecide(q); got != want {
		t.Errorf("%s, %s, %+v: Decide %s, naive %s", s.title, name, class, say(got), say(want))
	}
	return got
}
