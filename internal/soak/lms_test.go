package soak

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"html"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// threeEndings is over with one reply, for 100, 50 or 0.
const threeEndings = `---
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
* You need a pen.
  Maybe. # fair: needs
* Buy this pen!
  No. # poor: needs
- Bye.
-> END
`

// percents are what the replies of threeEndings are worth.
var percents = []int{100, 50, 0}

// A school is an LMS that writes down which scores it takes. Its clock goes
// with the servers'.
type school struct {
	*platform.Platform
	name   string
	record *Record
	clock  *clock
	door   *door
	// ails answers in place of a service while the school is ill.
	ails   atomic.Pointer[illness]
	tool   platform.Tool
	course string
	link   string
	launch string // path
	login  string
}

func newSchool(t *testing.T, name string, record *Record, c *clock) *school {
	t.Helper()
	x := &school{name: name, record: record, clock: c}
	server := httptest.NewUnstartedServer(x)
	x.door = &door{Listener: server.Listener, hangUp: server.CloseClientConnections}
	server.Listener = x.door
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of those who reset, too
	server.StartTLS()
	t.Cleanup(server.Close)
	var err error
	x.Platform, err = platform.New(platform.Options{Issuer: server.URL, Profile: platform.Generic, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ServeHTTP answers what tools ask for, unless the school is ill.
func (x *school) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ails := x.ails.Load()
	service := r.Method == http.MethodPost || r.Header.Get("Authorization") != ""
	if ails != nil && service {
		ails.answer(x, w, r)
		return
	}
	x.take(r).give(w)
}

// An answer is what the platform would say.
type answer struct {
	*httptest.ResponseRecorder
	took bool // a score
}

func (a answer) give(w http.ResponseWriter) {
	for name, values := range a.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Code)
	_, _ = w.Write(a.Body.Bytes())
}

// take asks the platform, and notes a score that it takes.
func (x *school) take(r *http.Request) answer {
	a := answer{httptest.NewRecorder(), false}
	e, isScore := x.scoreIn(r)
	x.Platform.ServeHTTP(a, r)
	if a.took = isScore && a.Code/100 == 2; a.took {
		x.record.Add(e)
	}
	return a
}

// scoreIn reads the score that a request brings, if it does.
func (x *school) scoreIn(r *http.Request) (e Event, ok bool) {
	if !strings.Contains(r.URL.Path, "/scores") {
		return e, false
	}
	body, err := io.ReadAll(r.Body) // of what is cut off, the platform will see as much
	r.Body = io.NopCloser(bytes.NewReader(body))
	var s platform.Score
	if err != nil || json.Unmarshal(body, &s) != nil || s.Given == nil || s.Maximum == nil {
		return e, false
	}
	stamp, _ := time.Parse(time.RFC3339Nano, s.Timestamp) // the platform reads it too
	return Event{
		Kind: Arrived, LMS: x.name, Learner: s.User, Score: int(math.Round(*s.Given / *s.Maximum * 100)), Stamp: stamp,
	}, true
}

// authority writes down where schools' certificates come from: all servers of
// httptest have one.
func authority(t *testing.T) (file string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	file = filepath.Join(t.TempDir(), "schools.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// furnish makes a workspace with a scenario, connected to the school, and an
// activity in a course.
func (x *school) furnish(t *testing.T, c app.Config) {
	t.Helper()
	h, err := app.OpenService(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	w, err := h.Service.CreateWorkspace(t.Context(), "Team "+x.name, "", false)
	if err == nil {
		_, err = h.Service.ImportScenario(t.Context(), w.ID, "first-call.md", []byte(threeEndings))
	}
	if err != nil {
		t.Fatal(err)
	}
	base := "/lti/" + string(w.ID)
	x.login, x.launch = base+"/login", base+"/launch"
	x.tool = x.AddTool(platform.ToolSettings{
		Name: "Greenroom", ToolURL: c.PublicURL + x.launch, LoginURL: c.PublicURL + x.login,
		RedirectURIs: []string{c.PublicURL + x.launch}, KeySetURL: c.PublicURL + base + "/jwks.json",
	})
	x.course = x.AddCourse("Course")
	link, err := x.AddLink(x.course, platform.Link{
		Tool: x.tool.ClientID, Title: "Practice", Maximum: 100, Custom: map[string]string{greenroom.ScenarioParameter: "first-call"},
	})
	if err == nil {
		x.link = link.ID
		_, err = h.Service.SaveConnection(t.Context(), greenroom.Operator(w.ID), greenroom.ConnectionForm{
			Platform: "School", Issuer: x.Issuer(), ClientID: x.tool.ClientID, Deployments: x.tool.DeploymentID,
			AuthURL: x.AuthURL(), TokenURL: x.TokenURL(), KeySetURL: x.KeySetURL(),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// enrol adds somebody to the course.
func (x *school) enrol() (id string) {
	id = x.AddUser(platform.User{Name: "Lee Learner"})
	x.Enrol(x.course, id, platform.Learner)
	return id
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// answer is the platform's signed answer to an authentication request.
func (x *school) answer(request string) url.Values {
	page := httptest.NewRecorder()
	x.Platform.ServeHTTP(page, httptest.NewRequest(http.MethodGet, request, nil))
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(page.Body.String(), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}
