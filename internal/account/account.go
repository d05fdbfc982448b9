// Package account knows who may sign in and turns an account into the viewer that the store asks for.
package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// How long tokens live.
const (
	SessionLife = 12 * time.Hour
	TokenLife   = 365 * 24 * time.Hour
)

// Book is the accounts of a hub.
type Book struct {
	store *store.Store
	decoy string
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
	Username     string
	Password     string // "": signs in by token only
	Role         policy.Role
	Organization string // HUD id, or SOURCE/ID; for the roles of agencies
	Scopes       hmis.Categories
	Purposes     []policy.Purpose // that its requests may name; none: no release for a named purpose opens anything to it
	TrainedOn    *hmis.Date
	AgreedOn     *hmis.Date
}

var usernameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,63}$`)

// Create makes an account. Errors: Invalid, NotFound and Conflict, which say what to mend.
func (b *Book) Create(ctx context.Context, n New) error {
	a := store.Account{Username: strings.ToLower(n.Username), Role: n.Role, Scopes: n.Scopes, Purposes: n.Purposes, Active: true, TrainedOn: n.TrainedOn, AgreedOn: n.AgreedOn}
	switch {
	case !usernameForm.MatchString(a.Username):
		return hmis.Errorf(hmis.Invalid, "a username has 2 to 64 letters, digits and . _ @ -")
	case n.Role.OfAgency() && n.Organization == "":
		return hmis.Errorf(hmis.Invalid, "an account of the role %s belongs to an organization; name it with --organization", n.Role)
	case !n.Role.OfAgency() && n.Organization != "":
		return hmis.Errorf(hmis.Invalid, "an account of the role %s belongs to no organization", n.Role)
	case n.Role != policy.PartnerApp && n.Scopes != 0:
		return hmis.Errorf(hmis.Invalid, "only an app has scopes")
	}
	if n.Organization != "" {
		var err error
		if a.Organization, err = b.store.OrganizationWithID(ctx, n.Organization); err != nil {
			return err
		}
	}
	if n.Password != "" {
		if err := checkPassword(n.Password, a.Username); err != nil {
			return err
		}
		a.PasswordHash = hashPassword(n.Password)
	}
	return b.store.AddAccount(ctx, a)
}

// Disable ends an account for good: its password and tokens are refused from the next request on, on every server.
// Errors: NotFound.
func (b *Book) Disable(ctx context.Context, username string) error {
	a, err := b.named(ctx, username)
	if err != nil {
		return err
	}
	return b.store.DisableAccount(ctx, a.Key)
}

// ChangeRole gives an account another role, from the next request on. Errors: NotFound, and Invalid where the new role
// needs what the account does not have, an organization or scopes, or the other way round.
func (b *Book) ChangeRole(ctx context.Context, username string, role policy.Role) error {
	a, err := b.named(ctx, username)
	switch {
	case err != nil:
		return err
	case role.OfAgency() != (a.Organization != 0), (role == policy.PartnerApp) != (a.Role == policy.PartnerApp):
		return hmis.Errorf(hmis.Invalid, "an account does not change between an agency, an app and the CoC; disable it and make another")
	}
	return b.store.SetRole(ctx, a.Key, role)
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

var errLogin = hmis.Errorf(hmis.Denied, "no active account has this username and password")

// Login checks a password and opens a session. Errors: Denied, the same whether the name or the password is wrong.
func (b *Book) Login(ctx context.Context, username, password string) (Session, error) {
	a, err := b.store.AccountNamed(ctx, strings.ToLower(username))
	if err != nil {
		return Session{}, err
	}
	hash := b.decoy
	if a != nil && a.PasswordHash != "" {
		hash = a.PasswordHash
	}
	if fits := verifyPassword(ctx, hash, password); !fits || hash == b.decoy || !a.Active {
		return Session{}, errLogin
	}
	return b.token(ctx, a, true, SessionLife)
}

// CreateToken makes an API token for an account. Errors: NotFound.
func (b *Book) CreateToken(ctx context.Context, username string) (Session, error) {
	a, err := b.named(ctx, username)
	if err != nil {
		return Session{}, err
	}
	return b.token(ctx, a, false, TokenLife)
}

func (b *Book) token(ctx context.Context, a *store.Account, session bool, life time.Duration) (Session, error) {
	t := Session{newToken(), b.store.Now() + hmis.Timestamp(life/time.Second)}
	return t, b.store.AddToken(ctx, a.Key, hashToken(t.Token), session, t.Expires)
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
	return b.store.EndToken(ctx, hashToken(token))
}

// Viewer finds who a token stands for and what for it asks; purpose is a policy.Purpose by name, "" for the account's
// own if it has just one, else for none. Errors: Denied for a token that is none, has ended or run out, and for a
// purpose that the account may not name.
func (b *Book) Viewer(ctx context.Context, token, purpose string) (*policy.Viewer, error) {
	a, err := b.store.AccountOfToken(ctx, hashToken(token))
	if err != nil {
		return nil, err
	}
	if a == nil || !a.Active {
		return nil, hmis.Errorf(hmis.Denied, "the token is not valid, or no longer; sign in again")
	}
	v := a.Viewer()
	switch {
	case purpose == "" && len(a.Purposes) == 1:
		v.Purpose = a.Purposes[0]
	case purpose != "":
		if err := v.Purpose.UnmarshalGQL(purpose); err != nil || !slices.Contains(a.Purposes, v.Purpose) {
			return nil, hmis.Errorf(hmis.Denied, "the account may not ask for this purpose")
		}
	}
	return v, nil
}
