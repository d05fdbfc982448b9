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
		return ss.some("clients", "id", c("client_key"), kindClient.table)
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

func (ss *session) clientLevel(t *table, c columns) (*sql.Predicate, error) {
	shown := ss.elements(t)
	switch ss.viewer.Role {
	case policy.SystemAdmin:
		return always(), nil
	case policy.Analyst:
		// No analyst sees a locked record or a row of none but other categories.
		return sql.And(ss.anyElement(t, c, shown, func([]element) *sql.Predicate { return always() }), ss.notRestricted(t, c)), nil
	case policy.AgencyAdmin, policy.CaseManager, policy.Intake, policy.PartnerApp:
	default:
		return never(), nil
	}
	if ss.viewer.Organization == 0 {
		return never(), nil
	}
	own := ss.anyElement(t, c, shown, func([]element) *sql.Predicate { return ss.ownRow(t, c) })
	if ss.viewer.Role != policy.AgencyAdmin {
		own = sql.And(own, ss.notRestricted(t, c))
	}
	foreign := sql.And(ss.anyElement(t, c, ss.sharable(shown), func(es []element) *sql.Predicate {
		return ss.granted(clientColumn(t, c), es)
	}), ss.notRestricted(t, c))
	return sql.Or(own, foreign), nil
}

// typed is an element that makes rows visible, with the record types that it holds for; nil: all rows.
type typed struct {
	element
	types []hmis.RowType
}

// elements lists what makes a row of the table visible to the viewer's role, by record type where that decides.
func (ss *session) elements(t *table) []typed {
	var list []typed
	ceiling := ss.viewer.Ceiling()
	if recordType, _ := t.rowTypes(); recordType == "" {
		for _, e := range t.categories() {
			if ceiling.Has(e.category) {
				list = append(list, typed{element: e})
			}
		}
		return list
	}
	for _, rt := range hmis.RowTypes(t.file.Name) {
		e := element{rt.Category, rt.Programs}
		i := slices.IndexFunc(list, func(have typed) bool { return have.element == e })
		if i < 0 {
			if !ceiling.Has(e.category) {
				continue
			}
			i = len(list)
			list = append(list, typed{element: e})
		}
		list[i].types = append(list[i].types, rt)
	}
	if ceiling.Has(hmis.Unclassified) {
		list = append(list, typed{element: element{category: hmis.Unclassified}})
	}
	return list
}

// sharable keeps what a release can open to the viewer's organization.
func (ss *session) sharable(list []typed) []typed {
	return slices.DeleteFunc(slices.Clone(list), func(e typed) bool {
		return e.category == hmis.Unclassified || e.programs != 0 && e.programs&ss.viewer.Programs == 0
	})
}

// anyElement holds where one of the elements makes the row visible: its record type fits and open holds for it.
func (ss *session) anyElement(t *table, c columns, list []typed, open func([]element) *sql.Predicate) *sql.Predicate {
	if len(list) == 0 {
		return never()
	}
	recordType, provided := t.rowTypes()
	if recordType == "" {
		all := make([]element, len(list))
		for i, e := range list {
			all[i] = e.element
		}
		return open(all)
	}
	if list[len(list)-1].category == hmis.Unclassified {
		return open(nil) // every record type, known or not, and what opens it does not depend on the category
	}
	any := make([]*sql.Predicate, len(list))
	for i, e := range list {
		any[i] = sql.And(ofTypes(c, recordType, provided, e.types), open([]element{e.element}))
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
	enrolled := sql.Exists(sql.Select(e.C("id")).From(e).Where(sql.And(
		sql.ColumnsEQ(e.C("client_key"), c("id")), in(e.C("project_key"), ss.own), sql.IsNull(e.C("removed_at")))))
	if ss.viewer.Projects != nil {
		return enrolled
	}
	return sql.Or(enrolled, sql.EQ(c("organization_key"), ss.viewer.Organization))
}

// granted holds where a live release of the client opens one of the elements to the viewer.
func (ss *session) granted(client string, elements []element) *sql.Predicate {
	categories := make([]any, len(elements))
	for i, e := range elements {
		categories[i] = int32(e.category)
	}
	g := sql.Table("grants").As("live_grants")
	return sql.Exists(sql.Select(g.C("id")).From(g).Where(sql.And(
		sql.ColumnsEQ(g.C("client_key"), client),
		sql.In(g.C("category"), categories...),
		sql.In(g.C("recipient_key"), int64(0), ss.viewer.Organization),
		sql.In(g.C("purpose"), int32(policy.AnyPurpose), int32(ss.viewer.Purpose)),
		sql.LTE(g.C("starts_on"), ss.day), sql.GTE(g.C("ends_on"), ss.day))))
}

// notRestricted holds where the client's record is not locked. Few are, so the list of them is short.
func (ss *session) notRestricted(t *table, c columns) *sql.Predicate {
	if t.name == "Client" {
		return sql.EQ(c("restricted"), false)
	}
	locked := sql.Table("clients").As("locked_clients")
	return sql.NotIn(c("client_key"), sql.Select(locked.C("id")).From(locked).Where(sql.EQ(locked.C("restricted"), true)))
}

// shows holds where the viewer may see an element of a row that is visible: what a filter needs besides its value.
func (ss *session) shows(t *table, c columns, e element) *sql.Predicate {
	switch {
	case ss.system:
		return always()
	case !ss.viewer.Ceiling().Has(e.category):
		return never()
	case ss.allRows():
		return always()
	case len(ss.sharable([]typed{{element: e}})) == 0:
		return ss.ownRow(t, c)
	}
	return sql.Or(ss.ownRow(t, c), ss.granted(clientColumn(t, c), []element{e}))
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
