package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/server"
)

var mutated = flag.Int("mutated", 1000, "how many mutated requests with planted names to send")

// openSQLite is a hub as serve opens it, on an embedded database.
func openSQLite(t testing.TB) *door {
	t.Helper()
	return openDoor(t, storetest.SQLite.New(t), storetest.Community())
}

// raw sends a request as a stranger, with header lines, and returns status and answer.
func (d *door) raw(method, target, body string, header ...string) (int, string) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// The 13 questions that graphql-cop asks an endpoint, as a stranger: what it would report is found by the same look at
// the answer.
func TestGraphQLCop(t *testing.T) {
	d := openSQLite(t)
	const asJSON = "Content-Type: application/json"
	post := func(query string) string {
		_, answer := d.raw("POST", "/graphql", body(query), asJSON)
		return answer
	}
	get := func(parameters string) string {
		_, answer := d.raw("GET", "/graphql?"+parameters, "", "Accept: */*")
		return answer
	}
	hasData := func(answer, name string) bool {
		var a struct{ Data map[string]any }
		return json.Unmarshal([]byte(answer), &a) == nil && a.Data[name] != nil
	}
	page := func(path string) string {
		_, answer := d.raw("GET", path, "", "Accept: text/html")
		return answer
	}
	aliases := ""
	for i := range 101 {
		aliases += fmt.Sprintf("alias%d:__typename ", i)
	}
	batch := "[" + strings.TrimSuffix(strings.Repeat(body("query cop { __typename }")+",", 10), ",") + "]"
	_, batched := d.raw("POST", "/graphql", batch, asJSON)
	_, form := d.raw("POST", "/graphql", "query="+url.QueryEscape("query cop { __typename }"), "Content-Type: application/x-www-form-urlencoded")
	circle := "fields { type { fields { type { fields { type { fields { type { name } } } } } } }"
	for _, c := range []struct {
		name  string
		found bool
	}{
		{"field suggestions", strings.Contains(strings.ToLower(post("query cop { __schema { directive } }")+post("{ viewe { username } }")+post(`{ sources { nam } }`)), "did you mean")},
		{"introspection", hasData(post("query cop { __schema { types { name fields { name } } } }"), "__schema")},
		{"IDE for strangers", slices.ContainsFunc([]string{"/graphql", "/graphiql", "/playground", "/console", "/altair"}, func(path string) bool {
			return regexp.MustCompile(`(?i)graphiql\.min|graphiql\.css|GraphQL Playground|Altair`).MatchString(page(path))
		})},
		{"GET queries", hasData(get("query="+url.QueryEscape("query cop {__typename}")), "__typename")},
		{"alias overloading", hasData(post("query cop { "+aliases+" }"), "alias100")},
		{"array batching", strings.Contains(batched, `"__typename"`) || strings.Contains(batched, `"data"`)},
		{"tracing", strings.Contains(post("query cop { __typename }"), `"tracing"`)},
		{"directive overloading", strings.Count(post("query cop { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }"), `"message"`) == 10},
		{"circular introspection", strings.Contains(post("query cop { __schema { types { "+circle+" } } }"), `"types"`)},
		{"mutation by GET", hasData(get("query="+url.QueryEscape("mutation cop {__typename}")), "__typename")},
		{"urlencoded POST", hasData(form, "__typename")},
		{"unhandled errors", regexp.MustCompile(`(?i)exception|stack|traceback|goroutine`).MatchString(post("qwerty cop { abc }"))},
		{"field duplication", hasData(post("query cop { "+strings.Repeat("__typename \n", 500)+"}"), "__typename")},
	} {
		if c.found {
			t.Errorf("graphql-cop would report: %s", c.name)
		}
	}
	// The looks find what there is to be found.
	if !hasData(post("query cop { __typename }"), "__typename") || !strings.Contains(d.ask("lead", "{ __schema { types { name } } }"), `"types"`) {
		t.Error("the hub answers nothing at all, so nothing was shown")
	}
}

