package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Claim implements greenroom.InstanceStore.
func (i *instanceStore) Claim(ctx context.Context, id greenroom.SharedID, deployment string) (greenroom.Claim, error) {
	return claimOf(ctx, i.store, id, deployment)
}

// Claims implements greenroom.InstanceStore.
func (i *instanceStore) Claims(ctx context.Context, id greenroom.SharedID) ([]greenroom.Claim, error) {
	return claimsOf(ctx, i.store, id)
}

// Claim implements greenroom.SharedTx.
func (t sharedTx) Claim(ctx context.Context, id greenroom.SharedID, deployment string) (greenroom.Claim, error) {
	return claimOf(ctx, t, id, deployment)
}

// Claims implements greenroom.SharedTx.
func (t sharedTx) Claims(ctx context.Context, id greenroom.SharedID) ([]greenroom.Claim, error) {
	return claimsOf(ctx, t, id)
}

// Claims implements greenroom.Reader.
func (r reader) Claims(ctx context.Context) ([]greenroom.Claim, error) {
	return many(ctx, r, "claims", (*q.Queries).DeploymentClaims, r.workspace, toClaim)
}

func claimOf(ctx context.Context, s source, id greenroom.SharedID, deployment string) (greenroom.Claim, error) {
	arg := q.ClaimOfParams{RegistrationID: id, Deployment: deployment}
	return one(ctx, s, "claim of deployment "+deployment, (*q.Queries).ClaimOf, arg, toClaim)
}

func claimsOf(ctx context.Context, s source, id greenroom.SharedID) ([]greenroom.Claim, error) {
	return many(ctx, s, "claims of "+string(id), (*q.Queries).ClaimsOf, id, toClaim)
}

// AddClaim implements greenroom.SharedTx.
func (t sharedTx) AddClaim(ctx context.Context, c greenroom.Claim) error {
	return t.fail("claim of deployment "+c.Deployment, added(t.db.AddClaim(ctx, q.AddClaimParams{
		WorkspaceID: c.Workspace, RegistrationID: c.Shared, Deployment: c.Deployment, ConnectionID: c.Connection,
		SiteID: c.SiteID, SiteName: c.SiteName, ClaimedAt: column.Time(c.ClaimedAt),
	})))
}

// DropClaim implements greenroom.SharedTx.
func (t sharedTx) DropClaim(ctx context.Context, c greenroom.Claim) error {
	return t.fail("claim of deployment "+c.Deployment, wrote(t.db.DropClaim(ctx, q.DropClaimParams{
		WorkspaceID: c.Workspace, RegistrationID: c.Shared, Deployment: c.Deployment,
	})))
}

// ClaimCode implements greenroom.SharedTx.
func (t sharedTx) ClaimCode(ctx context.Context, hash string) (greenroom.ClaimCode, error) {
	if err := t.lock(ctx, "claim_codes where code_hash = $1", hash); err != nil {
		return greenroom.ClaimCode{}, t.fail("claim code", err)
	}
	return one(ctx, t, "claim code", (*q.Queries).ClaimCode, hash, toClaimCode)
}

// OpenClaimCodes implements greenroom.Reader.
func (r reader) OpenClaimCodes(ctx context.Context, now time.Time) ([]greenroom.ClaimCode, error) {
	arg := q.OpenClaimCodesParams{WorkspaceID: r.workspace, Now: column.Time(now)}
	return many(ctx, r, "open claim codes", (*q.Queries).OpenClaimCodes, arg, toClaimCode)
}

// AddClaimCode implements greenroom.Tx.
func (t *workspaceTx) AddClaimCode(ctx context.Context, c greenroom.ClaimCode) error {
	return t.fail("claim code "+string(c.ID), t.txn.attempt(ctx, func() error {
		return t.txn.db.AddClaimCode(ctx, q.AddClaimCodeParams{
			WorkspaceID: t.workspace, ID: c.ID, CodeHash: c.Hash, CreatedBy: c.CreatedBy, CreatedAt: column.Time(c.CreatedAt),
			ExpiresAt: column.Time(c.ExpiresAt), UsedAt: column.Time(c.UsedAt), RevokedAt: column.Time(c.RevokedAt),
		})
	}))
}

