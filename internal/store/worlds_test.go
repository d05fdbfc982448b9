package store_test

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// worlds are two hubs that differ only in what is hidden from a viewer. The viewer's answers, and the number of
// statements for them, must not differ; those of the HMIS lead must, or the test shows nothing.
type worlds struct {
	role         policy.Role
	organization string
	here, gone   storetest.Rows                                                      // the hidden thing is there, or has one value; it is not, or has another
	prepare      func(t testing.TB, s *store.Store, lead context.Context, here bool) // releases and the like
	ask          func(a *asked)
}

func (w worlds) compare(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		seen, all := [2]string{}, [2]string{}
		for i, rows := range []storetest.Rows{w.here, w.gone} {
			s := d.Open(t)
			storetest.Import(t, s, rows)
			lead := viewer(t, s, policy.SystemAdmin, "")
			if w.prepare != nil {
				w.prepare(t, s, as(t, s, lead), i == 0)
			}
			seen[i] = answers(t, s, viewer(t, s, w.role, w.organization), w.ask, true)
			all[i] = answers(t, s, lead, w.ask, false)
		}
		if diff := gocmp.Diff(seen[1], seen[0]); diff != "" {
			t.Errorf("what is hidden comes through (-absent +present):\n%s", diff)
		}
		if all[0] == all[1] {
			t.Errorf("the lead sees no difference either, so nothing was shown:\n%s", all[0])
		}
	})
}

// asked are questions of one viewer; the answers are written down as the API shows them.
type asked struct {
	testing.TB
	s    *store.Store
	ctx  context.Context
	text strings.Builder
}

func answers(t testing.TB, s *store.Store, v *policy.Viewer, ask func(*asked), work bool) string {
	t.Helper()
	a := &asked{TB: t, s: s, ctx: as(t, s, v)}
	before := s.Statements()
	ask(a)
	if work {
		fmt.Fprintln(&a.text, "statements:", s.Statements()-before)
	}
	return a.text.String()
}

// said is an answer that can be written down.
type said func(ctx context.Context) string

func (a *asked) note(answer said) { fmt.Fprintln(&a.text, answer(a.ctx)) }

func failed(err error) string { return fmt.Sprint("error ", hmis.CodeOf(err), " ", err) }

// list is a page of rows with all that is told of it.
func list[T store.Node](c *store.Connection[T], err error) said {
	return func(ctx context.Context) string {
		if err != nil {
			return failed(err)
		}
		var b strings.Builder
		for _, e := range c.Edges() {
			fmt.Fprintln(&b, shown(e.Node), e.Cursor())
		}
		total, err := c.TotalCount(ctx)
		fmt.Fprint(&b, "total ", total, err, " more ", c.PageInfo.HasNextPage, c.PageInfo.HasPreviousPage)
		return b.String()
	}
}

// one is a row that was looked up.
func one[T store.Node](r T, err error) said {
	return func(context.Context) string {
		if err != nil {
			return failed(err)
		}
		return shown(r)
	}
}

// many are rows that were looked up.
func many[T store.Node](rows []T, err error) said {
	return func(context.Context) string {
		if err != nil {
			return failed(err)
		}
		var b strings.Builder
		for _, r := range rows {
			fmt.Fprintln(&b, shown(r))
		}
		return b.String()
	}
}

// wrote is what came of a write.
func wrote[T store.Node](r T, problems []*store.UserError, err error) said {
	return func(context.Context) string {
		if err != nil {
			return failed(err)
		}
		var b strings.Builder
		for _, p := range problems {
			fmt.Fprintln(&b, p.Code, p.Message)
		}
		return b.String() + shown(r)
	}
}

// unseen are fields of ent's rows that the API does not have.
var unseen = []string{"ID", "Fingerprint", "RemovedAt", "RecordedBy", "RecordedAt", "Refused", "Fleeing", "Adult", "Tells", "ExportID", "DateDeleted", "Loaded"}

