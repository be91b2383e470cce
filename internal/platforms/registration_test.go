package platforms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

const (
	toolKey     = "https://purl.imsglobal.org/spec/lti-tool-configuration"
	platformKey = "https://purl.imsglobal.org/spec/lti-platform-configuration"
)

// registrar is an LMS that can be registered with. A test changes its document
// and its answer.
type registrar struct {
	*house
	document map[string]any
	answer   func(asked map[string]any) (status int, body any)
	asked    map[string]any
	bearers  []string
}

func newRegistrar(t *testing.T) *registrar {
	r := &registrar{house: newHouse(t)}
	at := r.lms.URL
	r.document = map[string]any{
		"issuer": at, "authorization_endpoint": at + "/auth", "token_endpoint": at + "/token",
		"jwks_uri": at + "/jwks", "registration_endpoint": at + "/register",
		"scopes_supported":                      []string{lti.ScopeScore, lti.ScopeLineItemReadOnly, lti.ScopeMemberships},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		platformKey:                             map[string]any{"product_family_code": "moodle", "version": "4.5"},
	}
	r.answer = func(asked map[string]any) (int, any) {
		tool := asked[toolKey].(map[string]any)
		tool["deployment_id"] = "1"
		asked["client_id"] = "abc"
		return http.StatusOK, asked
	}
	r.mux.HandleFunc("GET /openid-configuration", func(w http.ResponseWriter, q *http.Request) {
		r.bearers = append(r.bearers, q.Header.Get("Authorization"))
		_ = json.NewEncoder(w).Encode(r.document)
	})
	r.mux.HandleFunc("POST /register", func(w http.ResponseWriter, q *http.Request) {
		r.bearers = append(r.bearers, q.Header.Get("Authorization"))
		r.asked = nil
		if err := json.NewDecoder(q.Body).Decode(&r.asked); err != nil {
			t.Error(err)
		}
		status, body := r.answer(r.asked)
		w.WriteHeader(status)
		if text, plain := body.(string); plain {
			_, _ = w.Write([]byte(text))
			return
		}
		_ = json.NewEncoder(w).Encode(body)
	})
	r.mux.HandleFunc("GET /jwks", answers(http.StatusOK, string(keySet("lms-1"))))
	return r
}

func (r *registrar) register() (greenroom.Registered, error) {
	return r.platforms.Register(r.t.Context(), greenroom.RegistrationRequest{
		ConfigurationURL: r.lms.URL + "/openid-configuration", Token: "hush",
		Tool: greenroom.ToolEndpoints{
			Name: "Greenroom (Sales)", Login: "https://practice.example.com:8443/lti/w/login",
			Launch: "https://practice.example.com:8443/lti/w/launch", KeySet: "https://practice.example.com:8443/lti/w/jwks.json",
			Logo: "https://practice.example.com:8443/assets/logo.png",
		},
	})
}

func TestRegister(t *testing.T) {
	r := newRegistrar(t)
	got, err := r.register()
	if err != nil {
		t.Fatal(err)
	}
	at := r.lms.URL
	if got.Platform != "Moodle" || got.Product != "moodle" || got.Issuer != at || got.ClientID != "abc" || got.Deployment != "1" ||
		got.AuthURL != at+"/auth" || got.TokenURL != at+"/token" || got.KeySetURL != at+"/jwks" || got.Audience != "" ||
		string(got.KeySet) != string(keySet("lms-1")) {
		t.Errorf("registered %+v", got)
	}
	granted := []string{lti.ScopeScore, lti.ScopeLineItemReadOnly, lti.ScopeMemberships} // what this platform lists of it
	if !slices.Equal(got.Scopes, granted) || !slices.Equal(got.Missing, []string{lti.ScopeLineItem, lti.ScopeResultReadOnly}) {
		t.Errorf("granted %v, missing %v", got.Scopes, got.Missing)
	}
	tool := r.asked[toolKey].(map[string]any)
	if tool["domain"] != "practice.example.com:8443" {
		t.Errorf("domain %v: Moodle wants the port that the target names", tool["domain"])
	}
	if r.asked["scope"] != lti.ScopeScore+" "+lti.ScopeLineItemReadOnly+" "+lti.ScopeMemberships {
		t.Errorf("asked for %v", r.asked["scope"])
	}
	if !slices.Equal(r.bearers, []string{"Bearer hush", "Bearer hush"}) {
		t.Errorf("bearers %v", r.bearers)
	}
}

func TestRegisterAsksForNothingThatThePlatformDoesNotKnow(t *testing.T) {
	r := newRegistrar(t)
	r.document["scopes_supported"] = []string{lti.ScopeScore}
	got, err := r.register()
	if err != nil {
		t.Fatal(err)
	}
	if r.asked["scope"] != lti.ScopeScore || !slices.Equal(got.Scopes, []string{lti.ScopeScore}) ||
		!slices.Equal(got.Missing, []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeMemberships}) {
		t.Errorf("asked for %v, granted %v, missing %v", r.asked["scope"], got.Scopes, got.Missing)
	}
}

