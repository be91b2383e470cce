package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// updateShared runs writes that have to succeed.
func updateShared(t *testing.T, s greenroom.Store, writes ...func(ctx context.Context, tx greenroom.SharedTx) error) {
	t.Helper()
	ok(t, s.Instance().UpdateShared(t.Context(), func(ctx context.Context, tx greenroom.SharedTx) error {
		for _, write := range writes {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	}))
}

// newShared is a registration of the instance; its ID and client ID are the
// world's own, also a twin's.
func (w *world) newShared(id string) greenroom.SharedRegistration {
	return greenroom.SharedRegistration{
		ID: greenroom.SharedID(w.mark + "-" + id), Platform: w.mark + " vendor", Issuer: issuer, ClientID: w.mark + "-" + id,
		AuthURL: issuer + "/auth", TokenURL: issuer + "/token", KeySetURL: issuer + "/certs", Audience: issuer + "/aud",
		Product: "vendor", Claimants: greenroom.ClaimByAdministrators, KeySet: []byte("{}"), KeySetAt: noon,
		ConnectedAt: noon, UpdatedAt: noon,
	}
}

func (w *world) newClaim(r greenroom.SharedRegistration, deployment string) greenroom.Claim {
	return greenroom.Claim{
		Workspace: w.workspace.ID, Shared: r.ID, Deployment: deployment, Connection: w.connection.ID,
		SiteID: "guid", SiteName: w.mark + " school", ClaimedAt: noon,
	}
}

func (w *world) newCode(id string) greenroom.ClaimCode {
	return greenroom.ClaimCode{
		Workspace: w.workspace.ID, ID: greenroom.ClaimCodeID(w.id(id)), Hash: w.mark + id, CreatedBy: w.person.ID,
		CreatedAt: noon, ExpiresAt: minutes(60),
	}
}

func testShared(t *testing.T, s greenroom.Store) {
	w := connected(t, s, "alpha")
	r := w.newShared("shared")
	t.Run("one that was saved comes back as it was, by ID and by issuer and client", func(t *testing.T) {
		_, err := s.Instance().SharedRegistration(t.Context(), r.ID)
		refused(t, err, greenroom.ErrNotFound)
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error { return tx.SaveSharedRegistration(ctx, r) })
		equal(t, "registration", must(s.Instance().SharedRegistration(t.Context(), r.ID))(t), r)
		equal(t, "of an issuer", must(s.Instance().SharedRegistrationsOf(t.Context(), issuer, ""))(t), []greenroom.SharedRegistration{r})
		equal(t, "of a client", must(s.Instance().SharedRegistrationsOf(t.Context(), issuer, r.ClientID))(t), []greenroom.SharedRegistration{r})
		equal(t, "of another client", len(must(s.Instance().SharedRegistrationsOf(t.Context(), issuer, "other"))(t)), 0)
		equal(t, "of no issuer", len(must(s.Instance().SharedRegistrationsOf(t.Context(), "", ""))(t)), 0)
		equal(t, "all", must(s.Instance().SharedRegistrations(t.Context()))(t), []greenroom.SharedRegistration{r})
	})
	t.Run("issuer and client ID of another one are taken", func(t *testing.T) {
		err := s.Instance().UpdateShared(t.Context(), func(ctx context.Context, tx greenroom.SharedTx) error {
			again := r
			again.ID = "again"
			return tx.SaveSharedRegistration(ctx, again)
		})
		refused(t, err, greenroom.ErrTaken)
	})
	t.Run("connections that share it follow, and keep the name that they have", func(t *testing.T) {
		c := w.newConnection("sharing", r.Issuer, r.ClientID)
		c.Shared, c.How = r.ID, greenroom.BySharing
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, c) })
		r.TokenURL, r.AuthURL, r.Platform, r.Audience, r.Disabled = issuer+"/token2", issuer+"/auth2", "New", "aud2", true
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error { return tx.SaveSharedRegistration(ctx, r) })
		c.TokenURL, c.AuthURL, c.Audience = r.TokenURL, r.AuthURL, r.Audience
		equal(t, "sharing", must(w.Connection(t.Context(), c.ID))(t), c)
		equal(t, "not sharing", must(w.Connection(t.Context(), w.connection.ID))(t), w.connection)
	})
	t.Run("its key set is kept", func(t *testing.T) {
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			refused(t, tx.KeepSharedKeySet(ctx, "none", nil, noon), greenroom.ErrNotFound)
			return tx.KeepSharedKeySet(ctx, r.ID, []byte("new"), minutes(1))
		})
		r.KeySet, r.KeySetAt = []byte("new"), minutes(1)
		equal(t, "registration", must(s.Instance().SharedRegistration(t.Context(), r.ID))(t), r)
	})
	t.Run("keys of the instance are nobody else's", func(t *testing.T) {
		older := greenroom.Key{ID: "instance-1", Public: []byte{1}, Sealed: []byte{2}, CreatedAt: noon, SignsAt: noon}
		newer := greenroom.Key{ID: "instance-2", Public: []byte{1}, Sealed: []byte{2}, CreatedAt: minutes(1), SignsAt: minutes(2)}
		updateShared(t, s,
			func(ctx context.Context, tx greenroom.SharedTx) error { return tx.AddKey(ctx, older) },
			func(ctx context.Context, tx greenroom.SharedTx) error { return tx.AddKey(ctx, newer) },
		)
		older.RetiresAt, older.Sealed = minutes(3), nil
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			refused(t, tx.SaveKey(ctx, greenroom.Key{ID: "none"}), greenroom.ErrNotFound)
			ok(t, tx.SaveKey(ctx, older))
			equal(t, "in the transaction", must(tx.InstanceKeys(ctx))(t), []greenroom.Key{newer, older})
			return nil
		})
		equal(t, "keys", must(s.Instance().InstanceKeys(t.Context()))(t), []greenroom.Key{newer, older})
		equal(t, "of the workspace", must(w.Keys(t.Context()))(t), []greenroom.Key{w.key})
	})
	t.Run("what is done is written down", func(t *testing.T) {
		e := w.newEntry("instance", 1)
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error { return tx.AddAudit(ctx, e) })
		equal(t, "audit log", must(s.Instance().InstanceAudit(t.Context()))(t), []greenroom.AuditEntry{e})
	})
	t.Run("an error undoes everything, in workspaces as well", func(t *testing.T) {
		why := errors.New("no")
		err := s.Instance().UpdateShared(t.Context(), func(ctx context.Context, tx greenroom.SharedTx) error {
			ok(t, tx.Workspace(w.workspace.ID).AddClaimCode(ctx, w.newCode("undone")))
			_, err := s.Instance().InstanceKeys(ctx)
			refused(t, err, greenroom.ErrNested)
			return why
		})
		refused(t, err, why)
		equal(t, "codes", len(must(w.OpenClaimCodes(t.Context(), noon))(t)), 0)
	})
	t.Run("one that is removed is gone", func(t *testing.T) {
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			ok(t, tx.DeleteSharedRegistration(ctx, r.ID))
			refused(t, tx.DeleteSharedRegistration(ctx, r.ID), greenroom.ErrNotFound)
			return nil
		})
	})
}

