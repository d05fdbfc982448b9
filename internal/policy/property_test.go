package policy_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

const drawn = 40_000 // questions for each property

func eachDrawn(t *testing.T, seed uint64, check func(d dice, q policy.Question)) {
	t.Helper()
	d := dice{rand.New(rand.NewPCG(seed, 0))}
	for range drawn {
		check(d, d.question())
		if t.Failed() {
			return
		}
	}
}

// Whatever protects the client more never shows more.
func TestProtectingMoreShowsNoMore(t *testing.T) {
	for _, tt := range []struct {
		name    string
		protect func(dice, *policy.Question) // may change Viewer and Grants: they are the question's own
	}{
		{"lock the record", func(_ dice, q *policy.Question) { q.Restricted = true }},
		{"the client flees", func(_ dice, q *policy.Question) { q.Fleeing = true }},
		{"the partner agreement ends", func(_ dice, q *policy.Question) { q.Partners = false }},
		{"the client refuses", func(_ dice, q *policy.Question) { q.Refused = true }},
		{"a victim service provider", func(_ dice, q *policy.Question) { q.VictimService = true }},
		{"the project tells more", func(d dice, q *policy.Question) { q.Telling |= hmis.CategoriesOf(d.category()) }},
		{"not own data", func(_ dice, q *policy.Question) { q.Own = false }},
		{"a place", func(_ dice, q *policy.Question) { q.Class.Place = true }},
		{"a row written later", func(d dice, q *policy.Question) { q.Written += hmis.Date(d.roll(3)) }},
		{"no grants", func(_ dice, q *policy.Question) { q.Grants = nil }},
		{"one grant less", func(d dice, q *policy.Question) {
			if n := len(q.Grants); n > 0 {
				i := d.roll(n)
				q.Grants = slices.Delete(q.Grants, i, i+1)
			}
		}},
		{"a shorter grant", func(d dice, q *policy.Question) {
			for i := range q.Grants {
				q.Grants[i].Until -= hmis.Date(d.roll(3))
				q.Grants[i].From += hmis.Date(d.roll(3))
			}
		}},
		{"no purpose", func(_ dice, q *policy.Question) {
			if q.Viewer != nil {
				q.Viewer.Purpose = policy.AnyPurpose
			}
		}},
		{"no federal programs", func(_ dice, q *policy.Question) {
			if q.Viewer != nil {
				q.Viewer.Programs = 0
			}
		}},
		{"a narrower scope", func(d dice, q *policy.Question) {
			if q.Viewer != nil {
				q.Viewer.Scopes &= d.categories()
			}
		}},
		{"an inactive account", func(_ dice, q *policy.Question) {
			if q.Viewer != nil {
				q.Viewer.Standing.Active = false
			}
		}},
		{"training ended", func(_ dice, q *policy.Question) {
			if q.Viewer != nil {
				q.Viewer.Standing.TrainedUntil--
			}
		}},
		{"nobody asks", func(_ dice, q *policy.Question) { q.Viewer = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hidden := 0
			eachDrawn(t, 2, func(d dice, q policy.Question) {
				before := policy.Decide(q)
				tt.protect(d, &q)
				after := policy.Decide(q)
				if after.Permit && !before.Permit {
					t.Errorf("shows more: %s\nbefore %s\nafter  %s", tell(q), say(before), say(after))
				}
				if before.Permit && !after.Permit {
					hidden++
				}
			})
			if hidden == 0 {
				t.Error("hid nothing in any question, so this proves nothing")
			}
		})
	}
}

// A permit by release names a release that the client gave, every other answer names none; and the reason says whether
// it is a permit.
func TestDecisionSaysWhatItRestsOn(t *testing.T) {
	shows := map[policy.Reason]bool{policy.ByRole: true, policy.OwnOrganization: true, policy.ByRelease: true}
	eachDrawn(t, 3, func(_ dice, q policy.Question) {
		d := policy.Decide(q)
		given := slices.ContainsFunc(q.Grants, func(g policy.Grant) bool {
			return g.Release == d.Release && g.Category == q.Class.Category
		})
		rests := d.Release == 0
		if d.Reason == policy.ByRelease {
			rests = given
		}
		if d.Permit != shows[d.Reason] || !rests {
			t.Errorf("%s\n%s", tell(q), say(d))
		}
	})
}

// A reason tells nothing of a value: a question has none. It tells nothing of other releases either: what is neither
// of the category nor told by the project changes no answer.
func TestOtherReleasesChangeNothing(t *testing.T) {
	eachDrawn(t, 4, func(_ dice, q policy.Question) {
		all := policy.Decide(q)
		q.Grants = slices.DeleteFunc(q.Grants, func(g policy.Grant) bool {
			return g.Category != q.Class.Category && !q.Telling.Has(g.Category)
		})
		if got := policy.Decide(q); got != all {
			t.Errorf("%s\nwith other grants %s\nwithout %s", tell(q), say(all), say(got))
		}
	})
}

