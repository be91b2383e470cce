package web

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// attempts slows down whoever guesses passwords: ten tries at once for one
// address from one place, then one every ten seconds. The zero value is ready
// to use.
type attempts struct {
	mu    sync.Mutex
	known map[string]*rate.Limiter
}

const (
	attemptBurst = 10
	attemptEvery = 10 * time.Second
	maxAttempts  = 10_000 // what is remembered at most
)

// allow counts one try and tells whether it may go on.
func (a *attempts) allow(r *http.Request, email string, now time.Time) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	key := host + " " + strings.ToLower(strings.TrimSpace(email))
	a.mu.Lock()
	defer a.mu.Unlock()
	limiter, ok := a.known[key]
	if !ok {
		a.makeRoom(now)
		limiter = rate.NewLimiter(rate.Every(attemptEvery), attemptBurst)
		a.known[key] = limiter
	}
	return limiter.AllowN(now, 1)
}

// makeRoom forgets those who have waited long enough, and if that does not
// help, everybody: memory is bounded whatever comes.
func (a *attempts) makeRoom(now time.Time) {
	if len(a.known) >= maxAttempts {
		for key, l := range a.known {
			if l.TokensAt(now) >= attemptBurst {
				delete(a.known, key)
			}
		}
	}
	if a.known == nil || len(a.known) >= maxAttempts {
		a.known = map[string]*rate.Limiter{}
	}
}
