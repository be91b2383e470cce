package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type serveCmd struct {
	database
	outgoing
	Listen         string    `help:"Address to listen on. Default: 127.0.0.1:8080, or :443 with --https or --tls-cert." env:"GREENROOM_LISTEN" placeholder:"HOST:PORT"`
	PublicURL      string    `help:"What browsers and LMSes call, for example https://practice.example.com." env:"GREENROOM_PUBLIC_URL" required:"" placeholder:"URL"`
	HTTPS          bool      `help:"Speak https without a proxy: order and renew certificates by ACME." name:"https" env:"GREENROOM_HTTPS"`
	ACMEEmail      string    `help:"Where the certificate authority may write to." name:"acme-email" env:"GREENROOM_ACME_EMAIL" placeholder:"EMAIL"`
	ACMEDirectory  string    `help:"Another certificate authority than Let's Encrypt, by its ACME directory." name:"acme-directory" env:"GREENROOM_ACME_DIRECTORY" placeholder:"URL"`
	HTTPListen     string    `help:"Address for plain http, from which browsers are sent to https and where the certificate authority asks; none: no such address. Default with --https: :80." name:"http-listen" env:"GREENROOM_HTTP_LISTEN" placeholder:"HOST:PORT"`
	TLSCert        string    `help:"Speak https with this certificate (PEM, with its chain), which somebody else renews." name:"tls-cert" env:"GREENROOM_TLS_CERT" placeholder:"FILE"`
	TLSKey         string    `help:"Private key of that certificate." name:"tls-key" env:"GREENROOM_TLS_KEY" placeholder:"FILE"`
	SupportContact string    `help:"Whom people may ask: an e-mail address or a sentence." env:"GREENROOM_SUPPORT_CONTACT" placeholder:"TEXT"`
	TrustProxy     []network `help:"Network of reverse proxies whose X-Forwarded-For is believed, for example 10.0.0.0/24; those on this machine are." env:"GREENROOM_TRUST_PROXY" placeholder:"CIDR"`
	LaunchLogKeep  keepTime  `help:"How long the launch log keeps its rows, for example 30d; at least 2d." env:"GREENROOM_LAUNCH_LOG_KEEP" default:"90d" placeholder:"DAYS"`
	KeyMaxAge      length    `help:"How long a signing key signs before the next one takes over by itself; 0: never." env:"GREENROOM_KEY_MAX_AGE" default:"4320h" placeholder:"DURATION"`
	KeyOverlap     length    `help:"How long a signing key stays published after its last signature." env:"GREENROOM_KEY_OVERLAP" default:"168h" placeholder:"DURATION"`
	MetricsListen  string    `help:"Private address for metrics, health in detail and profiles, for example 127.0.0.1:9090; empty: none. Whoever reaches it sees all of it." env:"GREENROOM_METRICS_LISTEN" placeholder:"HOST:PORT"`
	SlowQuery      length    `help:"Log queries to the database that take this long; 0: none." env:"GREENROOM_SLOW_QUERY" default:"500ms" placeholder:"DURATION"`
	LogFormat      string    `help:"text or json." env:"GREENROOM_LOG_FORMAT" enum:"text,json" default:"text" placeholder:"FORMAT"`
}

func (c serveCmd) Run(ctx context.Context, s streams) error {
	config, err := c.appConfig(s)
	if err != nil {
		return err
	}
	app.CollectSeldom()
	a, err := app.Open(ctx, config)
	if err != nil {
		return err
	}
	defer a.Close()
	l, err := net.Listen("tcp", c.listen())
	if err != nil {
		return listenError("--listen", err)
	}
	beside, err := c.serveBeside(ctx, a)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer beside()
	if err := announceSetUp(ctx, a, s); err != nil {
		return err
	}
	config.Log.Info("serving", "listen", l.Addr().String(), "public_url", config.PublicURL, "database", a.Store.Dialect(), "version", version)
	if err := a.Run(ctx, l); err != nil {
		return err
	}
	config.Log.Info("stopped")
	return nil
}

// serveBeside opens the addresses beside the main one, if there are to be any,
// and returns what closes them.
func (c serveCmd) serveBeside(ctx context.Context, a *app.App) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // they are read while the server drains
	var served sync.WaitGroup
	stop = func() { cancel(); served.Wait() }
	for _, one := range []struct {
		flag, address, what string
		serve               func(context.Context, net.Listener) error
	}{
		{metricsFlag, c.MetricsListen, "metrics, health and profiles for whoever reaches this address", a.ServePrivate},
		{"--http-listen", c.httpListen(), "plain http is sent to https", a.ServeRedirects},
	} {
		if one.address == "" {
			continue
		}
		l, err := net.Listen("tcp", one.address)
		if err != nil {
			stop()
			return nil, listenError(one.flag, err)
		}
		served.Go(func() {
			if err := one.serve(ctx, l); err != nil {
				a.Config.Log.Error(one.flag, "err", err)
			}
		})
		a.Config.Log.Info(one.what, "listen", l.Addr().String())
		if one.flag == metricsFlag && !private(l.Addr()) {
			a.Config.Log.Warn("whoever reaches the address of --metrics-listen sees figures and profiles, and is asked for no password; keep it on 127.0.0.1, or on a network of your own behind a firewall", "listen", l.Addr().String())
		}
	}
	return stop, nil
}

const metricsFlag = "--metrics-listen"

// private tells whether an address is none that the internet can reach.
func private(a net.Addr) bool {
	at, err := netip.ParseAddrPort(a.String())
	return err == nil && (at.Addr().Unmap().IsLoopback() || at.Addr().Unmap().IsPrivate())
}

