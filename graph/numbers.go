package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// withoutClients copies a schema without the types of clients (@client), their connections, and every field that leads
// to one; what is then reached by nothing is left out as well.
func withoutClients(whole *ast.Schema) *ast.Schema {
	kept := map[string]*ast.Definition{}
	var keep func(name string)
	keep = func(name string) {
		d := whole.Types[name]
		if d == nil || kept[name] != nil {
			return
		}
		c := *d
		c.Fields = nil
		kept[name] = &c
		for _, f := range d.Fields {
			if ofClients(whole, f.Type.Name()) {
				continue
			}
			c.Fields = append(c.Fields, f)
			keep(f.Type.Name())
			for _, a := range f.Arguments {
				keep(a.Type.Name())
			}
		}
		for _, name := range c.Interfaces {
			keep(name)
		}
	}
	for name, d := range whole.Types {
		if strings.HasPrefix(name, "__") || d.BuiltIn {
			keep(name)
		}
	}
	keep(whole.Query.Name)
	keep(whole.Mutation.Name)
	return schemaOf(whole, kept)
}

// ofClients reports whether a type is of clients: by itself, or as a connection or edge of such rows.
func ofClients(s *ast.Schema, name string) bool {
	d := s.Types[name]
	if d == nil || d.Kind != ast.Object {
		return false
	}
	for _, suffix := range []string{"Connection", "Edge"} {
		if node := s.Types[strings.TrimSuffix(name, suffix)]; node != nil && node != d {
			return ofClients(s, node.Name)
		}
	}
	return d.Directives.ForName("client") != nil
}

func schemaOf(whole *ast.Schema, kept map[string]*ast.Definition) *ast.Schema {
	s := &ast.Schema{
		Query: kept[whole.Query.Name], Mutation: kept[whole.Mutation.Name], Types: kept, Directives: whole.Directives,
		PossibleTypes: map[string][]*ast.Definition{}, Implements: map[string][]*ast.Definition{}, Description: whole.Description,
	}
	for name := range kept {
		for _, d := range whole.PossibleTypes[name] {
			if k := kept[d.Name]; k != nil {
				s.PossibleTypes[name] = append(s.PossibleTypes[name], k)
			}
		}
		for _, d := range whole.Implements[name] {
			if k := kept[d.Name]; k != nil {
				s.Implements[name] = append(s.Implements[name], k)
			}
		}
	}
	return s
}
