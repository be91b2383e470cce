package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Host implements greenroom.InstanceStore.
func (i *instanceStore) Host(ctx context.Context, name string) (greenroom.Host, error) {
	return one(ctx, i.store, "host "+name, (*q.Queries).Host, name, toHost)
}

// HasHosts implements greenroom.InstanceStore.
func (i *instanceStore) HasHosts(ctx context.Context) (bool, error) {
	count := func(db *q.Queries, ctx context.Context, _ struct{}) (int64, error) { return db.CountHosts(ctx) }
	return one(ctx, i.store, "hosts", count, struct{}{}, func(n int64) bool { return n > 0 })
}

// Hosts implements greenroom.Reader.
func (r reader) Hosts(ctx context.Context) ([]greenroom.Host, error) {
	return many(ctx, r, "hosts", (*q.Queries).Hosts, r.workspace, toHost)
}

// AddHost implements greenroom.Tx.
func (t *workspaceTx) AddHost(ctx context.Context, h greenroom.Host) error {
	return t.fail("host "+h.Name, t.txn.attempt(ctx, func() error {
		return t.txn.db.AddHost(ctx, q.AddHostParams{WorkspaceID: t.workspace, Name: h.Name, AddedAt: column.Time(h.AddedAt)})
	}))
}

// DropHost implements greenroom.Tx.
func (t *workspaceTx) DropHost(ctx context.Context, name string) error {
	return t.fail("host "+name, wrote(t.txn.db.DropHost(ctx, q.DropHostParams{WorkspaceID: t.workspace, Name: name})))
}

func toHost(h q.Host) greenroom.Host {
	return greenroom.Host{Workspace: h.WorkspaceID, Name: h.Name, AddedAt: time.Time(h.AddedAt)}
}
