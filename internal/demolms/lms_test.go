package demolms

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti/platform"
)

// A browser that is signed in, or not.
type browser struct {
	t      *testing.T
	lms    *LMS
	cookie *http.Cookie
}

func newLMS(t *testing.T) *LMS {
	t.Helper()
	l, err := New(Options{BaseURL: "http://localhost:8081"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func open(t *testing.T, l *LMS, username string) *browser {
	t.Helper()
	b := &browser{t: t, lms: l}
	if username == "" {
		return b
	}
	w := b.post("/sign-in", url.Values{"username": {username}, "password": {username}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("sign in: %d", w.Code)
	}
	b.cookie = w.Result().Cookies()[0]
	return b
}

func (b *browser) ask(r *http.Request) *httptest.ResponseRecorder {
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.lms.Handler().ServeHTTP(w, r)
	return w
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	return b.ask(httptest.NewRequest(http.MethodGet, "http://localhost:8081"+path, nil))
}

func (b *browser) post(path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8081"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.ask(r)
}

func shows(t *testing.T, w *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	page := html.UnescapeString(w.Body.String())
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%d, no %q", w.Code, text)
		}
	}
}

func toolForm1() url.Values {
	return url.Values{
		"name": {"Greenroom"}, "tool_url": {"https://tool.example.com/launch"}, "login_url": {"https://tool.example.com/login"},
		"redirect_uris": {"https://tool.example.com/launch"}, "keyset_url": {"https://tool.example.com/jwks"},
	}
}

func TestSigningIn(t *testing.T) {
	l := newLMS(t)
	nobody := open(t, l, "")
	w := nobody.post("/sign-in", url.Values{"username": {"teacher"}, "password": {"wrong"}})
	if w.Code != http.StatusUnprocessableEntity {
		t.Error(w.Code)
	}
	shows(t, w, "User name or password is wrong.", `value="teacher"`)
	if w := nobody.get("/tools"); w.Header().Get("Location") != "/sign-in" {
		t.Errorf("without a sign-in: %d", w.Code)
	}
	for _, a := range l.Accounts() {
		shows(t, nobody.get("/sign-in"), "Sign in as "+a.Name)
		open(t, l, a.Username)
	}
	student := open(t, l, "student1")
	for _, path := range []string{"/tools", "/courses/1/gradebook", "/courses/1/activities/new"} {
		if w := student.get(path); w.Code != http.StatusForbidden {
			t.Errorf("a student opens %s: %d", path, w.Code)
		}
	}
	student.post("/sign-out", nil)
	if w := student.get("/courses/1"); w.Code != http.StatusSeeOther {
		t.Errorf("after signing out: %d", w.Code)
	}
}

func TestToolsByHand(t *testing.T) {
	for name, tc := range map[string]struct{ field, value, text string }{
		"no name":         {"name", " ", "Enter a name."},
		"no tool URL":     {"tool_url", "", "Enter a URL that begins with http:// or https://."},
		"a bad login URL": {"login_url", "javascript:alert(1)", "Enter a URL that begins with http:// or https://."},
		"no redirection":  {"redirect_uris", "", "Enter at least one redirection URI."},
		"a bad keyset":    {"keyset_url", "nonsense", "Enter a URL that begins with http:// or https://."},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLMS(t)
			f := toolForm1()
			f.Set(tc.field, tc.value)
			w := open(t, l, "admin").post("/tools", f)
			if w.Code != http.StatusUnprocessableEntity || len(l.Platform().Tools()) != 0 {
				t.Errorf("%d, %d tools", w.Code, len(l.Platform().Tools()))
			}
			kept := "https://tool.example.com/login"
			if tc.field == "login_url" {
				kept = "https://tool.example.com/jwks"
			}
			shows(t, w, tc.text, kept)
		})
	}
	l := newLMS(t)
	admin := open(t, l, "admin")
	w := admin.post("/tools", toolForm1())
	tool := l.Platform().Tools()[0]
	shows(t, admin.get(w.Header().Get("Location")), "Issuer / platform ID", "http://localhost:8081", tool.ClientID, tool.DeploymentID,
		"http://localhost:8081/lti/auth", "http://localhost:8081/lti/token", "http://localhost:8081/lti/jwks")
}

func TestToolsByURL(t *testing.T) {
	l := newLMS(t)
	admin := open(t, l, "admin")
	w := admin.post("/tools/registrations", url.Values{"url": {"see e-mail"}})
	if w.Code != http.StatusUnprocessableEntity {
		t.Error(w.Code)
	}
	shows(t, w, "Enter a URL that begins with http:// or https://.", `value="see e-mail"`)
	w = admin.post("/tools/registrations", url.Values{"url": {"https://tool.example.com/register?token=x"}})
	to, err := w.Result().Location()
	if err != nil {
		t.Fatal(err)
	}
	q := to.Query()
	if q.Get("token") != "x" || q.Get("openid_configuration") != "http://localhost:8081/lti/openid-configuration" || q.Get("registration_token") == "" {
		t.Errorf("sent to %s", to)
	}
}

