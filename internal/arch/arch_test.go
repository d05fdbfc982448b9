package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hearth-hmis/hearth"

// arrows says which of our own packages a package may import. A folder stands for all packages in it, but for those
// that have a line of their own.
var arrows = map[string][]string{
	"":                             {"internal/cli"}, // main
	"internal/cli":                 {"server", "graph", "schema", "web", "internal/account", "internal/audit", "internal/store", "internal/report", "internal/facts", "internal/synth", "internal/hmiscsv", "internal/seal", "internal/policy", "internal/hmis"},
	"server":                       {"internal/hmis"},
	"graph":                        {"graph", "ent", "internal/store", "internal/disclosure", "internal/stats", "internal/table", "internal/report", "internal/facts", "internal/account", "internal/audit", "internal/policy", "internal/hmis"},
	"schema":                       {},
	"web":                          {},
	"internal/account":             {"internal/store", "internal/audit", "internal/policy", "internal/hmis"},
	"internal/account/accounttest": {},
	"internal/store":               {"ent", "migrations", "internal/seal", "internal/audit", "internal/search", "internal/facts", "internal/hmiscsv", "internal/policy", "internal/hmis"},
	"internal/store/storetest":     {"internal/store", "migrations", "internal/seal", "internal/synth", "internal/hmiscsv", "internal/policy", "internal/hmis"},
	"ent":                          {"ent", "internal/policy", "internal/hmis"},
	"migrations":                   {},
	"internal/disclosure":          {"internal/stats", "internal/facts", "internal/hmis"},
	"internal/disclosure/attack":   {"internal/stats", "internal/facts", "internal/hmiscsv", "internal/hmis"},
	"internal/report":              {"internal/glossary", "internal/facts", "internal/hmis"},
	"internal/stats":               {"internal/glossary", "internal/facts", "internal/hmis"},
	"internal/glossary":            {"internal/facts", "internal/hmis"},
	"internal/facts/factstest":     {"internal/facts", "internal/hmiscsv", "internal/hmis"},
	"internal/facts":               {"internal/hmiscsv", "internal/hmis"},
	"internal/synth":               {"internal/hmiscsv", "internal/hmis"},
	"internal/hmiscsv":             {"internal/hmis"},
	"internal/audit":               {"internal/policy", "internal/hmis"},
	"internal/seal":                {"internal/hmis"},
	"internal/search":              {"internal/hmis"},
	"internal/policy":              {"internal/hmis"},
	"internal/hmis":                {},
	"internal/table":               {"internal/hmis"},
	"internal/kit":                 {},
	"internal/arch":                {},
	"internal/world":               {"server", "graph", "schema", "internal/account", "internal/audit", "internal/store", "internal/stats", "internal/seal", "internal/policy", "internal/hmis"},
}

// free may import anything: it makes the code and is no part of what runs.
const free = "internal/gen"

// forTests may be imported by every package's tests, with the package itself.
var forTests = []string{storetest, "internal/stats", "internal/disclosure/attack", "internal/facts/factstest", "internal/synth", "internal/hmiscsv", "internal/kit", "internal/account/accounttest"}

// upInTests may be imported by a package's tests from outside it.
var upInTests = map[string][]string{
	"internal/store": {"graph"},          // what sealing costs a question is measured with a store that only its own tests put in the clear
	"internal/cli":   {"internal/stats"}, // the attack at the door knows the measures
}

const storetest = "internal/store/storetest"

// opens lists the packages that may talk to a database by themselves.
var opens = []string{"internal/store", storetest, "migrations", "ent", free}

// opensInTests may do so in their tests alone: internal/stats says its measures once more in SQL.
var opensInTests = []string{"internal/stats"}

// databases are the packages that reach a database or make a statement.
var databases = []string{"database/sql", "github.com/lib/pq", "modernc.org/sqlite", "entgo.io/ent/dialect/sql"}

