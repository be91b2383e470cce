package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// practised records a learner's ended session, and its passback if one is given.
func (s *site) practised(n int, name string, standing greenroom.Standing, score string, p *greenroom.Passback) {
	s.t.Helper()
	ctx := s.t.Context()
	w := s.service.Store.Workspace(s.northwind.ID)
	c := must(s.service.Connections(ctx, s.owner))(s.t)[0]
	sc := must(s.service.ResolveScenario(ctx, s.northwind.ID, "ask-first"))(s.t)
	id := func(kind string) string { return fmt.Sprintf("%s-%d", kind, n) }
	launch := must(w.RecordLaunch(ctx, greenroom.LaunchRecord{
		Launch: greenroom.Launch{ID: greenroom.LaunchID(id("launch")), Reference: id("R"), At: noon, Outcome: greenroom.LaunchOK,
			Connection: c.ID, Deployment: "1", Scenario: sc.ID, Standing: standing, StateID: id("state"),
			SignInHash: id("hash"), SignInUntil: noon.Add(time.Hour)},
		Learner:  greenroom.Learner{ID: greenroom.LearnerID(id("learner")), Connection: c.ID, Subject: id("sub"), Name: name, CreatedAt: noon, SeenAt: noon},
		Link:     &greenroom.ResourceLink{ID: "link", Connection: c.ID, Deployment: "1", PlatformID: "7", Title: "Week 3"},
		LineItem: &greenroom.LineItem{ID: "item", Connection: c.ID, URL: "https://moodle.example.edu/items/7"},
	}))(s.t)
	earned := must(roleplay.ParseScore(score))(s.t)
	session := greenroom.Session{ID: greenroom.SessionID(id("session")), Learner: launch.Learner, Link: launch.Link,
		Launch: launch.ID, Scenario: sc.ID, Version: sc.Version, Standing: standing, StartedAt: noon}
	err := w.Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
		if err := tx.AddSession(ctx, session); err != nil {
			return err
		}
		session.EndedAt, session.Score = noon, &earned
		if err := tx.SaveSession(ctx, session); err != nil || p == nil {
			return err
		}
		p.ID, p.Connection, p.LineItem, p.Learner = greenroom.PassbackID(id("passback")), c.ID, launch.LineItem, launch.Learner
		p.Wanted, p.WantedAt, p.Since = earned, noon, noon
		return tx.SavePassback(ctx, *p)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// newGradebook is a site with something in every state.
func newGradebook(t *testing.T) *site {
	s := newSite(t)
	dana := s.as("dana")
	dana.post(scenarioImport, url.Values{"source": {scenarioFile}})
	dana.post(lti+"/connections", manual())
	posted := must(roleplay.ParseScore("4/5"))(t)
	s.practised(1, "Amira", greenroom.Graded, "4/5", &greenroom.Passback{State: greenroom.PassbackSent, Posted: &posted, PostedAt: noon, Answer: "Accepted."})
	s.practised(2, "Jonas", greenroom.Graded, "2/3", &greenroom.Passback{State: greenroom.PassbackFailed, Answer: "403 <b>Not</b> allowed"})
	s.practised(3, "Mio", greenroom.Graded, "1/2", &greenroom.Passback{State: greenroom.PassbackWaiting, NextTry: noon.Add(7 * time.Minute), Answer: "503 Busy"})
	return s
}

func TestPassbacksPage(t *testing.T) {
	s := newGradebook(t)
	dana := s.as("dana")
	const path = "/w/northwind/passbacks"
	all := dana.get(path)
	all.has(t, "Amira", "Jonas", "Mio", "Week 3", "Campus Moodle", "80 of 100", "66.67 of 100", "50 of 100",
		"403 &lt;b&gt;Not&lt;/b&gt; allowed", "in 7 minutes", `All <span class="count">3</span>`)
	for state, want := range map[string]string{"waiting": "Mio", "sent": "Amira", "failed": "Jonas"} {
		page := dana.get(path + "?state=" + state)
		page.has(t, ">"+want+"<", `<span class="count">1</span>`)
		for _, other := range []string{"Amira", "Jonas", "Mio"} {
			if other != want {
				page.hasNot(t, ">"+other+"<")
			}
		}
	}
	dana.get(path+"?state=nonsense").has(t, "Amira", "Jonas", "Mio")
	s.as("eve").get("/w/elsewhere/passbacks").has(t, "No scores yet")
}

func TestPassbacksAreSearchedAndPaged(t *testing.T) {
	s := newGradebook(t)
	for i := range greenroom.PassbackPageSize - 2 { // one more than a page takes
		s.practised(10+i, fmt.Sprintf("Learner %03d", i), greenroom.Graded, "1/2", &greenroom.Passback{State: greenroom.PassbackWaiting})
	}
	dana := s.as("dana")
	const path = "/w/northwind/passbacks"
	first := dana.get(path)
	first.has(t, "Learner 097", "Jonas", `href="/w/northwind/passbacks?page=2" rel="next"`)
	first.hasNot(t, "Amira", `rel="prev"`)
	second := dana.get(path + "?page=2")
	second.has(t, "Amira", `href="/w/northwind/passbacks" rel="prev"`)
	second.hasNot(t, "Jonas", `rel="next"`)
	dana.get(path+"?page=9").has(t, "No score matches")

	jonas := dana.get(path + "?q=JON&state=failed")
	jonas.has(t, ">Jonas<", `value="JON"`, `name="state" value="failed"`, `action="/w/northwind/passbacks/passback-2/send?q=JON&amp;state=failed"`)
	jonas.hasNot(t, "Learner 0")
	dana.get(path+"?q=week+3&state=failed").has(t, ">Jonas<")
	dana.get(path+"?q=nobody").has(t, "No score matches", "Show all passbacks")
	sent := dana.post(path+"/passback-2/send?q=JON&state=failed&next=//evil.example", nil)
	if to := sent.header.Get("Location"); to != path+"?q=JON&state=failed" {
		t.Errorf("sending again leads to %q", to)
	}
}

func TestSendAgain(t *testing.T) {
	s := newGradebook(t)
	woken := 0
	s.service.Wake = func() { woken++ }
	dana := s.as("dana")
	page := dana.get("/w/northwind/passbacks?state=failed")
	page.has(t, `action="/w/northwind/passbacks/passback-2/send?state=failed"`)
	dana.get("/w/northwind/passbacks?state=sent").hasNot(t, "Send again")

	dana.follow(dana.post("/w/northwind/passbacks/passback-2/send", nil)).has(t, "The score is on its way again")
	p := must(s.service.Store.Workspace(s.northwind.ID).Passback(t.Context(), "passback-2"))(t)
	if p.State != greenroom.PassbackWaiting || p.NextTry.After(noon) || woken != 1 {
		t.Errorf("state %s, next try %v, woken %d times", p.State, p.NextTry, woken)
	}
	for _, id := range []string{"passback-9", "../settings"} {
		if got := dana.post("/w/northwind/passbacks/"+url.PathEscape(id)+"/send", nil); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", id, got.status)
		}
	}
	if got := s.as("eve").post("/w/elsewhere/passbacks/passback-2/send", nil); got.status != http.StatusNotFound {
		t.Errorf("from another workspace: %d", got.status)
	}
}

