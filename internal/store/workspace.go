package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Workspace implements greenroom.Reader.
func (r reader) Workspace(ctx context.Context) (greenroom.Workspace, error) {
	path := "workspace " + string(r.workspace)
	if err := r.lock(ctx, "workspaces where id = $1", string(r.workspace)); err != nil {
		return greenroom.Workspace{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).Workspace, r.workspace, toWorkspace)
}

// SaveWorkspace implements greenroom.Tx. The workspace is the transaction's,
// whatever ID is given.
func (t *workspaceTx) SaveWorkspace(ctx context.Context, w greenroom.Workspace) error {
	return t.fail("workspace "+string(t.workspace), t.txn.attempt(ctx, func() error {
		return wrote(t.txn.db.SaveWorkspace(ctx, q.SaveWorkspaceParams{ID: t.workspace, Slug: w.Slug, Name: w.Name}))
	}))
}

func toWorkspace(r q.Workspace) greenroom.Workspace {
	return greenroom.Workspace{ID: r.ID, Slug: r.Slug, Name: r.Name, CreatedAt: time.Time(r.CreatedAt)}
}

// Keys implements greenroom.Reader.
func (r reader) Keys(ctx context.Context) ([]greenroom.Key, error) {
	return many(ctx, r, "keys", (*q.Queries).Keys, r.workspace, func(k q.Key) greenroom.Key {
		return greenroom.Key{ID: k.ID, Public: k.Public, Sealed: k.Sealed, CreatedAt: time.Time(k.CreatedAt)}
	})
}

// AddKey implements greenroom.Tx.
func (t *workspaceTx) AddKey(ctx context.Context, k greenroom.Key) error {
	return t.fail("key "+string(k.ID), t.txn.db.AddKey(ctx, fromKey(t.workspace, k)))
}

func fromKey(w greenroom.WorkspaceID, k greenroom.Key) q.AddKeyParams {
	return q.AddKeyParams{WorkspaceID: w, ID: k.ID, Public: k.Public, Sealed: k.Sealed, CreatedAt: column.Time(k.CreatedAt)}
}
