package greenroom_test

import (
	"crypto/rand"
	"errors"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

const itemURL = "https://lms.example.com/items/1?type_id=1"

// reviewing is a submission review of ada's work by the instructor.
func reviewing(l *lti.Launch) {
	asTeacher(l)
	l.MessageType, l.Custom = lti.MessageSubmissionReview, nil
	l.ForUser = &lti.ForUser{UserID: "ada"}
}

// review comes by a submission review and looks at what it is about.
func (h *house) review(c greenroom.Connection, spoil func(*lti.Launch)) (greenroom.Visit, greenroom.Review) {
	h.t.Helper()
	v := h.visit(c, spoil)
	return v, must(h.Review(h.t.Context(), v, v.Launch.ForLearner, v.Launch.Link, ""))
}

func TestSubmissionReviewOpensTheBestAttempt(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada := h.visit(c, inCourse("ada"))
		h.attempt(ada, 1)
		best := h.attempt(ada, 0)
		last := h.attempt(ada, 2)
		for name, spoil := range map[string]func(*lti.Launch){
			"by the instructor":  reviewing,
			"without a link":     func(l *lti.Launch) { reviewing(l); l.ResourceLink = nil },
			"without a context":  func(l *lti.Launch) { reviewing(l); l.Context, l.ResourceLink = nil, nil },
			"by the learner too": func(l *lti.Launch) { reviewing(l); l.Subject, l.Roles = "ada", lti.Roles{learner} },
		} {
			v, r := h.review(c, spoil)
			if r.Learner.ID != ada.Launch.Learner || len(r.Attempts) != 3 || r.Result == nil || r.Result.Scene.Session.ID != best.Session.ID {
				t.Fatalf("%s: %+v", name, r)
			}
			if r.Passback == nil || r.Item == nil || r.Item.URL != itemURL || len(r.Result.Scene.Talk.Turns) == 0 {
				t.Errorf("%s: gradebook %v %v", name, r.Item, r.Passback)
			}
			other := must(h.Review(t.Context(), v, ada.Launch.Learner, ada.Launch.Link, last.Session.ID))
			if other.Result.Scene.Session.ID != last.Session.ID {
				t.Errorf("%s: the attempt that was asked for is not shown", name)
			}
			if v.Practises() {
				t.Errorf("%s: a review opens the stage", name)
			}
		}
	})
}

func TestSubmissionReviewOfSomebodyWhoNeverPractised(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		if _, r := h.review(c, reviewing); r.Learner.ID != "" || r.Result != nil {
			t.Errorf("never seen: %+v", r)
		}
		ada := h.visit(c, inCourse("ada"))
		if _, r := h.review(c, reviewing); r.Learner.ID != ada.Launch.Learner || r.Result != nil || len(r.Attempts) != 0 {
			t.Errorf("never practised: %+v", r)
		}
	})
}

func TestSubmissionReviewOfAnotherCoursesColumnIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		h.attempt(h.visit(c, inCourse("ada")), 0)
		for name, spoil := range map[string]func(*lti.Launch){
			"another context":    func(l *lti.Launch) { l.Context.ID = "course-2" },
			"another deployment": func(l *lti.Launch) { l.DeploymentID = "2" },
			"another link":       func(l *lti.Launch) { l.ResourceLink.ID = "link-2" },
		} {
			l := launchOf(c, "6", 900)
			l.StateID = name
			reviewing(l)
			spoil(l)
			_, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, l, greenroom.Arrival{Reference: must(greenroom.NewReference(rand.Reader))})
			if _, refused := errors.AsType[*greenroom.ReviewError](err); !refused {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := h.Store.Workspace(h.workspace.ID).LaunchByState(t.Context(), name); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("%s is written down: %v", name, err)
			}
		}
	})
}

func TestNobodyElseMayReview(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada := h.visit(c, inCourse("ada"))
		scene := h.attempt(ada, 0)
		bob := h.visit(c, inCourse("bob"))
		stranger := h.visit(c, func(l *lti.Launch) {
			asTeacher(l)
			l.Context.ID, l.ResourceLink.ID, l.Grades = "course-2", "link-2", nil
		})
		own := h.visit(c, func(l *lti.Launch) {
			reviewing(l)
			l.Subject, l.Roles = "bob", lti.Roles{learner}
			l.ForUser.UserID = "bob"
		})
		for name, v := range map[string]greenroom.Visit{"a classmate": bob, "a teacher elsewhere": stranger, "a classmate's own review": own} {
			for _, session := range []greenroom.SessionID{"", scene.Session.ID} {
				if _, err := h.Review(t.Context(), v, ada.Launch.Learner, ada.Launch.Link, session); !errors.Is(err, greenroom.ErrNotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if _, err := h.Review(t.Context(), own, bob.Launch.Learner, ada.Launch.Link, scene.Session.ID); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a classmate's session under one's own name: %v", err)
		}
		teacher := h.visit(c, asTeacher)
		if r := must(h.Review(t.Context(), teacher, ada.Launch.Learner, ada.Launch.Link, "")); r.Result == nil {
			t.Error("the teacher of the course sees nothing")
		}
	})
}
