package launch

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// A frame is a browser that shows an LMS's page with us in a frame. It keeps
// cookies, or it does not.
type frame struct {
	*school
	keeps   bool
	dest    string // Sec-Fetch-Dest; empty: a browser that does not say
	cookies map[string]*http.Cookie
}

func (s *school) frame(keeps bool) *frame {
	return &frame{school: s, keeps: keeps, dest: "iframe", cookies: map[string]*http.Cookie{}}
}

// send posts a form, and posts it again where a 307 says so.
func (f *frame) send(address string, form url.Values, from string) answer {
	f.t.Helper()
	for range 5 {
		a := f.sendOnce(address, form, from)
		if a.StatusCode != http.StatusTemporaryRedirect {
			return a
		}
		address = a.Header.Get("Location")
	}
	f.t.Fatalf("%s: redirected again and again", address)
	return answer{}
}

func (f *frame) sendOnce(address string, form url.Values, from string) answer {
	r := httptest.NewRequestWithContext(f.t.Context(), http.MethodPost, strings.TrimPrefix(address, publicURL), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", from)
	if f.dest != "" {
		r.Header.Set("Sec-Fetch-Dest", f.dest)
	}
	for _, c := range f.cookies {
		r.AddCookie(c)
	}
	a := f.ask(r)
	if f.keeps {
		for _, c := range a.Cookies() {
			f.cookies[c.Name] = c
		}
	}
	return a
}

// login posts the LMS's login request.
func (f *frame) login(form url.Values) answer {
	f.t.Helper()
	return f.send(f.kit.URLs.Login(f.ours.ID), form, "cross-site")
}

// at is the visit of a browser that was sent to the platform.
func (f *frame) at(to string) visit {
	f.t.Helper()
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, f.connection.AuthURL) {
		f.t.Fatalf("sent to %q, not to the platform: %v", to, err)
	}
	return visit{school: f.school, to: u, state: u.Query().Get("state"), nonce: u.Query().Get("nonce")}
}

// launch posts the platform's answer.
func (f *frame) launch(v visit) answer {
	f.t.Helper()
	form := url.Values{"state": {v.state}, "id_token": {f.sign(v.claims())}}
	return f.send(f.kit.URLs.Launch(f.ours.ID), form, "cross-site")
}

// bringBack sends what the page that asks the storage would.
func (f *frame) bringBack(page answer, value, problem string) answer {
	f.t.Helper()
	form := url.Values{"handle": {page.hidden("handle")}, "stored": {value}, "problem": {problem}}
	return f.send(page.action(), form, "same-origin")
}

func (a answer) data(name string) string { return a.find(` data-` + name + `="([^"]*)"`) }
func (a answer) hidden(name string) string {
	return a.find(`<input type="hidden" name="` + name + `" value="([^"]*)">`)
}
func (a answer) action() string { return a.find(`<form method="post" action="([^"]*)"`) }

func (a answer) find(pattern string) string {
	if m := regexp.MustCompile(pattern).FindStringSubmatch(a.body); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}

// opens fails the test unless an answer leads to the stage, and returns where.
func (a answer) opens(t *testing.T) string {
	t.Helper()
	to := a.Header.Get("Location")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, publicURL+"/stage/") {
		t.Fatalf("not on the stage: %d to %q: %s", a.StatusCode, to, a.text())
	}
	return to
}

func offered(form url.Values, target string) url.Values {
	form.Set("lti_storage_target", target)
	return form
}

func TestAFrameThatKeepsCookies(t *testing.T) {
	for name, dest := range map[string]string{"says that it is one": "iframe", "does not say": ""} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t)
			f := s.frame(true)
			f.dest = dest
			first := f.sendOnce(s.kit.URLs.Login(s.ours.ID), s.loginForm(), "cross-site")
			if first.StatusCode != http.StatusTemporaryRedirect || len(first.Cookies()) != 1 {
				t.Fatalf("the first answer: %d, cookies %v", first.StatusCode, first.Cookies())
			}
			c := first.Cookies()[0]
			if !strings.HasPrefix(c.Name, "__Host-") || !c.Partitioned || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteNoneMode {
				t.Errorf("the cookie to be looked for: %s", c.Raw)
			}
			to := f.send(first.Header.Get("Location"), s.loginForm(), "cross-site").Header.Get("Location")
			stage := f.launch(f.at(to)).opens(t)
			if strings.Contains(stage, web.TicketMark) {
				t.Errorf("a ticket in %s, for a browser that keeps cookies", stage)
			}
			if again := f.sendOnce(s.kit.URLs.Login(s.ours.ID), s.loginForm(), "cross-site"); again.StatusCode != http.StatusFound {
				t.Errorf("the next login looks again: %d", again.StatusCode)
			}
		})
	}
}

