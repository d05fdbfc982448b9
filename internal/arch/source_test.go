package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// banned are packages that what runs has no use for: a fault of docs/asvs.md, which says so. "C" is cgo.
var banned = map[string]string{
	"C": "the hub is Go alone", "unsafe": "the hub's memory is Go's", "os/exec": "the hub starts no program",
	"crypto/md5": "SHA-256 is for hashes", "crypto/sha1": "SHA-256 is for hashes", "math/rand": "crypto/rand is for secrets",
	"text/template": "html/template escapes", "encoding/gob": "what comes in is JSON or CSV", "encoding/xml": "what comes in is JSON or CSV",
}

// allowed are the files that may import a banned package all the same, with the reason.
var allowed = map[string]string{
	"internal/facts/pack.go encoding/gob": "it reads what the hub itself wrote, sealed",
	"internal/facts/pack.go unsafe":       "it reaches the unexported columns of facts, by their own types",
}

// chance may use math/rand/v2: it makes up communities.
var chance = []string{"internal/synth", "internal/disclosure"}

// writes are the files that may make a file, with the reason.
var writes = map[string]string{
	"internal/cli/report.go": "the command names it", "internal/cli/synth.go": "the command names it", "internal/cli/import.go": "the command names it",
	"internal/cli/demo.go": "a folder that is removed again", "internal/hmiscsv/writer.go": "a part of an export that is removed again",
	"internal/store/backup.go": "the command names it", "internal/store/log.go": "checkpoints", "internal/seal/file.go": "the key file",
}

// TestSources looks for what no test could show to be absent: ways out of Go's safety, weak sources of chance, patterns made
// of input, files made of what comes in, and in the console text that is taken for a page, and storage.
func TestSources(t *testing.T) {
	for _, file := range goFiles(t) {
		folder := filepath.ToSlash(filepath.Dir(file))
		if strings.HasSuffix(file, "_test.go") || inAny(folder, []string{free, storetest}) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range sourceFaults(file, f) {
			t.Error(fault)
		}
	}
	console, err := filepath.Glob(filepath.Join("..", "..", "web", "src", "*.js*"))
	if err != nil || len(console) < 5 {
		t.Fatal(console, err)
	}
	for _, path := range console {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range pageFaults(filepath.Base(path), string(text)) {
			t.Error(fault)
		}
	}
}

func sourceFaults(file string, f *ast.File) (faults []string) {
	folder := filepath.ToSlash(filepath.Dir(file))
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		if why := banned[path]; why != "" && allowed[file+" "+path] == "" || path == "math/rand/v2" && !inAny(folder, chance) {
			faults = append(faults, fmt.Sprintf("%s imports %s: %s", file, path, why))
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		s, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, _ := s.X.(*ast.Ident)
		switch {
		case x == nil:
		case x.Name == "regexp" && strings.HasSuffix(s.Sel.Name, "Compile"):
			if _, literal := call.Args[0].(*ast.BasicLit); !literal {
				faults = append(faults, file+" makes a pattern of something that is not written there")
			}
		case x.Name == "os" && regexp.MustCompile(`^(Create|CreateTemp|MkdirTemp|WriteFile|OpenFile)$`).MatchString(s.Sel.Name) && writes[file] == "":
			faults = append(faults, file+" makes a file: put it on the list in this test with its reason")
		}
		return true
	})
	return faults
}

var (
	pageBanned = regexp.MustCompile(`dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|sessionStorage|indexedDB|document\.cookie|onPaste|Object\.assign|__proto__`)
	secretBox  = regexp.MustCompile(`<input[^>]*name="(password|token)"[^>]*>`)
)

func pageFaults(name, text string) (faults []string) {
	for _, found := range pageBanned.FindAllString(text, -1) {
		faults = append(faults, fmt.Sprintf("web/src/%s uses %s", name, found))
	}
	for _, box := range secretBox.FindAllString(text, -1) {
		if !strings.Contains(box, `type="password"`) || !strings.Contains(box, "autoComplete=") {
			faults = append(faults, fmt.Sprintf("web/src/%s shows what is typed, or does not tell managers of passwords what it is: %s", name, box))
		}
	}
	return faults
}

// The test itself can fail.
func TestSourcesChecks(t *testing.T) {
	for code, want := range map[string]int{
		`package a; import "crypto/rand"; var x = regexp.MustCompile("a")`:        0,
		`package a; import "os/exec"`:                                             1,
		`package a; import "C"`:                                                   1,
		`package a; import "math/rand/v2"`:                                        1,
		`package a; func f(s string) { regexp.MustCompile(s) }`:                   1,
		`package a; func f(s string) { regexp.Compile("a" + s) }`:                 1,
		`package a; func f(s string) { os.WriteFile(s, nil, 0); os.ReadFile(s) }`: 1,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := sourceFaults("server/a.go", f); len(got) != want {
			t.Errorf("%s: %q, want %d", code, got, want)
		}
	}
	for text, want := range map[string]int{
		`<input name="password" type="password" autoComplete="off" />`: 0,
		`<input name="password" autoComplete="off" />`:                 1,
		`<input name="token" type="password" />`:                       1,
		`<p dangerouslySetInnerHTML={x} />`:                            1,
		`localStorage.token = token`:                                   1,
	} {
		if got := pageFaults("a.jsx", text); len(got) != want {
			t.Errorf("%s: %q, want %d", text, got, want)
		}
	}
}
