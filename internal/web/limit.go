package web

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A LimitName is how a limit names itself, on the page of whoever ran into it
// and in the log.
type LimitName string

// The limits. They are of all servers together: each holds its own visitors to
// its part of a share, which is the whole divided by how many servers there are
// (Kit.Nodes). A proxy that spreads requests evenly makes that come out right, to
// within the moments in which a server comes or goes.
const (
	// SignInLimit slows down whoever guesses passwords: ten tries at once for
	// one e-mail address from one place, then one every ten seconds; and sixty
	// for one place, then one every two seconds, whatever the addresses.
	SignInLimit LimitName = "sign-in"
	// SetUpLimit is for the page of the first owner: twenty at once from one
	// place, then one every ten seconds.
	SetUpLimit LimitName = "setup"
	// LinkLimit is for links with a secret in them (an invitation, a new
	// password): twenty at once from one place, then one every ten seconds.
	LinkLimit LimitName = "one-time links"
	// ClaimLimit is for codes that bring a deployment to a workspace: twenty at
	// once from one place, then one every ten seconds.
	ClaimLimit LimitName = "claim codes"
	// RegistrationLimit is for registration URLs, which make Greenroom call an
	// LMS: twenty at once from one place to one workspace, then one every
	// three seconds.
	RegistrationLimit LimitName = "registration"
	// LoginLimit and LaunchLimit are for the two steps by which learners come
	// in. A lesson begins for everybody at once, and a whole school may stand
	// behind one address: 1,000 at once from one place to one workspace, then
	// 100 a second; twice that for one place, whatever it asks for; and ten
	// times that for one workspace, from wherever, which is what a server does.
	// All of a school of 1,000 can click in the same second; nobody alone can
	// fill a server's day.
	LoginLimit  LimitName = "login initiation"
	LaunchLimit LimitName = "launch"
	// NoticeLimit is for what platforms tell by themselves, up to a hundred
	// notices in a request: 200 requests at once from one place to one
	// workspace, then 20 a second; five times that for one workspace.
	NoticeLimit LimitName = "notices"
)

// A share is what one place, one subject, or one place for one subject may
// take: burst at once, and from then on one every so often. A subject is what
// a limit is about beside the place: an e-mail address, a workspace.
type share struct {
	place, subject bool
	burst          int
	every          time.Duration
}

func sharesOf(name LimitName) []share {
	switch name {
	case SignInLimit:
		return []share{
			{place: true, burst: 60, every: 2 * time.Second},
			{place: true, subject: true, burst: 10, every: 10 * time.Second},
		}
	case SetUpLimit, LinkLimit, ClaimLimit:
		return []share{{place: true, burst: 20, every: 10 * time.Second}}
	case RegistrationLimit:
		return []share{{place: true, subject: true, burst: 20, every: 3 * time.Second}}
	case NoticeLimit:
		return []share{
			{place: true, subject: true, burst: 200, every: time.Second / 20},
			{subject: true, burst: 1_000, every: time.Second / 100},
		}
	case LoginLimit, LaunchLimit:
		return []share{
			{place: true, burst: 2_000, every: time.Second / 200},
			{place: true, subject: true, burst: 1_000, every: time.Second / 100},
			{subject: true, burst: 10_000, every: time.Second / 1000},
		}
	}
	panic("web: there is no limit " + string(name)) // a limit is named by a constant
}

// Limit puts a limit in front of a handler. Its subject is the route's
// {workspace}, if there is one. Whoever runs into it gets 429.
func (k *Kit) Limit(name LimitName, h Handler) Handler {
	sharesOf(name)
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := k.Count(w, r, name, r.PathValue("workspace")); err != nil {
			return err
		}
		return h(w, r)
	}
}

// Count counts one request against a limit and returns the page of whoever has
// to wait.
func (k *Kit) Count(w http.ResponseWriter, r *http.Request, name LimitName, subject string) error {
	wait := k.limits.of(name).take(k.clientAddress(r), subject, k.Now())
	if wait <= 0 {
		return nil
	}
	k.Service.Observing().Limited(string(name))
	seconds := int(math.Ceil(wait.Seconds()))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &PageError{
		Status:   http.StatusTooManyRequests,
		Title:    "Too many at once",
		Sentence: fmt.Sprintf("The limit for %s is reached: try again in %s.", name, inSeconds(seconds)),
		Hint:     "Nothing is lost. The limit keeps Greenroom open for everybody.",
		Cause:    fmt.Errorf("limit %q", name),
	}
}

func inSeconds(n int) string {
	if n == 1 {
		return "1 second"
	}
	return strconv.Itoa(n) + " seconds"
}

// clientAddress is the place that a request comes from: the other end of the
// connection, or, if that is a proxy we trust, whom the proxy names as the last
// in X-Forwarded-For, and so on. Whoever has one IPv6 address has a /64 of
// them, which counts as one place.
func (k *Kit) clientAddress(r *http.Request) string {
	at, ok := addressOf(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !k.trusts(at) {
			break
		}
		before, ok := addressOf(strings.TrimSpace(hop))
		if !ok {
			break
		}
		at = before
	}
	if at.Is6() {
		return netip.PrefixFrom(at, 64).Masked().String()
	}
	return at.String()
}

