package account

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// Desk is the accounts as somebody who is signed in may keep them: the own one, and for administrators those of their
// people. An API token has none, so that whoever steals one cannot make more of it. Book itself is for the command line.
type Desk struct {
	book   *Book
	viewer *policy.Viewer
	own    *store.Account
}

var (
	errStranger  = hmis.Errorf(hmis.Denied, "sign in first")
	errNotYours  = hmis.Errorf(hmis.NotFound, "there is no account of that username, or not for you to keep")
	errNoAdmin   = hmis.Errorf(hmis.Denied, "only the HMIS lead does this, and for its own people an agency's administrator who is not narrowed to projects")
	errOnlyLead  = hmis.Errorf(hmis.Denied, "only the HMIS lead does this")
	errOneself   = hmis.Errorf(hmis.Denied, "another administrator does this to your own account")
	errOneOfYour = hmis.Errorf(hmis.Denied, "a token speaks in the name of its account: everybody makes the own ones, and administrators those of apps")
)

// Desk is that of the viewer. Errors: Denied for strangers and API tokens.
func (b *Book) Desk(ctx context.Context) (*Desk, error) {
	v := policy.ViewerOf(ctx)
	if v == nil {
		return nil, errStranger
	}
	if v.Login == 0 {
		return nil, hmis.Errorf(hmis.Denied, "an API token keeps no accounts; sign in with login")
	}
	a, err := b.store.AccountNumbered(ctx, v.Account)
	if err == nil && a == nil {
		err = errStranger
	}
	return &Desk{b, v, a}, err
}

// isLead reports whether the viewer is the HMIS lead, with an account in order.
func (d *Desk) isLead() bool { return d.viewer.Role == policy.SystemAdmin && d.inOrder() }

// isAdmin reports whether the viewer keeps accounts of others.
func (d *Desk) isAdmin() bool {
	return d.isLead() || d.viewer.Role == policy.AgencyAdmin && d.viewer.Organization != 0 && d.viewer.Projects == nil && d.inOrder()
}

func (d *Desk) inOrder() bool { return d.viewer.Standing.InOrder(d.book.store.Now().Day()) }

// keeps reports whether an account is the viewer's to keep, as an administrator.
func (d *Desk) keeps(a *store.Account) bool {
	return d.isAdmin() && (d.isLead() || a.Organization == d.viewer.Organization)
}

// Account finds the own account ("") or one that the viewer keeps. Errors: NotFound.
func (d *Desk) Account(ctx context.Context, username string) (*store.Account, error) {
	name := strings.ToLower(username)
	if name == "" || name == d.own.Username {
		return d.book.store.AccountNumbered(ctx, d.own.Key)
	}
	a, err := d.book.store.AccountNamed(ctx, name)
	if err == nil && (a == nil || !d.keeps(a)) {
		err = errNotYours
	}
	return a, err
}

// other is Account for what only administrators do, and not to themselves.
func (d *Desk) other(ctx context.Context, username string) (*store.Account, error) {
	if !d.isAdmin() {
		return nil, errNoAdmin
	}
	a, err := d.Account(ctx, username)
	if err == nil && a.Key == d.own.Key {
		err = errOneself
	}
	return a, err
}

// Accounts lists up to most accounts that the viewer keeps by username, those behind a name. Errors: Denied.
func (d *Desk) Accounts(ctx context.Context, behind string, most int) ([]*store.Account, error) {
	switch {
	case d.isLead():
		return d.book.store.AccountsOf(ctx, 0, behind, most)
	case d.isAdmin():
		return d.book.store.AccountsOf(ctx, d.viewer.Organization, behind, most)
	}
	return nil, errNoAdmin
}

// Tokens lists the live sessions and tokens of an account that Account found.
func (d *Desk) Tokens(ctx context.Context, a *store.Account) ([]*store.Token, error) {
	if a.Key != d.own.Key && !d.keeps(a) {
		return nil, errNotYours
	}
	return d.book.store.TokensOf(ctx, a.Key)
}

// Current reports whether a token is the session that asks.
func (d *Desk) Current(t *store.Token) bool { return t.Key == d.viewer.Login }

// ChangePassword gives the own account another password; its sessions end. Errors: Denied where the old one is wrong,
// Limit after many wrong ones, Invalid for one that is too easy to guess.
func (d *Desk) ChangePassword(ctx context.Context, old, new string) error {
	return d.guess(ctx, func() error { return d.book.ChangePassword(ctx, old, new) })
}

