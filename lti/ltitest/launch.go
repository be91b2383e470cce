package ltitest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
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
	return p.LaunchFrom(tool, p.begun(p.LoginRequest(user, activity)), spoils...)
}

// LaunchFrom does the same for any message that the platform has begun, such as
// one of DeepLinkingRequest or SubmissionReview.
func (p *Platform) LaunchFrom(tool *lti.Tool, begun platform.Form, spoils ...Spoil) (*lti.Launch, error) {
	p.t.Helper()
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

func (p *Platform) begun(f platform.Form, err error) platform.Form {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

// Visit takes the learner through a whole server as a browser does: the POST
// of the login initiation, the redirect, the POST of the launch. It returns
// the server's answer to the launch, or to the login if that went no further.
func (p *Platform) Visit(server http.Handler, spoils ...Spoil) *http.Response {
	p.t.Helper()
	return p.VisitAs(server, p.Learner, p.Activity, spoils...)
}

// VisitAs does the same for a user and an activity.
func (p *Platform) VisitAs(server http.Handler, user, activity string, spoils ...Spoil) *http.Response {
	p.t.Helper()
	return p.VisitFrom(server, p.begun(p.LoginRequest(user, activity)), spoils...)
}

// VisitFrom does the same for any message that the platform has begun. From
// then on the platform finds the tool's key set in this server.
func (p *Platform) VisitFrom(server http.Handler, begun platform.Form, spoils ...Spoil) *http.Response {
	p.t.Helper()
	p.tools.serve(begun.Action, server)
	answer := post(server, begun.Action, begun.Fields, nil)
	to := answer.Header.Get("Location")
	if !strings.HasPrefix(to, p.AuthURL()) {
		return answer
	}
	a := p.attempt(to, answer.Cookies(), spoils)
	return post(server, a.LaunchURL, a.Form, a.Cookies)
}

// Bring posts a form of the tool's to the platform, as the browser of a teacher
// does who has picked content, and returns the platform's answer. Selections
// and Links tell what came of it.
func (p *Platform) Bring(f platform.Form) *http.Response {
	p.t.Helper()
	path, ours := strings.CutPrefix(f.Action, p.Issuer())
	if !ours {
		p.t.Fatalf("the form goes to %q, and not to the platform", f.Action)
	}
	return post(p.Platform, path, f.Fields, nil)
}

// FormOf reads the form of a page, and its hidden fields: one that the page
// posts by itself. It is empty if there is none.
func FormOf(page *http.Response) platform.Form {
	text, err := io.ReadAll(page.Body)
	if err != nil {
		return platform.Form{}
	}
	return platform.Form{Action: action(string(text)), Fields: fields(string(text))}
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
