package greenroom_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

var sides = []greenroom.Side{greenroom.SideAdmin, greenroom.SideLMS, greenroom.SideLearner, greenroom.SideOperator}

func TestEveryCheckSaysWhoHasToFixWhat(t *testing.T) {
	for _, check := range append(lti.Checks(), greenroom.CheckScenario) {
		if label := greenroom.CheckLabel(string(check)); label == "" || label == string(check) {
			t.Errorf("%s has no label", check)
		}
		fix := greenroom.Launch{Outcome: greenroom.LaunchRefused, Check: string(check)}.Remedy()
		if !slices.Contains(sides, fix.Side) || fix.Side == greenroom.SideOperator {
			t.Errorf("%s: nobody who could fix it: %q", check, fix.Side)
		}
		if !strings.HasSuffix(fix.Text, ".") || len(fix.Text) < 30 {
			t.Errorf("%s: %q is no sentence", check, fix.Text)
		}
	}
	if fix := (greenroom.Launch{Outcome: greenroom.LaunchRefused, Check: "of tomorrow"}).Remedy(); fix.Side != greenroom.SideOperator {
		t.Errorf("an unknown check is for %q", fix.Side)
	}
	if fix := (greenroom.Launch{Outcome: greenroom.LaunchOK}).Remedy(); fix != (greenroom.Remedy{}) {
		t.Errorf("a success: %v", fix)
	}
}

func TestWhoFixesAnErrorOfThePlatform(t *testing.T) {
	for detail, want := range map[string]greenroom.Side{
		`login_required: platform said "login_required"`:          greenroom.SideLearner,
		`interaction_required: platform said "x"`:                 greenroom.SideLearner,
		`access_denied: platform said "access_denied"`:            greenroom.SideLMS,
		`unauthorized_client: platform said "x"`:                  greenroom.SideLMS,
		`launch_no_longer_valid: platform said "x"`:               greenroom.SideLearner,
		`server_error: platform said "x"`:                         greenroom.SideLMS,
		`unknown_error: platform said "login_required: not mine"`: greenroom.SideLMS,
		"": greenroom.SideLMS,
	} {
		l := greenroom.Launch{Outcome: greenroom.LaunchRefused, Check: string(lti.CheckPlatformError), Detail: detail}
		if got := l.Remedy().Side; got != want {
			t.Errorf("%s: %s, want %s", detail, got, want)
		}
	}
}

func TestCheckList(t *testing.T) {
	all := greenroom.AllChecks()
	if n := len(lti.Checks()) + 2; len(all) != n {
		t.Fatalf("%d checks, want %d", len(all), n)
	}
	states := func(l greenroom.Launch) map[greenroom.CheckState]int {
		n := map[greenroom.CheckState]int{}
		for _, line := range l.CheckList() {
			n[line.State]++
		}
		return n
	}
	if got := states(greenroom.Launch{Outcome: greenroom.LaunchOK}); got[greenroom.CheckPassed] != len(all) {
		t.Errorf("a success: %v", got)
	}
	refused := greenroom.Launch{Outcome: greenroom.LaunchRefused, Passed: all[:9], Check: all[9], Clause: "a clause"}
	if got := states(refused); got[greenroom.CheckPassed] != 9 || got[greenroom.CheckFailed] != 1 || got[greenroom.CheckNotReached] != len(all)-10 {
		t.Errorf("a refusal: %v", got)
	}
	if line := refused.CheckList()[9]; line.Clause != "a clause" || line.State != greenroom.CheckFailed {
		t.Errorf("the check that failed: %+v", line)
	}
}
