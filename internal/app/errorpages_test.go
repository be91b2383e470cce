package app_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ltitest"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// giveAways are what no answer to an error may hold, whoever reads it.
var giveAways = map[string]*regexp.Regexp{
	"a word of SQL":       regexp.MustCompile(`(?i)\b(select\s.+\sfrom|insert into|update \w+ set|delete from|no such (table|column)|constraint failed|syntax error|no rows|relation "|SQLSTATE)`),
	"a name of the store": regexp.MustCompile(`(?i)\b(sql:|pgx|pgconn|sqlite|postgres|goose|modernc|sign_ins|scenario_versions|resource_links|line_items|workspace_id)`),
	"a Go type":           regexp.MustCompile(`\*(lti|web|greenroom|store|http|url|json|errors|fmt|os|net)\.|struct \{|map\[|interface \{|0xc0|<nil>|%!|\bnil pointer|invalid memory`),
	"a stack":             regexp.MustCompile(`goroutine \d|\.go:\d|\.go\b|runtime error|\bpanic\b|debug\.Stack`),
	"a path of a file":    regexp.MustCompile(`/(tmp|home|root|usr|var|etc|go|src|internal)/|\bC:\\|greenroom\.db|master\.key`),
	"a token":             regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}`),
	"a library":           regexp.MustCompile(`(?i)golang|\bjwt\b|\bscs\b|goja|inkjs|net/http|html/template|encoding/json|x509|dial tcp|connection refused`),
	"a layer":             regexp.MustCompile(`\b(lti|web|store|greenroom|outbound|platforms|roleplay): |\bfailed to\b|internal/`),
	"an e-mail address":   regexp.MustCompile(`[A-Za-z0-9._-]+@[A-Za-z0-9-]+\.[a-z]+`),
}

var (
	heading   = regexp.MustCompile(`(?s)<h1[^>]*>\s*[^<\s][^<]*</h1>`)
	sentences = regexp.MustCompile(`(?s)<section class="stack">\s*<p>([^<]*[.!?]|The LMS refused [^<]*)</p>`)
	refers    = regexp.MustCompile(`<span class="reference">[0-9A-Z]{12}</span>`)
	furniture = regexp.MustCompile(`(?s)<(link|script|img|meta)\b[^>]*>|</script>|<svg.*?</svg>|<aside.*?</aside>`)
	people    = regexp.MustCompile(`(?s)<(ul|table)\b.*?</(ul|table)>|[^\s<>"]+@example\.com`)
	typed     = regexp.MustCompile(`(?s)<input\b[^>]*>|<textarea.*?</textarea>`)
)

// A form error is the page of the form again, with what was typed and a
// sentence; every other error is a page of its own.
type errorCase struct {
	status int
	form   bool // the page of a form
	people bool // which lists people to whoever administers them
	course bool // has a way back to the course
	text   string
}

// holds checks an answer to an error.
func (d *doors) holds(t *testing.T, answer reply, want errorCase, planted ...string) {
	t.Helper()
	if answer.StatusCode != want.status {
		t.Errorf("status %d, want %d", answer.StatusCode, want.status)
	}
	if want.people {
		answer.body = people.ReplaceAllString(answer.body, "")
	}
	d.givesNothingAway(t, answer, want.form, planted...)
	if !strings.Contains(answer.body, want.text) {
		t.Errorf("the page does not say %q", want.text)
	}
	if want.form {
		if !strings.Contains(answer.body, `class="error"`) && !strings.Contains(answer.body, `role="alert"`) {
			t.Error("the form does not say what is wrong")
		}
		return
	}
	if !heading.MatchString(answer.body) {
		t.Error("no title")
	}
	if !sentences.MatchString(answer.body) {
		t.Error("no sentence")
	}
	if !refers.MatchString(answer.body) {
		t.Error("no reference")
	}
	if strings.Contains(answer.body, `href="https://lms.example.com/course/view?`) != want.course {
		t.Errorf("a way back to the course: want %v", want.course)
	}
	if t.Failed() {
		t.Log(answer.body)
	}
}

func (d *doors) givesNothingAway(t *testing.T, answer reply, form bool, planted ...string) {
	t.Helper()
	body := furniture.ReplaceAllString(answer.body, "")
	if form { // keeps what was typed, passwords apart
		body = typed.ReplaceAllString(body, "")
	}
	for what, pattern := range giveAways {
		if found := pattern.FindString(body); found != "" {
			t.Errorf("the page shows %s: %q", what, found)
		}
	}
	for _, secret := range append(d.secrets(), planted...) {
		if strings.Contains(answer.body, secret) && secret != "" && !form {
			t.Errorf("the page repeats %q", secret)
		}
	}
	if form && strings.Contains(answer.body, doorPassword) {
		t.Error("the password came back")
	}
}

