package greenroom

import (
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Passback is the duty to bring one learner's best score for one line item
// to the platform. There is one per (line item, learner).
type Passback struct {
	ID         PassbackID
	Connection ConnectionID // the lane
	LineItem   LineItemID
	Learner    LearnerID

	Wanted   roleplay.Score
	WantedAt time.Time // when it was earned
	Posted   *roleplay.Score
	PostedAt time.Time

	State    PassbackState
	Attempts int       // since the duty last arose
	Since    time.Time // when the duty last arose: retries end three days later
	NextTry  time.Time
	// Stamp is the last timestamp that may have reached the platform; zero
	// before the first post.
	Stamp      time.Time
	LeaseUntil time.Time // claimed by a worker until then
	Answer     string    // the platform's last words
}

// A PassbackState is where a passback stands.
type PassbackState string

// The states.
const (
	PassbackWaiting PassbackState = "waiting"
	PassbackSent    PassbackState = "sent"
	PassbackFailed  PassbackState = "failed"
)

// A PassbackRow is a passback with what a list shows beside it.
type PassbackRow struct {
	Passback
	LearnerName  string // as Learner.DisplayName
	ActivityName string // title of the resource link
	LineItemURL  string
	PlatformName string
}

// A DuePassback is a claimed passback with all that posting it takes.
type DuePassback struct {
	Passback
	Workspace WorkspaceID
	Subject   string   // the learner's sub
	Item      LineItem // Maximum 0: not read yet
}

// A Lane is the queue of one connection.
type Lane struct {
	Workspace  WorkspaceID
	Connection ConnectionID
}

// A PassbackFilter narrows a list of passbacks.
type PassbackFilter struct {
	State PassbackState // empty: all
	Limit int
}
