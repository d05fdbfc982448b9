package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// everyRecord is all that the hub has, in the clear.
func everyRecord(t *testing.T, s *store.Store) (all []string) {
	t.Helper()
	for _, f := range hmis.Files() {
		for _, row := range s.Records(t, f, f.Columns) {
			all = append(all, f.Name+row)
		}
	}
	return all
}

// names lists the clients' names as the lead sees them.
func names(t *testing.T, s *store.Store) ([]string, error) {
	t.Helper()
	today := s.Now().Day()
	ctx, err := s.As(context.Background(), &policy.Viewer{Account: 1, Username: "lead", Role: policy.SystemAdmin,
		Standing: policy.Standing{Active: true, TrainedUntil: today, AgreedUntil: today}})
	if err != nil {
		return nil, err
	}
	c, err := s.Clients(ctx, store.Page{}, nil, store.ByID)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, e := range c.Edges() {
		list = append(list, e.Node.PersonalID+" "+*e.Node.FirstName)
	}
	return list, nil
}

// A cell that was changed, or moved to another record or column, is not shown, and the error says where it stands.
func TestSpoiltCell(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		for name, spoil := range map[string]func(s *store.Store){
			"the key's id":   func(s *store.Store) { s.Spoil(t, "eve", "first_name", 20) },
			"the nonce":      func(s *store.Store) { s.Spoil(t, "eve", "first_name", 8*7) },
			"the text":       func(s *store.Store) { s.Spoil(t, "eve", "first_name", 8*18) },
			"the mark":       func(s *store.Store) { s.Spoil(t, "eve", "first_name", 0) },
			"another record": func(s *store.Store) { s.Swap(t, "eve", "bea", "first_name", "first_name") },
			"another column": func(s *store.Store) { s.Swap(t, "eve", "eve", "first_name", "last_name") },
		} {
			s := d.Open(t)
			storetest.Import(t, s, storetest.Community())
			if list, err := names(t, s); err != nil || len(list) < 3 {
				t.Fatal(list, err)
			}
			spoil(s)
			list, err := names(t, s)
			if err == nil || list != nil || !strings.Contains(err.Error(), "clients.first_name") {
				t.Errorf("%s: %v, %v", name, list, err)
			}
		}
	})
}

// A database from before sealing is sealed when it is opened, and nothing in it changes.
func TestSealingOfAClearDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url := d.New(t)
		s := storetest.OpenURL(t, url)
		storetest.Import(t, s, storetest.Community())
		before := everyRecord(t, s)
		if clear, _ := s.Clear(t); clear != 0 {
			t.Errorf("an import left %d cells in the clear", clear)
		}
		s.Unseal(t)
		if clear, _ := s.Clear(t); clear < 50 {
			t.Fatalf("%d cells in the clear, so nothing is shown", clear)
		}
		again := storetest.OpenURL(t, url)
		if clear, other := again.Clear(t); clear+other != 0 {
			t.Errorf("%d cells in the clear and %d of another key are left", clear, other)
		}
		if diff := cmp.Diff(before, everyRecord(t, again)); diff != "" {
			t.Error("sealing changed what is there", diff)
		}
	})
}

// Keys rotate while servers read and an import runs; afterwards nothing is of the old key, which opens nothing.
func TestRotation(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url, folder := d.New(t), t.TempDir()
		file, old := filepath.Join(folder, "keys.json"), filepath.Join(folder, "old.json")
		if err := seal.Create(file, seal.Wrap{}); err != nil {
			t.Fatal(err)
		}
		open := func(file string) (*store.Store, error) {
			keys, err := seal.Open(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			return store.Open(context.Background(), url, keys)
		}
		var hubs []*store.Store
		for range 3 { // one rotates, one serves, one imports
			s, err := open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			hubs = append(hubs, s)
		}
		storetest.Import(t, hubs[0], storetest.Community())
		before := everyRecord(t, hubs[0])
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(old, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}

		stop := make(chan struct{})
		var running sync.WaitGroup
		running.Go(func() {
			for {
				if list, err := names(t, hubs[1]); err != nil || len(list) < 3 {
					t.Error("while the keys rotate:", list, err)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		running.Go(func() {
			for _, name := range []string{"Aa", "Bb", "Cc"} {
				storetest.Import(t, hubs[2], storetest.Community().Set("Client", "eve", "FirstName", name).Set("Client", "eve", "DateUpdated", ""))
			}
		})
		cells, err := hubs[0].RotateKeys(t.Context(), func(string, int64, int64) {})
		if err != nil || cells < 50 {
			t.Errorf("%d cells, %v", cells, err)
		}
		close(stop)
		running.Wait()

		storetest.Import(t, hubs[2], storetest.Community()) // with keys that it opened before
		for _, s := range hubs {
			if clear, other := s.Clear(t); clear+other != 0 && s == hubs[0] {
				t.Errorf("%d cells in the clear and %d of another key are left", clear, other)
			}
			if diff := cmp.Diff(before, everyRecord(t, s)); diff != "" {
				t.Error("a rotation changed what is there", diff)
			}
		}
		if _, err := open(old); hmis.CodeOf(err) != hmis.Invalid || !strings.Contains(err.Error(), "older than the database") {
			t.Error("the old key file opens the database:", err)
		}
		s, err := open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if diff := cmp.Diff(before, everyRecord(t, s)); diff != "" {
			t.Error("the new key file does not open everything", diff)
		}
	})
}
