package lti

import (
	"context"
	"sync"
)

// flights lets callers who want the same thing at the same time share one
// piece of work. The work outlives a caller who gives up.
type flights[T any] struct {
	mu  sync.Mutex
	now map[string]*flight[T]
}

type flight[T any] struct {
	landed chan struct{}
	value  T
	err    error
}

// share runs work, or waits for the one that is under way for key.
func (f *flights[T]) share(ctx context.Context, key string, work func(context.Context) (T, error)) (T, error) {
	f.mu.Lock()
	running, ok := f.now[key]
	if !ok {
		running = &flight[T]{landed: make(chan struct{})}
		if f.now == nil {
			f.now = map[string]*flight[T]{}
		}
		f.now[key] = running
		go f.fly(context.WithoutCancel(ctx), key, running, work)
	}
	f.mu.Unlock()
	select {
	case <-running.landed:
		return running.value, running.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (f *flights[T]) fly(ctx context.Context, key string, running *flight[T], work func(context.Context) (T, error)) {
	running.value, running.err = work(ctx)
	f.mu.Lock()
	delete(f.now, key)
	f.mu.Unlock()
	close(running.landed)
}