func TestActivitiesAndGrades(t *testing.T) {
	l := newLMS(t)
	teacher := open(t, l, "teacher")
	shows(t, teacher.get("/courses/1/activities/new"), "No tool is connected yet.")
	open(t, l, "admin").post("/tools", toolForm1())
	tool := l.Platform().Tools()[0]

	valid := func() url.Values {
		return url.Values{
			"tool": {tool.ClientID}, "title": {"<b>Practice</b>"}, "custom": {"scenario_id=discovery-call\r\n\r\nx = 1"},
			"maximum": {"10"}, "container": {"window"},
		}
	}
	for name, tc := range map[string]struct{ field, value, text string }{
		"no title":         {"title", "", "Enter a title."},
		"a bad parameter":  {"custom", "scenario_id", "Write one name=value a line."},
		"a bad maximum":    {"maximum", "ten", "Enter a number, or leave it empty for an activity without a grade."},
		"no such tool":     {"tool", "nope", "Choose a tool."},
		"negative maximum": {"maximum", "-1", "Enter a number, or leave it empty for an activity without a grade."},
	} {
		f := valid()
		f.Set(tc.field, tc.value)
		w := teacher.post("/courses/1/activities", f)
		if w.Code != http.StatusUnprocessableEntity || len(l.Platform().Links("1")) != 0 {
			t.Errorf("%s: %d", name, w.Code)
		}
		shows(t, w, tc.text)
	}
	teacher.post("/courses/1/activities", valid())
	link := l.Platform().Links("1")[0]
	if link.Custom["scenario_id"] != "discovery-call" || link.Custom["x"] != "1" || link.Maximum != 10 || !link.Window {
		t.Errorf("link %+v", link)
	}

	student := open(t, l, "student1")
	page := student.get("/courses/1")
	shows(t, page, "Your grade: –")
	if strings.Contains(page.Body.String(), "<b>Practice") {
		t.Error("a title is markup")
	}
	launch := student.get("/activities/" + link.ID + "/launch")
	shows(t, launch, `action="https://tool.example.com/login"`, `name="login_hint"`, `name="lti_message_hint"`, `name="iss" value="http://localhost:8081"`)
	if w := student.get("/activities/999/launch"); w.Code != http.StatusNotFound {
		t.Errorf("an activity that is none: %d", w.Code)
	}
	shows(t, teacher.get("/courses/1/gradebook"), "Sam Student", "of 10", "–")
}

func TestHowGradesRead(t *testing.T) {
	for want, g := range map[string]platform.Grade{
		"–":          {},
		"0 of 10":    {Set: true, Stamp: time.Unix(1, 0)},
		"7.5 of 10":  {Set: true, Given: 7.5},
		"5.52 of 10": {Set: true, Given: 5.52083},
		"10 of 10":   {Set: true, Given: 10},
		"3.33 of 10": {Set: true, Given: 10.0 / 3},
		"0.8 of 10":  {Set: true, Given: 0.8},
		"9.99 of 10": {Set: true, Given: 9.99},
		"0.01 of 10": {Set: true, Given: 0.01},
		"1.25 of 10": {Set: true, Given: 1.25},
		"6.67 of 10": {Set: true, Given: 20.0 / 3},
	} {
		if got := gradeText(g, 10); got != want {
			t.Errorf("%+v reads %q, want %q", g, got, want)
		}
	}
}

// A page of another site cannot act in a signed-in browser.
func TestForeignFormsAreRefused(t *testing.T) {
	l := newLMS(t)
	b := open(t, l, "admin")
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8081/tools", strings.NewReader(toolForm1().Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := b.ask(r); w.Code != http.StatusForbidden || len(l.Platform().Tools()) != 0 {
		t.Error(w.Code)
	}
}

// connected is an LMS with a tool, and a graded activity of it in the course.
func connected(t *testing.T) (*LMS, platform.Tool, platform.Link) {
	t.Helper()
	l := newLMS(t)
	open(t, l, "admin").post("/tools", toolForm1())
	tool := l.Platform().Tools()[0]
	if err := l.AddActivity(Activity{Tool: tool.ClientID, Title: "Practice", Maximum: 10, Custom: map[string]string{"scenario_id": "x"}}); err != nil {
		t.Fatal(err)
	}
	return l, tool, l.Platform().Links(l.Course())[0]
}

