package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// SweepOptions of the sweeper. Zero values stand for the usual.
type SweepOptions struct {
	Store greenroom.Store
	Now   func() time.Time
	Log   *slog.Logger
	Every time.Duration // 0: an hour
	// LaunchLogKeep is how long a row of the launch log is kept; 0: for ever.
	LaunchLogKeep time.Duration
}

// Sweeps forgets sign-ins that have expired, and launches that are older than
// the launch log keeps them. Nothing depends on it: an expired sign-in opens
// nothing, and an old launch signs nobody in.
type Sweeps struct {
	store greenroom.Store
	now   func() time.Time
	log   *slog.Logger
	every time.Duration
	keep  time.Duration
}

// NewSweeps returns a sweeper that Run sets to work.
func NewSweeps(o SweepOptions) *Sweeps {
	s := &Sweeps{store: o.Store, now: o.Now, log: o.Log, every: orElse(o.Every, time.Hour), keep: o.LaunchLogKeep}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Run sweeps at once and then regularly until ctx ends.
func (s *Sweeps) Run(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		if err := s.store.Instance().SweepSignIns(ctx, s.now()); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "expired sign-ins not swept", "err", err)
		}
		if err := s.sweepLaunches(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "old launches not swept", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// launchBatch is how many rows go in one transaction: with SQLite the launches
// of that moment wait for it.
const launchBatch = 200

// sweepLaunches goes on with the next workspace when one cannot be swept.
func (s *Sweeps) sweepLaunches(ctx context.Context) error {
	if s.keep == 0 {
		return nil
	}
	all, err := s.store.Instance().Workspaces(ctx)
	for _, w := range all {
		err = errors.Join(err, s.sweepLaunchesOf(ctx, w.ID))
	}
	return err
}

func (s *Sweeps) sweepLaunchesOf(ctx context.Context, w greenroom.WorkspaceID) error {
	now := s.now()
	for {
		n, err := s.store.Workspace(w).SweepLaunches(ctx, now.Add(-s.keep), now, launchBatch)
		if err != nil || n < launchBatch {
			return err
		}
	}
}
