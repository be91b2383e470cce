package greenroom

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A gradebook is a platform that compares stamps as Moodle does: by whole
// seconds, and what is not newer is refused.
type gradebook struct {
	stamp   time.Time
	score   roleplay.Score
	cleared bool
	holds   bool
	under   []Outcome // posts still on their way
}

func (g *gradebook) take(o Outcome) OutcomeKind {
	if g.holds && o.Stamp.Unix() <= g.stamp.Unix() {
		return Conflict
	}
	g.stamp, g.score, g.cleared, g.holds = o.Stamp, o.Score, o.Cleared, true
	return Done
}

// A course is what happens to one learner's scores for one line item.
type course struct {
	t      *testing.T
	seed   uint64
	chance *rand.Rand
	now    time.Time
	p      Passback
	book   gradebook

	best   roleplay.Score // of all that were earned
	earned bool
	posted []Outcome // all that left, in order
	lost   bool      // an answer was lost: the platform may know more than we do
	taught bool      // an instructor has decided something
}

func (c *course) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf("seed %d, now %s: "+format, append([]any{c.seed, c.now.Format(time.StampMilli)}, args...)...)
}

// earn ends a session with a score, which may be one that was there before.
func (c *course) earn() {
	n := 1 + c.chance.Int64N(12)
	score, err := roleplay.ParseScore(big.NewRat(c.chance.Int64N(n+1), n).String())
	if err != nil {
		c.fail("%v", err)
	}
	c.p.want(score, c.now, GradeBest)
	if !c.earned || score.Cmp(c.best) > 0 {
		c.best, c.earned = score, true
	}
	if c.p.Wanted != c.best {
		c.fail("wants %s, the best is %s", c.p.Wanted, c.best)
	}
}

// post is one attempt of a worker, with an answer by chance. Scores may be
// earned while it is under way.
func (c *course) post(chanceOfTrouble float64) {
	if c.p.State != PassbackWaiting || c.now.Before(c.p.NextTry) {
		return
	}
	due := c.p
	conflict := due.Attempts > 0 && strings.HasPrefix(due.Answer, conflictPrefix)
	o := due.outcome()
	if stamp := due.nextStamp(c.now, conflict, time.Second); stamp.After(c.now) {
		o.Kind, o.After, o.Answer = Later, stamp.Sub(c.now), due.Answer // never in the future
	} else {
		o.Stamp = stamp
		c.wantStamp(due, stamp, conflict)
		c.wantRising(o)
		if o.Kind = c.fate(&o, chanceOfTrouble); o.Kind == "" {
			return // the worker died; its lease ends some time
		}
	}
	if c.chance.IntN(4) == 0 {
		c.now = c.now.Add(time.Duration(c.chance.IntN(1500)) * time.Millisecond)
		c.earn()
	}
	c.p.settle(o, c.now, c.chance)
	if newer := !o.about(c.p.Target()); newer && !o.Stamp.IsZero() && (c.p.State != PassbackWaiting || c.p.NextTry.After(c.now)) {
		c.fail("%s came while %s was under way, and is %s until %s", c.p.Wanted, o.Score, c.p.State, c.p.NextTry)
	}
}

// fate is what becomes of a post; empty if nobody is left to settle it.
func (c *course) fate(o *Outcome, chanceOfTrouble float64) OutcomeKind {
	trouble := -1
	if c.chance.Float64() < chanceOfTrouble {
		trouble = c.chance.IntN(5)
	}
	switch trouble {
	case 0: // never arrived, and the platform says when to come again
		o.After = time.Duration(c.chance.IntN(100)) * time.Second
		o.Answer = "503"
		return Later
	case 1:
		o.Answer = "422"
		return Failed
	case 2: // arrived, but the answer was lost
		c.lost = true
		c.book.take(*o)
		o.Answer = "No answer."
		return Later
	case 3: // on its way for a while, after the worker gave up
		c.lost = true
		c.book.under = append(c.book.under, *o)
		o.Answer = "No answer."
		return Later
	case 4: // arrived, and the worker died
		c.lost = true
		c.book.take(*o)
		return ""
	}
	if c.book.take(*o) == Conflict {
		if !c.lost {
			c.fail("the platform refuses %s for its time: it has %s", o.Stamp, c.book.stamp)
		}
		o.Answer = conflictPrefix
		return Conflict
	}
	return Done
}

