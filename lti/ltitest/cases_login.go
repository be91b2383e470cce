package ltitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// refusedLogin sends a login request that must go nowhere.
func (t *trial) refusedLogin(check lti.Check, form url.Values) error {
	a, err := t.browser().send(http.MethodPost, t.suite.candidate.LoginURL, form)
	if err == nil && a.to != "" {
		return fmt.Errorf("not refused: the browser is sent to %.60s", a.to)
	}
	return t.refused(check, a, err)
}

// spoiltLogins makes a case of login requests that are refused.
func spoiltLogins(id, title string, check lti.Check, changes map[string]func(url.Values)) Case {
	return Case{id, title, func(t *trial) error {
		var errs []error
		for _, name := range sorted(changes) {
			form, err := t.request(t.site.learner)
			if err == nil {
				changes[name](form)
				err = t.refusedLogin(check, form)
			}
			errs = append(errs, named(name, err))
		}
		return errors.Join(errs...)
	}}
}

func sorted[T any](m map[string]T) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func twice(name string) func(url.Values) { return func(v url.Values) { v.Add(name, v.Get(name)) } }

// foreign are targets that are not the tool's, whatever they look like.
func (t *trial) foreign() []string {
	u, err := url.Parse(t.suite.candidate.LaunchURL)
	if err != nil {
		return nil
	}
	host := u.Host
	return []string{
		"https://evil.example.com/", "//evil.example.com/", "https://" + host + "@evil.example.com/", "https://" + host + ".evil.example.com/",
		"javascript:alert(1)", "https://" + host + "\r\nLocation: https://evil.example.com", "https://gr\u0435enroom.example.com/",
		"data:text/html,x", "ftp://" + host + "/",
	}
}

