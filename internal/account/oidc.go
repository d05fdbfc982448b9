package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/hearth-hmis/hearth/internal/audit"
	"github.com/hearth-hmis/hearth/internal/hmis"
)

const (
	attemptLife   = 10 * time.Minute // from leaving for the provider to coming back
	providerLimit = 10 * time.Second // for each request to the provider
	providerPause = 5 * time.Second  // before a provider that did not answer is asked for its endpoints again
	callbackPath  = "/oidc/callback"
	finishBytes   = 16 << 10
)

// Provider is a community's identity provider, which speaks OpenID Connect, and what the hub is to it.
type Provider struct {
	Issuer   string // its URL, exactly as it names itself
	ClientID string // the hub's
	Secret   string // the hub's; "" : it has none, and PKCE alone binds the code
	Hub      string // where browsers find the hub, as https://hub.example.org; callbackPath below it is registered with the provider
}

// signIn is the ways below /oidc/: the page asks begin for the provider's address and goes there, the provider sends it to
// callback, which hands code and state on to the page in the fragment of its address, and the page gives them to finish for
// a session. Sessions come from a POST of the hub's own page only, and no token is ever in an address.
type signIn struct {
	book     *Book
	provider Provider
	log      *slog.Logger
	client   *http.Client
	now      func() time.Time

	mu        sync.Mutex
	connected *connection
	failed    time.Time
}

// connection is what the provider says of itself.
type connection struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// SignIn returns the handler of everything below /oidc/. The provider need not answer yet. Errors: Invalid.
func (b *Book) SignIn(p Provider, log *slog.Logger) (http.Handler, error) {
	s, err := b.newSignIn(p, log)
	if err != nil {
		return nil, err
	}
	return s.handler()
}

func (b *Book) newSignIn(p Provider, log *slog.Logger) (*signIn, error) {
	p.Hub = strings.TrimSuffix(p.Hub, "/")
	hub, err := url.Parse(p.Hub)
	switch {
	case !safeURL(p.Issuer):
		return nil, errIssuer
	case !safeURL(p.Hub) || err != nil || hub.Path != "" || hub.RawQuery != "" || hub.Fragment != "":
		return nil, hmis.Errorf(hmis.Invalid, "--public-url is where browsers find the hub, without a path, as https://hub.example.org")
	case p.ClientID == "":
		return nil, hmis.Errorf(hmis.Invalid, "--oidc-client is the name under which the hub is registered with the identity provider")
	}
	return &signIn{book: b, provider: p, log: log, now: time.Now, client: &http.Client{
		Timeout:       providerLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

var errIssuer = hmis.Errorf(hmis.Invalid, "the issuer is the identity provider's URL, as https://login.example.org, exactly as it names itself")

// safeURL reports whether secrets may go there: over TLS, or within this machine.
func safeURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && address.IsLoopback())
}

func (s *signIn) handler() (http.Handler, error) {
	own := http.NewCrossOriginProtection()
	if err := own.AddTrustedOrigin(s.provider.Hub); err != nil {
		return nil, err
	}
	own.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.refuse(w, r, errForeignPage) }))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oidc/begin", s.begin)
	mux.HandleFunc("GET "+callbackPath, s.callback)
	mux.HandleFunc("POST /oidc/finish", s.finish)
	// Tells the console that there is a provider, whose name is nobody's secret.
	mux.HandleFunc("GET /oidc/provider", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"issuer": s.provider.Issuer})
	})
	return own.Handler(mux), nil
}

var (
	errForeignPage = hmis.Errorf(hmis.Denied, "a page of another site may not sign in here")
	errAttempt     = hmis.Errorf(hmis.Denied, "this sign-in was begun in another browser or too long ago; begin again")
	errProvider    = hmis.Errorf(hmis.Unavailable, "the identity provider does not answer; try again later, or sign in with a password")
	errIdentity    = hmis.Errorf(hmis.Denied, "the identity provider did not confirm who you are; begin again")
)

