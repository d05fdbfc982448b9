package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// A statement ends in the database when its operation's time is over, and does not work on for nobody.
func TestTheStatementIsCancelled(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if err := s.Endless(ctx); err == nil || ctx.Err() == nil { // in SQLite the statement runs in this very call: it has ended
			t.Fatalf("%v %v", err, ctx.Err())
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if d.Name == "postgres" {
			ends(t, s, "endless")
		}
	})
}

// A page that waits for another's lock is given up too, in the middle of what the guard asks.
func TestAWaitingStatementIsCancelled(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		if d.Name != "postgres" {
			continue // SQLite's readers wait for nobody
		}
		s := d.Open(t)
		storetest.Import(t, s, storetest.Community())
		lead := as(t, s, viewer(t, s, policy.SystemAdmin, ""))
		unlock := s.Lock(t, "clients")
		defer unlock()
		ctx, cancel := context.WithCancel(lead)
		failed := make(chan error)
		go func() {
			page, err := s.Clients(ctx, store.Page{}, nil, store.ByID)
			if err == nil {
				_, err = page.TotalCount(ctx)
			}
			failed <- err
		}()
		for s.Running(t, "clients") == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
		if err := <-failed; err == nil {
			t.Error("the page was read in spite of the lock")
		}
		ends(t, s, "clients")
	}
}

// ends waits until PostgreSQL works on no statement with the text; the lock that it waits for is still held.
func ends(t *testing.T, s *store.Store, text string) {
	t.Helper()
	for range 1000 {
		if s.Running(t, text) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the statement goes on in the database")
}
