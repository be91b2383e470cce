package stage

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

const rolesOf = "http://purl.imsglobal.org/vocab/lis/v2/membership#"

func inCourse(id string) func(*lti.Launch) {
	return func(l *lti.Launch) { l.Context = &lti.Context{ID: id, Title: "Biology"} }
}

func teaches(course string) func(*lti.Launch) {
	return func(l *lti.Launch) {
		inCourse(course)(l)
		l.Subject, l.Roles, l.RawRoles = "3", lti.Roles{rolesOf + "Instructor"}, []string{rolesOf + "Instructor"}
		if course != "course-1" {
			l.ResourceLink = &lti.ResourceLink{ID: "link-2"}
			l.Grades = nil
		}
	}
}

// decides is an instructor, with the page of a learner's work open.
func decides(h *house) (teacher *guest, score string) {
	learner := h.launch(inCourse("course-1"))
	learner.attempt(0, 0)
	teacher = h.launch(teaches("course-1"))
	store := h.service.Store.Workspace(h.w.ID)
	who := must(store.LearnerBySubject(h.t.Context(), h.c.ID, "6"))
	column := must(store.LineItemByURL(h.t.Context(), h.c.ID, "https://lms.example.com/items/1"))
	return teacher, teacher.base + "/review/" + string(who.ID) + "/" + string(column.ResourceLink) + "/score"
}

// carried are the hidden fields of a page.
func (p page) carried() url.Values {
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(p.body, -1) {
		form.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	return form
}

const remark = "Ask <b>one</b> question\nat a time."

func decision() url.Values {
	return url.Values{"decision": {"set"}, "percent": {"62,5"}, "comment": {remark}}
}

// What an instructor typed is on the page that says that their launch has
// ended, and is sent by the next launch of the same browser.
func TestADecisionOutlivesItsLaunch(t *testing.T) {
	h := newHouse(t)
	teacher, score := decides(h)
	h.clock = h.clock.Add(13 * time.Hour)
	late := teacher.ask(http.MethodPost, score, decision(), false)
	if late.StatusCode != http.StatusUnauthorized {
		t.Fatal(late.Status)
	}
	late.shows(t, "Your decision has not been sent", "in another tab of this browser", "62,5", strings.ReplaceAll(remark, "\n", " "), "Reference")
	late.holds(t, "Send it again", "readonly", html.EscapeString(remark)+"</textarea>", `action="`+score+`"`)
	if strings.Contains(late.body, "<b>one") {
		t.Error("the comment is markup")
	}

	fresh := h.launch(teaches("course-1"))
	sent := fresh.ask(http.MethodPost, score, late.carried(), false)
	if to := sent.Header.Get("Location"); sent.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, fresh.base+"/review/") {
		t.Fatalf("%s to %q: %s", sent.Status, to, sent.read())
	}
	fresh.get(sent.Header.Get("Location")).holds(t, `value="62.5"`, "as an instructor decided")
}

func TestALateDecisionNeedsALaunchThatMayDecide(t *testing.T) {
	h := newHouse(t)
	teacher, score := decides(h)
	h.clock = h.clock.Add(13 * time.Hour)
	for name, fresh := range map[string]*guest{
		"none":                     teacher,
		"a learner":                h.launch(inCourse("course-1")),
		"an instructor of another": h.launch(teaches("course-2")),
		"somebody's without a key": {house: h, cookie: &http.Cookie{Name: h.launch(teaches("course-1")).cookie.Name, Value: "guess"}},
	} {
		p := fresh.ask(http.MethodPost, score, decision(), false)
		if p.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows(t, "Your decision has not been sent", "62,5")
	}
	fresh := h.launch(teaches("course-1"))
	work := fresh.get(strings.Replace(strings.TrimSuffix(score, "/score"), teacher.base, fresh.base, 1))
	work.shows(t, "Decide about the score")
	work.hides(t, "An instructor decided")
}

// Where there is nobody to decide about, the text can be copied and no more.
func TestADecisionAboutNobodyIsNotLost(t *testing.T) {
	h := newHouse(t)
	teacher, score := decides(h)
	p := teacher.ask(http.MethodPost, strings.Replace(score, "/score", "x/score", 1), decision(), false)
	if p.StatusCode != http.StatusNotFound {
		t.Fatal(p.Status)
	}
	p.shows(t, "There is no such practice here", strings.ReplaceAll(remark, "\n", " "))
	p.hides(t, "Send it again")
}

// What failed on our side is sent again from the page that says so.
func TestADecisionOutlivesAFailureOfOurs(t *testing.T) {
	h := newHouse(t)
	teacher, score := decides(h)
	random := h.service.Random
	h.service.Random = iotest.ErrReader(errors.New("no randomness"))
	failed := teacher.ask(http.MethodPost, score, decision(), false)
	if failed.StatusCode != http.StatusInternalServerError {
		t.Fatal(failed.Status)
	}
	failed.shows(t, "Something went wrong on our side", "Send it again")
	h.service.Random = random
	sent := teacher.ask(http.MethodPost, score, failed.carried(), false)
	teacher.get(sent.Header.Get("Location")).holds(t, `value="62.5"`, `value="`+html.EscapeString(remark)+`"`)
}