// begin answers where the page is to go.
func (s *signIn) begin(w http.ResponseWriter, r *http.Request) {
	c, err := s.connect(r.Context())
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	a := newAttempt(s.now())
	http.SetCookie(w, s.cookie(string(a), int(attemptLife/time.Second)))
	answer(w, http.StatusOK, map[string]string{"url": c.oauth.AuthCodeURL(a.derive("state"),
		oidc.Nonce(a.derive("nonce")), oauth2.S256ChallengeOption(a.derive("verifier")))})
}

// callback hands on what the provider says, where neither logs nor other sites see it.
func (s *signIn) callback(w http.ResponseWriter, r *http.Request) {
	said, kept := r.URL.Query(), url.Values{}
	if said.Has("error") {
		kept.Set("error", "refused")
	} else {
		kept.Set("code", said.Get("code"))
		kept.Set("state", said.Get("state"))
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/#oidc&"+kept.Encode(), http.StatusSeeOther)
}

// finish answers a session for a code. An attempt ends with it, well or badly.
func (s *signIn) finish(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, s.cookie("", -1))
	id, err := s.identity(w, r)
	if hmis.CodeOf(err) == hmis.Denied {
		err = s.book.refuse(r.Context(), nil, audit.NotConfirmed, err)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	t, err := s.book.LoginAs(r.Context(), id)
	switch {
	case errors.Is(err, errUnbound): // the administrator needs to know what to bind, and only its owner gets here
		answer(w, http.StatusForbidden, map[string]string{"message": errUnbound.Message, "subject": id.Subject})
	case err != nil:
		s.refuse(w, r, err)
	default:
		answer(w, http.StatusOK, map[string]string{"token": t.Token, "expiresAt": t.Expires.String()})
	}
}

// identity finds who the provider says it is whose browser began the attempt. Errors: Denied and Unavailable.
func (s *signIn) identity(w http.ResponseWriter, r *http.Request) (Identity, error) {
	var in struct{ Code, State string }
	cookie, err := r.Cookie(s.cookieName())
	if err != nil || json.NewDecoder(http.MaxBytesReader(w, r.Body, finishBytes)).Decode(&in) != nil {
		return Identity{}, errAttempt
	}
	a := attempt(cookie.Value)
	if !a.live(s.now()) || subtle.ConstantTimeCompare([]byte(a.derive("state")), []byte(in.State)) != 1 {
		return Identity{}, errAttempt
	}
	return s.identify(r.Context(), in.Code, a)
}

// identify trades a code for the identity that the provider vouches for. Errors: Denied and Unavailable.
func (s *signIn) identify(ctx context.Context, code string, a attempt) (Identity, error) {
	c, err := s.connect(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, s.client)
	tokens, err := c.oauth.Exchange(ctx, code, oauth2.VerifierOption(a.derive("verifier")))
	if err != nil {
		refusal, refused := errors.AsType[*oauth2.RetrieveError](err)
		if !refused {
			s.log.WarnContext(ctx, "the identity provider does not answer", "step", "code")
			return Identity{}, errProvider
		}
		s.log.WarnContext(ctx, "the identity provider refuses a code", "status", refusal.Response.StatusCode, "error", refusal.ErrorCode)
		return Identity{}, errIdentity
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := c.verifier.Verify(ctx, raw)
	if err != nil {
		s.log.WarnContext(ctx, "an ID token of the identity provider is not good", "cause", cause(err))
		return Identity{}, errIdentity
	}
	var more struct {
		Party   string   `json:"azp"`
		Methods []string `json:"amr"`
	}
	err = token.Claims(&more)
	forUs := more.Party == s.provider.ClientID || more.Party == "" && len(token.Audience) == 1
	if err != nil || !forUs || token.Subject == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.derive("nonce"))) != 1 {
		s.log.WarnContext(ctx, "an ID token of the identity provider is not for this sign-in")
		return Identity{}, errIdentity
	}
	return Identity{Issuer: token.Issuer, Subject: token.Subject, SecondFactor: slices.Contains(more.Methods, "mfa")}, nil
}

