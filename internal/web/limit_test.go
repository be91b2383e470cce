package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wantTooMany holds an answer to what everybody who ran into a limit gets, and
// tells whether it is a part of a page.
func wantTooMany(t *testing.T, res *http.Response, name LimitName, seconds int) (fragment bool) {
	t.Helper()
	wantStatus(t, res, http.StatusTooManyRequests)
	if got := res.Header.Get("Retry-After"); got != strconv.Itoa(seconds) {
		t.Errorf("Retry-After %q, want %d", got, seconds)
	}
	page := body(t, res)
	sentence := fmt.Sprintf("The limit for %s is reached: try again in %s.", name, inSeconds(seconds))
	if !strings.Contains(page, "<h1>Too many at once</h1>") || !strings.Contains(page, sentence) {
		t.Errorf("the page does not say %q:\n%s", sentence, page)
	}
	if !referencePattern.MatchString(page) {
		t.Error("no reference")
	}
	return !strings.Contains(page, "<html")
}

var allLimits = []LimitName{SignInLimit, SetUpLimit, LinkLimit, RegistrationLimit, LoginLimit, LaunchLimit}

func TestLimitsNameThemselves(t *testing.T) {
	for _, name := range allLimits {
		for _, part := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, fragment %v", name, part), func(t *testing.T) {
				h := newHouse(t, publicURL)
				h.mux.Handle("GET /limited/{workspace}", h.FramePage(h.Limit(name, func(http.ResponseWriter, *http.Request) error { return nil })))
				ask := func() *http.Response {
					r := httptest.NewRequest("GET", "/limited/w1", nil)
					if part {
						r.Header.Set("HX-Request", "true")
					}
					return h.do(r)
				}
				for ask().StatusCode == http.StatusOK { // the clock stands still
				}
				res := ask()
				seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
				if seconds < 1 {
					t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
				}
				if wantTooMany(t, res, name, seconds) != part {
					t.Error("a fragment was asked for: ", part)
				}
				if !strings.Contains(h.log.String(), `limit \"`+string(name)+`\"`) {
					t.Error("the log does not name the limit")
				}
			})
		}
	}
}

func TestWhatALimitCounts(t *testing.T) {
	const (
		here, there = "192.0.2.1", "192.0.2.2"
		ours, other = "w1", "w2"
	)
	for _, tc := range []struct {
		name           LimitName
		times          int // as often as it goes
		place, subject string
		samePlace      bool // with another subject, from the same place
		sameSubject    bool // from another place
	}{
		{SignInLimit, 10, here, "dana@example.com", true, true},
		{SetUpLimit, 20, here, "", false, true},
		{LinkLimit, 20, here, "", false, true},
		{RegistrationLimit, 20, here, ours, true, true},
		{LoginLimit, 1000, here, ours, true, true},
		{LaunchLimit, 1000, here, ours, true, true},
	} {
		t.Run(string(tc.name), func(t *testing.T) {
			var all limits
			l := all.of(tc.name)
			for i := range tc.times {
				if wait := l.take(tc.place, tc.subject, noon); wait != 0 {
					t.Fatalf("request %d has to wait %v", i+1, wait)
				}
			}
			wait := l.take(tc.place, tc.subject, noon)
			if wait <= 0 {
				t.Fatalf("request %d goes through", tc.times+1)
			}
			if got := l.take(tc.place, other, noon) == 0; got != tc.samePlace {
				t.Errorf("something else from the same place: allowed %v, want %v", got, tc.samePlace)
			}
			if got := l.take(there, tc.subject, noon) == 0; got != tc.sameSubject {
				t.Errorf("the same from another place: allowed %v, want %v", got, tc.sameSubject)
			}
			later := noon.Add(wait)
			if l.take(tc.place, tc.subject, later) != 0 {
				t.Errorf("%v later, as it was told, it has to wait again", wait)
			}
			if l.take(tc.place, tc.subject, later) == 0 {
				t.Error("and at once again it goes through")
			}
		})
	}
}

// Nobody who guesses at many addresses has more than the place's share, and
// nobody fills a workspace from many places.
func TestSharesAcrossSubjectsAndPlaces(t *testing.T) {
	for _, tc := range []struct {
		name  LimitName
		times int
		ask   func(l *limiter, i int) time.Duration
	}{
		{SignInLimit, 60, func(l *limiter, i int) time.Duration {
			return l.take("192.0.2.1", strconv.Itoa(i)+"@example.com", noon)
		}},
		{LaunchLimit, 2000, func(l *limiter, i int) time.Duration { return l.take("192.0.2.1", strconv.Itoa(i), noon) }},
		{LaunchLimit, 10_000, func(l *limiter, i int) time.Duration { return l.take(strconv.Itoa(i), "w1", noon) }},
	} {
		var all limits
		l := all.of(tc.name)
		for i := range tc.times {
			if tc.ask(l, i) != 0 {
				t.Fatalf("%s: request %d has to wait", tc.name, i+1)
			}
		}
		if tc.ask(l, tc.times) == 0 {
			t.Errorf("%s: request %d goes through", tc.name, tc.times+1)
		}
	}
}

// Who is refused for one subject does not use up what the others at the same
// place have together.
func TestWaitingIsNotCounted(t *testing.T) {
	var all limits
	l := all.of(SignInLimit)
	for range 1000 {
		l.take("192.0.2.1", "dana@example.com", noon)
	}
	if l.take("192.0.2.1", "ada@example.com", noon) != 0 {
		t.Error("a colleague has to wait")
	}
}

