package jobs

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A ledger is a queue in memory with platforms behind it. It keeps each post
// with its time, and fails the test if two workers hold one row.
type ledger struct {
	t *testing.T

	mu        sync.Mutex
	rows      []*row
	platforms map[greenroom.ConnectionID]platform
	posts     []post
	flying    map[greenroom.ConnectionID]int // posts under way
	most      map[greenroom.ConnectionID]int // the most there ever were
	broken    error                          // of the database
	looks     int
	look      time.Duration // how long looking for lanes takes
}

type row struct {
	id         greenroom.PassbackID
	lane       greenroom.Lane
	next       time.Time
	leaseUntil time.Time
	done       bool
}

type post struct {
	id greenroom.PassbackID
	at time.Duration // since the beginning
}

// A platform answers a post.
type platform func(ctx context.Context) greenroom.Outcome

var accepted = greenroom.Outcome{Kind: greenroom.Done, Stamp: time.Unix(1, 0)}

func healthy(context.Context) greenroom.Outcome { return accepted }

func down(context.Context) greenroom.Outcome {
	return greenroom.Outcome{Kind: greenroom.Later, Stamp: time.Unix(1, 0), PlatformDown: true}
}

// hanging answers nothing until it is given up.
func hanging(ctx context.Context) greenroom.Outcome {
	<-ctx.Done()
	return down(ctx)
}

func newLedger(t *testing.T) *ledger {
	return &ledger{
		t: t, platforms: map[greenroom.ConnectionID]platform{},
		flying: map[greenroom.ConnectionID]int{}, most: map[greenroom.ConnectionID]int{},
	}
}

func laneOf(c greenroom.ConnectionID) greenroom.Lane {
	return greenroom.Lane{Workspace: "w", Connection: c}
}

// owe adds n rows that are due now.
func (q *ledger) owe(c greenroom.ConnectionID, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := 0
	for _, r := range q.rows {
		if r.lane == laneOf(c) {
			before++
		}
	}
	for i := range n {
		q.rows = append(q.rows, &row{id: greenroom.PassbackID(fmt.Sprintf("%s-%d", c, before+i+1)), lane: laneOf(c), next: time.Now()})
	}
}

func (q *ledger) due(r *row, now time.Time) bool {
	return !r.done && !r.next.After(now) && !now.Before(r.leaseUntil)
}

func (q *ledger) DueLanes(_ context.Context, now time.Time) (lanes []greenroom.Lane, err error) {
	q.mu.Lock()
	takes := q.look
	q.mu.Unlock()
	if takes > 0 {
		<-time.After(takes)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.looks++
	for _, r := range q.rows {
		if q.due(r, now) && !slices.Contains(lanes, r.lane) {
			lanes = append(lanes, r.lane)
		}
	}
	return lanes, q.broken
}

// looked returns how often somebody looked for lanes.
func (q *ledger) looked() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.looks
}

func (q *ledger) NextTry(context.Context) (time.Time, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var next time.Time
	for _, r := range q.rows {
		if !r.done && (next.IsZero() || r.next.Before(next)) {
			next = r.next
		}
	}
	if next.IsZero() {
		return next, greenroom.ErrNotFound
	}
	return next, nil
}

func (q *ledger) Claim(_ context.Context, l greenroom.Lane, now, leaseUntil time.Time, limit int) (claimed []greenroom.DuePassback, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.rows {
		if r.lane == l && q.due(r, now) && len(claimed) < limit {
			r.leaseUntil = leaseUntil
			claimed = append(claimed, greenroom.DuePassback{
				Workspace: l.Workspace,
				Passback:  greenroom.Passback{ID: r.id, Connection: l.Connection},
			})
		}
	}
	return claimed, nil
}

var beginning = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of each synctest bubble

func (q *ledger) Deliver(ctx context.Context, due greenroom.DuePassback) greenroom.Outcome {
	c := due.Connection
	q.mu.Lock()
	answer := q.platforms[c]
	q.posts = append(q.posts, post{due.ID, time.Since(beginning)})
	q.flying[c]++
	q.most[c] = max(q.most[c], q.flying[c])
	q.mu.Unlock()
	o := answer(ctx)
	q.mu.Lock()
	q.flying[c]--
	q.mu.Unlock()
	return o
}

// Settle makes a row that must come again due after a minute.
func (q *ledger) Settle(ctx context.Context, due greenroom.DuePassback, o greenroom.Outcome) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		q.t.Errorf("%s is settled with a context that has ended: %v", due.ID, err)
	}
	for _, r := range q.rows {
		if r.id != due.ID {
			continue
		}
		if !time.Now().Before(r.leaseUntil) {
			q.t.Errorf("%s is settled after its lease has run out", r.id)
		}
		if r.done {
			q.t.Errorf("%s is settled twice", r.id)
		}
		r.done = o.Kind == greenroom.Done
		r.leaseUntil, r.next = time.Time{}, time.Now().Add(time.Minute)
	}
	return nil
}

func (q *ledger) left() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.rows {
		if !r.done {
			n++
		}
	}
	return n
}

func (q *ledger) postsOf(c greenroom.ConnectionID) (times []time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.posts {
		for _, r := range q.rows {
			if r.id == p.id && r.lane == laneOf(c) {
				times = append(times, p.at)
			}
		}
	}
	return times
}

// work runs workers over the ledger; the function it returns stops them and
// waits.
func (q *ledger) work(o Options) (p *Passbacks, stop func()) {
	p = newPassbacks(q, o)
	ctx, cancel := context.WithCancel(q.t.Context())
	over := make(chan struct{})
	go func() { p.Run(ctx); close(over) }()
	return p, func() { cancel(); <-over }
}

// pass lets time go by, and everything happen that was due in it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
