// Package audit is the log of who was shown what: its records, the tree of hashes over them, and the signed
// checkpoints by which an edit, a deletion or a reordering is found. It knows no database; internal/store keeps the log.
// The log in prose is docs/audit.md.
package audit

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"golang.org/x/mod/sumdb/note"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Kind says what a record is about.
type Kind string

// The kinds.
const (
	Read          Kind = "READ"           // an operation that showed clients, or was refused
	Write         Kind = "WRITE"          // an operation that wrote of clients; what its answer showed is in a record of its own
	Import        Kind = "IMPORT"         // an export was brought in; Record.Run says which
	Report        Kind = "REPORT"         // figures were counted of clients, whom they do not name; clients that were shown beside them are in the record
	Explain       Kind = "EXPLAIN"        // somebody asked why an account sees a client or does not
	Login         Kind = "LOGIN"          // a session was opened
	LoginFailed   Kind = "LOGIN_FAILED"   // none was
	Logout        Kind = "LOGOUT"         // a session or token was ended by its holder
	TokenRefused  Kind = "TOKEN_REFUSED"  // a token was none, had ended, or could not be used for the purpose
	AccessChanged Kind = "ACCESS_CHANGED" // of an account, or of what the community asks of all, or that was refused
	LogRead       Kind = "LOG_READ"       // the log was read by somebody about others
	Pruned        Kind = "PRUNED"         // records before Record.Before were deleted, as the retention policy says
)

// Detail says how somebody signed in, why that was refused, or what of an access was changed.
type Detail string

// The details of Login.
const (
	ByPassword Detail = "PASSWORD"
	ByCode     Detail = "PASSWORD_AND_CODE"
	ByRecovery Detail = "PASSWORD_AND_RECOVERY_CODE"
	ByProvider Detail = "PROVIDER"
)

// The details of LoginFailed.
const (
	WrongPassword Detail = "WRONG_PASSWORD" // or there is no such account, or it is disabled
	WeakPassword  Detail = "WEAK_PASSWORD"  // right, but too easy to guess by today's rules
	NoCode        Detail = "NO_CODE"        // the password was right
	WrongCode     Detail = "WRONG_CODE"     // the password was right
	TooMany       Detail = "TOO_MANY"       // it was not looked at, after too many others
	NotConfirmed  Detail = "NOT_CONFIRMED"  // the provider did not vouch for anybody, or not in this browser
	Unbound       Detail = "UNBOUND"        // the provider did, and no active account is bound to that
	OneFactor     Detail = "ONE_FACTOR"     // the provider asked for one where two are needed
)

// The details of AccessChanged.
const (
	AccountCreated     Detail = "ACCOUNT_CREATED"
	AccountDisabled    Detail = "ACCOUNT_DISABLED"
	AccountEnabled     Detail = "ACCOUNT_ENABLED"
	RoleChanged        Detail = "ROLE"
	PasswordChanged    Detail = "PASSWORD_CHANGED"
	SecondFactorAdded  Detail = "SECOND_FACTOR_ADDED"
	SecondFactorReset  Detail = "SECOND_FACTOR_RESET"
	TrainingRecorded   Detail = "TRAINING"
	AgreementSigned    Detail = "AGREEMENT_SIGNED"
	IdentityBound      Detail = "IDENTITY_BOUND"
	IdentityUnbound    Detail = "IDENTITY_UNBOUND"
	TokenCreated       Detail = "TOKEN_CREATED"
	TokenRotated       Detail = "TOKEN_ROTATED"
	TokenEnded         Detail = "TOKEN_ENDED" // or a session, by another than its holder or from elsewhere
	PartnerAgreement   Detail = "PARTNER_AGREEMENT"
	AgreementPublished Detail = "AGREEMENT_PUBLISHED"
	SettingChanged     Detail = "SETTING"
)

// Outcome says how what is recorded ended.
type Outcome string

// The outcomes.
const (
	Done   Outcome = "DONE"
	Denied Outcome = "DENIED" // all or part of it was refused
	Failed Outcome = "FAILED" // nothing was written: the input or the data did not allow it
)

