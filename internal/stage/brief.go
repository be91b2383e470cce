package stage

import (
	"html/template"
	"sync"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// A brief is what a lobby says of its scenario, which is the same to everybody.
type brief struct {
	Opening  template.HTML // what it is about
	Criteria template.HTML // what is looked at
}

// maxBriefs bounds how many scenarios' briefs are kept.
const maxBriefs = 64

// briefs keeps what was rendered, by the scenario that was read: one that is
// read anew is another one. The zero value is ready to use.
type briefs struct {
	mu   sync.Mutex
	kept map[*roleplay.Scenario]brief
}

func (b *briefs) of(pages *web.Templates, file *roleplay.Scenario) (brief, error) {
	b.mu.Lock()
	known, ok := b.kept[file]
	b.mu.Unlock()
	if ok {
		return known, nil
	}
	var made brief
	var err error
	if made.Opening, err = pages.Part("lobby.html", "opening", file); err != nil {
		return brief{}, err
	}
	if made.Criteria, err = pages.Part("lobby.html", "criteria", file); err != nil {
		return brief{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept == nil || len(b.kept) >= maxBriefs {
		b.kept = map[*roleplay.Scenario]brief{}
	}
	b.kept[file] = made
	return made, nil
}
