package greenroom

import (
	"sync"
	"time"
)

// Every launch is followed by its first page, mostly within the second and from
// the same server, which has just written all that the page is about. The
// threshold keeps it until then: once, for seconds, and only as long as the
// settings of the workspace stay what they were when the launch was written,
// which is how connections, workspaces and people that are gone are heard of.
// Otherwise, and on any other server, the page asks the database.
const (
	// crossingTime is longer than browsers take to follow a redirect.
	crossingTime = 15 * time.Second
	// maxCrossings bounds how many launches either half of the threshold keeps.
	maxCrossings = 2000
)

// A threshold is where launches wait for their first page. The zero value is
// ready to use.
type threshold struct {
	mu sync.Mutex
	// Launches go to the younger half. When that is full, or has been the
	// younger one for as long as a crossing may take, it becomes the older, and
	// what was still in there is forgotten.
	young, old map[crossingKey]crossing
	since      time.Time
}

type crossingKey struct {
	workspace WorkspaceID
	launch    LaunchID
}

// A crossing is a launch on its way to its first page.
type crossing struct {
	launch   Launch
	newcomer bool      // the launch has made the learner
	settings int64     // their version, from before the launch was written
	at       time.Time // when it was written
}

// keep keeps a launch as the database has it, without what is for the log alone.
func (t *threshold) keep(w WorkspaceID, c crossing) {
	l := &c.launch
	l.Claims, l.Passed, l.Detail = "", nil, ""
	l.At, l.SignInUntil, l.Took = l.At.Truncate(time.Millisecond), l.SignInUntil.Truncate(time.Millisecond), l.Took.Truncate(time.Millisecond)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.young == nil || len(t.young) >= maxCrossings || c.at.Sub(t.since) >= crossingTime {
		t.young, t.old, t.since = map[crossingKey]crossing{}, t.young, c.at
	}
	t.young[crossingKey{w, c.launch.ID}] = c
}

// take hands a launch over to whoever may come by it, once.
func (t *threshold) take(k crossingKey, settings int64, now time.Time, may func(Launch) bool) (crossing, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, half := range []map[crossingKey]crossing{t.young, t.old} {
		c, ok := half[k]
		if !ok {
			continue
		}
		timely := !now.Before(c.at) && now.Before(c.at.Add(crossingTime))
		if !timely || c.settings != settings {
			delete(half, k)
			return crossing{}, false
		}
		if !may(c.launch) {
			return crossing{}, false // whoever may come still can
		}
		delete(half, k)
		return c, true
	}
	return crossing{}, false
}
