package storetest

import (
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testHosts(t *testing.T, s greenroom.Store) {
	add := func(t *testing.T, w *world, name string, at int) greenroom.Host {
		t.Helper()
		h := greenroom.Host{Workspace: w.workspace.ID, Name: w.mark + name, AddedAt: minutes(at)}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddHost(ctx, h) })
		return h
	}
	t.Run("nobody has one at first", func(t *testing.T) {
		equal(t, "any", must(s.Instance().HasHosts(t.Context()))(t), false)
		_, err := s.Instance().Host(t.Context(), "nobody.example.org")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("a workspace's come newest first, and each is found by its name", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		older, newer := add(t, w, ".example.org", 1), add(t, w, ".example.com", 2)
		equal(t, "hosts", must(w.Hosts(t.Context()))(t), []greenroom.Host{newer, older})
		equal(t, "host", must(s.Instance().Host(t.Context(), older.Name))(t), older)
		equal(t, "any", must(s.Instance().HasHosts(t.Context()))(t), true)
	})
	t.Run("a host of any workspace is taken, and the transaction goes on", func(t *testing.T) {
		w, other := newWorld(t, s, "alpha"), newWorld(t, s, "bravo")
		taken := add(t, other, ".example.org", 1)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.AddHost(ctx, taken), greenroom.ErrTaken)
			return tx.AddKey(ctx, greenroom.Key{ID: "after"})
		})
		equal(t, "host", must(s.Instance().Host(t.Context(), taken.Name))(t), taken)
	})
	t.Run("one that is dropped is nobody's", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		h := add(t, w, ".example.org", 1)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			ok(t, tx.DropHost(ctx, h.Name))
			refused(t, tx.DropHost(ctx, h.Name), greenroom.ErrNotFound)
			return nil
		})
		_, err := s.Instance().Host(t.Context(), h.Name)
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("the one in the URLs is kept with the workspace", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		moved := w.workspace
		moved.Host = w.mark + ".example.org"
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveWorkspace(ctx, moved) })
		equal(t, "workspace", must(s.Instance().FindWorkspace(t.Context(), w.mark))(t), moved)
	})
}
