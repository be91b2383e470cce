package lti_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
)

// signedWith is the kid of the assertion that a form carries.
func signedWith(form url.Values) string {
	token, _, err := jwt.NewParser().ParseUnverified(form.Get("client_assertion"), jwt.MapClaims{})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(token.Header["kid"])
}

// A platform that keeps old key sets costs no score: the key before is tried
// once, and only if it is the key that is not taken.
func TestFallbackToTheKeyBefore(t *testing.T) {
	moodle := `{ "error" : ""kid" invalid, unable to lookup correct key" }`
	for name, row := range map[string]struct {
		answers map[string]string // what a key gets in place of a token, by kid
		status  int
		none    bool // no fallback
		asked   []string
		granted bool
	}{
		"the new key is known":       {nil, 0, false, []string{"tool-key"}, true},
		"invalid_client":             {map[string]string{"tool-key": `{"error":"invalid_client"}`}, 401, false, []string{"tool-key", "old-key"}, true},
		"Moodle does not know it":    {map[string]string{"tool-key": moodle}, 400, false, []string{"tool-key", "old-key"}, true},
		"Moodle has another key":     {map[string]string{"tool-key": `{"error":"Signature verification failed"}`}, 400, false, []string{"tool-key", "old-key"}, true},
		"both keys are refused":      {map[string]string{"tool-key": moodle, "old-key": moodle}, 400, false, []string{"tool-key", "old-key"}, false},
		"there is no key before":     {map[string]string{"tool-key": moodle}, 400, true, []string{"tool-key"}, false},
		"it is about something else": {map[string]string{"tool-key": `{"error":"invalid_grant"}`}, 400, false, []string{"tool-key"}, false},
		"the platform is down":       {map[string]string{"tool-key": `{"error":"invalid_client"}`}, 503, false, []string{"tool-key"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService()
			granted := s.token
			s.token = func(form url.Values) *http.Response {
				if answer, refused := row.answers[signedWith(form)]; refused {
					return respond(row.status, answer)
				}
				return granted(form)
			}
			opts := []lti.ClientOption{lti.WithFallback(lti.PrivateKey{ID: "old-key", RSA: foreignKey()})}
			if row.none {
				opts = nil
			}
			_, err := newClient(s, opts...).Token(t.Context(), lti.ScopeScore)
			if (err == nil) != row.granted {
				t.Errorf("error %v", err)
			}
			var asked []string
			for _, form := range s.asked {
				asked = append(asked, signedWith(form))
			}
			if !slices.Equal(asked, row.asked) {
				t.Errorf("asked with %q, want %q", asked, row.asked)
			}
		})
	}
}

func TestRefusalStandsWhenTheFallbackCannotSign(t *testing.T) {
	s := newService()
	s.token = func(url.Values) *http.Response { return respond(http.StatusUnauthorized, `{"error":"invalid_client"}`) }
	_, err := newClient(s, lti.WithFallback(brokenSigner{})).Token(t.Context(), lti.ScopeScore)
	if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || !refused.RefusedAssertion() {
		t.Errorf("got %v", err)
	}
}

// A narrower request after a fallback gets through as well.
func TestFallbackAndABundleOfScopes(t *testing.T) {
	s := newService()
	granted := s.token
	s.token = func(form url.Values) *http.Response {
		switch {
		case signedWith(form) == "tool-key":
			return respond(http.StatusUnauthorized, `{"error":"invalid_client"}`)
		case form.Get("scope") != lti.ScopeScore:
			return respond(http.StatusBadRequest, `{"error":"invalid_scope"}`)
		}
		return granted(form)
	}
	client := newClient(s, lti.WithFallback(lti.PrivateKey{ID: "old-key", RSA: foreignKey()}))
	if _, err := client.Token(t.Context(), lti.ScopeScore, lti.ScopeMemberships); err != nil {
		t.Error(err)
	}
}

func TestOnTokenTellsWhichKeyGotAToken(t *testing.T) {
	s := newService()
	granted := s.token
	s.token = func(form url.Values) *http.Response {
		if signedWith(form) == "tool-key" {
			return respond(http.StatusUnauthorized, `{"error":"invalid_client"}`)
		}
		return granted(form)
	}
	var told []string
	client := newClient(s, lti.WithFallback(lti.PrivateKey{ID: "old-key", RSA: foreignKey()}),
		lti.WithOnToken(func(_ context.Context, kid string, err error) {
			refused, ok := errors.AsType[*lti.ServiceError](err)
			told = append(told, fmt.Sprint(kid, " ", err == nil, " ", ok && refused.RefusedAssertion()))
		}))
	for range 2 { // the second one is in the cache
		if _, err := client.Token(t.Context(), lti.ScopeScore); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"tool-key false true", "old-key true false"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
