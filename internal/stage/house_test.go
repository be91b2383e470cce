package stage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// A scenario of two turns; its replies are worth 100, 50 and 0 each.
const twoTurns = `---
title: Two turns
slug: two-turns
description: A short talk with <b>markup</b> in its description.
objective: Say two things.
difficulty: easy
character:
  name: Ada <i>Lovelace</i>
  role: Tester
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
---
Hello. Who <em>are</em> you?
* A friend. # good: first: You began kindly.
* Nobody. # fair: first
* Go away. # poor: first
- And what now?
* Tea? # good: second
* Nothing. # fair: second
* A fight. # poor: second
- Goodbye. # ending: Over
-> END
`

type house struct {
	t       *testing.T
	service *greenroom.Service
	handler http.Handler
	w       greenroom.Workspace
	c       greenroom.Connection
	clock   time.Time
	answer  error // of the LMS to scores
	count   int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db"), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{t: t, clock: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return h.clock }
	h.service = &greenroom.Service{
		Store: db, Vault: greenroom.NewVault([32]byte{1}), Platforms: h, Now: now, Random: rand.Reader,
		Engine: roleplay.NewEngine(roleplay.Limits{}), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	kit, err := web.New(web.Options{
		PublicURL: "https://practice.example.com", Service: h.service, Log: h.service.Log, Now: now, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	New(kit).Mount(mux)
	h.handler = kit.Wrap(mux)
	h.w = must(h.service.CreateWorkspace(t.Context(), "Sales team", "", false))
	must(h.service.ImportScenario(t.Context(), h.w.ID, "two.scenario.md", []byte(twoTurns)))
	h.c = must(h.service.SaveConnection(t.Context(), greenroom.Operator(h.w.ID), greenroom.ConnectionForm{
		Platform: "LMS", Issuer: "https://lms.example.com", ClientID: "abc", Deployments: "1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
	})).Connection
	return h
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The house is its own LMS.
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
	launch, token, err := h.service.RecordLaunch(h.t.Context(), h.w.ID, l, must(greenroom.NewReference(rand.Reader)))
	if err != nil {
		h.t.Fatal(err)
	}
	return &guest{h, "/stage/" + string(h.w.ID) + "/" + string(launch.ID), &http.Cookie{
		Name: "__Host-stage-" + string(launch.ID), Value: token,
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
		r.Header.Set("Sec-Fetch-Site", "same-origin")
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

// attempt plays to the end and returns the result's page.
func (g *guest) attempt(first, second int) page {
	g.t.Helper()
	g.clock = g.clock.Add(time.Minute)
	session := g.begin()
	g.reply(session, 0, first)
	g.reply(session, 1, second)
	return g.get(session + "/result")
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

func (p page) shows(t *testing.T, texts ...string) {
	t.Helper()
	read := html.UnescapeString(p.body)
	for _, text := range texts {
		if !strings.Contains(read, text) {
			t.Errorf("%s does not say %q", p.Request.URL.Path, text)
		}
	}
}