// Canvas' customers share its issuer, and show their configuration elsewhere.
func TestConfigurationHosts(t *testing.T) {
	for name, tc := range map[string]struct {
		product, issuer string
		hosts           bool
	}{
		"Canvas' own issuer":             {"canvas", "https://canvas.instructure.com", true},
		"that of its test installation":  {"canvas", "https://canvas.test.instructure.com", true},
		"somebody who calls itself that": {"canvas", "https://evil.example.com", false},
		"no issuer":                      {"canvas", "", false},
		"a product without exceptions":   {"moodle", "https://canvas.instructure.com", false},
	} {
		t.Run(name, func(t *testing.T) {
			hosts := configurationHosts(dynreg.PlatformConfiguration{ProductFamilyCode: tc.product, Issuer: tc.issuer})
			if (len(hosts) > 0) != tc.hosts || slices.Contains(hosts, "*") {
				t.Errorf("%q", hosts)
			}
		})
	}
}

func TestCanvasIsToldWhereInstructorsAddContent(t *testing.T) {
	r := newRegistrar(t)
	r.document[platformKey] = map[string]any{
		"product_family_code": "canvas", "version": "1",
		"messages_supported": []any{map[string]any{"type": lti.MessageDeepLinking, "placements": []string{"assignment_selection", "link_selection", "other"}}},
	}
	if _, err := r.register(); err != nil {
		t.Fatal(err)
	}
	tool := r.asked[toolKey].(map[string]any)
	if tool["https://canvas.instructure.com/lti/privacy_level"] != "public" {
		t.Errorf("privacy level %v", tool["https://canvas.instructure.com/lti/privacy_level"])
	}
	messages := tool["messages"].([]any)
	picks := messages[len(messages)-1].(map[string]any)
	if len(messages) != 2 || picks["type"] != lti.MessageDeepLinking || fmt.Sprint(picks["placements"]) != "[assignment_selection link_selection]" {
		t.Errorf("messages %v", messages)
	}
}

func TestRegistrationStandsWithoutKeySet(t *testing.T) {
	r := newRegistrar(t)
	r.document["jwks_uri"] = r.lms.URL + "/nothing-there"
	got, err := r.register()
	if err != nil || got.KeySet != nil {
		t.Errorf("registered %+v, %v", got, err)
	}
}

func TestPlatformsGetAName(t *testing.T) {
	for name, tc := range map[string]struct{ code, want string }{
		"known":                  {"moodle", "Moodle"},
		"known, in capitals":     {"BlackboardLearn", "Blackboard Learn"},
		"under its maker's name": {"desire2learn", "Brightspace"},
		"unknown":                {"homegrown", "127.0.0.1:"},
		"silent":                 {"", "127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistrar(t)
			r.document[platformKey] = map[string]any{"product_family_code": tc.code}
			got, err := r.register()
			if err != nil || !strings.HasPrefix(got.Platform, tc.want) {
				t.Errorf("%q, %v; want %q", got.Platform, err, tc.want)
			}
		})
	}
}

func TestFailedRegistrationsSayWhy(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(r *registrar)
		want  string
	}{
		"no token endpoint": {
			func(r *registrar) { delete(r.document, "token_endpoint") },
			"The LMS's configuration lacks token_endpoint.",
		},
		"several members are missing": {
			func(r *registrar) { delete(r.document, "jwks_uri"); delete(r.document, "authorization_endpoint") },
			"The LMS's configuration lacks authorization_endpoint, jwks_uri.",
		},
		"an endpoint over http": {
			func(r *registrar) { r.document["token_endpoint"] = "http://lms.example.com/token" },
			"In the LMS's configuration, token_endpoint is not https.",
		},
		"another host": {
			func(r *registrar) { r.document["issuer"] = "https://evil.example.com" },
			"The LMS calls itself evil.example.com, but its configuration came from 127.0.0.1:PORT.",
		},
		"the audience of another LMS": {
			func(r *registrar) { r.document["authorization_server"] = "https://other.example.com/token" },
			"In the LMS's configuration, authorization_server is neither on the LMS's own host nor on that of its token endpoint.",
		},
		"a vendor's audience without the vendor's token endpoint": {
			func(r *registrar) {
				r.document["authorization_server"] = "https://api.brightspace.com/auth/token"
				r.document["https://purl.imsglobal.org/spec/lti-platform-configuration"] = map[string]any{"product_family_code": "desire2learn"}
			},
			"In the LMS's configuration, authorization_server is neither on the LMS's own host nor on that of its token endpoint.",
		},
		"plain text from Moodle": {
			func(r *registrar) {
				r.answer = func(map[string]any) (int, any) { return http.StatusBadRequest, "domain_targetlinkuri_mismatch" }
			},
			"The LMS refused the registration: 400 domain_targetlinkuri_mismatch",
		},
		"used token": {
			func(r *registrar) {
				r.answer = func(map[string]any) (int, any) { return http.StatusUnauthorized, "token_already_used" }
			},
			"The LMS refused the registration: 401 token_already_used",
		},
		"no client ID": {
			func(r *registrar) {
				r.answer = func(map[string]any) (int, any) { return http.StatusOK, map[string]any{} }
			},
			"The LMS took the registration, but gave no client_id.",
		},
		"a page instead of a document": {
			func(r *registrar) {
				r.answer = func(map[string]any) (int, any) { return http.StatusOK, "<html>" }
			},
			"The LMS answered the registration with 200, but not with a JSON document.",
		},
		"an endpoint on a private network": {
			func(r *registrar) { r.document["registration_endpoint"] = "https://10.0.0.1/register" },
			"Greenroom could not reach the LMS: that address is on a private network; the operator can allow it with --allow-network.",
		},
		"an LMS that is switched off": {
			func(r *registrar) { r.lms.Close() },
			"Greenroom could not reach the LMS: 127.0.0.1 refused the connection.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistrar(t)
			tc.spoil(r)
			_, err := r.register()
			problem, ok := errors.AsType[*greenroom.RegistrationError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			want := strings.Replace(tc.want, "127.0.0.1:PORT", strings.TrimPrefix(r.lms.URL, "http://"), 1)
			if problem.Text != want {
				t.Errorf("it says %q, want %q", problem.Text, want)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Error("the registration token is in the error")
			}
		})
	}
}

