package launch

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestKeySetIsPublicAndHoldsNoSecret(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	document := h.get(h.kit.URLs.KeySet(h.ours.ID))
	for header, want := range map[string]string{
		"Content-Type":                "application/json",
		"Cache-Control":               "public, max-age=3600",
		"Access-Control-Allow-Origin": "*",
	} {
		if got := document.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	set, err := lti.ParseKeySet([]byte(document.body))
	if err != nil || len(set.Keys) != 1 || len(set.Skipped) != 0 {
		t.Fatalf("key set %v, %v: %s", set, err, document.body)
	}
	for _, private := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`} {
		if strings.Contains(document.body, private) {
			t.Errorf("the key set has a member %s", private)
		}
	}
	other, err := lti.ParseKeySet([]byte(h.get(h.kit.URLs.KeySet(h.workspace("Support team").ID)).body))
	if err != nil || other.Keys[0].RSA.Equal(set.Keys[0].RSA) {
		t.Errorf("two workspaces share a key (%v)", err)
	}
}

func TestOpenIDConfigurationNamesAllThatAnLMSNeeds(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	answer := h.get(h.kit.URLs.OpenIDConfiguration(h.ours.ID))
	if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("Access-Control-Allow-Origin: %q", got)
	}
	var document struct {
		Name      string   `json:"client_name"`
		Login     string   `json:"initiate_login_uri"`
		Redirects []string `json:"redirect_uris"`
		KeySet    string   `json:"jwks_uri"`
		Logo      string   `json:"logo_uri"`
		Scope     string   `json:"scope"`
		Auth      string   `json:"token_endpoint_auth_method"`
		Tool      struct {
			Domain   string   `json:"domain"`
			Target   string   `json:"target_link_uri"`
			Claims   []string `json:"claims"`
			Messages []struct {
				Type   string            `json:"type"`
				Custom map[string]string `json:"custom_parameters"`
			} `json:"messages"`
		} `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
	}
	if err := json.Unmarshal([]byte(answer.body), &document); err != nil {
		t.Fatalf("%v: %s", err, answer.body)
	}
	u, id := h.kit.URLs, h.ours.ID
	for what, pair := range map[string][2]string{
		"name":            {document.Name, "Greenroom (Sales team)"},
		"login URL":       {document.Login, u.Login(id)},
		"redirect URI":    {strings.Join(document.Redirects, " "), u.Launch(id)},
		"JWKS URL":        {document.KeySet, u.KeySet(id)},
		"logo":            {document.Logo, u.Logo()},
		"scope":           {document.Scope, lti.ScopeScore + " " + lti.ScopeLineItemReadOnly},
		"method":          {document.Auth, "private_key_jwt"},
		"domain":          {document.Tool.Domain, "practice.example.com"},
		"target link URI": {document.Tool.Target, u.Launch(id)},
		"claims":          {strings.Join(document.Tool.Claims, " "), "iss sub name given_name family_name email locale"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if m := document.Tool.Messages; len(m) != 1 || m[0].Type != lti.MessageResourceLink {
		t.Errorf("messages: %v", m)
	} else if _, named := m[0].Custom["scenario_id"]; !named {
		t.Errorf("the custom parameter of activities is not named: %v", m)
	}
}

func TestDocumentsOfNoWorkspaceAreNotFound(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	for _, address := range []string{h.kit.URLs.KeySet("nowhere"), h.kit.URLs.OpenIDConfiguration("nowhere"), h.kit.URLs.KeySet("sales-team")} {
		if answer := h.get(address); answer.StatusCode != http.StatusNotFound || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, Cache-Control %q", address, answer.StatusCode, answer.Header.Get("Cache-Control"))
		}
	}
}
