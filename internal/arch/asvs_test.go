package arch

import (
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
	pageNamed  = regexp.MustCompile(`\]\(([^)]+)\)`)
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
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !regexp.MustCompile(`^ \d+\.\d+\.\d+ $`).MatchString(cells[1]) {
			continue
		}
		rows++
		if !slices.Contains(asvsAnswer, strings.TrimSpace(cells[4])) || strings.TrimSpace(cells[5]) == "" {
			t.Errorf("docs/asvs.md does not say whether or how this is met: %s", line)
		}
	}
	if rows < 150 {
		t.Errorf("docs/asvs.md has %d requirements in rows that can be read", rows)
	}
}
