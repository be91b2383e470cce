package greenroom

import (
	"math/rand/v2"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// The patience of passbacks.
const (
	firstRetry    = 10 * time.Second
	longestRetry  = time.Hour
	retriesEnd    = 3 * 24 * time.Hour
	longestAnswer = 500 // characters kept of a platform's own words
)

// want takes in what a session earned, as the rule has it. It tells whether
// anything is to be kept. The first score always counts, zero included. By the
// usual rule a later one does only if it beats the best that was asked for so
// far. An instructor's decision stands: then nothing is to be posted for now.
func (p *Passback) want(score roleplay.Score, earned time.Time, rule GradingRule) bool {
	if !p.WantedAt.IsZero() && !rule.replaces(p.Wanted, score) {
		return false
	}
	p.Wanted, p.WantedAt = score, earned
	if p.Override == nil {
		p.renew(earned)
	}
	return true
}

// A Target is what a platform's gradebook is to show.
type Target struct {
	Score   roleplay.Score
	Cleared bool      // no score at all
	At      time.Time // when it was earned or decided
}

// Target is what the duty is about by now.
func (p Passback) Target() Target {
	switch {
	case p.Override != nil && p.Override.Score == nil:
		return Target{Cleared: true, At: p.Override.At}
	case p.Override != nil:
		return Target{Score: *p.Override.Score, At: p.Override.At}
	}
	return Target{Score: p.Wanted, Cleared: p.WantedAt.IsZero(), At: laterOf(p.WantedAt, p.LiftedAt)}
}

// outcome is one about the target as it is now.
func (p Passback) outcome() Outcome {
	t := p.Target()
	return Outcome{Score: t.Score, Cleared: t.Cleared, At: t.At}
}

// about tells whether an outcome is about a target.
func (o Outcome) about(t Target) bool {
	return o.Cleared == t.Cleared && o.Score == t.Score && (o.At.IsZero() || o.At.Equal(t.At))
}

// renew makes the duty due now, with all its patience.
func (p *Passback) renew(now time.Time) {
	p.State, p.Attempts, p.Since, p.NextTry = PassbackWaiting, 0, now, now
}

// nextStamp returns the timestamp of the next post: when the score was earned
// or decided, but later than every stamp that may have reached the platform, by the grain
// to which it compares them (Score Publish Service, AGS 2.0 §3.4.4).
// conflict says that the platform has seen a later one than we know of: then
// it is the present, and so it is where the clock was ahead that noted the time.
func (p Passback) nextStamp(now time.Time, conflict bool, grain time.Duration) time.Time {
	stamp := p.Target().At
	if conflict || stamp.After(now) {
		stamp = now
	}
	// The same stamp comes again for the same target alone: a post without an
	// answer is repeated, and is no second score.
	again := !conflict && p.PostedAt.IsZero() && stamp.Truncate(time.Millisecond).Equal(p.Stamp)
	if !p.Stamp.IsZero() && !again {
		if least := p.Stamp.Truncate(grain).Add(grain); stamp.Before(least) {
			stamp = least
		}
	}
	return stamp.Truncate(time.Millisecond)
}

// An OutcomeKind is what became of one attempt to post.
type OutcomeKind string

// The outcomes.
const (
	Done     OutcomeKind = "done"
	Later    OutcomeKind = "later"    // 429, 5xx, no answer
	Conflict OutcomeKind = "conflict" // 409: the platform knows a later stamp
	Failed   OutcomeKind = "failed"   // a person must look
)

// An Outcome is what one attempt to post came to; Settle writes it down.
type Outcome struct {
	Kind   OutcomeKind
	After  time.Duration // the platform's Retry-After, 0 if it named none
	Answer string        // the platform's own words
	// PlatformDown says that the platform did not answer for itself: it is
	// worth leaving alone for a while.
	PlatformDown bool
	// What was posted. Zero stamp: the request never left.
	Score   roleplay.Score
	Cleared bool      // no score at all
	At      time.Time // of the target; zero if the score alone tells which
	Stamp   time.Time
	Maximum float64 // as read from the platform, 0 if it was not asked
}

// settle applies an outcome to a passback as it stands by now, which may want
// another score than the one that was posted.
func (p *Passback) settle(o Outcome, now time.Time, chance *rand.Rand) {
	p.LeaseUntil = time.Time{}
	p.Answer = clip(oneLine(o.Answer), longestAnswer)
	overtaken := o.Stamp.Before(p.Stamp)
	if o.Stamp.After(p.Stamp) {
		p.Stamp = o.Stamp
	}
	if o.Kind == Done {
		p.done(o, overtaken, now)
		return
	}
	if !o.about(p.Target()) && !o.Stamp.IsZero() {
		p.NextTry = now // another score counts meanwhile: its own first try
		return
	}
	p.Attempts++
	switch {
	case o.Kind == Failed:
		p.State = PassbackFailed
	case !now.Before(p.Since.Add(retriesEnd)):
		p.State = PassbackFailed
		p.Answer = clip("No success within three days. Last answer: "+p.Answer, longestAnswer)
	case o.Kind == Conflict && p.Attempts == 1:
		p.NextTry = laterOf(now, p.Stamp.Truncate(time.Second).Add(time.Second))
	default:
		p.NextTry = now.Add(backoff(p.Attempts, o.After, chance))
	}
}

// done notes that the platform took something. It may have taken something else
// since, under a later stamp.
func (p *Passback) done(o Outcome, overtaken bool, now time.Time) {
	p.Attempts = 0
	matches := o.about(p.Target())
	if !matches && p.State == PassbackSent {
		return
	}
	if matches || !overtaken || p.PostedAt.IsZero() {
		p.Posted, p.PostedAt = nil, now
		if !o.Cleared {
			p.Posted = &o.Score
		}
	}
	if !matches {
		p.renew(now)
		return
	}
	p.State = PassbackSent
}

// backoff doubles from attempt to attempt, with a quarter of chance, and waits
// at least as long as the platform asked for.
func backoff(attempt int, asked time.Duration, chance *rand.Rand) time.Duration {
	wait := longestRetry
	if attempt < 16 {
		wait = min(firstRetry<<(attempt-1), longestRetry)
	}
	wait += time.Duration(float64(wait) * 0.25 * chance.Float64())
	return max(wait, min(asked, 24*time.Hour))
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
