package seal

import (
	"encoding/binary"
	"errors"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ring is the keys that cells are sealed with: the primary one, and older ones while a rotation goes on.
type ring struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary uint32
	ids     []uint32
}

func newRing(handle *keyset.Handle) (*ring, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	first, err := handle.Primary()
	if err != nil {
		return nil, err
	}
	r := &ring{handle: handle, aead: primitive, primary: first.KeyID()}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, err
		}
		r.ids = append(r.ids, entry.KeyID())
	}
	return r, nil
}

// firstRing holds one AES-256-GCM key.
func firstRing(key []byte, id uint32) (*ring, error) {
	parameters, err := aesgcm.NewParameters(aesgcm.ParametersOpts{KeySizeInBytes: 32, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink})
	if err != nil {
		return nil, err
	}
	k, err := aesgcm.NewKey(secretdata.NewBytesFromData(key, insecuresecretdataaccess.Token{}), id, parameters)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManager()
	if _, err = m.AddKey(k); err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, err
	}
	handle, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return newRing(handle)
}

func (r *ring) has(id uint32) bool {
	for _, known := range r.ids {
		if known == id {
			return true
		}
	}
	return false
}

// sealedPrefix begins every sealed cell; four bytes with the id of its key follow. No text of an export begins like it.
const sealedPrefix = 1

// KeyOf tells which key a cell is sealed with; ok is false for one in the clear.
func KeyOf(cell []byte) (id uint32, ok bool) {
	if len(cell) < 5+12+16 || cell[0] != sealedPrefix {
		return 0, false
	}
	return binary.BigEndian.Uint32(cell[1:5]), true
}

// Primary is the id of the key that SealCell uses.
func (k *Keys) Primary() uint32 { return k.cells.Load().primary }

// SealCell makes a cell unreadable. It can be opened only for the same place, so that it cannot be moved to another.
func (k *Keys) SealCell(text, place []byte) ([]byte, error) {
	return k.cells.Load().aead.Encrypt(text, place)
}

// ErrCell says that a cell is not what SealCell made for its place.
var ErrCell = errors.New("a sealed cell was changed or moved, or its key is missing")

// OpenCell is the reverse of SealCell. A cell of a key that another process has just added is opened with the key
// file read again. Errors: ErrCell.
func (k *Keys) OpenCell(cell, place []byte) ([]byte, error) {
	id, ok := KeyOf(cell)
	if !ok {
		return nil, ErrCell
	}
	if known, err := k.Knows(id); err != nil {
		return nil, err
	} else if !known {
		return nil, ErrCell
	}
	text, err := k.cells.Load().aead.Decrypt(cell, place)
	if err != nil {
		return nil, ErrCell
	}
	return text, nil
}

// Seals reports whether cells may be sealed while a database asks for the key of the id: it is the primary one, or a
// rotation has begun that the database does not know of yet.
func (k *Keys) Seals(id uint32) bool {
	r := k.cells.Load()
	return id == r.primary || r.has(id) && len(r.ids) > 1
}

// Knows reports whether the key of the id is there, in the file read again where need be.
func (k *Keys) Knows(id uint32) (bool, error) {
	if k.cells.Load().has(id) {
		return true, nil
	}
	err := k.Reload()
	return k.cells.Load().has(id), err
}

// Rotating reports whether cells may still be sealed with older keys.
func (k *Keys) Rotating() bool { return len(k.cells.Load().ids) > 1 }
