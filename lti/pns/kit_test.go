package pns_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

const (
	claim   = "https://purl.imsglobal.org/spec/lti/claim/"
	service = "https://lms.example/pns?deployment=1"
)

var now = time.Date(2026, 3, 1, 10, 15, 30, 0, time.UTC)

func onceKey(id string) func() lti.PrivateKey {
	return sync.OnceValue(func() lti.PrivateKey {
		pair, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return lti.PrivateKey{ID: id, RSA: pair}
	})
}

var key, foreign = onceKey("k1"), onceKey("k1")

// theOnly registration of a tool, with the platform's key.
type theOnly lti.Registration

func (r theOnly) Find(context.Context, string, string) ([]lti.Registration, error) {
	return []lti.Registration{lti.Registration(r)}, nil
}

func (r theOnly) Registration(context.Context, string) (lti.Registration, error) {
	return lti.Registration(r), nil
}

func (theOnly) Key(_ context.Context, _ lti.Registration, kid string) (*rsa.PublicKey, error) {
	if kid != "k1" {
		return nil, lti.ErrUnknownKey
	}
	return &key().RSA.PublicKey, nil
}

func tool() *lti.Tool {
	known := theOnly{ID: "r1", Issuer: "https://lms.example", ClientID: "client-1", Deployments: []string{"d1"}}
	return &lti.Tool{Registrations: known, KeySets: known, Now: func() time.Time { return now }}
}

// copied is the claims of a notice that a course was copied.
func copied(id string) map[string]any {
	return map[string]any{
		"iss": "https://lms.example", "aud": "client-1", "azp": "client-1", "nonce": "n-" + id,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		claim + "version": "1.3.0", claim + "deployment_id": "d1",
		claim + "notice":          map[string]any{"id": id, "type": "LtiContextCopyNotice", "timestamp": "2026-03-01T10:15:00.5Z"},
		claim + "context":         map[string]any{"id": "c2", "title": "Copy"},
		claim + "origin_contexts": []string{"c1"},
	}
}

func sign(t testing.TB, k lti.PrivateKey, claims map[string]any) string {
	t.Helper()
	token, err := k.Sign(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// posted is the body of a request with these tokens.
func posted(t testing.TB, tokens ...string) string {
	t.Helper()
	notices := make([]map[string]string, len(tokens))
	for i, token := range tokens {
		notices[i] = map[string]string{"jwt": token}
	}
	body, err := json.Marshal(map[string]any{"notices": notices})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A platform answers service calls by a function; tokens it gives to anybody.
type platform struct {
	answer func(r *http.Request, body string) (status int, answer string)
	calls  []*http.Request
	bodies []string
	scopes string
}

func (p *platform) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	status, answer := 200, `{"access_token":"t"}`
	if r.URL.Path == "/token" {
		p.scopes = string(body)
	} else {
		p.calls, p.bodies = append(p.calls, r), append(p.bodies, string(body))
		status, answer = p.answer(r, string(body))
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

func (p *platform) client() *lti.Client {
	return lti.NewClient(lti.Registration{ClientID: "c", TokenURL: "https://lms.example/token"}, key(), p)
}

func always(status int, answer string) *platform {
	return &platform{answer: func(*http.Request, string) (int, string) { return status, answer }}
}

// unsigned is a token with a signature of nothing.
func unsigned(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	return text([]byte(`{"alg":"RS256","kid":"k1"}`)) + "." + text(payload) + "." + text(make([]byte, 256))
}

// keyOfNobody is a platform's key that has no other half.
type keyOfNobody rsa.PublicKey

func (k keyOfNobody) Key(context.Context, lti.Registration, string) (*rsa.PublicKey, error) {
	key := rsa.PublicKey(k)
	return &key, nil
}