// system lists the files that may read as the hub itself, with the reason.
var system = map[string]string{
	"internal/store/account.go":      "accounts are looked up before anybody is a viewer",
	"internal/store/agreement.go":    "agreements and choices decide who is a viewer",
	"internal/store/token.go":        "tokens are looked up before anybody is a viewer",
	"internal/store/consent.go":      "who sees a consent sees what it says and its history; whether a client signs alone depends on its age",
	"internal/store/explain.go":      "the privacy officer looks into access and is shown no client",
	"internal/store/issue.go":        "the lead, who was checked, reads what imports found",
	"internal/store/read.go":         "the names of sources are open",
	"internal/store/write.go":        "a write whose right was checked before",
	"internal/store/channel_test.go": "a test looks at everything",
	"internal/store/export_test.go":  "a test looks at everything",
	"internal/store/import_test.go":  "a test looks at everything",
	"graph/graph_test.go":            "a test looks at everything",
	"internal/store/report.go":       "a run is kept of a viewer whose right was checked before",
	"graph/bench_test.go":            "a benchmark measures what the guard costs",
}

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		for _, fault := range importFaults(p) {
			t.Error(fault)
		}
	}
}

func TestDoor(t *testing.T) {
	known := map[string]bool{} // folders of ent: one for each type of records
	for _, p := range packages(t) {
		known[p.name()] = true
	}
	for _, file := range goFiles(t) {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range fileFaults(file, f, known) {
			t.Error(fault)
		}
	}
}

// pkg is what "go list -json" says of a package.
type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func own(path string) (name string, ok bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func (p pkg) name() string { name, _ := own(p.ImportPath); return name }

// inFolder reports whether the package is the folder or in it.
func inFolder(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

func inAny(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return inFolder(name, f) })
}

// line is the package or folder in the table of arrows that the package counts as.
func line(name string) (folder string, ok bool) {
	for f := range arrows {
		if name == f || f != "" && inFolder(name, f) && len(f) > len(folder) {
			folder, ok = f, true
		}
	}
	return folder, ok
}

func importFaults(p pkg) (faults []string) {
	name := p.name()
	if inFolder(name, free) {
		return nil
	}
	from, ok := line(name)
	if !ok {
		return []string{fmt.Sprintf("%s is not in the table of arrows: add it there with what it may import, and to DESIGN", name)}
	}
	check := func(imports []string, test bool) {
		for _, path := range imports {
			if to, ours := own(path); ours {
				to, _ := line(to)
				if !slices.Contains(arrows[from], to) && !(test && (to == from || slices.Contains(forTests, to) || slices.Contains(upInTests[from], to))) {
					faults = append(faults, fmt.Sprintf("%s imports %s: arrows point down to internal/hmis; move the code, or allow the arrow in the table and write an ADR", p.ImportPath, path))
				}
			} else if slices.Contains(databases, path) && !inAny(name, opens) && !(test && inAny(name, opensInTests)) {
				faults = append(faults, fmt.Sprintf("%s imports %s: only internal/store opens the database; ask it instead", p.ImportPath, path))
			}
		}
	}
	check(p.Imports, false)
	check(slices.Concat(p.TestImports, p.XTestImports), true)
	return faults
}

// fileFaults finds in a file outside the store what reaches past it. known holds the names of our packages.
func fileFaults(file string, f *ast.File, known map[string]bool) (faults []string) {
	folder := filepath.ToSlash(filepath.Dir(file))
	door := inAny(folder, []string{"internal/store", "ent", free})
	entName := ""
	for _, i := range f.Imports {
		path, _ := own(strings.Trim(i.Path.Value, `"`))
		switch {
		case path == "ent":
			if entName = "ent"; i.Name != nil {
				entName = i.Name.Name
			}
			if (entName == "." || entName == "_") && !door {
				faults = append(faults, fmt.Sprintf("%s imports ent as %s: import it by its name, so that this test sees what is used of it", file, entName))
			}
		case inFolder(path, "ent") && !door:
			faults = append(faults, fmt.Sprintf("%s imports %s: predicates, interceptors and entity packages are for internal/store; ask the store for rows", file, path))
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, isName := s.X.(*ast.Ident)
		if isName && entName != "" && x.Name == entName && !door && !known["ent/"+strings.ToLower(s.Sel.Name)] {
			faults = append(faults, fmt.Sprintf("%s uses ent.%s: outside internal/store only ent's record types may be named; ask the store", file, s.Sel.Name))
		}
		if s.Sel.Name == "System" && system[file] == "" {
			faults = append(faults, fmt.Sprintf("%s reads as the hub itself with System: ask as the viewer, or put the file on the list in this test with its reason", file))
		}
		return true
	})
	return faults
}

