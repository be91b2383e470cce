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

// A hint is a launch that was begun: what lti_message_hint stands for.
type hint struct {
	link, user string
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
	l, known := p.links[link]
	if !known {
		return Form{}, fmt.Errorf("there is no activity %q", link)
	}
	t := p.tools[l.Tool]
	if t == nil {
		return Form{}, errors.New("the activity's tool is gone")
	}
	message := p.token(12)
	p.hints[message] = hint{link, user}
	f := Form{t.LoginURL, url.Values{
		"iss": {p.issuer}, "target_link_uri": {l.target(t)}, "login_hint": {user},
		"lti_message_hint": {message}, "client_id": {t.ClientID}, "lti_deployment_id": {t.DeploymentID},
	}}
	if p.profile.StorageTarget != "" && !p.profile.StorageUnnamed {
		f.Fields.Set("lti_storage_target", p.profile.StorageTarget)
	}
	return f, nil
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
	l := p.links[h.link]
	if l == nil || l.Tool != t.ClientID {
		return refuse("unauthorized_client")
	}
	token, err := p.key.Sign(r.Context(), p.claims(t, l, h.user, q.Get("nonce")))
	f.Fields.Set("id_token", token)
	return f, err
}

// claims are those of a resource link launch (Core 1.0 §5.3, §5.4).
func (p *Platform) claims(t *Tool, l *Link, user, nonce string) map[string]any {
	const claim = "https://purl.imsglobal.org/spec/lti/claim/"
	now, c := p.now(), p.courses[l.Course]
	roles := c.roles[user]
	if roles == nil {
		roles = []string{}
	}
	target := "iframe"
	if l.Window {
		target = "window"
	}
	all := map[string]any{
		"iss": p.issuer, "aud": t.ClientID, "sub": user, "nonce": nonce,
		"iat": now.Unix(), "exp": now.Add(p.profile.TokenLife).Unix(),
		claim + "message_type":        lti.MessageResourceLink,
		claim + "version":             "1.3.0",
		claim + "deployment_id":       t.DeploymentID,
		claim + "target_link_uri":     l.target(t),
		claim + "resource_link":       map[string]any{"id": l.ID, "title": l.Title},
		claim + "roles":               roles,
		claim + "context":             map[string]any{"id": c.ID, "title": c.Title, "label": c.Label, "type": []string{"http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"}},
		claim + "custom":              p.custom(t, l),
		claim + "launch_presentation": map[string]any{"document_target": target, "return_url": p.issuer + "/courses/" + c.ID, "locale": "en"},
		claim + "tool_platform":       map[string]any{"guid": p.issuer, "name": p.name, "product_family_code": p.profile.ProductFamilyCode, "version": p.profile.Version},
	}
	if u := p.users[user]; u != nil {
		for name, value := range map[string]string{"name": u.Name, "given_name": u.GivenName, "family_name": u.FamilyName, "email": u.Email} {
			if value != "" {
				all[name] = value
			}
		}
	}
	if grades := p.gradesClaim(t, l); grades != nil {
		all["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = grades
	}
	return all
}

func (p *Platform) custom(t *Tool, l *Link) map[string]string {
	all := map[string]string{}
	for name, value := range t.Custom {
		all[name] = value
	}
	for name, value := range l.Custom {
		all[name] = value
	}
	return all
}

func (p *Platform) gradesClaim(t *Tool, l *Link) map[string]any {
	if len(t.Scopes) == 0 {
		return nil
	}
	grades := map[string]any{"scope": t.Scopes, "lineitems": p.itemsURL(l.Course, t)}
	switch i := p.items[l.item]; {
	case i != nil:
		grades["lineitem"] = p.itemURL(i, t)
	case p.profile.EmptyLineItem:
		grades["lineitem"] = ""
	}
	return grades
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
