package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"code.dny.dev/ssrf"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// A host that does not answer is left alone for a while, and one that answers
// slowly holds only so many of our calls: neither makes the others wait.
const (
	// hostFailures in a row rest a host: connections that come to nothing,
	// silence, and answers of 500 and above.
	hostFailures = 5
	// hostRest is for how long; then one call tries whether it is back.
	hostRest = 15 * time.Second
	// hostCalls may be under way to one host, and hostWait is how long another
	// waits for its turn.
	hostCalls = 8
	hostWait  = 2 * time.Second
	// maxHosts are remembered; those not called for longest are forgotten.
	maxHosts = 1000
)

// hosts are how calls to each host's doors have gone of late.
type hosts struct {
	mu    sync.Mutex
	known map[string]*host
}

type host struct {
	breaker circuitbreaker.CircuitBreaker[any]
	room    bulkhead.Bulkhead[any]
	used    time.Time
}

func newHost() *host {
	return &host{
		breaker: circuitbreaker.NewBuilder[any]().WithFailureThreshold(hostFailures).WithSuccessThreshold(1).
			WithDelay(hostRest).WithJitterFactor(0.2).Build(),
		room: bulkhead.New[any](hostCalls),
	}
}

// door names what is left alone when it fails: a host's services, or its public
// documents. A grade service that is down must not keep launches from the key
// set.
func door(r *http.Request) string {
	if r.Method == http.MethodGet && r.Header.Get("Authorization") == "" {
		return r.URL.Host
	}
	return r.URL.Host + " services"
}

// of returns what is known of a door.
func (h *hosts) of(name string, now time.Time) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known == nil {
		h.known = map[string]*host{}
	}
	found, ok := h.known[name]
	if !ok {
		if len(h.known) >= maxHosts {
			h.forget()
		}
		found = newHost()
		h.known[name] = found
	}
	found.used = now
	return found
}

// forget drops the host that was called longest ago. Hold the lock.
func (h *hosts) forget() {
	oldest := ""
	for name, known := range h.known {
		if oldest == "" || known.used.Before(h.known[oldest].used) {
			oldest = name
		}
	}
	delete(h.known, oldest)
}

// enter waits for room and asks whether the host may be called. Whoever gets
// nil calls left once, and leave once the answer has been read.
func (h *host) enter(ctx context.Context) error {
	if err := h.room.AcquirePermitWithMaxWait(ctx, hostWait); err != nil {
		if errors.Is(err, bulkhead.ErrFull) {
			return &restError{after: hostWait, busy: true}
		}
		return err
	}
	if !h.breaker.TryAcquirePermit() {
		h.room.ReleasePermit()
		return &restError{after: max(h.breaker.RemainingDelay(), time.Second)}
	}
	return nil
}

// left notes how a call went.
func (h *host) left(ctx context.Context, answer *http.Response, err error) {
	switch {
	case err == nil && answer.StatusCode < 500, refusedByUs(err):
		h.breaker.RecordSuccess()
	case ctx.Err() != nil && !h.breaker.IsHalfOpen(): // the caller has gone: that says nothing
	default:
		h.breaker.RecordFailure()
	}
}

// refusedByUs tells that the host had no part in an error.
func refusedByUs(err error) bool {
	for _, own := range []error{errScheme, errNoHost, errOddHost, errUserInfo, errRedirect, errTooLarge, ssrf.ErrProhibitedIP, ssrf.ErrProhibitedPort} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}

func (h *host) leave() { h.room.ReleasePermit() }

// A restError says that a host is not called for now.
type restError struct {
	after time.Duration
	busy  bool
}

func (e *restError) Error() string {
	if e.busy {
		return "too many calls to this host are under way"
	}
	return "host rests after several failures"
}

// A roomyBody gives its place free when it is closed.
type roomyBody struct {
	io.ReadCloser
	once  sync.Once
	leave func()
}

func (b *roomyBody) Close() error {
	b.once.Do(b.leave)
	return b.ReadCloser.Close()
}
