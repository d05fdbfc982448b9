package policy

import (
	"io"
	"strconv"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Reason says why a field is shown or withheld. It depends on the viewer and on the client's releases alone,
// never on whether there is a value.
type Reason uint8

// The reasons, in the order in which Decide comes to them.
const (
	VictimServiceData Reason = iota
	AccountNotInOrder
	NotForRole
	ByRole
	RestrictedRecord
	OwnOrganization
	OtherProgram
	NoPartnerAgreement
	RefusedByClient
	ByRelease
	NotReleased
	reasonCount
)

var reasonNames = [reasonCount]string{
	"VICTIM_SERVICE", "ACCOUNT_NOT_IN_ORDER", "NOT_FOR_ROLE", "BY_ROLE", "RESTRICTED", "OWN_ORGANIZATION",
	"OTHER_PROGRAM", "NO_PARTNER_AGREEMENT", "REFUSED_BY_CLIENT", "BY_RELEASE", "NOT_RELEASED",
}

func (r Reason) String() string { return reasonNames[r] }

// MarshalGQL writes the name as a JSON string.
func (r Reason) MarshalGQL(w io.Writer) { quote(w, r.String()) }

// UnmarshalGQL reads a name.
func (r *Reason) UnmarshalGQL(v any) (err error) {
	*r, err = parse[Reason](reasonNames[:], v, "Reason")
	return err
}

var roleNames = [roleCount]string{
	"NONE", "SYSTEM_ADMIN", "AGENCY_ADMIN", "CASE_MANAGER", "INTAKE", "ANALYST", "FUNDER", "PARTNER_APP", "AUDITOR",
}

func (r Role) String() string { return roleNames[r] }

// ParseRole is the reverse of String for the roles that an account can have.
func ParseRole(s string) (Role, error) {
	r, err := parse[Role](roleNames[:], s, "Role")
	if r == NoRole && err == nil {
		err = hmis.Errorf(hmis.Invalid, "not a Role")
	}
	return r, err
}

// MarshalGQL writes the name as a JSON string.
func (r Role) MarshalGQL(w io.Writer) { quote(w, r.String()) }

// UnmarshalGQL reads a name.
func (r *Role) UnmarshalGQL(v any) (err error) {
	s, _ := v.(string)
	*r, err = ParseRole(s)
	return err
}

var purposeNames = [purposeCount]string{"ANY", "CARE_COORDINATION", "COORDINATED_ENTRY", "TREATMENT", "RESEARCH"}

func (p Purpose) String() string { return purposeNames[p] }

// MarshalGQL writes the name as a JSON string.
func (p Purpose) MarshalGQL(w io.Writer) { quote(w, p.String()) }

// UnmarshalGQL reads a name.
func (p *Purpose) UnmarshalGQL(v any) (err error) {
	*p, err = parse[Purpose](purposeNames[:], v, "Purpose")
	return err
}

func quote(w io.Writer, s string) { _, _ = io.WriteString(w, strconv.Quote(s)) }

func parse[T ~uint8](names []string, v any, what string) (T, error) {
	for i, name := range names {
		if name == v {
			return T(i), nil
		}
	}
	return 0, hmis.Errorf(hmis.Invalid, "not a %s", what)
}
