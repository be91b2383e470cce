package ltitest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// stranger is a key that no platform has.
var stranger = sync.OnceValue(func() lti.PrivateKey { return mustKey("stranger") })

func mustKey(id string) lti.PrivateKey {
	key, err := lti.NewPrivateKey(rand.Reader, id)
	if err != nil {
		panic(err)
	}
	return key
}

// unsigned is a token without signature under an algorithm that asks for none.
func unsigned(alg string) Spoil {
	return all(header("alg", alg), token(func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] }))
}

// hmacSigned takes the public key, which everybody has, for a shared secret.
func hmacSigned(a *Attempt) {
	a.Header["alg"] = "HS256"
	document := lti.KeySetDocument(a.Key.Public())
	a.Token = func(s string) string {
		signed := s[:strings.LastIndexByte(s, '.')]
		mac := hmac.New(sha256.New, document)
		mac.Write([]byte(signed))
		return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
}

// ownKey offers the stranger's key to verify with.
func ownKey(address string) Spoil {
	return func(a *Attempt) {
		a.Key = stranger()
		var set struct{ Keys []map[string]any }
		if json.Unmarshal(lti.KeySetDocument(stranger().Public()), &set) == nil {
			a.Header["jwk"] = set.Keys[0]
		}
		a.Header["jku"], a.Header["x5u"] = address, address
		a.Header["x5c"] = []string{"AAAA"}
	}
}

// swapped changes the payload after it was signed.
func swapped(s string) string {
	parts := strings.Split(s, ".")
	plain, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || len(parts) != 3 {
		return ""
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(plain), `"sub":"`, `"sub":"1`, 1)))
	return strings.Join(parts, ".")
}

