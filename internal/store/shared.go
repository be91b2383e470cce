package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// A sharedTx implements greenroom.SharedTx.
type sharedTx struct{ *txn }

var _ greenroom.SharedTx = sharedTx{}

// UpdateShared implements greenroom.InstanceStore.
func (i *instanceStore) UpdateShared(ctx context.Context, fn func(ctx context.Context, tx greenroom.SharedTx) error) error {
	return i.store.update(ctx, func(ctx context.Context, t *txn) error { return fn(ctx, sharedTx{t}) })
}

// Workspace implements greenroom.SharedTx.
func (t sharedTx) Workspace(w greenroom.WorkspaceID) greenroom.Tx {
	return &workspaceTx{reader: reader{source: t.txn, workspace: w}, txn: t.txn}
}

// SharedRegistrations implements greenroom.InstanceStore.
func (i *instanceStore) SharedRegistrations(ctx context.Context) ([]greenroom.SharedRegistration, error) {
	list, err := sharedRegistrations(ctx, i.store, q.SharedRegistrationsParams{})
	sortByName(list, func(r greenroom.SharedRegistration) string { return r.Platform })
	return list, err
}

// SharedRegistration implements greenroom.InstanceStore.
func (i *instanceStore) SharedRegistration(ctx context.Context, id greenroom.SharedID) (greenroom.SharedRegistration, error) {
	return sharedRegistration(ctx, i.store, id)
}

// SharedRegistrationsOf implements greenroom.InstanceStore.
func (i *instanceStore) SharedRegistrationsOf(ctx context.Context, issuer, clientID string) ([]greenroom.SharedRegistration, error) {
	return sharedRegistrationsOf(ctx, i.store, issuer, clientID)
}

// SharedRegistration implements greenroom.SharedTx.
func (t sharedTx) SharedRegistration(ctx context.Context, id greenroom.SharedID) (greenroom.SharedRegistration, error) {
	if err := t.lock(ctx, "shared_registrations where id = $1", string(id)); err != nil {
		return greenroom.SharedRegistration{}, t.fail("shared registration "+string(id), err)
	}
	return sharedRegistration(ctx, t, id)
}

// SharedRegistrationsOf implements greenroom.SharedTx.
func (t sharedTx) SharedRegistrationsOf(ctx context.Context, issuer, clientID string) ([]greenroom.SharedRegistration, error) {
	return sharedRegistrationsOf(ctx, t, issuer, clientID)
}

func sharedRegistration(ctx context.Context, s source, id greenroom.SharedID) (greenroom.SharedRegistration, error) {
	list, err := sharedRegistrations(ctx, s, q.SharedRegistrationsParams{ID: string(id)})
	if err == nil && (id == "" || len(list) == 0) {
		err = s.fail("shared registration "+string(id), sql.ErrNoRows)
	}
	if err != nil {
		return greenroom.SharedRegistration{}, err
	}
	return list[0], nil
}

func sharedRegistrationsOf(ctx context.Context, s source, issuer, clientID string) ([]greenroom.SharedRegistration, error) {
	list, err := sharedRegistrations(ctx, s, q.SharedRegistrationsParams{Issuer: issuer, ClientID: clientID})
	if issuer == "" {
		list = nil
	}
	return list, err
}

func sharedRegistrations(ctx context.Context, s source, arg q.SharedRegistrationsParams) ([]greenroom.SharedRegistration, error) {
	return many(ctx, s, "shared registrations", (*q.Queries).SharedRegistrations, arg, toShared)
}

// SaveSharedRegistration implements greenroom.SharedTx.
func (t sharedTx) SaveSharedRegistration(ctx context.Context, r greenroom.SharedRegistration) error {
	return t.fail("shared registration "+string(r.ID), t.attempt(ctx, func() error {
		err := t.db.SaveSharedRegistration(ctx, q.SaveSharedRegistrationParams{
			ID: r.ID, Platform: r.Platform, Issuer: r.Issuer, ClientID: r.ClientID, AuthURL: r.AuthURL, TokenURL: r.TokenURL,
			KeySetURL: r.KeySetURL, Audience: r.Audience, Product: r.Product, Claimants: r.Claimants, Disabled: r.Disabled,
			KeySet: r.KeySet, KeySetAt: column.Time(r.KeySetAt),
			ConnectedAt: column.Time(r.ConnectedAt), UpdatedAt: column.Time(r.UpdatedAt),
		})
		if err != nil {
			return err
		}
		sharing, err := t.db.SaveSharingConnections(ctx, q.SaveSharingConnectionsParams{
			RegistrationID: r.ID, Issuer: r.Issuer, ClientID: r.ClientID, AuthURL: r.AuthURL, TokenURL: r.TokenURL,
			KeySetURL: r.KeySetURL, Audience: r.Audience,
		})
		for _, w := range sharing {
			t.changeSettings(w)
		}
		return err
	}))
}