// guess slows down who holds a session and tries passwords or codes.
func (d *Desk) guess(ctx context.Context, try func() error) error {
	name := "session of " + d.own.Username // no username has spaces
	wait, err := d.book.store.CountAttempt(ctx, name, name)
	if err != nil {
		return err
	}
	if wait > 0 {
		return hmis.Errorf(hmis.Limit, "too many attempts; try again in %d seconds", wait)
	}
	if err := try(); err != nil {
		return err
	}
	return d.book.store.ForgetAttempt(ctx, name, name)
}

// showCode takes a code of the own second factor. Errors: Denied.
func (d *Desk) showCode(ctx context.Context, code string) error {
	if !d.own.HasSecondFactor() {
		return hmis.Errorf(hmis.NotFound, "the account has no second factor; add one with beginSecondFactor")
	}
	_, err := d.book.useCode(ctx, d.own, code)
	return err
}

// NewRecoveryCodes replaces the recovery codes of the own account. Errors: Denied for a wrong code.
func (d *Desk) NewRecoveryCodes(ctx context.Context, code string) (recovery []string, err error) {
	err = d.guess(ctx, func() error {
		if err := d.showCode(ctx, code); err != nil {
			return err
		}
		a, err := d.Account(ctx, "")
		if err != nil {
			return err
		}
		var hashes []string
		recovery, hashes = newRecovery()
		return d.book.store.SetSecondFactor(ctx, a.Key, a.Totp, a.TotpStep, hashes)
	})
	if err != nil {
		return nil, err
	}
	return recovery, d.book.changed(ctx, d.own, audit.SecondFactorAdded)
}

// RemoveSecondFactor takes the own second factor away. Errors: Denied for a wrong password or code and where the role
// needs one, Invalid where the password is too short without.
func (d *Desk) RemoveSecondFactor(ctx context.Context, password, code string) error {
	return d.guess(ctx, func() error {
		without := *d.own
		without.Totp = nil
		needs, err := d.book.store.NeedsSecondFactor(ctx, &without)
		switch {
		case err != nil:
			return err
		case needs:
			return hmis.Errorf(hmis.Denied, "your role needs a second factor; for another device ask your administrator for resetSecondFactor")
		case !verifyPassword(ctx, d.own.PasswordHash, password):
			return hmis.Errorf(hmis.Denied, "the password is wrong")
		}
		if err := d.book.checkPassword(ctx, password, &without); err != nil {
			return err
		}
		if err := d.showCode(ctx, code); err != nil {
			return err
		}
		if err := d.book.store.SetSecondFactor(ctx, d.own.Key, nil, 0, nil); err != nil {
			return err
		}
		return d.book.changed(ctx, d.own, audit.SecondFactorReset)
	})
}

// Sign signs the end-user agreement in force for the own account. Errors: Conflict where that is another version, NotFound
// where none is published.
func (d *Desk) Sign(ctx context.Context, version string) error {
	inForce, err := d.book.agreement(ctx)
	switch {
	case err != nil:
		return err
	case inForce == "":
		return hmis.Errorf(hmis.NotFound, "no end-user agreement is in force; the HMIS lead publishes one with publishEndUserAgreement")
	case version != inForce:
		return hmis.Errorf(hmis.Conflict, "another version is in force; read it with endUserAgreement, and sign that")
	}
	return d.book.Agree(ctx, d.own.Username, d.book.store.Now().Day())
}

// EndToken ends a token or session of the own account or of one that the viewer keeps. Errors: NotFound.
func (d *Desk) EndToken(ctx context.Context, username, id string) error {
	a, err := d.Account(ctx, username)
	if err != nil {
		return err
	}
	return d.book.EndToken(ctx, a.Username, id)
}

// EndSessions ends all sessions of an account, at once on all servers; of the own one all but that which asks. Errors:
// NotFound.
func (d *Desk) EndSessions(ctx context.Context, username string) error {
	a, err := d.Account(ctx, username)
	if err != nil {
		return err
	}
	if err := d.book.store.EndSessions(ctx, a.Key, d.viewer.Login); err != nil {
		return err
	}
	return d.book.changed(ctx, a, audit.TokenEnded)
}

// speaksFor finds an account in whose name the viewer may make tokens.
func (d *Desk) speaksFor(ctx context.Context, username string) (*store.Account, error) {
	a, err := d.Account(ctx, username)
	if err == nil && a.Key != d.own.Key && a.Role != policy.PartnerApp {
		err = errOneOfYour
	}
	return a, err
}

