package launch

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestForgedLaunches(t *testing.T) {
	s := newSchool(t)
	for name, tc := range map[string]struct {
		token func(v visit) string
		check lti.Check
	}{
		"plain text":              {func(visit) string { return "not a token" }, lti.CheckToken},
		"nothing":                 {func(visit) string { return "" }, lti.CheckRequest},
		"signed by somebody else": {func(v visit) string { return s.signWith(anotherKey(), keyID, v.claims()) }, lti.CheckSignature},
		"under an unknown key":    {func(v visit) string { return s.signWith(anotherKey(), "evil-key", v.claims()) }, lti.CheckKey},
		"unsigned": {func(v visit) string {
			unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, v.claims()).SignedString(jwt.UnsafeAllowNoneSignatureType)
			if err != nil {
				t.Fatal(err)
			}
			return unsigned
		}, lti.CheckAlgorithm},
		"signed with the public key as a secret": {func(v visit) string {
			token := jwt.NewWithClaims(jwt.SigningMethodHS256, v.claims())
			token.Header["kid"] = keyID
			signed, err := token.SignedString(s.key.PublicKey.N.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			return signed
		}, lti.CheckAlgorithm},
		"with a payload that was changed": {func(v visit) string {
			parts := strings.Split(s.sign(v.claims()), ".")
			payload, err := base64.RawURLEncoding.DecodeString(parts[1])
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(payload), `"sub":"6"`, `"sub":"7"`, 1)
			return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(changed)) + "." + parts[2]
		}, lti.CheckSignature},
	} {
		t.Run(name, func(t *testing.T) {
			v := s.login()
			form := url.Values{"state": {v.state}}
			if token := tc.token(v); token != "" {
				form.Set("id_token", token)
			}
			page := v.send(form)
			want := sentences[tc.check]
			page.shows(t, refusedTitle, want.text)
			page.givesNothingAway(t)
			if page.StatusCode != want.status {
				t.Errorf("status %d, want %d", page.StatusCode, want.status)
			}
			if strings.Contains(page.text(), "Back to the course") {
				t.Error("a forged launch gets a way back")
			}
			s.isLogged(t, page, tc.check)
		})
	}
}

func TestStatesThatAreNotOurs(t *testing.T) {
	s := newSchool(t)
	other := s.workspace("Support team")
	if _, err := s.service.SaveConnection(t.Context(), greenroom.Operator(other.ID), s.form()); err != nil {
		t.Fatal(err)
	}
	const unknown = "This launch took too long, or it did not begin here."
	send := func(v visit, state string, cookies []*http.Cookie) answer {
		v.cookies = cookies
		return v.send(url.Values{"state": {state}, "id_token": {s.sign(v.claims())}})
	}
	for name, tc := range map[string]struct {
		send     func(v visit) answer
		sentence string
		check    lti.Check
	}{
		"invented": {func(v visit) answer { return send(v, "evil", v.cookies) }, unknown, lti.CheckState},
		"changed": {func(v visit) answer {
			return send(v, v.state[:10]+"AAAA"+v.state[14:], v.cookies)
		}, unknown, lti.CheckState},
		"too old": {func(v visit) answer {
			s.clock.pass(11 * time.Minute)
			return v.launch(v.claims())
		}, unknown, lti.CheckState},
		"of another workspace": {func(v visit) answer {
			began := s.post(s.kit.URLs.Login(other.ID), url.Values{
				"iss": {s.server.URL}, "client_id": {"greenroom"}, "login_hint": {"6"}, "target_link_uri": {s.kit.URLs.Launch(other.ID)},
			})
			to, err := began.Location()
			if err != nil {
				t.Fatal(err)
			}
			return send(v, to.Query().Get("state"), began.Cookies())
		}, unknown, lti.CheckState},
		"of another browser": {func(v visit) answer {
			return send(v, v.state, s.login().cookies)
		}, "Your browser did not bring back what Greenroom gave it a moment ago.", lti.CheckBrowser},
		"of a browser without cookies": {func(v visit) answer {
			return send(v, v.state, nil)
		}, "Your browser did not bring back what Greenroom gave it a moment ago.", lti.CheckBrowser},
	} {
		t.Run(name, func(t *testing.T) {
			page := tc.send(s.login())
			page.shows(t, refusedTitle, tc.sentence)
			page.givesNothingAway(t)
			s.isLogged(t, page, tc.check)
		})
	}
}

func TestLaunchWorksOnce(t *testing.T) {
	s := newSchool(t)
	v := s.login()
	form := url.Values{"state": {v.state}, "id_token": {s.sign(v.claims())}}
	if first := v.send(form); first.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", first.StatusCode, first.text())
	}
	again := v.send(form)
	again.shows(t, refusedTitle, "This launch was already used.", "Go back to your course and open the activity again.")
	if again.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", again.StatusCode)
	}
	s.isLogged(t, again, lti.CheckReplay)
}

// A double click on a slow page posts the same launch twice at once.
func TestSameLaunchTwiceAtOnceOpensOneStage(t *testing.T) {
	s := newSchool(t)
	v := s.login()
	form := url.Values{"state": {v.state}, "id_token": {s.sign(v.claims())}}
	statuses := make(chan int)
	for range 8 {
		go func() { statuses <- v.send(form).StatusCode }()
	}
	count := map[int]int{}
	for range 8 {
		count[<-statuses]++
	}
	if count[http.StatusSeeOther] != 1 || count[http.StatusForbidden] != 7 {
		t.Errorf("statuses %v, want one 303 and seven 403", count)
	}
}
