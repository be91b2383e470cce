package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
)

// two opens two stores on one database, as two servers do, and listens at the
// second once it has heard that anything may have changed.
func two(t *testing.T, o store.Options) (writes, listens *store.Store, heard chan store.Change) {
	t.Helper()
	writes, listens = open(t, o), open(t, o)
	ok(t, writes.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w", Name: "Team"}, greenroom.Key{ID: "k"}, ""))
	return writes, listens, listen(t, listens)
}

func listen(t *testing.T, s *store.Store) chan store.Change {
	t.Helper()
	heard := make(chan store.Change, 1000)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Listen(ctx, func(c store.Change) { heard <- c })
	}()
	t.Cleanup(func() { stop(); <-ended })
	if first := <-heard; first != (store.Change{Topic: store.Everything}) {
		t.Fatalf("listening begins with %v", first)
	}
	return heard
}

// rename changes a workspace's settings.
func rename(t *testing.T, s *store.Store, name string) {
	t.Helper()
	ok(t, s.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SaveWorkspace(ctx, greenroom.Workspace{ID: "w", Slug: "w", Name: name})
	}))
}

// connect adds a connection to w.
func connect(t *testing.T, s *store.Store) {
	t.Helper()
	ok(t, s.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SaveConnection(ctx, greenroom.Connection{ID: "c", Issuer: "https://lms.example.edu", ClientID: "1"})
	}))
}

// record adds a connection to w, and a launch by it that brings everything.
func record(t *testing.T, s *store.Store) greenroom.Launch {
	t.Helper()
	connect(t, s)
	l, err := s.Workspace("w").RecordLaunch(t.Context(), launchRecord())
	ok(t, err)
	return l
}

func launchRecord() greenroom.LaunchRecord {
	const connection = greenroom.ConnectionID("c")
	return greenroom.LaunchRecord{
		Launch:   greenroom.Launch{ID: "l", Connection: connection, StateID: "state", Outcome: greenroom.LaunchOK},
		Learner:  greenroom.Learner{ID: "learner", Connection: connection, Subject: "subject"},
		Context:  &greenroom.Context{ID: "context", Connection: connection, PlatformID: "course"},
		Link:     &greenroom.ResourceLink{ID: "link", Connection: connection, PlatformID: "link"},
		LineItem: &greenroom.LineItem{ID: "item", Connection: connection, URL: "https://lms.example.edu/item"},
	}
}

// waiting adds a score and a roster that are due.
func waiting(t *testing.T, s *store.Store, launched greenroom.Launch) {
	t.Helper()
	ok(t, s.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return errors.Join(
			tx.SavePassback(ctx, greenroom.Passback{
				ID: "p", Connection: "c", LineItem: launched.LineItem, Learner: launched.Learner, State: greenroom.PassbackWaiting,
			}),
			tx.SaveRoster(ctx, greenroom.Roster{Workspace: "w", Context: launched.Context, Connection: "c", State: greenroom.RosterWaiting}),
		)
	}))
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var settingsOfW = store.Change{Topic: store.Settings, Workspace: "w"}

func TestAnotherServerHearsOfAChange(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			o := database(t)
			writes, listens := open(t, o), open(t, o)
			store.AskOften(listens)
			ok(t, writes.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w", Name: "Team"}, greenroom.Key{ID: "k"}, ""))
			heard := listen(t, listens)
			want := settingsOfW
			if name == "SQLite" {
				want = store.Change{Topic: store.Everything}
			}
			rename(t, writes, "Another name")
			if c := <-heard; c != want {
				t.Errorf("heard %v", c)
			}
		})
	}
}

// What is about due rows comes without a workspace: whoever works looks at all
// of them.
func TestAnotherServerHearsThatAScoreIsDue(t *testing.T) {
	writes, _, heard := two(t, ready.PostgreSQL(t))
	launched := record(t, writes)
	waiting(t, writes, launched)
	topics := map[store.Topic]bool{}
	for !topics[store.PassbacksDue] || !topics[store.RostersDue] {
		topics[(<-heard).Topic] = true
	}
}

func TestAServerDoesNotHearItself(t *testing.T) {
	writes, listens, heard := two(t, ready.PostgreSQL(t))
	rename(t, listens, "By myself")
	rename(t, writes, "By the other")
	if c := <-heard; c != settingsOfW {
		t.Fatalf("heard %v", c)
	}
	rename(t, writes, "And once more")
	<-heard
	if len(heard) > 0 {
		t.Errorf("heard %v as well", <-heard)
	}
}

func TestWhatIsRolledBackIsNotHeard(t *testing.T) {
	writes, _, heard := two(t, ready.PostgreSQL(t))
	ok(t, writes.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "other", Slug: "other"}, greenroom.Key{ID: "k"}, ""))
	broken := errors.New("broken")
	err := writes.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return errors.Join(tx.SaveWorkspace(ctx, greenroom.Workspace{ID: "w", Slug: "w"}), broken)
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	ok(t, writes.Workspace("other").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SaveWorkspace(ctx, greenroom.Workspace{ID: "other", Slug: "other"})
	}))
	if c := <-heard; c != (store.Change{Topic: store.Settings, Workspace: "other"}) {
		t.Errorf("heard %v", c)
	}
}

// While the connection was away, anything may have happened.
func TestAConnectionThatDropsIsMadeAgain(t *testing.T) {
	writes, _, heard := two(t, ready.PostgreSQL(t))
	cut, err := store.CutListeners(t.Context(), writes)
	if err != nil || cut != 1 {
		t.Fatal(cut, err)
	}
	if c := <-heard; c != (store.Change{Topic: store.Everything}) {
		t.Errorf("after the connection was lost, heard %v", c)
	}
	for n := 0; ; n++ { // until it listens again
		rename(t, writes, string(rune('a'+n%26)))
		if c := <-heard; c == settingsOfW {
			break
		}
	}
}

// Behind a pooler that lends a connection for one transaction, LISTEN succeeds
// and nothing is heard.
func TestWhereNothingIsHeardTheDatabaseIsAsked(t *testing.T) {
	o := ready.PostgreSQL(t)
	writes, listens := open(t, o), open(t, o)
	ok(t, writes.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w", Name: "Team"}, greenroom.Key{ID: "k"}, ""))
	ok(t, store.ListenElsewhere(listens, pgtest.URL(t)))
	store.AskOften(listens)
	heard := listen(t, listens)
	rename(t, writes, "Another name")
	for c := range heard {
		if c.Topic == store.Settings {
			t.Errorf("heard %v", c)
		}
		if c.Topic == store.Everything {
			break
		}
	}
}
