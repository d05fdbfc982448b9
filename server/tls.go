package server

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"github.com/hearth-hmis/hearth/internal/hmis"
)

// certificateCheck is how often the certificate's files are looked at.
const certificateCheck = 30 * time.Second

// Certificate is a certificate in two PEM files. It is read again when one of them has changed.
type Certificate struct {
	certificate, key string // paths
	log              *slog.Logger
	mu               sync.Mutex
	loaded           *tls.Certificate
	changed          [2]time.Time // of the files, when they were read
	looked           time.Time
}

// OpenCertificate reads a certificate. Errors: Invalid, which says what to mend.
func OpenCertificate(certificate, key string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certificate: certificate, key: key, log: log}
	if err := c.load(); err != nil {
		return nil, hmis.Errorf(hmis.Invalid, "the TLS certificate and its key cannot be read, or do not fit together; name two PEM files with --tls-cert and --tls-key")
	}
	return c, nil
}

func (c *Certificate) load() error {
	changed := c.times()
	loaded, err := tls.LoadX509KeyPair(c.certificate, c.key)
	if err != nil {
		return err
	}
	c.loaded, c.changed = &loaded, changed
	return nil
}

func (c *Certificate) times() (times [2]time.Time) {
	for i, name := range []string{c.certificate, c.key} {
		if info, err := os.Stat(name); err == nil {
			times[i] = info.ModTime()
		}
	}
	return times
}

// Reload reads the files now. While they cannot be read, the certificate stays as it was.
func (c *Certificate) Reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.load(); err != nil {
		c.log.Error("the TLS certificate could not be read again; the earlier one is used", "cause", cause(err))
		return
	}
	c.log.Info("TLS certificate read", "until", c.loaded.Leaf.NotAfter)
}

// TLS is the configuration of a listener with this certificate.
func (c *Certificate) TLS() *tls.Config {
	return secured(&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c.mu.Lock()
		look := time.Since(c.looked) > certificateCheck
		if look {
			c.looked = time.Now()
			look = c.times() != c.changed
		}
		c.mu.Unlock()
		if look {
			c.Reload()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.loaded, nil
	}})
}

// AutoTLS gets certificates for the hosts from Let's Encrypt, whose terms are thereby accepted, and keeps them in a
// folder. It works on port 443 only, where Let's Encrypt asks whether the host is ours.
func AutoTLS(folder string, hosts ...string) *tls.Config {
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(hosts...), Cache: autocert.DirCache(folder)}
	return secured(m.TLSConfig())
}

// secured takes of TLS 1.2 the suites with forward secrecy and AEAD alone; order, curves and all of TLS 1.3 are Go's.
func secured(c *tls.Config) *tls.Config {
	c.MinVersion = tls.VersionTLS12
	c.CipherSuites = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
	if len(c.NextProtos) == 0 {
		c.NextProtos = []string{"h2", "http/1.1"}
	}
	return c
}
