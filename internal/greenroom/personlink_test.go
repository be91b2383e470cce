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

const phrase = "correct horse"

// hire makes a member of the house's workspace.
func (h *house) hire(name string, role greenroom.Role) greenroom.Actor {
	h.t.Helper()
	return h.hireIn(h.workspace.ID, name, role)
}

func (h *house) hireIn(w greenroom.WorkspaceID, name string, role greenroom.Role) greenroom.Actor {
	h.t.Helper()
	p := must(h.CreateUser(h.t.Context(), w, greenroom.NewUser{Email: name + "@example.com", Name: name, Password: phrase, Role: role}))
	return greenroom.Actor{Person: p.ID, Workspace: w, Role: role}
}

func (h *house) invite(by greenroom.Actor, email string, role greenroom.Role) string {
	h.t.Helper()
	_, token, err := h.NewInvitation(h.t.Context(), by, greenroom.InvitationForm{Email: email, Role: role})
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func isTrouble(err error, want greenroom.LinkTrouble) bool {
	link, ok := errors.AsType[*greenroom.LinkError](err)
	return ok && link.Trouble == want
}

var benJoins = greenroom.JoinForm{Name: "Ben", Password: "a new passphrase"}

func TestInvitingPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner, admin := h.hire("olga", greenroom.Owner), h.hire("ada", greenroom.Admin)
		member := h.hire("mel", greenroom.MemberRole)
		for name, tc := range map[string]struct {
			by    greenroom.Actor
			form  greenroom.InvitationForm
			field string // empty: it is made
		}{
			"an owner makes owners":       {owner, greenroom.InvitationForm{Email: "a@example.com", Role: greenroom.Owner}, ""},
			"an admin makes admins":       {admin, greenroom.InvitationForm{Email: "b@example.com", Role: greenroom.Admin}, ""},
			"an admin makes no owners":    {admin, greenroom.InvitationForm{Email: "c@example.com", Role: greenroom.Owner}, "role"},
			"nor replaces an owner's":     {admin, greenroom.InvitationForm{Email: "a@example.com", Role: greenroom.Admin}, "email"},
			"no role":                     {admin, greenroom.InvitationForm{Email: "c@example.com"}, "role"},
			"no address":                  {admin, greenroom.InvitationForm{Role: greenroom.Admin}, "email"},
			"an endless name":             {admin, greenroom.InvitationForm{Email: "c@example.com", Role: greenroom.Admin, Name: strings.Repeat("n", 201)}, "name"},
			"somebody who is here":        {owner, greenroom.InvitationForm{Email: "MEL@example.com", Role: greenroom.Admin}, "email"},
			"an owner who is one no more": {greenroom.Actor{Person: admin.Person, Workspace: h.workspace.ID, Role: greenroom.Owner}, greenroom.InvitationForm{Email: "c@example.com", Role: greenroom.Owner}, "role"},
		} {
			if name == "nor replaces an owner's" {
				h.invite(owner, "a@example.com", greenroom.Owner)
			}
			_, _, err := h.NewInvitation(t.Context(), tc.by, tc.form)
			if tc.field == "" && err != nil || tc.field != "" && !isInvalid(err, tc.field) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, _, err := h.NewInvitation(t.Context(), member, greenroom.InvitationForm{Email: "c@example.com", Role: greenroom.MemberRole})
		if !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a member invites: %v", err)
		}
	})
}

