package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Invite implements greenroom.Reader.
func (r reader) Invite(ctx context.Context, id greenroom.InviteID) (greenroom.Invite, error) {
	path := "invite " + string(id)
	if err := r.lockRow(ctx, "invites", string(id)); err != nil {
		return greenroom.Invite{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).Invite, q.InviteParams{WorkspaceID: r.workspace, ID: id}, toInvite)
}

// OpenInvites implements greenroom.Reader, the newest first.
func (r reader) OpenInvites(ctx context.Context, now time.Time) ([]greenroom.Invite, error) {
	arg := q.OpenInvitesParams{WorkspaceID: r.workspace, Now: column.Time(now)}
	return many(ctx, r, "open invites", (*q.Queries).OpenInvites, arg, toInvite)
}

// AddInvite implements greenroom.Tx.
func (t *workspaceTx) AddInvite(ctx context.Context, i greenroom.Invite) error {
	return t.fail("invite "+string(i.ID), t.txn.db.AddInvite(ctx, fromInvite(t.workspace, i)))
}

// SaveInvite implements greenroom.Tx. ErrNotFound if there is no such invite.
func (t *workspaceTx) SaveInvite(ctx context.Context, i greenroom.Invite) error {
	return t.fail("invite "+string(i.ID), wrote(t.txn.db.SaveInvite(ctx, q.SaveInviteParams(fromInvite(t.workspace, i)))))
}

func toInvite(r q.Invite) greenroom.Invite {
	return greenroom.Invite{
		ID:         r.ID,
		CreatedBy:  r.CreatedBy,
		CreatedAt:  time.Time(r.CreatedAt),
		ExpiresAt:  time.Time(r.ExpiresAt),
		UsedAt:     time.Time(r.UsedAt),
		RevokedAt:  time.Time(r.RevokedAt),
		LeaseUntil: time.Time(r.LeaseUntil),
		Connection: r.ConnectionID,
	}
}

func fromInvite(w greenroom.WorkspaceID, i greenroom.Invite) q.AddInviteParams {
	return q.AddInviteParams{
		WorkspaceID:  w,
		ID:           i.ID,
		CreatedBy:    i.CreatedBy,
		CreatedAt:    column.Time(i.CreatedAt),
		ExpiresAt:    column.Time(i.ExpiresAt),
		UsedAt:       column.Time(i.UsedAt),
		RevokedAt:    column.Time(i.RevokedAt),
		LeaseUntil:   column.Time(i.LeaseUntil),
		ConnectionID: i.Connection,
	}
}
