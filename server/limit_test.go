package server

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The query that GraphiQL and other tools send.
const introspection = `query IntrospectionQuery { __schema { queryType { name kind } mutationType { name kind }
subscriptionType { name kind } types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args { ...InputValue }
type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } interfaces { ...TypeRef }
enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

// doubling is a chain of n fragments, each of which spreads the next twice.
func doubling(n int, on, open string) string {
	var b strings.Builder
	b.WriteString(open)
	for i := range n {
		fmt.Fprintf(&b, " fragment f%d on %s { ...f%d ...f%d }", i, on, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment f%d on %s { __typename }", n, on)
	return b.String()
}

func nested(n int, open, inner, closing string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
}

var hostile = []struct{ name, query, says string }{
	{"fragments that double", doubling(28, "Query", "{ ...f0 }"), "a selection"},
	{"fragments that double the schema", doubling(90, "__Schema", "{ __schema { ...f0 } }"), "a selection"},
	{"fields that double", strings.NewReplacer("{ ...f1 ...f1 }", "{ self { ...f1 id } }", "...f3 ...f3", "self { ...f3 ...f3 ...f3 ...f3 }", "...f5 ...f5", "self { ...f5 ...f5 ...f5 ...f5 }").
		Replace(doubling(14, "Client", "{ clients { nodes { ...f0 } } }")), "a selection"},
	{"fields below each other", below(), "put in"},
	{"repeated fields", "{ clients { totalCount " + strings.Repeat("x ", 5000) + "} }", "tokens"},
	{"wide", "{ clients { " + strings.Repeat("totalCount ", 250) + "} }", "a selection"},
	{"wide through fragments", "{ clients { nodes { " + strings.Repeat("...f ", 50) + "} } } fragment f on Client { id id id id id }", "a selection"},
	{"deep", nested(100, "{ self ", "{ id }", "}"), "nested"},
	{"deeper", nested(40_000, "{a", "", "}"), "KiB"},
	{"deep list", `{ clients(where: ` + nested(5000, "[", "1", "]") + `) { totalCount } }`, "tokens"},
	{"huge literal", `{ fail(how: TOLD, note: "` + strings.Repeat("a", 100_000) + `") }`, "KiB"},
	{"huge block", `{ fail(how: TOLD, note: """` + strings.Repeat("a\n ", 30_000) + `""") }`, "KiB"},
	{"comment", "#" + strings.Repeat("a", 200_000) + "\n{ __typename }", "KiB"},
	{"comments", strings.Repeat("#\n", 2000) + "{ __typename }", "tokens"},
	{"aliases", "{ clients { nodes { " + aliases(31) + " } } }", "aliases"},
	{"aliases through fragments", "{ clients { nodes { self { ...f } self { ...f } } } } fragment f on Client { " + aliases(20) + " }", "aliases"},
	{"fields of the operation", "{ " + strings.Repeat("must ", 11) + "}", "of its own"},
	{"directives", "{ must " + strings.Repeat("@include(if: true) ", 51) + "}", "directives"},
	{"operations", strings.Repeat("query A { must } ", 21), "operations"},
	{"rows", "{ clients(first: 500) { nodes { enrollments { nodes { services(first: 50) { nodes { id } } } } } } }", "rows"},
	{"rows of a huge page", "{ clients(first: 99999999999999999999999999) { nodes { id } } }", "rows"},
	{"rows of lists", "{ clients(first: 500) { nodes { " + nested(3, "consents { client { ", "enrollments { nodes { id } }", "} }") + " } } }", "rows"},
	{"another operation", "query A { must } query B { " + strings.Repeat("must ", 11) + "}", "of its own"},
	{"schema under aliases", "{ __schema { a: types { name } } }", "no aliases"},
	{"deep schema", "{ __schema { types { " + nested(25, "ofType { ", "name", "}") + " } } }", "fields of the schema"},
}

// below has sets of moderate size, each of whose fields has such a set below it.
func below() string {
	wide := func(inner string) string { return "{ " + strings.Repeat("self "+inner+" ", 15) + "}" }
	return "{ clients { nodes " + wide("{ ...f }") + " } } fragment f on Client " + wide("{ ...g }") + " fragment g on Client " + wide("{ ...h }") + " fragment h on Client " + wide("{ id }")
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: id ", i)
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	h, _ := newHub(t)
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, parameters(map[string]any{"query": c.query, "operationName": operationName(c.query)}))
			r := parse(t, w)
			if w.Code != 400 || r.code() != hmis.Limit || !strings.Contains(r.Errors[0].Message, c.says) {
				t.Errorf("%d %s, want LIMIT about %q", w.Code, w.Body, c.says)
			}
		})
	}
}

// TestHostileMemory refuses each hostile document, and bodies of 5 MB, without taking more than 16 MiB or 50,000 pieces
// from the heap.
func TestHostileMemory(t *testing.T) {
	h, _ := newHub(t, func(c *Config) { c.Unmetered = true })
	bodies := map[string]string{"5 MB comment": document("#" + strings.Repeat("a", 5<<20)), "5 MB of comments": document(strings.Repeat("#\n", 5<<19)),
		"5 MB literal": document(`{ fail(how: TOLD, note: "` + strings.Repeat("a", 5<<20) + `") }`), "5 MB of brackets": strings.Repeat("[", 5<<20),
		"5 MB variable": parameters(map[string]any{"query": "{ must }", "variables": map[string]any{"a": strings.Repeat("a", 5<<20)}})}
	for _, c := range hostile {
		bodies[c.name] = parameters(map[string]any{"query": c.query, "operationName": operationName(c.query)})
	}
	for name, body := range bodies {
		for _, accept := range []string{mediaGraphQL, mediaStream} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			w := ask(h, body, "Accept: "+accept)
			runtime.ReadMemStats(&after)
			if !strings.Contains(w.Body.String(), `"errors"`) || strings.Contains(w.Body.String(), `"data"`) {
				t.Errorf("%s: not refused: %.200s", name, w.Body)
			}
			if taken, count := after.TotalAlloc-before.TotalAlloc, after.Mallocs-before.Mallocs; taken > 16<<20 || count > 50_000 {
				t.Errorf("%s: %d bytes in %d pieces", name, taken, count)
			} else if testing.Verbose() {
				t.Logf("%-40s %-35s %8d bytes %6d pieces", name, accept, taken, count)
			}
		}
	}
}

func operationName(query string) string {
	if strings.HasPrefix(query, "query A") {
		return "A"
	}
	return ""
}

func TestCircle(t *testing.T) {
	h, _ := newHub(t)
	for _, q := range []string{
		"{ ...f } fragment f on Query { ...f }",
		"{ must } fragment f on Query { ...g } fragment g on Query { ...f }",
		"{ __schema { ...f } } fragment f on __Schema { types { fields { type { ...g } } } } fragment g on __Type { ofType { ...g } }",
	} {
		if r := parse(t, ask(h, document(q))); r.code() != hmis.Invalid {
			t.Errorf("%s: %+v", q, r)
		}
	}
}

func TestCost(t *testing.T) {
	h, _ := newHub(t)
	for _, c := range []struct {
		query     string
		variables map[string]any
		rows      int
	}{
		{"{ must }", nil, 0},
		{"{ clients { totalCount } }", nil, 50},
		{"{ clients(first: 500) { nodes { enrollments(first: 5) { nodes { services(first: 5) { nodes { id } } } } } } }", nil, 500 * (1 + 5*(1+5))},
		{"{ clients { edges { node { enrollments { nodes { id } } } } } }", nil, 50 * 51},
		{"{ clients { nodes { enrollments { nodes { services { nodes { enrollment { id } } } } } } } }", nil, 50 * (1 + 50*(1+5*2))},
		{"{ clients(last: 7) { nodes { id } } }", nil, 7},
		{"{ clients(first: null, last: 7) { nodes { id } } }", nil, 7},
		{"{ clients(first: -3) { nodes { id } } }", nil, 0},
		{"query($n: Int) { clients(first: $n) { nodes { id } } }", map[string]any{"n": 9}, 9},
		{"query($n: Int) { clients(first: $n) { nodes { id } } }", nil, 50},
		{"query($n: Int = 8) { clients(first: $n) { nodes { id } } }", nil, 8},
		{"query($n: Int = 8) { clients(first: $n) { nodes { id } } }", map[string]any{"n": nil}, 50},
		{"query($i: [ID!]!) { nodes(ids: $i) { id } }", map[string]any{"i": []string{"a", "b", "c"}}, 3},
		{`{ nodes(ids: ["a", "b"]) { consents { id } } }`, nil, 2 * 6},
		{"{ clients { ...c } } fragment c on ClientConnection { nodes { self { id } } }", nil, 100},
		{introspection, nil, 0},
	} {
		r := parse(t, ask(h, parameters(map[string]any{"query": c.query, "variables": c.variables})))
		if r.Extensions.Cost.Rows != c.rows || len(r.Errors) > 0 {
			t.Errorf("%s: %d rows, want %d; %+v", c.query, r.Extensions.Cost.Rows, c.rows, r.Errors)
		}
	}
}

// BenchmarkDoor is the processor time until a hostile document is refused, and until a usual one is answered.
func BenchmarkDoor(b *testing.B) {
	h, _ := newHub(b)
	run := func(name, body string) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				ask(h, body)
			}
		})
	}
	for _, c := range hostile {
		run(c.name, document(c.query))
	}
	run("5 MB comment", document("#"+strings.Repeat("a", 5<<20)))
	run("introspection", document(introspection))
	run("a page", document("{ clients(first: 50) { nodes { id enrollments { nodes { id services { nodes { id } } } } } } }"))
	run("just not refused", document(heaviest()))
}

// heaviest is the document found by trial that takes validation longest within the limits.
func heaviest() string {
	var b strings.Builder
	b.WriteString("{ clients { nodes { ")
	for range 14 {
		b.WriteString("self { ...f } ")
	}
	b.WriteString("} } } fragment f on Client { self { " + strings.Repeat("id ", 199) + "} " + strings.Repeat("firstName ", 199) + "}")
	return b.String()
}
