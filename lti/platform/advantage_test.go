package platform

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

var everyScope = []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore, lti.ScopeMemberships, ScopeNotices}

// A class is a platform with a tool that has a key, a course, a teacher and
// three learners.
type class struct {
	*Platform
	key             lti.PrivateKey
	tool            Tool
	course, teacher string
	learners        []string
	posted          []string // bodies that came to the tool
}

// Do is the tool: it shows its key set, and takes notices.
func (c *class) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.posted = append(c.posted, string(body))
	} else {
		w.Write(lti.KeySetDocument(c.key.Public()))
	}
	return w.Result(), nil
}

// testKey is everybody's, for keys take long to make.
var testKey = sync.OnceValues(func() (lti.PrivateKey, error) { return lti.NewPrivateKey(rand.Reader, "k") })

func newClass(t *testing.T, p Profile) *class {
	t.Helper()
	key, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	c := &class{key: key}
	c.Platform, err = New(Options{Key: &key, Issuer: "https://lms.example.com", Profile: p, Doer: c, Now: func() time.Time { return recordedAt }})
	if err != nil {
		t.Fatal(err)
	}
	c.tool = c.AddTool(ToolSettings{
		Name: "Tool", ToolURL: "https://tool.example.com/launch", LoginURL: "https://tool.example.com/login",
		RedirectURIs: []string{"https://tool.example.com/launch"}, KeySetURL: "https://tool.example.com/jwks", Scopes: everyScope,
	})
	c.course = c.AddCourse("Course")
	c.teacher = c.AddUser(User{Name: "Tessa Teacher", FamilyName: "Teacher"})
	c.Enrol(c.course, c.teacher, Instructor)
	for _, name := range []string{"Ann", "Ben", "Cem"} {
		id := c.AddUser(User{Name: name + " & Co", GivenName: name, FamilyName: name, Email: name + "@example.com"})
		c.learners = append(c.learners, id)
		c.Enrol(c.course, id, Learner)
	}
	c.access["a"] = grant{c.tool.ClientID, everyScope, recordedAt.Add(time.Hour)}
	return c
}

