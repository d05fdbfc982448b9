package main

import "github.com/hearth-hmis/hearth/internal/hmis"

// lists writes a Go type for each code list, with a constant for each code.
func lists() error {
	var s source
	s.WriteString(goHeader + "package hmis\n\nimport \"io\"\n\n")
	for _, l := range hmis.CodeLists() {
		if l.Type != "" {
			listType(&s, l)
		}
	}
	s.line("// NewCode returns the zero value of the Go type of a list, nil where the list's codes are texts.")
	s.line("func NewCode(list string) any {\n\tswitch list {")
	for _, l := range hmis.CodeLists() {
		if l.Type != "" {
			s.line("case %q:\n\treturn %s(0)", l.Number, l.Type)
		}
	}
	s.line("}\n\treturn nil\n}")
	return s.writeGo("internal/hmis/lists_gen.go")
}

func listType(s *source, l *hmis.CodeList) {
	s.line("// %s is HUD's list %s, %s.\ntype %s int32\n", l.Type, l.Number, l.Name, l.Type)
	s.line("// The codes of list %s.\nconst (", l.Number)
	for _, c := range l.Codes {
		s.line("%s%s %s = %s // %s", l.Type, pascal(c.Name), l.Type, c.Code, c.Label)
	}
	s.line(")\n")
	list := "list" + l.Type
	s.line("var %s = ListNumbered(%q)\n", list, l.Number)
	s.line("// Label is HUD's wording, \"\" for a code outside the list.")
	s.line("func (c %s) Label() string { return %s.Label(int32(c)) }\n", l.Type, list)
	s.line("func (c %s) String() string { return %s.EnumName(int32(c)) }\n", l.Type, list)
	s.line("// MarshalGQL writes the enum name, null for a code outside the list.")
	s.line("func (c %s) MarshalGQL(w io.Writer) { %s.marshal(w, int32(c)) }\n", l.Type, list)
	s.line("// UnmarshalGQL reads an enum name.\nfunc (c *%s) UnmarshalGQL(v any) error {", l.Type)
	s.line("code, err := %s.unmarshal(v)\n*c = %s(code)\nreturn err\n}\n", list, l.Type)
}
