package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

func TestTransport(t *testing.T) {
	h, _ := newHub(t)
	ok := document("{ __typename }")
	for _, c := range []struct {
		name   string
		body   string
		header []string
		status int
		code   hmis.ErrorCode
	}{
		{"runs", ok, nil, 200, ""},
		{"charset", ok, []string{"Content-Type: application/json; charset=UTF-8"}, 200, ""},
		{"other charset", ok, []string{"Content-Type: application/json; charset=latin1"}, 415, hmis.Invalid},
		{"text", ok, []string{"Content-Type: text/plain"}, 415, hmis.Invalid},
		{"no type", ok, []string{"Content-Type: "}, 415, hmis.Invalid},
		{"compressed", ok, []string{"Content-Encoding: gzip"}, 415, hmis.Invalid},
		{"not acceptable", ok, []string{"Accept: text/html"}, 406, hmis.Invalid},
		{"stranger", ok, []string{"Authorization: "}, 200, ""},
		{"bad token", ok, []string{"Authorization: Bearer bad"}, 401, hmis.Denied},
		{"bad token, JSON", ok, []string{"Authorization: Bearer bad", "Accept: application/json"}, 401, hmis.Denied},
		{"basic", ok, []string{"Authorization: Basic Z29vZA=="}, 401, hmis.Denied},
		{"no token", ok, []string{"Authorization: Bearer"}, 401, hmis.Denied},
		{"not to be checked", ok, []string{"Authorization: Bearer broken"}, 401, hmis.Denied},
		{"hub away", ok, []string{"Authorization: Bearer away"}, 503, hmis.Unavailable},
		{"too large", strings.Repeat(" ", bodyLimit) + ok, nil, 413, hmis.Limit},
		{"empty", "", nil, 400, hmis.Invalid},
		{"null", "null", nil, 400, hmis.Invalid},
		{"broken", `{"query`, nil, 400, hmis.Invalid},
		{"two", ok + ok, nil, 400, hmis.Invalid},
		{"batch", "[" + ok + "]", nil, 400, hmis.Invalid},
		{"deep JSON", strings.Repeat("[", 100_000), nil, 400, hmis.Invalid},
		{"names are exact", `{"Query":"{ __typename }"}`, nil, 400, hmis.Invalid},
		{"no document", `{"query":""}`, nil, 400, hmis.Invalid},
		{"number", `{"query":1}`, nil, 400, hmis.Invalid},
		{"list of variables", `{"query":"{ __typename }","variables":[]}`, nil, 400, hmis.Invalid},
		{"nulls", `{"query":"{ __typename }","variables":null,"operationName":null,"extensions":null}`, nil, 200, ""},
		{"other parameters", `{"query":"{ __typename }","doc_id":[1]}`, nil, 200, ""},
		{"syntax", document("{"), nil, 400, hmis.Invalid},
		{"syntax, JSON", document("{"), []string{"Accept: application/json"}, 200, hmis.Invalid},
		{"not valid", document("{ no }"), nil, 400, hmis.Invalid},
		{"not valid, JSON", document("{ no }"), []string{"Accept: application/json"}, 200, hmis.Invalid},
		{"variable missing", document("query($n: String!) { fail(how: TOLD, note: $n) }"), nil, 400, hmis.Invalid},
		{"no operation", document("# nothing"), nil, 400, hmis.Invalid},
		{"which operation", document("query A { __typename } query B { __typename }"), nil, 400, hmis.Invalid},
		{"subscription", document("subscription { changes }"), nil, 400, hmis.Invalid},
		{"mutation", document(`mutation { login(name: "a", secret: "b") }`), nil, 200, ""},
		{"schema", document("{ __schema { queryType { name } } }"), nil, 200, ""},
		{"schema for a stranger", document("{ ...F } fragment F on Query { __type(name: \"Client\") { name } }"), []string{"Authorization: "}, 401, hmis.Denied},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(h, c.body, c.header...)
			r := parse(t, w)
			if w.Code != c.status || r.code() != c.code {
				t.Errorf("%d %s, want %d %s: %s", w.Code, r.code(), c.status, c.code, w.Body)
			}
			if c.code != "" && strings.Contains(w.Body.String(), `"data"`) {
				t.Errorf("an operation that did not run has data: %s", w.Body)
			}
			if r.Extensions.Cost.Limit != rowLimit || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("no cost, or may be stored: %s", w.Body)
			}
		})
	}
}

