package policy

import "github.com/hearth-hmis/hearth/internal/hmis"

// Question is one fact that a viewer asks to see.
type Question struct {
	Viewer        *Viewer
	Day           hmis.Date       // the viewer's today
	Class         hmis.Class      // of the fact; its category is never Meta: an audit field is shown with its row
	VictimService bool            // from a victim service provider or a comparable database
	Own           bool            // hangs on a project of the viewer's organization that the account is not narrowed away from
	Restricted    bool            // the client's record is locked
	Telling       hmis.Categories // what the project of the row alone tells of everybody who stays there
	Written       hmis.Date       // the day on which the row was last written
	Partners      bool            // the organizations of the viewer and of the row both have a partner agreement that holds
	Refused       bool            // the client's newest answer is a refusal
	Fleeing       bool            // the client is fleeing violence
	Grants        []Grant         // of this client
}

// Decision is the answer.
type Decision struct {
	Permit  bool
	Reason  Reason
	Release int64 // the release that it rests on, 0 for none
}

// rule is one step of the decision. Where it holds, it decides.
type rule struct {
	asks    string // in plain words, so that yes means that it holds
	decides func(*Question) (d Decision, holds bool)
}

// denies makes a rule that withholds.
func denies(asks string, reason Reason, holds func(*Question) bool) rule {
	return rule{asks, func(q *Question) (Decision, bool) { return Decision{Reason: reason}, holds(q) }}
}

// permits makes a rule that shows.
func permits(asks string, reason Reason, holds func(*Question) bool) rule {
	return rule{asks, func(q *Question) (Decision, bool) { return Decision{Permit: true, Reason: reason}, holds(q) }}
}

// rules are asked in this order; the first that holds decides, and where none does the answer is NotReleased.
var rules = []rule{
	denies("Is it from a victim service provider or a comparable database?", VictimServiceData,
		func(q *Question) bool { return q.VictimService }),
	denies("Is the account inactive, or its training or agreement missing or out of date?", AccountNotInOrder,
		func(q *Question) bool { return q.Viewer == nil || !q.Viewer.Standing.InOrder(q.Day) }),
	denies("Is the category beyond the role of the account, or beyond the scopes of the app?", NotForRole,
		func(q *Question) bool { return !q.Viewer.Ceiling().Has(q.Class.Category) }),
	permits("Is it the HMIS lead who asks?", ByRole,
		func(q *Question) bool { return q.Viewer.Role == SystemAdmin }),
	denies("Is the client's record locked, and the account no administrator of an agency that the fact is its own of?", RestrictedRecord,
		func(q *Question) bool { return q.Restricted && !q.Viewer.Role.SeesLocked(q.Own) }),
	denies("Does an analyst ask about a stay at a project that by itself tells of a category beyond the role?", NotForRole,
		func(q *Question) bool { return q.Viewer.Role == Analyst && q.Telling&^q.Viewer.Ceiling() != 0 }),
	denies("Does an analyst ask where somebody is or was?", NotForRole,
		func(q *Question) bool { return q.Viewer.Role == Analyst && q.Class.Place }),
	permits("Is it an analyst who asks?", ByRole,
		func(q *Question) bool { return q.Viewer.Role == Analyst }),
	denies("Does the account belong to no partner agency?", NotForRole,
		func(q *Question) bool { return !q.Viewer.Role.OfAgency() || q.Viewer.Organization == 0 }),
	permits("Is it data of the account's own organization?", OwnOrganization,
		func(q *Question) bool { return q.Own }),
	denies("Is it of a kind that nobody knows, so that no release can open it?", NotReleased,
		func(q *Question) bool { return q.Class.Category == hmis.Unclassified }),
	denies("Does it belong to a federal program that the organization runs no project of today?", OtherProgram,
		func(q *Question) bool { return q.Class.Programs != 0 && q.Class.Programs&q.Viewer.Programs == 0 }),
	denies("Has the account's organization, or the one that the fact hangs on, no partner agreement that holds?", NoPartnerAgreement,
		func(q *Question) bool { return !q.Partners }),
	denies("Was the client asked, and said no?", RefusedByClient,
		func(q *Question) bool { return q.Refused }),
	{"Does a release of the client open it to this organization today and for this purpose, and is nothing in its way that protects the client?",
		func(q *Question) (Decision, bool) {
			release, ok := q.released()
			return Decision{Permit: true, Reason: ByRelease, Release: release}, ok
		}},
}

// released finds the release that opens the fact. Whatever a release says, a place is kept from others while the
// client is fleeing (VAWA, 34 USC 12291(b)(2)); and what a project tells by itself needs to be opened too, to a viewer who
// may know it.
func (q *Question) released() (release int64, ok bool) {
	if q.Fleeing && q.Class.Place {
		return 0, false
	}
	for _, c := range q.Telling.List() {
		if _, opened := q.opened(c); !opened || !q.Viewer.Ceiling().Has(c) {
			return 0, false
		}
	}
	return q.opened(q.Class.Category)
}

func (q *Question) opened(c hmis.Category) (release int64, ok bool) {
	for _, g := range q.Grants {
		if g.Opens(q.Viewer, c, q.Day, q.Written) {
			return g.Release, true
		}
	}
	return 0, false
}

// Decide answers a question. It is total; the first rule that matches decides, and the last one denies.
func Decide(q Question) Decision {
	for _, r := range rules {
		if d, holds := r.decides(&q); holds {
			return d
		}
	}
	return Decision{Reason: NotReleased}
}

// Step is a rule that was asked on the way to a decision.
type Step struct {
	Asks  string
	Holds bool // and so decided
}

// Explain is Decide with the steps to it.
func Explain(q Question) (steps []Step, d Decision) {
	for _, r := range rules {
		d, holds := r.decides(&q)
		steps = append(steps, Step{r.asks, holds})
		if holds {
			return steps, d
		}
	}
	return steps, Decision{Reason: NotReleased}
}

// MayEdit reports whether the viewer may change a fact that it may see: its own organization's, or any for the lead, within
// the limits of the token that it asks with.
func MayEdit(q Question) bool {
	d := Decide(q)
	if !d.Permit {
		return false
	}
	limits := q.Viewer.Limits
	within := limits == nil || limits.Writes.Has(q.Class.Category)
	return within && (d.Reason == OwnOrganization || q.Viewer.Role == SystemAdmin)
}
