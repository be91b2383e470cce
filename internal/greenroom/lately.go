package greenroom

import (
	"sync"
	"time"
)

// maxLately bounds what is remembered; beyond it all is forgotten.
const maxLately = 20_000

// A lately remembers for a short while what was looked after, so that hundreds
// who launch at once do not look after the same thing. The zero value is ready
// to use.
type lately[K comparable] struct {
	mu sync.Mutex
	at map[K]time.Time
}

// within tells whether something was done less than a while ago.
func (l *lately[K]) within(while time.Duration, what K, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, done := l.at[what]
	return done && !now.Before(at) && now.Before(at.Add(while))
}

// done remembers that it was.
func (l *lately[K]) done(what K, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil || len(l.at) >= maxLately {
		l.at = map[K]time.Time{}
	}
	l.at[what] = now
}
