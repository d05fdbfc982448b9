package graph_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/stats"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var space = regexp.MustCompile(`\s+`)

// Exact numbers are for who may see the rows behind, an agency's of its own stays alone and without records that are
// locked to the viewer; others get protected ones, and some roles none.
func TestStatistics(t *testing.T) {
	const served = `(period: {fiscalYear: 2025}SCOPE) { mode basis { scope dataAt change release } totals { served { value reason } } }`
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			h := newHub(t, d)
			say := func(viewer, scope string) string {
				return space.ReplaceAllString(h.ask(t, viewer, "{ statistics"+strings.Replace(served, "SCOPE", scope, 1)+" }", nil), "")
			}
			for _, c := range []struct{ viewer, scope, want string }{
				{"lead", "", `"mode":"EXACT"`}, {"lead", "", `"value":5`},
				{"analyst", "", `"value":5`}, {"analyst", "", `"mode":"EXACT"`},
				{"north", "", `"scope":"OWN","dataAt":null,"change":null,"release":null`}, {"north", "", `"value":3`}, // Ada, Cal and Eve
				{"north", ", scope: COMMUNITY", `"mode":"PROTECTED"`}, {"north", ", scope: COMMUNITY", `"value":null`},
				{"app", "", `scopesleavesomeout`}, {"app", ", scope: COMMUNITY", `"mode":"PROTECTED"`},
				{"funder", "", `"mode":"PROTECTED"`}, {"funder", "", `"value":null`},
				{"funder", ", scope: OWN", `noprojectsofitsown`},
				{"intake", "", `hasnostatistics`}, {"auditor", "", `hasnostatistics`}, {"", "", `signinfirst`},
			} {
				if got := say(c.viewer, c.scope); !strings.Contains(got, c.want) {
					t.Errorf("%s%s: want %s in %s", c.viewer, c.scope, c.want, got)
				}
			}
			if got := h.ask(t, "analyst", `{ statistics(period: {fiscalYear: 2025}) { totals { survivors { value } } } }`, nil); strings.Contains(got, `"value": 1`) {
				t.Error("an analyst counts a category that the role may not see", got)
			}
			eve := regexp.MustCompile(`"id": "([^"]+)"`).FindStringSubmatch(h.ask(t, "lead", `{ client(source: "made-up", personalId: "eve") { id } }`, nil))[1]
			if got := h.ask(t, "lead", `mutation($id: ID!) { lockClient(input: {client: $id, askedBy: CLIENT}) { userErrors { message } } }`, map[string]any{"id": eve}); !strings.Contains(got, `"userErrors": []`) {
				t.Fatal(got)
			}
			if got := say("north", ""); !strings.Contains(got, `"value":2`) {
				t.Error("a locked record is counted for one who may not see it", got)
			}
			groups := space.ReplaceAllString(h.ask(t, "lead", `{ statistics(period: {start: "2024-07-01", end: "2025-06-30"}) {
				groups(by: [PROJECT_TYPE], orderBy: [{measure: SERVED, descending: true}]) { count groups { values { name } numbers { served { value } lengthOfStay { observations { value } } } } } } }`, nil), "")
			if !strings.Contains(groups, `"count":`) || !strings.Contains(groups, `"served":{"value":2}`) {
				t.Error(groups)
			}
		})
	}
}

// An agency's exact numbers, with their members, changes, coverage, files and saved questions, are the same whatever is in the
// records of other agencies.
func TestStatisticsTellNothingOfOthers(t *testing.T) {
	every := ""
	for _, m := range stats.Measures() {
		switch m.Kind {
		case stats.Count:
			every += field(m.Name) + " { value } "
		case stats.Rate:
			every += field(m.Name) + " { value numerator { value } denominator { value } } "
		case stats.Average:
			every += field(m.Name) + " { value } "
		case stats.Duration:
			every += field(m.Name) + " { mean median p90 observations { value } buckets { count { value } } } "
		default:
			every += field(m.Name) + " { total { value } parts { count { value } } } "
		}
	}
	const of = `{ statistics(period: {fiscalYear: 2025}, scope: OWN) { `
	questions := []string{`mutation { saveQuery(input: {name: "served", title: "Served", question: {period: {fiscalYear: 2025}, scope: OWN, measures: [SERVED, INFLOW], by: [AGE_BAND]}}) { userErrors { message } } }`,
		`{ savedQuery(name: "served") { answer(format: JSONL) { rows content } } savedQueries { name title account state } }`,
		of + "mode basis { start end change dataAt scope } coverage { project { name label } enrollments } totals { " + every + " } } }",
		of + "members { clients { totalCount nodes { personalId } } enrollments { totalCount nodes { enrollmentId entryDate } } } } }",
		of + "members(measure: OUTFLOW, group: [{dimension: VETERAN, values: [\"NO\"]}]) { clients { totalCount } } change(to: PRIOR_YEAR, measures: [SERVED, LENGTH_OF_STAY], by: [PROJECT_TYPE]) { changes { now before percent } groups { values { name } changes { now before percent } } } } }",
		of + "groups(by: [PROJECT], grain: MONTH, first: 1000) { count groups { start values { name label } numbers { served { value } activeAtEnd { value } bedNights { value } newlyIdentified { value } returns12Months { value } } } } } }",
		of + "export(format: JSONL, measures: [SERVED, STAYS], by: [COC]) { rows content } } }",
	}
	for d := range stats.Dimensions() {
		if info := stats.Dimension(d).Info(); info.Grain == stats.NoGrain && info.Category != hmis.HIV {
			questions = append(questions, of+"groups(by: ["+info.Name+"]) { count groups { values { name label } numbers { served { value } stays { value } } } } } }")
		}
	}
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			one, two := newHub(t, d), newHubOf(t, d, ofOthers())
			for _, q := range questions {
				a, b := one.ask(t, "admin", q, nil), two.ask(t, "admin", q, nil)
				if strings.HasPrefix(a, "errors") && !strings.Contains(a, "may not see") {
					t.Fatal(q, a)
				}
				if diff := cmp.Diff(a, b); diff != "" {
					t.Errorf("%.300s (-as it is +with other agencies' records changed):\n%s", q, diff)
				}
			}
			whole := strings.ReplaceAll(questions[2], ", scope: OWN", "")
			if one.ask(t, "lead", whole, nil) == two.ask(t, "lead", whole, nil) {
				t.Error("the lead's numbers are the same too, so nothing was shown")
			}
		})
	}
}

// field is how GraphQL writes a name, as bedNights.
func field(name string) string {
	words := strings.Split(strings.ToLower(name), "_")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}

// A release is the same for ever, on every server.
func TestReleaseStays(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			h := newHub(t, d)
			names, err := h.store.ReleaseNames(context.Background())
			if err != nil || len(names) != 1 {
				t.Fatal(names, err)
			}
			before, err := h.store.Release(context.Background(), names[0])
			if err != nil || before.Clients.Len() != 5 {
				t.Fatal(before, err)
			}
			storetest.Import(t, h.store, storetest.Community().Set("Client", "eve", "Sex", "1").Set("Client", "eve", "DateUpdated", ""))
			again, err := h.store.ReleaseNames(context.Background())
			if err != nil || len(again) != 1 {
				t.Fatal(again, err)
			}
			after, err := h.store.Release(context.Background(), names[0])
			if err != nil || after.Clients.Len() != 5 {
				t.Fatal(err)
			}
			for i := range before.Clients.Sex {
				if before.Clients.Sex[i] != after.Clients.Sex[i] {
					t.Error("a release changed with the data")
				}
			}
		})
	}
}