// speaksTLS tells whether the server does without a proxy.
func (c serveCmd) speaksTLS() bool { return c.HTTPS || c.TLSCert != "" }

func (c serveCmd) listen() string {
	switch {
	case c.Listen != "":
		return c.Listen
	case c.speaksTLS():
		return ":443"
	}
	return "127.0.0.1:8080"
}

func (c serveCmd) httpListen() string {
	switch {
	case c.HTTPListen == "none":
		return ""
	case c.HTTPListen == "" && c.HTTPS:
		return ":80"
	}
	return c.HTTPListen
}

// checkTLS says which flags do not go together.
func (c serveCmd) checkTLS() error {
	var text string
	switch {
	case c.HTTPS && c.TLSCert != "":
		text = "--https orders a certificate and --tls-cert brings one: use one of them"
	case (c.TLSCert == "") != (c.TLSKey == ""):
		text = "--tls-cert and --tls-key belong together"
	case c.speaksTLS() && strings.HasPrefix(c.PublicURL, "http:"):
		text = "--public-url begins with http://, but the server would speak https"
	case c.ACMEEmail != "" && !strings.Contains(c.ACMEEmail, "@"):
		text = fmt.Sprintf("--acme-email %q is no e-mail address", c.ACMEEmail)
	case !c.HTTPS && (c.ACMEEmail != "" || c.ACMEDirectory != ""):
		text = "--acme-email and --acme-directory are for --https"
	case !c.speaksTLS() && c.httpListen() != "":
		text = "--http-listen is for --https and --tls-cert; without them --listen is plain http"
	default:
		return nil
	}
	return errUsage{errors.New(text)}
}

func (c serveCmd) appConfig(s streams) (app.Config, error) {
	var handler slog.Handler = slog.NewTextHandler(s.err, nil)
	if c.LogFormat == "json" {
		handler = slog.NewJSONHandler(s.err, nil)
	}
	config := c.config(slog.New(handler))
	c.apply(&config)
	public, err := checkPublicURL(c.PublicURL, c.Dev)
	config.PublicURL, config.SupportContact = public, c.SupportContact
	config.TrustedProxies = prefixes(c.TrustProxy)
	config.LaunchLogKeep = time.Duration(c.LaunchLogKeep)
	config.SlowQuery = time.Duration(c.SlowQuery)
	config.HTTPS, config.ACMEEmail, config.ACMEDirectory = c.HTTPS, c.ACMEEmail, c.ACMEDirectory
	config.Listen, config.HTTPListen = c.listen(), c.httpListen()
	config.TLSCert, config.TLSKey = c.TLSCert, c.TLSKey
	config.KeyMaxAge, config.KeyOverlap = time.Duration(c.KeyMaxAge), time.Duration(c.KeyOverlap)
	return config, firstOf(err, c.checkKeys(), c.checkTLS(), c.checkAddresses(), c.checkFiles())
}

// firstOf keeps an answer to one sentence.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c serveCmd) checkAddresses() error {
	for _, one := range [][2]string{{"--listen", c.listen()}, {metricsFlag, c.MetricsListen}, {"--http-listen", c.httpListen()}} {
		if one[1] == "" {
			continue
		}
		if err := checkAddress(one[0], one[1]); err != nil {
			return err
		}
	}
	return checkURL("--acme-directory", c.ACMEDirectory)
}

func (c serveCmd) checkFiles() error {
	return firstOf(checkFile("--tls-cert", c.TLSCert), checkFile("--tls-key", c.TLSKey), checkFile("--ca-file", c.CAFile))
}

// checkKeys says which flag is wrong: 0 is a choice for the age alone.
func (c serveCmd) checkKeys() error {
	if c.KeyOverlap <= 0 {
		return errUsage{errors.New("--key-overlap must be more than 0")}
	}
	age, overlap := time.Duration(c.KeyMaxAge), time.Duration(c.KeyOverlap)
	if err := (greenroom.KeyPolicy{MaxAge: age, Overlap: overlap}).Check(); err != nil {
		return errUsage{fmt.Errorf("--key-max-age %s, --key-overlap %s: %w", age, overlap, err)}
	}
	return nil
}

// checkPublicURL takes an origin: scheme, host and port, nothing behind it.
func checkPublicURL(s string, dev bool) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return "", errUsage{fmt.Errorf("--public-url %q is not a URL; it looks like https://practice.example.com", s)}
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errUsage{fmt.Errorf("--public-url %q must end behind the host and port", s)}
	}
	u.Path = ""
	loopback := greenroom.IsLoopback(u.Hostname())
	switch {
	case u.Scheme == "https", u.Scheme == "http" && dev && loopback:
		return u.String(), nil
	case u.Scheme == "http" && loopback:
		return "", errUsage{fmt.Errorf("--public-url %q is http: LMSes call https only; on your own machine add --dev", s)}
	}
	return "", errUsage{fmt.Errorf("--public-url %q must begin with https://", s)}
}

// announceSetUp prints the link with which the first owner is made, as long as
// nobody can sign in.
func announceSetUp(ctx context.Context, a *app.App, s streams) error {
	people, err := a.Store.Instance().HasPeople(ctx)
	if err != nil || people {
		return err
	}
	_, err = fmt.Fprintf(s.err, "\nNobody can sign in yet. Open this link once to make the first owner:\n\n  %s\n\n", a.Kit.URLs.SetUp(a.Service.SetUpToken()))
	return err
}
