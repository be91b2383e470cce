package platform

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/greenroom-lti/greenroom/lti"
)

// A hint is a message that was begun: what lti_message_hint stands for.
type hint struct {
	message string // type
	user    string
	tool    string // client ID
	course  string
	link    string // empty when content is picked
	forUser string // whose submission is looked at
	pick    string // ID of the selection
}

// A Form is what a browser is to post somewhere.
type Form struct {
	Action string
	Fields url.Values
}

// LoginRequest begins the launch of a link by a user: the third-party login
// initiation (Security 1.0 §5.1.1.1).
func (p *Platform) LoginRequest(user, link string) (Form, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, t, err := p.linked(link)
	if err != nil {
		return Form{}, err
	}
	return p.begin(hint{message: lti.MessageResourceLink, user: user, tool: t.ClientID, course: l.Course, link: link}, l.target(t), l.deployment), nil
}

// linked returns an activity and its tool. Hold the lock.
func (p *Platform) linked(link string) (*Link, *Tool, error) {
	l, known := p.links[link]
	if !known {
		return nil, nil, fmt.Errorf("there is no activity %q", link)
	}
	t := p.tools[l.Tool]
	if t == nil {
		return nil, nil, errors.New("the activity's tool is gone")
	}
	return l, t, nil
}

// begin makes the login request of any message.
func (p *Platform) begin(h hint, target, deployment string) Form {
	t := p.tools[h.tool]
	key := p.token(12)
	p.hints[key] = h
	f := Form{t.LoginURL, url.Values{
		"iss": {p.issuer}, "target_link_uri": {target}, "login_hint": {h.user},
		"lti_message_hint": {key}, "client_id": {t.ClientID}, "lti_deployment_id": {deployment},
	}}
	if p.profile.StorageTarget != "" && !p.profile.StorageUnnamed {
		f.Fields.Set("lti_storage_target", p.profile.StorageTarget)
	}
	return f
}

func (l *Link) target(t *Tool) string {
	if l.TargetLinkURI != "" {
		return l.TargetLinkURI
	}
	return t.ToolURL
}

// authorize answers an authentication request (Security 1.0 §5.1.1.2) with a
// form that posts the launch, or an error, to the tool. What cannot be sent to
// the tool safely is shown here.
func (p *Platform) authorize(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodGet && r.Method != http.MethodPost {
		http.Error(w, "Invalid request", http.StatusBadRequest)
		return
	}
	form, err := p.answer(r)
	if err != nil {
		http.Error(w, "Invalid request: "+err.Error(), http.StatusNotFound)
		return
	}
	form.Serve(w)
}

// answer checks the request in the order of trust: tool and redirect URI
// first, then what may be told to the tool.
func (p *Platform) answer(r *http.Request) (Form, error) {
	q := r.Form
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tools[q.Get("client_id")]
	h, pending := p.hints[q.Get("lti_message_hint")]
	switch {
	case t == nil || !slices.Contains(t.RedirectURIs, q.Get("redirect_uri")):
		return Form{}, errors.New("unknown client or redirect_uri")
	case q.Get("scope") != "openid", q.Get("response_type") != "id_token", q.Get("nonce") == "":
		return Form{}, errors.New("scope, response_type or nonce")
	case !pending:
		return Form{}, errors.New("unknown lti_message_hint")
	}
	f := Form{q.Get("redirect_uri"), url.Values{"state": {q.Get("state")}}}
	refuse := func(code string) (Form, error) {
		f.Fields.Set("error", code)
		return f, nil
	}
	if q.Get("response_mode") != "form_post" || q.Has("prompt") && q.Get("prompt") != "none" {
		return refuse("invalid_request")
	}
	if p.signedIn != nil {
		user, in := p.signedIn(r)
		if !in {
			return refuse("login_required")
		}
		h.user = user
	}
	if q.Get("login_hint") != h.user {
		return refuse("access_denied")
	}
	delete(p.hints, q.Get("lti_message_hint"))
	if h.tool != t.ClientID || h.link != "" && p.links[h.link] == nil {
		return refuse("unauthorized_client")
	}
	token, err := p.key.Sign(r.Context(), p.claims(t, h, q.Get("nonce")))
	f.Fields.Set("id_token", token)
	return f, err
}

// Serve answers with a page that posts the form by itself. Its script is a file
// of the platform's, so that the page needs no inline code.
func (f Form) Serve(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'")
	if err := submitPage.Execute(w, f); err != nil {
		panic(http.ErrAbortHandler)
	}
}

var submitPage = template.Must(template.New("submit").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Opening…</title><meta name="viewport" content="width=device-width"></head>
<body><form method="post" action="{{.Action}}">
{{range $name, $values := .Fields}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}<noscript><button>Continue</button></noscript></form>
<script src="/lti/auth.js"></script></body></html>
`))

func submitScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Write([]byte("document.forms[0].submit();\n"))
}
