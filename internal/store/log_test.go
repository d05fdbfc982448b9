package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

func record(t testing.TB, s *store.Store, n int) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			r := audit.Record{Kind: audit.Read, Outcome: audit.Done, Account: int64(i % 5), Clients: []audit.Client{{Key: int64(i), Shown: 6}, {Key: 1 << 20, Withheld: 4}}}
			if err := s.Record(context.Background(), r); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func lines(t testing.TB, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// Several servers write one log, at the same time, without a gap; each closes with a checkpoint that is kept outside.
func TestLogOfManyServers(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url, file := d.New(t), filepath.Join(t.TempDir(), "checkpoints.txt")
		var all sync.WaitGroup
		for range 3 {
			s, err := store.Open(context.Background(), url, storetest.Keys(t))
			if err != nil {
				t.Fatal(err)
			}
			s.KeepCheckpoints(file)
			all.Go(func() {
				record(t, s, 150)
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		r, err := storetest.OpenURL(t, url).VerifyLog(context.Background(), lines(t, file), nil)
		if err != nil || r.Fault != nil || r.Records != 450 || r.Outside == 0 || r.Checkpoints == 0 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// Whatever the owner of the database does to the log is found, with the first bad record.
func TestLogTampered(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		flip := "UPDATE audit_records SET body = CAST(substr(body, 1, 40) || X'00' || substr(body, 42) AS blob) WHERE id = 7"
		swap := "UPDATE audit_records SET id = -5 WHERE id = 7"
		cut := "CAST(substr(note, 1, 20) || CASE substr(note, 21, 1) WHEN 'A' THEN 'B' ELSE 'A' END || substr(note, 22) AS text)"
		if d.Name == "postgres" {
			flip = "UPDATE audit_records SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE id = 7"
		}
		for name, c := range map[string]struct {
			record     int64
			statements []string
		}{
			"a byte of a record":         {7, []string{flip}},
			"the account beside it":      {7, []string{"UPDATE audit_records SET account_key = account_key + 1 WHERE id = 7"}},
			"the time beside it":         {7, []string{"UPDATE audit_records SET at = '2020-01-01 00:00:00' WHERE id = 7"}},
			"the kind beside it":         {7, []string{"UPDATE audit_records SET kind = 'LOGIN' WHERE id = 7"}},
			"a record deleted":           {7, []string{"DELETE FROM audit_records WHERE id = 7"}},
			"deleted with its clients":   {7, []string{"DELETE FROM audit_clients WHERE record_key = 7", "DELETE FROM audit_records WHERE id = 7"}},
			"the gap closed":             {7, []string{"DELETE FROM audit_records WHERE id = 7", "UPDATE audit_records SET id = -id WHERE id > 7", "UPDATE audit_records SET id = -id - 1 WHERE id < 0"}},
			"two exchanged":              {7, []string{swap, "UPDATE audit_records SET id = 7 WHERE id = 8", "UPDATE audit_records SET id = 8 WHERE id = -5"}},
			"one put in at the end":      {40, []string{"INSERT INTO audit_records (id, at, account_key, kind, body) SELECT 40, at, account_key, kind, body FROM audit_records WHERE id = 7"}},
			"one put in before":          {-1, []string{"INSERT INTO audit_records (id, at, account_key, kind, body) SELECT -1, at, account_key, kind, body FROM audit_records WHERE id = 7"}},
			"a hash":                     {7, []string{"UPDATE audit_hashes SET hash = (SELECT hash FROM audit_hashes WHERE id = 0) WHERE id = 11"}},
			"a client taken off":         {7, []string{"DELETE FROM audit_clients WHERE record_key = 7 AND client_key = 1048576"}},
			"a client put on":            {7, []string{"INSERT INTO audit_clients (record_key, client_key, shown, withheld) VALUES (7, 5000000, 0, 0)"}},
			"another client":             {7, []string{"UPDATE audit_clients SET client_key = 5000000 WHERE record_key = 7 AND client_key = 1048576"}},
			"the end cut off":            {30, []string{"DELETE FROM audit_records WHERE id >= 30", "DELETE FROM audit_clients WHERE record_key >= 30", "DELETE FROM audit_hashes WHERE id >= 56", "DELETE FROM audit_checkpoints"}},
			"all of it":                  {0, []string{"DELETE FROM audit_records", "DELETE FROM audit_clients", "DELETE FROM audit_hashes", "DELETE FROM audit_checkpoints"}},
			"a byte of a checkpoint":     {40, []string{"UPDATE audit_checkpoints SET note = " + cut}},
			"a checkpoint taken away":    {40, []string{"DELETE FROM audit_checkpoints"}},
			"a checkpoint of other size": {39, []string{"UPDATE audit_checkpoints SET id = 39"}},
		} {
			s, file := d.Open(t), filepath.Join(t.TempDir(), "checkpoints.txt")
			s.KeepCheckpoints(file)
			record(t, s, 40)
			if _, err := s.Checkpoint(context.Background()); err != nil {
				t.Fatal(err)
			}
			kept := lines(t, file)
			if r, err := s.VerifyLog(context.Background(), kept, nil); err != nil || r.Fault != nil || r.Records != 40 || r.Outside != 1 {
				t.Fatalf("before: %+v, %v", r, err)
			}
			s.Tamper(t, c.statements...)
			r, err := s.VerifyLog(context.Background(), kept, nil)
			if err != nil || r.Fault == nil || r.Fault.Record != c.record {
				t.Errorf("%s: want record %d, got %v, %v", name, c.record, r.Fault, err)
			}
		}
	})
}

// Without the owner's tricks the database itself refuses to change the log.
func TestLogIsAppendOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		record(t, s, 3)
		if _, err := s.Checkpoint(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"audit_records", "audit_clients", "audit_hashes", "audit_checkpoints"} {
			for _, statement := range []string{"UPDATE " + table + " SET id = id + 100", "DELETE FROM " + table} {
				if err := s.Try(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
					t.Errorf("%s: %v", statement, err)
				}
			}
		}
		if r, err := s.VerifyLog(context.Background(), nil, nil); err != nil || r.Fault != nil || r.Records != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// Records go after seven years, and what stays is still answered for.
func TestLogPruned(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		s.SetClock(func() time.Time { return time.Now().AddDate(-8, 0, 0) })
		record(t, s, 20)
		if _, err := s.Checkpoint(context.Background()); err != nil {
			t.Fatal(err)
		}
		s.SetClock(time.Now)
		record(t, s, 5)
		if err := s.KeepLogFor(context.Background(), 6); hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("six years: %v", err)
		}
		for _, c := range []struct {
			years int // that are set; 0: as it was
			gone  int64
		}{{9, 0}, {7, 20}, {0, 0}} {
			if c.years != 0 {
				if err := s.KeepLogFor(context.Background(), c.years); err != nil {
					t.Fatal(err)
				}
			}
			if gone, err := s.PruneLog(context.Background()); err != nil || gone != c.gone {
				t.Fatalf("%d years: %d pruned, %v", c.years, gone, err)
			}
		}
		r, err := s.VerifyLog(context.Background(), nil, nil)
		if err != nil || r.Fault != nil || r.Records != 6 || r.Pruned != 20 {
			t.Errorf("%+v, %v", r, err)
		}
		s.Tamper(t, "DELETE FROM audit_clients WHERE record_key = 20", "DELETE FROM audit_records WHERE id = 20")
		if r, err := s.VerifyLog(context.Background(), nil, nil); err != nil || r.Fault == nil || r.Fault.Record != 20 {
			t.Errorf("one more deleted: %+v, %v", r, err)
		}
	})
}

