package lti_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// What the tests of one file after another begin with.
const (
	issuer    = "https://lms.example"
	clientID  = "client-1"
	keySetURL = "https://lms.example/jwks"
	launchURL = "https://tool.example/launch"
	target    = "https://tool.example/scenario"

	claim = "https://purl.imsglobal.org/spec/lti/claim/"
)

var now = time.Date(2026, 3, 1, 10, 15, 30, 0, time.UTC)

func clock() time.Time { return now }

// Keys are expensive to make: one set for all tests.
var (
	platformKey = onceKey(2048)
	foreignKey  = onceKey(2048)
	weakKey     = onceKey(1024)
)

func onceKey(bits int) func() *rsa.PrivateKey {
	return sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		return key
	})
}

func registration() lti.Registration {
	return lti.Registration{
		ID: "r1", Issuer: issuer, ClientID: clientID,
		AuthURL: issuer + "/auth", TokenURL: issuer + "/token", KeySetURL: keySetURL,
		Deployments: []string{"d1"},
	}
}

// registrations are lti.Registrations in a slice.
type registrations []lti.Registration

func (all registrations) Find(_ context.Context, issuer, client string) ([]lti.Registration, error) {
	var found []lti.Registration
	for _, r := range all {
		if strings.EqualFold(strings.TrimSuffix(r.Issuer, "/"), strings.TrimSuffix(issuer, "/")) &&
			(client == "" || r.ClientID == client) {
			found = append(found, r) // as careless as a database's collation
		}
	}
	return found, nil
}

func (all registrations) Registration(_ context.Context, id string) (lti.Registration, error) {
	for _, r := range all {
		if r.ID == id {
			return r, nil
		}
	}
	return lti.Registration{}, lti.ErrNoRegistration
}

// doer answers requests by a function and keeps them.
type doer struct {
	mu     sync.Mutex
	calls  []*http.Request
	answer func(*http.Request) (*http.Response, error)
}

func (d *doer) Do(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.calls = append(d.calls, r)
	d.mu.Unlock()
	return d.answer(r)
}

func (d *doer) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.calls)
}

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: h,
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

func always(status int, body string, header ...string) *doer {
	return &doer{answer: func(*http.Request) (*http.Response, error) { return respond(status, body, header...), nil }}
}

// jwk is the public half of a key as a platform publishes it.
func jwk(kid string, key *rsa.PublicKey) map[string]any {
	number := base64.RawURLEncoding.EncodeToString
	return map[string]any{
		"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig",
		"n": number(key.N.Bytes()), "e": number(big.NewInt(int64(key.E)).Bytes()),
	}
}

func keySet(keys ...map[string]any) string {
	document, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}
	return string(document)
}

