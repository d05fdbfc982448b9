package world

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/hearth-hmis/hearth/graph"
	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/seal"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/schema"
	"github.com/hearth-hmis/hearth/server"
)

// world is a hub with a community in it, behind the door that serve opens.
type world struct {
	store   *store.Store
	keys    *seal.Keys
	handler http.Handler
	people  *ast.Schema // of those who see people
	numbers *ast.Schema // of the others
	tokens  map[string]string
	log     *logBook
	names   map[string]string // of rows, by kind and number
	ids     map[string]string // opaque ids, by name
	newest  int64             // number of the last consent recorded when the world was made
	cursors []string          // of the last answer, in its order
}

// The codes of the types in opaque ids (store/records_gen.go), by type.
var codes = map[string]byte{"Client": 1, "Person": 2, "Household": 3, "Enrollment": 4, "Exit": 5, "IncomeBenefits": 6, "HealthAndDV": 7,
	"EmploymentEducation": 8, "Disability": 9, "Service": 10, "CurrentLivingSituation": 11, "Assessment": 12, "AssessmentQuestion": 13,
	"AssessmentResult": 14, "Event": 15, "YouthEducationStatus": 16, "Organization": 17, "Project": 18, "Funder": 19, "ProjectCoC": 20,
	"HMISParticipation": 23, "CEParticipation": 24, "Consent": 25}

const sourceName = "made-up"

func newWorld(t testing.TB, d storetest.Database, c *community) *world {
	t.Helper()
	w := &world{store: d.Open(t), keys: storetest.Keys(t), tokens: map[string]string{}, log: &logBook{}, names: map[string]string{}, ids: map[string]string{}}
	report, err := storetest.ImportPath(w.store, c.rows.WriteZip(t, c.year), store.ImportOptions{Source: sourceName})
	if err != nil {
		t.Fatal(err)
	}
	for file, f := range report.Files {
		if f.Refused > 0 {
			t.Fatalf("the import refused %d rows of %s", f.Refused, file)
		}
	}
	storetest.Agree(t, w.store)
	if err := w.store.PrepareSearch(context.Background()); err != nil {
		t.Fatal(err)
	}
	resolver := &graph.Resolver{Store: w.store, Accounts: account.Open(w.store)}
	numbers := resolver.NumbersSchema()
	w.people, w.numbers = resolver.Schema().Schema(), numbers.Schema()
	w.handler = server.Handler(server.Config{
		API:          server.API{Schema: resolver.Schema(), SDL: schema.SDL()},
		Numbers:      server.API{Schema: numbers, SDL: schema.Format(numbers.Schema())},
		SeesPeople:   graph.SeesPeople,
		Authenticate: resolver.Authenticate,
		Extension:    resolver.Recording(),
		Introspect:   func(ctx context.Context) bool { return policy.ViewerOf(ctx) != nil },
		Ready:        w.store.Ready,
		Unmetered:    true, // thousands of operations of one caller, one after the other
		Log:          slog.New(w.log),
	})
	w.label(t, c)
	w.accounts(t, resolver.Accounts)
	w.act(t, c)
	return w
}

// schema is the one that the viewer gets.
func (w *world) schema(v viewer) *ast.Schema {
	if v.role.SeesPeople() {
		return w.people
	}
	return w.numbers
}

func (w *world) name(typ string, key int64, name string) {
	w.names[fmt.Sprint(codes[typ], "/", key)] = "$" + typ + ":" + name + ";"
	w.ids["$"+typ+":"+name+";"] = w.keys.ID(codes[typ], key)
}

