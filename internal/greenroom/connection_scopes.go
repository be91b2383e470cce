package greenroom

import (
	"context"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A ScopeWord is what a platform's token endpoint last said of one scope.
type ScopeWord struct {
	Scope   string    `json:"scope"`
	Granted bool      `json:"granted"`
	At      time.Time `json:"at"`
}

// scopeAgain is how old a word gets before the same is written down again.
const scopeAgain = 24 * time.Hour

// NoteScope remembers what a token endpoint said of a scope, unless that is
// known.
func NoteScope(ctx context.Context, store WorkspaceStore, id ConnectionID, word ScopeWord) error {
	word.At = word.At.UTC().Truncate(time.Millisecond)
	c, err := store.Connection(ctx, id)
	if err != nil || c.heard(word.Scope).says(word) {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Connection(ctx, id)
		if err != nil {
			return err
		}
		words := slices.DeleteFunc(slices.Clone(c.Heard), func(w ScopeWord) bool { return w.Scope == word.Scope })
		if len(words) >= maxHeard {
			words = words[1:]
		}
		return tx.KeepHeard(ctx, id, append(words, word))
	})
}

// maxHeard bounds what is kept; Greenroom asks for fewer scopes.
const maxHeard = 20

// heard returns the word about a scope, nil if there is none.
func (c Connection) heard(scope string) *ScopeWord {
	for _, w := range c.Heard {
		if w.Scope == scope {
			return &w
		}
	}
	return nil
}

// says tells whether a word is as good as a newer one.
func (w *ScopeWord) says(newer ScopeWord) bool {
	return w != nil && w.Granted == newer.Granted && newer.At.Before(w.At.Add(scopeAgain))
}

// knownScopes are those that Greenroom has a use for, the most needed first.
func knownScopes() []string {
	return []string{lti.ScopeScore, lti.ScopeLineItemReadOnly, lti.ScopeLineItem, lti.ScopeResultReadOnly, lti.ScopeMemberships}
}

// A ScopeState is one scope as four sources tell of it, and what to make of
// their differences.
type ScopeState struct {
	Scope string
	// Asked and Granted are of the registration; nil when nobody said.
	Asked, Granted *bool
	Heard          *ScopeWord // the token endpoint's last word, nil if there is none
	// Offering of Courses contexts offered it in their last launches.
	Offering, Courses int
	Drift             string // a sentence, empty where all agree
}

// scopeStates compares what is known of a connection's scopes.
func scopeStates(c Connection, contexts []Context) []ScopeState {
	var states []ScopeState
	for _, scope := range knownScopes() {
		s := ScopeState{Scope: scope, Heard: c.heard(scope), Courses: len(contexts)}
		if c.Asked != nil {
			s.Asked = new(slices.Contains(c.Asked, scope))
		}
		if c.Scopes != nil {
			s.Granted = new(slices.Contains(c.Scopes, scope))
		}
		for _, each := range contexts {
			if slices.Contains(each.Scopes, scope) || scope == lti.ScopeMemberships && each.MembershipsURL != "" {
				s.Offering++
			}
		}
		s.Drift = s.drift()
		states = append(states, s)
	}
	return states
}

func (s ScopeState) drift() string {
	is := func(b *bool) bool { return b != nil && *b }
	not := func(b *bool) bool { return b != nil && !*b }
	switch {
	case is(s.Granted) && s.Heard != nil && !s.Heard.Granted:
		return "Granted at registration, and refused since: somebody has changed the tool in the LMS."
	case s.Heard != nil && !s.Heard.Granted && s.Offering > 0:
		return "Courses offer it, but the LMS refuses a token for it."
	case s.Heard != nil && s.Heard.Granted && s.Courses > 0 && s.Offering == 0:
		return "The LMS grants it, but no course has offered the service."
	case not(s.Granted) && s.Heard != nil && s.Heard.Granted:
		return "Not granted at registration, and granted since."
	case is(s.Asked) && not(s.Granted):
		return "Asked for, and not granted."
	case not(s.Asked) && s.Heard == nil:
		return "Not asked for at registration. Updating the registration asks for it."
	}
	return ""
}