// noErrors are routes that answer with no page, and have no errors to show.
var noErrors = forMachines

// noRefusals are posts whose form can hold nothing wrong.
var noRefusals = map[string]string{
	"POST /sign-out":                                                                      "it has no fields",
	"POST /account/sign-out-everywhere":                                                   "it has no fields",
	"POST /w/{workspace}/settings/keys/rotate":                                            "what has to wait is said on the page after it",
	"POST /w/{workspace}/members/invitations/{id}/renew":                                  "it has no fields",
	"POST /w/{workspace}/members/invitations/{id}/revoke":                                 "it has no fields",
	"POST /w/{workspace}/settings/integrations/lti/registration-urls":                     "it has no fields",
	"POST /w/{workspace}/settings/integrations/lti/registration-urls/revoke":              "it has no fields",
	"POST /w/{workspace}/passbacks/{passback}/send":                                       "it has no fields",
	"POST /w/{workspace}/settings/integrations/lti/connections/{connection}/keyset":       "it has no fields",
	"POST /w/{workspace}/settings/integrations/lti/connections/{connection}/registration": "it has no fields",
	"POST /w/{workspace}/settings/integrations/lti/connections/{connection}/switch":       "anything but on is off",
	"POST /w/{workspace}/settings/integrations/lti/connections/{connection}/test":         "it has no fields",
	"POST /w/{workspace}/learners/{id}/merge":                                             "what is wrong is said on the page after it",
	"POST /w/{workspace}/learners/{id}/separate":                                          "it has no fields",
	"POST /w/{workspace}/learners/{id}/export":                                            "what it does not know of its one field is JSON",
	"POST /w/{workspace}/settings/integrations/lti/shared/code":                           "it has no fields",
	"POST /w/{workspace}/settings/integrations/lti/shared/code/revoke":                    "it has no fields",
	"POST /w/{workspace}/settings/integrations/lti/shared/release":                        "what the workspace has not is not found",
	"POST /lti/login":                                             "TestAttacksOnTheSharedDoor",
	"POST /lti/launch":                                            "TestAttacksOnTheSharedDoor",
	"POST /lti/launch/stored":                                     "TestAttacksOnTheSharedDoor",
	"POST /w/{workspace}/courses/{context}/roster":                "it has no fields",
	"POST /course/{workspace}/{launch}/class/results":             "it has no fields that can be wrong",
	"POST /w/{workspace}/courses/{context}/results":               "it has no fields that can be wrong",
	"POST /course/{workspace}/{launch}/class/roster":              "it has no fields",
	"POST /stage/{workspace}/{launch}/sessions":                   "it has no fields",
	"POST /course/{workspace}/{launch}/pick":                      "it takes what comes",
	"POST /course/{workspace}/{launch}/pick/scenarios/{scenario}": "it takes what comes",
	"POST /course/{workspace}/{launch}/pick/cancel":               "it takes what comes",
	"POST /lti/{workspace}/login":                                 "TestErrorsOfLogins",
	"POST /lti/{workspace}/launch":                                "TestErrorsOfLaunches",
	"POST /lti/{workspace}/launch/stored":                         "TestErrorsOfLaunches",
	"POST /w/{workspace}/settings/integrations/lti/connections/{connection}/copies/keys/delete": "what it does not find is not there",
	"POST /lti/{workspace}/notices": "no page: TestNoticesThatAreNotBelieved",
}

