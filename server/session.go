package server

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// The session cookie. The prefix __Host- makes browsers take it over TLS only, from this very host and for all of it.
const (
	secureCookie = "__Host-hearth"
	localCookie  = "hearth" // on a loopback address without TLS, where browsers refuse the prefix
)

// cookieName is the name of the session cookie, "" where the connection is not safe enough for one.
func (d *door) cookieName(r *http.Request) string {
	switch {
	case d.secure(r):
		return secureCookie
	case loopback(r.Host):
		return localCookie
	}
	return ""
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// cookieToken is the token of the session cookie. Browsers send cookies by themselves, also for pages of others, so it
// counts only for operations by POST and for sockets, and only for pages of the hub itself.
func (d *door) cookieToken(r *http.Request) (string, *refusal) {
	cookie, err := r.Cookie(d.cookieName(r))
	upgrade := upgrades(r)
	if err != nil || r.Method != http.MethodPost && !upgrade {
		return "", nil
	}
	if upgrade && !ownOrigin(r) || d.crossOrigin.Check(r) != nil {
		return "", refuse(http.StatusForbidden, hmis.Denied, "a page of another site may not use the session of this one; send a token in the Authorization header")
	}
	return cookie.Value, nil
}

// session lets the console put the token that it signed in with where no script can read it, and take it away again.
// The cookie ends with the browser, the session behind it by the hub's own rules.
func (d *door) session(w http.ResponseWriter, r *http.Request) {
	c := d.newCall(r)
	name := d.cookieName(r)
	cookie := &http.Cookie{Name: name, Path: "/", HttpOnly: true, Secure: name == secureCookie, SameSite: http.SameSiteStrictMode}
	refused := d.mayKeep(r, c, name)
	if refused != nil {
		plain(w, refused.status, refused.Message+"\n")
		return
	}
	cookie.MaxAge = -1 // take it away
	if r.Method == http.MethodPost {
		shown, _ := d.shown(r) // which mayKeep has seen
		cookie.Value, cookie.MaxAge = shown.token, 0
	}
	http.SetCookie(w, cookie)
	w.WriteHeader(http.StatusNoContent)
}

// signIn lets a browser to the sign-in by an identity provider. Each request costs its address what an operation of a
// stranger costs, and is answered only where a session could be kept in a cookie.
func (d *door) signIn(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	c := d.newCall(r)
	refused := d.pay(c, operationCost)
	if refused == nil && d.cookieName(r) == "" {
		refused = refuse(http.StatusForbidden, hmis.Denied, "the identity provider signs people in only over TLS; open the hub at its https address")
	}
	if c.purse != nil {
		c.purse.header(w.Header())
	}
	if refused != nil {
		w.Header().Set("Content-Type", mediaJSON+"; charset=utf-8")
		w.WriteHeader(refused.status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": refused.Message}) // an error is a caller who has gone
		return
	}
	d.SignIn.ServeHTTP(w, r)
}

// mayKeep reports why a session may not be kept in a cookie, or not be taken away.
func (d *door) mayKeep(r *http.Request, c *call, name string) *refusal {
	if d.crossOrigin.Check(r) != nil {
		return refuse(http.StatusForbidden, hmis.Denied, "a page of another site may not sign in or out here")
	}
	if name == "" {
		return refuse(http.StatusForbidden, hmis.Denied, "a session is kept in a cookie only over TLS; send the token in the Authorization header")
	}
	if r.Method == http.MethodDelete {
		return nil
	}
	_, refused := d.enter(r, c)
	if paid := d.pay(c, operationCost); paid != nil {
		return paid
	}
	if refused == nil && (r.Header.Get("Authorization") == "" || c.caller.Account == 0) {
		refused = refuse(http.StatusUnauthorized, hmis.Denied, "sign in first, and send the token in the Authorization header")
	}
	return refused
}
