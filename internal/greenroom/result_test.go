package greenroom_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// readable is a launch from a course whose gradebook may be read.
func readable(subject string, roles ...lti.Role) func(*lti.Launch) {
	return func(l *lti.Launch) {
		inCourse(subject)(l)
		if roles != nil {
			l.Roles = roles
		}
		l.Grades.LineItems = "https://lms.example.com/items"
		l.Grades.Scopes = []string{lti.ScopeScore, lti.ScopeResultReadOnly}
	}
}

func grade(subject string, points, maximum float64) greenroom.PlatformResult {
	return greenroom.PlatformResult{Subject: subject, Score: &points, Maximum: maximum}
}

// there is what the gradebook has in place of what it was sent.
func (h *house) there(v greenroom.Visit) string {
	h.t.Helper()
	found := must(h.Class(h.t.Context(), v))
	for _, r := range found.Activities[0].Rows {
		if r.Learner.Subject != "ada" || r.Passback == nil {
			continue
		}
		other := r.Passback.Changed()
		switch {
		case other == nil:
			return "as sent"
		case other.Maximum == 0:
			return "no score"
		}
		return fmt.Sprintf("%g of %g", other.Points, other.Maximum)
	}
	return "no passback"
}

func TestAGradeThatWasChangedInTheLMSIsSeen(t *testing.T) {
	for name, tc := range map[string]struct {
		results []greenroom.PlatformResult
		want    string
	}{
		"as it was sent":             {[]greenroom.PlatformResult{grade("ada", 5, 10), grade("bob", 1, 10)}, "as sent"},
		"of another maximum":         {[]greenroom.PlatformResult{grade("ada", 50, 100)}, "as sent"},
		"rounded":                    {[]greenroom.PlatformResult{grade("ada", 5.01, 10)}, "as sent"},
		"changed":                    {[]greenroom.PlatformResult{grade("ada", 7, 10)}, "7 of 10"},
		"changed a little":           {[]greenroom.PlatformResult{grade("ada", 5.02, 10)}, "5.02 of 10"},
		"above the maximum":          {[]greenroom.PlatformResult{grade("ada", 12, 10)}, "12 of 10"},
		"taken away":                 {[]greenroom.PlatformResult{{Subject: "ada", Maximum: 10}}, "no score"},
		"not told at all":            {nil, "no score"},
		"a maximum that cannot be":   {[]greenroom.PlatformResult{grade("ada", 5, -10)}, "no score"},
		"told by somebody else's":    {[]greenroom.PlatformResult{grade("Ada", 5, 10)}, "no score"},
		"more points than there are": {[]greenroom.PlatformResult{grade("ada", 1e300, 10)}, "no score"},
	} {
		t.Run(name, func(t *testing.T) {
			h := onSQLite(t)
			c := h.connect()
			ada, teacher := h.visit(c, readable("ada")), h.visit(c, readable("teacher", instructor))
			h.attempt(ada, 1)
			h.deliver()
			h.pass(time.Minute)
			h.lms.results = tc.results
			if err := h.ReadResults(t.Context(), teacher, ada.Launch.Link); err != nil {
				t.Fatal(err)
			}
			if got := h.there(teacher); got != tc.want {
				t.Errorf("the gradebook has %s, want %s", got, tc.want)
			}
		})
	}
}

func TestWhatWasReadIsKeptUntilItIsReadAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada, teacher := h.visit(c, readable("ada")), h.visit(c, readable("teacher", instructor))
		read := func() {
			t.Helper()
			h.pass(time.Minute)
			if err := h.ReadCourseResults(t.Context(), h.admin, ada.Launch.Context, ada.Launch.Link); err != nil {
				t.Fatal(err)
			}
		}
		item := func() greenroom.LineItem {
			return *must(h.Class(t.Context(), teacher)).Activities[0].Item
		}
		want := func(when, there, answer string, at time.Time) {
			t.Helper()
			if got := h.there(teacher); got != there {
				t.Errorf("%s: the gradebook has %s, want %s", when, got, there)
			}
			if i := item(); i.ResultsAnswer != answer || !i.ResultsAt.Equal(at) {
				t.Errorf("%s: asked at %s, answer %q; want %s, %q", when, i.ResultsAt, i.ResultsAnswer, at, answer)
			}
		}
		h.attempt(ada, 1)
		h.deliver()
		want("before it was read", "as sent", "", time.Time{})
		h.lms.results = []greenroom.PlatformResult{grade("ada", 7, 10)}
		read()
		first := h.now()
		want("once it was read", "7 of 10", "", first)
		if must(h.Store.Workspace(h.workspace.ID).LineItem(t.Context(), item().ID)).Maximum != 10 {
			t.Error("reading changed the maximum")
		}

		h.lms.refuses = &lti.ServiceError{Op: "results", Status: 403, Text: "not yours"}
		read()
		want("when it could not be read again", "7 of 10", "403 not yours", h.now())
		h.lms.refuses = errors.New("a fault of ours")
		read()
		want("after a fault of ours", "7 of 10", "Greenroom could not read the grades; the server's log says why.", h.now())

		h.lms.refuses = nil
		h.attempt(ada, 0)
		want("while another score is on its way", "as sent", item().ResultsAnswer, item().ResultsAt)
		h.deliver()
		want("when another score was sent since", "as sent", item().ResultsAnswer, item().ResultsAt)
		h.lms.results = []greenroom.PlatformResult{grade("ada", 3, 10)}
		read()
		want("when it was read again", "3 of 10", "", h.now())

		h.lms.results = []greenroom.PlatformResult{grade("ada", 4, 10)}
		h.pass(time.Second)
		if err := h.ReadResults(t.Context(), teacher, ada.Launch.Link); err != nil || h.there(teacher) != "3 of 10" {
			t.Errorf("a second click a second later reads again: %s, %v", h.there(teacher), err)
		}
	})
}

