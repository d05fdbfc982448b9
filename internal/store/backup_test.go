package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

// A backup of which a part is missing or changed is refused, and leaves nothing behind.
func TestDamagedBackup(t *testing.T) {
	s := storetest.SQLite.Open(t)
	storetest.Import(t, s, storetest.Community())
	folder := t.TempDir()
	whole := filepath.Join(folder, "whole.db")
	if err := s.Backup(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(whole); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("others may read the backup", info.Mode(), err)
	}
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"half": text[:len(text)/2], "empty": {}, "torn": append(append([]byte{}, text[:8192]...), make([]byte, len(text)-8192)...)} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		err := store.Restore(context.Background(), file, "sqlite:"+filepath.Join(folder, "back.db"), storetest.Keys(t))
		if hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*part*")); len(left) > 0 {
		t.Error("left behind", left)
	}
	if _, err := os.Stat(filepath.Join(folder, "back.db")); err == nil {
		t.Error("a damaged backup was restored")
	}
}
