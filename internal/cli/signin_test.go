package cli

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/account/accounttest"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/internal/store/storetest"
	"github.com/hearth-hmis/hearth/server"
)

const goodPassword = "window harbor velvet nine"

// signing is a hub with an identity provider, as browsers and programs reach it, from an address of their own each.
type signing struct {
	*door
	t     testing.TB
	idp   *accounttest.Provider
	known int // records of the log that news told of
}

func openSigning(t *testing.T, url string) *signing {
	t.Helper()
	s := &signing{door: openDoor(t, url, storetest.Community()), t: t, idp: accounttest.NewProvider(t, time.Now)}
	t.Setenv(providerSecret, accounttest.Secret)
	p := providerFlags{account.Provider{Issuer: s.idp.URL, ClientID: accounttest.ClientID, Hub: "https://hub.example.org"}}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	config := server.Config{Log: log}
	if err := p.apply(s.store, &config, log); err != nil {
		t.Fatal(err)
	}
	s.Handler = handler(s.store, config)
	if err := s.book.SetPassword(context.Background(), "north", goodPassword); err != nil {
		t.Fatal(err)
	}
	return s
}

// request sends a request from an address, with header lines, and returns the answer.
func (s *signing) request(method, path, body, address string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://hub.example.org"+path, strings.NewReader(body))
	r.RemoteAddr = address + ":4000"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type loginAnswer struct {
	Token      string
	NeedsCode  bool
	UserErrors []struct{ Code string }
	failed     string // code of an error without an answer
}

// login signs in with a password, and a code where one is given.
func (s *signing) login(address, username, password, code string) (a loginAnswer) {
	s.t.Helper()
	const document = `mutation Login($in: LoginInput!) { login(input: $in) { token needsCode userErrors { code } } }`
	in := map[string]any{"username": username, "password": password, "app": "outreach-phone"}
	if code != "" {
		in["code"] = code
	}
	w := s.request("POST", "/graphql", body(document, "in", in), address)
	var answer struct {
		Data   struct{ Login *loginAnswer }
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		s.t.Fatalf("%v: %s", err, w.Body)
	}
	if answer.Data.Login != nil {
		a = *answer.Data.Login
	}
	if len(answer.Errors) > 0 {
		a.failed = answer.Errors[0].Extensions.Code
	}
	return a
}

// leave begins a sign-in by the provider, and returns the browser's cookie and what it comes back with.
func (s *signing) leave() (cookie, code, state string) {
	s.t.Helper()
	w := s.request("POST", "/oidc/begin", "", "192.0.2.9")
	var begun struct{ URL string }
	if err := json.Unmarshal(w.Body.Bytes(), &begun); err != nil || w.Code != http.StatusOK {
		s.t.Fatalf("%d %s", w.Code, w.Body)
	}
	back := s.idp.Authorize(s.t, begun.URL).Query()
	cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return cookie, back.Get("code"), back.Get("state")
}

// provider signs in by the provider; status and token of the answer.
func (s *signing) provider() (int, string) {
	s.t.Helper()
	cookie, code, state := s.leave()
	return s.finish(cookie, code, state)
}

func (s *signing) finish(cookie, code, state string) (int, string) {
	s.t.Helper()
	w := s.request("POST", "/oidc/finish", fmt.Sprintf(`{"code":%q,"state":%q}`, code, state), "192.0.2.9", "Cookie: "+cookie)
	var answer struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		s.t.Fatalf("%v: %s", err, w.Body)
	}
	return w.Code, answer.Token
}

// as sends an operation with a token and returns status and answer.
func (s *signing) as(token, query string, variables ...any) (int, string) {
	w := s.request("POST", "/graphql", body(query, variables...), "192.0.2.9", "Authorization: Bearer "+token)
	return w.Code, w.Body.String()
}

