package dynreg

import (
	"maps"
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

	// Extra are members of vendors in the LTI part, such as Canvas'
	// "https://canvas.instructure.com/lti/privacy_level". Their names are full
	// URLs; others are not sent.
	Extra map[string]any
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

	// For deep linking: which types of items the tool makes, and files of which
	// media types.
	SupportedTypes, SupportedMediaTypes []string

	// Extra are members of vendors, such as Canvas'
	// "https://canvas.instructure.com/lti/display_type". Their names are full
	// URLs; others are not sent.
	Extra map[string]any
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
	own := vendors(t.Extra)
	maps.Copy(own, map[string]any{
		"domain": t.Domain, "target_link_uri": t.LaunchURL, "claims": t.Claims, "messages": messages,
	})
	set(own, "description", t.Description)
	setList(own, "secondary_domains", t.SecondaryDomains)
	if len(t.Custom) > 0 {
		own["custom_parameters"] = t.Custom
	}
	return own
}

func (m Message) document() map[string]any {
	document := vendors(m.Extra)
	document["type"] = m.Type
	set(document, "target_link_uri", m.TargetLinkURI)
	set(document, "label", m.Label)
	set(document, "icon_uri", m.IconURI)
	setList(document, "placements", m.Placements)
	setList(document, "roles", m.Roles)
	setList(document, "supported_types", m.SupportedTypes)
	setList(document, "supported_media_types", m.SupportedMediaTypes)
	if len(m.Custom) > 0 {
		document["custom_parameters"] = m.Custom
	}
	return document
}

// vendors returns those members that are named by URLs and are not null.
func vendors(extra map[string]any) map[string]any {
	own := make(map[string]any, len(extra))
	for name, value := range extra {
		if isVendors(name) && value != nil {
			own[name] = value
		}
	}
	return own
}

func isVendors(name string) bool {
	u, err := url.Parse(name)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
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
