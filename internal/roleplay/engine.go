package roleplay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// Limits bounds what scripts may use. A zero field takes its default.
type Limits struct {
	Machines int           // VMs at a time; default: one per CPU
	Steps    int           // steps of ink in one turn; default 5000
	Text     int           // characters that one turn may handle; default 100 000
	Items    int           // items of lists that one turn may handle; default 10 000
	Picks    int           // replies in one talk; default 400
	Story    int           // bytes of a compiled script, and of what a talk keeps in mind; default 4 MiB
	Turn     time.Duration // time for one call of Play, as a backstop; default 10 s
	Check    time.Duration // time for compiling and checking a file, each; default 30 s
	Kept     int           // bytes of recent talks that are kept to go on from; default 16 MiB
	Idle     time.Duration // after how long without work a VM is given up; default 1 minute
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Machines: cmp.Or(l.Machines, runtime.GOMAXPROCS(0)),
		Steps:    cmp.Or(l.Steps, 5000),
		Text:     cmp.Or(l.Text, 100_000),
		Items:    cmp.Or(l.Items, 10_000),
		Picks:    cmp.Or(l.Picks, 400),
		Story:    cmp.Or(l.Story, 4<<20),
		Turn:     cmp.Or(l.Turn, 10*time.Second),
		Check:    cmp.Or(l.Check, 30*time.Second),
		Kept:     cmp.Or(l.Kept, 16<<20),
		Idle:     cmp.Or(l.Idle, time.Minute),
	}
}

// An Engine compiles and plays scripts. It is safe for concurrent use: a call
// waits until a machine is free. Its machines are made when they are first
// needed, and given up when they idle, so an engine that plays nothing costs
// nothing.
type Engine struct {
	limits Limits
	pool   chan *seat
	recent recent
}

// A seat has a machine in it while that is warm.
type seat struct {
	mu      sync.Mutex
	machine *machine // nil: yet to be made
	idle    *time.Timer
}

// take returns the machine, nil if there is none.
func (p *seat) take() *machine {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.machine
	p.machine = nil
	if p.idle != nil {
		p.idle.Stop()
	}
	return m
}

// put keeps a machine until it has idled for a while.
func (p *seat) put(m *machine, idle time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.machine = m
	p.idle = time.AfterFunc(idle, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.machine == m {
			p.machine = nil
		}
	})
}

// NewEngine returns an engine. Limits{} is a good choice.
func NewEngine(limits Limits) *Engine {
	limits = limits.withDefaults()
	e := &Engine{limits: limits, pool: make(chan *seat, limits.Machines)}
	e.recent.limit = limits.Kept
	for range limits.Machines {
		e.pool <- &seat{}
	}
	return e
}

// with runs f on a machine of the pool.
func (e *Engine) with(ctx context.Context, f func(*machine) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var at *seat
	select {
	case at = <-e.pool:
	case <-ctx.Done():
		return ctx.Err()
	}
	m := at.take()
	defer func() {
		if m != nil && !m.spoiled {
			at.put(m, e.limits.Idle)
		}
		e.pool <- at
	}()
	if m == nil {
		made, err := newMachine()
		if err != nil {
			return err
		}
		m = made
	}
	return f(m)
}

// Errors of Play. Others are a script that failed, or ctx's.
var (
	// ErrPick is a pick that was not on offer.
	ErrPick = errors.New("reply is not on offer")
	// ErrRunaway is a script that does not come to a stop.
	ErrRunaway = errors.New("script does not come to a stop")
	// ErrTooLong is a talk or a script beyond the engine's limits.
	ErrTooLong = errors.New("talk is too long")
)

// counted are the limits that a script's own steps run into.
type counted struct {
	Steps int `json:"steps"`
	Text  int `json:"text"`
	Items int `json:"items"`
}

func (e *Engine) counted() counted { return counted{e.limits.Steps, e.limits.Text, e.limits.Items} }

type playRequest struct {
	Key    string  `json:"key"`
	Seed   int64   `json:"seed"`
	State  string  `json:"state"`
	Picks  []int   `json:"picks"`
	Limits counted `json:"limits"`
}

type playAnswer struct {
	Beats   []beat   `json:"beats"`
	Choices []string `json:"choices"`
	State   string   `json:"state"`

	Refused bool `json:"refused"`
	Pick    int  `json:"pick"`
	Open    int  `json:"open"`
}

// Play returns the talk that picks make of a compiled script, from the
// beginning. The same arguments give the same talk. seed is what the script's
// random choices come from; its lowest 31 bits count.
func (e *Engine) Play(ctx context.Context, compiled []byte, seed int64, picks []int) (Talk, error) {
	if len(compiled) > e.limits.Story {
		return Talk{}, fmt.Errorf("play: compiled script of %d bytes: %w", len(compiled), ErrTooLong)
	}
	if len(picks) > e.limits.Picks {
		return Talk{}, fmt.Errorf("play: %d replies: %w", len(picks), ErrTooLong)
	}
	seed &= 1<<31 - 1
	keys := keysOf(compiled, seed, picks)
	known, from := e.recent.longest(keys)
	if known == nil || from < len(picks) {
		var err error
		if known, err = e.goOn(ctx, compiled, seed, picks, known, from); err != nil {
			return Talk{}, fmt.Errorf("play: %w", err)
		}
		e.recent.keep(keys[len(picks)], known)
	}
	return tell(known.beats, known.choices), nil
}

// goOn plays the picks from the given one on, after what is known; from the
// beginning if nothing is.
func (e *Engine) goOn(ctx context.Context, compiled []byte, seed int64, picks []int, known *moment, from int) (*moment, error) {
	key := keysOf(compiled, 0, nil)[0]
	request := playRequest{Key: fmt.Sprintf("%x", key[:8]), Seed: seed, Picks: append([]int{}, picks[from:]...), Limits: e.counted()}
	if known != nil {
		request.State = known.state
	} else {
		known = &moment{}
	}
	var answer playAnswer
	err := e.with(ctx, func(m *machine) error {
		story := m.vm.ToValue(func() string { return string(compiled) })
		return m.call(ctx, e.limits.Turn, m.play, request, &answer, story)
	})
	if err != nil {
		return nil, plain(err)
	}
	if answer.Refused {
		return nil, fmt.Errorf("pick %d: %d of %d: %w", from+answer.Pick, picks[from+answer.Pick], answer.Open, ErrPick)
	}
	if len(answer.State) > e.limits.Story {
		return nil, fmt.Errorf("%d bytes to keep in mind: %w", len(answer.State), ErrTooLong)
	}
	beats := append(append([]beat{}, known.beats...), answer.Beats...)
	return &moment{beats, answer.Choices, answer.State}, nil
}

// plain gives a name to what a caller may want to tell apart.
func plain(err error) error {
	if _, limited := errors.AsType[stop](err); limited || errors.Is(err, errTime) {
		return fmt.Errorf("%w: %w", ErrRunaway, err)
	}
	return err
}