// MakeToken makes an API token for the own account or an app's that the viewer keeps. Projects are opaque ids; nil: as the
// account. Errors: NotFound, Denied, Invalid.
func (d *Desk) MakeToken(ctx context.Context, n NewToken, projects []string) (Session, error) {
	a, err := d.speaksFor(ctx, n.Username)
	if err != nil {
		return Session{}, err
	}
	n.Username = a.Username
	if projects != nil {
		if n.Projects, err = d.projects(ctx, a.Role, a.Organization, projects); err != nil {
			return Session{}, err
		}
	}
	return d.book.MakeToken(ctx, n)
}

// projects finds the projects of an agency that an account or token is narrowed to.
func (d *Desk) projects(ctx context.Context, role policy.Role, organization int64, ids []string) ([]int64, error) {
	if !role.OfAgency() {
		return nil, hmis.Errorf(hmis.Invalid, "only accounts of agencies are narrowed to projects")
	}
	return d.book.store.ProjectKeys(ctx, organization, ids)
}

// RotateToken makes a token in the place of another one. Errors: NotFound, Denied, Invalid.
func (d *Desk) RotateToken(ctx context.Context, username, id string, grace bool) (Session, error) {
	a, err := d.speaksFor(ctx, username)
	if err != nil {
		return Session{}, err
	}
	return d.book.RotateToken(ctx, a.Username, id, grace)
}

// Create makes an account, for an administrator of an agency one of its people. Organization and projects are opaque ids;
// projects nil: all. Errors: Denied, and as Book.Create.
func (d *Desk) Create(ctx context.Context, n New, organization string, projects []string) (err error) {
	if !d.isAdmin() {
		return errNoAdmin
	}
	a := store.Account{Role: n.Role}
	if organization != "" {
		if a.Organization, err = d.book.store.OrganizationKey(ctx, organization); err != nil {
			return err
		}
	} else if !d.isLead() {
		a.Organization = d.viewer.Organization
	}
	if !d.keeps(&a) {
		return hmis.Errorf(hmis.Denied, "an agency's administrator makes accounts of its own agency")
	}
	if projects != nil {
		if n.Projects, err = d.projects(ctx, a.Role, a.Organization, projects); err != nil {
			return err
		}
	}
	n.By, n.organization = &d.own.Key, a.Organization
	return d.book.Create(ctx, n)
}

// Change is what of an account's rights becomes different; nil: nothing.
type Change struct {
	Role        *policy.Role
	Projects    []string // opaque ids
	AllProjects bool
	Scopes      []hmis.Category
	Purposes    []policy.Purpose
}

// Update changes the rights of an account that the viewer keeps, from the next request on. Errors: Denied, NotFound, Invalid.
func (d *Desk) Update(ctx context.Context, username string, c Change) error {
	a, err := d.other(ctx, username)
	if err != nil {
		return err
	}
	if c.Role != nil {
		if err := mayBecome(a, *c.Role); err != nil {
			return err
		}
		a.Role = *c.Role
	}
	switch {
	case c.AllProjects:
		a.Projects = nil
	case c.Projects != nil:
		if a.Projects, err = d.projects(ctx, a.Role, a.Organization, c.Projects); err != nil {
			return err
		}
	}
	if c.Scopes != nil {
		if a.Role != policy.PartnerApp {
			return errScopes
		}
		a.Scopes = hmis.CategoriesOf(c.Scopes...)
	}
	if c.Purposes != nil {
		a.Purposes = c.Purposes
	}
	if err := d.book.store.SetRights(ctx, a); err != nil {
		return err
	}
	return d.book.changed(ctx, a, audit.RoleChanged)
}

// Administer does to an account that the viewer keeps what administrators do: Book's Disable, Enable, Train, SetPassword
// and ResetSecondFactor. Errors: Denied, NotFound, and those of what is done.
func (d *Desk) Administer(ctx context.Context, username string, do func(username string) error) error {
	a, err := d.other(ctx, username)
	if err != nil {
		return err
	}
	return do(a.Username)
}

// PublishAgreement asks every account to sign a new end-user agreement, from its day on. Errors: Denied, Invalid, Conflict.
func (d *Desk) PublishAgreement(ctx context.Context, e store.EndUserAgreement) error {
	if !d.isLead() {
		return errOnlyLead
	}
	if e.InForceFrom < d.book.store.Now().Day() {
		return hmis.Errorf(hmis.Invalid, "an agreement comes into force today or later")
	}
	if err := d.book.store.PublishAgreement(ctx, e, &d.own.Key); err != nil {
		return err
	}
	return d.book.changed(ctx, nil, audit.AgreementPublished)
}

