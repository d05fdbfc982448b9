package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// clock stands still until a test moves it.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func still(t testing.TB) (*door, *clock) {
	t.Helper()
	config, _ := newConfig()
	d := newDoor(config)
	c := &clock{time.Unix(1_700_000_000, 0)}
	d.now = c.now
	return d, c
}

func TestBudget(t *testing.T) {
	d, clock := still(t)
	h := d.routes()
	heavy := parameters(map[string]any{"query": "query($n: Int) { clients(first: $n) { nodes { id } } }", "variables": map[string]any{"n": rowLimit - operationCost}})
	for i := range 2 {
		w := ask(h, heavy)
		if w.Code != 200 || w.Header().Get("X-RateLimit-Remaining") != fmt.Sprint(accountBudget.rows-(i+1)*rowLimit) ||
			w.Header().Get("X-RateLimit-Limit") != "1000000" || w.Header().Get("X-RateLimit-Reset") != fmt.Sprint(25*(i+1)) {
			t.Errorf("%d: %d %v", i, w.Code, w.Header())
		}
	}
	w := ask(h, document("{ must }"), "Accept: application/json")
	if w.Code != http.StatusTooManyRequests || parse(t, w).code() != hmis.Limit || w.Header().Get("Retry-After") != "1" || strings.Contains(w.Body.String(), `"data"`) {
		t.Errorf("over: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(h, document("{ must }"), "Authorization: Bearer app"); w.Code != 200 {
		t.Errorf("another account pays with it: %d", w.Code)
	}
	if w := ask(h, document("{ must }"), "Authorization: "); w.Code != 200 {
		t.Errorf("a stranger pays with it: %d", w.Code)
	}
	clock.at = clock.at.Add(10 * time.Millisecond) // in which 200 rows came in
	if w := ask(h, document("{ must }")); w.Code != 200 || w.Header().Get("X-RateLimit-Remaining") != "100" {
		t.Errorf("later: %d %v", w.Code, w.Header())
	}
}

// TestStrangersBudget has strangers pay for what is refused too: tokens that are none, and bodies that are none.
func TestStrangersBudget(t *testing.T) {
	for _, c := range []struct {
		body, header string
		status       int
	}{
		{document("{ must }"), "Authorization: ", 200}, {document("{ must }"), "Authorization: Bearer bad", 401}, {"{", "Authorization: ", 400},
	} {
		d, _ := still(t)
		h := d.routes()
		for range strangerBudget.rows / operationCost {
			if w := ask(h, c.body, c.header); w.Code != c.status {
				t.Fatalf("%s: %d %s", c.header, w.Code, w.Body)
			}
		}
		if w := ask(h, c.body, c.header); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: %d %v", c.header, w.Code, w.Header())
		}
		if w := ask(h, document("{ must }")); w.Code != 200 {
			t.Errorf("%s: an account at the same address is kept out: %d", c.header, w.Code)
		}
	}
}

// TestMeterIsBounded meets more callers than are told apart.
func TestMeterIsBounded(t *testing.T) {
	m, now := newMeter(strangerBudget), time.Unix(1_700_000_000, 0)
	for i := range bucketLimit {
		m.spend(fmt.Sprint(i), 1, now)
	}
	first := m.spend("new", m.rows, now)
	if second := m.spend("newer", m.rows, now); first.wait != 0 || second.wait == 0 {
		t.Errorf("callers beyond the limit have buckets of their own: %+v %+v", first, second)
	}
	if len(m.buckets) != bucketLimit {
		t.Errorf("%d buckets", len(m.buckets))
	}
	if p := m.spend("0", 1, now); p.left != m.rows-2 {
		t.Errorf("an earlier caller lost its bucket: %+v", p)
	}
	now = now.Add(time.Hour)
	if m.spend("new", 1, now); len(m.buckets) != 1 {
		t.Errorf("full buckets are kept: %d", len(m.buckets))
	}
}

