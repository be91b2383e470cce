package greenroom_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// last is what the LMS was told last, as percent of ten points.
func (h *house) last() string {
	h.t.Helper()
	if len(h.lms.posted) == 0 {
		return "nothing"
	}
	p := h.lms.posted[len(h.lms.posted)-1]
	if p.Cleared {
		return "cleared"
	}
	return map[float64]string{0: "0", 5: "50", 7: "70", 10: "100"}[p.Given]
}

func TestAnInstructorsDecisionStandsUntilItIsLifted(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada, teacher := h.visit(c, inCourse("ada")), h.visit(c, asTeacher)
		decide := func(f greenroom.OverrideForm) {
			t.Helper()
			h.pass(time.Minute)
			if err := h.Override(t.Context(), teacher, ada.Launch.Learner, ada.Launch.Link, f); err != nil {
				t.Fatal(err)
			}
			h.deliver()
		}
		want := func(what, score string) {
			t.Helper()
			h.deliver()
			if got := h.last(); got != score {
				t.Errorf("%s: the gradebook has %s, want %s", what, got, score)
			}
		}
		h.attempt(ada, 1)
		want("earned", "50")
		decide(greenroom.OverrideForm{Decision: greenroom.SetScore, Percent: "70", Comment: "Well argued."})
		want("set", "70")
		if p := h.lms.posted[1]; p.Comment != "Well argued." || p.ScoringUserID != "teacher" || !p.At.After(h.lms.posted[0].At) {
			t.Errorf("posted %+v", p)
		}
		h.attempt(ada, 0)
		want("a better score was earned", "70")
		decide(greenroom.OverrideForm{Decision: greenroom.ClearScore})
		want("taken away", "cleared")
		decide(greenroom.OverrideForm{Decision: greenroom.LiftScore})
		want("lifted", "100")
		for i, p := range h.lms.posted[1:] {
			if p.At.Unix() <= h.lms.posted[i].At.Unix() {
				t.Errorf("stamp %s after %s", p.At, h.lms.posted[i].At)
			}
		}
		var said []string
		for _, e := range must(h.Audit(t.Context(), h.admin, greenroom.AuditFilter{Noun: greenroom.NounPassback})) {
			said = append(said, e.ActorName+": "+e.Action.Text()+" "+e.Changes[0].From+" to "+e.Changes[0].To)
		}
		if got, want := strings.ReplaceAll(strings.Join(said, "; "), string(teacher.Launch.Learner), "ID"), "Instructor ID: Let automatic scores count again none to 100 of 100; "+
			"Instructor ID: Took a score away 70 of 100 to none; Instructor ID: Set a score 50 of 100 to 70 of 100"; got != want {
			t.Errorf("audit log:\n got %s\nwant %s", got, want)
		}
	})
}

func TestScoreOfSomebodyWhoNeverPractised(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada, teacher := h.visit(c, inCourse("ada")), h.visit(c, asTeacher)
		set := greenroom.OverrideForm{Decision: greenroom.SetScore, Percent: "70"}
		for _, f := range []greenroom.OverrideForm{set, {Decision: greenroom.LiftScore}} {
			if err := h.Override(t.Context(), teacher, ada.Launch.Learner, ada.Launch.Link, f); err != nil {
				t.Fatal(err)
			}
			h.deliver()
			h.pass(time.Minute)
		}
		h.deliver()
		if len(h.lms.posted) != 2 || h.last() != "cleared" {
			t.Errorf("posted %+v", h.lms.posted)
		}
	})
}

func TestWhoMayNotDecide(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada, bob, teacher := h.visit(c, inCourse("ada")), h.visit(c, inCourse("bob")), h.visit(c, asTeacher)
		stranger := h.visit(c, func(l *lti.Launch) {
			asTeacher(l)
			l.Context.ID, l.ResourceLink.ID, l.Grades = "course-2", "link-2", nil
		})
		set := greenroom.OverrideForm{Decision: greenroom.SetScore, Percent: "100"}
		for name, v := range map[string]greenroom.Visit{"the learner": ada, "a classmate": bob, "a teacher elsewhere": stranger} {
			if err := h.Override(t.Context(), v, ada.Launch.Learner, ada.Launch.Link, set); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.Override(t.Context(), teacher, teacher.Launch.Learner, ada.Launch.Link, set); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("about oneself: %v", err)
		}
		for field, f := range map[string]greenroom.OverrideForm{
			"percent":  {Decision: greenroom.SetScore, Percent: "101"},
			"comment":  {Decision: greenroom.ClearScore, Comment: strings.Repeat("a", 1001)},
			"decision": {Decision: "guess"},
		} {
			if err := h.Override(t.Context(), teacher, ada.Launch.Learner, ada.Launch.Link, f); !isInvalid(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if h.deliver(); len(h.lms.posted) != 0 {
			t.Errorf("posted %v", h.lms.posted)
		}
	})
}