func (c *class) add(t *testing.T, l Link) Link {
	t.Helper()
	l.Tool = c.tool.ClientID
	made, err := c.AddLink(c.course, l)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// call makes a request with an access token for everything.
func (c *class) call(method, address, kind, body string) *httptest.ResponseRecorder {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(method, u.RequestURI(), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer a")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func (c *class) list(t *testing.T, address string) (list []map[string]any) {
	t.Helper()
	w := c.call("GET", address, "", "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != 200 {
		t.Fatalf("%s: %d %s", address, w.Code, w.Body)
	}
	return list
}

// open answers a login request as a tool does and returns the claims.
func (c *class) open(t *testing.T, f Form) jwt.MapClaims {
	t.Helper()
	q := url.Values{
		"scope": {"openid"}, "response_type": {"id_token"}, "response_mode": {"form_post"}, "prompt": {"none"}, "nonce": {"n"}, "state": {"s"},
		"client_id": {f.Fields.Get("client_id")}, "redirect_uri": {"https://tool.example.com/launch"},
		"login_hint": {f.Fields.Get("login_hint")}, "lti_message_hint": {f.Fields.Get("lti_message_hint")},
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest("GET", "/lti/auth?"+q.Encode(), nil))
	found := regexp.MustCompile(`name="id_token" value="([^"]+)"`).FindStringSubmatch(w.Body.String())
	if found == nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var claims jwt.MapClaims
	if _, _, err := jwt.NewParser().ParseUnverified(found[1], &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func (c *class) launch(t *testing.T, user, link string) jwt.MapClaims {
	t.Helper()
	f, err := c.LoginRequest(user, link)
	if err != nil {
		t.Fatal(err)
	}
	return c.open(t, f)
}

// pick opens the tool's picker, and has the tool answer with items after its
// answer was spoilt.
func (c *class) pick(t *testing.T, pick Pick, items []any, spoil func(map[string]any)) (status int, made []Link) {
	t.Helper()
	f, err := c.DeepLinkingRequest(c.teacher, c.course, c.tool.ClientID, pick)
	if err != nil {
		t.Fatal(err)
	}
	request := c.open(t, f)
	settings := request[claimDL+"deep_linking_settings"].(map[string]any)
	answer := map[string]any{
		"iss": c.tool.ClientID, "aud": c.issuer, "sub": c.tool.ClientID, "nonce": "n", "iat": recordedAt.Unix(), "exp": recordedAt.Unix() + 120,
		claim + "message_type": "LtiDeepLinkingResponse", claim + "version": "1.3.0", claim + "deployment_id": request[claim+"deployment_id"],
		claimDL + "content_items": items,
	}
	if a := c.profile.LMS.DeepLinking.Audience; a != "" {
		answer["aud"] = a
	}
	if data := settings["data"]; data != nil {
		answer[claimDL+"data"] = data
	}
	if spoil != nil {
		spoil(answer)
	}
	token, err := c.key.Sign(context.Background(), answer)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(settings["deep_link_return_url"].(string))
	r := httptest.NewRequest("POST", u.RequestURI(), strings.NewReader(url.Values{"JWT": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	before := len(c.Links(c.course))
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Code, c.Links(c.course)[before:]
}

func scenario(id string) map[string]any {
	return map[string]any{
		"type": "ltiResourceLink", "title": "Scenario " + id, "text": "Talk", "url": "https://tool.example.com/launch", "custom": map[string]any{"scenario_id": id},
		"lineItem":   map[string]any{"scoreMaximum": 20, "resourceId": id, "tag": "practice"},
		"available":  map[string]any{"startDateTime": "2026-12-01T00:00:00Z"},
		"submission": map[string]any{"endDateTime": "2026-12-31T00:00:00Z"},
	}
}

func TestPickedContentBecomesActivities(t *testing.T) {
	for _, p := range Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			c := newClass(t, p)
			if !p.LMS.DeepLinking.Supported {
				if _, err := c.DeepLinkingRequest(c.teacher, c.course, c.tool.ClientID, Pick{}); err == nil {
					t.Error("it has deep linking after all")
				}
				return
			}
			status, made := c.pick(t, Pick{}, []any{scenario("a"), scenario("b")}, nil)
			if status != 200 || len(made) != 2 {
				t.Fatalf("status %d, %d activities", status, len(made))
			}
			l := made[0]
			if l.Title != "Scenario a" || l.Custom["scenario_id"] != "a" || l.Maximum != 20 || l.ResourceID != "a" || l.Tag != "practice" ||
				l.Available.Start.IsZero() || l.Submission.End.IsZero() {
				t.Errorf("made %+v", l)
			}
			custom := c.launch(t, c.learners[0], l.ID)[claim+"custom"].(map[string]any)
			if custom["scenario_id"] != "a" {
				t.Errorf("launched with %v", custom)
			}
			items := c.list(t, c.itemsURL(c.course, &c.tool)+sep(c.itemsURL(c.course, &c.tool))+"resource_id=b&tag=practice")
			if len(items) != 1 || items[0]["resourceLinkId"] != made[1].ID || items[0]["scoreMaximum"] != float64(20) {
				t.Errorf("line items %v", items)
			}
		})
	}
}

func sep(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}

// Only what is wrong with the answer differs from TestPickedContentBecomesActivities.
func TestDeepLinkingResponsesThatAreRefused(t *testing.T) {
	one := []any{scenario("a")}
	for name, tc := range map[string]struct {
		profile   Profile
		pick      Pick
		items     []any
		spoil     func(map[string]any)
		MoodleToo bool
	}{
		"another issuer":                         {spoil: func(a map[string]any) { a["iss"] = "somebody" }, MoodleToo: true},
		"expired":                                {spoil: func(a map[string]any) { a["exp"] = recordedAt.Unix() - 1 }, MoodleToo: true},
		"for another platform":                   {spoil: func(a map[string]any) { a["aud"] = "https://elsewhere.example.com" }},
		"without nonce":                          {spoil: func(a map[string]any) { delete(a, "nonce") }},
		"good for an hour":                       {spoil: func(a map[string]any) { a["exp"] = recordedAt.Unix() + 3600 }},
		"of another deployment":                  {spoil: func(a map[string]any) { a[claim+"deployment_id"] = "other" }},
		"of another type":                        {spoil: func(a map[string]any) { a[claim+"message_type"] = "LtiResourceLinkRequest" }},
		"without its data":                       {pick: Pick{Data: "d"}, spoil: func(a map[string]any) { delete(a, claimDL+"data") }},
		"with data nobody sent":                  {spoil: func(a map[string]any) { a[claimDL+"data"] = "d" }},
		"two where one is taken":                 {pick: Pick{One: true}, items: []any{scenario("a"), scenario("b")}},
		"a type that is not taken":               {items: []any{map[string]any{"type": "html", "html": "<p>"}}},
		"a line item of no points":               {items: []any{map[string]any{"type": "ltiResourceLink", "lineItem": map[string]any{"scoreMaximum": 0}}}},
		"a null":                                 {items: []any{map[string]any{"type": "ltiResourceLink", "title": nil}}},
		"Blackboard: without sub":                {profile: Blackboard, spoil: func(a map[string]any) { delete(a, "sub") }},
		"Blackboard: half a point":               {profile: Blackboard, items: []any{map[string]any{"type": "ltiResourceLink", "lineItem": map[string]any{"scoreMaximum": 2.5}}}},
		"Canvas: two for a place that takes one": {profile: Canvas, pick: Pick{Placement: "assignment_selection"}, items: []any{scenario("a"), scenario("b")}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.profile.Name == "" {
				tc.profile = Generic
			}
			if tc.items == nil {
				tc.items = one
			}
			if status, made := newClass(t, tc.profile).pick(t, tc.pick, tc.items, tc.spoil); status != 400 || len(made) != 0 {
				t.Errorf("status %d, %d activities", status, len(made))
			}
			if status, _ := newClass(t, Moodle).pick(t, tc.pick, tc.items, tc.spoil); (status == 404) != tc.MoodleToo {
				t.Errorf("Moodle: status %d", status)
			}
		})
	}
}

func TestACancelledPickAddsNothing(t *testing.T) {
	c := newClass(t, Generic)
	status, made := c.pick(t, Pick{}, nil, func(a map[string]any) {
		delete(a, claimDL+"content_items")
		a[claimDL+"errormsg"] = "Nothing was picked."
	})
	all := c.Selections(c.course)
	if status != 200 || len(made) != 0 || len(all) != 1 || all[0].ErrorMessage != "Nothing was picked." {
		t.Errorf("status %d, %d activities, %+v", status, len(made), all)
	}
}

func TestASubmissionIsOpenedFromTheGradebook(t *testing.T) {
	c := newClass(t, Generic)
	l := c.add(t, Link{Title: "Practice", Maximum: 10, Custom: map[string]string{"a": "1"}, Review: &Review{URL: "https://tool.example.com/review", Custom: map[string]string{"rv": "1"}}})
	f, err := c.SubmissionReview(c.teacher, l.ID, c.learners[0])
	if err != nil {
		t.Fatal(err)
	}
	got := c.open(t, f)
	custom := got[claim+"custom"].(map[string]any)
	if got[claim+"message_type"] != lti.MessageSubmissionReview || got[claim+"for_user"].(map[string]any)["user_id"] != c.learners[0] ||
		got["sub"] != c.teacher || got[claim+"target_link_uri"] != "https://tool.example.com/review" || custom["rv"] != "1" || custom["a"] != "1" {
		t.Errorf("%v", got)
	}
	ungraded := c.add(t, Link{Title: "Reading"})
	for name, ask := range map[string][2]string{"an ungraded activity": {ungraded.ID, c.learners[0]}, "nobody": {l.ID, "nobody"}} {
		if _, err := c.SubmissionReview(c.teacher, ask[0], ask[1]); err == nil {
			t.Errorf("%s has a submission", name)
		}
	}
	if _, err := newClass(t, Canvas).SubmissionReview("1", "2", "3"); err == nil {
		t.Error("Canvas opens submissions")
	}
}

func TestRostersInPages(t *testing.T) {
	for name, tc := range map[string]struct {
		profile Profile
		query   string
		want    []int // members a page
	}{
		"as many as asked for":       {Generic, "?limit=3", []int{3, 1}},
		"all of them":                {Generic, "", []int{4}},
		"learners only":              {Generic, "?role=Learner&limit=2", []int{2, 1}},
		"Moodle forgets the role":    {Moodle, "?role=Learner&limit=2", []int{2, 2}},
		"instructors by their role":  {Canvas, "?role=" + url.QueryEscape(Instructor), []int{1}},
		"a role that nobody has":     {Generic, "?role=Mentor", []int{0}},
		"which Moodle does not know": {Moodle, "?role=Mentor", []int{4}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClass(t, tc.profile)
			next := c.membersURL(c.course) + tc.query
			for n, want := range tc.want {
				w := c.call("GET", next, "", "")
				var page struct{ Members []map[string]any }
				if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Members) != want {
					t.Fatalf("page %d of %v: %s", n+1, tc.want, w.Body)
				}
				next, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
				if more := strings.Contains(w.Header().Get("Link"), `rel="next"`); more != (n+1 < len(tc.want)) {
					t.Fatalf("Link after page %d: %s", n+1, w.Header().Get("Link"))
				}
			}
		})
	}
}

func TestCanvasGivesFiftyAtATime(t *testing.T) {
	c := newClass(t, Canvas)
	for n := range 60 {
		c.Enrol(c.course, c.AddUser(User{Name: fmt.Sprint(n)}), Learner)
	}
	w := c.call("GET", c.membersURL(c.course)+"?limit=1000", "", "")
	var page struct{ Members []any }
	if json.Unmarshal(w.Body.Bytes(), &page) != nil || len(page.Members) != 50 || !strings.Contains(w.Header().Get("Link"), "from=50") ||
		!strings.HasPrefix(w.Header().Get("Content-Type"), "application/vnd.ims.lis.v2.membershipcontainer+json") {
		t.Errorf("%d members, %v", len(page.Members), w.Header())
	}
}

func TestRostersTellWhatHasChanged(t *testing.T) {
	c := newClass(t, Generic)
	w := c.call("GET", c.membersURL(c.course), "", "")
	since := regexp.MustCompile(`<([^>]+)>; rel="differences"`).FindStringSubmatch(w.Header().Get("Link"))
	if since == nil {
		t.Fatal(w.Header())
	}
	c.Enrol(c.course, c.learners[0])
	var page struct{ Members []map[string]any }
	if err := json.Unmarshal(c.call("GET", since[1], "", "").Body.Bytes(), &page); err != nil || len(page.Members) != 1 ||
		page.Members[0]["status"] != "Deleted" || page.Members[0]["user_id"] != c.learners[0] {
		t.Errorf("%v %v", page, err)
	}
}

func TestPeopleWithoutNames(t *testing.T) {
	c := newClass(t, Generic)
	c.tools[c.tool.ClientID].HideNames, c.tools[c.tool.ClientID].HideEmail = true, true
	anonymous := c.AddUser(User{Name: "Nobody", Anonymous: true})
	c.Enrol(c.course, anonymous, Learner)
	l := c.add(t, Link{Title: "Practice"})
	if got := c.launch(t, c.learners[0], l.ID); got["name"] != nil || got["email"] != nil || got["sub"] != c.learners[0] {
		t.Errorf("told %v", got)
	}
	if got := c.launch(t, anonymous, l.ID); got["sub"] != nil || got["name"] != nil {
		t.Errorf("an anonymous launch tells %v", got)
	}
	if roster := c.call("GET", c.membersURL(c.course), "", "").Body.String(); strings.Contains(roster, "Ann") || strings.Contains(roster, anonymous) {
		t.Errorf("the roster tells %s", roster)
	}
}

func TestCorporateLaunchesAreBare(t *testing.T) {
	c := newClass(t, Corporate)
	got := c.launch(t, c.learners[0], c.add(t, Link{Title: "Practice", Maximum: 1}).ID)
	if got[claim+"context"] != nil || got[claimNRPS] != nil || len(got[claim+"roles"].([]any)) != 0 || got[claimAGS] == nil {
		t.Errorf("%v", got)
	}
}

func TestTeachingAssistants(t *testing.T) {
	for _, tc := range []struct {
		profile        Profile
		launch, roster []string
	}{
		{Moodle, []string{Instructor}, []string{"Learner"}},
		{Canvas, []string{Instructor, TeachingAssistant}, []string{TeachingAssistant}},
		{Generic, []string{TeachingAssistant}, []string{TeachingAssistant}},
	} {
		c := newClass(t, tc.profile)
		c.Enrol(c.course, c.teacher, TeachingAssistant)
		got := c.rolesOf(c.courses[c.course], c.teacher)
		roster := c.member(c.courses[c.course], &c.tool, nil, Member{User{}, []string{TeachingAssistant}})["roles"].([]string)
		if !slices.Equal(got, tc.launch) || !slices.Equal(roster, tc.roster) {
			t.Errorf("%s: %v at launch, %v in the roster", tc.profile.Name, got, roster)
		}
	}
}

func TestScoresByTheRulesOfEachLMS(t *testing.T) {
	const good = `{"userId":%q,"scoreGiven":8,"scoreMaximum":10,"activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":"2026-11-23T15:37:19.466Z"}`
	for name, tc := range map[string]struct {
		profile Profile
		body    string // after a good one
		status  int
		grade   float64
	}{
		"the same time again":                    {Generic, good, 409, 8},
		"Canvas takes the same time":             {Canvas, good, 200, 8},
		"Canvas: older":                          {Canvas, strings.Replace(good, ":19.", ":18.", 1), 400, 8},
		"Open edX: the same time":                {OpenEdX, good, 400, 8},
		"Moodle: later in the same second":       {Moodle, strings.Replace(good, ".466", ".999", 1), 409, 8},
		"later in the same second":               {Generic, strings.Replace(strings.Replace(good, ".466", ".999", 1), ":8,", ":9,", 1), 200, 9},
		"Schoology: a member of Canvas's":        {Schoology, strings.Replace(strings.Replace(good, ":19.", ":20.", 1), "{", `{"https://canvas.instructure.com/lti/submission":{},`, 1), 400, 8},
		"which others do not mind":               {Blackboard, strings.Replace(strings.Replace(good, ":19.", ":20.", 1), "{", `{"https://canvas.instructure.com/lti/submission":{},`, 1), 200, 8},
		"Canvas counts what a person must grade": {Canvas, strings.NewReplacer(":19.", ":20.", ":8,", ":3,", "FullyGraded", "PendingManual").Replace(good), 200, 3},
		"which others do not":                    {Generic, strings.NewReplacer(":19.", ":20.", ":8,", ":3,", "FullyGraded", "PendingManual").Replace(good), 200, 8},
		"and Moodle wipes":                       {Moodle, strings.NewReplacer(":19.", ":20.", ":8,", ":3,", "FullyGraded", "PendingManual").Replace(good), 200, 0},
		"a grade that is taken back":             {Generic, strings.NewReplacer(":19.", ":20.", `"scoreGiven":8,"scoreMaximum":10,`, "", "Completed", "Initialized", "FullyGraded", "NotReady").Replace(good), 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClass(t, tc.profile)
			l := c.add(t, Link{Title: "Practice", Maximum: 10})
			at, query, _ := strings.Cut(c.itemURL(c.items[l.item], &c.tool), "?")
			if query != "" {
				query = "?" + query
			}
			if w := c.call("POST", at+"/scores"+query, scoreType, fmt.Sprintf(good, c.learners[0])); w.Code != 200 {
				t.Fatalf("a good one: %d %s", w.Code, w.Body)
			}
			w := c.call("POST", at+"/scores"+query, scoreType, fmt.Sprintf(tc.body, c.learners[0]))
			if got := c.Gradebook(c.course)[0].Grades[c.learners[0]].Given; w.Code != tc.status || got != tc.grade {
				t.Errorf("status %d, grade %v", w.Code, got)
			}
		})
	}
}

