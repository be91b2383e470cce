package jobs

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Passbacks brings scores to platforms.
type Passbacks = workers[greenroom.DuePassback]

// scoreQueue is the queue of passbacks over a Service and its Store.
type scoreQueue struct{ *greenroom.Service }

func (d scoreQueue) DueLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error) {
	return d.Store.Instance().DueLanes(ctx, now)
}

func (d scoreQueue) NextTry(ctx context.Context) (time.Time, error) {
	return d.Store.Instance().NextTry(ctx)
}

func (d scoreQueue) Claim(ctx context.Context, l greenroom.Lane, now, leaseUntil time.Time, limit int) ([]greenroom.DuePassback, error) {
	return d.Store.Workspace(l.Workspace).ClaimPassbacks(ctx, l.Connection, now, leaseUntil, limit)
}

// New returns workers that Run sets to work.
func New(o Options) *Passbacks { return newPassbacks(scoreQueue{o.Service}, o) }

func newPassbacks(q queue[greenroom.DuePassback], o Options) *Passbacks {
	return newWorkers(q, o, duty[greenroom.DuePassback]{
		what: "passback", noun: "passback",
		id:    func(due greenroom.DuePassback) string { return string(due.ID) },
		lease: leaseTime, deliver: deliverTime, perLane: 2,
	})
}
