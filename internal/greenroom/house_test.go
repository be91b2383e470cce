package greenroom_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// bothDatabases hold a workspace with the tiny scenario and with its first key,
// which take a while to make.
var bothDatabases = ready.Filled(func(o store.Options) error {
	o.Migrate = true
	db, err := store.Open(context.Background(), o)
	if err != nil {
		return err
	}
	h := &house{clock: opening}
	h.furnish(db, slog.DiscardHandler)
	w, err := h.CreateWorkspace(context.Background(), "Sales team", "", false)
	must(h.ImportScenario(context.Background(), w.ID, "tiny.scenario.md", []byte(tiny)))
	return errors.Join(err, db.Close())
})

// onBoth runs a test on both databases.
func onBoth(t *testing.T, test func(t *testing.T, h *house)) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		t.Run(name, func(t *testing.T) { test(t, newHouse(t, bothDatabases[name](t))) })
	}
}

// onSQLite is for what no database makes a difference to.
func onSQLite(t *testing.T) *house {
	t.Helper()
	return newHouse(t, bothDatabases["SQLite"](t))
}

// A house is a service over a real store, with a clock and a platform that the
// test holds in its hands.
type house struct {
	*greenroom.Service
	t         *testing.T
	clock     time.Time
	mu        sync.Mutex
	lms       *lms
	workspace greenroom.Workspace
	admin     greenroom.Actor
}

// A tiny scenario whose three replies are worth 100, 50 and 0.
const tiny = `---
title: Tiny
slug: tiny
description: A talk of one turn.
objective: Say something.
difficulty: easy
character:
  name: Ada
  role: Tester
rubric:
  - name: Words
    items:
      - id: word
        name: The word
        good: Kind.
        fair: Neutral.
        poor: Rude.
---
Hello.
* Kind words. # good: word
* Words. # fair: word
* Rude words. # poor: word
- Goodbye.
-> END
`

// opening is when the workspace was made.
var opening = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// engine is one for all houses: it keeps nothing of a scenario but how its talks
// went on, and its machines are warm.
var engine = roleplay.NewEngine(roleplay.Limits{})

// newHouse opens one of bothDatabases.
func newHouse(t *testing.T, o store.Options) *house {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{t: t, clock: opening}
	h.furnish(db, slog.NewTextHandler(t.Output(), nil))
	h.workspace = must(db.Instance().FindWorkspace(t.Context(), "sales-team"))
	h.admin = greenroom.Operator(h.workspace.ID)
	return h
}

// furnish makes the service.
func (h *house) furnish(db *store.Store, log slog.Handler) {
	h.lms = &lms{}
	h.Service = &greenroom.Service{
		Store: db, Vault: greenroom.NewVault([32]byte{1}), Platforms: h.lms,
		Engine: engine, Now: h.now, Random: rand.Reader, Log: slog.New(log),
	}
	h.Recent = greenroom.NewRecent(db, h.now)
	db.OnChange(h.Recent.Forget)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// lms stands for the platforms.
type lms struct {
	greenroom.Platforms
	mu       sync.Mutex
	posted   []greenroom.ScorePost
	answer   error // to the next posts
	register func() (greenroom.Registered, error)
	keySet   error

	roster  []greenroom.RosterMember
	changes []greenroom.RosterMember // nil: it tells no differences
	asked   []string                 // URLs of rosters
	refuses error                    // instead of a roster
	midway  func()                   // while a roster is being read
	results []greenroom.PlatformResult
	columns []greenroom.LineItemQuery // that were asked for
	signed  []greenroom.LinkResponse

	resources map[string]string // resource IDs of line items, by URL
	handlers  []string          // notice handlers that were set
	noNotices error             // instead of setting one
	asking    func()            // while one is asked for
}

func (l *lms) LineItemResource(_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, url, _ string) (string, error) {
	if id, ok := l.resources[url]; ok {
		return id, nil
	}
	return "", errDown
}

func (l *lms) SetNoticeHandler(_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, deployment, _, handler string) error {
	if l.asking != nil {
		l.asking()
	}
	if l.noNotices != nil {
		return l.noNotices
	}
	l.handlers = append(l.handlers, deployment+" "+handler)
	return nil
}

func (l *lms) ReadRoster(
	_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, q greenroom.RosterQuery,
	each func(greenroom.RosterMember) error,
) (a greenroom.RosterAnswer, err error) {
	l.asked = append(l.asked, q.URL)
	if l.refuses != nil {
		return a, l.refuses
	}
	members := l.roster
	if q.URL == changesURL {
		members = l.changes
	}
	if l.changes != nil {
		a.ChangesURL = changesURL
	}
	if l.midway != nil {
		l.midway()
	}
	for _, m := range members {
		if err := each(m); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (l *lms) ReadResults(
	_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, url, _ string,
	each func(greenroom.PlatformResult) error,
) error {
	l.asked = append(l.asked, url)
	if l.midway != nil {
		l.midway()
	}
	for _, r := range l.results {
		if err := each(r); err != nil {
			return err
		}
	}
	return l.refuses
}

func (l *lms) FindOrMakeLineItem(_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, q greenroom.LineItemQuery) (greenroom.LineItem, error) {
	if l.refuses != nil {
		return greenroom.LineItem{}, l.refuses
	}
	l.columns = append(l.columns, q)
	return greenroom.LineItem{URL: madeURL, Maximum: 10}, nil
}

const madeURL = "https://lms.example.com/items/made"

// saving changes a connection.
func saving(c greenroom.Connection) func(context.Context, greenroom.Tx) error {
	return func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, c) }
}

const changesURL = "https://lms.example.com/members?since=1"

func (l *lms) FetchKeySet(context.Context, string) (greenroom.KeySetReport, error) {
	return greenroom.KeySetReport{Document: []byte(`{"keys":[]}`), Keys: 1}, l.keySet
}

func (l *lms) Register(context.Context, greenroom.RegistrationRequest) (greenroom.Registered, error) {
	return l.register()
}

func (l *lms) SignDeepLinking(_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, r greenroom.LinkResponse) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signed = append(l.signed, r)
	return "signed", l.answer
}

