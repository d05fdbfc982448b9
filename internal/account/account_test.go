package account

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/argon2"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

const pass = "window harbor velvet nine"

// withAccounts runs a test on both databases, with an account of each kind: ann with a password, app without, gone disabled.
func withAccounts(t *testing.T, test func(t *testing.T, ctx context.Context, b *Book, url string)) {
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) {
			url, ctx := d.New(t), context.Background()
			b := Open(storetest.OpenURL(t, url))
			for _, n := range []New{{Username: "ann", Password: pass}, {Username: "tokens"}, {Username: "gone", Password: pass}} {
				n.Role = policy.Analyst
				if err := b.Create(ctx, n); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Disable(ctx, "gone"); err != nil {
				t.Fatal(err)
			}
			test(t, ctx, b, url)
		})
	}
}

// counting counts how often argon2id runs, and how many at once at most.
func counting(t *testing.T) (runs, most *atomic.Int32) {
	runs, most = new(atomic.Int32), new(atomic.Int32)
	var now atomic.Int32
	derive = func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
		runs.Add(1)
		n := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		return argon2.IDKey(password, salt, time, memory, threads, keyLen)
	}
	t.Cleanup(func() { derive = argon2.IDKey })
	return runs, most
}

// Whether there is an account of the name, whether it is disabled or has no password: a wrong password costs one hash and
// is answered the same.
func TestKnownAndUnknownNamesCostTheSame(t *testing.T) {
	withAccounts(t, func(t *testing.T, ctx context.Context, b *Book, _ string) {
		runs, _ := counting(t)
		answers := map[string]bool{}
		for i, name := range []string{"ann", "ANN", "nobody", "tokens", "gone", "no such name"} {
			before := runs.Load()
			_, err := b.Login(ctx, Attempt{Username: name, Password: "not the password", Address: fmt.Sprint("192.0.2.", i)})
			if hmis.CodeOf(err) != hmis.Denied || runs.Load() != before+1 {
				t.Errorf("%s: %v, %d hashes", name, err, runs.Load()-before)
			}
			answers[err.Error()] = true
		}
		if _, err := b.Login(ctx, Attempt{Username: "gone", Password: pass, Address: "192.0.2.9"}); err == nil || len(answers) != 1 {
			t.Errorf("answers %v; a disabled account with its password: %v", answers, err)
		}
		if _, err := b.Login(ctx, Attempt{Username: "ann", Password: pass, Address: "192.0.2.9"}); err != nil {
			t.Error(err)
		}
		for i, name := range []string{"ann", "nobody"} { // who has to wait costs nothing
			var err error
			for range 30 {
				_, err = b.Login(ctx, Attempt{Username: name, Password: "x", Address: fmt.Sprint("203.0.113.", i)})
			}
			before := runs.Load()
			_, again := b.Login(ctx, Attempt{Username: name, Password: pass, Address: fmt.Sprint("203.0.113.", i)})
			if hmis.CodeOf(err) != hmis.Limit || hmis.CodeOf(again) != hmis.Limit || runs.Load() != before {
				t.Errorf("%s, guessed at: %v, %v, %d hashes", name, err, again, runs.Load()-before)
			}
		}
	})
}

// At most two hashes are made at once, whoever asks.
func TestTwoHashesAtOnce(t *testing.T) {
	withAccounts(t, func(t *testing.T, ctx context.Context, b *Book, _ string) {
		_, most := counting(t)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				_, _ = b.Login(ctx, Attempt{Username: "ann", Password: "wrong", Address: fmt.Sprint("192.0.2.", i)})
			})
		}
		all.Wait()
		if n := most.Load(); n < 1 || n > 2 {
			t.Errorf("%d at once", n)
		}
	})
}