// The console is there for strangers, and holds nothing of the schema.
func TestConsoleForStrangers(t *testing.T) {
	d := openSQLite(t)
	status, page := d.raw("GET", "/", "")
	if status != 200 || strings.Contains(page, "<script>") || regexp.MustCompile(`(?i)(src|href)="(https?:)?//`).MatchString(page) {
		t.Errorf("%d %s", status, page)
	}
	for _, name := range regexp.MustCompile(`"/([a-z.]+)"`).FindAllStringSubmatch(page, -1) {
		_, text := d.raw("GET", "/"+name[1], "")
		for _, secret := range []string{"ClientConnection", "explainAccess", "EnrollmentFilter", "recordConsent"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s names %s", name[1], secret)
			}
		}
	}
}

// What callers send with names and numbers of people in it.
var (
	plantedNames = []string{"Quackenbush", "Zebulon", "900-55-4321", "900554321"}
	carriers     = []string{
		`{"query":"{ clients(where: {veteranStatus: YES}) { nodes { firstName ssn } } }","operationName":null}`,
		`{"query":"query Find($n: String!, $s: String!) { client(source: $n, personalId: $s) { id lastName } }","variables":{"n":"Zebulon","s":"900-55-4321"}}`,
		`{"query":"query Quackenbush { client(source: \"Zebulon\", personalId: \"900554321\") { id } }","operationName":"Quackenbush"}`,
		`{"query":"mutation { login(input: {username: \"Zebulon\", password: \"900-55-4321\"}) { token userErrors { message field } } }"}`,
		`{"query":"mutation In($i: LoginInput!) { login(input: $i) { token userErrors { message } } }","variables":{"i":{"username":"Quackenbush","password":"900554321"}}}`,
		`{"query":"# Zebulon Quackenbush 900-55-4321\n{ viewer { username } }"}`,
		`{"query":"{ node(id: \"Quackenbush\") { id } nodes(ids: [\"Zebulon\", \"900554321\"]) { id } }"}`,
		`{"query":"{ clients(after: \"Zebulon\", first: 3) { nodes { id } } enrollments(where: {entryDate: {from: \"900-55-4321\"}}) { totalCount } }"}`,
		`{"query":"query($w: EnrollmentFilter) { enrollments(where: $w) { nodes { id } } }","variables":{"w":{"entryDate":{"from":"Zebulon"},"relationshipToHoh":["Quackenbush"]}}}`,
		`{"query":"query($d: Date!) { report(kind: APR, start: $d, end: $d, coc: \"Zebulon\", projects: [\"900554321\"]) { html } }","variables":{"d":"900-55-4321"}}`,
		`{"query":"mutation($c: ID!) { recordConsent(input: {client: $c, method: WRITTEN, startsOn: \"2025-01-01\", endsOn: \"2026-01-01\", provisions: [{categories: [IDENTITY], recipients: [\"Zebulon\"]}]}) { consent { id } userErrors { message field } } }","variables":{"c":"900554321"}}`,
		`{"query":"mutation { lockClient(input: {client: \"Quackenbush\", askedBy: CLIENT}) { client { id } userErrors { message } } }"}`,
		`{"query":"query($s: String!) { explainAccess(client: $s, account: \"Zebulon\") { username } }","variables":{"s":"900-55-4321"}}`,
		`{"query":"subscription R($id: ID!) { reportRun(id: $id) { progress } }","variables":{"id":"Zebulon"},"operationName":"R"}`,
		`{"documentId":"Quackenbush","extensions":{"persistedQuery":{"version":1,"sha256Hash":"900554321"}}}`,
		`{"query":"{ projects(where: {coc: \"Zebulon\", operatingOn: \"900-55-4321\"}) { nodes { projectName } } households(where: {householdType: Quackenbush}) { totalCount } }"}`,
	}
	pieces = []string{"Quackenbush", "Zebulon", "900-55-4321", `\"900554321\"`, `"Zebulon"`, "{", "}", "[", "]", "(", ")", "$Zebulon", "@Zebulon", "...Quackenbush", "\\u0000", "\x00", "\xff",
		"null", "1e999", "-1", "true", `\"`, "'", ";--", "' OR '1'='1", "#Zebulon\\n", `"""`, ",", ":", "Client", "first: 999999999999", "query ", "mutation ", " on Zebulon "}
)

