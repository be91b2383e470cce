package ags_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

const services = "https://moodle.localhost:9443/mod/lti/services.php"

var (
	earned = time.Date(2026, 11, 23, 15, 37, 19, 466_000_000, time.UTC)
	item   = services + "/2/lineitems/2/lineitem?type_id=1"
)

var key = sync.OnceValue(func() lti.PrivateKey {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return lti.PrivateKey{ID: "k", RSA: pair}
})

// A platform answers service calls by a function; tokens it gives to anybody.
type platform struct {
	answer func(r *http.Request) *http.Response
	token  func(scope string) *http.Response // nil grants everything
	calls  []*http.Request
	bodies []string
	scopes []string
}

func (p *platform) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.URL.Path == "/mod/lti/token.php" {
		if p.token != nil {
			return p.token(string(body)), nil
		}
		return respond(200, `{"access_token":"t","expires_in":3600}`), nil
	}
	p.calls, p.bodies = append(p.calls, r), append(p.bodies, string(body))
	return p.answer(r), nil
}

func (p *platform) client() *lti.Client {
	return lti.NewClient(lti.Registration{ClientID: "c", TokenURL: "https://moodle.localhost:9443/mod/lti/token.php"}, key(), p)
}

func always(status int, body string, header ...string) *platform {
	return &platform{answer: func(*http.Request) *http.Response { return respond(status, body, header...) }}
}

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// An exchange is one recorded call of a real Moodle.
type exchange struct {
	name    string
	Request struct {
		Method, URL, Body string
		Headers           map[string]string
	}
	Response struct {
		Status     int
		StatusText string
		Headers    map[string]string
		Body       string
	}
}

func (e exchange) response() *http.Response {
	r := respond(e.Response.Status, e.Response.Body)
	r.Status = fmt.Sprint(e.Response.Status, " ", e.Response.StatusText)
	for name, value := range e.Response.Headers {
		r.Header.Set(name, value)
	}
	return r
}

func recordings(t *testing.T, pattern string, want int) []exchange {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) != want {
		t.Fatalf("%d recordings of %s, want %d (%v)", len(files), pattern, want, err)
	}
	var all []exchange
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := exchange{name: strings.TrimSuffix(filepath.Base(file), ".json")}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func score() ags.Score {
	return ags.Score{Subject: "6", Given: 83, Maximum: 100, At: earned, Comment: "well done"}
}

// What is sent equals what Moodle was sent, and took.
func TestScoreOnTheWire(t *testing.T) {
	recorded := recordings(t, "ags-sc-01-first.json", 1)[0]
	p := &platform{answer: func(*http.Request) *http.Response { return recorded.response() }}
	if err := ags.PostScore(t.Context(), p.client(), item, score()); err != nil {
		t.Fatal(err)
	}
	r := p.calls[0]
	if r.Method != http.MethodPost || r.URL.String() != recorded.Request.URL || r.Header.Get("Content-Type") != recorded.Request.Headers["Content-Type"] {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	if r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("User-Agent") == "" {
		t.Errorf("header %v", r.Header)
	}
	if got, want := members(t, p.bodies[0]), members(t, recorded.Request.Body); got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
}

// members writes a JSON object in one form.
func members(t *testing.T, document string) string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(document), &all); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

