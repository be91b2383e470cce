package ltitest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti/platform"
)

// scoreWait bounds how long a tool may take until its score is there.
const scoreWait = 30 * time.Second

// earn launches the activity and has the tool earn a score.
func (t *trial) earn(share float64, spoils ...Spoil) error {
	if t.suite.candidate.Score == nil {
		return skip("needs a way to make the tool post a score")
	}
	a, err := t.launch(t.site.learner, nil, spoils...)
	if err := t.accepted(a, err); err != nil {
		return err
	}
	return t.suite.candidate.Score(t.ctx, a.Response, share)
}

// score does that and waits until it is there.
func (t *trial) score(share float64) error {
	before := len(t.site.Scores(t.site.activity))
	if err := t.earn(share); err != nil {
		return named("make a score", err)
	}
	for end := time.Now().Add(scoreWait); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if len(t.site.Scores(t.site.activity)) > before {
			return nil
		}
		if t.ctx.Err() != nil {
			return t.ctx.Err()
		}
	}
	return fmt.Errorf("no score has arrived within %s", scoreWait)
}

// posted is the last request that brought a score.
func (t *trial) posted() (platform.Call, error) {
	for _, c := range slices.Backward(t.site.Calls("/lti/courses/")) {
		path, _, _ := strings.Cut(c.Path, "?")
		if strings.HasSuffix(path, "/scores") {
			return c, nil
		}
	}
	return platform.Call{}, errors.New("no request has come to …/scores")
}

// scored makes a case on a platform of its own, or on the first if the tool
// cannot be connected to another.
func scored(id, title string, profile platform.Profile, check func(t *trial) error) Case {
	return Case{id, title, func(t *trial) error {
		own, err := t.own(profile, nil)
		if s := skip(""); errors.As(err, &s) && profile.Name == platform.Generic.Name {
			own, err = t, nil
		}
		if err == nil {
			err = own.score(0)
		}
		if err == nil {
			err = check(own)
		}
		return err
	}}
}

