package jobs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestNoticesAreAskedForAtOnceRegularlyAndWhenWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rounds []time.Duration
		n := NewNotices(func(context.Context) error {
			rounds = append(rounds, time.Since(beginning))
			return errors.New("database is gone")
		}, nil, 0)
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { n.Run(ctx); close(over) }()
		pass(6 * time.Minute)
		n.Wake()
		pass(time.Minute)
		cancel()
		<-over
		if want := []time.Duration{0, 5 * time.Minute, 6 * time.Minute}; !slices.Equal(rounds, want) {
			t.Errorf("rounds at %v, want %v", rounds, want)
		}
	})
}
