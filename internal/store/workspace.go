package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
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

// SettingsVersion implements greenroom.Reader.
func (r reader) SettingsVersion(ctx context.Context) (int64, error) {
	return one(ctx, r, "workspace "+string(r.workspace), (*q.Queries).SettingsVersion, r.workspace, func(n int) int64 { return int64(n) })
}

// SaveWorkspace implements greenroom.Tx. The workspace is the transaction's,
// whatever ID is given.
func (t *workspaceTx) SaveWorkspace(ctx context.Context, w greenroom.Workspace) error {
	t.txn.changeSettings(t.workspace)
	return t.fail("workspace "+string(t.workspace), t.txn.attempt(ctx, func() error {
		return wrote(t.txn.db.SaveWorkspace(ctx, q.SaveWorkspaceParams{
			ID: t.workspace, Slug: w.Slug, Name: w.Name, Host: w.Host, RetentionMonths: w.RetentionMonths,
		}))
	}))
}

func toWorkspace(r q.Workspace) greenroom.Workspace {
	return greenroom.Workspace{
		ID: r.ID, Slug: r.Slug, Name: r.Name, CreatedAt: time.Time(r.CreatedAt), RetentionMonths: r.RetentionMonths,
		Host: r.Host,
	}
}
