package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// NodeOptions of Nodes. Zero values stand for the usual.
type NodeOptions struct {
	Store greenroom.Store
	ID    string // of this server, unlike every other
	// Tell hears how many servers are at work, this one included, whenever that
	// has changed.
	Tell func(int)
	Now  func() time.Time
	Log  *slog.Logger
}

// The times of beats.
const (
	beatEvery = 10 * time.Second
	// goneAfter is how long a node's beats may stand still.
	goneAfter = 3*beatEvery + beatEvery/2
	// forgetAfter is when others forget a node that is gone.
	forgetAfter = time.Hour
)

// Nodes counts the servers on one database. Each beats, and watches by its own
// clock whose beats go on: clocks that differ do not matter, nor does one that
// is put right. One that cannot reach the database keeps what it knew.
type Nodes struct {
	store greenroom.Store
	id    string
	tell  func(int)
	now   func() time.Time
	log   *slog.Logger

	seen map[string]seenBeat
	told int
}

// A seenBeat is how far a node had counted, and when that was new.
type seenBeat struct {
	beats int64
	at    time.Time
}

// NewNodes returns what Run sets to work.
func NewNodes(o NodeOptions) *Nodes {
	n := &Nodes{store: o.Store, id: o.ID, tell: o.Tell, now: o.Now, log: o.Log, seen: map[string]seenBeat{}, told: 1}
	if n.now == nil {
		n.now = time.Now
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	return n
}

// Run beats until ctx ends. Then the others are told that this server is gone.
func (n *Nodes) Run(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		if err := n.beat(ctx); err != nil && ctx.Err() == nil {
			n.log.ErrorContext(ctx, "servers not counted", "err", err)
		}
		select {
		case <-ctx.Done():
			n.leave(ctx)
			return
		case <-tick.C:
		}
	}
}

func (n *Nodes) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := n.store.Instance().ForgetNode(ctx, n.id); err != nil {
		n.log.WarnContext(ctx, "others will count this server for a little longer", "err", err)
	}
}

func (n *Nodes) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	beats, err := n.store.Instance().Beat(ctx, n.id)
	if err != nil {
		return err
	}
	for _, gone := range n.watch(beats, n.now()) {
		if err := n.store.Instance().ForgetNode(ctx, gone); err != nil {
			return err
		}
	}
	return nil
}

// watch takes in how far everybody has counted, and returns whom to forget.
func (n *Nodes) watch(beats map[string]int64, now time.Time) (forget []string) {
	for id := range n.seen {
		if _, there := beats[id]; !there {
			delete(n.seen, id)
		}
	}
	atWork := 0
	for id, count := range beats {
		last, known := n.seen[id]
		if !known || last.beats != count || now.Before(last.at) {
			last = seenBeat{count, now}
			n.seen[id] = last
		}
		switch still := now.Sub(last.at); {
		case still < goneAfter:
			atWork++
		case still > forgetAfter:
			forget = append(forget, id)
		}
	}
	if atWork != n.told {
		n.told = atWork
		n.tell(atWork)
	}
	return forget
}
