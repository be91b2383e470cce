package jobs

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// ill answers in another bad way every hour: not at all, too late, with 429 and
// a wait, with 500, and with nonsense, which counts as no answer of the
// platform's own.
func ill(ctx context.Context) greenroom.Outcome {
	switch int(time.Since(beginning)/time.Hour) % 4 {
	case 0:
		return hanging(ctx)
	case 1:
		return greenroom.Outcome{Kind: greenroom.Later, Stamp: time.Unix(1, 0), After: 30 * time.Second, Answer: "429"}
	case 2:
		return greenroom.Outcome{Kind: greenroom.Later, Stamp: time.Unix(1, 0), Answer: "200 <html>", PlatformDown: true}
	}
	return down(ctx)
}

// For a day two platforms are ill and down, with hundreds of scores that wait
// for them. The one beside them, which is healthy, gets each of its scores in
// the second in which it is earned; the two are not hammered; and once they are
// well again they get everything.
func TestADayOfTroubleIsNotFeltNextDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newLedger(t)
		q.platforms["healthy"], q.platforms["ill"], q.platforms["down"] = healthy, ill, down
		q.owe("ill", 300)
		q.owe("down", 300)
		p, stop := q.work(Options{})
		defer stop()
		const every = 10 * time.Minute
		for earned := every; earned <= 24*time.Hour; earned += every {
			<-time.After(every)
			q.owe("healthy", 1)
			p.Wake()
			pass(time.Second)
			if posts := q.postsOf("healthy"); len(posts) != int(earned/every) {
				t.Fatalf("after %v the healthy platform has %d scores", earned, len(posts))
			}
		}
		for _, c := range []greenroom.ConnectionID{"ill", "down"} {
			// A rest of ten minutes makes 144 tries a day; the first rests are
			// shorter.
			if n := len(q.postsOf(c)); n < 24 || n > 400 {
				t.Errorf("%s was tried %d times in a day", c, n)
			}
			q.mu.Lock()
			q.platforms[c] = healthy
			q.mu.Unlock()
		}
		pass(longestAsked)
		if n := q.left(); n != 0 {
			t.Errorf("%d scores are left an hour after the platforms are well again", n)
		}
	})
}
