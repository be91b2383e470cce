package stage

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// A scenario of two turns, worth 100, 50 and 0 each.
const twoTurns = `---
title: Two <u>turns</u>
slug: two-turns
description: A short talk with <b>markup</b> in its description.
objective: Say two <s>things</s>.
difficulty: easy
character:
  name: Ada <i>Lovelace</i>
  role: Tester
  about: Likes engines.
rubric:
  - name: Words
    items:
      - id: first
        name: The first word
        good: Kind at once.
        fair: Neutral at once.
        poor: Rude at once.
      - id: second
        name: The second word
        good: Kind again.
        fair: Neutral again.
        poor: Rude again.
  - name: Manners
    items:
      - id: hat
        name: The hat
        good: Off.
        fair: Half off.
        poor: On.
      - id: thanks
        name: A word of thanks
        good: Said it.
        fair: Meant it.
        poor: Left without it.
        required: true
---
> A door opens.
Hello. Who <em>are</em> you?
* A friend. # good: first: You began <q>kindly</q>. # good: thanks
* Nobody. # fair: first # fair: thanks
* Go away. # poor: first
- And what now?
* Tea? # good: second # good: thanks
* Nothing. # fair: second
* A fight. # poor: second
- Goodbye. # ending: Over
-> END
`

const silent = `---
title: Nothing to score
slug: silent
description: A talk without marks.
objective: Be there.
difficulty: easy
character:
  name: Ada
rubric:
  - name: Words
    items:
      - id: first
        name: The first word
        good: Kind.
        fair: Neutral.
        poor: Rude.
---
Hello.
* Hello.
- Goodbye.
-> END
`

// A house is the stage over a real store, and its own LMS.
type house struct {
	greenroom.Platforms // what the stage never asks for

	t       *testing.T
	service *greenroom.Service
	kit     *web.Kit
	handler http.Handler
	w       greenroom.Workspace
	c       greenroom.Connection
	clock   time.Time
	answer  error // of the LMS to scores
	count   int
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// The workspace of a house, its scenarios and its connection are made once;
// each house has a copy of that database: keys take their time.
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
	s := (&house{clock: noon}).open(db, slog.New(slog.DiscardHandler))
	w, err := s.CreateWorkspace(ctx, "Sales team", "", false)
	for _, source := range []string{twoTurns, silent} {
		if err == nil {
			_, err = s.ImportScenario(ctx, w.ID, "test.scenario.md", []byte(source))
		}
	}
	if err == nil {
		_, err = s.SaveConnection(ctx, greenroom.Operator(w.ID), greenroom.ConnectionForm{
			Platform: "LMS", Issuer: "https://lms.example.com", ClientID: "abc", Deployments: "1",
			AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
		})
	}
	return errors.Join(err, db.Close())
}

