package account

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hearth-hmis/hearth/internal/account/accounttest"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
)

var postgresURL string

func TestMain(m *testing.M) { os.Exit(storetest.Main(m, &postgresURL)) }

// community is a hub with a provider, and accounts of which "ann" is bound to the provider's user.
type community struct {
	*httptest.Server
	idp   *accounttest.Provider
	book  *Book
	store *store.Store
	clock time.Time
	log   bytes.Buffer
	t     *testing.T
}

func newCommunity(t *testing.T, d storetest.Database) *community {
	c := &community{t: t, store: d.Open(t), clock: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	c.book = Open(c.store)
	c.idp = accounttest.NewProvider(t, func() time.Time { return c.clock })
	c.Server = httptest.NewUnstartedServer(nil)
	s, err := c.book.newSignIn(Provider{Issuer: c.idp.URL, ClientID: accounttest.ClientID, Secret: accounttest.Secret, Hub: "http://" + c.Listener.Addr().String()},
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
	c.bind("ann", c.idp.URL, c.idp.User)
	return c
}

// recorded is the log, oldest first: kind, detail, whose account, and whose access was changed.
func (c *community) recorded() (list []string) {
	c.t.Helper()
	ctx, err := c.store.As(context.Background(), &policy.Viewer{Role: policy.Auditor, Standing: policy.Standing{Active: true, TrainedUntil: 1 << 30, AgreedUntil: 1 << 30}})
	if err != nil {
		c.t.Fatal(err)
	}
	most := int32(500)
	page, err := c.store.DisclosureLog(ctx, store.Page{First: &most}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, d := range slices.Backward(page.Nodes) {
		line := string(d.Kind)
		if d.Detail != nil {
			line += " " + string(*d.Detail)
		}
		for _, name := range []*string{d.Account, d.Subject} {
			if name != nil {
				line += " " + *name
			}
		}
		list = append(list, line)
	}
	return list
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
	w, err := b.Get(c.idp.Authorize(c.t, said["url"]).String())
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
		c.idp.User = "sub-of-bob"
		status, unbound := c.signIn()
		c.denied("unbound", status, unbound, errUnbound)
		want := []string{"LOGIN PROVIDER ann", "ACCESS_CHANGED TOKEN_CREATED ann", "LOGIN_FAILED UNBOUND"}
		if got := c.recorded(); !slices.Equal(got[len(got)-len(want):], want) {
			t.Errorf("the log ends with %q", got)
		}
		if a, err := c.store.AccountNamed(ctx, "sub-of-bob"); a != nil || err != nil || unbound["subject"] != "sub-of-bob" {
			t.Error(a, err, unbound)
		}

		// By default there is one session: the next sign-in ends it.
		c.idp.User = "sub-of-ann"
		if status, again := c.signIn(); status != http.StatusOK {
			t.Error(status, again)
		}
		if _, err := c.book.Viewer(ctx, said["token"], ""); hmis.CodeOf(err) != hmis.Denied {
			t.Error("two sessions:", err)
		}
		c.idp.User = "sub-of-bob"

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
		for _, word := range []string{"sub-of", "code-", "hearth_", accounttest.Secret} {
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
		c.idp.AMR = amr
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
	c.idp.Claims = func(claims map[string]any) { claims["acr"] = "urn:example:two-factors" } // whose values each provider makes up
	status, said := with("pwd")
	c.denied("the provider says so in acr alone", status, said, errOneFactor)
	c.idp.Honest()
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
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range gates[0] {
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
	status, said = with("pwd")
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
	for what, spoil := range map[string]func(p *accounttest.Provider){
		"issuer":                   func(p *accounttest.Provider) { p.Claims = set("iss", "https://login.example.org") },
		"audience":                 func(p *accounttest.Provider) { p.Claims = set("aud", "another app") },
		"two audiences":            func(p *accounttest.Provider) { p.Claims = set("aud", []string{accounttest.ClientID, "another app"}) },
		"authorized party":         func(p *accounttest.Provider) { p.Claims = set("azp", "another app") },
		"expired":                  func(p *accounttest.Provider) { p.Claims = set("exp", c.clock.Unix()-1) },
		"not yet valid":            func(p *accounttest.Provider) { p.Claims = set("nbf", c.clock.Unix()+3600) },
		"nonce of another attempt": func(p *accounttest.Provider) { p.Claims = set("nonce", newAttempt(c.clock).derive("nonce")) },
		"no nonce":                 func(p *accounttest.Provider) { p.Claims = func(claims map[string]any) { delete(claims, "nonce") } },
		"no subject":               func(p *accounttest.Provider) { p.Claims = set("sub", "") },
		"claims of another kind":   func(p *accounttest.Provider) { p.Claims = set("amr", 1) },
		"another key": func(p *accounttest.Provider) {
			p.Sign = func(p *accounttest.Provider, claims map[string]any) string {
				q := *p
				q.Key = accounttest.Keys()[1]
				return q.SignRS256(claims)
			}
		},
		"key named like ours": func(p *accounttest.Provider) {
			p.Sign = func(p *accounttest.Provider, claims map[string]any) string {
				ours, q := strings.Split(p.SignRS256(claims), "."), *p
				q.Key = accounttest.Keys()[1]
				return ours[0] + "." + ours[1] + "." + strings.Split(q.SignRS256(claims), ".")[2]
			}
		},
		"signed with the shared secret": func(p *accounttest.Provider) { p.Sign = (*accounttest.Provider).SignHS256 },
		"not signed": func(p *accounttest.Provider) {
			p.Sign = func(_ *accounttest.Provider, claims map[string]any) string {
				return accounttest.Part(map[string]any{"alg": "none"}) + "." + accounttest.Part(claims) + "."
			}
		},
		"no token": func(p *accounttest.Provider) {
			p.Sign = func(*accounttest.Provider, map[string]any) string { return "" }
		},
		"changed after it was signed": func(p *accounttest.Provider) {
			p.Sign = func(p *accounttest.Provider, claims map[string]any) string {
				parts := strings.Split(p.SignRS256(claims), ".")
				claims["amr"] = []string{"mfa"}
				return parts[0] + "." + accounttest.Part(claims) + "." + parts[2]
			}
		},
	} {
		spoil(c.idp)
		status, said := c.signIn()
		c.denied(what, status, said, errIdentity)
		c.idp.Honest()
	}
	c.idp.Claims = func(claims map[string]any) {
		claims["aud"], claims["azp"] = []string{accounttest.ClientID, "another app"}, accounttest.ClientID
	}
	if status, said := c.signIn(); status != http.StatusOK {
		t.Error("two audiences of which we are the authorized party:", status, said)
	}
	c.idp.Key = accounttest.Keys()[1]
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
		s, err := c.book.newSignIn(Provider{Issuer: c.idp.URL, ClientID: accounttest.ClientID, Hub: hub}, slog.Default())
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
	c.idp.Down = true
	unavailable("down")
	c.idp.Down = false
	for what, change := range map[string]func(map[string]any){
		"another issuer":            func(m map[string]any) { m["issuer"] = "https://login.example.org" },
		"a script for an address":   func(m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" },
		"codes without TLS":         func(m map[string]any) { m["token_endpoint"] = "http://login.example.org/token" },
		"keys without TLS":          func(m map[string]any) { m["jwks_uri"] = "http://login.example.org/keys" },
		"no address of its keys":    func(m map[string]any) { delete(m, "jwks_uri") },
		"an answer from elsewhere":  func(m map[string]any) { m["moved"] = "/elsewhere" },
		"an address without a host": func(m map[string]any) { m["authorization_endpoint"] = "/authorize" },
	} {
		c.idp.Metadata = change
		unavailable(what)
	}
	c.idp.Honest()
	c.idp.Down = true
	unavailable("down again")
	c.idp.Down = false
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
