package graph_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

const wholeLog = `{ disclosureLog(first: 500) { nodes { number kind outcome account role purpose session app operation document fields organization { organizationName }
	about { client shown withheld bases { reason release categories } } } } }`

type entry struct {
	Number                            *int
	Kind, Outcome                     string
	Account, Role, Session, Operation *string
	Document                          *string
	Fields                            []string
	About                             []struct {
		Client          string
		Shown, Withheld []string
		Bases           []struct{ Reason string }
	}
}

// log is the log, newest first, as the privacy officer reads it.
func (h *hub) log(t testing.TB) []entry {
	t.Helper()
	var answer struct{ DisclosureLog struct{ Nodes []entry } }
	text := h.ask(t, "auditor", wholeLog, nil)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return answer.DisclosureLog.Nodes
}

// Each operation that shows clients leaves one record with what it showed of whom and why; what shows none leaves none.
func TestRecords(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			h := newHub(t, d)
			newest := func() entry { return h.log(t)[0] }
			h.ask(t, "north", `query Names { clients { nodes { firstName sex } } }`, nil)
			e := newest()
			if e.Kind != "READ" || e.Outcome != "DONE" || *e.Account != "north" || *e.Operation != "Names" || e.Session == nil || e.Document == nil || strings.Join(e.Fields, "") != "clients" {
				t.Errorf("%+v", e)
			}
			for _, a := range e.About {
				if strings.Join(a.Shown, " ") != "IDENTITY DEMOGRAPHICS" || len(a.Bases) != 1 || a.Bases[0].Reason != "OWN_ORGANIZATION" {
					t.Errorf("%+v", a)
				}
			}
			if len(e.About) != 3 {
				t.Errorf("north was shown %d clients, not 3", len(e.About))
			}
			h.ask(t, "analyst", `{ clients(first: 1) { nodes { firstName sex } } }`, nil)
			if e := newest(); len(e.About) != 1 || strings.Join(e.About[0].Shown, "") != "DEMOGRAPHICS" || strings.Join(e.About[0].Withheld, "") != "IDENTITY" || e.About[0].Bases[0].Reason != "BY_ROLE" {
				t.Errorf("an analyst: %+v", e)
			}
			h.ask(t, "lead", `{ client(source: "made-up", personalId: "ada") { id } }`, nil)
			if e := newest(); len(e.About) != 1 || len(e.About[0].Shown) != 0 {
				t.Errorf("an id alone: %+v", e)
			}
			before := len(h.log(t))
			for _, quiet := range []string{`{ projects { nodes { projectName } } viewer { username } }`, `{ clients { totalCount } }`, `{ client(source: "made-up", personalId: "nobody") { id } }`} {
				h.ask(t, "north", quiet, nil)
			}
			if after := h.log(t); len(after) != before+1 { // the last look at the log itself
				t.Errorf("what shows no client left %d records: %+v", len(after)-before-1, after[0])
			}
			// Refusals, logins, writes.
			h.ask(t, "intake", `{ report(kind: APR, start: "2024-10-01", end: "2025-09-30") { tables { id } } }`, nil)
			if e := newest(); e.Outcome != "DENIED" || *e.Account != "intake" {
				t.Errorf("a refusal: %+v", e)
			}
			for pass, want := range map[string]string{password: "LOGIN", "not the password": "LOGIN_FAILED"} {
				h.ask(t, "", `mutation($p: String!) { login(input: {username: "north", password: $p}) { token } }`, map[string]any{"p": pass})
				if e := newest(); e.Kind != want || e.Account == nil || *e.Account != "north" {
					t.Errorf("login: %+v", e)
				}
			}
			h.ask(t, "", `mutation { login(input: {username: "my secret password", password: "x"}) { token } }`, nil)
			if e := newest(); e.Kind != "LOGIN_FAILED" || e.Account != nil {
				t.Errorf("login as nobody: %+v", e)
			}
			if _, err := h.resolver.Authenticate(context.Background(), "no token", "", "192.0.2.1"); err == nil || newest().Kind != "TOKEN_REFUSED" {
				t.Errorf("a wrong token: %v, %+v", err, newest())
			}
			ada := h.ids(t).value("$Client:ada;")
			for _, c := range []struct{ viewer, outcome string }{{"east", "DENIED"}, {"lead", "DONE"}, {"lead", "FAILED"}} {
				before := len(h.log(t))
				h.ask(t, c.viewer, `mutation L($c: ID!) { lockClient(input: {client: $c, askedBy: STAFF}) { userErrors { code } } }`, map[string]any{"c": ada})
				e := newest()
				if e.Kind != "WRITE" || e.Outcome != c.outcome || *e.Operation != "L" || *e.Account != c.viewer || len(e.About) != map[bool]int{true: 0, false: 1}[c.outcome == "DENIED"] {
					t.Errorf("%s locks: %+v", c.viewer, e)
				}
				if after := len(h.log(t)); after != before+3 { // and two looks at the log
					t.Errorf("%s locks: %d records", c.viewer, after-before-2)
				}
			}
			// What a write shows beside is a record of its own.
			h.ask(t, "lead", `mutation($c: ID!) { unlockClient(input: {client: $c, askedBy: STAFF}) { client { firstName } } }`, map[string]any{"c": ada})
			if log := h.log(t); log[0].Kind != "READ" || len(log[0].About) != 1 || strings.Join(log[0].About[0].Shown, "") != "IDENTITY" || log[1].Kind != "WRITE" || log[1].Outcome != "DONE" {
				t.Errorf("unlocked and shown: %+v", log[:2])
			}
			// Figures, and the clients behind them.
			const period = `(kind: APR, start: "2024-10-01", end: "2025-09-30")`
			for question, shown := range map[string]int{
				`{ report` + period + ` { tables(id: "Q5a") { cells(address: "B2") { value } } } }`:                              0,
				`{ report` + period + ` { tables(id: "Q5a") { cells(address: "B2") { clients { nodes { firstName } } } } } }`:    -1,
				`mutation { runReport(input: {kind: APR, start: "2024-10-01", end: "2025-09-30"}) { run { cells { value } } } }`: 0,
				`{ statistics(period: {fiscalYear: 2025}) { members { clients { nodes { personalId } } } } }`:                    -1,
				`{ dataQuality { findings(first: 10) { hudId } } }`:                                                              -1,
			} {
				viewer := map[bool]string{true: "lead", false: "admin"}[strings.Contains(question, "statistics")]
				if answer := h.ask(t, viewer, question, nil); strings.HasPrefix(answer, "errors") {
					t.Fatal(answer)
				}
				if e := newest(); e.Kind != "REPORT" || e.Outcome != "DONE" || shown == 0 && len(e.About) > 0 || shown < 0 && len(e.About) == 0 {
					t.Errorf("%s: %+v", question, e)
				}
			}
		})
	}
}

