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
	var addr string
	var origins []string
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
			log.Info("serving", "addr", l.Addr().String())
			return server.Serve(cmd.Context(), l, handler(s, origins, log), log)
		},
	}
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "address to listen on; put a TLS proxy before it")
	c.Flags().StringSliceVar(&origins, "origin", nil, "a web origin that may call the API, as https://app.example.org; may be repeated")
	return c
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, hmis.Errorf(hmis.Unavailable, "cannot listen on %s; name another address with --addr", addr)
	}
	return l, nil
}

// handler puts the hub's parts behind the server's door.
func handler(s *store.Store, origins []string, log *slog.Logger) http.Handler {
	resolver := &graph.Resolver{Store: s, Accounts: account.Open(s)}
	numbers := resolver.NumbersSchema()
	return server.Handler(server.Config{
		API:          server.API{Schema: resolver.Schema(), SDL: schema.SDL()},
		Numbers:      server.API{Schema: numbers, SDL: schema.Format(numbers.Schema())},
		SeesPeople:   graph.SeesPeople,
		Authenticate: resolver.Authenticate,
		Introspect:   func(ctx context.Context) bool { return policy.ViewerOf(ctx) != nil },
		Ready:        s.Ready,
		Console:      web.Handler(),
		Origins:      origins,
		Log:          log,
	})
}

// address is where a browser finds the listener.
func address(l net.Listener) string { return fmt.Sprintf("http://%s/", l.Addr()) }
