package arch

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testNamed  = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	testFunc   = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
	pageNamed  = regexp.MustCompile(`\]\(([^)#]*)(?:#[^)]*)?\)`)
	fileNamed  = regexp.MustCompile(`[A-Za-z.][A-Za-z0-9_./-]*\.?[A-Za-z]+`)
	asvsAnswer = []string{"yes", "partly", "no", "operator"}
)

// TestASVS refuses a claim of docs/asvs.md whose test or page is not there.
func TestASVS(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	text, err := os.ReadFile(filepath.Join(docs, "asvs.md"))
	if err != nil {
		t.Fatal(err)
	}
	var tests []string
	for _, file := range goFiles(t) {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		code, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllSubmatch(code, -1) {
			tests = append(tests, string(m[1]))
		}
	}
	for _, m := range testNamed.FindAllSubmatch(text, -1) {
		if name := string(m[1]); !slices.Contains(tests, name) {
			t.Errorf("docs/asvs.md names the test %s, which is not there", name)
		}
	}
	for _, m := range pageNamed.FindAllSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(docs, string(m[1]))); err != nil {
			t.Errorf("docs/asvs.md names the page %s, which is not there", m[1])
		}
	}
	rows, of := 0, map[string]int{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !regexp.MustCompile(`^ \d+\.\d+\.\d+ $`).MatchString(cells[1]) {
			continue
		}
		rows++
		met, how := strings.TrimSpace(cells[4]), strings.TrimSpace(cells[5])
		of[met]++
		if !slices.Contains(asvsAnswer, met) || how == "" {
			t.Errorf("docs/asvs.md does not say whether or how this is met: %s", line)
		}
		if met == "yes" && !testNamed.MatchString(how) && !pageNamed.MatchString(how) && !slices.ContainsFunc(fileNamed.FindAllString(how, -1), isFile) {
			t.Errorf("docs/asvs.md says that this is met, and names no test, page or file that shows it: %s", line)
		}
	}
	for _, met := range asvsAnswer {
		if count := fmt.Sprintf("(*%s*) | %d |", met, of[met]); !strings.Contains(string(text), count) {
			t.Errorf("docs/asvs.md counts its rows otherwise than: %s", count)
		}
	}
	if rows < 150 {
		t.Errorf("docs/asvs.md has %d requirements in rows that can be read", rows)
	}
}

func isFile(name string) bool {
	info, err := os.Stat(filepath.Join("..", "..", name))
	return err == nil && !info.IsDir()
}
