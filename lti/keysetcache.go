package lti

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// KeySets finds platforms' keys. NewKeySets is the one to use.
type KeySets interface {
	// Key returns a registration's key by its id, and an error that wraps
	// ErrUnknownKey if the platform has no such key.
	Key(ctx context.Context, r Registration, kid string) (*rsa.PublicKey, error)
}

// ErrUnknownKey says that a platform's key set has no key with an id.
var ErrUnknownKey = errors.New("no such key in the platform's key set")

// How long a key set is kept, and how often a platform is asked.
const (
	minKeySetAge = time.Minute
	maxKeySetAge = 24 * time.Hour
	// usualKeySetAge is for answers without Cache-Control.
	usualKeySetAge = time.Hour
	// maxKeySetStale is how long a set serves a platform that is down.
	maxKeySetStale = 7 * 24 * time.Hour
	// searchPause is the time between two fetches for the sake of an unknown
	// kid: anybody can make those up.
	searchPause = time.Minute
	// downPause is the time between two tries while the platform is down.
	downPause = 5 * time.Second
	// maxKeySets are kept; those asked for longest ago make room.
	maxKeySets = 10_000
)

// A KeySetCache fetches key sets and keeps them by URL: as long as the platform
// says (a minute at least, a day at most), and for a week while it is down. A
// kid that is not in the set makes it fetch anew, once a minute at most.
// Callers who want the same set share one request, and registrations with the
// same URL share the set: a key is the platform's, whoever asks for it. Ten
// thousand URLs are kept; those asked for longest ago make room.
type KeySetCache struct {
	// OnFetched, if set before the first use, is called with each document
	// that was fetched and read, so that the caller can keep the last good one
	// (Registration.KeySet). The launch waits for it.
	OnFetched func(ctx context.Context, r Registration, document []byte)

	doer    Doer
	now     func() time.Time
	flights flights[*KeySet]

	mu   sync.Mutex
	sets map[string]*cachedSet
}

// A cachedSet is what is known of one URL.
type cachedSet struct {
	set        *KeySet // nil if no fetch has succeeded
	fetched    time.Time
	freshUntil time.Time
	searched   time.Time // when an unknown kid last made us fetch
	failed     time.Time // when a fetch last failed, zero after a success
	failure    error
	used       time.Time // when a key was last asked for
}

// NewKeySets returns an empty cache over a client. now is nil for time.Now.
func NewKeySets(doer Doer, now func() time.Time) *KeySetCache {
	if now == nil {
		now = time.Now
	}
	return &KeySetCache{doer: doer, now: now, sets: map[string]*cachedSet{}}
}

// Key implements KeySets.
func (c *KeySetCache) Key(ctx context.Context, r Registration, kid string) (*rsa.PublicKey, error) {
	have, fetch := c.look(r, kid)
	var err error
	if fetch {
		var fetched *KeySet
		if fetched, err = c.fetch(ctx, r); err == nil {
			have = fetched
		}
	} else if have == nil {
		err = c.lastFailure(r)
	}
	if have == nil {
		have, _ = ParseKeySet(r.KeySet)
	}
	if have != nil {
		if key, ok := have.Key(kid); ok {
			return key, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("kid %q: %w", kid, ErrUnknownKey)
}

// look returns the set that may be used, nil if there is none, and whether to
// fetch a newer one first.
func (c *KeySetCache) look(r Registration, kid string) (have *KeySet, fetch bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, cached := c.now(), c.entry(r.KeySetURL)
	if cached.set != nil && now.Before(cached.fetched.Add(maxKeySetStale)) {
		have = cached.set
	}
	if !cached.failed.IsZero() && now.Before(cached.failed.Add(downPause)) {
		return have, false
	}
	if have == nil || !now.Before(cached.freshUntil) {
		return have, true
	}
	if _, known := have.Key(kid); known || now.Before(cached.searched.Add(searchPause)) {
		return have, false
	}
	cached.searched = now
	return have, true
}

// entry is called with the lock held.
func (c *KeySetCache) entry(url string) *cachedSet {
	cached := c.sets[url]
	if cached == nil {
		if len(c.sets) >= maxKeySets {
			c.forget()
		}
		cached = &cachedSet{}
		c.sets[url] = cached
	}
	cached.used = c.now()
	return cached
}

// forget drops the sets of a tenth of the URLs, those asked for longest ago: a
// walk through all of them must not come with each new one.
func (c *KeySetCache) forget() {
	urls := slices.SortedFunc(maps.Keys(c.sets), func(a, b string) int { return c.sets[a].used.Compare(c.sets[b].used) })
	for _, url := range urls[:len(urls)/10] {
		delete(c.sets, url)
	}
}

func (c *KeySetCache) lastFailure(r Registration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entry(r.KeySetURL).failure
}

func (c *KeySetCache) fetch(ctx context.Context, r Registration) (*KeySet, error) {
	return c.flights.share(ctx, r.KeySetURL, func(ctx context.Context) (*KeySet, error) {
		answer, set, err := c.get(ctx, r.KeySetURL)
		c.keep(r.KeySetURL, answer, set, err)
		if err == nil && c.OnFetched != nil {
			c.OnFetched(ctx, r, answer.Body)
		}
		return set, err
	})
}

func (c *KeySetCache) get(ctx context.Context, url string) (*Response, *KeySet, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("fetch key set: %w", err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	answer, err := Call(c.doer, request, "key set")
	if err != nil {
		return nil, nil, fmt.Errorf("fetch %w", err)
	}
	set, err := ParseKeySet(answer.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("fetch %w", err)
	}
	return answer, set, nil
}

func (c *KeySetCache) keep(url string, answer *Response, set *KeySet, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, cached := c.now(), c.entry(url)
	if err != nil {
		cached.failed, cached.failure = now, err
		return
	}
	cached.set, cached.fetched, cached.failed, cached.failure = set, now, time.Time{}, nil
	cached.freshUntil = now.Add(keySetAge(answer.Header))
}

// keySetAge reads max-age (Security 1.0 §6).
func keySetAge(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return minKeySetAge
		case "max-age":
			seconds, err := strconv.Atoi(strings.Trim(value, `"`))
			if err != nil {
				return usualKeySetAge
			}
			seconds = min(max(seconds, 0), int(maxKeySetAge/time.Second))
			return max(minKeySetAge, time.Duration(seconds)*time.Second)
		}
	}
	return usualKeySetAge
}

// keySets returns the tool's own cache if it was given none.
func (t *Tool) keySets() KeySets {
	if t.KeySets != nil {
		return t.KeySets
	}
	t.ownKeySets.Do(func() { t.keySetCache = NewKeySets(&http.Client{}, t.now) })
	return t.keySetCache
}
