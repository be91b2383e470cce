package platform

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
)

// A grant is an access token's worth.
type grant struct {
	tool   string
	scopes []string
	until  time.Time
}

const accessLife = time.Hour

// grantToken is the token endpoint (Security 1.0 §4.1).
func (p *Platform) grantToken(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Token) {
		return
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		p.tokenAnswer(w, 400, field{"error", "invalid_request"})
		return
	}
	q := r.PostForm
	switch {
	case q.Get("client_assertion") == "" || q.Get("scope") == "":
		p.tokenAnswer(w, 400, field{"error", "invalid_request"})
		return
	case q.Get("grant_type") != "client_credentials",
		q.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
		p.tokenAnswer(w, 400, field{"error", "unsupported_grant_type"})
		return
	}
	t, problem := p.assertedBy(r.Context(), q.Get("client_assertion"))
	if problem != "" {
		p.tokenAnswer(w, 400, field{"error", problem})
		return
	}
	var granted []string
	for _, s := range strings.Fields(q.Get("scope")) {
		if slices.Contains(t.Scopes, s) {
			granted = append(granted, s)
		}
	}
	asked := strings.Fields(q.Get("scope"))
	if len(granted) == 0 || p.profile.LMS.Tokens.WholeOrNothing && len(granted) < len(asked) {
		p.tokenAnswer(w, 400, field{"error", "invalid_scope"})
		return
	}
	value := p.token(16)
	p.mu.Lock()
	p.access[value] = grant{t.ClientID, granted, p.now().Add(accessLife)}
	p.mu.Unlock()
	p.tokenAnswer(w, 200, field{"access_token", value}, field{"token_type", p.tokenType()},
		field{"expires_in", int(accessLife.Seconds())}, field{"scope", strings.Join(granted, " ")})
}

func (p *Platform) tokenType() string {
	if p.profile.LowerBearer {
		return "bearer"
	}
	return "Bearer"
}

type field struct {
	name  string
	value any
}

// tokenAnswer writes JSON the way Moodle does: its own line breaks and, where
// the profile says so, the wrong media type and unescaped quotes.
func (p *Platform) tokenAnswer(w http.ResponseWriter, status int, fields ...field) {
	kind := "application/json; charset=utf-8"
	if p.profile.HTMLTokens {
		kind = "text/html; charset=utf-8"
	}
	lines := make([]string, len(fields))
	for i, f := range fields {
		raw, err := json.Marshal(f.value)
		if err != nil {
			panic(err)
		}
		if s, ok := f.value.(string); ok && p.profile.HTMLTokens {
			raw = []byte(`"` + s + `"`)
		}
		lines[i] = fmt.Sprintf("  %q : %s", f.name, raw)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, "{\r\n"+strings.Join(lines, ",\r\n")+"\r\n}")
}

// assertedBy returns the tool that signed an assertion, or what is wrong with
// it in Moodle's words.
func (p *Platform) assertedBy(ctx context.Context, assertion string) (Tool, string) {
	var claims jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(assertion, &claims)
	if err != nil && (token == nil || token.Method == nil && token.Header["alg"] == nil) {
		return Tool{}, "invalid_request"
	}
	sub, _ := claims["sub"].(string)
	t, known := p.Tool(sub)
	if !known {
		return Tool{}, "invalid_client"
	}
	kid, _ := token.Header["kid"].(string)
	switch alg := token.Header["alg"]; {
	case alg == "none":
		return Tool{}, "Algorithm not supported"
	case kid == "":
		return Tool{}, "error/Error: kid must be provided in JWT header."
	case alg != "RS256":
		return Tool{}, "Incorrect key for this algorithm"
	}
	key, err := p.toolKey(ctx, t, kid)
	if err != nil {
		return Tool{}, `"kid" invalid, unable to lookup correct key`
	}
	i := strings.LastIndexByte(assertion, '.')
	if token.Method.Verify(assertion[:i], token.Signature, key) != nil {
		return Tool{}, "Signature verification failed"
	}
	return t, p.assertionTrouble(claims)
}

func (p *Platform) assertionTrouble(claims jwt.MapClaims) string {
	now := p.now()
	if iat, err := claims.GetIssuedAt(); err == nil && iat != nil && iat.After(now) {
		return "Cannot handle token with iat prior to " + iat.UTC().Format("2006-01-02T15:04:05-0700")
	}
	exp, err := claims.GetExpirationTime()
	if err == nil && exp != nil && !now.Before(exp.Time) {
		return "Expired token"
	}
	if p.profile.LaxAssertions {
		return ""
	}
	aud, _ := claims.GetAudience()
	jti, _ := claims["jti"].(string)
	iss, _ := claims.GetIssuer()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case exp == nil, iss != claims["sub"], !slices.Contains(aud, p.Audience()), jti == "", p.assertions[jti]:
		return "invalid_client"
	}
	p.assertions[jti] = true
	return ""
}

// toolKey fetches a tool's key set, every time: a rotated key works at once.
func (p *Platform) toolKey(ctx context.Context, t Tool, kid string) (*rsa.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.KeySetURL, nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.doer.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	set, err := lti.ParseKeySet(document)
	if err != nil {
		return nil, err
	}
	key, ok := set.Key(kid)
	if !ok {
		return nil, fmt.Errorf("no key %q", kid)
	}
	return key, nil
}

// allowed returns the tool of a request's bearer token if it has one of the
// scopes.
func (p *Platform) allowed(r *http.Request, scopes ...string) (Tool, bool) {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return Tool{}, false
	}
	p.mu.Lock()
	g, known := p.access[bearer]
	p.mu.Unlock()
	if !known || !p.now().Before(g.until) || !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(g.scopes, s) }) {
		return Tool{}, false
	}
	return p.Tool(g.tool)
}

// bearer returns the tool of a request's token, whatever it is good for.
func (p *Platform) bearer(r *http.Request) (bool, Tool) {
	value, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	g, known := p.access[value]
	p.mu.Unlock()
	if !known || !p.now().Before(g.until) {
		return false, Tool{}
	}
	t, ok := p.Tool(g.tool)
	return ok, t
}

// RevokeTokens makes all access tokens invalid: the next service call gets 401.
func (p *Platform) RevokeTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.access)
}