func TestScoreDocument(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*ags.Score)
		want   string // members that the document must have, as written
	}{
		"OWN-S13 zero":         {func(s *ags.Score) { s.Given = 0 }, `"scoreGiven":0,`},
		"zero below zero":      {func(s *ags.Score) { s.Given = math.Copysign(0, -1) }, `"scoreGiven":0,`},
		"OWN-S15 over maximum": {func(s *ags.Score) { s.Given = 120 }, `"scoreGiven":120,`},
		"tenths":               {func(s *ags.Score) { s.Given = 0.1 + 0.2 + 0.5; s.Maximum = 1 }, `"scoreGiven":0.8,"scoreMaximum":1,`},
		"thirds":               {func(s *ags.Score) { s.Given = 1.0 / 3 }, `"scoreGiven":0.33333333,`},
		"millions":             {func(s *ags.Score) { s.Given, s.Maximum = 1e7, 1e21 }, `"scoreGiven":10000000,"scoreMaximum":1000000000000000000000,`},
		"no comment":           {func(s *ags.Score) { s.Comment = "" }, `"timestamp":"2026-11-23T15:37:19.466Z"}`},
		"OWN-S17 whole second": {func(s *ags.Score) { s.At = earned.Truncate(time.Second) }, `"timestamp":"2026-11-23T15:37:19.000Z"`},
		"OWN-S17 other zone":   {func(s *ags.Score) { s.At = earned.In(time.FixedZone("", 3600)) }, `"timestamp":"2026-11-23T15:37:19.466Z"`},
		"in progress":          {func(s *ags.Score) { s.ActivityProgress, s.GradingProgress = ags.InProgress, ags.Pending }, `"activityProgress":"InProgress","gradingProgress":"Pending"`},
		"submission":           {func(s *ags.Score) { s.StartedAt, s.SubmittedAt = earned.Add(-time.Hour), earned }, `"submission":{"startedAt":"2026-11-23T14:37:19.466Z","submittedAt":"2026-11-23T15:37:19.466Z"}`},
		"only started":         {func(s *ags.Score) { s.StartedAt = earned }, `"submission":{"startedAt":"2026-11-23T15:37:19.466Z"}`},
	} {
		t.Run(name, func(t *testing.T) {
			p, s := always(204, ""), score()
			row.change(&s)
			if err := ags.PostScore(t.Context(), p.client(), item, s); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(p.bodies[0], row.want) {
				t.Errorf("sent %s, want %s", p.bodies[0], row.want)
			}
		})
	}
}

// OWN-S14: what no platform would take is not sent.
func TestInvalidScores(t *testing.T) {
	for name, spoil := range map[string]func(*ags.Score){
		"no subject":            func(s *ags.Score) { s.Subject = "" },
		"no time":               func(s *ags.Score) { s.At = time.Time{} },
		"negative":              func(s *ags.Score) { s.Given = -1 },
		"NaN":                   func(s *ags.Score) { s.Given = math.NaN() },
		"infinite":              func(s *ags.Score) { s.Given = math.Inf(1) },
		"no maximum":            func(s *ags.Score) { s.Maximum = 0 },
		"maximum of nothing":    func(s *ags.Score) { s.Maximum = 1e-12 },
		"negative maximum":      func(s *ags.Score) { s.Maximum = -100 },
		"maximum NaN":           func(s *ags.Score) { s.Maximum = math.NaN() },
		"maximum infinite":      func(s *ags.Score) { s.Maximum = math.Inf(1) },
		"unknown activity":      func(s *ags.Score) { s.ActivityProgress = "Done" },
		"unknown grading":       func(s *ags.Score) { s.GradingProgress = "fullygraded" },
		"submitted before that": func(s *ags.Score) { s.StartedAt, s.SubmittedAt = earned, earned.Add(-time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			p, s := always(204, ""), score()
			spoil(&s)
			if err := ags.PostScore(t.Context(), p.client(), item, s); !errors.Is(err, ags.ErrInvalid) || len(p.calls) != 0 {
				t.Errorf("%v after %d calls", err, len(p.calls))
			}
		})
	}
}

// OWN-S01, OWN-S02
func TestScoresURL(t *testing.T) {
	for lineItem, want := range map[string]string{
		"https://p/x?type_id=3":       "https://p/x/scores?type_id=3",
		"https://p/x":                 "https://p/x/scores",
		"https://p/x/":                "https://p/x/scores",
		"https://p/x/?a=b/":           "https://p/x/scores?a=b/",
		"https://p/x#part":            "https://p/x/scores",
		"https://p/x?a=b#part":        "https://p/x/scores?a=b",
		"https://p/a%2Fb/c%20d?e=%2F": "https://p/a%2Fb/c%20d/scores?e=%2F",
		"https://p":                   "https://p/scores",
		"https://p/x?":                "https://p/x/scores?",
	} {
		p := always(200, "")
		if err := ags.PostScore(t.Context(), p.client(), lineItem, score()); err != nil {
			t.Fatal(err)
		}
		if got := p.calls[0].URL.String(); got != want {
			t.Errorf("%s: %s, want %s", lineItem, got, want)
		}
	}
	for _, lineItem := range []string{"", "lineitem", "/2/lineitem", "https://", "http://p/x", "https://u:p@p/x"} {
		p := always(200, "")
		if err := ags.PostScore(t.Context(), p.client(), lineItem, score()); err == nil || len(p.calls) != 0 {
			t.Errorf("%q was called", lineItem)
		}
	}
}

