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
	err = eachColumn(reflect.ValueOf(f).Elem(), "", func(name string, v reflect.Value) error {
		return errors.Join(enc.Encode(name), enc.EncodeValue(v))
	})
	return errors.Join(err, z.Close())
}

// Unpack reads what Pack wrote, of this version of facts or an earlier one: a column that there was not yet has no answers.
func Unpack(r io.Reader) (*Facts, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	f := &Facts{}
	columns := map[string]reflect.Value{}
	_ = eachColumn(reflect.ValueOf(f).Elem(), "", func(name string, v reflect.Value) error {
		columns[name] = v
		return nil
	})
	dec := gob.NewDecoder(z)
	for {
		var name string
		if err := dec.Decode(&name); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		to := reflect.Value{} // nowhere: a column that there is no more
		if v, ok := columns[name]; ok {
			to = v.Addr()
			delete(columns, name)
		}
		if err := dec.DecodeValue(to); err != nil {
			return nil, err
		}
	}
	return f, errors.Join(lengthen(reflect.ValueOf(f).Elem(), "", columns), z.Close())
}

// eachColumn does something with every field of facts that is no struct, those that are nobody else's included, by its name.
func eachColumn(v reflect.Value, in string, do func(name string, v reflect.Value) error) error {
	for i := range v.NumField() {
		name := in + v.Type().Field(i).Name
		field := v.Field(i)
		field = reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
		var err error
		if field.Kind() == reflect.Struct {
			err = eachColumn(field, name+".", do)
		} else {
			err = do(name, field)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lengthen gives the columns that were missing as many rows, without answers, as the others of their table have.
func lengthen(v reflect.Value, in string, missing map[string]reflect.Value) error {
	rows := -1
	for i := range v.NumField() {
		name, field := in+v.Type().Field(i).Name, v.Field(i)
		_, out := missing[name]
		switch {
		case field.Kind() == reflect.Struct:
			if err := lengthen(field, name+".", missing); err != nil {
				return err
			}
		case out && field.Kind() != reflect.Slice || out && rows < 0:
			return errors.New("facts: the packed facts lack " + name)
		case out:
			missing[name].Set(reflect.MakeSlice(field.Type(), rows, rows))
		case field.Kind() == reflect.Slice && rows < 0:
			rows = field.Len()
		}
	}
	return nil
}
