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
		equal(t, "rosters", must(s.Instance().RosterQueue(t.Context(), noon))(t), greenroom.DutyQueue{})
		equal(t, "line items", must(s.Instance().LineItemQueue(t.Context(), noon))(t), greenroom.DutyQueue{})
		equal(t, "keys", must(s.Instance().SigningKeys(t.Context(), noon))(t), greenroom.Backlog{})
	})
	t.Run("the queue is counted over all workspaces", func(t *testing.T) {
		s := open(t)
		a, b, c, off := launched(t, s, "alpha"), launched(t, s, "beta"), launched(t, s, "gamma"), launched(t, s, "off")
		put := func(w *world, n int, change func(p *greenroom.Passback)) { owe(t, w, n, change) }
		put(a, 1, func(p *greenroom.Passback) { p.Since, p.NextTry, p.Attempts = minutes(-60), minutes(-5), 2 })
		put(a, 2, func(p *greenroom.Passback) { p.Since, p.NextTry, p.Attempts = minutes(-70), minutes(5), 1 })
		put(b, 3, func(p *greenroom.Passback) { p.Since, p.NextTry, p.Attempts = minutes(-9), minutes(9), 1 })
		put(b, 4, func(p *greenroom.Passback) { p.Since, p.NextTry = minutes(-8), minutes(-8) }) // waits for its platform
		put(c, 5, func(p *greenroom.Passback) { p.Since, p.NextTry, p.LeaseUntil = minutes(-8), minutes(-8), minutes(1) })
		put(c, 8, func(p *greenroom.Passback) { p.Since, p.NextTry, p.LeaseUntil = minutes(-8), minutes(-8), minutes(-2) })
		put(c, 9, func(p *greenroom.Passback) { p.Since, p.NextTry = minutes(-8), minutes(-1) })
		put(off, 10, func(p *greenroom.Passback) { p.Since, p.NextTry = minutes(-8), minutes(-8) })
		off.connection.Disabled = true
		save(t, off, off.connection)
		put(b, 6, func(p *greenroom.Passback) { p.Since, p.State, p.Attempts = minutes(-99), greenroom.PassbackFailed, 7 })
		put(b, 7, func(p *greenroom.Passback) { p.Since, p.State = minutes(-999), greenroom.PassbackSent })
		lane := func(w *world, rows int, oldest time.Time) greenroom.FailingLane {
			return greenroom.FailingLane{
				Lane:    greenroom.Lane{Workspace: w.workspace.ID, Connection: w.connection.ID},
				Backlog: greenroom.Backlog{Rows: rows, Oldest: oldest},
			}
		}
		want := greenroom.PassbackQueue{
			Waiting: greenroom.Backlog{Rows: 8, Oldest: minutes(-70)}, Failed: greenroom.Backlog{Rows: 1, Oldest: minutes(-99)},
			Due:     greenroom.Backlog{Rows: 2, Oldest: minutes(-2)},
			Failing: []greenroom.FailingLane{lane(a, 2, minutes(-70)), lane(b, 1, minutes(-9))},
		}
		equal(t, "queue", must(s.Instance().PassbackQueue(t.Context(), noon, 5))(t), want)
		want.Failing = want.Failing[:1]
		equal(t, "one lane of it", must(s.Instance().PassbackQueue(t.Context(), noon, 1))(t), want)
	})
	t.Run("rosters are counted over all workspaces", func(t *testing.T) {
		s := open(t)
		a, b, off := launched(t, s, "alpha"), launched(t, s, "beta"), launched(t, s, "off")
		oweRoster(t, a, 1, func(r *greenroom.Roster) { r.NextTry = minutes(-5) })
		oweRoster(t, a, 2, func(r *greenroom.Roster) { r.NextTry, r.LeaseUntil = minutes(-9), minutes(-3) })
		oweRoster(t, a, 3, func(r *greenroom.Roster) { r.NextTry, r.LeaseUntil = minutes(-9), minutes(1) })
		oweRoster(t, a, 4, func(r *greenroom.Roster) { r.NextTry, r.State = minutes(9), greenroom.RosterRead })
		oweRoster(t, a, 5, func(r *greenroom.Roster) { r.NextTry, r.State = minutes(9), greenroom.RosterRefused })
		oweRoster(t, b, 6, func(r *greenroom.Roster) { r.NextTry, r.State, r.Attempts = minutes(2), greenroom.RosterFailing, 2 })
		oweRoster(t, b, 7, func(r *greenroom.Roster) { r.NextTry = minutes(-8) }) // waits for its platform
		oweRoster(t, off, 8, func(r *greenroom.Roster) { r.NextTry = minutes(-8) })
		off.connection.Disabled = true
		save(t, off, off.connection)
		equal(t, "queue", must(s.Instance().RosterQueue(t.Context(), noon))(t), greenroom.DutyQueue{
			Due: greenroom.Backlog{Rows: 2, Oldest: minutes(-5)}, Failing: 1, Refused: 1,
		})
	})
	t.Run("line item duties are counted over all workspaces", func(t *testing.T) {
		s := open(t)
		put := func(w *world, n int, change func(*greenroom.LineItemDuty)) {
			r := w.record(300 + n)
			r.Link.PlatformID = r.Launch.StateID
			d := w.newDuty(must(w.RecordLaunch(t.Context(), r))(t).Link)
			d.Attempts = 0
			change(&d)
			update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveLineItemDuty(ctx, d) })
		}
		a, b, off := launched(t, s, "alpha"), launched(t, s, "beta"), launched(t, s, "off")
		put(a, 1, func(d *greenroom.LineItemDuty) { d.NextTry = minutes(-5) })
		put(a, 2, func(d *greenroom.LineItemDuty) { d.NextTry, d.LeaseUntil = minutes(-9), minutes(1) })
		put(a, 3, func(d *greenroom.LineItemDuty) { d.NextTry, d.State = minutes(-9), greenroom.LineItemMade })
		put(a, 4, func(d *greenroom.LineItemDuty) { d.NextTry, d.State = minutes(-9), greenroom.LineItemRefused })
		put(b, 5, func(d *greenroom.LineItemDuty) { d.NextTry, d.Attempts = minutes(2), 3 })
		put(b, 6, func(d *greenroom.LineItemDuty) { d.NextTry = minutes(-8) }) // waits for its platform
		put(off, 7, func(d *greenroom.LineItemDuty) { d.NextTry = minutes(-8) })
		off.connection.Disabled = true
		save(t, off, off.connection)
		equal(t, "queue", must(s.Instance().LineItemQueue(t.Context(), noon))(t), greenroom.DutyQueue{
			Due: greenroom.Backlog{Rows: 1, Oldest: minutes(-5)}, Failing: 1, Refused: 1,
		})
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
