package main

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A floor is the least server: it does what cannot be left out.
type floor struct {
	key   *rsa.PublicKey
	seal  cipher.AEAD
	store floorStore
	out   *outbox
}

// A floorLaunch is what a launch leaves behind.
type floorLaunch struct {
	state, subject, name, email, link string
	claims                            []byte
}

// A floorStore keeps launches durably. errReplayed if the state is spent.
type floorStore interface {
	launch(ctx context.Context, l floorLaunch) (id string, err error)
}

var errReplayed = errors.New("state is spent")

func newFloor(ctx context.Context, s settings) (*floor, error) {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	f := &floor{key: &benchKey().RSA.PublicKey, seal: aead}
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

// floorSQLite commits in groups: whoever comes while one is under way shares
// the next.
type floorSQLite struct {
	db    *sql.DB
	queue chan floorWrite
}

type floorWrite struct {
	launch floorLaunch
	id     string
	done   chan error
}

func newFloorSQLite(ctx context.Context, path string) (*floorSQLite, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, floorTables); err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	f := &floorSQLite{db: db, queue: make(chan floorWrite, 1024)}
	statements := map[string]*sql.Stmt{}
	for name, text := range map[string]string{
		"begin": "begin immediate", "commit": "commit", "save": "savepoint s", "release": "release s", "undo": "rollback to s",
		"user":   "insert into users (subject, name, email) values ($1, $2, $3) on conflict (subject) do update set name = excluded.name",
		"launch": "insert into launches (id, state, subject, link, claims, at) values ($1, $2, $3, $4, $5, $6)",
	} {
		if statements[name], err = conn.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
	}
	go f.write(statements)
	return f, nil
}

const floorTables = `
create table if not exists users (subject text primary key, name text not null, email text not null);
create table if not exists launches (id text primary key, state text not null unique, subject text not null, link text not null, claims text not null, at bigint not null);`

func (f *floorSQLite) write(do map[string]*sql.Stmt) {
	exec := func(name string, args ...any) error { _, err := do[name].Exec(args...); return err }
	for first := range f.queue {
		err := exec("begin")
		var kept []floorWrite
		for next, more := first, true; more && err == nil; {
			if err = exec("save"); err != nil {
				break
			}
			l := next.launch
			failed := exec("user", l.subject, l.name, l.email)
			if failed == nil {
				failed = exec("launch", next.id, l.state, l.subject, l.link, string(l.claims), time.Now().UnixMilli())
			}
			if failed != nil {
				_ = exec("undo")
				next.done <- errors.Join(errReplayed, failed)
			} else {
				kept = append(kept, next)
			}
			err = exec("release")
			more = len(kept) < 128
			if more {
				select {
				case next = <-f.queue:
				default:
					more = false
				}
			}
		}
		if err == nil {
			err = exec("commit")
		}
		for _, w := range kept {
			w.done <- err
		}
	}
}

func (f *floorSQLite) launch(_ context.Context, l floorLaunch) (string, error) {
	w := floorWrite{l, rand.Text(), make(chan error, 1)}
	f.queue <- w
	return w.id, <-w.done
}

// floorPostgres writes in one statement, and so in one round trip.
type floorPostgres struct{ pool *pgxpool.Pool }

func newFloorPostgres(ctx context.Context, url string) (*floorPostgres, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, floorTables); err != nil {
		return nil, fmt.Errorf("floor's tables: %w", err)
	}
	return &floorPostgres{pool}, nil
}

func (f *floorPostgres) launch(ctx context.Context, l floorLaunch) (string, error) {
	id := rand.Text()
	_, err := f.pool.Exec(ctx, `
		with u as (insert into users (subject, name, email) values ($1, $2, $3) on conflict (subject) do update set name = excluded.name)
		insert into launches (id, state, subject, link, claims, at) values ($4, $5, $1, $6, $7, $8)`,
		l.subject, l.name, l.email, id, l.state, l.link, string(l.claims), time.Now().UnixMilli())
	if err != nil {
		err = errors.Join(errReplayed, err)
	}
	return id, err
}

func (f *floor) paths() (login, launch string) { return "/login", "/launch" }

func (f *floor) grow(context.Context, int) error { return nil } // it is measured without
