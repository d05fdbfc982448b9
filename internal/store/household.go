package store

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/hearth-hmis/hearth/ent"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The type of a household tells of all its members. It is shown and matched only where the viewer may see every stay
// of the project, and a member whose record is locked is then not there for it either.

// wholeHousehold holds for rows of projects whose every row the viewer may see, but for locked records.
func (ss *session) wholeHousehold(c columns) *sql.Predicate {
	if ss.allRows() {
		return always()
	}
	return in(c("project_key"), ss.own)
}

// householdTypes is the SQL of a household's type, HUD's 2.07.4, by the ages of its members at entry: e is the stay.
// Somebody of 18 is an adult; an unknown age leaves open what it decides.
const householdTypes = `CASE
		WHEN max(CASE WHEN e.adult THEN 1 ELSE 0 END) = 1 AND max(CASE WHEN NOT e.adult THEN 1 ELSE 0 END) = 1 THEN 3
		WHEN max(CASE WHEN e.adult IS NULL THEN 1 ELSE 0 END) = 1 THEN NULL
		WHEN max(CASE WHEN e.adult THEN 1 ELSE 0 END) = 1 THEN 1 ELSE 4 END`

// lockedHouseholds is the SQL of the households with a locked member, of which there are few.
const lockedHouseholds = `SELECT l.household_key FROM enrollments l JOIN clients lc ON lc.id = l.client_key WHERE lc.restricted AND l.removed_at IS NULL`

// openTypes is the SQL of those households' types by their other members.
const openTypes = "SELECT e.household_key, " + householdTypes + ` AS type FROM enrollments e JOIN clients c ON c.id = e.client_key
		WHERE NOT c.restricted AND e.removed_at IS NULL AND e.household_key IN (` + lockedHouseholds + ") GROUP BY e.household_key"

// seesLockedMembers reports whether locked records of the own projects are there for the viewer.
func (ss *session) seesLockedMembers() bool { return ss.system || ss.viewer.Role.SeesLocked(true) }

// ofHouseholdType holds where the household is of one of the types as the viewer sees it.
func (ss *session) ofHouseholdType(household string, types []hmis.HouseholdType) *sql.Predicate {
	h := sql.Table("households").As("of_households")
	kept := sql.In(household, sql.Select(h.C("id")).From(h).Where(sql.In(h.C("household_type"), anys(types)...)))
	if ss.seesLockedMembers() {
		return kept
	}
	codes := make([]string, len(types))
	for i, t := range types {
		codes[i] = fmt.Sprint(int32(t))
	}
	locked := sql.ExprP(household + " IN (" + lockedHouseholds + ")")
	open := sql.ExprP(household + " IN (SELECT household_key FROM (" + openTypes + ") open_types WHERE type IN (" + strings.Join(codes, ", ") + "))")
	return sql.Or(sql.And(sql.Not(locked), kept), open)
}

// guardHouseholdTypes takes out the types that tell of members whom the viewer may not see.
func (ss *session) guardHouseholdTypes(ctx context.Context, rows []*ent.Household) error {
	var shown []any
	for _, r := range rows {
		if ss.allRows() || ss.ownsProject(r.ProjectKey) {
			shown = append(shown, r.ID)
		} else {
			r.HouseholdType = nil
		}
	}
	if ss.seesLockedMembers() || len(shown) == 0 {
		return nil
	}
	open, err := ss.openHouseholdTypes(ctx, shown)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if t, locked := open[r.ID]; locked {
			r.HouseholdType = t
		}
	}
	return nil
}

// openHouseholdTypes finds the types of those of the households that have a locked member, by their other members.
func (ss *session) openHouseholdTypes(ctx context.Context, households []any) (map[int64]*hmis.HouseholdType, error) {
	rows, err := ss.store.query(ctx, "SELECT household_key, type FROM ("+openTypes+") open_types WHERE household_key IN ("+
		ss.store.placeholders(1, len(households))+")", households...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types := map[int64]*hmis.HouseholdType{}
	for rows.Next() {
		var household int64
		var code *int32
		if err := rows.Scan(&household, &code); err != nil {
			return nil, err
		}
		types[household] = (*hmis.HouseholdType)(code)
	}
	return types, rows.Err()
}
