package app_test

import (
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// Every LMS that is known: connect it the way it is connected, pick a scenario
// in it, launch that, practise, and see score and roster arrive.
func TestEveryLMSFromConnectingToTheGradebook(t *testing.T) {
	g := serveForConformance(t, app.Config{})
	for _, p := range platform.Profiles() {
		t.Run(p.Name, func(t *testing.T) { newMatrixLMS(t, g, p).goThroughItAll() })
	}
}

func TestAnLMSFromConnectingToTheGradebookOnPostgreSQL(t *testing.T) {
	newMatrixLMS(t, serveForConformance(t, app.Config{DatabaseURL: pgtest.URL(t)}), platform.Moodle).goThroughItAll()
}

// A matrixLMS is one LMS with a course, as seen from a browser.
type matrixLMS struct {
	*platform.Platform
	t                       *testing.T
	g                       *conforming
	profile                 platform.Profile
	tool                    platform.Tool
	course                  string
	teacher, learner, other string
	practice                platform.Link
	shown                   string // what was looked at last
}

// matrixKey is every platform's: keys take long to make.
var matrixKey = sync.OnceValues(func() (lti.PrivateKey, error) { return lti.NewPrivateKey(rand.Reader, "matrix") })

func newMatrixLMS(t *testing.T, g *conforming, p platform.Profile) *matrixLMS {
	t.Helper()
	x := &matrixLMS{t: t, g: g, profile: p}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { x.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	key, err := matrixKey()
	must(t, err)
	issuer := p.LMS.Endpoints.Issuer
	if issuer == "" || p.LMS.Registration.Dynamic { // its configuration must come from its own host
		issuer = server.URL
	}
	x.Platform, err = platform.New(platform.Options{Issuer: issuer, BaseURL: server.URL, Profile: p, Key: &key, Now: g.Now})
	must(t, err)
	x.course = x.AddCourse("Difficult conversations with " + p.Name)
	x.teacher = x.AddUser(platform.User{Name: "Tessa Teacher", GivenName: "Tessa", FamilyName: "Teacher"})
	x.learner = x.AddUser(platform.User{Name: "Ann Able", GivenName: "Ann", FamilyName: "Able"})
	x.other = x.AddUser(platform.User{Name: "Ben O'Neil & Co", GivenName: "Ben", FamilyName: "O'Neil & Co"})
	x.Enrol(x.course, x.teacher, platform.Instructor)
	x.Enrol(x.course, x.learner, platform.Learner)
	x.Enrol(x.course, x.other, platform.Learner)
	return x
}

func (x *matrixLMS) goThroughItAll() {
	if x.profile.LMS.Registration.Dynamic {
		x.connectDynamically()
	} else {
		x.connectByHand()
	}
	if x.profile.LMS.DeepLinking.Supported {
		x.pick()
	} else {
		x.addByHand()
	}
	x.practise()
	if x.profile.LMS.Roster.Supported {
		x.seeClass()
	}
	if lms := x.profile.LMS; lms.Grades.Supported && !lms.Launch.NoRoles { // without roles nobody teaches
		x.changeGrade()
	}
	if x.profile.LMS.Launch.SubmissionReview {
		x.review()
	}
	x.practiseInACopy()
}

// connectDynamically pastes a registration URL into the LMS.
func (x *matrixLMS) connectDynamically() {
	x.t.Helper()
	address, err := x.g.registrationURL(x.t.Context())
	must(x.t, err)
	open, err := x.OpenRegistration(address)
	must(x.t, err)
	page := x.browser().get(open)
	all := x.Tools()
	if page.StatusCode != http.StatusOK || len(all) != 1 {
		x.t.Fatalf("registering: status %d, %d tools: %s", page.StatusCode, len(all), page.body)
	}
	x.tool = all[0]
	if x.connection().Profile != "" || x.connection().LMS().Code != x.profile.LMS.Code {
		x.t.Errorf("taken for %s", x.connection().LMS().Code)
	}
}

// connectByHand copies values both ways, and says which LMS it is.
func (x *matrixLMS) connectByHand() {
	x.t.Helper()
	u, w := x.g.app.Kit.URLs, x.g.workspace.ID
	x.tool = x.AddTool(platform.ToolSettings{
		Name: "Greenroom", ToolURL: u.Launch(w), LoginURL: u.Login(w), RedirectURIs: []string{u.Launch(w)}, KeySetURL: u.KeySet(w),
		Scopes: []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore, lti.ScopeMemberships},
	})
	saved, err := x.g.app.Service.SaveConnection(x.t.Context(), greenroom.Operator(w), greenroom.ConnectionForm{
		Platform: x.profile.Name, Issuer: x.Issuer(), ClientID: x.tool.ClientID, Deployments: x.tool.DeploymentID,
		AuthURL: x.AuthURL(), TokenURL: x.TokenURL(), KeySetURL: x.KeySetURL(),
	})
	must(x.t, err)
	edit := greenroom.EditOf(saved.Connection)
	edit.Profile = x.profile.LMS.Code
	_, err = x.g.app.Service.EditConnection(x.t.Context(), greenroom.Operator(w), saved.Connection.ID, edit)
	must(x.t, err)
}

func (x *matrixLMS) connection() greenroom.Connection {
	x.t.Helper()
	all, err := x.g.app.Store.Workspace(x.g.workspace.ID).Connections(x.t.Context())
	must(x.t, err)
	for _, c := range all {
		if c.Issuer == x.Issuer() && c.ClientID == x.tool.ClientID {
			return c
		}
	}
	x.t.Fatal("there is no connection")
	return greenroom.Connection{}
}

func (x *matrixLMS) addByHand() {
	x.t.Helper()
	var err error
	x.practice, err = x.AddLink(x.course, platform.Link{
		Tool: x.tool.ClientID, Title: "Practice", Maximum: 50, Custom: map[string]string{greenroom.ScenarioParameter: "good-or-poor"},
	})
	must(x.t, err)
}

// pick lets the teacher add an activity from inside the LMS.
func (x *matrixLMS) pick() {
	x.t.Helper()
	form, err := x.DeepLinkingRequest(x.teacher, x.course, x.tool.ClientID, platform.Pick{})
	must(x.t, err)
	b := x.browser()
	picker := b.launch(form)
	scenario := regexp.MustCompile(`name="picked" value="([^"]+)"`).FindStringSubmatch(picker.body)
	at := picker.Request.URL.String()
	if picker.StatusCode != http.StatusOK || scenario == nil || !strings.HasSuffix(picker.Request.URL.Path, "/pick") {
		x.t.Fatalf("%s: status %d: %s", at, picker.StatusCode, picker.body)
	}
	answer := b.post(at+"/answer", url.Values{
		"picked": {scenario[1]}, "zone": {"UTC"}, "title-" + scenario[1]: {"Practice"}, "graded-" + scenario[1]: {"yes"}, "maximum-" + scenario[1]: {"50"},
	})
	back := actionOf.FindStringSubmatch(answer.body)
	token := hiddenOf(answer.body).Get("JWT")
	if answer.StatusCode != http.StatusOK || back == nil || token == "" {
		x.t.Fatalf("the picker's answer: status %d: %s", answer.StatusCode, answer.body)
	}
	taken := x.browser().post(html.UnescapeString(back[1]), url.Values{"JWT": {token}})
	made := x.Links(x.course)
	if taken.StatusCode != http.StatusOK || len(made) != 1 {
		x.t.Fatalf("the LMS says %d: %s", taken.StatusCode, taken.body)
	}
	x.practice = made[0]
	if x.practice.Title != "Practice" || x.practice.Maximum != 50 || x.practice.Custom["scenario"] != "good-or-poor" {
		x.t.Errorf("the LMS has made %+v", x.practice)
	}
}

// practise launches the activity as a learner, and waits for the grade.
func (x *matrixLMS) practise() {
	x.t.Helper()
	landed := x.browser().launch(x.login(x.learner))
	if landed.StatusCode != http.StatusOK || !strings.HasPrefix(landed.Request.URL.Path, "/stage/") {
		x.t.Fatalf("launch: status %d at %s: %s", landed.StatusCode, landed.Request.URL, landed.body)
	}
	must(x.t, x.g.score(x.t.Context(), landed.Response, 1))
	x.until("the grade", func() bool {
		columns := x.Gradebook(x.course)
		grade := columns[0].Grades[x.learner]
		return len(columns) == 1 && grade.Set && grade.Given == 50
	})
}

// seeClass opens the course as its teacher, who finds in it who has never come.
func (x *matrixLMS) seeClass() {
	x.t.Helper()
	b := x.browser()
	to := x.class(b)
	if refreshed := b.post(to+"/roster", url.Values{}); refreshed.StatusCode != http.StatusOK {
		x.t.Errorf("Refresh roster: status %d", refreshed.StatusCode)
	}
	x.until("the roster", func() bool {
		page := b.get(to)
		x.shown = page.body
		return page.StatusCode == http.StatusOK && strings.Contains(page.body, html.EscapeString("Ben O'Neil & Co"))
	})
}

// class launches as the teacher, and returns where the class is.
func (x *matrixLMS) class(b *matrixBrowser) string {
	x.t.Helper()
	landed := b.launch(x.login(x.teacher))
	class := regexp.MustCompile(`href="([^"]*/class)"`).FindStringSubmatch(landed.body)
	if class == nil {
		x.t.Fatalf("a teacher sees no class at %s: %s", landed.Request.URL, landed.body)
	}
	to, err := landed.Request.URL.Parse(html.UnescapeString(class[1]))
	must(x.t, err)
	return to.String()
}

// changeGrade is a correction in the LMS's own gradebook, which the teacher
// finds in the class once they have asked for it.
func (x *matrixLMS) changeGrade() {
	x.t.Helper()
	changed := 40.0
	must(x.t, x.Override(x.practice.ID, x.learner, &changed))
	b := x.browser()
	to := x.class(b)
	x.until("that the grade was sent", func() bool {
		x.shown = b.get(to).body
		return strings.Contains(x.shown, "50 of 50")
	})
	if strings.Contains(x.shown, "Changed in the LMS") {
		x.t.Errorf("seen before anybody asked: %s", x.shown)
	}
	read := b.post(to+"/results", url.Values{
		"activity": hiddenOf(x.shown)["activity"], "link": hiddenOf(x.shown)["link"],
	})
	if read.StatusCode != http.StatusOK || !strings.Contains(read.body, "Changed in the LMS: 40 of 50") {
		x.t.Errorf("the changed grade: status %d at %s: %s", read.StatusCode, read.Request.URL, read.body)
	}
}

// review opens what the learner did from the gradebook.
func (x *matrixLMS) review() {
	x.t.Helper()
	form, err := x.SubmissionReview(x.teacher, x.practice.ID, x.learner)
	must(x.t, err)
	landed := x.browser().launch(form)
	if landed.StatusCode != http.StatusOK || !strings.Contains(landed.Request.URL.Path, "/review") || !strings.Contains(landed.body, "Yes.") {
		x.t.Errorf("the submission: status %d at %s: %s", landed.StatusCode, landed.Request.URL, landed.body)
	}
}

// practiseInACopy launches the activity of next term's course, which knows what
// was picked.
func (x *matrixLMS) practiseInACopy() {
	x.t.Helper()
	next, err := x.CopyCourse(x.course)
	must(x.t, err)
	x.Enrol(next, x.other, platform.Learner)
	form, err := x.LoginRequest(x.other, x.Links(next)[0].ID)
	must(x.t, err)
	landed := x.browser().launch(form)
	if landed.StatusCode != http.StatusOK || !strings.Contains(landed.body, "Good or poor") {
		x.t.Errorf("the copy: status %d at %s: %s", landed.StatusCode, landed.Request.URL, landed.body)
	}
}

func (x *matrixLMS) login(user string) platform.Form {
	x.t.Helper()
	form, err := x.LoginRequest(user, x.practice.ID)
	must(x.t, err)
	return form
}

// until asks again and again, for workers do things in their own time.
func (x *matrixLMS) until(what string, done func() bool) {
	x.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			x.t.Fatalf("%s has not come; line items %+v; the page %s", what, x.Gradebook(x.course), x.shown)
		}
	}
}

