package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestSetUpMakesTheFirstOwnerOnce(t *testing.T) {
	h := newHouse(t, publicURL)
	if page := body(t, h.get("/setup?token="+h.Service.SetUpToken())); !strings.Contains(page, "<h1>Welcome to Greenroom</h1>") {
		t.Fatalf("no set-up page:\n%s", page)
	}
	res := h.setUp()
	wantStatus(t, res, http.StatusSeeOther)
	if to := res.Header.Get("Location"); to != "/w/northwind/scenarios" {
		t.Errorf("leads to %q", to)
	}
	wantStatus(t, h.get("/setup?token="+h.Service.SetUpToken()), http.StatusNotFound)
	wantStatus(t, h.setUp(), http.StatusNotFound)
}

func TestSetUpRefuses(t *testing.T) {
	valid := url.Values{"name": {"Dana"}, "email": {"dana@example.com"}, "password": {"correct horse"}, "workspace": {"Northwind"}}
	for name, tc := range map[string]struct {
		field, value, want string
	}{
		"no name":          {"name", " ", "Enter a name for yourself."},
		"no address":       {"email", "", "Enter an e-mail address."},
		"no real address":  {"email", "dana", "This is no e-mail address. It looks like name@example.com."},
		"a short password": {"password", "secret", "Use at least 10 characters."},
		"no workspace":     {"workspace", "", "Enter a name for the workspace."},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, publicURL)
			form := url.Values{"token": {h.Service.SetUpToken()}}
			for k, v := range valid {
				form[k] = v
			}
			form.Set(tc.field, tc.value)
			res := h.post("/setup", form)
			wantStatus(t, res, http.StatusUnprocessableEntity)
			page := body(t, res)
			if !strings.Contains(page, `<p class="error" id="`+tc.field+`-note">`+tc.want+`</p>`) {
				t.Errorf("no %q at %s:\n%s", tc.want, tc.field, page)
			}
			if strings.Contains(page, "correct horse") {
				t.Error("the password came back")
			}
			if len(h.store.people) != 0 {
				t.Error("somebody was made")
			}
		})
	}
}

func TestWrongPasswordAndUnknownAddressReadTheSame(t *testing.T) {
	h := newHouse(t, publicURL)
	h.setUp()
	h.jar = map[string]string{}
	for _, form := range []url.Values{
		{"email": {"dana@example.com"}, "password": {"wrong"}},
		{"email": {"nobody@example.com"}, "password": {"correct horse"}},
		{"email": {""}, "password": {""}},
		{"email": {"dana@example.com"}, "password": {strings.Repeat("correct horse", 1000)}},
	} {
		res := h.post("/sign-in", form)
		wantStatus(t, res, http.StatusUnprocessableEntity)
		page := body(t, res)
		if !strings.Contains(page, "This e-mail address and password do not belong together. Check both and try again.") {
			t.Errorf("%v: no sentence:\n%s", form.Get("email"), page)
		}
		if !strings.Contains(page, `value="`+form.Get("email")+`"`) {
			t.Errorf("%v: the address was lost", form.Get("email"))
		}
	}
	if len(h.jar) != 0 {
		t.Errorf("cookies %v after refusals", h.jar)
	}
}

func TestGuessingPasswordsIsSlow(t *testing.T) {
	h := newHouse(t, publicURL)
	now := noon
	h.Now = func() time.Time { return now }
	try := func(email string) int {
		return h.post("/sign-in", url.Values{"email": {email}, "password": {"a guess"}}).StatusCode
	}
	for range 10 {
		if got := try("dana@example.com"); got != http.StatusUnprocessableEntity {
			t.Fatalf("status %d", got)
		}
	}
	res := h.post("/sign-in", url.Values{"email": {"Dana@example.com"}, "password": {"correct horse"}})
	wantTooMany(t, res, SignInLimit, 10)
	if got := try("ada@example.com"); got != http.StatusUnprocessableEntity {
		t.Errorf("another address: %d", got)
	}
	now = now.Add(10 * time.Second)
	if got := try("dana@example.com"); got != http.StatusUnprocessableEntity {
		t.Errorf("ten seconds later: %d", got)
	}
	if got := try("dana@example.com"); got != http.StatusTooManyRequests {
		t.Errorf("at once again: %d", got)
	}
}

