package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Options of workers. Zero values stand for the usual.
type Options struct {
	Service *greenroom.Service
	Now     func() time.Time
	Log     *slog.Logger
	PerLane int           // rows of one connection at a time; 0: the usual number of their kind
	Lanes   int           // connections at a time; 0: 16
	Poll    time.Duration // the longest time between two looks; 0: 15 s
}

// The times of a claim. Delivering and settling end before the lease does, so
// that no two workers ever hold one row.
const (
	leaseTime   = 60 * time.Second
	deliverTime = 45 * time.Second
	settleTime  = 10 * time.Second
	// claimTime ends a claim that the database does not answer: the look at the
	// others' rows must go on.
	claimTime = 20 * time.Second
	// graceTime is how long deliveries under way may take once the workers are
	// asked to stop.
	graceTime = 15 * time.Second
)

// A queue is what the workers ask of the domain. A row of it is a D.
type queue[D any] interface {
	DueLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error)
	NextTry(ctx context.Context) (time.Time, error)
	Claim(ctx context.Context, l greenroom.Lane, now, leaseUntil time.Time, limit int) ([]D, error)
	Deliver(ctx context.Context, due D) greenroom.Outcome
	Settle(ctx context.Context, due D, o greenroom.Outcome) error
}

// A duty is what workers need to know of the rows of their queue.
type duty[D any] struct {
	what           string // for the log
	noun           string // what id is of, likewise
	id             func(D) string
	lease, deliver time.Duration
	perLane        int
}

// workers do the duties of one queue.
type workers[D any] struct {
	queue   queue[D]
	duty    duty[D]
	now     func() time.Time
	log     *slog.Logger
	perLane int
	atOnce  int
	poll    time.Duration

	random   io.Reader // of references
	turned   atomic.Int64
	wake     chan struct{}
	finished chan result
	// lanes are those with rows, with work under way or with trouble behind them;
	// busy those with work under way, at most as many as atOnce. Only Run's
	// goroutine touches them, and what follows.
	lanes map[greenroom.Lane]*lane
	busy  map[greenroom.Lane]*lane
	turn  int // counts claims

	// due are the lanes that had rows when the queue was looked at last, the one
	// that was served longest ago first, but for those that isDue does not know any
	// more; stale says that it has to be looked at again, and lookAgain how soon it
	// may be.
	due       []greenroom.Lane
	isDue     map[greenroom.Lane]bool
	stale     bool
	lookAgain time.Time
	lookNext  time.Time // when there will be something to see
}

// lookShare bounds what looking at the queue may take of the time, to one part
// in so many: where much waits, a look costs more than bringing a row. One that
// took very long, for the database hung, puts off the next no longer than the
// poll does.
const lookShare = 20

// A result is what a worker hands back.
type result struct {
	lane    greenroom.Lane
	outcome greenroom.Outcome
}

func newWorkers[D any](q queue[D], o Options, of duty[D]) *workers[D] {
	p := &workers[D]{
		queue: q, duty: of, now: o.Now, log: o.Log,
		perLane: orElse(o.PerLane, of.perLane), atOnce: orElse(o.Lanes, 16), poll: orElse(o.Poll, 15*time.Second),
		wake:  make(chan struct{}, 1),
		lanes: map[greenroom.Lane]*lane{}, busy: map[greenroom.Lane]*lane{}, isDue: map[greenroom.Lane]bool{},
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if o.Service != nil {
		p.random = o.Service.Random
	}
	if p.random == nil {
		p.random = rand.Reader
	}
	p.finished = make(chan result, p.perLane*p.atOnce) // a worker never waits to hand back
	return p
}

func orElse[T int | time.Duration](given, usual T) T {
	if given > 0 {
		return given
	}
	return usual
}

// Wake tells the workers that a row may be due. It never blocks, and may
// be called before Run.
func (p *workers[D]) Wake() {
	select {
	case p.wake <- struct{}{}:
	default: // a look is coming anyway
	}
}

// Run works until ctx ends; then it begins nothing new and waits for what is
// under way, for a moment. It must not be called twice at a time.
func (p *workers[D]) Run(ctx context.Context) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	p.stale = true
	for ctx.Err() == nil {
		p.turned.Store(p.now().UnixMilli())
		timer := time.NewTimer(p.work(ctx, work))
		select {
		case <-ctx.Done():
		case <-p.wake:
			p.stale = true
		case <-timer.C:
		case r := <-p.finished:
			p.handBack(r)
		}
		timer.Stop()
	}
	grace := time.AfterFunc(graceTime, stop)
	defer grace.Stop()
	for len(p.busy) > 0 {
		p.handBack(<-p.finished)
	}
}

