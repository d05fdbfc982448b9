package store_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var sameFacts = []cmp.Option{cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.EquateEmpty()}

// expectCurrent compares the facts that were kept with all read again.
func expectCurrent(t *testing.T, s *store.Store) {
	t.Helper()
	kept, whole := s.Advance(t), s.ReadWhole(t)
	if diff := cmp.Diff(whole.Facts, kept.Facts, sameFacts...); diff != "" {
		t.Errorf("(-all read again +kept current):\n%s", diff)
	}
	if kept.Change != whole.Change || !reflect.DeepEqual(kept.At, whole.At) {
		t.Errorf("kept at change %d of %v, want %d of %v", kept.Change, kept.At, whole.Change, whole.At)
	}
}

// After each import the facts are what all records give; the clients that it changed are read, and no others.
func TestFactsFollowImports(t *testing.T) {
	r := storetest.Community()
	steps := []struct {
		name  string
		rows  func(storetest.Rows) storetest.Rows
		whole bool // all has to be read
	}{
		{"nothing", func(r storetest.Rows) storetest.Rows { return r }, false},
		{"a client's answer", func(r storetest.Rows) storetest.Rows { return r.Set("Client", "ada", "VeteranStatus", "99") }, false},
		{"a record under a stay", func(r storetest.Rows) storetest.Rows {
			return r.Set("Disabilities", r["Disabilities"][0]["DisabilitiesID"], "DisabilityResponse", "99")
		}, false},
		{"a stay of another client", func(r storetest.Rows) storetest.Rows {
			return r.Set("Enrollment", r["Enrollment"][0]["EnrollmentID"], "PersonalID", "eve")
		}, false},
		{"another household", func(r storetest.Rows) storetest.Rows {
			return r.Set("Enrollment", r["Enrollment"][0]["EnrollmentID"], "HouseholdID", r["Enrollment"][1]["HouseholdID"])
		}, false},
		{"a new client and stay", func(r storetest.Rows) storetest.Rows {
			r = like(r, "Client", "ada", "PersonalID=zoe")
			return like(r, "Enrollment", r["Enrollment"][1]["EnrollmentID"], "EnrollmentID=zoe1", "PersonalID=zoe")
		}, false},
		{"a stay is gone", func(r storetest.Rows) storetest.Rows {
			return r.Without("Enrollment", "EnrollmentID", r["Enrollment"][1]["EnrollmentID"])
		}, false},
		{"a project's name", func(r storetest.Rows) storetest.Rows { return r.Set("Project", "21", "ProjectName", "South Quick") }, false},
		{"a new project", func(r storetest.Rows) storetest.Rows {
			return like(r, "Project", "21", "ProjectID=29")
		}, true},
		{"a victim service provider", func(r storetest.Rows) storetest.Rows { return r.Set("Organization", "2", "VictimServiceProvider", "1") }, false},
	}
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, r)
		before := s.Advance(t)
		rows := r
		for _, step := range steps {
			t.Run(step.name, func(t *testing.T) {
				if rows = step.rows(rows); step.name != "nothing" {
					importAll(t, s, rows)
				}
				if whole := s.ReadChanged(t, before) == nil; whole != step.whole {
					t.Errorf("all has to be read: %t, want %t", whole, step.whole)
				}
				expectCurrent(t, s)
				after := s.Advance(t)
				if same := reflect.DeepEqual(after.Facts, before.Facts); same != (step.name == "nothing") {
					t.Errorf("the facts are the same: %t", same)
				}
				before = after
			})
		}
	})
}

// importAll imports rows, however many are gone.
func importAll(t *testing.T, s *store.Store, r storetest.Rows) {
	t.Helper()
	if _, err := storetest.ImportPath(s, r.WriteZip(t, hmis.FY2026), store.ImportOptions{Source: "made-up", AcceptRemovals: true}); err != nil {
		t.Fatal(err)
	}
}

