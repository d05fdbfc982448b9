package policy

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// ConsentState is where a consent stands.
type ConsentState string

// The states of a consent. Expired is never stored: it is judged by the dates when the data is read.
const (
	Draft      ConsentState = "DRAFT" // written down, not signed: opens nothing
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

// RevocationEffect is what a revocation takes back.
type RevocationEffect string

// The effects.
const (
	HideAtOnce RevocationEffect = "HIDE_AT_ONCE" // all that only the release opened
	FromNowOn  RevocationEffect = "FROM_NOW_ON"  // what is written from the day of the revocation on
)

// LockedBy is who asked for a client's record to be locked or unlocked.
type LockedBy string

// Who asks: the client, or staff for the client's safety.
const (
	LockedByClient LockedBy = "CLIENT"
	LockedByStaff  LockedBy = "STAFF"
)

// Provision is one line of a release: these categories to this recipient for this purpose.
type Provision struct {
	Categories hmis.Categories
	Recipient  int64 // row number of an organization; 0: every partner agency
	Purpose    Purpose
}

// Release is a consent of one client.
type Release struct {
	ID         int64
	State      ConsentState
	SignedBy   Signer
	Method     ConsentMethod
	From       hmis.Date
	Until      *hmis.Date // last day
	Provisions []Provision
	Effect     RevocationEffect // of a revoked one
	RevokedOn  *hmis.Date
}

// Grants compiles the release, one grant for each category and provision: an active one opens them until its last
// day; one that was revoked from then on still opens what was written before. All others open nothing.
func (r Release) Grants() (grants []Grant) {
	var before *hmis.Date
	switch {
	case r.Until == nil:
		return nil
	case r.State == Active:
	case r.State == Revoked && r.Effect == FromNowOn && r.RevokedOn != nil:
		before = r.RevokedOn
	default:
		return nil
	}
	for _, p := range r.Provisions {
		for _, c := range (p.Categories & hmis.AllContent).List() {
			grants = append(grants, Grant{Release: r.ID, Category: c, Recipient: p.Recipient, Purpose: p.Purpose, From: r.From, Until: *r.Until, Before: before})
		}
	}
	return grants
}

// The longest that a release may run, and the age from which a client signs alone.
const (
	longestReleaseYears = 10
	longestVerbalDays   = 30
	adultAge            = 18 // years
)

// ConsentRule is what a category asks of a release that opens it to others.
type ConsentRule struct {
	Category        hmis.Category
	Signed          bool // written or electronic
	NamedRecipients bool // organizations by name, not every partner
	NamedPurpose    bool
	LongestDays     int // 0: as any other
	Source          string
}

//go:embed consent-rules.csv
var consentRulesFile []byte

// ConsentRules lists the rules of consent-rules.csv.
func ConsentRules() []ConsentRule { return consentRules }

var consentRules = func() (list []ConsentRule) {
	rows, err := csv.NewReader(bytes.NewReader(consentRulesFile)).ReadAll()
	if err != nil {
		panic(err) // embedded, read by every test
	}
	for _, r := range rows[1:] {
		c, ok := hmis.ParseCategory(r[0])
		if !ok {
			panic("consent-rules.csv: no category " + r[0])
		}
		rule := ConsentRule{Category: c, Signed: r[1] == "Y", NamedRecipients: r[2] == "Y", NamedPurpose: r[3] == "Y", Source: r[5]}
		if r[4] != "" {
			if rule.LongestDays, err = strconv.Atoi(r[4]); err != nil {
				panic(err)
			}
		}
		list = append(list, rule)
	}
	return list
}()

// Fault is what is wrong with a release.
type Fault struct {
	Field   string // of the input: signedBy, method, startsOn, endsOn, provisions or provisions[N]
	Message string
}

// Check lists what is wrong with a release before it is recorded. Born is the client's date of birth, nil where it is
// not known: such a client is taken for an adult. To say no, nobody is too young.
func (r Release) Check(born *hmis.Date) (faults []Fault) {
	complain := func(field, format string, args ...any) {
		faults = append(faults, Fault{field, fmt.Sprintf(format, args...)})
	}
	minor := born != nil && r.From < born.AddYears(adultAge)
	if minor && r.SignedBy == SignedByClient && r.State != Refused {
		complain("signedBy", "the client is under %d: a guardian signs, for each child separately; without a guardian a minor cannot consent", adultAge)
	}
	if r.State == Refused {
		if r.Until != nil || len(r.Provisions) > 0 {
			complain("agreed", "a refusal has no last day and no provisions")
		}
		return faults
	}
	switch {
	case r.Until == nil:
		complain("endsOn", "a release needs its last day")
	case *r.Until < r.From:
		complain("endsOn", "the last day is before the first")
	case *r.Until > r.From.AddYears(longestReleaseYears):
		complain("endsOn", "a release runs at most %d years", longestReleaseYears)
	case r.Method == Verbal && *r.Until > r.From+longestVerbalDays:
		complain("endsOn", "a verbal release runs at most %d days, until it is signed", longestVerbalDays)
	case minor && *r.Until >= born.AddYears(adultAge):
		complain("endsOn", "what a guardian signed ends the day before the client's %dth birthday", adultAge)
	}
	if len(r.Provisions) == 0 {
		complain("provisions", "a release opens at least one category to somebody")
	}
	for i, p := range r.Provisions {
		field := fmt.Sprintf("provisions[%d]", i)
		if p.Categories&hmis.AllContent == 0 {
			complain(field, "no category is named; a general release is general: true")
		}
		for _, rule := range consentRules {
			if p.Categories.Has(rule.Category) {
				r.checkRule(rule, p, func(format string, args ...any) {
					complain(field, "%s: "+format, append([]any{rule.Category}, args...)...)
				})
			}
		}
	}
	return slices.Compact(faults)
}

func (r Release) checkRule(rule ConsentRule, p Provision, complain func(format string, args ...any)) {
	if rule.Signed && r.Method != Written && r.Method != Electronic {
		complain("needs a written or electronic signature")
	}
	if rule.NamedRecipients && p.Recipient == 0 {
		complain("goes to organizations by name, not to all partners")
	}
	if rule.NamedPurpose && p.Purpose == AnyPurpose {
		complain("goes out for a named purpose only")
	}
	if rule.LongestDays > 0 && r.Until != nil && *r.Until > r.From+hmis.Date(rule.LongestDays) {
		complain("runs at most %d days", rule.LongestDays)
	}
}