// Turned tells when Run last looked at what there is to do; zero before it
// has. It may be called at any time.
func (p *workers[D]) Turned() time.Time {
	if ms := p.turned.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// work sets workers to what is due, and returns how long to wait if nothing
// happens. As long as lanes are known to have rows, nobody looks for others
// with each row that is brought.
func (p *workers[D]) work(ctx, work context.Context) time.Duration {
	p.takeBack()
	if now := p.now(); (p.stale || len(p.isDue) == 0 || !now.Before(p.lookNext)) && !now.Before(p.lookAgain) {
		p.look(ctx)
	}
	for claims := p.plan(); len(claims) > 0; claims = p.plan() {
		p.serve(ctx, work, claims) // somebody else may have taken what those had: plan again
	}
	next := p.lookAgain
	if !p.stale && p.lookNext.After(next) {
		next = p.lookNext
	}
	return next.Sub(p.now())
}

// look reads which lanes have rows that are due, and when to look again.
func (p *workers[D]) look(ctx context.Context) {
	begun := p.now()
	due, err := p.queue.DueLanes(ctx, begun)
	if err != nil {
		p.complain(ctx, "due "+p.duty.what+"s not read", err)
		p.due, p.stale, p.lookNext = nil, false, begun.Add(p.poll)
		clear(p.isDue)
		return
	}
	slices.SortStableFunc(due, func(a, b greenroom.Lane) int { return p.lastTurn(a) - p.lastTurn(b) })
	p.due, p.stale = due, false
	clear(p.isDue)
	for _, id := range due {
		p.isDue[id] = true
	}
	p.forget()
	p.lookNext = begun.Add(p.wait(ctx))
	now := p.now()
	p.lookAgain = now.Add(min(lookShare*now.Sub(begun), p.poll)) // a clock that was put forward may say days
}

// forget drops lanes of which there is nothing to remember.
func (p *workers[D]) forget() {
	for id, l := range p.lanes {
		if l.busy == 0 && l.bad == 0 && l.rests == 0 && !p.isDue[id] {
			delete(p.lanes, id)
		}
	}
}

// takeBack takes the results that are there already: one look serves them all.
func (p *workers[D]) takeBack() {
	for {
		select {
		case r := <-p.finished:
			p.handBack(r)
		default:
			return
		}
	}
}

// A claim is what a lane is served with.
type claim[D any] struct {
	lane    greenroom.Lane
	room    int
	claimed []D
	err     error
}

// plan returns what may be claimed now: more of the lanes that are worked on,
// and as many others as there are workers for. It looks at no more than those,
// however many are due.
func (p *workers[D]) plan() (claims []claim[D]) {
	now := p.now()
	for id, l := range p.busy {
		if room := l.room(now, p.perLane); room > 0 && p.isDue[id] {
			claims = append(claims, claim[D]{lane: id, room: room})
		}
	}
	slices.SortFunc(claims, func(a, b claim[D]) int { return p.lastTurn(a.lane) - p.lastTurn(b.lane) })
	var served []greenroom.Lane
	for free := p.atOnce - len(p.busy); free > 0 && len(p.due) > 0; {
		id := p.due[0]
		p.due = p.due[1:]
		if !p.isDue[id] {
			continue
		}
		l := p.lane(id)
		if l.busy > 0 {
			served = append(served, id)
			continue
		}
		if l.resting(now) {
			delete(p.isDue, id) // until the next look, which comes when it has rested
			continue
		}
		claims = append(claims, claim[D]{lane: id, room: l.room(now, p.perLane)})
		free--
	}
	p.due = append(p.due, served...)
	return claims
}

// serve claims as much of each lane as it may work on. All claims are made at
// once: they share a commit.
func (p *workers[D]) serve(ctx, work context.Context, lanes []claim[D]) {
	now := p.now()
	claiming, cancel := context.WithTimeout(ctx, claimTime)
	defer cancel()
	var all sync.WaitGroup
	for i := range lanes {
		c := &lanes[i]
		all.Go(func() { c.claimed, c.err = p.queue.Claim(claiming, c.lane, now, now.Add(p.duty.lease), c.room) })
	}
	all.Wait()
	for _, c := range lanes {
		if c.err != nil {
			p.complain(ctx, p.duty.what+"s not claimed", c.err, "connection", c.lane.Connection)
			delete(p.isDue, c.lane) // until the next look
			continue
		}
		l := p.lane(c.lane)
		p.turn++
		l.turn = p.turn
		if len(c.claimed) < c.room {
			delete(p.isDue, c.lane)
		} else if l.busy == 0 {
			p.due = append(p.due, c.lane)
		}
		for _, due := range c.claimed {
			l.busy++
			p.busy[c.lane] = l
			go p.deliver(work, c.lane, due)
		}
	}
}

// deliver does one duty and writes the outcome down, also when the
// workers are being stopped. Each line that the log has of it names it.
func (p *workers[D]) deliver(ctx context.Context, id greenroom.Lane, due D) {
	reference, _ := greenroom.NewReference(p.random) // without one the rest still says what it is about
	ctx = greenroom.WithDuty(ctx, reference, id, p.duty.noun, p.duty.id(due))
	posting, cancel := context.WithTimeout(ctx, p.duty.deliver)
	o := p.queue.Deliver(posting, due)
	cancel()
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := p.queue.Settle(settling, due, o); err != nil {
		// The row is due again when its lease has run out.
		p.log.ErrorContext(ctx, "outcome of a "+p.duty.what+" not written", "outcome", o.Kind, "err", err)
	}
	p.finished <- result{id, o}
}

// handBack notes in the lane what a worker came back with.
func (p *workers[D]) handBack(r result) {
	l := p.lane(r.lane)
	if l.busy--; l.busy == 0 {
		delete(p.busy, r.lane)
	}
	if r.outcome.Kind != greenroom.Done {
		p.stale = true // the row comes again
	}
	rested := l.resting(p.now())
	l.note(r.outcome, p.now())
	if !rested && l.resting(p.now()) {
		p.log.Warn("platform answers badly; its "+p.duty.what+"s rest", "connection", r.lane.Connection,
			"until", l.restUntil, "answer", r.outcome.Answer)
	}
}

// wait returns the time until the next row falls due or a lane has rested, and
// the poll's interval at most. What is due already and was left waits for a
// worker, or for its lane.
func (p *workers[D]) wait(ctx context.Context) time.Duration {
	now := p.now()
	wait := p.poll
	sooner := func(at time.Time) {
		if at.After(now) {
			wait = min(wait, at.Sub(now))
		}
	}
	for _, l := range p.lanes {
		sooner(l.restUntil)
	}
	next, err := p.queue.NextTry(ctx)
	switch {
	case errors.Is(err, greenroom.ErrNotFound):
	case err != nil:
		p.complain(ctx, "next "+p.duty.what+" not read", err)
	default:
		sooner(next)
	}
	return wait
}

func (p *workers[D]) lane(id greenroom.Lane) *lane {
	l, ok := p.lanes[id]
	if !ok {
		l = &lane{}
		p.lanes[id] = l
	}
	return l
}

// lastTurn orders lanes so that the one served longest ago comes first.
func (p *workers[D]) lastTurn(id greenroom.Lane) int {
	if l, ok := p.lanes[id]; ok {
		return l.turn
	}
	return 0
}

// complain logs an error, unless it only says that we are being stopped.
func (p *workers[D]) complain(ctx context.Context, what string, err error, args ...any) {
	if ctx.Err() == nil {
		p.log.ErrorContext(ctx, what, append(args, "err", err)...)
	}
}