func TestSocketsBudget(t *testing.T) {
	s, _ := open(t, func(d *door) {
		d.accounts = newMeter(budget{rows: 2*operationCost + 3, refill: 0.000001})
	})
	c := connect(t, s)
	c.send(initGood)
	c.expect(`{"type":"connection_ack"}`)
	c.send(subscribe("a", "{ must }"))
	c.expect(`{"id":"a","type":"next"`, `{"id":"a","type":"complete"}`)
	c.send(subscribe("b", "{ must }"))
	c.expect(`{"id":"b","type":"error","payload":[{"message":"too much was asked in too short a time`)
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
	c.send(`{"type":"ping"}`)
	c.expectClose(4429)
}

// TestSubscriptionPaysForEachAnswer ends a subscription whose caller has nothing left.
func TestSubscriptionPaysForEachAnswer(t *testing.T) {
	s, _ := open(t, func(d *door) { d.accounts = newMeter(budget{rows: 3 * operationCost, refill: 0.000001}) })
	var got []string
	for e := range follow(t, s, "subscription { changes(n: 50) }") {
		got = append(got, e)
	}
	if len(got) != 5 || !strings.Contains(got[3], "too much was asked") {
		t.Errorf("%q", got)
	}
}

func TestAddress(t *testing.T) {
	c, _ := newConfig(func(c *Config) {
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	})
	d := newDoor(c)
	for _, c := range []struct{ peer, said, want string }{
		{"192.0.2.1:1", "", "192.0.2.1"},
		{"192.0.2.1:1", "198.51.100.7", "192.0.2.1"}, // not a proxy: it may say what it likes
		{"10.1.1.1:1", "198.51.100.7", "198.51.100.7"},
		{"10.1.1.1:1", "203.0.113.9, 198.51.100.7", "198.51.100.7"}, // what the caller itself said
		{"10.1.1.1:1", "203.0.113.9, 198.51.100.7, 10.2.2.2", "198.51.100.7"},
		{"10.1.1.1:1", "198.51.100.7, nonsense", "10.1.1.1"},
		{"10.1.1.1:1", "", "10.1.1.1"},
		{"[::1]:1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"[2001:db8::1%eth0]:1", "", "2001:db8::/64"},
		{"[::ffff:192.0.2.1]:1", "", "192.0.2.1"},
		{"[::ffff:10.0.0.1]:1", "192.0.2.3", "192.0.2.3"},
		{"@", "", "unknown"},
	} {
		r := httptest.NewRequest("POST", "/graphql", nil)
		r.RemoteAddr = c.peer
		if c.said != "" {
			r.Header.Set("X-Forwarded-For", c.said)
		}
		if got := d.address(r); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.peer, c.said, got, c.want)
		}
	}
}

