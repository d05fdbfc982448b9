// Package web holds Hearth's console: a sign-in form and GraphiQL, built from
// the sources beside this file and embedded, so that a hub needs no other host
// to show it.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed dist
var dist embed.FS

// CSP is the policy of every answer of [Handler]. The page reaches its own
// origin and nothing else, and no string becomes code. Styles stay open to
// 'unsafe-inline' because the Monaco editor places its lines with style
// attributes.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"worker-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// types names the content type of each kind of file, because the machine's own
// table may lack one or know it by another name.
var types = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".md":   "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
}

// Handler serves the console at / and its files beside it, to GET and HEAD. Any
// other path is not found. The file names are the same in every release, so a
// browser asks again each time and gets 304 while nothing has changed.
func Handler() http.Handler {
	files := load()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", CSP)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		f, ok := files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r)
	})
}

// file is one file of the console, ready to send.
type file struct {
	contentType string
	etag        string // without the quotes
	plain       []byte
	packed      func() []byte // gzip, made when first asked for
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Type", f.contentType)
	h.Set("Vary", "Accept-Encoding")
	etag, body := f.etag, f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		etag, body = f.etag+"-gzip", f.packed()
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// load reads the embedded files, by their path below dist.
func load() map[string]*file {
	files := map[string]*file{}
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(root, name)
		files[name] = &file{
			contentType: types[path.Ext(name)],
			etag:        fmt.Sprintf("%x", sha256.Sum256(b))[:32],
			plain:       b,
			packed:      sync.OnceValue(func() []byte { return pack(b) }),
		}
		return err
	})
	if err != nil {
		panic(err) // reading from the program itself cannot fail
	}
	return files
}

func pack(b []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(b) // a bytes.Buffer takes everything
	w.Close()
	return buf.Bytes()
}