// Nothing that a client said, nothing that was searched for and nothing that was typed is in the log.
func TestLogHoldsNoValue(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			url := d.New(t)
			h := newHub(t, storetest.Database{Name: d.Name, New: func(testing.TB) string { return url }})
			h.ask(t, "lead", `{ clients { nodes { firstName lastName ssn dob personalId enrollments { nodes { entryDate } } } } client(source: "made-up", personalId: "eve") { id } }`, nil)
			h.ask(t, "", `mutation { login(input: {username: "Ewing", password: "900000005"}) { token } }`, nil)
			bodies := storetest.Run(t, url, "SELECT body FROM audit_records")
			if len(bodies) < 2 {
				t.Fatal("nothing was recorded, so nothing was shown")
			}
			for _, body := range bodies {
				if found := regexp.MustCompile(`(?i)eve|ewing|900000005|adams|2024-08|made-up|1985-03-04`).FindString(body); found != "" {
					t.Errorf("a record holds %q: %s", found, body)
				}
			}
		})
	}
}

// Where the log cannot be written nothing leaves.
func TestNoLogNoAnswer(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			url := d.New(t)
			h := newHub(t, storetest.Database{Name: d.Name, New: func(testing.TB) string { return url }})
			ada := h.ids(t).value("$Client:ada;")
			storetest.Run(t, url, "ALTER TABLE audit_hashes RENAME TO away")
			defer storetest.Run(t, url, "ALTER TABLE away RENAME TO audit_hashes")
			for _, query := range []string{`{ clients { nodes { firstName } } }`, `mutation { login(input: {username: "north", password: "` + password + `"}) { token } }`} {
				if answer := h.ask(t, "lead", query, nil); !strings.Contains(answer, "the log cannot be written") || strings.Contains(answer, "Ada") || strings.Contains(answer, "hearth_") {
					t.Errorf("%s: %s", query, answer)
				}
			}
			const lock = `mutation($c: ID!) { lockClient(input: {client: $c, askedBy: STAFF}) { userErrors { code } } }`
			if answer := h.ask(t, "lead", lock, map[string]any{"c": ada}); !strings.HasPrefix(answer, "errors") {
				t.Errorf("a write without its record: %s", answer)
			}
			if written := storetest.Run(t, url, "SELECT CAST(count(*) AS text) FROM restrictions"); strings.Join(written, "") != "0" {
				t.Errorf("%s writes without their record", written)
			}
			if answer := h.ask(t, "lead", `{ projects { nodes { projectName } } }`, nil); !strings.Contains(answer, "North Beds") {
				t.Errorf("what needs no record: %s", answer)
			}
		})
	}
}