// mutate changes a text in a few places.
func mutate(r *rand.Rand, text string) string {
	for range r.IntN(5) {
		at := r.IntN(len(text) + 1)
		piece := pieces[r.IntN(len(pieces))]
		switch r.IntN(4) {
		case 0: // put in
			text = text[:at] + piece + text[at:]
		case 1: // take out
			text = text[:at] + text[min(len(text), at+r.IntN(9)):]
		case 2: // put in place of something
			text = text[:at] + piece + text[min(len(text), at+r.IntN(9)):]
		default: // a name for a name
			old := plantedNames[r.IntN(len(plantedNames))]
			text = strings.Replace(text, old, plantedNames[r.IntN(len(plantedNames))], 1)
		}
	}
	return text
}

// Telltales are of SQL, of the program, and of the schema that strangers do not get.
var (
	telltales = regexp.MustCompile(`(?i)SELECT .* FROM|INSERT INTO|UPDATE .* SET|sqlite|postgres|pq:|SQLSTATE|goroutine|runtime error|\.go:\d|panic|gqlgen|gqlparser|did you mean`)
	types     = regexp.MustCompile(`ClientConnection|ClientFilter|Enrollment|LoginInput|LoginPayload|ReportRun|RecordConsentInput|\bClient\b|VeteranStatus`)
)

// Whatever names and numbers are sent, and however broken, neither an answer nor the log repeats them.
func TestNothingSentComesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		if testing.Short() {
			t.Skip("sends many requests")
		}
		d := openDoor(t, url, storetest.Community())
		d.Handler = handler(d.store, server.Config{Unmetered: true, Log: slog.New(slog.NewTextHandler(d.log, nil))})
		seed := uint64(*mutated)
		r := rand.New(rand.NewPCG(seed, seed))
		viewers := []string{"lead", "north", "analyst", "funder", "auditor", ""}
		codes := map[string]int{}
		for range *mutated {
			text := mutate(r, carriers[r.IntN(len(carriers))])
			viewer := viewers[r.IntN(len(viewers))]
			status, answer := d.mutant(r, viewer, text)
			codes[fmt.Sprint(status)]++
			for _, p := range plantedNames {
				if strings.Contains(withoutEcho(answer), p) {
					t.Fatalf("%s comes back to %q: %s\n%s", p, viewer, text, answer)
				}
			}
			if found := telltales.FindString(answer); found != "" {
				t.Fatalf("%q in the answer: %s\n%s", found, text, answer)
			}
			if found := types.FindString(answer); viewer == "" && found != "" {
				t.Fatalf("a stranger is told of %s: %s\n%s", found, text, answer)
			}
		}
		log := d.log.String()
		for _, p := range append(slices.Clone(plantedNames), "' OR '1'='1") {
			if at := strings.Index(log, p); at >= 0 {
				t.Errorf("the log repeats %s: %.400s", p, log[max(0, at-200):])
			}
		}
		if found := telltales.FindStringIndex(log); found != nil {
			t.Errorf("%.400s in the log", log[max(0, found[0]-200):])
		}
		if codes["200"] == 0 || codes["400"] == 0 || codes["500"] > 0 || strings.Count(log, "msg=graphql") < *mutated {
			t.Errorf("statuses %v, %d lines", codes, strings.Count(log, "msg=graphql"))
		}
		t.Logf("%d requests, by status %v", *mutated, codes)
	})
}

