package stage

import (
	"net/http"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestTheResultTellsWhatWentHow(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.attempt(0, 1)
	p := g.get(session + "/result")
	p.shows(t, "Two <u>turns</u>", "Over", "Silver medal · with Ada <i>Lovelace</i>", "83",
		"What went well The first word You began <q>kindly</q>.",
		"What to try next time The second word Kind again.",
		"Words The first word Good Kind at once. A friend. Good You began <q>kindly</q>. See it in the talk",
		"Words The second word Fair Neutral again. Nothing. Fair See it in the talk",
		"Manners A word of thanks Good Said it.",
		"Did not come up, so not counted: The hat .",
		"You: A friend. Good: The first word Good: A word of thanks", "You: Nothing. Fair: The second word",
		"Practise again", "Back to the course", "All attempts")
	p.holds(t, `aria-label="Score: 83 of 100. Silver medal."`, `data-medal="silver"`,
		`href="#turn-2"`, `id="turn-2"`, `href="#item-1"`, `id="item-1"`, `href="https://lms.example.com/course/1" target="_top"`)
	p.hides(t, "It did not come up")
}

func TestWhatWasLeftOutAndNeededIsPoor(t *testing.T) {
	g := newHouse(t).launch(nil)
	p := g.get(g.attempt(2, 2) + "/result")
	p.shows(t, "No medal yet: bronze begins at 50", "Nothing was quite there yet.",
		"Manners A word of thanks Poor Left without it. It did not come up in this talk, and it was needed.")
	p.holds(t, `aria-label="Score: 0 of 100.`)
	if strings.Contains(p.body, `class="arc"`) || strings.Contains(p.body, "<svg class=\"medal\"") {
		t.Error("a score of nothing draws an arc or a medal")
	}
}

func TestAResultWithNothingToImprove(t *testing.T) {
	g := newHouse(t).launch(nil)
	p := g.get(g.attempt(0, 0) + "/result")
	p.shows(t, "Gold medal", "Nothing to add: everything that came up was good.")
}

func TestAResultWithoutScore(t *testing.T) {
	g := newHouse(t).launch(func(l *lti.Launch) { l.Custom["scenario_id"] = "silent" })
	p := g.get(g.attempt(0) + "/result")
	p.shows(t, "The conversation is over", "Not scored · with Ada", "Goodbye.", "Practise again")
	p.hides(t, "What went well", "of 100")
}

func TestPractiseAgainStartsAnother(t *testing.T) {
	g := newHouse(t).launch(nil)
	first := g.attempt(0, 0)
	second := g.begin()
	if second == first {
		t.Fatal("the same session again")
	}
	g.get(second).shows(t, "Reply 1")
	if p := g.get(first + "/result"); p.StatusCode != http.StatusOK {
		t.Errorf("the first result: %s", p.Status)
	}
}

func TestWithoutAWayBackTheWindowCanBeClosed(t *testing.T) {
	for name, address := range map[string]string{
		"none":              "",
		"over http":         "http://lms.example.com/course/1",
		"a script":          "javascript:alert(1)",
		"another scheme":    "lms://course/1",
		"an address of one": "course",
	} {
		t.Run(name, func(t *testing.T) {
			g := newHouse(t).launch(func(l *lti.Launch) { l.Presentation = &lti.Presentation{ReturnURL: address} })
			p := g.get(g.attempt(0, 0) + "/result")
			p.shows(t, "You can close this window.")
			p.hides(t, "Back to the course")
		})
	}
}

// Praise and advice are the three that matter most; the rest stands item by
// item.
func TestPraiseAndAdviceAreShort(t *testing.T) {
	rubric := roleplay.Rubric{Criteria: []roleplay.Criterion{{Name: "All"}}}
	var marks []roleplay.Mark
	for i, grades := range []string{"f", "p", "fp", "g", "gggf", "p", "g", "gggg", "g"} {
		name := string(rune('a' + i))
		rubric.Criteria[0].Items = append(rubric.Criteria[0].Items, roleplay.Item{ID: name, Name: name})
		for _, g := range grades {
			grade := map[rune]roleplay.Grade{'g': roleplay.Good, 'f': roleplay.Fair, 'p': roleplay.Poor}[g]
			marks = append(marks, roleplay.Mark{Item: name, Grade: grade, Turn: 99})
		}
	}
	var p resultPage
	p.look(rubric.Assess(marks).Items)
	names := func(items []item) string {
		var all []string
		for _, i := range items {
			all = append(all, i.Item.Name)
		}
		return strings.Join(all, " ")
	}
	if got := names(p.Well); got != "d g h" {
		t.Errorf("praise, what went best first: %s", got)
	}
	if got := names(p.Next); got != "b f c" {
		t.Errorf("advice, what would gain most first: %s", got)
	}
	if len(p.Items) != 9 || p.Items[0].Moments[0].Link != "" {
		t.Errorf("%d items; a mark without a line has no link: %+v", len(p.Items), p.Items[0].Moments)
	}
}

func TestTheRingIsThePartOfTheWhole(t *testing.T) {
	for fraction, want := range map[string]ring{
		"0/1": {Dashes: "0.0 326.7", Empty: true},
		"1/4": {Dashes: "81.7 326.7"},
		"1/1": {Dashes: "326.7 326.7"},
	} {
		score, err := roleplay.ParseScore(fraction)
		if err != nil {
			t.Fatal(err)
		}
		if got := ringOf(score); got != want {
			t.Errorf("%s: %+v", fraction, got)
		}
	}
}
