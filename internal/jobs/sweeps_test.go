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
	links []time.Duration
}

func (d *dusty) Instance() greenroom.InstanceStore { return d }

func (d *dusty) SweepSignIns(_ context.Context, now time.Time) error {
	d.swept = append(d.swept, now.Sub(beginning))
	if len(d.swept) == 1 {
		return errors.New("database is gone")
	}
	return nil
}

func (d *dusty) SweepPersonLinks(_ context.Context, before time.Time) error {
	d.links = append(d.links, before.Sub(beginning))
	return nil
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
	})
}
