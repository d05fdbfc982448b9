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
	for _, bad := range []string{"", "short", "elevenchars", "my name is intake1"} {
		if checkPassword(bad, "intake1") == nil {
			t.Errorf("%q passed", bad)
		}
	}
	if err := checkPassword("correct horse battery", "intake1"); err != nil {
		t.Error(err)
	}
}
