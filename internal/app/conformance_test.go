package app_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ltitest"
)

// Every case of the conformance suite against a running server.
func TestConformanceOverHTTP(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(t *testing.T) app.Config{
		"SQLite":     func(*testing.T) app.Config { return app.Config{} },
		"PostgreSQL": func(t *testing.T) app.Config { return app.Config{DatabaseURL: pgtest.URL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it waits for second attempts
			conforms(t, config(t))
		})
	}
}

// awaits are the cases that a server with today's features cannot make.
var awaits = map[string]string{}

func conforms(t *testing.T, config app.Config) {
	g := serveForConformance(t, config)
	var suite *ltitest.Suite
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { suite.Handler().ServeHTTP(w, r) }))
	t.Cleanup(platform.Close)
	u := g.app.Kit.URLs
	suite, err := ltitest.NewSuite(ltitest.SuiteOptions{
		BaseURL: strings.Replace(platform.URL, "127.0.0.1", "localhost", 1), Now: g.Now,
		Candidate: ltitest.Candidate{
			LoginURL: u.Login(g.workspace.ID), LaunchURL: u.Launch(g.workspace.ID), KeySetURL: u.KeySet(g.workspace.ID),
			Custom: map[string]string{greenroom.ScenarioParameter: "good-or-poor"}, OtherLaunchURL: u.Launch(g.other.ID),
			Connect: g.connect, RegistrationURL: g.registrationURL, Pass: g.pass, Score: g.score, Pick: g.pick, Roster: g.roster,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.connect(t.Context(), suite.Registration()); err != nil {
		t.Fatal(err)
	}
	suite.Run(t.Context(), func(r ltitest.Result) {
		t.Run(r.ID, func(t *testing.T) {
			_, waits := awaits[r.ID]
			if waits != (r.Outcome == ltitest.Skipped) || r.Outcome == ltitest.Failed {
				t.Errorf("%s: %s: %s", r.Title, r.Outcome, r.Text)
			}
		})
	})
}

// A conforming server is Greenroom as the suite sees it.
type conforming struct {
	t                *testing.T
	app              *app.App
	workspace, other greenroom.Workspace

	mu    sync.Mutex
	ahead time.Duration // of the real clock
}

func (g *conforming) Now() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Add(g.ahead)
}

func (g *conforming) pass(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ahead += d
}

const goodOrPoor = `---
title: Good or poor
slug: good-or-poor
description: One question.
objective: Ask well.
difficulty: Easy
character: {name: Dana, role: Buyer}
rubric:
  - name: Asking
    items:
      - {id: asks, name: Asks, good: Asks, fair: Hints, poor: Tells}
---
Hello.
* Poor
  Hm. # poor: asks
* Good
  Yes. # good: asks
- Bye.
-> END
`

func serveForConformance(t *testing.T, config app.Config) *conforming {
	t.Helper()
	g := &conforming{t: t}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config.DataDir, config.PublicURL, config.Development = t.TempDir(), "http://"+l.Addr().String(), true
	config.Now, config.Log = g.Now, slog.New(slog.DiscardHandler)
	if g.app, err = app.Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- g.app.Run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if err := g.app.Close(); err != nil {
			t.Error(err)
		}
	})
	s := g.app.Service
	for _, w := range []*greenroom.Workspace{&g.workspace, &g.other} {
		if *w, err = s.CreateWorkspace(t.Context(), "Team", "", false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ImportScenario(t.Context(), g.workspace.ID, "good-or-poor.md", []byte(goodOrPoor)); err != nil {
		t.Fatal(err)
	}
	return g
}

// connect fills in the form for a manual connection.
func (g *conforming) connect(ctx context.Context, r lti.Registration) error {
	deployments := r.Deployments
	if len(deployments) == 0 {
		deployments = []string{"1"}
	}
	saved, err := g.app.Service.SaveConnection(ctx, greenroom.Operator(g.workspace.ID), greenroom.ConnectionForm{
		Platform: "Conformance", Issuer: r.Issuer, ClientID: r.ClientID, Deployments: strings.Join(deployments, " "),
		AuthURL: r.AuthURL, TokenURL: r.TokenURL, KeySetURL: r.KeySetURL,
	})
	if err != nil || !r.AcceptNewDeployments && !r.AllowAnonymous {
		return err
	}
	edit := greenroom.EditOf(saved.Connection)
	edit.AllowAnonymous = r.AllowAnonymous
	if r.AcceptNewDeployments {
		edit.Deployments, edit.AcceptDeployments = "", true
	}
	_, err = g.app.Service.EditConnection(ctx, greenroom.Operator(g.workspace.ID), saved.Connection.ID, edit)
	return err
}

func (g *conforming) registrationURL(ctx context.Context) (string, error) {
	_, token, err := g.app.Service.NewInvite(ctx, greenroom.Operator(g.workspace.ID))
	return g.app.Kit.URLs.Registration(g.workspace.ID, token), err
}

var (
	formAction = regexp.MustCompile(`<form[^>]* method="post" action="([^"]*/(?:sessions|picks))"`)
	turnField  = regexp.MustCompile(`name="turn" value="([0-9]+)"`)
)

// score rehearses from where a launch has landed.
func (g *conforming) score(ctx context.Context, landed *http.Response, share float64) error {
	v := visitor{ctx, landed.Request}
	lobby, _, err := v.open(landed.Request.URL.String(), nil)
	if err != nil {
		return err
	}
	action := formAction.FindStringSubmatch(lobby)
	if action == nil {
		return fmt.Errorf("no way to begin on %s", landed.Request.URL)
	}
	room, at, err := v.open(action[1], url.Values{})
	if err != nil {
		return err
	}
	action, turn := formAction.FindStringSubmatch(room), turnField.FindStringSubmatch(room)
	if action == nil || turn == nil {
		return fmt.Errorf("no replies on %s", at)
	}
	_, _, err = v.open(html.UnescapeString(action[1]), url.Values{"turn": {turn[1]}, "choice": {fmt.Sprint(share)}})
	return err
}

var (
	scenarioBox = regexp.MustCompile(`name="picked" value="([^"]+)"`)
	leavingForm = regexp.MustCompile(`<form[^>]* action="([^"]*)"`)
	tokenField  = regexp.MustCompile(`name="JWT" value="([^"]*)"`)
)

// pick answers a deep linking request from the picker that it has landed in.
func (g *conforming) pick(ctx context.Context, landed *http.Response, items int) (action string, form url.Values, err error) {
	v, at := visitor{ctx, landed.Request}, landed.Request.URL.String()
	list, _, err := v.open(at, nil)
	if err != nil {
		return "", nil, err
	}
	box := scenarioBox.FindStringSubmatch(list)
	if box == nil {
		return "", nil, fmt.Errorf("nothing to pick at %s", at)
	}
	to, answer := "/cancel", url.Values{}
	if items > 0 {
		to, answer = "/answer", url.Values{"picked": {box[1]}, "zone": {"UTC"}, "title-" + box[1]: {"Picked"}, "graded-" + box[1]: {"no"}}
	}
	page, _, err := v.open(at+to, answer)
	if err != nil {
		return "", nil, err
	}
	leaves, token := leavingForm.FindStringSubmatch(page), tokenField.FindStringSubmatch(page)
	if leaves == nil || token == nil {
		return "", nil, fmt.Errorf("no answer in %s", page)
	}
	return html.UnescapeString(leaves[1]), url.Values{"JWT": {html.UnescapeString(token[1])}}, nil
}

var classLink = regexp.MustCompile(`href="([^"]*/class)"`)

// roster asks for one on the page of the class.
func (g *conforming) roster(ctx context.Context, landed *http.Response) error {
	v := visitor{ctx, landed.Request}
	lobby, _, err := v.open(landed.Request.URL.String(), nil)
	if err != nil {
		return err
	}
	class := classLink.FindStringSubmatch(lobby)
	if class == nil {
		return fmt.Errorf("no class on %s", landed.Request.URL)
	}
	_, _, err = v.open(html.UnescapeString(class[1])+"/roster", url.Values{})
	return err
}

// A visitor goes on with the cookies of a request.
type visitor struct {
	ctx   context.Context
	began *http.Request
}

func (v visitor) open(to string, form url.Values) (body, at string, err error) {
	u, err := v.began.URL.Parse(to)
	if err != nil {
		return "", "", err
	}
	r, err := http.NewRequestWithContext(v.ctx, http.MethodGet, u.String(), nil)
	if form != nil && err == nil {
		r, err = http.NewRequestWithContext(v.ctx, http.MethodPost, u.String(), strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if err != nil {
		return "", "", err
	}
	r.Header.Set("Cookie", v.began.Header.Get("Cookie"))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", "", err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d", u.Path, answer.StatusCode)
	}
	return string(raw), answer.Request.URL.Path, err
}
