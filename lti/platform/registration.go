package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

const (
	toolClaim     = "https://purl.imsglobal.org/spec/lti-tool-configuration"
	platformClaim = "https://purl.imsglobal.org/spec/lti-platform-configuration"
)

// registrationLife is how long an administrator has.
const registrationLife = time.Hour

// A pendingTool is what a registration token is good for.
type pendingTool struct {
	clientID string // that will be given, or of the tool that may be changed
	update   bool
	used     bool
	until    time.Time // zero: forever
}

// OpenRegistration returns the URL that the browser of an administrator is to
// open to register a tool: the tool's registration URL with
// openid_configuration and a one-time registration_token (Dynamic Registration
// 1.0 §3.3).
func (p *Platform) OpenRegistration(toolRegistrationURL string) (string, error) {
	if !p.profile.LMS.Registration.Dynamic {
		return "", errors.New("this LMS registers tools by hand only")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.openRegistration(toolRegistrationURL, pendingTool{clientID: p.newClientID()})
}

// OpenUpdate returns the URL by which an administrator lets a registered tool
// change its registration: the token reads it (GET) and changes it (POST) as
// often as it likes, as in Moodle.
func (p *Platform) OpenUpdate(toolRegistrationURL, clientID string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.profile.LMS.Registration.Update != profile.UpdateByToken:
		return "", errors.New("this LMS does not start updates")
	case p.tools[clientID] == nil:
		return "", errors.New("there is no such tool")
	}
	return p.openRegistration(toolRegistrationURL, pendingTool{clientID: clientID, update: true})
}

func (p *Platform) openRegistration(toolRegistrationURL string, x pendingTool) (string, error) {
	u, err := url.Parse(toolRegistrationURL)
	if err != nil {
		return "", err
	}
	token := p.token(16)
	x.until = p.now().Add(registrationLife)
	p.registrations[token] = x
	configuration := p.ConfigurationURL()
	if p.profile.TokenForConfiguration {
		configuration += "?registration_token=" + token
	}
	q := url.Values{"openid_configuration": {configuration}, "registration_token": {token}}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += q.Encode()
	return u.String(), nil
}

// Grant narrows what administrators of this LMS allow tools from now on:
// registrations and updates lose other scopes. None means all.
func (p *Platform) Grant(scopes ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.granted = scopes
}

