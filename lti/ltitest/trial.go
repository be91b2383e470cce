package ltitest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// A trial is one case on its way: a platform, and a browser that is asked to
// open its activity in a window of its own.
type trial struct {
	ctx   context.Context
	suite *Suite
	site  *site
}

// A browser keeps the tool's cookies.
type browser struct {
	t       *trial
	cookies []*http.Cookie
	dest    string // Sec-Fetch-Dest
}

func (t *trial) browser() *browser { return &browser{t: t, dest: "document"} }

// An answer is what a request ended in, redirects within the tool followed.
type answer struct {
	*http.Response
	body string
	to   string // where a redirect leads to that left the tool; else empty
}

const maxRead = 1 << 20

// do sends one request.
func (b *browser) do(method, to, kind, body string) (answer, error) {
	r, err := http.NewRequestWithContext(b.t.ctx, method, to, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", b.dest)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	response, err := b.client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxRead))
	b.keep(response.Cookies())
	return answer{Response: response, body: string(raw)}, err
}

func (b *browser) client() lti.Doer {
	if b.t.suite.candidate.Client != nil {
		return b.t.suite.candidate.Client
	}
	return direct
}

// direct follows no redirects.
var direct = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (b *browser) keep(cookies []*http.Cookie) {
	for _, c := range cookies {
		b.cookies = slices.DeleteFunc(slices.Clone(b.cookies), func(old *http.Cookie) bool { return old.Name == c.Name })
		if c.MaxAge >= 0 {
			b.cookies = append(b.cookies, c)
		}
	}
}

const formType = "application/x-www-form-urlencoded"

// send posts a form, or gets a page, and follows redirects as long as they
// stay with the tool.
func (b *browser) send(method, to string, form url.Values) (answer, error) {
	kind, body := "", ""
	if method == http.MethodGet && form != nil {
		to += glue(to) + form.Encode()
	} else if form != nil {
		kind, body = formType, form.Encode()
	}
	for range 10 {
		a, err := b.do(method, to, kind, body)
		if err != nil || a.StatusCode < 300 || a.StatusCode > 399 {
			return a, err
		}
		next, err := a.Location()
		if err != nil {
			return a, nil
		}
		if !b.t.ofTool(next) {
			a.to = next.String()
			return a, nil
		}
		if a.StatusCode != http.StatusTemporaryRedirect && a.StatusCode != http.StatusPermanentRedirect {
			method, kind, body = http.MethodGet, "", ""
		}
		to = next.String()
	}
	return answer{}, errors.New("the tool redirects again and again")
}

func glue(to string) string {
	if strings.Contains(to, "?") {
		return "&"
	}
	return "?"
}

func (t *trial) ofTool(u *url.URL) bool {
	for _, own := range []string{t.suite.candidate.LoginURL, t.suite.candidate.LaunchURL} {
		if o, err := url.Parse(own); err == nil && o.Scheme == u.Scheme && o.Host == u.Host {
			return true
		}
	}
	return false
}

// A begun login is a browser that was sent to the platform.
type begun struct {
	browser *browser
	auth    *url.URL // the authentication request
	query   url.Values
}

// request is the login request of the learner, or of another user.
func (t *trial) request(user string) (url.Values, error) {
	form, err := t.site.LoginRequest(user, t.site.activity)
	return form.Fields, err
}

// login begins a launch. The tool must send the browser to the platform.
func (t *trial) login(b *browser, user string, change func(url.Values)) (*begun, error) {
	form, err := t.request(user)
	if err != nil {
		return nil, err
	}
	if change != nil {
		change(form)
	}
	return t.begin(b, http.MethodPost, form)
}

func (t *trial) begin(b *browser, method string, form url.Values) (*begun, error) {
	a, err := b.send(method, t.suite.candidate.LoginURL, form)
	if err != nil {
		return nil, err
	}
	if a.to == "" && a.StatusCode == http.StatusOK { // some tools post a form instead
		if to := action(a.body); to != "" && strings.HasPrefix(to, t.site.Issuer()) {
			a.to = to + glue(to) + fields(a.body).Encode()
		}
	}
	if !strings.HasPrefix(a.to, t.site.AuthURL()) {
		return nil, fmt.Errorf("the login was answered with status %d, not by sending the browser to the platform's authorization endpoint", a.StatusCode)
	}
	u, err := url.Parse(a.to)
	if err != nil {
		return nil, err
	}
	return &begun{b, u, u.Query()}, nil
}

// attempt has the platform answer a login.
func (t *trial) attempt(l *begun, spoils ...Spoil) (*Attempt, error) {
	a, err := newAttempt(t.site.Platform, l.auth.String(), l.browser.cookies)
	if err != nil {
		return nil, err
	}
	return a, a.spoil(spoils)
}

// post sends what the platform's page would.
func (t *trial) post(b *browser, a *Attempt) (answer, error) {
	b.cookies = a.Cookies
	return b.send(http.MethodPost, a.LaunchURL, a.Form)
}

// launch takes a user from the login to the tool's answer.
func (t *trial) launch(user string, change func(url.Values), spoils ...Spoil) (answer, error) {
	l, err := t.login(t.browser(), user, change)
	if err != nil {
		return answer{}, err
	}
	a, err := t.attempt(l, spoils...)
	if err != nil {
		return answer{}, err
	}
	return t.post(l.browser, a)
}

// accepted is nil if the tool has shown something.
func (t *trial) accepted(a answer, err error) error {
	if err == nil && (a.StatusCode < 200 || a.StatusCode > 299) {
		err = fmt.Errorf("a launch that is right was answered with status %d%s", a.StatusCode, t.by(a))
	}
	return err
}

func (t *trial) by(a answer) string {
	if t.suite.candidate.CheckOf == nil {
		return ""
	}
	return fmt.Sprintf(" (%s)", t.suite.candidate.CheckOf(a.Response))
}

// refused is nil if the tool has turned somebody away, in an orderly manner
// and for the reason of check, if that is not empty and the tool says it.
func (t *trial) refused(check lti.Check, a answer, err error) error {
	switch {
	case err != nil:
		return err
	case a.StatusCode >= 500:
		return fmt.Errorf("the tool broke: status %d", a.StatusCode)
	case a.StatusCode < 400 && !strings.Contains(a.to, "lti_errormsg="):
		return fmt.Errorf("not refused: status %d", a.StatusCode)
	}
	if said := t.says(a); check != "" && said != "" && said != check {
		return fmt.Errorf("refused by %q, not by %q", said, check)
	}
	return nil
}

func (t *trial) says(a answer) lti.Check {
	if t.suite.candidate.CheckOf == nil {
		return ""
	}
	return t.suite.candidate.CheckOf(a.Response)
}
