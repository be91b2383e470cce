package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// fillClass puts learners into a course, of whom two in three have practised.
func fillClass(t *testing.T, d *app.Demo, n int) greenroom.ContextID {
	t.Helper()
	w := d.App.Store.Workspace(d.Workspace.ID)
	all, err := w.Connections(t.Context())
	must(t, err)
	scenarios, err := w.Scenarios(t.Context())
	must(t, err)
	c, sc, now := all[0], scenarios[0], time.Now().Add(-3*time.Hour)
	var in greenroom.ContextID
	for i := range n {
		id := fmt.Sprint(i)
		name := fmt.Sprintf("Learner number %03d", i)
		if i == 7 {
			name = "=HYPERLINK(\"https://evil.example\") " + strings.Repeat("Wolfeschlegelsteinhausenbergerdorff", 3)
		}
		l, err := w.RecordLaunch(t.Context(), greenroom.LaunchRecord{
			Launch: greenroom.Launch{
				ID: greenroom.LaunchID("class-launch-" + id), Reference: "CLASS" + id, At: now, Outcome: greenroom.LaunchOK,
				Connection: c.ID, Deployment: "1", Scenario: sc.ID, Standing: greenroom.Graded, StateID: "class-" + id,
			},
			Learner: greenroom.Learner{ID: greenroom.LearnerID("class-learner-" + id), Connection: c.ID, Subject: "class-" + id, Name: name, CreatedAt: now, SeenAt: now},
			Context: &greenroom.Context{
				ID: "class-context", Connection: c.ID, Deployment: "1", PlatformID: "class", Title: "Consultative selling, autumn intake",
				Label: "CS-26", MembershipsURL: "https://lms.example.com/members", CreatedAt: now, SeenAt: now,
			},
			Member: &greenroom.ContextMember{Learns: true, Status: greenroom.MemberActive, Source: greenroom.FromLaunch, FirstSeen: now, LastSeen: now},
			Link: &greenroom.ResourceLink{
				ID: "class-link", Connection: c.ID, Deployment: "1", PlatformID: "class-link", Title: "Week 3: the discovery call", Scenario: sc.ID,
			},
			LineItem: &greenroom.LineItem{ID: "class-item", Connection: c.ID, URL: "https://lms.example.com/items/class", Maximum: 100},
		})
		must(t, err)
		in = l.Context
		if i%3 == 2 {
			continue
		}
		score, err := roleplay.ParseScore(fmt.Sprintf("%d/97", (i*37+i*i)%98))
		must(t, err)
		must(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			s := greenroom.Session{
				ID: greenroom.SessionID("class-session-" + id), Learner: l.Learner, Link: l.Link, Launch: l.ID, Scenario: sc.ID, Version: sc.Version,
				Standing: greenroom.Graded, StartedAt: now, EndedAt: now.Add(time.Duration(i) * time.Minute / 4), Score: &score, LineItem: l.LineItem,
			}
			if err := tx.AddSession(ctx, s); err != nil {
				return err
			}
			p := greenroom.Passback{
				ID: greenroom.PassbackID("class-passback-" + id), Connection: c.ID, LineItem: l.LineItem, Learner: l.Learner,
				Wanted: score, WantedAt: s.EndedAt, Posted: &score, PostedAt: s.EndedAt, State: greenroom.PassbackSent, Since: now, NextTry: now,
			}
			if i%11 == 0 {
				p.State, p.Posted, p.Answer = greenroom.PassbackFailed, nil, "403 User cannot be graded"
			}
			return tx.SavePassback(ctx, p)
		}))
	}
	return in
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// An administrator sees how a course fares, sorts it, and takes it away.
func TestClassInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{Connected: true})
	fillClass(t, d, 60)
	admin := signInToGreenroom(openBrowser(t), d)
	admin.click("Courses")
	admin.sees("Consultative selling, autumn intake")
	admin.audit()
	admin.click("Consultative selling, autumn intake")
	admin.sees("average of best scores")
	admin.sees("Learner number 000")
	if words := admin.value(`document.querySelector(".class-chart svg").getAttribute("aria-label")`); !strings.HasPrefix(words, "Best scores of 40 learners: ") {
		t.Errorf("the chart says %q", words)
	}
	admin.audit()
	admin.fits(320)
	admin.shoot("class", 1280, 1100)
	admin.shoot("class-narrow", 390, 1600)
	admin.must(prefers("dark"))
	admin.shoot("class-dark", 1280, 1100)
	admin.must(prefers("light"))

	first := func() string {
		return admin.value(`document.querySelector(".class-rows tbody tr td:nth-child(3)").innerText`)
	}
	admin.click("Best")
	admin.until("the best first", `document.querySelector("th[aria-sort=descending]")?.innerText.startsWith("Best")`)
	best := first()
	admin.click("Best")
	admin.until("the best last", `document.querySelector("th[aria-sort=ascending]")?.innerText.startsWith("Best")`)
	if worst := first(); !strings.HasSuffix(best, "Gold") || worst != "–" {
		t.Errorf("the best is %q, the last of all %q", best, worst)
	}
	admin.click("Not started")
	admin.until("those who have not started", `document.querySelectorAll(".class-rows tbody tr").length === 20`)
	admin.fill("Name or e-mail", "number 002")
	admin.click("Search")
	admin.until("one of them", `document.querySelectorAll(".class-rows tbody tr").length === 1`)

	file := admin.value(`(() => { const r = new XMLHttpRequest(); r.open("GET", document.querySelector("a[download]").href, false); r.send(); return r.responseText; })()`)
	if n := strings.Count(file, "\r\n"); n != 61 {
		t.Errorf("the export has %d lines", n)
	}
	if !strings.Contains(file, `"'=HYPERLINK(`) || strings.Contains(file, "\n=HYPERLINK") {
		t.Error("the export has a formula in it")
	}
	admin.click("Refresh roster")
	admin.sees("The roster will be read in a moment")
}

// A teacher sees the class inside of the LMS, and reads what a learner said.
func TestTeacherSeesTheClassInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{Connected: true})
	p := openBrowser(t)
	practise(p, d, d.Activity, "100")
	lms := p.tab()
	signInToLMS(lms, d, "teacher")
	teacher := lms.opened(func() { lms.click(d.Activity) })
	teacher.click("See how the class is doing")
	teacher.sees("average of best scores")
	teacher.sees("Read grades from the LMS")
	teacher.audit()
	teacher.fits(320)
	teacher.shoot("class-teacher", 1280, 1100)
	teacher.shoot("class-teacher-narrow", 390, 1400)
	teacher.click(account(t, d, "student").Name)
	teacher.sees("Item by item")
	teacher.sees("The conversation")
	teacher.audit()
	teacher.fits(320)
	teacher.shoot("review", 1280, 1400)
	teacher.shoot("review-narrow", 390, 1400)
	teacher.click("Decide about the score")
	teacher.fill("Score, from 0 to 100", "850")
	teacher.fill("Comment", "Better than it looks.")
	teacher.click("Set the score")
	teacher.sees("Enter a number from 0 to 100")
	teacher.audit()
	teacher.fill("Score, from 0 to 100", "85")
	teacher.click("Set the score")
	teacher.sees("85 of 100, as an instructor decided")
	teacher.sees("Let automatic scores count again")
	teacher.shoot("decide", 1280, 1000)
	teacher.shoot("decide-narrow", 390, 1000)
	teacher.click("The class")
	teacher.sees("How the class is doing")
}
