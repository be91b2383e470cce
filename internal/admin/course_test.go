package admin

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const coursesList = "/w/northwind/courses"

func TestCoursesAndTheirPeople(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	dana.get(coursesList).has(t, "No courses yet", "Connect an LMS")
	c := s.school()
	s.arrives(c, "s1", "Nadia <b>Bold</b>", "nadia@example.org")
	s.arrives(c, "s2", "", "")
	page := coursesList + "/context-s1" // one course: the first launch named it
	dana.get(coursesList).has(t, `href="`+page+`"`, "Course &lt;i&gt;one", "School", "Not offered")

	dana.get(coursesList+"?q=COURSE").has(t, `href="`+page+`"`, "Show all courses")
	none := dana.get(coursesList + "?q=nothing")
	none.has(t, "No course matches", `value="nothing"`)
	none.hasNot(t, `href="`+page+`"`)

	all := dana.get(page)
	all.has(t, "Nadia &lt;b&gt;Bold", "Learner s2", "100 of 100", "=HYPERLINK()", "Best scores of 2 learners", "The LMS offers no list of its learners")
	all.hasNot(t, "Nobody here", "Show everyone", "Refresh roster", "Read grades")
	dana.get(page+"?q=NADIA").hasNot(t, "Learner s2", "Show everyone")
	hidden := dana.get(page + "?show=not-started&q=nobody")
	hidden.has(t, "Nobody here", "“<bdi>nobody</bdi>”")
	way := regexp.MustCompile(`href="([^"]*)">Show everyone`).FindStringSubmatch(hidden.body)
	if way == nil || strings.Contains(way[1], "q=") || !strings.Contains(way[1], "activity=link-s1") {
		t.Errorf("the way to everyone is %q: it keeps the activity, and drops the search", way)
	} else {
		dana.get(html.UnescapeString(way[1])).has(t, "Nadia", "Learner s2")
	}

	rows, err := csv.NewReader(strings.NewReader(dana.get(page + "/export").body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][4] != "'=HYPERLINK()" {
		t.Errorf("export %v, %v", rows, err)
	}
}

func TestCoursesArePaged(t *testing.T) {
	s := newSite(t)
	c, w := s.school(), s.service.Store.Workspace(s.northwind.ID)
	s.arrives(c, "s1", "Nadia", "")
	sc := must(s.service.ResolveScenario(t.Context(), s.northwind.ID, "talk"))(t)
	for i := range greenroom.CoursePageSize + 1 {
		id := fmt.Sprintf("%03d", i)
		must(w.RecordLaunch(t.Context(), greenroom.LaunchRecord{
			Launch: greenroom.Launch{ID: greenroom.LaunchID("many-" + id), Reference: "M" + id, At: noon.Add(time.Duration(i) * time.Second),
				Outcome: greenroom.LaunchOK, Connection: c.ID, Deployment: "1", Scenario: sc.ID, StateID: "many-" + id},
			Learner: greenroom.Learner{ID: "many", Connection: c.ID, Subject: "many", CreatedAt: noon, SeenAt: noon},
			Context: &greenroom.Context{ID: greenroom.ContextID("many-" + id), Connection: c.ID, Deployment: "1", PlatformID: id,
				Title: "Course " + id, CreatedAt: noon, SeenAt: noon.Add(time.Duration(i) * time.Second)},
		}))(t)
	}
	dana := s.as("dana")
	first := dana.get(coursesList)
	first.has(t, "Course 100", "Course 001", `href="`+coursesList+`?page=2" rel="next"`)
	first.hasNot(t, "Course 000")
	second := dana.get(coursesList + "?page=2")
	second.has(t, "Course 000", `rel="prev"`)
	second.hasNot(t, "Course 001", `rel="next"`)
}

func TestWhatACourseDoesNotOffer(t *testing.T) {
	s := newSite(t)
	s.arrives(s.school(), "s1", "Nadia", "")
	page, dana := coursesList+"/context-s1", s.as("dana")
	for path, form := range map[string]url.Values{
		page + "/roster":             nil, // the LMS lends no list
		page + "/results":            {"link": {"link-s1"}},
		coursesList + "/none/roster": nil,
	} {
		if got := dana.post(path, form); got.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got.status)
		}
	}
	for _, who := range []string{"mel", "eve"} {
		for _, path := range []string{page, page + "/export"} {
			if got := s.as(who).get(path); got.status != http.StatusNotFound {
				t.Errorf("%s at %s: %d, want 404", who, path, got.status)
			}
		}
	}
}

func TestGradingOfAScenario(t *testing.T) {
	s := newSite(t)
	s.arrives(s.school(), "s1", "Nadia", "")
	dana, page := s.as("dana"), "/w/northwind/scenarios/talk"
	dana.get(page).has(t, `value="best" checked`, "Save grading")
	dana.follow(dana.post(page+"/grading", url.Values{"rule": {"latest"}, "completion": {"1"}})).
		has(t, "Grading saved", `value="latest" checked`, `name="completion" value="1" checked`)
	dana.get("/w/northwind/settings/audit").has(t, "A talk", "latest")
	bad := dana.post(page+"/grading", url.Values{"rule": {"worst"}})
	bad.has(t, "Choose which attempt counts", `href="`+page+`"`)
	if bad.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", bad.status)
	}
	dana.get(page).has(t, `value="latest" checked`)
	mel := s.as("mel")
	mel.get(page).hasNot(t, "Save grading")
	if got := mel.post(page+"/grading", url.Values{"rule": {"best"}}); got.status != http.StatusNotFound {
		t.Errorf("by a member: %d", got.status)
	}
	sc := must(s.service.ResolveScenario(t.Context(), s.northwind.ID, "talk"))(t)
	if sc.Rule != greenroom.GradeLatest || !sc.Completion {
		t.Errorf("rule %q, completion %v", sc.Rule, sc.Completion)
	}
}
