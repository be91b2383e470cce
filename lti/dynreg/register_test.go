package dynreg_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

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