// news are the records that the log got since it was asked last, oldest first: kind, detail, whose account, whose access
// was changed, and the program.
func (s *signing) news() (list []string) {
	s.t.Helper()
	ctx, err := s.store.As(context.Background(), &policy.Viewer{Role: policy.Auditor, Standing: policy.Standing{Active: true, TrainedUntil: 1 << 30, AgreedUntil: 1 << 30}})
	if err != nil {
		s.t.Fatal(err)
	}
	most := int32(100)
	page, err := s.store.DisclosureLog(ctx, store.Page{First: &most}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range slices.Backward(page.Nodes) {
		if *d.Number < s.known {
			continue
		}
		line := string(d.Kind)
		if d.Detail != nil {
			line += " " + string(*d.Detail)
		}
		for _, part := range []*string{d.Account, d.Subject, d.App} {
			if part != nil {
				line += " " + *part
			}
		}
		list = append(list, line)
	}
	if len(page.Nodes) > 0 {
		s.known = *page.Nodes[0].Number + 1
	}
	return list
}

// told fails the test unless the log got just these records since it was asked last.
func (s *signing) told(what string, want ...string) {
	s.t.Helper()
	if got := s.news(); !slices.Equal(got, want) {
		s.t.Errorf("%s: the log says %q, want %q", what, got, want)
	}
}

// Every way to sign in, every refusal and every end of a session is in the log once, when the answer comes.
func TestSignInsAreInTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s := openSigning(t, url)
		s.news()

		// By password.
		if a := s.login("192.0.2.1", "north", goodPassword, ""); a.Token == "" {
			t.Fatalf("%+v", a)
		}
		s.told("a password", "LOGIN PASSWORD north outreach-phone")
		if a := s.login("192.0.2.1", "NORTH", "not the password", ""); a.Token != "" || len(a.UserErrors) != 1 || a.UserErrors[0].Code != "DENIED" {
			t.Errorf("%+v", a)
		}
		s.told("a wrong password", "LOGIN_FAILED WRONG_PASSWORD north")
		s.login("192.0.2.1", "typed into the wrong field", goodPassword, "")
		s.told("a wrong name", "LOGIN_FAILED WRONG_PASSWORD")
		w := s.request("POST", "/graphql", body(`mutation { login(input: {username: "north", password: "x", app: "Ann Example, SSN 900-00-0005"}) { token userErrors { code } } }`), "192.0.2.1")
		if !strings.Contains(w.Body.String(), `"INVALID"`) {
			t.Errorf("free text as a program: %s", w.Body)
		}
		s.told("free text as a program")
		w = s.request("POST", "/graphql", body(`mutation { a: login(input: {username: "north", password: "x"}) { token } b: login(input: {username: "lead", password: "y"}) { token } }`), "192.0.2.1")
		if w.Code != http.StatusOK {
			t.Error(w.Body)
		}
		s.told("two in one operation", "LOGIN_FAILED WRONG_PASSWORD north", "LOGIN_FAILED WRONG_PASSWORD lead")
		for range 6 {
			s.login("192.0.2.2", "lead", "a guess", "")
		}
		if a := s.login("192.0.2.2", "lead", "a guess", ""); len(a.UserErrors) != 1 || a.UserErrors[0].Code != "LIMIT" {
			t.Errorf("guess after guess: %+v", a)
		}
		if got := s.news(); len(got) != 7 || got[0] != "LOGIN_FAILED WRONG_PASSWORD lead" || got[6] != "LOGIN_FAILED TOO_MANY lead" {
			t.Errorf("guess after guess: %q", got)
		}

		// With a second factor.
		secret, recovery := s.secondFactor("north")
		s.told("a second factor", "ACCESS_CHANGED SECOND_FACTOR_ADDED north")
		if a := s.login("192.0.2.1", "north", goodPassword, ""); a.Token != "" || !a.NeedsCode {
			t.Errorf("without a code: %+v", a)
		}
		s.told("no code", "LOGIN_FAILED NO_CODE north")
		if a := s.login("192.0.2.1", "north", goodPassword, "000000"); a.Token != "" || a.NeedsCode {
			t.Errorf("a wrong code: %+v", a)
		}
		s.told("a wrong code", "LOGIN_FAILED WRONG_CODE north")
		code, err := totp.GenerateCode(secret, time.Unix(int64(s.store.Now())+30, 0)) // later than the one that confirmed it
		if err != nil {
			t.Fatal(err)
		}
		if a := s.login("192.0.2.1", "north", goodPassword, code); a.Token == "" {
			t.Errorf("the code: %+v", a)
		}
		if a := s.login("192.0.2.1", "north", goodPassword, code); a.Token != "" {
			t.Error("a code twice")
		}
		if a := s.login("192.0.2.1", "north", goodPassword, recovery); a.Token == "" {
			t.Errorf("a recovery code: %+v", a)
		}
		if a := s.login("192.0.2.1", "north", goodPassword, recovery); a.Token != "" {
			t.Error("a recovery code twice")
		}
		s.told("codes", "LOGIN PASSWORD_AND_CODE north outreach-phone", "LOGIN_FAILED WRONG_CODE north",
			"LOGIN PASSWORD_AND_RECOVERY_CODE north outreach-phone", "LOGIN_FAILED WRONG_CODE north")

		// By the provider.
		if status, token := s.provider(); status != http.StatusForbidden || token != "" {
			t.Error("bound to nobody:", status)
		}
		s.told("bound to nobody", "LOGIN_FAILED UNBOUND")
		if err := s.book.Bind(ctx, "east", account.Identity{Issuer: s.idp.URL, Subject: s.idp.User}); err != nil {
			t.Fatal(err)
		}
		status, token := s.provider()
		if status != http.StatusOK {
			t.Error(status)
		}
		s.told("the provider", "ACCESS_CHANGED IDENTITY_BOUND east", "LOGIN PROVIDER east")
		s.idp.Claims = func(claims map[string]any) { claims["aud"] = "another app" }
		if status, _ := s.provider(); status != http.StatusForbidden {
			t.Error(status)
		}
		s.idp.Honest()
		s.told("a token for another", "LOGIN_FAILED NOT_CONFIRMED")
		cookie, back, _ := s.leave()
		if status, _ := s.finish(cookie, back, "another state"); status != http.StatusForbidden {
			t.Error(status)
		}
		s.told("another browser's", "LOGIN_FAILED NOT_CONFIRMED")

		// Sessions and tokens end.
		if status, answer := s.as(token, `mutation { logout { ok } }`); status != http.StatusOK || !strings.Contains(answer, `"ok":true`) {
			t.Error(status, answer)
		}
		s.told("a sign-out", "LOGOUT east")
		if status, answer := s.as(token, `{ viewer { username } }`); status != http.StatusUnauthorized {
			t.Error("after signing out:", status, answer)
		}
		s.told("an ended session", "TOKEN_REFUSED")
		if w := s.request("POST", "/session", "", "192.0.2.9", "Authorization: Bearer hearth_made-up"); w.Code != http.StatusUnauthorized {
			t.Error(w.Code, w.Body)
		}
		s.told("no token, for a cookie", "TOKEN_REFUSED")
		if status, answer := s.as(s.tokens["north"], `{ clients(first: 1) { nodes { id } } }`); status != http.StatusOK || !strings.Contains(answer, `"id"`) {
			t.Error(status, answer)
		}
		s.told("a token", "READ north")
	})
}