func testDeploymentClaims(t *testing.T, s greenroom.Store) {
	a, b := full(t, s, "alpha"), full(t, s, "bravo")
	t.Run("a claim comes back as it was", func(t *testing.T) {
		equal(t, "claim", must(s.Instance().Claim(t.Context(), a.shared.ID, "d1"))(t), a.claim)
		equal(t, "of the registration", must(s.Instance().Claims(t.Context(), a.shared.ID))(t), []greenroom.Claim{a.claim})
		equal(t, "of the workspace", must(a.Claims(t.Context()))(t), []greenroom.Claim{a.claim})
	})
	t.Run("the same deployment of another registration is another one", func(t *testing.T) {
		equal(t, "claim", must(s.Instance().Claim(t.Context(), b.shared.ID, "d1"))(t), b.claim)
		_, err := s.Instance().Claim(t.Context(), b.shared.ID, "d2")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("a claimed deployment is taken, and the transaction goes on", func(t *testing.T) {
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			refused(t, tx.AddClaim(ctx, b.newClaim(a.shared, "d1")), greenroom.ErrTaken)
			return tx.AddClaim(ctx, b.newClaim(a.shared, "d2"))
		})
		equal(t, "claims", len(must(b.Claims(t.Context()))(t)), 2)
	})
	t.Run("a workspace drops its own alone", func(t *testing.T) {
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			refused(t, tx.DropClaim(ctx, b.newClaim(a.shared, "d1")), greenroom.ErrNotFound)
			return tx.DropClaim(ctx, b.newClaim(a.shared, "d2"))
		})
		equal(t, "claim", must(s.Instance().Claim(t.Context(), a.shared.ID, "d1"))(t), a.claim)
	})
	t.Run("a claimed registration stays", func(t *testing.T) {
		err := s.Instance().UpdateShared(t.Context(), func(ctx context.Context, tx greenroom.SharedTx) error {
			return tx.DeleteSharedRegistration(ctx, a.shared.ID)
		})
		if err == nil {
			t.Error("it went")
		}
		equal(t, "registration", must(s.Instance().SharedRegistration(t.Context(), a.shared.ID))(t), a.shared)
	})
	t.Run("a connection that goes takes its claims along", func(t *testing.T) {
		update(t, a, func(ctx context.Context, tx greenroom.Tx) error { return tx.DeleteConnection(ctx, a.connection.ID) })
		_, err := s.Instance().Claim(t.Context(), a.shared.ID, "d1")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("codes are open until they are used, revoked or expired", func(t *testing.T) {
		w := newWorld(t, s, "charlie")
		open, used := w.newCode("open"), w.newCode("used")
		update(t, w,
			func(ctx context.Context, tx greenroom.Tx) error { return tx.AddClaimCode(ctx, open) },
			func(ctx context.Context, tx greenroom.Tx) error { return tx.AddClaimCode(ctx, used) },
		)
		used.UsedAt = minutes(1)
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			found := must(tx.ClaimCode(ctx, used.Hash))(t)
			equal(t, "workspace", found.Workspace, w.workspace.ID)
			_, err := tx.ClaimCode(ctx, "nobody's")
			refused(t, err, greenroom.ErrNotFound)
			refused(t, tx.Workspace(w.workspace.ID).AddClaimCode(ctx, greenroom.ClaimCode{ID: "x", Hash: b.code.Hash}), greenroom.ErrTaken)
			return tx.Workspace(w.workspace.ID).SaveClaimCode(ctx, used)
		})
		equal(t, "open", must(w.OpenClaimCodes(t.Context(), minutes(5)))(t), []greenroom.ClaimCode{open})
		equal(t, "later", len(must(w.OpenClaimCodes(t.Context(), minutes(60)))(t)), 0)
	})
}