func TestMediaType(t *testing.T) {
	for header, want := range map[string]string{
		"":                                       mediaJSON,
		"*/*":                                    mediaJSON,
		"application/*":                          mediaJSON,
		"application/json":                       mediaJSON,
		"application/graphql-response+json":      mediaGraphQL,
		"text/html, */*;q=0.1":                   mediaJSON,
		"text/html":                              "",
		"application/json;q=0":                   "",
		"application/json;q=often, */*":          mediaJSON,
		"application/json, " + mediaGraphQL:      mediaGraphQL,
		mediaGraphQL + ", application/json":      mediaGraphQL,
		mediaGraphQL + ";q=0.5, */*;q=0.8":       mediaJSON,
		"application/json;q=0.9," + mediaGraphQL: mediaGraphQL,
	} {
		if got := accepted([]string{header}); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	down := func(c *Config) { c.Ready = func(context.Context) error { return errors.New("planted") } }
	slow := func(c *Config) {
		c.Ready = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	}
	provider := func(c *Config) {
		c.SignIn = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "sign-in "+r.URL.Path) })
	}
	broken := func(c *Config) {
		c.Console = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("planted") })
	}
	for _, c := range []struct {
		method, path, token string
		change              func(*Config)
		status              int
		text                string
	}{
		{"GET", "/healthz", "", nil, 200, "ok\n"},
		{"POST", "/healthz", "", nil, 405, ""},
		{"GET", "/readyz", "", nil, 200, "ok\n"},
		{"GET", "/readyz", "", down, 503, "not ready\n"},
		{"GET", "/readyz", "", slow, 503, "not ready\n"},
		{"GET", "https://hub.example.org/oidc/provider", "", provider, 200, "sign-in /oidc/provider"},
		{"GET", "https://hub.example.org/oidc/provider", "", nil, 200, "console"}, // which knows no such file
		{"GET", "/schema.graphql", "good", nil, 200, testSDL},
		{"GET", "/schema.graphql", "", nil, 401, ""},
		{"GET", "/schema.graphql", "bad", nil, 401, ""},
		{"GET", "/", "", nil, 200, "console"},
		{"GET", "/", "", broken, 500, ""},
		{"GET", "/graphql", "good", nil, 400, ""},
		{"GET", "/graphql", "", nil, 405, ""},
		{"GET", "/graphql?query={__typename}", "good", nil, 200, ""},
		{"GET", "/graphql?query={__typename}", "", nil, 405, ""},
		{"GET", "/graphql?query={__schema{queryType{name}}}", "good", nil, 200, ""},
		{"GET", "/graphql?query={must}", "good", nil, 200, ""},
		{"GET", "/graphql?query={clients{nodes{id}}}", "good", nil, 405, ""},
		{"GET", "/graphql?query=mutation{__typename}", "good", nil, 405, ""},
		{"GET", "/graphql?query={__typename}&variables=no", "good", nil, 400, ""},
		{"PUT", "/graphql", "good", nil, 405, ""},
		{"OPTIONS", "/graphql", "", nil, 405, ""},
	} {
		t.Run(c.method+c.path, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*Config) {}
			}
			h, log := newHub(t, change)
			r := httptest.NewRequest(c.method, c.path, nil)
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || c.text != "" && w.Body.String() != c.text {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, c.status, c.text)
			}
			if w.Code == 405 && w.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("headers: %v", w.Header())
			}
			if strings.Contains(w.Body.String()+log.String(), "planted") {
				t.Errorf("the text of an error came out: %s %s", w.Body, log)
			}
		})
	}
}

func TestCORS(t *testing.T) {
	const page = "https://app.example.org"
	for _, c := range []struct {
		origins      []string
		from, answer string
	}{
		{[]string{page}, page, page},
		{[]string{page}, "https://app.example.org.evil.example", ""},
		{[]string{page}, "http://app.example.org", ""},
		{[]string{"*"}, page, ""},
		{nil, page, ""},
	} {
		h, _ := newHub(t, func(hub *Config) { hub.Origins = c.origins })
		r := httptest.NewRequest(http.MethodOptions, "/graphql", nil)
		r.Header.Set("Origin", c.from)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != c.answer {
			t.Errorf("%v from %s: %q, want %q", c.origins, c.from, got, c.answer)
		}
		if w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Error("credentials are allowed")
		}
	}
}

// TestServe stops the hub in the middle of an operation, which must still be answered.
func TestServe(t *testing.T) {
	started, finish := make(chan bool), make(chan bool)
	h, _ := newHub(t, func(c *Config) {
		c.Authenticate = func(ctx context.Context, _, _, _ string) (context.Context, error) {
			close(started)
			<-finish
			return ctx, nil
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	answered := make(chan int)
	go func() {
		res, err := http.Post("http://"+l.Addr().String()+"/graphql", mediaJSON, strings.NewReader(document("{ __typename }")))
		if err != nil {
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	<-started
	stop()
	for refused := false; !refused; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", l.Addr().String())
		if refused = err != nil; !refused {
			c.Close()
		}
	}
	close(finish)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the running operation was answered %d", status)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestAudit runs the audits of graphql-http. GRAPHQL_HTTP names a folder where npm has installed it.
func TestAudit(t *testing.T) {
	folder := os.Getenv("GRAPHQL_HTTP")
	if folder == "" {
		t.Skip("GRAPHQL_HTTP is not set")
	}
	h, _ := newHub(t)
	s := httptest.NewServer(h)
	defer s.Close()
	script := `import { auditServer } from 'graphql-http';
const signedIn = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, authorization: 'Bearer good' } });
const all = await auditServer({ url: process.argv[1], fetchFn: signedIn });
for (const r of all) if (r.status !== 'ok') console.log(r.status, r.id, r.name, '|', r.reason);
console.log(all.filter(r => r.status === 'ok').length + '/' + all.length);`
	c := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", script, s.URL+"/graphql")
	c.Dir = folder
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || strings.TrimSpace(string(out)) != "61/61" {
		t.Errorf("audit: %v, want 61/61", err)
	}
}