// TestSession puts a token into a cookie, signs in with it, and takes it away.
func TestSession(t *testing.T) {
	proxies := func(c *Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} }
	for _, c := range []struct {
		name, url, header string
		change            func(*Config)
		cookie            string
	}{
		{"TLS", "https://hub.example.org", "", nil, "__Host-hearth=good; Path=/; HttpOnly; Secure; SameSite=Strict"},
		{"TLS of a proxy", "http://hub.example.org", "X-Forwarded-Proto: https", proxies, "__Host-hearth=good; Path=/; HttpOnly; Secure; SameSite=Strict"},
		{"anybody may say so", "http://hub.example.org", "X-Forwarded-Proto: https", nil, ""},
		{"loopback", "http://127.0.0.1:8080", "", nil, "hearth=good; Path=/; HttpOnly; SameSite=Strict"},
		{"localhost", "http://localhost:8080", "", nil, "hearth=good; Path=/; HttpOnly; SameSite=Strict"},
		{"plain", "http://hub.example.org", "", nil, ""},
		{"stranger", "https://hub.example.org", "Authorization: ", nil, ""},
		{"bad token", "https://hub.example.org", "Authorization: Bearer bad", nil, ""},
		{"page of another site", "https://hub.example.org", "Sec-Fetch-Site: cross-site", nil, ""},
		{"page of another origin", "https://hub.example.org", "Origin: https://evil.example", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*Config) {}
			}
			h, _ := newHub(t, change)
			send := func(method, path, body string, header ...string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(method, c.url+path, strings.NewReader(body))
				r.Header.Set("Content-Type", mediaJSON)
				for _, line := range append([]string{c.header}, header...) {
					if name, value, ok := strings.Cut(line, ": "); ok && r.Header.Get(name) == "" {
						r.Header.Set(name, value)
					}
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w
			}
			header := "Authorization: Bearer good"
			if strings.HasPrefix(c.header, "Authorization") {
				header = ""
			}
			w := send("POST", "/session", "", header)
			if got := w.Header().Get("Set-Cookie"); got != c.cookie || (w.Code == 204) != (c.cookie != "") {
				t.Fatalf("%d %q %s, want %q", w.Code, got, w.Body, c.cookie)
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Error("may be stored")
			}
			if c.cookie == "" {
				return
			}
			name, _, _ := strings.Cut(c.cookie, ";")
			schema := document("{ __schema { queryType { name } } }") // for those who are signed in
			if w := send("POST", "/graphql", schema, "Cookie: "+name); w.Code != 200 || parse(t, w).code() != "" {
				t.Errorf("the cookie does not sign in: %d %s", w.Code, w.Body)
			}
			for _, foreign := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example"} {
				if w := send("POST", "/graphql", schema, "Cookie: "+name, foreign); w.Code != 403 || parse(t, w).code() != hmis.Denied {
					t.Errorf("%s: %d %s", foreign, w.Code, w.Body)
				}
			}
			if w := send("GET", "/graphql?query={__typename}", "", "Cookie: "+name); w.Code != 405 {
				t.Errorf("a cookie counts for GET: %d %s", w.Code, w.Body)
			}
			if w := send("GET", "/schema.graphql", "", "Cookie: "+name); w.Code != 401 {
				t.Errorf("a cookie counts for GET: %d %s", w.Code, w.Body)
			}
			if w := send("DELETE", "/session", "", "Cookie: "+name); w.Code != 204 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
				t.Errorf("%d %v", w.Code, w.Header())
			}
			if w := send("DELETE", "/session", "", "Cookie: "+name, "Sec-Fetch-Site: cross-site"); w.Code != 403 {
				t.Errorf("another site signs out: %d", w.Code)
			}
			other := map[bool]string{true: "hearth=good", false: "__Host-hearth=good"}[strings.HasPrefix(name, "__Host")]
			if w := send("POST", "/graphql", schema, "Cookie: "+other); parse(t, w).code() != hmis.Denied {
				t.Errorf("the other cookie signs in too: %s", w.Body)
			}
		})
	}
}

// TestProviderAtTheDoor has sign-ins by a provider go through the door like everything else: paid for, over TLS, with its headers.
func TestProviderAtTheDoor(t *testing.T) {
	reached := 0
	proxies := func(c *Config) {
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
		c.SignIn = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached++; fmt.Fprint(w, "sign-in") })
	}
	config, _ := newConfig(proxies)
	d := newDoor(config)
	now := &clock{time.Unix(1_700_000_000, 0)}
	d.now = now.now
	h := d.routes()
	send := func(url string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", url, strings.NewReader("{}"))
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct {
		url    string
		header []string
		status int
	}{
		{"https://hub.example.org/oidc/begin", nil, 200},
		{"http://hub.example.org/oidc/begin", []string{"X-Forwarded-Proto: https"}, 200}, // of the known proxy
		{"http://127.0.0.1:8080/oidc/begin", nil, 200},
		{"http://hub.example.org/oidc/begin", nil, 403},
		{"http://hub.example.org/oidc/finish", nil, 403},
	} {
		before := reached
		w := send(c.url, c.header...)
		if w.Code != c.status || (reached > before) != (c.status == 200) {
			t.Errorf("%s: %d %s", c.url, w.Code, w.Body)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.url, name, got, want)
			}
		}
		if c.status == 403 && (!strings.HasPrefix(w.Body.String(), `{"message":"`) || w.Header().Get("Content-Type") != "application/json; charset=utf-8") {
			t.Errorf("%s: %v %s", c.url, w.Header(), w.Body)
		}
	}
	from := "X-Forwarded-For: 198.51.100.7"
	for i := range strangerBudget.rows / operationCost {
		if w := send("https://hub.example.org/oidc/finish", from); w.Code != 200 {
			t.Fatalf("%d: %d %s", i, w.Code, w.Body)
		}
	}
	before := reached
	if w := send("https://hub.example.org/oidc/finish", from); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || reached > before {
		t.Errorf("over: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := send("https://hub.example.org/oidc/finish", "X-Forwarded-For: 198.51.100.8"); w.Code != 200 {
		t.Errorf("another address pays with it: %d", w.Code)
	}
}