// A column that was replaced is still one that the LMS's gradebook opens.
func TestDecisionInAReviewIsAboutTheColumnThatWasOpened(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada := h.visit(c, inCourse("ada"))
		h.attempt(ada, 1)
		h.deliver()
		h.pass(time.Minute)
		h.visit(c, func(l *lti.Launch) { inCourse("ada")(l); l.Grades.LineItem = "https://lms.example.com/items/2" })
		v, r := h.review(c, reviewing)
		set := greenroom.OverrideForm{Decision: greenroom.SetScore, Percent: "70"}
		if err := h.Override(t.Context(), v, ada.Launch.Learner, ada.Launch.Link, set); err != nil {
			t.Fatal(err)
		}
		h.deliver()
		last := h.lms.posted[len(h.lms.posted)-1]
		if r.Item == nil || r.Item.URL != itemURL || last.LineItemURL != itemURL || h.last() != "70" {
			t.Errorf("the review shows %+v, and the decision went to %s", r.Item, last.LineItemURL)
		}
	})
}

// Whoever has two accounts in the LMS is one person here, once they are merged.
func TestNobodyDecidesAboutThemselvesUnderAnotherName(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		ada, teacher := h.visit(c, inCourse("ada")), h.visit(c, asTeacher)
		if err := h.MergeLearners(t.Context(), h.admin, ada.Launch.Learner, teacher.Launch.Learner); err != nil {
			t.Fatal(err)
		}
		teacher = h.visit(c, asTeacher)
		set := greenroom.OverrideForm{Decision: greenroom.SetScore, Percent: "100"}
		if err := h.Override(t.Context(), teacher, ada.Launch.Learner, ada.Launch.Link, set); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("about oneself: %v", err)
		}
	})
}

func TestGradingRules(t *testing.T) {
	for name, tc := range map[string]struct {
		rule       greenroom.GradingRule
		completion bool
		want       []string // after replies worth 50, 100 and 0
	}{
		"the best":       {greenroom.GradeBest, false, []string{"50", "100", "100"}},
		"the latest":     {greenroom.GradeLatest, false, []string{"50", "100", "0"}},
		"the first":      {greenroom.GradeFirst, false, []string{"50", "50", "50"}},
		"for completion": {greenroom.GradeBest, true, []string{"100", "100", "100"}},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *house) {
				v := h.visit(h.connect(), nil)
				must(h.SetGrading(t.Context(), h.admin, "tiny", tc.rule, tc.completion))
				for i, reply := range []int{1, 0, 2} {
					h.attempt(v, reply)
					h.deliver()
					if got := h.last(); got != tc.want[i] {
						t.Errorf("after attempt %d: %s, want %s", i+1, got, tc.want[i])
					}
				}
			})
		})
	}
}

func TestWhatIsSentForCompletionIsNotListedAsUnsent(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		unscored := strings.NewReplacer("slug: tiny", "slug: unscored", "Words. # fair: word", "Words.").Replace(tiny)
		must(h.ImportScenario(t.Context(), h.workspace.ID, "unscored.scenario.md", []byte(unscored)))
		v := h.visit(h.connect(), func(l *lti.Launch) {
			l.Custom = map[string]string{greenroom.ScenarioParameter: "unscored"}
		})
		unsent := func() int {
			return len(must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{})).NotSent)
		}
		h.attempt(v, 1) // bears on nothing
		if n := unsent(); n != 1 {
			t.Fatalf("%d sessions without a score are listed, want 1", n)
		}
		must(h.SetGrading(t.Context(), h.admin, "unscored", greenroom.GradeBest, true))
		h.attempt(v, 1)
		h.deliver()
		if n := unsent(); n != 0 || h.last() != "100" {
			t.Errorf("%d are listed, and the LMS has %s", n, h.last())
		}
	})
}

func TestGradingIsAnAdministratorsAndStaysWhenTheFileChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		member := greenroom.Actor{Workspace: h.workspace.ID, Role: greenroom.MemberRole}
		if _, err := h.SetGrading(t.Context(), member, "tiny", greenroom.GradeFirst, false); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("by a member: %v", err)
		}
		if _, err := h.SetGrading(t.Context(), h.admin, "tiny", "worst", false); !isInvalid(err, "rule") {
			t.Errorf("a rule that there is not: %v", err)
		}
		must(h.SetGrading(t.Context(), h.admin, "tiny", greenroom.GradeFirst, true))
		sc := must(h.ImportScenario(t.Context(), h.workspace.ID, "tiny.scenario.md", []byte(strings.Replace(tiny, "Tiny", "Tinier", 1))))
		if sc = must(h.ResolveScenario(t.Context(), h.workspace.ID, "tiny")); sc.Title != "Tinier" || sc.Rule != greenroom.GradeFirst || !sc.Completion {
			t.Errorf("after another import: %+v", sc)
		}
	})
}
