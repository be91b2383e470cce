package lti

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionBackdate allows for platforms whose clock is behind ours:
	// Moodle refuses an iat that is two seconds ahead.
	assertionBackdate = 5 * time.Second
	assertionLife     = 5 * time.Minute

	// tokenSpare is how long before its end a token is no longer used.
	tokenSpare = time.Minute
	// usualTokenLife is for answers that do not tell.
	usualTokenLife = 5 * time.Minute
	maxTokenLife   = 24 * time.Hour
)

// A TokenCache keeps access tokens for clients that share it, by registration,
// deployment and scopes. Callers who need the same token share one request.
type TokenCache struct {
	flights flights[accessToken]

	mu     sync.Mutex
	tokens map[string]accessToken
}

type accessToken struct {
	value   string
	until   time.Time
	granted []string // as asked where the platform names none
}

// NewTokenCache returns an empty cache.
func NewTokenCache() *TokenCache { return &TokenCache{tokens: map[string]accessToken{}} }

// Token returns an access token for scopes (Security 1.0 §4.1). The first one
// is what is needed: a platform that refuses the bundle is asked for that one
// alone.
func (c *Client) Token(ctx context.Context, scopes ...string) (string, error) {
	key := c.tokenKey(scopes)
	if token, ok := c.tokens.get(key, c.now()); ok {
		return token.value, nil
	}
	token, err := c.tokens.flights.share(ctx, key, func(ctx context.Context) (accessToken, error) {
		if token, ok := c.tokens.get(key, c.now()); ok { // landed between look and share
			return token, nil
		}
		token, err := c.fetchToken(ctx, scopes)
		if err == nil {
			c.tokens.put(key, token, c.now())
		}
		return token, err
	})
	return token.value, err
}

// Grant asks for an access token for just these scopes, past the cache and
// without a second try, and returns the scopes that the platform granted; those
// that were asked for if it does not name them. The token is not kept. It is
// for finding out what a platform allows.
func (c *Client) Grant(ctx context.Context, scopes ...string) ([]string, error) {
	token, err := c.requestToken(ctx, c.signer, scopes)
	return token.granted, err
}

// tokenKey keeps apart what must not be mixed.
func (c *Client) tokenKey(scopes []string) string {
	key := []string{c.registration.ID, c.registration.Issuer, c.registration.ClientID, c.registration.TokenURL, c.deployment}
	if len(scopes) > 0 {
		key = append(append(key, scopes[0]), slices.Sorted(slices.Values(scopes[1:]))...)
	}
	return strings.Join(key, "\x00")
}

func (t *TokenCache) get(key string, now time.Time) (accessToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	token, ok := t.tokens[key]
	return token, ok && now.Before(token.until)
}

func (t *TokenCache) put(key string, token accessToken, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for old, each := range t.tokens {
		if !now.Before(each.until) {
			delete(t.tokens, old)
		}
	}
	t.tokens[key] = token
}

// drop forgets a token, unless it was replaced meanwhile.
func (t *TokenCache) drop(key, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tokens[key].value == value {
		delete(t.tokens, key)
	}
}

func (c *Client) fetchToken(ctx context.Context, scopes []string) (accessToken, error) {
	token, err := c.askToken(ctx, scopes)
	refused, ok := errors.AsType[*ServiceError](err)
	if ok && refused.Code == "invalid_scope" && len(scopes) > 1 {
		// Canvas refuses the whole bundle for one scope that it does not grant.
		return c.askToken(ctx, scopes[:1])
	}
	return token, err
}

// askToken asks with the signer's key, and with the fallback's if the platform
// does not take that one.
func (c *Client) askToken(ctx context.Context, scopes []string) (accessToken, error) {
	token, err := c.requestToken(ctx, c.signer, scopes)
	if c.fallback == nil || !refusesAssertion(err) {
		return token, err
	}
	token, again := c.requestToken(ctx, c.fallback, scopes)
	if _, answered := errors.AsType[*ServiceError](again); again != nil && (!answered || refusesAssertion(again)) {
		return accessToken{}, err
	}
	return token, again
}

func refusesAssertion(err error) bool {
	refused, ok := errors.AsType[*ServiceError](err)
	return ok && refused.RefusedAssertion()
}

// requestToken signs and asks, and tells whoever wants to know what came of it.
func (c *Client) requestToken(ctx context.Context, signer Signer, scopes []string) (accessToken, error) {
	assertion, err := c.assertion(ctx, signer)
	if err != nil {
		return accessToken{}, fmt.Errorf("token: %w", err)
	}
	token, err := c.exchange(ctx, assertion, scopes)
	if c.onToken != nil {
		c.onToken(ctx, keyOf(assertion), err)
	}
	if c.onScope != nil {
		c.tellScopes(ctx, scopes, token, err)
	}
	return token, err
}

