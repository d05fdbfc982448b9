package account

import (
	"context"
	"testing"
)

func TestPasswords(t *testing.T) {
	hash := hashPassword("correct horse battery")
	for _, c := range []struct {
		hash, password string
		want           bool
	}{
		{hash, "correct horse battery", true},
		{hash, "correct horse batterz", false},
		{hash, "", false},
		{"", "correct horse battery", false},
		{"$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$", "correct horse battery", false},
		{"$2a$10$abc", "correct horse battery", false},
	} {
		if got := verifyPassword(context.Background(), c.hash, c.password); got != c.want {
			t.Errorf("%q against %q: %v", c.password, c.hash, got)
		}
	}
	if hash == hashPassword("correct horse battery") {
		t.Error("two hashes of one password are equal: no salt")
	}
}

func TestCheckPassword(t *testing.T) {
	for _, c := range []struct {
		password       string
		least          int
		letterAndDigit bool
		ok             bool
	}{
		{"", 15, false, false},
		{"fourteen lette", 15, false, false},
		{"fifteen lettersx", 15, false, true},
		{"twelve chars", 12, false, true},
		{"my name is intake1 too", 15, false, false},
		{"PasswordPassword1!", 15, false, false},
		{"qwertyuiop123456789", 15, false, false},
		{"P@ssw0rdP@ssw0rd", 15, false, false},
		{"aaaaaaaaaaaaaaaaaaaa", 15, false, false},
		{"correct horse battery staple", 15, false, false},
		{"gravel otter lantern", 15, false, true},
		{"gravel otter lantern", 15, true, false},
		{"gravel otter lantern 7", 15, true, true},
	} {
		if err := checkPassword(c.password, "intake1", c.least, c.letterAndDigit); (err == nil) != c.ok {
			t.Errorf("%q: %v", c.password, err)
		}
	}
}

func TestHashesOfEarlierCost(t *testing.T) {
	if !currentHash(hashPassword("gravel otter lantern")) || currentHash("$argon2id$v=19$m=4096,t=2,p=1$c2FsdA$aGFzaA") {
		t.Error("an old hash is taken for a current one, or the reverse")
	}
}
