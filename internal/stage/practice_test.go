package stage

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/lti"
)

// elsewhere makes a launch one of the other activity, with a column of its own.
func elsewhere(l *lti.Launch) {
	l.ResourceLink = &lti.ResourceLink{ID: "link-2", Title: "Other <b>practice</b>"}
	l.Grades.LineItem = "https://lms.example.com/items/2"
}

func TestPracticeIsSeenFromEveryActivity(t *testing.T) {
	h := newHouse(t)
	here, there := h.launch(nil), h.launch(elsewhere)
	here.get(here.base+"/practice").shows(t, "Nothing yet")
	here.attempt(0, 1) // 83 %
	other := there.attempt(2, 2)
	h.deliver()
	there.begin() // and leaves it open

	page := here.get(here.base + "/practice")
	page.shows(t, "Two <u>turns</u>", "Best 83 of 100", "In the gradebook for “Practice”: 8.33 of 10.",
		"In the gradebook for “Other <b>practice</b>”: 0 of 10.")
	page.holds(t, `aria-label="Your last 2 scores, the oldest first: 83, 0."`, "Other &lt;b&gt;practice&lt;/b&gt;")
	if n := strings.Count(page.body, `/result"`); n != 2 {
		t.Errorf("%d results are linked, not the two that have ended", n)
	}

	result := here.get(strings.Replace(other, there.base, here.base, 1) + "/result")
	result.shows(t, "0 of 100", "You: A fight.", "Your practice")
	result.hides(t, "Practise again", "All attempts")
	here.get(here.base).shows(t, "Your practice", "Best so far 83")
}

// What is open belongs to its own activity: its line item and its standing are
// those of the launch that goes on with it.
func TestAnOpenSessionIsPlayedAtItsOwnActivity(t *testing.T) {
	h := newHouse(t)
	here, there := h.launch(nil), h.launch(elsewhere)
	open := strings.Replace(there.begin(), there.base, here.base, 1)
	for name, p := range map[string]page{"the talk": here.get(open), "a reply": here.reply(open, 0, 0), "the result": here.get(open + "/result")} {
		if p.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", name, p.Status)
		}
	}
	ended := strings.Replace(there.attempt(0, 0), there.base, here.base, 1)
	if p := here.ask(http.MethodPost, ended+"/picks", url.Values{"turn": {"2"}, "choice": {"0"}}, false); p.StatusCode != http.StatusSeeOther {
		t.Errorf("a reply to an ended talk: %s", p.Status)
	}
	here.get(here.base+"/practice").shows(t, "Best 100 of 100")
}

func TestMergedLearnersHaveOnePractice(t *testing.T) {
	h := newHouse(t)
	old, young := h.launch(nil), h.launch(func(l *lti.Launch) { l.Subject = "new-6" })
	before := old.attempt(0, 0)
	open := old.begin()
	see := func(session string) page { return young.get(strings.Replace(session, old.base, young.base, 1)) }
	young.get(young.base+"/practice").shows(t, "Nothing yet")
	if p := see(before + "/result"); p.StatusCode != http.StatusNotFound {
		t.Fatalf("somebody else's result: %s", p.Status)
	}

	store := h.service.Store.Workspace(h.w.ID)
	was := must(store.LearnerBySubject(t.Context(), h.c.ID, "6"))
	is := must(store.LearnerBySubject(t.Context(), h.c.ID, "new-6"))
	if err := store.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SetHistory(ctx, was.ID, is.History)
	}); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	young.get(young.base+"/practice").shows(t, "Best 100 of 100", "In the gradebook for “Practice”: 10 of 10.")
	young.get(young.base).shows(t, "Best so far 100")
	see(before+"/result").shows(t, "100 of 100", "Sent to your course: 10 of 10.")
	if p := see(open); p.StatusCode != http.StatusNotFound {
		t.Errorf("the open session of the other subject: %s", p.Status)
	}

	// The gradebook knows two people: each gets what was played in their name.
	young.attempt(1, 1)
	h.deliver()
	p := must(store.PassbackFor(t.Context(), must(store.Session(t.Context(), greenroom.SessionID(before[strings.LastIndex(before, "/")+1:]))).LineItem, is.ID))
	if p.Posted == nil || p.Posted.PercentText() != "50" {
		t.Errorf("the new subject has %+v", p)
	}
}

func TestTheChartIsDrawnToScale(t *testing.T) {
	attempt := func(fraction string) greenroom.PastSession {
		var s greenroom.Session
		if fraction != "" {
			score, err := roleplay.ParseScore(fraction)
			if err != nil {
				t.Fatal(err)
			}
			s.Score = &score
		}
		return greenroom.PastSession{Session: s}
	}
	if c := newChart([]greenroom.PastSession{attempt("1/2"), attempt("")}); c != nil {
		t.Errorf("one score makes a chart: %+v", c)
	}
	c := newChart([]greenroom.PastSession{attempt("1/1"), attempt(""), attempt("1/2"), attempt("0/1")})
	if c.Line != "8.0,88.0 160.0,48.0 312.0,8.0" || !strings.Contains(c.Label, "3 scores, the oldest first: 0, 50, 100.") {
		t.Errorf("chart %+v", c)
	}
	many := make([]greenroom.PastSession, 100)
	for i := range many {
		many[i] = attempt("1/3")
	}
	if c := newChart(many); len(c.Dots) != chartedScores {
		t.Errorf("%d dots", len(c.Dots))
	}
}
