package ltitest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

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
	a, err := newAttempt(p.Platform, authRequest, cookies)
	if err == nil {
		err = a.spoil(spoils)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}