func TestTeachersGoBeforeTools(t *testing.T) {
	c := newClass(t, Generic)
	l := c.add(t, Link{Title: "Practice", Maximum: 10})
	scores := c.itemURL(c.items[l.item], &c.tool) + "/scores"
	body := func(second int) string {
		return fmt.Sprintf(`{"userId":%q,"scoreGiven":8,"scoreMaximum":10,"activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":"2026-11-23T15:37:%02dZ"}`, c.learners[0], second)
	}
	three := 3.0
	if err := c.Override(l.ID, c.learners[0], &three); err != nil {
		t.Fatal(err)
	}
	if w := c.call("POST", scores, scoreType, body(1)); w.Code != 200 || c.Gradebook(c.course)[0].Grades[c.learners[0]].Given != 3 {
		t.Errorf("an overridden grade: %d %v", w.Code, c.Gradebook(c.course))
	}
	if err := c.Lock(l.ID, true); err != nil {
		t.Fatal(err)
	}
	if w := c.call("POST", scores, scoreType, body(2)); w.Code != 403 {
		t.Errorf("a locked column: %d", w.Code)
	}
}

func TestLineItemsByTheRulesOfEachLMS(t *testing.T) {
	for name, tc := range map[string]struct {
		profile Profile
		body    string
		status  int
	}{
		"one of the tool's own":       {Generic, `{"label":"L","scoreMaximum":2.5}`, 201},
		"without a label":             {Generic, `{"scoreMaximum":2.5}`, 400},
		"of no points":                {Generic, `{"label":"L","scoreMaximum":0}`, 400},
		"Moodle: of no points":        {Moodle, `{"label":"L","scoreMaximum":0}`, 201},
		"Blackboard: half a point":    {Blackboard, `{"label":"L","scoreMaximum":2.5}`, 400},
		"Open edX: without reference": {OpenEdX, `{"label":"L","scoreMaximum":2}`, 400},
		"Open edX: with one":          {OpenEdX, `{"label":"L","scoreMaximum":2,"resourceId":"r"}`, 201},
		"Canvas: for no link of its":  {Canvas, `{"label":"L","scoreMaximum":2,"resourceLinkId":"x"}`, 404},
		"for no link of the tool's":   {Generic, `{"label":"L","scoreMaximum":2,"resourceLinkId":"x"}`, 403},
	} {
		c := newClass(t, tc.profile)
		if w := c.call("POST", c.itemsURL(c.course, &c.tool), itemType, tc.body); w.Code != tc.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	for _, tc := range []struct {
		profile Profile
		status  int
	}{{Canvas, 401}, {Moodle, 204}, {Generic, 204}} {
		c := newClass(t, tc.profile)
		l := c.add(t, Link{Title: "Practice", Maximum: 10})
		if w := c.call("DELETE", c.itemURL(c.items[l.item], &c.tool), "", ""); w.Code != tc.status {
			t.Errorf("%s: deleting a link's own column: %d", tc.profile.Name, w.Code)
		}
	}
}

func TestACopyHasNewIDsAndKeepsWhatWasChosen(t *testing.T) {
	c := newClass(t, Generic)
	l := c.add(t, Link{Title: "Practice", Maximum: 10, ResourceID: "r", Tag: "t", Custom: map[string]string{"scenario_id": "a", "before": "$ResourceLink.id.history", "course": "$Context.id.history"}})
	if w := c.call("PUT", c.noticesURL(&c.tool), "application/json", `{"notice_type":"LtiContextCopyNotice","handler":"https://tool.example.com/notices"}`); w.Code != 200 {
		t.Fatal(w.Code, w.Body)
	}
	if w := c.call("PUT", c.noticesURL(&c.tool), "application/json", `{"notice_type":"LtiContextCopyNotice","handler":"https://elsewhere.example.com/notices"}`); w.Code != 400 {
		t.Error("a handler elsewhere is taken")
	}
	to, err := c.CopyCourse(c.course)
	if err != nil {
		t.Fatal(err)
	}
	c.Enrol(to, c.learners[0], Learner)
	copied := c.Links(to)
	if len(copied) != 1 || copied[0].ID == l.ID || copied[0].ResourceID != "r" || copied[0].Tag != "t" || copied[0].item == l.item || to == c.course {
		t.Fatalf("%+v", copied)
	}
	got := c.launch(t, c.learners[0], copied[0].ID)
	custom := got[claim+"custom"].(map[string]any)
	if custom["scenario_id"] != "a" || custom["before"] != l.ID || custom["course"] != c.course {
		t.Errorf("custom %v", custom)
	}
	if n, err := c.DeliverNotices(context.Background()); n != 1 || err != nil || len(c.posted) != 1 {
		t.Fatal(n, err, c.posted)
	}
	var sent struct{ Notices []struct{ JWT string } }
	var claims jwt.MapClaims
	if err := json.Unmarshal([]byte(c.posted[0]), &sent); err != nil {
		t.Fatal(err)
	}
	if _, _, err := jwt.NewParser().ParseUnverified(sent.Notices[0].JWT, &claims); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(claims[claim+"origin_contexts"]) != "["+c.course+"]" || claims[claim+"context"].(map[string]any)["id"] != to ||
		claims[claim+"notice"].(map[string]any)["type"] != ContextCopyNotice {
		t.Errorf("%v", claims)
	}
	if n, err := c.DeliverNotices(context.Background()); n != 0 || err != nil {
		t.Error("a notice comes twice", err)
	}
}

func TestTheMigrationClaim(t *testing.T) {
	c := newClass(t, Generic)
	l := c.add(t, Link{Title: "Practice"})
	c.tools[c.tool.ClientID].Migration = &Migration{ConsumerKey: "179248902", Secret: "my-lti11-secret", Users: map[string]string{c.learners[0]: "34212"}, Links: map[string]string{l.ID: "old"}}
	got, _ := c.launch(t, c.learners[0], l.ID)[claim+"lti1p1"].(map[string]any)
	if got["user_id"] != "34212" || got["resource_link_id"] != "old" || got["context_id"] != nil || got["oauth_consumer_key"] != "179248902" {
		t.Errorf("%v", got)
	}
	// The example of the migration guide §2.2.
	x := &Platform{issuer: "https://lmsvendor.com"}
	sign := x.migration(&Tool{ToolSettings: ToolSettings{ClientID: "PM48OJSfGDTAzAo", Migration: &Migration{ConsumerKey: "179248902", Secret: "my-lti11-secret"}}}, hint{},
		map[string]any{claim + "deployment_id": "689302", "exp": 1551290856, "nonce": "172we8671fd8z"})["oauth_consumer_key_sign"]
	if sign != "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps=" {
		t.Errorf("signed %v", sign)
	}
}

func TestOneRegistrationForManyCustomers(t *testing.T) {
	c := newClass(t, Blackboard)
	first := c.add(t, Link{Title: "At the first"})
	other := c.Deploy(c.tool.ClientID)
	second := c.add(t, Link{Title: "At the second"})
	a, b := c.launch(t, c.learners[0], first.ID), c.launch(t, c.learners[0], second.ID)
	if a["aud"] != b["aud"] || a[claim+"deployment_id"] == b[claim+"deployment_id"] || b[claim+"deployment_id"] != other || a[claim+"deployment_id"] != c.tool.DeploymentID {
		t.Errorf("%v and %v", a[claim+"deployment_id"], b[claim+"deployment_id"])
	}
}

func TestTokensByTheRulesOfEachLMS(t *testing.T) {
	ask := func(c *class, scope string) (int, map[string]any) {
		assertion, err := c.key.Sign(context.Background(), map[string]any{
			"iss": c.tool.ClientID, "sub": c.tool.ClientID, "aud": c.Audience(), "iat": recordedAt.Unix(), "exp": recordedAt.Unix() + 60, "jti": c.token(4),
		})
		if err != nil {
			t.Fatal(err)
		}
		w := c.call("POST", c.TokenURL(), "application/x-www-form-urlencoded", url.Values{
			"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion": {assertion}, "scope": {scope},
		}.Encode())
		var said map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
			t.Fatal(err)
		}
		return w.Code, said
	}
	for _, p := range Profiles() {
		c := newClass(t, p)
		if status, said := ask(c, lti.ScopeScore); status != 200 || !strings.EqualFold(fmt.Sprint(said["token_type"]), "bearer") {
			t.Errorf("%s: %d %v", p.Name, status, said)
		}
		want := 200
		if p.LMS.Tokens.WholeOrNothing {
			want = 400
		}
		if status, said := ask(c, lti.ScopeScore+" https://example.com/unknown"); status != want {
			t.Errorf("%s: a scope too many: %d %v", p.Name, status, said)
		}
	}
	if Canvas.LMS.Tokens.WholeOrNothing == Moodle.LMS.Tokens.WholeOrNothing || newClass(t, Brightspace).Audience() == newClass(t, Brightspace).TokenURL() {
		t.Error("the profiles do not differ")
	}
}