// Every recorded answer to a score, with what is concluded.
func TestMoodleScores(t *testing.T) {
	type want struct {
		kind string // later, conflict, permanent; empty: taken
		text string
	}
	incorrect := want{"permanent", "Incorrect score received"}
	older := func(item, user string) want {
		return want{"conflict", "Refusing score with an earlier timestamp for item " + item + " and user " + user}
	}
	table := map[string]want{
		"ags-sc-02-same-timestamp":                     older("2", "6"),
		"ags-sc-03-older-timestamp":                    older("2", "6"),
		"ags-sc-05-newer-1ms":                          older("2", "6"),
		"ags-sc-12-error-no-max":                       incorrect,
		"ags-sc-15b-fullygraded-after-pending-comment": older("19", "10"),
		"ags-sc-20-error-no-progress":                  incorrect,
		"ags-sc-21-error-no-activityprogress":          incorrect,
		"ags-sc-22-error-no-timestamp":                 incorrect,
		"ags-sc-23-error-no-user":                      incorrect,
		"ags-sc-24-error-unknown-user":                 incorrect,
		"ags-sc-25-error-teacher":                      incorrect,
		"ags-sc-27-error-other-course-user":            incorrect,
		"ags-sc-28-error-user-text":                    {"later", "502 Bad Gateway 502 Bad Gateway nginx/1.22.1"},
		"ags-sc-31-error-score-text":                   incorrect,
		"ags-sc-47-error-ts-garbage":                   incorrect,
		"ags-sc-48-ts-epoch":                           incorrect,
		"ags-sc-50-now-after-future":                   older("2", "6"),
		"ags-sc-54-multiline-error":                    {"permanent", "The platform answered as it does when it loses a score: 200 with an empty list."},
		"ags-sc-55-nonascii-error":                     incorrect,
		"ags-sc-60-content-type-json":                  {"permanent", "No handler found for /2/lineitems/2/lineitem/scores application/json"},
		"ags-sc-62-error-not-json":                     {"permanent", "Incorrect score receivedhello"},
		"ags-sc-67-error-appended-after-query":         {"permanent", "No handler found for /2/lineitems/2/lineitem application/vnd.ims.lis.v1.score+json"},
		"ags-sc-69-error-scope":                        {"permanent", "Unauthorized"},
		"ags-sc-70-error-no-token":                     {"permanent", "Unauthorized"},
		"ags-sc-71-error-get-scores":                   {"permanent", "Method Not Allowed"},
		"ags-sc-75-standalone-older":                   older("7", "6"),
		"ags-sc-80-locked-item":                        {"later", ""},
		"ags-sc-83-error-deleted-activity":             {"permanent", "Not Found: Grade item 20 doesn't exist"},
		"ags-sc-90-error-unenrolled":                   incorrect,
	}
	all := recordings(t, "ags-sc-*.json", 74)
	for name := range table {
		if !slices.ContainsFunc(all, func(e exchange) bool { return e.name == name }) {
			t.Errorf("no recording %s", name)
		}
	}
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			err := ags.PostScore(t.Context(), p.client(), strings.Replace(e.Request.URL, "/scores", "", 1), score())
			want := table[e.name]
			if want.kind == "" {
				if err != nil || p.calls[0].URL.String() != e.Request.URL {
					t.Errorf("%v from %s", err, p.calls[0].URL)
				}
				return
			}
			refused, ok := errors.AsType[*lti.ServiceError](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if got := kind(refused); got != want.kind || refused.Text != want.text {
				t.Errorf("%s, %q; want %s, %q", got, refused.Text, want.kind, want.text)
			}
			if wantCalls := map[bool]int{true: 2, false: 1}[e.Response.Status == 401]; len(p.calls) != wantCalls {
				t.Errorf("%d calls, want %d", len(p.calls), wantCalls)
			}
		})
	}
}

