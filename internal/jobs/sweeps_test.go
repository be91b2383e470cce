package jobs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// dusty is a store that counts its sweeps; the first one fails.
type dusty struct {
	greenroom.Store
	greenroom.InstanceStore
	swept []time.Duration
}

func (d *dusty) Instance() greenroom.InstanceStore { return d }

func (d *dusty) SweepSignIns(_ context.Context, now time.Time) error {
	d.swept = append(d.swept, now.Sub(beginning))
	if len(d.swept) == 1 {
		return errors.New("database is gone")
	}
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
	})
}