// Record is one record of the log. It holds no value of a client and nothing that was searched for.
type Record struct {
	Number       int64          `json:"n"` // its place in the log, from 0
	At           hmis.Timestamp `json:"at"`
	Kind         Kind           `json:"kind"`
	Outcome      Outcome        `json:"outcome"`
	Account      int64          `json:"account,omitempty"`      // row number; 0: a stranger, or the command
	Organization int64          `json:"organization,omitempty"` // row number; 0: the HMIS lead's own
	Role         string         `json:"role,omitempty"`         // by name, as the purpose
	Purpose      string         `json:"purpose,omitempty"`      // "": none in particular
	Session      string         `json:"session,omitempty"`      // the beginning of the hash of the token, in hexadecimal
	App          string         `json:"app,omitempty"`          // the program that asked, as its token or account names it; of a login, as it names itself
	Detail       Detail         `json:"detail,omitempty"`       // of logins and changes of access
	Subject      int64          `json:"subject,omitempty"`      // row number of the account of which the access was changed, where it is not Account
	Operation    string         `json:"operation,omitempty"`    // its name in the document
	Fields       []string       `json:"fields,omitempty"`       // what was asked of the schema's roots
	Document     string         `json:"document,omitempty"`     // Keys.Document of its text
	Clients      []Client       `json:"clients,omitempty"`      // in the order of their row numbers
	Before       int64          `json:"before,omitempty"`       // of Pruned
	Run          int64          `json:"run,omitempty"`          // of Import: row number of the import's run
}

// By begins a record of what a viewer does; nil is a stranger.
func By(v *policy.Viewer) Record {
	if v == nil {
		return Record{}
	}
	r := Record{Account: v.Account, Organization: v.Organization, Role: v.Role.String(), Session: v.Session, App: v.App}
	if v.Purpose != policy.AnyPurpose {
		r.Purpose = v.Purpose.String()
	}
	return r
}

// Client says what a record's operation showed of a client.
type Client struct {
	Key      int64           `json:"key"` // row number
	Shown    hmis.Categories `json:"shown,omitempty"`
	Withheld hmis.Categories `json:"withheld,omitempty"` // asked for, and of no row shown
	Bases    []Basis         `json:"bases,omitempty"`    // of what was shown, in the order of reason and release
}

// Basis is what it rested on that categories were shown.
type Basis struct {
	Reason  string          `json:"reason"`            // a policy.Reason, by name
	Release int64           `json:"release,omitempty"` // row number of a consent; 0: none
	Shown   hmis.Categories `json:"shown"`
}

// Keys is what the log is signed with.
type Keys struct {
	mac      []byte
	document []byte
	signer   note.Signer
	verifier note.Verifier
	vkey     string
}

// NewKeys makes the keys of the log from a secret of 32 bytes that nothing else is made from.
func NewKeys(secret []byte) (*Keys, error) {
	derive := func(use string) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "hearth audit "+use, 32)
		if err != nil {
			panic(err) // only for lengths out of range
		}
		return key
	}
	k := &Keys{mac: derive("records"), document: derive("documents")}
	var err error
	k.signer, k.verifier, k.vkey, err = noteKeys(derive("checkpoints"))
	return k, err
}

// Document identifies a document: the same text always has the same hash. It is keyed, because a document can hold what
// is searched for, and somebody could otherwise try values until the hash fits.
func (k *Keys) Document(text string) string {
	mac := hmac.New(sha256.New, k.document)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

var errBody = errors.New("the record was not written by this hub, or was changed")

// Seal writes a record as it is stored: 32 bytes that only the hub can make, then JSON. The one form of a record is
// what this gives.
func (k *Keys) Seal(r *Record) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return append(k.tag(text), text...), nil
}

func (k *Keys) tag(text []byte) []byte {
	mac := hmac.New(sha256.New, k.mac)
	mac.Write(text)
	return mac.Sum(nil)
}

// Open is the reverse of Seal. It fails for everything that Seal did not make.
func (k *Keys) Open(body []byte) (*Record, error) {
	if len(body) < sha256.Size || !hmac.Equal(body[:sha256.Size], k.tag(body[sha256.Size:])) {
		return nil, errBody
	}
	return Parse(body)
}

// Parse reads a stored record without asking who wrote it, for those who show the log; hearth audit verify asks.
func Parse(body []byte) (*Record, error) {
	r := &Record{}
	if len(body) < sha256.Size || json.Unmarshal(body[sha256.Size:], r) != nil {
		return nil, errBody
	}
	return r, nil
}

// Session is how records name a session or token, by the hash that the hub keeps of it.
func Session(hash []byte) string { return hex.EncodeToString(hash[:8]) }
