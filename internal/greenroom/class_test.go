package greenroom_test

import (
	"errors"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// asTeacher launches as the instructor of the course.
func asTeacher(l *lti.Launch) {
	inCourse("teacher")(l)
	l.Roles = lti.Roles{instructor}
}

func TestClassShowsHowEverybodyFares(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada := h.visit(c, inCourse("ada"))
		h.attempt(ada, 1)
		h.attempt(ada, 0)
		h.attempt(ada, 2)
		bob := h.visit(c, inCourse("bob"))
		must(h.Begin(t.Context(), bob))
		h.lms.roster = []greenroom.RosterMember{onRoster("ada", "", learner), onRoster("bob", "", learner), onRoster("cy", "Cy", learner)}
		h.pass(time.Minute)
		h.readRosters()
		h.deliver()
		teacher := h.visit(c, asTeacher)
		h.attempt(teacher, 0) // a preview counts for nobody

		class := must(h.Class(t.Context(), teacher))
		if class.Learners != 3 || class.Teachers != 1 || class.Roster == nil || len(class.Activities) != 1 {
			t.Fatalf("%d learners, %d teachers, roster %v, %d activities", class.Learners, class.Teachers, class.Roster, len(class.Activities))
		}
		a := class.Activities[0]
		if a.Name() != "Practice" || a.Scenario.Slug != "tiny" || a.Item == nil || len(a.Rows) != 3 {
			t.Fatalf("activity %+v", a)
		}
		cy, first, second := a.Rows[0], a.Rows[1], a.Rows[2]
		if first.Learner.ID != ada.Launch.Learner || first.Attempts != 3 || first.Open || first.Best.PercentText() != "100" ||
			first.Passback == nil || first.Passback.State != greenroom.PassbackSent || first.LastSession == first.BestSession || first.LastAt.IsZero() {
			t.Errorf("who practised three times: %+v", first)
		}
		if second.Attempts != 0 || !second.Open || second.Best != nil || second.Passback != nil || !second.Started() {
			t.Errorf("who has begun: %+v", second)
		}
		if cy.Started() || cy.Learner.Name != "Cy" || !cy.LastAt.IsZero() {
			t.Errorf("who has not started: %+v", cy)
		}
	})
}

func TestInstructorSeesTheirOwnCourseOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada := h.visit(c, inCourse("ada"))
		h.attempt(ada, 0)
		elsewhere := h.visit(c, func(l *lti.Launch) { asTeacher(l); l.Context.ID, l.ResourceLink.ID = "course-2", "link-2" })
		if class := must(h.Class(t.Context(), elsewhere)); class.Learners != 0 || class.Context.PlatformID != "course-2" {
			t.Errorf("a teacher of another course sees %+v", class)
		}
		if _, err := h.Class(t.Context(), ada); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a learner sees the class: %v", err)
		}
		if _, err := h.ShowCourse(t.Context(), greenroom.Actor{Workspace: h.workspace.ID, Role: greenroom.MemberRole}, ada.Launch.Context); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a member without rights sees the course: %v", err)
		}
		if class := must(h.ShowCourse(t.Context(), h.admin, ada.Launch.Context)); class.Learners != 1 {
			t.Errorf("an administrator sees %+v", class)
		}
		rows := must(h.Courses(t.Context(), h.admin, greenroom.CourseFilter{})).Rows
		if len(rows) != 2 || rows[0].PlatformID != "course-2" || rows[1].Learners != 1 || rows[1].PlatformName != c.Platform || rows[1].Roster == nil {
			t.Errorf("courses: %+v", rows)
		}
		for name, tc := range map[string]struct {
			filter greenroom.CourseFilter
			want   int
		}{
			"by the LMS's ID":  {greenroom.CourseFilter{Query: " COURSE-2"}, 1},
			"of the LMS":       {greenroom.CourseFilter{Connection: c.ID}, 2},
			"of another":       {greenroom.CourseFilter{Connection: "other"}, 0},
			"of nothing":       {greenroom.CourseFilter{Query: "%"}, 0},
			"after the first":  {greenroom.CourseFilter{Skip: 1}, 1},
			"far after all":    {greenroom.CourseFilter{Skip: 1000}, 0},
			"before the first": {greenroom.CourseFilter{Skip: -1}, 2},
		} {
			if got := must(h.Courses(t.Context(), h.admin, tc.filter)); len(got.Rows) != tc.want || got.More {
				t.Errorf("%s: %d courses, more: %v; want %d", name, len(got.Rows), got.More, tc.want)
			}
		}
	})
}
