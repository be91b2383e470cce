package launch

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

const configurationURL = "https://lms.example.com/openid-configuration"

// invite makes a registration URL of our workspace, and counts what the LMS is
// asked.
func invite(h *house) (address, token string) {
	h.t.Helper()
	_, token, err := h.service.NewInvite(h.t.Context(), greenroom.Operator(h.ours.ID))
	if err != nil {
		h.t.Fatal(err)
	}
	return h.kit.URLs.Registration(h.ours.ID, token), token
}

// byLMS adds what an LMS adds to a registration URL.
func byLMS(address string) string {
	return address + "&openid_configuration=" + url.QueryEscape(configurationURL) + "&registration_token=hush"
}

func registers(_ context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
	return greenroom.Registered{
		Platform: "Moodle", Issuer: "https://lms.example.com", ClientID: "abc", Deployment: "1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
		Scopes: []string{lti.ScopeScore, lti.ScopeLineItemReadOnly},
	}, nil
}

func TestRegistrationCompletesWithoutAClick(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	var asked greenroom.RegistrationRequest
	h.lms.register = func(ctx context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
		asked = r
		return registers(ctx, r)
	}
	address, _ := invite(h)
	page := h.get(byLMS(address))
	if page.StatusCode != http.StatusOK {
		t.Errorf("status %d", page.StatusCode)
	}
	page.shows(t, "Registration complete", "Moodle", "lms.example.com", "Send scores to the gradebook", "Read an activity's maximum score", "Close")
	if strings.Contains(page.text(), "Not granted") {
		t.Errorf("all was granted: %s", page.text())
	}
	if asked.ConfigurationURL != configurationURL || asked.Token != "hush" {
		t.Errorf("the LMS's parameters arrived as %q, %q", asked.ConfigurationURL, asked.Token)
	}
	want := h.kit.URLs.Endpoints(h.ours.ID, "Greenroom (Sales team)")
	if asked.Tool != want {
		t.Errorf("we said that we are %+v, want %+v", asked.Tool, want)
	}
	if strings.Contains(page.body, "hush") {
		t.Error("the registration token is on the page")
	}
	connections, err := h.service.Connections(t.Context(), greenroom.Operator(h.ours.ID))
	if err != nil || len(connections) != 1 {
		t.Fatalf("%d connections, %v", len(connections), err)
	}
	h.get(byLMS(address)).shows(t, "This registration URL was already used")
}

// The page must be able to speak to the window that opened it.
func TestRegistrationPageKeepsItsOpenerAndItsFrame(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	h.lms.register = registers
	address, _ := invite(h)
	page := h.get(byLMS(address))
	if got := page.Header.Get("Cross-Origin-Opener-Policy"); got != "" {
		t.Errorf("Cross-Origin-Opener-Policy: %s", got)
	}
	if got := page.Header.Get("X-Frame-Options"); got != "" {
		t.Errorf("X-Frame-Options: %s", got)
	}
	if got := page.Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors https:") {
		t.Errorf("Content-Security-Policy: %s", got)
	}
	if !strings.Contains(page.body, `/assets/registered.`) {
		t.Error("the script that closes the window is not on the page")
	}
}

func TestPartialGrantIsSaid(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	h.lms.register = func(ctx context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
		answer, err := registers(ctx, r)
		answer.Scopes, answer.Missing = []string{lti.ScopeLineItemReadOnly}, []string{lti.ScopeScore}
		return answer, err
	}
	address, _ := invite(h)
	h.get(byLMS(address)).shows(t, "Registration complete", "Not granted Send scores to the gradebook",
		"Scores will stay in Greenroom until the grade service is switched on for this tool in the LMS.")
}

func TestEveryScopeThatIsAskedForIsSaidInWords(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	h.lms.register = func(ctx context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
		answer, err := registers(ctx, r)
		answer.Scopes = []string{
			lti.ScopeScore, lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeMemberships, lti.ScopeNoticeHandlers,
		}
		return answer, err
	}
	address, _ := invite(h)
	if page := h.get(byLMS(address)); strings.Contains(page.text(), "/scope/") {
		t.Errorf("a scope is shown by its URL: %s", page.text())
	}
}

func TestRegistrationURLOpenedByAPersonTouchesNothing(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	h.lms.register = func(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error) {
		t.Error("a platform was asked")
		return greenroom.Registered{}, nil
	}
	address, token := invite(h)
	page := h.get(address)
	page.shows(t, "This is a registration URL", "Nothing has happened yet", "paste this there", "It works once, and expires in 1 hour")
	if page.StatusCode != http.StatusOK || !strings.Contains(page.body, address) {
		t.Errorf("status %d; the URL to copy must be on the page", page.StatusCode)
	}
	// Scanners of links ask for the head of what they find.
	head := h.ask(httptest.NewRequestWithContext(t.Context(), http.MethodHead, strings.TrimPrefix(byLMS(address), publicURL), nil))
	if head.StatusCode != http.StatusOK {
		t.Errorf("HEAD: status %d", head.StatusCode)
	}
	if _, err := h.service.CheckInvite(t.Context(), h.ours.ID, token); err != nil {
		t.Errorf("the URL is spoilt: %v", err)
	}
}