var loginCases = []Case{
	{"OWN-O01", "a login by GET and one by POST make the same authentication request", func(t *trial) error {
		var queries []url.Values
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			form, err := t.request(t.site.learner)
			if err != nil {
				return err
			}
			form.Set("lti_message_hint", "the same")
			l, err := t.begin(t.browser(), method, form)
			if err != nil {
				return named(method, err)
			}
			for _, fresh := range []string{"state", "nonce"} {
				l.query.Del(fresh)
			}
			queries = append(queries, l.query)
		}
		if a, b := queries[0].Encode(), queries[1].Encode(); a != b {
			return fmt.Errorf("by GET %s, by POST %s", a, b)
		}
		return nil
	}},
	spoiltLogins("OWN-O02", "a login without what it must have is refused", lti.CheckRequest, map[string]func(url.Values){
		"no iss": without("iss"), "no login_hint": without("login_hint"), "no target_link_uri": without("target_link_uri"),
		"an empty iss": with("iss", ""), "an empty login_hint": with("login_hint", ""), "an empty target_link_uri": with("target_link_uri", ""),
		"two iss": twice("iss"), "two login_hint": twice("login_hint"), "two target_link_uri": twice("target_link_uri"),
	}),
	{"OWN-O03", "an unknown platform is refused, and not called", func(t *trial) error {
		const path = "/nobody"
		for name, change := range map[string]func(url.Values){
			"issuer": with("iss", t.suite.base+path), "client": with("client_id", "nobody"),
		} {
			form, err := t.request(t.site.learner)
			if err == nil {
				change(form)
				err = t.refusedLogin(lti.CheckRegistration, form)
			}
			if err != nil {
				return named(name, err)
			}
		}
		if n := t.suite.strangers(path); n > 0 {
			return fmt.Errorf("%d calls to an issuer that nobody knows", n)
		}
		return nil
	}},
	{"OWN-O04", "a login that fits two registrations is refused", func(t *trial) error {
		if t.suite.candidate.Connect == nil {
			return skip("needs two registrations at one platform: the suite cannot make them with this tool")
		}
		own, err := t.own(platform.Generic, nil)
		if err != nil {
			return err
		}
		second := own.site.AddTool(own.site.tool.ToolSettings)
		r := own.site.registration()
		r.ID, r.ClientID, r.Deployments = "second", second.ClientID, []string{second.DeploymentID}
		if r.ClientID == own.site.tool.ClientID {
			r.ClientID += "-2"
		}
		if err := t.suite.candidate.Connect(t.ctx, r); err != nil {
			return err
		}
		form, err := own.request(own.site.learner)
		if err != nil {
			return err
		}
		form.Del("client_id")
		return own.refusedLogin(lti.CheckRegistration, form)
	}},
	{"OWN-O05", "an issuer is compared byte by byte", func(t *trial) error {
		for _, issuer := range []string{t.site.Issuer() + "/", strings.ToUpper(t.site.Issuer())} {
			form, err := t.request(t.site.learner)
			if err == nil {
				form.Set("iss", issuer)
				err = t.refusedLogin(lti.CheckRegistration, form)
			}
			if err != nil {
				return named(issuer, err)
			}
		}
		return nil
	}},
	{"OWN-O06", "a message hint comes back byte by byte", func(t *trial) error {
		for _, hint := range []string{`{"cmid":4,"launchid":"ltilaunch.4_x"}`, `a "quoted" + b & c % d = e`, "Grüße 日本 %2B+", strings.Repeat("h", 2000)} {
			l, err := t.login(t.browser(), t.site.learner, with("lti_message_hint", hint))
			if err == nil && l.query.Get("lti_message_hint") != hint {
				err = fmt.Errorf("%.40q came back as %.40q", hint, l.query.Get("lti_message_hint"))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"OWN-O07", "no message hint is made up", func(t *trial) error {
		l, err := t.login(t.browser(), t.site.learner, without("lti_message_hint"))
		if err == nil && l.query.Has("lti_message_hint") {
			err = errors.New("the authentication request has an lti_message_hint")
		}
		return err
	}},
	{"OWN-O08", "a query of the authorization endpoint is kept", func(t *trial) error {
		own, err := t.own(platform.Generic, func(r *lti.Registration) { r.AuthURL += "?x=1" })
		if err != nil {
			return err
		}
		l, err := own.login(own.browser(), own.site.learner, nil)
		if err == nil && (l.query.Get("x") != "1" || l.query.Get("state") == "") {
			err = fmt.Errorf("the query is %s", l.auth.RawQuery)
		}
		return err
	}},
	{"OWN-O09", "an authentication request has these parameters and no others, and never the same state or nonce", func(t *trial) error {
		seen := map[string]bool{}
		for range 100 {
			l, err := t.login(t.browser(), t.site.learner, nil)
			if err != nil {
				return err
			}
			if err := t.wanted(l.query); err != nil {
				return err
			}
			for _, name := range []string{"state", "nonce"} {
				value := l.query.Get(name)
				if len(value) < 22 || seen[value] { // 128 bits in base64
					return fmt.Errorf("%s %q is short or comes again", name, value)
				}
				seen[value] = true
			}
		}
		return nil
	}},
	{"OWN-O11", "an error of the platform ends on a page", func(t *trial) error {
		for _, code := range []string{"login_required", "invalid_request", "unauthorized_client", "launch_no_longer_valid", "<script>alert(1)</script>"} {
			a, err := t.launch(t.site.learner, nil, func(a *Attempt) {
				a.Form = url.Values{"state": a.Form["state"], "error": {code}, "error_description": {"<b>because</b>"}}
			})
			if err := t.refused(lti.CheckPlatformError, a, err); err != nil {
				return named(code, err)
			}
			if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<b>because") {
				return fmt.Errorf("the page shows markup of the platform's")
			}
		}
		return nil
	}},
	{"OWN-O12", "a launch without its own state is refused", func(t *trial) error {
		var kept *Attempt
		err := runAll(t, []variant{
			{name: "no state", spoil: func(a *Attempt) { a.Form.Del("state") }, check: lti.CheckState},
			{name: "an empty state", spoil: func(a *Attempt) { a.Form.Set("state", "") }, check: lti.CheckState},
			{name: "an unknown state", spoil: func(a *Attempt) { a.Form.Set("state", strings.Repeat("A", 200)) }, check: lti.CheckState},
			{name: "none of these", spoil: func(a *Attempt) { kept = a }},
		}, t.site.learner)
		if err != nil {
			return err
		}
		again := browser{t: t, dest: "document"}
		a, err := t.post(&again, kept)
		if err := t.refused(lti.CheckReplay, a, err); err != nil {
			return named("a state that was used", err)
		}
		if t.suite.candidate.Pass == nil {
			return nil
		}
		l, err := t.login(t.browser(), t.site.learner, nil)
		if err != nil {
			return err
		}
		t.suite.candidate.Pass(time.Hour)
		late, err := t.attempt(l)
		if err != nil {
			return err
		}
		a, err = t.post(l.browser, late)
		return named("a state of an hour ago", t.refused(lti.CheckState, a, err))
	}},
	{"OWN-O13", "a launch in a browser that did not begin the login is refused", func(t *trial) error {
		noStorage := without("lti_storage_target") // which the platform of this case does not keep
		l, err := t.login(t.browser(), t.site.learner, noStorage)
		if err != nil {
			return err
		}
		victim, err := t.login(t.browser(), t.site.learner, noStorage)
		if err != nil {
			return err
		}
		for name, cookies := range map[string][]*http.Cookie{"without cookies": nil, "with cookies of its own": victim.browser.cookies} {
			planted, err := t.attempt(l)
			if err != nil {
				return err
			}
			planted.Cookies = cookies
			a, err := t.post(t.browser(), planted)
			if err := t.refused(lti.CheckBrowser, a, err); err != nil {
				return named(name, err)
			}
			if l, err = t.login(t.browser(), t.site.learner, noStorage); err != nil { // the platform's hint is used up
				return err
			}
		}
		return nil
	}},
	{"OWN-O14", "the state of one platform and the token of another do not fit", func(t *trial) error {
		own, err := t.own(platform.Generic, nil)
		if err != nil {
			return err
		}
		theirs, err := own.login(own.browser(), own.site.learner, nil)
		if err != nil {
			return err
		}
		other, err := own.attempt(theirs)
		if err != nil {
			return err
		}
		a, err := t.launch(t.site.learner, nil, func(a *Attempt) {
			other.Claims["nonce"] = a.Claims["nonce"]
			a.Claims, a.Header, a.Key = other.Claims, other.Header, other.Key
		})
		return t.refused(lti.CheckKey, a, err)
	}},
	{"OWN-O15", "a state is refused at another tenant's launch URL", func(t *trial) error {
		if t.suite.candidate.OtherLaunchURL == "" {
			return skip("needs a second tenant's launch URL")
		}
		a, err := t.launch(t.site.learner, nil, func(a *Attempt) { a.LaunchURL = t.suite.candidate.OtherLaunchURL })
		return t.refused(lti.CheckState, a, err)
	}},
	{"OWN-O16", "two launches in two tabs are both accepted", func(t *trial) error {
		b := t.browser()
		one, err := t.login(b, t.site.learner, nil)
		if err != nil {
			return err
		}
		two, err := t.login(b, t.site.learner, nil)
		if err != nil {
			return err
		}
		for _, l := range []*begun{one, two} {
			a, err := t.attempt(l)
			if err != nil {
				return err
			}
			if err := t.accepted(t.post(b, a)); err != nil {
				return err
			}
		}
		return nil
	}},
	{"OWN-O17", "of the same launch sent at the same moment exactly one is accepted", func(t *trial) error {
		l, err := t.login(t.browser(), t.site.learner, nil)
		if err != nil {
			return err
		}
		a, err := t.attempt(l)
		if err != nil {
			return err
		}
		const posts = 8
		var together sync.WaitGroup
		outcomes := make([]error, posts)
		for i := range posts {
			together.Go(func() {
				b := browser{t: t, dest: "document"}
				answer, err := t.post(&b, a)
				outcomes[i] = t.accepted(answer, err)
			})
		}
		together.Wait()
		in := 0
		for _, err := range outcomes {
			if err == nil {
				in++
			}
		}
		if in != 1 {
			return fmt.Errorf("%d of %d were accepted", in, posts)
		}
		return nil
	}},
	{"OWN-O18", "a token in a query is refused", func(t *trial) error {
		l, err := t.login(t.browser(), t.site.learner, nil)
		if err != nil {
			return err
		}
		a, err := t.attempt(l)
		if err != nil {
			return err
		}
		got, err := l.browser.send(http.MethodGet, a.LaunchURL, a.Form)
		return t.refused("", got, err)
	}},
	{"OWN-O19", "a launch that is no form, or too large, or ambiguous, is refused", func(t *trial) error {
		for name, send := range map[string]func(*browser, *Attempt) (answer, error){
			"multipart": func(b *browser, a *Attempt) (answer, error) {
				var body bytes.Buffer
				w := multipart.NewWriter(&body)
				for field, values := range a.Form {
					if err := w.WriteField(field, values[0]); err != nil {
						return answer{}, err
					}
				}
				if err := w.Close(); err != nil {
					return answer{}, err
				}
				return b.do(http.MethodPost, a.LaunchURL, w.FormDataContentType(), body.String())
			},
			"JSON": func(b *browser, a *Attempt) (answer, error) {
				body, err := json.Marshal(map[string]string{"state": a.Form.Get("state"), "id_token": a.Form.Get("id_token")})
				if err != nil {
					return answer{}, err
				}
				return b.do(http.MethodPost, a.LaunchURL, "application/json", string(body))
			},
			"8 MB": func(b *browser, a *Attempt) (answer, error) {
				a.Form.Set("more", strings.Repeat("x", 8<<20))
				return b.send(http.MethodPost, a.LaunchURL, a.Form)
			},
			"two tokens": func(b *browser, a *Attempt) (answer, error) {
				a.Form.Add("id_token", a.Form.Get("id_token"))
				return b.send(http.MethodPost, a.LaunchURL, a.Form)
			},
		} {
			l, err := t.login(t.browser(), t.site.learner, nil)
			if err != nil {
				return err
			}
			a, err := t.attempt(l)
			if err != nil {
				return err
			}
			got, err := send(l.browser, a)
			if err := t.refused(lti.CheckRequest, got, err); err != nil {
				return named(name, err)
			}
		}
		return nil
	}},
	{"OWN-O26", "a storage target that is none, and markup in a hint, do no harm", func(t *trial) error {
		for name, change := range map[string]func(url.Values){
			"a script":         with("lti_storage_target", "javascript:alert(1)"),
			"10 kB":            with("lti_storage_target", strings.Repeat("x", 10<<10)),
			"quotes":           with("lti_storage_target", `x" onload="alert(1)`),
			"a hint of markup": with("login_hint", t.site.learner+`"><script>alert(1)</script>`),
		} {
			l, err := t.login(t.browser(), t.site.learner, change)
			if err != nil {
				return named(name, err)
			}
			if strings.Contains(l.auth.String(), "<script>") {
				return fmt.Errorf("%s: unescaped in the authentication request", name)
			}
		}
		return nil
	}},
}

// wanted holds an authentication request against Security 1.0 §5.1.1.2.
func (t *trial) wanted(q url.Values) error {
	for name, want := range map[string]string{
		"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
		"client_id": t.site.tool.ClientID, "redirect_uri": t.suite.candidate.LaunchURL, "login_hint": t.site.learner,
	} {
		if q.Get(name) != want {
			return fmt.Errorf("%s is %q, not %q", name, q.Get(name), want)
		}
	}
	for name, values := range q {
		known := []string{"scope", "response_type", "response_mode", "prompt", "client_id", "redirect_uri", "login_hint", "lti_message_hint", "state", "nonce"}
		if !slices.Contains(known, name) || len(values) != 1 {
			return fmt.Errorf("parameter %s is not asked for, or comes twice", name)
		}
	}
	return nil
}
