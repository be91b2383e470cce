package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// onHost sends a request to a host.
func (h *house) onHost(method, address string, form url.Values, headers ...string) *http.Response {
	h.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return h.do(r)
}

// withHost gives a workspace the host sales.example.org.
func withHost(t *testing.T) (h *house, own greenroom.WorkspaceID) {
	t.Helper()
	h = newHouse(t, publicURL)
	h.Service.MainHost = h.URLs.Host()
	wantStatus(t, h.setUp(), http.StatusSeeOther)
	own = h.store.memberships[0].Workspace.ID
	h.store.hosts = []greenroom.Host{{Workspace: own, Name: "sales.example.org"}}
	h.jar = map[string]string{}
	return h, own
}

func TestWhichHostsAnswer(t *testing.T) {
	h, _ := withHost(t)
	h.mux.HandleFunc("GET /livez", func(http.ResponseWriter, *http.Request) {})
	for address, want := range map[string]int{
		publicURL + "/sign-in":               http.StatusOK,
		"https://SALES.example.org./sign-in": http.StatusOK,
		"https://sales.example.org/sign-in":  http.StatusOK,
		"https://sales.example.org/setup":    http.StatusNotFound,
		"http://127.0.0.1:8080/sign-in":      http.StatusOK, // a proxy that does not pass the name on
		"http://[::1]:8080/sign-in":          http.StatusOK,
		"https://evil.example.com/sign-in":   http.StatusMisdirectedRequest,
		"https://example.org/sign-in":        http.StatusMisdirectedRequest,
		"https://evil.example.com/livez":     http.StatusOK,
	} {
		if got := h.onHost("GET", address, nil).StatusCode; got != want {
			t.Errorf("%s: status %d, want %d", address, got, want)
		}
	}
	if log := h.log.String(); !strings.Contains(log, `host is neither the public URL's nor a workspace's: \"evil.example.com\"`) {
		t.Errorf("the log does not name the host:\n%s", log)
	}
	res := h.onHost("GET", "https://evil.example.com/", nil)
	if text := body(t, res); strings.Contains(text, "evil") || !strings.Contains(text, "under this reference: ") {
		t.Errorf("the page: %s", text)
	}
}

func TestWithoutHostsOfWorkspacesEveryNameIsTheServer(t *testing.T) {
	h := newHouse(t, publicURL)
	h.Service.MainHost = h.URLs.Host()
	wantStatus(t, h.onHost("GET", "https://whatever.example.com/sign-in", nil), http.StatusOK)
}

func TestSigningInOnAHostIsForItsPeople(t *testing.T) {
	const own = "https://sales.example.org"
	right := url.Values{"email": {"dana@example.com"}, "password": {"correct horse"}, "next": {"/account"}}
	h, _ := withHost(t)
	res := h.onHost("POST", own+"/sign-in", right, "Sec-Fetch-Site", "same-origin")
	wantStatus(t, res, http.StatusSeeOther)
	if to := res.Header.Get("Location"); to != "/account" {
		t.Errorf("leads to %q", to)
	}

	h.store.hosts[0].Workspace = "another one"
	h.jar = map[string]string{}
	res = h.onHost("POST", own+"/sign-in", right, "Sec-Fetch-Site", "same-origin")
	wantStatus(t, res, http.StatusUnprocessableEntity)
	if page := body(t, res); !strings.Contains(page, credentialsText) {
		t.Errorf("somebody of another workspace reads:\n%s", page)
	}
}

func TestAHostTrustsNoOther(t *testing.T) {
	const own = "https://sales.example.org"
	h, _ := withHost(t)
	for name, tc := range map[string]struct {
		to, from string
		want     int
	}{
		"a form of its own":                       {own, own, http.StatusSeeOther},
		"a form of the instance's host":           {own, publicURL, http.StatusForbidden},
		"a form of a workspace's host":            {publicURL, own, http.StatusForbidden},
		"the instance's by a proxy's name for it": {"http://127.0.0.1:8080", publicURL, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			res := h.onHost("POST", tc.to+"/sign-out", url.Values{}, "Origin", tc.from)
			wantStatus(t, res, tc.want)
		})
	}
}

func TestURLsOfAWorkspace(t *testing.T) {
	urls, err := NewURLs("http://practice.example.com:8080")
	if err != nil {
		t.Fatal(err)
	}
	w := greenroom.Workspace{ID: "w"}
	if got := urls.For(w).Launch(w.ID); got != "http://practice.example.com:8080/lti/w/launch" {
		t.Error(got)
	}
	w.Host = "sales.example.org"
	if got := urls.For(w).Launch(w.ID); got != "http://sales.example.org:8080/lti/w/launch" {
		t.Error(got)
	}
	if got := urls.For(w).Host(); got != w.Host {
		t.Error(got)
	}
}
