package main

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// A floor is the least server: it does what cannot be left out.
type floor struct {
	key   *rsa.PublicKey
	seal  cipher.AEAD
	store floorStore

	lms       string // where the services of all platforms are
	platforms int
	ended     chan struct{} // of length 1: a score may be due
}

// A floorLaunch is what a launch leaves behind.
type floorLaunch struct {
	state, subject, name, email, link string
	claims                            []byte
}

// A floorStore keeps what happens durably.
type floorStore interface {
	// launch returns errReplayed if the state is spent.
	launch(ctx context.Context, l floorLaunch) (id string, err error)
	// begin opens a session of a launch whose score is for item.
	begin(ctx context.Context, launch, item string) (id string, err error)
	// end ends a session, or returns errEnded, and owes the LMS its score.
	end(ctx context.Context, session string, score float64) error
	// claim takes scores that are due, no more than a hundred.
	claim(ctx context.Context) ([]owed, error)
	// sent takes a score off the outbox.
	sent(ctx context.Context, id string) error
}

var (
	errReplayed = errors.New("state is spent")
	errEnded    = errors.New("session has ended")
)

func newFloor(ctx context.Context, s settings) (*floor, error) {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	f := &floor{key: &benchKey().RSA.PublicKey, seal: aead, lms: s.LMS, platforms: max(s.Active, 1), ended: make(chan struct{}, 1)}
	if s.Database != "" {
		f.store, err = newFloorPostgres(ctx, s.Database)
	} else {
		f.store, err = newFloorSQLite(ctx, filepath.Join(s.Folder, "floor.db"))
	}
	return f, err
}

func (f *floor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", f.login)
	mux.HandleFunc("POST /launch", f.launch)
	mux.HandleFunc("GET /page", f.page)
	mux.HandleFunc("POST /page/sessions", f.begin)
	mux.HandleFunc("POST /page/sessions/{session}/picks", f.end)
	return mux
}

// login seals nonce and expiry into the state, and binds it to the browser.
func (f *floor) login(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("iss") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	bound := sha256.Sum256(secret)
	plain := binary.BigEndian.AppendUint64(bound[:], uint64(time.Now().Add(10*time.Minute).Unix()))
	nonce := make([]byte, f.seal.NonceSize())
	_, _ = rand.Read(nonce)
	b64 := base64.RawURLEncoding.EncodeToString
	state := b64(f.seal.Seal(nonce, nonce, plain, nil))
	http.SetCookie(w, &http.Cookie{
		Name: "lti-" + b64(nonce), Value: b64(secret), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: true,
	})
	http.Redirect(w, r, "https://lms.example.com/auth?"+url.Values{
		"scope": {"openid"}, "response_type": {"id_token"}, "client_id": {r.PostForm.Get("client_id")}, "state": {state}, "nonce": {b64(nonce)},
		"login_hint": {r.PostForm.Get("login_hint")}, "redirect_uri": {r.PostForm.Get("target_link_uri")},
	}.Encode(), http.StatusFound)
}

type floorClaims struct {
	Audience string `json:"aud"`
	Sub      string `json:"sub"`
	Nonce    string `json:"nonce"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Exp      int64  `json:"exp"`
	Link     struct {
		ID string `json:"id"`
	} `json:"https://purl.imsglobal.org/spec/lti/claim/resource_link"`
}

func (f *floor) launch(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	nonce, err := f.open(r, r.PostForm.Get("state"))
	var c floorClaims
	var payload []byte
	if err == nil {
		payload, err = f.verify(r.PostForm.Get("id_token"))
	}
	if err == nil {
		err = json.Unmarshal(payload, &c)
	}
	if err == nil && (c.Nonce != nonce || c.Exp < time.Now().Unix() || c.Audience != clientID) {
		err = errors.New("claims")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, err := f.store.launch(r.Context(), floorLaunch{nonce, c.Sub, c.Name, c.Email, c.Link.ID, payload})
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "stage", Value: id, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: true})
	http.Redirect(w, r, "/page", http.StatusSeeOther)
}

// open returns the nonce that a state was sealed with.
func (f *floor) open(r *http.Request, state string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(state)
	size := f.seal.NonceSize()
	if err != nil || len(raw) < size {
		return "", errors.New("state")
	}
	plain, err := f.seal.Open(nil, raw[:size], raw[size:], nil)
	if err != nil || binary.BigEndian.Uint64(plain[32:]) < uint64(time.Now().Unix()) {
		return "", errors.New("state")
	}
	nonce := base64.RawURLEncoding.EncodeToString(raw[:size])
	cookie, err := r.Cookie("lti-" + nonce)
	if err != nil {
		return "", err
	}
	secret, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if bound := sha256.Sum256(secret); err != nil || string(bound[:]) != string(plain[:32]) {
		return "", errors.New("another browser")
	}
	return nonce, nil
}

func (f *floor) verify(token string) ([]byte, error) {
	signed, signature, ok := cutLast(token, ".")
	if !ok {
		return nil, errors.New("token")
	}
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(signed))
	if err := rsa.VerifyPKCS1v15(f.key, crypto.SHA256, sum[:], sig); err != nil {
		return nil, err
	}
	_, body, _ := strings.Cut(signed, ".")
	return base64.RawURLEncoding.DecodeString(body)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

var trivial = template.Must(template.New("").Parse(`<!doctype html><title>{{.Title}}</title><h1>{{.Title}}</h1><p>{{.Text}}</p>`))

func (f *floor) page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = trivial.Execute(w, map[string]string{"Title": "Discovery call", "Text": "Find out what the buyer needs."})
}

func (f *floor) paths() (login, launch string) { return "/login", "/launch" }

// It is measured without old launches, it owes the scores of sessions only, and
// has no scripts.
func (f *floor) grow(context.Context, int) error     { return nil }
func (f *floor) owe(context.Context, int) error      { return nil }
func (f *floor) rehearse(context.Context, int) error { return nil }
