package store

import (
	"context"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Identities implements greenroom.Reader.
func (r reader) Identities(ctx context.Context, history greenroom.LearnerID) ([]greenroom.Learner, error) {
	path := "identities of learner " + string(history)
	if err := r.lock(ctx, "learners where workspace_id = $1 and history = $2", string(r.workspace), string(history)); err != nil {
		return nil, r.fail(path, err)
	}
	return many(ctx, r, path, (*q.Queries).Identities, q.IdentitiesParams{WorkspaceID: r.workspace, History: history}, toLearner)
}

// History implements greenroom.Reader. A limit of 0 is none.
func (r reader) History(ctx context.Context, history greenroom.LearnerID, limit int) ([]greenroom.PastSession, error) {
	arg := q.HistoryParams{WorkspaceID: r.workspace, History: history, Rows: rows(limit)}
	return many(ctx, r, "history of learner "+string(history), (*q.Queries).History, arg, func(h q.HistoryRow) greenroom.PastSession {
		return greenroom.PastSession{
			Session: toSession(h.Session), ScenarioSlug: h.Slug, ScenarioTitle: h.Scenario,
			ActivityTitle: h.Activity, CourseTitle: h.Course, Context: h.InContext,
		}
	})
}

// PassbacksOf implements greenroom.Reader.
func (r reader) PassbacksOf(ctx context.Context, history greenroom.LearnerID) ([]greenroom.PassbackRow, error) {
	arg := q.PassbacksOfParams{WorkspaceID: r.workspace, History: history}
	return many(ctx, r, "passbacks of learner "+string(history), (*q.Queries).PassbacksOf, arg, func(p q.PassbacksOfRow) greenroom.PassbackRow {
		return toPassbackRow(q.PassbacksRow(p))
	})
}

// FindLearners implements greenroom.Reader. A limit of 0 is none.
func (r reader) FindLearners(ctx context.Context, f greenroom.LearnerFilter) ([]greenroom.LearnerRow, error) {
	arg := q.FindLearnersParams{
		WorkspaceID: r.workspace, ConnectionID: string(f.Connection), Pattern: "%" + escapeLike(f.Query) + "%",
		Sort: string(f.Sort), Skip: int64(max(f.Skip, 0)), Rows: rows(f.Limit),
	}
	return many(ctx, r, "learners", (*q.Queries).FindLearners, arg, func(l q.FindLearnersRow) greenroom.LearnerRow {
		return greenroom.LearnerRow{
			Learner: toLearner(l.Learner), PlatformName: l.Platform, Identities: int(l.Identities), Sessions: int(l.Sessions),
		}
	})
}

// escapeLike takes their meaning from the characters that have one in a pattern.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// LearnersLike implements greenroom.Reader. A limit of 0 is none.
func (r reader) LearnersLike(ctx context.Context, history greenroom.LearnerID, limit int) ([]greenroom.Learner, error) {
	arg := q.LearnersLikeParams{WorkspaceID: r.workspace, History: history, Rows: rows(limit)}
	return many(ctx, r, "learners like "+string(history), (*q.Queries).LearnersLike, arg, toLearner)
}

// Older implements greenroom.Reader.
func (r reader) Older(ctx context.Context, before time.Time) (greenroom.Aged, error) {
	var aged greenroom.Aged
	sessions, err := one(ctx, r, "old sessions", (*q.Queries).OldSessions,
		q.OldSessionsParams{WorkspaceID: r.workspace, Before: column.Time(before)}, func(n int64) int { return int(n) })
	if err != nil {
		return aged, err
	}
	learners, err := many(ctx, r, "old learners", (*q.Queries).OldLearners,
		q.OldLearnersParams{WorkspaceID: r.workspace, Before: column.Time(before), Rows: rows(0)}, func(id greenroom.LearnerID) greenroom.LearnerID { return id })
	return greenroom.Aged{Sessions: sessions, Learners: len(learners)}, err
}

// SetHistory implements greenroom.Tx.
func (t *workspaceTx) SetHistory(ctx context.Context, id, history greenroom.LearnerID) error {
	t.txn.changeSettings(t.workspace)
	arg := q.SetHistoryParams{WorkspaceID: t.workspace, ID: id, History: history}
	return t.fail("learner "+string(id), wrote(t.txn.db.SetHistory(ctx, arg)))
}

// EraseLearner implements greenroom.Tx.
func (t *workspaceTx) EraseLearner(ctx context.Context, id greenroom.LearnerID) error {
	return t.fail("erase learner "+string(id), eraseLearner(ctx, t.txn, t.workspace, id))
}

// eraseLearner holds the learner first, as all that writes a learner's work
// does: what others add meanwhile goes as well, or fails.
func eraseLearner(ctx context.Context, t *txn, w greenroom.WorkspaceID, id greenroom.LearnerID) error {
	if err := t.store.dialect.seize(ctx, t.tx, "learners"+byID, string(w), string(id)); err != nil {
		return err
	}
	t.changeSettings(w)
	if err := t.db.ForgetLaunches(ctx, q.ForgetLaunchesParams{WorkspaceID: w, LearnerID: id}); err != nil {
		return err
	}
	if err := t.db.ForgetReviews(ctx, q.ForgetReviewsParams{WorkspaceID: w, ForLearnerID: id}); err != nil {
		return err
	}
	return wrote(t.db.DeleteLearner(ctx, q.DeleteLearnerParams{WorkspaceID: w, ID: id}))
}

// Tombstone implements greenroom.Reader.
func (r reader) Tombstone(ctx context.Context, c greenroom.ConnectionID, mark string) (greenroom.Tombstone, error) {
	arg := q.TombstoneParams{WorkspaceID: r.workspace, ConnectionID: c, Mark: mark}
	return one(ctx, r, "tombstone of connection "+string(c), (*q.Queries).Tombstone, arg, func(t q.Tombstone) greenroom.Tombstone {
		return greenroom.Tombstone{Connection: t.ConnectionID, Mark: t.Mark, At: time.Time(t.At)}
	})
}

// AnyTombstone implements greenroom.Reader.
func (r reader) AnyTombstone(ctx context.Context) (bool, error) {
	found, err := many(ctx, r, "tombstones", (*q.Queries).AnyTombstone, r.workspace, func(mark string) string { return mark })
	return len(found) > 0, err
}

// SaveTombstone implements greenroom.Tx.
func (t *workspaceTx) SaveTombstone(ctx context.Context, s greenroom.Tombstone) error {
	t.txn.changeSettings(t.workspace) // of AnyTombstone
	return t.fail("tombstone of connection "+string(s.Connection), t.txn.db.SaveTombstone(ctx, q.SaveTombstoneParams{
		WorkspaceID: t.workspace, ConnectionID: s.Connection, Mark: s.Mark, At: column.Time(s.At),
	}))
}

// LiftTombstone implements greenroom.Tx.
func (t *workspaceTx) LiftTombstone(ctx context.Context, c greenroom.ConnectionID, mark string) error {
	arg := q.LiftTombstoneParams{WorkspaceID: t.workspace, ConnectionID: c, Mark: mark}
	return t.fail("tombstone of connection "+string(c), t.txn.db.LiftTombstone(ctx, arg))
}

// SweepSessions implements greenroom.WorkspaceStore.
func (w *workspaceStore) SweepSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	var swept int64
	err := w.store.update(ctx, func(ctx context.Context, t *txn) (err error) {
		swept, err = t.db.SweepSessions(ctx, q.SweepSessionsParams{
			WorkspaceID: w.workspace, Before: column.Time(before), Rows: rows(limit),
		})
		return err
	})
	return int(swept), w.fail("sweep sessions", err)
}