func TestAcceptingAnInvitation(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner := h.hire("olga", greenroom.Owner)
		token := h.invite(owner, " Ben@Example.com", greenroom.Admin)
		for range 3 { // looking spends nothing
			open := must(h.PersonLink(t.Context(), token))
			if open.Email != "ben@example.com" || open.Known || open.Workspace.ID != h.workspace.ID {
				t.Fatalf("opens %+v", open)
			}
		}
		if _, _, err := h.AcceptInvitation(t.Context(), token, greenroom.JoinForm{Password: "short"}); !isInvalid(err, "name") || !isInvalid(err, "password") {
			t.Errorf("a bad form: %v", err)
		}
		p, w, err := h.AcceptInvitation(t.Context(), token, benJoins)
		if err != nil || w.ID != h.workspace.ID {
			t.Fatal(w, err)
		}
		if a, _, err := h.Enter(t.Context(), p.ID, string(w.ID)); err != nil || a.Role != greenroom.Admin {
			t.Errorf("role %s, %v", a.Role, err)
		}
		must(h.Authenticate(t.Context(), "ben@example.com", benJoins.Password))
		if _, _, err := h.AcceptInvitation(t.Context(), token, benJoins); !isTrouble(err, greenroom.LinkUsed) {
			t.Errorf("a second time: %v", err)
		}
		if n := len(must(h.Invitations(t.Context(), owner))); n != 0 {
			t.Errorf("%d invitations are open", n)
		}
	})
}

func TestAnInvitationForSomebodyWithAnAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner := h.hire("olga", greenroom.Owner)
		other := must(h.CreateWorkspace(t.Context(), "Other", "", false))
		ben, eve := h.hireIn(other.ID, "ben", greenroom.Owner), h.hireIn(other.ID, "eve", greenroom.Admin)
		token := h.invite(owner, "ben@example.com", greenroom.MemberRole)
		if !must(h.PersonLink(t.Context(), token)).Known {
			t.Error("the account is not known")
		}
		if _, _, err := h.AcceptInvitation(t.Context(), token, benJoins); !isTrouble(err, greenroom.LinkKnown) {
			t.Errorf("a second account: %v", err)
		}
		if _, err := h.JoinWorkspace(t.Context(), token, eve.Person); !isTrouble(err, greenroom.LinkForeign) {
			t.Errorf("somebody else joins: %v", err)
		}
		must(h.JoinWorkspace(t.Context(), token, ben.Person))
		if _, err := h.JoinWorkspace(t.Context(), token, ben.Person); !isTrouble(err, greenroom.LinkUsed) {
			t.Errorf("a second time: %v", err)
		}
		must(h.Authenticate(t.Context(), "ben@example.com", phrase))
		if a, _, err := h.Enter(t.Context(), ben.Person, string(h.workspace.ID)); err != nil || a.Role != greenroom.MemberRole {
			t.Errorf("role %s, %v", a.Role, err)
		}
	})
}

func TestAnInvitationTakesNoRoleAway(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner := h.hire("olga", greenroom.Owner)
		token := h.invite(owner, "ben@example.com", greenroom.MemberRole)
		ben := h.hire("ben", greenroom.Owner) // by the operator, meanwhile
		must(h.JoinWorkspace(t.Context(), token, ben.Person))
		if a, _, _ := h.Enter(t.Context(), ben.Person, string(h.workspace.ID)); a.Role != greenroom.Owner {
			t.Errorf("role %s", a.Role)
		}
	})
}

func TestInvitationsThatDoNotOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		for name, tc := range map[string]struct {
			spoil func(owner, admin greenroom.Actor, token *string)
			want  greenroom.LinkTrouble
		}{
			"tampered": {func(_, _ greenroom.Actor, token *string) { *token = "x" + (*token)[1:] + "x" }, greenroom.LinkUnknown},
			"empty":    {func(_, _ greenroom.Actor, token *string) { *token = "" }, greenroom.LinkUnknown},
			"expired":  {func(greenroom.Actor, greenroom.Actor, *string) { h.pass(7 * 24 * time.Hour) }, greenroom.LinkExpired},
			"revoked": {func(owner, _ greenroom.Actor, _ *string) {
				must(h.RevokeInvitation(t.Context(), owner, must(h.Invitations(t.Context(), owner))[0].ID))
			}, greenroom.LinkRevoked},
			"renewed": {func(owner, _ greenroom.Actor, _ *string) {
				if _, _, err := h.RenewInvitation(t.Context(), owner, must(h.Invitations(t.Context(), owner))[0].ID); err != nil {
					t.Error(err)
				}
			}, greenroom.LinkRevoked},
			"invited once more": {func(owner, _ greenroom.Actor, _ *string) { h.invite(owner, "ben@example.com", greenroom.MemberRole) }, greenroom.LinkRevoked},
			"by somebody who was removed": {func(owner, admin greenroom.Actor, _ *string) {
				if err := h.RemoveMember(t.Context(), owner, admin.Person); err != nil {
					t.Error(err)
				}
			}, greenroom.LinkRevoked},
			"by somebody who was demoted": {func(owner, admin greenroom.Actor, _ *string) {
				must(h.SetRole(t.Context(), owner, admin.Person, greenroom.MemberRole))
			}, greenroom.LinkRevoked},
		} {
			owner, admin := h.hire("olga", greenroom.Owner), h.hire("ada", greenroom.Admin)
			token := h.invite(admin, "ben@example.com", greenroom.Admin)
			tc.spoil(owner, admin, &token)
			if _, err := h.PersonLink(t.Context(), token); !isTrouble(err, tc.want) {
				t.Errorf("%s opens: %v", name, err)
			}
			if _, _, err := h.AcceptInvitation(t.Context(), token, benJoins); !isTrouble(err, tc.want) {
				t.Errorf("%s is accepted: %v", name, err)
			}
		}
	})
}

func TestALinkIsUsedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner, ben := h.hire("olga", greenroom.Owner), h.hire("ben", greenroom.MemberRole)
		invitation := h.invite(owner, "new@example.com", greenroom.MemberRole)
		_, reset, err := h.NewReset(t.Context(), owner, ben.Person)
		if err != nil {
			t.Fatal(err)
		}
		for name, use := range map[string]func(ctx context.Context) error{
			"invitation": func(ctx context.Context) error {
				_, _, err := h.AcceptInvitation(ctx, invitation, benJoins)
				return err
			},
			"reset": func(ctx context.Context) error { _, err := h.ResetPassword(ctx, reset, "another password"); return err },
		} {
			errs := make([]error, 4)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { errs[i] = use(t.Context()) })
			}
			all.Wait()
			won := 0
			for _, err := range errs {
				switch {
				case err == nil:
					won++
				case !isTrouble(err, greenroom.LinkUsed) && !isTrouble(err, greenroom.LinkKnown):
					t.Errorf("%s: %v", name, err)
				}
			}
			if won != 1 {
				t.Errorf("the %s was used %d times", name, won)
			}
		}
	})
}

func TestWhoMayReset(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner, admin, ben := h.hire("olga", greenroom.Owner), h.hire("ada", greenroom.Admin), h.hire("ben", greenroom.Owner)
		mine := must(h.CreateWorkspace(t.Context(), "Mine too", owner.Person, false))
		theirs := must(h.CreateWorkspace(t.Context(), "Theirs", "", false))
		both := h.hire("both", greenroom.MemberRole)
		h.hireIn(mine.ID, "both", greenroom.Admin)
		elsewhere := h.hire("elsewhere", greenroom.MemberRole)
		h.hireIn(theirs.ID, "elsewhere", greenroom.MemberRole)
		stranger := h.hireIn(theirs.ID, "stranger", greenroom.MemberRole)
		for name, tc := range map[string]struct {
			by, of  greenroom.Actor
			refused string
		}{
			"an owner for an admin":                {owner, admin, ""},
			"an owner for another owner":           {owner, ben, ""},
			"an owner of all the person's":         {owner, both, ""},
			"an owner of one of the person's":      {owner, elsewhere, "greenroom user reset-link elsewhere@example.com"},
			"an owner for themselves":              {owner, owner, "Your account"},
			"an admin":                             {admin, elsewhere, "Only an owner"},
			"an admin with an owner's old request": {greenroom.Actor{Person: admin.Person, Workspace: h.workspace.ID, Role: greenroom.Owner}, ben, "Only an owner"},
		} {
			_, _, err := h.NewReset(t.Context(), tc.by, tc.of.Person)
			if tc.refused == "" && err != nil || tc.refused != "" && (!isInvalid(err, "member") || !strings.Contains(err.Error(), tc.refused)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := h.NewReset(t.Context(), owner, stranger.Person); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("for a stranger: %v", err)
		}
		if _, _, err := h.NewResetByOperator(t.Context(), "nobody@example.com"); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("for nobody: %v", err)
		}
	})
}

