package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// Options of certificates by ACME.
type Options struct {
	// Host is that of the public URL: a DNS name.
	Host string
	// Allowed returns nil for other names that may have a certificate.
	Allowed func(ctx context.Context, host string) error
	// Folder keeps account and certificates; it is made if it is missing.
	Folder string
	// Email is where the authority writes to; may be empty.
	Email string
	// Directory is the authority's address; empty means Let's Encrypt.
	Directory string
	// Listen and HTTPListen are where this server answers TLS and plain http
	// (HOST:PORT): the authority's questions arrive there, whatever a router in
	// front calls these ports. Empty means :443, and no plain http.
	Listen, HTTPListen string
	// Roots are trusted for calls to the directory; nil: the system's.
	Roots *x509.CertPool
	Log   *slog.Logger

	issuer certmagic.Issuer // nil: ACME
}

// An ACME orders certificates and renews them.
type ACME struct {
	host   string
	main   *certmagic.Config // of the public URL's host
	others *certmagic.Config // of hosts that Allowed knows
	cache  *certmagic.Cache
	acme   *certmagic.ACMEIssuer
}

// LetsEncrypt is the directory that is used if none is named.
const LetsEncrypt = certmagic.LetsEncryptProductionCA

// New returns what orders certificates. Nothing is ordered before Start.
func New(o Options) (*ACME, error) {
	if err := checkName(o.Host); err != nil {
		return nil, err
	}
	if err := checkDirectory(o.Directory); err != nil {
		return nil, err
	}
	a := &ACME{host: strings.ToLower(o.Host)}
	log := zap.New(slogCore{o.Log})
	a.cache = certmagic.NewCache(certmagic.CacheOptions{GetConfigForCert: a.configOf, Logger: log})
	config := certmagic.Config{
		Storage: &certmagic.FileStorage{Path: o.Folder}, Logger: log,
		OCSP: certmagic.OCSPConfig{DisableStapling: true}, // another address that would be called
	}
	config.OnEvent = func(ctx context.Context, event string, data map[string]any) error {
		if event == "cert_failed" {
			o.Log.WarnContext(ctx, "no certificate was given; see that the name leads to this server, and that the authority reaches it on ports 443 and 80; it is asked again by and by",
				"host", data["identifier"], "renewal", data["renewal"], "err", data["error"])
		}
		return nil
	}
	a.main = certmagic.New(a.cache, config)
	config.OnDemand = &certmagic.OnDemandConfig{DecisionFunc: o.Allowed}
	a.others = certmagic.New(a.cache, config)
	for _, c := range []*certmagic.Config{a.main, a.others} {
		c.Issuers = []certmagic.Issuer{o.issuerOf(c, log, a)}
	}
	return a, nil
}

func (o Options) issuerOf(c *certmagic.Config, log *zap.Logger, a *ACME) certmagic.Issuer {
	if o.issuer != nil {
		return o.issuer
	}
	directory := o.Directory
	if directory == "" {
		directory = LetsEncrypt
	}
	// certmagic opens what it finds closed: it must not open another port.
	host, port := splitAddress(o.Listen)
	_, httpPort := splitAddress(o.HTTPListen)
	acme := certmagic.NewACMEIssuer(c, certmagic.ACMEIssuer{
		CA: directory, Email: o.Email, Agreed: true, TrustedRoots: o.Roots, Logger: log,
		ListenHost: host, AltTLSALPNPort: port, AltHTTPPort: httpPort, DisableHTTPChallenge: o.HTTPListen == "",
	})
	if a.acme == nil {
		a.acme = acme
	}
	return acme
}

// splitAddress returns the host and the port of an address; 0 if it has none.
func splitAddress(s string) (host string, port int) {
	host, name, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0
	}
	port, _ = net.LookupPort("tcp", name)
	return host, port
}

// checkName refuses what no authority gives a certificate for.
func checkName(host string) error {
	switch {
	case host == "":
		return errors.New("there is no host to order a certificate for")
	case net.ParseIP(strings.Trim(host, "[]")) != nil:
		return fmt.Errorf("certificates are for names, and the public URL has the address %s; give it a name, or use --tls-cert", host)
	case !strings.Contains(strings.Trim(host, "."), ".") || strings.EqualFold(host, "localhost"):
		return fmt.Errorf("no authority gives a certificate for %q; the public URL needs a name that the whole internet can look up", host)
	}
	return nil
}

func checkDirectory(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("the ACME directory %q must be an https:// address", s)
	}
	return nil
}

// configOf tells the cache who looks after a certificate.
func (a *ACME) configOf(c certmagic.Certificate) (*certmagic.Config, error) {
	for _, name := range c.Names {
		if name == a.host {
			return a.main, nil
		}
	}
	return a.others, nil
}

// Start orders the certificate of the public URL's host beside the requests,
// and again when it fails, and keeps it fresh until ctx ends.
func (a *ACME) Start(ctx context.Context) error { return a.main.ManageAsync(ctx, []string{a.host}) }

// Stop ends renewals.
func (a *ACME) Stop() { a.cache.Stop() }

// TLS returns the configuration with which the server answers.
func (a *ACME) TLS() *tls.Config {
	config := a.main.TLSConfig() // knows the challenge that comes by TLS
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if name := strings.ToLower(hello.ServerName); name == "" || name == a.host {
			return a.main.GetCertificate(hello)
		}
		return a.others.GetCertificate(hello)
	}
	return withHTTP(config)
}

// Challenges answers the authority's questions on port 80, and leaves all the
// rest to next.
func (a *ACME) Challenges(next http.Handler) http.Handler {
	if a.acme == nil {
		return next
	}
	return a.acme.HTTPChallengeHandler(next)
}

// withHTTP makes the two protocols of a web server known before all others.
func withHTTP(c *tls.Config) *tls.Config {
	c.MinVersion = tls.VersionTLS12
	c.NextProtos = append([]string{"h2", "http/1.1"}, c.NextProtos...)
	return c
}

// Redirect sends browsers to https, on the same host and the port of the public
// URL.
func Redirect(port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "use https", http.StatusBadRequest) // what was sent has been seen by others
			return
		}
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if port != "" && port != "443" {
			host = net.JoinHostPort(host, port)
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, (&url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}).String(), http.StatusMovedPermanently)
	})
}
