package greenroom

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// A crowd is turned away: what is computed is bounded, what waits is bounded,
// and nobody waits for long.
func TestHashesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l hashLimit
		var leave [maxHashes]func()
		for i := range leave {
			var err error
			if leave[i], err = l.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		waited := make(chan error, maxHashWaiters)
		wait := func(ctx context.Context) {
			go func() {
				_, err := l.enter(ctx)
				waited <- err
			}()
		}
		gone, leaveEarly := context.WithCancel(t.Context())
		wait(gone)
		for range maxHashWaiters - 1 {
			wait(t.Context())
		}
		synctest.Wait()
		if _, err := l.enter(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("one too many: %v", err)
		}
		leaveEarly()
		if err := <-waited; !errors.Is(err, context.Canceled) {
			t.Errorf("who left: %v", err)
		}
		leave[0]()
		if err := <-waited; err != nil {
			t.Errorf("the next in turn: %v", err)
		}
		for range maxHashWaiters - 2 {
			if err := <-waited; !errors.Is(err, ErrBusy) {
				t.Errorf("out of patience: %v", err)
			}
		}
		leave[1]()
		if _, err := l.enter(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
