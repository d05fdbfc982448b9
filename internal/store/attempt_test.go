package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// Guessing is slowed by name and by address, whether or not there is such an account, and wears off; strangers who
// guess at a name do not keep its owner out.
func TestGuessing(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		ctx, at := context.Background(), time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		var s *store.Store
		begin := func() {
			s = d.Open(t)
			s.SetClock(func() time.Time { return at })
		}
		count := func(name, address string) int {
			t.Helper()
			wait, err := s.CountAttempt(ctx, name, address)
			if err != nil {
				t.Fatal(err)
			}
			return wait
		}
		good := func(name, address string) {
			t.Helper()
			if err := s.ForgetAttempt(ctx, name, address); err != nil {
				t.Fatal(err)
			}
		}

		begin() // one name from one address
		var waits []int
		for range 9 {
			waits = append(waits, count("ann", "192.0.2.1"))
		}
		if fmt.Sprint(waits) != "[0 0 0 0 0 2 4 8 16]" {
			t.Errorf("guess after guess has to wait %v seconds", waits)
		}
		for range 20 {
			waits = append(waits, count("ann", "192.0.2.1"))
		}
		if last := waits[len(waits)-1]; last != 15*60 {
			t.Errorf("the longest wait is %d seconds", last)
		}
		at = at.Add(24 * time.Hour)
		if wait := count("ann", "192.0.2.1"); wait != 0 {
			t.Errorf("after a day the next one has to wait %d seconds", wait)
		}

		begin() // one name from many addresses; its owner signed in from his own before
		count("ann", "198.51.100.7")
		good("ann", "198.51.100.7")
		at = at.Add(time.Hour)
		for i := range 20 {
			if wait := count("ann", fmt.Sprint("192.0.2.", i)); wait != 0 {
				t.Errorf("%d: %d", i, wait)
			}
		}
		if wait := count("ann", "203.0.113.1"); wait == 0 {
			t.Error("a name is guessed at from ever new addresses")
		}
		for range 5 {
			if wait := count("ann", "198.51.100.7"); wait != 0 {
				t.Errorf("its owner has to wait %d seconds", wait)
			}
		}

		begin() // many names from one address
		for i := range 50 {
			if wait := count(fmt.Sprint("name", i), "192.0.2.1"); wait != 0 {
				t.Errorf("%d: %d", i, wait)
			}
		}
		if count("ann", "192.0.2.1") == 0 || count("ann", "192.0.2.2") != 0 {
			t.Error("an address tries name after name, or another one pays for it")
		}

		begin() // many at once are all counted
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { _, _ = s.CountAttempt(ctx, "ann", "192.0.2.1") })
		}
		all.Wait()
		if wait := count("ann", "192.0.2.1"); wait != 64 {
			t.Errorf("after ten at once the next one waits %d seconds, not 64", wait)
		}
	})
}
