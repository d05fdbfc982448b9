package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/graph"
	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/schema"
	"github.com/hearth-hmis/hearth/server"
)

// The channels that are closed at the door, through the whole of it as hearth serve opens it.

// door is a hub with a made-up community, an account of each role, and what it logs.
type door struct {
	http.Handler
	store  *store.Store
	book   *account.Book
	tokens map[string]string
	log    *bytes.Buffer
}

func openDoor(t testing.TB, url string, rows storetest.Rows) *door {
	t.Helper()
	d := &door{store: storetest.OpenURL(t, url), tokens: map[string]string{}, log: &bytes.Buffer{}}
	storetest.Import(t, d.store, rows)
	if err := d.store.PrepareSearch(context.Background()); err != nil {
		t.Fatal(err)
	}
	d.Handler = handler(d.store, server.Config{Log: slog.New(slog.NewTextHandler(d.log, nil))})
	d.book = account.Open(d.store)
	today := d.store.Now().Day()
	for _, n := range []account.New{ // in one order, so that cursors, which are bound to the account, are the same in two hubs
		{Username: "lead", Role: policy.SystemAdmin}, {Username: "north", Role: policy.CaseManager, Organization: "1"},
		{Username: "east", Role: policy.CaseManager, Organization: "3"}, {Username: "analyst", Role: policy.Analyst},
		{Username: "funder", Role: policy.Funder}, {Username: "auditor", Role: policy.Auditor},
	} {
		n.TrainedOn, n.AgreedOn = &today, &today
		if err := d.book.Create(context.Background(), n); err != nil {
			t.Fatal(err)
		}
		token, err := d.book.CreateToken(context.Background(), n.Username)
		if err != nil {
			t.Fatal(err)
		}
		d.tokens[n.Username] = token.Token
	}
	return d
}

// onBoth runs a test on both databases.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) { test(t, d.New(t)) })
	}
}

// send posts a body as a viewer, "" for a stranger, for a purpose where one is named. Incident ids are taken out of the answer.
func (d *door) send(viewer, body string, purpose ...string) (status int, answer string, header http.Header) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if viewer != "" {
		r.Header.Set("Authorization", "Bearer "+d.tokens[viewer])
	}
	r.Header["Hearth-Purpose"] = purpose
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code, incident.ReplaceAllString(w.Body.String(), `"incidentId":"…"`), w.Header()
}

var incident = regexp.MustCompile(`"incidentId":"[0-9a-f]+"`)

func (d *door) ask(viewer, query string, variables ...any) string {
	_, answer, _ := d.send(viewer, body(query, variables...))
	return answer
}

// body is a request; variables are names and values in turn.
func body(query string, variables ...any) string {
	v := map[string]any{}
	for i := 0; i+1 < len(variables); i += 2 {
		v[variables[i].(string)] = variables[i+1]
	}
	text, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		panic(err) // plain values
	}
	return string(text)
}

// open records a release of eve's to every partner.
func (d *door) open(t testing.TB, categories string) {
	t.Helper()
	id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(d.ask("lead", `{ client(source: "made-up", personalId: "eve") { id } }`))[1]
	today := d.store.Now().Day()
	answer := d.ask("lead", `mutation($id: ID!, $from: Date!, $to: Date!) { recordConsent(input: {client: $id, method: WRITTEN, startsOn: $from, endsOn: $to,
		provisions: [{categories: [`+categories+`], allPartners: true}]}) { consent { id } userErrors { message } } }`, "id", id, "from", today.String(), "to", (today + 100).String())
	if !strings.Contains(answer, `"userErrors":[]`) {
		t.Fatal(answer)
	}
}