func kind(e *lti.ServiceError) string {
	for name, is := range map[string]bool{"later": e.TryLater(), "conflict": e.Conflict(), "permanent": e.Permanent()} {
		if is {
			return name
		}
	}
	return ""
}

// Canvas answers a score with a body, and that is a success.
func TestScoreTakenWithABody(t *testing.T) {
	for _, p := range []*platform{always(200, `{"resultUrl":"https://canvas/results/1"}`), always(201, ""), always(202, "ok"), always(204, "")} {
		if err := ags.PostScore(t.Context(), p.client(), item, score()); err != nil {
			t.Error(err)
		}
	}
}

// Every recorded GET of one line item.
func TestMoodleLineItem(t *testing.T) {
	type want struct {
		item ags.LineItem
		text string // refused with it
	}
	crane := func(label, resourceLink string) ags.LineItem {
		return ags.LineItem{ID: item, Label: label, ScoreMaximum: 100, ResourceLinkID: resourceLink}
	}
	at := func(id, label string, maximum float64, resource, tag, link string) want {
		return want{item: ags.LineItem{ID: services + "/2/lineitems/" + id + "/lineitem?type_id=1", Label: label, ScoreMaximum: maximum, ResourceID: resource, Tag: tag, ResourceLinkID: link}}
	}
	table := map[string]want{
		"ags-li-01-get-lineitem":               {item: crane("Crane simulation", "1")},
		"ags-li-02-get-lineitem-no-accept":     {item: crane("Crane simulation", "1")},
		"ags-li-03-get-lineitem-accept-json":   {text: "No handler found for /2/lineitems/2/lineitem application/json"},
		"ags-li-29-get-created":                at("7", "Stand-alone item", 50, "res-1", "final", ""),
		"ags-li-41-error-get-deleted":          {text: "Not Found: Grade item 8 doesn't exist"},
		"ags-li-45-error-unknown-item":         {text: "Not Found: Grade item 9999 doesn't exist"},
		"ags-li-46-error-item-of-other-course": at("5", "Bridge sim", 100, "", "", "5"),
		"ags-li-49-error-no-token":             {text: "Unauthorized"},
		"ags-li-50-error-bad-token":            {text: "Unauthorized"},
		"ags-li-51-error-scope":                {text: "Unauthorized"},
		"ags-li-60-deleted-activity":           {text: "Not Found: Grade item 20 doesn't exist"},
		"ags-li-61-scale-item":                 at("17", "Scale graded", 3, "", "", "15"),
		"ags-li-65-get-link-item-after-put":    {item: crane("Renamed by tool", "")},
		"ags-li-67-get-after-put-with-link-id": at("2", "Crane simulation", 100, "crane-1", "t", "1"),
		"ags-li-70-error-expired-token":        {text: "Unauthorized"},
		"ags-li-91-get-after":                  at("3", "Max ten", 10, "", "", ""),
		"ags-li-93-get-accept-any-single":      at("3", "Max ten", 10, "", "", ""),
	}
	for _, e := range recordings(t, "ags-li-*.json", 57) {
		if e.Request.Method != http.MethodGet || !strings.Contains(e.Request.URL, "/lineitem?") {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			want, listed := table[e.name]
			if !listed {
				t.Fatal("this recording has no row")
			}
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			got, err := ags.GetLineItem(t.Context(), p.client(), e.Request.URL)
			if r := p.calls[0]; r.Method != http.MethodGet || r.URL.String() != e.Request.URL || r.Header.Get("Accept") != "application/vnd.ims.lis.v2.lineitem+json" {
				t.Errorf("%s %s as %s", r.Method, r.URL, r.Header.Get("Accept"))
			}
			if want.text != "" {
				if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Text != want.text || !refused.Permanent() {
					t.Errorf("error %v, want %q", err, want.text)
				}
				return
			}
			if err != nil || got != want.item {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want.item)
			}
		})
	}
}

