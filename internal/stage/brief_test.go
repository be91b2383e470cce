package stage

import (
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

func TestTheLobbyTellsOfTheNewestVersion(t *testing.T) {
	h := newHouse(t)
	g := h.launch(nil)
	g.get(g.base).shows(t, "Your objective Say two <s>things</s>.", "The hat")
	changed := strings.NewReplacer("Say two", "Say <i>three</i>", "The hat", "The glove").Replace(twoTurns)
	must(h.service.ImportScenario(t.Context(), h.w.ID, "test.scenario.md", []byte(changed)))
	p := g.get(g.base)
	p.shows(t, "Your objective Say <i>three</i> <s>things</s>.", "The glove")
	p.hides(t, "The hat")
}

func TestEachScenarioHasItsOwnBriefAndFewAreKept(t *testing.T) {
	h := newHouse(t)
	kit := must(web.New(web.Options{PublicURL: "https://practice.example.com", Service: h.service, Log: h.service.Log, Now: h.service.Now}))
	b, pages := &briefs{}, New(kit).pages
	for n := range 3 * maxBriefs {
		title := strings.Repeat("x", n+1)
		for range 2 {
			made, err := b.of(pages, &roleplay.Scenario{Title: title})
			if err != nil || !strings.Contains(string(made.Opening), ">"+title+"<") {
				t.Fatalf("%s, %v", made.Opening, err)
			}
		}
	}
	if len(b.kept) > maxBriefs {
		t.Errorf("%d are kept", len(b.kept))
	}
}
