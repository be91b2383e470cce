package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

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

// Where much waits, looking for it takes long: it must not take the time in
// which scores could go out.
func TestALongQueueIsNotLookedThroughForEachRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		quickly := func(context.Context) greenroom.Outcome { <-time.After(time.Millisecond); return accepted }
		q.platforms["a"], q.platforms["b"] = quickly, quickly
		q.owe("a", 500)
		q.look = 100 * time.Millisecond
		p, stop := q.work(Options{PerLane: 1})
		defer stop()
		pass(200 * time.Millisecond)
		q.owe("b", 1)
		for range 400 { // of other sessions that end
			p.Wake()
			pass(time.Millisecond)
		}
		if n := len(q.postsOf("a")); n < 450 {
			t.Errorf("%d scores went out", n)
		}
		if n := q.looked(); n > 2 {
			t.Errorf("%d looks", n)
		}
		pass(2 * time.Second)
		if a, b := len(q.postsOf("a")), len(q.postsOf("b")); a != 500 || b != 1 {
			t.Errorf("%d and %d scores went out in the end", a, b)
		}
	})
}

// After an outage every platform is due: a row that is brought costs what its
// lane costs, and lanes without rows or trouble are forgotten.
func TestLanesAreKnownAsLongAsTheyAreWorkedOn(t *testing.T) {
	for name, tc := range map[string]struct {
		after time.Duration
		sent  int
		known int
	}{
		"while 500 are due":    {0, 16 * 2, 16},
		"when all have passed": {time.Minute, 500 * 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newLedger(t)
				slowly := func(context.Context) greenroom.Outcome { <-time.After(time.Second); return accepted }
				for n := range 500 {
					c := greenroom.ConnectionID(fmt.Sprint(n))
					q.platforms[c] = slowly
					q.owe(c, 2)
				}
				p, stop := q.work(Options{Lanes: 16})
				pass(tc.after)
				stop()
				if sent := 500*2 - q.left(); sent != tc.sent || len(p.lanes) != tc.known {
					t.Errorf("%d scores were sent and %d lanes are known, want %d and %d", sent, len(p.lanes), tc.sent, tc.known)
				}
			})
		})
	}
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

// A look during which the database hung says nothing about how much waits.
func TestAfterALookThatHungTheNextIsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["a"] = healthy
		q.look = 19 * time.Second
		p, stop := q.work(Options{})
		defer stop()
		pass(time.Second)
		q.mu.Lock()
		q.look = 0
		q.mu.Unlock()
		pass(20 * time.Second)
		q.owe("a", 1)
		p.Wake()
		pass(16 * time.Second)
		if n := q.left(); n != 0 {
			t.Error("what was earned after it waits still")
		}
	})
}
