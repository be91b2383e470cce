package platform

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// newSchool is a platform with a learner, a tool and an activity.
func newSchool(t *testing.T, profile Profile) (p *Platform, learner, link string) {
	t.Helper()
	key, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	p, err = New(Options{Key: &key, Issuer: "https://lms.example.com", Profile: profile, Now: func() time.Time { return recordedAt }})
	if err != nil {
		t.Fatal(err)
	}
	course := p.AddCourse("Course")
	learner = p.AddUser(User{Name: "Stina Student"})
	p.Enrol(course, learner, Learner)
	tool := p.AddTool(ToolSettings{
		Name: "Tool", ToolURL: "https://tool.example.com/launch", LoginURL: "https://tool.example.com/login",
		RedirectURIs: []string{"https://tool.example.com/launch"},
	})
	l, err := p.AddLink(course, Link{Tool: tool.ClientID, Title: "Practice"})
	if err != nil {
		t.Fatal(err)
	}
	return p, learner, l.ID
}

func TestAuthenticationRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil  func(url.Values)
		status int    // 200: a form for the tool; otherwise shown here
		code   string // the error in that form, empty for a token
	}{
		"valid":                       {func(url.Values) {}, 200, ""},
		"without prompt":              {func(q url.Values) { q.Del("prompt") }, 200, ""},
		"prompt that is not none":     {func(q url.Values) { q.Set("prompt", "login") }, 200, "invalid_request"},
		"without response_mode":       {func(q url.Values) { q.Del("response_mode") }, 200, "invalid_request"},
		"login_hint of somebody else": {func(q url.Values) { q.Set("login_hint", "0") }, 200, "access_denied"},
		"unknown client":              {func(q url.Values) { q.Set("client_id", "nope") }, 404, ""},
		"unknown redirect_uri":        {func(q url.Values) { q.Set("redirect_uri", "https://evil.example.com") }, 404, ""},
		"redirect_uri with a query":   {func(q url.Values) { q.Set("redirect_uri", q.Get("redirect_uri")+"?x=1") }, 404, ""},
		"without nonce":               {func(q url.Values) { q.Del("nonce") }, 404, ""},
		"another scope":               {func(q url.Values) { q.Set("scope", "openid email") }, 404, ""},
		"another response_type":       {func(q url.Values) { q.Set("response_type", "code") }, 404, ""},
		"unknown lti_message_hint":    {func(q url.Values) { q.Set("lti_message_hint", "nope") }, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, learner, link := newSchool(t, Moodle)
			begun, err := p.LoginRequest(learner, link)
			if err != nil {
				t.Fatal(err)
			}
			f := begun.Fields
			q := url.Values{
				"scope": {"openid"}, "response_type": {"id_token"}, "response_mode": {"form_post"}, "prompt": {"none"},
				"client_id": {f.Get("client_id")}, "redirect_uri": {"https://tool.example.com/launch"},
				"login_hint": {f.Get("login_hint")}, "lti_message_hint": {f.Get("lti_message_hint")}, "state": {`s"<x>`}, "nonce": {"n"},
			}
			tc.spoil(q)
			ask := func() *httptest.ResponseRecorder {
				w := httptest.NewRecorder()
				p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/lti/auth?"+q.Encode(), nil))
				return w
			}
			w := ask()
			if w.Code != tc.status {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if tc.status != 200 {
				return
			}
			if strings.Contains(w.Body.String(), `"s"<x>"`) {
				t.Error("the state is markup")
			}
			if token := strings.Contains(w.Body.String(), `name="id_token"`); token != (tc.code == "") {
				t.Errorf("token: %v", token)
			}
			if tc.code != "" && !strings.Contains(w.Body.String(), `value="`+tc.code+`"`) {
				t.Errorf("no %s in %s", tc.code, w.Body)
			}
			if tc.code == "" && ask().Code != 404 {
				t.Error("a launch that was made can be made again")
			}
		})
	}
}

func TestWhoIsNotSignedInGetsLoginRequired(t *testing.T) {
	p, learner, link := newSchool(t, Generic)
	p.signedIn = func(*http.Request) (string, bool) { return "", false }
	f, err := p.LoginRequest(learner, link)
	if err != nil {
		t.Fatal(err)
	}
	q := f.Fields
	q.Set("scope", "openid")
	q.Set("response_type", "id_token")
	q.Set("response_mode", "form_post")
	q.Set("redirect_uri", "https://tool.example.com/launch")
	q.Set("nonce", "n")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/lti/auth?"+q.Encode(), nil))
	if !strings.Contains(w.Body.String(), "login_required") {
		t.Error(w.Body)
	}
}

func TestUngradedLinks(t *testing.T) {
	for name, tc := range map[string]struct {
		profile Profile
		want    any
	}{"Moodle sends an empty line item": {Moodle, ""}, "others send none": {Generic, nil}} {
		t.Run(name, func(t *testing.T) {
			p, _, id := newSchool(t, tc.profile)
			l := p.links[id]
			if got := p.gradesClaim(p.tools[l.Tool], p.courses[l.Course], l)["lineitem"]; got != tc.want {
				t.Errorf("lineitem %v", got)
			}
		})
	}
}

func TestAssertionsOfTheGenericProfile(t *testing.T) {
	p, _, _ := newSchool(t, Generic)
	valid := func() map[string]any {
		return map[string]any{
			"iss": "c", "sub": "c", "aud": p.TokenURL(), "jti": "1",
			"iat": float64(recordedAt.Unix()), "exp": float64(recordedAt.Unix() + 60),
		}
	}
	if trouble := p.assertionTrouble(valid()); trouble != "" {
		t.Fatalf("a valid one: %s", trouble)
	}
	if p.assertionTrouble(valid()) == "" {
		t.Error("the same jti is taken twice")
	}
	for name, spoil := range map[string]func(map[string]any){
		"another audience":    func(c map[string]any) { c["aud"] = "https://elsewhere.example.com" },
		"iss that is not sub": func(c map[string]any) { c["iss"] = "d" },
		"no exp":              func(c map[string]any) { delete(c, "exp") },
		"no jti":              func(c map[string]any) { delete(c, "jti") },
	} {
		c := valid()
		c["jti"] = name
		spoil(c)
		if p.assertionTrouble(c) == "" {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestALostAnswerKeepsTheScore(t *testing.T) {
	p, learner, _ := newSchool(t, Generic)
	tool := p.Tools()[0]
	graded, err := p.AddLink(p.Links("1")[0].Course, Link{Tool: tool.ClientID, Title: "Graded", Maximum: 10})
	if err != nil {
		t.Fatal(err)
	}
	p.access["a"] = grant{tool.ClientID, []string{lti.ScopeScore}, recordedAt.Add(time.Hour)}
	p.Fail(Fault{Endpoint: Scores, Times: 1, Lose: true})
	r := httptest.NewRequest(http.MethodPost, "/lti/courses/1/lineitems/"+graded.item+"/lineitem/scores", strings.NewReader(
		`{"userId":"`+learner+`","scoreGiven":8,"scoreMaximum":10,"activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":"2026-11-23T15:37:19.466Z"}`))
	r.Header.Set("Authorization", "Bearer a")
	r.Header.Set("Content-Type", scoreType)
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the answer was not lost")
			}
		}()
		p.ServeHTTP(httptest.NewRecorder(), r)
	}()
	if got := p.Scores(graded.ID); len(got) != 1 || *got[0].Given != 8 {
		t.Errorf("kept %+v", got)
	}
}
