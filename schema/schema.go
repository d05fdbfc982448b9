// Package schema holds the GraphQL schema that Hearth serves.
package schema

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

//go:embed *.graphql
var files embed.FS

// SDL returns the whole schema as one text.
func SDL() string {
	var b strings.Builder
	names, err := fs.Glob(files, "*.graphql")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // an embedded file
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Format writes a schema that was made of the whole one.
func Format(s *ast.Schema) string {
	var b strings.Builder
	formatter.NewFormatter(&b).FormatSchema(s)
	return b.String()
}