// secondFactor gives an account a second factor; its secret and a recovery code.
func (s *signing) secondFactor(username string) (secret, recovery string) {
	s.t.Helper()
	ctx, err := s.store.As(context.Background(), s.viewer(username))
	if err != nil {
		s.t.Fatal(err)
	}
	factor, err := s.book.BeginSecondFactor(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	code, err := totp.GenerateCode(factor.Secret, time.Unix(int64(s.store.Now()), 0))
	if err != nil {
		s.t.Fatal(err)
	}
	codes, err := s.book.ConfirmSecondFactor(ctx, code)
	if err != nil {
		s.t.Fatal(err)
	}
	return factor.Secret, codes[0]
}

func (s *signing) viewer(username string) *policy.Viewer {
	v, err := s.book.Viewer(context.Background(), s.tokens[username], "")
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// Whatever is changed of who gets in is in the log once, with who did it and to whom.
func TestAccessChangesAreInTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		s := openSigning(t, url)
		lead, err := s.store.As(context.Background(), s.viewer("lead"))
		if err != nil {
			t.Fatal(err)
		}
		own, err := s.store.As(context.Background(), s.viewer("analyst"))
		if err != nil {
			t.Fatal(err)
		}
		var made account.Session
		today := s.store.Now().Day()
		for _, c := range []struct {
			want string
			do   func(b *account.Book) error
		}{
			{"ACCOUNT_CREATED lead new", func(b *account.Book) error { return b.Create(lead, account.New{Username: "new", Role: policy.Analyst}) }},
			{"PASSWORD_CHANGED lead analyst", func(b *account.Book) error { return b.SetPassword(lead, "analyst", goodPassword) }},
			{"PASSWORD_CHANGED analyst", func(b *account.Book) error { return b.ChangePassword(own, goodPassword, goodPassword+" more") }},
			{"ROLE lead new", func(b *account.Book) error { return b.ChangeRole(lead, "new", policy.Funder) }},
			{"TRAINING lead new", func(b *account.Book) error { return b.Train(lead, "new", today, "Privacy 1") }},
			{"AGREEMENT_SIGNED lead new", func(b *account.Book) error { return b.Agree(lead, "new", today) }},
			{"IDENTITY_BOUND lead new", func(b *account.Book) error {
				return b.Bind(lead, "new", account.Identity{Issuer: s.idp.URL, Subject: "1"})
			}},
			{"IDENTITY_UNBOUND lead new", func(b *account.Book) error { return b.Unbind(lead, "new") }},
			{"SECOND_FACTOR_RESET lead new", func(b *account.Book) error { return b.ResetSecondFactor(lead, "new") }},
			{"TOKEN_CREATED lead new", func(b *account.Book) (err error) { made, err = b.CreateToken(lead, "new"); return err }},
			{"TOKEN_ROTATED lead new", func(b *account.Book) (err error) {
				made, err = b.RotateToken(lead, "new", s.tokenID("new"), false)
				return err
			}},
			{"TOKEN_ENDED lead new", func(b *account.Book) error { return b.EndToken(lead, "new", s.tokenID("new")) }},
			{"ACCOUNT_DISABLED lead new", func(b *account.Book) error { return b.Disable(lead, "new") }},
			{"ACCOUNT_ENABLED lead new", func(b *account.Book) error { return b.Enable(lead, "new") }},
			{"ACCOUNT_DISABLED new", func(b *account.Book) error { return b.Disable(context.Background(), "new") }}, // by the command
		} {
			s.news()
			if err := c.do(s.book); err != nil {
				t.Fatalf("%s: %v", c.want, err)
			}
			s.told(c.want, "ACCESS_CHANGED "+c.want)
		}
		if made.Token == "" {
			t.Error("no token was made")
		}
		// Through the door, by people who are signed in. What is refused is recorded too, but not what was merely not well formed.
		sessions := map[string]string{}
		for _, username := range []string{"lead", "analyst"} {
			if err := s.book.SetPassword(lead, username, goodPassword); err != nil {
				t.Fatal(err)
			}
			sessions[username] = s.login("192.0.2.1", username, goodPassword, "").Token
		}
		organization := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(s.ask("lead", `{ organizations(first: 1) { nodes { id } } }`))[1]
		day := today.String()
		for _, c := range []struct{ who, does, with, want string }{
			{"lead", `recordPartnerAgreement(input: {organization: "` + organization + `", version: "2", signedOn: "` + day + `", endsOn: "` + day + `", licensedAccounts: 9})`, "", "ACCESS_CHANGED PARTNER_AGREEMENT lead"},
			{"lead", `changeAccountSettings(input: {sessionsPerUser: 2})`, "", "ACCESS_CHANGED SETTING lead"},
			{"lead", `createToken(input: {name: "nightly figures", app: "figures"})`, "", "ACCESS_CHANGED TOKEN_CREATED lead"},
			{"lead", `setPassword(input: {username: "analyst", password: "short"})`, "INVALID", ""},
			{"analyst", `setPassword(input: {username: "lead", password: "` + goodPassword + `"})`, "DENIED", "ACCESS_CHANGED analyst"},
			{"analyst", `changePassword(input: {old: "not the old one", new: "` + goodPassword + ` more"})`, "DENIED", "ACCESS_CHANGED analyst"},
			{"analyst", `changePassword(input: {old: "` + goodPassword + `", new: "` + goodPassword + ` more"})`, "", "ACCESS_CHANGED PASSWORD_CHANGED analyst"},
			{"lead", `endSessions(username: "analyst")`, "", "ACCESS_CHANGED TOKEN_ENDED lead analyst"},
			{"lead", `publishEndUserAgreement(input: {version: "2", text: "Keep it to yourself.", inForceFrom: "` + day + `"})`, "", "ACCESS_CHANGED AGREEMENT_PUBLISHED lead"},
			{"lead", `signAgreement(version: "2")`, "", "ACCESS_CHANGED AGREEMENT_SIGNED lead"},
		} {
			s.news()
			_, answer := s.as(sessions[c.who], "mutation { "+c.does+" { userErrors { code message } } }")
			if c.with == "" && !strings.Contains(answer, `"userErrors":[]`) || c.with != "" && !strings.Contains(answer, `"code":"`+c.with+`"`) {
				t.Errorf("%s: %s: %s", c.who, c.does, answer)
			}
			if c.want == "" {
				s.told(c.does)
			} else {
				s.told(c.does, c.want)
			}
		}
		if status, answer := s.as(sessions["analyst"], `{ viewer { username } }`); status != http.StatusUnauthorized {
			t.Errorf("a session that an administrator ended: %d %s", status, answer)
		}
		if _, answer := s.as(sessions["lead"], `{ account { sessions { app current } tokens { app } } }`); !strings.Contains(answer, `"sessions":[{"app":"outreach-phone","current":true}]`) || !strings.Contains(answer, `{"app":"figures"}`) {
			t.Errorf("the own sessions and tokens: %s", answer)
		}
	})
}

