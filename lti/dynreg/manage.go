package dynreg

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Token is a secret that opens a registration. It does not show itself in
// print or in a log; string(t) and encoding/json have it.
type Token string

func (t Token) String() string {
	if t == "" {
		return ""
	}
	return "[token]"
}

// GoString keeps %#v from showing it.
func (t Token) GoString() string { return t.String() }

// LogValue keeps package slog from showing it.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Management is the way to a registration after it was made (RFC 7592).
type Management struct {
	ClientID string
	URL      string // registration_client_uri
	Token    Token  // registration_access_token; seal it
}

// Offered tells whether there is a way.
func (m Management) Offered() bool { return m.URL != "" && m.Token != "" }

var errNotOffered = errors.New("the platform offers no management of this registration")

// Read returns the present registration (RFC 7592 §2.1). Its Management is how
// to come back the next time. The error is a *Problem; 401 may say that the
// registration is gone.
func (m Management) Read(ctx context.Context, d lti.Doer) (Registered, error) {
	answer, err := m.call(ctx, d, http.MethodGet, nil)
	if err != nil {
		return Registered{}, unanswered(StepManagement, "to show the registration", err)
	}
	return m.registered(answer, nil)
}

// Update replaces the registration by what the tool says now (RFC 7592 §2.2),
// narrowed to what the platform lists, as Register does; cfg may be the zero
// value. The client id stays. Keep Registered.Management in place of m. The
// error is a *Problem.
func (m Management) Update(ctx context.Context, d lti.Doer, cfg PlatformConfiguration, tool ToolConfiguration) (Registered, error) {
	asked := cfg.narrow(tool)
	document := Document(asked)
	document["client_id"] = m.ClientID
	body, err := json.Marshal(document)
	if err != nil {
		return Registered{}, unanswered(StepManagement, "to change the registration", err)
	}
	answer, err := m.call(ctx, d, http.MethodPut, body)
	if err != nil {
		return Registered{}, unanswered(StepManagement, "to change the registration", err)
	}
	registered, err := m.registered(answer, asked.Scopes)
	if err != nil {
		return Registered{}, err
	}
	registered.Missing = without(tool.Scopes, registered.Scopes)
	return registered, nil
}

// Delete ends the registration on the platform (RFC 7592 §2.3): nothing is
// launched any more. The error is a *Problem; 401 and 404 may say that it was
// gone.
func (m Management) Delete(ctx context.Context, d lti.Doer) error {
	if _, err := m.call(ctx, d, http.MethodDelete, nil); err != nil {
		return unanswered(StepManagement, "to delete the registration", err)
	}
	return nil
}

func (m Management) call(ctx context.Context, d lti.Doer, method string, body []byte) (*lti.Response, error) {
	if !m.Offered() {
		return nil, errNotOffered
	}
	return call(ctx, d, StepManagement, method, m.URL, string(m.Token), body)
}

// registered reads an answer about a registration that is known: a platform
// that repeats neither address nor token keeps both.
func (m Management) registered(answer *lti.Response, asked []string) (Registered, error) {
	r, err := readRegistered(StepManagement, answer, asked, m.URL)
	if err != nil {
		return Registered{}, err
	}
	if r.ClientID != m.ClientID {
		return Registered{}, &Problem{
			Step: StepManagement, Member: "client_id", Status: answer.Status,
			Text: fmt.Sprintf("The LMS answered about another registration: %s.", short(r.ClientID)),
		}
	}
	if r.Management.URL == "" {
		r.Management.URL = m.URL
	}
	if r.Management.Token == "" {
		r.Management.Token = m.Token
	}
	return r, nil
}

// Current returns the present registration from a registration endpoint, by a
// token for an update; Moodle answers so. The error is a *Problem.
func Current(ctx context.Context, d lti.Doer, cfg PlatformConfiguration, token string) (Registered, error) {
	answer, err := call(ctx, d, StepManagement, http.MethodGet, cfg.RegistrationEndpoint, token, nil)
	if err != nil {
		return Registered{}, unanswered(StepManagement, "to show the registration", err)
	}
	return readRegistered(StepManagement, answer, nil, cfg.RegistrationEndpoint)
}

// UpdatesRegistration tells whether a registration_token says that it changes a
// registration that is there, and for which deployment. It is Moodle's token,
// and read without its signature: a hint for what to show, until the platform
// has answered with a client id.
func UpdatesRegistration(token string) (deployment string, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", false
	}
	o, err := readMembers(payload)
	if err != nil || !slices.Contains(strings.Fields(o.text("scope")), "reg-update") {
		return "", false
	}
	return o.text("sub"), true
}

// minSecret is the length from which on a token is no word of a sentence.
const minSecret = 8

// call sends a registration, or asks for one.
func call(ctx context.Context, d lti.Doer, step, method, to, token string, body []byte) (*lti.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("not an address that can be called") // the error would show it
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := lti.Call(d, r, step)
	if refused, ok := errors.AsType[*lti.ServiceError](err); ok && len(token) >= minSecret {
		refused.Text = strings.ReplaceAll(refused.Text, token, "[token]") // some repeat what they were sent
	}
	return answer, err
}

// readManagement takes an address on https, or on http where the answer came by
// http: the token goes there.
func readManagement(o members, clientID, from string) Management {
	m := Management{ClientID: clientID, URL: o.text("registration_client_uri"), Token: Token(o.text("registration_access_token"))}
	u, err := url.Parse(m.URL)
	plain := err == nil && u.Scheme == "http" && strings.HasPrefix(from, "http://")
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !plain {
		m.URL = ""
	}
	return m
}

// withoutToken takes the token out of an answer; one that has none stays as it
// is, byte for byte.
func withoutToken(answer []byte) json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(answer, &all) != nil {
		return nil
	}
	secret := false
	for name := range all {
		if strings.TrimSpace(name) == "registration_access_token" {
			delete(all, name)
			secret = true
		}
	}
	if !secret {
		return answer
	}
	rest, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return rest
}

// readTool reads what a platform has kept of a tool's configuration.
func readTool(o, own members) ToolConfiguration {
	return ToolConfiguration{
		Name: o.text("client_name"), Description: own.text("description"),
		Domain: own.text("domain"), SecondaryDomains: own.texts("secondary_domains"),
		LoginURL: o.text("initiate_login_uri"), LaunchURL: own.text("target_link_uri"),
		RedirectURLs: o.texts("redirect_uris"), KeySetURL: o.text("jwks_uri"),
		HomeURL: o.text("client_uri"), LogoURL: o.text("logo_uri"), TermsURL: o.text("tos_uri"), PolicyURL: o.text("policy_uri"),
		Contacts: o.texts("contacts"), Scopes: granted(o, nil), Claims: own.texts("claims"),
		Custom: own.textMap("custom_parameters"), Messages: readMessages(own.raw("messages")), Extra: own.vendors(),
	}
}