func TestPickingBegins(t *testing.T) {
	l, tool, _ := connected(t)
	teacher := open(t, l, "teacher")
	at := "/courses/1/pick/" + tool.ClientID
	shows(t, teacher.get("/courses/1"), "Add from Greenroom", `href="`+at+`"`)
	shows(t, teacher.get(at), `<iframe src="`+at+`/begin"`, "Back to the course")
	shows(t, teacher.get(at+"/begin"), `action="https://tool.example.com/login"`, `name="lti_message_hint"`)
	for _, path := range []string{"/courses/1/pick/none", "/courses/1/pick/none/begin", "/courses/9/pick/" + tool.ClientID} {
		if w := teacher.get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := open(t, l, "student1").get(at); w.Code != http.StatusForbidden {
		t.Errorf("a student picks: %d", w.Code)
	}
}

func TestWhatWasPickedIsShown(t *testing.T) {
	l := newLMS(t)
	at := time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC)
	w := httptest.NewRecorder()
	l.returned(w, httptest.NewRequest(http.MethodPost, "http://localhost:8081/lti/deep-linking", nil), platform.Selection{
		Course: "1", Message: "<b>Hello</b>", Links: []platform.Link{
			{Title: "Bad <i>news</i>", Maximum: 20, Submission: platform.Period{End: at}}, {Title: "Anger", Available: platform.Period{Start: at, End: at.Add(time.Hour)}},
		},
	})
	shows(t, w, "Added to the course", "<td>Bad <i>news</i></td><td>20</td><td>Always</td><td>until 2 Mar 2026 08:30 UTC</td>",
		"<td>Anger</td><td>Not graded</td><td>from 2 Mar 2026 08:30 UTC until 2 Mar 2026 09:30 UTC</td>", `href="/courses/1" target="_top"`)
	if strings.Contains(w.Body.String(), "<i>news") || strings.Contains(w.Body.String(), "<b>Hello") {
		t.Error("a text is markup")
	}
	w = httptest.NewRecorder()
	l.returned(w, httptest.NewRequest(http.MethodPost, "http://localhost:8081/lti/deep-linking", nil), platform.Selection{Course: "1"})
	shows(t, w, "Nothing was added")
}

func TestSubmissionsAreOpenedFromTheGradebook(t *testing.T) {
	l, _, link := connected(t)
	teacher, student := open(t, l, "teacher"), l.Accounts()[2]
	at := "/courses/1/gradebook/" + link.ID + "/" + student.ID()
	given := 7.0
	if strings.Contains(teacher.get("/courses/1/gradebook").Body.String(), at) {
		t.Error("there is nothing to look at yet")
	}
	if err := l.Platform().Override(link.ID, student.ID(), &given); err != nil {
		t.Fatal(err)
	}
	shows(t, teacher.get("/courses/1/gradebook"), `href="`+at+`"`, "7 of 10")
	shows(t, teacher.get(at), `action="https://tool.example.com/login"`)
	if w := teacher.get("/courses/1/gradebook/" + link.ID + "/none"); w.Code != http.StatusNotFound {
		t.Errorf("of nobody: %d", w.Code)
	}
}

func TestPeopleComeAndGo(t *testing.T) {
	l, _, _ := connected(t)
	teacher := open(t, l, "teacher")
	if w := teacher.post("/courses/1/people", url.Values{"name": {" "}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("nobody enrolled: %d", w.Code)
	}
	teacher.post("/courses/1/people", url.Values{"name": {"Noa <i>New</i>"}})
	shows(t, teacher.get("/courses/1/people"), "Sam Student", "Noa <i>New</i>")
	shows(t, teacher.get("/courses/1/gradebook"), "Noa <i>New</i>")
	members := l.Platform().Roster("1")
	for _, m := range members {
		if m.Name == "Sam Student" {
			teacher.post("/courses/1/people/"+m.ID+"/remove", nil)
		}
	}
	if now := l.Platform().Roster("1"); len(now) != len(members)-1 || strings.Contains(teacher.get("/courses/1/people").Body.String(), "Sam Student") {
		t.Errorf("%d of %d left", len(now), len(members))
	}
}

func TestACourseIsCopied(t *testing.T) {
	l, _, link := connected(t)
	teacher := open(t, l, "teacher")
	to := teacher.post("/courses/1/copy", nil).Header().Get("Location")
	id := strings.TrimPrefix(to, "/courses/")
	copied := l.Platform().Links(id)
	if id == "1" || len(copied) != 1 || copied[0].ID == link.ID || copied[0].Custom["scenario_id"] != "x" {
		t.Fatalf("%s with %+v", to, copied)
	}
	page := teacher.get(to)
	shows(t, page, "Conversations at work copy", "Practice", `href="/courses/1"`, `href="`+to+`/activities/new"`)
	shows(t, open(t, l, "student1").get("/activities/"+copied[0].ID), `href="`+to+`"`)
	if len(l.Platform().Roster(id)) != len(l.Accounts()) {
		t.Error("nobody is in the copy")
	}
}

func TestARegistrationIsUpdated(t *testing.T) {
	l := newLMS(t)
	admin := open(t, l, "admin")
	admin.post("/tools", toolForm1())
	at := "/tools/" + l.Platform().Tools()[0].ClientID
	shows(t, admin.get(at), `action="`+at+`/update"`)
	if w := admin.post(at+"/update", url.Values{"url": {"see e-mail"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", w.Code)
	}
	w := admin.post(at+"/update", url.Values{"url": {"https://tool.example.com/register?token=x"}})
	if to, err := w.Result().Location(); err != nil || to.Query().Get("registration_token") == "" || to.Query().Get("openid_configuration") == "" {
		t.Errorf("%d to %v, %v: %s", w.Code, to, err, w.Body)
	}
}