// wantStamp holds a stamp against the rule: never in the future, later by
// whole seconds than what the platform is known to have, and the time at which
// the score was earned wherever that is possible.
func (c *course) wantStamp(due Passback, stamp time.Time, conflict bool) {
	earned := due.Target().At.Truncate(time.Millisecond)
	switch {
	case stamp.After(c.now) || stamp.Before(earned) || !stamp.Equal(stamp.Truncate(time.Millisecond)):
		c.fail("stamp %s for what was earned at %s", stamp, earned)
	case conflict && stamp.Before(c.now.Truncate(time.Millisecond)):
		c.fail("stamp %s, though the platform has a later one than we know of", stamp)
	case (!due.PostedAt.IsZero() || conflict) && !due.Stamp.IsZero() && stamp.Unix() <= due.Stamp.Unix():
		c.fail("stamp %s after %s", stamp, due.Stamp)
	case !conflict && (due.Stamp.IsZero() || earned.Unix() > due.Stamp.Unix()) && !stamp.Equal(earned):
		c.fail("stamp %s, but it was earned at %s", stamp, earned)
	}
}

// wantRising: a post is better than every one that the platform is known to
// have taken, and no worse than any before.
func (c *course) wantRising(o Outcome) {
	if c.taught {
		return
	}
	if c.p.Posted != nil && o.Score.Cmp(*c.p.Posted) <= 0 {
		c.fail("posts %s after %s was taken", o.Score, c.p.Posted)
	}
	if n := len(c.posted); n > 0 && o.Score.Cmp(c.posted[n-1].Score) < 0 {
		c.fail("posts %s after %s", o.Score, c.posted[n-1].Score)
	}
	c.posted = append(c.posted, o)
}

// arrive brings a post to the platform that was on its way, any of them.
func (c *course) arrive() {
	if n := len(c.book.under); n > 0 {
		i := c.chance.IntN(n)
		late := c.book.under[i]
		c.book.under = append(c.book.under[:i:i], c.book.under[i+1:]...)
		c.book.take(late)
	}
}

// again is the administrator's button.
func (c *course) again() {
	if c.p.State != PassbackSent && c.earned {
		c.p.renew(c.now)
	}
}

// finish lets everything arrive, mends the platform and presses the button.
func (c *course) finish() {
	for len(c.book.under) > 0 {
		c.arrive()
	}
	for range 20 {
		c.now = c.now.Add(2 * longestRetry)
		if c.p.State == PassbackFailed {
			c.again()
		}
		c.post(0)
	}
	if c.p.State != PassbackSent || !c.book.holds || c.book.score.Cmp(c.best) < 0 {
		c.fail("%s; the platform has %s at %s, the best is %s", c.p.State, c.book.score, c.book.stamp, c.best)
	}
	if c.p.Posted == nil || *c.p.Posted != c.best || c.p.Wanted != c.best {
		c.fail("wanted %s, posted %v, the best is %s", c.p.Wanted, c.p.Posted, c.best)
	}
}

// Whatever happens between a learner and a gradebook (scores in any order, the
// same again, posts that are refused, delayed, lost, overtaken or made twice):
// what is posted rises and ends at the best score, under stamps that rise.
func TestPropertyTheBestScoreArrives(t *testing.T) {
	for seed := range uint64(3000) {
		chance := rand.New(rand.NewPCG(seed, 1))
		c := &course{t: t, seed: seed, chance: chance, now: noon.Add(time.Duration(chance.IntN(1e9)))}
		trouble := chance.Float64()
		c.earn()
		for range 5 + chance.IntN(40) {
			switch chance.IntN(8) {
			case 0, 1:
				c.earn()
			case 2, 3, 4:
				c.post(trouble)
			case 5:
				c.arrive()
			case 6:
				c.again()
			case 7: // a moment, or long enough for any retry
				c.now = c.now.Add(time.Duration(chance.Int64N(int64([]time.Duration{time.Second, time.Minute, 2 * longestRetry}[chance.IntN(3)]))))
			}
		}
		c.finish()
	}
}

