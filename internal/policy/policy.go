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

// OfAgency reports whether the rights of the role come from the organization of the account.
func (r Role) OfAgency() bool {
	return r == AgencyAdmin || r == CaseManager || r == Intake || r == PartnerApp
}

// SeesPeople reports whether the role may ever see a client. The others get a schema without clients.
func (r Role) SeesPeople() bool { return r.Ceiling() != 0 }

// RecordsConsent reports whether the role may record and revoke a client's release, and lock a client's record.
func (r Role) RecordsConsent() bool {
	return r == SystemAdmin || r == AgencyAdmin || r == CaseManager || r == Intake
}

// SeesLocked reports whether the role may see locked records: the lead all, an agency's administrator its own.
func (r Role) SeesLocked(own bool) bool { return r == SystemAdmin || r == AgencyAdmin && own }

// RunsReports reports whether the role may run HUD reports: exact figures are for those who may see every row behind.
func (r Role) RunsReports() bool { return r == SystemAdmin || r == AgencyAdmin }

// ExplainsAccess reports whether the role may ask why an account sees a client or does not.
func (r Role) ExplainsAccess() bool { return r == SystemAdmin || r == AgencyAdmin || r == Auditor }

// Ceiling is the most that a role may ever see of a client.
func (r Role) Ceiling() hmis.Categories {
	switch r {
	case SystemAdmin, AgencyAdmin, CaseManager, PartnerApp:
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
	Purpose      Purpose // what the request is made for
	Standing     Standing
	Programs     hmis.Programs // federal programs that the organization runs a project of, today
	Limits       *Limits       // of the token that is asked with; nil: the account's own rights
	Login        int64         // row number of the session that a sign-in opened; 0: it asks by an API token, or not as a person
	App          string        // the program that asks, as an administrator named it; "": none
	Session      string        // how the log names the session or token that is asked with
}

// Limits narrow what a token may do below what its account may.
type Limits struct {
	Reads      hmis.Categories
	Writes     hmis.Categories // none: it may change nothing
	Statistics bool            // it sees numbers and no client
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
	switch {
	case v.Limits == nil:
	case v.Limits.Statistics:
		c = 0
	default:
		c &= v.Limits.Reads
	}
	return c
}

// SeesPeople reports whether the viewer may ever see a client. The others get a schema without clients.
func (v *Viewer) SeesPeople() bool { return v.Ceiling() != 0 }

// MayWrite reports whether the viewer may change anything at all.
func (v *Viewer) MayWrite() bool {
	return v.Limits == nil || v.Limits.Writes != 0 && !v.Limits.Statistics
}

// MayWriteAll reports whether the viewer may change what is about every category, as a client's choices are.
func (v *Viewer) MayWriteAll() bool {
	return v.Limits == nil || v.MayWrite() && v.Limits.Writes&hmis.AllContent == hmis.AllContent
}

// Purpose is what client-level data is asked for.
type Purpose uint8

// The purposes that a release can name. The zero Purpose in a grant means any; a request without one serves none
// of the others.
const (
	AnyPurpose Purpose = iota
	CareCoordination
	CoordinatedEntry
	Treatment
	Research
	purposeCount
)

// Grant is what a release gives: one category of one client to one recipient.
// Releases compile to grants; see Release.Grants.
type Grant struct {
	Release   int64
	Category  hmis.Category
	Recipient int64 // row number of an organization; 0: every partner agency
	Purpose   Purpose
	From      hmis.Date
	Until     hmis.Date  // last day
	Before    *hmis.Date // opens only what was last written before this day; nil: all
}

// Opens reports whether the grant gives the category of a row to the viewer on the day. Written is the day on which
// the row was last written.
func (g Grant) Opens(v *Viewer, c hmis.Category, day, written hmis.Date) bool {
	return g.Category == c && g.From <= day && day <= g.Until &&
		(g.Recipient == 0 || g.Recipient == v.Organization) &&
		(g.Purpose == AnyPurpose || g.Purpose == v.Purpose) &&
		(g.Before == nil || written < *g.Before)
}