func collect(t *testing.T, p *platform, container string, f ags.Filter) (ids []string, err error) {
	t.Helper()
	for item, e := range ags.LineItems(t.Context(), p.client(), container, f) {
		if e != nil {
			return ids, e
		}
		id := strings.TrimSuffix(strings.TrimSuffix(item.ID, "?type_id=1"), "/lineitem")
		ids = append(ids, id[strings.LastIndex(id, "/")+1:])
	}
	return ids, nil
}

// Recorded containers: each filter finds what Moodle says, and no more.
func TestMoodleLineItems(t *testing.T) {
	all := recordings(t, "ags-li-*.json", 57)
	for name, row := range map[string]struct {
		container string
		filter    ags.Filter
		want      string
		refused   string
	}{
		"ags-li-04-get-lineitems":        {"/2/lineitems?type_id=1", ags.Filter{}, "2 3 6", ""},
		"ags-li-10-filter-resource-link": {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "1"}, "2", ""},
		"ags-li-11-filter-tag":           {"/2/lineitems?type_id=1", ags.Filter{Tag: "none-such"}, "", ""},
		"ags-li-33-filter-tag-after":     {"/2/lineitems?type_id=1", ags.Filter{Tag: "bonus"}, "8", ""},
		"ags-li-34-filter-resource-id":   {"/2/lineitems?type_id=1", ags.Filter{ResourceID: "res-2"}, "8", ""},
		"ags-li-35-filter-link-after":    {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "1"}, "8", ""},
		"ags-li-43-other-course":         {"/3/lineitems?type_id=1", ags.Filter{}, "5", ""},
		"ags-li-44-error-unknown-course": {"/999/lineitems?type_id=1", ags.Filter{}, "", "Not Found: Course 999 doesn't exist"},
		"ags-li-48-error-wrong-type-id":  {"/2/lineitems?type_id=2", ags.Filter{}, "", "Unauthorized"},
		"ags-li-63-ungraded-filter":      {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "2"}, "21", ""},
		"ags-li-64-deep-linked-items":    {"/2/lineitems?type_id=1", ags.Filter{ResourceID: "dl-res-1"}, "10 11", ""},
		"ags-li-92-filter-after":         {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "3"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := all[slices.IndexFunc(all, func(e exchange) bool { return e.name == name })]
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			ids, err := collect(t, p, services+row.container, row.filter)
			if r := p.calls[0]; r.URL.String() != e.Request.URL || r.Header.Get("Accept") != e.Request.Headers["Accept"] {
				t.Errorf("asked %s as %s", r.URL, r.Header.Get("Accept"))
			}
			refused, _ := errors.AsType[*lti.ServiceError](err)
			if got := strings.Join(ids, " "); got != row.want || (err != nil) != (row.refused != "") || refused != nil && refused.Text != row.refused {
				t.Errorf("items %q, %v; want %q, %q", got, err, row.want, row.refused)
			}
		})
	}
}

// Moodle's Link headers have typographic quotes and "&amp;" in them.
func TestMoodlePages(t *testing.T) {
	pages := map[string]exchange{}
	for _, e := range recordings(t, "ags-li-0[89]-*.json", 2) {
		pages[e.Request.URL] = e
	}
	var asked []string
	p := &platform{answer: func(r *http.Request) *http.Response {
		asked = append(asked, strings.TrimPrefix(r.URL.String(), services))
		if e, ok := pages[r.URL.String()]; ok {
			return e.response()
		}
		return respond(200, "[]")
	}}
	ids, err := collect(t, p, services+"/2/lineitems?type_id=1", ags.Filter{Limit: 1})
	want := []string{"/2/lineitems?type_id=1&limit=1", "/2/lineitems?type_id=1&limit=1&from=1", "/2/lineitems?type_id=1&limit=1&from=2"}
	if err != nil || !slices.Equal(ids, []string{"2", "3"}) || !slices.Equal(asked, want) {
		t.Errorf("items %v, %v, from %q", ids, err, asked)
	}
}

