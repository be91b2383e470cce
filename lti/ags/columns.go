package ags

import (
	"context"
	"fmt"
	"sync"

	"github.com/greenroom-lti/greenroom/lti"
)

// Columns finds columns, and makes those that are not there. The zero value is
// ready; share one among all goroutines of a program, for it lets calls for the
// same column wait for each other.
//
// Two programs that look at the same moment see no column and make one each: no
// platform offers a way to prevent that. Hold a lock of your own around the
// call if several of yours run.
type Columns struct {
	mu    sync.Mutex
	taken map[column]*turn
}

// A column is what calls that must wait for each other have in common.
type column struct{ container, resourceLinkID, resourceID, tag string }

type turn struct {
	token   chan struct{} // holds one element while nobody has the turn
	waiting int
}

// FindOrCreate returns the first column of a container with the ResourceLinkID,
// ResourceID and Tag of i, those of them that are set, of which there must be
// one. If there is none it creates i, and created is true. The column that is
// found is returned as it is, with its own label and maximum.
//
// A call that failed half-way may be made again: what was created is found.
// Errors are *lti.ServiceError, wrap ErrInvalid, or are the context's. The scope
// is lti.ScopeLineItem; to read, lti.ScopeLineItemReadOnly.
func (s *Columns) FindOrCreate(ctx context.Context, c *lti.Client, containerURL string, i LineItem) (found LineItem, created bool, err error) {
	key := column{containerURL, i.ResourceLinkID, i.ResourceID, i.Tag}
	if key == (column{container: containerURL}) {
		return LineItem{}, false, fmt.Errorf("line item: %w: nothing to find it by", ErrInvalid)
	}
	leave, err := s.enter(ctx, key)
	if err != nil {
		return LineItem{}, false, fmt.Errorf("line item: %w", err)
	}
	defer leave()
	filter := Filter{ResourceLinkID: i.ResourceLinkID, ResourceID: i.ResourceID, Tag: i.Tag}
	for item, err := range LineItems(ctx, c, containerURL, filter) {
		return item, false, err
	}
	made, err := CreateLineItem(ctx, c, containerURL, i)
	return made, err == nil, err
}

// enter waits until nobody else looks for the same column.
func (s *Columns) enter(ctx context.Context, key column) (leave func(), err error) {
	s.mu.Lock()
	if s.taken == nil {
		s.taken = map[column]*turn{}
	}
	t := s.taken[key]
	if t == nil {
		t = &turn{token: make(chan struct{}, 1)}
		t.token <- struct{}{}
		s.taken[key] = t
	}
	t.waiting++
	s.mu.Unlock()
	select {
	case <-t.token:
		return func() { t.token <- struct{}{}; s.forget(key, t) }, nil
	case <-ctx.Done():
		s.forget(key, t)
		return nil, ctx.Err()
	}
}

func (s *Columns) forget(key column, t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.waiting--; t.waiting == 0 {
		delete(s.taken, key)
	}
}
