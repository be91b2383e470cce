package stage

import (
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A line is one bubble of a talk.
type line struct {
	roleplay.Turn
	Name   string // who says it, for screen readers; empty for the narrator
	First  bool   // of its speaker in a row: it shows the portrait
	Earned []earned
}

// An earned grade stands under the reply that brought it.
type earned struct {
	Grade roleplay.Grade
	Name  string // of the item
	Link  string // to the item
}

// keys is how many replies have a key of their own: 1 to 9.
const keys = 9

// A reply is one button.
type reply struct {
	roleplay.Choice
	Key int // 0 beyond the ninth
}

func lines(talk roleplay.Talk, character string) []line {
	all := make([]line, len(talk.Turns))
	for i, t := range talk.Turns {
		all[i] = line{Turn: t, First: i == 0 || talk.Turns[i-1].Speaker != t.Speaker}
		switch t.Speaker {
		case roleplay.Learner:
			all[i].Name = "You"
		case roleplay.CharacterSpeaker:
			all[i].Name = character
		}
	}
	return all
}

func replies(talk roleplay.Talk) []reply {
	all := make([]reply, len(talk.Choices))
	for i, c := range talk.Choices {
		all[i] = reply{Choice: c}
		if i < keys {
			all[i].Key = i + 1
		}
	}
	return all
}

// lineLink leads to a line of the talk on the same page.
func lineLink(index int) string { return "#turn-" + strconv.Itoa(index) }