var serviceCases = []Case{
	scored("CERT-A04", "a score is posted as the specification says", platform.Generic, func(t *trial) error {
		c, err := t.posted()
		if err != nil {
			return err
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(c.Body), &body); err != nil {
			return fmt.Errorf("the body is no JSON: %w", err)
		}
		switch {
		case c.Method != http.MethodPost:
			return fmt.Errorf("by %s", c.Method)
		case !strings.HasPrefix(c.Header.Get("Content-Type"), "application/vnd.ims.lis.v1.score+json"):
			return fmt.Errorf("as %s", c.Header.Get("Content-Type"))
		case !strings.HasPrefix(c.Header.Get("Authorization"), "Bearer "):
			return errors.New("without a bearer token")
		case body["userId"] != t.site.learner:
			return fmt.Errorf("for user %v, not %s", body["userId"], t.site.learner)
		case body["scoreGiven"] != nil && body["scoreMaximum"] == nil:
			return errors.New("scoreGiven without scoreMaximum")
		}
		for _, name := range []string{"activityProgress", "gradingProgress", "timestamp"} {
			if s, _ := body[name].(string); s == "" {
				return fmt.Errorf("without %s", name)
			}
		}
		return nil
	}),
	{"CERT-K01", "the tool's keys are RSA of 2048 bits or more, each with its kid", func(t *trial) error {
		keys, _, err := t.toolKeys()
		for _, k := range keys {
			n, decodeErr := base64.RawURLEncoding.DecodeString(fmt.Sprint(k["n"]))
			switch {
			case k["kty"] != "RSA":
				return fmt.Errorf("a key of kty %v", k["kty"])
			case k["alg"] != nil && k["alg"] != "RS256":
				return fmt.Errorf("a key for %v", k["alg"])
			case decodeErr != nil || new(big.Int).SetBytes(n).BitLen() < 2048:
				return errors.New("a key of fewer than 2048 bits")
			}
		}
		return err
	}},
	{"OWN-K02", "the tool's key set holds no private half, no kid twice, and may be cached", func(t *trial) error {
		keys, answer, err := t.toolKeys()
		if err != nil {
			return err
		}
		seen := map[any]bool{}
		for _, k := range keys {
			if k["kid"] == nil || k["kid"] == "" || seen[k["kid"]] {
				return fmt.Errorf("kid %v is missing or comes twice", k["kid"])
			}
			seen[k["kid"]] = true
			for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
				if k[private] != nil {
					return fmt.Errorf("member %s is private", private)
				}
			}
		}
		if cache := answer.Header.Get("Cache-Control"); strings.Contains(cache, "no-store") {
			return fmt.Errorf("Cache-Control is %q", cache)
		}
		return nil
	}},
	scored("OWN-S01", "a query of the line item's URL stays behind the path of the score", platform.Moodle, func(t *trial) error {
		c, err := t.posted()
		if err == nil && !strings.Contains(c.Path, "/lineitem/scores?type_id=") {
			err = fmt.Errorf("posted to %s", c.Path)
		}
		return err
	}),
	{"OWN-S09", "an access token that was revoked is renewed, once", func(t *trial) error {
		own, err := t.own(platform.Generic, nil)
		if err == nil {
			err = own.score(0)
		}
		if err != nil {
			return err
		}
		own.site.RevokeTokens()
		return own.score(1)
	}},
	scored("OWN-S11", "client assertions say who, for whom, for how long, and never the same twice", platform.Generic, func(t *trial) error {
		t.site.RevokeTokens()
		if err := t.score(1); err != nil {
			return err
		}
		seen := map[any]bool{}
		for _, c := range t.site.Calls("/lti/token") {
			form, err := url.ParseQuery(c.Body)
			if err != nil {
				return err
			}
			if err := t.assertion(form.Get("client_assertion"), seen); err != nil {
				return err
			}
		}
		if len(seen) < 2 {
			return fmt.Errorf("%d assertions have come", len(seen))
		}
		return nil
	}),
	scored("OWN-S17", "the time of a score is RFC 3339 with milliseconds and Z", platform.Generic, func(t *trial) error {
		c, err := t.posted()
		if err != nil {
			return err
		}
		var body struct{ Timestamp string }
		if err := json.Unmarshal([]byte(c.Body), &body); err != nil {
			return err
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", body.Timestamp); err != nil {
			return fmt.Errorf("it is %q", body.Timestamp)
		}
		return nil
	}),
	scored("OWN-S13", "a score of zero is sent", platform.Generic, func(t *trial) error {
		c, err := t.posted()
		if err == nil && !strings.Contains(c.Body, `"scoreGiven":0`) {
			err = fmt.Errorf("the score is %s", c.Body)
		}
		return err
	}),
	scored("OWN-S18", "a later score has a later time, and stands", platform.Moodle, func(t *trial) error {
		if err := t.score(1); err != nil {
			return err
		}
		all := t.site.Scores(t.site.activity)
		first, err1 := time.Parse(time.RFC3339Nano, all[0].Timestamp)
		last, err2 := time.Parse(time.RFC3339Nano, all[len(all)-1].Timestamp)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		column := t.site.Gradebook(t.site.course)[0]
		if !last.After(first) || column.Grades[t.site.learner].Given != column.Maximum {
			return fmt.Errorf("times %s and %s, grade %v of %v", first, last, column.Grades[t.site.learner].Given, column.Maximum)
		}
		return nil
	}),
	{"OWN-S03", "a line item at an address that is none is not called, and does no harm", func(t *trial) error {
		own, err := t.own(platform.Generic, nil)
		if err != nil {
			return err
		}
		const path = "/not-to-be-called"
		u, err := url.Parse(t.suite.base)
		if err != nil {
			return err
		}
		for _, address := range []string{u.Scheme + "://user:secret@" + u.Host + path, "file://" + path, "ftp://" + u.Host + path, path} {
			err := own.earn(1, func(a *Attempt) {
				grades, _ := a.Claims[claimAGS].(map[string]any)
				grades["lineitem"] = address
			})
			if s := skip(""); errors.As(err, &s) {
				return err
			} // a tool may say that it cannot post there
		}
		if n := t.suite.strangers(path); n > 0 {
			return fmt.Errorf("%d calls", n)
		}
		return named("a score after that", own.score(1))
	}},
	{"OWN-S05", "a redirect of a service gets no access token", func(t *trial) error {
		own, err := t.own(platform.Generic, nil)
		if err != nil {
			return err
		}
		const path = "/stolen"
		own.site.instead = map[string]http.HandlerFunc{"/scores": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, t.suite.base+path, http.StatusTemporaryRedirect)
		}}
		err = own.earn(1)
		if s := skip(""); errors.As(err, &s) {
			return err
		}
		return t.suite.noBearer(path)
	}},
	{"OWN-S06", "a token answer without scope, or with its numbers as text, is used", func(t *trial) error {
		for _, change := range []func(map[string]any){
			func(m map[string]any) { delete(m, "scope") },
			func(m map[string]any) { delete(m, "expires_in") },
			func(m map[string]any) { m["expires_in"], m["token_type"] = "3600", "bearer" },
		} {
			own, err := t.own(platform.Generic, nil)
			if err != nil {
				return err
			}
			own.site.instead = map[string]http.HandlerFunc{"/lti/token": func(w http.ResponseWriter, r *http.Request) {
				inner := httptest.NewRecorder()
				own.site.Platform.ServeHTTP(inner, r)
				var m map[string]any
				if json.Unmarshal(inner.Body.Bytes(), &m) == nil {
					change(m)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(inner.Code)
				_ = json.NewEncoder(w).Encode(m)
			}}
			if err := own.score(1); err != nil {
				return err
			}
		}
		return nil
	}},
}

