package store

import (
	"maps"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// columns qualifies column names of the table that a rule is about.
type columns func(string) string

// rule is the condition under which a row of the table is there for the viewer. It says in SQL what policy.Decide says
// of the row's categories; a test compares the two row by row. A table without a rule is an error.
func (ss *session) rule(t *table, c columns) (*sql.Predicate, error) {
	switch {
	case ss.system:
		return always(), nil
	case !ss.viewer.Standing.InOrder(ss.day):
		return never(), nil
	}
	switch t.name {
	case "Consent":
		return ss.consents(c)
	case "ReportRun":
		return ss.reportRuns(c), nil
	case "Person":
		return ss.some("clients", "person_key", c("id"), kindClient.table)
	case "Household":
		return ss.some("enrollments", "household_key", c("id"), kindEnrollment.table)
	}
	if t.file == nil {
		return nil, hmis.Errorf(hmis.Internal, "no rule for rows of %s", t.name)
	}
	if t.file.Level == hmis.ProjectLevel {
		return sql.IsNull(c("removed_at")), nil
	}
	visible, err := ss.clientLevel(t, c)
	if err != nil {
		return nil, err
	}
	return sql.And(sql.IsNull(c("removed_at")), visible), nil
}

// some holds where the viewer may see at least one row of another table that refers to this one.
func (ss *session) some(other, column, id string, t table) (*sql.Predicate, error) {
	o := sql.Table(other).As(other + "_" + column)
	rule, err := ss.rule(&t, o.C)
	if err != nil {
		return nil, err
	}
	return sql.Exists(sql.Select(o.C("id")).From(o).Where(sql.And(sql.ColumnsEQ(o.C(column), id), rule))), nil
}

// consents holds for what clients chose whose choices the viewer may see: the lead all, an agency those of its own
// clients. Whom else a client trusts with what is no matter of the others.
func (ss *session) consents(c columns) (*sql.Predicate, error) {
	switch {
	case !ss.viewer.SeesPeople():
		return never(), nil
	case ss.viewer.Role == policy.SystemAdmin:
		return always(), nil
	case !ss.viewer.Role.OfAgency():
		return never(), nil
	}
	o := sql.Table("clients").As("consenting_clients")
	rule, err := ss.rule(&kindClient.table, o.C)
	if err != nil {
		return nil, err
	}
	return sql.Exists(sql.Select(o.C("id")).From(o).Where(sql.And(sql.ColumnsEQ(o.C("id"), c("client_key")),
		ss.ownRow(&kindClient.table, o.C), rule))), nil
}

func (ss *session) clientLevel(t *table, c columns) (*sql.Predicate, error) {
	shown := ss.classes(t)
	v := ss.viewer
	switch {
	case v.Role == policy.SystemAdmin && v.Limits == nil:
		return always(), nil
	case v.Role == policy.SystemAdmin:
		return ss.anyClass(t, c, shown, func([]hmis.Class) *sql.Predicate { return always() }), nil
	case v.Role == policy.Analyst:
		return sql.And(ss.anyClass(t, c, shown, func([]hmis.Class) *sql.Predicate { return always() }),
			ss.notRestricted(t, c), ss.tellsNothing(t, c, func(hmis.Category) *sql.Predicate { return always() })), nil
	case !v.Role.OfAgency() || v.Organization == 0:
		return never(), nil
	}
	own := ss.anyClass(t, c, shown, func([]hmis.Class) *sql.Predicate { return ss.ownRow(t, c) })
	if !v.Role.SeesLocked(true) {
		own = sql.And(own, ss.notRestricted(t, c))
	}
	if !ss.partner {
		return own, nil
	}
	foreign := sql.And(ss.shared(t, c), ss.anyClass(t, c, ss.sharable(shown), func(list []hmis.Class) *sql.Predicate { return ss.granted(t, c, list) }),
		ss.notRestricted(t, c), ss.tellsNothing(t, c, func(told hmis.Category) *sql.Predicate {
			return ss.granted(t, c, []hmis.Class{{Category: told}})
		}))
	return sql.Or(own, foreign), nil
}

// shared holds for rows of organizations that share what their clients release: those with a partner agreement. A client
// is shared by any of those that enrolled it or entered its record.
func (ss *session) shared(t *table, c columns) *sql.Predicate {
	switch {
	case len(ss.closed) == 0:
		return always()
	case t.name != "Client":
		return sql.Not(in(c("project_key"), ss.closed))
	}
	e := sql.Table("enrollments").As("shared_enrollments")
	o := sql.Table("projects").As("closed_projects")
	return sql.Or(
		sql.Exists(sql.Select(e.C("id")).From(e).Where(sql.And(sql.ColumnsEQ(e.C("client_key"), c("id")), sql.IsNull(e.C("removed_at")),
			sql.Not(in(e.C("project_key"), ss.closed))))),
		sql.And(sql.NotNull(c("organization_key")), sql.NotIn(c("organization_key"), sql.Select(o.C("organization_key")).From(o).Where(in(o.C("id"), ss.closed)))))
}

// typed is a class that makes rows visible, with the record types that it holds for; nil: all rows.
type typed struct {
	hmis.Class
	types []hmis.RowType
}

// classes lists what makes a row of the table visible to the viewer's role, by record type where that decides.
func (ss *session) classes(t *table) []typed {
	var list []typed
	ceiling := ss.viewer.Ceiling()
	if recordType, _ := t.rowTypes(); recordType == "" {
		for _, class := range t.classes() {
			if ceiling.Has(class.Category) {
				list = append(list, typed{Class: class})
			}
		}
		return list
	}
	for _, rt := range hmis.RowTypes(t.file.Name) {
		i := slices.IndexFunc(list, func(have typed) bool { return have.Class == rt.Class })
		if i < 0 {
			if !ceiling.Has(rt.Class.Category) {
				continue
			}
			i = len(list)
			list = append(list, typed{Class: rt.Class})
		}
		list[i].types = append(list[i].types, rt)
	}
	if ceiling.Has(hmis.Unclassified) {
		list = append(list, typed{})
	}
	return list
}

// sharable keeps what a release can open to the viewer's organization.
func (ss *session) sharable(list []typed) []typed {
	return slices.DeleteFunc(slices.Clone(list), func(t typed) bool {
		return t.Category == hmis.Unclassified || t.Programs != 0 && t.Programs&ss.viewer.Programs == 0
	})
}

// anyClass holds where one of the classes makes the row visible: its record type fits and open holds for it.
func (ss *session) anyClass(t *table, c columns, list []typed, open func([]hmis.Class) *sql.Predicate) *sql.Predicate {
	if len(list) == 0 {
		return never()
	}
	recordType, provided := t.rowTypes()
	if recordType == "" {
		all := make([]hmis.Class, len(list))
		for i, typed := range list {
			all[i] = typed.Class
		}
		return open(all)
	}
	if list[len(list)-1].Category == hmis.Unclassified {
		return open(nil) // every record type, known or not, and what opens it does not depend on the category
	}
	any := make([]*sql.Predicate, len(list))
	for i, typed := range list {
		any[i] = sql.And(ofTypes(c, recordType, provided, typed.types), open([]hmis.Class{typed.Class}))
	}
	return sql.Or(any...)
}

// ofTypes holds for rows of one of the record types.
func ofTypes(c columns, recordType, provided string, types []hmis.RowType) *sql.Predicate {
	var whole []any
	byType := map[int32][]any{}
	for _, t := range types {
		if t.Provided == hmis.AnyProvided {
			whole = append(whole, t.Type)
		} else {
			byType[t.Type] = append(byType[t.Type], t.Provided)
		}
	}
	var any []*sql.Predicate
	if whole != nil {
		any = append(any, sql.In(c(recordType), whole...))
	}
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		any = append(any, sql.And(sql.EQ(c(recordType), t), sql.In(c(provided), byType[t]...)))
	}
	return sql.Or(any...)
}

