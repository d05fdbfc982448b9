package store_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/hmiscsv"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var sized = flag.Int("sized", 300, "clients of the community that TestFactsAtSize follows and BenchmarkFacts builds")

// TestFactsAtSize follows a community on a second server while the first takes in changes of one client, of a hundred and of
// a thousand, and says how long it took to be in the numbers. What it demands does not hang on the clock.
func TestFactsAtSize(t *testing.T) {
	path := storetest.WriteCrowd(t, *sized, hmis.FY2026)
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url := d.New(t)
		a, b := storetest.OpenURL(t, url), storetest.OpenURL(t, url)
		began := time.Now()
		if _, err := storetest.ImportPath(a, path, store.ImportOptions{Source: "made-up"}); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d clients taken in: %v", *sized, time.Since(began).Round(time.Millisecond))
		ctx, stop := context.WithCancel(t.Context())
		followed := make(chan struct{})
		began = time.Now()
		go func() { b.Follow(ctx, slog.New(slog.NewTextHandler(io.Discard, nil))); close(followed) }()
		defer func() { stop(); <-followed }()
		last := b.WaitFor(t, 1)
		t.Logf("facts of %d enrollments built from the database: %v", last.Enrollments.Len(), time.Since(began).Round(time.Millisecond))
		for step, few := range []int{1, 100, 1000} {
			changed := writeChanged(t, path, few, int64(step))
			seen := make(chan time.Time)
			go func() { b.WaitFor(t, last.Change+1); seen <- time.Now() }()
			began := time.Now()
			if _, err := storetest.ImportPath(a, changed, store.ImportOptions{Source: "made-up"}); err != nil {
				t.Fatal(err)
			}
			committed := time.Now()
			t.Logf("%d changed clients: taken in %v, in the numbers of another server %v later", few, committed.Sub(began).Round(time.Millisecond), (<-seen).Sub(committed).Round(time.Millisecond))
			whole := a.ReadWhole(t)
			if last = b.WaitFor(t, whole.Change); !cmp.Equal(last.Clients.VeteranStatus, whole.Clients.VeteranStatus) || last.Change != whole.Change {
				t.Errorf("%d changed clients are not in the numbers", few)
			}
		}
	})
}

// writeChanged writes an export that adds to what there is: the first clients of another one, with another answer each time.
func writeChanged(t *testing.T, path string, few int, step int64) string {
	t.Helper()
	all, err := hmiscsv.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	changed := filepath.Join(t.TempDir(), "changed.zip")
	f, err := os.Create(changed)
	if err != nil {
		t.Fatal(err)
	}
	w := hmiscsv.NewWriter(f, hmis.FY2026)
	enough := errors.New("enough")
	for _, file := range []string{"Export", "Organization", "User", "Project", "Client"} {
		n, h := 0, hmis.FileNamed(file)
		err := all.Rows(file, func(r *hmiscsv.Row) error {
			switch {
			case r.Refused():
				return nil
			case file == "Export":
				r.Cells[at(h, "ExportDirective")].N = 1 // delta refresh
			case file == "Client" && n == few:
				return enough
			case file == "Client":
				n++
				r.Cells[at(h, "VeteranStatus")] = hmiscsv.Cell{N: step % 2, Set: true}
				r.Cells[at(h, "DateUpdated")].N += step + 1
			}
			return w.Write(file, r.Cells)
		})
		if err != nil && !errors.Is(err, enough) {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return changed
}

func at(f *hmis.File, column string) int {
	for i, c := range f.Columns {
		if c.Name == column {
			return i
		}
	}
	panic(column)
}

// BenchmarkFacts builds the facts of a community from each database.
func BenchmarkFacts(b *testing.B) {
	path := storetest.WriteCrowd(b, *sized, hmis.FY2026)
	for _, d := range storetest.Databases(b, server) {
		b.Run(d.Name, func(b *testing.B) {
			s := d.Open(b)
			if _, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "made-up"}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s.ReadWhole(b)
			}
		})
	}
}
