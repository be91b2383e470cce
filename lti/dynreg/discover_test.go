package dynreg_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

func TestDiscoverMoodle(t *testing.T) {
	for _, name := range []string{"reg-02-openid-configuration", "reg-03-openid-configuration-no-bearer"} {
		e := recording(t, name)
		p := answers(e.Response.Status, e.Response.Body)
		c, err := dynreg.Discover(t.Context(), p, configurationURL, "token", dynreg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r := p.calls[0]; r.Method != e.Request.Method || r.URL.String() != e.Request.URL || r.Header.Get("Authorization") != "Bearer token" || r.Header.Get("Accept") != "application/json" || r.Header.Get("User-Agent") == "" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		got := []string{c.Issuer, c.AuthorizationEndpoint, c.TokenEndpoint, c.JWKSURI, c.RegistrationEndpoint, c.AuthorizationServer, c.ProductFamilyCode, c.Version}
		want := []string{moodle, moodle + "/mod/lti/auth.php", moodle + "/mod/lti/token.php", moodle + "/mod/lti/certs.php", moodle + "/mod/lti/openid-registration.php", "", "moodle", "4.5.6 (Build: 20250811)"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		messages := []dynreg.Message{{Type: lti.MessageResourceLink}, {Type: lti.MessageDeepLinking, Placements: []string{"ContentArea"}}}
		if !reflect.DeepEqual(c.MessagesSupported, messages) || !slices.Contains(c.ScopesSupported, lti.ScopeScore) || !slices.Contains(c.Variables, "Context.id.history") || !slices.Contains(c.ClaimsSupported, "email") {
			t.Errorf("configuration %+v", c)
		}
	}
}

// A document is a configuration that would pass, for a test to spoil.
type document map[string]any

func sound() document {
	return document{
		"issuer": "https://lms.example", "authorization_endpoint": "https://auth.lms.example/auth",
		"token_endpoint": "https://lms.example/token", "jwks_uri": "https://lms.example/jwks",
		"registration_endpoint":                 "https://lms.example/register?x=1",
		"id_token_signing_alg_values_supported": []string{"RS256"},
		platformKey:                             map[string]any{"product_family_code": "sakai"},
	}
}

func discover(t *testing.T, d document, from string, o dynreg.Options) (dynreg.PlatformConfiguration, error) {
	t.Helper()
	body, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return dynreg.Discover(t.Context(), answers(http.StatusOK, string(body)), from, "", o)
}

const notOurs = "In the LMS's configuration, authorization_server is neither on the LMS's own host nor on that of its token endpoint."

func TestSpoiledConfigurations(t *testing.T) {
	set := func(name string, value any) func(document) { return func(d document) { d[name] = value } }
	drop := func(names ...string) func(document) {
		return func(d document) {
			for _, name := range names {
				delete(d, name)
			}
		}
	}
	for name, row := range map[string]struct {
		spoil  func(document)
		member string
		text   string
	}{
		"OWN-R03 no registration_endpoint": {drop("registration_endpoint"), "registration_endpoint", "The LMS's configuration lacks registration_endpoint."},
		"OWN-R03 no jwks_uri":              {drop("jwks_uri"), "jwks_uri", "The LMS's configuration lacks jwks_uri."},
		"OWN-R03 no algorithms":            {drop("id_token_signing_alg_values_supported"), "RS256 in id_token_signing_alg_values_supported", "The LMS's configuration lacks RS256 in id_token_signing_alg_values_supported."},
		"OWN-R03 other algorithms":         {set("id_token_signing_alg_values_supported", []string{"ES256"}), "RS256 in id_token_signing_alg_values_supported", "The LMS's configuration lacks RS256 in id_token_signing_alg_values_supported."},
		"several missing":                  {drop("issuer", "jwks_uri"), "issuer, jwks_uri", "The LMS's configuration lacks issuer, jwks_uri."},
		"token_endpoint as list":           {set("token_endpoint", []string{"https://lms.example/token"}), "token_endpoint", "The LMS's configuration lacks token_endpoint."},
		"OWN-R02 issuer elsewhere":         {set("issuer", "https://evil.example"), "issuer", "The LMS calls itself evil.example, but its configuration came from lms.example."},
		"OWN-R02 issuer on another port":   {set("issuer", "https://lms.example:8443"), "issuer", "The LMS calls itself lms.example:8443, but its configuration came from lms.example."},
		"OWN-R02 issuer is a parent":       {set("issuer", "https://example"), "issuer", "The LMS calls itself example, but its configuration came from lms.example."},
		"issuer over http":                 {set("issuer", "http://lms.example"), "issuer", "In the LMS's configuration, issuer is not https."},
		"issuer with query":                {set("issuer", "https://lms.example?a=b"), "issuer", "In the LMS's configuration, issuer has a query or a fragment."},
		"issuer with empty query":          {set("issuer", "https://lms.example?"), "issuer", "In the LMS's configuration, issuer has a query or a fragment."},
		"issuer with fragment":             {set("issuer", "https://lms.example#x"), "issuer", "In the LMS's configuration, issuer has a query or a fragment."},
		"issuer is a name":                 {set("issuer", "123456"), "issuer", "In the LMS's configuration, issuer is not a web address."},
		"token endpoint over http":         {set("token_endpoint", "http://lms.example/token"), "token_endpoint", "In the LMS's configuration, token_endpoint is not https."},
		"keys on disk":                     {set("jwks_uri", "file:///etc/passwd"), "jwks_uri", "In the LMS's configuration, jwks_uri is not a web address."},
		"registration with a user":         {set("registration_endpoint", "https://u:p@lms.example/"), "registration_endpoint", "In the LMS's configuration, registration_endpoint holds a user name."},
		"login as script":                  {set("authorization_endpoint", "javascript:alert(1)"), "authorization_endpoint", "In the LMS's configuration, authorization_endpoint is not a web address."},
		"shared secrets only":              {set("token_endpoint_auth_methods_supported", []string{"client_secret_basic"}), "token_endpoint_auth_methods_supported", "The LMS does not take private_key_jwt at its token endpoint."},
		"audience of another LMS":          {set("authorization_server", "https://other.example/token"), "authorization_server", notOurs},
		"audience is a parent":             {set("authorization_server", "https://example/token"), "authorization_server", notOurs},
		"audience only sounds like us":     {set("authorization_server", "https://evillms.example/token"), "authorization_server", notOurs},
		"audience on another port":         {set("authorization_server", "https://lms.example:8443/token"), "authorization_server", notOurs},
		"audience with a user":             {set("authorization_server", "https://other.example@lms.example/token"), "authorization_server", notOurs},
		"audience is a name":               {set("authorization_server", "urn:other"), "authorization_server", notOurs},
		"codes only":                       {set("response_types_supported", []string{"code"}), "response_types_supported", "The LMS does not answer logins with an id_token."},
	} {
		t.Run(name, func(t *testing.T) {
			d := sound()
			row.spoil(d)
			_, err := discover(t, d, "https://lms.example/.well-known/openid-configuration", dynreg.Options{})
			problem, ok := errors.AsType[*dynreg.Problem](err)
			if !ok || problem.Step != dynreg.StepConfiguration || problem.Member != row.member || problem.Text != row.text {
				t.Errorf("problem %+v", err)
			}
		})
	}
}

func TestSoundConfigurations(t *testing.T) {
	for name, row := range map[string]struct {
		change func(document)
		from   string
		check  func(dynreg.PlatformConfiguration) bool
	}{
		"as it is":              {func(document) {}, "https://lms.example/c", func(c dynreg.PlatformConfiguration) bool { return c.ProductFamilyCode == "sakai" && c.Version == "" }},
		"port of https written": {func(document) {}, "https://LMS.example:443/c?token=x", func(dynreg.PlatformConfiguration) bool { return true }},
		"issuer with path":      {func(d document) { d["issuer"] = "https://lms.example/tenant" }, "https://lms.example/c", func(c dynreg.PlatformConfiguration) bool { return c.Issuer == "https://lms.example/tenant" }},
		"authorization server":  {func(d document) { d["authorization_server"] = "https://api.lms.example" }, "https://lms.example/c", func(c dynreg.PlatformConfiguration) bool { return c.AuthorizationServer == "https://api.lms.example" }},
		"token host's audience": {func(d document) {
			d["token_endpoint"], d["authorization_server"] = "https://auth.vendor.example/token", "https://AUTH.vendor.example:443/as"
		}, "https://lms.example/c", func(c dynreg.PlatformConfiguration) bool {
			return c.AuthorizationServer == "https://AUTH.vendor.example:443/as"
		}},
		"no LTI part": {func(d document) { delete(d, platformKey) }, "https://lms.example/c", func(c dynreg.PlatformConfiguration) bool { return c.ProductFamilyCode == "" }},
		"OWN-R04 old Moodle": {func(d document) {
			delete(d, platformKey)
			d[platformKey+" "] = map[string]any{"product_family_code": "moodle", "messages_supported": []any{"LtiResourceLinkRequest", map[string]any{"type": "LtiDeepLinkingRequest"}, 5}}
		}, "https://lms.example/c", func(c dynreg.PlatformConfiguration) bool {
			return c.ProductFamilyCode == "moodle" && len(c.MessagesSupported) == 2 && c.MessagesSupported[0].Type == lti.MessageResourceLink
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := sound()
			row.change(d)
			c, err := discover(t, d, row.from, dynreg.Options{})
			if err != nil || !row.check(c) {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
}

// OWN-R01
func TestUnreadableConfigurations(t *testing.T) {
	for name, row := range map[string]struct {
		from   string
		p      *platform
		status int
		text   string
		calls  int
	}{
		"http":        {"http://lms.example/c", answers(200, "{}"), 0, "The address of the LMS's configuration is not https.", 0},
		"file":        {"file:///etc/passwd", answers(200, "{}"), 0, "The address of the LMS's configuration is not a web address.", 0},
		"user":        {"https://u@lms.example/", answers(200, "{}"), 0, "The address of the LMS's configuration holds a user name.", 0},
		"line break":  {"https://lms.example/\r\n", answers(200, "{}"), 0, "The address of the LMS's configuration is not a web address.", 0},
		"empty":       {"", answers(200, "{}"), 0, "The address of the LMS's configuration is not a web address.", 0},
		"HTML":        {"https://lms.example/c", answers(200, "<html>Sign in</html>"), 0, "What the LMS shows as its configuration is not a JSON document.", 1},
		"a list":      {"https://lms.example/c", answers(200, "[]"), 0, "What the LMS shows as its configuration is not a JSON document.", 1},
		"null":        {"https://lms.example/c", answers(200, "null"), 0, "What the LMS shows as its configuration is not a JSON document.", 1},
		"100 MB":      {"https://lms.example/c", answers(200, strings.Repeat(" ", 100<<20)), 0, "The LMS gave no answer that can be read.", 1},
		"redirect":    {"https://lms.example/c", answers(302, ""), 302, "The LMS refused to show its configuration: 302 Found", 1},
		"404, a page": {"https://lms.example/c", answers(404, "<html><head><title>Oh no</title></head><body>Not <b>here</b></body></html>"), 404, "The LMS refused to show its configuration: 404 Oh no Not here", 1},
		"no answer":   {"https://lms.example/c", &platform{err: errors.New("connection refused")}, 0, "The LMS gave no answer that can be read.", 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dynreg.Discover(t.Context(), row.p, row.from, "secret-token", dynreg.Options{})
			problem, ok := errors.AsType[*dynreg.Problem](err)
			if !ok || problem.Text != row.text || problem.Status != row.status || len(row.p.calls) != row.calls {
				t.Errorf("problem %+v after %d calls", err, len(row.p.calls))
			}
			if strings.Contains(err.Error(), "secret-token") {
				t.Errorf("tells the token: %v", err)
			}
		})
	}
}

// http is for addresses that the caller names.
func TestAllowHTTP(t *testing.T) {
	local := dynreg.Options{AllowHTTP: func(u *url.URL) bool { return u.Hostname() == "localhost" }}
	d := sound()
	for _, name := range []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"} {
		d[name] = "http://localhost:8081/" + name
	}
	if _, err := discover(t, d, "http://localhost:8081/c", local); err != nil {
		t.Error(err)
	}
	if _, err := discover(t, d, "http://localhost:8081/c", dynreg.Options{}); err == nil {
		t.Error("http is taken from anybody")
	}
	d["token_endpoint"] = "http://lms.example/token"
	if _, err := discover(t, d, "http://localhost:8081/c", local); err == nil {
		t.Error("http is taken anywhere")
	}
}
