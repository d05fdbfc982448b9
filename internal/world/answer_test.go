package world

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// opened is an answer with ids replaced by names, cursors by what is in them, and without incident and clock.
type opened struct {
	text    string
	bytes   int // of the answer, but for what was replaced: the size must not tell either
	cursors []cursor
}

// cursor is a cursor of an answer and the list that it goes on with.
type cursor struct {
	text string
	list []string // response keys from the root
}

// opener walks an answer side by side with its operation.
type opener struct {
	w   *world
	dec *json.Decoder
	out strings.Builder
	opened
}

// open opens a body. The set is nil where nothing ran.
func (w *world) open(body []byte, set ast.SelectionSet) opened {
	o := &opener{w: w, dec: json.NewDecoder(bytes.NewReader(body))}
	o.dec.UseNumber()
	o.bytes = len(body)
	o.top(set)
	o.opened.text = o.out.String()
	return o.opened
}

// place is where the walk is: below which field, and in which list.
type place struct {
	set   ast.SelectionSet
	field *ast.Field
	conn  *ast.Field // the innermost connection
	path  []string
	list  []string
}

// top walks the parts of a body: data by the operation, the rest as it is.
func (o *opener) top(set ast.SelectionSet) {
	start, _ := o.dec.Token()
	if start != json.Delim('{') {
		fmt.Fprint(&o.out, "no JSON object: ", start)
		return
	}
	for o.dec.More() {
		key, _ := o.dec.Token()
		fmt.Fprintf(&o.out, "%v: ", key)
		switch key {
		case "errors":
			o.errors()
		case "data":
			o.value(place{set: set}, "data")
		default:
			o.value(place{}, fmt.Sprint(key))
		}
		o.out.WriteByte('\n')
	}
}

// errors walks the errors, which have no order of their own: fields are resolved side by side.
func (o *opener) errors() {
	_, _ = o.dec.Token()
	before := o.out.String()
	var list []string
	for o.dec.More() {
		o.out.Reset()
		o.value(place{}, "errors")
		list = append(list, o.out.String())
	}
	_, _ = o.dec.Token()
	slices.Sort(list)
	o.out.Reset()
	o.out.WriteString(before + strings.Join(list, "\n"))
}

func (o *opener) value(p place, key string) {
	token, err := o.dec.Token()
	if err != nil {
		fmt.Fprint(&o.out, "no JSON: ", err)
		return
	}
	switch token := token.(type) {
	case json.Delim:
		o.out.WriteString(token.String() + "\n")
		for o.dec.More() {
			if token == '[' {
				o.value(p, key)
			} else {
				name, _ := o.dec.Token()
				fmt.Fprintf(&o.out, "%v: ", name)
				o.value(p.below(fmt.Sprint(name)), fmt.Sprint(name))
			}
			o.out.WriteByte('\n')
		}
		end, _ := o.dec.Token()
		fmt.Fprint(&o.out, end)
	case string:
		fmt.Fprintf(&o.out, "%q", o.replace(p, key, token))
	default:
		fmt.Fprint(&o.out, token)
	}
}

func (p place) below(key string) place {
	n := place{conn: p.conn, path: append(p.path[:len(p.path):len(p.path)], key), list: p.list}
	if f := fieldOf(p.set, key); f != nil && f.Definition != nil {
		n.set, n.field = f.SelectionSet, f
		if strings.HasSuffix(f.Definition.Type.Name(), "Connection") {
			n.conn, n.list = f, n.path
		}
	}
	return n
}

// fieldOf finds the field of a response key, in fragments too.
func fieldOf(set ast.SelectionSet, key string) *ast.Field {
	for _, s := range set {
		var found *ast.Field
		switch s := s.(type) {
		case *ast.Field:
			if s.Alias == key {
				found = s
			}
		case *ast.InlineFragment:
			found = fieldOf(s.SelectionSet, key)
		case *ast.FragmentSpread:
			found = fieldOf(s.Definition.SelectionSet, key)
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// moments are the fields that tell when something was done.
var moments = []string{"at", "expiresAt", "dataAt", "startedAt", "finishedAt"}

func (o *opener) replace(p place, key, text string) string {
	replaced := text
	switch {
	case key == "incidentId":
		replaced = "incident"
	case p.field != nil && slices.Contains(moments, p.field.Definition.Name):
		replaced = "a moment" // of a clock that is the same for nobody
	case p.field != nil && strings.HasSuffix(strings.ToLower(p.field.Name), "cursor"):
		o.cursors = append(o.cursors, cursor{text, p.list})
		replaced = o.cursor(p.conn, text)
	default:
		if name := o.w.nameOf(text); name != "" {
			replaced = name
		}
	}
	if replaced != text {
		o.bytes -= len(text)
	}
	return replaced
}

// nameOf is the name of the row with an opaque id, "" for other texts.
func (w *world) nameOf(id string) string {
	code, key, ok := w.keys.ParseID(id)
	if !ok {
		return ""
	}
	return w.rowName(code, key)
}

func (w *world) rowName(code byte, key int64) string {
	name := w.names[fmt.Sprint(code, "/", key)]
	switch {
	case name != "":
	case code == codes["Consent"]:
		name = fmt.Sprint("consent recorded since: ", key-w.newest)
	default:
		name = fmt.Sprint("row of ", code, " that nobody knows: ", key)
	}
	return name
}

// cursor opens a cursor: the position of a row in a list, whose numbers are replaced by names. Its seal binds it to the
// question, which the test need not know: below AES-GCM is AES-CTR.
func (o *opener) cursor(conn *ast.Field, text string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) < 12+16 {
		return "no cursor: " + text
	}
	position := make([]byte, len(sealed)-12-16)
	cursorStream(sealed[:12]).XORKeyStream(position, sealed[12:len(sealed)-16])
	var at map[string]any
	if json.Unmarshal(position, &at) != nil {
		return "no position: " + string(position)
	}
	for name, typ := range map[string]string{"k": strings.TrimSuffix(conn.Definition.Type.Name(), "Connection"), "p": conn.ObjectDefinition.Name} {
		if key, ok := at[name].(float64); ok {
			at[name] = o.w.rowName(codes[typ], int64(key))
		}
	}
	named, _ := json.Marshal(at)
	return string(named)
}

var cursorBlock = func() cipher.Block {
	key, err := hkdf.Key(sha256.New, []byte("thirty-two bytes of test secret!"), nil, "hearth cursors", 32) // storetest.Keys
	if err != nil {
		panic(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	return block
}()

func cursorStream(nonce []byte) cipher.Stream {
	return cipher.NewCTR(cursorBlock, append(append([]byte{}, nonce...), 0, 0, 0, 2))
}
