package greenroom_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func answer() (greenroom.Registered, error) {
	return greenroom.Registered{
		Platform: "Moodle", Issuer: "https://lms.example.com", ClientID: "neIBJvaaMrFfHFO", Deployment: "1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
		Scopes: []string{"score"},
	}, nil
}

func trouble(err error) greenroom.InviteTrouble {
	if e, ok := errors.AsType[*greenroom.InviteError](err); ok {
		return e.Trouble
	}
	return ""
}

func TestARegistrationURL(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, h *house, token string) (greenroom.WorkspaceID, string)
		want  greenroom.InviteTrouble
	}{
		"opens": {func(_ *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			return h.workspace.ID, token
		}, ""},
		"without a token": {func(_ *testing.T, h *house, _ string) (greenroom.WorkspaceID, string) { return h.workspace.ID, "" }, greenroom.InviteTampered},
		"with an edited token": {func(_ *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			return h.workspace.ID, "A" + token[1:]
		}, greenroom.InviteTampered},
		"with an edited signature": {func(_ *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			head, tail, _ := strings.Cut(token, ".")
			return h.workspace.ID, head + ".AAAA" + tail[4:]
		}, greenroom.InviteTampered},
		"of another workspace": {func(t *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			return must(h.CreateWorkspace(t.Context(), "Other", "", false)).ID, token
		}, greenroom.InviteForeign},
		"after an hour": {func(_ *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			h.pass(time.Hour)
			return h.workspace.ID, token
		}, greenroom.InviteExpired},
		"just before the hour": {func(_ *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			h.pass(time.Hour - time.Second)
			return h.workspace.ID, token
		}, ""},
		"once it was revoked": {func(t *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			if n := must(h.RevokeInvites(t.Context(), h.admin)); n != 1 {
				t.Errorf("revoked %d", n)
			}
			return h.workspace.ID, token
		}, greenroom.InviteRevoked},
		"once it was used": {func(t *testing.T, h *house, token string) (greenroom.WorkspaceID, string) {
			must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
			return h.workspace.ID, token
		}, greenroom.InviteUsed},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *house) {
				h.lms.register = answer
				_, token, err := h.NewInvite(t.Context(), h.admin)
				if err != nil {
					t.Fatal(err)
				}
				w, token := tc.spoil(t, h, token)
				before := len(must(h.Store.Workspace(w).Connections(t.Context())))
				_, err = h.Register(t.Context(), w, token, greenroom.RegistrationRequest{})
				after := len(must(h.Store.Workspace(w).Connections(t.Context())))
				if trouble(err) != tc.want || (err == nil) != (after == before+1) {
					t.Errorf("got %v, %d connections before and %d after; want %q", err, before, after, tc.want)
				}
			})
		})
	}
}

// A registration URL is as good as its maker's role: not after it was taken away,
// not while the LMS is asked, and not again when the role comes back.
func TestARegistrationURLEndsWithItsMakersRole(t *testing.T) {
	for name, leave := range map[string]func(h *house, by, who greenroom.Actor) error{
		"removed": func(h *house, by, who greenroom.Actor) error { return h.RemoveMember(h.t.Context(), by, who.Person) },
		"demoted": func(h *house, by, who greenroom.Actor) error {
			_, err := h.SetRole(h.t.Context(), by, who.Person, greenroom.MemberRole)
			return err
		},
		"taken out behind our back": func(h *house, _, who greenroom.Actor) error {
			return h.Store.Workspace(h.workspace.ID).Update(h.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				return tx.RemoveMember(ctx, who.Person)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *house) {
				owner, admin := h.hire("olga", greenroom.Owner), h.hire("ada", greenroom.Admin)
				invite := func() string {
					_, token, err := h.NewInvite(t.Context(), admin)
					if err != nil {
						t.Fatal(err)
					}
					return token
				}
				before, during := invite(), invite()
				h.lms.register = func() (greenroom.Registered, error) {
					if err := leave(h, owner, admin); err != nil {
						t.Error(err)
					}
					return answer()
				}
				if _, err := h.Register(t.Context(), h.workspace.ID, during, greenroom.RegistrationRequest{}); trouble(err) != greenroom.InviteRevoked {
					t.Errorf("while the LMS was asked: %v", err)
				}
				h.lms.register = answer
				if _, err := h.CheckInvite(t.Context(), h.workspace.ID, before); trouble(err) != greenroom.InviteRevoked {
					t.Errorf("afterwards it opens: %v", err)
				}
				if _, err := h.Register(t.Context(), h.workspace.ID, before, greenroom.RegistrationRequest{}); trouble(err) != greenroom.InviteRevoked {
					t.Errorf("afterwards: %v", err)
				}
				h.hire("ada", greenroom.Admin)
				_, err := h.CheckInvite(t.Context(), h.workspace.ID, before)
				if name != "taken out behind our back" && trouble(err) != greenroom.InviteRevoked {
					t.Errorf("once the role is back: %v", err)
				}
				if all := must(h.Connections(t.Context(), owner)); len(all) != 0 {
					t.Errorf("connected: %+v", all)
				}
			})
		})
	}
}

