package greenroom

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A LaunchLog writes refused launches to the launch log beside the requests: a
// flood of bad tokens must cost the database little and the requests nothing.
// What does not fit is counted and named in the server's log.
type LaunchLog struct {
	service *Service
	log     *slog.Logger
	queue   chan refusedLaunch
	dropped atomic.Int64

	mu     sync.Mutex
	queued map[WorkspaceID]int // how many of the queue are whose
}

type refusedLaunch struct {
	workspace WorkspaceID
	launch    Launch
	subject   string // of the launch's connection; empty when nobody is known
}

const (
	launchLogQueue = 256
	// launchLogShare is what one workspace may have in the queue: a flood at
	// its door must not keep the others' refusals out of their logs.
	launchLogShare = launchLogQueue / 2
	// launchLogRate bounds the refusals written in a second.
	launchLogRate = 20
)

// NewLaunchLog returns a log that Run must drain.
func NewLaunchLog(s *Service) *LaunchLog {
	return &LaunchLog{service: s, log: s.Log, queue: make(chan refusedLaunch, launchLogQueue), queued: map[WorkspaceID]int{}}
}

// Add notes a refused launch. It never blocks.
func (l *LaunchLog) Add(w WorkspaceID, launch Launch) { l.AddOf(w, launch, "") }

// AddOf does the same for a launch whose token was the connection's own: its
// subject is a learner, unless they never got in.
func (l *LaunchLog) AddOf(w WorkspaceID, launch Launch, subject string) {
	l.service.Observing().Launch(LaunchRefused, launch.Check, launch.Took)
	if l.offer(refusedLaunch{w, launch.readable(), subject}) {
		return
	}
	if l.dropped.Add(1) == 1 {
		l.log.Warn("launch log is full; refusals are being left out")
	}
}

// What the log keeps of a refusal's texts, in characters.
const (
	maxDetail      = 500
	maxDeployment  = 255
	maxMessageType = 100
)

// readable bounds what came from outside, and takes out what a page must not
// show. Not all of it was verified.
func (l Launch) readable() Launch {
	text := func(s string, n int) string { return clip(scrub(clip(s, maxClaimScanned)), n) }
	l.Detail = text(l.Detail, maxDetail)
	l.Deployment = text(l.Deployment, maxDeployment)
	l.MessageType = text(l.MessageType, maxMessageType)
	return l
}

func (l *LaunchLog) offer(r refusedLaunch) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued[r.workspace] >= launchLogShare {
		return false
	}
	select {
	case l.queue <- r:
		l.queued[r.workspace]++
		return true
	default:
		return false
	}
}

// taken gives the place of a refusal in the queue free.
func (l *LaunchLog) taken(r refusedLaunch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued[r.workspace]--; l.queued[r.workspace] == 0 {
		delete(l.queued, r.workspace)
	}
}

// Run writes until ctx ends, and then what is still queued.
func (l *LaunchLog) Run(ctx context.Context) {
	pace := time.NewTicker(time.Second / launchLogRate)
	defer pace.Stop()
	for {
		select {
		case r := <-l.queue:
			l.write(r)
		case <-ctx.Done():
			l.drain()
			return
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			l.drain()
			return
		}
	}
}

func (l *LaunchLog) drain() {
	for {
		select {
		case r := <-l.queue:
			l.write(r)
		default:
			return
		}
	}
}

func (l *LaunchLog) write(r refusedLaunch) {
	l.taken(r)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.add(ctx, r); err != nil {
		l.log.Error("launch log not written", "reference", r.launch.Reference, "err", err)
	}
	if n := l.dropped.Swap(0); n > 0 {
		l.log.Warn("refusals left out of the launch log", "count", n)
	}
}

func (l *LaunchLog) add(ctx context.Context, r refusedLaunch) error {
	id, err := newID[LaunchID](l.service.Random)
	if err != nil {
		return err
	}
	r.launch.ID, r.launch.Outcome = id, LaunchRefused
	return l.service.Store.Workspace(r.workspace).Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		if r.subject != "" {
			who, err := tx.LearnerBySubject(ctx, r.launch.Connection, r.subject)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			r.launch.Learner = who.ID
		}
		return tx.AddLaunch(ctx, r.launch)
	})
}
