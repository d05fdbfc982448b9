package model

import (
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
)

// Account is an account as it is shown.
type Account struct {
	*store.Account
	Gates []*AccountGate
}

// Scopes are the categories that an app may see.
func (a *Account) Scopes() []hmis.Category { return a.Account.Scopes.List() }

// InOrder reports whether all gates are open.
func (a *Account) InOrder() bool {
	for _, g := range a.Gates {
		if !g.Open {
			return false
		}
	}
	return true
}

// Purposes are those that its requests may name.
func (a *Account) Purposes() []policy.Purpose { return a.Account.Purposes }

// HasPassword reports whether it can be signed in to by password.
func (a *Account) HasPassword() bool { return a.PasswordHash != "" }

// RecoveryCodesLeft is a number of codes.
func (a *Account) RecoveryCodesLeft() int32 { return int32(len(a.Recovery)) }

// HasIdentity reports whether an identity of a provider is bound to it.
func (a *Account) HasIdentity() bool { return a.Subject != nil }

// AccountSession is a session as it is shown.
type AccountSession struct {
	*store.Token
	ID      string
	Current bool
}

// APIToken is a token as it is shown.
type APIToken struct {
	*store.Token
	ID string
}

// Reads are the categories that it may read, nil for all of its account.
func (t *APIToken) Reads() []hmis.Category { return listed(t.Token.Reads) }

// Writes are the categories that it may write, nil for all of its account.
func (t *APIToken) Writes() []hmis.Category { return listed(t.Token.Writes) }

// StatisticsOnly reports whether it has numbers alone.
func (t *APIToken) StatisticsOnly() bool { return t.Statistics }

func listed(c *hmis.Categories) []hmis.Category {
	if c == nil {
		return nil
	}
	return append([]hmis.Category{}, c.List()...)
}

// PartnerAgreement is an agreement as it is shown.
type PartnerAgreement struct {
	store.PartnerAgreement
	Holds            bool
	LicensedAccounts int32
	ActiveAccounts   int32
}
