package launch

import (
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestLaunchOpensTheStage(t *testing.T) {
	s := newSchool(t)
	visit := s.visit()
	who, err := s.service.Store.Workspace(s.ours.ID).Learner(t.Context(), visit.Launch.Learner)
	if err != nil {
		t.Fatal(err)
	}
	if who.Subject != "6" || who.Name != "Ada <b>Lovelace</b>" || visit.Scenario.Slug != "first-call" ||
		visit.Launch.Standing != greenroom.Graded || visit.Connection.Platform != "School" {
		t.Errorf("visit: %+v of %+v", visit, who)
	}
}

// Over plain http, which development allows on loopback, browsers refuse
// cookies that are bound to a host.
func TestLaunchInDevelopment(t *testing.T) {
	s := newSchool(t)
	s.open("http://127.0.0.1:8080")
	v := s.login()
	opened := v.launch(v.claims())
	if opened.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", opened.StatusCode, opened.text())
	}
	for _, c := range append(v.cookies, opened.Cookies()...) {
		if strings.HasPrefix(c.Name, "__Host-") || !c.Secure {
			t.Errorf("cookie %s", c.Raw)
		}
	}
}

// A bad launch starts from a good one and spoils one thing.
type badLaunch struct {
	spoil    func(c jwt.MapClaims)
	status   int
	sentence string
	check    lti.Check
}

func set(name string, value any) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) { c[name] = value }
}

func without(name string) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) { delete(c, name) }
}

const (
	notVerified = "Greenroom could not make sure that this launch comes from your LMS."
	leftOut     = "Your LMS left something out that Greenroom needs."
	tooOld      = "This launch is too old, or the clocks of your LMS and Greenroom differ."
	notOpened   = "This part of your LMS is not connected to Greenroom."
	otherKind   = "Greenroom cannot open this kind of launch."
	otherPlace  = "This activity points to another address than Greenroom's."
	otherLTI    = "Your LMS speaks another version of LTI than Greenroom."
	noLearner   = "Your LMS did not say who you are."
)

func badLaunches(now time.Time) map[string]badLaunch {
	const (
		bad    = http.StatusBadRequest
		denied = http.StatusUnauthorized
	)
	return map[string]badLaunch{
		"of another issuer":  {set("iss", "https://evil.example.com"), denied, notVerified, lti.CheckIssuer},
		"for another client": {set("aud", "evil-client"), denied, notVerified, lti.CheckAudience},
		"for another party":  {set("azp", "evil-client"), denied, notVerified, lti.CheckAuthorizedParty},
		"with another nonce": {set("nonce", "evil-nonce"), denied, notVerified, lti.CheckNonce},
		"without a nonce":    {without("nonce"), denied, notVerified, lti.CheckNonce},
		"expired":            {set("exp", now.Add(-time.Hour).Unix()), denied, tooOld, lti.CheckExpiry},
		"issued long ago":    {set("iat", now.Add(-time.Hour).Unix()), denied, tooOld, lti.CheckIssuedAt},
		"issued in the future": {func(c jwt.MapClaims) {
			c["iat"], c["exp"] = now.Add(time.Hour).Unix(), now.Add(2*time.Hour).Unix()
		}, denied, tooOld, lti.CheckIssuedAt},
		"not valid yet":               {set("nbf", now.Add(time.Hour).Unix()), denied, tooOld, lti.CheckNotBefore},
		"of another version":          {set(claim+"version", "11.3"), bad, otherLTI, lti.CheckVersion},
		"without a version":           {without(claim + "version"), bad, otherLTI, lti.CheckVersion},
		"of an unknown kind":          {set(claim+"message_type", "LtiEvilRequest"), bad, otherKind, lti.CheckMessageType},
		"from an unknown deployment":  {set(claim+"deployment_id", "evil"), http.StatusForbidden, notOpened, lti.CheckDeployment},
		"without a deployment":        {without(claim + "deployment_id"), http.StatusForbidden, notOpened, lti.CheckDeployment},
		"for another target":          {set(claim+"target_link_uri", "https://evil.example.com/"), bad, otherPlace, lti.CheckTarget},
		"without a resource link":     {without(claim + "resource_link"), bad, leftOut, lti.CheckResourceLink},
		"with an empty resource link": {set(claim+"resource_link", map[string]any{"id": ""}), bad, leftOut, lti.CheckResourceLink},
		"without roles":               {without(claim + "roles"), bad, leftOut, lti.CheckRoles},
		"without a subject":           {without("sub"), bad, noLearner, lti.CheckSubject},
	}
}

func TestRefusedLaunches(t *testing.T) {
	s := newSchool(t)
	bads := badLaunches(s.clock.Now())
	for _, name := range slices.Sorted(maps.Keys(bads)) {
		tc := bads[name]
		t.Run(name, func(t *testing.T) {
			v := s.login()
			claims := v.claims()
			tc.spoil(claims)
			page := v.launch(claims)
			if page.StatusCode != tc.status {
				t.Errorf("status %d, want %d", page.StatusCode, tc.status)
			}
			page.shows(t, refusedTitle, tc.sentence, "Back to the course")
			page.givesNothingAway(t)
			if strings.Contains(page.body, "evil") {
				t.Error("the page repeats what was sent")
			}
			back := "https://lms.example.com/return.php?course=2&amp;sesskey=abc&amp;lti_errormsg=" + url.QueryEscape(tc.sentence)
			if !strings.Contains(page.body, strings.ReplaceAll(back, "+", "&#43;")) {
				t.Errorf("the way back is not on the page: %s", page.body)
			}
			row := s.isLogged(t, page, tc.check)
			if row.Connection != s.connection.ID || !slices.Contains(row.Passed, string(lti.CheckSignature)) {
				t.Errorf("logged for connection %q with the checks %v", row.Connection, row.Passed)
			}
			if got := page.Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors https:") {
				t.Errorf("the page does not show inside a course: %s", got)
			}
			if c := page.Header.Values("Set-Cookie"); len(c) != 0 {
				t.Errorf("a refused launch sets %v", c)
			}
		})
	}
}