// tokenID is the id of the newest token of an account.
func (s *signing) tokenID(username string) string {
	s.t.Helper()
	a, err := s.store.AccountNamed(context.Background(), username)
	if err != nil {
		s.t.Fatal(err)
	}
	live, err := s.store.TokensOf(context.Background(), a.Key)
	if err != nil || len(live) == 0 {
		s.t.Fatal(live, err)
	}
	return s.store.TokenID(live[len(live)-1].Key)
}

// Where the log cannot be written nobody signs in by any way, and no refusal is answered.
func TestNoLogNoSignIn(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		s := openSigning(t, url)
		if err := s.book.Bind(context.Background(), "east", account.Identity{Issuer: s.idp.URL, Subject: s.idp.User}); err != nil {
			t.Fatal(err)
		}
		storetest.Run(t, url, "ALTER TABLE audit_hashes RENAME TO away")
		defer storetest.Run(t, url, "ALTER TABLE away RENAME TO audit_hashes")
		for _, password := range []string{goodPassword, "not the password"} {
			if a := s.login("192.0.2.1", "north", password, ""); a.Token != "" || a.failed != "UNAVAILABLE" {
				t.Errorf("%+v", a)
			}
		}
		if status, token := s.provider(); status != http.StatusServiceUnavailable || token != "" {
			t.Error(status, token)
		}
		s.idp.User = "nobody"
		if status, token := s.provider(); status != http.StatusServiceUnavailable || token != "" {
			t.Error("refused:", status, token)
		}
		if status, answer := s.as("hearth_made-up", `{ viewer { username } }`); status != http.StatusServiceUnavailable {
			t.Error(status, answer)
		}
	})
}