// A duty without troubles is posted as often as it rose, and under the times
// at which the scores were earned unless two fall into one second.
func TestPropertyNoTroubleNoDetour(t *testing.T) {
	for seed := range uint64(1000) {
		chance := rand.New(rand.NewPCG(seed, 2))
		c := &course{t: t, seed: seed, chance: chance, now: noon}
		c.earn()
		for range 20 {
			c.now = c.now.Add(time.Duration(chance.IntN(3000)) * time.Millisecond)
			if chance.IntN(2) == 0 {
				c.earn()
			}
			c.post(0)
		}
		c.finish()
		for i, o := range c.posted {
			if i > 0 && (o.Score.Cmp(c.posted[i-1].Score) <= 0 || o.Stamp.Unix() <= c.posted[i-1].Stamp.Unix()) {
				c.fail("%s at %s after %s at %s", o.Score, o.Stamp, c.posted[i-1].Score, c.posted[i-1].Stamp)
			}
		}
	}
}

// decide is the instructor's: a score, none, or back to what was earned.
func (c *course) decide() {
	c.taught = true
	switch c.chance.IntN(3) {
	case 0:
		score, err := roleplay.ParseScore(big.NewRat(c.chance.Int64N(5), 4+c.chance.Int64N(3)).String())
		if err != nil {
			c.fail("%v", err)
		}
		c.p.decide(&Override{Score: &score, At: c.now}, c.now)
	case 1:
		c.p.decide(&Override{At: c.now}, c.now)
	case 2:
		c.p.decide(nil, c.now)
	}
}

// settled lets everything arrive, mends the platform, presses the button, and
// compares what it shows with what it should.
func (c *course) settled() {
	if c.p.State == "" { // a decision that was lifted before anything came of it
		return
	}
	for len(c.book.under) > 0 {
		c.arrive()
	}
	for range 20 {
		c.now = c.now.Add(2 * longestRetry)
		if c.p.State == PassbackFailed {
			c.p.renew(c.now)
		}
		c.post(0)
	}
	want := c.p.Target()
	if c.p.State != PassbackSent || !c.book.holds || c.book.cleared != want.Cleared || c.book.score != want.Score {
		c.fail("%s; the platform has %s (cleared %v) at %s, and should have %+v", c.p.State, c.book.score, c.book.cleared, c.book.stamp, want)
	}
	if (c.p.Posted == nil) != want.Cleared || c.p.Posted != nil && *c.p.Posted != want.Score {
		c.fail("posted %v, should be %+v", c.p.Posted, want)
	}
}

// Whatever an instructor decides in between, and whatever happens on the way:
// their decision beats what is earned, the last one holds, what was earned
// comes back when it is lifted, and stamps rise.
func TestPropertyAnInstructorsDecisionStands(t *testing.T) {
	for seed := range uint64(3000) {
		chance := rand.New(rand.NewPCG(seed, 3))
		c := &course{t: t, seed: seed, chance: chance, now: noon.Add(time.Duration(chance.IntN(1e9)))}
		trouble := chance.Float64()
		if chance.IntN(3) == 0 { // before anything was earned
			c.decide()
		} else {
			c.earn()
		}
		for range 5 + chance.IntN(40) {
			switch chance.IntN(9) {
			case 0, 1:
				c.earn()
			case 2:
				c.decide()
			case 3, 4, 5:
				c.post(trouble)
			case 6:
				c.arrive()
			case 7:
				if c.p.State == PassbackFailed {
					c.p.renew(c.now)
				}
			case 8:
				c.now = c.now.Add(time.Duration(chance.Int64N(int64([]time.Duration{time.Second, time.Minute, 2 * longestRetry}[chance.IntN(3)]))))
			}
		}
		c.settled()
		if c.p.Override == nil && c.earned && c.p.Target().Score != c.best {
			c.fail("nothing was decided, the best is %s, and %+v is wanted", c.best, c.p.Target())
		}
	}
}
