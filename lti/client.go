package lti

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Client calls a platform's services in the tool's name. It needs no launch:
// next week is as good as now. Clients are cheap and safe for use by many
// goroutines; access tokens are worth sharing (WithTokens).
type Client struct {
	registration Registration
	signer       Signer
	fallback     Signer // nil: none
	onToken      func(ctx context.Context, kid string, err error)
	onScope      func(ctx context.Context, scope string, granted bool)
	doer         Doer
	tokens       *TokenCache
	deployment   string
	extensions   []string
	userAgent    string
	now          func() time.Time
	random       io.Reader
}

// A ClientOption changes a default of NewClient.
type ClientOption func(*Client)

// WithNow sets the clock; the default is time.Now.
func WithNow(now func() time.Time) ClientOption { return func(c *Client) { c.now = now } }

// WithTokens shares access tokens with other clients.
func WithTokens(t *TokenCache) ClientOption { return func(c *Client) { c.tokens = t } }

// WithDeployment names the deployment in client assertions (Security 1.0
// §4.1.1 recommends it). Tokens are kept apart by it.
func WithDeployment(id string) ClientOption { return func(c *Client) { c.deployment = id } }

// WithFallback names a signer to ask a second time with, once, when a platform
// refuses the assertion of the first (ServiceError.RefusedAssertion). After a
// rotation of keys it is the key before: a platform that keeps key sets for
// long may not know the new one yet. If it cannot sign, the refusal stands.
func WithFallback(s Signer) ClientOption { return func(c *Client) { c.fallback = s } }

// WithOnToken calls f after each request for an access token, with the kid
// that the assertion was signed with. err is nil if the platform granted a
// token, which means that it has the key; otherwise it says what came instead,
// and may be no word about the key. Tokens that are still good are not asked
// for again. f is called before the token is used, and should be quick.
func WithOnToken(f func(ctx context.Context, kid string, err error)) ClientOption {
	return func(c *Client) { c.onToken = f }
}

// WithExtensions names the vendors whose own members the platform takes in what
// it is sent, by what the members' names begin with, such as
// "https://canvas.instructure.com/". The default is none: some platforms refuse
// a whole score for one member that they do not know.
func WithExtensions(prefixes ...string) ClientOption {
	return func(c *Client) { c.extensions = prefixes }
}

// WithOnScope calls f for each scope that a token endpoint has said something
// about: granted, left out of what it granted, or refused when it was asked for
// alone. A platform that grants a token and names no scopes has granted all
// that were asked for (RFC 6749 §5.1). f should be quick.
func WithOnScope(f func(ctx context.Context, scope string, granted bool)) ClientOption {
	return func(c *Client) { c.onScope = f }
}

// WithUserAgent sets the User-Agent of every call.
func WithUserAgent(name string) ClientOption { return func(c *Client) { c.userAgent = name } }

// WithRandom sets where the ids of assertions come from; the default is
// crypto/rand.
func WithRandom(r io.Reader) ClientOption { return func(c *Client) { c.random = r } }

// NewClient returns a client for a registration.
func NewClient(r Registration, s Signer, d Doer, opts ...ClientOption) *Client {
	c := &Client{
		registration: r, signer: s, doer: d,
		userAgent: userAgent, now: time.Now, random: rand.Reader,
	}
	for _, opt := range opts {
		opt(c)
	}
	if c.tokens == nil {
		c.tokens = NewTokenCache()
	}
	return c
}

// Extends tells whether the platform takes a vendor's member of this name
// (WithExtensions).
func (c *Client) Extends(name string) bool {
	return slices.ContainsFunc(c.extensions, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// ErrUnsafeURL is wrapped by errors about addresses that no token is sent to.
var ErrUnsafeURL = errors.New("not an address to send an access token to")

// Do makes a call with an access token. A platform that does not take the
// token (401) is asked for a new one, once. Errors of the platform are
// *ServiceError.
func (c *Client) Do(ctx context.Context, request Request) (*Response, error) {
	if request.Method == "" {
		request.Method = http.MethodGet
	}
	if err := c.checkURL(request.URL); err != nil {
		return nil, &ServiceError{Op: request.Op, Method: request.Method, URL: request.URL, Cause: err}
	}
	scopes := strings.Fields(request.Scope)
	for again := true; ; again = false {
		token, err := c.Token(ctx, scopes...)
		if err != nil {
			return nil, err
		}
		answer, err := c.send(ctx, request, token)
		refused, ok := errors.AsType[*ServiceError](err)
		if !ok || refused.Status != http.StatusUnauthorized || !again {
			return answer, err
		}
		c.tokens.drop(c.tokenKey(scopes), token)
	}
}

func (c *Client) send(ctx context.Context, request Request, token string) (*Response, error) {
	r, err := http.NewRequestWithContext(ctx, request.Method, request.URL, bytes.NewReader(request.Body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", request.Op, err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("User-Agent", c.userAgent)
	if request.Accept != "" {
		r.Header.Set("Accept", request.Accept)
	}
	if request.ContentType != "" {
		r.Header.Set("Content-Type", request.ContentType)
	}
	return Call(c.doer, r, request.Op)
}

// checkURL lets tokens travel over https only; over http where the
// registration's own token endpoint is on http, which is development.
func (c *Client) checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("%w: not a URL", ErrUnsafeURL)
	}
	plain := u.Scheme == "http" && strings.HasPrefix(c.registration.TokenURL, "http://")
	if u.Scheme != "https" && !plain || u.Host == "" || u.User != nil {
		return ErrUnsafeURL
	}
	return nil
}
