package greenroom_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// The replies of the tiny scenario.
const (
	kind    = 0 // 100 %
	neutral = 1 // 50 %
	rude    = 2 // 0 %
)

func TestASessionEndsInTheGradebook(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		v := h.visit(c, nil)
		for _, reply := range []int{rude, kind, neutral, kind} {
			h.attempt(v, reply)
			h.deliver()
		}
		var given []float64
		for _, p := range h.lms.posted {
			given = append(given, p.Given)
			if p.Maximum != 10 || p.Subject != "6" || p.LineItemURL != "https://lms.example.com/items/1?type_id=1" {
				t.Errorf("posted %+v", p)
			}
		}
		if !slices.Equal(given, []float64{0, 10}) {
			t.Errorf("posted %v; want 0 (the first always goes), then 10, then nothing", given)
		}
	})
}

func TestOnlyTheBestIsPostedAfterAnOutage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), nil)
		h.lms.answer = errDown
		h.attempt(v, neutral)
		h.deliver()
		h.attempt(v, kind)
		h.deliver()
		page := must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{}))
		if len(page.Rows) != 1 || page.Rows[0].State != greenroom.PassbackWaiting || page.Rows[0].Answer != "503 down for maintenance" {
			t.Fatalf("rows %+v", page.Rows)
		}
		h.lms.answer = nil
		h.pass(time.Hour)
		h.deliver()
		if len(h.lms.posted) != 1 || h.lms.posted[0].Given != 10 {
			t.Errorf("posted %+v; want 10 alone", h.lms.posted)
		}
		if h.deliver() != 0 {
			t.Error("something is due after the best was posted")
		}
	})
}

func TestAFailedScoreWaitsForSendAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), nil)
		h.lms.answer = &lti.ServiceError{Op: "score", Status: 422, Text: "user is no student"}
		h.attempt(v, kind)
		h.deliver()
		h.pass(24 * time.Hour)
		if h.deliver() != 0 {
			t.Fatal("a refused score was sent again by itself")
		}
		row := must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{State: greenroom.PassbackFailed})).Rows[0]
		if row.Answer != "422 user is no student" || row.LearnerName != "Stina Student" {
			t.Errorf("row %+v", row)
		}
		h.lms.answer = nil
		if err := h.SendAgain(t.Context(), h.admin, row.ID); err != nil {
			t.Fatal(err)
		}
		if h.deliver() != 1 || len(h.lms.posted) != 1 {
			t.Error("Send again sent nothing")
		}
	})
}

func TestWhatDoesNotCount(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		for name, tc := range map[string]struct {
			spoil func(*lti.Launch)
			want  greenroom.Standing
		}{
			"an instructor":            {func(l *lti.Launch) { l.Roles = lti.Roles{instructor} }, greenroom.Preview},
			"a test user":              {func(l *lti.Launch) { l.Roles = lti.Roles{learner, testUser} }, greenroom.TestUser},
			"an ungraded activity":     {func(l *lti.Launch) { l.Grades.LineItem = "" }, greenroom.NoLineItem},
			"no grades service":        {func(l *lti.Launch) { l.Grades = nil }, greenroom.NoLineItem},
			"no permission for scores": {func(l *lti.Launch) { l.Grades.Scopes = []string{lti.ScopeLineItemReadOnly} }, greenroom.NoScope},
		} {
			t.Run(name, func(t *testing.T) {
				v := h.visit(c, func(l *lti.Launch) { l.Subject = name; tc.spoil(l) })
				scene := h.attempt(v, kind)
				if scene.Session.Standing != tc.want || scene.Session.Score == nil || h.deliver() != 0 {
					t.Errorf("standing %s, score %v", scene.Session.Standing, scene.Session.Score)
				}
				page := must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{}))
				if !slices.ContainsFunc(page.NotSent, func(r greenroom.NotSentRow) bool { return r.Session.ID == scene.Session.ID }) {
					t.Error("the passback page does not say why nothing goes out")
				}
			})
		}
		v := h.visit(c, func(l *lti.Launch) { l.Subject = "no role"; l.Roles = nil })
		if h.attempt(v, kind); h.deliver() != 1 {
			t.Error("a person without any role is a learner")
		}
	})
}

