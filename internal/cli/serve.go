package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"

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
	var origins []string
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
			l, err := listen(addr)
			if err != nil {
				return err
			}
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			if h.json {
				log = slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil))
			}
			config := server.Config{Origins: origins, Log: log, Metrics: server.NewMetrics(s.Statements)}
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
			log.Info("serving", "addr", l.Addr().String())
			return server.Serve(cmd.Context(), l, handler(s, config), log)
		},
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "address to listen on; put a TLS proxy before it")
	c.Flags().StringVar(&metricsAddr, "metrics-addr", "", "address of a listener of its own for /metrics, as 127.0.0.1:9090; empty: none")
	c.Flags().StringSliceVar(&origins, "origin", nil, "a web origin that may call the API, as https://app.example.org; may be repeated")
	provider.declare(c)
	return c
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
	c.Introspect = func(ctx context.Context) bool { return policy.ViewerOf(ctx) != nil }
	c.Ready = s.Ready
	c.Console = web.Handler()
	c.App = appOf
	return server.Handler(c)
}

// appOf names an agency's program by its account, and people by nothing but their role.
func appOf(ctx context.Context) string {
	v := policy.ViewerOf(ctx)
	switch {
	case v == nil:
		return "stranger"
	case v.Role == policy.PartnerApp:
		return v.Username
	}
	return v.Role.String()
}

// address is where a browser finds the listener.
func address(l net.Listener) string { return fmt.Sprintf("http://%s/", l.Addr()) }