// mutant sends a text as a body, or now and then elsewhere.
func (d *door) mutant(r *rand.Rand, viewer, text string) (int, string) {
	header := []string{"Content-Type: application/json", "Accept: " + []string{"application/json", "application/graphql-response+json", "text/event-stream"}[r.IntN(3)]}
	if viewer != "" {
		header = append(header, "Authorization: Bearer "+d.tokens[viewer])
	}
	target := "/graphql"
	switch r.IntN(12) {
	case 0:
		header = append(header, "Hearth-Purpose: "+plantedNames[r.IntN(4)])
	case 1:
		header = append(header, "Authorization: Bearer "+plantedNames[r.IntN(4)])
	case 2:
		header = append(header, "Cookie: hearth="+plantedNames[r.IntN(4)])
	case 3:
		header = append(header, "Content-Type: "+plantedNames[r.IntN(4)])
	case 4:
		return d.raw("GET", target+"?query="+url.QueryEscape(text)+"&operationName="+plantedNames[0], "", header...)
	case 5:
		header = append(header, "X-Forwarded-For: "+plantedNames[r.IntN(4)], "Origin: https://"+plantedNames[0], "User-Agent: "+plantedNames[1])
	}
	return d.raw("POST", target, text, header...)
}

// withoutEcho takes out of an answer what GraphQL itself says must be repeated: the names that a caller gave to fields of
// an operation that ran, in data and in paths of errors.
func withoutEcho(answer string) string {
	var a struct{ Data map[string]json.RawMessage }
	text := regexp.MustCompile(`"path":\[[^\]]*\]`).ReplaceAllString(answer, "")
	for first := range strings.SplitSeq(answer, "\n") {
		first = strings.TrimPrefix(first, "data: ")
		if json.Unmarshal([]byte(first), &a) == nil {
			for name := range a.Data {
				text = strings.ReplaceAll(text, `"`+name+`":`, "")
			}
		}
	}
	return text
}

// subscriber opens a socket to a hub on a listener of its own and signs in.
func subscriber(t *testing.T, d *door, token string) *websocket.Conn {
	t.Helper()
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	c, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	tell(t, c, `{"type":"connection_init","payload":{"Authorization":"Bearer `+token+`"}}`)
	if got := hear(t, c); got != `{"type":"connection_ack"}` {
		t.Fatal(got)
	}
	return c
}