func TestChannel15IntrospectionAndSuggestions(t *testing.T) {
	const introspection = `{ __schema { types { name kind fields { name args { name } type { name ofType { name } } } enumValues { name } inputFields { name } possibleTypes { name } } } }`
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		for _, query := range []string{introspection, `{ __type(name: "Client") { name } }`, `{ viewer { __typename username } __schema { queryType { name } } }`} {
			if answer := d.ask("", query); !strings.Contains(answer, `"DENIED"`) || strings.Contains(answer, "Query") {
				t.Errorf("a stranger reads the schema: %s", answer)
			}
		}
		// Near misses, which a helpful validator would complete.
		for _, query := range []string{`{ cliens { totalCount } }`, `{ projects(where: {projektType: [OTHER]}) { totalCount } }`, `{ projects { nodes { projectNam } } }`,
			`{ projects(where: {projectType: [OTHR]}) { totalCount } }`, `{ ... on Quer { viewer { username } } }`, `mutation { logn(input: {username: "a"}) { token } }`,
			`query($x: ProjectFilte) { projects(where: $x) { totalCount } }`, `{ projects(orderBy: NAM) { totalCount } }`} {
			for _, viewer := range []string{"", "funder", "north"} {
				answer := d.ask(viewer, query)
				if !strings.Contains(answer, `"INVALID"`) || regexp.MustCompile(`(?i)did you mean|cliens|clients|projektType|projectNam|OTHR|logn|Quer\b|Filte|NAM\b`).MatchString(answer) {
					t.Errorf("%s asks %s and is told %s", viewer, query, answer)
				}
			}
		}
		// The schema is the same whoever is in the hub.
		if with, without := d.ask("north", introspection), openDoor(t, freshURL(t, url), storetest.Community().Without("Services", "PersonalID", "cal")).ask("north", introspection); with != without || len(with) < 10_000 {
			t.Errorf("the schema depends on what is in the hub:\n%.300s\n%.300s", with, without)
		}
	})
}

// freshURL is another empty database of the same kind.
func freshURL(t testing.TB, url string) string {
	for _, d := range storetest.Databases(t, postgresURL) {
		if strings.HasPrefix(url, d.Name) {
			return d.New(t)
		}
	}
	t.Fatal("no such database")
	return ""
}

// Those who see no person ask a schema without clients: what names one is refused before anything runs.
func TestNoClientsForThoseWhoSeeNoPerson(t *testing.T) {
	queries := []string{
		`{ clients { totalCount } }`, `{ client(source: "made-up", personalId: "eve") { id } }`, `{ enrollments { totalCount } }`, `{ services { totalCount } }`,
		`{ persons { totalCount } }`, `{ households { totalCount } }`, `{ node(id: "x") { ... on Client { id } } }`, `{ nodes(ids: ["x"]) { ... on Enrollment { id } } }`,
		`query { node(id: "x") { ...c } } fragment c on Consent { id }`, `{ projects { nodes { enrollments { totalCount } } } }`, `{ projects { nodes { households { totalCount } } } }`,
		`mutation { revokeConsent(input: {consent: "x"}) { userErrors { message } } }`, `mutation { lockClient(input: {client: "x"}) { userErrors { message } } }`,
		`query($w: ClientFilter) { projects { totalCount } }`,
	}
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		for _, query := range queries {
			if answer := d.ask("lead", query); strings.Contains(query, "totalCount }") && !strings.Contains(query, "$w") && strings.Contains(answer, `"errors"`) {
				t.Errorf("the lead's %s is no question, so nothing was shown: %s", query, answer)
			}
			for _, viewer := range []string{"funder", "auditor", ""} {
				before := d.store.Statements()
				_, alone := d.tokens[viewer]
				answer := d.ask(viewer, query)
				if !strings.Contains(answer, `"INVALID"`) || strings.Contains(answer, `"data"`) {
					t.Errorf("%q asks %s and gets %s", viewer, query, answer)
				}
				if after := d.store.Statements(); !alone && after != before {
					t.Errorf("a stranger's %s makes %d statements", query, after-before)
				}
			}
		}
		for _, viewer := range []string{"funder", "auditor"} {
			types := d.ask(viewer, `{ __schema { types { name fields { name } possibleTypes { name } } } }`) + d.ask(viewer, `{ __type(name: "Client") { name } }`)
			types = strings.Replace(types, `"StatisticsCoverage","fields":[{"name":"project"},{"name":"enrollments"}]`, "", 1) // a number, and of nobody without exact ones
			if regexp.MustCompile(`"(Client|Enrollment|Exit|Service|Person|Household|Consent|Disability|HealthAndDV|IncomeBenefits)(Connection|Edge|Event|Provision|Payload|Filter)?"|"(clients|enrollments|households|firstName|ssn)"`).MatchString(types) || !strings.Contains(types, `"__type":null`) || !strings.Contains(types, `"Project"`) {
				t.Errorf("%s is shown types of clients: %s", viewer, types)
			}
			r := httptest.NewRequest(http.MethodGet, "/schema.graphql", nil)
			r.Header.Set("Authorization", "Bearer "+d.tokens[viewer])
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			if text := w.Body.String(); w.Code != http.StatusOK || strings.Contains(text, "type Client") || strings.Contains(text, "type Enrollment") || !strings.Contains(text, "type Project") {
				t.Errorf("%s reads of clients in /schema.graphql", viewer)
			}
		}
	})
}

