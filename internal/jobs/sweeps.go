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
	// RotateKeys gives signing keys their turns: Service.RotateDue. nil: it is
	// left to others.
	RotateKeys func(context.Context) error
	Now        func() time.Time
	Log        *slog.Logger
	Every      time.Duration // 0: an hour
}

// Sweeps forgets sign-ins that have expired, and withdraws and rotates signing
// keys. Nothing depends on the moment: an expired sign-in opens nothing, and a
// key takes its turn at its time.
type Sweeps struct {
	store greenroom.Store
	keys  func(context.Context) error
	now   func() time.Time
	log   *slog.Logger
	every time.Duration
}

// NewSweeps returns a sweeper that Run sets to work.
func NewSweeps(o SweepOptions) *Sweeps {
	s := &Sweeps{store: o.Store, keys: o.RotateKeys, now: o.Now, log: o.Log, every: orElse(o.Every, time.Hour)}
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
		s.sweep(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Sweeps) sweep(ctx context.Context) {
	if err := s.store.Instance().SweepSignIns(ctx, s.now()); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "expired sign-ins not swept", "err", err)
	}
	if s.keys == nil {
		return
	}
	if err := s.keys(ctx); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "signing keys not rotated", "err", err)
	}
}
