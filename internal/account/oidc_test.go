package account

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var postgresURL string

func TestMain(m *testing.M) { os.Exit(storetest.Main(m, &postgresURL)) }

const (
	clientID = "hub"
	secret   = "what the hub and the provider both know"
)

var rsaKeys = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err) // never fails
		}
	}
	return keys
})

// idp is an identity provider at which "user" is signed in. change spoils what it says.
type idp struct {
	*httptest.Server
	clock    *time.Time
	key      *rsa.PrivateKey
	user     string
	amr      []string
	asked    map[string]url.Values // by code: what was asked for it
	down     bool
	metadata func(map[string]any)
	claims   func(map[string]any)
	sign     func(p *idp, claims map[string]any) string
}

func newIDP(t *testing.T, clock *time.Time) *idp {
	p := &idp{clock: clock, key: rsaKeys()[0], user: "sub-of-ann", asked: map[string]url.Values{}, sign: (*idp).signRS256,
		metadata: func(map[string]any) {}, claims: func(map[string]any) {}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /elsewhere", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) discovery(w http.ResponseWriter, r *http.Request) {
	if p.down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	m := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}}
	p.metadata(m)
	if to, moved := m["moved"].(string); moved && r.URL.Path != to {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	sendJSON(w, m)
}

func (p *idp) keys(w http.ResponseWriter, _ *http.Request) {
	encode := base64.RawURLEncoding.EncodeToString
	sendJSON(w, map[string]any{"keys": []any{
		map[string]any{"kty": "oct", "alg": "HS256", "use": "sig", "k": encode([]byte(secret))},
		map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": p.kid(), "n": encode(p.key.N.Bytes()), "e": encode(big.NewInt(int64(p.key.E)).Bytes())},
	}})
}

func (p *idp) kid() string { return p.key.N.Text(16)[:8] }

// authorize is the visit of the browser: it checks what a strict provider checks and returns where the browser is sent.
func (p *idp) authorize(t testing.TB, to string) *url.URL {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if got := u.Scheme + "://" + u.Host + u.Path; got != p.URL+"/authorize" || q.Get("response_type") != "code" || q.Get("client_id") != clientID || q.Get("scope") != "openid" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) != 43 || len(q.Get("nonce")) != 43 {
		t.Fatalf("the browser is sent to %s", to)
	}
	code := fmt.Sprintf("code-%d", len(p.asked))
	p.asked[code] = q
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		t.Fatal(err)
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}, "session_state": {"x"}}.Encode()
	return back
}

// token takes each code once, from the hub only, and for the one who asked for it (PKCE).
func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	asked, known := p.asked[r.PostFormValue("code")]
	id, password, _ := r.BasicAuth()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	password, _ = url.QueryUnescape(password)
	if !known || id != clientID || password != secret || base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") ||
		r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	p.asked[r.PostFormValue("code")] = nil // used
	claims := map[string]any{"iss": p.URL, "aud": clientID, "sub": p.user, "nonce": asked.Get("nonce"), "exp": p.clock.Unix() + 300, "iat": p.clock.Unix(), "amr": p.amr}
	p.claims(claims)
	sendJSON(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": p.sign(p, claims)})
}

func sendJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func part(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func (p *idp) signRS256(claims map[string]any) string {
	text := part(map[string]any{"alg": "RS256", "kid": p.kid()}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (p *idp) signHS256(claims map[string]any) string {
	text := part(map[string]any{"alg": "HS256"}) + "." + part(claims)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// community is a hub with a provider, and accounts of which "ann" is bound to the provider's user.
type community struct {
	*httptest.Server
	idp   *idp
	book  *Book
	store *store.Store
	clock time.Time
	log   bytes.Buffer
	// events are the kinds of what the log of accesses is told, with whom they are about.
	events []string
	t      *testing.T
}

func newCommunity(t *testing.T, d storetest.Database) *community {
	c := &community{t: t, store: d.Open(t), clock: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	c.book = Open(c.store)
	c.idp = newIDP(t, &c.clock)
	c.Server = httptest.NewUnstartedServer(nil)
	s, err := c.book.newSignIn(Provider{Issuer: c.idp.URL, ClientID: clientID, Secret: secret, Hub: "http://" + c.Listener.Addr().String()},
		slog.New(slog.NewTextHandler(&c.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return c.clock }
	if c.Config.Handler, err = s.handler(); err != nil {
		t.Fatal(err)
	}
	c.Start()
	t.Cleanup(c.Close)
	for name, role := range map[string]policy.Role{"ann": policy.Analyst, "bob": policy.Analyst, "lead": policy.SystemAdmin} {
		if err := c.book.Create(context.Background(), New{Username: name, Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	c.bind("ann", c.idp.URL, c.idp.user)
	c.book.Events = func(_ context.Context, e Event) error {
		c.events = append(c.events, strings.TrimSpace(string(e.Kind)+" "+e.Username))
		return nil
	}
	return c
}

func (c *community) bind(username, issuer, subject string) {
	c.t.Helper()
	if err := c.book.Bind(context.Background(), username, Identity{Issuer: issuer, Subject: subject}); err != nil {
		c.t.Fatal(err)
	}
}

// browser keeps cookies and follows no redirect.
func browser() *http.Client {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (c *community) post(b *http.Client, path, body string, header ...string) (int, map[string]string) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w, err := b.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer w.Body.Close()
	text, _ := io.ReadAll(w.Body)
	said := map[string]string{}
	if err := json.Unmarshal(text, &said); err != nil || w.Header.Get("Cache-Control") != "no-store" {
		c.t.Fatalf("%s: %d %s", path, w.StatusCode, text)
	}
	return w.StatusCode, said
}

// leave begins a sign-in, visits the provider, and returns what the page is told when the browser is back.
func (c *community) leave(b *http.Client) url.Values {
	c.t.Helper()
	status, said := c.post(b, "/oidc/begin", "")
	if status != http.StatusOK {
		c.t.Fatal(status, said)
	}
	w, err := b.Get(c.idp.authorize(c.t, said["url"]).String())
	if err != nil {
		c.t.Fatal(err)
	}
	defer w.Body.Close()
	fragment, ours := strings.CutPrefix(w.Header.Get("Location"), "/#oidc&")
	back, err := url.ParseQuery(fragment)
	if w.StatusCode != http.StatusSeeOther || !ours || err != nil || w.Header.Get("Cache-Control") != "no-store" {
		c.t.Fatal(w.StatusCode, w.Header)
	}
	return back
}

func (c *community) finish(b *http.Client, back url.Values) (int, map[string]string) {
	c.t.Helper()
	body, _ := json.Marshal(map[string]string{"code": back.Get("code"), "state": back.Get("state")})
	return c.post(b, "/oidc/finish", string(body))
}

func (c *community) signIn() (int, map[string]string) {
	c.t.Helper()
	b := browser()
	return c.finish(b, c.leave(b))
}

// denied fails the test unless a sign-in is refused with a sentence.
func (c *community) denied(what string, status int, said map[string]string, want *hmis.Error) {
	c.t.Helper()
	if status != http.StatusForbidden || said["token"] != "" || said["message"] != want.Message {
		c.t.Errorf("%s: %d %v, want %q", what, status, said, want.Message)
	}
}

func onBoth(t *testing.T, test func(t *testing.T, c *community)) {
	for _, d := range storetest.Databases(t, postgresURL) {
		t.Run(d.Name, func(t *testing.T) { test(t, newCommunity(t, d)) })
	}
}

func TestSignIn(t *testing.T) {
	onBoth(t, func(t *testing.T, c *community) {
		ctx := context.Background()
		status, said := c.signIn()
		if status != http.StatusOK {
			t.Fatal(status, said)
		}
		v, err := c.book.Viewer(ctx, said["token"], "")
		if err != nil || v.Username != "ann" || said["expiresAt"] == "" {
			t.Fatal(v, err, said)
		}
		apps, err := c.book.CreateToken(ctx, "ann")
		if err != nil {
			t.Fatal(err)
		}

		// Whoever is bound to no account gets none, and learns only what to have bound.
		c.idp.user = "sub-of-bob"
		status, unbound := c.signIn()
		c.denied("unbound", status, unbound, errUnbound)
		if got := fmt.Sprint(c.events); got != "[LOGIN ann ACCOUNT_CHANGED ann LOGIN_REFUSED]" { // the change is the token made by hand
			t.Errorf("the log is told %s", got)
		}
		if a, err := c.store.AccountNamed(ctx, "sub-of-bob"); a != nil || err != nil || unbound["subject"] != "sub-of-bob" {
			t.Error(a, err, unbound)
		}

		// By default there is one session: the next sign-in ends it.
		c.idp.user = "sub-of-ann"
		if status, again := c.signIn(); status != http.StatusOK {
			t.Error(status, again)
		}
		if _, err := c.book.Viewer(ctx, said["token"], ""); hmis.CodeOf(err) != hmis.Denied {
			t.Error("two sessions:", err)
		}
		c.idp.user = "sub-of-bob"

		// The same subject at another provider is somebody else.
		c.bind("bob", "https://login.example.org", "sub-of-bob")
		status, said = c.signIn()
		c.denied("bound at another issuer", status, said, errUnbound)
		c.bind("bob", c.idp.URL, "sub-of-bob")
		if status, said = c.signIn(); status != http.StatusOK {
			t.Error("bound since:", status, said)
		}

		// An identity is one account's. Binding anew ends the sessions and leaves the other tokens.
		if err := c.book.Bind(ctx, "ann", Identity{Issuer: c.idp.URL, Subject: "sub-of-bob"}); hmis.CodeOf(err) != hmis.Conflict {
			t.Error("two accounts of one identity:", err)
		}
		if err := c.book.Unbind(ctx, "bob"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.book.Viewer(ctx, said["token"], ""); hmis.CodeOf(err) != hmis.Denied {
			t.Error("a session outlives its binding:", err)
		}
		if _, err := c.book.Viewer(ctx, apps.Token, ""); err != nil {
			t.Error("a token ended with another account's binding:", err)
		}
		c.bind("ann", c.idp.URL, "sub-of-bob")
		if _, err := c.book.Viewer(ctx, apps.Token, ""); err != nil {
			t.Error("a token ended with the binding:", err)
		}
		if err := c.book.Disable(ctx, "ann"); err != nil {
			t.Fatal(err)
		}
		status, disabled := c.signIn()
		c.denied("disabled", status, disabled, errUnbound)
		if fmt.Sprint(disabled) != fmt.Sprint(unbound) {
			t.Errorf("a disabled account answers %v, none answers %v", disabled, unbound)
		}
		for _, word := range []string{"sub-of", "code-", "hearth_", secret} {
			if strings.Contains(c.log.String(), word) {
				t.Errorf("%s is in the log:\n%s", word, c.log.String())
			}
		}
	})
}

// Who needs a second factor needs the provider to say that it asked for one.
func TestSignInSecondFactor(t *testing.T) {
	ctx := context.Background()
	c := newCommunity(t, storetest.SQLite)
	with := func(amr ...string) (int, map[string]string) {
		c.idp.amr = amr
		return c.signIn()
	}
	if status, said := with(); status != http.StatusOK {
		t.Fatal("nobody asks for a second factor:", status, said)
	}
	if err := c.store.SetSetting(ctx, store.SecondFactorRoles, []string{"ANALYST"}, nil); err != nil {
		t.Fatal(err)
	}
	for _, amr := range [][]string{nil, {}, {"pwd"}, {"pwd", "MFA"}} {
		status, said := with(amr...)
		c.denied(fmt.Sprint("the role needs a second factor, the provider says ", amr), status, said, errOneFactor)
	}
	if status, said := with("pwd", "otp", "mfa"); status != http.StatusOK {
		t.Error(status, said)
	}
	gate := func(want bool, what string) {
		t.Helper()
		a, err := c.store.AccountNamed(ctx, "ann")
		if err != nil {
			t.Fatal(err)
		}
		gates, err := c.store.Gates(ctx, a)
		for _, g := range gates {
			if g.Name == "SECOND_FACTOR" && g.Open != want {
				t.Errorf("%s: %+v", what, g)
			}
		}
		if err != nil || len(gates) == 0 {
			t.Error(gates, err)
		}
	}
	gate(true, "the provider alone signs in, and is asked for it")
	if err := c.book.SetPassword(ctx, "ann", "window harbor velvet nine"); err != nil {
		t.Fatal(err)
	}
	gate(false, "a password signs in too, without a second factor")

	// An account with a second factor of its own is not let in by less.
	if err := c.store.SetSetting(ctx, store.SecondFactorRoles, []string{}, nil); err != nil {
		t.Fatal(err)
	}
	if status, said := with("pwd"); status != http.StatusOK {
		t.Fatal(status, said)
	}
	a, err := c.store.AccountNamed(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.store.SetSecondFactor(ctx, a.Key, []byte("a made-up secret"), 0, nil); err != nil {
		t.Fatal(err)
	}
	status, said := with("pwd")
	c.denied("an account with a second factor", status, said, errOneFactor)
	if status, said := with("mfa"); status != http.StatusOK {
		t.Error(status, said)
	}
}

// Whatever is wrong with what the provider sends, nobody is signed in.
func TestSignInBadTokens(t *testing.T) {
	c := newCommunity(t, storetest.SQLite)
	set := func(name string, value any) func(map[string]any) {
		return func(claims map[string]any) { claims[name] = value }
	}
	for what, spoil := range map[string]func(p *idp){
		"issuer":                   func(p *idp) { p.claims = set("iss", "https://login.example.org") },
		"audience":                 func(p *idp) { p.claims = set("aud", "another app") },
		"two audiences":            func(p *idp) { p.claims = set("aud", []string{clientID, "another app"}) },
		"authorized party":         func(p *idp) { p.claims = set("azp", "another app") },
		"expired":                  func(p *idp) { p.claims = set("exp", p.clock.Unix()-1) },
		"not yet valid":            func(p *idp) { p.claims = set("nbf", p.clock.Unix()+3600) },
		"nonce of another attempt": func(p *idp) { p.claims = set("nonce", newAttempt(*p.clock).derive("nonce")) },
		"no nonce":                 func(p *idp) { p.claims = func(claims map[string]any) { delete(claims, "nonce") } },
		"no subject":               func(p *idp) { p.claims = set("sub", "") },
		"claims of another kind":   func(p *idp) { p.claims = set("amr", 1) },
		"another key": func(p *idp) {
			p.sign = func(p *idp, claims map[string]any) string { q := *p; q.key = rsaKeys()[1]; return q.signRS256(claims) }
		},
		"key named like ours": func(p *idp) {
			p.sign = func(p *idp, claims map[string]any) string {
				ours, q := strings.Split(p.signRS256(claims), "."), *p
				q.key = rsaKeys()[1]
				return ours[0] + "." + ours[1] + "." + strings.Split(q.signRS256(claims), ".")[2]
			}
		},
		"signed with the shared secret": func(p *idp) { p.sign = (*idp).signHS256 },
		"not signed": func(p *idp) {
			p.sign = func(_ *idp, claims map[string]any) string {
				return part(map[string]any{"alg": "none"}) + "." + part(claims) + "."
			}
		},
		"no token": func(p *idp) { p.sign = func(*idp, map[string]any) string { return "" } },
		"changed after it was signed": func(p *idp) {
			p.sign = func(p *idp, claims map[string]any) string {
				parts := strings.Split(p.signRS256(claims), ".")
				claims["amr"] = []string{"mfa"}
				return parts[0] + "." + part(claims) + "." + parts[2]
			}
		},
	} {
		spoil(c.idp)
		status, said := c.signIn()
		c.denied(what, status, said, errIdentity)
		c.idp.sign, c.idp.claims = (*idp).signRS256, func(map[string]any) {}
	}
	c.idp.claims = func(claims map[string]any) {
		claims["aud"], claims["azp"] = []string{clientID, "another app"}, clientID
	}
	if status, said := c.signIn(); status != http.StatusOK {
		t.Error("two audiences of which we are the authorized party:", status, said)
	}
	c.idp.key = rsaKeys()[1]
	if status, said := c.signIn(); status != http.StatusOK {
		t.Error("the provider has a new key:", status, said)
	}
}

// What the browser brings back must be of the sign-in that it began.
func TestSignInAttempts(t *testing.T) {
	c := newCommunity(t, storetest.SQLite)
	mine, theirs := browser(), browser()
	status, said := c.finish(mine, c.leave(theirs))
	c.denied("no attempt of this browser", status, said, errAttempt)

	c.leave(mine)
	status, said = c.finish(mine, c.leave(theirs))
	c.denied("state of another browser", status, said, errAttempt)

	// The state is ours, the code another's: the provider sees that by PKCE.
	back := c.leave(mine)
	back.Set("code", c.leave(theirs).Get("code"))
	status, said = c.finish(mine, back)
	c.denied("code of another browser", status, said, errIdentity)

	back = c.leave(mine)
	if status, said = c.finish(mine, back); status != http.StatusOK {
		t.Fatal(status, said)
	}
	status, said = c.finish(mine, back)
	c.denied("an attempt a second time", status, said, errAttempt)

	back = c.leave(mine)
	back.Set("state", back.Get("state")[:42])
	status, said = c.finish(mine, back)
	c.denied("a state cut short", status, said, errAttempt)

	back = c.leave(mine)
	c.clock = c.clock.Add(attemptLife)
	status, said = c.finish(mine, back)
	c.denied("too late", status, said, errAttempt)

	// Who gives the attempt a later beginning has another attempt.
	late := attempt(fmt.Sprint(c.clock.Unix()) + string(newAttempt(c.clock)[10:]))
	if late.derive("nonce") == attempt("1"+string(late)).derive("nonce") || attempt("x.y").live(c.clock) || attempt("").live(c.clock) || !late.live(c.clock) || late.live(c.clock.Add(-time.Second)) {
		t.Error("the beginning is not part of what is derived, or not looked at")
	}

	back = c.leave(mine)
	status, said = c.post(mine, "/oidc/finish", strings.Repeat(" ", finishBytes)+`{"code":"`+back.Get("code")+`","state":"`+back.Get("state")+`"}`)
	c.denied("a body without end", status, said, errAttempt)

	w, err := mine.Get(c.URL + callbackPath + "?error=access_denied&error_description=planted&state=x")
	if err != nil {
		t.Fatal(err)
	}
	w.Body.Close()
	if to := w.Header.Get("Location"); to != "/#oidc&error=refused" {
		t.Errorf("a refusal of the provider leads to %s", to)
	}
}

// Pages of others begin and finish nothing; the cookie is out of their and of scripts' reach.
func TestSignInOwnPageOnly(t *testing.T) {
	c := newCommunity(t, storetest.SQLite)
	b := browser()
	for _, foreign := range []string{"Origin: https://elsewhere.example.org", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"} {
		for _, path := range []string{"/oidc/begin", "/oidc/finish"} {
			status, said := c.post(b, path, "", foreign)
			c.denied(path+" "+foreign, status, said, errForeignPage)
		}
	}
	if jar := b.Jar.Cookies(mustURL(t, c.URL)); len(jar) != 0 {
		t.Error("a page of another site set a cookie")
	}
	for _, path := range []string{"/oidc/begin", "/oidc/finish"} {
		w, err := b.Get(c.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if w.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, w.StatusCode)
		}
	}
	for hub, want := range map[string]string{
		"http://localhost:8080":   "hearth-oidc=v; Path=/; Max-Age=9; HttpOnly; SameSite=Strict",
		"https://hub.example.org": "__Host-hearth-oidc=v; Path=/; Max-Age=9; HttpOnly; Secure; SameSite=Strict",
	} {
		s, err := c.book.newSignIn(Provider{Issuer: c.idp.URL, ClientID: clientID, Hub: hub}, slog.Default())
		if err != nil {
			t.Fatal(err)
		}
		if got := s.cookie("v", 9).String(); got != want {
			t.Errorf("%s: %s", hub, got)
		}
	}
}

func mustURL(t testing.TB, text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A provider that does not answer, or says what cannot be, signs in nobody, and is asked again after a pause.
func TestSignInProviderAway(t *testing.T) {
	c := newCommunity(t, storetest.SQLite)
	unavailable := func(what string) {
		t.Helper()
		status, said := c.post(browser(), "/oidc/begin", "")
		if status != http.StatusServiceUnavailable || said["message"] != errProvider.Message {
			t.Errorf("%s: %d %v", what, status, said)
		}
		c.clock = c.clock.Add(providerPause)
	}
	c.idp.down = true
	unavailable("down")
	c.idp.down = false
	for what, change := range map[string]func(map[string]any){
		"another issuer":            func(m map[string]any) { m["issuer"] = "https://login.example.org" },
		"a script for an address":   func(m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" },
		"codes without TLS":         func(m map[string]any) { m["token_endpoint"] = "http://login.example.org/token" },
		"keys without TLS":          func(m map[string]any) { m["jwks_uri"] = "http://login.example.org/keys" },
		"no address of its keys":    func(m map[string]any) { delete(m, "jwks_uri") },
		"an answer from elsewhere":  func(m map[string]any) { m["moved"] = "/elsewhere" },
		"an address without a host": func(m map[string]any) { m["authorization_endpoint"] = "/authorize" },
	} {
		c.idp.metadata = change
		unavailable(what)
	}
	c.idp.metadata = func(map[string]any) {}
	c.idp.down = true
	unavailable("down again")
	c.idp.down = false
	c.clock = c.clock.Add(-time.Second)
	unavailable("within the pause")
	if status, said := c.signIn(); status != http.StatusOK {
		t.Error("back again:", status, said)
	}
	b := browser()
	back := c.leave(b)
	c.idp.Close()
	if status, said := c.finish(b, back); status != http.StatusServiceUnavailable {
		t.Error("gone meanwhile:", status, said)
	}
}

func TestProviderConfig(t *testing.T) {
	book := &Book{}
	for p, good := range map[Provider]bool{
		{Issuer: "https://login.example.org/realm", ClientID: "hub", Hub: "https://hub.example.org"}:   true,
		{Issuer: "https://login.example.org/", ClientID: "hub", Hub: "https://hub.example.org/"}:       true,
		{Issuer: "http://127.0.0.1:9", ClientID: "hub", Hub: "http://localhost:8080"}:                  true,
		{Issuer: "http://[::1]:9", ClientID: "hub", Hub: "http://[::1]:8080"}:                          true,
		{Issuer: "http://login.example.org", ClientID: "hub", Hub: "https://hub.example.org"}:          false,
		{Issuer: "https://login.example.org", ClientID: "hub", Hub: "http://hub.example.org"}:          false,
		{Issuer: "https://login.example.org", ClientID: "hub", Hub: "https://hub.example.org/path"}:    false,
		{Issuer: "https://login.example.org", ClientID: "hub", Hub: "https://hub.example.org?a"}:       false,
		{Issuer: "https://login.example.org", ClientID: "", Hub: "https://hub.example.org"}:            false,
		{Issuer: "https://user:pw@login.example.org", ClientID: "hub", Hub: "https://hub.example.org"}: false,
		{Issuer: "file:///etc", ClientID: "hub", Hub: "https://hub.example.org"}:                       false,
		{Issuer: "", ClientID: "hub", Hub: ""}:                                                         false,
	} {
		if _, err := book.SignIn(p, slog.Default()); (err == nil) != good || err != nil && hmis.CodeOf(err) != hmis.Invalid {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
