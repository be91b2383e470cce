package ltitest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256 and its relatives
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// An Attempt is a launch on its way back to the tool, to be spoilt. What is
// left as it is is valid.
type Attempt struct {
	Header map[string]any // of the id_token
	Claims map[string]any
	Key    lti.PrivateKey // signs the id_token; its ID does not become the kid

	// HeaderJSON and ClaimsJSON change header and claims as they are written,
	// Token the id_token as it will be sent; each may be nil.
	HeaderJSON, ClaimsJSON func(json string) string
	Token                  func(token string) string

	Form      url.Values // the POST, but for id_token, which is made of the above
	Cookies   []*http.Cookie
	LaunchURL string
}

// A Spoil changes one thing.
type Spoil func(*Attempt)

// newAttempt asks a platform to authenticate and takes its token apart.
func newAttempt(p *platform.Platform, authRequest string, cookies []*http.Cookie) (*Attempt, error) {
	w := httptest.NewRecorder()
	// The platform may be mounted below a path.
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, strings.TrimPrefix(authRequest, p.Issuer()), nil))
	a := &Attempt{Form: fields(w.Body.String()), Cookies: cookies, Key: p.Key()}
	a.LaunchURL = action(w.Body.String())
	if a.LaunchURL == "" {
		return nil, errors.New("the platform refuses the authentication request: " + strings.TrimSpace(w.Body.String()))
	}
	raw := a.Form.Get("id_token")
	if raw == "" {
		return a, nil // the platform answered with an error
	}
	parts := strings.Split(raw, ".")
	var err1, err2 error
	a.Header, err1 = decode(parts[0])
	a.Claims, err2 = decode(parts[1])
	return a, errors.Join(err1, err2)
}

// spoil makes the changes, and the id_token unless it was replaced by hand.
func (a *Attempt) spoil(spoils []Spoil) error {
	raw := a.Form.Get("id_token")
	for _, spoil := range spoils {
		if spoil != nil {
			spoil(a)
		}
	}
	if raw == "" || a.Form.Get("id_token") != raw {
		return nil
	}
	token, err := a.sign()
	a.Form.Set("id_token", token)
	return err
}

func decode(part string) (map[string]any, error) {
	plain, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber() // times stay whole numbers
	var m map[string]any
	return m, d.Decode(&m)
}

// hashes of the algorithms that RSA signs with. Others are signed as RS256,
// whatever the header says.
var hashes = map[any]crypto.Hash{"RS384": crypto.SHA384, "RS512": crypto.SHA512}

func (a *Attempt) sign() (string, error) {
	header, err1 := written(a.Header, a.HeaderJSON)
	claims, err2 := written(a.Claims, a.ClaimsJSON)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	signed := header + "." + claims
	hash, ok := hashes[a.Header["alg"]]
	if !ok {
		hash = crypto.SHA256
	}
	sum := hash.New()
	sum.Write([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.Key.RSA, hash, sum.Sum(nil))
	if err != nil {
		return "", err
	}
	token := signed + "." + base64.RawURLEncoding.EncodeToString(signature)
	if a.Token != nil {
		token = a.Token(token)
	}
	return token, nil
}

func written(m map[string]any, edit func(string) string) (string, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	text := string(raw)
	if edit != nil {
		text = edit(text)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text)), nil
}

var (
	inputs  = regexp.MustCompile(`<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"[^>]*>`)
	scripts = regexp.MustCompile(`<script[^>]* src="([^"]*)"`)
	actions = regexp.MustCompile(`<form[^>]* action="([^"]*)"[^>]*>`)
)

// fields reads the hidden fields of a page's form.
func fields(page string) url.Values {
	v := url.Values{}
	for _, m := range inputs.FindAllStringSubmatch(page, -1) {
		v.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return v
}

func action(page string) string {
	if m := actions.FindStringSubmatch(page); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}