// packages asks the go command. What it says depends on files that goFiles opens, so a cached result is right.
func packages(t *testing.T) (list []pkg) {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	c.Dir = filepath.Join("..", "..")
	c.Stderr = &bytes.Buffer{}
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, c.Stderr)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// goFiles lists our Go files by their path from the root; ent's output and bench, a module of its own, are left out.
func goFiles(t *testing.T) (files []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if d.IsDir() && name != "." && (name == "ent" || name == "bench" || d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, ".go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The test itself can fail: each case breaks one rule, or none.
func TestChecks(t *testing.T) {
	for _, c := range []struct{ from, imports, test, want string }{
		{"graph", module + "/internal/store", "", ""},
		{"graph/generated", module + "/graph/model", "", ""},
		{"internal/gen/migration", "database/sql", "", ""},
		{"graph", "", module + "/internal/store/storetest", ""},
		{"graph", module + "/internal/store/storetest", "", "arrows point down"},
		{"internal/hmis", module + "/internal/policy", "", "arrows point down"},
		{"internal/policy", module + "/internal/policy", "", "arrows point down"},
		{"server", "", module + "/internal/store", "arrows point down"},
		{"internal/cli", "database/sql", "", "only internal/store opens"},
		{"graph", "", "github.com/lib/pq", "only internal/store opens"},
		{"internal/util", "", "", "not in the table"},
	} {
		got := importFaults(pkg{ImportPath: module + "/" + c.from, Imports: []string{c.imports}, TestImports: []string{c.test}})
		expect(t, c.from+" imports "+c.imports+c.test, got, c.want)
	}
	known := map[string]bool{"ent/enrollment": true, "ent/client": false}
	const useEnt = `import "` + module + `/ent"; `
	for _, c := range []struct{ file, text, want string }{
		{"graph/a.go", useEnt + `var e *ent.Enrollment`, ""},
		{"graph/a.go", useEnt + `var c *ent.Client`, "uses ent.Client"},
		{"graph/a.go", useEnt + `var q ent.EnrollmentQuery`, "uses ent.EnrollmentQuery"},
		{"internal/cli/a.go", useEnt + `var o = ent.Open`, "uses ent.Open"},
		{"internal/cli/a.go", `import e "` + module + `/ent"; var t e.Tx`, "uses ent.Tx"},
		{"internal/cli/a.go", `import . "` + module + `/ent"`, "by its name"},
		{"graph/a.go", `import "` + module + `/ent/predicate"`, "entity packages"},
		{"internal/store/a.go", useEnt + `import "` + module + `/ent/predicate"; var c *ent.Client; var p predicate.Enrollment`, ""},
		{"internal/store/account.go", `var _ = s.System(ctx, "why")`, ""},
		{"graph/record.go", `var _ = r.Store.System(ctx, "why")`, "reads as the hub"},
		{"graph/record.go", `var f = store.System`, "reads as the hub"},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), c.file, "package a; "+c.text, 0)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, c.file+": "+c.text, fileFaults(c.file, f, known), c.want)
	}
}

func expect(t *testing.T, what string, faults []string, want string) {
	t.Helper()
	if got := strings.Join(faults, "\n"); want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("%s: want %q, got %q", what, want, got)
	}
}
