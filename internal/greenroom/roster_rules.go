package greenroom

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// The times of rosters.
const (
	rosterSettle    = time.Minute      // after a launch, for others to follow
	rosterAsked     = 10 * time.Second // less than rosterSettle: launches in between are covered by what is due
	rosterQuiet     = 10 * time.Minute // between readings for the sake of launches
	rosterPause     = 30 * time.Second // between readings that somebody asks for
	rosterNight     = 6 * time.Hour    // the length of a night, in which courses take turns
	rosterFollowUp  = 20 * time.Hour   // changes are enough for so long after a whole reading
	rosterTries     = 12               // then it is left until the next night
	rosterIdle      = 60 * 24 * time.Hour
	rosterIdlePause = 30 * 24 * time.Hour // nights for a course that nobody launches
)

// launched makes the roster due after a launch. It tells whether that changes
// anything: the first launch of many does. What a platform refuses is not
// asked for again by every launch.
func (r *Roster) launched(now time.Time) bool {
	if r.State == RosterRefused || r.Attempts > 0 {
		return false
	}
	due := now.Add(rosterSettle)
	if !r.SyncedAt.IsZero() {
		due = laterOf(due, r.SyncedAt.Add(rosterQuiet))
	}
	if !r.NextTry.IsZero() && !r.NextTry.After(due) {
		return false
	}
	r.NextTry = due
	return true
}

// ask makes the roster due now, whatever became of it before.
func (r *Roster) ask(now time.Time) bool {
	due := now
	if !r.SyncedAt.IsZero() {
		due = laterOf(now, r.SyncedAt.Add(rosterPause))
	}
	if r.State == RosterWaiting && !r.NextTry.IsZero() && !r.NextTry.After(due) {
		return false
	}
	r.State, r.NextTry, r.Attempts = RosterWaiting, due, 0
	return true
}

// followsUp tells whether it is enough to read what changed.
func (r Roster) followsUp(now time.Time) bool {
	return r.ChangesURL != "" && now.Before(r.FullAt.Add(rosterFollowUp))
}

// settle applies an outcome: what was read, or when to try again.
func (r *Roster) settle(o Outcome, read rosterReading, now time.Time, chance *rand.Rand) {
	r.LeaseUntil = time.Time{}
	r.Answer = clip(oneLine(o.Answer), longestAnswer)
	switch o.Kind {
	case Done:
		r.State, r.Attempts, r.Answer, r.SyncedAt = RosterRead, 0, "", now
		if read.full {
			r.FullAt, r.Members, r.ChangesURL = now, read.members, read.changesURL
		} else if read.changesURL != "" {
			r.ChangesURL = read.changesURL
		}
		r.NextTry = nextNight(now, r.Context)
	case Later:
		r.State = RosterFailing
		if r.Attempts++; r.Attempts >= rosterTries {
			r.Attempts, r.NextTry = 0, nextNight(now, r.Context)
			return
		}
		r.NextTry = now.Add(backoff(r.Attempts, o.After, chance))
	default:
		r.State, r.Attempts, r.NextTry = RosterRefused, 0, nextNight(now, r.Context)
	}
}

// nextNight is a moment of the night that follows (UTC), the same one for a
// course every night, so that the courses of a platform take turns.
func nextNight(now time.Time, id ContextID) time.Time {
	h := fnv.New64a()
	h.Write([]byte(id))
	turn := time.Duration(h.Sum64()%uint64(rosterNight/time.Millisecond)) * time.Millisecond
	return now.UTC().Truncate(24 * time.Hour).Add(24*time.Hour + turn)
}
