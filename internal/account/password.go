package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
)

// What argon2id costs: OWASP's second choice, 64 MiB and 2 passes.
const (
	memoryKiB = 64 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	hashBytes = 32
)

// The least a password has, in characters: by itself, and beside a second factor (NIST SP 800-63B-4, 3.1.1.2).
const (
	minLetters       = 15
	minLettersFactor = 12
)

// derive is argon2id; a test counts how often it runs, and how many at once.
var derive = argon2.IDKey

// two keeps a storm of logins from taking all memory: at most two hashes at once.
var two = make(chan struct{}, 2)

// checkPassword refuses a password that is too easy to guess, for the account that is to have it. Errors: Invalid.
func (b *Book) checkPassword(ctx context.Context, password string, a *store.Account) error {
	least, both := minLetters, false
	if a.HasSecondFactor() {
		least = minLettersFactor
	}
	if err := b.store.Setting(ctx, store.LetterAndDigit, &both); err != nil {
		return err
	}
	return checkPassword(password, a.Username, least, both)
}

func checkPassword(password, username string, least int, letterAndDigit bool) error {
	lower := strings.ToLower(password)
	switch {
	case utf8.RuneCountInString(password) < least:
		return hmis.Errorf(hmis.Invalid, "a password has at least %d characters (%d beside a second factor); a few words are easier than signs", least, minLettersFactor)
	case len(password) > 1024:
		return hmis.Errorf(hmis.Invalid, "a password has at most 1024 bytes")
	case strings.Contains(lower, username):
		return hmis.Errorf(hmis.Invalid, "the password contains the username")
	case common(lower):
		return hmis.Errorf(hmis.Invalid, "the password is one of those that are tried first, or a repetition; take a few words that do not belong together")
	case letterAndDigit && !(strings.ContainsFunc(password, unicode.IsLetter) && strings.ContainsFunc(password, unicode.IsDigit)):
		return hmis.Errorf(hmis.Invalid, "this community's passwords have at least one letter and one digit")
	}
	return nil
}

//go:embed common-passwords.txt
var commonList string

var commonWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(commonList) {
		m[w] = true
	}
	return m
})

// common reports whether a password, in lower case, is made of nothing but what is tried first: words of the list one
// after the other, with digits and signs around them, and runs of one sign or of the keyboard.
func common(password string) bool {
	plain := strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i").Replace(password)
	for _, form := range []string{password, plain} {
		if distinct(form) < 5 {
			return true
		}
		rest := form
		for rest != "" {
			n := commonPrefix(rest)
			if n == 0 {
				break
			}
			rest = rest[n:]
		}
		if rest == "" {
			return true
		}
	}
	return false
}

func distinct(s string) int {
	m := map[rune]bool{}
	for _, r := range s {
		m[r] = true
	}
	return len(m)
}

// commonPrefix is the length of the longest word of the list, or of one digit or sign, that a text begins with.
func commonPrefix(s string) int {
	for n := min(len(s), 20); n >= 3; n-- {
		if commonWords()[s[:n]] {
			return n
		}
	}
	if r, n := utf8.DecodeRuneInString(s); !unicode.IsLetter(r) {
		return n
	}
	return 0
}

// hashPassword returns the PHC form, $argon2id$v=19$m=65536,t=2,p=1$SALT$HASH.
func hashPassword(password string) string {
	two <- struct{}{}
	defer func() { <-two }()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	hash := derive([]byte(password), salt, passes, memoryKiB, lanes, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

// currentHash reports whether a hash costs what hashes cost today.
func currentHash(phc string) bool {
	return strings.HasPrefix(phc, fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, memoryKiB, passes, lanes))
}

// verifyPassword compares in constant time; a hash of another form fits nothing.
func verifyPassword(ctx context.Context, phc, password string) bool {
	var version, memory, time, threads int
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || len(password) > 1024 {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil || version != argon2.Version {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false
	}
	select {
	case two <- struct{}{}:
		defer func() { <-two }()
	case <-ctx.Done():
		return false
	}
	got := derive([]byte(password), salt, uint32(time), uint32(memory), uint8(threads), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
