package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hearth-hmis/hearth/graph"
	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var (
	update = flag.Bool("update", false, "write the answers into testdata")
	server string
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(storetest.Main(m, &server))
}

// hub is a store with the made-up community and an account of each role.
type hub struct {
	store    *store.Store
	resolver *graph.Resolver
	executor *executor.Executor
	tokens   map[string]string
}

const password = "a made-up password"

func newHub(t testing.TB, d storetest.Database) *hub {
	t.Helper()
	return newHubOf(t, d, storetest.Community())
}

func newHubOf(t testing.TB, d storetest.Database, community storetest.Rows) *hub {
	t.Helper()
	h := &hub{store: d.Open(t), tokens: map[string]string{}}
	storetest.Import(t, h.store, community)
	if err := h.store.PrepareSearch(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.resolver = &graph.Resolver{Store: h.store, Accounts: account.Open(h.store)}
	h.executor = executor.New(h.resolver.Schema())
	h.executor.Use(h.resolver.Recording())
	today := h.store.Now().Day()
	ctx := context.Background()
	for name, n := range map[string]account.New{
		"lead":    {Role: policy.SystemAdmin},
		"admin":   {Role: policy.AgencyAdmin, Organization: "1"},
		"north":   {Role: policy.CaseManager, Organization: "1"},
		"south":   {Role: policy.CaseManager, Organization: "2"},
		"east":    {Role: policy.CaseManager, Organization: "3"},
		"clinic":  {Role: policy.CaseManager, Organization: "3", Purposes: []policy.Purpose{policy.Treatment}},
		"intake":  {Role: policy.Intake, Organization: "2"},
		"analyst": {Role: policy.Analyst},
		"funder":  {Role: policy.Funder},
		"auditor": {Role: policy.Auditor},
		"app":     {Role: policy.PartnerApp, Organization: "1", Scopes: hmis.CategoriesOf(hmis.Demographics, hmis.EnrollmentCategory)},
	} {
		n.Username, n.Password, n.TrainedOn, n.AgreedOn = name, password, &today, &today
		if err := h.resolver.Accounts.Create(ctx, n); err != nil {
			t.Fatal(err)
		}
		token, err := h.resolver.Accounts.CreateToken(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		h.tokens[name] = token.Token
	}
	return h
}

// ask runs an operation as a viewer ("" for a stranger) and returns the answer as indented JSON.
func (h *hub) ask(t testing.TB, viewer, query string, variables map[string]any) string {
	t.Helper()
	ctx, err := h.resolver.Authenticate(context.Background(), h.tokens[viewer], "", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return h.run(t, ctx, query, variables)
}

// run is ask for whoever asks in the context.
func (h *hub) run(t testing.TB, ctx context.Context, query string, variables map[string]any) string {
	t.Helper()
	ctx = graphql.StartOperationTrace(ctx)
	rc, errs := h.executor.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if errs != nil {
		return "errors: " + errs.Error()
	}
	answers, ctx := h.executor.DispatchOperation(ctx, rc)
	response := answers(ctx)
	if len(response.Errors) > 0 {
		return "errors: " + response.Errors.Error()
	}
	var b bytes.Buffer
	if err := json.Indent(&b, response.Data, "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each file of testdata is a list of operations: who asks, what, and what is answered. In variables and answers, $Client:ada
// stands for the opaque id of a row, and a cursor is not compared.
func TestAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { replay(t, newHub(t, d), file) })
			}
		})
	}
}

func replay(t *testing.T, h *hub, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		question, answer := archive.Files[i], &archive.Files[i+1]
		viewer, _, _ := strings.Cut(question.Name, ":")
		if viewer == "stranger" {
			viewer = ""
		}
		got := h.ids(t).name(h.ask(t, viewer, h.ids(t).value(string(question.Data)), nil)) + "\n"
		if *update {
			answer.Data = []byte(got)
		} else if diff := cmp.Diff(string(answer.Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", question.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// ids translates between opaque ids and names such as $Client:ada.
type ids struct{ toValue, toName *strings.Replacer }

func (i ids) value(text string) string { return i.toValue.Replace(text) }
func (i ids) name(text string) string  { return i.toName.Replace(text) }

func (h *hub) ids(t testing.TB) ids {
	t.Helper()
	ctx := h.store.System(context.Background(), "a test looks at everything")
	var toValue, toName []string
	add := func(name, id string) {
		toValue, toName = append(toValue, "$"+name+";", id), append(toName, id, "$"+name+";")
	}
	clients, err := h.store.Clients(ctx, store.Page{}, nil, store.ByID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients.Nodes() {
		add("Client:"+c.PersonalID, c.OpaqueID)
		consents, err := h.store.ConsentsOf(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		for i, consent := range consents {
			add(fmt.Sprintf("Consent:%s:%d", c.PersonalID, len(consents)-i), consent.OpaqueID)
		}
	}
	stays, err := h.store.Enrollments(ctx, store.Page{}, nil, store.ByID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range stays.Nodes() {
		add("Enrollment:"+e.EnrollmentID, e.OpaqueID)
	}
	organizations, err := h.store.Organizations(ctx, store.Page{}, store.ByID)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range organizations.Nodes() {
		add("Organization:"+o.OrganizationID, o.OpaqueID)
	}
	projects, err := h.store.Projects(ctx, store.Page{}, nil, store.ByID)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range projects.Nodes() {
		add("Project:"+p.ProjectID, p.OpaqueID)
	}
	runs, err := h.store.ReportRuns(ctx, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range runs.Nodes() {
		add(fmt.Sprintf("ReportRun:%d", i+1), r.OpaqueID)
	}
	return ids{strings.NewReplacer(toValue...), strings.NewReplacer(toName...)}
}

// The query that Hearth was begun for.
const nested = `query($n: Int!) { clients(first: $n) { totalCount pageInfo { endCursor hasNextPage } edges { node {
    id personalId firstName lastName ssn dob veteranStatus withheld { field category reason }
    enrollments(first: 5) { totalCount edges { node { enrollmentId entryDate relationshipToHoh
      project { projectName projectType organization { organizationName } }
      exit { exitDate destination }
      services(first: 5) { edges { node { dateProvided recordType typeProvided } } } } } } } } } }`

// The number of statements follows the depth of a question and not the number of rows.
func TestNoStatementPerRow(t *testing.T) {
	for _, d := range storetest.Databases(t, server) {
		t.Run(d.Name, func(t *testing.T) {
			h := newHub(t, d)
			for _, viewer := range []string{"lead", "north", "analyst"} {
				count := func(n int) int64 {
					before := h.store.Statements()
					if answer := h.ask(t, viewer, nested, map[string]any{"n": n}); strings.HasPrefix(answer, "errors") {
						t.Fatal(answer)
					}
					return h.store.Statements() - before
				}
				one, all := count(1), count(5)
				if all > one+1 { // the first client alone may need no look at releases
					t.Errorf("%s: %d statements for one client, %d for all", viewer, one, all)
				}
				if all > 14 {
					t.Errorf("%s: %d statements", viewer, all)
				}
			}
		})
	}
}