func (p *Platform) configuration(w http.ResponseWriter, r *http.Request) {
	if p.profile.TokenForConfiguration {
		token := r.URL.Query().Get("registration_token")
		p.mu.Lock()
		x, known := p.registrations[token]
		p.mu.Unlock()
		if !known || x.used {
			plain(w, 401, "invalid_token")
			return
		}
	}
	if !p.profile.LMS.Registration.Dynamic {
		plain(w, 404, "")
		return
	}
	document := map[string]any{
		"issuer": p.issuer, "authorization_endpoint": p.AuthURL(), "token_endpoint": p.TokenURL(),
		"jwks_uri": p.KeySetURL(), "registration_endpoint": p.registrationURL(),
		"scopes_supported":                                 append([]string{"openid"}, p.scopes()...),
		"response_types_supported":                         []string{"id_token"},
		"subject_types_supported":                          []string{"public", "pairwise"},
		"id_token_signing_alg_values_supported":            []string{"RS256"},
		"token_endpoint_auth_methods_supported":            []string{"private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"RS256"},
		"claims_supported":                                 []string{"sub", "iss", "name", "given_name", "family_name", "email"},
		platformClaim: map[string]any{
			"product_family_code": p.profile.ProductFamilyCode, "version": p.profile.Version,
			"messages_supported": p.messages(),
			"variables":          p.variables(),
		},
	}
	if a := p.Audience(); a != p.TokenURL() {
		document["authorization_server"] = a
	}
	writeJSON(w, 200, "application/json; charset=utf-8", document)
}

// scopes are those that this LMS knows.
func (p *Platform) scopes() []string {
	lms, all := p.profile.LMS, []string{}
	if lms.Grades.Supported {
		all = append(append(all, lti.ScopeLineItem), usualScopes...)
	}
	if lms.Roster.Supported {
		all = append(all, lti.ScopeMemberships)
	}
	if lms.Copy.Notice {
		all = append(all, ScopeNotices)
	}
	return all
}

func (p *Platform) messages() []map[string]any {
	all := []map[string]any{{"type": lti.MessageResourceLink}}
	if p.profile.LMS.DeepLinking.Supported {
		placements := []string{"ContentArea"}
		if x := p.profile.LMS.Registration.Extensions; x != nil {
			all[0]["placements"] = x.LinkPlacements
			placements = append(placements, x.DeepLinkingPlacements...)
		}
		all = append(all, map[string]any{"type": lti.MessageDeepLinking, "placements": placements})
	}
	if p.profile.LMS.Launch.SubmissionReview {
		all = append(all, map[string]any{"type": lti.MessageSubmissionReview})
	}
	return all
}

func (p *Platform) variables() []string {
	all := slices.Clone(p.profile.Variables)
	if p.profile.LMS.Copy.ContextHistory {
		all = append(all, "Context.id.history")
	}
	if p.profile.LMS.Copy.LinkHistory {
		all = append(all, "ResourceLink.id.history")
	}
	return all
}

// A message is one that a tool takes.
type message struct {
	Type          string   `json:"type"`
	TargetLinkURI string   `json:"target_link_uri,omitempty"`
	Label         string   `json:"label,omitempty"`
	Placements    []string `json:"placements,omitempty"`
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
		Domain        string         `json:"domain"`
		TargetLinkURI string         `json:"target_link_uri"`
		Description   string         `json:"description,omitempty"`
		Custom        map[string]any `json:"custom_parameters,omitempty"`
		Claims        []string       `json:"claims,omitempty"`
		Messages      []message      `json:"messages,omitempty"`
		Privacy       string         `json:"https://canvas.instructure.com/lti/privacy_level,omitempty"`
	} `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
}

// register is the registration endpoint. A refusal does not use up the token.
func (p *Platform) register(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Register) {
		return
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	x, known := p.registrations[token]
	known = known && (x.until.IsZero() || p.now().Before(x.until))
	p.mu.Unlock()
	switch {
	case !ok || token == "":
		plain(w, 401, "missing_registration_token")
		return
	case !known:
		plain(w, 404, "")
		return
	case x.used:
		plain(w, 401, "token_already_used")
		return
	case r.Method == http.MethodGet && x.update:
		p.showRegistration(w, x.clientID, false)
		return
	case r.Method == http.MethodGet: // there is no registration to read yet
		plain(w, 404, "")
		return
	case r.Method != http.MethodPost:
		plain(w, 400, "Unsupported operation")
		return
	}
	ask, redirects, refused := p.readAsked(r, x)
	if refused != nil {
		refused(w)
		return
	}
	if x.update {
		p.change(x.clientID, ask, redirects)
		p.showRegistration(w, x.clientID, true)
		return
	}
	p.mu.Lock()
	x.used = true
	p.registrations[token] = x
	t := p.addTool(ToolSettings{ClientID: x.clientID})
	p.mu.Unlock()
	p.change(t.ClientID, ask, redirects)
	p.showRegistration(w, t.ClientID, true)
}

// readAsked reads and checks what a tool asks for.
func (p *Platform) readAsked(r *http.Request, x pendingTool) (ask wanted, redirects []string, refused func(http.ResponseWriter)) {
	words := func(status int, text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { plain(w, status, text) }
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var members map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &members) != nil {
		return ask, nil, words(404, "")
	}
	redirects, problem := readWanted(members, body, &ask)
	if problem == "" {
		problem = p.unwelcome(ask, x)
	}
	if problem == "" {
		return ask, redirects, nil
	}
	if p.profile.LMS.Code == "canvas" {
		return ask, nil, func(w http.ResponseWriter) {
			writeJSON(w, 422, "application/json; charset=utf-8", map[string]any{"errors": []string{problem}})
		}
	}
	return ask, nil, words(400, problem)
}

// unwelcome are an LMS's own reasons to refuse a tool.
func (p *Platform) unwelcome(ask wanted, x pendingTool) string {
	if p.profile.LMS.Registration.RefusesUnknownScopes {
		for _, s := range strings.Fields(ask.Scope) {
			if !slices.Contains(p.scopes(), s) {
				return "Invalid value for scope: " + s
			}
		}
	}
	if p.profile.NumericClients {
		for name, value := range ask.Tool.Custom {
			if _, text := value.(string); !text {
				return "custom_parameters." + name + " is not a string"
			}
		}
	}
	if p.profile.RefusesSecondTool && !x.update {
		for _, t := range p.Tools() {
			if u, err := url.Parse(t.ToolURL); err == nil && u.Host == ask.Tool.Domain {
				return "a tool of the domain " + ask.Tool.Domain + " is registered already"
			}
		}
	}
	return ""
}

// change makes a tool what it has asked to be, as far as it is granted.
func (p *Platform) change(clientID string, ask wanted, redirects []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tools[clientID]
	t.Name, t.ToolURL, t.LoginURL, t.RedirectURIs, t.KeySetURL = ask.Name, ask.Tool.TargetLinkURI, ask.LoginURL, redirects, ask.KeySetURL
	if t.ToolURL == "" { // Moodle makes one of the domain
		t.ToolURL = "https://" + ask.Tool.Domain
	}
	t.Custom = map[string]string{}
	for name, value := range ask.Tool.Custom {
		t.Custom[name] = customText(value)
	}
	t.DeepLinkingURL = ""
	for _, m := range ask.Tool.Messages {
		if m.Type == lti.MessageDeepLinking {
			t.DeepLinkingURL = m.TargetLinkURI
		}
	}
	t.Scopes = slices.DeleteFunc(p.grantable(ask.Scope), func(s string) bool { return len(p.granted) > 0 && !slices.Contains(p.granted, s) })
	t.HideNames, t.HideEmail = p.hidden(ask)
	t.asked, t.management = ask, p.token(16)
	if ask.LogoURL != "" { // Moodle keeps the one before
		t.logo = ask.LogoURL
	}
}

// hidden tells what of people a tool has not asked for.
func (p *Platform) hidden(ask wanted) (names, email bool) {
	if !p.profile.LMS.Launch.HidesPeople {
		return false, false
	}
	switch ask.Tool.Privacy {
	case "public":
		return false, false
	case "name_only":
		return false, true
	case "email_only":
		return true, false
	case "anonymous":
		return true, true
	}
	asks := func(name string) bool { return slices.Contains(ask.Tool.Claims, name) }
	return !asks("name") && !asks("given_name"), !asks("email")
}

// customText is how Moodle keeps a value: numbers as text, true as "1", and
// nothing of lists and objects.
func customText(value any) string {
	switch v := value.(type) {
	case string:
		first, _, _ := strings.Cut(v, "\n")
		return first
	case bool:
		if v {
			return "1"
		}
		return ""
	case nil:
		return ""
	case map[string]any, []any:
		return "Array"
	}
	return fmt.Sprint(value)
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
	} else if ask.Tool.TargetLinkURI != "" && (err != nil || strings.TrimPrefix(target.Host, "www.") != strings.TrimPrefix(ask.Tool.Domain, "www.")) {
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

// grantable narrows asked scopes to those that this platform knows. In Moodle,
// asking for scores brings the other grade scopes along.
func (p *Platform) grantable(scope string) []string {
	granted := []string{}
	for _, s := range strings.Fields(scope) {
		if slices.Contains(p.scopes(), s) {
			granted = append(granted, s)
		}
	}
	if p.profile.LMS.Code == "moodle" && slices.Contains(granted, lti.ScopeScore) {
		for _, s := range usualScopes {
			if !slices.Contains(granted, s) {
				granted = append(granted, s)
			}
		}
	}
	return granted
}

// showRegistration answers with what is registered. answer tells a change from
// a mere look.
func (p *Platform) showRegistration(w http.ResponseWriter, clientID string, answer bool) {
	t, known := p.Tool(clientID)
	if !known {
		plain(w, 404, "")
		return
	}
	status, document := http.StatusOK, p.registration(t)
	if answer {
		status = p.profile.RegistrationStatus
	} else {
		document["logo_uri"] = t.logo
	}
	writeJSON(w, status, "application/json; charset=utf-8", document)
}

func (p *Platform) registration(t Tool) map[string]any {
	ask := t.asked
	config := map[string]any{
		"version": "1.3.0", "target_link_uri": t.ToolURL, "domain": ask.Tool.Domain,
		"description": ask.Tool.Description, "claims": p.claimsOf(ask),
	}
	if messages := p.kept(ask.Tool.Messages); len(messages) > 0 || p.profile.LMS.Code != "moodle" {
		config["messages"] = messages
	}
	if len(t.Custom) > 0 {
		config["custom_parameters"] = p.customAnswer(ask)
	}
	if p.profile.NamesDeployment {
		config["deployment_id"] = t.DeploymentID
	}
	all := map[string]any{
		"client_id": t.ClientID, "response_types": []string{"id_token"}, "jwks_uri": t.KeySetURL,
		"initiate_login_uri": t.LoginURL, "grant_types": []string{"client_credentials", "implicit"}, "redirect_uris": t.RedirectURIs,
		"application_type": "web", "token_endpoint_auth_method": "private_key_jwt",
		"client_name": t.Name, "logo_uri": ask.LogoURL, "scope": strings.Join(p.scopesSaid(t), " "),
		toolClaim: config,
	}
	if p.profile.LMS.Registration.Update == profile.UpdateByManagement {
		all["registration_client_uri"] = p.registrationURL() + "/" + t.ClientID
		all["registration_access_token"] = t.management
	}
	return all
}

// scopesSaid are those that the answer names. Moodle names line items though it
// does not grant them.
func (p *Platform) scopesSaid(t Tool) []string {
	if p.profile.LMS.Code == "moodle" && slices.Contains(t.Scopes, lti.ScopeScore) && !slices.Contains(t.Scopes, lti.ScopeLineItem) {
		return append(slices.Clone(t.Scopes), lti.ScopeLineItem)
	}
	return t.Scopes
}

// customAnswer are the custom parameters as the answer repeats them. Moodle
// keeps them as lines, and reads those again up to the second "=".
func (p *Platform) customAnswer(ask wanted) map[string]any {
	all := map[string]any{}
	for name, value := range ask.Tool.Custom {
		text, isText := value.(string)
		if p.profile.LMS.Code != "moodle" || !isText {
			all[name] = customText(value)
			continue
		}
		for i, line := range strings.Split(text, "\n") {
			if i == 0 {
				all[name], _, _ = strings.Cut(line, "=")
			} else {
				all[line] = nil
			}
		}
	}
	return all
}

// claimsOf are those that the tool will get, as this LMS repeats them.
func (p *Platform) claimsOf(ask wanted) []string {
	if p.profile.LMS.Code != "moodle" {
		return ask.Tool.Claims
	}
	all := []string{"sub", "iss"}
	names, email := p.hidden(ask)
	if !names {
		all = append(all, "name", "family_name", "given_name")
	}
	if !email {
		all = append(all, "email")
	}
	return all
}

// kept are the messages with the placements that this LMS has.
func (p *Platform) kept(asked []message) []message {
	all := []message{}
	for _, m := range asked {
		if p.profile.LMS.Code == "moodle" { // says no more of it
			m = message{Type: m.Type, TargetLinkURI: m.TargetLinkURI}
		}
		for _, supported := range p.messages() {
			placements, limited := supported["placements"].([]string)
			switch {
			case supported["type"] != m.Type, p.profile.LMS.Code == "moodle" && m.Type != lti.MessageDeepLinking:
				continue
			case limited && len(m.Placements) > 0:
				m.Placements = slices.DeleteFunc(slices.Clone(m.Placements), func(x string) bool { return !slices.Contains(placements, p.placement(x)) })
			}
			all = append(all, m)
		}
	}
	return all
}

// placement is one without the vendor's prefix.
func (p *Platform) placement(name string) string {
	if x := p.profile.LMS.Registration.Extensions; x != nil {
		return strings.TrimPrefix(name, x.PlacementPrefix)
	}
	return name
}

// manage reads, changes and deletes a registration (RFC 7592).
func (p *Platform) manage(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Register) {
		return
	}
	id := r.PathValue("client")
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t, known := p.Tool(id)
	if p.profile.LMS.Registration.Update != profile.UpdateByManagement || !known || token == "" || token != t.management {
		plain(w, 401, "")
		return
	}
	switch r.Method {
	case http.MethodGet:
		writeJSON(w, 200, "application/json; charset=utf-8", p.registration(t))
	case http.MethodPut:
		ask, redirects, refused := p.readAsked(r, pendingTool{clientID: id, update: true})
		if refused != nil {
			refused(w)
			return
		}
		p.change(id, ask, redirects) // with another token
		t, _ = p.Tool(id)
		writeJSON(w, 200, "application/json; charset=utf-8", p.registration(t))
	case http.MethodDelete:
		p.DeleteTool(id)
		w.WriteHeader(http.StatusNoContent)
	default:
		plain(w, 405, "")
	}
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
