package stage

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/lti"
)

const closed = "This practice has been closed in this browser Open the activity again in your course."

func TestOnlyTheLaunchsOwnBrowserGetsIn(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	session := g.begin()
	other := h.launch(func(l *lti.Launch) { l.Subject = "7" })
	nobody := &guest{house: h, base: g.base}
	wrong := &guest{house: h, base: g.base, cookie: &http.Cookie{Name: g.cookie.Name, Value: other.cookie.Value}}
	elsewhere := "/stage/" + strings.Replace(string(h.w.ID), "0", "1", 1) + "/" + strings.Split(g.base, "/")[3]
	for name, p := range map[string]page{
		"the lobby without a cookie":            nobody.get(g.base),
		"the rehearsal without a cookie":        nobody.get(session),
		"a reply without a cookie":              nobody.reply(session, 0, 0),
		"a start without a cookie":              nobody.ask(http.MethodPost, g.base+"/sessions", url.Values{}, false),
		"the result without a cookie":           nobody.get(session + "/result"),
		"the lobby with another launch's token": wrong.get(g.base),
		"a launch that never was":               g.get(g.base[:len(g.base)-4] + "0000"),
		"the launch in another workspace":       g.get(elsewhere),
	} {
		if p.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows(t, closed, "Reference")
		p.hides(t, "Two", "Ada")
	}
}

func TestASignInRunsOut(t *testing.T) {
	g := newHouse(t).launch(nil)
	g.clock = g.clock.Add(11 * time.Hour)
	if p := g.get(g.base); p.StatusCode != http.StatusOK {
		t.Errorf("on the same day: %s", p.Status)
	}
	g.clock = g.clock.Add(2 * time.Hour)
	if p := g.get(g.base); p.StatusCode != http.StatusUnauthorized {
		t.Errorf("on the next day: %s", p.Status)
	}
}

// What is not the learner's leads back to the learner's own start, not to the
// admin's rooms.
func TestWhatIsSomebodyElsesDoesNotExist(t *testing.T) {
	h := newHouse(t)
	g, other := h.launch(nil), h.launch(func(l *lti.Launch) { l.Subject = "7" })
	theirs := strings.Replace(other.begin(), other.base, g.base, 1)
	ended := strings.Replace(other.attempt(0, 0), other.base, g.base, 1)
	for name, p := range map[string]page{
		"their rehearsal":               g.get(theirs),
		"their result":                  g.get(ended + "/result"),
		"their line about a grade":      g.get(ended + "/gradebook"),
		"a reply in their name":         g.reply(theirs, 0, 0),
		"a session that never was":      g.get(g.base + "/sessions/none"),
		"the result of an open session": g.get(g.begin() + "/result"),
	} {
		if p.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows(t, "There is no such practice here", "Back to the start", "Reference")
		p.holds(t, `href="`+g.base+`"`)
	}
}

// everyPage returns the three rooms and the two error pages.
func everyPage(t *testing.T) map[string]page {
	h := newHouse(t)
	g := h.launch(nil)
	ended := g.attempt(0, 1)
	open := g.begin()
	return map[string]page{
		"lobby": g.get(g.base), "rehearsal": g.get(open), "end": g.get(ended), "result": g.get(ended + "/result"), "practice": g.get(g.base + "/practice"),
		"closed": (&guest{house: h, base: g.base}).get(g.base), "not here": g.get(g.base + "/sessions/none"),
		"refused reply": g.reply(open, 0, 9),
	}
}

func TestPagesMayBeFramedAndRunNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`(?i)\sstyle=|<style|<script>|\son[a-z]+=|javascript:`)
	for name, p := range everyPage(t) {
		csp := p.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "frame-ancestors https:") || !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %s", name, csp)
		}
		if p.Header.Get("X-Frame-Options") != "" {
			t.Errorf("%s cannot be framed", name)
		}
		if p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", name, p.Header.Get("Cache-Control"))
		}
		if found := inline.FindString(p.body); found != "" {
			t.Errorf("%s: inline %s", name, found)
		}
	}
}

func TestPagesHaveOneHeadingAndNoWayOut(t *testing.T) {
	links := regexp.MustCompile(`(?:href|action)="([^"]*)"`)
	for name, p := range everyPage(t) {
		if n := strings.Count(p.body, "<h1"); n != 1 {
			t.Errorf("%s: %d headings of the first rank", name, n)
		}
		for _, link := range links.FindAllStringSubmatch(p.body, -1) {
			to := link[1]
			ours := strings.HasPrefix(to, "/stage/") || strings.HasPrefix(to, "/assets/") || strings.HasPrefix(to, "#")
			if !ours && to != "https://lms.example.com/course/1" {
				t.Errorf("%s leads to %s", name, to)
			}
		}
	}
	room := everyPage(t)["rehearsal"]
	if strings.Contains(room.body, "lms.example.com") {
		t.Error("the rehearsal has a door to the course")
	}
}

func TestNamesAndTextsAreNoMarkup(t *testing.T) {
	pages := everyPage(t)
	for name, p := range pages {
		for _, markup := range []string{"<u>turns", "<b>markup", "<s>things", "<i>Lovelace", "<em>are", "<q>kindly"} {
			if strings.Contains(p.body, markup) {
				t.Errorf("%s holds %s", name, markup)
			}
		}
	}
	for name, text := range map[string]string{
		"lobby": "&lt;b&gt;markup&lt;/b&gt;", "rehearsal": "&lt;em&gt;are&lt;/em&gt;", "result": "&lt;q&gt;kindly&lt;/q&gt;",
	} {
		pages[name].holds(t, text)
	}
}

func TestFilesAreServedUnderTheirHash(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	files := regexp.MustCompile(`/assets/(?:stage|result)\.[0-9a-f]{12}\.(?:css|js)`)
	found := map[string]bool{}
	for _, body := range []string{g.get(g.begin()).body, g.get(g.attempt(0, 0) + "/result").body} {
		for _, file := range files.FindAllString(body, -1) {
			found[file] = true
			if p := g.get(file); p.StatusCode != http.StatusOK || !strings.Contains(p.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %s, %s", file, p.Status, p.Header.Get("Cache-Control"))
			}
		}
	}
	if len(found) != 3 {
		t.Errorf("files: %v", found)
	}
}

// brokenEngine fails whoever plays a script with it.
func brokenEngine() *roleplay.Engine { return roleplay.NewEngine(roleplay.Limits{Story: 1}) }

// The page of our own fault has the reference; the script quotes from it.
func TestOurOwnFaultHasAReference(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	session := g.begin()
	works := h.service.Engine
	h.service.Engine = brokenEngine()
	for name, script := range map[string]bool{"a form": false, "the script": true} {
		p := g.ask(http.MethodPost, session+"/picks", url.Values{"turn": {"0"}, "choice": {"0"}}, script)
		if p.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows(t, "Something went wrong on our side")
		p.holds(t, `<span class="reference">`)
	}
	h.service.Engine = works
	g.reply(session, 0, 0)
	g.get(session).shows(t, "Reply 2")
}
