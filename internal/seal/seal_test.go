package seal

import (
	"testing"

	"pgregory.net/rapid"
)

func testKeys(t *testing.T) *Keys {
	t.Helper()
	k, err := New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestIDs(t *testing.T) {
	k := testKeys(t)
	other, _ := New(append(make([]byte, 31), 1))
	rapid.Check(t, func(t *rapid.T) {
		kind, key := rapid.Byte().Draw(t, "kind"), rapid.Int64().Draw(t, "key")
		id := k.ID(kind, key)
		if gotKind, gotKey, ok := k.ParseID(id); !ok || gotKind != kind || gotKey != key {
			t.Fatalf("%d %d came back as %d %d %v", kind, key, gotKind, gotKey, ok)
		}
		if _, _, ok := other.ParseID(id); ok {
			t.Fatal("another hub's key opened the id")
		}
	})
	for _, bad := range []string{"", "x", "AAAAAAAAAAAAAAAAAAAAAA", k.ID(1, 1) + "A", "!!!!!!!!!!!!!!!!!!!!!!"} {
		if _, _, ok := k.ParseID(bad); ok {
			t.Errorf("%q passed as an id", bad)
		}
	}
}

func TestCursors(t *testing.T) {
	k := testKeys(t)
	cursor := k.SealCursor([]byte("position"), []byte("question"))
	if cursor != k.SealCursor([]byte("position"), []byte("question")) {
		t.Error("the same position gave two cursors")
	}
	if got, ok := k.OpenCursor(cursor, []byte("question")); !ok || string(got) != "position" {
		t.Errorf("got %q %v", got, ok)
	}
	for _, bad := range []string{"", "AA", cursor[1:], cursor + "A"} {
		if _, ok := k.OpenCursor(bad, []byte("question")); ok {
			t.Errorf("%q passed as a cursor", bad)
		}
	}
	if _, ok := k.OpenCursor(cursor, []byte("another question")); ok {
		t.Error("a cursor served another question")
	}
}
