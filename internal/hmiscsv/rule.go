package hmiscsv

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// columnRule is a row of column-rules.csv: what HUD's notes on a column say that a row alone can show.
//
//	must_be_empty_unless  condition
//	required_if           condition
//	format                value, a name in formats; condition: where it holds
//	at_least              value, a number or dollars
//	not_before, not_after value, another column, for not_after with +days
//
// A condition is terms joined by and, then by or: Column=1, Column<>1, Column in 1;2, Column filled.
type columnRule struct{ file, column, rule, value, condition string }

//go:embed column-rules.csv
var columnRulesCSV string

var columnRules = func() (rules []columnRule) {
	records, err := csv.NewReader(strings.NewReader(columnRulesCSV)).ReadAll()
	if err != nil {
		panic(err) // part of the program
	}
	for _, r := range records[1:] {
		rules = append(rules, columnRule{r[0], r[1], r[2], r[3], r[4]})
	}
	return rules
}()

type operator uint8

const (
	isOne  operator = iota // the value is one of the codes
	isNone                 // it is none of them, or empty
	isFilled
)

type term struct {
	index int // in Row.Cells
	op    operator
	codes []int64
}

func (t *term) holds(cells []Cell) bool {
	c := &cells[t.index]
	switch t.op {
	case isFilled:
		return c.Set
	case isNone:
		return !c.Set || !slices.Contains(t.codes, c.N)
	}
	return c.Set && slices.Contains(t.codes, c.N)
}

// condition holds where every term of one of its parts does; an empty one always.
type condition [][]term

func (c condition) holds(cells []Cell) bool {
	for _, part := range c {
		if !slices.ContainsFunc(part, func(t term) bool { return !t.holds(cells) }) {
			return true
		}
	}
	return len(c) == 0
}

func parseCondition(f *hmis.File, text string) (c condition) {
	if text == "" {
		return nil
	}
	for _, part := range strings.Split(text, " or ") {
		var all []term
		for _, t := range strings.Split(part, " and ") {
			all = append(all, parseTerm(f, t))
		}
		c = append(c, all)
	}
	return c
}

func parseTerm(f *hmis.File, text string) term {
	for _, form := range []struct {
		sign string
		op   operator
	}{{" filled", isFilled}, {"<>", isNone}, {"=", isOne}, {" in ", isOne}} {
		name, codes, ok := strings.Cut(text, form.sign)
		if !ok {
			continue
		}
		t := term{index: columnIndex(f, name), op: form.op}
		for code := range strings.SplitSeq(codes, ";") {
			if n, err := strconv.ParseInt(code, 10, 64); err == nil {
				t.codes = append(t.codes, n)
			}
		}
		return t
	}
	panic("column-rules.csv: " + text)
}

func columnIndex(f *hmis.File, name string) int {
	i := slices.Index(f.Columns, f.Column(name))
	if i < 0 {
		panic("column-rules.csv: " + f.Name + " has no column " + name)
	}
	return i
}

type ruleKind uint8

const (
	forbidden ruleKind = iota // must_be_empty_unless
	required                  // required_if
	formatted
	atLeast
	notBefore
	notAfter
)

// rule is a columnRule made ready for rows.
type rule struct {
	kind   ruleKind
	cell   *cellPlan
	when   condition
	valid  func(*Cell) bool // formatted
	limit  int64            // atLeast; days added to other
	other  int              // in Row.Cells: notBefore, notAfter
	reason string
}

func (p *plan) addRule(f *hmis.File, r columnRule, e Export) {
	col := f.Columns[columnIndex(f, r.column)]
	i := p.find(col.NameIn(p.year))
	if i < 0 || r.rule == "required_if" && col.Required(p.year) || r.value == "ssn" && e.hashed() {
		return
	}
	ready := rule{cell: &p.cells[i], when: parseCondition(f, r.condition)}
	switch r.rule {
	case "must_be_empty_unless":
		ready.kind, ready.reason = forbidden, "must be empty unless "+r.condition
	case "required_if":
		ready.kind, ready.reason = required, "must not be empty where "+r.condition
	case "format":
		form := formats[r.value]
		if r.value == "year_of_service" {
			form = serviceYears(e.End)
		}
		ready.kind, ready.valid, ready.reason = formatted, form.valid, form.reason
		ready.cell.shown = ready.cell.shown || form.public
	case "at_least":
		ready.kind, ready.limit, ready.reason = atLeast, parseLimit(r.value), "less than "+r.value
		if col.Kind == hmis.MoneyKind {
			ready.limit *= 100
		}
	case "not_before":
		ready.kind, ready.other, ready.reason = notBefore, columnIndex(f, r.value), "before "+r.value
	case "not_after":
		name, days, _ := strings.Cut(r.value, "+")
		ready.kind, ready.other, ready.reason = notAfter, columnIndex(f, name), "after "+name
		if days != "" {
			ready.limit, ready.reason = parseLimit(days), fmt.Sprintf("more than %s days after %s", days, name)
		}
	default:
		panic("column-rules.csv: no rule " + r.rule)
	}
	p.rules = append(p.rules, ready)
}

func parseLimit(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic("column-rules.csv: " + s)
	}
	return n
}

type format struct {
	valid  func(*Cell) bool
	reason string
	public bool // such values identify nobody
}

var formats = map[string]format{
	"coc":       {func(c *Cell) bool { return isCoC(c.S) }, "a CoC code is written XX-999", true},
	"coc_list":  {isCoCList, "CoC codes are written XX-999, several with a semicolon between", true},
	"geocode":   {hasDigits(6, 6), "a geocode has six digits", true},
	"state":     {func(c *Cell) bool { return isState(c.S) }, "a state is two capital letters", true},
	"zip":       {hasDigits(5, 5), "a ZIP code has five digits", false},
	"phone":     {hasDigits(10, 10), "a phone number has ten digits and nothing else", false},
	"extension": {hasDigits(1, 5), "an extension has one to five digits", false},
	"email":     {isEmail, "not an e-mail address", false},
	"ssn":       {isSSN, "an SSN has nine characters: 0-9, and x for an unknown digit", false},
}

func hasDigits(least, most int) func(*Cell) bool {
	return func(c *Cell) bool { return isDigits(c.S, least, most) }
}

func isDigits(s string, least, most int) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) >= least && len(s) <= most
}

func isState(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func isCoC(s string) bool {
	return len(s) == 6 && isState(s[:2]) && s[2] == '-' && isDigits(s[3:], 3, 3)
}

func isCoCList(c *Cell) bool {
	for code := range strings.SplitSeq(c.S, ";") {
		if !isCoC(strings.TrimSpace(code)) {
			return false
		}
	}
	return true
}

func isEmail(c *Cell) bool {
	at := strings.LastIndexByte(c.S, '@')
	return at > 0 && at < len(c.S)-1 && !strings.ContainsAny(c.S, " ,;")
}

func isSSN(c *Cell) bool {
	return len(c.S) == 9 && strings.Trim(c.S, "0123456789xX") == ""
}
