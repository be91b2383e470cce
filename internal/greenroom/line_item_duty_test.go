package greenroom_test

import (
	"errors"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// columnless launches an activity without a column, where we may make one.
func columnless(subject string) func(*lti.Launch) {
	return func(l *lti.Launch) {
		inCourse(subject)(l)
		l.Grades = &lti.GradeService{
			Scopes: []string{lti.ScopeScore, lti.ScopeLineItem}, LineItems: "https://lms.example.com/items",
		}
	}
}

// making connects an LMS in which columns are made.
func (h *house) making() greenroom.Connection {
	h.t.Helper()
	c := h.connect()
	c.MakeLineItems = true
	if err := h.Store.Workspace(h.workspace.ID).Update(h.t.Context(), saving(c)); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// makeLineItems does what a worker does, once for all that is due.
func (h *house) makeLineItems() (n int) {
	h.t.Helper()
	ctx := h.t.Context()
	for _, lane := range must(h.Store.Instance().LineItemLanes(ctx, h.now())) {
		for _, d := range must(h.Store.Workspace(lane.Workspace).ClaimLineItems(ctx, lane.Connection, h.now(), h.now().Add(time.Minute), 10)) {
			due := &greenroom.DueLineItem{LineItemDuty: d}
			if err := h.SettleLineItem(ctx, due, h.MakeLineItem(ctx, due)); err != nil {
				h.t.Fatal(err)
			}
			n++
		}
	}
	return n
}

func TestColumnIsMadeAndWhatWasPractisedBeforeCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.making()
		ada, bob := h.visit(c, columnless("ada")), h.visit(c, columnless("bob"))
		if ada.Launch.Standing != greenroom.NoLineItem || len(h.lms.columns) != 0 {
			t.Fatalf("the launch is %s and waited for %d columns", ada.Launch.Standing, len(h.lms.columns))
		}
		h.attempt(ada, 1)
		h.attempt(ada, 0)
		session := must(h.Begin(t.Context(), bob))
		if n := h.makeLineItems(); n != 1 || len(h.lms.columns) != 1 {
			t.Fatalf("%d duties, columns %v", n, h.lms.columns)
		}
		if q := h.lms.columns[0]; q.URL != "https://lms.example.com/items" || q.ResourceLinkID != "link-1" || q.ResourceID != string(ada.Launch.Link) || q.Label != "Practice" || q.Maximum != 100 {
			t.Errorf("asked for %+v", q)
		}
		h.deliver()
		if len(h.lms.posted) != 1 || h.lms.posted[0].Subject != "ada" || h.lms.posted[0].Given != 10 || h.lms.posted[0].LineItemURL != madeURL {
			t.Errorf("posted %+v", h.lms.posted)
		}
		h.pass(time.Minute)
		scene, err := h.Pick(t.Context(), bob, session.ID, 0, 1)
		if err != nil || scene.Session.Standing != greenroom.Graded {
			t.Fatalf("a session that ended after the column was made is %s, %v", scene.Session.Standing, err)
		}
		h.deliver()
		if len(h.lms.posted) != 2 || h.lms.posted[1].Subject != "bob" || h.lms.posted[1].Given != 5 {
			t.Errorf("posted %+v", h.lms.posted)
		}
		again := h.visit(c, columnless("ada"))
		if again.Launch.Standing != greenroom.Graded || again.Launch.LineItem == "" || h.makeLineItems() != 0 {
			t.Errorf("the next launch is %s", again.Launch.Standing)
		}
	})
}

func TestColumnIsMadeOnlyWhereThatIsWanted(t *testing.T) {
	for name, tc := range map[string]struct {
		off   bool
		spoil func(*lti.Launch)
	}{
		"switched off":        {true, func(*lti.Launch) {}},
		"there is a column":   {false, func(l *lti.Launch) { l.Grades.LineItem = itemURL }},
		"no container":        {false, func(l *lti.Launch) { l.Grades.LineItems = "" }},
		"no scope":            {false, func(l *lti.Launch) { l.Grades.Scopes = []string{lti.ScopeScore} }},
		"no scope for scores": {false, func(l *lti.Launch) { l.Grades.Scopes = []string{lti.ScopeLineItem} }},
		"no grades":           {false, func(l *lti.Launch) { l.Grades = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *house) {
				c := h.making()
				if tc.off {
					c.MakeLineItems = false
					if err := h.Store.Workspace(h.workspace.ID).Update(t.Context(), saving(c)); err != nil {
						t.Fatal(err)
					}
				}
				h.visit(c, func(l *lti.Launch) { columnless("ada")(l); tc.spoil(l) })
				if n := h.makeLineItems(); n != 0 {
					t.Errorf("%d duties", n)
				}
			})
		})
	}
}

func TestColumnThatIsRefusedIsAskedForOnAnotherDay(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.making()
		v := h.visit(c, columnless("ada"))
		h.lms.refuses = &lti.ServiceError{Op: "line item", Status: 403, Text: "no columns for you"}
		h.makeLineItems()
		duty := must(h.Store.Workspace(h.workspace.ID).LineItemDuty(t.Context(), v.Launch.Link))
		if duty.State != greenroom.LineItemRefused || duty.Answer != "403 no columns for you" {
			t.Fatalf("%+v", duty)
		}
		h.visit(c, columnless("bob"))
		if n := h.makeLineItems(); n != 0 {
			t.Errorf("asked again by the next launch")
		}
		h.lms.refuses = errDown
		h.pass(24 * time.Hour)
		h.visit(c, columnless("bob"))
		if n := h.makeLineItems(); n != 1 {
			t.Fatalf("asked %d times on another day", n)
		}
		h.lms.refuses = nil
		h.pass(time.Hour)
		if n := h.makeLineItems(); n != 1 || h.visit(c, columnless("bob")).Launch.Standing != greenroom.Graded {
			t.Errorf("%d tries after the LMS came back", n)
		}
	})
}

func TestTwoSettledColumnsAreOne(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.making(), columnless("ada"))
		store := h.Store.Workspace(h.workspace.ID)
		first := &greenroom.DueLineItem{LineItemDuty: must(store.LineItemDuty(t.Context(), v.Launch.Link))}
		second := &greenroom.DueLineItem{LineItemDuty: first.LineItemDuty} // its lease had run out
		o1, o2 := h.MakeLineItem(t.Context(), first), h.MakeLineItem(t.Context(), second)
		if err := errors.Join(h.SettleLineItem(t.Context(), first, o1), h.SettleLineItem(t.Context(), second, o2)); err != nil {
			t.Fatal(err)
		}
		if items := must(store.LineItemsIn(t.Context(), v.Launch.Context)); len(items) != 1 {
			t.Errorf("%d columns", len(items))
		}
	})
}
