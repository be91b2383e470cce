package dynreg_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

const (
	moodle           = "https://moodle.localhost:9443"
	configurationURL = moodle + "/mod/lti/openid-configuration.php"
	platformKey      = "https://purl.imsglobal.org/spec/lti-platform-configuration"
	toolKey          = "https://purl.imsglobal.org/spec/lti-tool-configuration"
)

// A platform answers every call in one way and keeps what it was sent.
type platform struct {
	response func() *http.Response
	err      error
	calls    []*http.Request
	body     string
}

func (p *platform) Do(r *http.Request) (*http.Response, error) {
	p.calls = append(p.calls, r)
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		p.body = string(body)
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.response(), nil
}

func answers(status int, body string) *platform {
	return &platform{response: func() *http.Response {
		return &http.Response{
			StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)),
			Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
		}
	}}
}

// An exchange is one recorded call of a real Moodle.
type exchange struct {
	Request struct {
		Method, URL, Body string
	}
	Response struct {
		Status int
		Body   string
	}
}

func recording(t *testing.T, name string) exchange {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var e exchange
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// stub is the tool of the recordings.
func stub() dynreg.ToolConfiguration {
	return dynreg.ToolConfiguration{
		Name: "Stub Tool", Description: "A stub tool",
		LoginURL: "https://tool.localhost:9444/login", LaunchURL: "https://tool.localhost:9444/launch",
		RedirectURLs: []string{"https://tool.localhost:9444/launch", "https://tool.localhost:9444/deeplink"},
		KeySetURL:    "https://tool.localhost:9444/jwks", LogoURL: "https://tool.localhost:9444/logo.png",
		HomeURL: "https://tool.localhost:9444/", TermsURL: "https://tool.localhost:9444/tos",
		PolicyURL: "https://tool.localhost:9444/policy", Contacts: []string{"ops@example.test"},
		Scopes: []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore, lti.ScopeMemberships},
		Claims: []string{"iss", "sub", "name", "given_name", "family_name", "email"},
		Custom: map[string]string{"tool_level": "from-registration", "context_history": "$Context.id.history"},
		Messages: []dynreg.Message{
			{Type: lti.MessageResourceLink, TargetLinkURI: "https://tool.localhost:9444/launch", Label: "Stub"},
			{Type: lti.MessageDeepLinking, TargetLinkURI: "https://tool.localhost:9444/deeplink", Label: "Pick content", Placements: []string{"ContentArea"}, Custom: map[string]string{"dl": "1"}},
		},
	}
}

