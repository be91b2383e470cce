package stage

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestFromTheLobbyToTheResult(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	lobby := g.get(g.base)
	lobby.shows(t, "Two turns", "Say two things.", "The first word", "Start practising", "Ada <i>Lovelace</i>")

	session := g.begin()
	room := g.get(session)
	room.shows(t, "Who <em>are</em> you?", "A friend.", "Your reply number 1", "Leave", "Say two things.")
	g.get(g.base).shows(t, "Continue", "is kept")

	if p := g.reply(session, 0, 0); p.StatusCode != http.StatusSeeOther || p.Header.Get("Location") != session {
		t.Fatalf("after a reply: %s to %s", p.Status, p.Header.Get("Location"))
	}
	g.get(session).shows(t, "A friend.", "And what now?", "Your reply number 2")
	g.reply(session, 1, 1)
	if p := g.get(session); p.Header.Get("Location") != session+"/result" {
		t.Errorf("an ended session leads to %q", p.Header.Get("Location"))
	}
	g.get(session+"/result").shows(t, "75", "Silver medal", "Over", "What went well", "The first word", "You began kindly.",
		"What to try next time", "Kind again.", "Neutral again.", "See the moment", "Goodbye.", "Practise again",
		"Back to the course", "https://lms.example.com/course/1")
	g.get(g.base).shows(t, "Practise again", "Your best so far", "75")
}

func TestPagesAreTextNotMarkup(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	session := g.begin()
	for _, p := range []page{g.get(g.base), g.get(session)} {
		for _, markup := range []string{"<b>markup</b>", "<i>Lovelace</i>", "<em>are</em>"} {
			if strings.Contains(p.body, markup) {
				t.Errorf("%s holds %s", p.Request.URL.Path, markup)
			}
		}
		csp := p.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors https:") || strings.Contains(csp, "unsafe-inline") {
			t.Errorf("%s: %s", p.Request.URL.Path, csp)
		}
		if strings.Contains(p.body, " style=") || strings.Contains(p.body, "<script>") {
			t.Errorf("%s has inline style or script", p.Request.URL.Path)
		}
		if !strings.Contains(p.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s may be cached", p.Request.URL.Path)
		}
	}
}

func TestOnlyTheLaunchsOwnBrowserGetsIn(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	session := g.begin()
	other := h.launch(func(l *lti.Launch) { l.Subject = "7" })
	for name, p := range map[string]page{
		"without a cookie":         (&guest{house: h, base: g.base}).get(g.base),
		"with another's cookie":    (&guest{h, g.base, &http.Cookie{Name: g.cookie.Name, Value: other.cookie.Value}}).get(g.base),
		"a launch that never was":  g.get(strings.Replace(g.base, g.base[len(g.base)-4:], "0000", 1)),
		"a reply without a cookie": (&guest{house: h, base: g.base}).reply(session, 0, 0),
	} {
		if p.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows(t, "This practice is closed in this browser", "Open the activity again in your course")
	}
	if p := other.get(strings.Replace(session, g.base, other.base, 1)); p.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else's session: %s", p.Status)
	}
	h.clock = h.clock.Add(13 * time.Hour)
	if p := g.get(g.base); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("the next day: %s", p.Status)
	}
}

func TestReplies(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	session := g.begin()
	for name, form := range map[string]url.Values{
		"a reply that is not on offer": {"turn": {"0"}, "choice": {"3"}},
		"no reply":                     {"turn": {"0"}},
		"nonsense":                     {"turn": {"x"}, "choice": {"y"}},
		"a turn that has not come":     {"turn": {"1"}, "choice": {"0"}},
	} {
		p := g.ask(http.MethodPost, session+"/picks", form, false)
		if p.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows(t, "That reply is not on offer. Choose one of those shown.", "A friend.")
	}
	g.reply(session, 0, 0)
	g.reply(session, 0, 2) // the second half of a double click
	g.get(session).shows(t, "Your reply number 2")
	if p := g.get(session); strings.Contains(p.body, "Go away.") {
		t.Error("a double click made a turn")
	}
	part := g.ask(http.MethodPost, session+"/picks", url.Values{"turn": {"1"}, "choice": {"0"}}, true)
	part.shows(t, "See your result", "Tea?")
	if part.StatusCode != http.StatusOK || strings.Contains(part.body, "<html") {
		t.Errorf("a script gets %s and a whole page", part.Status)
	}
	if p := g.get(session + "/nowhere"); p.StatusCode != http.StatusNotFound {
		t.Errorf("a page that is none: %s", p.Status)
	}
	open := g.begin()
	if p := g.get(open + "/result"); p.StatusCode != http.StatusNotFound {
		t.Errorf("the result of an open session: %s", p.Status)
	}
}