// Who tries ids one by one gets few tries a request, and each tells as much as none.
func TestChannel16AliasesAndBatches(t *testing.T) {
	lookups := func(n int) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			fmt.Fprintf(&b, ` a%d: client(source: "made-up", personalId: "%d") { id }`, i, i)
		}
		return b.String() + " }"
	}
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		if answer := d.ask("east", lookups(10)); strings.Count(answer, `":null`) != 10 {
			t.Errorf("ten look-ups of nobody: %s", answer)
		}
		for what, request := range map[string]string{
			"eleven look-ups": body(lookups(11)),
			"many aliases":    body(`{ viewer { ` + strings.Repeat("a: username ", 20) + aliases(31) + ` } }`),
			"a batch":         "[" + body(`{ viewer { username } }`) + "]",
			"many ids":        body(`query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, "ids", slices.Repeat([]string{"x"}, 501)),
		} {
			if _, answer, _ := d.send("east", request); !strings.Contains(answer, `"LIMIT"`) && !strings.Contains(answer, `one operation per request`) {
				t.Errorf("%s are answered: %.300s", what, answer)
			}
		}
		// Ids of hidden rows and of none, however many: the same answer and the same work.
		var hidden []string
		for _, m := range regexp.MustCompile(`"id":"([^"]+)"`).FindAllStringSubmatch(d.ask("lead", `{ enrollments(last: 1) { nodes { id client { id } } } }`), -1) {
			hidden = append(hidden, m[1])
		}
		work := func(ids []string) (string, int64) {
			before := d.store.Statements()
			return d.ask("east", `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, "ids", ids), d.store.Statements() - before
		}
		one, once := work(hidden)
		many, often := work(slices.Repeat(hidden, 200))
		if strings.Count(one, "null") != 2 || strings.Count(many, "null") != 400 || once != often {
			t.Errorf("%d ids: %s, %d statements; %d ids: %.100s, %d statements", len(hidden), one, once, 200*len(hidden), many, often)
		}
	})
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: username ", i)
	}
	return b.String()
}

// reviewed are the commands; those that show rows ask the store as a viewer and have a channel test. Report asks for what
// the API's reports are made of: see TestReportsTellNothingOfOthers in graph.
var reviewed = strings.Fields("account account/agree account/bind account/create account/disable account/enable account/partner account/password account/role account/train account/unbind audit audit/checkpoint audit/prune audit/retention audit/verify backup demo doctor import keys keys/init keys/rotate migrate migrate/up report restore serve synth token token/create")

// Exports, reports and audit screens: a new command is refused until it is shown to give a viewer no more than the API does.
func TestChannel17Commands(t *testing.T) {
	for _, name := range commandNames(command(), "") {
		if !slices.Contains(reviewed, name) {
			t.Errorf("hearth %s is not covered: if it writes rows or numbers of clients, it asks the store with As for the account that is named, not with System; "+
				"compare its output in two worlds here, then name it in this test", name)
		}
	}
	c := &cobra.Command{Use: "hearth"}
	c.AddCommand(&cobra.Command{Use: "export OUT.zip"})
	if !slices.Equal(commandNames(c, ""), []string{"export"}) {
		t.Error("a new command is not seen, so nothing was shown")
	}
}

func commandNames(c *cobra.Command, under string) (names []string) {
	for _, sub := range c.Commands() {
		names = append(names, under+sub.Name())
		names = append(names, commandNames(sub, under+sub.Name()+"/")...)
	}
	return names
}

// everything is what a viewer can ask of clients in one operation.
const everything = `{ clients { totalCount pageInfo { endCursor hasNextPage } nodes { id personalId firstName lastName ssn dob sex veteranStatus withheld { field category reason } access { category canView reason }
	enrollments { totalCount nodes { id entryDate disablingCondition livingSituation enrollmentCoc withheld { field reason } exit { exitDate } services { nodes { dateProvided typeProvidedLabel } }
	currentLivingSituations { nodes { locationDetails } } household { householdType enrollments { totalCount } } } } consents { state } person { clients { totalCount } } } }
	currentLivingSituations { totalCount edges { cursor node { locationDetails } } } services { nodes { id dateProvided enrollment { entryDate } } } }`

func TestChannel20ResponseSize(t *testing.T) {
	long := strings.Repeat("a long made-up name ", 20)
	one := storetest.Community()
	other := one.Set("Client", "eve", "FirstName", long).Set("Client", "eve", "SSN", "").
		Set("CurrentLivingSituation", "c1", "LocationDetails", long)
	for _, viewer := range []string{"east", "analyst"} {
		onBoth(t, func(t *testing.T, url string) {
			var answers, sizes, all [2]string
			for i, rows := range []storetest.Rows{one, other} {
				d := openDoor(t, map[bool]string{true: url, false: freshURL(t, url)}[i == 0], rows)
				d.open(t, "SERVICES, DEMOGRAPHICS")
				status, answer, header := d.send(viewer, body(everything))
				header.Del("X-RateLimit-Remaining") // how long ago the caller asked for what
				header.Del("X-RateLimit-Reset")
				answers[i], sizes[i] = answer, fmt.Sprint(status, len(answer), header)
				all[i] = d.ask("lead", everything)
			}
			if answers[0] != answers[1] || sizes[0] != sizes[1] {
				t.Errorf("%s can tell what is hidden by the size, %s and %s:\n%s\n%s", viewer, sizes[0], sizes[1], answers[0], answers[1])
			}
			if strings.Contains(answers[0], `"errors"`) || len(all[0]) == len(all[1]) {
				t.Errorf("nothing was shown: %s", all[0])
			}
		})
	}
}

// What was asked, what was hidden and what was found stay out of the log, also where an operation fails or panics.
func TestChannel22LogsTracesPanics(t *testing.T) {
	secrets := []string{"Eve", "Ewing", "Fay", "900000005", "secret-question", "made-up"}
	requests := []string{
		body(everything), body(`query($id: String!) { client(source: "secret-question", personalId: $id) { id } }`, "id", "Eve"),
		body(`{ clients(after: "secret-question") { totalCount } }`), body(`{ node(id: "secret-question") { id } }`), body(`{ secretquestion }`),
		body(`mutation { login(input: {username: "Eve", password: "secret-question"}) { token } }`), `{"query": "secret-question`,
		body(`query($d: DateRange) { exits(where: {date: $d}) { totalCount } }`, "d", map[string]any{"from": "secret-question"}),
		body(`{ clients(search: {name: "Eve Ewing"}) { totalCount nodes { firstName } } }`), body(`query($s: ClientSearch) { clients(search: $s) { totalCount } }`, "s", map[string]any{"ssn": "900000005"}),
		body(`{ clients(search: {ssn: "secret-question"}) { totalCount } }`), body(`{ clients(search: {firstName: "Fay", dob: "secret-question"}) { totalCount } }`),
	}
	onBoth(t, func(t *testing.T, url string) {
		var logs [2]string
		for i, name := range []string{"Eve", "Fay"} {
			d := openDoor(t, map[bool]string{true: url, false: freshURL(t, url)}[i == 0], storetest.Community().Set("Client", "eve", "FirstName", name))
			d.open(t, "SERVICES")
			for _, viewer := range []string{"", "east", "north"} {
				for _, request := range requests {
					d.send(viewer, request)
				}
			}
			// A hub without a store makes every question a panic; errors and panics of the door itself quote what they are about.
			broken := d.without(t)
			for i, request := range requests {
				if _, answer, _ := broken.send("north", request, []string{"", "ERROR", "PANIC"}[i%3]); slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(answer, s) }) {
					t.Errorf("an error tells: %s", answer)
				}
			}
			for _, secret := range append(secrets, d.tokens["north"], d.tokens["east"]) {
				if strings.Contains(d.log.String(), secret) {
					t.Errorf("the log has %q", secret)
				}
			}
			if text := d.log.String(); !strings.Contains(text, "INTERNAL") || !strings.Contains(text, "msg=panic") || !strings.Contains(text, "authentication failed") || strings.Count(text, "\n") < 3*len(requests) {
				t.Errorf("nothing failed, so nothing was shown:\n%s", text)
			}
			lines := strings.Split(changing.ReplaceAllString(d.log.String(), ""), "\n")
			slices.Sort(lines) // fields of one operation fail side by side
			logs[i] = strings.Join(lines, "\n")
		}
		if logs[0] != logs[1] {
			t.Error("the log depends on what is hidden:\n", cmp.Diff(logs[0], logs[1]))
		}
	})
}

