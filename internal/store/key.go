package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Keys implements greenroom.Reader.
func (r reader) Keys(ctx context.Context) ([]greenroom.Key, error) {
	return many(ctx, r, "keys", (*q.Queries).Keys, r.workspace, toKey)
}

// KeyUses implements greenroom.Reader.
func (r reader) KeyUses(ctx context.Context) ([]greenroom.KeyUse, error) {
	return many(ctx, r, "uses of keys", (*q.Queries).KeyUses, r.workspace, func(u q.KeyUse) greenroom.KeyUse {
		return greenroom.KeyUse{
			Key: u.KeyID, Connection: u.ConnectionID,
			AcceptedAt: time.Time(u.AcceptedAt), RefusedAt: time.Time(u.RefusedAt),
		}
	})
}

// AddKey implements greenroom.Tx.
func (t *workspaceTx) AddKey(ctx context.Context, k greenroom.Key) error {
	t.txn.changeSettings(t.workspace)
	return t.fail("key "+string(k.ID), t.txn.db.AddKey(ctx, fromKey(t.workspace, k)))
}

// SaveKey implements greenroom.Tx.
func (t *workspaceTx) SaveKey(ctx context.Context, k greenroom.Key) error {
	t.txn.changeSettings(t.workspace)
	from := fromKey(t.workspace, k)
	return t.fail("key "+string(k.ID), wrote(t.txn.db.SaveKey(ctx, q.SaveKeyParams{
		WorkspaceID: from.WorkspaceID, ID: from.ID, Sealed: from.Sealed,
		SignsAt: from.SignsAt, RetiresAt: from.RetiresAt, WithdrawnAt: from.WithdrawnAt, UsedAt: from.UsedAt,
	})))
}

// SaveKeyUse implements greenroom.Tx.
func (t *workspaceTx) SaveKeyUse(ctx context.Context, u greenroom.KeyUse) error {
	return t.fail("use of key "+string(u.Key), t.txn.db.SaveKeyUse(ctx, q.SaveKeyUseParams{
		WorkspaceID: t.workspace, KeyID: u.Key, ConnectionID: u.Connection,
		AcceptedAt: column.Time(u.AcceptedAt), RefusedAt: column.Time(u.RefusedAt),
	}))
}

func toKey(k q.Key) greenroom.Key {
	return greenroom.Key{
		ID: k.ID, Public: k.Public, Sealed: noBytes(k.Sealed), CreatedAt: time.Time(k.CreatedAt),
		SignsAt: time.Time(k.SignsAt), RetiresAt: time.Time(k.RetiresAt),
		WithdrawnAt: time.Time(k.WithdrawnAt), UsedAt: time.Time(k.UsedAt),
	}
}

func fromKey(w greenroom.WorkspaceID, k greenroom.Key) q.AddKeyParams {
	return q.AddKeyParams{
		WorkspaceID: w, ID: k.ID, Public: k.Public, Sealed: k.Sealed, CreatedAt: column.Time(k.CreatedAt),
		SignsAt: column.Time(k.SignsAt), RetiresAt: column.Time(k.RetiresAt),
		WithdrawnAt: column.Time(k.WithdrawnAt), UsedAt: column.Time(k.UsedAt),
	}
}
