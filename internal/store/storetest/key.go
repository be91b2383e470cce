package storetest

import (
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testKeys(t *testing.T, s greenroom.Store) {
	t.Run("the times of a key are kept, and its private half can be erased", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		next := greenroom.Key{
			ID: "next", Public: []byte{1}, Sealed: []byte{2}, CreatedAt: minutes(1),
			SignsAt: minutes(2), RetiresAt: minutes(3), UsedAt: minutes(4),
		}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddKey(ctx, next) })
		equal(t, "keys", must(w.Keys(t.Context()))(t), []greenroom.Key{next, w.key})
		gone := next
		gone.Sealed, gone.SignsAt, gone.RetiresAt, gone.WithdrawnAt, gone.UsedAt = nil, minutes(5), minutes(6), minutes(7), minutes(8)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveKey(ctx, gone) })
		equal(t, "keys", must(w.Keys(t.Context()))(t), []greenroom.Key{gone, w.key})
	})
	t.Run("saving a key changes neither its public half nor its age", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveKey(ctx, greenroom.Key{ID: w.key.ID, Public: []byte("other"), Sealed: w.key.Sealed, CreatedAt: minutes(9), SignsAt: noon})
		})
		equal(t, "keys", must(w.Keys(t.Context()))(t), []greenroom.Key{w.key})
	})
	t.Run("a key that is not there is not saved", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		refused(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveKey(ctx, greenroom.Key{ID: "nothing"})
		}), greenroom.ErrNotFound)
	})
	t.Run("there is one use of a key by a connection, and the last word counts", func(t *testing.T) {
		w := full(t, s, "alpha")
		equal(t, "uses", must(w.KeyUses(t.Context()))(t), []greenroom.KeyUse{w.use})
		w.use.AcceptedAt, w.use.RefusedAt = minutes(90), minutes(91)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveKeyUse(ctx, w.use) })
		equal(t, "uses", must(w.KeyUses(t.Context()))(t), []greenroom.KeyUse{w.use})
	})
	t.Run("a use goes with its connection", func(t *testing.T) {
		w := full(t, s, "alpha")
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.DeleteConnection(ctx, w.connection.ID) })
		equal(t, "uses", must(w.KeyUses(t.Context()))(t), []greenroom.KeyUse{})
	})
	t.Run("nobody uses what is not there", func(t *testing.T) {
		w := full(t, s, "alpha")
		for _, u := range []greenroom.KeyUse{{Key: "nothing", Connection: w.connection.ID}, {Key: w.key.ID, Connection: "nobody"}} {
			refused(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveKeyUse(ctx, u) }), greenroom.ErrNotFound)
		}
	})
	t.Run("who reads the workspace first holds its keys", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		oneWins(t, parallel(8, func(int) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				if _, err := tx.Workspace(ctx); err != nil {
					return err
				}
				keys, err := tx.Keys(ctx)
				if err != nil {
					return err
				}
				if len(keys) > 1 {
					return greenroom.ErrSpent
				}
				return tx.AddKey(ctx, greenroom.Key{ID: "next", CreatedAt: minutes(1)})
			})
		}), greenroom.ErrSpent)
	})
}