// The log is told to those whose task it is, and to nobody else.
func TestWhoReadsTheLog(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			h := newHub(t, d)
			for _, viewer := range []string{"north", "south", "lead", "admin", "analyst", "app"} {
				h.ask(t, viewer, `{ clients { nodes { firstName enrollments { nodes { entryDate } } } } }`, nil)
			}
			for viewer, may := range map[string]string{"lead": "yes", "auditor": "yes", "admin": "no", "north": "no", "analyst": "no", "funder": "no", "app": "no", "": "no"} {
				if answer := h.ask(t, viewer, wholeLog, nil); strings.HasPrefix(answer, "errors") == (may == "yes") {
					t.Errorf("%q reads the log: %.200s", viewer, answer)
				}
			}
			const of = `query($a: String) { accountActivity(account: $a) { nodes { number account kind about { client } } pageInfo { hasNextPage } } }`
			for _, c := range []struct{ viewer, account, want string }{
				{"north", "", `"north"`}, {"north", "north", `"north"`}, {"north", "admin", "errors"}, {"admin", "north", `"north"`}, {"admin", "south", "errors"},
				{"auditor", "south", `"south"`}, {"lead", "north", `"north"`}, {"funder", "north", "errors"}, {"funder", "", `"funder"`}, {"", "north", "errors"},
			} {
				variables := map[string]any{}
				if c.account != "" {
					variables["a"] = c.account
				}
				answer := h.ask(t, c.viewer, of, variables)
				if !strings.Contains(answer, c.want) {
					t.Errorf("%q reads of %q: %s", c.viewer, c.account, answer)
				}
				if numbered := strings.Contains(answer, `"number": `) && !strings.Contains(answer, `"number": null`); numbered && c.viewer != "auditor" && c.viewer != "lead" {
					t.Errorf("%q is told how many records there are: %s", c.viewer, answer)
				}
			}
			// Ada is of North and South: North's administrator sees its own people and the CoC's, and not that South knows her.
			const disclosures = `{ client(source: "made-up", personalId: "ada") { disclosures { nodes { account about { client shown } } } } }`
			for viewer, want := range map[string]string{"lead": "north south lead admin analyst", "admin": "north lead admin analyst", "north": "errors", "south": "errors"} {
				answer := h.ask(t, viewer, disclosures, nil)
				for _, account := range []string{"north", "south", "lead", "admin", "analyst"} {
					if strings.Contains(answer, `"account": "`+account+`"`) != strings.Contains(want, account) {
						t.Errorf("%s about %s: %s", viewer, account, answer)
					}
				}
			}
			const review = `query($y: Int!, $q: Int!) { accessReview(year: $y, quarter: $q) { csv accounts { account clientsShown ownClientsShown otherClientsShown operations } } }`
			now := h.store.Now().String()
			month := int(now[5]-'0')*10 + int(now[6]-'0')
			quarter := map[string]any{"y": json.Number(now[:4]), "q": (month + 2) / 3}
			lead := h.ask(t, "lead", review, quarter)
			if !regexp.MustCompile(`"account": "north",\s+"clientsShown": 3,\s+"ownClientsShown": 3,\s+"otherClientsShown": 0,\s+"operations": \d`).MatchString(lead) ||
				!strings.Contains(lead, `\nanalyst,ANALYST,,true,`) {
				t.Errorf("the lead's review: %s", lead)
			}
			if admin := h.ask(t, "admin", review, quarter); strings.Contains(admin, "south") || !strings.Contains(admin, "north") {
				t.Errorf("the administrator's review: %s", admin)
			}
			if north := h.ask(t, "north", review, quarter); !strings.HasPrefix(north, "errors") {
				t.Errorf("a case manager's review: %s", north)
			}
		})
	}
}

// A page of the log goes on where the last one ended, for the same question only.
func TestPagesOfTheLog(t *testing.T) {
	h := newHub(t, storetest.SQLite)
	for range 5 {
		h.ask(t, "north", `{ clients(first: 1) { nodes { id } } }`, nil)
	}
	const page = `query($after: String) { accountActivity(first: 2, after: $after) { nodes { at } pageInfo { hasNextPage endCursor } } }`
	variables, sizes := map[string]any{}, ""
	for range 4 {
		answer := h.ask(t, "north", page, variables)
		sizes += strings.Repeat("x", strings.Count(answer, `"at"`)) + " "
		if cursor := regexp.MustCompile(`"endCursor": "([^"]+)"`).FindStringSubmatch(answer); cursor != nil {
			variables["after"] = cursor[1]
		}
		if strings.Contains(answer, `"hasNextPage": false`) {
			break
		}
	}
	if sizes != "xx xx x " {
		t.Errorf("pages of %q", sizes)
	}
	if answer := h.ask(t, "south", page, variables); !strings.Contains(answer, "cursor does not belong") {
		t.Errorf("another's cursor: %s", answer)
	}
}
