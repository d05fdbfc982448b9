package schema

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every entity is refused to nobody: it has the guarded mixin. None has edges, which ent would load past the store's lists.
func TestEveryEntityIsGuarded(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no entities", err)
	}
	var parsed []*ast.File
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	faults, entities := unguarded(parsed)
	for _, fault := range faults {
		t.Error(fault)
	}
	if entities < 30 {
		t.Errorf("%d entities were found, so nothing was shown", entities)
	}
}

// unguarded lists the entities, structs that embed ent.Schema, without the mixin or with edges.
func unguarded(files []*ast.File) (faults []string, entities int) {
	guardedTypes := map[string]bool{}
	var names []string
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && embeds(s, "ent.Schema") {
					names = append(names, n.Name.Name)
				}
			case *ast.FuncDecl:
				receiver := receiverOf(n)
				if receiver != "" && n.Name.Name == "Mixin" && mentions(n.Body, "guarded") {
					guardedTypes[receiver] = true
				}
				if receiver != "" && n.Name.Name == "Edges" {
					faults = append(faults, fmt.Sprintf("%s has edges: refer by a column that ends in _key and let internal/store find the rows, as the viewer, with referred and children", receiver))
				}
			}
			return true
		})
	}
	for _, name := range names {
		if !guardedTypes[name] {
			faults = append(faults, fmt.Sprintf("%s is not guarded: give it func (%s) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }, so that it is refused where nobody asks", name, name))
		}
	}
	return faults, len(names)
}

func embeds(s *ast.StructType, name string) bool {
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		sel, ok := f.Type.(*ast.SelectorExpr)
		if !ok || len(f.Names) > 0 {
			return false
		}
		x, ok := sel.X.(*ast.Ident)
		return ok && x.Name+"."+sel.Sel.Name == name
	})
}

func receiverOf(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) != 1 {
		return ""
	}
	if name, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func mentions(n ast.Node, name string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if ok {
			id, isName := c.Type.(*ast.Ident)
			found = found || isName && id.Name == name
		}
		return true
	})
	return found
}

func TestChecksOfEntities(t *testing.T) {
	const guardedEntity = "type Note struct{ ent.Schema }\nfunc (Note) Mixin() []ent.Mixin { return []ent.Mixin{guarded{}} }\n"
	for _, c := range []struct{ text, want string }{
		{guardedEntity, ""},
		{"type Note struct{ ent.Schema }", "Note is not guarded"},
		{"type Note struct{ ent.Schema }\nfunc (Note) Mixin() []ent.Mixin { return []ent.Mixin{record{}} }", "Note is not guarded"},
		{guardedEntity + "func (Note) Edges() []ent.Edge { return nil }", "Note has edges"},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "sample.go", "package schema\n"+c.text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		faults, _ := unguarded([]*ast.File{f})
		if got := strings.Join(faults, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: want %q, got %q", c.text, c.want, got)
		}
	}
}