func TestSignIn(t *testing.T) {
	for name, tc := range map[string]struct{ next, want string }{
		"to where one was going":       {"/w/northwind/members?x=1", "/w/northwind/members?x=1"},
		"to the start":                 {"", "/"},
		"not to another site":          {"https://evil.example/", "/"},
		"not to another host":          {"//evil.example/", "/"},
		"not by a backslash":           {"/\\evil.example", "/"},
		"not through a broken address": {"/a\nb", "/"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, publicURL)
			h.setUp()
			before := h.jar["__Host-greenroom"]
			res := h.post("/sign-in", url.Values{"email": {" Dana@Example.com "}, "password": {"correct horse"}, "next": {tc.next}})
			wantStatus(t, res, http.StatusSeeOther)
			if to := res.Header.Get("Location"); to != tc.want {
				t.Errorf("leads to %q, want %q", to, tc.want)
			}
			if after := h.jar["__Host-greenroom"]; after == before || after == "" {
				t.Error("the token was not renewed")
			}
			if len(h.store.signIns) != 1 {
				t.Errorf("%d sign-ins are stored, want the new one alone", len(h.store.signIns))
			}
		})
	}
}

func TestSignInCookie(t *testing.T) {
	for public, want := range map[string]http.Cookie{
		"https://practice.example.com": {Name: "__Host-greenroom", Secure: true},
		"http://127.0.0.1:8080":        {Name: "greenroom", Secure: false},
	} {
		h := newHouse(t, public)
		var got *http.Cookie
		for _, c := range h.setUp().Cookies() {
			got = c
		}
		if got == nil || got.Name != want.Name || got.Secure != want.Secure || !got.HttpOnly ||
			got.Path != "/" || got.Domain != "" || got.SameSite != http.SameSiteLaxMode {
			t.Errorf("%s: cookie %v", public, got)
			continue
		}
		for hash := range h.store.signIns {
			if strings.Contains(hash, got.Value) {
				t.Error("the token is stored as it is")
			}
		}
	}
}

func TestSignOut(t *testing.T) {
	h := newHouse(t, publicURL)
	h.setUp()
	token := h.jar["__Host-greenroom"]
	wantStatus(t, h.post("/sign-out", nil), http.StatusSeeOther)
	if len(h.jar) != 0 || len(h.store.signIns) != 0 {
		t.Errorf("cookies %v, sign-ins %v are left", h.jar, h.store.signIns)
	}
	h.mux.Handle("GET /w/{workspace}/page", h.AdminPage(func(http.ResponseWriter, *http.Request) error { return nil }))
	h.jar["__Host-greenroom"] = token
	wantStatus(t, h.get("/w/northwind/page"), http.StatusSeeOther)
}

func TestAdminPageKnowsWhoAsks(t *testing.T) {
	h := newHouse(t, publicURL)
	h.setUp()
	var actor greenroom.Actor
	h.mux.Handle("GET /w/{workspace}/page", h.AdminPage(func(_ http.ResponseWriter, r *http.Request) error {
		actor = Actor(r.Context())
		return nil
	}))
	wantStatus(t, h.get("/w/northwind/page"), http.StatusOK)
	if actor.Role != greenroom.Owner || actor.Person == "" || actor.Workspace == "" {
		t.Errorf("actor %+v", actor)
	}
	wantStatus(t, h.get("/w/elsewhere/page"), http.StatusNotFound)
}

func TestSettingsPageIsForAdministrators(t *testing.T) {
	for role, want := range map[greenroom.Role]int{
		greenroom.Owner: 200, greenroom.Admin: 200, greenroom.MemberRole: 404,
	} {
		h := newHouse(t, publicURL)
		h.setUp()
		h.store.memberships[0].Role = role
		h.mux.Handle("GET /w/{workspace}/settings", h.SettingsPage(func(http.ResponseWriter, *http.Request) error { return nil }))
		if got := h.get("/w/northwind/settings").StatusCode; got != want {
			t.Errorf("%s: status %d, want %d", role, got, want)
		}
	}
}

func TestWhoIsNotSignedIn(t *testing.T) {
	h := newHouse(t, publicURL)
	h.mux.Handle("/w/{workspace}/page", h.AdminPage(func(http.ResponseWriter, *http.Request) error { return nil }))
	res := h.get("/w/northwind/page?tab=2")
	wantStatus(t, res, http.StatusSeeOther)
	if to := res.Header.Get("Location"); to != "/sign-in?next=%2Fw%2Fnorthwind%2Fpage%3Ftab%3D2" {
		t.Errorf("leads to %q", to)
	}
	r, _ := http.NewRequest("GET", "/w/northwind/page", nil)
	r.Header.Set("HX-Request", "true")
	res = h.do(r)
	wantStatus(t, res, http.StatusUnauthorized)
	if res.Header.Get("HX-Refresh") != "" {
		t.Error("an open page is told to load again, whatever is typed there")
	}
}
