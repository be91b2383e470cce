package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// PassbackQueue implements greenroom.InstanceStore.
func (i *instanceStore) PassbackQueue(ctx context.Context, now time.Time, lanes int) (queue greenroom.PassbackQueue, err error) {
	const path = "passback queue"
	db, err := i.store.queries(ctx)
	if err != nil {
		return queue, i.store.fail(path, err)
	}
	all, err := db.PassbackBacklogs(ctx)
	if err != nil {
		return queue, i.store.fail(path, err)
	}
	for _, b := range all {
		backlog := greenroom.Backlog{Rows: int(b.N), Oldest: column.Millis(b.Oldest)}
		if b.State == greenroom.PassbackFailed {
			queue.Failed = backlog
		} else {
			queue.Waiting = backlog
		}
	}
	due, err := db.DueBacklog(ctx, column.Time(now))
	if err != nil {
		return queue, i.store.fail(path, err)
	}
	queue.Due = greenroom.Backlog{Rows: int(due.N), Oldest: column.Millis(due.Oldest)}
	failing, err := db.FailingLanes(ctx, rows(lanes))
	for _, f := range failing {
		queue.Failing = append(queue.Failing, greenroom.FailingLane{
			Lane:    greenroom.Lane{Workspace: f.WorkspaceID, Connection: f.ConnectionID},
			Backlog: greenroom.Backlog{Rows: int(f.N), Oldest: column.Millis(f.Oldest)},
		})
	}
	return queue, i.store.fail(path, err)
}

// RosterQueue implements greenroom.InstanceStore.
func (i *instanceStore) RosterQueue(ctx context.Context, now time.Time) (queue greenroom.DutyQueue, err error) {
	const path = "roster queue"
	db, err := i.store.queries(ctx)
	if err != nil {
		return queue, i.store.fail(path, err)
	}
	due, err := db.DueRosterBacklog(ctx, column.Time(now))
	if err != nil {
		return queue, i.store.fail(path, err)
	}
	troubles, err := db.RosterTroubles(ctx)
	return dutyQueue(due.N, due.Oldest, troubles.Failing, troubles.Refused), i.store.fail(path, err)
}

// LineItemQueue implements greenroom.InstanceStore.
func (i *instanceStore) LineItemQueue(ctx context.Context, now time.Time) (queue greenroom.DutyQueue, err error) {
	const path = "line item queue"
	db, err := i.store.queries(ctx)
	if err != nil {
		return queue, i.store.fail(path, err)
	}
	due, err := db.DueLineItemBacklog(ctx, column.Time(now))
	if err != nil {
		return queue, i.store.fail(path, err)
	}
	troubles, err := db.LineItemTroubles(ctx)
	return dutyQueue(due.N, due.Oldest, troubles.Failing, troubles.Refused), i.store.fail(path, err)
}

func dutyQueue(rows, oldest, failing, refused int64) greenroom.DutyQueue {
	due := greenroom.Backlog{Rows: int(rows), Oldest: column.Millis(oldest)}
	return greenroom.DutyQueue{Due: due, Failing: int(failing), Refused: int(refused)}
}

// SigningKeys implements greenroom.InstanceStore.
func (i *instanceStore) SigningKeys(ctx context.Context, now time.Time) (greenroom.Backlog, error) {
	return one(ctx, i.store, "signing keys", (*q.Queries).SigningKeys, column.Time(now), func(r q.SigningKeysRow) greenroom.Backlog {
		return greenroom.Backlog{Rows: int(r.N), Oldest: column.Millis(r.Oldest)}
	})
}