// RecordPartnerAgreement keeps an organization's agreement; the organization is an opaque id. Errors: Denied, NotFound,
// Invalid, Conflict.
func (d *Desk) RecordPartnerAgreement(ctx context.Context, organization string, p store.PartnerAgreement) (err error) {
	if !d.isLead() {
		return errOnlyLead
	}
	if p.Organization, err = d.book.store.OrganizationKey(ctx, organization); err != nil {
		return err
	}
	if err := d.book.store.RecordPartnerAgreement(ctx, p, &d.own.Key); err != nil {
		return err
	}
	return d.book.changed(ctx, nil, audit.PartnerAgreement)
}

// PartnerAgreements lists agreements, newest first: all for the lead, those of the own organization for its people.
// Organization is an opaque id; "": all. Errors: Denied, NotFound.
func (d *Desk) PartnerAgreements(ctx context.Context, organization string) ([]store.PartnerAgreement, error) {
	of := d.viewer.Organization
	switch {
	case organization != "":
		var err error
		if of, err = d.book.store.OrganizationKey(ctx, organization); err != nil {
			return nil, err
		}
		if !d.isLead() && of != d.viewer.Organization {
			return nil, errOnlyLead
		}
	case of == 0 && !d.isLead():
		return nil, errOnlyLead
	}
	return d.book.store.PartnerAgreements(ctx, of)
}

// Settings are the community's choices about accounts.
type Settings struct {
	SecondFactorRoles      []policy.Role // who has no data without a second factor
	SessionsPerUser        int
	InactivityDays         int
	PasswordLetterAndDigit bool
}

// Settings reads the choices.
func (d *Desk) Settings(ctx context.Context) (Settings, error) {
	c := Settings{SecondFactorRoles: []policy.Role{}, SessionsPerUser: 1, InactivityDays: store.InactiveAfter}
	var names []string
	err := cmp.Or(d.book.store.Setting(ctx, store.SecondFactorRoles, &names), d.book.store.Setting(ctx, store.SessionsPerUser, &c.SessionsPerUser),
		d.book.store.Setting(ctx, store.InactivityDays, &c.InactivityDays), d.book.store.Setting(ctx, store.LetterAndDigit, &c.PasswordLetterAndDigit))
	for _, name := range names {
		role, err := policy.ParseRole(name)
		if err != nil {
			return c, err
		}
		c.SecondFactorRoles = append(c.SecondFactorRoles, role)
	}
	return c, err
}

// Choose keeps choices; they hold from the next request and sign-in on. Errors: Denied, Invalid.
func (d *Desk) Choose(ctx context.Context, c Settings) error {
	switch {
	case !d.isLead():
		return errOnlyLead
	case c.SessionsPerUser < 1 || c.SessionsPerUser > 20:
		return hmis.Errorf(hmis.Invalid, "a user has 1 to 20 sessions at once")
	case c.InactivityDays < 1 || c.InactivityDays > 365:
		return hmis.Errorf(hmis.Invalid, "an account is locked after 1 to 365 days unused")
	}
	names := []string{}
	for _, role := range c.SecondFactorRoles {
		names = append(names, role.String())
	}
	for name, value := range map[store.SettingName]any{store.SecondFactorRoles: slices.Compact(slices.Sorted(slices.Values(names))), store.SessionsPerUser: c.SessionsPerUser,
		store.InactivityDays: c.InactivityDays, store.LetterAndDigit: c.PasswordLetterAndDigit} {
		if err := d.book.store.SetSetting(ctx, name, value, &d.own.Key); err != nil {
			return err
		}
	}
	return d.book.changed(ctx, nil, audit.SettingChanged)
}

// BeginSecondFactor makes a secret for the own account. Errors: Conflict where it has one already.
func (d *Desk) BeginSecondFactor(ctx context.Context) (SecondFactor, error) {
	return d.book.BeginSecondFactor(ctx)
}

// ConfirmSecondFactor makes the second factor count once a code of it is shown. Errors: Denied for a wrong code, NotFound
// where none was begun.
func (d *Desk) ConfirmSecondFactor(ctx context.Context, code string) (recovery []string, err error) {
	err = d.guess(ctx, func() (err error) {
		recovery, err = d.book.ConfirmSecondFactor(ctx, code)
		return err
	})
	return recovery, err
}
