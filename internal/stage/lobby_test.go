package stage

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestTheLobbySaysWhatIsToCome(t *testing.T) {
	g := newHouse(t).launch(nil)
	p := g.get(g.base)
	p.shows(t, "Two <u>turns</u>", "A short talk with <b>markup</b>", "easy", "Ada <i>Lovelace</i>", "Tester", "Likes engines.",
		"Your objective Say two <s>things</s>.", "Words The first word The second word", "Manners The hat",
		"Bronze from 50 Silver from 75 Gold from 90", "Start practising", "Back to the course")
	p.hides(t, "Continue", "Your attempts", "Not graded")
}

func TestTheLobbyKeepsAnOpenAttempt(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.begin()
	g.clock = g.clock.Add(5 * time.Minute)
	g.get(g.base).shows(t, "Continue", "Your attempt, begun 5 minutes ago , is kept.")
	if again := g.begin(); again != session {
		t.Errorf("Continue leads to %s, not to %s", again, session)
	}
}

func TestTheLobbyListsAttemptsAndTheBest(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	first := g.attempt(0, 0)
	g.attempt(1, 2)
	p := g.get(g.base)
	p.shows(t, "Practise again", "Best so far 100 of 100 , gold medal", "100 of 100 , gold medal", "33 of 100")
	p.hides(t, "in your gradebook")
	p.holds(t, `href="`+first+`/result"`, `data-medal="gold"`)
	h.deliver()
	g.get(g.base).shows(t, "in your gradebook: 10 of 10")
}

func TestTheLobbyListsTheNewestTenAttempts(t *testing.T) {
	g := newHouse(t).launch(nil)
	oldest := g.attempt(0, 0)
	for range 11 {
		g.attempt(0, 0)
	}
	p := g.get(g.base)
	p.shows(t, "And 2 before that.")
	if n := strings.Count(p.body, `/result"`); n != 10 || strings.Contains(p.body, oldest) {
		t.Errorf("%d attempts", n)
	}
}

func TestTheLobbyOfAnAttemptWithoutScore(t *testing.T) {
	g := newHouse(t).launch(func(l *lti.Launch) { l.Custom["scenario_id"] = "silent" })
	g.attempt(0)
	p := g.get(g.base)
	p.shows(t, "Not scored")
	p.hides(t, "Best so far")
}

func TestTheLobbySaysWhatDoesNotCount(t *testing.T) {
	g := newHouse(t).launch(func(l *lti.Launch) { l.Grades, l.Presentation = nil, nil })
	p := g.get(g.base)
	p.shows(t, "Not graded here: this activity has no grade in your course.")
	p.hides(t, "Back to the course")
}

func TestTheLobbyStartsNoScript(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	g.attempt(0, 0)
	session := g.begin()
	h.service.Engine = brokenEngine()
	if p := g.get(g.base); p.StatusCode != http.StatusOK {
		t.Errorf("the lobby: %s", p.Status)
	}
	if p := g.get(session); p.StatusCode != http.StatusInternalServerError {
		t.Errorf("this engine plays: %s", p.Status)
	}
}
