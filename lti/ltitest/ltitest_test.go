package ltitest_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
	"github.com/greenroom-lti/greenroom/lti/ltitest"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

const claim = "https://purl.imsglobal.org/spec/lti/claim/"

func newTool(p *ltitest.Platform) *lti.Tool {
	return &lti.Tool{
		Registrations: p, States: lti.NewMemoryStates([32]byte{1}), KeySets: p.KeySets(), Now: p.Now, Random: rand.Reader,
	}
}

func TestAValidLaunch(t *testing.T) {
	for _, profile := range []platform.Profile{platform.Generic, platform.Moodle} {
		t.Run(profile.Name, func(t *testing.T) {
			p := ltitest.NewPlatform(t, profile)
			l, err := p.Launch(newTool(p))
			if err != nil {
				t.Fatal(err)
			}
			if l.Subject != p.Learner || !l.Roles.Learner() || l.ResourceLink.ID != p.Activity || l.User.Name != "Stina Student" || !l.Grades.Can(lti.ScopeScore) {
				t.Errorf("launch %+v", l)
			}
			teacher, err := p.LaunchAs(newTool(p), p.Teacher, p.Activity)
			if err != nil || !teacher.Roles.Instructor() {
				t.Errorf("the teacher: %+v, %v", teacher, err)
			}
		})
	}
}

func TestOneThingSpoilt(t *testing.T) {
	stranger, err := lti.NewPrivateKey(rand.Reader, "stranger")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		spoil ltitest.Spoil
		want  lti.Check
	}{
		"expired":               {func(a *ltitest.Attempt) { a.Claims["exp"], a.Claims["iat"] = 1772366000, 1772365940 }, lti.CheckExpiry},
		"for another client":    {func(a *ltitest.Attempt) { a.Claims["aud"] = "someone-else" }, lti.CheckAudience},
		"of another issuer":     {func(a *ltitest.Attempt) { a.Claims["iss"] = "https://elsewhere.example.com" }, lti.CheckIssuer},
		"unknown deployment":    {func(a *ltitest.Attempt) { a.Claims[claim+"deployment_id"] = "nope" }, lti.CheckDeployment},
		"another nonce":         {func(a *ltitest.Attempt) { a.Claims["nonce"] = "another" }, lti.CheckNonce},
		"no version":            {func(a *ltitest.Attempt) { delete(a.Claims, claim+"version") }, lti.CheckVersion},
		"no roles":              {func(a *ltitest.Attempt) { delete(a.Claims, claim+"roles") }, lti.CheckRoles},
		"no subject":            {func(a *ltitest.Attempt) { delete(a.Claims, "sub") }, lti.CheckSubject},
		"no resource link":      {func(a *ltitest.Attempt) { delete(a.Claims, claim+"resource_link") }, lti.CheckResourceLink},
		"another target":        {func(a *ltitest.Attempt) { a.Claims[claim+"target_link_uri"] = "https://evil.example.com" }, lti.CheckTarget},
		"a stranger's key":      {func(a *ltitest.Attempt) { a.Key = stranger }, lti.CheckSignature},
		"an unknown kid":        {func(a *ltitest.Attempt) { a.Header["kid"] = "nope" }, lti.CheckKey},
		"no kid":                {func(a *ltitest.Attempt) { delete(a.Header, "kid") }, lti.CheckKey},
		"another algorithm":     {func(a *ltitest.Attempt) { a.Header["alg"] = "RS512" }, lti.CheckAlgorithm},
		"another browser":       {func(a *ltitest.Attempt) { a.Cookies = nil }, lti.CheckBrowser},
		"no state":              {func(a *ltitest.Attempt) { a.Form.Del("state") }, lti.CheckState},
		"an edited state":       {func(a *ltitest.Attempt) { a.Form.Set("state", edited(a.Form.Get("state"))) }, lti.CheckState},
		"text in place of JSON": {func(a *ltitest.Attempt) { a.Form.Set("id_token", "hello") }, lti.CheckToken},
	} {
		t.Run(name, func(t *testing.T) {
			p := ltitest.NewPlatform(t, platform.Moodle)
			_, err := p.Launch(newTool(p), tc.spoil)
			if refusal, ok := errors.AsType[*lti.Refusal](err); !ok || refusal.Check != tc.want {
				t.Errorf("got %v, want a refusal of %s", err, tc.want)
			}
		})
	}
}