// KeepSharedKeySet implements greenroom.SharedTx.
func (t sharedTx) KeepSharedKeySet(ctx context.Context, id greenroom.SharedID, document []byte, at time.Time) error {
	return t.fail("shared registration "+string(id)+": key set", wrote(t.db.KeepSharedKeySet(ctx, q.KeepSharedKeySetParams{
		ID: id, KeySet: document, KeySetAt: column.Time(at),
	})))
}

// DeleteSharedRegistration implements greenroom.SharedTx.
func (t sharedTx) DeleteSharedRegistration(ctx context.Context, id greenroom.SharedID) error {
	return t.fail("shared registration "+string(id), t.attempt(ctx, func() error {
		return wrote(t.db.DeleteSharedRegistration(ctx, id))
	}))
}

// InstanceKeys implements greenroom.InstanceStore.
func (i *instanceStore) InstanceKeys(ctx context.Context) ([]greenroom.Key, error) {
	return instanceKeys(ctx, i.store)
}

// InstanceKeys implements greenroom.SharedTx.
func (t sharedTx) InstanceKeys(ctx context.Context) ([]greenroom.Key, error) {
	if err := t.store.dialect.lockInstanceKeys(ctx, t.tx); err != nil {
		return nil, t.fail("keys of the instance", err)
	}
	return instanceKeys(ctx, t)
}

func instanceKeys(ctx context.Context, s source) ([]greenroom.Key, error) {
	all := func(db *q.Queries, ctx context.Context, _ struct{}) ([]q.InstanceKey, error) {
		return db.InstanceKeys(ctx)
	}
	return many(ctx, s, "keys of the instance", all, struct{}{}, func(k q.InstanceKey) greenroom.Key {
		return toKey(q.Key{
			ID: k.ID, Public: k.Public, Sealed: k.Sealed, CreatedAt: k.CreatedAt,
			SignsAt: k.SignsAt, RetiresAt: k.RetiresAt, WithdrawnAt: k.WithdrawnAt, UsedAt: k.UsedAt,
		})
	})
}

// AddKey implements greenroom.SharedTx.
func (t sharedTx) AddKey(ctx context.Context, k greenroom.Key) error {
	return t.fail("key "+string(k.ID), t.db.AddInstanceKey(ctx, q.AddInstanceKeyParams{
		ID: k.ID, Public: k.Public, Sealed: k.Sealed, CreatedAt: column.Time(k.CreatedAt), SignsAt: column.Time(k.SignsAt),
		RetiresAt: column.Time(k.RetiresAt), WithdrawnAt: column.Time(k.WithdrawnAt), UsedAt: column.Time(k.UsedAt),
	}))
}

// SaveKey implements greenroom.SharedTx.
func (t sharedTx) SaveKey(ctx context.Context, k greenroom.Key) error {
	return t.fail("key "+string(k.ID), wrote(t.db.SaveInstanceKey(ctx, q.SaveInstanceKeyParams{
		ID: k.ID, Sealed: k.Sealed, SignsAt: column.Time(k.SignsAt),
		RetiresAt: column.Time(k.RetiresAt), WithdrawnAt: column.Time(k.WithdrawnAt), UsedAt: column.Time(k.UsedAt),
	})))
}

// AddAudit implements greenroom.SharedTx.
func (t sharedTx) AddAudit(ctx context.Context, e greenroom.AuditEntry) error {
	return t.fail("audit log of the instance", addInstanceAudit(ctx, t.db, e))
}

func addInstanceAudit(ctx context.Context, db *q.Queries, e greenroom.AuditEntry) error {
	return db.AddInstanceAudit(ctx, q.AddInstanceAuditParams{
		ID: e.ID, At: column.Time(e.At), Actor: e.Actor, ActorName: e.ActorName, Action: e.Action,
		Noun: e.Noun, NounID: e.NounID, Label: e.Label, Changes: e.Changes,
	})
}

func toShared(r q.SharedRegistration) greenroom.SharedRegistration {
	return greenroom.SharedRegistration{
		ID: r.ID, Platform: r.Platform, Issuer: r.Issuer, ClientID: r.ClientID, AuthURL: r.AuthURL, TokenURL: r.TokenURL,
		KeySetURL: r.KeySetURL, Audience: r.Audience, Product: r.Product, Claimants: r.Claimants, Disabled: r.Disabled,
		KeySet: noBytes(r.KeySet), KeySetAt: time.Time(r.KeySetAt),
		ConnectedAt: time.Time(r.ConnectedAt), UpdatedAt: time.Time(r.UpdatedAt),
	}
}