// The LMS is not asked within a transaction: others write meanwhile.
func TestResultsAreReadOutsideOfTransactions(t *testing.T) {
	h := onSQLite(t)
	c := h.connect()
	ada := h.visit(c, readable("ada"))
	h.attempt(ada, 1)
	h.deliver()
	h.lms.results = []greenroom.PlatformResult{grade("ada", 7, 10)}
	h.lms.midway = func() { h.attempt(ada, 0) }
	h.pass(time.Minute)
	if err := h.ReadCourseResults(t.Context(), h.admin, ada.Launch.Context, ada.Launch.Link); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	if h.last() != "100" {
		t.Errorf("what was earned while it was read came to %s", h.last())
	}
}

func TestWhoMayNotReadTheGradebook(t *testing.T) {
	h := onSQLite(t)
	c := h.connect()
	ada, teacher := h.visit(c, readable("ada")), h.visit(c, readable("teacher", instructor))
	elsewhere := h.visit(c, func(l *lti.Launch) {
		readable("teacher", instructor)(l)
		l.Context.ID, l.ResourceLink.ID, l.Grades.LineItem = "course-2", "link-2", "https://lms.example.com/items/2"
	})
	ungraded := h.visit(c, func(l *lti.Launch) {
		readable("ada")(l)
		l.ResourceLink.ID, l.Grades.LineItem = "link-3", ""
	})
	closed := h.visit(c, func(l *lti.Launch) {
		readable("teacher", instructor)(l)
		l.Context.ID, l.ResourceLink.ID, l.Grades.LineItem = "course-4", "link-4", "https://lms.example.com/items/4"
		l.Grades.Scopes = []string{lti.ScopeScore}
	})
	for name, err := range map[string]error{
		"a learner":              h.ReadResults(t.Context(), ada, ada.Launch.Link),
		"another course's":       h.ReadResults(t.Context(), elsewhere, ada.Launch.Link),
		"an ungraded activity":   h.ReadResults(t.Context(), teacher, ungraded.Launch.Link),
		"no such activity":       h.ReadResults(t.Context(), teacher, "link"),
		"without the scope":      h.ReadResults(t.Context(), closed, closed.Launch.Link),
		"a member of the office": h.ReadCourseResults(t.Context(), greenroom.Actor{Workspace: h.workspace.ID, Role: greenroom.MemberRole}, ada.Launch.Context, ada.Launch.Link),
	} {
		if !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(h.lms.asked) != 0 {
		t.Errorf("the LMS was asked for %v", h.lms.asked)
	}
	c.Disabled = true
	if err := h.Store.Workspace(h.workspace.ID).Update(t.Context(), saving(c)); err != nil {
		t.Fatal(err)
	}
	if err := h.ReadResults(t.Context(), teacher, ada.Launch.Link); err != nil || len(h.lms.asked) != 0 {
		t.Errorf("a connection that is switched off: %v, asked for %v", err, h.lms.asked)
	}
	item := must(h.Store.Workspace(h.workspace.ID).LineItemByURL(t.Context(), c.ID, "https://lms.example.com/items/1?type_id=1"))
	if item.ResultsAnswer != "The connection is switched off in Greenroom." {
		t.Errorf("answer %q", item.ResultsAnswer)
	}
}

func TestManyClicksAtOnceAreOneReading(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada, teacher := h.visit(c, readable("ada")), h.visit(c, readable("teacher", instructor))
		h.attempt(ada, 1)
		h.deliver()
		h.lms.midway = func() {
			if len(h.lms.asked) > 1 {
				return
			}
			if err := h.ReadResults(t.Context(), teacher, ada.Launch.Link); err != nil {
				t.Error(err)
			}
		}
		if err := h.ReadResults(t.Context(), teacher, ada.Launch.Link); err != nil || len(h.lms.asked) != 1 {
			t.Errorf("asked %d times, %v", len(h.lms.asked), err)
		}
	})
}
