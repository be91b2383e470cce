package lti_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
)

// A service is a platform's token endpoint and one service behind it.
type service struct {
	doer
	token  func(form url.Values) *http.Response
	answer func(*http.Request) *http.Response
	asked  []url.Values // forms of the token endpoint
	bodies []string     // of the service
	bearer []string
}

func newService() *service {
	s := &service{}
	s.token = func(url.Values) *http.Response {
		return respond(http.StatusOK, fmt.Sprintf(`{"access_token":"token-%d","token_type":"Bearer","expires_in":3600}`, len(s.asked)))
	}
	s.answer = func(*http.Request) *http.Response { return respond(http.StatusOK, "") }
	s.doer.answer = func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if r.URL.String() != registration().TokenURL {
			s.mu.Lock()
			s.bodies = append(s.bodies, string(body))
			s.bearer = append(s.bearer, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			s.mu.Unlock()
			return s.answer(r), nil
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, form)
		return s.token(form), nil
	}
	return s
}

func newClient(s *service, opts ...lti.ClientOption) *lti.Client {
	opts = append([]lti.ClientOption{lti.WithNow(clock)}, opts...)
	return lti.NewClient(registration(), toolKey(), s, opts...)
}

var call = lti.Request{Op: "score", Method: http.MethodPost, URL: "https://lms.example/scores?type_id=1", Scope: lti.ScopeScore, ContentType: "text/x", Body: []byte("body")}

// OWN-S11: what the tool says of itself.
func TestAssertion(t *testing.T) {
	s := newService()
	client := newClient(s, lti.WithDeployment("d1"))
	seen := map[any]bool{}
	for range 3 {
		if _, err := client.Token(t.Context(), fmt.Sprint("scope-", len(seen))); err != nil {
			t.Fatal(err)
		}
		form := s.asked[len(s.asked)-1]
		if form.Get("grant_type") != "client_credentials" || form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || len(form) != 4 {
			t.Errorf("form %v", form)
		}
		token, err := jwt.Parse(form.Get("client_assertion"), func(*jwt.Token) (any, error) { return &foreignKey().PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(clock), jwt.WithIssuedAt(), jwt.WithJSONNumber())
		if err != nil {
			t.Fatal(err)
		}
		claims := token.Claims.(jwt.MapClaims)
		want := map[string]string{
			"iss": clientID, "sub": clientID, "aud": issuer + "/token", claim + "deployment_id": "d1",
			"iat": fmt.Sprint(now.Unix() - 5), "exp": fmt.Sprint(now.Unix() + 295), "jti": fmt.Sprint(claims["jti"]),
		}
		if fmt.Sprint(claims) != fmt.Sprint(want) || token.Header["kid"] != "tool-key" || token.Header["typ"] != "JWT" {
			t.Errorf("claims %v\nwant   %v\nheader %v", claims, want, token.Header)
		}
		if seen[claims["jti"]] {
			t.Error("jti twice")
		}
		seen[claims["jti"]] = true
	}
}

// OWN-S12
func TestAssertionHasTheRegistrationsAudience(t *testing.T) {
	s, r := newService(), registration()
	r.Audience = "https://api.brightspace.com/auth/token"
	if _, err := lti.NewClient(r, toolKey(), s, lti.WithNow(clock)).Token(t.Context(), lti.ScopeScore); err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(s.asked[0].Get("client_assertion"), claims); err != nil {
		t.Fatal(err)
	}
	if _, deployed := claims[claim+"deployment_id"]; claims["aud"] != r.Audience || deployed {
		t.Errorf("claims %v", claims)
	}
}

// OWN-S06: answers that are odd, and usable; how long they are used.
func TestTokenAnswers(t *testing.T) {
	for name, row := range map[string]struct {
		answer string
		life   time.Duration // 0: refused
		later  bool
	}{
		"as it should be":       {`{"access_token":"t","token_type":"Bearer","expires_in":3600,"scope":"` + lti.ScopeScore + `"}`, 59 * time.Minute, false},
		"type in lower case":    {`{"access_token":"t","token_type":"bearer","expires_in":3600}`, 59 * time.Minute, false},
		"no type, no expiry":    {`{"access_token":"t"}`, 4 * time.Minute, false},
		"expiry as text":        {`{"access_token":"t","expires_in":"3600"}`, 59 * time.Minute, false},
		"expiry null":           {`{"access_token":"t","expires_in":null}`, 4 * time.Minute, false},
		"expiry of 40 seconds":  {`{"access_token":"t","expires_in":40}`, 20 * time.Second, false},
		"expiry for ever":       {`{"access_token":"t","expires_in":1e300}`, 24*time.Hour - time.Minute, false},
		"scope of others":       {`{"access_token":"t","expires_in":3600,"scope":"*"}`, 59 * time.Minute, false},
		"type MAC":              {`{"access_token":"t","token_type":"mac"}`, 0, false},
		"OWN-S07 less scope":    {`{"access_token":"t","scope":"` + lti.ScopeLineItemReadOnly + `"}`, 0, false},
		"no token":              {`{"token_type":"Bearer"}`, 0, true},
		"token with a break":    {`{"access_token":"a\r\nX-Evil: 1"}`, 0, true},
		"token in capitals":     {`{"Access_Token":"t"}`, 0, true},
		"HTML":                  {`<html><title>Maintenance</title></html>`, 0, true},
		"error with status 200": {`{"error":"invalid_client"}`, 0, false},
		"empty":                 {``, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, at := newService(), now
			s.token = func(url.Values) *http.Response {
				return respond(http.StatusOK, row.answer, "Content-Type", "text/html")
			}
			client := newClient(s, lti.WithNow(func() time.Time { return at }))
			token, err := client.Token(t.Context(), lti.ScopeScore)
			if row.life == 0 {
				refused, ok := errors.AsType[*lti.ServiceError](err)
				if !ok || refused.Op != "token" || refused.TryLater() != row.later || refused.Permanent() == row.later {
					t.Errorf("error %v, try later: %v", err, ok && refused.TryLater())
				}
				return
			}
			if err != nil || token != "t" {
				t.Fatalf("token %q, %v", token, err)
			}
			for after, calls := range map[time.Duration]int{row.life - time.Millisecond: 1, row.life: 2} {
				s.asked = s.asked[:1]
				at = now.Add(after)
				if _, err := client.Token(t.Context(), lti.ScopeScore); err != nil || len(s.asked) != calls {
					t.Errorf("after %s: %d calls, %v", after, len(s.asked), err)
				}
				at = now
			}
		})
	}
}

