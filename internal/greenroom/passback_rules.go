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

// want raises the duty to a better score. It tells whether there is anything
// to post: the first score always is, zero included; a later one only if it
// beats the best that was asked for so far.
func (p *Passback) want(score roleplay.Score, earned time.Time) bool {
	if !p.WantedAt.IsZero() && score.Cmp(p.Wanted) <= 0 {
		return false
	}
	p.Wanted, p.WantedAt = score, earned
	p.renew(earned)
	return true
}

// renew makes the duty due now, with all its patience.
func (p *Passback) renew(now time.Time) {
	p.State, p.Attempts, p.Since, p.NextTry = PassbackWaiting, 0, now, now
}

// nextStamp returns the timestamp of the next post: when the score was earned,
// but later than every stamp that may have reached the platform, by the grain
// to which it compares them (Score Publish Service, AGS 2.0 §3.4.4).
// conflict says that the platform has seen a later one than we know of: then
// it is the present.
func (p Passback) nextStamp(now time.Time, conflict bool, grain time.Duration) time.Time {
	stamp := p.WantedAt
	if conflict {
		stamp = now
	}
	if !p.Stamp.IsZero() && (conflict || p.Posted != nil || stamp.Before(p.Stamp)) {
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
	Stamp   time.Time
	Maximum float64 // as read from the platform, 0 if it was not asked
}

// settle applies an outcome to a passback as it stands by now, which may want
// a better score than the one that was posted.
func (p *Passback) settle(o Outcome, now time.Time, chance *rand.Rand) {
	p.LeaseUntil = time.Time{}
	p.Answer = clip(oneLine(o.Answer), longestAnswer)
	if o.Stamp.After(p.Stamp) {
		p.Stamp = o.Stamp
	}
	if o.Kind == Done {
		p.done(o, now)
		return
	}
	if o.Score.Cmp(p.Wanted) < 0 && !o.Stamp.IsZero() {
		p.NextTry = now // a better score came meanwhile: its own first try
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

func (p *Passback) done(o Outcome, now time.Time) {
	posted := o.Score
	if p.Posted == nil || posted.Cmp(*p.Posted) >= 0 {
		p.Posted = &posted
	}
	p.PostedAt, p.Attempts = now, 0
	if p.Wanted.Cmp(*p.Posted) > 0 {
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