// shown is all that the API shows of a row.
func shown(r store.Node) string {
	v := reflect.ValueOf(r)
	if r == nil || v.IsNil() {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%T %s", r, r.Kept().OpaqueID)
	row := v.Elem()
	for i := range row.NumField() {
		f := row.Type().Field(i)
		if !f.IsExported() || slices.Contains(unseen, f.Name) || strings.HasSuffix(f.Name, "Key") {
			continue
		}
		value := row.Field(i)
		if value.Kind() == reflect.Pointer {
			if value.IsNil() {
				continue
			}
			value = value.Elem()
		}
		fmt.Fprintf(&b, " %s=%v", f.Name, value)
	}
	if l := r.Kept(); l.View != nil {
		access := l.Access()
		for i := range access {
			access[i].Release = 0 // for the log alone, no part of the API
		}
		fmt.Fprint(&b, " withheld ", l.Withheld(), " access ", access, l.Notice() != nil)
	}
	return b.String()
}

// like adds a copy of a row with changes, each COLUMN=VALUE.
func like(r storetest.Rows, file, key string, changes ...string) storetest.Rows {
	clone := r.Clone()
	for _, row := range r[file] {
		if row[hmis.FileNamed(file).Key().Name] == key {
			added := map[string]string{}
			for column, value := range row {
				added[column] = value
			}
			for _, change := range changes {
				column, value, _ := strings.Cut(change, "=")
				added[column] = value
			}
			clone[file] = append(clone[file], added)
		}
	}
	return clone
}

// withFay adds a client of North Shelter, of whom the other agencies know nothing. Her rows are the last of their files,
// so that the others have the same ids with and without her.
func withFay(r storetest.Rows) storetest.Rows {
	r = like(r, "Client", "eve", "PersonalID=fay", "FirstName=Fay", "SSN=900000006")
	r = like(r, "Enrollment", "e-eve-11", "EnrollmentID=e-fay-11", "PersonalID=fay", "HouseholdID=h7", "EntryDate=2021-01-01")
	return like(r, "Services", "s5", "ServicesID=s6", "PersonalID=fay", "EnrollmentID=e-fay-11")
}

// withoutEve leaves out the last client.
func withoutEve(r storetest.Rows) storetest.Rows {
	for _, file := range []string{"Client", "Enrollment", "Services"} {
		r = r.Without(file, "PersonalID", "eve")
	}
	return r
}

// opens makes a prepare that has a client open categories to every partner.
func opens(client string, categories ...hmis.Category) func(testing.TB, *store.Store, context.Context, bool) {
	return func(t testing.TB, s *store.Store, lead context.Context, _ bool) {
		consent(t, s, lead, client, 365, &store.ProvisionInput{Categories: categories, AllPartners: true})
	}
}

var all = store.Page{}

func first(n int32) store.Page { return store.Page{First: &n} }

// everyList asks for every list that belongs to no other row.
func everyList(a *asked, p store.Page) {
	s, ctx := a.s, a.ctx
	for _, o := range []store.Order{store.ByID, store.ByDate, store.ByDateDesc, store.ByEntryDateDesc, store.ByName} {
		a.note(list(s.Clients(ctx, p, nil, o)))
		a.note(list(s.Enrollments(ctx, p, nil, o)))
		a.note(list(s.Exits(ctx, p, nil, o)))
		a.note(list(s.Services(ctx, p, nil, o)))
		a.note(list(s.CurrentLivingSituations(ctx, p, nil, o)))
		a.note(list(s.Assessments(ctx, p, nil, o)))
		a.note(list(s.Events(ctx, p, nil, o)))
		a.note(list(s.IncomeBenefits(ctx, p, nil, o)))
		a.note(list(s.HealthAndDv(ctx, p, nil, o)))
		a.note(list(s.Disabilities(ctx, p, nil, o)))
		a.note(list(s.EmploymentEducation(ctx, p, nil, o)))
		a.note(list(s.YouthEducationStatuses(ctx, p, nil, o)))
	}
	a.note(list(s.Persons(ctx, p)))
	a.note(list(s.Households(ctx, p, nil)))
}

// edges asks for all that a stay leads to.
func edges(a *asked, e *ent.Enrollment) {
	s, ctx := a.s, a.ctx
	a.note(one(s.ClientOf(ctx, e)))
	a.note(one(s.ProjectOf(ctx, e)))
	a.note(one(s.HouseholdOf(ctx, e)))
	a.note(one(s.ExitOf(ctx, e)))
	a.note(list(s.ServicesOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.CurrentLivingSituationsOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.AssessmentsOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.EventsOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.IncomeBenefitsOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.HealthAndDvOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.DisabilitiesOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.EmploymentEducationOf(ctx, e, all, nil, store.ByID)))
	a.note(list(s.YouthEducationStatusesOf(ctx, e, all, nil, store.ByID)))
}

// everyEdge asks for all that each visible row leads to.
func everyEdge(a *asked) {
	s, ctx := a.s, a.ctx
	stays, err := s.Enrollments(ctx, all, nil, store.ByID)
	households, err2 := s.Households(ctx, all, nil)
	persons, err3 := s.Persons(ctx, all)
	services, err4 := s.Services(ctx, all, nil, store.ByID)
	projects, err5 := s.Projects(ctx, all, nil, store.ByID)
	if err := cmp.Or(err, err2, err3, err4, err5); err != nil {
		a.Fatal(err)
	}
	for _, e := range stays.Nodes() {
		edges(a, e)
	}
	for _, h := range households.Nodes() {
		a.note(list(s.EnrollmentsOfHousehold(ctx, h, all)))
	}
	for _, p := range persons.Nodes() {
		a.note(list(s.ClientsOfPerson(ctx, p, all)))
	}
	for _, r := range services.Nodes() {
		a.note(one(s.EnrollmentOfService(ctx, r)))
	}
	for _, p := range projects.Nodes() {
		a.note(list(s.EnrollmentsOfProject(ctx, p, first(1), nil, store.ByEntryDate)))
		a.note(list(s.HouseholdsOfProject(ctx, p, first(1), nil)))
	}
}

// everyNode asks for rows of every type by their ids.
func everyNode(a *asked) {
	for _, typ := range store.TypeNames() {
		var ids []string
		for key := range int64(9) {
			ids = append(ids, a.s.IDOf(a, typ, key+1))
		}
		a.note(many(a.s.Nodes(a.ctx, ids)))
		a.note(one(a.s.Node(a.ctx, ids[5])))
	}
}

// lockEve locks her record where there is one.
func lockEve(t testing.TB, s *store.Store, lead context.Context, here bool) {
	if !here {
		return
	}
	eve, err := s.ClientNamed(lead, "made-up", "eve")
	if err != nil {
		t.Fatal(err)
	}
	if _, problems, err := s.LockClient(lead, eve.OpaqueID, true, policy.LockedByClient); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
}
