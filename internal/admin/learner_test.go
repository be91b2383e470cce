package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

const learnersList = "/w/northwind/learners"

const talk = `---
title: A talk
slug: talk
description: Short.
objective: Speak.
difficulty: easy
character:
  name: Ada
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
* =SUM(A1) is kind. # good: word
* Rude. # poor: word
- Goodbye.
-> END
`

// arrives lets somebody launch and play once, and returns who it was.
func (s *site) arrives(c greenroom.Connection, subject, name, email string) greenroom.LearnerID {
	s.t.Helper()
	ctx, store := s.t.Context(), s.service.Store.Workspace(s.northwind.ID)
	if s.service.Engine == nil {
		s.service.Engine = roleplay.NewEngine(roleplay.Limits{})
		must(s.service.ImportScenario(ctx, s.northwind.ID, "talk.scenario.md", []byte(talk)))(s.t)
	}
	scenario := must(store.ScenarioBySlug(ctx, "talk"))(s.t)
	record := greenroom.LaunchRecord{
		Launch: greenroom.Launch{
			ID: greenroom.LaunchID("launch-" + subject), Reference: "REF" + subject, At: s.now, Outcome: greenroom.LaunchOK, Connection: c.ID,
			Deployment: "1", Scenario: scenario.ID, Standing: greenroom.Graded, StateID: subject, Claims: `{"sub":"••• (3 characters)"}`,
		},
		Learner: greenroom.Learner{ID: greenroom.LearnerID("learner-" + subject), Subject: subject, Name: name, Email: email, CreatedAt: s.now, SeenAt: s.now},
		Context: &greenroom.Context{ID: "context-" + greenroom.ContextID(subject), Deployment: "1", PlatformID: "c1", Title: "Course <i>one</i>", CreatedAt: s.now},
		Link: &greenroom.ResourceLink{ID: "link-" + greenroom.ResourceLinkID(subject), Deployment: "1", PlatformID: "a1", Title: "=HYPERLINK()",
			ContextID: "c1", ContextTitle: "Course <i>one</i>"},
		Member: &greenroom.ContextMember{
			Learns: true, Status: greenroom.MemberActive, Source: greenroom.FromLaunch, FirstSeen: s.now, LastSeen: s.now,
		},
		LineItem: &greenroom.LineItem{ID: "item-" + greenroom.LineItemID(subject), URL: "https://lms.example.com/items/1"},
	}
	launch := must(store.RecordLaunch(ctx, record))(s.t)
	v := greenroom.Visit{Workspace: s.northwind, Launch: launch, Scenario: scenario, Connection: c}
	session := must(s.service.Begin(ctx, v))(s.t)
	must(s.service.Pick(ctx, v, session.ID, 0, 0))(s.t)
	return launch.Learner
}

func (s *site) school() greenroom.Connection {
	s.t.Helper()
	return must(s.service.SaveConnection(s.t.Context(), s.owner, greenroom.ConnectionForm{
		Platform: "School", Issuer: "https://lms.example.com", ClientID: "abc", Deployments: "1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
	}))(s.t).Connection
}

func TestLearnersAreListedAndFound(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	dana.get(learnersList).has(t, "Nobody has come by launch yet")
	c := s.school()
	id := s.arrives(c, "s1", "Nadia <b>Bold</b>", "nadia@example.org")
	s.arrives(c, "s2", "", "")
	dana.get(learnersList).has(t, "Nadia &lt;b&gt;Bold", "nadia@example.org", "Learner s2", "School", `href="`+learnersList+"/"+string(id)+`"`)
	dana.get(learnersList+"?q=NADIA&sort=name").hasNot(t, "Learner s2")
	dana.get(learnersList+"?q=nobody").has(t, "No learner matches", "Show all learners")
	dana.get(learnersList+"?page=7").has(t, "No learner matches")

	store := s.service.Store.Workspace(s.northwind.ID)
	for i := range 60 {
		record := greenroom.LaunchRecord{
			Launch:  greenroom.Launch{ID: greenroom.LaunchID(fmt.Sprint("more-", i)), Connection: c.ID, StateID: fmt.Sprint("more-", i)},
			Learner: greenroom.Learner{ID: greenroom.LearnerID(fmt.Sprint("more-", i)), Subject: fmt.Sprint("more-", i), CreatedAt: noon, SeenAt: noon},
		}
		must(store.RecordLaunch(t.Context(), record))(t)
	}
	first := dana.get(learnersList + "?q=more")
	first.has(t, `rel="next"`, `?page=2&amp;q=more"`)
	first.hasNot(t, `rel="prev"`)
	second := dana.get(learnersList + "?page=2&q=more")
	second.hasNot(t, `rel="next"`)
	second.has(t, `rel="prev"`)
	if n := strings.Count(first.body, "Learner more-") + strings.Count(second.body, "Learner more-"); n != 60 {
		t.Errorf("%d of 60 learners on two pages", n)
	}
}

