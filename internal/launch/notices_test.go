package launch

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/pns"
)

// copied is the claims of a notice that course c2 was made of c1.
func (s *school) copied(id string) jwt.MapClaims {
	now := s.clock.Now()
	return jwt.MapClaims{
		"iss": s.server.URL, "aud": "greenroom", "nonce": "nonce " + id, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		claim + "version": "1.3.0", claim + "deployment_id": "1",
		claim + "notice":          map[string]any{"id": id, "type": pns.ContextCopyNotice, "timestamp": "2026-03-02T08:59:00Z"},
		claim + "context":         map[string]any{"id": "c2", "title": "Copy"},
		claim + "origin_contexts": []string{"c1"},
	}
}

// tell posts notices as a platform does, and returns status and answer.
func (s *school) tell(tokens ...string) (int, string) {
	s.t.Helper()
	var list []map[string]string
	for _, token := range tokens {
		list = append(list, map[string]string{"jwt": token})
	}
	body, err := json.Marshal(map[string]any{"notices": list})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.postNotices(string(body))
}

func (s *school) postNotices(body string) (int, string) {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, s.kit.URLs.Notices(s.ours.ID), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (s *school) taken() int {
	s.t.Helper()
	list, err := s.service.Store.Workspace(s.ours.ID).Notices(s.t.Context(), s.connection.ID, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(list)
}

func TestANoticeIsTakenOnce(t *testing.T) {
	s := newSchool(t)
	v := s.login()
	claims := v.claims()
	claims[claim+"context"] = map[string]any{"id": "c1"}
	s.signIn(v.launch(claims))
	token := s.sign(s.copied("1"))
	for range 3 {
		if status, answer := s.tell(token); status != http.StatusOK || answer != "" {
			t.Fatalf("status %d: %s", status, answer)
		}
	}
	if n := s.taken(); n != 1 {
		t.Errorf("%d notices", n)
	}
	copied, err := s.service.Store.Workspace(s.ours.ID).ContextOf(t.Context(), greenroom.Place{Connection: s.connection.ID, Deployment: "1", PlatformID: "c2"})
	if err != nil || copied.CopiedFrom == "" || copied.Title != "Copy" {
		t.Errorf("copy %+v, %v", copied, err)
	}
}

// Each starts from a good notice (OWN-P01).
func TestNoticesThatAreNotBelieved(t *testing.T) {
	s := newSchool(t)
	for name, spoil := range map[string]func(jwt.MapClaims) string{
		"signed by somebody else": func(c jwt.MapClaims) string { return s.signWith(anotherKey(), keyID, c) },
		"for another tool":        func(c jwt.MapClaims) string { c["aud"] = "another"; return s.sign(c) },
		"of another issuer":       func(c jwt.MapClaims) string { c["iss"] = "https://other.example.com"; return s.sign(c) },
		"of another deployment":   func(c jwt.MapClaims) string { c[claim+"deployment_id"] = "2"; return s.sign(c) },
		"run out":                 func(c jwt.MapClaims) string { c["exp"] = s.clock.Now().Add(-time.Hour).Unix(); return s.sign(c) },
		"without a nonce":         func(c jwt.MapClaims) string { delete(c, "nonce"); return s.sign(c) },
		"without a notice":        func(c jwt.MapClaims) string { delete(c, claim+"notice"); return s.sign(c) },
		"without an origin":       func(c jwt.MapClaims) string { delete(c, claim+"origin_contexts"); return s.sign(c) },
		"no token":                func(jwt.MapClaims) string { return "x" },
	} {
		if status, answer := s.tell(spoil(s.copied("1"))); status != http.StatusUnauthorized || !strings.Contains(answer, "(reference ") {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	for name, body := range map[string]string{
		"nothing": "", "no list": `{"notices":"x"}`, "an empty list": `{"notices":[]}`, "no JSON": "notices=x",
		"too many": `{"notices":[` + strings.Repeat(`{"jwt":"x"},`, 100) + `{"jwt":"x"}]}`,
	} {
		if status, _ := s.postNotices(body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	if n := s.taken(); n != 0 {
		t.Errorf("%d notices were taken", n)
	}
	// A bad one does not lose the good ones.
	if status, _ := s.tell("x", s.sign(s.copied("1")), s.signWith(anotherKey(), keyID, s.copied("2"))); status != http.StatusOK || s.taken() != 1 {
		t.Errorf("a good one among bad ones: %d, %d taken", status, s.taken())
	}
}

// Anybody can post a hundred bad notices; the server's log gets a line of them.
func TestBadNoticesLeaveOneLineInTheLog(t *testing.T) {
	s := newSchool(t)
	var log bytes.Buffer
	s.kit.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.tell(slices.Repeat([]string{"x"}, 100)...)
	if n := strings.Count(log.String(), "notices refused"); n != 1 || !strings.Contains(log.String(), "refused=100") || strings.Count(log.String(), "\n") > 2 {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}

func TestNoticesAreLimited(t *testing.T) {
	s := newSchool(t)
	for i := range 201 {
		status, answer := s.postNotices("")
		if want := http.StatusBadRequest; i < 200 && status != want {
			t.Fatalf("request %d: %d", i, status)
		}
		if i == 200 && (status != http.StatusTooManyRequests || !strings.Contains(answer, "Too many")) {
			t.Errorf("request %d: %d %s", i, status, answer)
		}
	}
}

func TestNoticesOfAConnectionThatIsOff(t *testing.T) {
	s := newSchool(t)
	if _, err := s.service.SwitchConnection(t.Context(), greenroom.Operator(s.ours.ID), s.connection.ID, false); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.tell(s.sign(s.copied("1"))); status != http.StatusUnauthorized || s.taken() != 0 {
		t.Errorf("status %d", status)
	}
}