func TestWhyNothingIsSent(t *testing.T) {
	s := newGradebook(t)
	for i, standing := range []greenroom.Standing{greenroom.Preview, greenroom.TestUser, greenroom.NoLineItem, greenroom.NoScope} {
		s.practised(10+i, string(standing), standing, "1/1", nil)
	}
	page := s.as("dana").get("/w/northwind/passbacks")
	_, rest, found := strings.Cut(page.body, "Practised, but not for the gradebook")
	if !found {
		t.Fatal("the section is missing")
	}
	for name, why := range map[string]string{
		"preview":      "teacher&#39;s preview",
		"test_user":    "The test student of the LMS",
		"no_line_item": "The activity has no column in the gradebook.",
		"no_scope":     "The LMS lets Greenroom post no scores.",
	} {
		_, row, _ := strings.Cut(rest, "<bdi>"+name+"</bdi>")
		if row, _, _ = strings.Cut(row, "</tr>"); !strings.Contains(row, why) {
			t.Errorf("%s: no %q in %s", name, why, row)
		}
	}
	if strings.Contains(rest, "Amira") {
		t.Error("a graded session is listed")
	}
}

func TestLearnersAreListed(t *testing.T) {
	page := newGradebook(t).as("dana").get("/w/northwind/members")
	_, learners, _ := strings.Cut(page.body, ">Learners</h2>")
	for _, name := range []string{"Amira", "Jonas", "Mio"} {
		_, row, _ := strings.Cut(learners, "<bdi>"+name+"</bdi>")
		row, _, _ = strings.Cut(row, "</tr>")
		for _, text := range []string{"Campus Moodle", ">member<", `datetime="2026-11-23T12:00:00Z"`} {
			if !strings.Contains(row, text) {
				t.Errorf("%s: no %q in %s", name, text, row)
			}
		}
	}
}
