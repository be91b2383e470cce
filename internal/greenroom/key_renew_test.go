package greenroom_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Under another master key nobody is turned away for what does not open, and
// signing keys are new for those who need one.
func TestRenewUnderAnotherMasterKey(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.lms.register = func() (greenroom.Registered, error) {
			return greenroom.Registered{
				Platform: "Campus", Issuer: "https://campus.example.com", ClientID: "campus", Deployment: "1",
				ManagementURL: "https://campus.example.com/r", ManagementToken: "secret",
			}, nil
		}
		_, token, err := h.NewInvite(ctx, h.admin)
		if err != nil {
			t.Fatal(err)
		}
		registered := must(h.Register(ctx, h.workspace.ID, token, greenroom.RegistrationRequest{}))
		c := h.connect()
		if err := h.SaveLegacyKey(ctx, h.admin, c.ID, "key", "s3cret"); err != nil {
			t.Fatal(err)
		}
		before := must(h.SigningKey(ctx, h.workspace.ID))

		h.Vault = greenroom.NewVault([32]byte{2})
		launch, err := h.try(c, custom("scenario_id", "tiny"), legacy("s3cret", "key", "user 1", "old 1"))
		if err != nil || !strings.Contains(launch.Detail, "a master key that is gone") {
			t.Errorf("a migration claim: %q, %v", launch.Detail, err)
		}
		_, err = h.UpdateRegistration(ctx, h.admin, registered.ID, greenroom.ToolEndpoints{})
		if !errors.As(err, new(*greenroom.RegistrationError)) {
			t.Errorf("an update of a registration: %v", err)
		}
		for _, want := range []int{1, 0} {
			lost, err := h.Renew(ctx)
			if err != nil || len(lost.Workspaces) != want || lost.Instance {
				t.Errorf("renewed %+v, %v; want %d workspaces", lost, err, want)
			}
		}
		after, err := h.SigningKey(ctx, h.workspace.ID)
		if err != nil || after.ID == before.ID {
			t.Errorf("signs with %s, before with %s (%v)", after.ID, before.ID, err)
		}
		for _, k := range must(h.Store.Workspace(h.workspace.ID).Keys(ctx)) {
			if k.ID != after.ID && len(k.Sealed) > 0 {
				t.Errorf("%s still has a private half under the master key before", k.ID)
			}
		}
		if log := must(h.Store.Workspace(h.workspace.ID).Audit(ctx, greenroom.AuditFilter{})); log[0].Action != greenroom.KeyRotated {
			t.Errorf("the audit log ends with %s", log[0].Action)
		}
	})
}