func TestAFailedRegistrationDoesNotBurnTheURL(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		_, token, err := h.NewInvite(t.Context(), h.admin)
		if err != nil {
			t.Fatal(err)
		}
		refused := &greenroom.RegistrationError{Text: "The LMS answered 400: missing_domain"}
		h.lms.register = func() (greenroom.Registered, error) { return greenroom.Registered{}, refused }
		if _, err := h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}); !errors.Is(err, refused) {
			t.Fatalf("got %v", err)
		}
		h.lms.register = answer
		c := must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
		if c.How != greenroom.ByRegistration || c.AcceptDeployments || len(c.Deployments) != 1 {
			t.Errorf("connection %+v", c)
		}
	})
}

// What an LMS says of itself is held to the rules for what people type.
func TestRegistrationsThatCannotBeUsed(t *testing.T) {
	long := strings.Repeat("x", 256)
	for name, tc := range map[string]struct {
		spoil func(*greenroom.Registered)
		says  string
	}{
		"an endless client ID":     {func(r *greenroom.Registered) { r.ClientID = long }, "client_id"},
		"a client ID that rings":   {func(r *greenroom.Registered) { r.ClientID = "a\x1b]0;b\a" }, "client_id"},
		"an endless deployment":    {func(r *greenroom.Registered) { r.Deployment = long }, "deployment_id"},
		"an issuer of two lines":   {func(r *greenroom.Registered) { r.Issuer = "https://lms.example.com/\n/" }, "issuer"},
		"an endless audience":      {func(r *greenroom.Registered) { r.Audience = "https://lms.example.com/" + long }, "authorization_server"},
		"a product that rings":     {func(r *greenroom.Registered) { r.Product = "moodle\a" }, "product_family_code"},
		"an endless keyset URL":    {func(r *greenroom.Registered) { r.KeySetURL += strings.Repeat("x", 2000) }, "jwks_uri"},
		"a token URL with a part":  {func(r *greenroom.Registered) { r.TokenURL += "#x" }, "token_endpoint"},
		"a login URL with a CSI":   {func(r *greenroom.Registered) { r.AuthURL += "/\u009b31m" }, "authorization_endpoint"},
		"a login URL without host": {func(r *greenroom.Registered) { r.AuthURL = "javascript:alert(1)" }, "authorization_endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *house) {
				h.lms.register = func() (greenroom.Registered, error) {
					r, err := answer()
					tc.spoil(&r)
					return r, err
				}
				_, token, err := h.NewInvite(t.Context(), h.admin)
				if err != nil {
					t.Fatal(err)
				}
				_, err = h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{})
				refused, ok := errors.AsType[*greenroom.RegistrationError](err)
				if !ok || !strings.Contains(refused.Text, tc.says) {
					t.Errorf("got %v, want one about %s", err, tc.says)
				}
				if all := must(h.Connections(t.Context(), h.admin)); len(all) != 0 {
					t.Errorf("connected: %+v", all)
				}
				if _, err := h.CheckInvite(t.Context(), h.workspace.ID, token); err != nil {
					t.Errorf("the URL is spent: %v", err)
				}
			})
		})
	}
}

// A popup that is closed half-way leaves its lease behind for a minute.
func TestAnAbandonedRegistrationCanBeTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		_, token, err := h.NewInvite(t.Context(), h.admin)
		if err != nil {
			t.Fatal(err)
		}
		var second error
		h.lms.register = func() (greenroom.Registered, error) {
			h.lms.register = answer
			_, second = h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{})
			h.pass(2 * time.Minute)
			must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
			return answer()
		}
		_, err = h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{})
		if trouble(second) != greenroom.InviteBusy {
			t.Errorf("an opener beside the first is told %v", second)
		}
		if trouble(err) != greenroom.InviteUsed {
			t.Errorf("the late one is told %v", err)
		}
		if n := len(must(h.Connections(t.Context(), h.admin))); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestTwoRegistrationsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		_, token, err := h.NewInvite(t.Context(), h.admin)
		if err != nil {
			t.Fatal(err)
		}
		h.lms.register = answer
		var all sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{})
			})
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case trouble(err) != greenroom.InviteBusy && trouble(err) != greenroom.InviteUsed:
				t.Errorf("a loser is told %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d succeeded", won, len(errs))
		}
	})
}

func TestAPlatformThatNamesNoDeployment(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		_, token, err := h.NewInvite(t.Context(), h.admin)
		if err != nil {
			t.Fatal(err)
		}
		h.lms.register = func() (greenroom.Registered, error) {
			r, _ := answer()
			r.Deployment = ""
			return r, nil
		}
		c := must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
		if !c.AcceptDeployments || len(c.Deployments) != 0 {
			t.Fatalf("connection %+v", c)
		}
		l := launchOf(c, "6", 5000)
		l.DeploymentID, l.NewDeployment = "106:8865", true
		if _, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, l, greenroom.Arrival{Reference: "REF000000009"}); err != nil {
			t.Fatal(err)
		}
		c = must(h.Store.Workspace(h.workspace.ID).Connection(t.Context(), c.ID))
		if !c.Has("106:8865") {
			t.Errorf("the deployment of a verified launch is not pinned: %v", c.Deployments)
		}
	})
}