// A matrixBrowser keeps the cookies of one server.
type matrixBrowser struct {
	x       *matrixLMS
	cookies map[string]string
}

// A seen is a page, the last of a row of redirects.
type seen struct {
	*http.Response
	body string
}

func (x *matrixLMS) browser() *matrixBrowser { return &matrixBrowser{x, map[string]string{}} }

func (b *matrixBrowser) get(address string) seen { return b.send(http.MethodGet, address, nil) }

func (b *matrixBrowser) post(address string, form url.Values) seen {
	return b.send(http.MethodPost, address, form)
}

// launch takes a login request all the way to the page that the tool shows.
func (b *matrixBrowser) launch(f platform.Form) seen {
	b.x.t.Helper()
	auth := b.post(f.Action, f.Fields) // redirected to the LMS, which shows a form for the tool
	to := actionOf.FindStringSubmatch(auth.body)
	if auth.StatusCode != http.StatusOK || to == nil {
		b.x.t.Fatalf("the LMS's authentication: status %d at %s: %s", auth.StatusCode, auth.Request.URL, auth.body)
	}
	return b.post(html.UnescapeString(to[1]), hiddenOf(auth.body))
}

var actionOf = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)

func hiddenOf(page string) url.Values {
	all := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		all.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return all
}

func (b *matrixBrowser) send(method, address string, form url.Values) seen {
	t := b.x.t
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 10 {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		must(t, err)
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		r.Header.Set("Sec-Fetch-Dest", "document")
		var pairs []string
		for name, value := range b.cookies {
			pairs = append(pairs, fmt.Sprintf("%s=%s", name, value))
		}
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
		answer, err := client.Do(r)
		must(t, err)
		body, err := io.ReadAll(answer.Body)
		must(t, err)
		_ = answer.Body.Close()
		for _, c := range answer.Cookies() {
			b.cookies[c.Name] = c.Value
		}
		to, err := answer.Location()
		if err != nil {
			return seen{answer, string(body)}
		}
		method, address, form = http.MethodGet, to.String(), nil
	}
	t.Fatal("ten redirects")
	return seen{}
}
