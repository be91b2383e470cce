package storetest

import (
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testSettingsVersion(t *testing.T, s greenroom.Store) {
	version := func(t *testing.T, w *world) int64 {
		t.Helper()
		return must(w.SettingsVersion(t.Context()))(t)
	}
	t.Run("grows with every change to what launches read", func(t *testing.T) {
		w := full(t, s, "alpha")
		grows := func(what string, change func()) {
			t.Helper()
			before := version(t, w)
			change()
			if after := version(t, w); after <= before {
				t.Errorf("%s: %d after %d", what, after, before)
			}
		}
		written := func(write func(ctx context.Context, tx greenroom.Tx) error) func() {
			return func() { update(t, w, write) }
		}
		grows("workspace", written(func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveWorkspace(ctx, w.workspace) }))
		grows("connection", written(func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, w.connection) }))
		grows("scenario", written(func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveScenario(ctx, w.scenario, w.version) }))
		grows("a key", written(func(ctx context.Context, tx greenroom.Tx) error { return tx.AddKey(ctx, greenroom.Key{ID: "another"}) }))
		grows("a key that is withdrawn", written(func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveKey(ctx, greenroom.Key{ID: "another", WithdrawnAt: minutes(500)})
		}))
		grows("a tombstone", written(func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveTombstone(ctx, w.tombstone) }))
		grows("a deployment", func() {
			r := w.record(500)
			r.Launch.Deployment, r.PinDeployment = "new", true
			must(w.RecordLaunch(t.Context(), r))(t)
		})
		grows("a history", written(func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SetHistory(ctx, w.learner.ID, w.learner.ID)
		}))
		grows("a learner who is erased", written(func(ctx context.Context, tx greenroom.Tx) error {
			return tx.EraseLearner(ctx, w.learner.ID)
		}))
		grows("learners who are swept", func() {
			r := w.record(501)
			r.Learner.Subject = "long gone"
			must(w.RecordLaunch(t.Context(), r))(t)
			equal(t, "swept", must(w.SweepLearners(t.Context(), minutes(502), 10))(t), 1)
		})
		grows("a connection that is gone", written(func(ctx context.Context, tx greenroom.Tx) error {
			return tx.DeleteConnection(ctx, w.connection.ID)
		}))
	})
	t.Run("stays with all else, and with what was not committed", func(t *testing.T) {
		w := full(t, s, "alpha")
		other := full(t, s, "bravo")
		before := version(t, w)
		must(w.RecordLaunch(t.Context(), w.record(500)))(t)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SavePassback(ctx, w.passback) })
		update(t, other, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, other.connection) })
		refused(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			ok(t, tx.SaveConnection(ctx, w.connection))
			return errMind
		}), errMind)
		equal(t, "swept", must(w.SweepLearners(t.Context(), minutes(0), 10))(t), 0)
		equal(t, "version", version(t, w), before)
	})
	t.Run("of a workspace that is gone is not found", func(t *testing.T) {
		_, err := s.Workspace("nowhere").SettingsVersion(t.Context())
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("counts changes that come together", func(t *testing.T) {
		w := connected(t, s, "alpha")
		before := version(t, w)
		for _, err := range parallel(8, func(int) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, w.connection) })
		}) {
			ok(t, err)
		}
		equal(t, "version", version(t, w), before+8)
	})
}
