package soak

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	record *Record
	ahead  atomic.Int64
	tool   platform.Tool
	course string
	link   string
	launch string // path
	login  string
}

func newSchool(t *testing.T, record *Record) *school {
	t.Helper()
	x := &school{record: record}
	server := httptest.NewServer(x)
	t.Cleanup(server.Close)
	var err error
	x.Platform, err = platform.New(platform.Options{
		Issuer: server.URL, Profile: platform.Generic,
		Now: func() time.Time { return time.Now().Add(time.Duration(x.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ServeHTTP notes the scores that the platform takes.
func (x *school) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.Path, "/scores") {
		x.Platform.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever sent it is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	x.Platform.ServeHTTP(answer, r)
	var s platform.Score
	if err := json.Unmarshal(body, &s); err == nil && answer.Code/100 == 2 && s.Given != nil {
		stamp, _ := time.Parse(time.RFC3339Nano, s.Timestamp) // the platform has read it
		x.record.Add(Event{Kind: Arrived, Learner: s.User, Score: int(math.Round(*s.Given / *s.Maximum * 100)), Stamp: stamp})
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// furnish makes a workspace with a scenario, connected to the school, and an
// activity with learners.
func (x *school) furnish(t *testing.T, c app.Config, learners int) (who []string) {
	t.Helper()
	h, err := app.OpenService(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	w, err := h.Service.CreateWorkspace(t.Context(), "Team", "", false)
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
	for range learners {
		id := x.AddUser(platform.User{Name: "Lee Learner"})
		x.Enrol(x.course, id, platform.Learner)
		who = append(who, id)
	}
	return who
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
