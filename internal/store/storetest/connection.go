package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func save(t *testing.T, w *world, c greenroom.Connection) {
	t.Helper()
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, c) })
}

func connectionID(c greenroom.Connection) greenroom.ConnectionID { return c.ID }

func testConnections(t *testing.T, s greenroom.Store) {
	t.Run("one comes back as it was", func(t *testing.T) {
		w := connected(t, s, "alpha")
		equal(t, "connection", must(w.Connection(t.Context(), w.connection.ID))(t), w.connection)
		_, err := w.Connection(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.Connection(t.Context(), "")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("one with the least there can be comes back as it was", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		bare := greenroom.Connection{ID: "bare", Issuer: "bare", ClientID: "bare"}
		save(t, w, bare)
		equal(t, "connection", must(w.Connection(t.Context(), "bare"))(t), bare)
	})
	t.Run("saving it again changes everything but its ID", func(t *testing.T) {
		w := connected(t, s, "alpha")
		changed := greenroom.Connection{
			ID: w.connection.ID, Platform: "Canvas", Issuer: "canvas", ClientID: "2", Deployments: []string{"b", "a", "b:2"},
			AcceptDeployments: true, AuthURL: "auth", TokenURL: "token", KeySetURL: "keys", Audience: "aud",
			How: greenroom.ByHand, Product: "canvas", Scopes: []string{}, Missing: []string{"nrps"}, Disabled: true,
			ConnectedAt: minutes(1), UpdatedAt: minutes(2),
		}
		save(t, w, changed)
		equal(t, "connections", must(w.Connections(t.Context()))(t), []greenroom.Connection{changed})
	})
	t.Run("issuer and client ID are used once in a workspace, and the transaction goes on", func(t *testing.T) {
		w := connected(t, s, "alpha")
		second := w.newConnection("second", issuer, clientID)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.SaveConnection(ctx, second), greenroom.ErrTaken)
			second.ClientID = "client-2"
			return tx.SaveConnection(ctx, second)
		})
		equal(t, "connections", len(must(w.Connections(t.Context()))(t)), 2)
	})
	t.Run("two workspaces may have the same issuer and client ID", func(t *testing.T) {
		connected(t, s, "alpha")
		connected(t, s, "bravo")
	})
	t.Run("all come newest first", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for name, at := range map[string]time.Time{"older": minutes(-1), "newer": minutes(1)} {
			c := w.newConnection(name, issuer, name)
			c.ConnectedAt = at
			c.Deployments = nil
			save(t, w, c)
		}
		want := []greenroom.ConnectionID{greenroom.ConnectionID(w.id("newer")), w.connection.ID, greenroom.ConnectionID(w.id("older"))}
		equal(t, "connections", list(must(w.Connections(t.Context()))(t), connectionID), want)
	})
	t.Run("those of an issuer are found byte by byte, of one client if asked", func(t *testing.T) {
		w := connected(t, s, "alpha")
		second := w.newConnection("second", issuer, "client-2")
		save(t, w, second)
		save(t, w, w.newConnection("slash", issuer+"/", clientID))
		for name, tc := range map[string]struct {
			issuer, client string
			want           []greenroom.ConnectionID
		}{
			"any client":       {issuer, "", []greenroom.ConnectionID{second.ID, w.connection.ID}},
			"one client":       {issuer, "client-2", []greenroom.ConnectionID{second.ID}},
			"no such client":   {issuer, "client-3", []greenroom.ConnectionID{}},
			"another case":     {"HTTPS://lms.example.edu", "", []greenroom.ConnectionID{}},
			"an empty issuer":  {"", "", []greenroom.ConnectionID{}},
			"with a wild card": {"https://%", "", []greenroom.ConnectionID{}},
		} {
			found := must(w.ConnectionsOf(t.Context(), tc.issuer, tc.client))(t)
			equal(t, name, list(found, connectionID), tc.want)
		}
	})
	t.Run("a new key set is kept, and nothing else changes", func(t *testing.T) {
		w := connected(t, s, "alpha")
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.KeepKeySet(ctx, "other", []byte("x"), noon), greenroom.ErrNotFound)
			return tx.KeepKeySet(ctx, w.connection.ID, []byte(`{"keys":[1]}`), minutes(3))
		})
		want := w.connection
		want.KeySet, want.KeySetAt = []byte(`{"keys":[1]}`), minutes(3)
		equal(t, "connection", must(w.Connection(t.Context(), want.ID))(t), want)
	})
	t.Run("what the token endpoint said of scopes is kept, and saving the connection leaves it", func(t *testing.T) {
		w := connected(t, s, "alpha")
		words := []greenroom.ScopeWord{{Scope: "score", Granted: true, At: minutes(3)}, {Scope: "nrps", At: minutes(4)}}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.KeepHeard(ctx, "other", words), greenroom.ErrNotFound)
			return tx.KeepHeard(ctx, w.connection.ID, words)
		})
		save(t, w, w.connection)
		want := w.connection
		want.Heard = words
		equal(t, "connection", must(w.Connection(t.Context(), want.ID))(t), want)
	})
	t.Run("a test is kept with the time until which one is under way, and saving the connection leaves both", func(t *testing.T) {
		w := connected(t, s, "alpha")
		test := &greenroom.ConnectionTest{At: minutes(3), Lines: []greenroom.TestLine{
			{Label: "Key set", State: greenroom.TestOK, Found: w.mark},
			{Label: "Roster", State: greenroom.TestFailed, Found: "refused", Said: "400 no", Do: "ask"},
		}}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.SaveTest(ctx, "other", test, time.Time{}), greenroom.ErrNotFound)
			return tx.SaveTest(ctx, w.connection.ID, test, minutes(5))
		})
		save(t, w, w.connection)
		want := w.connection
		want.Test, want.TestUntil = test, minutes(5)
		equal(t, "connection", must(w.Connection(t.Context(), want.ID))(t), want)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveTest(ctx, w.connection.ID, nil, time.Time{})
		})
		equal(t, "connection without", must(w.Connection(t.Context(), want.ID))(t), w.connection)
	})
	t.Run("what came by one is counted", func(t *testing.T) {
		w := full(t, s, "alpha")
		save(t, w, w.newConnection("other", issuer, "other"))
		equal(t, "contents", must(w.ConnectionContents(t.Context(), w.connection.ID))(t), greenroom.ConnectionContents{
			Learners: 1, Courses: 1, Activities: 1, Sessions: 2, Scores: 1, Waiting: 1, Launches: 2,
		})
		equal(t, "of another", must(w.ConnectionContents(t.Context(), greenroom.ConnectionID(w.id("other"))))(t), greenroom.ConnectionContents{})
	})
	t.Run("last launch and last passback are what the rows say", func(t *testing.T) {
		w := full(t, s, "alpha") // its refusal came after its launch
		second := w.record(2)
		second.Launch.At = minutes(-5)
		must(w.RecordLaunch(t.Context(), second))(t)
		w.passback.PostedAt = minutes(7)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SavePassback(ctx, w.passback) })
		found := must(w.Connection(t.Context(), w.connection.ID))(t)
		equal(t, "last launch", found.LastLaunchAt, minutes(1))
		equal(t, "last passback", found.LastPassbackAt, minutes(7))
	})
}

