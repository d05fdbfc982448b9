package seal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

func TestCells(t *testing.T) {
	k := testKeys(t)
	other, _ := New(append(make([]byte, 31), 1))
	rapid.Check(t, func(t *rapid.T) {
		text, place := rapid.SliceOf(rapid.Byte()).Draw(t, "text"), rapid.SliceOf(rapid.Byte()).Draw(t, "place")
		cell, err := k.SealCell(text, place)
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := KeyOf(cell); !ok || id != k.Primary() {
			t.Fatal("the cell does not tell its key")
		}
		if got, err := k.OpenCell(cell, place); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%q came back as %q, %v", text, got, err)
		}
		if len(text) > 3 && bytes.Contains(cell, text) {
			t.Fatal("the cell holds its text")
		}
		if _, err := k.OpenCell(cell, append(place, 0)); err == nil {
			t.Fatal("a cell was opened in another place")
		}
		if _, err := other.OpenCell(cell, place); err == nil {
			t.Fatal("another hub opened the cell")
		}
		at := rapid.IntRange(0, len(cell)-1).Draw(t, "at")
		cell[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := k.OpenCell(cell, place); err == nil {
			t.Fatal("a changed cell was opened")
		}
	})
}

// files are the three kinds of key files.
func files(t *testing.T) map[string]func() (*Keys, error) {
	t.Helper()
	made := map[string]func() (*Keys, error){}
	for name, w := range map[string]Wrap{"plain": {}, "passphrase": {Passphrase: "four made-up words here"}} {
		path := filepath.Join(t.TempDir(), "deep", name)
		if err := Create(path, w); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
		if hmis.CodeOf(Create(path, w)) != hmis.Conflict {
			t.Errorf("%s: a key file was overwritten", name)
		}
		made[name] = func() (*Keys, error) { return Open(path, func() (string, error) { return w.Passphrase, nil }) }
	}
	return made
}

func TestRotation(t *testing.T) {
	for name, open := range files(t) {
		k, err := open()
		if err != nil {
			t.Fatal(name, err)
		}
		server, err := open() // another process
		if err != nil {
			t.Fatal(name, err)
		}
		place := []byte("clients first_name")
		before, _ := k.SealCell([]byte("made-up"), place)
		if err := k.AddKey(); err != nil || !k.Rotating() {
			t.Fatal(name, err)
		}
		after, _ := k.SealCell([]byte("made-up"), place)
		for i, cell := range [][]byte{before, after} {
			for _, reader := range []*Keys{k, server} {
				if text, err := reader.OpenCell(cell, place); err != nil || string(text) != "made-up" {
					t.Errorf("%s: cell %d: %q %v", name, i, text, err)
				}
			}
		}
		if k.ID(1, 2) != server.ID(1, 2) || !bytes.Equal(k.Check(), server.Check()) {
			t.Error("a rotation changed the ids")
		}
		if err := k.ForgetKeys(); err != nil || k.Rotating() {
			t.Fatal(name, err)
		}
		again, err := open()
		if err != nil {
			t.Fatal(name, err)
		}
		if text, err := again.OpenCell(after, place); err != nil || string(text) != "made-up" {
			t.Errorf("%s: %q %v", name, text, err)
		}
		if _, err := again.OpenCell(before, place); err == nil {
			t.Errorf("%s: a forgotten key opened a cell", name)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	if _, err := Open(path, nil); hmis.CodeOf(err) != hmis.NotFound {
		t.Error("a key file appeared", err)
	}
	if err := Create(path, Wrap{Passphrase: "four made-up words here"}); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []func() (string, error){nil, func() (string, error) { return "other words", nil }} {
		if _, err := Open(path, wrong); hmis.CodeOf(err) != hmis.Denied {
			t.Error("a wrong passphrase:", err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), "secret") {
		t.Error("a wrapped file shows its secret", err)
	}
	for _, broken := range []string{"", "{}", "[]", `{"version":1,"secret":"AAAA"}`, `{"version":9}`} {
		if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, nil); hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("%q: %v", broken, err)
		}
	}
	if err := Create(filepath.Join(t.TempDir(), "k"), Wrap{KMS: "aws-kms://nowhere"}); hmis.CodeOf(err) != hmis.Invalid {
		t.Error("a service that nobody knows:", err)
	}
}

func BenchmarkCells(b *testing.B) {
	k, err := New(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	place := []byte("disabilities\x00disability_response\x00123456789012")
	cell, _ := k.SealCell([]byte("1"), place)
	b.Run("seal", func(b *testing.B) {
		for range b.N {
			_, _ = k.SealCell([]byte("1"), place)
		}
	})
	b.Run("open", func(b *testing.B) {
		for range b.N {
			_, _ = k.OpenCell(cell, place)
		}
	})
}
