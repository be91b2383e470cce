package dynreg

import (
	"net/url"
	"strings"
)

// A ToolConfiguration is what a tool tells of itself (Dynamic Registration 1.0
// §3). Name, the three URLs of login, launch and key set, and Messages are
// needed; the rest may be empty.
type ToolConfiguration struct {
	Name        string
	Description string

	// Domain is the host of LaunchURL, with its port if that is written there;
	// empty means just that. Moodle compares the two as they stand.
	Domain           string
	SecondaryDomains []string

	LoginURL     string   // login requests, GET and POST
	LaunchURL    string   // redirect URI and usual target
	RedirectURLs []string // empty means LaunchURL alone
	KeySetURL    string   // the tool's public keys

	HomeURL, LogoURL, TermsURL, PolicyURL string
	Contacts                              []string // e-mail addresses

	Scopes   []string          // of services, see the Scope constants of lti
	Claims   []string          // about the user; empty means iss and sub
	Custom   map[string]string // custom parameters of every launch; values may be "$Variables"
	Messages []Message
}

// A Message is a kind of launch that a tool takes, or a platform sends.
type Message struct {
	Type          string // lti.MessageResourceLink, …
	TargetLinkURI string
	Label         string
	IconURI       string
	Placements    []string // ContentArea, RichTextEditor, or the platform's own
	Roles         []string
	Custom        map[string]string
}

// Document returns the registration of a tool as JSON members. What is empty
// is left out: some platforms choke on null.
func Document(t ToolConfiguration) map[string]any {
	if len(t.RedirectURLs) == 0 {
		t.RedirectURLs = []string{t.LaunchURL}
	}
	document := map[string]any{
		"application_type":           "web",
		"response_types":             []string{"id_token"},
		"grant_types":                []string{"implicit", "client_credentials"},
		"initiate_login_uri":         t.LoginURL,
		"redirect_uris":              t.RedirectURLs,
		"client_name":                t.Name,
		"jwks_uri":                   t.KeySetURL,
		"token_endpoint_auth_method": "private_key_jwt",
		"scope":                      strings.Join(t.Scopes, " "),
		toolKey:                      t.lti(),
	}
	set(document, "client_uri", t.HomeURL)
	set(document, "logo_uri", t.LogoURL)
	set(document, "tos_uri", t.TermsURL)
	set(document, "policy_uri", t.PolicyURL)
	setList(document, "contacts", t.Contacts)
	return document
}

func (t ToolConfiguration) lti() map[string]any {
	if t.Domain == "" {
		if u, err := url.Parse(t.LaunchURL); err == nil {
			t.Domain = u.Host
		}
	}
	if len(t.Claims) == 0 {
		t.Claims = []string{"iss", "sub"}
	}
	messages := make([]map[string]any, len(t.Messages))
	for i, m := range t.Messages {
		messages[i] = m.document()
	}
	own := map[string]any{
		"domain": t.Domain, "target_link_uri": t.LaunchURL, "claims": t.Claims, "messages": messages,
	}
	set(own, "description", t.Description)
	setList(own, "secondary_domains", t.SecondaryDomains)
	if len(t.Custom) > 0 {
		own["custom_parameters"] = t.Custom
	}
	return own
}

func (m Message) document() map[string]any {
	document := map[string]any{"type": m.Type}
	set(document, "target_link_uri", m.TargetLinkURI)
	set(document, "label", m.Label)
	set(document, "icon_uri", m.IconURI)
	setList(document, "placements", m.Placements)
	setList(document, "roles", m.Roles)
	if len(m.Custom) > 0 {
		document["custom_parameters"] = m.Custom
	}
	return document
}

func set(document map[string]any, name, value string) {
	if value != "" {
		document[name] = value
	}
}

func setList(document map[string]any, name string, values []string) {
	if len(values) > 0 {
		document[name] = values
	}
}
