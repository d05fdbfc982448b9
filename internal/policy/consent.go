package policy

import "github.com/hearth-hmis/hearth/internal/hmis"

// ConsentState is where a consent stands.
type ConsentState string

// The states of a consent. Expired is never stored: it is judged by the dates when the data is read.
const (
	Draft      ConsentState = "DRAFT"
	Active     ConsentState = "ACTIVE"
	Refused    ConsentState = "REFUSED"
	Revoked    ConsentState = "REVOKED"
	Expired    ConsentState = "EXPIRED"
	Superseded ConsentState = "SUPERSEDED"
)

// On returns the state as it is on the day; until is the last day, nil where there is none.
func (s ConsentState) On(day hmis.Date, until *hmis.Date) ConsentState {
	if s == Active && until != nil && day > *until {
		return Expired
	}
	return s
}

// Signer is who signed.
type Signer string

// The signers.
const (
	SignedByClient   Signer = "CLIENT"
	SignedByGuardian Signer = "GUARDIAN"
)

// ConsentMethod is how it was signed.
type ConsentMethod string

// The methods.
const (
	Written    ConsentMethod = "WRITTEN"
	Electronic ConsentMethod = "ELECTRONIC"
	Verbal     ConsentMethod = "VERBAL"
)

// Provision is one line of a release: these categories to this recipient for this purpose.
type Provision struct {
	Categories hmis.Categories
	Recipient  int64 // row number of an organization; 0: every partner agency
	Purpose    Purpose
}

// Release is a consent of one client as far as it opens anything.
type Release struct {
	ID         int64
	State      ConsentState
	From       hmis.Date
	Until      hmis.Date // last day
	Provisions []Provision
}

// Grants compiles the release: nothing unless it is active, else one grant per category and provision.
func (r Release) Grants() (grants []Grant) {
	if r.State != Active {
		return nil
	}
	for _, p := range r.Provisions {
		for _, c := range (p.Categories & hmis.AllContent).List() {
			grants = append(grants, Grant{Release: r.ID, Category: c, Recipient: p.Recipient, Purpose: p.Purpose, From: r.From, Until: r.Until})
		}
	}
	return grants
}