func TestSecurityHeaders(t *testing.T) {
	h, _ := newHub(t)
	for url, hsts := range map[string]string{"http://hub.example.org/graphql": "", "https://hub.example.org/graphql": "max-age=31536000; includeSubDomains"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", url, nil))
		for name, want := range map[string]string{"Strict-Transport-Security": hsts, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", url, name, got, want)
			}
		}
	}
}

func TestDocuments(t *testing.T) {
	const trustedText, otherText, foreign = "query Must { must }", "query Other { must __typename }", "query Foreign { clients { totalCount } }"
	list := fmt.Sprintf(`{"shelter":{%q:%q},"outreach":{%q:%q}}`, "sha256:"+hashOf(trustedText), trustedText, strings.ToUpper(hashOf(foreign)), foreign)
	byID := func(id string) string { return parameters(map[string]any{"documentId": id}) }
	persisted := func(hash, query string) string {
		p := map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}}
		if query != "" {
			p["query"] = query
		}
		return parameters(p)
	}
	app, person, stranger := "Authorization: Bearer app", "Authorization: Bearer good", "Authorization: "
	for _, c := range []struct {
		name, mode, who, body string
		status                int
		logged                string
	}{
		{"app, by id", DocumentsEnforce, app, byID(hashOf(trustedText)), 200, ""},
		{"app, by id with its kind", DocumentsEnforce, app, byID("sha256:" + hashOf(trustedText)), 200, ""},
		{"app, by persisted query", DocumentsEnforce, app, persisted(hashOf(trustedText), ""), 200, ""},
		{"app, with the text", DocumentsEnforce, app, persisted(hashOf(trustedText), trustedText), 200, ""},
		{"app, the text alone", DocumentsEnforce, app, document(trustedText), 200, ""},
		{"app, another text", DocumentsEnforce, app, document(otherText), 403, ""},
		{"app, another app's", DocumentsEnforce, app, document(foreign), 403, ""},
		{"app, another app's by id", DocumentsEnforce, app, byID(hashOf(foreign)), 400, ""},
		{"app, unknown", DocumentsEnforce, app, byID("00"), 400, ""},
		{"app, registers", DocumentsEnforce, app, persisted(hashOf(otherText), otherText), 403, ""},
		{"app, hash of another", DocumentsEnforce, app, persisted(hashOf(trustedText), otherText), 400, ""},
		{"app, more spaces", DocumentsEnforce, app, document(trustedText + " "), 403, ""},
		{"person, another text", DocumentsEnforce, person, document(otherText), 200, ""},
		{"person, by id", DocumentsEnforce, person, byID(hashOf(foreign)), 200, ""},
		{"stranger", DocumentsEnforce, stranger, document(otherText), 403, ""},
		{"stranger, by id", DocumentsEnforce, stranger, byID(hashOf(trustedText)), 200, ""},
		{"stranger signs in", DocumentsEnforce, stranger, document(`mutation { login(name: "a", secret: "b") }`), 200, ""},
		{"stranger signs in and more", DocumentsEnforce, stranger, document(`mutation { ...f } fragment f on Mutation { login(name: "a", secret: "b") }`), 403, ""},
		{"stranger, login among queries", DocumentsEnforce, stranger, document(`query { must }`), 403, ""},
		{"log, app", DocumentsLog, app, document(otherText), 200, "untrusted=" + hashOf(otherText)},
		{"log, app, values", DocumentsLog, app, document(`{ fail(how: ARGUMENT, note: "Smith") }`), 200, `untrusted="has values"`},
		{"log, app, trusted", DocumentsLog, app, document(trustedText), 200, ""},
		{"log, person", DocumentsLog, person, document(otherText), 200, ""},
		{"off, app", DocumentsOff, app, document(otherText), 200, ""},
		{"off, app, by id", DocumentsOff, app, byID(hashOf(trustedText)), 200, ""},
		{"id is no string", DocumentsEnforce, app, `{"documentId":1}`, 400, ""},
		{"hash is no string", DocumentsEnforce, app, `{"extensions":{"persistedQuery":{"sha256Hash":1}}}`, 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, err := ReadDocuments(strings.NewReader(list), c.mode)
			if err != nil {
				t.Fatal(err)
			}
			h, log := newHub(t, func(config *Config) { config.Documents = docs })
			w := ask(h, c.body, c.who)
			if w.Code != c.status {
				t.Errorf("%d %s, want %d", w.Code, w.Body, c.status)
			}
			if c.logged == "" && strings.Contains(log.String(), "untrusted") || !strings.Contains(log.String(), c.logged) || strings.Contains(log.String(), "Smith") {
				t.Errorf("log, want %q: %s", c.logged, log)
			}
		})
	}
	for _, bad := range []string{"[]", "{", `{"a":{"00":"{ must }"}}`, fmt.Sprintf(`{"a":{%q:"{"}}`, hashOf("{")), fmt.Sprintf(`{"a":{%q:""}}`, hashOf(""))} {
		if _, err := ReadDocuments(strings.NewReader(bad), DocumentsLog); hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := ReadDocuments(strings.NewReader("{}"), "sometimes"); hmis.CodeOf(err) != hmis.Invalid {
		t.Error(err)
	}
	h, _ := newHub(t)
	if w := ask(h, byID("00")); parse(t, w).code() != hmis.NotFound {
		t.Errorf("a hub without a list: %s", w.Body)
	}
}