// edited changes the first character, whatever it is.
func edited(state string) string {
	if state[0] == 'A' {
		return "B" + state[1:]
	}
	return "A" + state[1:]
}

func TestALaunchIsTakenOnce(t *testing.T) {
	p := ltitest.NewPlatform(t, platform.Moodle)
	tool := newTool(p)
	var kept ltitest.Attempt
	if _, err := p.Launch(tool, func(a *ltitest.Attempt) { kept = *a }); err != nil {
		t.Fatal(err)
	}
	_, err := p.Launch(tool, func(a *ltitest.Attempt) {
		a.Claims["nonce"] = kept.Claims["nonce"]
		a.Form.Set("state", kept.Form.Get("state"))
		a.Cookies = kept.Cookies
	})
	if refusal, ok := errors.AsType[*lti.Refusal](err); !ok || refusal.Check != lti.CheckReplay {
		t.Errorf("the same state again: %v", err)
	}
}

// A tool's score arrives at the activity that was launched.
func TestAScoreArrives(t *testing.T) {
	key := newKey(t)
	for _, profile := range []platform.Profile{platform.Generic, platform.Moodle} {
		t.Run(profile.Name, func(t *testing.T) {
			p := ltitest.NewPlatform(t, profile)
			p.Trust(key.Public())
			l, err := p.Launch(newTool(p))
			if err != nil {
				t.Fatal(err)
			}
			client := lti.NewClient(l.Registration, key, p.Client(), lti.WithNow(p.Now))
			post := func(given float64) error {
				return ags.PostScore(t.Context(), client, l.Grades.LineItem, ags.Score{Subject: l.Subject, Given: given, Maximum: 10, At: p.Now()})
			}
			if err := post(8); err != nil {
				t.Fatal(err)
			}
			column := p.Gradebook(p.Course)[0]
			if got := p.Received(); len(got) != 1 || *got[0].Given != 8 || column.Grades[p.Learner].Given != 80 {
				t.Errorf("received %+v, gradebook %+v", got, column)
			}
			if e, ok := errors.AsType[*lti.ServiceError](post(9)); !ok || !e.Conflict() {
				t.Error("the same timestamp again is no conflict")
			}
			p.Pass(time.Second)
			p.Fail(platform.Fault{Endpoint: platform.Scores, Times: 1, Status: 503, RetryAfter: time.Minute})
			if e, ok := errors.AsType[*lti.ServiceError](post(9)); !ok || !e.TryLater() || e.RetryAfter != time.Minute {
				t.Errorf("a platform that is down: %v", e)
			}
			if err := post(9); err != nil {
				t.Error(err)
			}
			p.RevokeTokens()
			p.Pass(time.Second)
			if err := post(10); err != nil {
				t.Errorf("after the token was revoked: %v", err)
			}
		})
	}
}

func TestVisitingAServer(t *testing.T) {
	p := ltitest.NewPlatform(t, platform.Generic)
	tool := newTool(p)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		params, err := lti.FormParams(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		login, err := tool.StartLogin(r.Context(), params, ltitest.LaunchURL)
		if err != nil {
			t.Error(err)
			return
		}
		http.SetCookie(w, login.Cookie)
		http.Redirect(w, r, login.RedirectURL, http.StatusFound)
	})
	mux.HandleFunc("POST /launch", func(w http.ResponseWriter, r *http.Request) {
		params, err := lti.FormParams(w, r)
		if err == nil {
			_, err = tool.FinishLaunch(r.Context(), params, r.Cookies(), ltitest.LaunchURL)
		}
		if err != nil {
			http.Error(w, "refused", http.StatusForbidden)
		}
	})
	if answer := p.Visit(mux); answer.StatusCode != http.StatusOK {
		t.Errorf("a valid launch: %s", answer.Status)
	}
	if answer := p.Visit(mux, func(a *ltitest.Attempt) { a.Cookies = nil }); answer.StatusCode != http.StatusForbidden {
		t.Errorf("another browser: %s", answer.Status)
	}
}

