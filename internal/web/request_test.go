package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const publicURL = "https://practice.example.com"

func TestEveryAnswerIsGuarded(t *testing.T) {
	h := newHouse(t, publicURL)
	h.mux.Handle("GET /framed", h.FramePage(func(w http.ResponseWriter, r *http.Request) error { return greenroom.ErrNotFound }))
	h.mux.Handle("GET /document", h.Document(func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, "{}")
		return err
	}))
	h.mux.Handle("GET /w/{workspace}/page", h.AdminPage(func(http.ResponseWriter, *http.Request) error { return nil }))
	for path, framers := range map[string]string{
		"/sign-in":                   "'none'",
		"/setup?token=wrong":         "'none'",
		"/nowhere":                   "'none'",
		"/assets/nothing.css":        "'none'",
		"/assets/app.css":            "'none'",
		"/w/anything/page":           "'none'",
		"/document":                  "'none'",
		"/framed":                    "https:",
		"/lti/w/register?token=none": "https:",
	} {
		header := h.get(path).Header
		csp := header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors "+framers) || !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("%s: policy %q, want frame-ancestors %s", path, csp, framers)
		}
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "form-action ") || !strings.Contains(csp, "base-uri 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if got := header.Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("%s: Referrer-Policy %q", path, got)
		}
		if got := header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", path, got)
		}
	}
}

func TestFramersInDevelopment(t *testing.T) {
	h := newHouse(t, "http://127.0.0.1:8080")
	h.mux.Handle("GET /framed", h.FramePage(func(http.ResponseWriter, *http.Request) error { return greenroom.ErrNotFound }))
	csp := h.get("/framed").Header.Get("Content-Security-Policy")
	if !strings.HasSuffix(csp, "frame-ancestors https: http://localhost:* http://127.0.0.1:*") {
		t.Errorf("policy %q", csp)
	}
}

func TestPagesAreNotCached(t *testing.T) {
	h := newHouse(t, publicURL)
	for _, path := range []string{"/sign-in", "/nowhere", "/setup"} {
		if got := h.get(path).Header.Values("Cache-Control"); len(got) == 0 || got[0] != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

func TestPostsFromOtherSites(t *testing.T) {
	for name, tc := range map[string]struct {
		path, site, origin string
		want               int
	}{
		"a form of our own":                {"/echo", "same-origin", publicURL, 200},
		"a command-line client":            {"/echo", "", "", 200},
		"our origin behind a proxy":        {"/echo", "", publicURL, 200},
		"another site":                     {"/echo", "cross-site", "https://evil.example", 403},
		"a neighbour on the same domain":   {"/echo", "same-site", "https://other.example.com", 403},
		"an old browser on another site":   {"/echo", "", "https://evil.example", 403},
		"the sign-in form of another site": {"/sign-in", "cross-site", "https://evil.example", 403},
		"a platform's login":               {"/lti/w1/login", "cross-site", "https://lms.example.com", 200},
		"a platform's launch":              {"/lti/w1/launch", "cross-site", "https://lms.example.com", 200},
		"a platform's posted registration": {"/lti/w1/register", "cross-site", "https://lms.example.com", 403},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, publicURL)
			echo := h.FramePage(func(w http.ResponseWriter, r *http.Request) error { return nil })
			for _, p := range []string{"/echo", "/lti/{workspace}/login", "/lti/{workspace}/launch", "/lti/{workspace}/register"} {
				h.mux.Handle("POST "+p, echo)
			}
			r := httptest.NewRequest("POST", tc.path, nil)
			r.Header.Set("Sec-Fetch-Site", tc.site)
			r.Header.Set("Origin", tc.origin)
			if tc.site == "" {
				r.Header.Del("Sec-Fetch-Site")
			}
			if tc.origin == "" {
				r.Header.Del("Origin")
			}
			res := h.do(r)
			wantStatus(t, res, tc.want)
			if tc.want == 403 && !strings.Contains(body(t, res), "This request came from another site") {
				t.Error("the refusal is no page")
			}
		})
	}
}

var referencePattern = regexp.MustCompile(`<span class="reference">([0-9A-Z]{12})</span>`)