func TestConfigurationURLsThatAreNotCalled(t *testing.T) {
	r := newRegistrar(t)
	r.platforms.development = false
	for address, want := range map[string]string{
		"":                                  "The address of the LMS's configuration is not a web address.",
		"openid-configuration":              "The address of the LMS's configuration is not a web address.",
		"http://lms.example.com/c":          "The address of the LMS's configuration is not https.",
		r.lms.URL + "/openid-configuration": "The address of the LMS's configuration is not https.",
		"https://user:x@lms.example.com/c":  "The address of the LMS's configuration holds a user name.",
		"https://169.254.169.254/latest":    "Greenroom could not reach the LMS: that address is on a private network; the operator can allow it with --allow-network.",
	} {
		_, err := r.platforms.Register(t.Context(), greenroom.RegistrationRequest{ConfigurationURL: address})
		problem, ok := errors.AsType[*greenroom.RegistrationError](err)
		if !ok || problem.Text != want {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

// updating is a token by which Moodle lets a registration be changed.
func updating() string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"RS256"}`) + "." + part(`{"sub":"7","scope":"reg-update"}`) + "." + part("signature")
}

func TestOnlyAToolOfThisWorkspaceIsUpdated(t *testing.T) {
	r := newRegistrar(t)
	r.mux.HandleFunc("GET /register", func(w http.ResponseWriter, q *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"client_id": "abc", toolKey: map[string]any{"deployment_id": "7"}})
	})
	for name, known := range map[string]bool{"another workspace's": false, "ours": true} {
		r.asked = nil
		registered, err := r.platforms.Register(t.Context(), greenroom.RegistrationRequest{
			ConfigurationURL: r.lms.URL + "/openid-configuration", Token: updating(),
			Known: func(_ context.Context, issuer, client string) (bool, error) {
				if issuer != r.lms.URL || client != "abc" {
					t.Errorf("asked for %s, %s", issuer, client)
				}
				return known, nil
			},
		})
		if known && (err != nil || !registered.Updated || registered.ClientID != "abc" || r.asked == nil) {
			t.Errorf("%s: %+v, %v", name, registered, err)
		}
		if problem, ok := errors.AsType[*greenroom.RegistrationError](err); !known && (!ok || !strings.Contains(problem.Text, "another workspace") || r.asked != nil) {
			t.Errorf("%s: %v; sent %v", name, err, r.asked)
		}
	}
}

func TestARegistrationIsChangedWhereThePlatformSays(t *testing.T) {
	r := newRegistrar(t)
	var put map[string]any
	r.mux.HandleFunc("PUT /registrations/abc", func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Authorization") != "Bearer open sesame" {
			t.Errorf("Authorization %q", q.Header.Get("Authorization"))
		}
		if err := json.NewDecoder(q.Body).Decode(&put); err != nil {
			t.Error(err)
		}
		put["registration_access_token"], put["registration_client_uri"] = "next sesame", r.lms.URL+"/registrations/abc"
		_ = json.NewEncoder(w).Encode(put)
	})
	c := greenroom.Connection{ClientID: "abc", RegistrationURL: r.lms.URL + "/registrations/abc", ConfigurationURL: r.lms.URL + "/openid-configuration"}
	registered, err := r.platforms.UpdateRegistration(t.Context(), c, "open sesame", greenroom.ToolEndpoints{Launch: "https://practice.example.com/lti/w/launch"})
	if err != nil || put["client_id"] != "abc" || registered.ManagementToken != "next sesame" || !slices.Contains(registered.Scopes, lti.ScopeScore) {
		t.Errorf("%+v, %v; sent %v", registered, err, put)
	}
}
