package store_test

import (
	"context"
	"net/url"
	"sync"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
)

// quickToSee is a PostgreSQL that soon looks whether those who wait do so for
// each other.
func quickToSee(t *testing.T) store.Options {
	t.Helper()
	o := ready.PostgreSQL(t)
	u, err := url.Parse(o.DatabaseURL)
	ok(t, err)
	query := u.Query()
	query.Set("deadlock_timeout", "1ms")
	u.RawQuery = query.Encode()
	o.DatabaseURL = u.String()
	return o
}

// One reads the workspace and goes on to its connection, while another, who has
// the connection, changes it, which counts with the workspace. PostgreSQL ends
// one of them; it begins again, and both are done.
func TestTwoThatWaitForEachOtherAreBothDone(t *testing.T) {
	s := open(t, quickToSee(t))
	ok(t, s.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w"}, greenroom.Key{ID: "k"}, ""))
	connect(t, s)

	var both, all sync.WaitGroup
	both.Add(2)
	runs := make(chan string, 2*5)
	do := func(name string, first, then func(context.Context, greenroom.Tx) error) {
		var met sync.Once
		all.Go(func() {
			err := s.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				runs <- name
				if err := first(ctx, tx); err != nil {
					return err
				}
				met.Do(func() { // each holds what the other wants
					both.Done()
					both.Wait()
				})
				return then(ctx, tx)
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	var c greenroom.Connection
	do("who changes the connection", func(ctx context.Context, tx greenroom.Tx) (err error) {
		c, err = tx.Connection(ctx, "c")
		return err
	}, func(ctx context.Context, tx greenroom.Tx) error {
		c.Platform = "changed"
		return tx.SaveConnection(ctx, c)
	})
	do("who holds the workspace", func(ctx context.Context, tx greenroom.Tx) error {
		_, err := tx.Workspace(ctx)
		return err
	}, func(ctx context.Context, tx greenroom.Tx) error {
		return tx.KeepKeySet(ctx, "c", []byte("keys"), launchRecord().Launch.At)
	})
	all.Wait()
	if len(runs) < 3 {
		t.Error("neither had to begin again: they did not wait for each other")
	}
	saved, err := s.Workspace("w").Connection(t.Context(), "c")
	ok(t, err)
	if saved.Platform != "changed" || string(saved.KeySet) != "keys" {
		t.Errorf("saved: %q with the key set %q", saved.Platform, saved.KeySet)
	}
}
