package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ltitest"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

const (
	publicURL     = "https://practice.example.com"
	ownerEmail    = "dana.whitfield@example.com"
	strangerEmail = "eve.marlowe@example.com"
	doorPassword  = "correct horse"
	courseURL     = "https://lms.example.com/course/view?id=2"
)

// firstCall is short: checking a scenario plays it in all ways.
const firstCall = `---
title: First call
slug: first-call
description: A call.
objective: Find out what the buyer needs.
difficulty: Easy
character:
  name: Robin
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

// Doors is a whole server and all of its addresses, with a workspace of Dana's
// that an LMS is connected to, a learner on its stage, and a workspace of
// Eve's.
type doors struct {
	t       *testing.T
	app     *app.App
	handler http.Handler
	mux     *http.ServeMux // of the patterns alone
	lms     *ltitest.Platform
	dir     string
	log     *bytes.Buffer

	ours, theirs greenroom.Workspace
	owner, eve   *http.Cookie // who is signed in
	stage        *http.Cookie // of the learner
	course       *http.Cookie // of the teacher who picks
	picking      greenroom.LaunchID
	review       *http.Cookie // of the teacher who looks at the learner's work
	reviewing    greenroom.LaunchID
	learner      greenroom.LearnerID
	link         greenroom.ResourceLinkID
	asked        string // what that request asks for, as it is kept
	launch       greenroom.LaunchID
	session      string // ID of one that is open
	ended        string // ID of one that has ended
	invite       string // token of a registration URL
	connection   greenroom.ConnectionID
}

// newDoors opens a server as it is on the open internet or, in development,
// one whose LMS is on loopback.
func newDoors(t *testing.T, development bool) *doors {
	t.Helper()
	d := &doors{t: t, dir: t.TempDir(), log: &bytes.Buffer{}}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) // where the clock of ltitest stands
	var err error
	d.app, err = app.Open(t.Context(), app.Config{
		DataDir: d.dir, PublicURL: publicURL, Development: development, SupportContact: "the help desk",
		CAFile: testAuthority(t),
		Log:    slog.New(slog.NewJSONHandler(d.log, nil)),
		Now: func() time.Time {
			if d.lms != nil {
				return d.lms.Now()
			}
			return start
		},
	})
	d.must(err)
	t.Cleanup(func() { _ = d.app.Close() })
	d.handler = d.app.Handler()
	d.ours, d.owner = d.workspace("Northwind", "Dana Whitfield", ownerEmail)
	d.theirs, d.eve = d.workspace("Elsewhere", "Eve Marlowe", strangerEmail)
	_, err = d.app.Service.ImportScenario(t.Context(), d.ours.ID, "first-call.md", []byte(firstCall))
	d.must(err)
	d.connect()
	d.openStage()
	d.openPicker()
	d.openReview()
	_, d.invite, err = d.app.Service.NewInvite(t.Context(), greenroom.Operator(d.ours.ID))
	d.must(err)
	return d
}

// testAuthority returns a file with the certificate of the servers of httptest,
// ltitest's among them: they all have the same.
func testAuthority(t *testing.T) string {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	file := filepath.Join(t.TempDir(), "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (d *doors) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *doors) workspace(name, person, email string) (greenroom.Workspace, *http.Cookie) {
	d.t.Helper()
	w, err := d.app.Service.CreateWorkspace(d.t.Context(), name, "", false)
	d.must(err)
	_, err = d.app.Service.CreateUser(d.t.Context(), w.ID, greenroom.NewUser{
		Email: email, Name: person, Password: doorPassword, Role: greenroom.Owner,
	})
	d.must(err)
	return w, d.signIn(email)
}

func (d *doors) signIn(email string) *http.Cookie {
	d.t.Helper()
	answer := d.ask(http.MethodPost, "/sign-in", url.Values{"email": {email}, "password": {doorPassword}})
	for _, c := range answer.Cookies() {
		if c.Name == "__Host-greenroom" {
			return c
		}
	}
	d.t.Fatalf("no sign-in: %s", answer.Status)
	return nil
}

// nobodyThere stands for LMSes that a test does not ask.
type nobodyThere struct{ greenroom.Platforms }

func (nobodyThere) FetchKeySet(context.Context, string) (greenroom.KeySetReport, error) {
	return greenroom.KeySetReport{Document: []byte(`{"keys":[]}`)}, nil
}

func (d *doors) connect() {
	d.t.Helper()
	u := d.app.Kit.URLs
	profile := platform.Generic
	profile.StorageTarget = "" // who brings no cookie is refused, and asked nothing
	d.lms = ltitest.NewPlatformFor(d.t, profile, platform.ToolSettings{
		Name: "Greenroom", ToolURL: u.Launch(d.ours.ID), LoginURL: u.Login(d.ours.ID),
		RedirectURIs: []string{u.Launch(d.ours.ID)}, KeySetURL: u.KeySet(d.ours.ID),
		Custom: map[string]string{greenroom.ScenarioParameter: "first-call"},
	})
	known := d.lms.Known()
	form := greenroom.ConnectionForm{
		Platform: "Campus", Issuer: known.Issuer, ClientID: known.ClientID, Deployments: known.Deployments[0],
		AuthURL: known.AuthURL, TokenURL: known.TokenURL, KeySetURL: known.KeySetURL,
	}
	if !d.app.Config.Development {
		d.app.Service.Platforms = nobodyThere{}
		form.AuthURL, form.TokenURL, form.KeySetURL = "https://lms.example.com/auth", "https://lms.example.com/token", "https://lms.example.com/jwks"
	}
	saved, err := d.app.Service.SaveConnection(d.t.Context(), greenroom.Operator(d.ours.ID), form)
	d.must(err)
	d.connection = saved.Connection.ID
}

// openStage lets the learner in, and practise once to the end and once more.
func (d *doors) openStage() {
	d.t.Helper()
	all, err := d.app.Service.Connections(d.t.Context(), greenroom.Operator(d.ours.ID))
	d.must(err)
	launch, token, err := d.app.Service.RecordLaunch(d.t.Context(), d.ours.ID, &lti.Launch{
		Registration: lti.Registration{ID: string(all[0].ID)}, DeploymentID: "1", MessageType: lti.MessageResourceLink, Subject: "6",
		User:         lti.User{Name: "Stina Student", Email: "stina@example.com"},
		Roles:        lti.Roles{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"},
		Context:      &lti.Context{ID: "course-1", Title: "Sales training"},
		Grades:       &lti.GradeService{Scopes: []string{lti.ScopeScore}, LineItem: "https://lms.example.com/items/1"},
		ResourceLink: &lti.ResourceLink{ID: "link-1", Title: "Practice"},
		Custom:       map[string]string{greenroom.ScenarioParameter: "first-call"},
		Presentation: &lti.Presentation{ReturnURL: courseURL}, StateID: "state-1",
	}, greenroom.Arrival{Reference: "0123456789AB"})
	d.must(err)
	d.launch, d.learner, d.link = launch.ID, launch.Learner, launch.Link
	d.stage = &http.Cookie{Name: "__Host-stage-" + strings.ReplaceAll(string(launch.ID), "-", ""), Value: token}
	d.ended = d.begin()
	for turn := 0; ; turn++ {
		at := "/stage/" + string(d.ours.ID) + "/" + string(d.launch) + "/sessions/" + d.ended
		if d.ask(http.MethodGet, at+"/result", nil, d.stage).StatusCode == http.StatusOK {
			break
		}
		answer := d.ask(http.MethodPost, at+"/picks", url.Values{"turn": {fmt.Sprint(turn)}, "choice": {"0"}}, d.stage)
		if answer.StatusCode != http.StatusSeeOther {
			d.t.Fatalf("reply %d: %s", turn, answer.Status)
		}
	}
	d.session = d.begin()
}

// openPicker lets a teacher in who is asked to pick.
func (d *doors) openPicker() {
	d.t.Helper()
	launch, token, err := d.app.Service.RecordLaunch(d.t.Context(), d.ours.ID, &lti.Launch{
		Registration: lti.Registration{ID: string(d.connection)}, DeploymentID: "1", MessageType: lti.MessageDeepLinking, Subject: "3",
		Roles:        lti.Roles{lti.RoleInstructor},
		Context:      &lti.Context{ID: "course-1", Title: "Sales training"},
		Names:        &lti.NamesService{MembershipsURL: "https://lms.example.com/members"},
		DeepLinking:  &lti.DeepLinking{ReturnURL: "https://lms.example.com/return", AcceptTypes: []string{"ltiResourceLink"}, AcceptMultiple: true},
		Presentation: &lti.Presentation{ReturnURL: courseURL}, StateID: "state-2",
	}, greenroom.Arrival{Reference: "0123456789AC"})
	d.must(err)
	d.picking = launch.ID
	d.course = &http.Cookie{Name: "__Host-stage-" + strings.ReplaceAll(string(launch.ID), "-", ""), Value: token}
	db := d.database()
	d.must(db.QueryRow("select deep_linking from launches where id = ?", launch.ID).Scan(&d.asked))
}

// openReview lets the teacher look at what the learner has practised.
func (d *doors) openReview() {
	d.t.Helper()
	launch, token, err := d.app.Service.RecordLaunch(d.t.Context(), d.ours.ID, &lti.Launch{
		Registration: lti.Registration{ID: string(d.connection)}, DeploymentID: "1", MessageType: lti.MessageSubmissionReview, Subject: "3",
		Roles:        lti.Roles{lti.RoleInstructor},
		Context:      &lti.Context{ID: "course-1", Title: "Sales training"},
		ForUser:      &lti.ForUser{UserID: "6"},
		Grades:       &lti.GradeService{Scopes: []string{lti.ScopeScore}, LineItem: "https://lms.example.com/items/1"},
		Presentation: &lti.Presentation{ReturnURL: courseURL}, StateID: "state-3",
	}, greenroom.Arrival{Reference: "0123456789AD"})
	d.must(err)
	d.reviewing = launch.ID
	d.review = &http.Cookie{Name: "__Host-stage-" + strings.ReplaceAll(string(launch.ID), "-", ""), Value: token}
}

// askAgain lets the teacher's request be answered once more.
func (d *doors) askAgain(db *sql.DB) {
	_, _ = db.Exec("update launches set deep_linking = ?, answered_at = 0 where id = ?", d.asked, d.picking) // the table may be gone
}

func (d *doors) begin() string {
	d.t.Helper()
	to := d.ask(http.MethodPost, "/stage/"+string(d.ours.ID)+"/"+string(d.launch)+"/sessions", url.Values{}, d.stage).Header.Get("Location")
	return to[strings.LastIndex(to, "/")+1:]
}

// A reply is a response with its body read.
type reply struct {
	*http.Response
	body string
}

// request is one that a browser sends: a form comes from our own pages.
func request(method, path string, form url.Values, cookies ...*http.Cookie) *http.Request {
	body := ""
	if form != nil {
		body = form.Encode()
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if method != http.MethodGet {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("Sec-Fetch-Dest", "document")
	for _, c := range cookies {
		if c != nil {
			r.AddCookie(c)
		}
	}
	return r
}

func (d *doors) ask(method, path string, form url.Values, cookies ...*http.Cookie) reply {
	d.t.Helper()
	return d.do(request(method, path, form, cookies...))
}

func (d *doors) do(r *http.Request) reply {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return reply{w.Result(), w.Body.String()}
}

// A route is a pattern of the server, with a method.
type route struct {
	pattern, method, path string
}

// routes are those of the whole server. What takes every method is asked by
// GET and by POST.
func (d *doors) routes() []route {
	var all []route
	for _, pattern := range d.app.Routes() {
		method, path, ok := strings.Cut(pattern, " ")
		if ok {
			all = append(all, route{pattern, method, path})
			continue
		}
		all = append(all, route{pattern, http.MethodGet, pattern}, route{pattern, http.MethodPost, pattern})
	}
	return all
}

var wildcards = regexp.MustCompile(`\{[^}]*\}`)

// address fills a route's wildcards with what there is, or with names of
// nothing.
func (d *doors) address(r route, w greenroom.Workspace) string {
	known := map[string]string{
		"{$}": "", "{file...}": "app.css", "{workspace}": string(w.ID), "{launch}": string(d.launch),
		"{session}": d.session, "{slug}": "first-call",
	}
	if strings.HasPrefix(r.path, "/w/") {
		known["{workspace}"] = w.Slug
		known["{launch}"] = string(d.launch)
	}
	switch {
	case strings.HasSuffix(r.path, "/review"):
		known["{launch}"] = string(d.reviewing)
	case strings.HasPrefix(r.path, "/course/"):
		known["{launch}"] = string(d.picking)
	case strings.Contains(r.path, "/review/"):
		known["{launch}"], known["{learner}"], known["{link}"] = string(d.picking), string(d.learner), string(d.link)
	}
	if strings.HasPrefix(r.pattern, "GET ") {
		known["{connection}"] = string(d.connection)
	}
	if strings.HasSuffix(r.path, "/result") || strings.HasSuffix(r.path, "/gradebook") {
		known["{session}"] = d.ended
	}
	return wildcards.ReplaceAllStringFunc(r.path, func(name string) string {
		if value, ok := known[name]; ok {
			return value
		}
		return "none"
	})
}

// match returns the pattern that answers a request.
func (d *doors) match(r *http.Request) string {
	if d.mux == nil {
		d.mux = http.NewServeMux()
		for _, pattern := range d.app.Routes() {
			d.mux.Handle(pattern, http.NotFoundHandler())
		}
	}
	_, pattern := d.mux.Handler(r)
	return pattern
}

// posts are the routes that take a form.
func (d *doors) posts() []route {
	return slices.DeleteFunc(d.routes(), func(r route) bool { return r.method == http.MethodGet })
}

// database opens the server's file beside it.
func (d *doors) database() *sql.DB {
	d.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(d.dir, "greenroom.db")+"?_pragma=busy_timeout(5000)")
	d.must(err)
	d.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (d *doors) tables(db *sql.DB) []string {
	d.t.Helper()
	rows, err := db.Query(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`)
	d.must(err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		d.must(rows.Scan(&name))
		names = append(names, name)
	}
	d.must(rows.Err())
	return names
}

// secrets are what no page of an error may show.
func (d *doors) secrets() []string {
	key, err := os.ReadFile(filepath.Join(d.dir, "master.key"))
	d.must(err)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(key)))
	d.must(err)
	return []string{
		strings.TrimSpace(string(key)), fmt.Sprintf("%x", raw), d.owner.Value, d.eve.Value, d.stage.Value, d.course.Value,
		d.invite, doorPassword, d.app.Service.SetUpToken(), d.dir,
	}
}

// planted is a value that a test sends, and that no page may repeat.
func planted() string { return "planted" + strings.ToLower(rand.Text()[:8]) }
