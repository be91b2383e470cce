package launch

import (
	"context"
	"crypto/rand"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/platforms"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

const publicURL = "https://practice.example.com"

// A house is Greenroom's endpoints over a real store, with one workspace.
type house struct {
	t         *testing.T
	service   *greenroom.Service
	handler   http.Handler
	endpoints *Launch
	kit       *web.Kit
	launches  *greenroom.LaunchLog
	clock     *clock
	lms       *lms

	ours greenroom.Workspace // has the scenario first-call
}

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lms is the real dealings with platforms; a test may answer registrations
// itself.
type lms struct {
	*platforms.Platforms
	register func(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error)
}

func (l *lms) Register(ctx context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
	if l.register != nil {
		return l.register(ctx, r)
	}
	return l.Platforms.Register(ctx, r)
}

// The workspace of a house and its scenario are made once; each house has a
// copy of that database: keys take their time.
var furnished = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "greenroom")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "greenroom.db")
	if err := furnish(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func furnish(ctx context.Context, path string) error {
	db, err := store.Open(ctx, store.Options{Path: path, Migrate: true})
	if err != nil {
		return err
	}
	s := newService(db, &clock{now: morning})
	w, err := s.CreateWorkspace(ctx, "Sales team", "", false)
	if err == nil {
		_, err = s.ImportScenario(ctx, w.ID, "first-call.md", []byte(scenarioFile))
	}
	return errors.Join(err, db.Close())
}

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newService(db greenroom.Store, c *clock) *greenroom.Service {
	return &greenroom.Service{
		Store: db, Vault: greenroom.NewVault([32]byte{1}), Engine: roleplay.NewEngine(roleplay.Limits{}),
		Now: c.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler), AllowHTTP: true,
	}
}

// newHouse opens a house whose calls to platforms go through client.
func newHouse(t *testing.T, client lti.Doer) *house {
	t.Helper()
	database, err := furnished()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "greenroom.db")
	if err := os.WriteFile(path, database, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	h := &house{t: t, clock: &clock{now: morning}}
	h.service = newService(db, h.clock)
	h.lms = &lms{Platforms: platforms.New(platforms.Options{
		Store: db, Vault: h.service.Vault, Client: client, Now: h.clock.Now, Random: rand.Reader,
		Log: h.service.Log, Development: true,
	})}
	h.service.Platforms = h.lms
	h.open(publicURL)
	all, err := db.Instance().Workspaces(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	h.ours = all[0]
	return h
}

// open mounts the endpoints under a public URL.
func (h *house) open(publicURL string) {
	h.t.Helper()
	var err error
	h.kit, err = web.New(web.Options{
		PublicURL: publicURL, Service: h.service, Log: h.service.Log, Development: true,
		Now: h.clock.Now, Random: rand.Reader, Version: "test",
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.launches = greenroom.NewLaunchLog(h.service)
	h.endpoints = New(h.kit, h.lms, h.launches)
	mux := http.NewServeMux()
	h.kit.Mount(mux)
	h.endpoints.Mount(mux)
	h.handler = h.kit.Wrap(mux)
}

const scenarioFile = `---
title: First call
slug: first-call
description: A call.
objective: Find out what Dana needs.
difficulty: Easy
character:
  name: Dana
  role: Buyer
rubric:
  - name: Discovery
    items:
      - {id: needs, name: Asks for needs, good: Asks, fair: Hints, poor: Tells}
---
Hi.
* What do you need?
  A pen. # good: needs
* Buy this pen!
  No. # poor: needs
- Bye.
-> END
`

func (h *house) workspace(name string) greenroom.Workspace {
	h.t.Helper()
	w, err := h.service.CreateWorkspace(h.t.Context(), name, "", false)
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// get opens an absolute URL or a path of the house.
func (h *house) get(address string) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, address, nil)
	r.Header.Set("Sec-Fetch-Dest", "document")
	return h.ask(r)
}

// post sends a form the way an LMS's page does, from another site.
func (h *house) post(address string, form url.Values, cookies ...*http.Cookie) answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://lms.example.com")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Dest", "document")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return h.ask(r)
}

func (h *house) ask(r *http.Request) answer {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return answer{Response: w.Result(), body: w.Body.String()}
}

// refusals writes the launch log down and returns its refused rows of a
// workspace, the newest first.
func (h *house) refusals(w greenroom.Workspace) []greenroom.Launch {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	cancel()
	h.launches.Run(ctx) // writes what is queued
	rows, err := h.service.Store.Workspace(w.ID).Launches(h.t.Context(), greenroom.LaunchFilter{Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	var refused []greenroom.Launch
	for _, row := range rows {
		if row.Outcome == greenroom.LaunchRefused {
			refused = append(refused, row.Launch)
		}
	}
	return refused
}

// An answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

var (
	tags      = regexp.MustCompile(`(?s)<script.*?</script>|<svg.*?</svg>|<[^>]*>`)
	reference = regexp.MustCompile(`<span class="reference">([0-9A-Z]{12})</span>`)
)

// text is what a person reads of the page.
func (a answer) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(a.body, " "))), " ")
}

func (a answer) reference() string {
	found := reference.FindStringSubmatch(a.body)
	if found == nil {
		return ""
	}
	return found[1]
}

// shows fails the test unless a person reads all of the texts.
func (a answer) shows(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.text(), text) {
			t.Errorf("the page does not say %q:\n%s", text, a.text())
		}
	}
}

// giveAways are words that must not stand on any page that a stranger sees.
var giveAways = []string{
	"signature", "nonce", "audience", "algorithm", "RS256", "none", "id_token", "kid", "JWT", "panic", "goroutine",
	".go:", "sql", "SELECT", "no rows", "failed to", "<nil>", "0x", "lti:", "internal/",
}

func (a answer) givesNothingAway(t *testing.T) {
	t.Helper()
	for _, word := range giveAways {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(word)).MatchString(a.text()) {
			t.Errorf("the page says %q:\n%s", word, a.text())
		}
	}
}