func (l *lms) PostScore(_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, p greenroom.ScorePost) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answer != nil {
		return l.answer
	}
	l.posted = append(l.posted, p)
	return nil
}

func (l *lms) ScoreMaximum(context.Context, greenroom.WorkspaceID, greenroom.Connection, greenroom.Key, string, string) (float64, error) {
	return 10, nil
}

func validForm() greenroom.ConnectionForm {
	return greenroom.ConnectionForm{
		Platform: "Internal LMS", Issuer: "https://lms.example.com", ClientID: "abc123", Deployments: "1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token",
		KeySetURL: "https://lms.example.com/jwks",
	}
}

func (h *house) connect() greenroom.Connection {
	return must(h.SaveConnection(h.t.Context(), h.admin, validForm())).Connection
}

// launchOf is what the library hands over after its checks.
func launchOf(c greenroom.Connection, subject string, n int) *lti.Launch {
	return &lti.Launch{
		Registration: lti.Registration{ID: string(c.ID), Issuer: c.Issuer, ClientID: c.ClientID},
		DeploymentID: "1", MessageType: lti.MessageResourceLink, Subject: subject,
		User: lti.User{Name: "Stina Student"}, Roles: lti.Roles{learner},
		ResourceLink: &lti.ResourceLink{ID: "link-1", Title: "Practice"},
		Custom:       map[string]string{"scenario_id": "tiny"},
		Grades:       &lti.GradeService{Scopes: []string{lti.ScopeScore}, LineItem: "https://lms.example.com/items/1?type_id=1"},
		StateID:      fmt.Sprintf("state-%s-%d", subject, n),
	}
}

var launches = 0

func (h *house) visit(c greenroom.Connection, spoil func(*lti.Launch)) greenroom.Visit {
	h.t.Helper()
	launch, token := h.launch(c, spoil)
	must(h.Visit(h.t.Context(), h.workspace.ID, launch.ID, token)) // the first page: see threshold_test.go
	return must(h.Visit(h.t.Context(), h.workspace.ID, launch.ID, token))
}

// launch comes in, and returns the launch with the token of its sign-in.
func (h *house) launch(c greenroom.Connection, spoil func(*lti.Launch)) (greenroom.Launch, string) {
	h.t.Helper()
	launches++
	l := launchOf(c, "6", launches)
	if spoil != nil {
		spoil(l)
	}
	ref := must(greenroom.NewReference(rand.Reader))
	launch, token, err := h.RecordLaunch(h.t.Context(), h.workspace.ID, l, greenroom.Arrival{Reference: ref})
	if err != nil {
		h.t.Fatal(err)
	}
	return launch, token
}

// attempt plays one session to its end with the given reply.
func (h *house) attempt(v greenroom.Visit, reply int) greenroom.Scene {
	h.t.Helper()
	h.pass(time.Minute)
	s := must(h.Begin(h.t.Context(), v))
	scene, err := h.Pick(h.t.Context(), v, s.ID, 0, reply)
	if err != nil {
		h.t.Fatal(err)
	}
	return scene
}

// deliver does what a worker does, once for everything that is due.
func (h *house) deliver() (n int) {
	h.t.Helper()
	ctx := h.t.Context()
	for _, lane := range must(h.Store.Instance().DueLanes(ctx, h.now())) {
		due := must(h.Store.Workspace(lane.Workspace).ClaimPassbacks(ctx, lane.Connection, h.now(), h.now().Add(time.Minute), 10))
		for _, p := range due {
			if err := h.Settle(ctx, p, h.Deliver(ctx, p)); err != nil {
				h.t.Fatal(err)
			}
			n++
		}
	}
	return n
}

var errDown = &lti.ServiceError{Op: "score", Status: 503, Text: "down for maintenance"}

func isInvalid(err error, field string) bool {
	bad, ok := errors.AsType[*greenroom.Invalid](err)
	return ok && bad.Of(field) != ""
}

const (
	learner    = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
	instructor = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
	testUser   = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
)
