// Package seal keeps the hub's secret and what is made with it: opaque ids, cursors bound to who may use them,
// fingerprints of imported rows, and sealed cells of the database. The secret lives in a file outside the database.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"sync"
	"sync/atomic"
)

// Keys is the hub's secret, ready for use by many goroutines.
type Keys struct {
	file  *file // nil: not from a file
	cells atomic.Pointer[ring]

	ids     cipher.Block
	cursors cipher.AEAD
	nonces  []byte
	prints  []byte
	others  []byte
	check   []byte
	hashers sync.Pool
}

// New makes keys from a secret of 32 bytes. Until the first rotation cells are sealed with a key that comes from the
// secret too.
func New(secret []byte) (*Keys, error) {
	derive := func(use string, n int) []byte {
		key, err := hkdf.Key(sha256.New, secret, nil, "hearth "+use, n)
		if err != nil {
			panic(err) // only for lengths out of range
		}
		return key
	}
	ids, err := aes.NewCipher(derive("ids", 32))
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derive("cursors", 32))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	k := &Keys{ids: ids, cursors: aead, nonces: derive("nonces", 32), prints: derive("fingerprints", 32), check: derive("check", 16), others: derive("others", 32)}
	k.hashers.New = func() any { return hmac.New(sha256.New, k.prints) }
	first, err := firstRing(derive("cells", 32), binary.BigEndian.Uint32(derive("cells' key id", 4)))
	k.cells.Store(first)
	return k, err
}

// Derive gives a key of 32 bytes for a use of its own, always the same for the same use.
func (k *Keys) Derive(use string) []byte {
	mac := hmac.New(sha256.New, k.others)
	mac.Write([]byte(use))
	return mac.Sum(nil)
}

// Check identifies the secret without telling it: a database remembers which keys it was made with.
func (k *Keys) Check() []byte { return k.check }

var encoding = base64.RawURLEncoding.Strict()

// ID returns the opaque id of row number key of a type. It is stable: the same row always has the same id.
func (k *Keys) ID(kind byte, key int64) string {
	var block [aes.BlockSize]byte // the type, zeros that a forger cannot hit, the number
	block[0] = kind
	binary.BigEndian.PutUint64(block[8:], uint64(key))
	k.ids.Encrypt(block[:], block[:])
	return encoding.EncodeToString(block[:])
}

// ParseID is the reverse of ID; ok is false for anything that ID did not make.
func (k *Keys) ParseID(id string) (kind byte, key int64, ok bool) {
	var block [aes.BlockSize]byte
	if len(id) != encoding.EncodedLen(len(block)) {
		return 0, 0, false
	}
	if _, err := encoding.Decode(block[:], []byte(id)); err != nil {
		return 0, 0, false
	}
	k.ids.Decrypt(block[:], block[:])
	for _, b := range block[1:8] {
		if b != 0 {
			return 0, 0, false
		}
	}
	return block[0], int64(binary.BigEndian.Uint64(block[8:])), true
}

// SealCursor hides a position so that only the same question can use it. The same position gives the same cursor,
// so that two answers to one question are equal to the byte.
func (k *Keys) SealCursor(position, question []byte) string {
	mac := hmac.New(sha256.New, k.nonces)
	mac.Write(question)
	mac.Write([]byte{0})
	mac.Write(position)
	nonce := mac.Sum(nil)[:k.cursors.NonceSize()]
	return encoding.EncodeToString(k.cursors.Seal(nonce, nonce, position, question))
}

// OpenCursor is the reverse of SealCursor; ok is false for a cursor of another question or of nobody.
func (k *Keys) OpenCursor(cursor string, question []byte) (position []byte, ok bool) {
	sealed, err := encoding.DecodeString(cursor)
	if err != nil || len(sealed) < k.cursors.NonceSize() {
		return nil, false
	}
	n := k.cursors.NonceSize()
	position, err = k.cursors.Open(nil, sealed[:n], sealed[n:], question)
	return position, err == nil
}

// Fingerprint is a keyed 64-bit hash: equal rows have equal fingerprints, and without the key nobody can try values.
func (k *Keys) Fingerprint(row []byte) int64 {
	mac := k.hashers.Get().(hash.Hash)
	defer k.hashers.Put(mac)
	mac.Reset()
	mac.Write(row)
	var sum [sha256.Size]byte
	return int64(binary.BigEndian.Uint64(mac.Sum(sum[:0])))
}