func registrationBody(scope string, custom any) string {
	raw, _ := json.Marshal(map[string]any{
		"application_type": "web", "response_types": []string{"id_token"}, "grant_types": []string{"implicit", "client_credentials"},
		"initiate_login_uri": "https://new.example.com/login", "redirect_uris": []string{"https://new.example.com/launch"}, "client_name": "New tool",
		"jwks_uri": "https://new.example.com/jwks", "token_endpoint_auth_method": "private_key_jwt", "scope": scope,
		toolClaim: map[string]any{
			"domain": "new.example.com", "target_link_uri": "https://new.example.com/launch", "claims": []string{"iss", "sub"}, "custom_parameters": custom,
			"messages": []any{map[string]any{"type": lti.MessageDeepLinking, "target_link_uri": "https://new.example.com/pick", "placements": []string{"assignment_selection", "nowhere"}}},
		},
	})
	return string(raw)
}

func TestRegistrationsOfTheProfiles(t *testing.T) {
	for _, p := range Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			c := newClass(t, p)
			opened, err := c.OpenRegistration("https://new.example.com/register?code=1")
			if (err == nil) != p.LMS.Registration.Dynamic {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			u, _ := url.Parse(opened)
			token := u.Query().Get("registration_token")
			if w := c.call("GET", u.Query().Get("openid_configuration"), "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), p.ProductFamilyCode) {
				t.Fatalf("configuration: %d %s", w.Code, w.Body)
			}
			register := func(scope string, custom any) (int, map[string]any) {
				c.access[token] = grant{}
				r := httptest.NewRequest("POST", "/lti/register", strings.NewReader(registrationBody(scope, custom)))
				r.Header.Set("Authorization", "Bearer "+token)
				w := httptest.NewRecorder()
				c.ServeHTTP(w, r)
				var said map[string]any
				_ = json.Unmarshal(w.Body.Bytes(), &said)
				return w.Code, said
			}
			if p.LMS.Registration.RefusesUnknownScopes {
				if status, _ := register("https://example.com/unknown", nil); status != 422 {
					t.Errorf("an unknown scope: %d", status)
				}
				if status, _ := register(lti.ScopeScore, map[string]any{"n": 1}); status != 422 {
					t.Errorf("a custom parameter that is a number: %d", status)
				}
			}
			c.Grant(lti.ScopeScore, lti.ScopeMemberships)
			status, said := register(lti.ScopeScore+" "+lti.ScopeLineItem, map[string]any{"a": "b"})
			if status != p.RegistrationStatus {
				t.Fatalf("%d %v", status, said)
			}
			config := said[toolClaim].(map[string]any)
			if named := config["deployment_id"] != nil; named != p.LMS.Registration.NamesDeployment {
				t.Errorf("deployment %v", config["deployment_id"])
			}
			made, ok := c.Tool(said["client_id"].(string))
			if !ok || !slices.Equal(made.Scopes, []string{lti.ScopeScore}) || made.DeepLinkingURL != "https://new.example.com/pick" {
				t.Errorf("registered %+v", made)
			}
			if hides := p.LMS.Launch.HidesPeople; made.HideNames != hides || made.HideEmail != hides {
				t.Error("a tool that asks for no names", made.HideNames, made.HideEmail)
			}
			if status, _ := register(lti.ScopeScore, nil); status != 401 {
				t.Errorf("the token is good twice: %d", status)
			}
		})
	}
}

