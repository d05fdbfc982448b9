package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Checkpoint says what the log was at a moment. Signed, it is kept in the database and outside it: whoever has one can
// tell that the records up to it are the ones that were there then.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	At   hmis.Timestamp
}

const (
	signerName = "hearth"
	noteTitle  = "hearth audit log"
)

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", noteTitle, c.Size, c.Root, c.At)
}

// Sign signs a checkpoint as a note (golang.org/x/mod/sumdb/note). The same checkpoint always gives the same text.
func (k *Keys) Sign(c Checkpoint) (string, error) {
	signed, err := note.Sign(&note.Note{Text: c.text()}, k.signer)
	return string(signed), err
}

var errNote = hmis.Errorf(hmis.Invalid, "a checkpoint was changed, or is of another hub")

// OpenNote reads a signed checkpoint. Errors: Invalid for everything that Sign did not make, to the last byte.
func (k *Keys) OpenNote(text string) (Checkpoint, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(k.verifier))
	if err != nil {
		return Checkpoint{}, errNote
	}
	c, err := parseText(strings.Split(opened.Text, "\n"))
	if err != nil {
		return c, err
	}
	// A note may carry further signatures, and base64 more than one spelling of the same bytes.
	if again, err := k.Sign(c); err != nil || again != text {
		return c, errNote
	}
	return c, nil
}

func parseText(lines []string) (c Checkpoint, err error) {
	if len(lines) != 5 || lines[0] != noteTitle {
		return c, errNote
	}
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := tlog.ParseHash(lines[2])
	at, err3 := hmis.ParseTimestamp(lines[3])
	if err1 != nil || err2 != nil || err3 != nil {
		return c, errNote
	}
	return Checkpoint{size, root, at}, nil
}

// Line writes a signed checkpoint on one line, for a file, a sheet of paper or an e-mail: size, root, day, time and
// signature with blanks between.
func Line(signed string) string {
	parts := strings.Split(signed, "\n") // title, size, root, moment, "", signature, ""
	signature := parts[5][strings.LastIndexByte(parts[5], ' ')+1:]
	return strings.Join([]string{parts[1], parts[2], parts[3], signature}, " ")
}

// OpenLine reads what Line wrote. Errors: Invalid, as for OpenNote.
func (k *Keys) OpenLine(line string) (Checkpoint, error) {
	parts := strings.Split(line, " ")
	if len(parts) != 5 {
		return Checkpoint{}, errNote
	}
	return k.OpenNote(fmt.Sprintf("%s\n%s\n%s\n%s %s\n\n— %s %s\n", noteTitle, parts[0], parts[1], parts[2], parts[3], signerName, parts[4]))
}

// PublicKey is what others can check signatures with (note.NewVerifier).
func (k *Keys) PublicKey() string { return k.vkey }

// noteKeys makes a pair of keys from 32 secret bytes.
func noteKeys(seed []byte) (signer note.Signer, verifier note.Verifier, vkey string, err error) {
	private := ed25519.NewKeyFromSeed(seed)
	if vkey, err = note.NewEd25519VerifierKey(signerName, private.Public().(ed25519.PublicKey)); err != nil {
		return nil, nil, "", err
	}
	if verifier, err = note.NewVerifier(vkey); err != nil {
		return nil, nil, "", err
	}
	const algorithm = 1 // Ed25519, in note's form of keys
	secret := base64.StdEncoding.EncodeToString(append([]byte{algorithm}, seed...))
	signer, err = note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", signerName, verifier.KeyHash(), secret))
	return signer, verifier, vkey, err
}
