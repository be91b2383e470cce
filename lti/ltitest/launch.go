package ltitest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
)

// An Attempt is a launch on its way back to the tool, to be spoilt. What is
// left as it is is valid.
type Attempt struct {
	Header map[string]any // of the id_token
	Claims map[string]any
	Key    lti.PrivateKey // signs the id_token; its ID does not become the kid

	Form      url.Values // the POST, but for id_token, which is made of the above
	Cookies   []*http.Cookie
	LaunchURL string
}

// A Spoil changes one thing.
type Spoil func(*Attempt)

// Launch takes the learner through login, authentication request and launch
// with a tool in process, and returns what FinishLaunch does.
func (p *Platform) Launch(tool *lti.Tool, spoils ...Spoil) (*lti.Launch, error) {
	p.t.Helper()
	return p.LaunchAs(tool, p.Learner, p.Activity, spoils...)
}

// LaunchAs does the same for a user and an activity.
func (p *Platform) LaunchAs(tool *lti.Tool, user, activity string, spoils ...Spoil) (*lti.Launch, error) {
	p.t.Helper()
	begun, err := p.LoginRequest(user, activity)
	if err != nil {
		p.t.Fatal(err)
	}
	params, err := lti.NewParams(http.MethodPost, begun.Fields)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	login, err := tool.StartLogin(ctx, params, LaunchURL)
	if err != nil {
		return nil, err
	}
	a := p.attempt(login.RedirectURL, []*http.Cookie{login.Cookie}, spoils)
	params, err = lti.NewParams(http.MethodPost, a.Form)
	if err != nil {
		return nil, err
	}
	return tool.FinishLaunch(ctx, params, a.Cookies, a.LaunchURL)
}

// Visit takes the learner through a whole server as a browser does: the POST
// of the login initiation, the redirect, the POST of the launch. It returns
// the server's answer to the launch, or to the login if that went no further.
func (p *Platform) Visit(server http.Handler, spoils ...Spoil) *http.Response {
	p.t.Helper()
	begun, err := p.LoginRequest(p.Learner, p.Activity)
	if err != nil {
		p.t.Fatal(err)
	}
	answer := post(server, begun.Action, begun.Fields, nil)
	to := answer.Header.Get("Location")
	if !strings.HasPrefix(to, p.AuthURL()) {
		return answer
	}
	a := p.attempt(to, answer.Cookies(), spoils)
	return post(server, a.LaunchURL, a.Form, a.Cookies)
}

func post(server http.Handler, to string, form url.Values, cookies []*http.Cookie) *http.Response {
	r := httptest.NewRequest(http.MethodPost, to, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Dest", "document") // a window of its own
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w.Result()
}

// attempt asks the platform to authenticate, takes its token apart, lets it be
// spoilt, and signs it again.
func (p *Platform) attempt(authRequest string, cookies []*http.Cookie, spoils []Spoil) *Attempt {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, authRequest, nil))
	a := &Attempt{Form: fields(w.Body.String()), Cookies: cookies, Key: p.Key()}
	a.LaunchURL = action(w.Body.String())
	raw := a.Form.Get("id_token")
	if raw == "" {
		return a // the platform answered with an error
	}
	parts := strings.Split(raw, ".")
	a.Header, a.Claims = p.decode(parts[0]), p.decode(parts[1])
	for _, spoil := range spoils {
		spoil(a)
	}
	if a.Form.Get("id_token") == raw { // not replaced by hand
		a.Form.Set("id_token", p.sign(a))
	}
	return a
}

func (p *Platform) decode(part string) map[string]any {
	p.t.Helper()
	plain, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		p.t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(plain)))
	d.UseNumber() // times stay whole numbers
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		p.t.Fatal(err)
	}
	return m
}

func (p *Platform) sign(a *Attempt) string {
	p.t.Helper()
	method := jwt.SigningMethod(jwt.SigningMethodRS256)
	if alg, ok := a.Header["alg"].(string); ok && strings.HasPrefix(alg, "RS") {
		method = jwt.GetSigningMethod(alg)
	}
	token := jwt.NewWithClaims(method, jwt.MapClaims(a.Claims))
	token.Header = a.Header
	signed, err := token.SignedString(a.Key.RSA)
	if err != nil {
		p.t.Fatal(err)
	}
	return signed
}

var (
	inputs  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	actions = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
)

// fields reads the hidden fields of the platform's form.
func fields(page string) url.Values {
	v := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(page, -1) {
		v.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return v
}

func action(page string) string {
	if m := actions.FindStringSubmatch(page); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}
