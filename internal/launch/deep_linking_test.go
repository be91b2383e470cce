package launch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

const (
	roles       = "http://purl.imsglobal.org/vocab/lis/v2/"
	instructor  = roles + "membership#Instructor"
	deepLinking = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
)

// picks turns a launch into a deep linking request by a teacher.
func picks(c jwt.MapClaims) {
	c[claim+"message_type"] = lti.MessageDeepLinking
	c[claim+"roles"] = []string{instructor}
	c[claim+"context"] = map[string]any{"id": "2", "title": "Harbour <i>Engineering</i>"}
	c[deepLinking] = map[string]any{
		"deep_link_return_url": "https://lms.example.com/return", "accept_types": []string{"ltiResourceLink"},
		"accept_presentation_document_targets": []string{"iframe"}, "data": "kept",
	}
	for _, of := range []string{"resource_link", "custom"} {
		delete(c, claim+of)
	}
}

// course returns the launch of a deep linking request that got in.
func (s *school) course(opened answer) greenroom.Launch {
	s.t.Helper()
	to := opened.Header.Get("Location")
	base := s.kit.URLs.Course(s.ours.ID, "")
	if opened.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, base) {
		s.t.Fatalf("status %d to %q: %s", opened.StatusCode, to, opened.text())
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(to, base), web.TicketMark)
	launch, err := s.service.Store.Workspace(s.ours.ID).Launch(s.t.Context(), greenroom.LaunchID(id))
	if err != nil {
		s.t.Fatal(err)
	}
	return launch
}

func TestADeepLinkingRequestOpensThePicker(t *testing.T) {
	s := newSchool(t)
	v := s.login()
	claims := v.claims()
	picks(claims)
	opened := v.launch(claims)
	launch := s.course(opened)
	if launch.Link != "" || launch.Scenario != "" || launch.LineItem != "" || launch.Learner == "" || launch.Context == "" || !launch.Instructor {
		t.Errorf("launch %+v", launch)
	}
	asked, err := greenroom.Visit{Launch: launch}.DeepLinking()
	if err != nil || asked.ReturnURL != "https://lms.example.com/return" || asked.Data == nil || *asked.Data != "kept" {
		t.Errorf("asked for %+v, %v", asked, err)
	}
	course, err := s.service.Store.Workspace(s.ours.ID).Context(t.Context(), launch.Context)
	if err != nil || course.Title != "Harbour <i>Engineering</i>" {
		t.Errorf("context %+v, %v", course, err)
	}

	again := v
	again.cookies = append(again.cookies, opened.Cookies()...)
	if reloaded := s.course(again.launch(claims)); reloaded.ID != launch.ID {
		t.Error("a reload opened another picker")
	}
}

func TestAPickerWithoutCookies(t *testing.T) {
	s := newSchool(t)
	f := s.frame(false)
	form := s.loginForm()
	form.Set("lti_storage_target", "_parent")
	page := f.login(form)
	v := f.at(page.data("next"))
	claims := v.claims()
	picks(claims)
	asks := f.send(s.kit.URLs.Launch(s.ours.ID), url.Values{"state": {v.state}, "id_token": {s.sign(claims)}}, "cross-site")
	to := f.bringBack(asks, page.data("value"), "").Header.Get("Location")
	if !strings.HasPrefix(to, s.kit.URLs.Course(s.ours.ID, "")) || !strings.Contains(to, web.TicketMark) {
		t.Errorf("sent to %s", to)
	}
}

func TestWhoMayPick(t *testing.T) {
	for name, tc := range map[string]struct {
		roles any // nil: the claim is absent
		may   bool
	}{
		"an instructor":                     {[]string{instructor}, true},
		"an assistant":                      {[]string{roles + "membership/Instructor#TeachingAssistant"}, true},
		"a developer":                       {[]string{roles + "membership#ContentDeveloper"}, true},
		"the course's administrator":        {[]string{roles + "membership#Administrator"}, true},
		"the platform's administrator":      {[]string{roles + "system/person#Administrator", roles + "system/person#User"}, true},
		"the institution's administrator":   {[]string{roles + "institution/person#Administrator"}, true},
		"a platform that tells no roles":    {nil, true},
		"a platform with an empty list":     {[]string{}, true},
		"a teaching learner":                {[]string{roles + "membership#Learner", instructor}, true},
		"a learner":                         {[]string{roles + "membership#Learner"}, false},
		"a professor who learns here":       {[]string{roles + "institution/person#Instructor", roles + "membership#Learner"}, false},
		"a mentor":                          {[]string{roles + "membership#Mentor"}, false},
		"a role of which nobody has heard":  {[]string{"https://evil.example.com/Instructor"}, false},
		"a system user without a course":    {[]string{roles + "system/person#User"}, false},
		"a learner by the name of the role": {[]string{"Learner"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t)
			v := s.login()
			claims := v.claims()
			picks(claims)
			if claims[claim+"roles"] = tc.roles; tc.roles == nil {
				delete(claims, claim+"roles")
			}
			page := v.launch(claims)
			if tc.may {
				s.course(page)
				return
			}
			page.shows(t, refusedTitle, "Only people who build this course can add activities from Greenroom.", "Back to the course")
			page.givesNothingAway(t)
			if page.StatusCode != http.StatusForbidden || strings.Contains(page.body, "evil") {
				t.Errorf("status %d: %s", page.StatusCode, page.text())
			}
			logged := s.refusals(s.ours)
			if len(logged) != 1 || logged[0].Reference != page.reference() {
				t.Fatalf("logged %+v", logged)
			}
			row := logged[0]
			if row.Check != greenroom.CheckPicker || row.Remedy().Side != greenroom.SideLMS || row.MessageType != lti.MessageDeepLinking {
				t.Errorf("logged as %+v", row)
			}
		})
	}
}