func TestAFloodOpensNoDoor(t *testing.T) {
	one := share{place: true, subject: true, burst: 3, every: 10 * time.Second}
	l := newLimiter(100, one)
	guess := func(now time.Time) bool { return l.take("192.0.2.1", "dana@example.com", now) == 0 }
	for guess(noon) { // the three guesses
	}
	through := 0
	for i := range 1000 {
		if l.take("203.0.113."+strconv.Itoa(i), "", noon) == 0 {
			through++
		}
	}
	if through != 99+one.burst {
		t.Errorf("%d of the flood went through, want the 99 for whom there was room, and one share for all others", through)
	}
	if guess(noon) {
		t.Error("the flood has washed away what was counted")
	}
	if n := len(l.shares[0].known); n > 100 {
		t.Errorf("%d are remembered", n)
	}

	later := noon.Add(one.every * time.Duration(one.burst))
	if !guess(later) {
		t.Error("after the whole time, the guesser has to wait still")
	}
	if l.take("198.51.100.1", "", later) != 0 {
		t.Error("after the flood, a newcomer has to wait")
	}
	if n := len(l.shares[0].known); n > 2 {
		t.Errorf("%d are remembered after the flood", n)
	}
}

func TestClientAddress(t *testing.T) {
	for name, tc := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"of IPv4":                        {"192.0.2.1:4711", nil, "192.0.2.1"},
		"of IPv4 in IPv6":                {"[::ffff:192.0.2.1]:4711", nil, "192.0.2.1"},
		"of IPv6":                        {"[2001:db8:1:2:3:4:5:6]:4711", nil, "2001:db8:1:2::/64"},
		"of IPv6 in the same network":    {"[2001:db8:1:2:ffff::1]:80", nil, "2001:db8:1:2::/64"},
		"of IPv6 in another":             {"[2001:db8:1:3::1]:80", nil, "2001:db8:1:3::/64"},
		"of IPv6 with a zone":            {"[fe80::1%eth0]:80", nil, "fe80::/64"},
		"of no network":                  {"@", nil, "@"},
		"behind a proxy on this machine": {"127.0.0.1:80", []string{"192.0.2.7"}, "192.0.2.7"},
		"behind a proxy in IPv6":         {"[::1]:80", []string{"2001:db8:1:3::1"}, "2001:db8:1:3::/64"},
		"behind a proxy that we trust":   {"10.0.0.2:80", []string{"192.0.2.7"}, "192.0.2.7"},
		"behind two of them":             {"127.0.0.1:80", []string{"192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
		"behind two, in two headers":     {"127.0.0.1:80", []string{"192.0.2.7", "10.0.0.2"}, "192.0.2.7"},
		"not what a stranger says":       {"192.0.2.1:4711", []string{"192.0.2.7"}, "192.0.2.1"},
		"not what a stranger adds":       {"127.0.0.1:80", []string{"198.51.100.9, 192.0.2.7"}, "192.0.2.7"},
		"with a port behind":             {"127.0.0.1:80", []string{"192.0.2.7:4711"}, "192.0.2.7"},
		"what cannot be read":            {"127.0.0.1:80", []string{"unknown"}, "127.0.0.1"},
	} {
		k := &Kit{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}
		r := &http.Request{RemoteAddr: tc.remote, Header: http.Header{"X-Forwarded-For": tc.forwarded}}
		if got := k.clientAddress(r); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestSetUpIsLimited(t *testing.T) {
	h := newHouse(t, publicURL)
	for range 20 {
		wantStatus(t, h.post("/setup", url.Values{"token": {"a guess"}}), http.StatusNotFound)
	}
	wantTooMany(t, h.post("/setup", url.Values{"token": {h.Service.SetUpToken()}}), SetUpLimit, 10)
	wantTooMany(t, h.get("/setup?token="+h.Service.SetUpToken()), SetUpLimit, 10)
}

// Behind a proxy that takes turns, so many servers let through together what
// one alone would; and when one goes, the other has the whole share.
func TestServersShareALimit(t *testing.T) {
	for _, nodes := range []int{1, 2, 3, 10} {
		t.Run(fmt.Sprint(nodes, " servers"), func(t *testing.T) {
			now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
			servers := make([]*limits, nodes)
			for i := range servers {
				servers[i] = &limits{}
				servers[i].divide(nodes, now)
			}
			through := func() (n int) {
				for refused := 0; refused < nodes; {
					refused = 0
					for _, s := range servers {
						if s.of(SignInLimit).take("10.0.0.1", "ada@example.org", now) > 0 {
							refused++
						} else {
							n++
						}
					}
				}
				return n
			}
			if n := through(); n < 10 || n >= 10+nodes {
				t.Errorf("%d tries at once", n)
			}
			now = now.Add(time.Duration(nodes) * 10 * time.Second)
			if n := through(); n != nodes {
				t.Errorf("%d more after %d × 10 seconds", n, nodes)
			}
			servers, nodes = servers[:1], 1
			servers[0].divide(1, now)
			now = now.Add(time.Hour)
			if n := through(); n != 10 {
				t.Errorf("the one that is left lets through %d", n)
			}
		})
	}
}
