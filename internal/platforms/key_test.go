package platforms

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// choosy is a token endpoint that grants tokens to some keys alone.
type choosy struct {
	t      *testing.T
	known  []string
	asked  []string
	expiry int // of tokens, in seconds
}

func (e *choosy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, _, err := jwt.NewParser().ParseUnverified(r.FormValue("client_assertion"), jwt.MapClaims{})
	if err != nil {
		e.t.Error(err)
		return
	}
	kid := fmt.Sprint(token.Header["kid"])
	e.asked = append(e.asked, kid)
	if !slices.Contains(e.known, kid) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "t", "expires_in": e.expiry, "scope": r.FormValue("scope")})
}

// rotated gives the workspace a second key that signs from now on, and ends the
// first one.
func (h *house) rotated(withdrawn bool) greenroom.Key {
	h.t.Helper()
	next, err := h.platforms.vault.SealKey(h.workspace, "key-2", signingPair())
	if err != nil {
		h.t.Fatal(err)
	}
	next.CreatedAt, next.SignsAt = h.now, h.now
	old := h.key
	old.RetiresAt = h.now
	if withdrawn {
		old.WithdrawnAt, old.Sealed = h.now, nil
	}
	err = h.store.Workspace(h.workspace).Update(h.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		if err := tx.SaveKey(ctx, old); err != nil {
			return err
		}
		return tx.AddKey(ctx, next)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return next
}

func (h *house) uses() map[greenroom.KeyID]greenroom.KeyUse {
	h.t.Helper()
	all, err := h.store.Workspace(h.workspace).KeyUses(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	byKey := map[greenroom.KeyID]greenroom.KeyUse{}
	for _, u := range all {
		byKey[u.Key] = u
	}
	return byKey
}

// A platform that keeps our key set for long loses no score to a rotation.
func TestScoreReachesAPlatformThatKnowsOnlyTheKeyBefore(t *testing.T) {
	h := newHouse(t)
	endpoint := &choosy{t: t, known: []string{"key-1"}, expiry: 120}
	h.mux.Handle("POST /token", endpoint)
	posted := 0
	h.mux.HandleFunc("POST /items/7/scores", func(http.ResponseWriter, *http.Request) { posted++ })
	c, next := h.connect("a", nil), h.rotated(false)
	post := func() error {
		return h.platforms.PostScore(t.Context(), h.workspace, c, next, greenroom.ScorePost{LineItemURL: h.lms.URL + "/items/7", Subject: "6", Maximum: 10, At: h.now, Deployment: "1"})
	}
	if err := post(); err != nil || posted != 1 {
		t.Fatalf("%d scores, %v", posted, err)
	}
	if want := []string{"key-2", "key-1"}; !slices.Equal(endpoint.asked, want) {
		t.Errorf("asked with %q, want %q", endpoint.asked, want)
	}
	uses := h.uses()
	if u := uses["key-2"]; !u.RefusedAt.Equal(h.now) || !u.AcceptedAt.IsZero() {
		t.Errorf("the new key: %+v", u)
	}
	if u := uses["key-1"]; !u.AcceptedAt.Equal(h.now) || !u.RefusedAt.IsZero() {
		t.Errorf("the key before: %+v", u)
	}

	endpoint.known, endpoint.asked = []string{"key-2"}, nil // it has read our key set
	h.now = h.now.Add(10 * time.Minute)
	if err := post(); err != nil || len(endpoint.asked) != 1 {
		t.Errorf("asked with %q, %v", endpoint.asked, err)
	}
	if u := h.uses()["key-2"]; !u.AcceptedAt.Equal(h.now) {
		t.Errorf("the new key: %+v", u)
	}
}

// A key that has leaked is never shown again, whatever a platform knows.
func TestWithdrawnKeySignsNothing(t *testing.T) {
	h := newHouse(t)
	endpoint := &choosy{t: t, known: []string{"key-1"}, expiry: 3600}
	h.mux.Handle("POST /token", endpoint)
	c, next := h.connect("a", nil), h.rotated(true)
	err := h.platforms.PostScore(t.Context(), h.workspace, c, next, greenroom.ScorePost{LineItemURL: h.lms.URL + "/items/7", Subject: "6", Maximum: 10, At: h.now, Deployment: "1"})
	if err == nil || !slices.Equal(endpoint.asked, []string{"key-2"}) {
		t.Errorf("asked with %q, %v", endpoint.asked, err)
	}
}

// A platform that has no answer says nothing about the key.
func TestPlatformThatIsDownRefusesNoKey(t *testing.T) {
	h := newHouse(t)
	h.mux.HandleFunc("POST /token", answers(http.StatusServiceUnavailable, "down"))
	c := h.connect("a", nil)
	if err := h.platforms.PostScore(t.Context(), h.workspace, c, h.key, greenroom.ScorePost{LineItemURL: h.lms.URL + "/items/7", Subject: "6", Maximum: 10, At: h.now}); err == nil {
		t.Error("a score arrived")
	}
	keys, err := h.store.Workspace(h.workspace).Keys(t.Context())
	if err != nil || !keys[0].UsedAt.Equal(h.now) || len(h.uses()) != 0 {
		t.Errorf("key %+v, uses %v, %v", keys[0].UsedAt, h.uses(), err)
	}
}
