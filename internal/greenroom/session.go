package greenroom

import (
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Session is one person's attempt at one scenario.
type Session struct {
	ID       SessionID
	Learner  LearnerID
	Link     ResourceLinkID
	Launch   LaunchID // through which it was begun
	Scenario ScenarioID
	Version  int
	Seed     int64 // of the script's chance
	// Standing is that of the launch in which the session ended; before that,
	// of the one in which it began.
	Standing  Standing
	StartedAt time.Time
	EndedAt   time.Time // zero while it is open
	// Score is nil while the session is open, and when no item was relevant.
	Score *roleplay.Score
	// LineItem is the column the score was meant for, empty if there is none.
	LineItem LineItemID
}

// A ContextSession is a session in a course with whose history it belongs to.
type ContextSession struct {
	Session
	History LearnerID
}

// Ended tells whether the talk has come to its end.
func (s Session) Ended() bool { return !s.EndedAt.IsZero() }

// A Pick is the reply a learner chose at one turn. Turns count from 0.
type Pick struct {
	Session SessionID
	Turn    int
	Choice  int
	At      time.Time
}