func TestConnectionSwitchedOffBetweenLoginAndLaunch(t *testing.T) {
	s := newSchool(t)
	v := s.login()
	s.disable()
	page := v.launch(v.claims())
	page.shows(t, refusedTitle, "Your LMS is switched off in this Greenroom workspace for now.")
	s.isLogged(t, page, lti.CheckRegistration)
}

func TestActivitiesWithoutAScenario(t *testing.T) {
	s := newSchool(t)
	const (
		missing = "This activity does not say which scenario to open."
		unknown = "The scenario of this activity is not in Greenroom."
		teacher = "In your LMS, set the custom parameter scenario_id of this activity. The scenario's page in Greenroom shows the whole line to copy, for example scenario_id=discovery-call."
		learner = "Tell your teacher, and give them the reference below."
	)
	instructor := []string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"}
	for name, tc := range map[string]struct {
		custom         map[string]any
		roles          []string
		sentence, hint string
	}{
		"missing, a learner":  {map[string]any{}, nil, missing, learner},
		"missing, a teacher":  {map[string]any{}, instructor, missing, teacher},
		"empty, a teacher":    {map[string]any{"scenario_id": " "}, instructor, missing, teacher},
		"unresolved variable": {map[string]any{"scenario_id": "$Scenario.id"}, instructor, missing, teacher},
		"unknown, a learner":  {map[string]any{"scenario_id": "evil"}, nil, unknown, learner},
		"unknown, a teacher":  {map[string]any{"scenario_id": "evil"}, instructor, unknown, teacher},
	} {
		t.Run(name, func(t *testing.T) {
			v := s.login()
			claims := v.claims()
			claims[claim+"custom"] = tc.custom
			if tc.roles != nil {
				claims[claim+"roles"] = tc.roles
			}
			page := v.launch(claims)
			page.shows(t, refusedTitle, tc.sentence, tc.hint, "Back to the course")
			page.givesNothingAway(t)
			if page.StatusCode != http.StatusBadRequest || strings.Contains(page.body, "evil") {
				t.Errorf("status %d: %s", page.StatusCode, page.text())
			}
			for _, row := range s.refusals(s.ours) {
				if row.Reference == page.reference() && (row.Check != greenroom.CheckScenario || row.Connection != s.connection.ID || !slices.Contains(row.Passed, string(lti.CheckSubject))) {
					t.Errorf("logged as %+v", row)
				}
			}
			if claims[claim+"custom"] = map[string]any{"scenario_id": "first-call"}; v.launch(claims).StatusCode != http.StatusSeeOther {
				t.Error("a refused launch has spent its state")
			}
		})
	}
}

func TestPlatformErrors(t *testing.T) {
	s := newSchool(t)
	for code, sentence := range map[string]string{
		"login_required":          "Your LMS says that you are not signed in.",
		"access_denied":           "Your LMS did not let you open this activity.",
		"unauthorized_client":     "This tool is not switched on in your LMS.",
		"launch_no_longer_valid":  "Your LMS says that this launch has run out.",
		"server_error":            "Your LMS could not complete the launch just now.",
		"temporarily_unavailable": "Your LMS could not complete the launch just now.",
		"interaction_required":    "Your LMS wants to ask you something first.",
		"invalid_request":         "Your LMS ended the launch with an error.",
		"<b>evil</b>":             "Your LMS ended the launch with an error.",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(code+" by "+method, func(t *testing.T) {
				v := s.login()
				form := url.Values{"state": {v.state}, "error": {code}, "error_description": {"evil words"}}
				page := v.send(form)
				if method == http.MethodGet {
					page = s.get(s.kit.URLs.Launch(s.ours.ID) + "?" + form.Encode())
				}
				page.shows(t, refusedTitle, sentence)
				if strings.Contains(page.body, "evil") {
					t.Error("the page repeats what was sent")
				}
				s.isLogged(t, page, lti.CheckPlatformError)
			})
		}
	}
}

// noChance is a source of randomness that has run dry.
type noChance struct{}

func (noChance) Read([]byte) (int, error) { return 0, errors.New("secret detail") }

func TestTroubleOfOurOwnIsNoRefusal(t *testing.T) {
	s := newSchool(t)
	v := s.login()
	s.service.Random = noChance{}
	for name, page := range map[string]answer{
		"launch": v.launch(v.claims()),
		"login":  s.post(s.kit.URLs.Login(s.ours.ID), s.loginForm()),
	} {
		page.shows(t, "Something went wrong on our side")
		page.givesNothingAway(t)
		if page.StatusCode != http.StatusInternalServerError || strings.Contains(page.body, "secret detail") {
			t.Errorf("%s: status %d: %s", name, page.StatusCode, page.text())
		}
	}
	s.service.Random = rand.Reader
	if rows := s.refusals(s.ours); len(rows) != 0 {
		t.Errorf("logged as %+v", rows)
	}
	if again := v.launch(v.claims()); again.StatusCode != http.StatusSeeOther {
		t.Errorf("the state is spent: %s", again.text())
	}
}
