package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Whoever reads the log must not be able to use a link.
func TestTheTokenOfALinkIsNotLogged(t *testing.T) {
	const token = "c2VjcmV0LXRva2Vu"
	h := newHouse(t, publicURL)
	wantStatus(t, h.get("/links/"+token), http.StatusNotFound)
	wantStatus(t, h.post("/links/"+token, url.Values{"password": {"a passphrase"}}), http.StatusNotFound)
	h.get("/links/" + token + "/more")
	h.get("/sign-in?next=/links/" + token)
	if log := h.log.String(); strings.Contains(log, token) || strings.Count(log, `"path":"/links/…"`) != 3 {
		t.Errorf("logged:\n%s", log)
	}
}

func TestACrowdAtTheDoorIsToldWhenToComeAgain(t *testing.T) {
	h := newHouse(t, publicURL)
	h.store.busy = fmt.Errorf("verify: %w", greenroom.ErrBusy)
	res := h.post("/sign-in", url.Values{"email": {"dana@example.com"}, "password": {"correct horse"}})
	wantStatus(t, res, http.StatusServiceUnavailable)
	if after := res.Header.Get("Retry-After"); after != "5" {
		t.Errorf("Retry-After %q", after)
	}
	if page := body(t, res); !strings.Contains(page, "<h1>Too many people at the door</h1>") {
		t.Errorf("the page:\n%s", page)
	}
}

// A sign-in of before leaves nothing to whoever uses the browser next.
func TestSigningInForgetsWhoWasThereBefore(t *testing.T) {
	h := newHouse(t, publicURL)
	h.setUp()
	h.mux.Handle("POST /keep", h.AdminPage(func(_ http.ResponseWriter, r *http.Request) error {
		return h.Flash(r.Context(), Success, "Said to somebody else")
	}))
	wantStatus(t, h.post("/keep", nil), http.StatusOK)
	wantStatus(t, h.post("/sign-in", url.Values{"email": {"dana@example.com"}, "password": {"correct horse"}}), http.StatusSeeOther)
	h.mux.Handle("GET /read", h.AdminPage(func(w http.ResponseWriter, r *http.Request) error {
		return h.Render(w, r, http.StatusOK, h.pages, "error.html", &PageError{Title: "Here"})
	}))
	if page := body(t, h.get("/read")); strings.Contains(page, "Said to somebody else") {
		t.Error("it was said to the next one")
	}
}