// OWN-S08: a platform that refuses a bundle is asked for what is needed.
func TestBundleOfScopes(t *testing.T) {
	s := newService()
	granted := s.token
	s.token = func(form url.Values) *http.Response {
		if form.Get("scope") != lti.ScopeScore {
			return respond(http.StatusBadRequest, `{"error":"invalid_scope"}`)
		}
		return granted(form)
	}
	client := newClient(s)
	for range 2 {
		if _, err := client.Token(t.Context(), lti.ScopeScore, lti.ScopeMemberships); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.asked) != 2 || s.asked[0].Get("scope") != lti.ScopeScore+" "+lti.ScopeMemberships {
		t.Errorf("asked %v", s.asked)
	}
	_, err := client.Token(t.Context(), lti.ScopeMemberships)
	if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Code != "invalid_scope" || len(s.asked) != 3 || !refused.Permanent() {
		t.Errorf("error %v after %d calls", err, len(s.asked))
	}
}

// What a platform says of each scope is passed on, and a question past the
// cache is one request.
func TestScopesThatAPlatformGrants(t *testing.T) {
	const other = "https://lms.example.com/scope/own"
	for name, tc := range map[string]struct {
		answer  *http.Response
		ask     []string
		granted []string // nil: an error
		told    map[string]bool
	}{
		"all":          {respond(200, `{"access_token":"t","scope":"`+lti.ScopeScore+` `+lti.ScopeMemberships+`"}`), []string{lti.ScopeScore, lti.ScopeMemberships}, []string{lti.ScopeScore, lti.ScopeMemberships}, map[string]bool{lti.ScopeScore: true, lti.ScopeMemberships: true}},
		"some":         {respond(200, `{"access_token":"t","scope":"`+lti.ScopeScore+`"}`), []string{lti.ScopeScore, lti.ScopeMemberships}, []string{lti.ScopeScore}, map[string]bool{lti.ScopeScore: true, lti.ScopeMemberships: false}},
		"none named":   {respond(200, `{"access_token":"t"}`), []string{lti.ScopeScore}, []string{lti.ScopeScore}, map[string]bool{lti.ScopeScore: true}},
		"others named": {respond(200, `{"access_token":"t","scope":"`+other+`"}`), []string{lti.ScopeScore}, []string{lti.ScopeScore}, map[string]bool{lti.ScopeScore: true}},
		"not this one": {respond(200, `{"access_token":"t","scope":"`+lti.ScopeMemberships+`"}`), []string{lti.ScopeScore}, nil, map[string]bool{lti.ScopeScore: false}},
		"refused":      {respond(400, `{"error":"invalid_scope"}`), []string{lti.ScopeScore}, nil, map[string]bool{lti.ScopeScore: false}},
		"a bundle":     {respond(400, `{"error":"invalid_scope"}`), []string{lti.ScopeScore, lti.ScopeMemberships}, nil, map[string]bool{}},
		"a bad key":    {respond(400, `{"error":"invalid_client"}`), []string{lti.ScopeScore}, nil, map[string]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			s.token = func(url.Values) *http.Response { return tc.answer }
			told := map[string]bool{}
			client := newClient(s, lti.WithOnScope(func(_ context.Context, scope string, granted bool) { told[scope] = granted }))
			granted, err := client.Grant(t.Context(), tc.ask...)
			if (err == nil) != (tc.granted != nil) || !slices.Equal(granted, tc.granted) {
				t.Errorf("granted %q, %v", granted, err)
			}
			if !maps.Equal(told, tc.told) || len(s.asked) != 1 {
				t.Errorf("told %v in %d requests", told, len(s.asked))
			}
		})
	}
}

