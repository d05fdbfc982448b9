package account

import (
	"context"
	"strings"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
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
	return b.change(ctx, username, audit.IdentityBound, func(a *store.Account) error {
		switch {
		case a.Role == policy.PartnerApp:
			return hmis.Errorf(hmis.Invalid, "an app is no person and signs in by token only")
		case !safeURL(id.Issuer) || strings.Contains(id.Issuer, " "):
			return errIssuer
		case id.Subject == "" || len(id.Subject) > 255: // OpenID Connect Core 2
			return hmis.Errorf(hmis.Invalid, "the subject is the identity's \"sub\" with the provider, at most 255 characters")
		}
		bound := id.bound()
		return b.store.SetSubject(ctx, a.Key, &bound)
	})
}

// Unbind takes the identity away from an account and ends its sessions. Errors: NotFound.
func (b *Book) Unbind(ctx context.Context, username string) error {
	return b.change(ctx, username, audit.IdentityUnbound, func(a *store.Account) error { return b.store.SetSubject(ctx, a.Key, nil) })
}

var (
	errUnbound   = hmis.Errorf(hmis.Denied, "no active account is bound to this identity; ask your administrator to bind yours")
	errOneFactor = hmis.Errorf(hmis.Denied, "your account needs a second factor, and the identity provider does not say that it asked for one (amr: mfa); sign in with your password, or ask your administrator")
)

// LoginAs opens a session for the account that an administrator has bound to the identity; it never makes one. Errors:
// Denied.
func (b *Book) LoginAs(ctx context.Context, id Identity) (Session, error) {
	a, err := b.store.AccountWithSubject(ctx, id.bound())
	if err != nil {
		return Session{}, err
	}
	if a == nil || !a.Active {
		return Session{}, b.refuse(ctx, a, audit.Unbound, errUnbound)
	}
	strict, err := b.store.NeedsSecondFactor(ctx, a)
	if err != nil {
		return Session{}, err
	}
	if strict && !id.SecondFactor {
		return Session{}, b.refuse(ctx, a, audit.OneFactor, errOneFactor)
	}
	return b.open(ctx, a, audit.ByProvider, "")
}
