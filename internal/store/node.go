package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Beat implements greenroom.InstanceStore.
func (i *instanceStore) Beat(ctx context.Context, node string) (map[string]int64, error) {
	beats := map[string]int64{}
	err := i.write(ctx, "beat of node "+node, func(ctx context.Context, t *txn) error {
		if err := t.db.Beat(ctx, node); err != nil {
			return err
		}
		all, err := t.db.Nodes(ctx)
		for _, n := range all {
			beats[n.ID] = n.Beats
		}
		return err
	})
	return beats, err
}

// ForgetNode implements greenroom.InstanceStore.
func (i *instanceStore) ForgetNode(ctx context.Context, node string) error {
	return i.write(ctx, "forget node "+node, func(ctx context.Context, t *txn) error { return t.db.ForgetNode(ctx, node) })
}

// TakeChore implements greenroom.InstanceStore.
func (i *instanceStore) TakeChore(ctx context.Context, name string, now, until time.Time) (taken bool, err error) {
	arg := q.TakeChoreParams{Name: name, Now: column.Time(now), Until: column.Time(until), Latest: column.Time(until.Add(until.Sub(now)))}
	err = i.write(ctx, "chore "+name, func(ctx context.Context, t *txn) error {
		n, err := t.db.TakeChore(ctx, arg)
		taken = n > 0
		return err
	})
	return taken && err == nil, err
}
