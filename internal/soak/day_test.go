package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// step is how much of a simulated day passes from one healthy score to the
// next: longer than a lane of its own accord rests.
const step = 15 * time.Minute

// A region is schools of one Greenroom, whose servers run within the test.
type region struct {
	t           *testing.T
	clock       *clock
	record      *Record
	proxy       *proxy
	north       *school // well, always
	south, east *school // fall ill; east is gone altogether
	chance      *rand.Rand
	pupils      map[*school]*learner
}

func newRegion(t *testing.T, database string, servers int) *region {
	t.Helper()
	x := &region{t: t, clock: newClock(), record: NewRecord(), proxy: &proxy{}, pupils: map[*school]*learner{}, chance: rand.New(rand.NewPCG(*seed, 0))}
	front := httptest.NewServer(x.proxy)
	t.Cleanup(front.Close)
	c := told{DataDir: t.TempDir(), DatabaseURL: database, MasterKey: strings.Repeat("ab", 32), PublicURL: front.URL, CAFile: authority(t)}
	client := newBrowser()
	for i, s := range []**school{&x.north, &x.south, &x.east} {
		*s = newSchool(t, []string{"north", "south", "east"}[i], x.record, x.clock)
		(*s).furnish(t, c.config())
		x.pupils[*s] = &learner{
			id: (*s).enrol(), school: *s, tool: front.URL, client: client, chance: x.chance, place: fmt.Sprint("10.0.0.", i+1),
		}
	}
	for range servers {
		x.serve(c)
		c.DataDir = t.TempDir()
	}
	return x
}

// serve runs a server until the test ends.
func (x *region) serve(c told) {
	x.t.Helper()
	config := c.config()
	config.Now = x.clock.now
	a, err := app.Open(x.t.Context(), config)
	if err != nil {
		x.t.Fatal(err)
	}
	a.Service.Store = timed{a.Service.Store, x.clock}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		x.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l) }()
	x.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			x.t.Error(err)
		}
		if err := a.Close(); err != nil {
			x.t.Error(err)
		}
	})
	x.proxy.nodes = append(x.proxy.nodes, &node{address: l.Addr().String()})
}

// practise has somebody at a school practise once, and be told of it.
func (x *region) practise(s *school) {
	x.t.Helper()
	if err := x.pupils[s].practise(); err != nil {
		x.t.Fatalf("somebody at %s was interrupted: %v", s.name, err)
	}
}

// arrives tells whether all that learners at schools were told of arrives, with
// so much patience.
func (x *region) arrives(patience time.Duration, schools ...*school) bool {
	var late atomic.Bool
	timer := time.AfterFunc(patience, func() { late.Store(true); x.record.Wake() })
	defer timer.Stop()
	for {
		seen := len(x.record.Events())
		if !x.owed(schools...) {
			return true
		}
		if late.Load() {
			return false
		}
		x.record.AwaitMore(seen, late.Load)
	}
}

func (x *region) owed(schools ...*school) bool {
	for _, broken := range Check(x.record.Events()) {
		for _, s := range schools {
			if strings.Contains(broken, " at "+s.name+" ") && strings.Contains(broken, "and the LMS has") {
				return true
			}
		}
	}
	return false
}

// day is one on which south answers in all bad ways and east is gone.
func (x *region) day() (feltInTheNorth bool) {
	x.t.Helper()
	ails := newIllness()
	x.south.ails.Store(ails)
	x.east.door.close()
	x.record.Add(Event{Kind: Ill, LMS: x.south.name})
	x.record.Add(Event{Kind: Ill, LMS: x.east.name})
	for n := 0; n < int(24*time.Hour/step) && !feltInTheNorth; n++ {
		if n%2 == 0 {
			x.practise(x.south)
		}
		if n%8 == 0 {
			x.practise(x.east)
		}
		x.practise(x.north)
		feltInTheNorth = !x.arrives(time.Minute, x.north)
		ails.letGo()
		x.clock.pass(step)
		ails.hold()
	}
	x.record.Add(Event{Kind: Well, LMS: x.south.name})
	x.record.Add(Event{Kind: Well, LMS: x.east.name})
	x.south.ails.Store(nil)
	x.east.door.shut.Store(false)
	ails.letGo()
	requests, unmet := ails.history()
	if len(unmet) > 0 && !feltInTheNorth {
		x.t.Errorf("the day was too short for %q", unmet)
	}
	x.t.Logf("south was asked %d times", requests)
	return feltInTheNorth
}

// recover waits for what schools that are well again are owed. A row may have
// been put off by a day, as long as a platform can ask for. The host of one that
// was gone is tried again a quarter of a minute later, by this machine's clock;
// a row that was put off meanwhile comes after an hour, by the other.
func (x *region) recover() {
	for _, wait := range []time.Duration{25 * time.Hour, 80 * time.Minute, 80 * time.Minute, 80 * time.Minute} {
		x.clock.pass(wait)
		x.practise(x.north) // wakes the workers
		if x.arrives(20*time.Second, x.north, x.south, x.east) {
			return
		}
	}
}

// For a day, one LMS answers each question in another bad way and one is gone,
// beside a healthy one. That one gets each score before the next is earned; and
// once the others are well, they are owed nothing.
func TestADayOfTroubleOverTheWire(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T) *region{
		"SQLite":                     func(t *testing.T) *region { return newRegion(t, "", 1) },
		"two servers and PostgreSQL": func(t *testing.T) *region { return newRegion(t, pgtest.URL(t), 2) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := begin(t)
			for range max(1, *rounds/20) {
				if x.day() {
					break
				}
				x.recover()
			}
			events := x.record.Events()
			t.Logf("%d let in, %d told, %d arrived, %d answers lost, %d lies", count(events, LetIn), count(events, Told), count(events, Arrived), count(events, Lost), count(events, Vouched))
			for _, broken := range Check(events) {
				t.Error(broken)
			}
			if count(events, Lost) == 0 || count(events, Vouched) == 0 {
				t.Error("nothing happened that could have gone wrong")
			}
		})
	}
}
