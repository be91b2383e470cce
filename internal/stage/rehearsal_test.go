package stage

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestARehearsalFromStartToEnd(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.begin()
	room := g.get(session)
	room.shows(t, "Ada <i>Lovelace</i>", "Tester", "Objective", "Say two <s>things</s>.", "Leave", "A door opens.",
		"Ada <i>Lovelace</i>: Hello. Who <em>are</em> you?", "Reply 1", "1 A friend.", "2 Nobody.", "3 Go away.")
	room.holds(t, `data-speaker="narrator"`, `role="log"`, `aria-keyshortcuts="1"`, `>AI</text>`)

	p := g.reply(session, 0, 0)
	if to := p.Header.Get("Location"); p.StatusCode != http.StatusSeeOther || to != session+"#turn-2" {
		t.Fatalf("after a reply: %s to %q", p.Status, to)
	}
	room = g.get(session)
	room.shows(t, "You: A friend.", "And what now?", "Reply 2", "Tea?")
	room.holds(t, `id="turn-2"`)
	room.hides(t, "Nobody.", "You began")

	g.reply(session, 1, 1)
	end := g.get(session)
	end.shows(t, "You: Nothing.", "Goodbye.", "The conversation is over.", "See your result")
	end.holds(t, `href="`+session+`/result"`, "data-ended")
	end.hides(t, "Reply 3")
}

func TestTheScriptGetsTheTalkAlone(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.begin()
	for turn, want := range []string{"Reply 2", "See your result"} {
		p := g.ask(http.MethodPost, session+"/picks", url.Values{"turn": {string(rune('0' + turn))}, "choice": {"0"}}, true)
		p.shows(t, want, "You: A friend.")
		if p.StatusCode != http.StatusOK || strings.Contains(p.body, "<html") || strings.Contains(p.body, "<h1") {
			t.Errorf("turn %d: %s and a whole page", turn, p.Status)
		}
	}
}

func TestAReplyThatIsNotOnOffer(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.begin()
	g.reply(session, 0, 0)
	for name, form := range map[string]url.Values{
		"beyond the last one":      {"turn": {"1"}, "choice": {"3"}},
		"below the first one":      {"turn": {"1"}, "choice": {"-1"}},
		"none":                     {"turn": {"1"}},
		"no turn":                  {"choice": {"0"}},
		"a turn that is no number": {"turn": {"x"}, "choice": {"0"}},
		"a turn below the first":   {"turn": {"-1"}, "choice": {"0"}},
		"a turn that is to come":   {"turn": {"2"}, "choice": {"0"}},
		"a number beyond numbers":  {"turn": {"1"}, "choice": {"99999999999999999999"}},
		"an empty form":            {},
	} {
		t.Run(name, func(t *testing.T) {
			for _, script := range []bool{false, true} {
				p := g.ask(http.MethodPost, session+"/picks", form, script)
				if p.StatusCode != http.StatusUnprocessableEntity || strings.Contains(p.body, "<html") == script {
					t.Errorf("script %v: %s", script, p.Status)
				}
				p.shows(t, "That reply is not on offer. Choose one of those shown.", "Reply 2", "Tea?")
			}
		})
	}
	g.get(session).hides(t, "That reply", "Goodbye.")
}

func TestAStaleTurnChangesNothing(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.begin()
	g.reply(session, 0, 0)
	for name, script := range map[string]bool{"the second half of a double click": false, "a reply sent once more": true} {
		p := g.ask(http.MethodPost, session+"/picks", url.Values{"turn": {"0"}, "choice": {"2"}}, script)
		if !script {
			p = g.get(session)
		}
		if p.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows(t, "Reply 2", "You: A friend.")
		p.hides(t, "Go away.")
	}
}

func TestAnEndedSessionTakesNoReply(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.attempt(0, 0)
	for _, turn := range []int{0, 1, 2, 7} {
		p := g.reply(session, turn, 1)
		if p.StatusCode != http.StatusSeeOther {
			t.Errorf("turn %d: %s", turn, p.Status)
		}
	}
	p := g.get(session + "/result")
	p.shows(t, "100 of 100")
	p.hides(t, "Nothing.")
}

// Another site may show the page in a frame, but must not act for the learner.
func TestAnotherSiteCannotReply(t *testing.T) {
	g := newHouse(t).launch(nil)
	session := g.begin()
	g.site = "cross-site"
	if p := g.reply(session, 0, 0); p.StatusCode != http.StatusForbidden {
		t.Errorf("a reply from another site: %s", p.Status)
	}
	g.get(session).shows(t, "Reply 1")
}