func TestRegistrationURLsThatDoNotOpen(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	h.lms.register = func(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error) {
		t.Error("a platform was asked")
		return greenroom.Registered{}, nil
	}
	for name, tc := range map[string]struct {
		spoil  func(h *house, address string) string
		status int
		want   []string
	}{
		"without a token": {
			func(h *house, _ string) string { return h.kit.URLs.Registration(h.ours.ID, "") + "?x=1" },
			http.StatusBadRequest,
			[]string{"This registration URL is damaged", "It is not complete, or something was changed in it on the way.", "Copy the whole URL again from the LTI settings page of your workspace and paste it into your LMS."},
		},
		"edited": {
			func(_ *house, address string) string { return address[:len(address)-3] + "AAA" },
			http.StatusBadRequest,
			[]string{"This registration URL is damaged"},
		},
		"cut": {
			func(_ *house, address string) string { return address[:len(address)-9] },
			http.StatusBadRequest,
			[]string{"This registration URL is damaged"},
		},
		"with two tokens": {
			func(_ *house, address string) string { return address + "&token=x" },
			http.StatusBadRequest,
			[]string{"This registration URL is damaged"},
		},
		"of another workspace": {
			func(h *house, address string) string {
				return strings.Replace(address, string(h.ours.ID), string(h.workspace("Support team").ID), 1)
			},
			http.StatusForbidden,
			[]string{"This registration URL is for another workspace", "The workspace in its address is not the one that it was made for."},
		},
		"expired": {
			func(h *house, address string) string { h.clock.pass(time.Hour); return address },
			http.StatusGone,
			[]string{"This registration URL has expired", "A registration URL works for one hour.", "Generate a new registration URL on the LTI settings page of your workspace and paste it into your LMS."},
		},
		"revoked": {
			func(h *house, address string) string {
				if n, err := h.service.RevokeInvites(h.t.Context(), greenroom.Operator(h.ours.ID)); n != 1 || err != nil {
					h.t.Fatal(n, err)
				}
				return address
			},
			http.StatusGone,
			[]string{"This registration URL was revoked", "An administrator of the workspace has withdrawn it."},
		},
		"of a workspace that does not exist": {
			func(h *house, address string) string {
				return strings.Replace(address, string(h.ours.ID), "nowhere", 1)
			},
			http.StatusNotFound,
			[]string{"This practice room is not here any more"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := invite(h)
			page := h.get(byLMS(tc.spoil(h, address)))
			if page.StatusCode != tc.status {
				t.Errorf("status %d, want %d", page.StatusCode, tc.status)
			}
			page.shows(t, tc.want...)
			page.givesNothingAway(t)
			if page.reference() == "" {
				t.Error("the page has no reference")
			}
		})
	}
}

func TestSecondOpenerIsToldThatItIsInProgress(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	address, _ := invite(h)
	h.lms.register = func(ctx context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
		second := h.get(byLMS(address))
		second.shows(t, "A registration is already in progress", "Wait a minute.")
		if second.StatusCode != http.StatusConflict {
			t.Errorf("status %d", second.StatusCode)
		}
		return registers(ctx, r)
	}
	h.get(byLMS(address)).shows(t, "Registration complete")
}

func TestFailedRegistrationSaysWhyAndKeepsTheURL(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	h.lms.register = func(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error) {
		return greenroom.Registered{}, &greenroom.RegistrationError{
			Text: "The LMS's configuration names no token endpoint.", Cause: errors.New("secret detail"),
		}
	}
	address, _ := invite(h)
	page := h.get(byLMS(address))
	page.shows(t, "The registration didn't complete", "The LMS's configuration names no token endpoint.",
		"Nothing was saved, and this registration URL still works: you can try again.",
		"connect it with the manual form on the LTI settings page.")
	if page.StatusCode != http.StatusUnprocessableEntity || strings.Contains(page.body, "secret detail") {
		t.Errorf("status %d: %s", page.StatusCode, page.text())
	}
	h.lms.register = registers
	h.get(byLMS(address)).shows(t, "Registration complete")
}

func TestTroubleOfOurOwnIsNotBlamedOnTheLMS(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	h.lms.register = func(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error) {
		return greenroom.Registered{}, errors.New("secret detail")
	}
	address, _ := invite(h)
	page := h.get(byLMS(address))
	page.shows(t, "Something went wrong on our side")
	if page.StatusCode != http.StatusInternalServerError || strings.Contains(page.body, "secret detail") {
		t.Errorf("status %d: %s", page.StatusCode, page.text())
	}
}

func TestTwoConfigurationsAreRefused(t *testing.T) {
	h := newHouse(t, http.DefaultClient)
	address, _ := invite(h)
	h.get(byLMS(byLMS(address))).shows(t, "The LMS opened this page with more than one openid_configuration, and Greenroom cannot tell which is meant.")
}
