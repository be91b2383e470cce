package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// memory is as much of a store as sign-in and set-up need.
type memory struct {
	greenroom.Store
	greenroom.InstanceStore
	mu          sync.Mutex
	people      map[greenroom.PersonID]greenroom.Person
	memberships []greenroom.Membership
	signIns     map[string]greenroom.SignIn
	hosts       []greenroom.Host
	busy        error // of who asks for an address
}

func (m *memory) Instance() greenroom.InstanceStore { return m }
func (m *memory) Host(_ context.Context, name string) (greenroom.Host, error) {
	for _, h := range m.hosts {
		if h.Name == name {
			return h, nil
		}
	}
	return greenroom.Host{}, greenroom.ErrNotFound
}
func (m *memory) HasHosts(context.Context) (bool, error) { return len(m.hosts) > 0, nil }
func (m *memory) Ping(context.Context) error             { return nil }
func (m *memory) Close() error                           { return nil }

func (m *memory) Workspace(greenroom.WorkspaceID) greenroom.WorkspaceStore { return memoryMember{m: m} }

func (m *memory) HasPeople(context.Context) (bool, error) { return len(m.people) > 0, nil }

func (m *memory) CreateFirstOwner(_ context.Context, p greenroom.Person, w greenroom.Workspace, _ greenroom.Key, _ ...greenroom.AuditEntry) error {
	m.people[p.ID] = p
	m.memberships = append(m.memberships, greenroom.Membership{Workspace: w, Role: greenroom.Owner})
	return nil
}

func (m *memory) Person(_ context.Context, id greenroom.PersonID) (greenroom.Person, error) {
	if p, ok := m.people[id]; ok {
		return p, nil
	}
	return greenroom.Person{}, greenroom.ErrNotFound
}

func (m *memory) PersonLink(context.Context, string) (greenroom.PersonLink, error) {
	return greenroom.PersonLink{}, greenroom.ErrNotFound
}

func (m *memory) PersonByEmail(_ context.Context, email string) (greenroom.Person, error) {
	if m.busy != nil {
		return greenroom.Person{}, m.busy
	}
	for _, p := range m.people {
		if p.Email == email {
			return p, nil
		}
	}
	return greenroom.Person{}, greenroom.ErrNotFound
}

func (m *memory) Memberships(context.Context, greenroom.PersonID) ([]greenroom.Membership, error) {
	return m.memberships, nil
}

func (m *memory) FindWorkspace(_ context.Context, ref string) (greenroom.Workspace, error) {
	for _, s := range m.memberships {
		if s.Workspace.Slug == ref || string(s.Workspace.ID) == ref {
			return s.Workspace, nil
		}
	}
	return greenroom.Workspace{}, greenroom.ErrNotFound
}

func (m *memory) SignIn(_ context.Context, hash string, _ time.Time) (greenroom.SignIn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.signIns[hash]; ok {
		return s, nil
	}
	return greenroom.SignIn{}, greenroom.ErrNotFound
}

func (m *memory) SaveSignIn(_ context.Context, s greenroom.SignIn) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.signIns[s.TokenHash] = s
	return nil
}

func (m *memory) DeleteSignIn(_ context.Context, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.signIns, hash)
	return nil
}

type memoryMember struct {
	greenroom.WorkspaceStore
	m *memory
}

func (w memoryMember) Member(_ context.Context, id greenroom.PersonID) (greenroom.Member, error) {
	return greenroom.Member{Person: w.m.people[id], Role: w.m.memberships[0].Role}, nil
}

// A house is a Kit with its pages mounted, and what it logged.
type house struct {
	*Kit
	t     *testing.T
	store *memory
	mux   *http.ServeMux
	log   *bytes.Buffer
	jar   map[string]string // cookies of the one browser
}

func newHouse(t *testing.T, publicURL string) *house {
	t.Helper()
	store := &memory{people: map[greenroom.PersonID]greenroom.Person{}, signIns: map[string]greenroom.SignIn{}}
	log := &bytes.Buffer{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	service := &greenroom.Service{
		Store: store, Vault: greenroom.NewVault([32]byte{1}), Now: func() time.Time { return noon },
		Random: rand.Reader, Log: logger,
	}
	kit, err := New(Options{
		PublicURL: publicURL, Service: service, Log: logger, Now: service.Now, Random: rand.Reader,
		Development: strings.HasPrefix(publicURL, "http:"), SupportContact: "help@example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Kit: kit, t: t, store: store, mux: http.NewServeMux(), log: log, jar: map[string]string{}}
	kit.Mount(h.mux)
	return h
}

// do sends a request as the browser would, and keeps its cookies.
func (h *house) do(r *http.Request) *http.Response {
	if r.Host == "example.com" { // what httptest calls every server
		r.Host = strings.TrimPrefix(h.URLs.Origin(), "https://")
	}
	h.t.Helper()
	for name, value := range h.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	h.Wrap(h.mux).ServeHTTP(w, r)
	res := w.Result()
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(h.jar, c.Name)
			continue
		}
		h.jar[c.Name] = c.Value
	}
	return res
}

func (h *house) get(path string) *http.Response {
	return h.do(httptest.NewRequest("GET", path, nil))
}

func (h *house) post(path string, form url.Values) *http.Response {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return h.do(r)
}

// setUp makes the first owner through the one-time page.
func (h *house) setUp() *http.Response {
	h.t.Helper()
	return h.post("/setup", url.Values{
		"token": {h.Service.SetUpToken()}, "name": {"Dana Whitfield"}, "email": {"dana@example.com"},
		"password": {"correct horse"}, "workspace": {"Northwind"},
	})
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantStatus(t *testing.T, res *http.Response, status int) {
	t.Helper()
	if res.StatusCode != status {
		t.Fatalf("status %d, want %d; body:\n%s", res.StatusCode, status, body(t, res))
	}
}

func TestPublicURL(t *testing.T) {
	for public, ok := range map[string]bool{
		"https://practice.example.com":       true,
		"https://practice.example.com/":      true,
		"http://127.0.0.1:8080":              true,
		"practice.example.com":               false,
		"":                                   false,
		"ftp://practice.example.com":         false,
		"https://example.com/greenroom":      false,
		"https://practice.example.com:nope/": false,
	} {
		_, err := New(Options{PublicURL: public, Service: &greenroom.Service{Store: &memory{}}, Now: time.Now, Random: rand.Reader})
		if (err == nil) != ok {
			t.Errorf("public URL %q: error %v, want ok %v", public, err, ok)
		}
	}
}
