package admin

import (
	"crypto/rand"
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/greenroom-lti/greenroom/internal/web"
)

// anotherNode is a second server over the same store, as two processes behind
// a load balancer are.
func (s *site) anotherNode() http.Handler {
	s.t.Helper()
	service := newService(s.service.Store)
	service.Now = s.service.Now
	kit := must(web.New(web.Options{
		PublicURL: "https://practice.example.com", Service: service, Log: service.Log, Now: service.Now, Random: rand.Reader,
	}))(s.t)
	mux := http.NewServeMux()
	kit.Mount(mux)
	New(kit).Mount(mux)
	return kit.Wrap(mux)
}

// on takes the browser to another node, with its cookies.
func (b *browser) on(node http.Handler) *browser {
	there := *b.site
	there.handler = node
	return &browser{site: &there, cookies: b.cookies}
}

func (b *browser) isSignedIn() bool {
	b.t.Helper()
	return b.get(accountPath).status == http.StatusOK
}

func TestRenamingOneself(t *testing.T) {
	s := newSite(t)
	mel := s.as("mel")
	mel.get("/w/northwind/scenarios").has(t, `href="/account"`, "Your account")
	got := mel.post(accountPath+"/name", url.Values{"name": {" "}})
	if got.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", got.status)
	}
	got.has(t, `id="name-note">Enter a name for yourself.</p>`)
	mel.follow(mel.post(accountPath+"/name", url.Values{"name": {"Mel & Co"}})).has(t, "Your name is saved", `value="Mel &amp; Co"`)
}

func TestChangingOnesPassword(t *testing.T) {
	s := newSite(t)
	here, there := s.as("mel"), s.as("mel").on(s.anotherNode())
	for name, tc := range map[string]struct{ present, password, want string }{
		"a wrong present one": {"wrong horse", "another password", `id="present-note">This is not your present password.</p>`},
		"a short one":         {password, "short", `id="password-note">Use at least 10 characters.</p>`},
	} {
		got := here.post(accountPath+"/password", url.Values{"present": {tc.present}, "password": {tc.password}})
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, got.status)
		}
		got.has(t, tc.want)
		got.hasNot(t, tc.present, "another password")
	}
	if !there.isSignedIn() {
		t.Fatal("the other browser is not signed in")
	}
	before := here.cookies["__Host-greenroom"]
	got := here.post(accountPath+"/password", url.Values{"present": {password}, "password": {"another password"}})
	here.follow(got).has(t, "Your password is changed")
	if here.cookies["__Host-greenroom"] == before {
		t.Error("the token was not renewed")
	}
	if there.isSignedIn() {
		t.Error("the other browser is still signed in")
	}
	old := s.as("")
	old.cookies["__Host-greenroom"] = before
	if old.isSignedIn() {
		t.Error("the old token still opens")
	}
}

func TestSigningOutEverywhere(t *testing.T) {
	s := newSite(t)
	node := s.anotherNode()
	here, there, other := s.as("mel"), s.as("mel").on(node), s.as("ada").on(node)
	if !here.isSignedIn() || !there.isSignedIn() {
		t.Fatal("not signed in")
	}
	if to := here.post(accountPath+"/sign-out-everywhere", nil).header.Get("Location"); to != "/sign-in" {
		t.Errorf("leads to %q", to)
	}
	if here.isSignedIn() || there.isSignedIn() {
		t.Error("a sign-in goes on")
	}
	if !other.isSignedIn() {
		t.Error("somebody else was signed out")
	}
	if !s.as("mel").on(node).isSignedIn() {
		t.Error("there is no way back")
	}
}

func TestASignInEndsUnused(t *testing.T) {
	s := newSite(t)
	mel := s.as("mel")
	for range 3 {
		s.now = s.now.Add(47 * time.Hour)
		if !mel.isSignedIn() {
			t.Fatal("signed out although it was used")
		}
	}
	s.now = s.now.Add(47 * time.Hour)
	mel.part("GET", accountPath) // what an open page asks for by itself
	s.now = s.now.Add(time.Hour)
	if mel.isSignedIn() {
		t.Error("signed in after two days of doing nothing")
	}
}

