package policy_test

import (
	"iter"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

const (
	mine   int64 = 1 + iota // the viewer's organization
	theirs                  // another one
)

var yesNo = []bool{false, true}

// inOrder is the standing of an account that may ask today.
var inOrder = policy.Standing{Active: true, TrainedUntil: today, AgreedUntil: today}

// latticeViewers: every role, none, and an app whose scopes leave the told category out.
func latticeViewers() (list []policy.Viewer) {
	for role := policy.NoRole; role <= policy.Auditor; role++ {
		list = append(list, policy.Viewer{Role: role, Scopes: hmis.AllContent})
	}
	return append(list, policy.Viewer{Role: policy.PartnerApp, Scopes: hmis.GeneralRelease})
}

// latticeClasses: every category, the place in another category than LOCATION, HOPWA's elements of two categories.
func latticeClasses() (list []hmis.Class) {
	for c := hmis.Unclassified; c < hmis.CategoryCount; c++ {
		list = append(list, hmis.ClassOf(c))
	}
	return append(list,
		hmis.Class{Category: hmis.CoordinatedEntry, Place: true},
		hmis.Class{Category: hmis.HIV, Programs: hmis.HOPWA},
		hmis.Class{Category: hmis.EnrollmentCategory, Programs: hmis.HOPWA | hmis.PATH},
	)
}

// latticeTellings: a project that tells nothing, of what an analyst may not know, and of what an analyst may know.
var latticeTellings = []hmis.Categories{0, hmis.CategoriesOf(hmis.HIV), hmis.CategoriesOf(hmis.Military)}

// latticeWritten is the day on which every row of the lattice was last written.
var latticeWritten = today - 10

// latticeGrants are the states of what a client released of a category, and of another that the project tells of.
func latticeGrants(category, told hmis.Category) [][]policy.Grant {
	open := func(change func(*policy.Grant), of ...hmis.Category) (list []policy.Grant) {
		for _, c := range of {
			g := policy.Grant{Release: 1, Category: c, From: today - 50, Until: today + 50}
			change(&g)
			list = append(list, g)
		}
		return list
	}
	as := func(*policy.Grant) {}
	to := func(recipient int64) func(*policy.Grant) { return func(g *policy.Grant) { g.Recipient = recipient } }
	from := func(day hmis.Date) func(*policy.Grant) { return func(g *policy.Grant) { g.From = day } }
	until := func(day hmis.Date) func(*policy.Grant) { return func(g *policy.Grant) { g.Until = day } }
	treating := func(g *policy.Grant) { g.Purpose = policy.Treatment }
	before := func(day hmis.Date) func(*policy.Grant) { return func(g *policy.Grant) { g.Before = &day } }
	second := func(g *policy.Grant) { g.Release = 2 }
	return [][]policy.Grant{
		nil,                                                 // never asked
		open(as, told),                                      // something else was released
		open(as, category),                                  // released to all partners, but not what the project tells
		open(as, category, told),                            // both, to all partners
		open(to(mine), category, told),                      // by name
		open(to(theirs), category, told),                    // to another by name
		open(from(today), category, told),                   // from today
		open(from(today+1), category, told),                 // from tomorrow
		open(until(today), category, told),                  // until today
		open(until(today-1), category, told),                // until yesterday
		open(treating, category, told),                      // for treatment only
		append(open(as, category), open(treating, told)...), // what the project tells for treatment only
		open(before(latticeWritten+1), category, told),      // taken back from the day after the writing on
		open(before(latticeWritten), category, told),        // taken back from the day of the writing on
		append(open(until(today-1), category, told), open(second, category, told)...), // run out and renewed
	}
}

// lattice yields every combination.
func lattice() iter.Seq[policy.Question] {
	return func(yield func(policy.Question) bool) {
		for _, role := range latticeViewers() {
			for _, class := range latticeClasses() {
				for _, telling := range latticeTellings {
					told := hmis.HIV
					if telling.Has(hmis.Military) {
						told = hmis.Military
					}
					for _, grants := range latticeGrants(class.Category, told) {
						q := policy.Question{Day: today, Class: class, Telling: telling, Written: latticeWritten, Grants: grants, Partners: true}
						if !latticeSituations(role, q, yield) {
							return
						}
					}
				}
			}
		}
	}
}

// latticeSituations yields the question in every situation of the account and the client.
func latticeSituations(viewer policy.Viewer, q policy.Question, yield func(policy.Question) bool) bool {
	for _, organization := range []int64{0, mine} {
		for _, programs := range []hmis.Programs{hmis.VA, hmis.VA | hmis.HOPWA} {
			for _, purpose := range []policy.Purpose{policy.AnyPurpose, policy.Treatment} {
				for _, ordered := range yesNo {
					v := viewer
					v.Organization, v.Programs, v.Purpose = organization, programs, purpose
					if ordered {
						v.Standing = inOrder
					}
					q.Viewer = &v
					for bits := range 1 << 5 {
						q.VictimService, q.Own, q.Restricted, q.Refused, q.Fleeing =
							bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0, bits&16 != 0
						if !yield(q) {
							return false
						}
						if bits == 0 { // whatever else there is, it is asked after this
							q.Partners = false
							if !yield(q) {
								return false
							}
							q.Partners = true
						}
					}
				}
			}
		}
	}
	return true
}
