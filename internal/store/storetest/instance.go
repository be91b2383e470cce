package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testStore(t *testing.T, open func(*testing.T) greenroom.Store) {
	t.Run("answers a ping", func(t *testing.T) { ok(t, open(t).Ping(t.Context())) })

	t.Run("gives up when the context ends", func(t *testing.T) {
		s := open(t)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		refused(t, s.Ping(ended), context.Canceled)
		_, err := s.Instance().Workspaces(ended)
		refused(t, err, context.Canceled)
		refused(t, s.Instance().SaveSignIn(ended, greenroom.SignIn{TokenHash: "h"}), context.Canceled)
		_, err = s.Workspace("w").Keys(ended)
		refused(t, err, context.Canceled)
	})

	t.Run("does not ask whether there is such a workspace", func(t *testing.T) {
		nowhere := open(t).Workspace("nowhere")
		_, err := nowhere.Workspace(t.Context())
		refused(t, err, greenroom.ErrNotFound)
		equal(t, "keys", must(nowhere.Keys(t.Context()))(t), []greenroom.Key{})
	})

	t.Run("keeps text of any kind and size", func(t *testing.T) {
		s := open(t)
		for name, text := range map[string]string{
			"emoji":  "Ĝreenroom 🟢 グリーンルーム",
			"rtl":    "שלום \u202e evil",
			"quotes": `'; drop table people; -- "$1"`,
			"lines":  "a\r\nb\tc",
			"big":    strings.Repeat("ä", 1<<20),
		} {
			p := greenroom.Person{ID: greenroom.PersonID(name), Email: name, Name: text, CreatedAt: noon}
			ok(t, s.Instance().CreatePerson(t.Context(), p))
			if found := must(s.Instance().Person(t.Context(), p.ID))(t); found != p {
				t.Errorf("%s came back changed", name)
			}
		}
	})

	t.Run("shows what no text can hold as U+FFFD", func(t *testing.T) {
		s := open(t)
		ok(t, s.Instance().CreatePerson(t.Context(), greenroom.Person{ID: "p", Name: "a\x00b\xffc"}))
		equal(t, "name", must(s.Instance().Person(t.Context(), "p"))(t).Name, "a\uFFFDb\uFFFDc")
		_, err := s.Instance().PersonByEmail(t.Context(), "\x00")
		refused(t, err, greenroom.ErrNotFound)
	})
}

func testInstance(t *testing.T, open func(*testing.T) greenroom.Store) {
	t.Run("Workspaces", func(t *testing.T) { testWorkspaces(t, open(t)) })
	t.Run("People", func(t *testing.T) { testPeople(t, open(t)) })
	t.Run("FirstOwner", func(t *testing.T) { testFirstOwner(t, open) })
	t.Run("SignIns", func(t *testing.T) { testSignIns(t, open(t).Instance()) })
}