// ownRow holds for rows of the viewer's organization, and no project that its account is narrowed away from.
func (ss *session) ownRow(t *table, c columns) *sql.Predicate {
	if t.name != "Client" {
		return in(c("project_key"), ss.own)
	}
	e := sql.Table("enrollments").As("own_enrollments")
	stays := sql.And(in(e.C("project_key"), ss.own), sql.IsNull(e.C("removed_at")))
	enrolled := sql.Exists(sql.Select(e.C("id")).From(e).Where(sql.And(sql.ColumnsEQ(e.C("client_key"), c("id")), stays)))
	if ss.counting {
		enrolled = sql.In(c("id"), sql.Select(e.C("client_key")).From(e).Where(stays))
	}
	if ss.viewer.Projects != nil {
		return enrolled
	}
	return sql.Or(enrolled, sql.EQ(c("organization_key"), ss.viewer.Organization))
}

// granted holds where a live release of the client opens one of the classes of the row to the viewer.
func (ss *session) granted(t *table, c columns, classes []hmis.Class) *sql.Predicate {
	var categories, places []any
	for _, class := range classes {
		if class.Place {
			places = append(places, int32(class.Category))
		} else {
			categories = append(categories, int32(class.Category))
		}
	}
	g := sql.Table("grants").As("live_grants")
	category := sql.In(g.C("category"), categories...)
	if places != nil {
		category = sql.Or(category, sql.And(sql.In(g.C("category"), places...), notAmong("fleeing", clientColumn(t, c))))
	}
	return sql.Exists(sql.Select(g.C("id")).From(g).Where(sql.And(
		sql.ColumnsEQ(g.C("client_key"), clientColumn(t, c)),
		category,
		sql.In(g.C("recipient_key"), int64(0), ss.viewer.Organization),
		sql.In(g.C("purpose"), int32(policy.AnyPurpose), int32(ss.viewer.Purpose)),
		sql.LTE(g.C("starts_on"), ss.day), sql.GTE(g.C("ends_on"), ss.day),
		sql.Or(sql.IsNull(g.C("written_before")), sql.ColumnsLT(c("date_updated"), g.C("written_before"))))))
}