// addressOf reads an address with or without a port.
func addressOf(s string) (netip.Addr, bool) {
	at, err := netip.ParseAddr(s)
	if err != nil {
		with, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		at = with.Addr()
	}
	return at.Unmap().WithZone(""), true
}

// trusts tells whether what a proxy at an address says is believed: one on this
// machine, and those that the operator names.
func (k *Kit) trusts(a netip.Addr) bool {
	return a.IsLoopback() || slices.ContainsFunc(k.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// limits are those of one process. The zero value is ready to use.
type limits struct {
	mu    sync.Mutex
	all   map[LimitName]*limiter
	nodes int // servers that share; 0: one
}

func (l *limits) of(name LimitName) *limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[LimitName]*limiter{}
	}
	if l.all[name] == nil {
		l.all[name] = newLimiter(maxBuckets, sharesOf(name)...)
		l.all[name].divide(l.nodes, time.Time{})
	}
	return l.all[name]
}

// Nodes tells how many servers share the limits. Whoever has taken something
// stays known.
func (k *Kit) Nodes(n int) { k.limits.divide(n, k.Now()) }

func (l *limits) divide(nodes int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nodes = nodes
	for _, each := range l.all {
		each.divide(nodes, now)
	}
}

// maxBuckets is how many are remembered at most, for each share of a limit.
const maxBuckets = 10_000

// A limiter holds places and subjects to their shares.
type limiter struct {
	mu     sync.Mutex
	shares []*buckets
}

func newLimiter(most int, shares ...share) *limiter {
	l := &limiter{}
	for _, s := range shares {
		l.shares = append(l.shares, &buckets{share: s, most: most, nodes: 1, known: map[bucketKey]*rate.Limiter{}})
	}
	return l
}

// divide has so many servers share.
func (l *limiter) divide(nodes int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.shares {
		b.nodes = max(nodes, 1)
		for _, of := range b.known {
			of.SetLimitAt(now, b.pace())
			of.SetBurstAt(now, b.part())
		}
		if b.rest != nil {
			b.rest = b.fresh()
		}
	}
}

// Count counts one request and returns 0, or how long it has to wait. Who has
// to wait is not counted, against no share.
func (l *limiter) take(place, subject string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var taken []*rate.Reservation
	for _, b := range l.shares {
		one := b.of(place, subject, now).ReserveN(now, 1)
		taken = append(taken, one)
		if wait := one.DelayFrom(now); wait > 0 {
			for _, t := range taken {
				t.CancelAt(now)
			}
			return wait
		}
	}
	return 0
}

// buckets are what is left of one share, for everybody who took of it lately.
//
// Memory is bounded, and flooding opens no door. When all places are taken,
// those who have their whole share back are forgotten, which changes nothing
// for them. If that frees nothing, nobody who is known is forgotten; all
// newcomers together have one share, until there is room.
type buckets struct {
	share
	most  int
	nodes int // servers that share, at least 1
	known map[bucketKey]*rate.Limiter
	swept time.Time
	rest  *rate.Limiter // of the newcomers who found no room
}

// A bucketKey has one size, however long an address or a path is, and keeps no
// e-mail address.
type bucketKey [16]byte

func (b *buckets) key(place, subject string) bucketKey {
	if !b.place {
		place = ""
	}
	if !b.subject {
		subject = ""
	}
	sum := sha256.Sum256([]byte(place + "\x00" + strings.ToLower(strings.TrimSpace(subject))))
	return bucketKey(sum[:16])
}

func (b *buckets) of(place, subject string, now time.Time) *rate.Limiter {
	key := b.key(place, subject)
	if found, ok := b.known[key]; ok {
		return found
	}
	if len(b.known) >= b.most {
		b.sweep(now)
	}
	if len(b.known) >= b.most {
		if b.rest == nil {
			b.rest = b.fresh()
		}
		return b.rest
	}
	b.known[key] = b.fresh()
	return b.known[key]
}

func (b *buckets) fresh() *rate.Limiter {
	return rate.NewLimiter(b.pace(), b.part())
}

// part is this server's part of what may be taken at once, at least one.
func (b *buckets) part() int { return (b.burst + b.nodes - 1) / b.nodes }

func (b *buckets) pace() rate.Limit { return rate.Every(b.every) / rate.Limit(b.nodes) }

// sweep forgets who has the whole share back. It looks at everybody, so once a
// second has to do.
func (b *buckets) sweep(now time.Time) {
	if now.Sub(b.swept) < time.Second {
		return
	}
	b.swept = now
	for key, l := range b.known {
		if l.TokensAt(now) >= float64(b.part()) {
			delete(b.known, key)
		}
	}
}
