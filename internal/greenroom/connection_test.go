package greenroom_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestSavingAConnectionTwiceChangesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		first := must(h.SaveConnection(t.Context(), h.admin, validForm()))
		if !first.Created || first.KeySet == nil || len(first.Warnings) != 0 {
			t.Errorf("first save %+v", first)
		}
		f := validForm()
		f.Platform, f.Deployments = "Renamed", "1, 2"
		second := must(h.SaveConnection(t.Context(), h.admin, f))
		all := must(h.Connections(t.Context(), h.admin))
		if second.Created || len(all) != 1 || all[0].ID != first.Connection.ID || all[0].Platform != "Renamed" || len(all[0].Deployments) != 2 {
			t.Errorf("second save %+v, all %+v", second, all)
		}
		if !all[0].ConnectedAt.Equal(first.Connection.ConnectedAt) {
			t.Error("changing a connection changes when it was connected")
		}
		f.ClientID = "ABC123"
		must(h.SaveConnection(t.Context(), h.admin, f))
		if n := len(must(h.Connections(t.Context(), h.admin))); n != 2 {
			t.Errorf("%d connections; client IDs that differ by case are two", n)
		}
	})
}

func TestAnUnreachableKeySetWarnsAndSaves(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.lms.keySet = errors.New("dial tcp: connection refused")
		saved := must(h.SaveConnection(t.Context(), h.admin, validForm()))
		if len(saved.Warnings) != 1 || !strings.HasPrefix(saved.Warnings[0], "Greenroom could not fetch the keyset of your LMS yet") || strings.Contains(saved.Warnings[0], "dial") {
			t.Errorf("warnings %q", saved.Warnings)
		}
		if n := len(must(h.Connections(t.Context(), h.admin))); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestABadFormChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		f := validForm()
		f.TokenURL = "http://lms.example.com/token"
		if _, err := h.SaveConnection(t.Context(), h.admin, f); !isInvalid(err, "token_url") {
			t.Errorf("got %v", err)
		}
		if n := len(must(h.Connections(t.Context(), h.admin))); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

// Two workspaces may hold the same issuer and client ID: nothing is shared.
func TestTwoWorkspacesOnOneLMS(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		other := must(h.CreateWorkspace(t.Context(), "Other team", "", false))
		here := must(h.SaveConnection(t.Context(), h.admin, validForm())).Connection
		there := must(h.SaveConnection(t.Context(), greenroom.Operator(other.ID), validForm())).Connection
		if here.ID == there.ID {
			t.Error("one connection in two workspaces")
		}
		k1, k2 := must(h.SigningKey(t.Context(), h.workspace.ID)), must(h.SigningKey(t.Context(), other.ID))
		if k1.ID == k2.ID || string(k1.Public) == string(k2.Public) {
			t.Error("two workspaces sign with one key")
		}
		if _, err := h.Vault.OpenKey(other.ID, k1); !errors.Is(err, greenroom.ErrMasterKey) {
			t.Errorf("a key opens in another workspace: %v", err)
		}
	})
}

func TestSettingsDoNotExistForMembers(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p := must(h.CreateUser(ctx, h.workspace.ID, greenroom.NewUser{Email: "m@example.com", Password: "long enough", Role: greenroom.MemberRole}))
		a, _, err := h.Enter(ctx, p.ID, h.workspace.Slug)
		if err != nil {
			t.Fatal(err)
		}
		for name, use := range map[string]func() error{
			"list connections":  func() error { _, err := h.Connections(ctx, a); return err },
			"save a connection": func() error { _, err := h.SaveConnection(ctx, a, validForm()); return err },
			"make a URL":        func() error { _, _, err := h.NewInvite(ctx, a); return err },
			"list URLs":         func() error { _, err := h.OpenInvites(ctx, a); return err },
			"revoke URLs":       func() error { _, err := h.RevokeInvites(ctx, a); return err },
			"list members":      func() error { _, _, err := h.Members(ctx, a); return err },
			"list passbacks":    func() error { _, err := h.Passbacks(ctx, a, greenroom.PassbackFilter{}); return err },
			"send again":        func() error { return h.SendAgain(ctx, a, "x") },
			"rename the workspace": func() error {
				_, err := h.RenameWorkspace(ctx, a, greenroom.WorkspaceForm{Name: "x", Slug: "x"})
				return err
			},
			"save a scenario": func() error { _, err := h.SaveScenario(ctx, a, "x", []byte(tiny)); return err },
		} {
			if err := use(); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("a member can %s: %v", name, err)
			}
		}
		other := must(h.CreateWorkspace(ctx, "Other team", "", false))
		if _, _, err := h.Enter(ctx, p.ID, other.Slug); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a member of one workspace enters another: %v", err)
		}
	})
}