// strayBit sets a bit of the last character that decodes to nothing.
func strayBit(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

func client(a *Attempt) string {
	s, _ := a.Claims["aud"].(string)
	return s
}

func audience(others ...string) Spoil {
	return func(a *Attempt) { a.Claims["aud"] = append([]string{client(a)}, others...) }
}

var tokenCases = []Case{
	each("OWN-T01", "a token that nobody signed is refused",
		variant{name: "alg none", spoil: unsigned("none"), check: lti.CheckAlgorithm},
		variant{name: "alg None", spoil: unsigned("None"), check: lti.CheckAlgorithm},
		variant{name: "alg NONE", spoil: unsigned("NONE"), check: lti.CheckAlgorithm},
		variant{name: "an empty signature", spoil: token(func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] }), check: lti.CheckSignature}),
	each("OWN-T02", "the public key is no shared secret", variant{spoil: hmacSigned, check: lti.CheckAlgorithm}),
	each("OWN-T03", "algorithms that the registration does not allow are refused",
		variant{name: "RS384", spoil: header("alg", "RS384"), check: lti.CheckAlgorithm},
		variant{name: "RS512", spoil: header("alg", "RS512"), check: lti.CheckAlgorithm},
		variant{name: "PS256", spoil: header("alg", "PS256"), check: lti.CheckAlgorithm},
		variant{name: "ES256", spoil: header("alg", "ES256"), check: lti.CheckAlgorithm}),
	{"OWN-T04", "a key that the token brings itself is not used", func(t *trial) error {
		const path = "/attacker/keys"
		a, err := t.launch(t.site.learner, nil, ownKey(t.suite.base+path))
		if err := t.refused(lti.CheckSignature, a, err); err != nil {
			return err
		}
		if n := t.suite.strangers(path); n > 0 {
			return fmt.Errorf("%d calls to the address that the token names", n)
		}
		return nil
	}},
	each("OWN-T05", "a kid is compared and not interpreted",
		variant{name: "a path", spoil: header("kid", "../../etc/passwd"), check: lti.CheckKey},
		variant{name: "SQL", spoil: header("kid", "' OR 1=1"), check: lti.CheckKey},
		variant{name: "10 kB", spoil: header("kid", strings.Repeat("k", 10<<10)), check: lti.CheckKey},
		variant{name: "a list", spoil: func(a *Attempt) { a.Header["kid"] = []any{a.Header["kid"]} }, check: lti.CheckKey},
		variant{name: "a number", spoil: header("kid", 1), check: lti.CheckKey}),
	each("OWN-T06", "headers that change what a token means are refused",
		variant{name: "crit", spoil: header("crit", []string{"exp"}), check: lti.CheckToken},
		variant{name: "b64", spoil: header("b64", false), check: lti.CheckToken},
		variant{name: "zip", spoil: header("zip", "DEF"), check: lti.CheckToken},
		variant{name: "five parts", spoil: token(func(s string) string { return s + ".AAAA.AAAA" }), check: lti.CheckToken}),
	each("OWN-T07", "a payload that was changed is refused",
		variant{name: "another sub", spoil: token(swapped), check: lti.CheckSignature},
		variant{name: "the signature of another token", spoil: token(func(s string) string {
			return s[:strings.LastIndexByte(s, '.')+1] + base64.RawURLEncoding.EncodeToString(make([]byte, 256))
		}), check: lti.CheckSignature}),
	{"OWN-T08", "a signature by somebody else is refused", func(t *trial) error {
		a, err := t.launch(t.site.learner, nil, func(a *Attempt) { a.Key = stranger() })
		if err := t.refused(lti.CheckSignature, a, err); err != nil {
			return named("a stranger", err)
		}
		other, err := t.suite.connected(t.ctx, platform.Generic, nil, nil)
		if err != nil {
			return err
		}
		a, err = t.launch(t.site.learner, nil, func(a *Attempt) { a.Key = other.Key(); a.Header["kid"] = other.Key().ID })
		return named("another platform of the same tool", t.refused(lti.CheckKey, a, err))
	}},
	{"OWN-T09", "a new key of the platform is found, and unknown ones do not make the tool ask again and again", func(t *trial) error {
		own, err := t.own(platform.Generic, nil)
		if err != nil {
			return err
		}
		if err := own.accepted(own.launch(own.site.learner, nil)); err != nil {
			return err
		}
		if err := own.site.Rotate(); err != nil {
			return err
		}
		if err := named("after the rotation", own.accepted(own.launch(own.site.learner, nil))); err != nil {
			return err
		}
		before := len(own.site.Calls("/lti/jwks"))
		for range 3 {
			a, err := own.launch(own.site.learner, nil, header("kid", "a-key-of-nobody"))
			if err := own.refused(lti.CheckKey, a, err); err != nil {
				return err
			}
		}
		if n := len(own.site.Calls("/lti/jwks")) - before; n > 1 {
			return fmt.Errorf("three tokens with an unknown kid made %d calls", n)
		}
		return nil
	}},
	each("OWN-T16", "another issuer is refused",
		variant{name: "a stranger's", spoil: set("iss", "https://evil.example.com"), check: lti.CheckIssuer},
		variant{name: "with a slash", spoil: func(a *Attempt) { a.Claims["iss"] = fmt.Sprint(a.Claims["iss"], "/") }, check: lti.CheckIssuer}),
	each("OWN-T17", "a token for somebody else is refused",
		variant{name: "a list with us alone", spoil: audience()},
		variant{name: "us and another", spoil: audience("other"), check: lti.CheckAudience},
		variant{name: "us and another, azp us", spoil: func(a *Attempt) { a.Claims["azp"] = client(a); audience("other")(a) }, check: lti.CheckAudience},
		variant{name: "us and another, azp another", spoil: all(audience("other"), set("azp", "other")), check: lti.CheckAudience},
		variant{name: "an empty list", spoil: set("aud", []string{}), check: lti.CheckAudience},
		variant{name: "another alone", spoil: set("aud", "other"), check: lti.CheckAudience}),
	each("OWN-T18", "an authorized party other than us is refused",
		variant{spoil: set("azp", "other"), check: lti.CheckAuthorizedParty}),
	each("OWN-T19", "clocks may differ by a minute, and no more",
		variant{name: "expired 30 s ago", spoil: at(-90, -30)},
		variant{name: "expired 5 min ago", spoil: at(-6*60, -5*60), check: lti.CheckExpiry},
		variant{name: "issued in 30 s", spoil: at(30, 90)},
		variant{name: "issued in an hour", spoil: at(hour, 2*hour), check: lti.CheckIssuedAt},
		variant{name: "issued a day ago, still valid", spoil: at(-day, 60), check: lti.CheckIssuedAt},
		variant{name: "not before an hour from now", spoil: after("nbf", hour), check: lti.CheckNotBefore},
		variant{name: "exp 1e300", spoil: set("exp", 1e300), check: lti.CheckExpiry},
		variant{name: "exp with a fraction", spoil: set("exp", 1900000000.5), check: lti.CheckExpiry},
		variant{name: "exp NaN", spoil: set("exp", "NaN"), check: lti.CheckExpiry}),
	{"OWN-T21", "a nonce is used once, and only by a launch that succeeded", func(t *trial) error {
		if err := runAll(t, []variant{
			{name: "no nonce", spoil: drop("nonce"), check: lti.CheckNonce},
			{name: "an empty nonce", spoil: set("nonce", ""), check: lti.CheckNonce},
			{name: "another nonce", spoil: set("nonce", "another-nonce-another-nonce"), check: lti.CheckNonce},
		}, t.site.learner); err != nil {
			return err
		}
		l, err := t.login(t.browser(), t.site.learner, nil)
		if err != nil {
			return err
		}
		good, err := t.attempt(l)
		if err != nil {
			return err
		}
		bad := *good
		bad.Claims = map[string]any{}
		for name, value := range good.Claims {
			bad.Claims[name] = value
		}
		bad.Form = map[string][]string{"state": good.Form["state"]}
		delete(bad.Claims, claim+"roles")
		signed, err := bad.sign()
		if err != nil {
			return err
		}
		bad.Form.Set("id_token", signed)
		b := *l.browser
		a, err := t.post(&b, &bad)
		if err := t.refused(lti.CheckRoles, a, err); err != nil {
			return named("a launch that fails", err)
		}
		if err := named("the same login, after a failure that was mended", t.accepted(t.post(l.browser, good))); err != nil {
			return err
		}
		again := browser{t: t, dest: "document"} // without what the launch has left
		a, err = t.post(&again, good)
		return named("the same launch again", t.refused(lti.CheckReplay, a, err))
	}},
	each("OWN-T22", "a nonce that the tool has never issued is refused",
		variant{spoil: set("nonce", "0123456789abcdef0123456789abcdef"), check: lti.CheckNonce}),
	each("OWN-T23", "what can be read in two ways is refused",
		variant{name: "two sub", spoil: also(`"sub":"2"`), check: lti.CheckClaims},
		variant{name: "two deployments", spoil: also(`"` + claim + `deployment_id":"2"`), check: lti.CheckClaims},
		variant{name: "invalid UTF-8", spoil: also("\"x\":\"\xff\""), check: lti.CheckClaims},
		variant{name: "depth 10,000", spoil: also(`"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)), check: lti.CheckClaims},
		variant{name: "5 MB", spoil: token(func(s string) string { return s + strings.Repeat("A", 5<<20) }), check: lti.CheckRequest},
		variant{name: "padding", spoil: token(func(s string) string { return s + "==" }), check: lti.CheckToken},
		variant{name: "stray bits", spoil: token(strayBit), check: lti.CheckToken},
		variant{name: "a line break", spoil: token(func(s string) string { return s[:20] + "\n" + s[20:] }), check: lti.CheckToken},
		variant{name: "an extra part", spoil: token(func(s string) string { return s + ".AAAA" }), check: lti.CheckToken}),

	keys("OWN-T11", "a key without alg or use is used",
		published{name: "no alg", change: func(k map[string]any) { delete(k, "alg") }, used: true},
		published{name: "no use", change: func(k map[string]any) { delete(k, "use") }, used: true}),
	keys("OWN-T12", "a key that is not for signatures, or no RSA key, is not used",
		published{name: "for encryption", change: func(k map[string]any) { k["use"] = "enc" }},
		published{name: "kty oct", change: func(k map[string]any) { k["kty"] = "oct" }},
		published{name: "kty EC", change: func(k map[string]any) { k["kty"] = "EC" }}),
	keys("OWN-T13", "a key set that cannot be one is refused, and in time",
		published{name: "HTML", document: func([]byte) []byte { return []byte("<!DOCTYPE html><h1>Sign in</h1>") }},
		published{name: "4 MB", document: func(d []byte) []byte { return append(d, strings.Repeat(" ", 4<<20)...) }},
		published{name: "20,000 keys", document: manyKeys}),
	{"OWN-T14", "a key set that is down does not stop launches with a known key", func(t *trial) error {
		own, err := t.own(platform.Generic, nil)
		if err != nil {
			return err
		}
		if err := own.accepted(own.launch(own.site.learner, nil)); err != nil {
			return err
		}
		own.site.Fail(platform.Fault{Endpoint: platform.KeySet, Times: -1, Status: 503})
		if own.suite.candidate.Pass != nil {
			own.suite.candidate.Pass(2 * time.Hour)
		}
		return own.accepted(own.launch(own.site.learner, nil))
	}},
	keys("OWN-T15", "a weak key is not used",
		published{name: "1024 bits", key: weak},
		published{name: "exponent 1", change: func(k map[string]any) { k["e"] = "AQ" }}),
}

// own returns a trial on a platform of its own.
func (t *trial) own(profile platform.Profile, change func(*lti.Registration)) (*trial, error) {
	x, err := t.suite.connected(t.ctx, profile, nil, change)
	return &trial{t.ctx, t.suite, x}, err
}

// A published key set of one key, changed in one way.
type published struct {
	name     string
	key      func() lti.PrivateKey // nil: the platform's
	change   func(map[string]any)
	document func([]byte) []byte
	used     bool
}

// keys makes a case of key sets, each on a platform of its own: a tool may
// keep what it has fetched.
func keys(id, title string, sets ...published) Case {
	return Case{id, title, func(t *trial) error {
		var errs []error
		for _, p := range sets {
			err := p.run(t)
			if s := skip(""); errors.As(err, &s) {
				return err
			}
			errs = append(errs, named(p.name, err))
		}
		return errors.Join(errs...)
	}}
}

func (p published) run(t *trial) error {
	var key lti.PrivateKey
	x, err := t.suite.connected(t.ctx, platform.Generic, func(x *site) error {
		if key = x.Key(); p.key != nil {
			key = p.key()
		}
		document, err := p.make(key)
		x.PublishKeySet(document)
		return err
	}, nil)
	if err != nil {
		return err
	}
	own := &trial{t.ctx, t.suite, x}
	a, err := own.launch(own.site.learner, nil, func(a *Attempt) { a.Key = key; a.Header["kid"] = key.ID })
	if p.used {
		return own.accepted(a, err)
	}
	return own.refused(lti.CheckKey, a, err)
}

func (p published) make(key lti.PrivateKey) ([]byte, error) {
	jwk := map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": key.ID,
		"n": base64.RawURLEncoding.EncodeToString(key.RSA.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.RSA.E)).Bytes()),
	}
	if p.change != nil {
		p.change(jwk)
	}
	document, err := json.Marshal(map[string]any{"keys": []any{jwk}})
	if p.document != nil {
		document = p.document(document)
	}
	return document, err
}

func manyKeys(d []byte) []byte {
	one := strings.TrimSuffix(strings.TrimPrefix(string(d), `{"keys":[`), `]}`)
	return []byte(`{"keys":[` + strings.TrimSuffix(strings.Repeat(one+",", 20_000), ",") + `]}`)
}

// weak is a key that can be broken. It is allowed here to show that it is not
// allowed there.
func weak() lti.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return lti.PrivateKey{ID: "weak", RSA: key}
}
