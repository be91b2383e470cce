package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Passbacks implements greenroom.Reader. A limit of 0 is none.
func (r reader) Passbacks(ctx context.Context, f greenroom.PassbackFilter) ([]greenroom.PassbackRow, error) {
	pattern, skip := "", int64(max(f.Skip, 0))
	if f.Query != "" {
		pattern = "%" + escapeLike(f.Query) + "%"
	}
	if f.State == "" {
		arg := q.PassbacksParams{WorkspaceID: r.workspace, ConnectionID: string(f.Connection), Pattern: pattern, Skip: skip, Rows: rows(f.Limit)}
		return many(ctx, r, "passbacks", (*q.Queries).Passbacks, arg, toPassbackRow)
	}
	arg := q.PassbacksInParams{
		WorkspaceID: r.workspace, ConnectionID: string(f.Connection), State: f.State, Pattern: pattern, Skip: skip, Rows: rows(f.Limit),
	}
	return many(ctx, r, "passbacks "+string(f.State), (*q.Queries).PassbacksIn, arg, func(p q.PassbacksInRow) greenroom.PassbackRow {
		return toPassbackRow(q.PassbacksRow(p))
	})
}

// Passback implements greenroom.Reader.
func (r reader) Passback(ctx context.Context, id greenroom.PassbackID) (greenroom.Passback, error) {
	path := "passback " + string(id)
	if err := r.lockRow(ctx, "passbacks", string(id)); err != nil {
		return greenroom.Passback{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).Passback, q.PassbackParams{WorkspaceID: r.workspace, ID: id}, toPassback)
}

// PassbackFor implements greenroom.Reader. In a transaction it holds the
// learner too, so that two sessions that end at once cannot both be the first.
func (r reader) PassbackFor(ctx context.Context, item greenroom.LineItemID, learner greenroom.LearnerID) (greenroom.Passback, error) {
	path := "passback of learner " + string(learner) + " for line item " + string(item)
	if err := r.lockRow(ctx, "learners", string(learner)); err != nil {
		return greenroom.Passback{}, r.fail(path, err)
	}
	const place = "passbacks where workspace_id = $1 and line_item_id = $2 and learner_id = $3"
	if err := r.lock(ctx, place, string(r.workspace), string(item), string(learner)); err != nil {
		return greenroom.Passback{}, r.fail(path, err)
	}
	arg := q.PassbackForParams{WorkspaceID: r.workspace, LineItemID: item, LearnerID: learner}
	return one(ctx, r, path, (*q.Queries).PassbackFor, arg, toPassback)
}

// CountPassbacks implements greenroom.Reader. States that no passback is in
// are not in the map.
func (r reader) CountPassbacks(ctx context.Context) (map[greenroom.PassbackState]int, error) {
	return one(ctx, r, "passbacks by state", (*q.Queries).CountPassbacks, r.workspace,
		func(rows []q.CountPassbacksRow) map[greenroom.PassbackState]int {
			counts := make(map[greenroom.PassbackState]int, len(rows))
			for _, row := range rows {
				counts[row.State] = int(row.N)
			}
			return counts
		})
}

// SavePassback implements greenroom.Tx. ErrTaken if another one has the line
// item and the learner.
func (t *workspaceTx) SavePassback(ctx context.Context, p greenroom.Passback) error {
	if p.State == greenroom.PassbackWaiting && p.Attempts == 0 && p.LeaseUntil.IsZero() {
		t.txn.announce(PassbacksDue, t.workspace)
	}
	path := "passback " + string(p.ID)
	changed, err := t.txn.db.NextChange(ctx, t.workspace)
	if err != nil {
		return t.fail(path, err)
	}
	return t.fail(path, t.txn.attempt(ctx, func() error {
		return t.txn.db.SavePassback(ctx, fromPassback(t.workspace, p, changed))
	}))
}

// KeepResult implements greenroom.Tx.
func (t *workspaceTx) KeepResult(ctx context.Context, id greenroom.PassbackID, r greenroom.GradeResult) error {
	return t.fail("result of passback "+string(id), wrote(t.txn.db.KeepResult(ctx, q.KeepResultParams{
		WorkspaceID: t.workspace, ID: id, ReadAt: column.Time(r.At), ReadPoints: r.Points, ReadMaximum: r.Maximum,
	})))
}

