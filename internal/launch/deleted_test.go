package launch

import (
	"context"
	"net/http"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// An LMS does not hear of a deletion, and goes on sending people.
func TestADeletedWorkspaceRefusesNicely(t *testing.T) {
	s := newSchool(t)
	address, _ := invite(s.house)
	began := s.login() // on its way when the workspace goes
	if _, err := s.service.DeleteWorkspace(t.Context(), greenroom.Operator(s.ours.ID), s.ours.Name); err != nil {
		t.Fatal(err)
	}
	urls := s.kit.URLs
	for name, a := range map[string]answer{
		"a login":               s.post(urls.Login(s.ours.ID), s.loginForm()),
		"a launch under way":    began.launch(began.claims()),
		"a reload":              s.get(urls.Launch(s.ours.ID)),
		"a registration":        s.get(byLMS(address)),
		"the keys":              s.get(urls.KeySet(s.ours.ID)),
		"the tool's own papers": s.get(urls.OpenIDConfiguration(s.ours.ID)),
	} {
		if a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", name, a.StatusCode)
		}
		a.shows(t, "This practice room is not here any more")
		a.givesNothingAway(t)
	}
	if rows := s.refusals(s.ours); len(rows) != 0 {
		t.Errorf("%d refusals are written into a workspace that is gone", len(rows))
	}
}

// The LMS has registered the tool when the workspace is gone: nothing is saved.
func TestAWorkspaceDeletedDuringARegistration(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	address, _ := invite(h)
	h.lms.register = func(ctx context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
		if _, err := h.service.DeleteWorkspace(ctx, greenroom.Operator(h.ours.ID), h.ours.Name); err != nil {
			t.Error(err)
		}
		return registers(ctx, r)
	}
	page := h.get(byLMS(address))
	if page.StatusCode != http.StatusNotFound {
		t.Errorf("status %d: %s", page.StatusCode, page.text())
	}
	page.givesNothingAway(t)
}
