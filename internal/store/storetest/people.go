package storetest

import (
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func (w *world) newInvitation(id string) greenroom.PersonLink {
	return greenroom.PersonLink{
		ID: greenroom.PersonLinkID(w.id(id)), Workspace: w.workspace.ID, Kind: greenroom.Invitation,
		TokenHash: w.mark + "-hash-" + id, Email: "new@" + w.mark, Name: w.mark + " New", Role: greenroom.Admin,
		CreatedBy: w.person.ID, CreatedAt: noon, ExpiresAt: minutes(60),
	}
}

func (w *world) newReset(id string, of greenroom.PersonID) greenroom.PersonLink {
	return greenroom.PersonLink{
		ID: greenroom.PersonLinkID(w.id(id)), Workspace: w.workspace.ID, Kind: greenroom.Reset,
		TokenHash: w.mark + "-hash-" + id, Person: of, CreatedAt: noon, ExpiresAt: minutes(60),
	}
}

// people runs steps in one transaction on people.
func people(t *testing.T, s greenroom.Store, fn func(ctx context.Context, tx greenroom.PeopleTx) error) {
	t.Helper()
	ok(t, s.Instance().UpdatePeople(t.Context(), fn))
}

func testPersonLinks(t *testing.T, s greenroom.Store) {
	add := func(t *testing.T, w *world, links ...greenroom.PersonLink) {
		t.Helper()
		for _, l := range links {
			update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddPersonLink(ctx, l) })
		}
	}
	t.Run("a link comes back as it was, by ID and by its token", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		l := w.newInvitation("link")
		add(t, w, l)
		equal(t, "by ID", must(w.PersonLink(t.Context(), l.ID))(t), l)
		equal(t, "by token", must(s.Instance().PersonLink(t.Context(), l.TokenHash))(t), l)
		_, err := w.PersonLink(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
		_, err = s.Instance().PersonLink(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("it is of the workspace that adds it, whatever it says", func(t *testing.T) {
		w, other := newWorld(t, s, "alpha"), newWorld(t, s, "bravo")
		l := w.newInvitation("link")
		l.Workspace = other.workspace.ID
		add(t, w, l)
		equal(t, "workspace", must(s.Instance().PersonLink(t.Context(), l.TokenHash))(t).Workspace, w.workspace.ID)
	})
	t.Run("a token is known once, and the transaction goes on", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		l := w.newInvitation("link")
		add(t, w, l)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			again := w.newInvitation("again")
			again.TokenHash = l.TokenHash
			refused(t, tx.AddPersonLink(ctx, again), greenroom.ErrTaken)
			return tx.AddPersonLink(ctx, w.newInvitation("third"))
		})
		must(w.PersonLink(t.Context(), w.newInvitation("third").ID))(t)
	})
	t.Run("what became of it is kept", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		l := w.newInvitation("link")
		add(t, w, l)
		l.UsedAt, l.RevokedAt = minutes(1), minutes(2)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SavePersonLink(ctx, l) })
		equal(t, "link", must(w.PersonLink(t.Context(), l.ID))(t), l)
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SavePersonLink(ctx, w.newInvitation("never made"))
		})
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("open are invitations neither used nor revoked nor expired, the newest first", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		newer, used, revoked, expired := w.newInvitation("newer"), w.newInvitation("used"), w.newInvitation("revoked"), w.newInvitation("expired")
		newer.CreatedAt, used.UsedAt, revoked.RevokedAt, expired.ExpiresAt = minutes(1), minutes(1), minutes(1), minutes(5)
		add(t, w, w.newInvitation("open"), newer, used, revoked, expired, w.newReset("reset", w.person.ID))
		open := list(must(w.OpenInvitations(t.Context(), minutes(5)))(t), func(l greenroom.PersonLink) string { return string(l.ID) })
		equal(t, "open", open, []string{w.id("newer"), w.id("open")})
	})
	t.Run("a sweep forgets what expired alone", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		old, open := w.newInvitation("old"), w.newInvitation("open")
		old.ExpiresAt = minutes(-10)
		add(t, w, old, open)
		ok(t, s.Instance().SweepPersonLinks(t.Context(), minutes(-9)))
		_, err := w.PersonLink(t.Context(), old.ID)
		refused(t, err, greenroom.ErrNotFound)
		must(w.PersonLink(t.Context(), open.ID))(t)
	})
}