// Explain comes to the decision of Decide, asks in plain words and no question twice, and stops at the first that holds.
func TestExplainWalksToTheDecision(t *testing.T) {
	var all []policy.Step // of a question that no rule answers
	walks := map[int]bool{}
	eachDrawn(t, 5, func(_ dice, q policy.Question) {
		steps, d := policy.Explain(q)
		if want := policy.Decide(q); d != want {
			t.Errorf("%s\nExplain %s\nDecide  %s", tell(q), say(d), say(want))
		}
		for i, s := range steps {
			if last := i == len(steps)-1; s.Holds && !last {
				t.Errorf("%s\nstep %d holds and is not the last", tell(q), i)
			}
		}
		if !steps[len(steps)-1].Holds {
			if d.Permit || d.Reason != policy.NotReleased {
				t.Errorf("%s\nno step holds, and yet %s", tell(q), say(d))
			}
			all = steps
		}
		walks[len(steps)] = true
	})
	if len(walks) != len(all) {
		t.Errorf("the questions ended at %d of %d rules: the dice are bad", len(walks), len(all))
	}
	asked := map[string]bool{}
	for _, s := range all {
		if asked[s.Asks] || len(s.Asks) < 20 || s.Asks[len(s.Asks)-1] != '?' {
			t.Errorf("not a question in plain words of its own: %q", s.Asks)
		}
		asked[s.Asks] = true
	}
}

// A View answers as Decide does, for every class.
func TestViewAgreesWithDecide(t *testing.T) {
	eachDrawn(t, 6, func(d dice, q policy.Question) {
		v := policy.NewView(q)
		for range 5 {
			q.Class = d.class()
			if got, want := v.Decide(q.Class), policy.Decide(q); got != want || v.Shows(q.Class) != want.Permit {
				t.Errorf("%s\nView   %s\nDecide %s", tell(q), say(got), say(want))
			}
		}
		if v.Own() != q.Own {
			t.Errorf("Own is %t, not %t", v.Own(), q.Own)
		}
	})
}

// The lead edits all that it sees, an agency its own data, an analyst nothing, and nobody what it does not see.
func TestMayEdit(t *testing.T) {
	edited := map[policy.Role]int{}
	eachDrawn(t, 7, func(_ dice, q policy.Question) {
		want := false
		switch d := naiveDecide(q); {
		case !d.Permit:
		case q.Viewer.Role == policy.SystemAdmin:
			want = true
		case q.Viewer.Role != policy.Analyst:
			want = q.Own
		}
		if got := policy.MayEdit(q); got != want {
			t.Errorf("%s\nMayEdit %t", tell(q), got)
		}
		if want {
			edited[q.Viewer.Role]++
		}
	})
	if len(edited) != 5 {
		t.Errorf("edits by %v: the dice are bad", edited)
	}
}

// Decide answers every question, the absurd ones too, and shows nothing in them.
func TestDecideIsTotal(t *testing.T) {
	none := hmis.Class{}
	beyond := hmis.Class{Category: 255, Programs: 255, Place: true}
	for name, viewer := range map[string]*policy.Viewer{
		"nobody": nil, "the zero viewer": {}, "an unknown role": {Role: 255, Organization: mine, Standing: inOrder, Scopes: ^hmis.Categories(0)},
		"an app beyond all scopes": {Role: policy.PartnerApp, Organization: mine, Standing: inOrder, Purpose: 255},
	} {
		for _, class := range []hmis.Class{none, beyond, hmis.ClassOf(200), hmis.ClassOf(hmis.Meta), hmis.ClassOf(hmis.Identity)} {
			for _, own := range yesNo {
				q := policy.Question{Viewer: viewer, Day: today, Class: class, Own: own, Partners: true, Telling: ^hmis.Categories(0),
					Grants: []policy.Grant{{}, {Category: class.Category, From: policy.Never, Until: 1<<31 - 1}}}
				d := policy.Decide(q)
				_, explained := policy.Explain(q)
				if viewed := policy.NewView(q).Decide(class); d.Permit || explained != d || viewed != d {
					t.Errorf("%s, %+v, own %t: %s, explained %s, viewed %s", name, class, own, say(d), say(explained), say(viewed))
				}
			}
		}
	}
	if d := policy.Decide(policy.Question{}); d != (policy.Decision{Reason: policy.AccountNotInOrder}) {
		t.Errorf("the zero question: %s", say(d))
	}
}

// FuzzDecide finds nothing that the two policies answer differently, and nothing that breaks them.
func FuzzDecide(f *testing.F) {
	f.Add(uint64(1), uint8(0), uint8(0), uint8(0), uint32(0))
	f.Add(uint64(2), uint8(7), uint8(9), uint8(255), uint32(1<<10))
	f.Fuzz(func(t *testing.T, seed uint64, role, category, programs uint8, telling uint32) {
		q := dice{rand.New(rand.NewPCG(seed, 0))}.question()
		if q.Viewer != nil {
			q.Viewer.Role = policy.Role(role)
			if role >= 9 {
				q.Viewer.Role = policy.NoRole // which has a name
			}
		}
		q.Class.Category, q.Class.Programs, q.Telling = hmis.Category(category), hmis.Programs(programs), hmis.Categories(telling)
		if got, want := policy.Decide(q), naiveDecide(q); got != want {
			t.Errorf("%s\nDecide %s\nnaive  %s", tell(q), say(got), say(want))
		}
	})
}
