package store

import (
	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// DateRange is from and to, both included; nil leaves that end open.
type DateRange struct {
	From *hmis.Date
	To   *hmis.Date
}

// ProjectFilter narrows projects; empty lists do not narrow. IDs are opaque.
type ProjectFilter struct {
	ID           []string
	Organization []string
	ProjectType  []hmis.ProjectType
	Funder       []hmis.FundingSource
	Coc          []string
	OperatingOn  *hmis.Date
}

// EnrollmentFilter narrows stays.
type EnrollmentFilter struct {
	EntryDate         *DateRange
	ExitDate          *DateRange
	ActiveOn          *hmis.Date
	Active            *DateRange
	RelationshipToHoh []hmis.RelationshipToHoH
	HouseholdType     []hmis.HouseholdType
	Project           *ProjectFilter
}

// ClientFilter narrows clients.
type ClientFilter struct {
	VeteranStatus []hmis.NoYesReasons
	Sex           []hmis.Sex
	Enrollment    *EnrollmentFilter
}

// HouseholdFilter narrows households.
type HouseholdFilter struct {
	HouseholdType []hmis.HouseholdType
	ActiveOn      *hmis.Date
	Project       *ProjectFilter
}

// DateFilter narrows records by their day.
type DateFilter struct{ Date *DateRange }

// RecordFilter narrows records by their day and project.
type RecordFilter struct {
	Date    *DateRange
	Project *ProjectFilter
}

// compiled is a filter that is being turned into a predicate. A value that the viewer may not see does not match.
type compiled struct {
	ss  *session
	c   columns
	all []*sql.Predicate
}

func (f *compiled) and(p *sql.Predicate) { f.all = append(f.all, p) }

func (f *compiled) predicate() *sql.Predicate {
	if len(f.all) == 0 {
		return always()
	}
	return sql.And(f.all...)
}

func (f *compiled) between(column string, r *DateRange) {
	if r == nil {
		return
	}
	if r.From != nil {
		f.and(sql.GTE(f.c(column), *r.From))
	}
	if r.To != nil {
		f.and(sql.LTE(f.c(column), *r.To))
	}
}

func oneOf[T any](f *compiled, column string, values []T) {
	if len(values) > 0 {
		f.and(sql.In(f.c(column), anys(values)...))
	}
}

func (f *ProjectFilter) compile(ss *session, c columns) (*sql.Predicate, error) {
	if f == nil {
		return always(), nil
	}
	to := &compiled{ss: ss, c: c}
	if err := to.ids("id", kindProject.code, f.ID); err != nil {
		return nil, err
	}
	if err := to.ids("organization_key", kindOrganization.code, f.Organization); err != nil {
		return nil, err
	}
	oneOf(to, "project_type", f.ProjectType)
	if len(f.Coc) > 0 {
		to.and(described("project_cocs", c, func(d columns) *sql.Predicate { return sql.In(d("coc_code"), anys(f.Coc)...) }))
	}
	if len(f.Funder) > 0 {
		to.and(described("funders", c, func(d columns) *sql.Predicate {
			funded := sql.In(d("funder"), anys(f.Funder)...)
			if f.OperatingOn != nil {
				funded = sql.And(funded, spans(d("start_date"), d("end_date"), *f.OperatingOn))
			}
			return funded
		}))
	}
	if f.OperatingOn != nil {
		to.and(spans(c("operating_start_date"), c("operating_end_date"), *f.OperatingOn))
	}
	return to.predicate(), nil
}

// ids narrows to rows of opaque ids; an id that is none of the type matches nothing.
func (f *compiled) ids(column string, code byte, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var keys []int64
	for _, id := range ids {
		if kind, key, ok := f.ss.store.keys.ParseID(id); ok && kind == code {
			keys = append(keys, key)
		}
	}
	f.and(in(f.c(column), keys))
	return nil
}

// described holds for a project with a descriptor row like this.
func described(table string, project columns, like func(columns) *sql.Predicate) *sql.Predicate {
	d := sql.Table(table).As("of_" + table)
	return sql.Exists(sql.Select(d.C("id")).From(d).Where(sql.And(
		sql.ColumnsEQ(d.C("project_key"), project("id")), sql.IsNull(d.C("removed_at")), like(d.C))))
}

// spans holds where the day is from the first column to the second, which may be open.
func spans(from, to string, day hmis.Date) *sql.Predicate {
	return sql.And(sql.LTE(from, day), sql.Or(sql.IsNull(to), sql.GTE(to, day)))
}

// atProject narrows rows with a project_key to those of projects like this.
func (f *compiled) atProject(p *ProjectFilter) error {
	if p == nil {
		return nil
	}
	t := sql.Table("projects").As("at_projects")
	like, err := p.compile(f.ss, t.C)
	if err != nil {
		return err
	}
	f.and(sql.In(f.c("project_key"), sql.Select(t.C("id")).From(t).Where(sql.And(sql.IsNull(t.C("removed_at")), like))))
	return nil
}

func (f *EnrollmentFilter) compile(ss *session, c columns) (*sql.Predicate, error) {
	if f == nil {
		return always(), nil
	}
	to := &compiled{ss: ss, c: c}
	to.between("entry_date", f.EntryDate)
	if f.ActiveOn != nil {
		if err := to.active(&DateRange{f.ActiveOn, f.ActiveOn}); err != nil {
			return nil, err
		}
	}
	if err := to.active(f.Active); err != nil {
		return nil, err
	}
	if f.ExitDate != nil {
		x, err := to.exit(func(e columns) *sql.Predicate {
			exit := &compiled{ss: ss, c: e}
			exit.between("exit_date", f.ExitDate)
			return exit.predicate()
		})
		if err != nil {
			return nil, err
		}
		to.and(x)
	}
	oneOf(to, "relationship_to_hoh", f.RelationshipToHoh)
	if len(f.HouseholdType) > 0 {
		to.and(sql.And(ss.wholeHousehold(c), ss.ofHouseholdType(c("household_key"), f.HouseholdType)))
	}
	if err := to.atProject(f.Project); err != nil {
		return nil, err
	}
	return to.predicate(), nil
}

// active narrows stays to those with a day in the range: entered by its end and not exited before its beginning.
// The day of exit counts, as in HUD's active clients. An exit that the viewer may not see has not happened.
func (f *compiled) active(r *DateRange) error {
	if r == nil {
		return nil
	}
	if r.To != nil {
		f.and(sql.LTE(f.c("entry_date"), *r.To))
	}
	if r.From != nil {
		gone, err := f.exit(func(e columns) *sql.Predicate { return sql.LT(e("exit_date"), *r.From) })
		if err != nil {
			return err
		}
		f.and(sql.Not(gone))
	}
	return nil
}

// exit holds for a stay with an exit like this that the viewer may see.
func (f *compiled) exit(like func(columns) *sql.Predicate) (*sql.Predicate, error) {
	e := sql.Table("exits").As("of_exits")
	rule, err := f.ss.rule(&kindExit.table, e.C)
	if err != nil {
		return nil, err
	}
	return sql.Exists(sql.Select(e.C("id")).From(e).Where(sql.And(sql.ColumnsEQ(e.C("enrollment_key"), f.c("id")), rule, like(e.C)))), nil
}

func (f *ClientFilter) compile(ss *session, c columns) (*sql.Predicate, error) {
	if f == nil {
		return always(), nil
	}
	to := &compiled{ss: ss, c: c}
	if len(f.VeteranStatus) > 0 {
		to.and(ss.shows(&kindClient.table, c, classOf("Client", "VeteranStatus")))
		oneOf(to, "veteran_status", f.VeteranStatus)
	}
	if len(f.Sex) > 0 {
		to.and(ss.shows(&kindClient.table, c, classOf("Client", "Sex")))
		oneOf(to, "sex", f.Sex)
	}
	if f.Enrollment != nil {
		e := sql.Table("enrollments").As("with_enrollments")
		rule, err := ss.rule(&kindEnrollment.table, e.C)
		if err != nil {
			return nil, err
		}
		like, err := f.Enrollment.compile(ss, e.C)
		if err != nil {
			return nil, err
		}
		to.and(sql.Exists(sql.Select(e.C("id")).From(e).Where(sql.And(sql.ColumnsEQ(e.C("client_key"), c("id")), rule, like))))
	}
	return to.predicate(), nil
}

func classOf(file, column string) hmis.Class { return hmis.FileNamed(file).Column(column).Class() }

func (f *HouseholdFilter) compile(ss *session, c columns) (*sql.Predicate, error) {
	if f == nil {
		return always(), nil
	}
	to := &compiled{ss: ss, c: c}
	if len(f.HouseholdType) > 0 {
		to.and(sql.And(ss.wholeHousehold(c), ss.ofHouseholdType(c("id"), f.HouseholdType)))
	}
	if f.ActiveOn != nil {
		e := sql.Table("enrollments").As("active_enrollments")
		rule, err := ss.rule(&kindEnrollment.table, e.C)
		if err != nil {
			return nil, err
		}
		stay := &compiled{ss: ss, c: e.C}
		if err := stay.active(&DateRange{f.ActiveOn, f.ActiveOn}); err != nil {
			return nil, err
		}
		to.and(sql.Exists(sql.Select(e.C("id")).From(e).Where(sql.And(sql.ColumnsEQ(e.C("household_key"), c("id")), rule, stay.predicate()))))
	}
	if err := to.atProject(f.Project); err != nil {
		return nil, err
	}
	return to.predicate(), nil
}

func (f *RecordFilter) compile(ss *session, t *table, c columns) (*sql.Predicate, error) {
	if f == nil {
		return always(), nil
	}
	to := &compiled{ss: ss, c: c}
	to.between(t.sort, f.Date)
	if f.Project != nil {
		shown, err := ss.showsProject(c)
		if err != nil {
			return nil, err
		}
		to.and(shown)
	}
	if err := to.atProject(f.Project); err != nil {
		return nil, err
	}
	return to.predicate(), nil
}

// showsProject holds for records of whose stay the viewer may see the project: own ones within the role's categories, and
// others where the stay itself is there for the viewer, which a release may open to another day than the record.
func (ss *session) showsProject(c columns) (*sql.Predicate, error) {
	category := ss.shows(&kindEnrollment.table, c, classOf("Enrollment", "ProjectID"))
	if ss.allRows() {
		return category, nil
	}
	e := sql.Table("enrollments").As("shown_enrollments")
	rule, err := ss.rule(&kindEnrollment.table, e.C)
	if err != nil {
		return nil, err
	}
	stay := sql.Exists(sql.Select(e.C("id")).From(e).Where(sql.And(sql.ColumnsEQ(e.C("id"), c("enrollment_key")), rule)))
	return sql.And(category, sql.Or(ss.ownRow(&kindEnrollment.table, c), stay)), nil
}
