package store

import (
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
)

// placeholders writes the places of n arguments, $first and so on. SQLite takes those for names, which it looks up one
// by one for each place; its own are question marks, in the order of the arguments.
func (s *Store) placeholders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if s.dialect == dialect.SQLite {
			b.WriteByte('?')
		} else {
			b.WriteString("$" + strconv.Itoa(first+i))
		}
	}
	return b.String()
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
