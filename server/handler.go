// Package server is the door of the hub on net/http: GraphQL at /graphql, the schema, the probes and the console.
//
// It promises that nothing but an hmis.Error and the sentences of this package reaches a caller as an error, that
// nothing a caller sent reaches the log, and that an operation is weighed before it is run.
package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/rs/cors"
)

// Config is what the door needs of the hub.
type Config struct {
	API     API // for callers for whom SeesPeople holds
	Numbers API // for all others
	// SeesPeople tells which API a caller gets; nil: everybody gets API.
	SeesPeople func(ctx context.Context) bool
	// Authenticate turns a token, and the purpose that the request names in its header Hearth-Purpose, into the context
	// in which the operation runs; "" is a stranger, or no purpose. Address tells strangers apart: an IP address, or a
	// network of version 6. An error is answered as DENIED with 401, an hmis.Error of the code UNAVAILABLE with 503.
	Authenticate func(ctx context.Context, token, purpose, address string) (context.Context, error)
	Extension    graphql.HandlerExtension // hung around every operation; nil: none
	// Introspect tells whether a caller may read the schema and is told its names in errors; nil: nobody may.
	Introspect func(ctx context.Context) bool
	// Ready returns an error while the hub cannot answer; nil: it always can.
	Ready   func(ctx context.Context) error
	Console http.Handler // the web console at /; nil: none
	SignIn  http.Handler // sign-in by an identity provider, all below /oidc/; nil: none
	Origins []string     // web pages that may call the hub, as exact origins; empty: those of the hub only
	// Public answers a published question to everybody, as JSON and as CSV; nil: nothing is published. Errors as hmis.Error.
	Public func(ctx context.Context, name string) (json, csv []byte, err error)
	// Saved answers a saved question as CSV to who has its token; nil: there are none. Errors as hmis.Error.
	Saved func(ctx context.Context, name, token string) (csv []byte, err error)
	// Caller tells who asks in a context that Authenticate made; nil: everybody is a stranger.
	Caller func(ctx context.Context) Caller
	// Documents are the trusted documents; nil: there are none, and every document runs.
	Documents *Documents
	// Proxies are the addresses of proxies whose word for the caller's address and connection is taken.
	Proxies []netip.Prefix
	// Unmetered lets callers ask without end; for tests and measurements.
	Unmetered bool
	Log       *slog.Logger // nil: slog.Default
	Metrics   *Metrics     // nil: nothing is counted
}

// API is a schema that is executed, and its text, which is answered at /schema.graphql.
type API struct {
	Schema graphql.ExecutableSchema
	SDL    string
}

// readyLimit is how long a probe waits for Ready.
const readyLimit = 2 * time.Second

// Handler is the whole hub as one handler.
func Handler(c Config) http.Handler { return newDoor(c).routes() }

func (d *door) routes() http.Handler {
	share := crossOrigin(d.Origins)
	mux := http.NewServeMux()
	mux.Handle("/graphql", share(traced(d)))
	mux.Handle("/session", only(http.HandlerFunc(d.session), http.MethodPost, http.MethodDelete))
	mux.Handle("/schema.graphql", share(only(http.HandlerFunc(d.schema), http.MethodGet, http.MethodHead)))
	mux.Handle("/healthz", only(http.HandlerFunc(healthy), http.MethodGet, http.MethodHead))
	mux.Handle("/readyz", only(http.HandlerFunc(d.ready), http.MethodGet, http.MethodHead))
	if d.SignIn != nil {
		mux.Handle("/oidc/", http.HandlerFunc(d.signIn))
	}
	if d.Public != nil {
		mux.Handle("/public/{name}", only(http.HandlerFunc(d.published), http.MethodGet, http.MethodHead))
	}
	if d.Saved != nil {
		mux.Handle("/saved/{name}", only(http.HandlerFunc(d.saved), http.MethodGet, http.MethodHead))
	}
	if d.Console != nil {
		mux.Handle("/", d.Console)
	}
	return d.guard(mux)
}

// guard sets what every answer carries, and keeps a panic outside an operation away from net/http, which would
// print it.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			d.logPanic(r.Context(), newIncident(), p)
			w.WriteHeader(http.StatusInternalServerError)
		}()
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'") // the console sets its own
		if d.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains") // the hub has a host of its own
		}
		next.ServeHTTP(w, r)
	})
}

// crossOrigin lets the pages of the origins call the hub, with a token; the session cookie is for the hub's own pages.
func crossOrigin(origins []string) func(http.Handler) http.Handler {
	if len(origins) == 0 { // which the library takes for "all"
		return func(h http.Handler) http.Handler { return h }
	}
	return cors.New(cors.Options{
		AllowOriginFunc: func(origin string) bool { return slices.Contains(origins, origin) },
		AllowedMethods:  []string{http.MethodPost, http.MethodGet},
		AllowedHeaders:  []string{"Authorization", "Content-Type", purposeHeader},
		ExposedHeaders:  []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"},
		MaxAge:          600, // seconds
	}).Handler
}

func only(h http.Handler, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !slices.Contains(methods, r.Method) {
			for _, m := range methods {
				w.Header().Add("Allow", m)
			}
			plain(w, http.StatusMethodNotAllowed, "method not allowed\n")
			return
		}
		h.ServeHTTP(w, r)
	})
}

func healthy(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

func (d *door) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	if d.Ready != nil {
		if err := d.Ready(ctx); err != nil {
			d.Log.WarnContext(ctx, "not ready", "cause", cause(err))
			plain(w, http.StatusServiceUnavailable, "not ready\n")
			return
		}
	}
	plain(w, http.StatusOK, "ok\n")
}

// schema answers the SDL to whoever may introspect.
func (d *door) schema(w http.ResponseWriter, r *http.Request) {
	c := d.newCall(r)
	ctx, refused := d.enter(r, c)
	if paid := d.pay(c, operationCost); paid != nil {
		refused = paid
	}
	switch {
	case refused != nil:
		if refused.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		plain(w, refused.status, refused.Message+"\n")
	case !d.mayIntrospect(ctx):
		w.Header().Set("WWW-Authenticate", "Bearer")
		plain(w, http.StatusUnauthorized, "sign in to read the schema\n")
	default:
		plain(w, http.StatusOK, d.side(ctx).SDL)
	}
}

func (d *door) mayIntrospect(ctx context.Context) bool {
	return d.Introspect != nil && d.Introspect(ctx)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
