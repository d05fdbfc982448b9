// Package seal keeps the hub's secret and what is made with it: opaque ids, cursors bound to who may use them,
// and fingerprints of imported rows. The secret lives in a file outside the database.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Keys is the hub's secret, ready for use by many goroutines.
type Keys struct {
	ids     cipher.Block
	cursors cipher.AEAD
	nonces  []byte
	prints  []byte
	check   []byte
	audit   []byte
	hashers sync.Pool
}

// keyFile is the form of the file.
type keyFile struct {
	Version int    `json:"version"`
	Secret  []byte `json:"secret"` // 32 bytes
}

// Open reads the key file at path and makes one, readable by its owner alone, where there is none.
func Open(path string) (*Keys, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	var f keyFile
	if err := json.Unmarshal(text, &f); err != nil || f.Version != 1 || len(f.Secret) != 32 {
		return nil, hmis.Errorf(hmis.Invalid, "the key file is not one of Hearth's; name the right one with --keys")
	}
	return New(f.Secret)
}

// create writes a new key file; where another process is first, its file is the one that counts.
func create(path string) ([]byte, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	text, err := json.Marshal(keyFile{Version: 1, Secret: secret})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".hearth-key-*") // mode 600
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}

// New makes keys from a secret of 32 bytes.
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
	k := &Keys{ids: ids, cursors: aead, nonces: derive("nonces", 32), prints: derive("fingerprints", 32), check: derive("check", 16), audit: derive("audit", 32)}
	k.hashers.New = func() any { return hmac.New(sha256.New, k.prints) }
	return k, nil
}

// Check identifies the secret without telling it: a database remembers which keys it was made with.
func (k *Keys) Check() []byte { return k.check }

// Audit is the secret, 32 bytes, from which internal/audit makes the keys of the log.
func (k *Keys) Audit() []byte { return k.audit }

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
