package facts

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"errors"
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
	older := repacked(t, f, func(name string) string {
		switch name {
		case "Clients.Sex":
			return "" // was not there yet
		case "Clients.VeteranStatus":
			return "Clients.NoLongerThere"
		}
		return name
	})
	if older.Clients.Len() != f.Clients.Len() || len(older.Clients.Sex) != f.Clients.Len() || older.Clients.Sex[0] != 0 || older.Clients.VeteranStatus[0] != 0 || !reflect.DeepEqual(f.Enrollments, older.Enrollments) {
		t.Error("facts of another version are not read")
	}
	if _, err := Unpack(bytes.NewReader(packed.Bytes()[:packed.Len()/2])); err == nil {
		t.Error("half of it was taken for the whole")
	}
}

// repacked packs facts as another version would, whose columns have other names ("": there is none), and unpacks them.
func repacked(t *testing.T, f *Facts, rename func(name string) string) *Facts {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	enc := gob.NewEncoder(z)
	err := eachColumn(reflect.ValueOf(f).Elem(), "", func(name string, v reflect.Value) error {
		if name = rename(name); name == "" {
			return nil
		}
		return errors.Join(enc.Encode(name), enc.EncodeValue(v))
	})
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := Unpack(&packed)
	if err != nil {
		t.Fatal(err)
	}
	return again
}
