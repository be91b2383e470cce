package soak

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func at(seconds int) time.Time { return time.Unix(1772359200+int64(seconds), 0) }

// kept is a record in which every promise holds: two learners, one of whom
// improves, and a server that dies with one answer lost.
func kept() []Event {
	return []Event{
		{Kind: LetIn, Learner: "ada", Launch: "1"},
		{Kind: Asked, Learner: "ada", Score: 50},
		{Kind: Told, Learner: "ada", Score: 50},
		{Kind: LetIn, Learner: "bob", Launch: "2"},
		{Kind: Asked, Learner: "bob", Score: 0},
		{Kind: Told, Learner: "bob", Score: 0},
		{Kind: Arrived, Learner: "ada", Score: 50, Stamp: at(1)},
		{Kind: Killed, Posts: 1},
		{Kind: Arrived, Learner: "ada", Score: 50, Stamp: at(2)},
		{Kind: Arrived, Learner: "bob", Score: 0, Stamp: at(1)},
		{Kind: Asked, Learner: "ada", Score: 100},
		{Kind: Arrived, Learner: "ada", Score: 100, Stamp: at(3)}, // she was never told: her answer was lost
	}
}

func TestAKeptRecordBreaksNothing(t *testing.T) {
	if broken := Check(kept()); len(broken) > 0 {
		t.Errorf("%q", broken)
	}
}

// aDayOfTrouble is one in which every promise holds: south loses an answer and
// lies about another score while north is healthy; learners at the two share a
// name.
func aDayOfTrouble() []Event {
	return []Event{
		{Kind: Asked, LMS: "south", Learner: "ada", Score: 50},
		{Kind: Told, LMS: "south", Learner: "ada", Score: 50},
		{Kind: Arrived, LMS: "south", Learner: "ada", Score: 50, Stamp: at(1)},
		{Kind: Arrived, LMS: "south", Learner: "ada", Score: 50, Stamp: at(1)},
		{Kind: Ill, LMS: "south"},
		{Kind: Lost, LMS: "south"},
		{Kind: Hung, LMS: "south"},
		{Kind: GivenUp, LMS: "south"},
		{Kind: Asked, LMS: "north", Learner: "ada", Score: 0},
		{Kind: Told, LMS: "north", Learner: "ada", Score: 0},
		{Kind: Arrived, LMS: "north", Learner: "ada", Score: 0, Stamp: at(1)},
		{Kind: Asked, LMS: "south", Learner: "ada", Score: 100},
		{Kind: Told, LMS: "south", Learner: "ada", Score: 100},
		{Kind: Vouched, LMS: "south", Learner: "ada", Score: 100},
		{Kind: Asked, LMS: "south", Learner: "bob", Score: 50},
		{Kind: Told, LMS: "south", Learner: "bob", Score: 50},
		{Kind: Well, LMS: "south"},
		{Kind: Arrived, LMS: "south", Learner: "bob", Score: 50, Stamp: at(2)},
	}
}

func TestADayOfTroubleThatWasEnduredBreaksNothing(t *testing.T) {
	if broken := Check(append(kept(), aDayOfTrouble()...)); len(broken) > 0 {
		t.Errorf("%q", broken)
	}
}

func TestEveryBrokenPromiseIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func([]Event) []Event
		want  string
	}{
		"a launch twice": {func(e []Event) []Event {
			return append(e, Event{Kind: LetIn, Learner: "ada", Launch: "1"})
		}, "launch 1 of ada was let in twice"},
		"a launch by somebody else": {func(e []Event) []Event {
			return append(e, Event{Kind: LetIn, Learner: "eve", Launch: "2"})
		}, "launch 2 of eve was let in twice"},
		"a score that never arrived": {func(e []Event) []Event {
			return slices.DeleteFunc(e, func(x Event) bool { return x.Kind == Arrived && x.Learner == "bob" })
		}, "bob was told of 0, and the LMS has nothing"},
		"a better score that never arrived": {func(e []Event) []Event {
			return append(e, Event{Kind: Asked, Learner: "bob", Score: 50}, Event{Kind: Told, Learner: "bob", Score: 50})
		}, "bob was told of 50, and the LMS has 0"},
		"a worse score after a better one": {func(e []Event) []Event {
			return append(e, Event{Kind: Arrived, Learner: "ada", Score: 50, Stamp: at(9)})
		}, "ada got 50 after 100"},
		"a timestamp that does not rise": {func(e []Event) []Event {
			e[len(e)-1].Stamp = at(2)
			return e
		}, "ada got 100 with a timestamp that is not later"},
		"a timestamp that falls": {func(e []Event) []Event {
			e[len(e)-1].Stamp = at(1)
			return e
		}, "ada got 100 with a timestamp that is not later"},
		"more twice than was under way": {func(e []Event) []Event {
			return append(e, Event{Kind: Arrived, Learner: "ada", Score: 100, Stamp: at(4)})
		}, "2 scores arrived twice without an answer of the LMS being lost, and at most 1 were under way"},
		"twice though nothing died": {func(e []Event) []Event {
			return slices.DeleteFunc(e, func(x Event) bool { return x.Kind == Killed })
		}, "1 scores arrived twice without an answer of the LMS being lost, and at most 0 were under way"},
		"more twice than the LMS lost answers": {func(e []Event) []Event {
			return append(e, aDayOfTrouble()[:4]...)
		}, "2 scores arrived twice without an answer of the LMS being lost, and at most 1 were under way"},
		"a score that is late because another LMS is ill": {func(e []Event) []Event {
			return append(e, Event{Kind: Ill, LMS: "south"}, Event{Kind: Asked, LMS: "north", Learner: "cy", Score: 50}, Event{Kind: Told, LMS: "north", Learner: "cy", Score: 50},
				Event{Kind: Well, LMS: "south"}, Event{Kind: Arrived, LMS: "north", Learner: "cy", Score: 50, Stamp: at(9)})
		}, "cy at north was told of 50, which did not arrive before south was well again"},
		"a score that waits for calls that hang elsewhere": {func(e []Event) []Event {
			return append(e, Event{Kind: Ill, LMS: "south"}, Event{Kind: Asked, LMS: "north", Learner: "cy", Score: 50}, Event{Kind: Told, LMS: "north", Learner: "cy", Score: 50},
				Event{Kind: Hung, LMS: "south"}, Event{Kind: GivenUp, LMS: "south"}, Event{Kind: Arrived, LMS: "north", Learner: "cy", Score: 50, Stamp: at(9)},
				Event{Kind: Well, LMS: "south"})
		}, "of 1 calls that hung, 1 were given up while an LMS that was healthy was owed a score"},
		"a score that an ill LMS never got": {func(e []Event) []Event {
			return append(e, Event{Kind: Ill, LMS: "south"}, Event{Kind: Asked, LMS: "south", Learner: "cy", Score: 50}, Event{Kind: Told, LMS: "south", Learner: "cy", Score: 50},
				Event{Kind: Well, LMS: "south"})
		}, "cy at south was told of 50, and the LMS has nothing"},
		"a better score than the one that it lied about": {func(e []Event) []Event {
			return append(e, Event{Kind: Asked, LMS: "south", Learner: "cy", Score: 50}, Event{Kind: Told, LMS: "south", Learner: "cy", Score: 50},
				Event{Kind: Vouched, LMS: "south", Learner: "cy", Score: 0})
		}, "cy at south was told of 50, and the LMS has nothing"},
		"a score that nobody earned": {func(e []Event) []Event {
			return append(e, Event{Kind: Arrived, Learner: "bob", Score: 77, Stamp: at(9)})
		}, "bob got 77, which nobody earned"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := Check(tc.spoil(kept()))
			if len(broken) != 1 || !strings.Contains(broken[0], tc.want) {
				t.Errorf("%q, want %q", broken, tc.want)
			}
		})
	}
}