func TestUpdatesOfARegistration(t *testing.T) {
	c := newClass(t, Moodle)
	opened, err := c.OpenUpdate("https://new.example.com/register", c.tool.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(opened)
	for range 2 { // the token is good more than once
		r := httptest.NewRequest("POST", "/lti/register", strings.NewReader(registrationBody(lti.ScopeScore, nil)))
		r.Header.Set("Authorization", "Bearer "+u.Query().Get("registration_token"))
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if made, _ := c.Tool(c.tool.ClientID); w.Code != 200 || made.Name != "New tool" || made.DeploymentID != c.tool.DeploymentID {
			t.Errorf("%d %+v", w.Code, made)
		}
	}
	if _, err := newClass(t, Canvas).OpenUpdate("https://new.example.com", "1"); err == nil {
		t.Error("Canvas starts updates")
	}
}

func TestManagementOfARegistration(t *testing.T) {
	c := newClass(t, Generic)
	opened, _ := c.OpenRegistration("https://new.example.com/register")
	u, _ := url.Parse(opened)
	send := func(method, path, token, body string) (int, map[string]any) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		var said map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &said)
		return w.Code, said
	}
	_, first := send("POST", "/lti/register", u.Query().Get("registration_token"), registrationBody(lti.ScopeScore, nil))
	path := "/lti/register/" + first["client_id"].(string)
	token := first["registration_access_token"].(string)
	if status, said := send("GET", path, token, ""); status != 200 || said["client_id"] != first["client_id"] {
		t.Errorf("read: %d %v", status, said)
	}
	status, said := send("PUT", path, token, registrationBody(lti.ScopeScore+" "+lti.ScopeMemberships, nil))
	if status != 200 || !strings.Contains(said["scope"].(string), lti.ScopeMemberships) || said["registration_access_token"] == token {
		t.Errorf("changed: %d %v", status, said)
	}
	if status, _ := send("GET", path, token, ""); status != 401 {
		t.Error("the token of before is still good")
	}
	if status, _ := send("DELETE", path, said["registration_access_token"].(string), ""); status != 204 {
		t.Error(status)
	}
	if _, known := c.Tool(first["client_id"].(string)); known {
		t.Error("the tool is still there")
	}
	if c.profile.LMS.Registration.Update != profile.UpdateByManagement {
		t.Error("the profile says otherwise")
	}
}

func TestEveryProfileIsOneThatToolsKnow(t *testing.T) {
	for _, p := range Profiles() {
		if known := profile.For(p.ProductFamilyCode); known.Code != p.LMS.Code {
			t.Errorf("%s calls itself %s, which is %s", p.Name, p.ProductFamilyCode, known.Code)
		}
	}
	if len(Profiles()) != len(profile.All()) {
		t.Error("not every profile is played")
	}
}
