package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// ContextMembers implements greenroom.Reader.
func (r reader) ContextMembers(ctx context.Context, id greenroom.ContextID) ([]greenroom.ContextMemberRow, error) {
	arg := q.ContextMembersParams{WorkspaceID: r.workspace, ContextID: id}
	list, err := many(ctx, r, "members of context "+string(id), (*q.Queries).ContextMembers, arg, toContextMember)
	sortByName(list, func(m greenroom.ContextMemberRow) string { return m.Person.DisplayName() })
	return list, err
}

// ContextMember implements greenroom.Reader.
func (r reader) ContextMember(ctx context.Context, id greenroom.ContextID, l greenroom.LearnerID) (greenroom.ContextMemberRow, error) {
	arg := q.ContextMemberParams{WorkspaceID: r.workspace, ContextID: id, LearnerID: l}
	return one(ctx, r, "member "+string(l)+" of context "+string(id), (*q.Queries).ContextMember, arg,
		func(m q.ContextMemberRow) greenroom.ContextMemberRow { return toContextMember(q.ContextMembersRow(m)) })
}

// CountContextMembers implements greenroom.Reader.
func (r reader) CountContextMembers(ctx context.Context) (map[greenroom.ContextID]int, error) {
	return one(ctx, r, "members by context", (*q.Queries).CountContextMembers, r.workspace,
		func(rows []q.CountContextMembersRow) map[greenroom.ContextID]int {
			counts := make(map[greenroom.ContextID]int, len(rows))
			for _, row := range rows {
				counts[row.ContextID] = int(row.N)
			}
			return counts
		})
}

// MeetRosterLearner implements greenroom.Tx.
func (t *workspaceTx) MeetRosterLearner(ctx context.Context, l greenroom.Learner) (greenroom.LearnerID, error) {
	id, err := t.txn.db.MeetRosterLearner(ctx, q.MeetRosterLearnerParams{
		WorkspaceID: t.workspace, ID: l.ID, ConnectionID: l.Connection, Subject: l.Subject,
		Name: l.Name, Email: l.Email, CreatedAt: column.Time(l.CreatedAt), SeenAt: column.Time(l.SeenAt),
	})
	return id, t.fail("learner of connection "+string(l.Connection), err)
}

// MeetContextMember implements greenroom.Tx. ErrNotFound if there is no such
// context or learner.
func (t *workspaceTx) MeetContextMember(ctx context.Context, m greenroom.ContextMember) error {
	path := "member " + string(m.Learner) + " of context " + string(m.Context)
	return t.fail(path, t.txn.db.MeetContextMember(ctx, fromContextMember(t.workspace, m)))
}

// LeaveContext implements greenroom.Tx.
func (t *workspaceTx) LeaveContext(ctx context.Context, id greenroom.ContextID, before time.Time) error {
	arg := q.LeaveContextParams{WorkspaceID: t.workspace, ContextID: id, LastSeen: column.Time(before)}
	return t.fail("members of context "+string(id), t.txn.db.LeaveContext(ctx, arg))
}

// Roster implements greenroom.Reader.
func (r reader) Roster(ctx context.Context, id greenroom.ContextID) (greenroom.Roster, error) {
	path := "roster of context " + string(id)
	const row = "rosters where workspace_id = $1 and context_id = $2"
	if err := r.lock(ctx, row, string(r.workspace), string(id)); err != nil {
		return greenroom.Roster{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).Roster, q.RosterParams{WorkspaceID: r.workspace, ContextID: id}, toRoster)
}

// Rosters implements greenroom.Reader.
func (r reader) Rosters(ctx context.Context) ([]greenroom.Roster, error) {
	return many(ctx, r, "rosters", (*q.Queries).Rosters, r.workspace, toRoster)
}

// SaveRoster implements greenroom.Tx. ErrNotFound if there is no such context.
func (t *workspaceTx) SaveRoster(ctx context.Context, r greenroom.Roster) error {
	if r.State == greenroom.RosterWaiting && r.Attempts == 0 && r.LeaseUntil.IsZero() {
		t.txn.announce(RostersDue, t.workspace)
	}
	return t.fail("roster of context "+string(r.Context), t.txn.db.SaveRoster(ctx, q.SaveRosterParams{
		WorkspaceID: t.workspace, ContextID: r.Context, ConnectionID: r.Connection, State: r.State,
		NextTry: column.Time(r.NextTry), Attempts: r.Attempts, LeaseUntil: column.Time(r.LeaseUntil),
		SyncedAt: column.Time(r.SyncedAt), FullAt: column.Time(r.FullAt), Members: r.Members,
		ChangesURL: r.ChangesURL, Answer: r.Answer,
	}))
}

