package cli

import (
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/account"
	"github.com/hearth-hmis/hearth/internal/store"
	"github.com/hearth-hmis/hearth/server"
)

// providerSecret holds the hub's secret with the identity provider: command lines can be read by others on the machine.
const providerSecret = "HEARTH_OIDC_SECRET"

// providerFlags are the flags of serve that name a community's identity provider.
type providerFlags struct{ account.Provider }

func (p *providerFlags) declare(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.Issuer, "oidc-issuer", "", "the URL of your identity provider (OpenID Connect), exactly as it names itself; its secret for the hub is in "+providerSecret)
	f.StringVar(&p.ClientID, "oidc-client", "", "the name under which the hub is registered there")
	f.StringVar(&p.Hub, "public-url", "", "where browsers find the hub, as https://hub.example.org; register this with /oidc/callback behind it at the provider")
	c.MarkFlagsRequiredTogether("oidc-issuer", "oidc-client", "public-url")
}

// apply lets people sign in by the provider, if one is named. Errors: Invalid.
func (p *providerFlags) apply(s *store.Store, c *server.Config, log *slog.Logger) (err error) {
	if p.Issuer == "" {
		return nil
	}
	p.Secret = os.Getenv(providerSecret)
	c.SignIn, err = account.Open(s).SignIn(p.Provider, log)
	return err
}

func bindAccountCommand(h *hub) *cobra.Command {
	var username string
	var id account.Identity
	c := &cobra.Command{
		Use:   "bind --username N --issuer URL --subject S",
		Short: "Let somebody sign in to an account by your identity provider",
		Long: `Bind an account to an identity of your identity provider. From then on whoever signs in there as that identity is signed
in to the account; whatever was bound to it before no longer is, and its sessions end. Identities that are bound to no
account get in nowhere: the hub makes no account by itself.

The subject is what the provider calls "sub": a number or a code, not the name or the mail address. Where the provider does
not show it to you, let the person sign in once: the console refuses, and shows the subject to hand to you.`,
		Example: "  hearth account bind --username ann --issuer https://login.example.org --subject 248289761001",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.changeAccount(cmd, func(b *account.Book) error { return b.Bind(cmd.Context(), username, id) },
				map[string]string{"username": strings.ToLower(username), "state": "bound"}, "The account is bound to the identity.")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	c.Flags().StringVar(&id.Issuer, "issuer", "", "the provider's URL, the same as serve's --oidc-issuer (required)")
	c.Flags().StringVar(&id.Subject, "subject", "", "the identity's \"sub\" there (required)")
	return c
}

func unbindAccountCommand(h *hub) *cobra.Command {
	var username string
	c := &cobra.Command{
		Use:   "unbind --username N",
		Short: "Take the identity away from an account and end its sessions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return h.changeAccount(cmd, func(b *account.Book) error { return b.Unbind(cmd.Context(), username) },
				map[string]string{"username": strings.ToLower(username), "state": "unbound"}, "The account is bound to no identity.")
		},
	}
	c.Flags().StringVar(&username, "username", "", "the account (required)")
	return c
}
