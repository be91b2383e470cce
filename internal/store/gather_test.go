package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func gatheredRecord(name string) greenroom.LaunchRecord {
	return greenroom.LaunchRecord{
		Launch:  greenroom.Launch{ID: greenroom.LaunchID(name), StateID: name},
		Learner: greenroom.Learner{ID: greenroom.LearnerID(name), Subject: name},
	}
}

// While a lesson begins there is always somebody else to write: that is no
// reason to let the first of them wait.
func TestWhoIsWrittenDoesNotWaitForOthers(t *testing.T) {
	g, first, others, written := &gather{most: 1}, make(chan struct{}), make(chan error, 10), 0
	g.write = func(_ context.Context, _ []*gathered) error {
		if written++; written == 1 {
			one := &gathered{workspace: "w", record: gatheredRecord("2"), done: others}
			g.mu.Lock()
			g.waiting = append(g.waiting, one)
			g.mu.Unlock()
			return nil
		}
		select {
		case <-first:
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("the first is written and waits still")
		}
	}
	if _, err := g.record("w", gatheredRecord("1"), met{}); err != nil {
		t.Fatal(err)
	}
	close(first)
	if err := <-others; err != nil {
		t.Error(err)
	}
}
