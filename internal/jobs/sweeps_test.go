package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// dusty is a store that counts its sweeps; the first one fails.
type dusty struct {
	greenroom.Store
	greenroom.InstanceStore
	mu    sync.Mutex
	swept []time.Duration
	links []time.Duration
	came  []time.Duration // sweeps of arrivals
	lease time.Time
}

func (d *dusty) SweepArrivals(_ context.Context, before time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.came = append(d.came, before.Sub(beginning))
	return nil
}

func (d *dusty) Instance() greenroom.InstanceStore { return d }

func (d *dusty) TakeChore(_ context.Context, _ string, now, until time.Time) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Before(d.lease) {
		return false, nil
	}
	d.lease = until
	return true, nil
}

func (d *dusty) SweepSignIns(_ context.Context, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.swept = append(d.swept, now.Sub(beginning))
	if len(d.swept) == 1 {
		return errors.New("database is gone")
	}
	return nil
}

func (d *dusty) SweepPersonLinks(_ context.Context, before time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.links = append(d.links, before.Sub(beginning))
	return nil
}

// A sweep that fails does not keep the other one from its work.
func TestKeysTakeTheirTurnsAtOnceAndThenRegularly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns []time.Duration
		rotate := func(context.Context) error {
			turns = append(turns, time.Since(beginning))
			return errors.New("database is gone")
		}
		store := &dusty{}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { NewSweeps(SweepOptions{Store: store, RotateKeys: rotate}).Run(ctx); close(over) }()
		pass(time.Hour + time.Minute)
		cancel()
		<-over
		if want := []time.Duration{0, time.Hour}; !slices.Equal(turns, want) || len(store.swept) != 2 {
			t.Errorf("keys at %v, want %v; sign-ins at %v", turns, want, store.swept)
		}
	})
}

func TestSignInsAreSweptAtOnceAndThenRegularly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &dusty{}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { NewSweeps(SweepOptions{Store: store}).Run(ctx); close(over) }()
		pass(2*time.Hour + time.Minute)
		cancel()
		<-over
		if want := []time.Duration{0, time.Hour, 2 * time.Hour}; !slices.Equal(store.swept, want) {
			t.Errorf("swept at %v, want %v", store.swept, want)
		}
		if want := time.Hour - linksRemembered; len(store.links) != 3 || store.links[1] != want {
			t.Errorf("links swept at %v, want the second at %v", store.links, want)
		}
		if len(store.came) != 3 {
			t.Errorf("arrivals swept before %v", store.came)
		}
	})
}

// Each of two servers looks every hour; one of them sweeps, and the other takes
// over when it is gone.
func TestOfTwoServersOneSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &dusty{}
		first, endFirst := context.WithCancel(t.Context())
		second, endSecond := context.WithCancel(t.Context())
		over := make(chan struct{}, 2)
		go func() { NewSweeps(SweepOptions{Store: store}).Run(first); over <- struct{}{} }()
		pass(30 * time.Minute)
		go func() { NewSweeps(SweepOptions{Store: store}).Run(second); over <- struct{}{} }()
		pass(40 * time.Minute)
		endFirst()
		pass(90 * time.Minute)
		endSecond()
		<-over
		<-over
		if want := []time.Duration{0, time.Hour, 150 * time.Minute}; !slices.Equal(store.swept, want) {
			t.Errorf("swept at %v, want %v", store.swept, want)
		}
	})
}

// cluttered is a store whose workspaces hold so many old launches; those of a
// workspace that is broken cannot be swept.
type cluttered struct {
	dusty
	old    map[greenroom.WorkspaceID]int
	broken greenroom.WorkspaceID
	before []time.Duration
	most   int
}

func (c *cluttered) Instance() greenroom.InstanceStore { return c }

func (c *cluttered) Workspaces(context.Context) ([]greenroom.Workspace, error) {
	return []greenroom.Workspace{{ID: "a"}, {ID: "b"}, {ID: "c"}}, nil
}

func (c *cluttered) Workspace(w greenroom.WorkspaceID) greenroom.WorkspaceStore {
	return room{c: c, id: w}
}

// A room is one of its workspaces.
type room struct {
	greenroom.WorkspaceStore
	c  *cluttered
	id greenroom.WorkspaceID
}

func (r room) SweepLaunches(_ context.Context, before, now time.Time, limit int) (int, error) {
	c := r.c
	if r.id == c.broken {
		return 0, errors.New("database is gone")
	}
	n := min(limit, c.old[r.id])
	c.old[r.id] -= n
	c.before, c.most = append(c.before, now.Sub(before)), max(c.most, n)
	return n, nil
}

func TestOldLaunchesAreSweptInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &cluttered{old: map[greenroom.WorkspaceID]int{"a": 1000, "b": 7, "c": 450}, broken: "b"}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		const keep = 48 * time.Hour
		go func() { NewSweeps(SweepOptions{Store: store, LaunchLogKeep: keep}).Run(ctx); close(over) }()
		pass(time.Minute)
		cancel()
		<-over
		if store.old["a"] != 0 || store.old["b"] != 7 || store.old["c"] != 0 {
			t.Errorf("left: %v", store.old)
		}
		if store.most > 200 {
			t.Errorf("%d rows at once", store.most)
		}
		for _, before := range store.before {
			if before != keep {
				t.Errorf("swept what is older than %v, want %v", before, keep)
			}
		}
	})
}
