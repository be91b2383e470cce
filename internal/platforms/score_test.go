package platforms

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// tokens is a token endpoint; it tells which assertions and scopes came.
type tokens struct {
	t          *testing.T
	assertions []jwt.MapClaims
	scopes     []string
}

func (e *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		e.t.Error(err)
	}
	var claims jwt.MapClaims
	_, err := jwt.ParseWithClaims(r.PostForm.Get("client_assertion"), &claims, func(token *jwt.Token) (any, error) {
		if token.Header["kid"] != "key-1" {
			e.t.Errorf("kid %v", token.Header["kid"])
		}
		return &signingPair().PublicKey, nil
	}, jwt.WithoutClaimsValidation())
	if err != nil {
		e.t.Error(err)
	}
	e.assertions = append(e.assertions, claims)
	e.scopes = append(e.scopes, r.PostForm.Get("scope"))
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "scope": r.PostForm.Get("scope")})
}

func TestPostScore(t *testing.T) {
	h := newHouse(t)
	endpoint := &tokens{t: t}
	h.mux.Handle("POST /token", endpoint)
	var posted map[string]any
	h.mux.HandleFunc("POST /items/7/scores", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &posted) != nil {
			t.Errorf("body %q, %v", body, err)
		}
		if r.URL.RawQuery != "type_id=1" || r.Header.Get("Authorization") != "Bearer t" || r.UserAgent() != "Greenroom/test" {
			t.Errorf("%s with %v", r.URL, r.Header)
		}
	})
	c := h.connect("a", nil)
	score := greenroom.ScorePost{
		LineItemURL: h.lms.URL + "/items/7?type_id=1", Subject: "6", Given: 8, Maximum: 10,
		At: time.Date(2026, 3, 1, 10, 15, 30, 123e6, time.UTC), Deployment: "1",
	}
	for range 2 {
		if err := h.platforms.PostScore(t.Context(), h.workspace, c, h.key, score); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]any{
		"userId": "6", "scoreGiven": 8.0, "scoreMaximum": 10.0, "timestamp": "2026-03-01T10:15:30.123Z",
		"activityProgress": "Completed", "gradingProgress": "FullyGraded",
	} {
		if posted[name] != want {
			t.Errorf("%s: %v, want %v", name, posted[name], want)
		}
	}
	if len(endpoint.assertions) != 1 {
		t.Fatalf("%d tokens for two scores", len(endpoint.assertions))
	}
	a := endpoint.assertions[0]
	if a["iss"] != "a" || a["sub"] != "a" || a["aud"] != h.lms.URL+"/token" || a["https://purl.imsglobal.org/spec/lti/claim/deployment_id"] != "1" {
		t.Errorf("assertion %v", a)
	}
}

func TestScoreMaximum(t *testing.T) {
	h := newHouse(t)
	endpoint := &tokens{t: t}
	h.mux.Handle("POST /token", endpoint)
	h.mux.HandleFunc("GET /items/7", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"id": h.lms.URL + r.URL.String(), "label": "Call", "scoreMaximum": 8})
	})
	c := h.connect("a", nil)
	maximum, err := h.platforms.ScoreMaximum(t.Context(), h.workspace, c, h.key, h.lms.URL+"/items/7?type_id=1", "1")
	if err != nil || maximum != 8 {
		t.Errorf("maximum %v, %v", maximum, err)
	}
	_, err = h.platforms.ScoreMaximum(t.Context(), h.workspace, c, h.key, h.lms.URL+"/items/8", "1")
	refused, answered := errors.AsType[*lti.ServiceError](err)
	if !answered || refused.Status != http.StatusNotFound {
		t.Errorf("an unknown line item: %v", err)
	}
}

func TestKeyOfAnotherWorkspaceSignsNothing(t *testing.T) {
	h := newHouse(t)
	c := h.connect("a", nil)
	err := h.platforms.PostScore(t.Context(), "another", c, h.key, greenroom.ScorePost{
		LineItemURL: h.lms.URL + "/items/7", Subject: "stina", Given: 1, Maximum: 2, At: h.now,
	})
	if !errors.Is(err, greenroom.ErrMasterKey) {
		t.Errorf("got %v", err)
	}
}
