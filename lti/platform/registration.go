package platform

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

const (
	toolClaim     = "https://purl.imsglobal.org/spec/lti-tool-configuration"
	platformClaim = "https://purl.imsglobal.org/spec/lti-platform-configuration"
)

// OpenRegistration returns the URL that the browser of an administrator is to
// open to register a tool: the tool's registration URL with
// openid_configuration and a one-time registration_token (Dynamic Registration
// 1.0 §3.3).
func (p *Platform) OpenRegistration(toolRegistrationURL string) (string, error) {
	u, err := url.Parse(toolRegistrationURL)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	token := p.token(16)
	p.registrations[token] = p.token(8)
	q := url.Values{"openid_configuration": {p.ConfigurationURL()}, "registration_token": {token}}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += q.Encode()
	return u.String(), nil
}

func (p *Platform) configuration(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, 200, "application/json; charset=utf-8", map[string]any{
		"issuer": p.issuer, "authorization_endpoint": p.AuthURL(), "token_endpoint": p.TokenURL(),
		"jwks_uri": p.KeySetURL(), "registration_endpoint": p.registrationURL(),
		"scopes_supported":                                 append([]string{"openid", lti.ScopeLineItem, lti.ScopeMemberships}, usualScopes...),
		"response_types_supported":                         []string{"id_token"},
		"subject_types_supported":                          []string{"public", "pairwise"},
		"id_token_signing_alg_values_supported":            []string{"RS256"},
		"token_endpoint_auth_methods_supported":            []string{"private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"RS256"},
		"claims_supported":                                 []string{"sub", "iss", "name", "given_name", "family_name", "email"},
		platformClaim: map[string]any{
			"product_family_code": p.profile.ProductFamilyCode, "version": p.profile.Version,
			"messages_supported": []map[string]any{{"type": lti.MessageResourceLink}},
			"variables":          []string{"Context.id", "ResourceLink.id", "User.id"},
		},
	})
}

// wanted is what a tool asks for.
type wanted struct {
	ApplicationType string          `json:"application_type"`
	ResponseTypes   []string        `json:"response_types"`
	GrantTypes      []string        `json:"grant_types"`
	LoginURL        string          `json:"initiate_login_uri"`
	RedirectURIs    json.RawMessage `json:"redirect_uris"`
	Name            string          `json:"client_name"`
	KeySetURL       string          `json:"jwks_uri"`
	LogoURL         string          `json:"logo_uri,omitempty"`
	AuthMethod      string          `json:"token_endpoint_auth_method"`
	Scope           string          `json:"scope"`
	Tool            struct {
		Domain        string            `json:"domain"`
		TargetLinkURI string            `json:"target_link_uri"`
		Description   string            `json:"description,omitempty"`
		Custom        map[string]string `json:"custom_parameters,omitempty"`
		Claims        []string          `json:"claims,omitempty"`
	} `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
}

// register is the registration endpoint. A refusal does not use up the token.
func (p *Platform) register(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Register) {
		return
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	clientID, known := p.registrations[token]
	p.mu.Unlock()
	switch {
	case !ok || token == "":
		plain(w, 401, "missing_registration_token")
		return
	case !known:
		plain(w, 404, "")
		return
	case clientID == "":
		plain(w, 401, "token_already_used")
		return
	case r.Method == http.MethodGet: // there is no registration to read yet
		plain(w, 404, "")
		return
	case r.Method != http.MethodPost:
		plain(w, 400, "Unsupported operation")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var members map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &members) != nil {
		plain(w, 404, "")
		return
	}
	var ask wanted
	redirects, problem := readWanted(members, body, &ask)
	if problem != "" {
		plain(w, 400, problem)
		return
	}
	p.mu.Lock()
	p.registrations[token] = ""
	t := p.addTool(ToolSettings{
		Name: ask.Name, ToolURL: ask.Tool.TargetLinkURI, LoginURL: ask.LoginURL, RedirectURIs: redirects,
		KeySetURL: ask.KeySetURL, Custom: ask.Tool.Custom, Scopes: grantable(ask.Scope), ClientID: clientID,
	})
	p.mu.Unlock()
	p.registered(w, t, ask, redirects)
}

// readWanted checks a registration in Moodle's order and words.
func readWanted(members map[string]json.RawMessage, body []byte, ask *wanted) (redirects []string, problem string) {
	for _, name := range []string{"response_types", "initiate_login_uri", "client_name", "jwks_uri", "token_endpoint_auth_method", toolClaim, "redirect_uris"} {
		if _, has := members[name]; !has {
			return nil, "missing required attribute " + name
		}
	}
	if err := json.Unmarshal(body, ask); err != nil {
		return nil, "invalid_client_metadata"
	}
	if target, err := url.Parse(ask.Tool.TargetLinkURI); ask.Tool.Domain == "" {
		return nil, "missing_domain"
	} else if err != nil || strings.TrimPrefix(target.Host, "www.") != strings.TrimPrefix(ask.Tool.Domain, "www.") {
		return nil, "domain_targetlinkuri_mismatch"
	}
	switch {
	case !slices.Contains(ask.ResponseTypes, "id_token"):
		return nil, "invalid_response_types"
	case json.Unmarshal(ask.RedirectURIs, &redirects) != nil:
		return nil, "invalid_redirect_uris"
	case ask.AuthMethod != "private_key_jwt":
		return nil, "invalid_token_endpoint_auth_method"
	case ask.ApplicationType != "" && ask.ApplicationType != "web":
		return nil, "invalid_application_type"
	}
	return redirects, ""
}

// grantable narrows asked scopes to those that this platform knows. Asking for
// scores brings reading along, as in Moodle.
func grantable(scope string) []string {
	granted := []string{}
	for _, s := range strings.Fields(scope) {
		if s == lti.ScopeLineItem || s == lti.ScopeMemberships || slices.Contains(usualScopes, s) {
			granted = append(granted, s)
		}
	}
	return granted
}

func (p *Platform) registered(w http.ResponseWriter, t Tool, ask wanted, redirects []string) {
	config := map[string]any{
		"version": "1.3.0", "target_link_uri": t.ToolURL, "domain": ask.Tool.Domain,
		"description": ask.Tool.Description, "messages": []any{}, "claims": ask.Tool.Claims,
	}
	if p.profile.NamesDeployment {
		config["deployment_id"] = t.DeploymentID
	}
	writeJSON(w, p.profile.RegistrationStatus, "application/json; charset=utf-8", map[string]any{
		"client_id": t.ClientID, "response_types": ask.ResponseTypes, "jwks_uri": t.KeySetURL,
		"initiate_login_uri": t.LoginURL, "grant_types": ask.GrantTypes, "redirect_uris": redirects,
		"application_type": "web", "token_endpoint_auth_method": "private_key_jwt",
		"client_name": t.Name, "logo_uri": ask.LogoURL, "scope": strings.Join(t.Scopes, " "),
		toolClaim: config,
	})
}

// plain answers as Moodle does where it refuses: words, labelled as HTML.
func plain(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, words)
}

func writeJSON(w http.ResponseWriter, status int, kind string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	w.Write(raw)
}
