package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, name string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, name, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestIndex(t *testing.T) {
	res := get(t, "/")
	page := body(t, res.Body)
	if res.StatusCode != http.StatusOK || !strings.Contains(page, "<title>Hearth</title>") {
		t.Fatalf("/ answers %d %.80s", res.StatusCode, page)
	}
	if strings.Contains(page, "<style") || strings.Contains(page, "<script>") {
		t.Error("index.html has an inline style or script")
	}
	refs := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(refs) < 2 {
		t.Fatalf("index.html names %d files", len(refs))
	}
	for _, ref := range refs {
		if !strings.HasPrefix(ref[1], "/") || strings.HasPrefix(ref[1], "//") {
			t.Errorf("index.html names %s, which is not the hub's", ref[1])
			continue
		}
		if res := get(t, ref[1]); res.StatusCode != http.StatusOK {
			t.Errorf("index.html names %s, which answers %d", ref[1], res.StatusCode)
		}
	}
}

// A script, worker or font that another file names must be in the program as
// well, and no style sheet may carry a font, which the policy would refuse.
func TestFilesNameOnlyFiles(t *testing.T) {
	script := regexp.MustCompile("(?:new Worker\\(|import\\(|import|from)[`\"'](\\.?/[^`\"']+\\.js)[`\"']")
	sheet := regexp.MustCompile(`url\(["']?([^"')]+)`)
	seen := 0
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		var refs [][]string
		switch path.Ext(name) {
		case ".js":
			refs = script.FindAllStringSubmatch(string(b), -1)
		case ".css":
			refs = sheet.FindAllStringSubmatch(string(b), -1)
		}
		for _, ref := range refs {
			if strings.HasPrefix(ref[1], "data:image/") || strings.HasPrefix(ref[1], "#") {
				continue
			}
			seen++
			if res := get(t, path.Join("/", ref[1])); res.StatusCode != http.StatusOK {
				t.Errorf("%s names %s, which answers %d", name, ref[1], res.StatusCode)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 6 {
		t.Errorf("found %d names of files, want three workers, two scripts and a font at least", seen)
	}
}

func TestEveryFileHasItsType(t *testing.T) {
	for name, f := range load() {
		if f.contentType == "" {
			t.Errorf("%s has no content type", name)
		}
		if strings.HasSuffix(name, ".map") {
			t.Errorf("%s is a source map", name)
		}
	}
}

func TestHeaders(t *testing.T) {
	for _, name := range []string{"/", "/console.js", "/editor.worker.js", "/style.css", "/codicon.ttf", "/nothing", "/../embed.go"} {
		h := get(t, name).Header
		for key, want := range map[string]string{
			"Content-Security-Policy": CSP,
			"Referrer-Policy":         "no-referrer",
			"X-Content-Type-Options":  "nosniff",
			"X-Frame-Options":         "DENY",
		} {
			if got := h.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
	}
	for _, banned := range []string{"unsafe-eval", "script-src 'self' 'unsafe-inline'", "http", "blob:", "*"} {
		if strings.Contains(CSP, banned) {
			t.Errorf("the policy allows %s", banned)
		}
	}
}

func TestStatus(t *testing.T) {
	for name, want := range map[string]int{
		"/":               http.StatusOK,
		"/index.html":     http.StatusOK,
		"/console.js":     http.StatusOK,
		"/dist":           http.StatusNotFound,
		"/nothing":        http.StatusNotFound,
		"/../embed.go":    http.StatusNotFound,
		"/console.js/etc": http.StatusNotFound,
	} {
		if got := get(t, name).StatusCode; got != want {
			t.Errorf("%s answers %d, want %d", name, got, want)
		}
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST / answers %d", w.Code)
	}
}

func TestCompressedIsTheSame(t *testing.T) {
	plain := body(t, get(t, "/console.js").Body)
	res := get(t, "/console.js", "Accept-Encoding", "br, gzip")
	if got := res.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding is %q", got)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body(t, z) != plain {
		t.Error("the compressed file differs from the plain one")
	}
}

func TestUnchangedIsNotSentAgain(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		first := get(t, "/console.js", "Accept-Encoding", encoding)
		again := get(t, "/console.js", "Accept-Encoding", encoding, "If-None-Match", first.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("encoding %q: answers %d, want 304", encoding, again.StatusCode)
		}
	}
}