// sign makes a compact JWS over any bytes, JSON or not.
func sign(header, payload []byte, key *rsa.PrivateKey) string {
	text := base64.RawURLEncoding.EncodeToString
	signed := text(header) + "." + text(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + text(signature)
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// An attempt is a launch that would pass, taken apart so that a test can spoil
// one thing.
type attempt struct {
	registrations registrations
	tool          *lti.Tool
	login         url.Values // before it is sent

	header, claims       map[string]any // of the id_token
	headerJSON, bodyJSON string         // instead of header and claims, if not empty
	key                  *rsa.PrivateKey
	token                func(string) string               // the last word on the id_token
	keys                 []map[string]any                  // the platform's key set
	migrate              func(nonce string) map[string]any // the claim lti1p1, if not nil

	method    string
	form      url.Values // additions to the launch POST; nil values remove
	cookies   func([]*http.Cookie) []*http.Cookie
	launchURL string
	at        time.Time // when the launch arrives
	started   *lti.Login
	fetched   *doer
}

func newAttempt(t testing.TB) *attempt {
	t.Helper()
	a := &attempt{
		registrations: registrations{registration()},
		login: url.Values{
			"iss": {issuer}, "client_id": {clientID}, "login_hint": {"u1"},
			"target_link_uri": {target}, "lti_deployment_id": {"d1"},
		},
		header: map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"},
		claims: map[string]any{
			"iss": issuer, "aud": clientID, "sub": "u1",
			"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
			claim + "version": "1.3.0", claim + "message_type": "LtiResourceLinkRequest",
			claim + "deployment_id": "d1", claim + "target_link_uri": target,
			claim + "resource_link": map[string]any{"id": "link-1", "title": "Practice"},
			claim + "roles":         []any{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"},
		},
		key: platformKey(), keys: []map[string]any{jwk("k1", &platformKey().PublicKey)},
		method: http.MethodPost, form: url.Values{}, launchURL: launchURL, at: now,
	}
	a.tool = &lti.Tool{States: lti.NewMemoryStates([32]byte{1}), Now: clock}
	return a
}

// begin sends the login request.
func (a *attempt) begin(t testing.TB) {
	t.Helper()
	a.tool.Registrations = a.registrations
	if a.tool.KeySets == nil {
		a.fetched = always(http.StatusOK, keySet(a.keys...))
		a.tool.KeySets = lti.NewKeySets(a.fetched, clock)
	}
	params, err := lti.NewParams(http.MethodPost, a.login)
	if err != nil {
		t.Fatal(err)
	}
	if a.started, err = a.tool.StartLogin(t.Context(), params, launchURL); err != nil {
		t.Fatalf("login: %v", err)
	}
	if _, set := a.claims["nonce"]; !set {
		a.claims["nonce"] = a.started.Pending.Nonce
	}
	if a.migrate != nil {
		a.claims[claim+"lti1p1"] = a.migrate(a.started.Pending.Nonce)
	}
}

func (a *attempt) idToken() string {
	header, body := mustJSON(a.header), mustJSON(a.claims)
	if a.headerJSON != "" {
		header = []byte(a.headerJSON)
	}
	if a.bodyJSON != "" {
		body = []byte(strings.ReplaceAll(a.bodyJSON, "NONCE", a.started.Pending.Nonce))
	}
	token := sign(header, body, a.key)
	if a.token != nil {
		token = a.token(token)
	}
	return token
}

// answer is what the platform would post.
func (a *attempt) answer(t testing.TB) url.Values {
	t.Helper()
	redirect, err := url.Parse(a.started.RedirectURL)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"state": {redirect.Query().Get("state")}, "id_token": {a.idToken()}}
	maps.Copy(form, a.form)
	maps.DeleteFunc(form, func(_ string, v []string) bool { return v == nil })
	return form
}

// finish sends it.
func (a *attempt) finish(t testing.TB) (*lti.Launch, error) {
	t.Helper()
	params, err := lti.NewParams(a.method, a.answer(t))
	if err != nil {
		return nil, err
	}
	cookies := []*http.Cookie{a.started.Cookie}
	if a.cookies != nil {
		cookies = a.cookies(cookies)
	}
	a.tool.Now = func() time.Time { return a.at }
	return a.tool.FinishLaunch(t.Context(), params, cookies, a.launchURL)
}

func (a *attempt) run(t testing.TB) (*lti.Launch, error) {
	t.Helper()
	a.begin(t)
	return a.finish(t)
}

func without(name string) func(*attempt) {
	return func(a *attempt) { delete(a.claims, name) }
}

func with(name string, value any) func(*attempt) {
	return func(a *attempt) { a.claims[name] = value }
}

// wantRefusal checks that a launch was refused by one check, after all those
// before it, and that nothing was spent.
func wantRefusal(t *testing.T, launch *lti.Launch, err error, want lti.Check) *lti.Refusal {
	t.Helper()
	if launch != nil {
		t.Fatalf("launched, want refusal by %q", want)
	}
	refusal, ok := errors.AsType[*lti.Refusal](err)
	if !ok {
		t.Fatalf("error %v (%T) is no refusal", err, err)
	}
	if refusal.Check != want {
		t.Fatalf("refused by %q (%v), want %q", refusal.Check, refusal.Cause, want)
	}
	if refusal.Spec == "" || refusal.Spec != want.Spec() {
		t.Errorf("clause %q of %q", refusal.Spec, want)
	}
	if refusal.Cause == nil {
		t.Error("no cause for the log")
	}
	return refusal
}

func checksBefore(c lti.Check) []lti.Check {
	all := lti.Checks()
	return all[:slices.Index(all, c)]
}