// Consents and locks are steps of the feed that leave the facts where they are.
func TestFactsStayWithConsents(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		storetest.Import(t, s, strangers(1))
		before := s.Advance(t)
		north := viewer(t, s, policy.CaseManager, "1")
		release(t, s, north, 1)
		if _, problems, err := s.LockClient(as(t, s, viewer(t, s, policy.SystemAdmin, "")), s.IDNamed(t, "Client", "ada"), true, policy.LockedByClient); err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		after := s.Advance(t)
		if after.Facts != before.Facts {
			t.Error("facts were read although none changed")
		}
		if after.Change <= before.Change {
			t.Errorf("the facts stand at change %d, after %d", after.Change, before.Change)
		}
	})
}

// What an agency reports on is taken from the facts in memory, and is what its rows in the database give.
func TestFactsOfAnAgency(t *testing.T) {
	path := storetest.WriteCrowd(t, 300, hmis.FY2026)
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		if _, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "made-up"}); err != nil {
			t.Fatal(err)
		}
		whole := s.Advance(t)
		for _, first := range []int{0, 3, 7} {
			var own []int64
			for _, p := range whole.Projects[first : first+3] {
				own = append(own, p.Row)
			}
			slices.Sort(own)
			if diff := cmp.Diff(s.ReadAtProjects(t, own).Facts, s.AtProjects(t, whole, own).Facts, sameFacts...); diff != "" {
				t.Errorf("projects %v (-database +memory):\n%s", own, diff)
			}
		}
	})
}

// What one server takes in is in the facts of another without anybody asking it to read.
func TestFactsFollowAnotherServer(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url := d.New(t)
		a, b := storetest.OpenURL(t, url), storetest.OpenURL(t, url)
		storetest.Import(t, a, storetest.Community())
		ctx, stop := context.WithCancel(t.Context())
		followed := make(chan struct{})
		go func() { b.Follow(ctx, slog.New(slog.NewTextHandler(io.Discard, nil))); close(followed) }()
		defer func() { stop(); <-followed }()
		b.WaitFor(t, a.Advance(t).Change)
		for i, answer := range []string{"0", "1", "99"} {
			importAll(t, a, storetest.Community().Set("Client", "ada", "VeteranStatus", answer))
			found := b.WaitFor(t, a.Advance(t).Change)
			if diff := cmp.Diff(a.ReadWhole(t).Facts, found.Facts, sameFacts...); diff != "" {
				t.Errorf("import %d (-database +memory of the other):\n%s", i, diff)
			}
		}
	})
}

// While the facts are read the old ones answer.
func TestOldFactsAnswer(t *testing.T) {
	s := storetest.Databases(t, server)[0].Open(t)
	storetest.Import(t, s, storetest.Community())
	before := s.Advance(t)
	done := s.HoldReading()
	importAll(t, s, storetest.Community().Set("Client", "ada", "VeteranStatus", "99"))
	if s.Current(t) != before {
		t.Error("another answer than the old facts")
	}
	done()
	if s.Advance(t) == before {
		t.Error("the facts are not read afterwards")
	}
}

// What goes wrong while the facts follow is told to the log by its kind, without the row that the error speaks of.
func TestFeedLogsNoData(t *testing.T) {
	s := storetest.Databases(t, server)[0].Open(t)
	storetest.Import(t, s, storetest.Community())
	if err := s.Try("UPDATE clients SET veteran_status = CAST('Planted' AS blob) WHERE personal_id = 'ada'"); err != nil {
		t.Fatal(err)
	}
	told := make(firstLines, 1)
	ctx, stop := context.WithCancel(t.Context())
	followed := make(chan struct{})
	go func() { s.Follow(ctx, slog.New(slog.NewTextHandler(told, nil))); close(followed) }()
	line := <-told
	stop()
	<-followed
	if strings.Contains(line, "Planted") || !strings.Contains(line, "NumError") {
		t.Errorf("the log says: %s", line)
	}
}

// firstLines hands the first lines of a log on.
type firstLines chan string

func (l firstLines) Write(p []byte) (int, error) {
	select {
	case l <- string(p):
	default:
	}
	return len(p), nil
}

// PostgreSQL gives numbers of the feed before they can be seen: whoever sees one has seen all before it.
func TestFeedIsInOrder(t *testing.T) {
	s := storetest.Databases(t, server)[1].Open(t)
	seen := s.StepsInTwoTransactions(t)
	if want := []string{"first: 1", "second waits: true", "second: 2"}; fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", seen, want)
	}
}