func TestLearnersAreMergedAndSeparated(t *testing.T) {
	s := newSite(t)
	c := s.school()
	a, b := s.arrives(c, "s1", "Nadia", "n@example.org"), s.arrives(c, "s2", "nadia", "")
	dana, page := s.as("dana"), learnersList+"/"+string(a)
	dana.get(page).has(t, "Merge with another learner", "Compare", "Course &lt;i&gt;one", "100 of 100", "1 session in")
	dana.get(page+"?other=s2").has(t, page+"/merge?other="+string(b))
	dana.get(page+"?other=nobody").has(t, "No other learner matches.")
	dana.get(page+"/merge?other="+string(b)).has(t, "Merge learners", "subject <bdi>s2", "What does not change")
	if got := dana.get(page + "/merge?other=none"); got.status != http.StatusNotFound {
		t.Errorf("a merge with nobody: %d", got.status)
	}
	dana.follow(dana.post(page+"/merge", url.Values{"other": {string(b)}})).has(t, "The learners are one person now", "2 sessions in", "Separate")
	dana.follow(dana.post(page+"/merge", url.Values{"other": {string(b)}})).has(t, "These two are one already.")
	dana.get(learnersList).has(t, "2 merged")
	dana.get("/w/northwind/settings/audit").has(t, "Merged learners")
	dana.follow(dana.post(learnersList+"/"+string(b)+"/separate", nil)).has(t, "on their own again", "1 session in")
	dana.follow(dana.post(page+"/separate", nil)).has(t, "merged with nobody")
}

func TestALearnersDataIsExported(t *testing.T) {
	s := newSite(t)
	c := s.school()
	id := s.arrives(c, "s1", "Nadia", "n@example.org")
	s.arrives(c, "s2", "Otto", "")
	dana, page := s.as("dana"), learnersList+"/"+string(id)
	got := dana.post(page+"/export", url.Values{"format": {"json"}})
	if name := got.header.Get("Content-Disposition"); got.status != http.StatusOK || name != `attachment; filename="greenroom-learner-`+string(id)+`.json"` {
		t.Fatalf("%d, %s", got.status, name)
	}
	var file learnerJSON
	if err := json.Unmarshal([]byte(got.body), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Learners) != 1 || file.Learners[0].Email != "n@example.org" || len(file.Launches) != 1 || !strings.Contains(string(file.Launches[0].Claims), "sub") ||
		len(file.Passbacks) != 1 || file.Passbacks[0].Wanted != "100" || len(file.Audit) != 1 {
		t.Errorf("file %s", got.body)
	}
	talk := file.Sessions[0]
	if len(file.Sessions) != 1 || talk.Percent != "100" || len(talk.Picks) != 1 || len(talk.Transcript) != 3 || talk.Transcript[1].Text != "=SUM(A1) is kind." || len(talk.Items) != 1 {
		t.Errorf("sessions %+v", file.Sessions)
	}
	got.hasNot(t, "Otto")
	got = dana.post(page+"/export", url.Values{"format": {"csv"}})
	got.has(t, "session,scenario,activity", "A talk,'=HYPERLINK(),Course <i>one</i>,graded,", ",100,gold\r\n")
	dana.get("/w/northwind/settings/audit").has(t, "Exported a learner&#39;s data")
}

func TestALearnerIsErased(t *testing.T) {
	s := newSite(t)
	c := s.school()
	id := s.arrives(c, "s1", "Nadia", "n@example.org")
	dana, page := s.as("dana"), learnersList+"/"+string(id)
	dana.get(page+"/erase").has(t, "Erase “<bdi>Nadia", "Scores on their way")
	wrong := dana.post(page+"/erase", url.Values{"name": {"Nadja"}})
	wrong.has(t, "This is not what they are called", `value="Nadja"`)
	if wrong.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", wrong.status)
	}
	dana.follow(dana.post(page+"/erase", url.Values{"name": {"Nadia"}})).has(t, "is erased", "Nobody has come by launch yet")
	if got := dana.get(page); got.status != http.StatusNotFound {
		t.Errorf("the page: %d", got.status)
	}
	dana.get("/w/northwind/settings/audit").hasNot(t, "Nadia")
	dana.get("/w/northwind/launches").hasNot(t, "Nadia")
}

func TestRetentionIsCountedBeforeItIsSet(t *testing.T) {
	s := newSite(t)
	s.arrives(s.school(), "s1", "Nadia", "")
	s.now = s.now.AddDate(0, 4, 0)
	const path = "/w/northwind/settings/retention"
	dana := s.as("dana")
	dana.get("/w/northwind/settings").has(t, "At present: for ever", path)
	dana.get(path).has(t, "At present: for ever")
	dana.get(path+"?months=3").has(t, "By now 1 session and 1 learner are older.", "Keep practice for 3 months")
	dana.get(path+"?months=6").has(t, "No session and no learner is that old by now.")
	dana.get(path+"?months=0").has(t, "Nothing is erased by age.")
	if got := dana.get(path + "?months=soon"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `value="soon"`) {
		t.Errorf("soon: %d", got.status)
	}
	dana.follow(dana.post(path, url.Values{"months": {"3"}})).has(t, "Practice is kept for 3 months", "At present: 3 months")
	if w := must(s.service.Store.Workspace(s.northwind.ID).Workspace(context.Background()))(t); w.RetentionMonths != 3 {
		t.Errorf("kept %+v", w)
	}
}
