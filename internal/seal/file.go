package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/crypto/argon2"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// contents are what a key file holds.
type contents struct {
	Version int             `json:"version"`
	Secret  []byte          `json:"secret"`          // 32 bytes
	Cells   json.RawMessage `json:"cells,omitempty"` // Tink's keyset; none before the first rotation
	Box     *box            `json:"box,omitempty"`   // of a wrapped file, instead of the secret and the keyset
}

// box is contents that only a passphrase or a key management service opens.
type box struct {
	Salt   []byte `json:"salt,omitempty"` // of the passphrase
	KMS    string `json:"kms,omitempty"`  // URI of the service's key
	Sealed []byte `json:"sealed"`
}

// Wrap says how a new key file is protected; the zero Wrap is by its mode alone.
type Wrap struct {
	Passphrase string
	KMS        string // URI, as aws-kms://arn:aws:kms:…
}

// file is a key file that is open.
type file struct {
	path       string
	passphrase func() (string, error)

	mu      sync.Mutex
	wrapper tink.AEAD // of a wrapped file
	box     box
}

var (
	errForm       = hmis.Errorf(hmis.Invalid, "the key file is not one of Hearth's; name the right one with --keys")
	errService    = hmis.Errorf(hmis.Unavailable, "the key management service does not seal and open the key file; see that it can be reached and that the hub may use its key")
	errPassphrase = hmis.Errorf(hmis.Denied, "the passphrase does not open the key file")
)

// Create makes a key file, readable by its owner alone. Errors: Conflict where there is one already.
func Create(path string, w Wrap) error {
	c := contents{Version: 1, Secret: make([]byte, 32)}
	_, _ = rand.Read(c.Secret)
	f := &file{path: path, box: box{KMS: w.KMS}}
	if w.Passphrase != "" {
		f.box.Salt = make([]byte, 16)
		_, _ = rand.Read(f.box.Salt)
		f.passphrase = func() (string, error) { return w.Passphrase, nil }
	}
	text, err := f.encode(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	part, err := f.part(text)
	if err != nil {
		return err
	}
	defer os.Remove(part)
	if err := os.Link(part, path); errors.Is(err, fs.ErrExist) {
		return hmis.Errorf(hmis.Conflict, "there is a key file already; it is never overwritten")
	} else if err != nil {
		return err
	}
	return nil
}

// Open reads the key file at path. The passphrase is asked for where the file needs one. Errors: NotFound, Invalid for
// what is no key file, Denied for a wrong passphrase, Unavailable where a key management service does not answer.
func Open(path string, passphrase func() (string, error)) (*Keys, error) {
	f := &file{path: path, passphrase: passphrase}
	c, err := f.read()
	if err != nil {
		return nil, err
	}
	k, err := New(c.Secret)
	if err != nil {
		return nil, err
	}
	k.file = f
	return k, k.take(c)
}

// take makes the keyset of a file that was read the one that cells are sealed with.
func (k *Keys) take(c contents) error {
	if c.Cells == nil {
		return nil
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(c.Cells)))
	if err != nil {
		return errForm
	}
	r, err := newRing(handle)
	if err != nil {
		return errForm
	}
	k.cells.Store(r)
	return nil
}

// Reload reads the key file again, in which another process may have added a key.
func (k *Keys) Reload() error {
	if k.file == nil {
		return nil
	}
	c, err := k.file.read()
	if err != nil {
		return err
	}
	return k.take(c)
}

// AddKey adds a new primary key and writes the file. The older ones stay, to open what they have sealed.
func (k *Keys) AddKey() error {
	return k.change(func(m *keyset.Manager) error {
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err == nil {
			err = m.SetPrimary(id)
		}
		return err
	})
}

// ForgetKeys drops all keys but the primary one and writes the file. What the others have sealed cannot be opened again.
func (k *Keys) ForgetKeys() error {
	r := k.cells.Load()
	return k.change(func(m *keyset.Manager) (err error) {
		for _, id := range r.ids {
			if id != r.primary {
				err = errors.Join(err, m.Delete(id))
			}
		}
		return err
	})
}

func (k *Keys) change(do func(*keyset.Manager) error) error {
	if k.file == nil {
		return hmis.Errorf(hmis.Invalid, "these keys are from no file")
	}
	c, err := k.file.read()
	if err != nil {
		return err
	}
	m := keyset.NewManagerFromHandle(k.cells.Load().handle)
	if err := do(m); err != nil {
		return err
	}
	handle, err := m.Handle()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return err
	}
	c.Cells = text.Bytes()
	if err := k.file.replace(c); err != nil {
		return err
	}
	return k.take(c)
}

func (f *file) read() (c contents, err error) {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, hmis.Errorf(hmis.NotFound, "there is no key file %s; name the hub's own with --keys, or make one for a new hub with: hearth keys init", filepath.Base(f.path))
	}
	if err != nil {
		return c, fmt.Errorf("key file: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, errForm
	}
	if c.Box != nil {
		if c, err = f.unwrap(*c.Box); err != nil {
			return c, err
		}
	}
	if c.Version != 1 || len(c.Secret) != 32 {
		return c, errForm
	}
	return c, nil
}

// unwrap opens a box.
func (f *file) unwrap(b box) (c contents, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wrapper == nil || !bytes.Equal(f.box.Salt, b.Salt) || f.box.KMS != b.KMS {
		f.box = b
		if f.wrapper, err = f.newWrapper(); err != nil {
			return c, err
		}
	}
	text, err := f.wrapper.Decrypt(b.Sealed, []byte(boxPlace))
	switch {
	case err != nil && b.KMS != "":
		return c, errService
	case err != nil:
		f.wrapper = nil
		return c, errPassphrase
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, errForm
	}
	return c, nil
}

const boxPlace = "hearth key file"

// newWrapper makes the key that wraps the file: of the passphrase by argon2id (256 MiB, 3 passes), or the service's.
func (f *file) newWrapper() (tink.AEAD, error) {
	if f.box.KMS != "" {
		return serviceKey(f.box.KMS)
	}
	if f.passphrase == nil {
		return nil, hmis.Errorf(hmis.Denied, "the key file needs its passphrase")
	}
	passphrase, err := f.passphrase()
	if err != nil {
		return nil, err
	}
	return subtle.NewAESGCM(argon2.IDKey([]byte(passphrase), f.box.Salt, 3, 256*1024, 2, 32))
}

// encode writes contents as the file's protection asks for.
func (f *file) encode(c contents) ([]byte, error) {
	text, err := json.Marshal(c)
	if err != nil || f.box.KMS == "" && f.box.Salt == nil {
		return text, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wrapper == nil {
		if f.wrapper, err = f.newWrapper(); err != nil {
			return nil, err
		}
	}
	b := f.box
	if b.Sealed, err = f.wrapper.Encrypt(text, []byte(boxPlace)); err != nil && b.KMS != "" {
		return nil, errService
	} else if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Version int  `json:"version"`
		Box     *box `json:"box"`
	}{1, &b})
}

// part writes a file beside the one that is meant, mode 600.
func (f *file) part(text []byte) (string, error) {
	part, err := os.CreateTemp(filepath.Dir(f.path), ".hearth-key-*")
	if err != nil {
		return "", err
	}
	_, err = part.Write(text)
	return part.Name(), errors.Join(err, part.Sync(), part.Close())
}

// replace puts new contents in the place of the old ones, all or nothing.
func (f *file) replace(c contents) error {
	text, err := f.encode(c)
	if err != nil {
		return err
	}
	part, err := f.part(text)
	if err != nil {
		return err
	}
	return os.Rename(part, f.path)
}
