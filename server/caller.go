package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// Caller is who asks, as far as the door needs to know.
type Caller struct {
	Account int64  // 0: a stranger
	App     string // the program that asks, or the role of a person: from a closed list, for metrics and traces
	Program bool   // it is an agency's program, which App names also among the trusted documents
}

// purposeHeader names what a request is made for, as policy.Purpose; releases may be for one purpose only.
const purposeHeader = "Hearth-Purpose"

// credential is what a caller shows.
type credential struct{ token, purpose string }

// enter finds out who asks. A stranger may enter too; what a stranger may do is not decided here.
func (d *door) enter(r *http.Request, c *call) (context.Context, *refusal) {
	shown, refused := d.shown(r)
	if refused != nil {
		return nil, refused
	}
	return d.admit(r.Context(), c, shown)
}

// shown is the credential of a request: the Authorization header's, else the session cookie's.
func (d *door) shown(r *http.Request) (credential, *refusal) {
	shown, refused := bearer(r.Header)
	if shown.token == "" && refused == nil {
		shown.token, refused = d.cookieToken(r)
	}
	return shown, refused
}

// bearer is the credential in headers; without a token where there is none.
func bearer(h http.Header) (credential, *refusal) {
	shown := credential{purpose: h.Get(purposeHeader)}
	header := h.Get("Authorization")
	if header == "" {
		return shown, nil
	}
	scheme, rest, _ := strings.Cut(header, " ")
	shown.token = strings.TrimSpace(rest)
	if !strings.EqualFold(scheme, "Bearer") || shown.token == "" {
		return credential{}, refuse(http.StatusUnauthorized, hmis.Denied, "the Authorization header must be: Bearer, a space, the token")
	}
	return shown, nil
}

// admit turns a credential into the context in which operations run.
func (d *door) admit(ctx context.Context, c *call, shown credential) (context.Context, *refusal) {
	ctx, err := d.Authenticate(ctx, shown.token, shown.purpose, c.address)
	if err == nil {
		if d.Caller != nil {
			c.caller = d.Caller(ctx)
		}
		return ctx, nil
	}
	e, told := errors.AsType[*hmis.Error](err)
	switch {
	case !told:
		d.Log.Error("authentication failed", "incident", c.incident, "cause", cause(err))
		return nil, refuse(http.StatusUnauthorized, hmis.Denied, "the token could not be checked; sign in again")
	case e.Code == hmis.Unavailable:
		return nil, &refusal{Error: e, status: http.StatusServiceUnavailable}
	default:
		return nil, refuse(http.StatusUnauthorized, hmis.Denied, "%s", e.Message)
	}
}

// address tells strangers apart: the IP address, for IPv6 the network of 64 bits that one customer gets. What a proxy
// says of the address counts only where the proxy is known, and only the last word that is not a known proxy's.
func (d *door) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(said) - 1; i >= 0 && d.isProxy(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(said[i]))
		if err != nil {
			break
		}
		at = next
	}
	at = at.Unmap().WithZone("")
	if at.Is6() {
		network, _ := at.Prefix(64) // 64 bits are in every IPv6 address
		return network.String()
	}
	return at.String()
}

func (d *door) isProxy(a netip.Addr) bool {
	return slices.ContainsFunc(d.Proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap().WithZone("")) })
}

// secure reports whether the caller's own connection is encrypted, to the hub or to a known proxy.
func (d *door) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && d.isProxy(peer.Addr()) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// ownOrigin reports whether a page of the hub itself sent the request.
func ownOrigin(r *http.Request) bool {
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host != "" && u.Host == r.Host
}
