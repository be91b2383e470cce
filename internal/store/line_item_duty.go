package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// LineItemDuty implements greenroom.Reader.
func (r reader) LineItemDuty(ctx context.Context, id greenroom.ResourceLinkID) (greenroom.LineItemDuty, error) {
	path := "line item duty of link " + string(id)
	const row = "line_item_duties where workspace_id = $1 and link_id = $2"
	if err := r.lock(ctx, row, string(r.workspace), string(id)); err != nil {
		return greenroom.LineItemDuty{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).LineItemDuty, q.LineItemDutyParams{WorkspaceID: r.workspace, LinkID: id}, toLineItemDuty)
}

// LineItemDuties implements greenroom.Reader.
func (r reader) LineItemDuties(ctx context.Context, id greenroom.ContextID) ([]greenroom.LineItemDuty, error) {
	arg := q.LineItemDutiesParams{WorkspaceID: r.workspace, InContext: id}
	return many(ctx, r, "line item duties in context "+string(id), (*q.Queries).LineItemDuties, arg, toLineItemDuty)
}

// LinkByPlatformID implements greenroom.Reader. In a transaction it holds the
// link, so that two firsts take turns.
func (r reader) LinkByPlatformID(ctx context.Context, c greenroom.ConnectionID, deployment, id string) (greenroom.ResourceLink, error) {
	path := "link of connection " + string(c)
	const row = "resource_links where workspace_id = $1 and connection_id = $2 and deployment = $3 and platform_id = $4"
	if err := r.lock(ctx, row, string(r.workspace), string(c), deployment, id); err != nil {
		return greenroom.ResourceLink{}, r.fail(path, err)
	}
	arg := q.LinkByPlatformIDParams{WorkspaceID: r.workspace, ConnectionID: c, Deployment: deployment, PlatformID: id}
	return one(ctx, r, path, (*q.Queries).LinkByPlatformID, arg, toResourceLink)
}

// SessionsAt implements greenroom.Reader.
func (r reader) SessionsAt(ctx context.Context, id greenroom.ResourceLinkID) ([]greenroom.Session, error) {
	arg := q.SessionsAtParams{WorkspaceID: r.workspace, LinkID: id}
	return many(ctx, r, "sessions at link "+string(id), (*q.Queries).SessionsAt, arg, toSession)
}

// SaveLineItemDuty implements greenroom.Tx. ErrNotFound if there is no such link.
func (t *workspaceTx) SaveLineItemDuty(ctx context.Context, d greenroom.LineItemDuty) error {
	if d.State == greenroom.LineItemWanted && d.Attempts == 0 && d.LeaseUntil.IsZero() {
		t.txn.announce(LineItemsDue, t.workspace)
	}
	return t.fail("line item duty of link "+string(d.Link), t.txn.db.SaveLineItemDuty(ctx, q.SaveLineItemDutyParams{
		WorkspaceID: t.workspace, LinkID: d.Link, ConnectionID: d.Connection, State: d.State, NextTry: column.Time(d.NextTry),
		Attempts: d.Attempts, LeaseUntil: column.Time(d.LeaseUntil), Answer: d.Answer, LineItemID: d.LineItem,
	}))
}

// MeetLineItem implements greenroom.Tx.
func (t *workspaceTx) MeetLineItem(ctx context.Context, i greenroom.LineItem) (greenroom.LineItemID, error) {
	id, err := t.txn.db.MeetLineItem(ctx, fromLineItem(t.workspace, i.Connection, i.ResourceLink, i))
	return id, t.fail("line item of link "+string(i.ResourceLink), err)
}

// ClaimLineItems implements greenroom.WorkspaceStore. A connection that is
// switched off has none.
func (w *workspaceStore) ClaimLineItems(
	ctx context.Context, c greenroom.ConnectionID, now, leaseUntil time.Time, limit int,
) (claimed []greenroom.LineItemDuty, err error) {
	if limit <= 0 {
		return nil, w.store.free(ctx)
	}
	arg := q.DueLineItemsParams{WorkspaceID: w.workspace, ConnectionID: c, Now: column.Time(now), Rows: int64(limit)}
	err = w.store.update(ctx, func(ctx context.Context, t *txn) error {
		due, err := t.store.dialect.dueLineItems(ctx, t.db, arg)
		if err != nil {
			return err
		}
		claimed = claimed[:0]
		for _, row := range due {
			row.LeaseUntil = column.Time(leaseUntil)
			lease := q.LeaseLineItemDutyParams{WorkspaceID: w.workspace, LinkID: row.LinkID, LeaseUntil: row.LeaseUntil}
			if err := t.db.LeaseLineItemDuty(ctx, lease); err != nil {
				return err
			}
			claimed = append(claimed, toLineItemDuty(row))
		}
		return nil
	})
	if err != nil {
		return nil, w.fail("claim line item duties of connection "+string(c), err)
	}
	return claimed, nil
}

// LineItemLanes implements greenroom.InstanceStore.
func (i *instanceStore) LineItemLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error) {
	return many(ctx, i.store, "due line item duties", (*q.Queries).LineItemLanes, column.Time(now), func(r q.LineItemLanesRow) greenroom.Lane {
		return greenroom.Lane{Workspace: r.WorkspaceID, Connection: r.ConnectionID}
	})
}

// NextLineItem implements greenroom.InstanceStore.
func (i *instanceStore) NextLineItem(ctx context.Context) (time.Time, error) {
	next := func(db *q.Queries, ctx context.Context, _ struct{}) (int64, error) { return db.NextLineItem(ctx) }
	return one(ctx, i.store, "next line item duty", next, struct{}{}, column.Millis)
}

func toLineItemDuty(r q.LineItemDuty) greenroom.LineItemDuty {
	return greenroom.LineItemDuty{
		Workspace: r.WorkspaceID, Link: r.LinkID, Connection: r.ConnectionID, State: r.State, NextTry: time.Time(r.NextTry),
		Attempts: r.Attempts, LeaseUntil: time.Time(r.LeaseUntil), Answer: r.Answer, LineItem: r.LineItemID,
	}
}