// A hash of an earlier cost is replaced at the next good login, and not by a bad one.
func TestRehashAtLogin(t *testing.T) {
	withAccounts(t, func(t *testing.T, ctx context.Context, b *Book, _ string) {
		const earlier = "$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
		old := phcOf(earlier, pass)
		a, err := b.store.AccountNamed(ctx, "ann")
		if err == nil {
			err = b.store.RehashPassword(ctx, a.Key, old)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			password string
			current  bool
		}{{"wrong", false}, {pass, true}, {pass, true}} {
			_, err := b.Login(ctx, Attempt{Username: "ann", Password: c.password, Address: "192.0.2.1"})
			now, errNow := b.store.AccountNamed(ctx, "ann")
			if errNow != nil {
				t.Fatal(errNow)
			}
			if (err == nil) != (c.password == pass) || currentHash(now.PasswordHash) != c.current {
				t.Errorf("%q: %v, the hash is %.40s", c.password, err, now.PasswordHash)
			}
		}
	})
}

// A username is never given twice, not to another case of it nor after its account was disabled.
func TestUsernamesAreNeverReused(t *testing.T) {
	withAccounts(t, func(t *testing.T, ctx context.Context, b *Book, _ string) {
		for _, name := range []string{"ann", "Ann", "gone", "GONE"} {
			if err := b.Create(ctx, New{Username: name, Role: policy.Funder}); hmis.CodeOf(err) != hmis.Conflict {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// The licensed accounts are a number that cannot be exceeded: not one by one, not at once, not by opening one that was
// disabled, not by waiting until the agreement ran out, and not by an agreement on fewer.
func TestLicensedAccounts(t *testing.T) {
	withAccounts(t, func(t *testing.T, ctx context.Context, b *Book, url string) {
		storetest.Import(t, b.store, storetest.Community())
		key, err := b.store.OrganizationWithID(ctx, "1")
		if err != nil {
			t.Fatal(err)
		}
		today := b.store.Now().Day()
		agree := func(n int32) error {
			return b.store.RecordPartnerAgreement(ctx, store.PartnerAgreement{Organization: key, Version: "2", SignedOn: today, EndsOn: today + 30, Licensed: n}, nil)
		}
		if err := agree(3); err != nil {
			t.Fatal(err)
		}
		made := make([]error, 8)
		var all sync.WaitGroup
		for i := range made {
			all.Go(func() {
				made[i] = b.Create(ctx, New{Username: fmt.Sprint("worker", i), Role: policy.Intake, Organization: "1"})
			})
		}
		all.Wait()
		var first string
		count := 0
		for i, err := range made {
			switch hmis.CodeOf(err) {
			case hmis.Conflict:
			default:
				if err != nil {
					t.Error(err)
				}
				count++
				first = fmt.Sprint("worker", i)
			}
		}
		if count != 3 {
			t.Fatalf("%d of 8 at once were made, with 3 licenses: %v", count, errors.Join(made...))
		}
		create := func(name string) hmis.ErrorCode {
			return hmis.CodeOf(b.Create(ctx, New{Username: name, Role: policy.Intake, Organization: "1"}))
		}
		if err := b.Disable(ctx, first); err != nil || create("next") == hmis.Conflict {
			t.Errorf("a license that became free is not given: %v", err)
		}
		if err := b.Enable(ctx, first); hmis.CodeOf(err) != hmis.Conflict {
			t.Errorf("opened beyond the licenses: %v", err)
		}
		if err := agree(2); hmis.CodeOf(err) != hmis.Conflict {
			t.Errorf("an agreement on fewer than there are: %v", err)
		}
		storetest.Run(t, url, fmt.Sprintf("UPDATE partner_agreements SET ends_on = '%s'", today-1))
		if create("later") != hmis.Conflict {
			t.Error("an agreement that ran out licenses any number")
		}
		if err := agree(4); err != nil || create("later") == hmis.Conflict {
			t.Errorf("a new agreement: %v", err)
		}
	})
}

// phcOf hashes a password as the beginning of a PHC string says.
func phcOf(head, password string) string {
	parts := strings.Split(head, "$")
	salt, _ := base64.RawStdEncoding.DecodeString(parts[4])
	return head + base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8192, 1, hashBytes))
}