// Whoever the provider vouches for passes the same gates as with a password.
func TestGatesOfTheProvider(t *testing.T) {
	const clients = `{ clients(first: 1) { nodes { id } } viewer { inOrder } }`
	onBoth(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s := openSigning(t, url)
		if err := s.book.Create(ctx, account.New{Username: "ann", Role: policy.CaseManager, Organization: "1"}); err != nil {
			t.Fatal(err)
		}
		if err := s.book.Bind(ctx, "ann", account.Identity{Issuer: s.idp.URL, Subject: s.idp.User}); err != nil {
			t.Fatal(err)
		}
		today := s.store.Now().Day()
		for _, c := range []struct {
			what string
			do   func() error
			sees bool
		}{
			{"neither training nor agreement", func() error { return nil }, false},
			{"no agreement", func() error { return s.book.Train(ctx, "ann", today, "Privacy 1") }, false},
			{"in order", func() error { return s.book.Agree(ctx, "ann", today) }, true},
			{"the training ran out", func() error { return s.book.Train(ctx, "ann", today.AddYears(-1), "Privacy 1") }, false},
		} {
			if err := c.do(); err != nil {
				t.Fatal(err)
			}
			status, token := s.provider()
			if status != http.StatusOK {
				t.Fatalf("%s: %d", c.what, status)
			}
			if _, answer := s.as(token, clients); strings.Contains(answer, `"id":"`) != c.sees || strings.Contains(answer, `"inOrder":true`) != c.sees {
				t.Errorf("%s: %s", c.what, answer)
			}
		}
		if err := s.book.Disable(ctx, "ann"); err != nil {
			t.Fatal(err)
		}
		if status, token := s.provider(); status != http.StatusForbidden || token != "" {
			t.Error("a disabled account:", status)
		}
	})
}

