package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/graph"
	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/internal/policy"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/schema"
	"github.com/hearth-hmis/hearth/server"
	"github.com/hearth-hmis/hearth/web"
)

func serveCommand(h *hub) *cobra.Command {
	var addr, metricsAddr string
	var checkpoints string
	var origins []string
	var d doorFlags
	var provider providerFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the GraphQL API and the console",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := h.open(cmd.Context())
			if err != nil {
				return err
			}
			defer s.Close()
			if checkpoints != "" {
				s.KeepCheckpoints(checkpoints)
			}
			l, err := listen(addr)
			if err != nil {
				return err
			}
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			if h.json {
				log = slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
			}
			l, err = d.secure(cmd.Context(), l, log)
			if err != nil {
				return err
			}
			config := server.Config{Origins: origins, Log: log, Metrics: server.NewMetrics(s.Statements)}
			if err := d.apply(&config); err != nil {
				return err
			}
			if err := provider.apply(s, &config, log); err != nil {
				return err
			}
			stopTracing, err := startTracing(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = stopTracing(context.WithoutCancel(cmd.Context())) }()
			if metricsAddr != "" {
				m, err := listen(metricsAddr)
				if err != nil {
					return err
				}
				log.Info("metrics", "addr", m.Addr().String())
				go func() { _ = server.Serve(cmd.Context(), m, config.Metrics.Handler(), log) }()
			}
			go prepareSearch(cmd.Context(), s, log)
			go s.Follow(cmd.Context(), log)
			log.Info("serving", "addr", l.Addr().String())
			return server.Serve(cmd.Context(), l, handler(s, config), log)
		},
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "address to listen on; beyond this machine with --tls-cert, --tls-auto or --behind-proxy")
	d.declare(c)
	c.Flags().StringVar(&metricsAddr, "metrics-addr", "", "address of a listener of its own for /metrics, as 127.0.0.1:9090; empty: none")
	checkpointsFlag(c, &checkpoints)
	c.Flags().StringSliceVar(&origins, "origin", nil, "a web origin that may call the API, as https://app.example.org; may be repeated")
	provider.declare(c)
	return c
}

// prepareSearch reads what searches need while the hub serves everything else. It tries again until it succeeds: a
// database may be away for a moment.
func prepareSearch(ctx context.Context, s *store.Store, log *slog.Logger) {
	began := time.Now()
	for s.PrepareSearch(ctx) != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Second):
		}
	}
	log.Info("clients can be searched", "after", time.Since(began).Round(time.Millisecond))
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, hmis.Errorf(hmis.Unavailable, "cannot listen on %s; name another address with --addr", addr)
	}
	return l, nil
}

// handler puts the hub's parts behind the server's door, as far as c does not name them.
func handler(s *store.Store, c server.Config) http.Handler {
	resolver := &graph.Resolver{Store: s, Accounts: account.Open(s)}
	numbers := resolver.NumbersSchema()
	c.API = server.API{Schema: resolver.Schema(), SDL: schema.SDL()}
	c.Numbers = server.API{Schema: numbers, SDL: schema.Format(numbers.Schema())}
	c.SeesPeople = graph.SeesPeople
	c.Authenticate = resolver.Authenticate
	c.Extension = resolver.Recording()
	c.Introspect = func(ctx context.Context) bool { return policy.ViewerOf(ctx) != nil }
	c.Ready = s.Ready
	c.Console = web.Handler()
	c.Caller = callerOf
	c.Public = func(ctx context.Context, name string) ([]byte, []byte, error) {
		page, err := resolver.Public(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		return page.JSON, page.CSV, nil
	}
	c.Saved = resolver.QueryAnswer
	return server.Handler(c)
}

// callerOf names a program as an administrator named it, and people by nothing but their role.
func callerOf(ctx context.Context) server.Caller {
	v := policy.ViewerOf(ctx)
	switch {
	case v == nil:
		return server.Caller{App: "stranger"}
	case v.App != "":
		return server.Caller{Account: v.Account, App: v.App, Program: true}
	}
	return server.Caller{Account: v.Account, App: v.Role.String()}
}

// address is where a browser finds the listener.
func address(l net.Listener) string { return fmt.Sprintf("http://%s/", l.Addr()) }
