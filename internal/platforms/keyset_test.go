package platforms

import (
	"bytes"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/outbound"
)

func TestFetchKeySet(t *testing.T) {
	h := newHouse(t)
	mixed := strings.Replace(string(keySet("a")), `"keys":[`, `"keys":[{"kty":"EC","kid":"odd","crv":"P-256","x":"AA","y":"AA"},`, 1)
	h.mux.HandleFunc("/good", answers(http.StatusOK, mixed))
	h.mux.HandleFunc("/none", answers(http.StatusOK, `{"keys":[]}`))
	h.mux.HandleFunc("/html", answers(http.StatusOK, "<html>"))
	h.mux.HandleFunc("/large", answers(http.StatusOK, strings.Repeat(" ", maxKeySet+1)))
	h.mux.HandleFunc("/gone", answers(http.StatusGone, "gone"))

	report, err := h.platforms.FetchKeySet(t.Context(), h.lms.URL+"/good")
	if err != nil || report.Keys != 1 || len(report.Skipped) != 1 || string(report.Document) != mixed {
		t.Errorf("report %+v, %v", report, err)
	}
	if report, err := h.platforms.FetchKeySet(t.Context(), h.lms.URL+"/none"); err != nil || report.Keys != 0 {
		t.Errorf("an empty key set: %+v, %v", report, err)
	}
	for address, want := range map[string]string{
		h.lms.URL + "/html":       "what it answers is not a keyset in JSON",
		h.lms.URL + "/large":      "its answer is too large to be a keyset",
		h.lms.URL + "/gone":       "it answers with status 410 where its keyset should be",
		"https://10.0.0.1/jwks":   "that address is on a private network; the operator can allow it with --allow-network",
		"http://example.com/jwks": "the address must begin with https://",
		"https://exa mple.com/":   "its address is not a URL",
	} {
		_, err := h.platforms.FetchKeySet(t.Context(), address)
		if err == nil || outbound.Explain(err) != want {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

func TestLastGoodKeySetIsKeptWithTheConnection(t *testing.T) {
	h := newHouse(t)
	var document atomic.Value
	document.Store(keySet("one"))
	var down atomic.Bool
	h.mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		_, _ = w.Write(document.Load().([]byte))
	})
	h.connect("a", nil)
	find := func(kid string) error {
		t.Helper()
		r, err := h.platforms.Registrations(h.workspace).Registration(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.platforms.KeySets(h.workspace).Key(t.Context(), r, kid)
		return err
	}
	kept := func(what string, want []byte, at time.Time) {
		t.Helper()
		if c := h.connection("a"); !bytes.Equal(c.KeySet, want) || !c.KeySetAt.Equal(at) {
			t.Errorf("%s: kept %q of %s, want %q of %s", what, c.KeySet, c.KeySetAt, want, at)
		}
	}

	if err := find("one"); err != nil {
		t.Fatal(err)
	}
	first := h.now
	kept("the first", keySet("one"), first)

	h.now = h.now.Add(2 * time.Hour)
	if err := find("one"); err != nil {
		t.Fatal(err)
	}
	kept("unchanged after two hours", keySet("one"), first)

	h.now = h.now.Add(25 * time.Hour)
	if err := find("one"); err != nil {
		t.Fatal(err)
	}
	second := h.now
	kept("unchanged after a day", keySet("one"), second)

	h.now = h.now.Add(2 * time.Hour)
	document.Store(keySet("two"))
	if err := find("two"); err != nil {
		t.Fatal(err)
	}
	kept("changed", keySet("two"), h.now)

	down.Store(true)
	h.now = h.now.Add(48 * time.Hour)
	restarted := New(Options{Store: h.store, Vault: h.platforms.vault, Client: h.platforms.client, Now: h.platforms.now, Random: h.platforms.random, Log: h.platforms.log})
	h.platforms = restarted
	if err := find("two"); err != nil {
		t.Errorf("after a restart, with the platform down: %v", err)
	}
}
