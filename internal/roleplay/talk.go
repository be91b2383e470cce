package roleplay

import "strings"

// A Talk is a conversation as far as it has been played.
type Talk struct {
	Turns   []Turn
	Choices []Choice // the open replies; empty when the talk has ended
	Ended   bool
	Marks   []Mark // in the order in which they were earned
	Ending  string // what the script calls this ending; may be empty
}

// A Turn is one line of a talk.
type Turn struct {
	Index   int // in Talk.Turns
	Speaker Speaker
	Text    string
	Pick    int // index of the pick that brought it; -1 in the opening
}

// A Speaker is whose line it is.
type Speaker string

// The speakers.
const (
	CharacterSpeaker Speaker = "character"
	Learner          Speaker = "learner"
	Narrator         Speaker = "narrator" // nobody says it: what can be seen, or what happens
)

// A Choice is a reply that the learner may pick.
type Choice struct {
	Index int // what to append to the picks
	Text  string
}

// A beat is what one pick brought; the first one is the opening.
type beat struct {
	Reply string   `json:"reply"` // the choice as it was offered
	Tags  []string `json:"tags"`  // of the choice as it was offered
	Spoke bool     `json:"spoke"` // the first line is the learner's own
	Said  []line   `json:"said"`
}

type line struct {
	Text string   `json:"text"`
	Tags []string `json:"tags"`
}

// tell makes the talk of its beats.
func tell(beats []beat, choices []string) Talk {
	t := Talk{Ended: len(choices) == 0}
	for i, text := range choices {
		t.Choices = append(t.Choices, Choice{i, text})
	}
	reply := -1 // the turn of the learner's last reply
	for i, b := range beats {
		pick := i - 1
		lines := b.Said
		if pick >= 0 {
			own := line{Text: b.Reply, Tags: b.Tags}
			if b.Spoke && len(lines) > 0 {
				own = line{lines[0].Text, join(b.Tags, lines[0].Tags)}
				lines = lines[1:]
			}
			reply = len(t.Turns)
			t.say(Learner, own, pick, reply)
		}
		for _, l := range lines {
			t.say(CharacterSpeaker, l, pick, reply)
		}
	}
	return t
}

// join puts the tags of an offered choice before those of the line that it
// became. Ink repeats the former in the latter where they stand before the
// choice's brackets.
func join(offered, line []string) []string {
	repeated := 0
	for repeated < len(offered) && repeated < len(line) && offered[repeated] == line[repeated] {
		repeated++
	}
	return append(append([]string{}, offered...), line[repeated:]...)
}

// say adds a line and what its tags say. Marks belong to the reply that earned
// them, wherever in its wake the script gives them.
func (t *Talk) say(usual Speaker, l line, pick, reply int) {
	turn := Turn{Index: len(t.Turns), Speaker: usual, Text: l.Text, Pick: pick}
	if text, aside := strings.CutPrefix(l.Text, ">"); aside && usual != Learner {
		turn.Speaker, turn.Text = Narrator, strings.TrimSpace(text)
	}
	if reply < 0 {
		reply = turn.Index
	}
	for _, text := range l.Tags {
		switch tag := parseTag(text); tag.kind {
		case markTag:
			t.Marks = append(t.Marks, Mark{tag.name, tag.grade, reply, tag.why})
		case endingTag:
			t.Ending = tag.name
		case speakerTag:
			turn.Speaker = tag.speaker
		}
	}
	if turn.Text != "" {
		t.Turns = append(t.Turns, turn)
	}
}