// tellScopes passes on what an answer says of each scope; of errors only those
// that are about scopes do.
func (c *Client) tellScopes(ctx context.Context, asked []string, token accessToken, err error) {
	refused, answered := errors.AsType[*ServiceError](err)
	switch {
	case err == nil:
		for _, scope := range asked {
			c.onScope(ctx, scope, slices.Contains(token.granted, scope))
		}
	case answered && len(asked) == 1 && (refused.Code == "invalid_scope" || refused.Code == "insufficient_scope"):
		c.onScope(ctx, asked[0], false)
	}
}

// keyOf returns the kid in a JWT's header, empty if there is none.
func keyOf(token string) string {
	encoded, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return ""
	}
	var header struct {
		KeyID string `json:"kid"`
	}
	if json.Unmarshal(raw, &header) != nil {
		return ""
	}
	return header.KeyID
}

// exchange posts an assertion to the token endpoint.
func (c *Client) exchange(ctx context.Context, assertion string, scopes []string) (accessToken, error) {
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"client_assertion_type": {assertionType},
		"client_assertion":      {assertion},
		"scope":                 {strings.Join(scopes, " ")},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.registration.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return accessToken{}, fmt.Errorf("token: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.userAgent)
	answer, err := Call(c.doer, r, "token")
	if refused, ok := errors.AsType[*ServiceError](err); ok {
		refused.Code = oauthCode(refused.Text)
		return accessToken{}, refused
	}
	if err != nil {
		return accessToken{}, err
	}
	return c.readToken(answer, scopes)
}

// assertion is the JWT by which the client proves who it is (RFC 7523 §3).
// Each is used once.
func (c *Client) assertion(ctx context.Context, signer Signer) (string, error) {
	var id [16]byte
	if _, err := io.ReadFull(c.random, id[:]); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	issued := c.now().Add(-assertionBackdate)
	claims := map[string]any{
		"iss": c.registration.ClientID, "sub": c.registration.ClientID,
		"aud": c.registration.Audience,
		"iat": issued.Unix(), "exp": issued.Add(assertionLife).Unix(),
		"jti": base64.RawURLEncoding.EncodeToString(id[:]),
	}
	if c.registration.Audience == "" {
		claims["aud"] = c.registration.TokenURL
	}
	if c.deployment != "" {
		claims[claim+"deployment_id"] = c.deployment
	}
	return signer.Sign(ctx, claims)
}

// readToken decides by the body: Moodle sends its tokens as text/html.
func (c *Client) readToken(answer *Response, asked []string) (accessToken, error) {
	failed := &ServiceError{
		Op: "token", Method: http.MethodPost, URL: c.registration.TokenURL,
		Status: answer.Status, Text: textOf(answer.Body),
	}
	o, err := readDocument(answer.Body)
	if err != nil {
		failed.Cause = ErrUnreadable
		return accessToken{}, failed
	}
	value := o.text("access_token")
	if value == "" || strings.ContainsFunc(value, notInHeader) {
		if failed.Code = oauthCode(o.text("error")); failed.Code == "" {
			failed.Cause = ErrUnreadable
		}
		return accessToken{}, failed
	}
	if kind := o.text("token_type"); kind != "" && !strings.EqualFold(kind, "Bearer") {
		failed.Text, failed.Cause = "", fmt.Errorf("token_type %.20q", kind)
		return accessToken{}, failed
	}
	granted := strings.Fields(o.text("scope"))
	if withholds(granted, asked) {
		failed.Code = "insufficient_scope"
		failed.Text = printable("The platform granted only: "+strings.Join(granted, " "), maxText)
		return accessToken{}, failed
	}
	if !slices.ContainsFunc(granted, isSpecified) {
		granted = asked
	}
	return accessToken{value, c.now().Add(usableFor(o.raw("expires_in"))), granted}, nil
}

// isSpecified tells whether a scope is one of 1EdTech's.
func isSpecified(scope string) bool {
	return strings.HasPrefix(scope, "https://purl.imsglobal.org/spec/")
}

func notInHeader(r rune) bool { return r <= ' ' || r >= 0x7f }

// withholds tells whether a platform that names what it granted left out the
// scope that is needed. Platforms that name nothing, or something else
// altogether, granted what was asked.
func withholds(granted, asked []string) bool {
	if len(asked) == 0 || slices.Contains(granted, asked[0]) {
		return false
	}
	return slices.ContainsFunc(granted, isSpecified)
}

// usableFor reads expires_in, a number or the text of one, if it is there.
func usableFor(raw json.RawMessage) time.Duration {
	seconds, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || !(seconds > 0) {
		return usualTokenLife - tokenSpare
	}
	life := time.Duration(min(seconds, maxTokenLife.Seconds()) * float64(time.Second))
	if life > 2*tokenSpare {
		return life - tokenSpare
	}
	return life / 2
}

var oauthCodes = regexp.MustCompile(`^[a-z][a-z_]{2,40}$`)

// oauthCode returns the error code that a text begins with, if it is one:
// Moodle puts sentences where the code should be.
func oauthCode(text string) string {
	code, _, _ := strings.Cut(text, ":")
	if oauthCodes.MatchString(code) {
		return code
	}
	return ""
}
