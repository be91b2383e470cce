package jobs

import (
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// How a lane rests.
const (
	// patience is how many bad answers in a row a lane takes before it rests.
	// One may be the fault of a single row: Moodle answers 500 for a locked
	// grade for as long as it is locked.
	patience    = 2
	firstRest   = 10 * time.Second
	longestRest = 10 * time.Minute
	// longestAsked bounds the rest that a platform can ask for.
	longestAsked = time.Hour
)

// A lane is how one platform fares with us.
type lane struct {
	busy      int // workers on it
	turn      int // when it was served last
	bad       int // bad answers in a row
	rests     int // in a row
	restUntil time.Time
}

func (l *lane) resting(now time.Time) bool { return now.Before(l.restUntil) }

// room returns how many more rows may be worked on: none while the lane rests;
// after a bad answer one at a time, until the platform has answered well.
func (l *lane) room(now time.Time, perLane int) int {
	switch {
	case l.resting(now):
		return 0
	case l.bad > 0:
		perLane = 1
	}
	return max(0, perLane-l.busy)
}

// note takes in an outcome. One that never left, or was about our own trouble,
// says nothing about the platform.
func (l *lane) note(o greenroom.Outcome, now time.Time) {
	switch {
	case o.Stamp.IsZero():
		return
	case o.Kind != greenroom.Later:
		l.bad, l.rests = 0, 0
		return
	case l.resting(now): // sent before the rest began
		return
	}
	l.bad++
	if o.After == 0 && l.bad < patience && l.rests == 0 {
		return
	}
	l.rests++
	l.restUntil = now.Add(max(rest(l.rests), min(o.After, longestAsked)))
}

// rest doubles from one rest to the next.
func rest(n int) time.Duration {
	if n > 10 {
		return longestRest
	}
	return min(firstRest<<(n-1), longestRest)
}
