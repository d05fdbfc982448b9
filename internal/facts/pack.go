package facts

import (
	"compress/gzip"
	"encoding/gob"
	"errors"
	"io"
	"reflect"
	"unsafe"
)

// Pack writes facts so that Unpack gives the same ones, for a state of the community that is kept. It holds what facts
// hold: the writer's reader must keep it as safe.
func (f *Facts) Pack(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	enc := gob.NewEncoder(z)
	err = eachColumn(reflect.ValueOf(f).Elem(), func(v reflect.Value) error { return enc.EncodeValue(v) })
	return errors.Join(err, z.Close())
}

// Unpack reads what Pack wrote. An error is of a text that it did not write, or not this version.
func Unpack(r io.Reader) (*Facts, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	f := &Facts{}
	dec := gob.NewDecoder(z)
	if err := eachColumn(reflect.ValueOf(f).Elem(), func(v reflect.Value) error { return dec.DecodeValue(v.Addr()) }); err != nil {
		return nil, err
	}
	return f, z.Close()
}

// eachColumn does something with every field of facts that is no struct, those that are nobody else's included.
func eachColumn(v reflect.Value, do func(reflect.Value) error) error {
	for i := range v.NumField() {
		field := v.Field(i)
		field = reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
		var err error
		if field.Kind() == reflect.Struct {
			err = eachColumn(field, do)
		} else {
			err = do(field)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
