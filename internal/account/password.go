package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// What argon2id costs: OWASP's second choice, 64 MiB and 2 passes.
const (
	memoryKiB  = 64 * 1024
	passes     = 2
	lanes      = 1
	saltBytes  = 16
	hashBytes  = 32
	minLetters = 12
)

// two keeps a storm of logins from taking all memory: at most two hashes at once.
var two = make(chan struct{}, 2)

func checkPassword(password, username string) error {
	switch {
	case utf8.RuneCountInString(password) < minLetters:
		return hmis.Errorf(hmis.Invalid, "a password has at least %d characters; a few words are easier than signs", minLetters)
	case len(password) > 1024:
		return hmis.Errorf(hmis.Invalid, "a password has at most 1024 bytes")
	case strings.Contains(strings.ToLower(password), username):
		return hmis.Errorf(hmis.Invalid, "the password contains the username")
	}
	return nil
}

// hashPassword returns the PHC form, $argon2id$v=19$m=65536,t=2,p=1$SALT$HASH.
func hashPassword(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	hash := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
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
	got := argon2.IDKey([]byte(password), salt, uint32(time), uint32(memory), uint8(threads), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
