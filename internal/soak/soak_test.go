package soak

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

var (
	rounds = flag.Int("soak.rounds", 4, "how many times something is broken")
	seed   = flag.Uint64("soak.seed", 0, "of chance; 0: another one every time")
)

// jump is how far all clocks go ahead with every failure: beyond the leases
// that a server held when it died.
const jump = 2 * time.Minute

// perLane is how many posts a server has under way for one LMS.
const perLane = 2

// A trial is learners, an LMS and servers that are about to fail.
type trial struct {
	t      *testing.T
	school *school
	clock  *clock
	proxy  *proxy
	class  []*learner
	chance *rand.Rand
	over   atomic.Bool
	busy   sync.WaitGroup
}

// begin starts servers on one database, and learners who practise until the
// trial is over.
func begin(t *testing.T, database string, nodes int) *trial {
	t.Helper()
	chosen := *seed
	if chosen == 0 {
		chosen = rand.Uint64()
	}
	t.Logf("to see the same chance again: -soak.seed %d", chosen)
	x := &trial{t: t, clock: newClock(), proxy: &proxy{}, chance: rand.New(rand.NewPCG(chosen, 0))}
	x.school = newSchool(t, "", NewRecord(), x.clock)
	front := httptest.NewServer(x.proxy)
	t.Cleanup(front.Close)
	c := told{
		DataDir: t.TempDir(), DatabaseURL: database, PublicURL: front.URL, CAFile: authority(t), MasterKey: strings.Repeat("ab", 32),
	}
	x.school.furnish(t, c.config())
	for i := range nodes {
		n := &node{t: t, told: c}
		if i > 0 {
			n.told.DataDir = t.TempDir()
		}
		n.start()
		t.Cleanup(func() { n.end(syscall.SIGTERM) })
		x.proxy.nodes = append(x.proxy.nodes, n)
	}
	client := newBrowser()
	for i := range 8 {
		x.class = append(x.class, &learner{
			id: x.school.enrol(), school: x.school, tool: front.URL, client: client, place: fmt.Sprint("10.0.0.", i+1),
			chance: rand.New(rand.NewPCG(chosen, uint64(i+1))),
		})
	}
	return x
}

// work sets the class to work.
func (x *trial) work() {
	for _, l := range x.class {
		x.busy.Go(func() {
			for !x.over.Load() {
				_ = l.practise() // what is interrupted is begun anew
			}
		})
	}
}

// soon returns when a few more learners were told of their results: at another
// point of everything that is under way each time.
func (x *trial) soon() {
	told := count(x.school.record.Events(), Told)
	x.school.record.Await(Told, told+1+x.chance.IntN(12), func() bool { return x.over.Load() })
}

// advance puts all clocks ahead.
func (x *trial) advance() { x.clock.ahead.Add(int64(jump)) }

// fails notes that servers die, with so many posts under way.
func (x *trial) fails(posts int) {
	x.school.record.Add(Event{Kind: Killed, Posts: posts})
}

// finish lets everything come to an end and holds the record to the promises.
func (x *trial) finish() {
	x.t.Helper()
	x.over.Store(true)
	x.school.record.Wake()
	x.busy.Wait()
	for _, l := range x.class {
		l.again(10)
	}
	x.restart(x.proxy.nodes...) // with the clock beyond all leases
	x.settle()
	events := x.school.record.Events()
	x.t.Logf("%d let in, %d told, %d arrived, %d failures", count(events, LetIn), count(events, Told), count(events, Arrived), count(events, Killed))
	for _, broken := range Check(events) {
		x.t.Error(broken)
	}
	if count(events, Arrived) == 0 || count(events, Told) == 0 {
		x.t.Error("nothing happened that could have gone wrong")
	}
}

// settle waits until every score that somebody was told of has arrived. What
// has not by then is missing.
func (x *trial) settle() {
	var late atomic.Bool
	patience := time.AfterFunc(time.Minute, func() { late.Store(true); x.school.record.Wake() })
	defer patience.Stop()
	for !late.Load() && missing(x.school.record.Events()) {
		arrived := count(x.school.record.Events(), Arrived)
		x.school.record.Await(Arrived, arrived+1, late.Load)
	}
}

func missing(events []Event) bool {
	for _, broken := range Check(events) {
		if strings.Contains(broken, "and the LMS has") {
			return true
		}
	}
	return false
}

// restart ends servers in good order and starts them again, later.
func (x *trial) restart(nodes ...*node) {
	for _, n := range nodes {
		n.end(syscall.SIGTERM)
	}
	x.advance()
	for _, n := range nodes {
		n.told.Ahead = time.Duration(x.clock.ahead.Load())
		n.start()
	}
}

// A server is killed again and again, and started again on the files that it
// has left behind.
func TestAKilledServerBreaksNoPromise(t *testing.T) {
	x := begin(t, "", 1)
	x.work()
	for range *rounds {
		x.soon()
		n := x.proxy.nodes[0]
		n.end(syscall.SIGKILL)
		x.fails(perLane)
		x.advance()
		n.told.Ahead = time.Duration(x.clock.ahead.Load())
		n.start()
	}
	x.soon()
	x.finish()
}

// Of two servers on one PostgreSQL now one is killed, now the other; now the
// database fails, and now it hangs for a moment.
func TestTwoServersAndADatabaseThatFails(t *testing.T) {
	database, err := pgtest.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	defer database.Stop()
	x := begin(t, database.URL(), 2)
	x.work()
	for round := range *rounds {
		x.soon()
		n := x.proxy.nodes[round%2]
		switch round % 4 {
		case 0, 1:
			n.end(syscall.SIGKILL)
			x.fails(perLane)
			x.soon() // the other one goes on alone
		case 2:
			database.Crash()
			x.fails(2 * perLane)
			if err := database.Restart(); err != nil {
				t.Fatal(err)
			}
			continue
		case 3:
			if err := database.Freeze(); err != nil {
				t.Fatal(err)
			}
			x.fails(2 * perLane)
			if err := database.Thaw(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		n.told.Ahead = time.Duration(x.clock.ahead.Load())
		n.start()
	}
	x.soon()
	x.finish()
}

// Between two servers and their PostgreSQL the network fails: answers to commits
// are lost, all connections are cut, the database cannot be reached, and it
// answers late.
func TestTwoServersAndANetworkThatFails(t *testing.T) {
	network := pgtest.NewProxy(t, pgtest.URL(t))
	x := begin(t, network.URL(), 2)
	visitor := x.class[0] // comes only while the database is away
	x.class = x.class[1:]
	x.work()
	for round := range *rounds {
		x.soon()
		x.fails(2 * perLane)
		switch round % 4 {
		case 0:
			<-network.LoseCommit(`"sign_in_hash"`) // of launches that were written together
			<-network.LoseCommit("commit")
		case 1:
			network.Cut(false)
		case 2:
			network.Cut(true)
			if visitor.practise() == nil {
				t.Error("somebody has practised without a database")
			}
			network.Cut(false)
		case 3:
			network.Slow(50 * time.Millisecond)
			x.soon()
			network.Slow(0)
		}
	}
	x.soon()
	x.finish()
}
