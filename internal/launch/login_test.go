package launch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestLoginSendsTheBrowserToThePlatform(t *testing.T) {
	s := newSchool(t)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			address := s.kit.URLs.Login(s.ours.ID)
			began := s.post(address, s.loginForm())
			if method == http.MethodGet {
				began = s.get(address + "?" + s.loginForm().Encode())
			}
			if began.StatusCode != http.StatusFound {
				t.Fatalf("status %d: %s", began.StatusCode, began.text())
			}
			to, err := began.Location()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := to.Scheme+"://"+to.Host+to.Path, s.connection.AuthURL; got != want {
				t.Errorf("sent to %s, want %s", got, want)
			}
			q := to.Query()
			for name, want := range map[string]string{
				"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
				"client_id": "greenroom", "redirect_uri": s.kit.URLs.Launch(s.ours.ID),
				"login_hint": "6", "lti_message_hint": `{"cmid":4}`,
			} {
				if q.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, q.Get(name), want)
				}
			}
			cookie := began.Cookies()[0]
			if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly || !cookie.Partitioned ||
				cookie.SameSite != http.SameSiteNoneMode || cookie.Path != "/" {
				t.Errorf("cookie: %s", cookie.Raw)
			}
			if len(q.Get("state")) > 400 || strings.Contains(q.Get("state"), cookie.Value) {
				t.Errorf("state: %s", q.Get("state"))
			}
		})
	}
}

func TestRefusedLogins(t *testing.T) {
	s := newSchool(t)
	other := s.workspace("Support team")
	const (
		notAsLMS     = "This launch did not arrive the way an LMS sends it."
		notConnected = "Your LMS is not connected to this Greenroom workspace."
	)
	for name, tc := range map[string]struct {
		send     func(url.Values) answer
		status   int
		sentence string
		check    lti.Check
	}{
		"no issuer":                {with(s, "iss", ""), http.StatusBadRequest, notAsLMS, lti.CheckRequest},
		"no login hint":            {with(s, "login_hint", ""), http.StatusBadRequest, notAsLMS, lti.CheckRequest},
		"no target":                {with(s, "target_link_uri", ""), http.StatusBadRequest, notAsLMS, lti.CheckRequest},
		"unknown issuer":           {with(s, "iss", "https://evil.example.com"), http.StatusBadRequest, notConnected, lti.CheckRegistration},
		"issuer with a slash more": {with(s, "iss", s.server.URL+"/"), http.StatusBadRequest, notConnected, lti.CheckRegistration},
		"unknown client":           {with(s, "client_id", "somebody-else"), http.StatusBadRequest, notConnected, lti.CheckRegistration},
		"target on another host": {with(s, "target_link_uri", "https://evil.example.com/"), http.StatusBadRequest,
			"This activity points to another address than Greenroom's.", lti.CheckTarget},
		"an issuer twice": {func(form url.Values) answer {
			form.Add("iss", "https://evil.example.com")
			return s.post(s.kit.URLs.Login(s.ours.ID), form)
		}, http.StatusBadRequest, notAsLMS, lti.CheckRequest},
		"JSON": {func(url.Values) answer {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/lti/"+string(s.ours.ID)+"/login", strings.NewReader("{}"))
			r.Header.Set("Content-Type", "application/json")
			return s.ask(r)
		}, http.StatusBadRequest, notAsLMS, lti.CheckRequest},
	} {
		t.Run(name, func(t *testing.T) {
			page := tc.send(s.loginForm())
			if page.StatusCode != tc.status {
				t.Errorf("status %d, want %d", page.StatusCode, tc.status)
			}
			page.shows(t, refusedTitle, tc.sentence)
			page.givesNothingAway(t)
			if strings.Contains(page.body, "evil") {
				t.Error("the page repeats what was sent")
			}
			s.isLogged(t, page, tc.check)
		})
	}

	t.Run("of an LMS that another workspace has", func(t *testing.T) {
		page := s.post(s.kit.URLs.Login(other.ID), s.loginForm())
		page.shows(t, refusedTitle, notConnected)
	})
	t.Run("to no workspace", func(t *testing.T) {
		page := s.post(s.kit.URLs.Login("nowhere"), s.loginForm())
		page.shows(t, "This practice room is not here any more")
		if page.StatusCode != http.StatusNotFound {
			t.Errorf("status %d", page.StatusCode)
		}
	})
	t.Run("of a connection that is switched off", func(t *testing.T) {
		s.disable()
		page := s.post(s.kit.URLs.Login(s.ours.ID), s.loginForm())
		page.shows(t, refusedTitle, "Your LMS is switched off in this Greenroom workspace for now.")
		page.givesNothingAway(t)
		row := s.isLogged(t, page, lti.CheckRegistration)
		if row.Connection != s.connection.ID || !strings.Contains(row.Remedy().Text, "Switch the connection on again") {
			t.Errorf("logged of connection %q: %s", row.Connection, row.Remedy().Text)
		}
	})
}

// with returns a way to send the login form with one field changed, or left
// out if the value is empty.
func with(s *school, field, value string) func(url.Values) answer {
	return func(form url.Values) answer {
		form.Set(field, value)
		if value == "" {
			form.Del(field)
		}
		return s.post(s.kit.URLs.Login(s.ours.ID), form)
	}
}

// isLogged finds the page's refusal in the launch log, by its reference.
func (s *school) isLogged(t *testing.T, page answer, check lti.Check) greenroom.Launch {
	t.Helper()
	for _, row := range s.refusals(s.ours) {
		if row.Reference != page.reference() {
			continue
		}
		if row.Check != string(check) || row.Clause != check.Spec() {
			t.Errorf("logged as %s (%s), want %s: %s", row.Check, row.Clause, check, row.Detail)
		}
		return row
	}
	t.Errorf("reference %q is not in the launch log", page.reference())
	return greenroom.Launch{}
}

func (s *school) disable() {
	s.t.Helper()
	c := s.connection
	c.Disabled = true
	s.save(c)
}

func (s *school) save(c greenroom.Connection) {
	s.t.Helper()
	err := s.service.Store.Workspace(s.ours.ID).Update(s.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SaveConnection(ctx, c)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestLoginWritesNothing(t *testing.T) {
	s := newSchool(t)
	for range 3 {
		s.login()
	}
	rows, err := s.service.Store.Workspace(s.ours.ID).Launches(t.Context(), greenroom.LaunchFilter{Limit: 10})
	if err != nil || len(rows) != 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestReloadedLaunchIsAFriendlyPage(t *testing.T) {
	s := newSchool(t)
	page := s.get(s.kit.URLs.Launch(s.ours.ID))
	page.shows(t, "Open the activity from your course",
		"This address only works when your LMS sends you here, and each time once.",
		"Go back to your course and click the activity again.")
	if page.StatusCode != http.StatusMethodNotAllowed || page.Header.Get("Allow") != http.MethodPost {
		t.Errorf("status %d, Allow %q", page.StatusCode, page.Header.Get("Allow"))
	}
	v := s.login()
	token := s.get(s.kit.URLs.Launch(s.ours.ID) + "?state=" + v.state + "&id_token=" + s.sign(v.claims()))
	token.shows(t, "Open the activity from your course")
}