func discovered(t *testing.T) dynreg.PlatformConfiguration {
	t.Helper()
	e := recording(t, "reg-02-openid-configuration")
	c, err := dynreg.Discover(t.Context(), answers(e.Response.Status, e.Response.Body), configurationURL, "", dynreg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

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
		"no LTI part":           {func(d document) { delete(d, platformKey) }, "https://lms.example/c", func(c dynreg.PlatformConfiguration) bool { return c.ProductFamilyCode == "" }},
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

// What is sent equals what Moodle was sent, and took.
func TestRegistrationOnTheWire(t *testing.T) {
	e := recording(t, "reg-30-registration-success")
	p := answers(e.Response.Status, e.Response.Body)
	got, err := dynreg.Register(t.Context(), p, discovered(t), "token", stub())
	if err != nil {
		t.Fatal(err)
	}
	r := p.calls[0]
	if r.Method != http.MethodPost || r.URL.String() != e.Request.URL || r.Header.Get("Authorization") != "Bearer token" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	sent, want := decode(t, p.body), decode(t, e.Request.Body)
	sent["grant_types"], want["grant_types"] = nil, nil // a set, in any order
	if !reflect.DeepEqual(sent, want) {
		t.Errorf("sent %v\nwant %v", sent, want)
	}
	if got.ClientID != "neIBJvaaMrFfHFO" || got.DeploymentID != "1" || len(got.Scopes) != 5 || len(got.Missing) != 0 || string(got.Raw) != e.Response.Body {
		t.Errorf("registered %+v", got)
	}
}

func decode(t *testing.T, document string) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(document), &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// Every recorded answer to a registration.
func TestMoodleRegistrations(t *testing.T) {
	type want struct {
		client, deployment string
		missing            int
		text               string
	}
	refused := func(text string) want { return want{text: "The LMS refused the registration: " + text} }
	page := func(text string) want { return refused("404 Error | EXU Exception - " + text) }
	table := map[string]want{
		"reg-10-error-no-bearer":                          refused("401 missing_registration_token"),
		"reg-11-error-garbage-bearer":                     page("Wrong number of segments"),
		"reg-12-error-tampered-bearer":                    page("Signature verification failed"),
		"reg-13-error-own-signed-bearer":                  page("Signature verification failed"),
		"reg-15-error-body-not-json":                      page(`mod_lti\local\ltiopenid\registration_helper::registration_to_config(): Argument #1 ($registrationpayload) must be of type array, null given, called in [dirroot]/mod/lti/openid-registration.php on line 54`),
		"reg-16-error-empty-object":                       refused("400 missing required attribute response_types"),
		"reg-17-error-missing-client_name":                refused("400 missing required attribute client_name"),
		"reg-17-error-missing-initiate_login_uri":         refused("400 missing required attribute initiate_login_uri"),
		"reg-17-error-missing-jwks_uri":                   refused("400 missing required attribute jwks_uri"),
		"reg-17-error-missing-lti-tool-configuration":     refused("400 missing required attribute https://purl.imsglobal.org/spec/lti-tool-configuration"),
		"reg-17-error-missing-redirect_uris":              refused("400 missing required attribute redirect_uris"),
		"reg-17-error-missing-response_types":             refused("400 missing required attribute response_types"),
		"reg-17-error-missing-token_endpoint_auth_method": refused("400 missing required attribute token_endpoint_auth_method"),
		"reg-18-error-no-domain":                          refused("400 missing_domain"),
		"reg-19-error-domain-mismatch":                    refused("400 domain_targetlinkuri_mismatch"),
		"reg-19-error-domain-without-port":                refused("400 domain_targetlinkuri_mismatch"),
		"reg-20-error-response-types":                     refused("400 invalid_response_types"),
		"reg-21-error-auth-method":                        refused("400 invalid_token_endpoint_auth_method"),
		"reg-22-error-application-type":                   refused("400 invalid_application_type"),
		"reg-23-error-redirect-uris-string":               refused("400 invalid_redirect_uris"),
		"reg-24-error-method-put":                         refused("400 Unsupported operation"),
		"reg-30-registration-success":                     {client: "neIBJvaaMrFfHFO", deployment: "1"},
		"reg-31-error-token-used-again":                   refused("401 token_already_used"),
		"reg2-update-03-post":                             {client: "neIBJvaaMrFfHFO", deployment: "1"},
		"reg2-update-04-post-again":                       {client: "neIBJvaaMrFfHFO", deployment: "1"},
		"reg3-minimal-02-success":                         {client: "Sduy4kzNdFA2lmE", deployment: "2", missing: 5},
		"reg4-score-only-02-success":                      {client: "pPD5LFR4o4gahyv", deployment: "4", missing: 1},
	}
	seen := 0
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		e := recording(t, name)
		if e.Request.Method == http.MethodGet {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			want, listed := table[name]
			if !listed {
				t.Fatal("this recording has no row")
			}
			got, err := dynreg.Register(t.Context(), answers(e.Response.Status, e.Response.Body), discovered(t), "token", stub())
			if want.text != "" {
				problem, ok := errors.AsType[*dynreg.Problem](err)
				if !ok || len([]rune(problem.Text)) > 400 || !strings.HasPrefix(want.text, strings.TrimSuffix(problem.Text, "…")) || problem.Status != e.Response.Status || problem.Step != dynreg.StepRegistration {
					t.Errorf("problem %+v\nwant %s", err, want.text)
				}
				return
			}
			if err != nil || got.ClientID != want.client || got.DeploymentID != want.deployment || len(got.Missing) != want.missing {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if seen != len(table) {
		t.Errorf("%d recordings for %d rows", seen, len(table))
	}
}

func TestRegistrationAnswers(t *testing.T) {
	all := stub().Scopes
	for name, row := range map[string]struct {
		status  int
		body    string
		want    dynreg.Registered
		problem string
	}{
		"201, Canvas": {201, `{"client_id":"10000000000001","scope":"` + lti.ScopeScore + `"}`,
			dynreg.Registered{ClientID: "10000000000001", Scopes: []string{lti.ScopeScore}, Missing: without(all, lti.ScopeScore)}, ""},
		"client id and deployment as numbers": {200, `{"client_id":10000000000001,"` + toolKey + `":{"deployment_id":12345678901234567890}}`,
			dynreg.Registered{ClientID: "10000000000001", DeploymentID: "12345678901234567890", Scopes: all}, ""},
		"scopes in a list": {200, `{"client_id":"c","scope":["` + lti.ScopeScore + `"]}`,
			dynreg.Registered{ClientID: "c", Scopes: []string{lti.ScopeScore}, Missing: without(all, lti.ScopeScore)}, ""},
		"OWN-R09 no scope granted": {200, `{"client_id":"c","scope":""}`, dynreg.Registered{ClientID: "c", Missing: all}, ""},
		"OWN-R09 more granted":     {200, `{"client_id":"c","scope":"` + strings.Join(all, " ") + ` x"}`, dynreg.Registered{ClientID: "c", Scopes: append(slices.Clone(all), "x")}, ""},
		"scope null":               {200, `{"client_id":"c","scope":null}`, dynreg.Registered{ClientID: "c", Scopes: all}, ""},
		"no client id":             {200, `{"client_name":"x"}`, dynreg.Registered{}, "The LMS took the registration, but gave no client_id."},
		"client id empty":          {201, `{"client_id":" "}`, dynreg.Registered{}, "The LMS took the registration, but gave no client_id."},
		"client id null":           {201, `{"client_id":null}`, dynreg.Registered{}, "The LMS took the registration, but gave no client_id."},
		"HTML with 200":            {200, `<html>`, dynreg.Registered{}, "The LMS answered the registration with 200, but not with a JSON document."},
		"OWN-R08 JSON error":       {400, `{"error":"invalid_redirect_uri","error_description":"<b>no</b>"}`, dynreg.Registered{}, "The LMS refused the registration: 400 invalid_redirect_uri: <b>no</b>"},
		"OWN-R08 empty error":      {403, ``, dynreg.Registered{}, "The LMS refused the registration: 403 Forbidden"},
		"OWN-R08 long error":       {500, long(5000), dynreg.Registered{}, "The LMS refused the registration: 500 " + long(300) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := discovered(t)
			got, err := dynreg.Register(t.Context(), answers(row.status, row.body), cfg, "", stub())
			if row.problem != "" {
				problem, ok := errors.AsType[*dynreg.Problem](err)
				if !ok || problem.Text != row.problem || problem.Status != row.status {
					t.Errorf("problem %+v, want %s", err, row.problem)
				}
				return
			}
			if err != nil || got.ClientID != row.want.ClientID || got.DeploymentID != row.want.DeploymentID || !slices.Equal(got.Scopes, row.want.Scopes) || !sameSet(got.Missing, row.want.Missing) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, row.want)
			}
		})
	}
}

func long(n int) string { return strings.Repeat("x", n) }

func without(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// Canvas fails a registration for one scope that it does not know: only what
// is listed is asked for, and what was wanted is told as missing.
func TestOnlyWhatIsListedIsAskedFor(t *testing.T) {
	cfg := discovered(t)
	cfg.ScopesSupported = []string{lti.ScopeScore}
	cfg.MessagesSupported = []dynreg.Message{{Type: lti.MessageDeepLinking, Placements: []string{"RichTextEditor"}}}
	p := answers(201, `{"client_id":"c"}`)
	got, err := dynreg.Register(t.Context(), p, cfg, "", stub())
	if err != nil || !slices.Equal(got.Scopes, []string{lti.ScopeScore}) || !sameSet(got.Missing, without(stub().Scopes, lti.ScopeScore)) {
		t.Errorf("%+v, %v", got, err)
	}
	sent := decode(t, p.body)
	messages := sent[toolKey].(map[string]any)["messages"].([]any)
	if sent["scope"] != lti.ScopeScore || len(messages) != 2 {
		t.Errorf("sent %v", sent)
	}
	if _, placed := messages[1].(map[string]any)["placements"]; placed {
		t.Errorf("asks for a placement that is not listed: %v", messages[1])
	}
	cfg.MessagesSupported = []dynreg.Message{{Type: lti.MessageResourceLink}}
	if _, err := dynreg.Register(t.Context(), p, cfg, "", stub()); err != nil || strings.Contains(p.body, lti.MessageDeepLinking) {
		t.Errorf("asks for a message that is not listed: %s, %v", p.body, err)
	}
	cfg.ScopesSupported, cfg.MessagesSupported = nil, nil
	if _, err := dynreg.Register(t.Context(), p, cfg, "", stub()); err != nil || !strings.Contains(p.body, lti.ScopeMemberships) || !strings.Contains(p.body, lti.MessageDeepLinking) {
		t.Errorf("asks a silent platform for less: %s, %v", p.body, err)
	}
	if r := p.calls[0]; r.Header.Get("Authorization") != "" {
		t.Errorf("an empty token was sent: %v", r.Header)
	}
}

// The smallest tool: no member is null or empty but scope.
func TestSmallestDocument(t *testing.T) {
	got := dynreg.Document(dynreg.ToolConfiguration{
		Name: "T", LoginURL: "https://t.example/login", LaunchURL: "https://t.example:8443/launch", KeySetURL: "https://t.example/jwks",
	})
	want := map[string]any{
		"application_type": "web", "response_types": []string{"id_token"}, "grant_types": []string{"implicit", "client_credentials"},
		"initiate_login_uri": "https://t.example/login", "redirect_uris": []string{"https://t.example:8443/launch"},
		"client_name": "T", "jwks_uri": "https://t.example/jwks", "token_endpoint_auth_method": "private_key_jwt", "scope": "",
		toolKey: map[string]any{
			// With the port: Moodle compares it with the target's host as it stands.
			"domain": "t.example:8443", "target_link_uri": "https://t.example:8443/launch",
			"claims": []string{"iss", "sub"}, "messages": []map[string]any{},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
