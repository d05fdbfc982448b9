package store_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hearth-hmis/hearth/internal/facts"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/internal/synth"
)

// The community in memory is the same from an export and from the database into which it was imported, on both.
func TestFactsFromBothWays(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made.zip")
	f, err := os.Create(made)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(f, synth.Options{Clients: 600, Seed: 5}, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"made up": made, "kit": filepath.Join(storetest.Cases(t), "tk1-fy2026.zip")} {
		want, err := facts.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		onBoth(t, func(t *testing.T, d storetest.Database) {
			s := d.Open(t)
			if _, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "made-up"}); err != nil {
				t.Fatal(err)
			}
			scope, err := s.ReportScope(as(t, s, viewer(t, s, policy.SystemAdmin, "")), nil)
			if err != nil {
				t.Fatal(err)
			}
			same := []cmp.Option{cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty(),
				cmpopts.IgnoreFields(facts.Facts{}, "Start", "End", "Made", "Software", "sources"), // of the export alone
				cmpopts.IgnoreFields(facts.Clients{}, "Row", "persons", "source"), cmpopts.IgnoreFields(facts.Households{}, "Row"), cmpopts.IgnoreFields(facts.Enrollments{}, "Row"), cmpopts.IgnoreFields(facts.Project{}, "Row")}
			if diff := cmp.Diff(want, scope.Facts, same...); diff != "" {
				t.Errorf("%s (-export +hub):\n%s", name, diff)
			}
			if scope.Clients.Row == nil || scope.Change == 0 || scope.At == nil {
				t.Error("the facts of a hub do not name its rows and its last change")
			}
		})
	}
}