func TestALoginByGetLooksForTheCookieAsWell(t *testing.T) {
	s := newSchool(t)
	query := s.loginForm().Encode()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimPrefix(s.kit.URLs.Login(s.ours.ID), publicURL)+"?"+query, nil)
	r.Header.Set("Sec-Fetch-Dest", "iframe")
	a := s.ask(r)
	if want := query + "&" + markLook + "=1"; a.StatusCode != http.StatusTemporaryRedirect || !strings.HasSuffix(a.Header.Get("Location"), want) {
		t.Errorf("%d to %s", a.StatusCode, a.Header.Get("Location"))
	}
}

func TestAWindowOfItsOwnIsNotLookedInto(t *testing.T) {
	s := newSchool(t)
	f := s.frame(false)
	f.dest = "document"
	if a := f.login(s.loginForm()); a.StatusCode != http.StatusFound {
		t.Errorf("%d: %s", a.StatusCode, a.text())
	}
}

// A login that will be refused is refused at once, before any looking.
func TestARefusedLoginInAFrame(t *testing.T) {
	s := newSchool(t)
	form := s.loginForm()
	form.Set("iss", "https://evil.example.com")
	if a := s.frame(true).sendOnce(s.kit.URLs.Login(s.ours.ID), form, "cross-site"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestAFrameWithoutCookiesAsksTheLMSToKeepTheSecret(t *testing.T) {
	s := newSchool(t)
	f := s.frame(false)
	page := f.login(offered(s.loginForm(), "lti_storage_frame"))
	if page.StatusCode != http.StatusOK {
		t.Fatalf("%d: %s", page.StatusCode, page.text())
	}
	v := f.at(page.data("next"))
	for name, want := range map[string]string{
		"lti-storage": "put", "target": "lti_storage_frame", "origin": s.server.URL,
	} {
		if got := page.data(name); got != want {
			t.Errorf("data-%s is %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(page.data("key"), "lti_state_") || len(page.data("value")) < 40 || strings.Contains(page.data("next"), page.data("value")) {
		t.Errorf("key %q, value %q, next %q", page.data("key"), page.data("value"), page.data("next"))
	}
	if strings.Contains(page.body, "data-ask") {
		t.Error("asks for what was offered")
	}

	asks := f.launch(v)
	if asks.StatusCode != http.StatusOK || asks.data("lti-storage") != "get" || asks.data("key") != page.data("key") || asks.data("target") != "lti_storage_frame" {
		t.Fatalf("%d: %s", asks.StatusCode, asks.body)
	}
	for what, private := range map[string]string{
		"the token": `eyJhbGciOi`, "the name": "Lovelace", "the address": "ada@example.com", "the secret": page.data("value"), "the state": v.state,
	} {
		if strings.Contains(asks.body, private) {
			t.Errorf("the page that asks holds %s", what)
		}
	}
	stage := f.bringBack(asks, page.data("value"), "").opens(t)
	if !strings.Contains(stage, web.TicketMark) {
		t.Errorf("no ticket in %s, for a browser that keeps no cookie", stage)
	}
	if again := f.bringBack(asks, page.data("value"), ""); again.StatusCode/100 != 4 {
		t.Errorf("the same answer again: %d", again.StatusCode)
	}
}

func TestWhatTheStorageMustBringBack(t *testing.T) {
	for name, tc := range map[string]struct {
		value, problem string
		spoil          func(page *answer)
		check          lti.Check
		says           string
	}{
		"nothing, for nobody answered": {problem: "timeout", check: lti.CheckBrowser, says: "timeout"},
		"nothing, for it was not kept": {problem: "missing", check: lti.CheckBrowser, says: "missing"},
		"another secret":               {value: "another", check: lti.CheckBrowser, says: "another secret"},
		"a handle that is none": {check: lti.CheckRequest, says: "handle", spoil: func(page *answer) {
			page.body = strings.Replace(page.body, page.hidden("handle"), "AAAA"+page.hidden("handle")[4:], 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t)
			f := s.frame(false)
			asks := f.launch(f.at(f.login(offered(s.loginForm(), "_parent")).data("next")))
			if tc.spoil != nil {
				tc.spoil(&asks)
			}
			refused := f.bringBack(asks, tc.value, tc.problem)
			if refused.StatusCode/100 != 4 || refused.reference() == "" {
				t.Fatalf("%d: %s", refused.StatusCode, refused.text())
			}
			refused.givesNothingAway(t)
			rows := s.refusals(s.ours)
			if len(rows) != 1 || rows[0].Check != string(tc.check) || !strings.Contains(rows[0].Detail, tc.says) {
				t.Errorf("launch log: %+v", rows)
			}
		})
	}
}

// A handle of one workspace is worth nothing in another.
func TestAHandleBelongsToItsWorkspace(t *testing.T) {
	s := newSchool(t)
	other := s.workspace("Support team")
	f := s.frame(false)
	login := f.login(offered(s.loginForm(), "_parent"))
	asks := f.launch(f.at(login.data("next")))
	asks.body = strings.ReplaceAll(asks.body, string(s.ours.ID), string(other.ID))
	if a := f.bringBack(asks, login.data("value"), ""); a.StatusCode != http.StatusBadRequest {
		t.Errorf("%d: %s", a.StatusCode, a.text())
	}
}

func TestAFrameWhereNothingIsOffered(t *testing.T) {
	for name, target := range map[string]string{
		"no storage target":       "",
		"a script as the target":  "javascript:alert(1)",
		"quotes in the target":    `x" onload="alert(1)`,
		"a target without an end": strings.Repeat("x", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t)
			form := s.loginForm()
			form.Set("login_hint", `6"><script>alert(1)</script>`)
			if target != "" {
				form.Set("lti_storage_target", target)
			}
			f := s.frame(false)
			page := f.login(form)
			// The page around may have a storage all the same: it is asked.
			if page.StatusCode != http.StatusOK || !strings.Contains(page.body, " data-ask") || page.data("target") != "_parent" {
				t.Fatalf("%d: %s", page.StatusCode, page.body)
			}
			if strings.Contains(page.body, "<script>") || strings.Contains(page.body, `onload="`) {
				t.Errorf("markup from outside in the page: %s", page.body)
			}
			page.shows(t, "Open this activity in a new window", "Open in a new window")

			// The button sends the same request, from a window of its own.
			if page.hidden("login_hint") != form.Get("login_hint") || page.hidden("lti_message_hint") != form.Get("lti_message_hint") {
				t.Errorf("the button sends another request: %s", page.body)
			}
			if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https:") {
				t.Errorf("the button's way to the platform is barred: %s", csp)
			}
			window := s.frame(true)
			window.dest = "document"
			v := window.at(window.send(page.action(), form, "same-origin").Header.Get("Location"))
			window.launch(v).opens(t)
		})
	}
}

// OWN-O13 and its relatives: the storage page gives nobody a way around the
// browser check.
func TestAStateOfAnotherBrowserIsNotOpenedByStorage(t *testing.T) {
	s := newSchool(t)
	attacker, victim := s.frame(false), s.frame(false)
	theirs := attacker.login(offered(s.loginForm(), "_parent"))
	mine := victim.login(offered(s.loginForm(), "_parent"))
	asks := victim.launch(victim.at(theirs.data("next"))) // the attacker's token, in the victim's browser
	if a := victim.bringBack(asks, mine.data("value"), ""); a.StatusCode != http.StatusForbidden {
		t.Errorf("%d: %s", a.StatusCode, a.text())
	}
}

// Somebody reloads the page of a launch, or goes back to it and forth again.
func TestALaunchThatIsReloadedGoesOn(t *testing.T) {
	s := newSchool(t)
	f := s.frame(true)
	f.dest = "document"
	v := f.at(f.login(s.loginForm()).Header.Get("Location"))
	first := f.launch(v).opens(t)
	if again := f.launch(v).opens(t); again != first {
		t.Errorf("sent to %s, not to %s", again, first)
	}
	s.clock.pass(15 * time.Minute) // token and state are long over
	if again := f.launch(v).opens(t); again != first {
		t.Errorf("after a while sent to %s, not to %s", again, first)
	}
	stranger := s.frame(true)
	for name, c := range f.cookies {
		if !strings.Contains(name, "stage-") {
			stranger.cookies[name] = c
		}
	}
	a := stranger.launch(v)
	if a.StatusCode/100 != 4 {
		t.Errorf("without the stage's cookie: %d", a.StatusCode)
	}
	a.shows(t, "open the activity again")
}

// Blackboard's frame has a name of its own, which it does not always say.
func TestAStorageThatTheLoginDoesNotNameIsTheLMSs(t *testing.T) {
	s := newSchool(t)
	c := s.connection
	c.Product = "BlackboardLearn"
	s.save(c)
	if page := s.frame(false).login(s.loginForm()); page.data("target") != "lti_storage_frame" {
		t.Errorf("it asks %q", page.data("target"))
	}
}