func TestErrorsBecomePages(t *testing.T) {
	secret := errors.New("dial tcp 10.0.0.7:5432: password=hunter2")
	for name, tc := range map[string]struct {
		handler Handler
		status  int
		title   string
	}{
		"what nobody knows": {func(http.ResponseWriter, *http.Request) error { return secret }, 500, "Something went wrong on our side"},
		"a panic":           {func(http.ResponseWriter, *http.Request) error { panic(secret) }, 500, "Something went wrong on our side"},
		"not found":         {func(http.ResponseWriter, *http.Request) error { return errors.Join(greenroom.ErrNotFound, secret) }, 404, "There is no such page"},
		"an error that knows its page": {func(http.ResponseWriter, *http.Request) error {
			return &PageError{Status: 409, Title: "In use", Sentence: "Somebody was faster.", Cause: secret}
		}, 409, "In use"},
		"a body that is too large": {func(_ http.ResponseWriter, r *http.Request) error {
			_, err := io.Copy(io.Discard, r.Body)
			return err
		}, 413, "That is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, publicURL)
			h.mux.Handle("/fails", h.FramePage(tc.handler))
			r := httptest.NewRequest("POST", "/fails?token=s3cr3t", strings.NewReader(strings.Repeat("x", maxBody+1)))
			res := h.do(r)
			wantStatus(t, res, tc.status)
			page := body(t, res)
			found := referencePattern.FindStringSubmatch(page)
			if found == nil {
				t.Fatalf("no reference on the page:\n%s", page)
			}
			if !strings.Contains(page, "<h1>"+tc.title+"</h1>") {
				t.Errorf("no title %q on the page", tc.title)
			}
			for _, giveAway := range []string{"hunter2", "10.0.0.7", "goroutine", ".go:", "s3cr3t", "panic"} {
				if strings.Contains(page, giveAway) {
					t.Errorf("the page gives away %q", giveAway)
				}
			}
			line := h.log.String()
			if strings.Count(line, "\n") != 1 || !strings.Contains(line, `"reference":"`+found[1]+`"`) {
				t.Errorf("not one log line with the reference:\n%s", line)
			}
			if tc.status != 413 && !strings.Contains(line, "hunter2") {
				t.Errorf("the cause is not in the log:\n%s", line)
			}
			if strings.Contains(line, "s3cr3t") {
				t.Errorf("the query is in the log:\n%s", line)
			}
		})
	}
}

func TestDocumentsFailInPlainText(t *testing.T) {
	h := newHouse(t, publicURL)
	h.mux.Handle("GET /keys", h.Document(func(http.ResponseWriter, *http.Request) error { return greenroom.ErrNotFound }))
	res := h.get("/keys")
	wantStatus(t, res, 404)
	if got := body(t, res); !strings.HasPrefix(got, "There is no such page (reference ") {
		t.Errorf("body %q", got)
	}
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
}

func TestReferenceIsNewForEachRequest(t *testing.T) {
	h := newHouse(t, publicURL)
	seen := map[string]bool{}
	h.mux.Handle("GET /reference", h.FramePage(func(_ http.ResponseWriter, r *http.Request) error {
		seen[Reference(r.Context())] = true
		return nil
	}))
	for range 20 {
		h.get("/reference")
	}
	if len(seen) != 20 || seen[""] {
		t.Errorf("%d references for 20 requests", len(seen))
	}
}

// Without randomness there is no reference, and nothing else may happen.
func TestNoReferenceNoAnswer(t *testing.T) {
	h := newHouse(t, publicURL)
	h.random = strings.NewReader("")
	h.mux.Handle("GET /page", h.FramePage(func(http.ResponseWriter, *http.Request) error {
		t.Error("the handler was reached")
		return nil
	}))
	wantStatus(t, h.get("/page"), 500)
}

// A database that hangs must not gather requests without end.
func TestARequestIsWorkedOnForSoLongOnly(t *testing.T) {
	h := newHouse(t, publicURL)
	asked := false
	h.mux.Handle("GET /asked", h.FramelessPage(func(_ http.ResponseWriter, r *http.Request) error {
		_, asked = r.Context().Deadline()
		return fmt.Errorf("workspaces: %w", greenroom.ErrUnreachable)
	}))
	wantStatus(t, h.get("/asked"), http.StatusServiceUnavailable)
	if !asked {
		t.Error("a request without an end")
	}
}
