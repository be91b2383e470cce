package launch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/web"
)

// A browser may begin by GET as well as by POST: both count.
func TestLimitsOfTheEndpoints(t *testing.T) {
	for name, tc := range map[string]struct {
		limit web.LimitName
		ask   func(s *school, i int) answer
		times int
	}{
		"login initiation": {web.LoginLimit, func(s *school, i int) answer {
			address := s.kit.URLs.Login(s.ours.ID)
			if i%2 == 0 {
				return s.get(address)
			}
			return s.post(address, url.Values{})
		}, 1000},
		"launch": {web.LaunchLimit, func(s *school, i int) answer {
			address := s.kit.URLs.Launch(s.ours.ID)
			if i%2 == 0 {
				return s.get(address + "?error=access_denied")
			}
			return s.post(address, url.Values{})
		}, 1000},
		"registration": {web.RegistrationLimit, func(s *school, _ int) answer {
			return s.get(s.kit.URLs.Registration(s.ours.ID, "a guess"))
		}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchool(t)
			for i := range tc.times {
				if page := tc.ask(s, i); page.StatusCode == http.StatusTooManyRequests {
					t.Fatalf("request %d has to wait", i+1)
				}
			}
			for i := range 3 {
				page := tc.ask(s, i)
				page.shows(t, "The limit for "+string(tc.limit)+" is reached")
				page.givesNothingAway(t)
				if page.StatusCode != http.StatusTooManyRequests || page.Header.Get("Retry-After") == "" || page.reference() == "" {
					t.Errorf("status %d, Retry-After %q, reference %q", page.StatusCode, page.Header.Get("Retry-After"), page.reference())
				}
				if !strings.Contains(page.Header.Get("Content-Security-Policy"), "frame-ancestors https:") {
					t.Error("the page cannot be shown in the frame of an LMS")
				}
			}
		})
	}
}