// writeCertificate writes a new self-signed certificate for localhost, and returns its number.
func writeCertificate(t *testing.T, folder string, serial int64) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for name, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

// TestTLS serves over TLS, takes a new certificate, and refuses what is too old.
func TestTLS(t *testing.T) {
	folder := t.TempDir()
	certificate, key := writeCertificate(t, folder, 1)
	log := &logBook{}
	c, err := OpenCertificate(certificate, key, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h, _ := newHub(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, tls.NewListener(plain, c.TLS()), h, slog.New(slog.DiscardHandler)) }()
	serial := func(config *tls.Config) (int64, string, error) {
		config.InsecureSkipVerify = true
		conn, err := tls.Dial("tcp", plain.Addr().String(), config)
		if err != nil {
			return 0, "", err
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), conn.ConnectionState().NegotiatedProtocol, nil
	}
	if n, protocol, err := serial(&tls.Config{NextProtos: []string{"h2"}}); n != 1 || protocol != "h2" || err != nil {
		t.Errorf("%d %s %v", n, protocol, err)
	}
	if _, _, err := serial(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	for suite, good := range map[uint16]bool{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: false} {
		if _, _, err := serial(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}}); (err == nil) != good {
			t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
		}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	res, err := client.Get("https://" + plain.Addr().String() + "/healthz")
	if err != nil || res.StatusCode != 200 || res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%v %+v", err, res)
	}

	writeCertificate(t, folder, 2)
	c.Reload() // as on SIGHUP
	if n, _, _ := serial(&tls.Config{}); n != 2 {
		t.Errorf("after SIGHUP: %d", n)
	}
	writeCertificate(t, folder, 3)
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(certificate, old, old); err != nil { // whatever the resolution of the file system's clock
		t.Fatal(err)
	}
	c.mu.Lock()
	c.looked = time.Time{} // long ago
	c.mu.Unlock()
	if n, _, _ := serial(&tls.Config{}); n != 3 {
		t.Errorf("after the files changed: %d", n)
	}
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Reload()
	if n, _, _ := serial(&tls.Config{}); n != 3 || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("while the files are broken: %d, %s", n, log)
	}
	if _, err := OpenCertificate(certificate, key, slog.Default()); hmis.CodeOf(err) != hmis.Invalid {
		t.Error(err)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAutoTLS(t *testing.T) {
	c := AutoTLS(t.TempDir(), "hub.example.org")
	if c.MinVersion != tls.VersionTLS12 || c.NextProtos[len(c.NextProtos)-1] != "acme-tls/1" {
		t.Errorf("%+v", c)
	}
	if _, err := c.GetCertificate(&tls.ClientHelloInfo{ServerName: "other.example.org"}); err == nil || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("a certificate for another host: %v", err)
	}
}