// changing is what differs from call to call.
var changing = regexp.MustCompile(`(time|ms|incident)=\S+|\+0x\w+|stack="?\[.*`)

// without is the same door over a hub whose resolvers have no store, so that each panics, and which can fail to find out who asks.
func (d *door) without(t testing.TB) *door {
	t.Helper()
	whole := &graph.Resolver{Store: d.store, Accounts: d.book}
	authenticate := func(ctx context.Context, token, purpose, address string) (context.Context, error) {
		switch purpose {
		case "ERROR":
			return nil, errors.New("no row for secret-question")
		case "PANIC":
			panic("no row for secret-question")
		}
		return whole.Authenticate(ctx, token, "", address)
	}
	numbers := (&graph.Resolver{}).NumbersSchema()
	return &door{store: d.store, tokens: d.tokens, log: d.log, Handler: server.Handler(server.Config{
		API:     server.API{Schema: (&graph.Resolver{}).Schema(), SDL: schema.SDL()},
		Numbers: server.API{Schema: numbers, SDL: schema.Format(numbers.Schema())}, SeesPeople: graph.SeesPeople, Authenticate: authenticate,
		Log: slog.New(slog.NewTextHandler(d.log, nil)),
	})}
}

// What was changed on one server holds for the next request on another.
func TestImmediateOnAnotherServer(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a := openDoor(t, url, storetest.Community())
		other := storetest.OpenURL(t, url)
		b := &door{Handler: handler(other, server.Config{Log: slog.New(slog.DiscardHandler)}), store: other, tokens: a.tokens}
		const names = `{ viewer { role } clients { nodes { firstName lastName enrollments { nodes { livingSituation } } } } }`
		ctx := context.Background()

		if got := b.ask("north", names); !strings.Contains(got, `"CASE_MANAGER"`) || !strings.Contains(got, `"livingSituation":"`) {
			t.Fatalf("before: %s", got)
		}
		if err := a.book.ChangeRole(ctx, "north", policy.Intake); err != nil {
			t.Fatal(err)
		}
		if got := b.ask("north", names); !strings.Contains(got, `"INTAKE"`) || !strings.Contains(got, `"clients"`) {
			t.Errorf("after the change of role: %s", got)
		}
		if err := a.book.ChangeRole(ctx, "analyst", policy.Funder); err != nil {
			t.Fatal(err)
		}
		if got := b.ask("analyst", names); !strings.Contains(got, `"INVALID"`) || strings.Contains(got, `"data"`) {
			t.Errorf("an analyst who became a funder: %s", got)
		}
		if err := a.book.Disable(ctx, "north"); err != nil {
			t.Fatal(err)
		}
		if status, got, _ := b.send("north", body(names)); status != http.StatusUnauthorized || !strings.Contains(got, `"DENIED"`) {
			t.Errorf("after the account was disabled: %d %s", status, got)
		}
		if err := a.book.Disable(ctx, "nobody"); hmis.CodeOf(err) != hmis.NotFound {
			t.Errorf("disabling nobody: %v", err)
		}
	})
}
