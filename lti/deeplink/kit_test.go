package deeplink_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
)

var now = time.Date(2026, 3, 1, 10, 15, 30, 0, time.UTC)

func clock() time.Time { return now }

var key = sync.OnceValue(func() lti.PrivateKey {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return lti.PrivateKey{ID: "k1", RSA: pair}
})

// request takes items of every type, one at a time.
func request() deeplink.Request {
	return deeplink.Request{
		Issuer: "https://lms.example", ClientID: "client-1", DeploymentID: "d1",
		Settings: lti.DeepLinking{
			ReturnURL:     "https://lms.example/dl?course=2",
			AcceptTypes:   []string{"ltiResourceLink", "link", "file", "html", "image"},
			AcceptTargets: []string{"iframe", "window", "embed"},
		},
	}
}

// read verifies an answer as a platform would, and returns its claims.
func read(t testing.TB, a deeplink.Answer) map[string]any {
	t.Helper()
	parts := strings.Split(a.JWT, ".")
	if len(parts) != 3 {
		t.Fatalf("answer %q", a.JWT)
	}
	header := decode(t, parts[0])
	if header["alg"] != "RS256" || header["kid"] != "k1" {
		t.Errorf("header %v", header)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&key().RSA.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
		t.Error(err)
	}
	return decode(t, parts[1])
}

func decode(t testing.TB, part string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// unsigned is a signer that leaves the claims to be read, where a thousand
// signatures would only take time.
type unsigned struct{ claims []byte }

func (u *unsigned) Sign(_ context.Context, claims map[string]any) (string, error) {
	var err error
	u.claims, err = json.Marshal(claims)
	return "a.b.c", err
}

// recorded returns the claims of the token in a recorded exchange of a real
// Moodle.
func recorded(t testing.TB, name string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var exchange struct{ Request struct{ Body string } }
	if err := json.Unmarshal(raw, &exchange); err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(exchange.Request.Body, "=")
	return decode(t, strings.Split(token, ".")[1])
}