func testWorkspaces(t *testing.T, s greenroom.Store) {
	i := s.Instance()
	w := newWorld(t, s, "alpha")

	t.Run("a workspace comes with its key and its owner", func(t *testing.T) {
		equal(t, "workspace", must(w.Workspace(t.Context()))(t), w.workspace)
		equal(t, "keys", must(w.Keys(t.Context()))(t), []greenroom.Key{w.key})
		want := []greenroom.Member{{Person: w.person, Role: greenroom.Owner, JoinedAt: noon}}
		equal(t, "members", must(w.Members(t.Context()))(t), want)
	})
	t.Run("a workspace may begin without an owner", func(t *testing.T) {
		ok(t, i.CreateWorkspace(t.Context(), greenroom.Workspace{ID: "empty", Slug: "empty", Name: "empty"}, greenroom.Key{ID: "k"}, ""))
		equal(t, "members", must(s.Workspace("empty").Members(t.Context()))(t), []greenroom.Member{})
	})
	t.Run("a slug is used once, and a refused workspace leaves nothing", func(t *testing.T) {
		err := i.CreateWorkspace(t.Context(), greenroom.Workspace{ID: "second", Slug: w.workspace.Slug}, greenroom.Key{ID: "k"}, w.person.ID)
		refused(t, err, greenroom.ErrTaken)
		equal(t, "keys", must(s.Workspace("second").Keys(t.Context()))(t), []greenroom.Key{})
		equal(t, "memberships", len(must(i.Memberships(t.Context(), w.person.ID))(t)), 1)
	})
	t.Run("an unknown owner makes no workspace", func(t *testing.T) {
		err := i.CreateWorkspace(t.Context(), greenroom.Workspace{ID: "third", Slug: "third"}, greenroom.Key{ID: "k"}, "nobody")
		refused(t, err, greenroom.ErrNotFound)
		_, err = i.FindWorkspace(t.Context(), "third")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("one is found by ID or slug, and an ID wins", func(t *testing.T) {
		trap := greenroom.Workspace{ID: "trap", Slug: string(w.workspace.ID), Name: "Trap"}
		ok(t, i.CreateWorkspace(t.Context(), trap, greenroom.Key{ID: "k"}, ""))
		equal(t, "by ID", must(i.FindWorkspace(t.Context(), string(w.workspace.ID)))(t), w.workspace)
		equal(t, "by slug", must(i.FindWorkspace(t.Context(), w.workspace.Slug))(t), w.workspace)
		equal(t, "by its own ID", must(i.FindWorkspace(t.Context(), "trap"))(t), trap)
		_, err := i.FindWorkspace(t.Context(), "nowhere")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("all come by name, whatever its case", func(t *testing.T) {
		for _, name := range []string{"Zebra", "apple", "Banana"} {
			ok(t, i.CreateWorkspace(t.Context(), greenroom.Workspace{ID: greenroom.WorkspaceID(name), Slug: name, Name: name}, greenroom.Key{ID: "k"}, w.person.ID))
		}
		want := []string{w.workspace.Name, "apple", "Banana", "empty", "Trap", "Zebra"}
		equal(t, "names", list(must(i.Workspaces(t.Context()))(t), func(w greenroom.Workspace) string { return w.Name }), want)
	})
	t.Run("a person's memberships come by name, with the role", func(t *testing.T) {
		update(t, s.Workspace("Banana"), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.PutMember(ctx, w.person.ID, greenroom.MemberRole, noon)
		})
		got := list(must(i.Memberships(t.Context(), w.person.ID))(t), func(m greenroom.Membership) string {
			return m.Workspace.Name + " " + string(m.Role)
		})
		equal(t, "memberships", got, []string{w.workspace.Name + " owner", "apple owner", "Banana member", "Zebra owner"})
		equal(t, "a stranger's", must(i.Memberships(t.Context(), "nobody"))(t), []greenroom.Membership{})
	})
}

func testPeople(t *testing.T, s greenroom.Store) {
	i := s.Instance()
	ada := greenroom.Person{ID: "ada", Email: "ada@example.org", Name: "Ada", PasswordHash: "$argon2id$", CreatedAt: noon}

	t.Run("at first there is nobody", func(t *testing.T) {
		equal(t, "has people", must(i.HasPeople(t.Context()))(t), false)
		_, err := i.Person(t.Context(), "ada")
		refused(t, err, greenroom.ErrNotFound)
		_, err = i.PersonByEmail(t.Context(), "ada@example.org")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("a person is found by ID and by address", func(t *testing.T) {
		ok(t, i.CreatePerson(t.Context(), ada))
		equal(t, "by ID", must(i.Person(t.Context(), "ada"))(t), ada)
		equal(t, "by address", must(i.PersonByEmail(t.Context(), "ada@example.org"))(t), ada)
		equal(t, "has people", must(i.HasPeople(t.Context()))(t), true)
	})
	t.Run("an address is used once", func(t *testing.T) {
		refused(t, i.CreatePerson(t.Context(), greenroom.Person{ID: "eve", Email: ada.Email}), greenroom.ErrTaken)
		equal(t, "who has it", must(i.PersonByEmail(t.Context(), ada.Email))(t), ada)
	})
}

func testFirstOwner(t *testing.T, open func(*testing.T) greenroom.Store) {
	create := func(ctx context.Context, s greenroom.Store, name string) error {
		p := greenroom.Person{ID: greenroom.PersonID(name), Email: name, Name: name, CreatedAt: noon}
		w := greenroom.Workspace{ID: greenroom.WorkspaceID(name), Slug: name, Name: name, CreatedAt: noon}
		return s.Instance().CreateFirstOwner(ctx, p, w, greenroom.Key{ID: "k"})
	}
	t.Run("makes person, workspace, key and membership at once", func(t *testing.T) {
		s := open(t)
		ok(t, create(t.Context(), s, "ada"))
		member := must(s.Workspace("ada").Member(t.Context(), "ada"))(t)
		equal(t, "role", member.Role, greenroom.Owner)
		equal(t, "keys", len(must(s.Workspace("ada").Keys(t.Context()))(t)), 1)
	})
	t.Run("is refused when there is anybody, and leaves nothing", func(t *testing.T) {
		s := open(t)
		ok(t, s.Instance().CreatePerson(t.Context(), greenroom.Person{ID: "eve", Email: "eve"}))
		refused(t, create(t.Context(), s, "ada"), greenroom.ErrTaken)
		equal(t, "workspaces", must(s.Instance().Workspaces(t.Context()))(t), []greenroom.Workspace{})
	})
	t.Run("has one winner when many try at once", func(t *testing.T) {
		s := open(t)
		errs := parallel(8, func(n int) error { return create(t.Context(), s, string(rune('a'+n))) })
		oneWins(t, errs, greenroom.ErrTaken)
		equal(t, "workspaces", len(must(s.Instance().Workspaces(t.Context()))(t)), 1)
	})
}

func testSignIns(t *testing.T, i greenroom.InstanceStore) {
	known := greenroom.SignIn{TokenHash: "hash", Data: []byte{0, 1, 255}, ExpiresAt: minutes(10)}

	t.Run("what was saved is found until it expires", func(t *testing.T) {
		ok(t, i.SaveSignIn(t.Context(), known))
		equal(t, "sign-in", must(i.SignIn(t.Context(), "hash", minutes(9)))(t), known)
		for name, now := range map[string]time.Time{"at its end": minutes(10), "later": minutes(11)} {
			if _, err := i.SignIn(t.Context(), "hash", now); err == nil {
				t.Errorf("found %s", name)
			} else {
				refused(t, err, greenroom.ErrNotFound)
			}
		}
		_, err := i.SignIn(t.Context(), "other", noon)
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("saving again replaces it", func(t *testing.T) {
		known.Data, known.ExpiresAt = []byte("new"), minutes(20)
		ok(t, i.SaveSignIn(t.Context(), known))
		equal(t, "sign-in", must(i.SignIn(t.Context(), "hash", minutes(15)))(t), known)
	})
	t.Run("a sweep forgets the expired ones alone", func(t *testing.T) {
		ok(t, i.SaveSignIn(t.Context(), greenroom.SignIn{TokenHash: "old", Data: []byte("x"), ExpiresAt: minutes(1)}))
		ok(t, i.SweepSignIns(t.Context(), minutes(2)))
		_, err := i.SignIn(t.Context(), "old", noon)
		refused(t, err, greenroom.ErrNotFound)
		must(i.SignIn(t.Context(), "hash", noon))(t)
	})
	t.Run("a deleted one is gone, and deleting it again is no error", func(t *testing.T) {
		ok(t, i.DeleteSignIn(t.Context(), "hash"))
		ok(t, i.DeleteSignIn(t.Context(), "hash"))
		_, err := i.SignIn(t.Context(), "hash", noon)
		refused(t, err, greenroom.ErrNotFound)
	})
}

// parallel runs n calls at once and returns their errors.
func parallel(n int, call func(n int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = call(i) })
	}
	all.Wait()
	return errs
}

// oneWins wants one call without an error and the others refused.
func oneWins(t *testing.T, errs []error, lost error) {
	t.Helper()
	winners := 0
	for _, err := range errs {
		if err == nil {
			winners++
			continue
		}
		refused(t, err, lost)
	}
	equal(t, "winners", winners, 1)
}
