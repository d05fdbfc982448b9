// Package policy decides what a viewer may see of a client. It is pure: no database, no GraphQL, no clock.
// The rule in prose is docs/visibility.md; internal/store is the only package that applies it.
package policy

import "github.com/hearth-hmis/hearth/internal/hmis"

// Role is what an account may be. The zero Role may do nothing.
type Role uint8

// The roles.
const (
	NoRole      Role = iota
	SystemAdmin      // the HMIS lead
	AgencyAdmin      // of a partner agency; manages its accounts
	CaseManager      // of a partner agency
	Intake           // of a partner agency
	Analyst          // of the CoC
	Funder           // government and funders: numbers only
	PartnerApp       // a program of an agency
	Auditor          // the privacy officer: the disclosure log only
	roleCount
)

// Roles lists every role that an account can have.
func Roles() []Role {
	return []Role{SystemAdmin, AgencyAdmin, CaseManager, Intake, Analyst, Funder, PartnerApp, Auditor}
}

// ofAgency holds the roles whose rights come from the organization of the account.
func (r Role) ofAgency() bool {
	return r == AgencyAdmin || r == CaseManager || r == Intake || r == PartnerApp
}

// OfAgency reports whether an account of the role belongs to an organization.
func (r Role) OfAgency() bool { return r.ofAgency() }

// RecordsConsent reports whether the role may record and revoke a client's release.
func (r Role) RecordsConsent() bool {
	return r == SystemAdmin || r == AgencyAdmin || r == CaseManager || r == Intake
}

// Ceiling is the most that a role may ever see of a client.
func (r Role) Ceiling() hmis.Categories {
	switch r {
	case SystemAdmin:
		return hmis.AllContent | hmis.CategoriesOf(hmis.Unclassified)
	case AgencyAdmin, CaseManager, PartnerApp:
		return hmis.AllContent | hmis.CategoriesOf(hmis.Unclassified)
	case Intake:
		return hmis.CategoriesOf(hmis.Identity, hmis.Demographics, hmis.EnrollmentCategory, hmis.ServicesCategory)
	case Analyst:
		return hmis.GeneralRelease &^ hmis.CategoriesOf(hmis.Identity, hmis.Location)
	}
	return 0
}

// Viewer is who asks. The zero Viewer sees nothing.
type Viewer struct {
	Account      int64
	Username     string
	Role         Role
	Organization int64   // row number of the account's organization; 0: the HMIS lead's own
	Projects     []int64 // row numbers that the account is narrowed to; nil: all of the organization
	Scopes       hmis.Categories
	Purpose      Purpose
	Standing     Standing
	Programs     hmis.Programs // federal programs that the organization runs a project of, today
}

// Standing says whether an account is in order on a day.
type Standing struct {
	Active       bool
	TrainedUntil hmis.Date // last day on which the training holds
	AgreedUntil  hmis.Date // last day on which the end-user agreement holds
}

// Never is the last day of a training or agreement that there was none of.
const Never = hmis.Date(-1 << 31)

// InOrder reports whether the account may see data on the day.
func (s Standing) InOrder(day hmis.Date) bool {
	return s.Active && s.TrainedUntil >= day && s.AgreedUntil >= day
}

// Ceiling is the most that this viewer may see: the role's, for an app no more than its scopes.
func (v *Viewer) Ceiling() hmis.Categories {
	c := v.Role.Ceiling()
	if v.Role == PartnerApp {
		c &= v.Scopes
	}
	return c
}

// Purpose is what client-level data is asked for.
type Purpose uint8

// The purposes that a release can name. The zero Purpose in a grant means any.
const (
	AnyPurpose Purpose = iota
	CareCoordination
	CoordinatedEntry
	Treatment
	Research
	purposeCount
)

// Grant is what an active release gives: one category of one client to one recipient.
// Consents compile to grants; see Release.Grants.
type Grant struct {
	Release   int64
	Category  hmis.Category
	Recipient int64 // row number of an organization; 0: every partner agency
	Purpose   Purpose
	From      hmis.Date
	Until     hmis.Date // last day
}

// Opens reports whether the grant gives the category to the viewer on the day.
func (g Grant) Opens(v *Viewer, c hmis.Category, day hmis.Date) bool {
	return g.Category == c && g.From <= day && day <= g.Until &&
		(g.Recipient == 0 || g.Recipient == v.Organization) &&
		(g.Purpose == AnyPurpose || g.Purpose == v.Purpose)
}

// Question is one fact that a viewer asks to see.
type Question struct {
	Viewer        *Viewer
	Day           hmis.Date     // the viewer's today
	Category      hmis.Category // never Meta: an audit field is shown with its row
	Programs      hmis.Programs // federal programs that alone collect the element; 0: not such an element
	VictimService bool          // from a victim service provider or a comparable database
	Own           bool          // hangs on a project of the viewer's organization that the account is not narrowed away from
	Restricted    bool          // the client's record is locked
	Refused       bool          // the client's newest answer is a refusal
	Grants        []Grant       // of this client
}

// Decision is the answer.
type Decision struct {
	Permit  bool
	Reason  Reason
	Release int64 // the release that it rests on, 0 for none
}

// Decide answers a question. It is total; the first rule that matches decides, and the last one denies.
func Decide(q Question) Decision {
	v := q.Viewer
	switch {
	case q.VictimService:
		return Decision{Reason: VictimServiceData}
	case v == nil || !v.Standing.InOrder(q.Day):
		return Decision{Reason: AccountNotInOrder}
	case !v.Ceiling().Has(q.Category):
		return Decision{Reason: NotForRole}
	case v.Role == SystemAdmin:
		return Decision{Permit: true, Reason: ByRole}
	case q.Restricted && !(q.Own && v.Role == AgencyAdmin):
		return Decision{Reason: RestrictedRecord}
	case v.Role == Analyst:
		return Decision{Permit: true, Reason: ByRole}
	case !v.Role.ofAgency() || v.Organization == 0:
		return Decision{Reason: NotForRole}
	case q.Own:
		return Decision{Permit: true, Reason: OwnOrganization}
	case q.Category == hmis.Unclassified:
		return Decision{Reason: NotReleased}
	case q.Programs != 0 && q.Programs&v.Programs == 0:
		return Decision{Reason: OtherProgram}
	case q.Refused:
		return Decision{Reason: RefusedByClient}
	}
	for _, g := range q.Grants {
		if g.Opens(v, q.Category, q.Day) {
			return Decision{Permit: true, Reason: ByRelease, Release: g.Release}
		}
	}
	return Decision{Reason: NotReleased}
}