// While a hub runs it notices itself that its log was cut off, and shows nothing more.
func TestLogCutOffUnderTheHub(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		s := d.Open(t)
		record(t, s, 10)
		s.Tamper(t, "DELETE FROM audit_records WHERE id >= 5", "DELETE FROM audit_hashes WHERE id >= 8")
		if err := s.Record(context.Background(), audit.Record{Kind: audit.Read}); hmis.CodeOf(err) != hmis.Unavailable {
			t.Errorf("a record after the cut: %v", err)
		}
	})
}

// An import is in the log where it is in the database, and only there.
func TestImportIsRecorded(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		url := d.New(t)
		s := storetest.OpenURL(t, url)
		path := storetest.Community().WriteZip(t, hmis.FY2026)
		for _, o := range []store.ImportOptions{{Source: "made-up", DryRun: true}, {Source: "made-up"}, {}, {Source: "made-up"}} {
			if _, err := storetest.ImportPath(s, path, o); (err == nil) != (o.Source != "") {
				t.Fatal(err)
			}
		}
		s.Tamper(t, "ALTER TABLE audit_hashes RENAME TO away")
		if _, err := storetest.ImportPath(s, path, store.ImportOptions{Source: "unrecorded"}); err == nil {
			t.Error("an import without its record went in")
		}
		s.Tamper(t, "ALTER TABLE away RENAME TO audit_hashes")
		recorded := storetest.Run(t, url, "SELECT kind || ' ' || CAST(id AS text) FROM audit_records ORDER BY id")
		runs := storetest.Run(t, url, "SELECT CAST(count(*) AS text) FROM import_runs")
		if strings.Join(recorded, ", ") != "IMPORT 0, IMPORT 1" || strings.Join(runs, "") != "2" {
			t.Errorf("recorded are %v of %v runs", recorded, runs)
		}
		if r, err := s.VerifyLog(context.Background(), nil, nil); err != nil || r.Fault != nil || r.Records != 2 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// On PostgreSQL clients are shown while an import goes on, since the log does not wait for it.
func TestLogBesideAnImport(t *testing.T) {
	onBoth(t, func(t *testing.T, d storetest.Database) {
		if d.Name == storetest.SQLite.Name {
			return // has one writer
		}
		s := d.Open(t)
		end := s.HoldImports(t)
		record(t, s, 3)
		end()
		if r, err := s.VerifyLog(context.Background(), nil, nil); err != nil || r.Records != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