func tell(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// hear is the next message, or the code with which the hub closed.
func hear(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	_, text, err := c.Read(t.Context())
	if err != nil {
		return fmt.Sprint(int(websocket.CloseStatus(err)))
	}
	return string(text)
}

// An agency's administrator follows a run of its own until it is done; that of another agency is not there, for anybody,
// and a disabled account follows nothing.
func TestFollowARun(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		d := openDoor(t, url, storetest.Community())
		d.Handler = handler(d.store, server.Config{Log: slog.New(slog.DiscardHandler)})
		today := d.store.Now().Day()
		for name, organization := range map[string]string{"admin1": "1", "admin2": "2"} {
			n := account.New{Username: name, Role: policy.AgencyAdmin, Organization: organization, TrainedOn: &today, AgreedOn: &today}
			if err := d.book.Create(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			token, err := d.book.CreateToken(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			d.tokens[name] = token.Token
		}
		answer := d.ask("admin1", `mutation { runReport(input: {kind: DQ, start: "2024-07-01", end: "2025-06-30"}) { run { id } userErrors { message } } }`)
		found := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(answer)
		if found == nil {
			t.Fatal(answer)
		}
		follow := func(id string) string {
			return `{"id":"a","type":"subscribe","payload":` + body("subscription($id: ID!) { reportRun(id: $id) { state progress username cells { table } } }", "id", id) + `}`
		}
		c := subscriber(t, d, d.tokens["admin1"])
		tell(t, c, follow(found[1]))
		last := ""
		for got := hear(t, c); got != `{"id":"a","type":"complete"}`; got = hear(t, c) {
			if !strings.HasPrefix(got, `{"id":"a","type":"next","payload":{"data":{"reportRun":{"state":"`) {
				t.Fatal(got)
			}
			last = got
		}
		if !strings.Contains(last, `"state":"DONE","progress":100,"username":"admin1","cells":[{"table"`) {
			t.Error(last)
		}

		// What is absent and what is another's are the same, also by server-sent events, and before and after.
		var hidden []string
		for _, viewer := range []string{"admin2", "north", "analyst", "auditor"} {
			for _, id := range []string{found[1], "nonsense"} {
				c := subscriber(t, d, d.tokens[viewer])
				tell(t, c, follow(id))
				got := hear(t, c)
				if strings.Contains(got, `"type":"next"`) {
					got += hear(t, c)
				}
				got = incident.ReplaceAllString(got, `"incidentId":"…"`)
				_, events := d.raw("POST", "/graphql", body("subscription($id: ID!) { reportRun(id: $id) { state } }", "id", id), "Content-Type: application/json",
					"Accept: text/event-stream", "Authorization: Bearer "+d.tokens[viewer])
				hidden = append(hidden, got+incident.ReplaceAllString(events, `"incidentId":"…"`))
			}
			pair := hidden[len(hidden)-2:]
			if pair[0] != pair[1] || strings.Contains(pair[0], "state\":") || !strings.Contains(pair[0], `"message"`) {
				t.Errorf("%s can tell a hidden run from none:\n%s\n%s", viewer, pair[0], pair[1])
			}
		}

		// A disabled account's socket ends.
		if err := d.book.Disable(context.Background(), "admin1"); err != nil {
			t.Fatal(err)
		}
		if got := hear(t, c); got != "4401" {
			t.Errorf("after the account was disabled: %s", got)
		}
	})
}

// TestAuditOfTheHub runs the audits of graphql-http against the hub, as somebody who is signed in. GRAPHQL_HTTP names a
// folder where npm has installed it.
func TestAuditOfTheHub(t *testing.T) {
	folder := os.Getenv("GRAPHQL_HTTP")
	if folder == "" {
		t.Skip("GRAPHQL_HTTP is not set")
	}
	d := openSQLite(t)
	s := httptest.NewServer(d)
	defer s.Close()
	script := `import { auditServer } from 'graphql-http';
const signedIn = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, authorization: 'Bearer ' + process.argv[2] } });
const all = await auditServer({ url: process.argv[1], fetchFn: signedIn });
for (const r of all) if (r.status !== 'ok') console.log(r.status, r.id, r.name, '|', r.reason);
console.log(all.filter(r => r.status === 'ok').length + '/' + all.length);`
	c := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", script, s.URL+"/graphql", d.tokens["lead"])
	c.Dir = folder
	out, err := c.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "61/61" {
		t.Errorf("audit: %v, want 61/61: %s", err, out)
	}
}

// TestDoorFlags reads what serve is told of proxies and trusted documents, and warns where nothing protects the way.
func TestDoorFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "documents.json")
	if err := os.WriteFile(file, []byte(`{"app":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var c server.Config
	if err := (&doorFlags{proxies: []string{"10.0.0.0/24", "::1"}, documents: file, documentMode: "log"}).apply(&c); err != nil || len(c.Proxies) != 2 || c.Proxies[1].Bits() != 128 || c.Documents == nil {
		t.Errorf("%v %+v", err, c)
	}
	for _, bad := range []doorFlags{{proxies: []string{"proxy"}}, {documents: file + "x"}, {documents: file, documentMode: "maybe"}} {
		if err := bad.apply(&c); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	for _, w := range []struct {
		addr    string
		proxies []string
		warns   bool
	}{{"127.0.0.1:0", nil, false}, {"0.0.0.0:0", nil, true}, {"0.0.0.0:0", []string{"10.0.0.1"}, false}} {
		log := &bytes.Buffer{}
		l, err := listen(w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if _, err := (&doorFlags{proxies: w.proxies}).secure(t.Context(), l, slog.New(slog.NewTextHandler(log, nil))); err != nil || strings.Contains(log.String(), "WITHOUT TLS") != w.warns {
			t.Errorf("%s %v: %v %s", w.addr, w.proxies, err, log)
		}
	}
}
