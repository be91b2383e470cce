package lti_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

const (
	claimAGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	claimDL  = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
)

func nothing(*attempt) {}

func anything(*lti.Launch) bool { return true }

func long(n int) string { return strings.Repeat("x", n) }

func anonymous(a *attempt) { a.registrations[0].AllowAnonymous = true }

func acceptNew(a *attempt) { a.registrations[0].AcceptNewDeployments = true }

func noDeploymentAtLogin(a *attempt) { a.login.Del("lti_deployment_id") }

func constant(s string) func(string) string { return func(string) string { return s } }

func spoils(all ...func(*attempt)) func(*attempt) {
	return func(a *attempt) {
		for _, spoil := range all {
			spoil(a)
		}
	}
}

// expired is a token of six minutes ago that lived for one.
func expired(a *attempt) {
	a.claims["iat"], a.claims["exp"] = now.Add(-6*time.Minute).Unix(), now.Add(-5*time.Minute).Unix()
}

func allow(algorithms ...string) func(*attempt) {
	return func(a *attempt) { a.registrations[0].Algorithms = algorithms }
}

func deployments(ids ...string) func(*attempt) {
	return func(a *attempt) { a.registrations[0].Deployments = ids }
}

func odd(note string, check func(*lti.Launch) bool) func(*lti.Launch) bool {
	return func(l *lti.Launch) bool { return slices.Equal(l.Odd, []string{note}) && check(l) }
}

// rawClaims adds members to the claims as they are written.
func rawClaims(members string) func(*attempt) {
	return func(a *attempt) {
		a.claims["nonce"] = "NONCE"
		body := string(mustJSON(a.claims))
		a.bodyJSON = body[:len(body)-1] + "," + members + "}"
		delete(a.claims, "nonce")
	}
}

func unsigned(alg string) func(*attempt) {
	return func(a *attempt) {
		a.header["alg"] = alg
		a.token = func(s string) string { return s[:strings.LastIndex(s, ".")+1] }
	}
}

// hmacSigned takes the public key, which everybody has, for a shared secret.
func hmacSigned(a *attempt) {
	a.header["alg"] = "HS256"
	a.token = func(s string) string {
		signed := s[:strings.LastIndex(s, ".")]
		mac := hmac.New(sha256.New, mustJSON(a.keys[0]))
		mac.Write([]byte(signed))
		return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
}

func rs512(a *attempt) {
	a.header["alg"] = "RS512"
	a.token = func(s string) string {
		signed := s[:strings.LastIndex(s, ".")]
		sum := sha512.Sum512([]byte(signed))
		signature, err := rsa.SignPKCS1v15(nil, a.key, crypto.SHA512, sum[:])
		if err != nil {
			panic(err)
		}
		return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
}

// foreignHeader offers the attacker's own key to verify with.
func foreignHeader(a *attempt) {
	a.key = foreignKey()
	a.header["jwk"] = jwk("k1", &foreignKey().PublicKey)
	a.header["jku"], a.header["x5u"] = "https://evil.example/jwks", "https://evil.example/x5u"
	a.header["x5c"] = []string{"AAAA"}
}

func swapPayload(s string) string {
	parts := strings.Split(s, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), `"u1"`, `"u2"`, 1)))
	return strings.Join(parts, ".")
}

// strayBit sets a bit of the last character that decodes to nothing. A
// signature of 256 bytes leaves four of them.
func strayBit(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

func deepLinks(a *attempt) {
	a.claims[claim+"message_type"] = "LtiDeepLinkingRequest"
	delete(a.claims, claim+"resource_link")
	a.claims[claimDL] = map[string]any{
		"deep_link_return_url": "https://lms.example/dl", "accept_types": []string{"ltiResourceLink"},
		"accept_presentation_document_targets": []string{"iframe"},
	}
}

func returnsTo(url string) func(*attempt) { return withSetting("deep_link_return_url", url) }

func withSetting(name string, value any) func(*attempt) {
	return func(a *attempt) { a.claims[claimDL].(map[string]any)[name] = value }
}

func reviews(a *attempt) {
	a.claims[claim+"message_type"] = "LtiSubmissionReviewRequest"
	a.claims[claim+"for_user"] = map[string]any{"user_id": "u2"}
	a.claims[claimAGS] = map[string]any{"lineitem": "https://lms.example/items/1"}
}
