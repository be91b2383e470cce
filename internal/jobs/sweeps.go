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
	// RotateKeys gives signing keys their turns: Service.RotateDue. nil: it is
	// left to others.
	RotateKeys func(context.Context) error
	// EraseExpired erases practice that workspaces keep no longer:
	// Service.EraseExpired. nil: it is left to others.
	EraseExpired func(context.Context) error
	// ForgetNotices forgets old notices: Service.ForgetNotices. nil: it is left
	// to others.
	ForgetNotices func(context.Context) error
	Now           func() time.Time
	Log           *slog.Logger
	Every         time.Duration // 0: an hour
	// LaunchLogKeep is how long a row of the launch log is kept; 0: for ever.
	LaunchLogKeep time.Duration
}

// Sweeps forgets sign-ins and people's links that have expired, and launches that are older than
// the launch log keeps them; it erases what workspaces keep no longer, and withdraws and rotates signing keys. Nothing
// depends on the moment: an expired sign-in opens nothing, an old launch signs
// nobody in, and a key takes its turn at its time. Of several servers one makes
// each round.
type Sweeps struct {
	store  greenroom.Store
	keys   func(context.Context) error
	erase  func(context.Context) error
	forget func(context.Context) error
	now    func() time.Time
	log    *slog.Logger
	every  time.Duration
	keep   time.Duration
}

// NewSweeps returns a sweeper that Run sets to work.
func NewSweeps(o SweepOptions) *Sweeps {
	s := &Sweeps{store: o.Store, keys: o.RotateKeys, erase: o.EraseExpired, forget: o.ForgetNotices, now: o.Now, log: o.Log, every: orElse(o.Every, time.Hour), keep: o.LaunchLogKeep}
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
		if s.mine(ctx) {
			s.sweep(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweepChore is what servers on one database call their round of sweeps: one of
// them makes it.
const sweepChore = "sweeps"

// mine tells whether this round is this server's. The next one's begins a little
// before this server looks again.
func (s *Sweeps) mine(ctx context.Context) bool {
	now := s.now()
	mine, err := s.store.Instance().TakeChore(ctx, sweepChore, now, now.Add(s.every-s.every/10))
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "sweeps not begun", "err", err)
	}
	return mine
}

// sweep makes one round. What fails is tried again in the next.
func (s *Sweeps) sweep(ctx context.Context) {
	for _, of := range []struct {
		what  string
		sweep func(context.Context) error
	}{
		{"expired sign-ins not swept", s.sweepSignIns},
		{"expired links not swept", s.sweepLinks},
		{"expired arrivals not swept", s.sweepArrivals},
		{"old launches not swept", s.sweepLaunches},
		{"old practice not erased", s.eraseExpired},
		{"old notices not forgotten", s.forgetNotices},
		{"signing keys not rotated", s.rotateKeys},
	} {
		if err := of.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, of.what, "err", err)
		}
	}
}

func (s *Sweeps) sweepSignIns(ctx context.Context) error {
	return s.store.Instance().SweepSignIns(ctx, s.now())
}

func (s *Sweeps) sweepLinks(ctx context.Context) error {
	return s.store.Instance().SweepPersonLinks(ctx, s.now().Add(-linksRemembered))
}

// sweepArrivals leaves for an hour what counts the wrong codes of that hour.
func (s *Sweeps) sweepArrivals(ctx context.Context) error {
	return s.store.Instance().SweepArrivals(ctx, s.now().Add(-time.Hour))
}

func (s *Sweeps) rotateKeys(ctx context.Context) error {
	if s.keys == nil {
		return nil
	}
	return s.keys(ctx)
}

func (s *Sweeps) eraseExpired(ctx context.Context) error {
	if s.erase == nil {
		return nil
	}
	return s.erase(ctx)
}

func (s *Sweeps) forgetNotices(ctx context.Context) error {
	if s.forget == nil {
		return nil
	}
	return s.forget(ctx)
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
