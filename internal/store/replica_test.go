package store_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// A replica can be read by others, and Greenroom needs none: it goes on when
// the replica is late or gone.
func TestAReplicaIsReadByOthers(t *testing.T) {
	primary, err := pgtest.NewServer()
	ok(t, err)
	defer primary.Stop()
	s := open(t, store.Options{DatabaseURL: primary.URL()})
	ok(t, s.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w"}, greenroom.Key{ID: "k"}, ""))
	record(t, s)

	replica, err := primary.NewReplica()
	ok(t, err)
	defer replica.Stop()
	reports, err := pgx.Connect(t.Context(), replica.URL())
	ok(t, err)
	launches := func() (n int) {
		t.Helper()
		ok(t, reports.QueryRow(t.Context(), "select count(*) from launches where workspace_id = 'w'").Scan(&n))
		return n
	}
	if n := launches(); n != 1 {
		t.Errorf("of before it was made, a replica has %d launches", n)
	}
	launch := func(name string) {
		t.Helper()
		_, err := s.Workspace("w").RecordLaunch(t.Context(), launchNamed(name))
		ok(t, err)
	}
	launch("followed")
	for launches() != 2 { // until it has followed
	}

	ok(t, replica.Freeze())
	launch("while it is late")
	ok(t, replica.Thaw())
	for launches() != 3 {
	}

	_, err = store.Open(t.Context(), store.Options{DatabaseURL: replica.URL(), Migrate: true})
	if err == nil || !strings.Contains(err.Error(), "is that of a replica") {
		t.Errorf("a server on the replica: %v", err)
	}

	ok(t, reports.Close(t.Context()))
	replica.Crash()
	launch("while it is gone")
}
