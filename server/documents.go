package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// What happens with a document that is not on the list of trusted documents.
const (
	DocumentsOff     = "off"     // it runs
	DocumentsLog     = "log"     // it runs; of an app's, the hash is logged
	DocumentsEnforce = "enforce" // it is refused, unless a person who is signed in sends it
)

// Documents are the documents that apps were built with: whatever else an app sends, somebody else made up.
type Documents struct {
	mode string
	apps map[string]map[string]*trusted // by app and hash
	all  map[string]*trusted
}

// trusted is a document of the list. Its name is the operation's, if it has just one.
type trusted struct{ text, name string }

// ReadDocuments reads a list: {"app": {"SHA-256 in hex": "document"}}. Errors: Invalid, which says what to mend.
func ReadDocuments(r io.Reader, mode string) (*Documents, error) {
	if mode != DocumentsOff && mode != DocumentsLog && mode != DocumentsEnforce {
		return nil, hmis.Errorf(hmis.Invalid, "the mode of trusted documents is off, log or enforce")
	}
	var list map[string]map[string]string
	if err := json.NewDecoder(r).Decode(&list); err != nil {
		return nil, hmis.Errorf(hmis.Invalid, `the list of trusted documents is not JSON of the form {"app": {"SHA-256 in hex": "document"}}`)
	}
	docs := &Documents{mode: mode, apps: map[string]map[string]*trusted{}, all: map[string]*trusted{}}
	for app, texts := range list {
		docs.apps[app] = map[string]*trusted{}
		for hash, text := range texts {
			hash = plainHash(hash)
			if hash != hashOf(text) {
				return nil, hmis.Errorf(hmis.Invalid, "the list of trusted documents has for the app %s a hash that is not its document's: %s", app, hash)
			}
			doc, err := parser.ParseQuery(&ast.Source{Input: text})
			if err != nil || len(doc.Operations) == 0 {
				return nil, hmis.Errorf(hmis.Invalid, "the list of trusted documents has for the app %s a document that is not GraphQL: %s", app, hash)
			}
			t := &trusted{text: text}
			if len(doc.Operations) == 1 {
				t.name = doc.Operations[0].Name
			}
			docs.apps[app][hash], docs.all[hash] = t, t
		}
	}
	return docs, nil
}

func hashOf(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// plainHash takes a hash as clients write it, also as a document id with its kind.
func plainHash(id string) string { return strings.ToLower(strings.TrimPrefix(id, "sha256:")) }

// find finds a document by its hash: an app's own, for all others any. nil: there is none.
func (docs *Documents) find(who Caller, hash string) *trusted {
	switch {
	case docs == nil:
		return nil
	case who.Program:
		return docs.apps[who.App][hash]
	}
	return docs.all[hash]
}

// resolve puts the document in place of its hash, and notes whether it is a trusted one.
func (d *door) resolve(c *call, q *request) *refusal {
	if q.document != "" {
		hash := plainHash(q.document)
		t := d.Documents.find(c.caller, hash)
		switch {
		case t == nil && q.query == "":
			return refuse(0, hmis.NotFound, "the hub does not know this document; send its text, or have it put on the list of trusted documents")
		case q.query == "":
			q.query = t.text
		case hashOf(q.query) != hash:
			return refuse(0, hmis.Invalid, "the document does not have the hash that was sent with it")
		}
	}
	if d.Documents != nil && d.Documents.mode != DocumentsOff || q.document != "" {
		c.hash = hashOf(q.query)
		c.trusted = d.Documents.find(c.caller, c.hash)
	}
	return nil
}

// distrust refuses a document that is not on the list, where only those run. A stranger may sign in without one.
func (d *door) distrust(c *call, q *request, op *ast.OperationDefinition) *refusal {
	docs := d.Documents
	if docs == nil || c.trusted != nil || !c.caller.Program && c.caller.Account != 0 {
		return nil
	}
	switch {
	case docs.mode == DocumentsEnforce && !(c.caller.Account == 0 && onlySignsIn(op)):
		return refuse(http.StatusForbidden, hmis.Denied, "only trusted documents run here; have this one put on the list, and send its hash as documentId")
	case docs.mode == DocumentsLog && !hasValues(q.query):
		c.untrusted = c.hash
	case docs.mode == DocumentsLog:
		c.untrusted = "has values" // from whose hash they could be guessed
	}
	return nil
}

func onlySignsIn(op *ast.OperationDefinition) bool {
	for _, s := range op.SelectionSet {
		if f, ok := s.(*ast.Field); !ok || f.Name != "login" && f.Name != "__typename" {
			return false
		}
	}
	return op.Operation == ast.Mutation
}

// hasValues reports whether texts or numbers are written into a document that is within its limits.
func hasValues(query string) bool {
	l := lexer.New(&ast.Source{Input: query})
	for {
		t, err := l.ReadToken()
		if err != nil || t.Kind == lexer.EOF {
			return false
		}
		switch t.Kind {
		case lexer.String, lexer.BlockString, lexer.Int, lexer.Float:
			return true
		}
	}
}
