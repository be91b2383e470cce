package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const (
	// maxGathered bounds how many launches go in one batch.
	maxGathered = 64
	// company is how many wait when another batch at the same time is worth its
	// cost: launches cost less together, but few should wait for a batch that
	// the database holds up.
	company = 16
)

// errAlone sends a launch to a transaction of its own, which tells what is
// wrong with it.
var errAlone = errors.New("not with others")

// A gather writes launches whose place is known, each with its learner: on
// PostgreSQL in one statement and one round trip, on SQLite in one turn of the
// writer. While a gatherer is at work, those who come are gathered for its next
// batch, or for another gatherer's once they are many. A batch that fails is
// one for all of them: each is written alone then.
type gather struct {
	write func(context.Context, []*gathered) error
	most  int       // gatherers
	wrote func(int) // hears how many were written; may be nil

	mu      sync.Mutex
	waiting []*gathered
	working int
}

// A gathered launch waits for its batch.
type gathered struct {
	workspace greenroom.WorkspaceID
	record    greenroom.LaunchRecord
	known     met
	learner   greenroom.LearnerID // whose it is, once it is written
	done      chan error
}

// record writes a launch, or returns errAlone.
func (g *gather) record(w greenroom.WorkspaceID, r greenroom.LaunchRecord, known met) (greenroom.Launch, error) {
	l := r.Launch
	if l.StateID == "" || r.Learner.Subject == "" {
		return greenroom.Launch{}, errAlone
	}
	one := &gathered{workspace: w, record: r, known: known, done: make(chan error, 1)}
	if g.enter(one) {
		go g.work()
	}
	if err := <-one.done; err != nil {
		return greenroom.Launch{}, err
	}
	l.Learner, l.Context, l.Link, l.LineItem = one.learner, known.context, known.link, known.item
	return l, nil
}

func (g *gathered) learnerKey() string {
	return strings.Join([]string{string(g.workspace), string(g.record.Launch.Connection), g.record.Learner.Subject}, " ")
}

func (g *gathered) stateKey() string {
	return string(g.workspace) + " state " + g.record.Launch.StateID
}

// enter queues a launch, and tells whether another gatherer is to work.
func (g *gather) enter(one *gathered) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, one)
	if g.working == g.most || g.working > 0 && len(g.waiting) < company {
		return false
	}
	g.working++
	return true
}

// work writes whatever waits, in nobody's time but its own: whose launch is
// written goes on, although others wait still.
func (g *gather) work() {
	for {
		batch := g.take()
		if batch == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), closedWriteLimit)
		err := g.write(ctx, batch)
		for _, one := range batch {
			one.done <- err
		}
		if err == nil && g.wrote != nil {
			g.wrote(len(batch))
		}
		cancel()
	}
}

// take returns what goes into one batch: no learner and no state twice.
func (g *gather) take() (batch []*gathered) {
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := map[string]bool{}
	g.waiting = slices.DeleteFunc(g.waiting, func(one *gathered) bool {
		learner, state := one.learnerKey(), one.stateKey()
		if len(batch) == maxGathered || taken[learner] || taken[state] {
			return false
		}
		taken[learner], taken[state] = true, true
		batch = append(batch, one)
		return true
	})
	if batch == nil {
		g.working--
	}
	return batch
}
