package jobs

import (
	"context"
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
}

// Sweeps forgets sign-ins and people's links that have expired. Nothing depends
// on it: they open nothing.
type Sweeps struct {
	store greenroom.Store
	now   func() time.Time
	log   *slog.Logger
	every time.Duration
}

// NewSweeps returns a sweeper that Run sets to work.
func NewSweeps(o SweepOptions) *Sweeps {
	s := &Sweeps{store: o.Store, now: o.Now, log: o.Log, every: orElse(o.Every, time.Hour)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// linksRemembered is for how long after its end the page of a person's link
// can still say what became of it.
const linksRemembered = 30 * 24 * time.Hour

// Run sweeps at once and then regularly until ctx ends.
func (s *Sweeps) Run(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		if err := s.store.Instance().SweepSignIns(ctx, s.now()); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "expired sign-ins not swept", "err", err)
		}
		if err := s.store.Instance().SweepPersonLinks(ctx, s.now().Add(-linksRemembered)); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "expired links not swept", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