// noBearer is nil if no access token came to a path.
func (s *Suite) noBearer(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.strange {
		if strings.HasPrefix(r.URL.Path, path) && r.Header.Get("Authorization") != "" {
			return errors.New("the access token was sent on")
		}
	}
	return nil
}

// assertion holds one against Security 1.0 §4.1.1.
func (t *trial) assertion(raw string, seen map[any]bool) error {
	var claims jwt.MapClaims
	token, _, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(raw, &claims)
	if err != nil {
		return err
	}
	client := t.site.tool.ClientID
	iat, err1 := seconds(claims["iat"])
	exp, err2 := seconds(claims["exp"])
	switch {
	case claims["iss"] != client || claims["sub"] != client:
		return fmt.Errorf("iss %v, sub %v, not %s", claims["iss"], claims["sub"], client)
	case claims["aud"] == nil:
		return errors.New("no aud")
	case claims["jti"] == nil || seen[claims["jti"]]:
		return fmt.Errorf("jti %v is missing or comes twice", claims["jti"])
	case err1 != nil || err2 != nil:
		return fmt.Errorf("iat or exp: %w", errors.Join(err1, err2))
	case exp-iat > 300:
		return fmt.Errorf("valid for %d s", exp-iat)
	case token.Header["kid"] == nil:
		return errors.New("no kid")
	}
	seen[claims["jti"]] = true
	return nil
}

func seconds(v any) (int64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("%v is no number", v)
	}
	return n.Int64()
}

// toolKeys fetches the tool's key set.
func (t *trial) toolKeys() ([]map[string]any, *http.Response, error) {
	address := t.site.tool.KeySetURL
	if address == "" {
		return nil, nil, skip("needs the URL of the tool's key set")
	}
	a, err := t.browser().send(http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(a.body), &set); err != nil || len(set.Keys) == 0 {
		return nil, nil, fmt.Errorf("no key set at %s: status %d", address, a.StatusCode)
	}
	return set.Keys, a.Response, nil
}