// ClaimRosters implements greenroom.WorkspaceStore. A connection that is
// switched off has none.
func (w *workspaceStore) ClaimRosters(
	ctx context.Context, c greenroom.ConnectionID, now, leaseUntil time.Time, limit int,
) (claimed []greenroom.Roster, err error) {
	if limit <= 0 {
		return nil, w.store.free(ctx)
	}
	arg := q.DueRostersParams{WorkspaceID: w.workspace, ConnectionID: c, Now: column.Time(now), Rows: int64(limit)}
	err = w.store.update(ctx, func(ctx context.Context, t *txn) error {
		due, err := t.store.dialect.dueRosters(ctx, t.db, arg)
		if err != nil {
			return err
		}
		claimed = claimed[:0]
		for _, row := range due {
			row.LeaseUntil = column.Time(leaseUntil)
			lease := q.LeaseRosterParams{WorkspaceID: w.workspace, ContextID: row.ContextID, LeaseUntil: row.LeaseUntil}
			if err := t.db.LeaseRoster(ctx, lease); err != nil {
				return err
			}
			claimed = append(claimed, toRoster(row))
		}
		return nil
	})
	if err != nil {
		return nil, w.fail("claim rosters of connection "+string(c), err)
	}
	return claimed, nil
}

// RosterLanes implements greenroom.InstanceStore.
func (i *instanceStore) RosterLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error) {
	return many(ctx, i.store, "due rosters", (*q.Queries).RosterLanes, column.Time(now), func(r q.RosterLanesRow) greenroom.Lane {
		return greenroom.Lane{Workspace: r.WorkspaceID, Connection: r.ConnectionID}
	})
}

// NextRoster implements greenroom.InstanceStore.
func (i *instanceStore) NextRoster(ctx context.Context) (time.Time, error) {
	next := func(db *q.Queries, ctx context.Context, _ struct{}) (int64, error) { return db.NextRoster(ctx) }
	return one(ctx, i.store, "next roster", next, struct{}{}, column.Millis)
}

// SessionsIn implements greenroom.Reader.
func (r reader) SessionsIn(ctx context.Context, id greenroom.ContextID) ([]greenroom.ContextSession, error) {
	arg := q.SessionsInParams{WorkspaceID: r.workspace, InContext: id}
	return many(ctx, r, "sessions in context "+string(id), (*q.Queries).SessionsIn, arg, func(s q.SessionsInRow) greenroom.ContextSession {
		return greenroom.ContextSession{Session: toSession(s.Session), History: s.History}
	})
}

// PassbacksIn implements greenroom.Reader.
func (r reader) PassbacksIn(ctx context.Context, id greenroom.ContextID) ([]greenroom.Passback, error) {
	arg := q.PassbacksInContextParams{WorkspaceID: r.workspace, InContext: id}
	return many(ctx, r, "passbacks in context "+string(id), (*q.Queries).PassbacksInContext, arg,
		func(p q.PassbacksInContextRow) greenroom.Passback { return toPassback(p.Passback) })
}

// LineItemsIn implements greenroom.Reader.
func (r reader) LineItemsIn(ctx context.Context, id greenroom.ContextID) ([]greenroom.LineItem, error) {
	arg := q.LineItemsInParams{WorkspaceID: r.workspace, InContext: id}
	return many(ctx, r, "line items in context "+string(id), (*q.Queries).LineItemsIn, arg, toLineItem)
}

// LineItemByURL implements greenroom.Reader.
func (r reader) LineItemByURL(ctx context.Context, c greenroom.ConnectionID, url string) (greenroom.LineItem, error) {
	arg := q.LineItemByURLParams{WorkspaceID: r.workspace, ConnectionID: c, URLHash: hash(url)}
	return one(ctx, r, "line item of connection "+string(c), (*q.Queries).LineItemByURL, arg, toLineItem)
}

func toContextMember(r q.ContextMembersRow) greenroom.ContextMemberRow {
	m := r.ContextMember
	return greenroom.ContextMemberRow{
		ContextMember: greenroom.ContextMember{
			Context: m.ContextID, Learner: m.LearnerID, Learns: m.Learns, Teaches: m.Teaches, Status: m.Status,
			Source: m.Source, FirstSeen: time.Time(m.FirstSeen), LastSeen: time.Time(m.LastSeen),
		},
		Person: toLearner(r.Learner),
	}
}

func fromContextMember(w greenroom.WorkspaceID, m greenroom.ContextMember) q.MeetContextMemberParams {
	return q.MeetContextMemberParams{
		WorkspaceID: w, ContextID: m.Context, LearnerID: m.Learner, Learns: m.Learns, Teaches: m.Teaches,
		Status: m.Status, Source: m.Source, FirstSeen: column.Time(m.FirstSeen), LastSeen: column.Time(m.LastSeen),
	}
}

func toRoster(r q.Roster) greenroom.Roster {
	return greenroom.Roster{
		Workspace: r.WorkspaceID, Context: r.ContextID, Connection: r.ConnectionID, State: r.State,
		NextTry: time.Time(r.NextTry), Attempts: r.Attempts, LeaseUntil: time.Time(r.LeaseUntil),
		SyncedAt: time.Time(r.SyncedAt), FullAt: time.Time(r.FullAt), Members: r.Members,
		ChangesURL: r.ChangesURL, Answer: r.Answer,
	}
}