func testUpdatePeople(t *testing.T, s greenroom.Store) {
	t.Run("a person is changed, but for ID, address and day", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		want := w.person
		want.Name, want.PasswordHash, want.Generation = "Ada L.", "new", 3
		people(t, s, func(ctx context.Context, tx greenroom.PeopleTx) error {
			equal(t, "by ID", must(tx.Person(ctx, w.person.ID))(t), w.person)
			equal(t, "by address", must(tx.PersonByEmail(ctx, w.person.Email))(t), w.person)
			p := want
			p.Email, p.CreatedAt = "another", minutes(9)
			return tx.SavePerson(ctx, p)
		})
		equal(t, "person", must(s.Instance().Person(t.Context(), w.person.ID))(t), want)
	})
	t.Run("who is not there is not found", func(t *testing.T) {
		people(t, s, func(ctx context.Context, tx greenroom.PeopleTx) error {
			_, err := tx.Person(ctx, "nobody")
			refused(t, err, greenroom.ErrNotFound)
			_, err = tx.PersonByEmail(ctx, "nobody")
			refused(t, err, greenroom.ErrNotFound)
			_, err = tx.PersonLink(ctx, "nothing")
			refused(t, err, greenroom.ErrNotFound)
			refused(t, tx.SavePerson(ctx, greenroom.Person{ID: "nobody"}), greenroom.ErrNotFound)
			refused(t, tx.SavePersonLink(ctx, greenroom.PersonLink{ID: "nothing"}), greenroom.ErrNotFound)
			return nil
		})
	})
	t.Run("a new person joins a workspace at once", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		ben := w.somebody("Ben")
		people(t, s, func(ctx context.Context, tx greenroom.PeopleTx) error {
			ok(t, tx.AddPerson(ctx, ben))
			refused(t, tx.AddPerson(ctx, greenroom.Person{ID: "other", Email: ben.Email}), greenroom.ErrTaken)
			ok(t, tx.PutMember(ctx, w.workspace.ID, ben.ID, greenroom.Admin, noon))
			equal(t, "memberships", len(must(tx.Memberships(ctx, ben.ID))(t)), 1)
			return nil
		})
		want := greenroom.Member{Person: ben, Role: greenroom.Admin, JoinedAt: noon}
		equal(t, "member", must(w.Member(t.Context(), ben.ID))(t), want)
		err := s.Instance().UpdatePeople(t.Context(), func(ctx context.Context, tx greenroom.PeopleTx) error {
			return tx.PutMember(ctx, "nowhere", ben.ID, greenroom.Admin, noon)
		})
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("an error leaves nothing", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		ben := w.somebody("Ben")
		err := s.Instance().UpdatePeople(t.Context(), func(ctx context.Context, tx greenroom.PeopleTx) error {
			ok(t, tx.AddPerson(ctx, ben))
			return greenroom.ErrSpent
		})
		refused(t, err, greenroom.ErrSpent)
		_, err = s.Instance().Person(t.Context(), ben.ID)
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("nested use fails", func(t *testing.T) {
		people(t, s, func(ctx context.Context, _ greenroom.PeopleTx) error {
			_, err := s.Instance().People(ctx)
			refused(t, err, greenroom.ErrNested)
			return nil
		})
	})
	t.Run("all unused resets of a person are revoked, and no others", func(t *testing.T) {
		w, other := newWorld(t, s, "alpha"), newWorld(t, s, "bravo")
		mine, theirs, used, another := w.newReset("mine", w.person.ID), other.newReset("theirs", w.person.ID),
			w.newReset("used", w.person.ID), w.newReset("another", other.person.ID)
		mine.Workspace, used.UsedAt = "", minutes(1)
		invitation := w.newInvitation("invitation")
		people(t, s, func(ctx context.Context, tx greenroom.PeopleTx) error {
			for _, l := range []greenroom.PersonLink{mine, theirs, used, another, invitation} {
				ok(t, tx.AddPersonLink(ctx, l))
			}
			return tx.RevokeResets(ctx, w.person.ID, minutes(2))
		})
		mine.RevokedAt, theirs.RevokedAt = minutes(2), minutes(2)
		for _, want := range []greenroom.PersonLink{mine, theirs, used, another, invitation} {
			equal(t, "link", must(s.Instance().PersonLink(t.Context(), want.TokenHash))(t), want)
		}
	})
	t.Run("of many that spend a link at once, one does", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		l := w.newReset("link", w.person.ID)
		people(t, s, func(ctx context.Context, tx greenroom.PeopleTx) error { return tx.AddPersonLink(ctx, l) })
		errs := parallel(8, func(n int) error {
			return s.Instance().UpdatePeople(t.Context(), func(ctx context.Context, tx greenroom.PeopleTx) error {
				found, err := tx.PersonLink(ctx, l.TokenHash)
				if err != nil {
					return err
				}
				if !found.UsedAt.IsZero() {
					return greenroom.ErrSpent
				}
				found.UsedAt = minutes(n + 1)
				return tx.SavePersonLink(ctx, found)
			})
		})
		oneWins(t, errs, greenroom.ErrSpent)
	})
	t.Run("everybody comes by address", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		ok(t, s.Instance().CreatePerson(t.Context(), greenroom.Person{ID: greenroom.PersonID(w.id("z")), Email: "0@" + w.mark}))
		all := must(s.Instance().People(t.Context()))(t)
		for i, p := range all[1:] {
			if all[i].Email >= p.Email {
				t.Errorf("%s before %s", all[i].Email, p.Email)
			}
		}
	})
}

func testRemoveMember(t *testing.T, s greenroom.Store) {
	t.Run("a member who is removed stays a person, and a member elsewhere", func(t *testing.T) {
		w, other := newWorld(t, s, "alpha"), newWorld(t, s, "bravo")
		put(t, other, w.person.ID, greenroom.Admin, noon)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.RemoveMember(ctx, w.person.ID) })
		_, err := w.Member(t.Context(), w.person.ID)
		refused(t, err, greenroom.ErrNotFound)
		must(s.Instance().Person(t.Context(), w.person.ID))(t)
		must(other.Member(t.Context(), w.person.ID))(t)
	})
	t.Run("who is no member cannot be removed", func(t *testing.T) {
		w, other := newWorld(t, s, "alpha"), newWorld(t, s, "bravo")
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.RemoveMember(ctx, other.person.ID) })
		refused(t, err, greenroom.ErrNotFound)
	})
}