func TestResettingAPassword(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner, ben := h.hire("olga", greenroom.Owner), h.hire("ben", greenroom.MemberRole)
		_, token, err := h.NewReset(t.Context(), owner, ben.Person)
		if err != nil {
			t.Fatal(err)
		}
		_, another, err := h.NewResetByOperator(t.Context(), "Ben@example.com ")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.ResetPassword(t.Context(), token, "short"); !isInvalid(err, "password") {
			t.Errorf("a short one: %v", err)
		}
		if _, _, err := h.AcceptInvitation(t.Context(), token, benJoins); !isTrouble(err, greenroom.LinkUnknown) {
			t.Errorf("as an invitation: %v", err)
		}
		before := must(h.Store.Instance().Person(t.Context(), ben.Person))
		after := must(h.ResetPassword(t.Context(), token, "another password"))
		if after.Generation == before.Generation {
			t.Error("the sign-ins go on")
		}
		must(h.Authenticate(t.Context(), "ben@example.com", "another password"))
		if _, err := h.Authenticate(t.Context(), "ben@example.com", phrase); !errors.Is(err, greenroom.ErrCredentials) {
			t.Errorf("the old password: %v", err)
		}
		if _, err := h.ResetPassword(t.Context(), token, phrase); !isTrouble(err, greenroom.LinkUsed) {
			t.Errorf("a second time: %v", err)
		}
		if _, err := h.ResetPassword(t.Context(), another, phrase); !isTrouble(err, greenroom.LinkRevoked) {
			t.Errorf("another link of before: %v", err)
		}
	})
}

func TestResetLinksThatDoNotOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		theirs := must(h.CreateWorkspace(t.Context(), "Theirs", "", false))
		for name, tc := range map[string]struct {
			spoil func(by, of greenroom.Actor)
			want  greenroom.LinkTrouble
		}{
			"after a day": {func(_, _ greenroom.Actor) { h.pass(24 * time.Hour) }, greenroom.LinkExpired},
			"made by an owner who is one no more": {func(by, _ greenroom.Actor) {
				must(h.SetRole(t.Context(), h.admin, by.Person, greenroom.Admin))
			}, greenroom.LinkRevoked},
			"for somebody who has joined another workspace": {func(_, of greenroom.Actor) {
				h.hireIn(theirs.ID, "ben", greenroom.MemberRole)
			}, greenroom.LinkRevoked},
			"for somebody who has left": {func(_, of greenroom.Actor) {
				if err := h.RemoveMember(t.Context(), h.admin, of.Person); err != nil {
					t.Error(err)
				}
			}, greenroom.LinkRevoked},
			"after the password was changed": {func(_, of greenroom.Actor) {
				f := greenroom.PasswordForm{Present: phrase, New: "another password"}
				must(h.ChangePassword(t.Context(), of.Person, f))
				must(h.ChangePassword(t.Context(), of.Person, greenroom.PasswordForm{Present: f.New, New: phrase}))
			}, greenroom.LinkRevoked},
		} {
			h.hire("other", greenroom.Owner)
			by, of := h.hire("olga", greenroom.Owner), h.hire("ben", greenroom.MemberRole)
			_ = h.Store.Workspace(theirs.ID).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				return tx.RemoveMember(ctx, of.Person)
			})
			_, token, err := h.NewReset(t.Context(), by, of.Person)
			if err != nil {
				t.Fatal(name, err)
			}
			tc.spoil(by, of)
			if _, err := h.ResetPassword(t.Context(), token, "stolen password"); !isTrouble(err, tc.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
