package world

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// shrink drops parts of an operation as long as fails still holds, at most so many times asked.
func shrink(s *ast.Schema, op *operation, asks int, fails func(*operation) bool) *operation {
	for again := true; again; {
		again = false
		doc := op.document(s)
		if doc == nil {
			return op
		}
		for n := range parts(doc) {
			if asks--; asks < 0 {
				return op
			}
			doc := op.document(s)
			drop(doc, n)
			smaller := op.print(doc)
			if smaller.document(s) != nil && fails(smaller) {
				op, again = smaller, true
				break
			}
		}
	}
	return op
}

// parts counts what can be dropped of a document: selections that are not the only one, arguments, and fields and
// elements of their values.
func parts(doc *ast.QueryDocument) int { return visit(doc, -1) }

// drop takes out the part of that number.
func drop(doc *ast.QueryDocument, number int) { visit(doc, number) }

func visit(doc *ast.QueryDocument, number int) (count int) {
	hit := func() bool { count++; return count-1 == number }
	var value func(v *ast.Value)
	value = func(v *ast.Value) {
		for i := 0; i < len(v.Children); i++ {
			if hit() {
				v.Children = append(v.Children[:i:i], v.Children[i+1:]...)
				return
			}
			value(v.Children[i].Value)
		}
	}
	var set func(s *ast.SelectionSet)
	set = func(s *ast.SelectionSet) {
		for i := 0; i < len(*s); i++ {
			if len(*s) > 1 && hit() {
				*s = append((*s)[:i:i], (*s)[i+1:]...)
				return
			}
			switch selection := (*s)[i].(type) {
			case *ast.Field:
				for j := 0; j < len(selection.Arguments); j++ {
					if hit() {
						selection.Arguments = append(selection.Arguments[:j:j], selection.Arguments[j+1:]...)
						return
					}
					value(selection.Arguments[j].Value)
				}
				set(&selection.SelectionSet)
			case *ast.InlineFragment:
				set(&selection.SelectionSet)
			}
		}
	}
	set(&doc.Operations[0].SelectionSet)
	for _, f := range doc.Fragments {
		set(&f.SelectionSet)
	}
	return count
}