func TestTheTruthAboutTheGradebook(t *testing.T) {
	role := func(name string) lti.Role {
		return lti.Role("http://purl.imsglobal.org/vocab/lis/v2/membership#" + name)
	}
	for name, tc := range map[string]struct {
		spoil func(*lti.Launch)
		play  func(h *house, g *guest) page
		want  string
	}{
		"sent": {nil, func(h *house, g *guest) page {
			g.attempt(0, 1)
			h.deliver()
			return lastResult(g)
		}, "Sent to your course: 7.5 of 10."},
		"waiting": {nil, func(_ *house, g *guest) page { return g.attempt(0, 1) }, "Waiting for your LMS."},
		"refused": {nil, func(h *house, g *guest) page {
			h.answer = &lti.ServiceError{Op: "score", Status: 422, Text: "no student"}
			g.attempt(0, 1)
			h.deliver()
			return lastResult(g)
		}, "Your LMS did not take the score."},
		"not better": {nil, func(h *house, g *guest) page {
			g.attempt(0, 1)
			h.deliver()
			return g.attempt(2, 2)
		}, "Your best, 7.5 of 10, stays in the gradebook."},
		"not better, and the best still waits": {nil, func(_ *house, g *guest) page {
			g.attempt(0, 1)
			return g.attempt(2, 2)
		}, "Your best, 75 of 100, is the one that counts."},
		"a preview": {func(l *lti.Launch) { l.Roles = lti.Roles{role("Instructor")} },
			func(_ *house, g *guest) page { return g.attempt(0, 0) }, "Not graded here: you teach this course, so this is a preview."},
		"no grade": {func(l *lti.Launch) { l.Grades = nil },
			func(_ *house, g *guest) page { return g.attempt(0, 0) }, "Not graded here: this activity has no grade in your course."},
		"no permission": {func(l *lti.Launch) { l.Grades.Scopes = nil },
			func(_ *house, g *guest) page { return g.attempt(0, 0) }, "Not graded here: your LMS does not let Greenroom send scores."},
		"a test user": {func(l *lti.Launch) {
			l.Roles = append(l.Roles, "http://purl.imsglobal.org/vocab/lti/system/person#TestUser")
		},
			func(_ *house, g *guest) page { return g.attempt(0, 0) }, "Not graded here: this is your LMS's test student."},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			g := h.launch(tc.spoil)
			tc.play(h, g).shows(t, tc.want)
		})
	}
}

// lastResult opens the result that the lobby links first.
func lastResult(g *guest) page {
	lobby := g.get(g.base).body
	i := strings.Index(lobby, g.base+"/sessions/")
	j := strings.Index(lobby[i:], "/result")
	for k := strings.Index(lobby[i:], `"`); k < j; k = strings.Index(lobby[i:], `"`) { // the form's action comes first
		i += k + strings.Index(lobby[i+k:], g.base+"/sessions/")
		j = strings.Index(lobby[i:], "/result")
	}
	return g.get(lobby[i:i+j] + "/result")
}

// The lobby never starts the script: it is shown with an engine that cannot.
func TestTheLobbyStartsNoScript(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	g.attempt(0, 0)
	h.service.Engine = nil
	if p := g.get(g.base); p.StatusCode != http.StatusOK {
		t.Error(p.Status)
	}
}
