package seal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

const arn = "arn:aws:kms:eu-central-1:111122223333:key/made-up"

// service is AWS KMS as far as a key file needs it: it seals and opens with the one key that it has.
type service struct {
	t       *testing.T
	refuses bool
	asked   []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var in struct {
		KeyID                     string `json:"KeyId"`
		Plaintext, CiphertextBlob []byte
		EncryptionContext         map[string]string
	}
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		s.t.Error(err)
	}
	what := r.Header.Get("X-Amz-Target")
	s.asked = append(s.asked, what)
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=made-up/") || in.KeyID != arn || len(in.EncryptionContext) != 1 {
		s.t.Errorf("asked as %q for %q in %v", r.Header.Get("Authorization"), in.KeyID, in.EncryptionContext)
	}
	key, err := subtle.NewAESGCM(make([]byte, 32))
	if err != nil {
		s.t.Fatal(err)
	}
	context := []byte(fmt.Sprint(in.EncryptionContext))
	out := map[string]any{"KeyId": arn}
	switch what {
	case "TrentService.Encrypt":
		out["CiphertextBlob"], err = key.Encrypt(in.Plaintext, context)
	case "TrentService.Decrypt":
		out["Plaintext"], err = key.Decrypt(in.CiphertextBlob, context)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if s.refuses || err != nil {
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]any{"__type": "AccessDeniedException", "message": "not for this caller"}
	}
	_ = json.NewEncoder(w).Encode(out)
}

// A key file that a key of AWS KMS wraps: made, opened, rotated, and shut where the service refuses or is away.
func TestKeyFileOfAService(t *testing.T) {
	s := &service{t: t}
	at := httptest.NewServer(s)
	defer at.Close()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_KMS": at.URL, "AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_PROFILE": "", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := Create(path, Wrap{KMS: "aws-kms://" + arn}); err != nil {
		t.Fatal(err)
	}
	open := func() *Keys {
		t.Helper()
		k, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := open()
	cell, err := k.SealCell([]byte("Ada"), []byte("place"))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.AddKey(); err != nil {
		t.Fatal(err)
	}
	again := open()
	if text, err := again.OpenCell(cell, []byte("place")); err != nil || string(text) != "Ada" || !bytes.Equal(again.Check(), k.Check()) || again.Primary() != k.Primary() {
		t.Errorf("after the rotation: %q, %v", text, err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), "secret") || strings.Contains(string(text), "cells") || !strings.Contains(string(text), arn) {
		t.Errorf("the file shows what is in it: %v", err)
	}
	if !slices.Contains(s.asked, "TrentService.Encrypt") || !slices.Contains(s.asked, "TrentService.Decrypt") {
		t.Errorf("the service was asked for %v", s.asked)
	}
	flipped := bytes.Replace(text, []byte(`"sealed":"`), []byte(`"sealed":"AAAA`), 1)
	if err := os.WriteFile(path, flipped, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, nil); hmis.CodeOf(err) != hmis.Unavailable {
		t.Error("a changed file:", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.refuses = true
	if _, err := Open(path, nil); hmis.CodeOf(err) != hmis.Unavailable {
		t.Error("a service that refuses:", err)
	}
	at.Close()
	for what, err := range map[string]error{"opens": second(Open(path, nil)), "makes": Create(path+"2", Wrap{KMS: "aws-kms://" + arn})} {
		if hmis.CodeOf(err) != hmis.Unavailable {
			t.Errorf("a service that is away %s: %v", what, err)
		}
	}
	for _, uri := range []string{"aws-kms://nowhere", "gcp-kms://projects/x", "aws-kms:" + arn} {
		if err := Create(path+"3", Wrap{KMS: uri}); hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func second(_ *Keys, err error) error { return err }
