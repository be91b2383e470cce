package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testWorkspace(t *testing.T, s greenroom.Store) {
	t.Run("a new name and slug are kept, nothing else changes", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		renamed := w.workspace
		renamed.Name, renamed.Slug = "Renamed", w.mark+"-renamed"
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveWorkspace(ctx, renamed) })
		equal(t, "workspace", must(w.Workspace(t.Context()))(t), renamed)
	})
	t.Run("a slug of another workspace is taken, and the transaction goes on", func(t *testing.T) {
		w, other := newWorld(t, s, "alpha"), newWorld(t, s, "bravo")
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.SaveWorkspace(ctx, greenroom.Workspace{ID: w.workspace.ID, Slug: other.workspace.Slug}), greenroom.ErrTaken)
			return tx.AddKey(ctx, greenroom.Key{ID: "after"})
		})
		equal(t, "workspace", must(w.Workspace(t.Context()))(t), w.workspace)
		equal(t, "keys", len(must(w.Keys(t.Context()))(t)), 2)
	})
	t.Run("keys come newest first", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		newer := greenroom.Key{ID: "newer", Public: []byte{1}, Sealed: []byte{2}, CreatedAt: minutes(1)}
		older := greenroom.Key{ID: "older", Public: []byte{1}, Sealed: []byte{2}, CreatedAt: minutes(-1)}
		update(t, w,
			func(ctx context.Context, tx greenroom.Tx) error { return tx.AddKey(ctx, newer) },
			func(ctx context.Context, tx greenroom.Tx) error { return tx.AddKey(ctx, older) },
		)
		equal(t, "keys", must(w.Keys(t.Context()))(t), []greenroom.Key{newer, w.key, older})
	})
	t.Run("owners come first, then everybody by name", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		for name, role := range map[string]greenroom.Role{
			"zoe": greenroom.Owner, "Ben": greenroom.Admin, "adam": greenroom.MemberRole, "Cleo": greenroom.Admin,
		} {
			ok(t, s.Instance().CreatePerson(t.Context(), w.somebody(name)))
			put(t, w, w.somebody(name).ID, role, noon)
		}
		names := list(must(w.Members(t.Context()))(t), func(m greenroom.Member) string { return m.Person.Name })
		equal(t, "members", names, []string{"Ada", "zoe", "adam", "Ben", "Cleo"})
	})
	t.Run("a new role keeps the day of joining", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		put(t, w, w.person.ID, greenroom.Admin, minutes(9))
		want := greenroom.Member{Person: w.person, Role: greenroom.Admin, JoinedAt: noon}
		equal(t, "member", must(w.Member(t.Context(), w.person.ID))(t), want)
	})
	t.Run("who is nobody, or not here, is no member", func(t *testing.T) {
		w, other := newWorld(t, s, "alpha"), newWorld(t, s, "bravo")
		_, err := w.Member(t.Context(), other.person.ID)
		refused(t, err, greenroom.ErrNotFound)
		err = w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.PutMember(ctx, "nobody", greenroom.Admin, noon)
		})
		refused(t, err, greenroom.ErrNotFound)
	})
}

func put(t *testing.T, w *world, id greenroom.PersonID, role greenroom.Role, at time.Time) {
	t.Helper()
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.PutMember(ctx, id, role, at) })
}

func testInvites(t *testing.T, s greenroom.Store) {
	add := func(t *testing.T, w *world, i greenroom.Invite) {
		t.Helper()
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddInvite(ctx, i) })
	}
	t.Run("an invite comes back as it was, zero times included", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		i := w.newInvite("invite")
		add(t, w, i)
		found := must(w.Invite(t.Context(), i.ID))(t)
		equal(t, "invite", found, i)
		if !found.UsedAt.IsZero() || !found.LeaseUntil.IsZero() {
			t.Error("a zero time is not zero any more")
		}
		_, err := w.Invite(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("what became of it is kept", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		i := w.newInvite("invite")
		add(t, w, i)
		i.LeaseUntil, i.UsedAt, i.RevokedAt, i.Connection = minutes(1), minutes(2), minutes(3), "connection"
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveInvite(ctx, i) })
		equal(t, "invite", must(w.Invite(t.Context(), i.ID))(t), i)
	})
	t.Run("one that was never made cannot be saved", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveInvite(ctx, w.newInvite("invite"))
		})
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("open are those neither used nor revoked nor expired", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		for name, change := range map[string]func(*greenroom.Invite){
			"open":    func(*greenroom.Invite) {},
			"newer":   func(i *greenroom.Invite) { i.CreatedAt = minutes(1) },
			"leased":  func(i *greenroom.Invite) { i.LeaseUntil, i.CreatedAt = minutes(9), minutes(2) },
			"used":    func(i *greenroom.Invite) { i.UsedAt = minutes(1) },
			"revoked": func(i *greenroom.Invite) { i.RevokedAt = minutes(1) },
			"expired": func(i *greenroom.Invite) { i.ExpiresAt = minutes(5) },
		} {
			i := w.newInvite(name)
			change(&i)
			add(t, w, i)
		}
		open := list(must(w.OpenInvites(t.Context(), minutes(5)))(t), func(i greenroom.Invite) string { return string(i.ID) })
		equal(t, "open", open, []string{w.id("leased"), w.id("newer"), w.id("open")})
	})
}