func testArrivals(t *testing.T, s greenroom.Store) {
	w := newWorld(t, s, "alpha")
	r := w.newShared("shared")
	arrived := func(id string, at int) greenroom.Arrived {
		return greenroom.Arrived{
			ID: greenroom.ArrivalID(id), Shared: r.ID, Deployment: "d1", StateID: "state of " + id, SiteID: "guid", SiteName: "School",
			Product: "p", At: minutes(at), ExpiresAt: minutes(at + 30),
		}
	}
	one, two := arrived("one", 1), arrived("two", 2)
	updateShared(t, s,
		func(ctx context.Context, tx greenroom.SharedTx) error { return tx.SaveSharedRegistration(ctx, r) },
		func(ctx context.Context, tx greenroom.SharedTx) error { return tx.AddArrival(ctx, one) },
		func(ctx context.Context, tx greenroom.SharedTx) error { return tx.AddArrival(ctx, two) },
	)
	t.Run("a state is spent once, and the transaction goes on", func(t *testing.T) {
		again := arrived("again", 1)
		again.StateID = one.StateID
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			refused(t, tx.AddArrival(ctx, again), greenroom.ErrSpent)
			_, err := tx.Arrival(ctx, again.ID)
			refused(t, err, greenroom.ErrNotFound)
			return nil
		})
	})
	t.Run("wrong codes are kept and counted by deployment and time", func(t *testing.T) {
		one.WrongCodes, two.WrongCodes, two.UsedAt = 2, 3, minutes(4)
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			ok(t, tx.SaveArrival(ctx, one))
			ok(t, tx.SaveArrival(ctx, two))
			refused(t, tx.SaveArrival(ctx, greenroom.Arrived{ID: "none"}), greenroom.ErrNotFound)
			equal(t, "arrival", must(tx.Arrival(ctx, two.ID))(t), two)
			equal(t, "all", must(tx.WrongCodes(ctx, r.ID, "d1", noon))(t), 5)
			equal(t, "the later", must(tx.WrongCodes(ctx, r.ID, "d1", minutes(1)))(t), 3)
			equal(t, "of another", must(tx.WrongCodes(ctx, r.ID, "d2", noon))(t), 0)
			return nil
		})
	})
	t.Run("those that expired are swept", func(t *testing.T) {
		ok(t, s.Instance().SweepArrivals(t.Context(), minutes(32)))
		updateShared(t, s, func(ctx context.Context, tx greenroom.SharedTx) error {
			_, err := tx.Arrival(ctx, one.ID)
			refused(t, err, greenroom.ErrNotFound)
			equal(t, "the later", must(tx.Arrival(ctx, two.ID))(t).ID, two.ID)
			return nil
		})
	})
}
