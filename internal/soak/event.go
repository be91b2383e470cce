package soak

import (
	"sync"
	"time"
)

// A Kind says what happened.
type Kind string

// The kinds.
const (
	LetIn   Kind = "let in"   // a launch was answered with the way to the stage
	Asked   Kind = "asked"    // the last reply of a session was sent
	Told    Kind = "told"     // it was answered with the result: the score counts
	Arrived Kind = "arrived"  // the LMS took a score
	Killed  Kind = "killed"   // a server died, or lost its database
	Ill     Kind = "ill"      // an LMS begins to fail, in whatever way
	Well    Kind = "well"     // it is well again
	Hung    Kind = "hung"     // a call of the LMS hangs
	GivenUp Kind = "given up" // it hung for so long that the server did not wait any more
	Lost    Kind = "lost"     // the LMS took a score, and its answer did not arrive
	Vouched Kind = "vouched"  // the LMS said that it took a score, and did not
)

// An Event is one thing that happened. Which fields count depends on the kind.
type Event struct {
	Kind    Kind
	Launch  string    // LetIn: what makes the launch one of its kind
	LMS     string    // all but Killed; empty where there is one
	Learner string    // LetIn, Asked, Told, Arrived, Vouched
	Score   int       // Asked, Told, Arrived, Vouched: percent
	Stamp   time.Time // Arrived: the score's timestamp
	Posts   int       // Killed: how many posts may have been under way
}

// A Record keeps events in their order. It is safe for concurrent use.
type Record struct {
	mu     sync.Mutex
	grown  *sync.Cond
	events []Event
}

// NewRecord returns an empty record.
func NewRecord() *Record {
	r := &Record{}
	r.grown = sync.NewCond(&r.mu)
	return r
}

// Add appends an event.
func (r *Record) Add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	r.grown.Broadcast()
}

// Events returns what has happened so far.
func (r *Record) Events() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Event(nil), r.events...)
}

// Await returns once so many events of a kind have happened, or give says that
// nobody waits any more.
func (r *Record) Await(k Kind, n int, give func() bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for count(r.events, k) < n && !give() {
		r.grown.Wait()
	}
}

// AwaitMore returns once more than so many events have happened, or give says
// that nobody waits any more.
func (r *Record) AwaitMore(seen int, give func() bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.events) <= seen && !give() {
		r.grown.Wait()
	}
}

// Wake has everybody who awaits something look again.
func (r *Record) Wake() { r.grown.Broadcast() }

func count(events []Event, k Kind) (n int) {
	for _, e := range events {
		if e.Kind == k {
			n++
		}
	}
	return n
}
