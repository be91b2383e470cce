package storetest

import (
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testLineItemDuties(t *testing.T, open func(t *testing.T) greenroom.Store) {
	saveDuty := func(t *testing.T, w *world, d greenroom.LineItemDuty) {
		t.Helper()
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveLineItemDuty(ctx, d) })
	}
	t.Run("one comes back as it was, and there is one for a link", func(t *testing.T) {
		w := full(t, open(t), "alpha")
		equal(t, "duty", must(w.LineItemDuty(t.Context(), w.link.ID))(t), w.duty)
		w.duty.State, w.duty.LineItem, w.duty.Answer, w.duty.Attempts = greenroom.LineItemMade, w.item.ID, "", 0
		saveDuty(t, w, w.duty)
		equal(t, "all", must(w.LineItemDuties(t.Context(), w.context.ID))(t), []greenroom.LineItemDuty{w.duty})
		_, err := w.LineItemDuty(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("links, sessions and line items are found for it", func(t *testing.T) {
		w := full(t, open(t), "alpha")
		equal(t, "link", must(w.LinkByPlatformID(t.Context(), w.connection.ID, deployment, activity))(t), w.link)
		_, err := w.LinkByPlatformID(t.Context(), w.connection.ID, "other", activity)
		refused(t, err, greenroom.ErrNotFound)
		equal(t, "sessions", must(w.SessionsAt(t.Context(), w.link.ID))(t), []greenroom.Session{w.open, w.ended})
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			known := greenroom.LineItem{ID: "new", Connection: w.connection.ID, ResourceLink: w.link.ID, URL: itemURL}
			equal(t, "known", must(tx.MeetLineItem(ctx, known))(t), w.item.ID)
			fresh := greenroom.LineItem{
				ID: greenroom.LineItemID(w.id("fresh")), Connection: w.connection.ID, ResourceLink: w.link.ID,
				URL: itemURL + "&fresh", Title: "fresh", Maximum: 10,
			}
			equal(t, "fresh", must(tx.MeetLineItem(ctx, fresh))(t), fresh.ID)
			equal(t, "as it was added", must(tx.LineItem(ctx, fresh.ID))(t), fresh)
			return nil
		})
	})
	t.Run("only what is wanted, due and free is claimed, of a connection that is on", func(t *testing.T) {
		for name, tc := range map[string]struct {
			change func(*greenroom.LineItemDuty)
			off    bool
			want   int
		}{
			"due":        {func(*greenroom.LineItemDuty) {}, false, 1},
			"not yet":    {func(d *greenroom.LineItemDuty) { d.NextTry = minutes(1) }, false, 0},
			"made":       {func(d *greenroom.LineItemDuty) { d.State = greenroom.LineItemMade }, false, 0},
			"refused":    {func(d *greenroom.LineItemDuty) { d.State = greenroom.LineItemRefused }, false, 0},
			"leased":     {func(d *greenroom.LineItemDuty) { d.LeaseUntil = minutes(1) }, false, 0},
			"turned off": {func(*greenroom.LineItemDuty) {}, true, 0},
		} {
			s := open(t)
			w := launched(t, s, "alpha")
			d := w.newDuty(w.link.ID)
			tc.change(&d)
			saveDuty(t, w, d)
			w.connection.Disabled = tc.off
			save(t, w, w.connection)
			equal(t, name+": lanes", len(must(s.Instance().LineItemLanes(t.Context(), noon))(t)), tc.want)
			equal(t, name, len(must(w.ClaimLineItems(t.Context(), w.connection.ID, noon, minutes(5), 9))(t)), tc.want)
			equal(t, name+", again", len(must(w.ClaimLineItems(t.Context(), w.connection.ID, noon, minutes(5), 9))(t)), 0)
		}
	})
	t.Run("the next one is that which falls due first", func(t *testing.T) {
		s := open(t)
		_, err := s.Instance().NextLineItem(t.Context())
		refused(t, err, greenroom.ErrNotFound)
		w := launched(t, s, "alpha")
		d := w.newDuty(w.link.ID)
		d.LeaseUntil = minutes(3)
		saveDuty(t, w, d)
		equal(t, "next", must(s.Instance().NextLineItem(t.Context()))(t), minutes(3))
	})
}
