package jobs

import (
	"context"
	"log/slog"
	"time"
)

// Notices asks platforms for notices: soon after a launch has told of a
// deployment that sends some, and now and then, for addresses change and
// platforms do not always answer. Every server makes its rounds: which of them
// asks a deployment, they settle for each one.
type Notices struct {
	subscribe func(context.Context) error
	log       *slog.Logger
	every     time.Duration
	wake      chan struct{}
	tasks     chan func(context.Context)
}

// NewNotices returns a worker that Run sets to work; subscribe is
// Service.Subscribe. every 0 is five minutes.
func NewNotices(subscribe func(context.Context) error, log *slog.Logger, every time.Duration) *Notices {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Notices{subscribe: subscribe, log: log, every: orElse(every, 5*time.Minute), wake: make(chan struct{}, 1), tasks: make(chan func(context.Context), maxTasks)}
}

// Wake makes the next round come at once. It never blocks.
func (n *Notices) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// maxTasks is how many tasks wait at most.
const maxTasks = 100

// Do does a task in the background, after those that came before. It never
// blocks: one too many is left undone, and logged.
func (n *Notices) Do(task func(context.Context)) {
	select {
	case n.tasks <- task:
	default:
		n.log.Warn("too much to do in the background")
	}
}

// Run works until ctx ends.
func (n *Notices) Run(ctx context.Context) {
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	for {
		if err := n.subscribe(ctx); err != nil && ctx.Err() == nil {
			n.log.ErrorContext(ctx, "notices not asked for", "err", err)
		}
		if !n.wait(ctx, tick.C) {
			return
		}
	}
}

// wait does the tasks that come until the next round; it is false when ctx
// ends.
func (n *Notices) wait(ctx context.Context, round <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-round:
			return true
		case <-n.wake:
			return true
		case task := <-n.tasks:
			task(ctx)
		}
	}
}