// A form that comes too late was not sent: the person is told, and led back to
// its page.
func TestAFormAfterTheSignInHasEnded(t *testing.T) {
	s := newSite(t)
	for referer, want := range map[string]string{
		"https://practice.example.com/w/northwind/settings?x=1": "/sign-in?next=%2Fw%2Fnorthwind%2Fsettings%3Fx%3D1&unsent=1",
		"https://evil.example/w/northwind/settings":             "/sign-in?unsent=1",
		"": "/sign-in?unsent=1",
	} {
		nobody := s.as("")
		r, _ := http.NewRequest("POST", "/w/northwind/settings", strings.NewReader("password=secret+words"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Referer", referer)
		got := nobody.send(r)
		if to := got.header.Get("Location"); got.status != http.StatusSeeOther || to != want {
			t.Errorf("from %q: %d to %q, want %q", referer, got.status, to, want)
		}
		nobody.follow(got).has(t, "the form was not sent")
	}
	s.as("").get("/sign-in").hasNot(t, "the form was not sent")
}

// carried are the hidden fields of a page, as a browser sends them on.
func (a answer) carried() url.Values {
	form := url.Values{}
	for _, m := range regexp.MustCompile(`(?s)<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(a.body, -1) {
		form.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return form
}

// What was typed into a form that came too late waits on the sign-in page, also
// while somebody mistypes their password, and is sent by whoever signs in.
func TestWhatWasTypedOutlivesTheSignIn(t *testing.T) {
	s := newSite(t)
	b := s.as("")
	typed := manual()
	typed.Set("platform", `Campus "Moodle" <b>`)
	late := b.post(lti+"/connections", typed)
	if late.status != http.StatusUnauthorized {
		t.Fatalf("status %d", late.status)
	}
	late.has(t, "What you typed is kept on this page", `action="/sign-in" enctype="multipart/form-data"`)

	signIn := func(page answer, password string) answer {
		form := page.carried()
		form.Set("email", "dana@example.com")
		form.Set("password", password)
		return b.post("/sign-in", form)
	}
	wrong := signIn(late, "mistyped")
	wrong.has(t, "do not belong together", "What you typed is kept on this page")
	kept := signIn(wrong, password)
	kept.has(t, "Your form is still here", `action="`+lti+`/connections"`, "Campus &#34;Moodle&#34; &lt;b&gt;")
	kept.hasNot(t, "mistyped", password, "dana@example.com")
	if got := b.get(lti); !strings.Contains(got.body, "No LMS is connected yet") {
		t.Error("something was sent without a click")
	}
	b.follow(b.post(lti+"/connections", kept.carried())).has(t, "LTI configuration saved", "Campus &#34;Moodle&#34; &lt;b&gt;")
}

// The same form waits on the page that says that something went wrong on our
// side, and can be sent once more.
func TestWhatWasTypedOutlivesAFailureOfOurs(t *testing.T) {
	s := newSite(t)
	b, random := s.as("dana"), s.service.Random
	s.service.Random = iotest.ErrReader(errors.New("no randomness"))
	typed := manual()
	typed.Set("platform", `Campus "Moodle" <b>`)
	failed := b.post(lti+"/connections", typed)
	if failed.status != http.StatusInternalServerError {
		t.Fatalf("status %d", failed.status)
	}
	failed.has(t, "What you typed is kept on this page", "Campus &#34;Moodle&#34; &lt;b&gt;</textarea>", "Send it again")
	s.service.Random = random
	b.follow(b.post(lti+"/connections", failed.carried())).has(t, "LTI configuration saved", "Campus &#34;Moodle&#34; &lt;b&gt;")

	if b.post(lti+"/connections/none", typed).hasNot(t, "kept on this page"); t.Failed() {
		t.Log("of what is not there, nothing can be sent again")
	}
}

func TestACarriedFormGoesNowhereElse(t *testing.T) {
	s := newSite(t)
	for _, action := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example/"} {
		got := s.as("").post("/sign-in", url.Values{"email": {"dana@example.com"}, "password": {password},
			"unsent-action": {action}, "unsent.name": {"North"}})
		if got.status != http.StatusSeeOther || strings.Contains(got.body, "evil") {
			t.Errorf("%s: %d\n%s", action, got.status, got.body)
		}
	}
}

// Passwords and secrets are not written into pages.
func TestSecretsAreNotCarried(t *testing.T) {
	got := newSite(t).as("").post("/account/password", url.Values{
		"name": {"Dana"}, "present": {"open sesame"}, "password": {"open sesame"}, "secret": {"open sesame"},
	})
	got.has(t, `name="unsent.name" value="Dana"`)
	got.hasNot(t, "open sesame")
}

// A part of an open page that is asked for in vain leaves the page as it is:
// somebody may be typing there.
func TestAnOpenPageIsNotLoadedAgain(t *testing.T) {
	got := newSite(t).as("").part("GET", lti+"/connections")
	if got.status != http.StatusUnauthorized || got.header.Get("HX-Refresh") != "" || got.body != "" {
		t.Errorf("status %d, %v, %q", got.status, got.header, got.body)
	}
}
