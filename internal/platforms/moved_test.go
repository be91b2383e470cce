package platforms

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// The LMS publishes its keys somewhere else by now: the launch is checked all
// the same, and the connection knows.
func TestAnLMSThatMovedItsKeysIsFoundAgain(t *testing.T) {
	r := newRegistrar(t)
	c := r.connect("a", func(c *greenroom.Connection) {
		c.Issuer, c.KeySetURL, c.ConfigurationURL = r.lms.URL, r.lms.URL+"/gone", r.lms.URL+"/openid-configuration"
	})
	keys := r.platforms.KeySets(r.workspace)
	if _, err := keys.Key(t.Context(), registration(c), "lms-1"); err != nil {
		t.Fatal(err)
	}
	kept, err := r.store.Workspace(r.workspace).Connection(t.Context(), c.ID)
	if err != nil || kept.KeySetURL != r.lms.URL+"/jwks" {
		t.Errorf("kept %s, %v", kept.KeySetURL, err)
	}
	log, err := r.store.Workspace(r.workspace).Audit(t.Context(), greenroom.AuditFilter{Action: greenroom.ConnectionMoved})
	if err != nil || len(log) != 1 || log[0].ActorName != greenroom.SystemName {
		t.Errorf("log %+v, %v", log, err)
	}
}

// What was signed for the old token URL is not signed for the new one: an LMS
// could register with another's address, and move to its own.
func TestAnLMSThatMovesTakesNoAudienceAlong(t *testing.T) {
	for name, tc := range map[string]struct {
		tokenURL, said, want string // %s is the LMS
	}{
		"from elsewhere":                  {"https://other.example.com/token", "", ""},
		"and names its own":               {"https://other.example.com/token", "%s/as", "%s/as"},
		"or stays where it was":           {"%s/token", "", "https://other.example.com/token"},
		"where its administrator said so": {"%s/token", "%s/as", "https://other.example.com/token"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistrar(t)
			at := func(s string) string { return strings.ReplaceAll(s, "%s", r.lms.URL) }
			if tc.said != "" {
				r.document["authorization_server"] = at(tc.said)
			}
			c := r.connect("a", func(c *greenroom.Connection) {
				c.Issuer, c.KeySetURL, c.ConfigurationURL = r.lms.URL, r.lms.URL+"/gone", r.lms.URL+"/openid-configuration"
				c.TokenURL, c.Audience = at(tc.tokenURL), "https://other.example.com/token"
			})
			if _, err := r.platforms.KeySets(r.workspace).Key(t.Context(), registration(c), "lms-1"); err != nil {
				t.Fatal(err)
			}
			kept, err := r.store.Workspace(r.workspace).Connection(t.Context(), c.ID)
			if err != nil || kept.TokenURL != r.lms.URL+"/token" || kept.Audience != at(tc.want) {
				t.Errorf("%v: token URL %s, audience %q, want %q", err, kept.TokenURL, kept.Audience, at(tc.want))
			}
		})
	}
}

func TestAConfigurationIsReadAgainNowAndThenOnly(t *testing.T) {
	r := newRegistrar(t)
	r.mux.HandleFunc("GET /empty", answers(http.StatusOK, `{"keys":[]}`))
	r.document["jwks_uri"] = r.lms.URL + "/empty"
	c := r.connect("a", func(c *greenroom.Connection) {
		c.Issuer, c.KeySetURL, c.ConfigurationURL = r.lms.URL, r.lms.URL+"/empty", r.lms.URL+"/openid-configuration"
	})
	keys := r.platforms.KeySets(r.workspace)
	for range 5 {
		if _, err := keys.Key(t.Context(), registration(c), "nobody's"); err == nil {
			t.Fatal("a key that nobody has was found")
		}
	}
	if n := len(r.bearers); n != 1 {
		t.Errorf("read %d times", n)
	}
	r.now = r.now.Add(11 * time.Minute)
	_, _ = keys.Key(t.Context(), registration(c), "nobody's")
	if n := len(r.bearers); n != 2 {
		t.Errorf("read %d times after a while", n)
	}
}

// Whoever answers there now, and calls itself otherwise, is not believed.
func TestAnotherIssuerTakesNothingOver(t *testing.T) {
	r := newRegistrar(t)
	c := r.connect("a", func(c *greenroom.Connection) {
		c.Issuer, c.KeySetURL, c.ConfigurationURL = "https://lms.example.com", r.lms.URL+"/gone", r.lms.URL+"/openid-configuration"
	})
	if _, err := r.platforms.KeySets(r.workspace).Key(t.Context(), registration(c), "lms-1"); err == nil {
		t.Error("its keys are taken")
	}
	if kept, err := r.store.Workspace(r.workspace).Connection(t.Context(), c.ID); err != nil || kept.KeySetURL != r.lms.URL+"/gone" {
		t.Errorf("kept %s, %v", kept.KeySetURL, err)
	}
}
