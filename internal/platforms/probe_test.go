package platforms

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestProbes(t *testing.T) {
	h := newHouse(t)
	endpoint := &tokens{t: t}
	h.mux.Handle("POST /token", endpoint)
	h.mux.HandleFunc("GET /items", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode([]map[string]any{{"id": "1", "label": "a"}, {"id": "2", "label": "b"}, {"id": "3", "label": "c"}})
	})
	h.mux.HandleFunc("GET /members", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not in this course", http.StatusForbidden)
	})
	c := h.connect("a", nil)
	in := greenroom.Context{LineItemsURL: h.lms.URL + "/items", MembershipsURL: h.lms.URL + "/members", Deployment: "1"}

	granted, err := h.platforms.AskScopes(t.Context(), h.workspace, c, h.key, "1", lti.ScopeScore)
	if err != nil || !slices.Equal(granted, []string{lti.ScopeScore}) {
		t.Errorf("granted %v, %v", granted, err)
	}
	kept, err := h.store.Workspace(h.workspace).Connection(t.Context(), c.ID)
	if err != nil || len(kept.Heard) != 1 || !kept.Heard[0].Granted || kept.Heard[0].Scope != lti.ScopeScore {
		t.Errorf("heard %+v, %v", kept.Heard, err)
	}
	for most, want := range map[int]int{100: 3, 2: 2} {
		if n, err := h.platforms.CountLineItems(t.Context(), h.workspace, c, h.key, in, most); err != nil || n != want {
			t.Errorf("%d columns of at most %d, %v", n, most, err)
		}
	}
	_, err = h.platforms.CountMembers(t.Context(), h.workspace, c, h.key, in, 10)
	if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Status != http.StatusForbidden || refused.Text != "not in this course" {
		t.Errorf("members: %v", err)
	}
}

func TestReadingAConfigurationAgain(t *testing.T) {
	r := newRegistrar(t)
	if _, err := r.register(); err != nil {
		t.Fatal(err)
	}
	cfg, err := r.platforms.ReadConfiguration(t.Context(), r.lms.URL+"/openid-configuration")
	if err != nil || cfg.KeySetURL == "" || cfg.Issuer == "" {
		t.Errorf("read %+v, %v", cfg, err)
	}
	r.lms.Close()
	_, err = r.platforms.ReadConfiguration(t.Context(), r.lms.URL+"/openid-configuration")
	if problem, ok := errors.AsType[*greenroom.RegistrationError](err); !ok || problem.Text == "" {
		t.Errorf("got %v", err)
	}
}

func TestTokensInAConfigurationsAddressAreNotKept(t *testing.T) {
	for from, want := range map[string]string{
		"https://canvas.example.com/api/lti/security/openid-configuration?registration_token=secret": "https://canvas.example.com/api/lti/security/openid-configuration",
		"https://lms.example.com/config?a=1&registration_token=secret":                               "https://lms.example.com/config?a=1",
		"https://lms.example.com/config?b=%2F":                                                       "https://lms.example.com/config?b=%2F",
		"not a URL at all":                                                                           "",
	} {
		if got := keptURL(from); got != want {
			t.Errorf("%s: %s", from, got)
		}
	}
}
