package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"
)

// Options are what the operator decides about calls to LMSes.
type Options struct {
	AllowNetworks []netip.Prefix // private networks on which LMSes may be
	AllowPorts    []uint16       // beside 443
	CAFile        string         // PEM; trusted beside the system's roots
	// Development allows http, and loopback addresses on any port. Nothing
	// else is allowed by it.
	Development bool
	Version     string           // for the User-Agent
	Log         *slog.Logger     // nil: no log lines
	RootCAs     *x509.CertPool   // trusted certificates; nil: the system's
	Now         func() time.Time // for the log's durations; nil: time.Now
	// Observe hears how each call went; nil: nobody does. It must not block.
	Observe func(outcome CallOutcome, took time.Duration)

	resolver *net.Resolver // nil: the system's
}

// Limits of a call.
const (
	connectTime = 5 * time.Second
	tlsTime     = 5 * time.Second
	headerTime  = 10 * time.Second
	wholeTime   = 15 * time.Second

	maxHeader    = 64 << 10
	maxBody      = 2 << 20
	maxRedirects = 3
)

// A Client calls platforms. It is safe for use by many goroutines.
type Client struct {
	http        *http.Client
	secure      *http.Transport // https
	plain       *http.Transport // http, to loopback; development only
	development bool
	userAgent   string
	log         *slog.Logger
	now         func() time.Time
	observe     func(CallOutcome, time.Duration)
	hosts       hosts
}

// New returns a client. It fails if the file of certificates cannot be used.
func New(o Options) (*Client, error) {
	roots, err := o.Roots()
	if err != nil {
		return nil, err
	}
	c := &Client{
		development: o.Development,
		userAgent:   "Greenroom/" + o.Version,
		log:         o.Log,
		now:         o.Now,
		observe:     o.Observe,
	}
	if c.observe == nil {
		c.observe = func(CallOutcome, time.Duration) {}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.Version == "" {
		c.userAgent = "Greenroom"
	}
	c.secure = newTransport(o.dialer(o.guard()))
	c.secure.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	c.plain = newTransport(o.dialer(loopbackOnly))
	c.http = &http.Client{
		Transport:     roundTripper(c.roundTrip),
		CheckRedirect: c.checkRedirect,
		Timeout:       wholeTime,
	}
	return c, nil
}

func newTransport(d *net.Dialer) *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            d.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    tlsTime,
		ResponseHeaderTimeout:  headerTime,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    16, // many platforms of one vendor may have one host
		MaxConnsPerHost:        32,
		IdleConnTimeout:        time.Minute,
	}
}

func (o Options) dialer(guard control) *net.Dialer {
	return &net.Dialer{
		Timeout:  connectTime,
		Resolver: o.resolver,
		Control:  guard,
	}
}

// Roots returns the trusted certificates, nil for the system's.
func (o Options) Roots() (*x509.CertPool, error) {
	if o.CAFile == "" {
		return o.RootCAs, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("CA file: %w", err)
	}
	pool := o.RootCAs
	if pool == nil {
		if pool, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("system's certificates: %w", err)
		}
	}
	pool = pool.Clone()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file: %s holds no certificate in PEM", o.CAFile)
	}
	return pool, nil
}

// Do sends a request as http.Client does. Reading more of the answer than the
// limit fails with an error that Explain knows. Errors are *Error.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	begun := c.now()
	if err := c.checkURL(r.URL); err != nil {
		return nil, c.failed(r, err, begun)
	}
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", c.userAgent)
	host := c.hosts.of(door(r), begun)
	if err := host.enter(r.Context()); err != nil {
		return nil, c.failed(r, err, begun)
	}
	answer, err := c.http.Do(r)
	host.left(r.Context(), answer, err)
	if err != nil {
		host.leave()
		return nil, c.failed(r, err, begun)
	}
	answer.Body = &roomyBody{ReadCloser: answer.Body, leave: host.leave}
	c.observe(outcomeOf(answer.StatusCode), c.now().Sub(begun))
	c.log.LogAttrs(r.Context(), slog.LevelInfo, "outbound", append(c.attrs(r, begun), slog.Int("status", answer.StatusCode))...)
	answer.Body = &limited{body: answer.Body, left: maxBody, request: r}
	return answer, nil
}

// failed logs the error and takes from it what must not travel: the standard
// library's error quotes the URL with its query.
func (c *Client) failed(r *http.Request, err error, begun time.Time) error {
	e := newError(r, err)
	c.observe(e.outcome(), c.now().Sub(begun))
	c.log.LogAttrs(r.Context(), slog.LevelWarn, "outbound", append(c.attrs(r, begun), slog.Any("err", e.Cause))...)
	return e
}

func (c *Client) attrs(r *http.Request, begun time.Time) []slog.Attr {
	return []slog.Attr{
		slog.String("method", r.Method),
		slog.String("url", bare(r.URL)),
		slog.Duration("took", c.now().Sub(begun)),
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// roundTrip picks the transport. A redirect comes by here as well.
func (c *Client) roundTrip(r *http.Request) (*http.Response, error) {
	if err := c.checkURL(r.URL); err != nil {
		return nil, err
	}
	if r.URL.Scheme == "http" {
		return c.plain.RoundTrip(r)
	}
	return c.secure.RoundTrip(r)
}

// checkRedirect lets a GET or HEAD stay on its host. A redirected POST, or
// anything with an access token, is the platform's answer: a token goes where
// it was sent, and no further.
func (c *Client) checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case first.Method != http.MethodGet && first.Method != http.MethodHead, first.Header.Get("Authorization") != "":
		return http.ErrUseLastResponse
	case next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host:
		return errRedirect
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	}
	return nil
}

// CloseIdleConnections closes connections that wait for their next use.
func (c *Client) CloseIdleConnections() {
	c.secure.CloseIdleConnections()
	c.plain.CloseIdleConnections()
}
