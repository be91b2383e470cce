package launch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

const ownHost = "sales.example.org"

// moved gives the school's workspace a host of its own, and another one to a
// workspace next door.
func (s *school) moved() (own web.URLs, neighbour greenroom.Workspace) {
	s.t.Helper()
	s.service.MainHost = s.kit.URLs.Host()
	w, err := s.service.SetHost(s.t.Context(), greenroom.Operator(s.ours.ID), ownHost)
	if err != nil {
		s.t.Fatal(err)
	}
	neighbour = s.workspace("Next door")
	if neighbour, err = s.service.SetHost(s.t.Context(), greenroom.Operator(neighbour.ID), "next-door.example.org"); err != nil {
		s.t.Fatal(err)
	}
	return s.kit.URLs.For(w), neighbour
}

// at does a whole launch at the endpoints of some host, for a target.
func (s *school) at(urls web.URLs, target string) answer {
	s.t.Helper()
	form := s.loginForm()
	form.Set("target_link_uri", target)
	began := s.post(urls.Login(s.ours.ID), form)
	if began.StatusCode != http.StatusFound {
		return began
	}
	to, err := began.Location()
	if err != nil {
		s.t.Fatal(err)
	}
	if got := to.Query().Get("redirect_uri"); got != urls.Launch(s.ours.ID) {
		s.t.Errorf("the LMS is to answer at %s", got)
	}
	v := visit{school: s, cookies: began.Cookies(), state: to.Query().Get("state"), nonce: to.Query().Get("nonce")}
	claims := v.claims()
	claims[claim+"target_link_uri"] = target
	return s.post(urls.Launch(s.ours.ID), url.Values{"state": {v.state}, "id_token": {s.sign(claims)}}, v.cookies...)
}

func TestALaunchGoesOnOnTheHostWhereItBegan(t *testing.T) {
	s := newSchool(t)
	own, neighbour := s.moved()
	old, id := s.kit.URLs, s.ours.ID
	for name, tc := range map[string]struct {
		urls   web.URLs
		target string
		check  lti.Check // that refuses, if it does
	}{
		"at its own host":                                    {own, own.Launch(id), ""},
		"at the host that an LMS was told before":            {old, old.Launch(id), ""},
		"at its own host, by an activity older than that":    {own, old.Launch(id), ""},
		"at the old host, by an activity younger than that":  {old, own.Launch(id), ""},
		"for the host of another workspace":                  {own, s.kit.URLs.For(neighbour).Launch(id), lti.CheckTarget},
		"for a host of nobody":                               {own, "https://evil.example.com/", lti.CheckTarget},
		"for its own host by a scheme that Greenroom is not": {own, strings.Replace(own.Launch(id), "https:", "http:", 1), lti.CheckTarget},
		"for its own host at another port":                   {old, strings.Replace(own.Launch(id), ownHost, ownHost+":8443", 1), lti.CheckTarget},
	} {
		t.Run(name, func(t *testing.T) {
			opened := s.at(tc.urls, tc.target)
			if tc.check != "" {
				s.isLogged(t, opened, tc.check)
				return
			}
			to, err := opened.Location()
			if err != nil {
				t.Fatalf("status %d: %s", opened.StatusCode, opened.text())
			}
			if !strings.HasPrefix(to.String(), tc.urls.Origin()+"/stage/"+string(id)+"/") {
				t.Errorf("sent to %s", to)
			}
		})
	}
}

func TestAStateOfOneHostOpensNothingOnAnother(t *testing.T) {
	s := newSchool(t)
	own, _ := s.moved()
	v := s.login()
	answer := s.post(own.Launch(s.ours.ID), url.Values{"state": {v.state}, "id_token": {s.sign(v.claims())}}, v.cookies...)
	s.isLogged(t, answer, lti.CheckState)
}

func TestAHostShowsItsWorkspaceAlone(t *testing.T) {
	s := newSchool(t)
	own, neighbour := s.moved()
	for _, end := range []string{"login", "launch", "register", "jwks.json", ".well-known/openid-configuration"} {
		if got := s.get(own.Origin() + "/lti/" + string(neighbour.ID) + "/" + end).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s of another workspace: status %d", end, got)
		}
	}
	if got := s.post(own.Launch(neighbour.ID), url.Values{}).StatusCode; got != http.StatusNotFound {
		t.Errorf("launch of another workspace: status %d", got)
	}
	if got := s.get(own.KeySet(s.ours.ID)).StatusCode; got != http.StatusOK {
		t.Errorf("its own key set: status %d", got)
	}
	if body := s.get(own.OpenIDConfiguration(s.ours.ID)).body; !strings.Contains(body, own.Launch(s.ours.ID)) || !strings.Contains(body, `"domain": "`+ownHost+`"`) {
		t.Errorf("its configuration names another host:\n%s", body)
	}
	if body := s.get(s.kit.URLs.OpenIDConfiguration(s.ours.ID)).body; strings.Contains(body, ownHost) {
		t.Errorf("the old configuration changed under an LMS that reads it:\n%s", body)
	}
}