func (h *house) open(db greenroom.Store, log *slog.Logger) *greenroom.Service {
	return &greenroom.Service{
		Store: db, Vault: greenroom.NewVault([32]byte{1}), Platforms: h, Random: rand.Reader,
		Engine: roleplay.NewEngine(roleplay.Limits{}), Now: func() time.Time { return h.clock }, Log: log,
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	path := filepath.Join(t.TempDir(), "greenroom.db")
	if err := os.WriteFile(path, must(furnished()), 0o600); err != nil {
		t.Fatal(err)
	}
	db := must(store.Open(t.Context(), store.Options{Path: path}))
	t.Cleanup(func() { _ = db.Close() })
	h := &house{t: t, clock: noon}
	h.service = h.open(db, slog.New(slog.NewTextHandler(t.Output(), nil)))
	h.serve("https://practice.example.com")
	h.w = must(db.Instance().Workspaces(t.Context()))[0]
	h.c = must(db.Workspace(h.w.ID).Connections(t.Context()))[0]
	return h
}

// serve puts the pages together for a public URL.
func (h *house) serve(publicURL string) {
	h.kit = must(web.New(web.Options{
		PublicURL: publicURL, Service: h.service, Log: h.service.Log, Now: h.service.Now, Random: rand.Reader,
	}))
	mux := http.NewServeMux()
	h.kit.Mount(mux)
	New(h.kit).Mount(mux)
	h.handler = h.kit.Wrap(mux)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (h *house) FetchKeySet(context.Context, string) (greenroom.KeySetReport, error) {
	return greenroom.KeySetReport{Document: []byte(`{"keys":[]}`), Keys: 1}, nil
}

func (h *house) Register(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error) {
	return greenroom.Registered{}, errors.New("not asked here")
}

func (h *house) PostScore(context.Context, greenroom.WorkspaceID, greenroom.Connection, greenroom.Key, greenroom.ScorePost) error {
	return h.answer
}

func (h *house) ScoreMaximum(context.Context, greenroom.WorkspaceID, greenroom.Connection, greenroom.Key, string, string) (float64, error) {
	return 10, nil
}

// A guest is a browser with the cookie of its launch.
type guest struct {
	*house
	base   string
	cookie *http.Cookie
	site   string // where forms come from; empty means our own pages
}

func (h *house) launch(spoil func(*lti.Launch)) *guest {
	h.t.Helper()
	h.count++
	l := &lti.Launch{
		Registration: lti.Registration{ID: string(h.c.ID)}, DeploymentID: "1", MessageType: lti.MessageResourceLink, Subject: "6",
		Roles:        lti.Roles{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"},
		ResourceLink: &lti.ResourceLink{ID: "link-1", Title: "Practice"},
		Custom:       map[string]string{"scenario_id": "two-turns"},
		Presentation: &lti.Presentation{ReturnURL: "https://lms.example.com/course/1"},
		Grades:       &lti.GradeService{Scopes: []string{lti.ScopeScore}, LineItem: "https://lms.example.com/items/1"},
		StateID:      fmt.Sprint("state-", h.count),
	}
	if spoil != nil {
		spoil(l)
	}
	launch, token, err := h.service.RecordLaunch(h.t.Context(), h.w.ID, l, greenroom.Arrival{Reference: must(greenroom.NewReference(rand.Reader))})
	if err != nil {
		h.t.Fatal(err)
	}
	return &guest{house: h, base: "/stage/" + string(h.w.ID) + "/" + string(launch.ID), cookie: &http.Cookie{
		Name: "__Host-stage-" + strings.ReplaceAll(string(launch.ID), "-", ""), Value: token,
	}}
}

type page struct {
	*http.Response
	body string
}

func (g *guest) ask(method, path string, form url.Values, script bool) page {
	g.t.Helper()
	var r *http.Request
	if form == nil {
		r = httptest.NewRequest(method, "https://practice.example.com"+path, nil)
	} else {
		r = httptest.NewRequest(method, "https://practice.example.com"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", cmp.Or(g.site, "same-origin"))
	}
	if script {
		r.Header.Set("X-Requested-With", "fetch")
	}
	if g.cookie != nil {
		r.AddCookie(g.cookie)
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	answer := w.Result()
	answer.Request = r
	return page{answer, w.Body.String()}
}

func (g *guest) get(path string) page { return g.ask(http.MethodGet, path, nil, false) }

func (g *guest) begin() string {
	g.t.Helper()
	p := g.ask(http.MethodPost, g.base+"/sessions", url.Values{}, false)
	if p.StatusCode != http.StatusSeeOther {
		g.t.Fatal(p.Status, p.body)
	}
	return p.Header.Get("Location")
}

func (g *guest) reply(session string, turn, choice int) page {
	return g.ask(http.MethodPost, session+"/picks", url.Values{"turn": {fmt.Sprint(turn)}, "choice": {fmt.Sprint(choice)}}, false)
}

// attempt plays to the end and returns the path of the session.
func (g *guest) attempt(replies ...int) string {
	g.t.Helper()
	g.clock = g.clock.Add(time.Minute)
	session := g.begin()
	for turn, choice := range replies {
		if p := g.reply(session, turn, choice); p.StatusCode != http.StatusSeeOther {
			g.t.Fatalf("reply %d: %s\n%s", turn, p.Status, p.read())
		}
	}
	return session
}

// deliver does what a worker does.
func (h *house) deliver() {
	h.t.Helper()
	ctx := h.t.Context()
	due := must(h.service.Store.Workspace(h.w.ID).ClaimPassbacks(ctx, h.c.ID, h.clock, h.clock.Add(time.Minute), 10))
	for _, p := range due {
		if err := h.service.Settle(ctx, p, h.service.Deliver(ctx, p)); err != nil {
			h.t.Fatal(err)
		}
	}
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// read is what a person reads on the page.
func (p page) read() string {
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(p.body, " ")), " "))
}

func (p page) shows(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.read(), text) {
			t.Errorf("%s does not say %q", p.Request.URL.Path, text)
		}
	}
}

func (p page) hides(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.read(), text) {
			t.Errorf("%s says %q", p.Request.URL.Path, text)
		}
	}
}

// holds tells whether the page's source has a piece of markup.
func (p page) holds(t *testing.T, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if !strings.Contains(p.body, piece) {
			t.Errorf("%s has no %s", p.Request.URL.Path, piece)
		}
	}
}
