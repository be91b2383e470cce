package admin

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	protocol "github.com/greenroom-lti/greenroom/lti"
)

func TestSharedRegistrationsPage(t *testing.T) {
	s := newSite(t)
	const page = "/w/northwind/settings/integrations/lti/shared"
	dana := s.as("dana")
	if body := dana.get(page).body; !strings.Contains(body, "Greenroom shares no registration here") || strings.Contains(body, "Make a one-time code") {
		t.Error("a code can be made where there is nothing to bring in")
	}
	saved, err := s.service.SaveShared(t.Context(), greenroom.SharedForm{
		Platform: "Blackboard", Issuer: "https://blackboard.com", ClientID: "app-1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
	})
	if err != nil {
		t.Fatal(err)
	}
	made := dana.post(page+"/code", url.Values{})
	code := regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}`).FindString(made.body)
	if made.status != http.StatusOK || code == "" {
		t.Fatalf("status %d: %s", made.status, made.body)
	}
	again := dana.get(page).body
	if strings.Contains(again, code) || !strings.Contains(again, "Revoke the open code") {
		t.Error("the page tells the code twice, or not that there is one")
	}
	a, err := s.service.Arrive(t.Context(), &protocol.Launch{
		Registration: protocol.Registration{ID: string(saved.Registration.ID)}, DeploymentID: "d1", StateID: "s1", Subject: "1",
		Platform: &protocol.PlatformInstance{Name: "Hill <b>School</b>", GUID: "guid-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.service.ClaimDeployment(t.Context(), a.ID, code); err != nil {
		t.Fatal(err)
	}
	body := dana.get(page).body
	for _, want := range []string{"Hill &lt;b&gt;School&lt;/b&gt;", "guid-1", "d1", "Release"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	form := url.Values{"registration": {string(saved.Registration.ID)}, "deployment": {"d1"}}
	if got := dana.post(page+"/release", form); got.status != http.StatusSeeOther {
		t.Errorf("release: status %d", got.status)
	}
	if body := dana.get(page).body; strings.Contains(body, "guid-1") || !strings.Contains(body, "This workspace has none yet") {
		t.Error("the school is still there")
	}
	if body := dana.post(page+"/code", url.Values{}).body; !strings.Contains(body, "Revoke the open code") {
		t.Error("no second code")
	}
	if got := dana.post(page+"/code/revoke", url.Values{}); got.status != http.StatusSeeOther {
		t.Errorf("revoke: status %d", got.status)
	}
	if strings.Contains(dana.get(page).body, "Revoke the open code") {
		t.Error("a revoked code is said to be open")
	}
}
