package platforms

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// share makes a connection of a shared registration, with a deployment, and the
// instance's key.
func (h *house) share() greenroom.Connection {
	h.t.Helper()
	key, err := h.platforms.vault.SealKey(greenroom.InstanceOwner, "instance-1", signingPair())
	if err != nil {
		h.t.Fatal(err)
	}
	key.CreatedAt, key.SignsAt = h.now, h.now
	c := h.connect("c", func(c *greenroom.Connection) {
		c.ClientID, c.How, c.Shared, c.Deployments = "app", greenroom.BySharing, "r", []string{"d1"}
	})
	err = h.store.Instance().UpdateShared(h.t.Context(), func(ctx context.Context, tx greenroom.SharedTx) error {
		return errors.Join(tx.AddKey(ctx, key),
			tx.SaveSharedRegistration(ctx, greenroom.SharedRegistration{
				ID: "r", Platform: "Vendor", Issuer: c.Issuer, ClientID: c.ClientID, AuthURL: c.AuthURL, TokenURL: c.TokenURL,
				KeySetURL: c.KeySetURL, Claimants: greenroom.ClaimByAdministrators,
			}),
			tx.AddClaim(ctx, greenroom.Claim{Workspace: h.workspace, Shared: "r", Deployment: "d1", Connection: c.ID, ClaimedAt: h.now}))
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func TestASharedConnectionSignsWithTheInstancesKey(t *testing.T) {
	h := newHouse(t)
	endpoint := &choosy{t: t, known: []string{"instance-1"}, expiry: 120}
	h.mux.Handle("POST /token", endpoint)
	posted := 0
	h.mux.HandleFunc("POST /items/7/scores", func(http.ResponseWriter, *http.Request) { posted++ })
	c := h.share()
	post := func(deployment string) error {
		return h.platforms.PostScore(t.Context(), h.workspace, c, h.key, greenroom.ScorePost{
			LineItemURL: h.lms.URL + "/items/7", Subject: "6", Maximum: 10, At: h.now, Deployment: deployment,
		})
	}
	if err := post("d1"); err != nil || posted != 1 || !slices.Equal(endpoint.asked, []string{"instance-1"}) {
		t.Fatalf("%d scores, asked with %q, %v", posted, endpoint.asked, err)
	}
	keys, err := h.store.Instance().InstanceKeys(t.Context())
	if err != nil || !keys[0].UsedAt.Equal(h.now) {
		t.Errorf("its use is not noted: %+v, %v", keys, err)
	}
	if err := post("d2"); !isClaimError(err) || posted != 1 || len(endpoint.asked) != 1 {
		t.Errorf("for a deployment of another workspace: %v, %d scores", err, posted)
	}
}

func isClaimError(err error) bool {
	_, ok := errors.AsType[*greenroom.ClaimError](err)
	return ok
}

func TestSharedConnectionsHaveNoDoorOfTheirOwn(t *testing.T) {
	h := newHouse(t)
	c := h.share()
	ours := h.platforms.Registrations(h.workspace)
	if found, err := ours.Find(t.Context(), c.Issuer, c.ClientID); len(found) != 0 || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := ours.Registration(t.Context(), string(c.ID)); !errors.Is(err, lti.ErrNoRegistration) {
		t.Errorf("registration: %v", err)
	}
	shared := h.platforms.SharedRegistrations()
	if found, err := shared.Find(t.Context(), c.Issuer, c.ClientID); len(found) != 1 || err != nil || found[0].ID != "r" || !found[0].AcceptNewDeployments {
		t.Errorf("at the shared door: %v, %v", found, err)
	}
	if _, err := shared.Registration(t.Context(), string(c.ID)); !errors.Is(err, lti.ErrNoRegistration) {
		t.Errorf("a connection's ID at the shared door: %v", err)
	}
}

func TestKeySetsOfTheSharedDoorAreKeptWithTheRegistration(t *testing.T) {
	h := newHouse(t)
	document := keySet("k")
	h.mux.HandleFunc("/jwks", answers(http.StatusOK, string(document)))
	c := h.share()
	r, err := h.platforms.SharedRegistrations().Registration(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.platforms.SharedKeySets().Key(t.Context(), r, "k"); err != nil {
		t.Fatal(err)
	}
	kept, err := h.store.Instance().SharedRegistration(t.Context(), "r")
	if err != nil || string(kept.KeySet) != string(document) {
		t.Errorf("kept %q, %v", kept.KeySet, err)
	}
	if got := h.connection(c.ID).KeySet; got != nil {
		t.Errorf("the connection keeps %q", got)
	}
}