// Every route, asked for by whoever may not, in ways that it does not know, or
// while the store fails, answers with a page that gives nothing away. A route
// for which nothing can go wrong must say so in noErrors.
func TestErrorsOfEveryRoute(t *testing.T) {
	d := newDoors(t, false)
	db := d.database()
	seen, ledBack := map[string]map[int]bool{}, map[string]bool{}
	ask := func(t *testing.T, route route, r *http.Request) reply {
		answer := d.do(r)
		if answer.StatusCode < 400 {
			return answer
		}
		if seen[route.pattern] == nil {
			seen[route.pattern] = map[int]bool{}
		}
		seen[route.pattern][answer.StatusCode] = true
		return answer
	}
	var routes []route
	for _, r := range d.routes() {
		if _, ok := noErrors[r.pattern]; !ok {
			routes = append(routes, r)
		}
	}
	each := func(name string, fn func(t *testing.T, r route)) {
		t.Run(name, func(t *testing.T) {
			for _, route := range routes {
				t.Run(route.pattern, func(t *testing.T) { fn(t, route) })
			}
		})
	}
	secret := planted()

	each("from another site", func(t *testing.T, r route) {
		if r.method == http.MethodGet || comeFromOutside[r.pattern] {
			return
		}
		q := request(r.method, d.address(r, d.ours)+"?x="+secret, url.Values{"x": {secret}}, d.owner, d.stage, d.course, d.review)
		q.Header.Set("Sec-Fetch-Site", "cross-site")
		d.holds(t, ask(t, r, q), errorCase{status: http.StatusForbidden}, secret)
	})
	each("with another method", func(t *testing.T, r route) {
		if !strings.Contains(r.pattern, " ") {
			return
		}
		answer := ask(t, r, request(http.MethodDelete, d.address(r, d.ours), nil, d.owner, d.stage, d.course, d.review))
		d.holds(t, answer, errorCase{status: http.StatusMethodNotAllowed})
		if answer.Header.Get("Allow") == "" {
			t.Error("it does not say which methods there are")
		}
	})
	each("too large", func(t *testing.T, r route) {
		if r.method == http.MethodGet {
			return
		}
		q := request(r.method, d.address(r, d.ours), url.Values{"name": {strings.Repeat(secret, 1<<17)}}, d.owner, d.stage, d.course, d.review)
		switch answer := ask(t, r, q); answer.StatusCode {
		case http.StatusRequestEntityTooLarge:
			d.holds(t, answer, errorCase{status: http.StatusRequestEntityTooLarge, course: leadsBack(r)}, secret)
		case http.StatusSeeOther, http.StatusNotFound: // does not read it
			d.givesNothingAway(t, answer, false, secret)
		default:
			d.givesNothingAway(t, answer, true)
			if strings.Contains(answer.body, secret) {
				t.Error("the page repeats what was sent")
			}
		}
		if r.pattern == "POST /sign-out" || r.pattern == "POST /account/sign-out-everywhere" {
			d.owner = d.signIn(ownerEmail)
		}
	})
	each("of a workspace that somebody else has", func(t *testing.T, r route) {
		if !strings.Contains(r.path, "{workspace}") {
			return
		}
		answer := ask(t, r, request(r.method, d.address(r, d.theirs), formOf(r), d.owner, d.stage, d.course, d.review))
		if answer.StatusCode < 400 {
			t.Errorf("status %d", answer.StatusCode)
		}
		d.holds(t, answer, errorCase{status: answer.StatusCode}, string(d.theirs.ID), d.theirs.Name)
	})
	each("of nothing", func(t *testing.T, r route) {
		path := wildcards.ReplaceAllStringFunc(r.path, func(name string) string {
			if name == "{$}" {
				return ""
			}
			return secret
		})
		answer := ask(t, r, request(r.method, path, formOf(r), d.eve, d.stage, d.course, d.review))
		if answer.StatusCode >= 400 && answer.StatusCode != http.StatusUnprocessableEntity {
			d.holds(t, answer, errorCase{status: answer.StatusCode}, secret)
		}
	})

	each("of a session that is not the learner's", func(t *testing.T, r route) {
		if !strings.Contains(r.path, "{session}") {
			return
		}
		path := strings.Replace(d.address(r, d.ours), "/sessions/", "/sessions/"+secret, 1)
		answer := ask(t, r, request(r.method, path, url.Values{"turn": {"0"}, "choice": {"0"}}, d.stage, d.course, d.review))
		d.holds(t, answer, errorCase{status: http.StatusNotFound, course: true, text: "Back to the start"}, secret)
	})

	// Each table goes missing once, so that the store fails at every step.
	for _, table := range d.tables(db) {
		if table == "goose_db_version" {
			continue
		}
		d.must(func() error { _, err := db.Exec("alter table " + table + " rename to gone"); return err }())
		each("without "+table, func(t *testing.T, r route) {
			if r.pattern == "POST /sign-out" && table != "sign_ins" {
				return // the others need the sign-in still
			}
			form := formOf(r)
			if r.pattern == "POST /sign-in" {
				form = url.Values{"email": {ownerEmail}, "password": {doorPassword}}
			}
			d.askAgain(db)
			q := request(r.method, d.address(r, d.ours), form, d.owner, d.stage, d.course, d.review)
			if query := brokenQueries[r.pattern]; query != nil {
				q.URL.RawQuery = query(d).Encode()
			}
			if answer := ask(t, r, q); answer.StatusCode >= http.StatusInternalServerError {
				// Without the launch itself nobody knows the course.
				led := strings.Contains(answer.body, "go back to your course")
				ledBack[r.pattern] = ledBack[r.pattern] || led
				d.holds(t, answer, errorCase{status: http.StatusInternalServerError, course: led, text: "Something went wrong on our side"})
			}
		})
		d.must(func() error { _, err := db.Exec("alter table gone rename to " + table); return err }())
	}

	for _, r := range routes {
		if len(seen[r.pattern]) == 0 {
			t.Errorf("%s: no error was seen; if nothing can go wrong, say so in noErrors", r.pattern)
		}
		if strings.Contains(r.path, "{workspace}") && !seen[r.pattern][http.StatusInternalServerError] {
			t.Errorf("%s: the page of a store that fails was not seen", r.pattern)
		}
		if leadsBack(r) && !ledBack[r.pattern] {
			t.Errorf("%s: no way back to the course when the store fails", r.pattern)
		}
	}
}