func TestPicks(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		v := h.visit(c, nil)
		s := must(h.Begin(t.Context(), v))
		if again := must(h.Begin(t.Context(), v)); again.ID != s.ID {
			t.Error("a second Begin does not resume the open attempt")
		}
		if _, err := h.Pick(t.Context(), v, s.ID, 0, 3); !isInvalid(err, "choice") {
			t.Errorf("a reply that is not on offer: %v", err)
		}
		if _, err := h.Pick(t.Context(), v, s.ID, 1, kind); !isInvalid(err, "choice") {
			t.Errorf("a turn that has not come: %v", err)
		}
		if _, err := h.Result(t.Context(), v, s.ID); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("the result of an open session: %v", err)
		}
		stranger := h.visit(c, func(l *lti.Launch) { l.Subject = "7" })
		if _, err := h.Scene(t.Context(), stranger, s.ID); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("somebody else's session: %v", err)
		}
		if _, err := h.Pick(t.Context(), stranger, s.ID, 0, kind); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a pick in somebody else's session: %v", err)
		}

		// A double click: both requests are answered, one turn is made.
		var both sync.WaitGroup
		scenes := make([]greenroom.Scene, 2)
		for i := range scenes {
			both.Go(func() { scenes[i] = must(h.Pick(t.Context(), v, s.ID, 0, []int{kind, rude}[i])) })
		}
		both.Wait()
		if !scenes[0].Session.Ended() || !scenes[1].Session.Ended() || scenes[0].Session.Score.Cmp(*scenes[1].Session.Score) != 0 {
			t.Errorf("scores %v and %v of one turn", scenes[0].Session.Score, scenes[1].Session.Score)
		}
		late := must(h.Pick(t.Context(), v, s.ID, 0, neutral))
		if late.Session.Score.Cmp(*scenes[0].Session.Score) != 0 {
			t.Error("a late click changed an ended session")
		}
		if next := must(h.Begin(t.Context(), v)); next.ID == s.ID {
			t.Error("Practise again resumes an ended session")
		}
	})
}

func TestASessionKeepsItsVersion(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), nil)
		s := must(h.Begin(t.Context(), v))
		must(h.ImportScenario(t.Context(), h.workspace.ID, "tiny.scenario.md", []byte(tiny[:len(tiny)-len("-> END\n")]+"And thanks.\n-> END\n")))
		scene := must(h.Pick(t.Context(), v, s.ID, 0, kind))
		if scene.Session.Version != 1 || scene.Talk.Turns[len(scene.Talk.Turns)-1].Text != "Goodbye." {
			t.Errorf("version %d, talk %+v", scene.Session.Version, scene.Talk.Turns)
		}
		if next := must(h.Begin(t.Context(), v)); next.Version != 2 {
			t.Errorf("the next attempt is on version %d", next.Version)
		}
	})
}

func TestASignInIsOfItsLaunchAndOfItsTime(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		first, token, err := h.RecordLaunch(t.Context(), h.workspace.ID, launchOf(c, "6", 1001), greenroom.Arrival{Reference: "REF000000001"})
		if err != nil {
			t.Fatal(err)
		}
		second, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, launchOf(c, "7", 1002), greenroom.Arrival{Reference: "REF000000002"})
		if err != nil {
			t.Fatal(err)
		}
		other := must(h.CreateWorkspace(t.Context(), "Other team", "", false))
		for name, tc := range map[string]struct {
			workspace greenroom.WorkspaceID
			launch    greenroom.LaunchID
			token     string
		}{
			"another launch's token":  {h.workspace.ID, second.ID, token},
			"no token":                {h.workspace.ID, first.ID, ""},
			"another workspace":       {other.ID, first.ID, token},
			"a launch that never was": {h.workspace.ID, "nope", token},
		} {
			if _, err := h.Visit(t.Context(), tc.workspace, tc.launch, tc.token); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.Visit(t.Context(), h.workspace.ID, first.ID, token); err != nil {
			t.Error(err)
		}
		h.pass(13 * time.Hour)
		if _, err := h.Visit(t.Context(), h.workspace.ID, first.ID, token); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("after half a day: %v", err)
		}
	})
}

func TestLaunchesThatNameNoScenario(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		for name, tc := range map[string]struct {
			custom  map[string]string
			missing bool
		}{
			"without scenario_id":       {nil, true},
			"with an empty scenario_id": {map[string]string{"scenario_id": " "}, true},
			"with an unknown slug":      {map[string]string{"scenario_id": "nope"}, false},
			"with an unknown id":        {map[string]string{"scenario_id": "0190c0de-0000-7000-8000-000000000000"}, false},
		} {
			l := launchOf(c, "6", 2000)
			l.Custom = tc.custom
			_, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, l, greenroom.Arrival{Reference: "REF000000003"})
			wrong, ok := errors.AsType[*greenroom.ScenarioError](err)
			if !ok || wrong.Missing != tc.missing {
				t.Errorf("%s: %v", name, err)
			}
		}
		// Nothing of that spent the state.
		if _, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, launchOf(c, "6", 2000), greenroom.Arrival{Reference: "REF000000004"}); err != nil {
			t.Errorf("the same launch, mended: %v", err)
		}
		if _, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, launchOf(c, "6", 2000), greenroom.Arrival{Reference: "REF000000005"}); !errors.Is(err, greenroom.ErrSpent) {
			t.Errorf("the same launch again: %v", err)
		}
	})
}
