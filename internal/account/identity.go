package account

import (
	"context"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
)

// Identity is who somebody is to an identity provider. A subject is unique within its issuer and never given twice.
type Identity struct {
	Issuer, Subject string
	SecondFactor    bool // the provider says that it asked for more than one factor
}

// bound is how the account keeps it; issuers are URLs and have no spaces.
func (id Identity) bound() string { return id.Issuer + " " + id.Subject }

// Bind lets the holder of an identity sign in to an account, in place of any that was bound to it before; the account's
// sessions end. Errors: Invalid, NotFound, and Conflict where the identity is another account's.
func (b *Book) Bind(ctx context.Context, username string, id Identity) error {
	a, err := b.named(ctx, username)
	switch {
	case err != nil:
		return err
	case a.Role == policy.PartnerApp:
		return hmis.Errorf(hmis.Invalid, "an app is no person and signs in by token only")
	case !safeURL(id.Issuer) || strings.Contains(id.Issuer, " "):
		return errIssuer
	case id.Subject == "" || len(id.Subject) > 255: // OpenID Connect Core 2: at most 255 ASCII characters
		return hmis.Errorf(hmis.Invalid, "the subject is the identity's \"sub\" with the provider, at most 255 characters")
	}
	bound := id.bound()
	return b.store.BindAccount(ctx, a.Key, &bound)
}

// Unbind takes the identity away from an account and ends its sessions. Errors: NotFound.
func (b *Book) Unbind(ctx context.Context, username string) error {
	a, err := b.named(ctx, username)
	if err != nil {
		return err
	}
	return b.store.BindAccount(ctx, a.Key, nil)
}

// LoginAs opens a session for the account that an administrator has bound to the identity; it never makes one. Errors:
// Denied.
func (b *Book) LoginAs(ctx context.Context, id Identity) (Session, error) {
	a, err := b.store.AccountBound(ctx, id.bound())
	switch {
	case err != nil:
		return Session{}, err
	case a == nil || !a.Active:
		return Session{}, errUnbound
	case (a.Role == policy.SystemAdmin || a.Role == policy.AgencyAdmin) && !id.SecondFactor:
		return Session{}, errOneFactor
	}
	return b.token(ctx, a, true, SessionLife)
}