// ClaimPassbacks implements greenroom.WorkspaceStore. The one whose next try
// has been due longest comes first; a connection that is switched off has none.
func (w *workspaceStore) ClaimPassbacks(
	ctx context.Context, c greenroom.ConnectionID, now, leaseUntil time.Time, limit int,
) (claimed []greenroom.DuePassback, err error) {
	if limit <= 0 {
		return nil, w.store.free(ctx)
	}
	arg := q.DuePassbacksParams{WorkspaceID: w.workspace, ConnectionID: c, Now: column.Time(now), Rows: int64(limit)}
	err = w.store.update(ctx, func(ctx context.Context, t *txn) error {
		due, err := t.store.dialect.due(ctx, t.db, arg)
		if err != nil {
			return err
		}
		claimed = claimed[:0]
		for _, row := range due {
			row.Passback.LeaseUntil = column.Time(leaseUntil)
			lease := q.LeasePassbackParams{WorkspaceID: w.workspace, ID: row.Passback.ID, LeaseUntil: row.Passback.LeaseUntil}
			if err := t.db.LeasePassback(ctx, lease); err != nil {
				return err
			}
			claimed = append(claimed, toDuePassback(row))
		}
		return nil
	})
	if err != nil {
		return nil, w.fail("claim passbacks of connection "+string(c), err)
	}
	return claimed, nil
}

func toDuePassback(r q.DuePassbacksRow) greenroom.DuePassback {
	return greenroom.DuePassback{
		Passback:  toPassback(r.Passback),
		Workspace: r.Passback.WorkspaceID,
		Subject:   r.Subject,
		Item:      toLineItem(r.LineItem),
	}
}

func toPassbackRow(r q.PassbacksRow) greenroom.PassbackRow {
	return greenroom.PassbackRow{
		Passback:     toPassback(r.Passback),
		LearnerName:  toLearner(r.Learner).DisplayName(),
		ActivityName: r.Title,
		LineItemURL:  r.URL,
		PlatformName: r.Platform,
		Maximum:      r.Maximum,
	}
}

func toPassback(r q.Passback) greenroom.Passback {
	return greenroom.Passback{
		ID:         r.ID,
		Connection: r.ConnectionID,
		LineItem:   r.LineItemID,
		Learner:    r.LearnerID,
		Wanted:     roleplay.Score(r.Wanted),
		WantedAt:   time.Time(r.WantedAt),
		Posted:     r.Posted.Score,
		PostedAt:   time.Time(r.PostedAt),
		State:      r.State,
		Attempts:   r.Attempts,
		Since:      time.Time(r.Since),
		NextTry:    time.Time(r.NextTry),
		Stamp:      time.Time(r.Stamp),
		LeaseUntil: time.Time(r.LeaseUntil),
		Answer:     r.Answer,
		Override:   toOverride(r),
		LiftedAt:   time.Time(r.LiftedAt),
		Read:       toResult(r),
	}
}

func toResult(r q.Passback) *greenroom.GradeResult {
	if time.Time(r.ReadAt).IsZero() {
		return nil
	}
	return &greenroom.GradeResult{At: time.Time(r.ReadAt), Points: r.ReadPoints, Maximum: r.ReadMaximum}
}

// What override says in its column.
const (
	overrideScore   = "score"
	overrideCleared = "cleared"
)

func toOverride(r q.Passback) *greenroom.Override {
	if r.Override == "" {
		return nil
	}
	return &greenroom.Override{
		Score: r.OverrideScore.Score, Comment: r.OverrideComment, By: r.OverrideBy, At: time.Time(r.OverrideAt),
	}
}

func fromPassback(w greenroom.WorkspaceID, p greenroom.Passback, changed int64) q.SavePassbackParams {
	o, kind := greenroom.Override{}, ""
	if p.Override != nil {
		o, kind = *p.Override, overrideCleared
		if o.Score != nil {
			kind = overrideScore
		}
	}
	return q.SavePassbackParams{
		Override: kind, OverrideScore: column.MaybeScore{Score: o.Score}, OverrideComment: o.Comment,
		OverrideBy: o.By, OverrideAt: column.Time(o.At), LiftedAt: column.Time(p.LiftedAt),

		WorkspaceID:  w,
		ID:           p.ID,
		ConnectionID: p.Connection,
		LineItemID:   p.LineItem,
		LearnerID:    p.Learner,
		Wanted:       column.Score(p.Wanted),
		WantedAt:     column.Time(p.WantedAt),
		Posted:       column.MaybeScore{Score: p.Posted},
		PostedAt:     column.Time(p.PostedAt),
		State:        p.State,
		Attempts:     p.Attempts,
		Since:        column.Time(p.Since),
		NextTry:      column.Time(p.NextTry),
		Stamp:        column.Time(p.Stamp),
		LeaseUntil:   column.Time(p.LeaseUntil),
		Answer:       p.Answer,
		Changed:      changed,
	}
}
