package soak

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A clock is this machine's, put ahead.
type clock struct {
	ahead atomic.Int64

	// What is held under a lease, and how many servers look at what is due.
	// Servers that run within the test ask for rows one after the other.
	mu    sync.Mutex
	held  map[greenroom.PassbackID]bool
	looks int
	free  *sync.Cond
}

func newClock() *clock {
	c := &clock{held: map[greenroom.PassbackID]bool{}}
	c.free = sync.NewCond(&c.mu)
	return c
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// pass lets time pass as soon as no server holds a row: in life what is done
// with one has its own end before the lease does. Nor does it pass during a
// look, which would seem to have taken long: the next is put off for that.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.held) > 0 || c.looks > 0 {
		c.free.Wait()
	}
	c.ahead.Add(int64(d))
}

// A timed store tells the clock which rows are held.
type timed struct {
	greenroom.Store
	clock *clock
}

func (s timed) Workspace(w greenroom.WorkspaceID) greenroom.WorkspaceStore {
	return timedWorkspace{s.Store.Workspace(w), s.clock}
}

func (s timed) Instance() greenroom.InstanceStore { return timedInstance{s.Store.Instance(), s.clock} }

// A look reads first what is due, then what will be.
type timedInstance struct {
	greenroom.InstanceStore
	clock *clock
}

func (s timedInstance) DueLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error) {
	s.clock.look(+1)
	due, err := s.InstanceStore.DueLanes(ctx, now)
	if err != nil {
		s.clock.look(-1)
	}
	return due, err
}

func (s timedInstance) NextTry(ctx context.Context) (time.Time, error) {
	defer s.clock.look(-1)
	return s.InstanceStore.NextTry(ctx)
}

func (c *clock) look(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks += n
	c.free.Broadcast()
}

type timedWorkspace struct {
	greenroom.WorkspaceStore
	clock *clock
}

// ClaimPassbacks claims by what time it is now: it may have passed since the
// caller looked.
func (s timedWorkspace) ClaimPassbacks(ctx context.Context, c greenroom.ConnectionID, now, leaseUntil time.Time, limit int) ([]greenroom.DuePassback, error) {
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	lease := leaseUntil.Sub(now)
	now = s.clock.now()
	due, err := s.WorkspaceStore.ClaimPassbacks(ctx, c, now, now.Add(lease), limit)
	for _, d := range due {
		s.clock.held[d.ID] = true
	}
	return due, err
}

// Update gives free what fn saves without a lease.
func (s timedWorkspace) Update(ctx context.Context, fn func(ctx context.Context, tx greenroom.Tx) error) error {
	var settled []greenroom.PassbackID
	err := s.WorkspaceStore.Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
		settled = nil
		return fn(ctx, timedTx{tx, &settled})
	})
	if err != nil || settled == nil {
		return err
	}
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	for _, id := range settled {
		delete(s.clock.held, id)
	}
	s.clock.free.Broadcast()
	return nil
}

type timedTx struct {
	greenroom.Tx
	settled *[]greenroom.PassbackID
}

func (t timedTx) SavePassback(ctx context.Context, p greenroom.Passback) error {
	if p.LeaseUntil.IsZero() {
		*t.settled = append(*t.settled, p.ID)
	}
	return t.Tx.SavePassback(ctx, p)
}