func newKey(t *testing.T) lti.PrivateKey {
	t.Helper()
	key, err := lti.NewPrivateKey(rand.Reader, "tool-key")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// What Known says is enough to be believed by each LMS, whatever it wants as
// the audience of assertions.
func TestEveryLMSGrantsATokenToWhatIsKnown(t *testing.T) {
	key := newKey(t)
	for _, profile := range platform.Profiles() {
		t.Run(profile.Name, func(t *testing.T) {
			p := ltitest.NewPlatform(t, profile)
			client := lti.NewClient(p.Known(), key, p.Client(), lti.WithNow(p.Now))
			if _, err := client.Token(t.Context(), lti.ScopeScore); err == nil {
				t.Error("a token for a key that nobody has told")
			}
			p.Trust(key.Public())
			if _, err := client.Token(t.Context(), lti.ScopeScore); err != nil {
				t.Error(err)
			}
		})
	}
}

// A teacher picks, the platform makes the activity, and it launches.
func TestWhatIsPickedIsLaunched(t *testing.T) {
	key := newKey(t)
	p := ltitest.NewPlatform(t, platform.Moodle)
	p.Trust(key.Public())
	begun, err := p.DeepLinkingRequest(p.Teacher, p.Course, p.Tool.ClientID, platform.Pick{})
	if err != nil {
		t.Fatal(err)
	}
	launch, err := p.LaunchFrom(newTool(p), begun)
	if err != nil {
		t.Fatal(err)
	}
	request, err := deeplink.NewRequest(launch)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := deeplink.Respond(t.Context(), key, request, []deeplink.Item{
		deeplink.ResourceLink{Title: "Discovery call", Custom: map[string]string{"scenario": "7"}},
	}, deeplink.WithNow(p.Now))
	if err != nil {
		t.Fatal(err)
	}
	p.Bring(platform.Form{Action: answer.ReturnURL, Fields: url.Values{deeplink.Field: {answer.JWT}}})
	made := p.Selections(p.Course)[0]
	if made.Problem != "" || len(made.Links) != 1 {
		t.Fatalf("the platform made %+v", made)
	}
	again, err := p.LaunchAs(newTool(p), p.Learner, made.Links[0].ID)
	if err != nil || again.Custom["scenario"] != "7" {
		t.Errorf("the launch of what was picked: %+v, %v", again, err)
	}
}

// A visited server is where the platform finds the tool's keys, and the form of
// its page is one to bring back.
func TestAPickerInAServer(t *testing.T) {
	key := newKey(t)
	p := ltitest.NewPlatform(t, platform.Generic)
	tool := newTool(p)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		params, _ := lti.FormParams(w, r)
		login, err := tool.StartLogin(r.Context(), params, ltitest.LaunchURL)
		if err != nil {
			t.Error(err)
			return
		}
		http.SetCookie(w, login.Cookie)
		http.Redirect(w, r, login.RedirectURL, http.StatusFound)
	})
	mux.HandleFunc("POST /launch", func(w http.ResponseWriter, r *http.Request) {
		params, _ := lti.FormParams(w, r)
		launch, err := tool.FinishLaunch(r.Context(), params, r.Cookies(), ltitest.LaunchURL)
		if err != nil {
			t.Error(err)
			return
		}
		request, err1 := deeplink.NewRequest(launch)
		answer, err2 := deeplink.Cancel(r.Context(), key, request, deeplink.WithNow(p.Now))
		if err := errors.Join(err1, err2); err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(w, `<form method="post" action="%s"><input type="hidden" name="JWT" value="%s"></form>`, html.EscapeString(answer.ReturnURL), answer.JWT)
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) { w.Write(lti.KeySetDocument(key.Public())) })
	begun, err := p.DeepLinkingRequest(p.Teacher, p.Course, p.Tool.ClientID, platform.Pick{})
	if err != nil {
		t.Fatal(err)
	}
	p.Bring(ltitest.FormOf(p.VisitFrom(mux, begun)))
	if came := p.Selections(p.Course); len(came) != 1 || came[0].Problem != "" {
		t.Errorf("came back: %+v", came)
	}
}