// leadsBack tells whether the errors of a route have a way back to the course.
// The room's door reads nothing but the launch itself.
func leadsBack(r route) bool {
	if r.path == "/course/{workspace}/{launch}" {
		return false
	}
	return strings.HasPrefix(r.path, "/stage/{") || strings.HasPrefix(r.path, "/course/{")
}

// brokenQueries make routes use the store that would not otherwise.
var brokenQueries = map[string]func(*doors) url.Values{
	"GET /lti/{workspace}/register": func(d *doors) url.Values { return url.Values{"token": {d.invite}} },
	"GET /setup":                    func(d *doors) url.Values { return url.Values{"token": {d.app.Service.SetUpToken()}} },
	"GET /lti/{workspace}/login": func(d *doors) url.Values {
		return url.Values{"iss": {d.lms.Issuer()}, "login_hint": {"6"}, "target_link_uri": {d.app.Kit.URLs.Launch(d.ours.ID)}}
	},
}

// Every form that is refused says so, and gives nothing away.
func TestErrorsOfForms(t *testing.T) {
	d := newDoors(t, false)
	stage := "/stage/" + string(d.ours.ID) + "/" + string(d.launch) + "/sessions/" + d.session + "/picks"
	review := "/stage/" + string(d.ours.ID) + "/" + string(d.picking) + "/review/" + string(d.learner) + "/" + string(d.link) + "/score"
	course := "/course/" + string(d.ours.ID) + "/" + string(d.picking) + "/pick"
	evil := planted() + `<b>"`
	owner, err := d.app.Store.Instance().PersonByEmail(t.Context(), ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	member := "/w/northwind/members/" + string(owner.ID)
	launch, err := d.app.Store.Workspace(d.ours.ID).Launch(t.Context(), d.launch)
	if err != nil {
		t.Fatal(err)
	}
	learner := "/w/northwind/learners/" + string(launch.Learner)
	connection := "/w/northwind/settings/integrations/lti/connections/" + string(d.connection)
	asked := map[string]bool{}
	for name, tc := range map[string]struct {
		path string
		form url.Values
		want errorCase
	}{
		"a sign-in of nobody":        {"/sign-in", url.Values{"email": {"nobody@example.com"}, "password": {doorPassword}}, errorCase{status: 422, form: true, text: "do not belong together"}},
		"a sign-in with a guess":     {"/sign-in", url.Values{"email": {ownerEmail}, "password": {evil}}, errorCase{status: 422, form: true, text: "do not belong together"}},
		"a sign-in of great length":  {"/sign-in", url.Values{"email": {strings.Repeat("a", 300)}, "password": {evil}}, errorCase{status: 422, form: true, text: "do not belong together"}},
		"a set-up that is over":      {"/setup", url.Values{"token": {d.app.Service.SetUpToken()}, "password": {doorPassword}}, errorCase{status: 404, text: "This set-up link does not open"}},
		"a set-up with a guess":      {"/setup", url.Values{"token": {evil}}, errorCase{status: 404, text: "This set-up link does not open"}},
		"a workspace without a name": {"/w/northwind/settings", url.Values{"name": {""}, "slug": {evil}}, errorCase{status: 422, form: true}},
		"a workspace's name that is taken": {"/w/northwind/settings", url.Values{"name": {"Northwind"}, "slug": {"elsewhere"}},
			errorCase{status: 422, form: true}},
		"a deletion with another name":         {"/w/northwind/settings/delete", url.Values{"name": {evil}}, errorCase{status: 422, form: true, people: true}},
		"an erasure with another name":         {learner + "/erase", url.Values{"name": {evil}}, errorCase{status: 422, form: true, people: true}},
		"a consumer key of nothing":            {connection + "/copies/keys", url.Values{"secret": {evil}}, errorCase{status: 422, form: true}},
		"a table that is none":                 {connection + "/copies/activities", url.Values{"table": {evil}}, errorCase{status: 422, form: true}},
		"a claim of nothing":                   {"/lti/claim", url.Values{"handle": {evil}, "code": {evil}}, errorCase{status: 410}},
		"no number of months":                  {"/w/northwind/settings/retention", url.Values{"months": {evil}}, errorCase{status: 422, form: true}},
		"a link that nobody made":              {"/links/" + planted(), url.Values{"password": {doorPassword}}, errorCase{status: 404}},
		"an invitation of nobody":              {"/w/northwind/members/invitations", url.Values{"email": {evil}, "role": {"king"}}, errorCase{status: 422, form: true, people: true}},
		"the only owner as a member":           {member + "/role", url.Values{"role": {"member"}}, errorCase{status: 422, form: true, people: true, text: "only owner"}},
		"the only owner removed":               {member + "/remove", url.Values{}, errorCase{status: 422, form: true, people: true, text: "only owner"}},
		"a reset link for oneself":             {member + "/reset-link", url.Values{}, errorCase{status: 422, form: true, people: true, text: "Your account"}},
		"a name of nothing":                    {"/account/name", url.Values{"name": {" "}}, errorCase{status: 422, form: true, people: true}},
		"another's password":                   {"/account/password", url.Values{"present": {evil}, "password": {"a long new password"}}, errorCase{status: 422, form: true, people: true}},
		"a connection of nothing":              {"/w/northwind/settings/integrations/lti/connections", url.Values{"auth_url": {"ftp://" + evil}}, errorCase{status: 422, form: true}},
		"a connection changed into nothing":    {connection, url.Values{"auth_url": {"ftp://" + evil}, "audience": {"a\n" + evil}}, errorCase{status: 422, form: true, people: true}},
		"a connection deleted by another name": {connection + "/delete", url.Values{"name": {evil}}, errorCase{status: 422, form: true}},
		"an empty scenario":                    {"/w/northwind/scenarios/import", url.Values{"source": {" "}}, errorCase{status: 422, form: true}},
		"a scenario with errors":               {"/w/northwind/scenarios/import", url.Values{"source": {"---\ntitle: [\n---\n" + evil}}, errorCase{status: 422, form: true}},
		"a script with errors":                 {"/w/northwind/scenarios/import", url.Values{"source": {firstCall + "\n{ unclosed " + evil}}, errorCase{status: 422, form: true}},
		"no scenario that is ticked":           {course + "/items", url.Values{"q": {evil}}, errorCase{status: 422, form: true, text: "Pick at least one scenario."}},
		"a scenario that nobody has":           {course + "/answer", url.Values{"picked": {evil}, "zone": {evil}}, errorCase{status: 422, form: true, text: "not in Greenroom any more"}},
		"a rule that is none":                  {"/w/northwind/scenarios/first-call/grading", url.Values{"rule": {evil}}, errorCase{status: 422, text: "Choose which attempt counts"}},
		"a score that is none":                 {review, url.Values{"decision": {"set"}, "percent": {evil}}, errorCase{status: 422, form: true, people: true}},
		"a decision that is none":              {review, url.Values{"decision": {evil}}, errorCase{status: 422, form: true, people: true}},
		"a reply that is none":                 {stage, url.Values{"turn": {"x"}, "choice": {evil}}, errorCase{status: 422, form: true}},
		"a reply out of turn":                  {stage, url.Values{"turn": {"7"}, "choice": {"0"}}, errorCase{status: 422, form: true}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(http.MethodPost, tc.path, tc.form, d.owner, d.stage, d.course, d.review)
			asked[d.match(r)] = true
			d.holds(t, d.do(r), tc.want)
		})
	}
	t.Run("too many sign-ins", func(t *testing.T) {
		var last reply
		for range 11 {
			last = d.ask(http.MethodPost, "/sign-in", url.Values{"email": {"guess@example.com"}, "password": {evil}})
		}
		d.holds(t, last, errorCase{status: http.StatusTooManyRequests, text: "The limit for sign-in is reached: try again in 10 seconds."}, evil)
	})
	t.Run("no form at all", func(t *testing.T) {
		r := request(http.MethodPost, "/sign-in", url.Values{})
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		d.holds(t, d.do(r), errorCase{status: http.StatusBadRequest, text: "This form could not be read"})
	})
	for _, r := range d.posts() {
		if !asked[r.pattern] && noRefusals[r.pattern] == "" && strings.Contains(r.pattern, " ") {
			t.Errorf("%s: no form was refused here; if it has no fields, say so in noRefusals", r.pattern)
		}
	}
}

