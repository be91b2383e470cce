package roleplay

import (
	"fmt"
	"strings"
	"testing"
)

// Every way to write a reply, each at its index.
const repliesInk = `VAR trust = 1
-> start
=== start
Hello.
> A pause.
* Plain. # good: plain
  Reply.
* [Whole line in brackets.]
  Reply.
* [Offered.] Said instead. # fair: inside
  Reply.
* [Brackets, then elsewhere.] -> other
* Straight on. # good: straight: Here. -> other
* [Tag in brackets. # good: offered] # fair: inner
  Reply.
* "Half[."]," you say. # poor: half
  Reply.
* {trust == 1} Under a condition.
  Reply.
* Said {trust > 0: with|without} logic{shout()}
  Reply.
* [] -> other
* Straight to the end. # good: straight -> whisper
* Tagged below.
  # poor: below: Too late.
  Reply. # good: below
* Narrated. # narrator
  Reply.
  Said by you after all. # learner
  > Aside. # character
* Glued <>
  together.
- -> END
=== other
Elsewhere. # ending: Lost
-> END
=== whisper
It ends. # narrator # poor: straight
-> END
=== function shout()
{trust == 1:!}
`

func TestWhoseWordsALineIs(t *testing.T) {
	e := NewEngine(Limits{Machines: 1})
	story := compiled(t, repliesInk)
	opening := play(t, e, story, 1)
	if got, want := transcript(opening), "character: Hello.\nnarrator: A pause."; got != want {
		t.Fatalf("opening is\n%s\nwant\n%s", got, want)
	}
	for pick, tc := range []struct {
		offered, want, marks string
	}{
		{"Plain.", "learner: Plain.\ncharacter: Reply.", "good plain"},
		{"Whole line in brackets.", "learner: Whole line in brackets.\ncharacter: Reply.", ""},
		{"Offered.", "learner: Said instead.\ncharacter: Reply.", "fair inside"},
		{"Brackets, then elsewhere.", "learner: Brackets, then elsewhere.\ncharacter: Elsewhere.", ""},
		{"Straight on.", "learner: Straight on.\ncharacter: Elsewhere.", "good straight"},
		{"Tag in brackets.", "learner: Tag in brackets.\ncharacter: Reply.", "good offered, fair inner"},
		{`"Half."`, "learner: \"Half,\" you say.\ncharacter: Reply.", "poor half"},
		{"Under a condition.", "learner: Under a condition.\ncharacter: Reply.", ""},
		{"Said with logic!", "learner: Said with logic!\ncharacter: Reply.", ""},
		{"", "character: Elsewhere.", ""},
		{"Straight to the end.", "learner: Straight to the end.\nnarrator: It ends.", "good straight, poor straight"},
		{"Tagged below.", "learner: Tagged below.\ncharacter: Reply.", "poor below, good below"},
		{"Narrated.", "narrator: Narrated.\ncharacter: Reply.\nlearner: Said by you after all.\ncharacter: Aside.", ""},
		{"Glued", "learner: Glued together.", ""},
	} {
		t.Run(tc.offered, func(t *testing.T) {
			if got := opening.Choices[pick].Text; got != tc.offered {
				t.Errorf("offered %q, want %q", got, tc.offered)
			}
			talk := play(t, e, story, 1, pick)
			if got := strings.TrimPrefix(transcript(talk), transcript(opening)+"\n"); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			var marks []string
			for _, m := range talk.Marks {
				marks = append(marks, fmt.Sprintf("%s %s", m.Grade, m.Item))
				if m.Turn != 2 {
					t.Errorf("mark %+v is not at the learner's reply", m)
				}
			}
			if got := strings.Join(marks, ", "); got != tc.marks {
				t.Errorf("marks %q, want %q", got, tc.marks)
			}
			if !talk.Ended || len(talk.Choices) > 0 {
				t.Error("the talk did not end")
			}
		})
	}
}

func TestTurnsKnowTheirPlace(t *testing.T) {
	story := compiled(t, "One.\n* Two.\n  Three. # good: a: Because: of this.\n  * * Four. # ending: Over\n    -> END\n")
	talk := play(t, NewEngine(Limits{Machines: 1}), story, 0, 0, 0)
	for i, want := range []int{-1, 0, 0, 1} {
		if turn := talk.Turns[i]; turn.Index != i || turn.Pick != want {
			t.Errorf("turn %d has index %d and pick %d, want pick %d", i, turn.Index, turn.Pick, want)
		}
	}
	if want := (Mark{"a", Good, 1, "Because: of this."}); len(talk.Marks) != 1 || talk.Marks[0] != want {
		t.Errorf("marks %+v, want %+v", talk.Marks, want)
	}
}

func TestMarksBeforeTheFirstReplyStayAtTheirLine(t *testing.T) {
	story := compiled(t, "One.\nTwo. # fair: a\n* Three. -> END\n")
	talk := play(t, NewEngine(Limits{Machines: 1}), story, 0)
	if len(talk.Marks) != 1 || talk.Marks[0].Turn != 1 {
		t.Errorf("marks %+v, want one at turn 1", talk.Marks)
	}
}

func TestTheLastEndingCounts(t *testing.T) {
	story := compiled(t, "One. # ending: First\n* Two.\n  Three. # ending: Second\n  -> END\n")
	e := NewEngine(Limits{Machines: 1})
	if got := play(t, e, story, 0, 0).Ending; got != "Second" {
		t.Errorf("ending %q, want Second", got)
	}
}
