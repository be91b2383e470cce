package ags

import (
	"context"
	"errors"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Score is what a learner achieved, at a time (Assignment and Grade Services
// 2.0 §3.4).
type Score struct {
	Subject        string    // the learner's sub
	Given, Maximum float64   // Given may exceed Maximum; zero is a score
	At             time.Time // when it was earned; strictly rising per line item and learner
	Comment        string    // plain text; empty for none

	ActivityProgress string // empty means Completed
	GradingProgress  string // empty means FullyGraded

	StartedAt, SubmittedAt time.Time // zero for unknown
}

// ErrInvalid is wrapped by errors about scores that cannot be sent.
var ErrInvalid = errors.New("invalid score")

// PostScore sends a score.
func PostScore(ctx context.Context, c *lti.Client, lineItem string, s Score) error {
	return errors.New("pending")
}