// OWN-S04
func TestPagesWithoutEnd(t *testing.T) {
	for name, row := range map[string]struct {
		next  func(page int) string
		calls int
	}{
		"another host":   {func(int) string { return "https://evil.example/items" }, 1},
		"another scheme": {func(int) string { return "http://moodle.localhost:9443/items" }, 1},
		"another port":   {func(int) string { return "https://moodle.localhost/items" }, 1},
		"itself":         {func(int) string { return "https://moodle.localhost:9443/items" }, 1},
		"a circle":       {func(page int) string { return fmt.Sprint("/items?page=", page%3) }, 4},
		"no end":         {func(page int) string { return fmt.Sprint("/items?page=", page) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			page := 0
			p := &platform{answer: func(*http.Request) *http.Response {
				page++
				return respond(200, "[]", "Link", "<"+row.next(page)+`>; rel="next"`)
			}}
			_, err := collect(t, p, "https://moodle.localhost:9443/items", ags.Filter{})
			if _, ok := errors.AsType[*lti.ServiceError](err); !ok || len(p.calls) != row.calls {
				t.Errorf("%v after %d calls, want %d", err, len(p.calls), row.calls)
			}
		})
	}
}

// OWN-S25: a platform that ignores filters is filtered.
func TestIgnoredFilters(t *testing.T) {
	body := `[{"id":"/a","label":"a","scoreMaximum":1,"resourceLinkId":"1","tag":"t"},
		{"id":"/b","label":"b","scoreMaximum":1,"resourceLinkId":"2","resourceId":"r"},
		{"id":"/c","label":"c","scoreMaximum":1}]`
	for want, f := range map[string]ags.Filter{
		"a b c": {}, "a": {ResourceLinkID: "1"}, "b": {ResourceID: "r"}, "": {ResourceLinkID: "2", Tag: "t"},
	} {
		if ids, err := collect(t, always(200, body), services+"/x", f); err != nil || strings.Join(ids, " ") != want {
			t.Errorf("%+v: %v, %v", f, ids, err)
		}
	}
}

func TestLineItemsStopsWhenToldTo(t *testing.T) {
	p := always(200, `[{"id":"/a"},{"id":"/b"}]`, "Link", `</more>; rel="next"`)
	for range ags.LineItems(t.Context(), p.client(), services+"/x", ags.Filter{}) {
		break
	}
	if len(p.calls) != 1 {
		t.Errorf("%d calls", len(p.calls))
	}
}

// Odd line items are read, those without sense are not.
func TestOddLineItems(t *testing.T) {
	for body, want := range map[string]ags.LineItem{
		`{"id":"/i","label":"x","scoreMaximum":"12.5","resourceId":null,"tag":7,"resourceLinkId":{}}`: {ID: "/i", Label: "x", ScoreMaximum: 12.5, Tag: "7"},
		`{"label":"x","startDateTime":null,"endDateTime":"soon"}`:                                     {ID: item, Label: "x"},
	} {
		got, err := ags.GetLineItem(t.Context(), always(200, body).client(), item)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	got, err := ags.GetLineItem(t.Context(), always(200, `{"startDateTime":"2026-01-02T03:04:05Z"}`).client(), item)
	if err != nil || got.StartAt == nil || got.StartAt.Year() != 2026 || got.EndAt != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, body := range []string{"", "<html>", "[]", `"x"`, `{"scoreMaximum":"many"}`, `{"scoreMaximum":"NaN"}`} {
		if _, err := ags.GetLineItem(t.Context(), always(200, body).client(), item); err == nil {
			t.Errorf("%q was read", body)
		}
	}
}

// A platform that grants only the full scope is asked with it.
func TestReadingWithTheFullScope(t *testing.T) {
	p := always(200, `{"label":"x"}`)
	p.token = func(form string) *http.Response {
		if strings.Contains(form, "lineitem.readonly") {
			return respond(400, `{"error":"invalid_scope"}`)
		}
		return respond(200, `{"access_token":"t"}`)
	}
	if got, err := ags.GetLineItem(t.Context(), p.client(), item); err != nil || got.Label != "x" {
		t.Errorf("%+v, %v", got, err)
	}
}
