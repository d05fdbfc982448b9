package hmis

import (
	"io"
	"slices"
	"strconv"
)

// CodeList is one of HUD's lists of both years together.
type CodeList struct {
	Number string // HUD's list number, as 3.12.1
	Name   string
	Type   string // the Go and GraphQL type; "" where the codes are texts
	Codes  []ListCode
	byCode map[string]int
	byName map[string]int
}

// ListCode is an answer of a list.
type ListCode struct {
	Code   string
	Name   string // GraphQL enum value, "" where the codes are texts
	Label  string // HUD's newest wording
	status [2]string
}

// ValidIn reports whether HUD's list of the year has the code; codes that HUD retired are not in it,
// codes that other tools accept are.
func (c ListCode) ValidIn(y Year) bool {
	s := c.status[yearIndex(y)]
	return s == "valid" || s == "extra"
}

// CodeLists returns every list in HUD's order.
func CodeLists() []*CodeList { return codeLists }

// ListNumbered returns the list, nil where there is none.
func ListNumbered(number string) *CodeList { return codeListByNumber[number] }

// Find returns the code, nil where neither year has it.
func (l *CodeList) Find(code string) *ListCode {
	if i, ok := l.byCode[code]; ok {
		return &l.Codes[i]
	}
	return nil
}

// Has reports whether the year's list has the code.
func (l *CodeList) Has(y Year, code string) bool {
	c := l.Find(code)
	return c != nil && c.ValidIn(y)
}

// Label is HUD's wording of a code, "" for one outside the list.
func (l *CodeList) Label(code int32) string {
	if c := l.Find(strconv.Itoa(int(code))); c != nil {
		return c.Label
	}
	return ""
}

// EnumName is the GraphQL name of a code, "" for one outside the list.
func (l *CodeList) EnumName(code int32) string {
	if c := l.Find(strconv.Itoa(int(code))); c != nil {
		return c.Name
	}
	return ""
}

// marshal writes the enum name, null for a code outside the list: it stays in the database as read.
func (l *CodeList) marshal(w io.Writer, code int32) {
	name := l.EnumName(code)
	if name == "" {
		_, _ = io.WriteString(w, "null")
		return
	}
	_, _ = io.WriteString(w, strconv.Quote(name))
}

func (l *CodeList) unmarshal(v any) (int32, error) {
	s, _ := v.(string)
	i, ok := l.byName[s]
	if !ok || s == "" {
		return 0, Errorf(Invalid, "not a %s", l.Type)
	}
	return int32(mustInt(l.Codes[i].Code)), nil
}

var codeLists, codeListByNumber = loadLists()

func loadLists() ([]*CodeList, map[string]*CodeList) {
	var list []*CodeList
	byNumber := map[string]*CodeList{}
	for _, y := range []Year{FY2026, FY2024} {
		for _, r := range readTable("lists-fy" + year4(y) + ".csv") {
			number := r.get("list")
			l := byNumber[number]
			if l == nil {
				l = &CodeList{Number: number, Name: r.get("name"), byCode: map[string]int{}, byName: map[string]int{}}
				byNumber[number] = l
				list = append(list, l)
			}
			code := r.get("code")
			i, known := l.byCode[code]
			if !known {
				i = len(l.Codes)
				l.byCode[code] = i
				l.Codes = append(l.Codes, ListCode{Code: code, Label: r.get("label")})
			}
			l.Codes[i].status[yearIndex(y)] = r.get("status")
		}
	}
	for _, r := range readTable("enum-types.csv") {
		byNumber[r.get("list")].Type = r.get("type")
	}
	for _, r := range readTable("enum-names.csv") {
		l := byNumber[r.get("list")]
		i := l.byCode[r.get("code")]
		l.Codes[i].Name = r.get("name")
		l.byName[r.get("name")] = i
	}
	for _, l := range list {
		if l.Type != "" {
			slices.SortStableFunc(l.Codes, func(a, b ListCode) int { return mustInt(a.Code) - mustInt(b.Code) })
			for i, c := range l.Codes {
				l.byCode[c.Code], l.byName[c.Name] = i, i
			}
		}
	}
	return list, byNumber
}