// SaveClaimCode implements greenroom.Tx.
func (t *workspaceTx) SaveClaimCode(ctx context.Context, c greenroom.ClaimCode) error {
	return t.fail("claim code "+string(c.ID), wrote(t.txn.db.SaveClaimCode(ctx, q.SaveClaimCodeParams{
		WorkspaceID: t.workspace, ID: c.ID, UsedAt: column.Time(c.UsedAt), RevokedAt: column.Time(c.RevokedAt),
	})))
}

// AddArrival implements greenroom.SharedTx.
func (t sharedTx) AddArrival(ctx context.Context, a greenroom.Arrived) error {
	n, err := t.db.AddArrival(ctx, q.AddArrivalParams{
		ID: a.ID, RegistrationID: a.Shared, Deployment: a.Deployment, StateID: a.StateID,
		SiteID: a.SiteID, SiteName: a.SiteName, Product: a.Product, At: column.Time(a.At),
		ExpiresAt: column.Time(a.ExpiresAt), WrongCodes: a.WrongCodes, UsedAt: column.Time(a.UsedAt),
	})
	if err == nil && n == 0 {
		err = greenroom.ErrSpent
	}
	return t.fail("arrival "+string(a.ID), err)
}

// Arrival implements greenroom.SharedTx.
func (t sharedTx) Arrival(ctx context.Context, id greenroom.ArrivalID) (greenroom.Arrived, error) {
	if err := t.lock(ctx, "arrivals where id = $1", string(id)); err != nil {
		return greenroom.Arrived{}, t.fail("arrival "+string(id), err)
	}
	return one(ctx, t, "arrival "+string(id), (*q.Queries).Arrival, id, func(a q.Arrival) greenroom.Arrived {
		return greenroom.Arrived{
			ID: a.ID, Shared: a.RegistrationID, Deployment: a.Deployment, StateID: a.StateID,
			SiteID: a.SiteID, SiteName: a.SiteName, Product: a.Product, At: time.Time(a.At),
			ExpiresAt: time.Time(a.ExpiresAt), WrongCodes: a.WrongCodes, UsedAt: time.Time(a.UsedAt),
		}
	})
}

// SaveArrival implements greenroom.SharedTx.
func (t sharedTx) SaveArrival(ctx context.Context, a greenroom.Arrived) error {
	return t.fail("arrival "+string(a.ID), wrote(t.db.SaveArrival(ctx, q.SaveArrivalParams{
		ID: a.ID, WrongCodes: a.WrongCodes, UsedAt: column.Time(a.UsedAt),
	})))
}

// WrongCodes implements greenroom.SharedTx.
func (t sharedTx) WrongCodes(ctx context.Context, id greenroom.SharedID, deployment string, since time.Time) (int, error) {
	arg := q.WrongCodesParams{RegistrationID: id, Deployment: deployment, Since: column.Time(since)}
	return one(ctx, t, "wrong codes", (*q.Queries).WrongCodes, arg, func(n int64) int { return int(n) })
}

// SweepArrivals implements greenroom.InstanceStore.
func (i *instanceStore) SweepArrivals(ctx context.Context, before time.Time) error {
	return i.write(ctx, "expired arrivals", func(ctx context.Context, t *txn) error {
		return t.db.SweepArrivals(ctx, column.Time(before))
	})
}

func toClaim(c q.DeploymentClaim) greenroom.Claim {
	return greenroom.Claim{
		Workspace: c.WorkspaceID, Shared: c.RegistrationID, Deployment: c.Deployment, Connection: c.ConnectionID,
		SiteID: c.SiteID, SiteName: c.SiteName, ClaimedAt: time.Time(c.ClaimedAt),
	}
}

func toClaimCode(c q.ClaimCode) greenroom.ClaimCode {
	return greenroom.ClaimCode{
		Workspace: c.WorkspaceID, ID: c.ID, Hash: c.CodeHash, CreatedBy: c.CreatedBy, CreatedAt: time.Time(c.CreatedAt),
		ExpiresAt: time.Time(c.ExpiresAt), UsedAt: time.Time(c.UsedAt), RevokedAt: time.Time(c.RevokedAt),
	}
}
