// Package account knows who may sign in and turns an account into the viewer that the store asks for.
package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// How long tokens live.
const (
	SessionLife = 12 * time.Hour
	TokenLife   = 365 * 24 * time.Hour
)

// RotationGrace is how long a token goes on being valid after another took its place, where that is asked for.
const RotationGrace = 24 * time.Hour

// Book is the accounts of a hub.
type Book struct {
	store *store.Store
	decoy string
}

// record adds to the log what happened to an account, which is nil where there is none, and returns once that is durable:
// nobody is told of it before. Whoever signs in does so as the account; changes are made by whoever is signed in, else by
// the command.
func (b *Book) record(ctx context.Context, r audit.Record, a *store.Account) error {
	if changes := r.Kind == audit.AccessChanged || r.Kind == audit.Logout; changes {
		by := audit.By(policy.ViewerOf(ctx))
		r.Account, r.Organization, r.Role, r.Purpose, r.Session, r.App = by.Account, by.Organization, by.Role, by.Purpose, by.Session, by.App
		if a != nil && a.Key != r.Account {
			r.Subject = a.Key
		}
	} else if a != nil {
		r.Account, r.Organization, r.Role = a.Key, a.Organization, a.Role.String()
	}
	return b.store.Record(ctx, r)
}

// changed records what of an account was changed.
func (b *Book) changed(ctx context.Context, a *store.Account, what audit.Detail) error {
	return b.record(ctx, audit.Record{Kind: audit.AccessChanged, Outcome: audit.Done, Detail: what}, a)
}

// decoy is checked where there is no such account, so that known and unknown names cost the same. Making it costs as
// much, hence once for all books.
var decoy = sync.OnceValue(func() string { return hashPassword("no account has this password") })

// Open opens the accounts of a store.
func Open(s *store.Store) *Book {
	return &Book{store: s, decoy: decoy()}
}

// New is a new account. Training and agreement hold for a year from their day; without both there is no data.
type New struct {
	By           *int64 // account that makes it; nil: the command
	Username     string
	Password     string // "": signs in by token only
	Role         policy.Role
	Organization string // HUD id, or SOURCE/ID; for the roles of agencies
	Scopes       hmis.Categories
	Purposes     []policy.Purpose // that its requests may name; none: no release for a named purpose opens anything to it
	Projects     []int64          // row numbers that it is narrowed to; nil: all of the organization
	TrainedOn    *hmis.Date
	Course       string     // of the training
	AgreedOn     *hmis.Date // to the end-user agreement in force that day

	organization int64 // row number, in place of Organization
}

var usernameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,63}$`)

// Create makes an account. Errors: Invalid, NotFound and Conflict, which say what to mend.
func (b *Book) Create(ctx context.Context, n New) error {
	a := store.Account{Username: strings.ToLower(n.Username), Organization: n.organization, Role: n.Role, Scopes: n.Scopes, Purposes: n.Purposes, Projects: n.Projects, Active: true,
		TrainedOn: n.TrainedOn, AgreedOn: n.AgreedOn, CreatedBy: n.By}
	if n.Course != "" {
		a.TrainingCourse = &n.Course
	}
	switch {
	case !usernameForm.MatchString(a.Username):
		return hmis.Errorf(hmis.Invalid, "a username has 2 to 64 letters, digits and . _ @ -")
	case n.Role.OfAgency() && n.Organization == "" && n.organization == 0:
		return hmis.Errorf(hmis.Invalid, "an account of the role %s belongs to an organization; name it (on the command line with --organization)", n.Role)
	case !n.Role.OfAgency() && (n.Organization != "" || n.organization != 0):
		return hmis.Errorf(hmis.Invalid, "an account of the role %s belongs to no organization", n.Role)
	case n.Role != policy.PartnerApp && n.Scopes != 0:
		return errScopes
	case n.TrainedOn != nil && *n.TrainedOn > b.store.Now().Day():
		return errUntrained
	}
	if n.Organization != "" {
		var err error
		if a.Organization, err = b.store.OrganizationWithID(ctx, n.Organization); err != nil {
			return err
		}
	}
	if n.Password != "" {
		if err := b.checkPassword(ctx, n.Password, &a); err != nil {
			return err
		}
		a.PasswordHash = hashPassword(n.Password)
	}
	if n.AgreedOn != nil {
		version, err := b.agreement(ctx)
		if err != nil {
			return err
		}
		a.AgreementVersion = &version
	}
	if err := b.store.AddAccount(ctx, a); err != nil {
		return err
	}
	made, err := b.named(ctx, a.Username)
	if err != nil {
		return err
	}
	return b.changed(ctx, made, audit.AccountCreated)
}

var (
	errScopes    = hmis.Errorf(hmis.Invalid, "only an app has scopes")
	errUntrained = hmis.Errorf(hmis.Invalid, "a training is recorded after it was passed")
)

// agreement is the version of the end-user agreement in force, "" where there is none.
func (b *Book) agreement(ctx context.Context) (string, error) {
	e, err := b.store.AgreementInForce(ctx)
	if err != nil || e == nil {
		return "", err
	}
	return e.Version, nil
}

// Disable ends an account: its password and tokens are refused from the next request on, on every server. Errors: NotFound.
func (b *Book) Disable(ctx context.Context, username string) error {
	return b.change(ctx, username, audit.AccountDisabled, func(a *store.Account) error { return b.store.DisableAccount(ctx, a.Key) })
}

// Enable opens an account that was disabled, or locked for being unused. Errors: NotFound, Conflict without a license.
func (b *Book) Enable(ctx context.Context, username string) error {
	return b.change(ctx, username, audit.AccountEnabled, func(a *store.Account) error { return b.store.EnableAccount(ctx, a) })
}

// Train records that an account passed the privacy training of a course on a day.
func (b *Book) Train(ctx context.Context, username string, day hmis.Date, course string) error {
	if day > b.store.Now().Day() {
		return errUntrained
	}
	if len(course) > 200 {
		return hmis.Errorf(hmis.Invalid, "the name of a course has at most 200 bytes")
	}
	return b.change(ctx, username, audit.TrainingRecorded, func(a *store.Account) error { return b.store.RecordTraining(ctx, a.Key, day, course) })
}

// Agree records that an account signed the end-user agreement in force on a day.
func (b *Book) Agree(ctx context.Context, username string, day hmis.Date) error {
	if day > b.store.Now().Day() {
		return hmis.Errorf(hmis.Invalid, "an agreement is recorded after it was signed")
	}
	version, err := b.agreement(ctx)
	if err != nil {
		return err
	}
	return b.change(ctx, username, audit.AgreementSigned, func(a *store.Account) error { return b.store.RecordAgreement(ctx, a.Key, day, version) })
}

// Partner records the partner agreement of an organization, by its HUD id. Errors: NotFound, Invalid, Conflict.
func (b *Book) Partner(ctx context.Context, organization string, p store.PartnerAgreement) (err error) {
	if p.Organization, err = b.store.OrganizationWithID(ctx, organization); err != nil {
		return err
	}
	if err := b.store.RecordPartnerAgreement(ctx, p, nil); err != nil {
		return err
	}
	return b.changed(ctx, nil, audit.PartnerAgreement)
}

// SetPassword gives an account another password and ends its sessions. Errors: NotFound, and Invalid for one that is too
// easy to guess.
func (b *Book) SetPassword(ctx context.Context, username, password string) error {
	return b.change(ctx, username, audit.PasswordChanged, func(a *store.Account) error {
		if err := b.checkPassword(ctx, password, a); err != nil {
			return err
		}
		return b.store.SetPassword(ctx, a.Key, hashPassword(password))
	})
}

// ResetSecondFactor takes an account's second factor away, for one who lost it, and ends its sessions and its password,
// which may be too short without.
func (b *Book) ResetSecondFactor(ctx context.Context, username string) error {
	return b.change(ctx, username, audit.SecondFactorReset, func(a *store.Account) error {
		if err := b.store.SetSecondFactor(ctx, a.Key, nil, 0, nil); err != nil {
			return err
		}
		return b.store.SetPassword(ctx, a.Key, "")
	})
}

func (b *Book) change(ctx context.Context, username string, what audit.Detail, do func(*store.Account) error) error {
	a, err := b.named(ctx, username)
	if err != nil {
		return err
	}
	if err := do(a); err != nil {
		return err
	}
	return b.changed(ctx, a, what)
}

// ChangeRole gives an account another role, from the next request on. Errors: NotFound, and Invalid where the new role
// needs what the account does not have, an organization or scopes, or the other way round.
func (b *Book) ChangeRole(ctx context.Context, username string, role policy.Role) error {
	return b.change(ctx, username, audit.RoleChanged, func(a *store.Account) error {
		if err := mayBecome(a, role); err != nil {
			return err
		}
		return b.store.SetRole(ctx, a.Key, role)
	})
}

func mayBecome(a *store.Account, role policy.Role) error {
	if role.OfAgency() != (a.Organization != 0) || (role == policy.PartnerApp) != (a.Role == policy.PartnerApp) {
		return hmis.Errorf(hmis.Invalid, "an account does not change between an agency, an app and the CoC; disable it and make another")
	}
	return nil
}

func (b *Book) named(ctx context.Context, username string) (*store.Account, error) {
	a, err := b.store.AccountNamed(ctx, strings.ToLower(username))
	if err == nil && a == nil {
		err = hmis.Errorf(hmis.NotFound, "there is no account of that username")
	}
	return a, err
}

// Session is a token that was just made; nobody can read it again.
type Session struct {
	Token   string
	Expires hmis.Timestamp
}

// Attempt is an attempt to sign in.
type Attempt struct {
	Username string
	Password string
	Code     string // of the second factor, or a recovery code; "": none was given
	Address  string // that it comes from
	App      string // the program that asks; "": none says
}

var (
	errLogin  = hmis.Errorf(hmis.Denied, "no active account has this username and password")
	errWeak   = hmis.Errorf(hmis.Denied, "the password is too easy to guess by today's rules; ask your administrator for a new one")
	errFactor = &hmis.Error{Code: hmis.Denied, Message: "give the code of your second factor too"}
	errCode   = hmis.Errorf(hmis.Denied, "the code is wrong, or was used already; wait for the next one")
)

// Names of programs stand in the log, where free text has no place.
var errApp = hmis.Errorf(hmis.Invalid, "the name of an app has 2 to 64 small letters, digits and . _ @ -")

// NeedsCode reports whether a login failed for nothing but a missing code.
func NeedsCode(err error) bool { return errors.Is(err, errFactor) }

// Login checks a password, and a code where the account has a second factor, and opens a session. By the community's
// choice it ends the account's other sessions. Errors: Denied, the same whether the name or the password is wrong; Limit
// where there were too many attempts, whether this one is right or not.
func (b *Book) Login(ctx context.Context, t Attempt) (Session, error) {
	if t.App != "" && !usernameForm.MatchString(t.App) {
		return Session{}, errApp
	}
	t.Username = strings.ToLower(t.Username)
	wait, err := b.store.CountAttempt(ctx, t.Username, t.Address)
	if err != nil {
		return Session{}, err
	}
	a, err := b.store.AccountNamed(ctx, t.Username)
	if err != nil {
		return Session{}, err
	}
	if wait > 0 {
		return Session{}, b.refuse(ctx, a, audit.TooMany, hmis.Errorf(hmis.Limit, "too many attempts to sign in; try again in %d seconds", wait))
	}
	how, err := b.authenticate(ctx, a, t)
	switch {
	case hmis.CodeOf(err) == hmis.Denied:
		return Session{}, b.refuse(ctx, a, how, err)
	case err != nil: // it could not be tried
		return Session{}, err
	}
	if err := b.store.ForgetAttempt(ctx, t.Username, t.Address); err != nil {
		return Session{}, err
	}
	return b.open(ctx, a, how, t.App)
}

// open opens a session for an account that showed who it is.
func (b *Book) open(ctx context.Context, a *store.Account, how audit.Detail, app string) (Session, error) {
	most := 1
	if err := b.store.Setting(ctx, store.SessionsPerUser, &most); err != nil {
		return Session{}, err
	}
	t := store.Token{Account: a.Key, Session: true}
	if app != "" {
		t.App = &app
	}
	made, err := b.token(ctx, t, SessionLife, most, 0)
	if err != nil {
		return Session{}, err
	}
	err = b.record(ctx, audit.Record{Kind: audit.Login, Outcome: audit.Done, Detail: how, Session: sessionOf(made.Token), App: app}, a)
	if err != nil {
		return Session{}, err
	}
	return made, nil
}

// refuse records why nobody was signed in, and returns that. Which name was typed is not recorded where there is no such
// account: people type passwords into the wrong field.
func (b *Book) refuse(ctx context.Context, a *store.Account, reason audit.Detail, why error) error {
	return cmp.Or(b.record(ctx, audit.Record{Kind: audit.LoginFailed, Outcome: audit.Denied, Detail: reason}, a), why)
}

// authenticate tells how an attempt shows who it is, or why it does not. It costs the same whether there is such an account
// or not. Errors: Denied.
func (b *Book) authenticate(ctx context.Context, a *store.Account, t Attempt) (how audit.Detail, err error) {
	hash := b.decoy
	if a != nil && a.PasswordHash != "" {
		hash = a.PasswordHash
	}
	if fits := verifyPassword(ctx, hash, t.Password); !fits || hash == b.decoy || !a.Active {
		return audit.WrongPassword, errLogin
	}
	if err := b.checkPassword(ctx, t.Password, a); hmis.CodeOf(err) == hmis.Invalid {
		return audit.WeakPassword, errWeak
	} else if err != nil {
		return "", err
	}
	how = audit.ByPassword
	if a.HasSecondFactor() {
		if how, err = b.useCode(ctx, a, t.Code); err != nil {
			return how, err
		}
	}
	if !currentHash(hash) {
		err = b.store.RehashPassword(ctx, a.Key, hashPassword(t.Password))
	}
	return how, err
}

// ChangePassword gives the viewer's own account another password; its sessions end. Errors: Denied where the old one is
// wrong, Invalid for one that is too easy to guess.
func (b *Book) ChangePassword(ctx context.Context, old, new string) error {
	a, err := b.own(ctx)
	if err != nil {
		return err
	}
	if !verifyPassword(ctx, a.PasswordHash, old) {
		return hmis.Errorf(hmis.Denied, "the old password is wrong")
	}
	return b.SetPassword(ctx, a.Username, new)
}

// own is the account of the viewer.
func (b *Book) own(ctx context.Context) (*store.Account, error) {
	v := policy.ViewerOf(ctx)
	if v == nil {
		return nil, errStranger
	}
	if !v.MayWrite() {
		return nil, hmis.Errorf(hmis.Denied, "the token of this request may change nothing")
	}
	return b.store.AccountNumbered(ctx, v.Account)
}

// NewToken is an API token to be made. It narrows what its account may do and never widens it.
type NewToken struct {
	Username   string
	Name       string           // what it is for
	App        string           // the program that asks with it, as metrics, the log and the list of trusted documents name it
	Reads      *hmis.Categories // nil: as its account
	Writes     *hmis.Categories // nil: as its account; empty: nothing
	Projects   []int64          // row numbers; nil: as its account
	Statistics bool             // numbers only
	Life       time.Duration    // 0: TokenLife; at most that
}

// CreateToken makes an API token that may do what its account may. Errors: NotFound.
func (b *Book) CreateToken(ctx context.Context, username string) (Session, error) {
	return b.MakeToken(ctx, NewToken{Username: username})
}

// MakeToken makes an API token. Errors: NotFound, Invalid.
func (b *Book) MakeToken(ctx context.Context, n NewToken) (Session, error) {
	a, err := b.named(ctx, n.Username)
	switch {
	case err != nil:
		return Session{}, err
	case n.Life < 0 || n.Life > TokenLife:
		return Session{}, hmis.Errorf(hmis.Invalid, "a token lives at most %d days", int(TokenLife.Hours()/24))
	case n.App != "" && !usernameForm.MatchString(n.App):
		return Session{}, errApp
	case len(n.Name) > 100:
		return Session{}, hmis.Errorf(hmis.Invalid, "the name of a token has at most 100 characters")
	}
	t := store.Token{Account: a.Key, Reads: n.Reads, Writes: n.Writes, Projects: n.Projects, Statistics: n.Statistics}
	if n.Name != "" {
		t.Name = &n.Name
	}
	if n.App != "" {
		t.App = &n.App
	}
	made, err := b.token(ctx, t, cmp.Or(n.Life, TokenLife), 0, 0)
	if err != nil {
		return Session{}, err
	}
	return made, b.changed(ctx, a, audit.TokenCreated)
}

// RotateToken makes a token in the place of another one of the account, with the same limits. The old one ends at once, or
// after RotationGrace. Errors: NotFound.
func (b *Book) RotateToken(ctx context.Context, username, id string, grace bool) (Session, error) {
	a, t, err := b.tokenOf(ctx, username, id)
	if err != nil {
		return Session{}, err
	}
	if t.Session {
		return Session{}, hmis.Errorf(hmis.Invalid, "a session is not rotated; sign in again")
	}
	wait := time.Duration(0)
	if grace {
		wait = RotationGrace
	}
	t.Replaces = &t.Key
	made, err := b.token(ctx, *t, TokenLife, 0, wait)
	if err != nil {
		return Session{}, err
	}
	return made, b.changed(ctx, a, audit.TokenRotated)
}

// EndToken ends a token or session of an account. Errors: NotFound.
func (b *Book) EndToken(ctx context.Context, username, id string) error {
	a, t, err := b.tokenOf(ctx, username, id)
	if err != nil {
		return err
	}
	if _, err := b.store.EndTokenNumbered(ctx, a.Key, t.Key); err != nil {
		return err
	}
	return b.changed(ctx, a, audit.TokenEnded)
}

func (b *Book) tokenOf(ctx context.Context, username, id string) (*store.Account, *store.Token, error) {
	a, err := b.named(ctx, username)
	if err != nil {
		return nil, nil, err
	}
	key, ok := b.store.TokenKey(id)
	live, err := b.store.TokensOf(ctx, a.Key)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range live {
		if ok && t.Key == key {
			return a, t, nil
		}
	}
	return nil, nil, hmis.Errorf(hmis.NotFound, "the account has no such token or session, or no longer")
}

func (b *Book) token(ctx context.Context, t store.Token, life time.Duration, most int, grace time.Duration) (Session, error) {
	made := Session{newToken(), b.store.Now() + hmis.Timestamp(life/time.Second)}
	t.ExpiresAt = &made.Expires
	return made, b.store.AddToken(ctx, t, hashToken(made.Token), most, grace)
}

func newToken() string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return "hearth_" + base64.RawURLEncoding.EncodeToString(secret)
}

// hashToken needs no salt and no work factor: a token is 256 random bits.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Logout ends a token; it reports whether it was a live one.
func (b *Book) Logout(ctx context.Context, token string) (bool, error) {
	ended, err := b.store.EndToken(ctx, hashToken(token))
	if err == nil && ended {
		err = b.record(ctx, audit.Record{Kind: audit.Logout, Outcome: audit.Done}, nil)
	}
	return ended, err
}

// Viewer finds who a token stands for and what for it asks; purpose is a policy.Purpose by name, "" for the account's
// own if it has just one, else for none. Errors: Denied for a token that is none, has ended or run out, and for a
// purpose that the account may not name.
func (b *Book) Viewer(ctx context.Context, token, purpose string) (*policy.Viewer, error) {
	a, t, err := b.store.AccountOfToken(ctx, hashToken(token))
	if err != nil {
		return nil, err
	}
	if a == nil || !a.Active {
		return nil, b.refuseToken(ctx, a, token, hmis.Errorf(hmis.Denied, "the token is not valid, or no longer; sign in again"))
	}
	v, err := b.store.Viewer(ctx, a)
	if err != nil {
		return nil, err
	}
	if t.Narrow(v); t.Session {
		v.Login = t.Key
	}
	v.Session, v.App = sessionOf(token), appOf(a, t)
	switch {
	case purpose == "" && len(a.Purposes) == 1:
		v.Purpose = a.Purposes[0]
	case purpose != "":
		if err := v.Purpose.UnmarshalGQL(purpose); err != nil || !slices.Contains(a.Purposes, v.Purpose) {
			return nil, b.refuseToken(ctx, a, token, hmis.Errorf(hmis.Denied, "the account may not ask for this purpose"))
		}
	}
	return v, nil
}

// refuseToken records that a token was refused, and returns why.
func (b *Book) refuseToken(ctx context.Context, a *store.Account, token string, why error) error {
	return cmp.Or(b.record(ctx, audit.Record{Kind: audit.TokenRefused, Outcome: audit.Denied, Session: sessionOf(token)}, a), why)
}

// appOf is the program that asks, as an administrator named it with its token or its account. What a login says of its
// program is not believed: it stands in the log beside the login alone.
func appOf(a *store.Account, t *store.Token) string {
	switch {
	case !t.Session && t.App != nil:
		return *t.App
	case a.Role == policy.PartnerApp:
		return a.Username
	}
	return ""
}

// sessionOf is how the log names the holder of a token.
func sessionOf(token string) string { return audit.Session(hashToken(token)) }
