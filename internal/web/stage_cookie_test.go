package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestStageCookie(t *testing.T) {
	h := newHouse(t, publicURL)
	w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/lti/w/launch", nil)
	h.SetStageCookie(w, r, "0193-aa", "token", noon.Add(12*time.Hour))
	c := w.Result().Cookies()[0]
	if c.Name != "__Host-stage-0193aa" || !c.Secure || !c.HttpOnly || !c.Partitioned || c.Path != "/" ||
		c.Domain != "" || c.SameSite != http.SameSiteNoneMode || c.MaxAge != 12*60*60 {
		t.Errorf("cookie %v", c)
	}
	r.AddCookie(c)
	if got := h.StageToken(r, "0193-aa"); got != "token" {
		t.Errorf("token %q", got)
	}
	if got := h.StageToken(r, "0193-ab"); got != "" {
		t.Errorf("the token %q of another launch", got)
	}
}

func TestOldestStageCookiesMakeRoom(t *testing.T) {
	h := newHouse(t, publicURL)
	r := httptest.NewRequest("POST", "/lti/w/launch", nil)
	for i := range 21 {
		r.AddCookie(&http.Cookie{Name: fmt.Sprintf("__Host-stage-%02d", 20-i), Value: "x"})
	}
	r.AddCookie(&http.Cookie{Name: "__Host-greenroom", Value: "x"})
	w := httptest.NewRecorder()
	h.SetStageCookie(w, r, greenroom.LaunchID("99"), "token", noon.Add(time.Hour))
	var dropped []string
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			dropped = append(dropped, c.Name)
		}
	}
	if fmt.Sprint(dropped) != "[__Host-stage-00 __Host-stage-01]" {
		t.Errorf("dropped %v", dropped)
	}
}
