package greenroom_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

// elsewhere is another node on the database of a house.
func elsewhere(t *testing.T, o store.Options) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// rename gives a connection another name, past the house.
func rename(t *testing.T, db greenroom.Store, w greenroom.WorkspaceID, c greenroom.Connection, name string) {
	t.Helper()
	c.Platform = name
	err := db.Workspace(w).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, c) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecentRowsFollowTheDatabase(t *testing.T) {
	for name, options := range bothDatabases {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			h := newHouse(t, o)
			c, w, other := h.connect(), h.workspace.ID, elsewhere(t, o)
			platform := func() string {
				return must(h.Recent.Connection(t.Context(), w, c.ID)).Platform
			}
			byClient := func() string {
				return must(h.Recent.ConnectionsOf(t.Context(), w, c.Issuer, c.ClientID))[0].Platform
			}
			if platform() != c.Platform || byClient() != c.Platform {
				t.Fatalf("%q, %q", platform(), byClient())
			}
			rename(t, h.Store, w, c, "changed here")
			if platform() != "changed here" || byClient() != "changed here" {
				t.Errorf("after a change of our own: %q, %q", platform(), byClient())
			}
			rename(t, other, w, c, "changed elsewhere")
			h.pass(time.Second)
			if platform() != "changed elsewhere" || byClient() != "changed elsewhere" {
				t.Errorf("a second after a change elsewhere: %q, %q", platform(), byClient())
			}
			h.Recent.Forget(w)
			rename(t, other, w, c, "told of")
			h.Recent.Forget(w)
			if platform() != "told of" {
				t.Errorf("after being told of a change elsewhere: %q", platform())
			}
			if err := other.Workspace(w).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				return tx.DeleteConnection(ctx, c.ID)
			}); err != nil {
				t.Fatal(err)
			}
			h.pass(time.Second)
			if _, err := h.Recent.Connection(t.Context(), w, c.ID); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("a connection that is gone: %v", err)
			}
			if sc := must(h.Recent.ScenarioBySlug(t.Context(), w, "tiny")); sc.ID != must(h.Recent.Scenario(t.Context(), w, sc.ID)).ID {
				t.Errorf("scenario %+v", sc)
			}
		})
	}
}

// A key that has leaked signs nothing any more, whichever server rotates.
func TestTheKeyThatSignsFollowsTheDatabase(t *testing.T) {
	for name, options := range bothDatabases {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			h := newHouse(t, o)
			signs := func() greenroom.KeyID { return must(h.SigningKey(t.Context(), h.workspace.ID)).ID }
			first := signs()
			here := must(h.RotateKey(t.Context(), h.admin, true))
			if now := signs(); now != here.ID || now == first {
				t.Errorf("after a rotation of our own %s signs, before it %s", now, first)
			}
			h.pass(time.Hour)
			other := &greenroom.Service{Store: elsewhere(t, o), Vault: h.Vault, Now: h.now, Random: h.Random, Log: h.Log}
			there := must(other.RotateKey(t.Context(), h.admin, true))
			h.pass(time.Second)
			if now := signs(); now != there.ID {
				t.Errorf("a second after a rotation elsewhere %s signs, not %s", now, there.ID)
			}
		})
	}
}

func TestRecentRowsGoWithTheirWorkspace(t *testing.T) {
	for name, options := range bothDatabases {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			h := newHouse(t, o)
			w := h.workspace.ID
			must(h.Recent.Workspace(t.Context(), w))
			err := elsewhere(t, o).Workspace(w).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				return tx.DeleteWorkspace(ctx, greenroom.AuditEntry{ID: "gone"})
			})
			if err != nil {
				t.Fatal(err)
			}
			h.pass(time.Second)
			if _, err := h.Recent.Workspace(t.Context(), w); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// between is a store in which something happens while a connection is read.
type between struct {
	greenroom.Store
	once func()
}

type betweenWorkspace struct {
	greenroom.WorkspaceStore
	of *between
}

func (b *between) Workspace(w greenroom.WorkspaceID) greenroom.WorkspaceStore {
	return betweenWorkspace{b.Store.Workspace(w), b}
}

func (b betweenWorkspace) Connection(ctx context.Context, id greenroom.ConnectionID) (greenroom.Connection, error) {
	c, err := b.WorkspaceStore.Connection(ctx, id)
	if do := b.of.once; do != nil {
		b.of.once = nil
		do()
	}
	return c, err
}

// A row that was read before a change is not remembered after it.
func TestWhatIsReadBeforeAChangeIsNotRemembered(t *testing.T) {
	for name, options := range bothDatabases {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, options(t))
			c, w := h.connect(), h.workspace.ID
			slow := &between{Store: h.Store}
			recent := greenroom.NewRecent(slow, h.now)
			slow.once = func() {
				rename(t, h.Store, w, c, "changed")
				recent.Forget(w)
			}
			must(recent.Connection(t.Context(), w, c.ID))
			if got := must(recent.Connection(t.Context(), w, c.ID)).Platform; got != "changed" {
				t.Errorf("%q is remembered", got)
			}
		})
	}
}

// A server of the version before counts no changes of settings. What it changes
// while it is replaced is seen all the same, a little later.
func TestRecentRowsAreReadAnewNowAndThen(t *testing.T) {
	o := bothDatabases["SQLite"](t)
	h := newHouse(t, o)
	c := h.connect()
	old, err := sql.Open("sqlite", o.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	for range 29 {
		must(h.Recent.Connection(t.Context(), h.workspace.ID, c.ID))
		h.pass(time.Second)
	}
	if _, err := old.ExecContext(t.Context(), "update connections set disabled = true"); err != nil {
		t.Fatal(err)
	}
	if must(h.Recent.Connection(t.Context(), h.workspace.ID, c.ID)).Disabled {
		t.Error("read anew already: this test tells nothing")
	}
	h.pass(time.Second)
	if !must(h.Recent.Connection(t.Context(), h.workspace.ID, c.ID)).Disabled {
		t.Error("the old server's change is never seen")
	}
}