// viaBrowser is the server for somebody who launches in a tab of their own.
func (d *doors) viaBrowser() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Sec-Fetch-Dest", "document")
		d.handler.ServeHTTP(w, r)
	})
}

// lastError is the cause in the log's last line.
func (d *doors) lastError() string {
	lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
	var line struct {
		Err string `json:"err"`
	}
	_ = json.Unmarshal([]byte(lines[len(lines)-1]), &line)
	return line.Err
}

const claim = "https://purl.imsglobal.org/spec/lti/claim/"

func with(name string, value any) ltitest.Spoil {
	return func(a *ltitest.Attempt) { a.Claims[name] = value }
}

// signed is a token with any payload.
func signed(t *testing.T, a *ltitest.Attempt, payload string) string {
	t.Helper()
	header, err := json.Marshal(a.Header)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := jwt.SigningMethodRS256.Sign(text, a.Key.RSA)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// wrongKey signs as somebody else.
func wrongKey(t *testing.T) lti.PrivateKey {
	t.Helper()
	return ltitest.NewPlatform(t, platform.Moodle).Key()
}

// Every check of a launch, failed by one thing that is spoilt. After the
// signature held, the page leads back to the course.
func TestErrorsOfLaunches(t *testing.T) {
	d := newDoors(t, true)
	evil := planted()
	other := wrongKey(t)
	hours := func(n int) int64 { return d.lms.Now().Add(time.Duration(n) * time.Hour).Unix() }
	message := func(kind string) ltitest.Spoil { return with(claim+"message_type", kind) }
	cases := []struct {
		check  lti.Check
		course bool
		spoil  ltitest.Spoil
	}{
		{lti.CheckRequest, false, func(a *ltitest.Attempt) { a.Form.Add("state", evil) }},
		{lti.CheckRequest, false, func(a *ltitest.Attempt) { a.Form.Set("id_token", "") }},
		{lti.CheckState, false, func(a *ltitest.Attempt) { a.Form.Set("state", evil) }},
		{lti.CheckPlatformError, false, func(a *ltitest.Attempt) {
			a.Form = url.Values{"state": a.Form["state"], "error": {"access_denied"}, "error_description": {evil}, "id_token": {""}}
			a.Form.Del("id_token")
		}},
		{lti.CheckBrowser, false, func(a *ltitest.Attempt) {
			for _, c := range a.Cookies {
				c.Value = evil
			}
		}},
		{lti.CheckToken, false, func(a *ltitest.Attempt) { a.Form.Set("id_token", evil) }},
		{lti.CheckAlgorithm, false, func(a *ltitest.Attempt) { a.Header["alg"] = "RS512" }},
		{lti.CheckKey, false, func(a *ltitest.Attempt) { a.Header["kid"] = evil }},
		{lti.CheckSignature, false, func(a *ltitest.Attempt) { a.Key = other }},
		{lti.CheckClaims, false, func(a *ltitest.Attempt) { a.Form.Set("id_token", signed(t, a, `{"sub":"`+evil+`","sub":"7"}`)) }},
		{lti.CheckIssuer, true, with("iss", "https://"+evil+".example")},
		{lti.CheckAudience, true, with("aud", evil)},
		{lti.CheckAuthorizedParty, true, with("azp", evil)},
		{lti.CheckExpiry, true, with("exp", hours(-1))},
		{lti.CheckIssuedAt, true, func(a *ltitest.Attempt) { a.Claims["iat"], a.Claims["exp"] = hours(1), hours(2) }},
		{lti.CheckNotBefore, true, with("nbf", hours(1))},
		{lti.CheckNonce, true, with("nonce", evil)},
		{lti.CheckVersion, true, with(claim+"version", evil)},
		{lti.CheckMessageType, true, message(evil)},
		{lti.CheckDeployment, true, with(claim+"deployment_id", evil)},
		{lti.CheckTarget, true, with(claim+"target_link_uri", "https://"+evil+".example/")},
		{lti.CheckResourceLink, true, with(claim+"resource_link", map[string]any{"title": evil})},
		{lti.CheckRoles, true, with(claim+"roles", evil)},
		{lti.CheckSubject, true, with("sub", "")},
		{lti.CheckDeepLinking, true, message(lti.MessageDeepLinking)},
		{lti.CheckForUser, true, message(lti.MessageSubmissionReview)},
		{"scenario", true, with(claim+"custom", map[string]any{greenroom.ScenarioParameter: evil})},
		{"scenario", true, with(claim+"custom", map[string]any{})},
	}
	failed := map[lti.Check]bool{lti.CheckRegistration: true, lti.CheckReplay: true} // below
	for _, tc := range cases {
		failed[tc.check] = true
		t.Run(string(tc.check), func(t *testing.T) {
			var token string
			res := d.lms.Visit(d.viaBrowser(), func(a *ltitest.Attempt) {
				a.Claims[claim+"launch_presentation"] = map[string]any{"return_url": courseURL}
				tc.spoil(a)
				token = a.Form.Get("state")
			})
			answer := reply{res, read(t, res)}
			if !strings.Contains(d.lastError(), string(tc.check)) {
				t.Errorf("refused by %q", d.lastError())
			}
			d.holds(t, answer, errorCase{status: answer.StatusCode, course: tc.course}, evil, token, "stina@example.com", "Stina")
			if answer.StatusCode < 400 || answer.StatusCode >= 500 {
				t.Errorf("status %d", answer.StatusCode)
			}
		})
	}
	t.Run("replay", func(t *testing.T) { d.replays(t) })
	t.Run("signed, and no JSON", func(t *testing.T) {
		res := d.lms.Visit(d.viaBrowser(), func(a *ltitest.Attempt) {
			a.Form.Set("id_token", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"x"}`))+"."+evil+".AAAA")
		})
		d.holds(t, reply{res, read(t, res)}, errorCase{status: http.StatusUnauthorized}, evil)
	})
	t.Run("unsigned", func(t *testing.T) {
		res := d.lms.Visit(d.viaBrowser(), func(a *ltitest.Attempt) {
			token, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims(a.Claims)).SignedString(jwt.UnsafeAllowNoneSignatureType)
			d.must(err)
			a.Form.Set("id_token", token)
		})
		d.holds(t, reply{res, read(t, res)}, errorCase{status: http.StatusUnauthorized})
	})
	launch := "/lti/" + string(d.ours.ID) + "/launch"
	t.Run("opened by hand", func(t *testing.T) {
		d.holds(t, d.ask(http.MethodGet, launch+"?id_token="+evil, nil), errorCase{status: http.StatusMethodNotAllowed}, evil)
	})
	t.Run("a handle of nobody", func(t *testing.T) {
		answer := d.ask(http.MethodPost, launch+"/stored", url.Values{"handle": {evil}, "stored": {evil}})
		d.holds(t, answer, errorCase{status: http.StatusBadRequest}, evil)
	})
	t.Run("no key set", func(t *testing.T) {
		d := newDoors(t, true)
		d.lms.Fail(platform.Fault{Endpoint: platform.KeySet, Times: -1, Status: http.StatusInternalServerError, Body: evil})
		res := d.lms.Visit(d.viaBrowser(), func(a *ltitest.Attempt) { a.Header["kid"] = "new" })
		d.holds(t, reply{res, read(t, res)}, errorCase{status: http.StatusUnauthorized}, evil)
	})

	source, err := os.ReadFile("../../lti/check.go")
	d.must(err)
	for _, m := range regexp.MustCompile(`\tCheck\w+ +Check = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		if !failed[lti.Check(m[1])] && lti.Check(m[1]) != lti.CheckNotice { // no launch has it
			t.Errorf("no launch fails the check %s", m[1])
		}
	}
}

// replays posts one answer of the LMS twice, from another browser the second
// time that has all but the sign-in.
func (d *doors) replays(t *testing.T) {
	t.Helper()
	var again ltitest.Attempt
	res := d.lms.Visit(d.viaBrowser(), func(a *ltitest.Attempt) {
		a.Claims[claim+"launch_presentation"] = map[string]any{"return_url": courseURL}
		again = *a
	})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("a valid launch: %s %s", res.Status, read(t, res))
	}
	r := request(http.MethodPost, again.LaunchURL, again.Form, again.Cookies...)
	answer := d.do(r)
	if !strings.Contains(d.lastError(), string(lti.CheckReplay)) {
		t.Errorf("refused by %q", d.lastError())
	}
	d.holds(t, answer, errorCase{status: http.StatusForbidden, course: true, text: "This launch was already used."}, again.Form.Get("state"))
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestErrorsOfLogins(t *testing.T) {
	d := newDoors(t, false)
	login := "/lti/" + string(d.ours.ID) + "/login"
	evil := planted()
	for name, spoil := range map[string]func(url.Values){
		"nothing":           func(v url.Values) { clear(v) },
		"an unknown issuer": func(v url.Values) { v.Set("iss", "https://"+evil+".example") },
		"an unknown client": func(v url.Values) { v.Set("client_id", evil) },
		"a foreign target":  func(v url.Values) { v.Set("target_link_uri", "https://"+evil+".example/") },
		"an issuer twice":   func(v url.Values) { v.Add("iss", evil) },
		"no login hint":     func(v url.Values) { v.Del("login_hint") },
		"much of everything": func(v url.Values) {
			v.Set("login_hint", strings.Repeat(evil, 10_000))
		},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+" by "+method, func(t *testing.T) {
				form := url.Values{"iss": {d.lms.Issuer()}, "login_hint": {"6"}, "target_link_uri": {d.app.Kit.URLs.Launch(d.ours.ID)}}
				spoil(form)
				answer := d.ask(method, login+"?"+form.Encode(), nil)
				if method == http.MethodPost {
					answer = d.ask(method, login, form)
				}
				if answer.StatusCode < 400 || answer.StatusCode >= 500 {
					t.Fatalf("status %d", answer.StatusCode)
				}
				d.holds(t, answer, errorCase{status: answer.StatusCode}, evil)
			})
		}
	}
	t.Run("JSON", func(t *testing.T) {
		r := request(http.MethodPost, login, url.Values{"x": {evil}})
		r.Header.Set("Content-Type", "application/json")
		d.holds(t, d.do(r), errorCase{status: http.StatusBadRequest}, evil)
	})
}

// asksLMS answers registrations as a test wants.
type asksLMS struct {
	greenroom.Platforms
	err error
}

func (a asksLMS) Register(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error) {
	return greenroom.Registered{}, a.err
}

func TestErrorsOfRegistrations(t *testing.T) {
	d := newDoors(t, false)
	register := "/lti/" + string(d.ours.ID) + "/register"
	evil := planted()
	ask := func(query string) reply { return d.ask(http.MethodGet, register+query, nil) }
	_, theirs, err := d.app.Service.NewInvite(t.Context(), greenroom.Operator(d.theirs.ID))
	d.must(err)

	t.Run("no token", func(t *testing.T) { d.holds(t, ask(""), errorCase{status: 400}) })
	t.Run("a damaged token", func(t *testing.T) { d.holds(t, ask("?token="+d.invite+evil), errorCase{status: 400}, evil) })
	t.Run("a token twice", func(t *testing.T) {
		d.holds(t, ask("?token="+d.invite+"&token="+d.invite), errorCase{status: 400})
	})
	t.Run("another workspace's", func(t *testing.T) { d.holds(t, ask("?token="+theirs), errorCase{status: 403}, theirs) })
	t.Run("two configurations", func(t *testing.T) {
		d.holds(t, ask("?token="+d.invite+"&openid_configuration=a&openid_configuration="+evil), errorCase{status: 422}, evil)
	})
	for name, tc := range map[string]struct {
		err    error
		status int
	}{
		"the LMS cannot be reached": {&greenroom.RegistrationError{Text: "Greenroom could not reach the LMS.", Cause: fmt.Errorf("dial tcp 10.1.2.3:443: %s", evil)}, 422},
		"trouble of our own":        {fmt.Errorf("sql: %s", evil), 500},
	} {
		t.Run(name, func(t *testing.T) {
			before := d.app.Service.Platforms
			defer func() { d.app.Service.Platforms = before }()
			d.app.Service.Platforms = asksLMS{before, tc.err}
			d.holds(t, ask("?token="+d.invite+"&openid_configuration=https://lms.example.com/c&registration_token="+evil), errorCase{status: tc.status}, evil)
		})
	}
	t.Run("revoked", func(t *testing.T) {
		_, err := d.app.Service.RevokeInvites(t.Context(), greenroom.Operator(d.ours.ID))
		d.must(err)
		d.holds(t, ask("?token="+d.invite), errorCase{status: 410})
	})
	t.Run("expired", func(t *testing.T) {
		_, token, err := d.app.Service.NewInvite(t.Context(), greenroom.Operator(d.ours.ID))
		d.must(err)
		d.lms.Pass(2 * time.Hour)
		d.holds(t, ask("?token="+token), errorCase{status: 410}, token)
	})
	t.Run("too many", func(t *testing.T) {
		for range 20 {
			ask("?token=" + evil)
		}
		d.holds(t, ask("?token="+evil), errorCase{status: 429, text: "The limit for registration is reached"}, evil)
	})
}

// What an LMS says goes into the log: whatever it is, over the wire.
func TestErrorsOfRegistrationsOverTheWire(t *testing.T) {
	d := newDoors(t, true)
	evil := planted() + " at lms.(*Tool).save(0xc000123456) /var/www/lms/tool.php"
	for name, answers := range map[string]http.HandlerFunc{
		"answers no JSON": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>"+evil) },
		"answers nothing": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") },
		"names nobody":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":7}`, evil) },
		"sends us away": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.1.2.3/"+url.PathEscape(evil), http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			lms := httptest.NewServer(answers)
			defer lms.Close()
			query := url.Values{"token": {d.invite}, "openid_configuration": {lms.URL + "/configuration"}, "registration_token": {"none"}}
			answer := d.ask(http.MethodGet, "/lti/"+string(d.ours.ID)+"/register?"+query.Encode(), nil)
			d.holds(t, answer, errorCase{status: http.StatusUnprocessableEntity})
		})
	}
	// Its own words help whoever looks after it. They are text, and the only
	// thing on any page of an error that comes from outside.
	t.Run("refuses", func(t *testing.T) {
		d.lms.Fail(platform.Fault{Endpoint: platform.Register, Times: -1, Status: http.StatusBadRequest, Body: "missing <b>domain</b>"})
		query := url.Values{"token": {d.invite}, "openid_configuration": {d.lms.ConfigurationURL()}, "registration_token": {"none"}}
		answer := d.ask(http.MethodGet, "/lti/"+string(d.ours.ID)+"/register?"+query.Encode(), nil)
		d.holds(t, answer, errorCase{status: http.StatusUnprocessableEntity, text: "400 missing &lt;b&gt;domain&lt;/b&gt;"})
	})
}
