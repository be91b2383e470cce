package dynreg_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

// answersOf returns what a real Moodle said in the recordings.
func answersOf(f *testing.F) (all []exchange) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("%d recordings (%v)", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var e exchange
		if err := json.Unmarshal(raw, &e); err != nil {
			f.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// wantProblem wants an error with a sentence for the administrator.
func wantProblem(t *testing.T, err error, step string) {
	t.Helper()
	p, ok := errors.AsType[*dynreg.Problem](err)
	if !ok || p.Step != step || p.Text == "" || len(p.Body) > 2<<10 || !utf8.ValidString(p.Body) {
		t.Fatalf("error %#v", err)
	}
}

// Whatever a platform shows as its configuration, what is taken is complete,
// on https and of the host that was asked; and the tool then asks for nothing
// that the platform does not list.
func FuzzConfiguration(f *testing.F) {
	for _, e := range answersOf(f) {
		f.Add(e.Response.Status, e.Response.Body)
	}
	sound := decodeSeed(f, "reg-02-openid-configuration")
	for name, value := range map[string]any{
		"issuer": "https://evil.example", "authorization_endpoint": "http://moodle.localhost:9443/", "token_endpoint": "https://u:p@moodle.localhost:9443/",
		"jwks_uri": nil, "registration_endpoint": "javascript:alert(1)", "scopes_supported": []any{5, lti.ScopeScore}, "id_token_signing_alg_values_supported": "RS256",
		" issuer ": "https://evil.example", platformKey: map[string]any{"messages_supported": []any{"LtiDeepLinkingRequest", map[string]any{"type": 5}, nil}},
	} {
		spoiled := decodeSeed(f, "reg-02-openid-configuration")
		spoiled[name] = value
		f.Add(200, encode(f, spoiled))
	}
	f.Add(200, encode(f, sound))
	for _, seed := range []string{``, `null`, `[]`, `{}`, `<html>`, `{"issuer":"https://moodle.localhost:9443#"}`} {
		f.Add(200, seed)
	}
	f.Fuzz(func(t *testing.T, status int, document string) {
		c, err := dynreg.Discover(t.Context(), answers(status, document), configurationURL, "t", dynreg.Options{})
		if err != nil {
			wantProblem(t, err, dynreg.StepConfiguration)
			return
		}
		for _, endpoint := range []string{c.Issuer, c.AuthorizationEndpoint, c.TokenEndpoint, c.JWKSURI, c.RegistrationEndpoint} {
			if u, err := url.Parse(endpoint); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
				t.Errorf("endpoint %q (%v)", endpoint, err)
			}
		}
		issuer, err := url.Parse(c.Issuer)
		if err != nil || !strings.EqualFold(issuer.Host, "moodle.localhost:9443") || issuer.RawQuery != "" || issuer.Fragment != "" {
			t.Errorf("issuer %q (%v)", c.Issuer, err)
		}
		wantNarrow(t, c)
	})
}

func wantNarrow(t *testing.T, c dynreg.PlatformConfiguration) {
	t.Helper()
	p := answers(200, `{"client_id":"c"}`)
	if _, err := dynreg.Register(t.Context(), p, c, "", stub()); err != nil {
		wantProblem(t, err, dynreg.StepRegistration)
		return
	}
	var sent struct {
		Scope string
		Tool  struct{ Messages []struct{ Type string } } `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
	}
	if err := json.Unmarshal([]byte(p.body), &sent); err != nil {
		t.Fatal(err)
	}
	for _, scope := range strings.Fields(sent.Scope) {
		if len(c.ScopesSupported) > 0 && !slices.Contains(c.ScopesSupported, scope) {
			t.Errorf("asks for scope %s of %q", scope, c.ScopesSupported)
		}
	}
	listed := func(kind string) bool {
		return kind == lti.MessageResourceLink || slices.ContainsFunc(c.MessagesSupported, func(m dynreg.Message) bool { return m.Type == kind })
	}
	for _, m := range sent.Tool.Messages {
		if len(c.MessagesSupported) > 0 && !listed(m.Type) {
			t.Errorf("asks for message %s of %+v", m.Type, c.MessagesSupported)
		}
	}
	if p.calls[0].Method != http.MethodPost || p.calls[0].URL.String() != c.RegistrationEndpoint && p.calls[0].URL.Host == "" {
		t.Errorf("registered at %s", p.calls[0].URL)
	}
}

// Whatever a platform answers to a registration, there is a client id or a
// problem, and every scope that was wanted is granted or missing.
func FuzzRegistered(f *testing.F) {
	for _, e := range answersOf(f) {
		f.Add(e.Response.Status, e.Response.Body)
	}
	for _, seed := range []string{
		`{"client_id":5}`, `{"client_id":""}`, `{"client_id":" "}`, `{"client_id":"c","scope":null}`, `{"client_id":"c","scope":[5,"a"]}`,
		`{"client_id":"c","registration_client_uri":"https://lms.example/r","registration_access_token":"t"," registration_access_token":"u"}`,
		`{"client_id":"c","registration_client_uri":"//evil","registration_access_token":{}}`,
		`{"client_id":"c","scope":""}`, `{"client_id":1e400,"scope":{}}`, `{"client_id":"c","` + toolKey + `":{"deployment_id":7}}`, `[]`, ``,
	} {
		f.Add(201, seed)
	}
	c := discovered(f)
	tool := stub()
	f.Fuzz(func(t *testing.T, status int, body string) {
		got, err := dynreg.Register(t.Context(), answers(status, body), c, "t", tool)
		if err != nil {
			wantProblem(t, err, dynreg.StepRegistration)
			return
		}
		if status/100 != 2 || got.ClientID == "" || strings.TrimSpace(got.ClientID) != got.ClientID {
			t.Errorf("status %d, %s: registered as %+v", status, body, got)
		}
		wantSealed(t, body, got)
		for _, scope := range tool.Scopes {
			if slices.Contains(got.Scopes, scope) == slices.Contains(got.Missing, scope) {
				t.Errorf("scope %s is both granted and missing, or neither: %+v", scope, got)
			}
		}
	})
}

// wantSealed wants the answer as it came, but for the token, and the token to go
// nowhere but over https.
func wantSealed(t *testing.T, body string, got dynreg.Registered) {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(got.Raw, &raw); err != nil {
		t.Fatalf("raw %s: %v", got.Raw, err)
	}
	if string(got.Raw) != body && !strings.Contains(body, "token") && !strings.Contains(body, `\u`) {
		t.Errorf("raw %s of %s", got.Raw, body)
	}
	for name := range raw {
		if strings.TrimSpace(name) == "registration_access_token" {
			t.Errorf("raw %s", got.Raw)
		}
	}
	m := got.Management
	if u, err := url.Parse(m.URL); m.URL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) || m.ClientID != got.ClientID {
		t.Errorf("management %+v", m)
	}
}

func decodeSeed(f *testing.F, name string) (document map[string]any) {
	f.Helper()
	if err := json.Unmarshal([]byte(recording(f, name).Response.Body), &document); err != nil {
		f.Fatal(err)
	}
	return document
}

func encode(f *testing.F, document map[string]any) string {
	f.Helper()
	b, err := json.Marshal(document)
	if err != nil {
		f.Fatal(err)
	}
	return string(b)
}
