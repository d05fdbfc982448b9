package policy_test

import (
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// The naive policy: the rule once more, written from the prose of docs/visibility.md, role by role instead of rule by
// rule and in words instead of sets. It shares no code with the policy, so that a slip in one is not made in both.
// It is slow and plain on purpose; where it and the policy differ, one of them misreads the prose.

// naiveDecide answers a question from its grants.
func naiveDecide(q policy.Question) policy.Decision {
	return naive(q, func(category string) (int64, bool) { return naiveByGrants(q, category) })
}

// naiveDecideOnPaper answers a question from the client's releases as they were signed, and never makes a grant.
func naiveDecideOnPaper(q policy.Question, releases []policy.Release) policy.Decision {
	return naive(q, func(category string) (int64, bool) { return naiveByReleases(q, releases, category) })
}

const (
	whatIntakeSees  = "IDENTITY DEMOGRAPHICS ENROLLMENT SERVICES"
	whatAnalystsSee = "DEMOGRAPHICS ENROLLMENT SERVICES INCOME COORDINATED_ENTRY MILITARY"
	whatThereIs     = whatAnalystsSee + " IDENTITY LOCATION SENSITIVE_IDENTITY HEALTH BEHAVIORAL_HEALTH HIV DOMESTIC_VIOLENCE YOUTH_JUSTICE"
)

// opener finds the release that opens a category to who asks.
type opener func(category string) (release int64, opened bool)

func naive(q policy.Question, opened opener) policy.Decision {
	if q.VictimService {
		return policy.Decision{Reason: policy.VictimServiceData}
	}
	if naiveOutOfOrder(q) {
		return policy.Decision{Reason: policy.AccountNotInOrder}
	}
	category := naiveName(q.Class.Category)
	switch q.Viewer.Role.String() {
	case "SYSTEM_ADMIN":
		if category == "META" {
			return policy.Decision{Reason: policy.NotForRole}
		}
		return policy.Decision{Permit: true, Reason: policy.ByRole}
	case "ANALYST":
		return naiveAnalyst(q, category)
	case "INTAKE":
		return naiveAgency(q, category, func(c string) bool { return named(whatIntakeSees, c) }, false, opened)
	case "CASE_MANAGER":
		return naiveAgency(q, category, naiveIsContent, false, opened)
	case "AGENCY_ADMIN":
		return naiveAgency(q, category, naiveIsContent, true, opened)
	case "PARTNER_APP":
		return naiveAgency(q, category, func(c string) bool { return naiveIsContent(c) && naiveScope(q.Viewer, c) }, false, opened)
	}
	return policy.Decision{Reason: policy.NotForRole} // funders, auditors, and who has no role
}

func naiveIsContent(category string) bool { return category != "META" }

func naiveScope(v *policy.Viewer, category string) bool {
	for _, c := range v.Scopes.List() {
		if c.String() == category {
			return true
		}
	}
	return false
}

func naiveOutOfOrder(q policy.Question) bool {
	if q.Viewer == nil {
		return true
	}
	s := q.Viewer.Standing
	return !s.Active || s.TrainedUntil < q.Day || s.AgreedUntil < q.Day
}

func naiveName(c hmis.Category) string {
	if c >= hmis.CategoryCount {
		return "META" // there is no such category: nobody sees it
	}
	return c.String()
}

func named(list, category string) bool { return slices.Contains(strings.Fields(list), category) }

// naiveAnalyst: the rows of all agencies, without names and places, and nothing of who stays where only people of a
// kind that analysts may not know of stay.
func naiveAnalyst(q policy.Question, category string) policy.Decision {
	no := policy.Decision{Reason: policy.NotForRole}
	if !named(whatAnalystsSee, category) {
		return no
	}
	if q.Restricted {
		return policy.Decision{Reason: policy.RestrictedRecord}
	}
	if q.Class.Place {
		return no
	}
	for _, told := range q.Telling.List() {
		if !named(whatAnalystsSee, naiveName(told)) {
			return no
		}
	}
	return policy.Decision{Permit: true, Reason: policy.ByRole}
}

func naiveAgency(q policy.Question, category string, forRole func(category string) bool, seesOwnLocked bool, opened opener) policy.Decision {
	withhold := func(why policy.Reason) policy.Decision { return policy.Decision{Reason: why} }
	if !forRole(category) {
		return withhold(policy.NotForRole)
	}
	if q.Restricted && !(q.Own && seesOwnLocked) {
		return withhold(policy.RestrictedRecord)
	}
	if q.Viewer.Organization == 0 {
		return withhold(policy.NotForRole)
	}
	if q.Own {
		return policy.Decision{Permit: true, Reason: policy.OwnOrganization}
	}
	// From here on it is another organization's data.
	if category == "UNCLASSIFIED" {
		return withhold(policy.NotReleased)
	}
	if q.Class.Programs != 0 && !naiveRunsOneOf(q.Viewer, q.Class.Programs) {
		return withhold(policy.OtherProgram)
	}
	if !q.Partners {
		return withhold(policy.NoPartnerAgreement)
	}
	if q.Refused {
		return withhold(policy.RefusedByClient)
	}
	release, ok := opened(category)
	for _, told := range q.Telling.List() {
		// Who may not know what the project tells may not know of the stay either.
		if _, toldToo := opened(naiveName(told)); !toldToo || !forRole(naiveName(told)) {
			ok = false
		}
	}
	if !ok || q.Class.Place && q.Fleeing {
		return withhold(policy.NotReleased)
	}
	return policy.Decision{Permit: true, Reason: policy.ByRelease, Release: release}
}

func naiveRunsOneOf(v *policy.Viewer, programs hmis.Programs) bool {
	for bit := range 8 {
		if one := hmis.Programs(1 << bit); programs&one == one && v.Programs&one == one {
			return true
		}
	}
	return false
}

func naiveByGrants(q policy.Question, category string) (int64, bool) {
	for _, g := range q.Grants {
		switch {
		case naiveName(g.Category) != category:
		case q.Day < g.From, q.Day > g.Until:
		case g.Recipient != 0 && g.Recipient != q.Viewer.Organization:
		case g.Purpose != policy.AnyPurpose && g.Purpose != q.Viewer.Purpose:
		case g.Before != nil && q.Written >= *g.Before:
		default:
			return g.Release, true
		}
	}
	return 0, false
}

// naiveByReleases reads the papers: what is signed and not taken back, within its days; of one taken back from now on,
// what stood there before that day.
func naiveByReleases(q policy.Question, releases []policy.Release, category string) (int64, bool) {
	for _, r := range releases {
		stands := false
		switch r.State {
		case "ACTIVE":
			stands = true
		case "REVOKED":
			stands = r.Effect == "FROM_NOW_ON" && r.RevokedOn != nil && q.Written < *r.RevokedOn
		}
		if !stands || r.Until == nil || r.From > q.Day || *r.Until < q.Day {
			continue
		}
		for _, p := range r.Provisions {
			toAll, forAll := p.Recipient == 0, p.Purpose == policy.AnyPurpose
			if (toAll || p.Recipient == q.Viewer.Organization) && (forAll || p.Purpose == q.Viewer.Purpose) &&
				named(whatThereIs, category) && lists(p.Categories, category) {
				return r.ID, true
			}
		}
	}
	return 0, false
}

func lists(categories hmis.Categories, category string) bool {
	return slices.ContainsFunc(categories.List(), func(c hmis.Category) bool { return c.String() == category })
}