// label names all rows. A fresh database numbers the rows of a file in their order; that is checked with the live ones.
func (w *world) label(t testing.TB, c *community) {
	t.Helper()
	lead, err := w.store.As(context.Background(), &policy.Viewer{Role: policy.SystemAdmin, Standing: policy.Standing{Active: true, TrainedUntil: 1 << 30, AgreedUntil: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	o := newOracle(c, viewer{}, false)
	for _, f := range hmis.Files() {
		code, known := codes[f.TypeName()]
		if !known {
			continue
		}
		rows := c.rows[f.Name]
		live := make([]bool, len(rows))
		for i, r := range rows {
			live[i] = !o.gone(r)
		}
		offset := w.offset(t, lead, code, live)
		for i, r := range rows {
			w.name(f.TypeName(), int64(i)+offset, r[label])
			if f.Name == "Client" {
				w.name("Person", int64(i)+offset, r[label])
			}
		}
	}
	var households []string
	for _, e := range c.rows["Enrollment"] {
		if name := e["ProjectID"] + "/" + e["HouseholdID"]; !slices.Contains(households, name) {
			households = append(households, name)
			w.name("Household", int64(len(households)), name)
		}
	}
}

// offset is the number of the first row of a type: where the rows that are there for the lead are those that are not
// marked deleted.
func (w *world) offset(t testing.TB, lead context.Context, code byte, live []bool) int64 {
	t.Helper()
	const most = 4
	ids := make([]string, len(live)+most)
	for i := range ids {
		ids[i] = w.keys.ID(code, int64(i))
	}
	found, err := w.store.Nodes(lead, ids)
	if err != nil {
		t.Fatal(err)
	}
	there := make([]bool, len(ids))
	for i, n := range found {
		there[i] = n != nil
	}
	for offset := range most {
		if slices.Equal(there[offset:offset+len(live)], live) && !slices.Contains(there[:offset], true) && !slices.Contains(there[offset+len(live):], true) {
			return int64(offset)
		}
	}
	t.Fatalf("the rows of type %d are not numbered as they came in", code)
	return 0
}

func (w *world) accounts(t testing.TB, book *account.Book) {
	t.Helper()
	ctx, today := context.Background(), w.store.Now().Day()
	for _, v := range viewers {
		if v.name == stranger {
			continue
		}
		a := store.Account{Username: v.name, Role: v.role, Scopes: v.scopes, Active: true, TrainedOn: &today, AgreedOn: &today}
		if v.organization != "" {
			a.Organization = w.key(t, "$Organization:"+v.organization+";")
		}
		for _, p := range v.projects {
			a.Projects = append(a.Projects, w.key(t, "$Project:"+p+";"))
		}
		if v.purpose != policy.AnyPurpose {
			a.Purposes = []policy.Purpose{v.purpose, policy.CoordinatedEntry}
		}
		if v.late {
			a.TrainedOn = nil
		}
		if err := w.store.AddAccount(ctx, a); err != nil {
			t.Fatal(err)
		}
		token, err := book.CreateToken(ctx, v.name)
		if err != nil {
			t.Fatal(err)
		}
		w.tokens[v.name] = token.Token
	}
}

func (w *world) key(t testing.TB, name string) int64 {
	t.Helper()
	_, key, ok := w.keys.ParseID(w.ids[name])
	if !ok {
		t.Fatalf("no row %s", name)
	}
	return key
}

// act does what the clients chose.
func (w *world) act(t testing.TB, c *community) {
	t.Helper()
	ctx, err := w.store.As(context.Background(), &policy.Viewer{Account: 1, Role: policy.SystemAdmin, Standing: policy.Standing{Active: true, TrainedUntil: 1 << 30, AgreedUntil: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	gone := map[string]bool{}
	for _, r := range c.rows["Client"] {
		gone[r[label]] = removed(r)
	}
	count, newest := map[string]int{}, map[string]string{}
	for _, a := range c.acts {
		if gone[a.client] {
			continue
		}
		id := w.ids["$Client:"+a.client+";"]
		switch a.kind {
		case releases, refuses, drafts:
			consent, wrong, err := w.store.RecordConsent(ctx, w.input(a, id))
			if err != nil || len(wrong) > 0 {
				t.Fatalf("%+v: %v %+v", a, err, wrong)
			}
			count[a.client]++
			w.name("Consent", consent.ID, fmt.Sprint(a.client, ":", count[a.client]))
			w.newest = consent.ID
			if a.kind == releases {
				newest[a.client] = w.keys.ID(codes["Consent"], consent.ID)
			}
		case revokesAtOnce, revokesFromNowOn:
			effect := map[actKind]policy.RevocationEffect{revokesAtOnce: policy.HideAtOnce, revokesFromNowOn: policy.FromNowOn}[a.kind]
			_, _, err = w.store.RevokeConsent(ctx, newest[a.client], effect)
		case locks, unlocks:
			_, _, err = w.store.LockClient(ctx, id, a.kind == locks, policy.LockedByStaff)
		}
		if err != nil {
			t.Fatal(a, err)
		}
	}
}

func (w *world) input(a act, client string) store.ConsentInput {
	in := store.ConsentInput{Client: client, Agreed: a.kind != refuses, Draft: a.kind == drafts, SignedBy: policy.SignedByGuardian, Method: a.method, StartsOn: a.from}
	if a.kind == refuses {
		return in
	}
	in.EndsOn = &a.to
	for _, p := range a.provisions {
		line := &store.ProvisionInput{Categories: p.categories.List(), AllPartners: p.to == nil, Purpose: p.purpose}
		for _, o := range p.to {
			line.Recipients = append(line.Recipients, w.ids["$Organization:"+o+";"])
		}
		in.Provisions = append(in.Provisions, line)
	}
	return in
}

// named is how rows and cursors stand in operations: $Client:cl1; or, a cursor of the answer before, $Cursor:3;.
var named = regexp.MustCompile(`\$[A-Z][A-Za-z]*:[^;"]*;`)

// translate puts this world's ids and cursors in. A row that this world does not have gets the id of no row.
func (w *world) translate(text string, cursors []string) string {
	return named.ReplaceAllStringFunc(text, func(name string) string {
		if id := w.ids[name]; id != "" {
			return id
		}
		typ, rest, _ := strings.Cut(strings.Trim(name, "$;"), ":")
		if typ == "Cursor" {
			if n, err := strconv.Atoi(rest); err == nil && n < len(cursors) {
				return cursors[n]
			}
			return "no cursor"
		}
		return w.keys.ID(codes[typ], 1<<40)
	})
}

// reply is an answer as it came.
type reply struct {
	status     int
	header     http.Header
	body       []byte
	log        string
	statements int64
}

// send sends a body as the viewer.
func (w *world) send(v viewer, purpose, body string) reply {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if token := w.tokens[v.name]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if purpose != "" {
		r.Header.Set("Hearth-Purpose", purpose)
	}
	w.log.take()
	before := w.store.Statements()
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return reply{answer.Code, maps.Clone(answer.Header()), answer.Body.Bytes(), w.log.take(), w.store.Statements() - before}
}

// logBook keeps what the hub logs, but for the time that a request took and its incident.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logBook) Enabled(context.Context, slog.Level) bool { return true }
func (l *logBook) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logBook) WithGroup(string) slog.Handler            { return l }

func (l *logBook) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if codes, ok := a.Value.Any().([]string); ok {
			a = slog.Any(a.Key, slices.Sorted(slices.Values(codes)))
		}
		if a.Key != "ms" && a.Key != "incident" {
			line += " " + a.String()
		}
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

// take empties the book. Fields are resolved side by side, so lines and codes have no order of their own.
func (l *logBook) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.lines)
	text := strings.Join(l.lines, "\n")
	l.lines = nil
	return text
}