// A program is called by the name that an administrator gave it with its token: by the list of trusted documents, metrics
// and the log. What a login says of its program is no more than a note.
func TestAppOfAToken(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s := openSigning(t, url)
		const known, other = `query Beds { clients(first: 1) { nodes { id } } }`, `query Other { clients(first: 1) { nodes { id } } }`
		sum := sha256.Sum256([]byte(known))
		docs, err := server.ReadDocuments(strings.NewReader(fmt.Sprintf(`{"outreach-web": {"%x": %q}}`, sum, known)), server.DocumentsEnforce)
		if err != nil {
			t.Fatal(err)
		}
		metrics := server.NewMetrics(func() int64 { return 0 })
		s.Handler = handler(s.store, server.Config{Log: slog.New(slog.NewTextHandler(s.log, nil)), Documents: docs, Metrics: metrics})
		today := s.store.Now().Day()
		err = s.book.Create(ctx, account.New{Username: "north-programs", Role: policy.PartnerApp, Organization: "1", Scopes: hmis.AllContent, TrainedOn: &today, AgreedOn: &today})
		if err != nil {
			t.Fatal(err)
		}
		named, err := s.book.MakeToken(ctx, account.NewToken{Username: "north-programs", App: "outreach-web"})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := s.book.MakeToken(ctx, account.NewToken{Username: "north-programs"})
		if err != nil {
			t.Fatal(err)
		}
		s.news()
		for _, c := range []struct {
			what, token, query string
			status             int
			logged             []string
		}{
			{"its document", named.Token, known, http.StatusOK, []string{"READ north-programs outreach-web"}},
			{"another document", named.Token, other, http.StatusForbidden, nil},
			{"a token without a program's name", plain.Token, known, http.StatusForbidden, nil}, // whose list is the account's
			{"a person", s.tokens["north"], other, http.StatusOK, []string{"READ north"}},
		} {
			if status, answer := s.as(c.token, c.query); status != c.status {
				t.Errorf("%s: %d %s", c.what, status, answer)
			}
			s.told(c.what, c.logged...)
		}
		// A stranger signs in without a trusted document, with all that a sign-in can say.
		const document = `mutation Login($in: LoginInput!) { login(input: $in) { token expiresAt needsCode userErrors { code message } } }`
		w := s.request("POST", "/graphql", body(document, "in", map[string]any{"username": "north", "password": goodPassword, "code": "123456", "app": "outreach-web"}), "192.0.2.1")
		var answer struct{ Data struct{ Login loginAnswer } }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Data.Login.Token == "" {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if status, text := s.as(answer.Data.Login.Token, other); status != http.StatusOK {
			t.Errorf("a person who signed in with a program: %d %s", status, text)
		}
		s.told("a sign-in with a program", "LOGIN PASSWORD north outreach-web", "READ north")
		w = httptest.NewRecorder()
		metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		for line, want := range map[string]bool{
			`hearth_operations_total{app="outreach-web",code="",kind="query",operation="Beds"} 1`:          true,
			`hearth_operations_total{app="outreach-web",code="DENIED",kind="query",operation="clients"} 1`: true,
			`hearth_operations_total{app="CASE_MANAGER",code="",kind="query",operation="clients"} 2`:       true,
			`app="north"`: false,
		} {
			if strings.Contains(w.Body.String(), line) != want {
				t.Errorf("metrics: %s is there: %v", line, !want)
			}
		}
		for _, bad := range []string{"With Space", "x", strings.Repeat("a", 65), "<script>"} {
			if _, err := s.book.MakeToken(ctx, account.NewToken{Username: "north-programs", App: bad}); hmis.CodeOf(err) != hmis.Invalid {
				t.Errorf("%q is taken as a program's name: %v", bad, err)
			}
		}
	})
}
