package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testWatch(t *testing.T, open func(t *testing.T) greenroom.Store) {
	t.Run("an empty store has no backlog", func(t *testing.T) {
		s := open(t)
		equal(t, "queue", must(s.Instance().PassbackQueue(t.Context(), noon, 5))(t), greenroom.PassbackQueue{})
		equal(t, "keys", must(s.Instance().SigningKeys(t.Context(), noon))(t), greenroom.Backlog{})
	})
	t.Run("the queue is counted over all workspaces", func(t *testing.T) {
		s := open(t)
		a, b := launched(t, s, "alpha"), launched(t, s, "beta")
		put := func(w *world, n int, change func(p *greenroom.Passback)) { owe(t, w, n, change) }
		put(a, 1, func(p *greenroom.Passback) { p.Since, p.NextTry, p.Attempts = minutes(-60), minutes(-5), 2 })
		put(a, 2, func(p *greenroom.Passback) { p.Since, p.NextTry, p.Attempts = minutes(-70), minutes(5), 1 })
		put(b, 3, func(p *greenroom.Passback) { p.Since, p.NextTry, p.Attempts = minutes(-9), minutes(9), 1 })
		put(b, 4, func(p *greenroom.Passback) { p.Since, p.NextTry, p.LeaseUntil = minutes(-8), minutes(-8), minutes(1) })
		put(b, 5, func(p *greenroom.Passback) { p.Since, p.NextTry, p.LeaseUntil = minutes(-8), minutes(-8), minutes(-2) })
		put(b, 6, func(p *greenroom.Passback) { p.Since, p.State, p.Attempts = minutes(-99), greenroom.PassbackFailed, 7 })
		put(b, 7, func(p *greenroom.Passback) { p.Since, p.State = minutes(-999), greenroom.PassbackSent })
		lane := func(w *world, rows int, oldest time.Time) greenroom.FailingLane {
			return greenroom.FailingLane{
				Lane:    greenroom.Lane{Workspace: w.workspace.ID, Connection: w.connection.ID},
				Backlog: greenroom.Backlog{Rows: rows, Oldest: oldest},
			}
		}
		want := greenroom.PassbackQueue{
			Waiting: greenroom.Backlog{Rows: 5, Oldest: minutes(-70)}, Failed: greenroom.Backlog{Rows: 1, Oldest: minutes(-99)},
			Due:     greenroom.Backlog{Rows: 2, Oldest: minutes(-5)},
			Failing: []greenroom.FailingLane{lane(a, 2, minutes(-70)), lane(b, 1, minutes(-9))},
		}
		equal(t, "queue", must(s.Instance().PassbackQueue(t.Context(), noon, 5))(t), want)
		want.Failing = want.Failing[:1]
		equal(t, "one lane of it", must(s.Instance().PassbackQueue(t.Context(), noon, 1))(t), want)
	})
	t.Run("keys count while they sign", func(t *testing.T) {
		s := open(t)
		a, b := newWorld(t, s, "alpha"), newWorld(t, s, "beta")
		b.key.RetiresAt = minutes(10)
		update(t, b,
			func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveKey(ctx, b.key) },
			func(ctx context.Context, tx greenroom.Tx) error {
				return tx.AddKey(ctx, greenroom.Key{ID: "next", CreatedAt: noon, SignsAt: minutes(10)})
			})
		equal(t, "before the turn", must(s.Instance().SigningKeys(t.Context(), minutes(5)))(t), greenroom.Backlog{Rows: 2, Oldest: noon})
		a.key.WithdrawnAt = minutes(6)
		update(t, a, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveKey(ctx, a.key) })
		equal(t, "after it", must(s.Instance().SigningKeys(t.Context(), minutes(10)))(t), greenroom.Backlog{Rows: 1, Oldest: minutes(10)})
	})
}
