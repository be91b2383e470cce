package store

import (
	"context"
	"fmt"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Session implements greenroom.Reader. In a transaction it holds the learner,
// as all that writes a learner's work does first: nobody waits in a circle.
func (r reader) Session(ctx context.Context, id greenroom.SessionID) (greenroom.Session, error) {
	path := "session " + string(id)
	const learner = "learners where workspace_id = $1 and id = (select s.learner_id from sessions s where s.workspace_id = $1 and s.id = $2)"
	if err := r.lock(ctx, learner, string(r.workspace), string(id)); err != nil {
		return greenroom.Session{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).Session, q.SessionParams{WorkspaceID: r.workspace, ID: id}, toSession)
}

// OpenSession implements greenroom.Reader. In a transaction it holds the
// learner, so that two clicks cannot each find nothing and begin twice.
func (r reader) OpenSession(
	ctx context.Context, l greenroom.LearnerID, link greenroom.ResourceLinkID, s greenroom.ScenarioID,
) (greenroom.Session, error) {
	path := "open session of learner " + string(l)
	if err := r.lockRow(ctx, "learners", string(l)); err != nil {
		return greenroom.Session{}, r.fail(path, err)
	}
	arg := q.OpenSessionParams{WorkspaceID: r.workspace, LearnerID: l, LinkID: link, ScenarioID: s}
	return one(ctx, r, path, (*q.Queries).OpenSession, arg, toSession)
}

// SessionsOf implements greenroom.Reader.
func (r reader) SessionsOf(
	ctx context.Context, l greenroom.LearnerID, link greenroom.ResourceLinkID, s greenroom.ScenarioID,
) ([]greenroom.Session, error) {
	arg := q.SessionsOfParams{WorkspaceID: r.workspace, LearnerID: l, LinkID: link, ScenarioID: s}
	return many(ctx, r, "sessions of learner "+string(l), (*q.Queries).SessionsOf, arg, toSession)
}

// EndedSessions implements greenroom.Reader. A limit of 0 is none.
func (r reader) EndedSessions(ctx context.Context, limit int) ([]greenroom.Session, error) {
	arg := q.EndedSessionsParams{WorkspaceID: r.workspace, Rows: rows(limit)}
	return many(ctx, r, "ended sessions", (*q.Queries).EndedSessions, arg, toSession)
}

// AddSession implements greenroom.Tx.
func (t *workspaceTx) AddSession(ctx context.Context, s greenroom.Session) error {
	return t.fail("session "+string(s.ID), t.txn.db.AddSession(ctx, fromSession(t.workspace, s)))
}

// SaveSession implements greenroom.Tx. ErrNotFound if there is no such session.
func (t *workspaceTx) SaveSession(ctx context.Context, s greenroom.Session) error {
	arg := q.SaveSessionParams(fromSession(t.workspace, s))
	return t.fail("session "+string(s.ID), wrote(t.txn.db.SaveSession(ctx, arg)))
}

// Picks implements greenroom.Reader.
func (r reader) Picks(ctx context.Context, id greenroom.SessionID) ([]greenroom.Pick, error) {
	arg := q.PicksParams{WorkspaceID: r.workspace, SessionID: id}
	return many(ctx, r, "picks of session "+string(id), (*q.Queries).Picks, arg, func(p q.Pick) greenroom.Pick {
		return greenroom.Pick{Session: p.SessionID, Turn: p.Turn, Choice: p.Choice, At: time.Time(p.At)}
	})
}

// AddPick implements greenroom.Tx.
func (t *workspaceTx) AddPick(ctx context.Context, p greenroom.Pick) error {
	path := fmt.Sprintf("session %s: pick at turn %d", p.Session, p.Turn)
	return t.fail(path, added(t.txn.db.AddPick(ctx, q.AddPickParams{
		WorkspaceID: t.workspace, SessionID: p.Session, Turn: p.Turn, Choice: p.Choice, At: column.Time(p.At),
	})))
}

func toSession(r q.Session) greenroom.Session {
	return greenroom.Session{
		ID:        r.ID,
		Learner:   r.LearnerID,
		Link:      r.LinkID,
		Launch:    r.LaunchID,
		Scenario:  r.ScenarioID,
		Version:   r.Version,
		Seed:      r.Seed,
		Standing:  r.Standing,
		StartedAt: time.Time(r.StartedAt),
		EndedAt:   time.Time(r.EndedAt),
		Score:     r.Score.Score,
		LineItem:  r.LineItemID,
	}
}

func fromSession(w greenroom.WorkspaceID, s greenroom.Session) q.AddSessionParams {
	return q.AddSessionParams{
		WorkspaceID: w,
		ID:          s.ID,
		LearnerID:   s.Learner,
		LinkID:      s.Link,
		LaunchID:    s.Launch,
		ScenarioID:  s.Scenario,
		Version:     s.Version,
		Seed:        s.Seed,
		Standing:    s.Standing,
		StartedAt:   column.Time(s.StartedAt),
		EndedAt:     column.Time(s.EndedAt),
		Score:       column.MaybeScore{Score: s.Score},
		LineItemID:  s.LineItem,
	}
}
