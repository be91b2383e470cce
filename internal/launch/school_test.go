package launch

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// A school is an LMS that is connected to a house's workspace. It signs
// whatever a test tells it to.
type school struct {
	*house
	server     *httptest.Server
	mux        *http.ServeMux // of the server
	connection greenroom.Connection
	key        *rsa.PrivateKey
}

// Keys take long to make; two are enough.
var (
	schoolKey  = sync.OnceValue(newKey)
	anotherKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

const keyID = "school-1"

func newSchool(t *testing.T) *school {
	t.Helper()
	s := &school{house: newHouse(t, http.DefaultClient), key: schoolKey()}
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(lti.KeySetDocument(lti.PublicKey{ID: keyID, RSA: &s.key.PublicKey}))
	})
	s.server = httptest.NewServer(s.mux)
	t.Cleanup(s.server.Close)
	saved, err := s.service.SaveConnection(t.Context(), greenroom.Operator(s.ours.ID), s.form())
	if err != nil {
		t.Fatal(err)
	}
	s.connection = saved.Connection
	return s
}

func (s *school) form() greenroom.ConnectionForm {
	return greenroom.ConnectionForm{
		Platform: "School", Issuer: s.server.URL, ClientID: "greenroom", Deployments: "1",
		AuthURL: s.server.URL + "/auth", TokenURL: s.server.URL + "/token", KeySetURL: s.server.URL + "/jwks",
	}
}

// loginForm is what the LMS has the browser post to begin with.
func (s *school) loginForm() url.Values {
	return url.Values{
		"iss": {s.server.URL}, "client_id": {"greenroom"}, "lti_deployment_id": {"1"},
		"login_hint": {"6"}, "lti_message_hint": {`{"cmid":4}`},
		"target_link_uri": {s.kit.URLs.Launch(s.ours.ID)},
	}
}

// A visit is a browser between login and launch.
type visit struct {
	school  *school
	cookies []*http.Cookie
	state   string
	nonce   string
	to      *url.URL
}

// login begins a launch the way a browser does.
func (s *school) login() visit {
	s.t.Helper()
	return s.loginWith(s.loginForm())
}

func (s *school) loginWith(form url.Values) visit {
	s.t.Helper()
	began := s.post(s.kit.URLs.Login(s.ours.ID), form)
	if began.StatusCode != http.StatusFound {
		s.t.Fatalf("login: status %d: %s", began.StatusCode, began.text())
	}
	to, err := began.Location()
	if err != nil {
		s.t.Fatal(err)
	}
	return visit{
		school: s, cookies: began.Cookies(), to: to,
		state: to.Query().Get("state"), nonce: to.Query().Get("nonce"),
	}
}

const claim = "https://purl.imsglobal.org/spec/lti/claim/"

// claims are those of a learner's launch.
func (v visit) claims() jwt.MapClaims {
	s := v.school
	now := s.clock.Now()
	return jwt.MapClaims{
		"iss": s.server.URL, "aud": "greenroom", "sub": "6", "nonce": v.nonce,
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		"name": "Ada <b>Lovelace</b>", "email": "ada@example.com",
		claim + "version":         "1.3.0",
		claim + "message_type":    lti.MessageResourceLink,
		claim + "deployment_id":   "1",
		claim + "target_link_uri": s.kit.URLs.Launch(s.ours.ID),
		claim + "resource_link":   map[string]any{"id": "4", "title": "First call"},
		claim + "roles":           []string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"},
		claim + "custom":          map[string]any{greenroom.ScenarioParameter: "first-call"},
		claim + "launch_presentation": map[string]any{
			"return_url": "https://lms.example.com/return.php?course=2&sesskey=abc",
		},
		"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": map[string]any{
			"scope": []string{lti.ScopeScore}, "lineitem": s.server.URL + "/lineitems/7?type_id=1",
		},
	}
}

func (s *school) sign(claims jwt.MapClaims) string {
	return s.signWith(s.key, keyID, claims)
}

func (s *school) signWith(key *rsa.PrivateKey, id string, claims jwt.MapClaims) string {
	s.t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = id
	signed, err := token.SignedString(key)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

// launch brings a signed message to the launch URL.
func (v visit) launch(claims jwt.MapClaims) answer {
	v.school.t.Helper()
	return v.send(url.Values{"state": {v.state}, "id_token": {v.school.sign(claims)}})
}

func (v visit) send(form url.Values) answer {
	v.school.t.Helper()
	return v.school.post(v.school.kit.URLs.Launch(v.school.ours.ID), form, v.cookies...)
}

// signIn returns the launch that an answer leads to, and the browser's token
// for it.
func (s *school) signIn(opened answer) (greenroom.LaunchID, string) {
	s.t.Helper()
	if opened.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("launch: status %d: %s", opened.StatusCode, opened.text())
	}
	to, err := opened.Location()
	if err != nil {
		s.t.Fatal(err)
	}
	id := greenroom.LaunchID(to.Path[strings.LastIndex(to.Path, "/")+1:])
	if to.String() != s.kit.URLs.Stage(s.ours.ID, id) {
		s.t.Errorf("sent to %s", to)
	}
	browser := &http.Request{Header: http.Header{}}
	for _, c := range opened.Cookies() {
		browser.AddCookie(c)
	}
	return id, s.kit.StageToken(browser, id)
}
