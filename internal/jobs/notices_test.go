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

func TestTasksAreDoneBetweenRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rounds, done := 0, 0
		n := NewNotices(func(context.Context) error { rounds++; return nil }, nil, 0)
		for range maxTasks + 5 { // never blocks, and drops what is too much
			n.Do(func(context.Context) { done++ })
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { n.Run(ctx); close(over) }()
		pass(time.Second)
		n.Do(func(context.Context) { done++ })
		pass(time.Second)
		cancel()
		<-over
		if rounds != 1 || done != maxTasks+1 {
			t.Errorf("%d rounds, %d tasks", rounds, done)
		}
	})
}