// tellsNothing holds for rows of projects that give no category away but those that opened holds for.
func (ss *session) tellsNothing(t *table, c columns, opened func(hmis.Category) *sql.Predicate) *sql.Predicate {
	all := []*sql.Predicate{always()}
	if t.name == "Client" {
		return always()
	}
	for told := range hmis.CategoryCount {
		if len(ss.telling[told]) == 0 {
			continue
		}
		p := sql.Not(in(c("project_key"), ss.telling[told]))
		if ss.viewer.Ceiling().Has(told) {
			p = sql.Or(p, opened(told))
		}
		all = append(all, p)
	}
	return sql.And(all...)
}

// notRestricted holds where the client's record is not locked.
func (ss *session) notRestricted(t *table, c columns) *sql.Predicate {
	if t.name == "Client" {
		return sql.EQ(c("restricted"), false)
	}
	return notAmong("restricted", c("client_key"))
}

// notAmong holds where the client is none of those marked in a column of clients. Few are, so the list is short.
func notAmong(mark, client string) *sql.Predicate {
	marked := sql.Table("clients").As(mark + "_clients")
	return sql.NotIn(client, sql.Select(marked.C("id")).From(marked).Where(sql.EQ(marked.C(mark), true)))
}

// shows holds where the viewer may see a fact of a row that is visible: what a filter needs besides its value.
func (ss *session) shows(t *table, c columns, class hmis.Class) *sql.Predicate {
	switch {
	case ss.system:
		return always()
	case !ss.viewer.Ceiling().Has(class.Category):
		return never()
	case ss.allRows():
		return always()
	case !ss.partner || len(ss.sharable([]typed{{Class: class}})) == 0:
		return ss.ownRow(t, c)
	}
	return sql.Or(ss.ownRow(t, c), ss.granted(t, c, []hmis.Class{class}))
}

func clientColumn(t *table, c columns) string {
	if t.name == "Client" {
		return c("id")
	}
	return c("client_key")
}

func always() *sql.Predicate { return sql.ExprP("1 = 1") }
func never() *sql.Predicate  { return sql.ExprP("1 = 0") }

func in(column string, keys []int64) *sql.Predicate {
	if len(keys) == 0 {
		return never()
	}
	return sql.In(column, anys(keys)...)
}
