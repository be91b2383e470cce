package launch

import (
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestOnlyVerifiedClaimsAreLogged(t *testing.T) {
	s := newSchool(t)
	v := s.login()
	claims := v.claims()
	claims[claim+"deployment_id"], claims["email"] = "evil", "ada@lms.example.com"
	row := s.isLogged(t, v.launch(claims), lti.CheckDeployment)
	for _, kept := range []string{s.connection.Issuer, `"deployment_id":"evil"`, "•••@lms.example.com"} {
		if !strings.Contains(strings.ReplaceAll(row.Claims, claim, ""), kept) {
			t.Errorf("no %s in %s", kept, row.Claims)
		}
	}
	for _, secret := range []string{"Lovelace", "ada@", "sesskey=abc", "nonce"} {
		if strings.Contains(row.Claims, secret) {
			t.Errorf("%q is kept: %s", secret, row.Claims)
		}
	}
	v = s.login()
	forged := v.send(url.Values{"state": {v.state}, "id_token": {s.signWith(anotherKey(), keyID, v.claims())}})
	if row := s.isLogged(t, forged, lti.CheckSignature); row.Claims != "" {
		t.Errorf("a forged token left %s", row.Claims)
	}
}

func TestALaunchThatGotInIsLogged(t *testing.T) {
	s := newSchool(t)
	visit := s.visit()
	row, err := s.service.Store.Workspace(s.ours.ID).Launch(t.Context(), visit.Launch.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(row.Reference) != greenroom.ReferenceLength || !strings.Contains(row.Claims, s.connection.Issuer) || strings.Contains(row.Claims, "Lovelace") {
		t.Errorf("reference %q, claims %s", row.Reference, row.Claims)
	}
}

func TestWhatToDoAboutAPlatformsErrorIsLogged(t *testing.T) {
	s := newSchool(t)
	for code, want := range map[string]greenroom.Side{
		"login_required": greenroom.SideLearner, "unauthorized_client": greenroom.SideLMS, "of its own": greenroom.SideLMS,
	} {
		v := s.login()
		page := v.send(url.Values{"state": {v.state}, "error": {code}, "error_description": {"ask root@lms.example.com\r\n\x1b[31m\u202e"}})
		row := s.isLogged(t, page, lti.CheckPlatformError)
		if got := row.Remedy().Side; got != want {
			t.Errorf("%s: for %s, want %s: %s", code, got, want, row.Detail)
		}
		if strings.Contains(row.Detail, "root@") || strings.ContainsAny(row.Detail, "\r\n\x1b\u202e") {
			t.Errorf("detail %q", row.Detail)
		}
	}
}

// A learner who got in before is known again, but only by a token that is meant
// for this connection: tenants of one LMS share keys, and each counts its users
// from one.
func TestWhoWasTurnedAwayIsLogged(t *testing.T) {
	s := newSchool(t)
	learner := s.visit().Launch.Learner
	nowhere := map[string]any{greenroom.ScenarioParameter: "nowhere"}
	for name, tc := range map[string]struct {
		claims map[string]any
		check  lti.Check
		want   greenroom.LearnerID
	}{
		"a learner":             {map[string]any{claim + "custom": nowhere}, greenroom.CheckScenario, learner},
		"a stranger":            {map[string]any{claim + "custom": nowhere, "sub": "7"}, greenroom.CheckScenario, ""},
		"of another client":     {map[string]any{"aud": "evil-client"}, lti.CheckAudience, ""},
		"of another issuer":     {map[string]any{"iss": "https://evil.example.com"}, lti.CheckIssuer, ""},
		"of another deployment": {map[string]any{claim + "deployment_id": "evil"}, lti.CheckDeployment, ""},
	} {
		v := s.login()
		claims := v.claims()
		maps.Copy(claims, tc.claims)
		v.launch(claims)
		if row := s.refusals(s.ours)[0]; row.Learner != tc.want || row.Check != string(tc.check) {
			t.Errorf("%s: learner %q of check %s, want %q of %s", name, row.Learner, row.Check, tc.want, tc.check)
		}
		s.clock.pass(time.Second) // the newest comes first
	}
}
