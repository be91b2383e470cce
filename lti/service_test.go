package lti_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestServiceErrors(t *testing.T) {
	canvas := "403 Forbidden (Rate Limit Exceeded)\n"
	for name, row := range map[string]struct {
		answer          *http.Response
		text            string
		later, conflict bool
		after           time.Duration
	}{
		"bad request, JSON":        {respond(400, `{"error":"bad","error_description":"no such user"}`), "bad: no such user", false, false, 0},
		"bad request, other JSON":  {respond(400, `{"errors":[1]}`), `{"errors":[1]}`, false, false, 0},
		"not found, HTML":          {respond(404, "<!DOCTYPE html><html><head><title>Gone &amp; away</title><script>x<y</script></head><body>\n<p>Try\tlater</p></body></html>"), "Gone & away Try later", false, false, 0},
		"gone":                     {respond(410, ""), "", false, false, 0},
		"unprocessable":            {respond(422, "User is\nnot a \x1b[31mlearner\x00"), "User is not a [31mlearner", false, false, 0},
		"conflict":                 {respond(409, "[]"), "", false, true, 0},
		"forbidden":                {respond(403, "nope"), "nope", false, false, 0},
		"OWN-S20 Canvas throttles": {respond(403, canvas), strings.TrimSpace(canvas), true, false, 0},
		"OWN-S20 429, seconds":     {respond(429, "slow down", "Retry-After", "120"), "slow down", true, false, 2 * time.Minute},
		"OWN-S20 429, date":        {respond(429, "", "Retry-After", "Sun, 01 Mar 2026 10:17:00 GMT", "Date", "Sun, 01 Mar 2026 10:15:00 GMT"), "", true, false, 2 * time.Minute},
		"429, date in the past":    {respond(429, "", "Retry-After", "Sun, 01 Mar 2026 10:14:00 GMT", "Date", "Sun, 01 Mar 2026 10:15:00 GMT"), "", true, false, 0},
		"429, date of no clock":    {respond(429, "", "Retry-After", "Sun, 01 Mar 2026 10:14:00 GMT"), "", true, false, 0},
		"429, for ever":            {respond(429, "", "Retry-After", "99999999999"), "", true, false, 24 * time.Hour},
		"429, nonsense":            {respond(429, "", "Retry-After", "-5"), "", true, false, 0},
		"OWN-S20 503":              {respond(503, ""), "", true, false, 0},
		"502 of nginx":             {respond(502, "<html>\r\n<head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"), "502 Bad Gateway 502 Bad Gateway", true, false, 0},
		"408":                      {respond(408, ""), "", true, false, 0},
		"OWN-S05 redirect":         {respond(302, "", "Location", "https://evil.example"), "", false, false, 0},
		"OWN-S23 HTML of 5 MB":     {respond(400, "<p>"+strings.Repeat("é ", 3<<20)), strings.TrimSuffix(strings.Repeat("é ", 681), " ") + " …", false, false, 0},
	} {
		bareURL, _, _ := strings.Cut(call.URL, "?") // a query may hold secrets
		t.Run(name, func(t *testing.T) {
			s := newService()
			s.answer = func(*http.Request) *http.Response { return row.answer }
			_, err := newClient(s).Do(t.Context(), call)
			refused, ok := errors.AsType[*lti.ServiceError](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if refused.Op != "score" || refused.URL != bareURL || refused.Status != row.answer.StatusCode {
				t.Errorf("error %+v", refused)
			}
			if len(refused.Text) > 2<<10 || !strings.HasPrefix(refused.Text, strings.TrimSuffix(row.text, " …")) || (row.text == "") != (refused.Text == "") {
				t.Errorf("text %q, want %q", refused.Text, row.text)
			}
			if refused.TryLater() != row.later || refused.Conflict() != row.conflict || refused.Permanent() != (!row.later && !row.conflict) || refused.RetryAfter != row.after {
				t.Errorf("later %v after %s, conflict %v, permanent %v", refused.TryLater(), refused.RetryAfter, refused.Conflict(), refused.Permanent())
			}
			if strings.Contains(err.Error(), "token-1") || !strings.HasPrefix(err.Error(), fmt.Sprintf("score: POST %s: %d", bareURL, row.answer.StatusCode)) {
				t.Errorf("for the log: %s", err)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	refused := errors.New("connection refused")
	d := &doer{answer: func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: refused}
	}}
	_, err := lti.NewClient(registration(), toolKey(), d).Do(t.Context(), call)
	e, ok := errors.AsType[*lti.ServiceError](err)
	if !ok || e.Status != 0 || !e.TryLater() || !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	if got, want := err.Error(), "token: POST https://lms.example/token: connection refused"; got != want {
		t.Errorf("for the log: %s, want %s", got, want)
	}
}

func TestAnswerIsCapped(t *testing.T) {
	s := newService()
	s.answer = func(*http.Request) *http.Response { return respond(200, strings.Repeat("x", 1<<20)) }
	if answer, err := newClient(s).Do(t.Context(), call); err != nil || len(answer.Body) != 1<<20 {
		t.Errorf("1 MiB: %v", err)
	}
	s.answer = func(*http.Request) *http.Response { return respond(200, strings.Repeat("x", 1<<20+1)) }
	if _, err := newClient(s).Do(t.Context(), call); err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("one more: %v", err)
	}
}

// OWN-S03: no token goes to an address that anybody could listen at.
func TestUnsafeAddresses(t *testing.T) {
	for _, address := range []string{
		"http://lms.example/scores", "file:///etc/passwd", "https://user:pass@lms.example/", "javascript:alert(1)",
		"//lms.example/", "", "https://", "https://lms.example/\n",
	} {
		s, unsafe := newService(), call
		unsafe.URL = address
		_, err := newClient(s).Do(t.Context(), unsafe)
		refused, ok := errors.AsType[*lti.ServiceError](err)
		if !ok || !errors.Is(err, lti.ErrUnsafeURL) || !refused.Permanent() || s.count() != 0 {
			t.Errorf("%q: %v after %d calls", address, err, s.count())
		}
	}
	local, r := newService(), registration()
	r.TokenURL = "http://localhost:8080/token"
	local.doer.answer = func(*http.Request) (*http.Response, error) { return respond(200, `{"access_token":"t"}`), nil }
	plain := call
	plain.URL = "http://localhost:8080/scores"
	if _, err := lti.NewClient(r, toolKey(), local).Do(t.Context(), plain); err != nil {
		t.Errorf("development: %v", err)
	}
}

// OWN-S05: over a real connection, a redirect to another host takes no token
// along, and is no success.
func TestRedirectIsNotFollowed(t *testing.T) {
	reached := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer elsewhere.Close()
	lms := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			fmt.Fprint(w, `{"access_token":"t"}`)
			return
		}
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer lms.Close()
	r := registration()
	r.TokenURL = lms.URL + "/token"
	moved := call
	moved.URL = lms.URL + "/scores"
	_, err := lti.NewClient(r, toolKey(), lms.Client()).Do(t.Context(), moved)
	if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Status != http.StatusTemporaryRedirect || reached {
		t.Errorf("reached %v, error %v", reached, err)
	}
}

func TestLinkHeaders(t *testing.T) {
	const asked = "https://lms.example/items?limit=1"
	for header, want := range map[string]string{
		`<https://lms.example/items?from=1>; rel="next"`:              "https://lms.example/items?from=1",
		`<https://a/1>; rel="first", <https://a/2?x=1,2>; rel="NEXT"`: "https://a/2?x=1,2",
		`<https://a/1>; title="a, b"; rel="prev next"`:                "https://a/1",
		`<https://a/1>;rel=next`:                                      "https://a/1",
		`</items?from=2>; rel=next`:                                   "https://lms.example/items?from=2",
		`<https://a/?a=1&amp;b=2>; rel=“next”`:                        "https://a/?a=1&b=2",
		`<https://a/1>; rel="nextish"`:                                "",
		`<https://a/1>; rel="last"`:                                   "",
		`https://a/1; rel="next"`:                                     "",
		`<https://a/1; rel="next"`:                                    "",
		``:                                                            "",
		`<https://a/1>; rel="last", , <https://a/2>; rel="next", <https://a/3>; rel="next"`: "https://a/2",
	} {
		r := &lti.Response{Header: http.Header{"Link": {header}}}
		if got := r.Link("next", asked); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	several := &lti.Response{Header: http.Header{"Link": {`<https://a/1>; rel="first"`, `<https://a/2>; rel="next"`}}}
	if got := several.Link("next", asked); got != "https://a/2" {
		t.Errorf("second header: %q", got)
	}
}

// A document from outside must not cost more than it is long.
func TestReadJSONKnowsItsLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		document string
		ok       bool
	}{
		"an object":           {`{"a":{"b":[1,2,{"c":null}]}}`, true},
		"a member that twice": {`{"a":1,"a":2}`, true},
		"depth 32":            {strings.Repeat("[", 32) + strings.Repeat("]", 32), true},
		"depth 33":            {strings.Repeat("[", 33) + strings.Repeat("]", 33), false},
		"depth 100,000":       {strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), false},
		"50,001 members":      {"{" + strings.Repeat(`"a":1,`, 50_000) + `"b":1}`, false},
		"invalid UTF-8":       {"\"\xff\"", false},
		"HTML":                {"<!DOCTYPE html>", false},
		"a byte order mark":   {"\uFEFF{}", false},
		"two documents":       {"{}{}", false},
	} {
		var v any
		if err := lti.ReadJSON([]byte(tc.document), &v); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A Doer that leaves a platform alone for a while says for how long.
func TestARestingDoerSaysWhenToComeAgain(t *testing.T) {
	rest := &doer{answer: func(*http.Request) (*http.Response, error) { return nil, rests{} }}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://lms.example/jwks", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lti.Call(rest, r, "key set")
	if e, ok := errors.AsType[*lti.ServiceError](err); !ok || e.RetryAfter != 7*time.Second || !e.TryLater() {
		t.Errorf("%+v", err)
	}
}

type rests struct{}

func (rests) Error() string             { return "rests" }
func (rests) RetryAfter() time.Duration { return 7 * time.Second }

func TestSameOrigin(t *testing.T) {
	for _, row := range []struct {
		a, b string
		same bool
	}{
		{"https://lms.example/a", "https://lms.example/b?x=1", true},
		{"https://LMS.example/a", "https://lms.example:443/b", true},
		{"https://lms.example/a", "http://lms.example/a", false},
		{"https://lms.example/a", "https://lms.example:8443/a", false},
		{"https://lms.example/a", "https://evil.example/a", false},
		{"https://lms.example/a", "/a", false},
		{"/a", "/a", false},
		{"https://lms.example/a", "https://lms.example\x7f/a", false},
	} {
		if got := lti.SameOrigin(row.a, row.b); got != row.same {
			t.Errorf("%s, %s: %v", row.a, row.b, got)
		}
	}
}
