package launch

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
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
		"scope":           {document.Scope, strings.Join([]string{lti.ScopeScore, lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeMemberships, lti.ScopeNoticeHandlers}, " ")},
		"method":          {document.Auth, "private_key_jwt"},
		"domain":          {document.Tool.Domain, "practice.example.com"},
		"target link URI": {document.Tool.Target, u.Launch(id)},
		"claims":          {strings.Join(document.Tool.Claims, " "), "iss sub name given_name family_name email locale"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if m := document.Tool.Messages; len(m) != 3 || m[2].Type != lti.MessageSubmissionReview || m[0].Type != lti.MessageResourceLink || m[1].Type != lti.MessageDeepLinking || m[1].Custom != nil {
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

// A platform may keep the key set for as long as we let it: that is well below
// the time for which a new key is published before it signs.
func TestKeySetMayBeKeptForLessThanANewKeyWaits(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	cached := h.get(h.kit.URLs.KeySet(h.ours.ID)).Header.Get("Cache-Control")
	_, seconds, ok := strings.Cut(cached, "max-age=")
	age, err := time.ParseDuration(seconds + "s")
	if ahead := (greenroom.KeyPolicy{}).OrUsual().Ahead; !ok || err != nil || !strings.Contains(cached, "public") || age < time.Minute || 4*age > ahead {
		t.Errorf("Cache-Control %q, %v", cached, err)
	}
}

// OWN-K01, OWN-K02: what both keys signed verifies by the key set while both
// are published; the signing key comes first; nothing private is in it.
func TestKeySetDuringARotation(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	read := func() *lti.KeySet {
		t.Helper()
		document := h.get(h.kit.URLs.KeySet(h.ours.ID)).body
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			if strings.Contains(document, `"`+private+`"`) {
				t.Errorf("the key set has a member %q", private)
			}
		}
		set, err := lti.ParseKeySet([]byte(document))
		if err != nil || len(set.Skipped) != 0 {
			t.Fatalf("%v, %v: %s", err, set.Skipped, document)
		}
		seen := map[string]bool{}
		for _, k := range set.Keys {
			if seen[k.ID] {
				t.Errorf("kid %s twice", k.ID)
			}
			seen[k.ID] = true
		}
		return set
	}
	sign := func() string {
		t.Helper()
		key, err := h.service.SigningKey(t.Context(), h.ours.ID)
		if err != nil {
			t.Fatal(err)
		}
		pair, err := h.service.Vault.OpenKey(h.ours.ID, key)
		if err != nil {
			t.Fatal(err)
		}
		token, err := lti.PrivateKey{ID: string(key.ID), RSA: pair}.Sign(t.Context(), map[string]any{"iss": "us"})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	verify := func(token string) error {
		set := read()
		_, err := jwt.Parse(token, func(token *jwt.Token) (any, error) {
			key, ok := set.Key(token.Header["kid"].(string))
			if !ok {
				return nil, errors.New("no such key")
			}
			return key, nil
		}, jwt.WithValidMethods([]string{"RS256"}))
		return err
	}
	before := sign()
	if _, err := h.service.RotateKey(t.Context(), greenroom.Operator(h.ours.ID), false); err != nil {
		t.Fatal(err)
	}
	if n := len(read().Keys); n != 2 {
		t.Errorf("%d keys right after the rotation", n)
	}
	h.clock.pass(24 * time.Hour)
	after := sign()
	set := read()
	if len(set.Keys) != 2 || strings.Split(before, ".")[0] == strings.Split(after, ".")[0] {
		t.Errorf("%d keys, signed by the same one", len(set.Keys))
	}
	for name, token := range map[string]string{"before": before, "after": after} {
		if err := verify(token); err != nil {
			t.Errorf("signed %s: %v", name, err)
		}
	}
	h.clock.pass(8 * 24 * time.Hour)
	if err := h.service.RotateDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if verify(before) == nil || verify(after) != nil {
		t.Error("after the overlap the old key still verifies, or the new one does not")
	}
}

// OWN-K03: a kid leads to one workspace's key set alone.
func TestKeySetsOfWorkspacesHaveNothingInCommon(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	kids := map[string]bool{}
	for _, w := range []greenroom.Workspace{h.ours, h.workspace("Support team")} {
		if _, err := h.service.RotateKey(t.Context(), greenroom.Operator(w.ID), false); err != nil {
			t.Fatal(err)
		}
		set, err := lti.ParseKeySet([]byte(h.get(h.kit.URLs.KeySet(w.ID)).body))
		if err != nil || len(set.Keys) != 2 {
			t.Fatalf("%v, %v", set, err)
		}
		for _, k := range set.Keys {
			if kids[k.ID] {
				t.Errorf("kid %s is in two key sets", k.ID)
			}
			kids[k.ID] = true
		}
	}
}

func TestCanvasReadsTheToolFromItsOwnDocument(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	e := h.kit.URLs.Endpoints(h.ours.ID, "")
	var document struct {
		Title      string   `json:"title"`
		Target     string   `json:"target_link_uri"`
		Login      string   `json:"oidc_initiation_url"`
		KeySet     string   `json:"public_jwk_url"`
		Scopes     []string `json:"scopes"`
		Extensions []struct {
			Platform string `json:"platform"`
			Settings struct {
				Placements []struct {
					Placement string `json:"placement"`
					Message   string `json:"message_type"`
					Target    string `json:"target_link_uri"`
				} `json:"placements"`
			} `json:"settings"`
		} `json:"extensions"`
	}
	if err := json.Unmarshal([]byte(h.get(e.Canvas).body), &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.Title, "Greenroom (") || document.Target != e.Launch || document.Login != e.Login || document.KeySet != e.KeySet {
		t.Errorf("document %+v", document)
	}
	if !slices.Contains(document.Scopes, lti.ScopeScore) || len(document.Extensions) != 1 || document.Extensions[0].Platform != "canvas.instructure.com" {
		t.Errorf("document %+v", document)
	}
	for _, p := range document.Extensions[0].Settings.Placements {
		if p.Target != e.Launch || p.Message == "" || p.Placement == "" {
			t.Errorf("placement %+v", p)
		}
	}
}

// The file is the key that signs, and its public half alone.
func TestThePublicKeyIsAFileOfItsOwn(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	e := h.kit.URLs.Endpoints(h.ours.ID, "")
	file := h.get(e.PEM)
	block, rest := pem.Decode([]byte(file.body))
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) != 0 || !strings.Contains(file.Header.Get("Content-Disposition"), "greenroom.pem") {
		t.Fatalf("%v: %s", file.Header, file.body)
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	set, err := lti.ParseKeySet([]byte(h.get(e.KeySet).body))
	if err != nil || !set.Keys[0].RSA.Equal(public) {
		t.Errorf("another key than in the key set (%v)", err)
	}
}