// connect reads what the provider says of itself, once it answers. Errors: Unavailable.
func (s *signIn) connect(ctx context.Context) (*connection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connected != nil {
		return s.connected, nil
	}
	if s.now().Sub(s.failed) < providerPause {
		return nil, errProvider
	}
	// The next caller needs it too, whether or not this one waits.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), s.client), s.provider.Issuer)
	var more struct {
		Keys string `json:"jwks_uri"`
	}
	if err == nil {
		err = p.Claims(&more)
	}
	if err == nil && !(safeURL(p.Endpoint().AuthURL) && safeURL(p.Endpoint().TokenURL) && safeURL(more.Keys)) {
		err = errors.New("an endpoint of it has no TLS")
	}
	if err != nil {
		s.failed = s.now()
		s.log.WarnContext(ctx, "the identity provider cannot be used", "issuer", s.provider.Issuer, "cause", cause(err))
		return nil, errProvider
	}
	s.connected = &connection{
		oauth: oauth2.Config{ClientID: s.provider.ClientID, ClientSecret: s.provider.Secret, Endpoint: p.Endpoint(),
			RedirectURL: s.provider.Hub + callbackPath, Scopes: []string{oidc.ScopeOpenID}},
		// The library leaves out signatures by a shared secret, and "none", whatever the provider names.
		verifier: p.Verifier(&oidc.Config{ClientID: s.provider.ClientID, Now: s.now}),
	}
	return s.connected, nil
}

// cause is the beginning of what is wrong with what the provider sent; some errors hold whole pages of it.
func cause(err error) string {
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), 200)], "")
}

// attempt is a sign-in that was begun, as the browser keeps it in a cookie: when, and 256 random bits. All that must fit
// when it comes back is derived from it, so that servers need to remember nothing.
type attempt string

func newAttempt(now time.Time) attempt {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return attempt(strconv.FormatInt(now.Unix(), 10) + "." + base64.RawURLEncoding.EncodeToString(secret))
}

// derive is a value for one use, from which neither the attempt nor another value can be found.
func (a attempt) derive(use string) string {
	h := hmac.New(sha256.New, []byte(a))
	_, _ = io.WriteString(h, use)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (a attempt) live(now time.Time) bool {
	text, _, _ := strings.Cut(string(a), ".")
	begun, err := strconv.ParseInt(text, 10, 64)
	age := now.Sub(time.Unix(begun, 0))
	return err == nil && age >= 0 && age < attemptLife
}

// cookieName has the prefix with which browsers take it over TLS and from this very host only, where there is TLS.
func (s *signIn) cookieName() string {
	if strings.HasPrefix(s.provider.Hub, "https:") {
		return "__Host-hearth-oidc"
	}
	return "hearth-oidc"
}

func (s *signIn) cookie(value string, seconds int) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true,
		Secure: strings.HasPrefix(s.provider.Hub, "https:"), SameSite: http.SameSiteStrictMode}
}

// refuse answers an error to the page: hmis.Errors as they are, others not at all.
func (s *signIn) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e, told := errors.AsType[*hmis.Error](err)
	switch {
	case told && e.Code == hmis.Denied:
		answer(w, http.StatusForbidden, map[string]string{"message": e.Message})
	case told && e.Code == hmis.Unavailable:
		answer(w, http.StatusServiceUnavailable, map[string]string{"message": e.Message})
	default:
		s.log.ErrorContext(r.Context(), "signing in by the identity provider failed", "kind", fmt.Sprintf("%T", err))
		answer(w, http.StatusInternalServerError, map[string]string{"message": "internal error"})
	}
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone
}
