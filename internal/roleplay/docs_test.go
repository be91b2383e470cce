package roleplay

import (
	"os"
	"strings"
	"testing"
)

// The example in the author's manual is a scenario that can be imported and
// played, without a warning.
func TestTheManualsExampleIsAScenario(t *testing.T) {
	manual, err := os.ReadFile("../../docs/scenario-format.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(manual), "```\n---\n")
	example, _, closed := strings.Cut("---\n"+example, "\n```\n")
	if !found || !closed {
		t.Fatal("the manual has no example")
	}
	s, err := Parse(t.Context(), "example", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings) > 0 {
		t.Errorf("warnings: %v", s.Warnings)
	}
	e := NewEngine(Limits{Machines: 1})
	for _, tc := range []struct {
		picks   []int
		percent string
		last    string
		ending  string
	}{
		{[]int{0, 0}, "100", "Call me on Thursday, then I can tell you more.", ""},
		{[]int{1, 1}, "50", "She has hung up.", "Two minutes"},
		{[]int{2, 1}, "25", "She has hung up.", "Two minutes"},
	} {
		talk := play(t, e, s.Compiled, 1, tc.picks...)
		score := s.Rubric.Assess(talk.Marks).Score.PercentText()
		last := talk.Turns[len(talk.Turns)-1].Text
		if !talk.Ended || score != tc.percent || last != tc.last || talk.Ending != tc.ending {
			t.Errorf("picks %v: %s percent, %q, ending %q", tc.picks, score, last, talk.Ending)
		}
	}
}

// What the manual's section about grades shows.
func TestAMarkMayDependOnWhatHappenedBefore(t *testing.T) {
	ink := "VAR knows_cost = false\nHello.\n* Then let us look at your figures.\n" +
		"  {knows_cost: Gladly. # good: impact}\n  {not knows_cost: Which figures? # fair: impact}\n  -> END\n"
	talk := play(t, NewEngine(Limits{Machines: 1}), compiled(t, ink), 1, 0)
	if want := (Mark{"impact", Fair, 1, ""}); len(talk.Marks) != 1 || talk.Marks[0] != want {
		t.Errorf("marks %+v, want %+v", talk.Marks, want)
	}
	for _, tag := range findTags(ink) {
		if got := parseTag(tag.text); got.kind != markTag || got.name != "impact" {
			t.Errorf("tag %q is read as %+v", tag.text, got)
		}
	}
}
