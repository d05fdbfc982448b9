package cli

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hearth-hmis/hearth/internal/hmis"
	"github.com/hearth-hmis/hearth/server"
)

// doorFlags are the flags of serve that say how the hub is reached.
type doorFlags struct {
	certificate, key        string
	autoHosts               []string
	autoFolder              string
	proxies                 []string
	documents, documentMode string
}

func (d *doorFlags) declare(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&d.certificate, "tls-cert", "", "the TLS certificate with its chain, a PEM file; read again when it changes and on SIGHUP")
	f.StringVar(&d.key, "tls-key", "", "the key of the TLS certificate, a PEM file")
	f.StringSliceVar(&d.autoHosts, "tls-auto", nil, "get a TLS certificate for this host from Let's Encrypt, whose terms you accept thereby; the hub must listen on port 443")
	f.StringVar(&d.autoFolder, "tls-cache", "", "the folder for certificates of --tls-auto")
	f.StringSliceVar(&d.proxies, "behind-proxy", nil, "the address or network of a proxy before the hub, as 10.0.0.0/24; what it says of callers is believed; may be repeated")
	f.StringVar(&d.documents, "documents", "", `a list of trusted documents, JSON of the form {"app": {"SHA-256 in hex": "document"}}`)
	f.StringVar(&d.documentMode, "documents-mode", server.DocumentsEnforce, "what becomes of other documents that apps and strangers send: off, log or enforce")
	c.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	c.MarkFlagsRequiredTogether("tls-auto", "tls-cache")
	c.MarkFlagsMutuallyExclusive("tls-cert", "tls-auto")
}

// secure puts TLS on the listener, as far as the flags say. SIGHUP reads certificate files again.
func (d *doorFlags) secure(ctx context.Context, l net.Listener, log *slog.Logger) (net.Listener, error) {
	switch {
	case d.certificate != "":
		c, err := server.OpenCertificate(d.certificate, d.key, log)
		if err != nil {
			return nil, err
		}
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		go func() {
			defer signal.Stop(hangup)
			for {
				select {
				case <-hangup:
					c.Reload()
				case <-ctx.Done():
					return
				}
			}
		}()
		return tls.NewListener(l, c.TLS()), nil
	case len(d.autoHosts) > 0:
		return tls.NewListener(l, server.AutoTLS(d.autoFolder, d.autoHosts...)), nil
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() && len(d.proxies) == 0 {
		log.Warn("WITHOUT TLS: whoever is on the way can read names, passwords and tokens; use --tls-cert, --tls-auto, or a proxy with TLS and --behind-proxy", "addr", a.String())
	}
	return l, nil
}

// apply reads what the flags name into the configuration of the door. Errors: Invalid.
func (d *doorFlags) apply(c *server.Config) error {
	for _, text := range d.proxies {
		network, err := netip.ParsePrefix(text)
		if address, e := netip.ParseAddr(text); e == nil {
			network, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return hmis.Errorf(hmis.Invalid, "--behind-proxy needs an address or a network, as 10.0.0.5 or 10.0.0.0/24")
		}
		c.Proxies = append(c.Proxies, network)
	}
	if d.documents == "" {
		return nil
	}
	f, err := os.Open(d.documents)
	if err != nil {
		return hmis.Errorf(hmis.Invalid, "the list of trusted documents cannot be read: %s", d.documents)
	}
	defer f.Close()
	c.Documents, err = server.ReadDocuments(f, d.documentMode)
	return err
}
