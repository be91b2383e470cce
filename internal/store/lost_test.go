package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
)

// behindAProxy opens a store whose network may fail, with a workspace w.
func behindAProxy(t *testing.T) (*store.Store, *pgtest.Proxy) {
	t.Helper()
	p := pgtest.NewProxy(t, ready.PostgreSQL(t).DatabaseURL)
	s := open(t, store.Options{DatabaseURL: p.URL()})
	ok(t, s.Instance().CreateWorkspace(t.Context(), greenroom.Workspace{ID: "w", Slug: "w"}, greenroom.Key{ID: "k"}, ""))
	return s, p
}

// A launch that was written, and of which the answer was lost, is let in: whose
// state it has spent is the learner's own.
func TestALaunchIsWrittenAlthoughTheAnswerIsLost(t *testing.T) {
	s, p := behindAProxy(t)
	connect(t, s)
	for _, l := range []struct {
		how    string
		record greenroom.LaunchRecord
	}{
		{"the first of its place", launchNamed("first-launch")},
		{"in others' company", launchNamed("second-launch")},
	} {
		t.Run(l.how, func(t *testing.T) {
			lost := p.LoseCommit(string(l.record.Launch.ID))
			got, err := s.Workspace("w").RecordLaunch(t.Context(), l.record)
			ok(t, err)
			<-lost
			kept, err := s.Workspace("w").Launch(t.Context(), l.record.Launch.ID)
			ok(t, err)
			if got.Learner == "" || got.Learner != kept.Learner || got.Link != kept.Link || got.LineItem != kept.LineItem || got.Context != kept.Context {
				t.Errorf("told of %+v, wrote %+v", got, kept)
			}
			theirs := l.record
			theirs.Launch.ID = "somebody else's"
			if _, err := s.Workspace("w").RecordLaunch(t.Context(), theirs); !errors.Is(err, greenroom.ErrSpent) {
				t.Errorf("the state once more: %v", err)
			}
		})
	}
}

// Scores that were claimed, and of which the answer was lost, come again when
// the lease has run out, as if whoever claimed them had died.
func TestClaimedScoresOfWhichTheAnswerIsLostComeAgain(t *testing.T) {
	s, p := behindAProxy(t)
	waiting(t, s, record(t, s))
	now := time.UnixMilli(oldAt)
	claim := func(at time.Time) ([]greenroom.DuePassback, error) {
		return s.Workspace("w").ClaimPassbacks(t.Context(), "c", at, at.Add(time.Minute), 10)
	}
	lost := p.LoseCommit("commit")
	if claimed, err := claim(now); !errors.Is(err, greenroom.ErrUnreachable) || claimed != nil {
		t.Errorf("claimed %v, %v", claimed, err)
	}
	<-lost
	if claimed, err := claim(now); err != nil || len(claimed) != 0 {
		t.Errorf("at once %d are claimed again, %v", len(claimed), err)
	}
	if claimed, err := claim(now.Add(2 * time.Minute)); err != nil || len(claimed) != 1 {
		t.Errorf("later %d are claimed, %v", len(claimed), err)
	}
}

func launchNamed(name string) greenroom.LaunchRecord {
	r := launchRecord()
	r.Launch.ID, r.Launch.StateID = greenroom.LaunchID(name), name
	return r
}