func testDeleteConnection(t *testing.T, s greenroom.Store) {
	w := full(t, s, "alpha")
	kept := w.newConnection("kept", issuer, "kept")
	save(t, w, kept)
	w.invite.UsedAt, w.invite.Connection = noon, w.connection.ID
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveInvite(ctx, w.invite) })
	other := full(t, s, "bravo")
	before := dump(t, other)

	update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
		refused(t, tx.DeleteConnection(ctx, "other"), greenroom.ErrNotFound)
		return tx.DeleteConnection(ctx, w.connection.ID)
	})

	t.Run("takes all that came by it", func(t *testing.T) {
		equal(t, "connections", must(w.Connections(t.Context()))(t), []greenroom.Connection{kept})
		equal(t, "learners", must(w.Learners(t.Context(), 0))(t), []greenroom.Learner{})
		equal(t, "launches", must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t), []greenroom.LaunchRow{})
		equal(t, "ended sessions", must(w.EndedSessions(t.Context(), 0))(t), []greenroom.Session{})
		equal(t, "picks", must(w.Picks(t.Context(), w.open.ID))(t), []greenroom.Pick{})
		equal(t, "passbacks", must(w.CountPassbacks(t.Context()))(t), map[greenroom.PassbackState]int{})
		_, err := w.ResourceLink(t.Context(), w.link.ID)
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.LineItem(t.Context(), w.item.ID)
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.Session(t.Context(), w.open.ID)
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("leaves the invite used and the scenarios alone", func(t *testing.T) {
		w.invite.Connection = ""
		equal(t, "invite", must(w.Invite(t.Context(), w.invite.ID))(t), w.invite)
		equal(t, "scenarios", must(w.Scenarios(t.Context()))(t), []greenroom.Scenario{w.scenario})
	})
	t.Run("leaves the twin in another workspace alone", func(t *testing.T) {
		unchanged(t, other, before)
	})
}
