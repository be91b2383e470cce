package jobs

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Rosters reads who is in the courses.
type Rosters = workers[*greenroom.DueRoster]

// The times of a roster: a large course takes many pages.
const (
	rosterLeaseTime = 5 * time.Minute
	rosterReadTime  = 4*time.Minute + 30*time.Second
)

// rosterQueue is the queue of rosters over a Service and its Store.
type rosterQueue struct{ *greenroom.Service }

func (d rosterQueue) DueLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error) {
	return d.Store.Instance().RosterLanes(ctx, now)
}

func (d rosterQueue) NextTry(ctx context.Context) (time.Time, error) {
	return d.Store.Instance().NextRoster(ctx)
}

func (d rosterQueue) Claim(ctx context.Context, l greenroom.Lane, now, leaseUntil time.Time, limit int) ([]*greenroom.DueRoster, error) {
	claimed, err := d.Store.Workspace(l.Workspace).ClaimRosters(ctx, l.Connection, now, leaseUntil, limit)
	due := make([]*greenroom.DueRoster, len(claimed))
	for i, r := range claimed {
		due[i] = &greenroom.DueRoster{Roster: r}
	}
	return due, err
}

func (d rosterQueue) Deliver(ctx context.Context, due *greenroom.DueRoster) greenroom.Outcome {
	return d.SyncRoster(ctx, due)
}

func (d rosterQueue) Settle(ctx context.Context, due *greenroom.DueRoster, o greenroom.Outcome) error {
	return d.SettleRoster(ctx, due, o)
}

// NewRosters returns workers that Run sets to work.
func NewRosters(o Options) *Rosters { return newRosters(rosterQueue{o.Service}, o) }

func newRosters(q queue[*greenroom.DueRoster], o Options) *Rosters {
	return newWorkers(q, o, duty[*greenroom.DueRoster]{
		what: "roster", noun: "context",
		id:    func(due *greenroom.DueRoster) string { return string(due.Context) },
		lease: rosterLeaseTime, deliver: rosterReadTime, perLane: 1,
	})
}
