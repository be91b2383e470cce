package jobs

import (
	"context"
	"errors"
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
	for i := range n {
		q.rows = append(q.rows, &row{id: greenroom.PassbackID(fmt.Sprintf("%s-%d", c, i+1)), lane: laneOf(c), next: time.Now()})
	}
}

func (q *ledger) due(r *row, now time.Time) bool {
	return !r.done && !r.next.After(now) && !now.Before(r.leaseUntil)
}

func (q *ledger) DueLanes(_ context.Context, now time.Time) (lanes []greenroom.Lane, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.rows {
		if q.due(r, now) && !slices.Contains(lanes, r.lane) {
			lanes = append(lanes, r.lane)
		}
	}
	return lanes, q.broken
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

func TestScoresThatWaitAreSentAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"], q.platforms["b"] = healthy, healthy
		q.owe("a", 5)
		q.owe("b", 3)
		_, stop := q.work(Options{})
		synctest.Wait()
		if n := q.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
		stop()
		if len(q.posts) != 8 {
			t.Errorf("%d posts, want 8", len(q.posts))
		}
	})
}

func TestWakingIsServedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = healthy
		p, stop := q.work(Options{})
		defer stop()
		pass(time.Second)
		q.owe("a", 1)
		for range 50 { // never blocks, however often
			p.Wake()
		}
		synctest.Wait()
		if n := q.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestLostWakeUpCostsSecondsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = healthy
		_, stop := q.work(Options{Poll: 15 * time.Second})
		defer stop()
		pass(time.Second)
		q.owe("a", 1)
		pass(15 * time.Second)
		if n := q.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestNextTryIsNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = healthy
		q.owe("a", 1)
		q.rows[0].next = time.Now().Add(7 * time.Second)
		_, stop := q.work(Options{Poll: time.Hour})
		defer stop()
		pass(7 * time.Second)
		if got := q.postsOf("a"); !slices.Equal(got, []time.Duration{7 * time.Second}) {
			t.Errorf("posted at %v, want after 7s", got)
		}
	})
}

func TestRowOfDeadWorkerComesAgainAfterItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = healthy
		q.owe("a", 1)
		if _, err := q.Claim(t.Context(), laneOf("a"), time.Now(), time.Now().Add(leaseTime), 1); err != nil {
			t.Fatal(err)
		}
		_, stop := q.work(Options{Poll: 15 * time.Second})
		defer stop()
		pass(leaseTime - time.Second)
		if got := q.postsOf("a"); len(got) != 0 {
			t.Fatalf("posted at %v although another worker holds it", got)
		}
		pass(15 * time.Second)
		if n := q.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestHangingPlatformDelaysNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["slow"], q.platforms["well"] = hanging, healthy
		q.owe("slow", 10)
		q.owe("well", 10)
		_, stop := q.work(Options{})
		synctest.Wait()
		if n := len(q.postsOf("well")); n != 10 {
			t.Errorf("%d of 10 reached the healthy platform beside the hanging one", n)
		}
		if n := q.most["slow"]; n != 2 {
			t.Errorf("%d workers hang at one platform, want 2", n)
		}
		stop()
	})
}

func TestLanesTakeTurnsWhenTheyAreMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		slowly := func(context.Context) greenroom.Outcome { <-time.After(time.Second); return accepted }
		for _, c := range []greenroom.ConnectionID{"a", "b", "c"} {
			q.platforms[c] = slowly
			q.owe(c, 4)
		}
		_, stop := q.work(Options{Lanes: 1, PerLane: 1})
		defer stop()
		pass(3*time.Second - time.Millisecond)
		for _, c := range []greenroom.ConnectionID{"a", "b", "c"} {
			if n := len(q.postsOf(c)); n != 1 {
				t.Errorf("%s: %d posts in the first round, want 1", c, n)
			}
		}
	})
}

// A platform that is down gets two posts, then a rest, then one probe; the
// rests double.
func TestPlatformThatIsDownIsLeftAloneButForOneProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = down
		q.owe("a", 100)
		_, stop := q.work(Options{})
		defer stop()
		pass(75 * time.Second)
		want := []time.Duration{0, 0, 10 * time.Second, 30 * time.Second, 70 * time.Second}
		if got := q.postsOf("a"); !slices.Equal(got, want) {
			t.Errorf("posts at %v, want %v", got, want)
		}
		q.mu.Lock()
		q.platforms["a"] = healthy
		q.mu.Unlock()
		pass(75*time.Second + time.Minute)
		if n := q.left(); n != 0 {
			t.Errorf("%d are left after the platform came back", n)
		}
	})
}

func TestRetryAfterRestsTheWholeLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = func(context.Context) greenroom.Outcome {
			return greenroom.Outcome{Kind: greenroom.Later, After: 30 * time.Second, Stamp: time.Unix(1, 0)}
		}
		q.owe("a", 10)
		_, stop := q.work(Options{PerLane: 1})
		defer stop()
		pass(31 * time.Second)
		if got, want := q.postsOf("a"), []time.Duration{0, 30 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("posts at %v, want %v", got, want)
		}
	})
}

// Moodle answers 500 for a locked grade as long as it is locked.
func TestOneBadRowDoesNotRestItsLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		first := true
		q.platforms["a"] = func(ctx context.Context) greenroom.Outcome {
			if first {
				first = false
				return down(ctx)
			}
			return accepted
		}
		q.owe("a", 10)
		_, stop := q.work(Options{PerLane: 1})
		defer stop()
		synctest.Wait()
		if n := q.left(); n != 1 {
			t.Errorf("%d are left, want the locked one alone", n)
		}
	})
}

func TestOutcomesThatNeverLeftSayNothingAboutThePlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = func(context.Context) greenroom.Outcome {
			return greenroom.Outcome{Kind: greenroom.Later, After: time.Hour}
		}
		q.owe("a", 10)
		_, stop := q.work(Options{})
		defer stop()
		synctest.Wait()
		if n := len(q.postsOf("a")); n != 10 {
			t.Errorf("%d of 10 had their turn", n)
		}
	})
}

func TestStoppingLetsWhatIsUnderWayArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = func(ctx context.Context) greenroom.Outcome {
			select {
			case <-time.After(10 * time.Second):
				return accepted
			case <-ctx.Done():
				return down(ctx)
			}
		}
		q.owe("a", 4)
		_, stop := q.work(Options{})
		pass(time.Second)
		stop()
		if n := q.left(); n != 2 {
			t.Errorf("%d are left, want the 2 that were not begun", n)
		}
		if len(q.posts) != 2 {
			t.Errorf("%d posts, want 2", len(q.posts))
		}
	})
}

func TestStoppingWaitsForAMomentOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = hanging
		q.owe("a", 1)
		_, stop := q.work(Options{})
		pass(time.Second)
		stop()
		if got := time.Since(beginning); got != time.Second+graceTime {
			t.Errorf("stopped after %s, want %s", got, time.Second+graceTime)
		}
		if q.rows[0].leaseUntil != (time.Time{}) {
			t.Error("the row was not put down")
		}
	})
}

func TestRestartLosesAndRepeatsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = func(context.Context) greenroom.Outcome { <-time.After(time.Second); return accepted }
		q.owe("a", 9)
		for range 3 {
			_, stop := q.work(Options{})
			pass(1500 * time.Millisecond)
			stop()
		}
		if q.left() != 0 || len(q.posts) != 9 {
			t.Errorf("%d are left after %d posts, want 0 after 9", q.left(), len(q.posts))
		}
	})
}

// Two servers on one database share the work.
func TestTwoNodesDoNotPostTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = func(context.Context) greenroom.Outcome { <-time.After(time.Second); return accepted }
		q.owe("a", 8)
		_, stop1 := q.work(Options{})
		_, stop2 := q.work(Options{})
		pass(time.Minute)
		stop1()
		stop2()
		if q.left() != 0 || len(q.posts) != 8 {
			t.Errorf("%d are left after %d posts, want 0 after 8", q.left(), len(q.posts))
		}
	})
}

func TestDatabaseTroublePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = healthy
		q.owe("a", 1)
		q.broken = errors.New("database is gone")
		_, stop := q.work(Options{})
		defer stop()
		pass(time.Second)
		q.mu.Lock()
		q.broken = nil
		q.mu.Unlock()
		pass(15 * time.Second)
		if n := q.left(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestHangingDeliveryIsGivenUpWithinItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = hanging
		q.owe("a", 1)
		_, stop := q.work(Options{})
		defer stop()
		pass(deliverTime)
		if q.rows[0].leaseUntil != (time.Time{}) {
			t.Error("the row is still held")
		}
	})
}