// OWN-S09
func TestUnauthorizedRenewsOnce(t *testing.T) {
	s := newService()
	s.answer = func(r *http.Request) *http.Response {
		if r.Header.Get("Authorization") == "Bearer token-1" {
			return respond(http.StatusUnauthorized, "")
		}
		return respond(http.StatusNoContent, "")
	}
	client := newClient(s)
	for range 2 {
		if answer, err := client.Do(t.Context(), call); err != nil || answer.Status != http.StatusNoContent {
			t.Fatalf("%+v, %v", answer, err)
		}
	}
	if got := strings.Join(s.bearer, " "); got != "token-1 token-2 token-2" || s.bodies[1] != "body" {
		t.Errorf("tokens %s, bodies %q", got, s.bodies)
	}

	s.answer = func(*http.Request) *http.Response { return respond(http.StatusUnauthorized, `{"reason":"no"}`) }
	before := len(s.bearer)
	_, err := client.Do(t.Context(), call)
	if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Status != http.StatusUnauthorized || !refused.Permanent() || len(s.bearer) != before+2 {
		t.Errorf("%v after %d calls", err, len(s.bearer)-before)
	}
}

// OWN-S10
func TestOneTokenForManyCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gate := newService(), make(chan struct{})
		inner := s.doer.answer
		s.doer.answer = func(r *http.Request) (*http.Response, error) {
			<-gate
			return inner(r)
		}
		tokens, failed := lti.NewTokenCache(), make(chan error, 100)
		for range 100 {
			client := lti.NewClient(registration(), toolKey(), s, lti.WithTokens(tokens))
			go func() {
				_, err := client.Do(t.Context(), call)
				failed <- err
			}()
		}
		synctest.Wait()
		if s.count() != 1 {
			t.Errorf("%d requests under way, want 1", s.count())
		}
		close(gate)
		for range 100 {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
		if len(s.asked) != 1 || len(s.bodies) != 100 {
			t.Errorf("%d tokens for %d calls", len(s.asked), len(s.bodies))
		}
	})
}

// Tokens are kept apart by whatever makes them different.
func TestTokensAreKeptApart(t *testing.T) {
	s, tokens := newService(), lti.NewTokenCache()
	other := registration()
	other.ID = "r2"
	for name, client := range map[string]*lti.Client{
		"one":        lti.NewClient(registration(), toolKey(), s, lti.WithTokens(tokens)),
		"deployment": lti.NewClient(registration(), toolKey(), s, lti.WithTokens(tokens), lti.WithDeployment("d1")),
		"other":      lti.NewClient(other, toolKey(), s, lti.WithTokens(tokens)),
	} {
		for _, scopes := range [][]string{{"a"}, {"b"}, {"a", "b", "c"}, {"a", "c", "b"}, {"b", "a", "c"}} {
			before := len(s.asked)
			if _, err := client.Token(t.Context(), scopes...); err != nil {
				t.Fatal(err)
			}
			if calls, want := len(s.asked)-before, map[bool]int{true: 0, false: 1}[scopes[len(scopes)-1] == "b" && len(scopes) == 3]; calls != want {
				t.Errorf("%s %v: %d calls, want %d", name, scopes, calls, want)
			}
		}
	}
}

func TestEveryCallHasAUserAgent(t *testing.T) {
	for want, opts := range map[string][]lti.ClientOption{"greenroom-lti": nil, "tool/1": {lti.WithUserAgent("tool/1 (x)")}} {
		s := newService()
		if _, err := newClient(s, opts...).Do(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.calls {
			if got, _, _ := strings.Cut(r.Header.Get("User-Agent"), " ("); got != want {
				t.Errorf("%s as %q", r.URL, got)
			}
		}
	}
}
