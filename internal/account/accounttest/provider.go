// Package accounttest has an identity provider for tests.
package accounttest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// The hub, as the provider knows it.
const (
	ClientID = "hub"
	Secret   = "what the hub and the provider both know"
)

// Keys are two that a provider can sign with; it begins with the first.
var Keys = sync.OnceValue(func() (keys [2]*rsa.PrivateKey) {
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err) // never fails
		}
	}
	return keys
})

// Provider is an identity provider at which User is signed in. Metadata, Claims and Sign spoil what it says.
type Provider struct {
	*httptest.Server
	Key      *rsa.PrivateKey
	User     string
	AMR      []string
	Down     bool
	Metadata func(map[string]any)
	Claims   func(map[string]any)
	Sign     func(p *Provider, claims map[string]any) string

	now   func() time.Time
	asked map[string]url.Values // by code: what was asked for it
}

// NewProvider starts a provider whose clock is now.
func NewProvider(t testing.TB, now func() time.Time) *Provider {
	p := &Provider{now: now, Key: Keys()[0], User: "sub-of-ann", asked: map[string]url.Values{}}
	p.Honest()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /elsewhere", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// Honest takes back what spoils what it says.
func (p *Provider) Honest() {
	p.Sign, p.Metadata, p.Claims = (*Provider).SignRS256, func(map[string]any) {}, func(map[string]any) {}
}

func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	if p.Down {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	m := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}}
	p.Metadata(m)
	if to, moved := m["moved"].(string); moved && r.URL.Path != to {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	sendJSON(w, m)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	encode := base64.RawURLEncoding.EncodeToString
	sendJSON(w, map[string]any{"keys": []any{
		map[string]any{"kty": "oct", "alg": "HS256", "use": "sig", "k": encode([]byte(Secret))},
		map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": p.kid(), "n": encode(p.Key.N.Bytes()), "e": encode(big.NewInt(int64(p.Key.E)).Bytes())},
	}})
}

func (p *Provider) kid() string { return p.Key.N.Text(16)[:8] }

// Authorize is the visit of the browser: it checks what a strict provider checks and returns where the browser is sent.
func (p *Provider) Authorize(t testing.TB, to string) *url.URL {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if got := u.Scheme + "://" + u.Host + u.Path; got != p.URL+"/authorize" || q.Get("response_type") != "code" || q.Get("client_id") != ClientID || q.Get("scope") != "openid" ||
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
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	asked, known := p.asked[r.PostFormValue("code")]
	id, password, _ := r.BasicAuth()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	password, _ = url.QueryUnescape(password)
	if !known || id != ClientID || password != Secret || base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") ||
		r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	p.asked[r.PostFormValue("code")] = nil // used
	claims := map[string]any{"iss": p.URL, "aud": ClientID, "sub": p.User, "nonce": asked.Get("nonce"), "exp": p.now().Unix() + 300, "iat": p.now().Unix(), "amr": p.AMR}
	p.Claims(claims)
	sendJSON(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": p.Sign(p, claims)})
}

func sendJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// Part is one part of a token.
func Part(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// SignRS256 is how it signs.
func (p *Provider) SignRS256(claims map[string]any) string {
	text := Part(map[string]any{"alg": "RS256", "kid": p.kid()}) + "." + Part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, p.Key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// SignHS256 signs with the secret that the hub knows too.
func (p *Provider) SignHS256(claims map[string]any) string {
	text := Part(map[string]any{"alg": "HS256"}) + "." + Part(claims)
	h := hmac.New(sha256.New, []byte(Secret))
	h.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
