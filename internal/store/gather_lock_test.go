package store_test

import (
	"errors"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
)

// Whoever deletes a connection holds it, and goes on to its learners: a launch
// in others' company waits for the first before it touches one of the second.
func TestLaunchesWaitForAConnectionBeforeTheyHoldALearner(t *testing.T) {
	s := open(t, ready.PostgreSQL(t))
	ok(t, s.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w"}, greenroom.Key{ID: "k"}, ""))
	record(t, s)
	deleting, err := store.DB(s).BeginTx(t.Context(), nil)
	ok(t, err)
	defer func() { _ = deleting.Rollback() }()
	_, err = deleting.ExecContext(t.Context(), "select 1 from connections for update")
	ok(t, err)

	launched := make(chan error, 1)
	go func() {
		_, err := s.Workspace("w").RecordLaunch(t.Context(), anotherLaunch())
		launched <- err
	}()
	for waits := false; !waits; { // the launch, for the connection
		ok(t, store.DB(s).QueryRowContext(t.Context(), "select exists (select from pg_locks where not granted)").Scan(&waits))
	}
	_, err = deleting.ExecContext(t.Context(), "select 1 from learners for update nowait")
	ok(t, err)
	_, err = deleting.ExecContext(t.Context(), "delete from connections")
	ok(t, err)
	ok(t, deleting.Commit())
	if err := <-launched; !errors.Is(err, greenroom.ErrNotFound) {
		t.Errorf("the launch: %v", err)
	}
}

// anotherLaunch is one of the same moment as that of record.
func anotherLaunch() greenroom.LaunchRecord {
	r := launchRecord()
	r.Launch.ID, r.Launch.StateID = "another", "another"
	return r
}