// SweepLearners implements greenroom.WorkspaceStore.
func (w *workspaceStore) SweepLearners(ctx context.Context, before time.Time, limit int) (int, error) {
	swept := 0
	err := w.store.update(ctx, func(ctx context.Context, t *txn) error {
		// First, as who merges and erases does: all of them count a change.
		if err := t.lock(ctx, "workspaces where id = $1", string(w.workspace)); err != nil {
			return err
		}
		old, err := t.db.OldLearners(ctx, q.OldLearnersParams{WorkspaceID: w.workspace, Before: column.Time(before), Rows: rows(limit)})
		for _, id := range old {
			if err = eraseLearner(ctx, t, w.workspace, id); err != nil {
				return err
			}
		}
		swept = len(old)
		return err
	})
	return swept, w.fail("sweep learners", err)
}

// MembershipsOf implements greenroom.Reader.
func (r reader) MembershipsOf(ctx context.Context, history greenroom.LearnerID) ([]greenroom.MembershipRow, error) {
	arg := q.MembershipsOfParams{WorkspaceID: r.workspace, History: history}
	return many(ctx, r, "courses of learner "+string(history), (*q.Queries).MembershipsOf, arg, func(m q.MembershipsOfRow) greenroom.MembershipRow {
		row := toContextMember(q.ContextMembersRow{ContextMember: m.ContextMember})
		return greenroom.MembershipRow{ContextMember: row.ContextMember, Course: toContext(m.Context)}
	})
}
