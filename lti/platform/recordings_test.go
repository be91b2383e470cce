package platform

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// An exchange is a recorded request and Moodle's answer.
type exchange struct {
	Name, Note, Method, URL string
	Headers                 map[string]string
	Body                    string
	Status                  int
	Type, Answer, Link      string
}

// recordedTool is the client ID of the tool in the recordings.
const recordedTool = "neIBJvaaMrFfHFO"

// recordedAt is when its assertions were made.
var recordedAt = time.Unix(1795451709, 0)

// doer answers with one document.
type doer []byte

func (d doer) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(d))}, nil
}

// recordedMoodle is a platform set up as the recorded one was: a tool, a
// course 2 with its people, and the line items that the requests name.
func recordedMoodle(t *testing.T, all []exchange) *Platform {
	t.Helper()
	keys, err := os.ReadFile("testdata/moodle/tool-jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	now := recordedAt
	key, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Options{Key: &key, Issuer: "https://moodle.localhost:9443", Profile: Moodle, Doer: doer(keys), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	tool := p.addTool(ToolSettings{Name: "Stub Tool", Scopes: []string{
		lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore, lti.ScopeMemberships,
	}, ClientID: recordedTool})
	p.courses["2"] = &Course{ID: "2", roles: map[string][]string{
		"3": {Instructor}, "6": {Learner}, "7": {Learner}, "9": {Learner}, "10": {Learner},
	}}
	for _, id := range []string{"2", "3", "19"} {
		p.items[id] = &item{ID: id, course: "2", link: id, tool: tool.ClientID, label: "Crane simulation", maximum: 100, grades: map[string]*Grade{}}
	}
	for _, e := range all {
		p.seed(e)
	}
	return p
}

// seed makes the recorded bearer tokens good for what they were good for.
func (p *Platform) seed(e exchange) {
	bearer, ok := strings.CutPrefix(e.Headers["Authorization"], "Bearer ")
	switch {
	case !ok || strings.Contains(e.Name, "error-no-token"):
	case strings.Contains(e.URL, "openid-registration"):
		forged := strings.Contains(e.Name, "garbage") || strings.Contains(e.Name, "tampered") || strings.Contains(e.Name, "own-signed")
		if !forged {
			p.registrations[bearer] = pendingTool{clientID: recordedTool}
		}
	case strings.Contains(e.Name, "error-scope"):
		p.access[bearer] = grant{recordedTool, []string{lti.ScopeLineItemReadOnly}, recordedAt.Add(accessLife)}
	default:
		p.access[bearer] = grant{recordedTool, p.tools[recordedTool].Scopes, recordedAt.Add(accessLife)}
	}
}

var (
	services = regexp.MustCompile(`/mod/lti/services\.php/(\d+)/`)
	rosters  = regexp.MustCompile(`/mod/lti/services\.php/CourseSection/(\d+)/bindings/\d+/memberships`)
	returns  = regexp.MustCompile(`/mod/lti/contentitem_return\.php\?course=2&id=1&sesskey=\w+`)
	reasons  = strings.NewReplacer(" for /CourseSection/2/bindings/1/memberships", " for /lti/courses/2/members", " for /2/", " for /lti/courses/2/")
)

// here turns a recorded URL into this platform's.
func here(url string) string {
	url = strings.TrimPrefix(url, "https://moodle.localhost:9443")
	url = strings.NewReplacer(
		"/mod/lti/token.php", "/lti/token", "/mod/lti/openid-registration.php", "/lti/register",
		"/mod/lti/openid-configuration.php", "/lti/openid-configuration", "/mod/lti/certs.php", "/lti/jwks", "/mod/lti/auth.php", "/lti/auth",
	).Replace(url)
	url = rosters.ReplaceAllString(url, "/lti/courses/$1/members")
	url = returns.ReplaceAllString(url, "/lti/deep-linking?id=recorded")
	return services.ReplaceAllString(url, "/lti/courses/$1/")
}

// The Moodle profile answers as a real Moodle did, request by request.
func TestMoodleAnswersAsRecorded(t *testing.T) {
	raw, err := os.ReadFile("testdata/moodle/exchanges.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []exchange
	if err := json.Unmarshal(raw, &all); err != nil || len(all) < 100 {
		t.Fatal(len(all), err)
	}
	services, registering := recordedMoodle(t, all), recordedMoodle(t, all)
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			p := services
			if strings.HasPrefix(e.Name, "reg-") { // gives the tool another deployment
				p = registering
			}
			r := httptest.NewRequest(e.Method, here(e.URL), strings.NewReader(e.Body))
			for name, value := range e.Headers {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != e.Status || w.Header().Get("Content-Type") != e.Type {
				t.Errorf("%s\nanswers %d %s %s\nMoodle  %d %s %s", e.Note, w.Code, w.Header().Get("Content-Type"), w.Body, e.Status, e.Type, e.Answer)
			}
			if got, want := comparable(e, w.Body.String()), comparable(e, e.Answer); got != want {
				t.Errorf("%s\nsays   %s\nMoodle %s", e.Note, got, want)
			}
		})
	}
}

var accessToken = regexp.MustCompile(`"access_token" : "[0-9a-f]{32}"`)

// comparable is what of an answer must be the same: words and shape, not the
// values that differ from site to site.
func comparable(e exchange, body string) string {
	var members map[string]any
	switch {
	case strings.HasPrefix(e.Name, "tok-"):
		return accessToken.ReplaceAllString(body, `"access_token" : "…"`)
	case e.Status == 200 && strings.HasPrefix(e.Name, "reg-"), strings.HasPrefix(e.Name, "ags-li-"), e.Status == 401, e.Status == 405, strings.Contains(e.Name, "content-type-json"):
		if json.Unmarshal([]byte(body), &members) != nil {
			return body[:min(1, len(body))]
		}
		if e.Status != 200 {
			return members["reason"].(string)[:4]
		}
		id, _ := members["client_id"].(string)
		return id
	}
	return body
}
