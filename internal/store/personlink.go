package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// PersonLink implements greenroom.Reader.
func (r reader) PersonLink(ctx context.Context, id greenroom.PersonLinkID) (greenroom.PersonLink, error) {
	path := "person link " + string(id)
	if err := r.lockRow(ctx, "person_links", string(id)); err != nil {
		return greenroom.PersonLink{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).PersonLink, q.PersonLinkParams{WorkspaceID: r.workspace, ID: id}, toPersonLink)
}

// OpenInvitations implements greenroom.Reader.
func (r reader) OpenInvitations(ctx context.Context, now time.Time) ([]greenroom.PersonLink, error) {
	arg := q.OpenInvitationsParams{WorkspaceID: r.workspace, Now: column.Time(now)}
	return many(ctx, r, "open invitations", (*q.Queries).OpenInvitations, arg, toPersonLink)
}

// AddPersonLink implements greenroom.Tx.
func (t *workspaceTx) AddPersonLink(ctx context.Context, l greenroom.PersonLink) error {
	l.Workspace = t.workspace
	return t.txn.addPersonLink(ctx, l)
}

// SavePersonLink implements greenroom.Tx.
func (t *workspaceTx) SavePersonLink(ctx context.Context, l greenroom.PersonLink) error {
	l.Workspace = t.workspace
	return t.txn.savePersonLink(ctx, l)
}

func (t *txn) addPersonLink(ctx context.Context, l greenroom.PersonLink) error {
	return t.fail("person link "+string(l.ID), t.attempt(ctx, func() error {
		return t.db.AddPersonLink(ctx, fromPersonLink(l))
	}))
}

func (t *txn) savePersonLink(ctx context.Context, l greenroom.PersonLink) error {
	return t.fail("person link "+string(l.ID), wrote(t.db.SavePersonLink(ctx, q.SavePersonLinkParams{
		WorkspaceID: l.Workspace, ID: l.ID, UsedAt: column.Time(l.UsedAt), RevokedAt: column.Time(l.RevokedAt),
	})))
}

func personLinkByToken(ctx context.Context, s source, tokenHash string) (greenroom.PersonLink, error) {
	return one(ctx, s, "person link", (*q.Queries).PersonLinkByToken, tokenHash, toPersonLink)
}

func toPersonLink(r q.PersonLink) greenroom.PersonLink {
	return greenroom.PersonLink{
		ID: r.ID, Workspace: r.WorkspaceID, Kind: r.Kind, TokenHash: r.TokenHash,
		Person: r.PersonID, Email: r.Email, Name: r.Name, Role: r.Role, CreatedBy: r.CreatedBy,
		CreatedAt: time.Time(r.CreatedAt), ExpiresAt: time.Time(r.ExpiresAt),
		UsedAt: time.Time(r.UsedAt), RevokedAt: time.Time(r.RevokedAt),
	}
}

func fromPersonLink(l greenroom.PersonLink) q.AddPersonLinkParams {
	return q.AddPersonLinkParams{
		WorkspaceID: l.Workspace, ID: l.ID, Kind: l.Kind, TokenHash: l.TokenHash,
		PersonID: l.Person, Email: l.Email, Name: l.Name, Role: l.Role, CreatedBy: l.CreatedBy,
		CreatedAt: column.Time(l.CreatedAt), ExpiresAt: column.Time(l.ExpiresAt),
		UsedAt: column.Time(l.UsedAt), RevokedAt: column.Time(l.RevokedAt),
	}
}
