package facts

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/hearth-hmis/hearth/internal/synth"
)

func TestPack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crowd.zip")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Write(out, synth.Options{Clients: 200, Seed: 1, Year: 2026}, nil); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if err := f.Pack(&packed); err != nil {
		t.Fatal(err)
	}
	again, err := Unpack(bytes.NewReader(packed.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if f.Clients.Len() < 100 || !reflect.DeepEqual(f.Enrollments, again.Enrollments) || !reflect.DeepEqual(f.Households, again.Households) ||
		!reflect.DeepEqual(f.Incomes, again.Incomes) || !reflect.DeepEqual(f.Clients.ids, again.Clients.ids) {
		t.Error("facts are not the same after they were packed")
	}
	if _, err := Unpack(bytes.NewReader(packed.Bytes()[:packed.Len()/2])); err == nil {
		t.Error("half of it was taken for the whole")
	}
}
