// Package server is the hub's door for HTTP: the GraphQL transport with its limits, the console, health, CORS and logs.
// It knows nothing of HMIS: what the hub is comes in by Config.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/rs/cors"
)

// Config is what the door opens to.
type Config struct {
	Schema graphql.ExecutableSchema
	SDL    string // answered at /schema.graphql
	// Authenticate returns the context in which the holder of a token asks; an empty token is a stranger's.
	Authenticate func(ctx context.Context, token string) (context.Context, error)
	Introspect   func(ctx context.Context) bool  // whether the caller may see the schema
	Ready        func(ctx context.Context) error // whether the database answers
	Console      http.Handler
	Origins      []string // web origins that may call the API, exact; none: no other site may
	Log          *slog.Logger
}

// How long things may take.
const (
	operationTime = 30 * time.Second
	readyTime     = 2 * time.Second
	goodbyeTime   = 15 * time.Second
)

// Handler answers /graphql, /schema.graphql, /healthz, /readyz and the console.
func Handler(c Config) http.Handler {
	t := newTransport(c)
	mux := http.NewServeMux()
	mux.Handle("/graphql", t)
	mux.HandleFunc("GET /schema.graphql", t.serveSDL)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		if err := c.Ready(ctx); err != nil {
			c.Log.Error("not ready", "error", err)
			plain(w, http.StatusServiceUnavailable, "the database does not answer\n")
			return
		}
		plain(w, http.StatusOK, "ok\n")
	})
	mux.Handle("/", c.Console)
	allowed := cors.New(cors.Options{
		AllowOriginFunc: exactly(c.Origins), // an empty list would mean every origin to the library
		AllowedMethods:  []string{http.MethodPost},
		AllowedHeaders:  []string{"Authorization", "Content-Type", "Accept"},
		MaxAge:          600,
	})
	return headers(allowed.Handler(mux))
}

func exactly(origins []string) func(string) bool {
	return func(origin string) bool {
		for _, o := range origins {
			if o == origin {
				return true
			}
		}
		return false
	}
}

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// Serve answers until the context ends, then lets running operations finish.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      operationTime + 15*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeTime)
	defer cancel()
	if err := s.Shutdown(goodbye); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}
