package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
)

// The second factor is a code of six digits from an authenticator app (RFC 6238), new every 30 seconds.
const (
	period        = 30 // seconds
	skew          = 1  // steps by which a clock may be off
	secretBytes   = 20
	recoveryCodes = 10
	recoveryBytes = 15 // 24 characters
	unconfirmed   = -1 // in place of a step, until a code was shown
)

// SecondFactor is what an authenticator app needs; it is shown once.
type SecondFactor struct {
	Secret string // base32
	URI    string // otpauth://, for a QR code
}

var noPadding = base32.StdEncoding.WithPadding(base32.NoPadding)

// BeginSecondFactor makes a secret for the viewer's account. It counts from ConfirmSecondFactor on. Errors: Conflict where
// the account has one already.
func (b *Book) BeginSecondFactor(ctx context.Context) (SecondFactor, error) {
	a, err := b.own(ctx)
	if err != nil {
		return SecondFactor{}, err
	}
	if a.HasSecondFactor() {
		return SecondFactor{}, hmis.Errorf(hmis.Conflict, "the account has a second factor; an administrator resets it where it is lost")
	}
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret)
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Hearth", AccountName: a.Username, Secret: secret, Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return SecondFactor{}, err
	}
	return SecondFactor{key.Secret(), key.URL()}, b.store.SetSecondFactor(ctx, a.Key, secret, unconfirmed, nil)
}

// ConfirmSecondFactor makes the second factor count, once a code of it is shown, and gives the recovery codes, each of
// which works once in its place. Errors: Denied for a wrong code, NotFound where none was begun.
func (b *Book) ConfirmSecondFactor(ctx context.Context, code string) (recovery []string, err error) {
	a, err := b.own(ctx)
	switch {
	case err != nil:
		return nil, err
	case a.Totp == nil || a.HasSecondFactor():
		return nil, hmis.Errorf(hmis.NotFound, "no second factor was begun; ask for beginSecondFactor first")
	}
	step, ok := b.stepOf(a, code)
	if !ok {
		return nil, errCode
	}
	recovery, hashes := newRecovery()
	if err := b.store.SetSecondFactor(ctx, a.Key, a.Totp, step, hashes); err != nil {
		return nil, err
	}
	return recovery, b.changed(ctx, a, audit.SecondFactorAdded)
}

// newRecovery makes recovery codes, and the hashes that are kept of them.
func newRecovery() (codes, hashes []string) {
	for range recoveryCodes {
		secret := make([]byte, recoveryBytes)
		_, _ = rand.Read(secret)
		text := strings.ToLower(noPadding.EncodeToString(secret))
		codes = append(codes, text[:8]+"-"+text[8:16]+"-"+text[16:])
		hashes = append(hashes, hashCode(text))
	}
	return codes, hashes
}

// hashCode needs no salt and no work factor: a recovery code is 120 random bits.
func hashCode(code string) string {
	sum := sha256.Sum256([]byte("hearth recovery " + code))
	return hex.EncodeToString(sum[:])
}

// useCode takes a code once, of the second factor or a recovery code, and tells which it is, or why it is not good. Errors:
// Denied.
func (b *Book) useCode(ctx context.Context, a *store.Account, code string) (how audit.Detail, err error) {
	if code == "" {
		return audit.NoCode, errFactor
	}
	code = strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
	var good bool
	if step, ok := b.stepOf(a, code); ok {
		how = audit.ByCode
		good, err = b.store.UseStep(ctx, a.Key, step)
	} else {
		how = audit.ByRecovery
		good, err = b.store.UseRecovery(ctx, a.Key, hashCode(code))
	}
	if err == nil && !good {
		return audit.WrongCode, errCode
	}
	return how, err
}

// stepOf finds the step whose code it is.
func (b *Book) stepOf(a *store.Account, code string) (step int64, ok bool) {
	now := int64(b.store.Now()) / period
	for s := now - skew; s <= now+skew; s++ {
		want, err := totp.GenerateCodeCustom(noPadding.EncodeToString(a.Totp), time.Unix(s*period, 0), totp.ValidateOpts{Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}
