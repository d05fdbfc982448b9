// Package leak shows that the two-world test finds leaks: it takes guards out of a copy of the code, one after the other.
package leak

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// leak is a hole that is put into the code on purpose. Its file names the channel, who could see through it, and for
// each place the exact text of the code and what replaces it; LEAK there is whether this leak is switched on.
type leak struct {
	name, channel, what, viewers string
	edits                        []edit
}

type edit struct{ file, original, leaky string }

// The channels of which there is no leak, since the hub has nothing yet that could leak so.
var without = map[int]string{
	14: "there are no subscriptions and no feed in the API",
}

// The two-world test finds every leak, and without any it passes: the leaks are built into one copy of it, where a
// variable of the environment switches one on.
func TestLeaks(t *testing.T) {
	leaks := readLeaks(t)
	binary := build(t, leaks)
	if out, err := run(binary, leak{viewers: "north,app,analyst"}); err != nil {
		t.Fatalf("the copy with the leaks fails with none of them on: mend the leaks' texts\n%s", out)
	}
	missed := make(chan string, len(leaks))
	work := make(chan leak)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for l := range work {
				if out, err := run(binary, l); err == nil {
					missed <- fmt.Sprintf("leak %s is not found (channel %s: %s)\n%s", l.name, l.channel, l.what, out)
				} else if !strings.Contains(out, "can tell two worlds apart") {
					missed <- fmt.Sprintf("leak %s breaks the test instead of being found\n%s", l.name, out)
				}
			}
		})
	}
	for _, l := range leaks {
		work <- l
	}
	close(work)
	workers.Wait()
	close(missed)
	found := len(leaks) - len(missed)
	for m := range missed {
		t.Error(m)
	}
	t.Logf("%d of %d leaks caught", found, len(leaks))
}

func readLeaks(t *testing.T) (leaks []leak) {
	t.Helper()
	files, err := filepath.Glob("testdata/leaks/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no leaks: %v", err)
	}
	channels := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l := leak{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		for line := range strings.Lines(string(archive.Comment)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			*map[string]*string{"channel": &l.channel, "leak": &l.what, "viewers": &l.viewers}[name] = value
		}
		for i := 0; i+1 < len(archive.Files); i += 2 {
			text := func(f txtar.File) string { return strings.TrimSuffix(string(f.Data), "\n") }
			l.edits = append(l.edits, edit{archive.Files[i].Name, text(archive.Files[i]), text(archive.Files[i+1])})
		}
		channels[l.channel] = true
		leaks = append(leaks, l)
	}
	for n := 1; n <= 24; n++ {
		if !channels[fmt.Sprint(n)] && without[n] == "" {
			t.Errorf("channel %d has no leak in testdata/leaks, and no reason why it has none", n)
		}
	}
	return leaks
}

// build makes the copy of this test with all leaks in it.
func build(t *testing.T, leaks []leak) (binary string) {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{} // by path from the root
	for _, l := range leaks {
		for _, e := range l.edits {
			if texts[e.file] == "" {
				text, err := os.ReadFile(filepath.Join(root, e.file))
				if err != nil {
					t.Fatal(err)
				}
				texts[e.file] = string(text)
			}
			if n := strings.Count(texts[e.file], e.original); n != 1 {
				t.Fatalf("testdata/leaks/%s.txt: its original stands %d times in %s and not once: the code has changed; copy the new text of the guard into the file and take the guard out of the leaky text\n%s",
					l.name, n, e.file, e.original)
			}
			on := fmt.Sprintf("(leakOn == %q)", l.name)
			texts[e.file] = strings.Replace(texts[e.file], e.original, strings.ReplaceAll(e.leaky, "LEAK", on), 1)
			texts[filepath.Join(filepath.Dir(e.file), "leaks.go")] = "package " + filepath.Base(filepath.Dir(e.file)) + `

import (
	"fmt"
	"os"
)

var (
	leakOn     = os.Getenv("HEARTH_LEAK")
	leakSprint = fmt.Sprint
	leakErrorf = fmt.Errorf
)
`
		}
	}
	return compile(t, root, texts)
}

// compile builds the test of internal/world with the texts in place of the files.
func compile(t *testing.T, root string, texts map[string]string) (binary string) {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for file, text := range texts {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, file)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "leaks.test")
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", path, "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("the leaks do not compile: %v\n%s", err, out)
	}
	return binary
}

// seeds are how many communities a leak may take to be found.
const seeds = 6

// run runs the copy with a leak on, until it finds a difference.
func run(binary string, l leak) (out string, err error) {
	for seed := range seeds {
		cmd := exec.Command(binary, "-test.run", "^TestTwoWorlds$", "-only", "sqlite", "-operations", "8000", "-viewers", l.viewers, "-shrink=false", "-seed", fmt.Sprint(seed+1))
		cmd.Env = append(os.Environ(), "HEARTH_LEAK="+l.name, "GOMAXPROCS=1")
		text, err := cmd.CombinedOutput()
		if out = string(text); err != nil || l.name == "" {
			return out, err
		}
	}
	return out, nil
}
