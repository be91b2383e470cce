package greenroom_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestSigningIn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		must(h.CreateUser(t.Context(), h.workspace.ID, greenroom.NewUser{Email: "Ada@Example.com", Password: "correct horse", Role: greenroom.Admin}))
		for name, tc := range map[string]struct {
			email, password string
			want            error
		}{
			"right":             {"ada@example.com", "correct horse", nil},
			"in another case":   {" ADA@example.COM ", "correct horse", nil},
			"wrong password":    {"ada@example.com", "correct hors", greenroom.ErrCredentials},
			"empty password":    {"ada@example.com", "", greenroom.ErrCredentials},
			"unknown person":    {"bob@example.com", "correct horse", greenroom.ErrCredentials},
			"nobody's password": {"", "", greenroom.ErrCredentials},
		} {
			if _, err := h.Authenticate(t.Context(), tc.email, tc.password); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestCreatingUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		valid := greenroom.NewUser{Email: "ada@example.com", Password: "correct horse", Role: greenroom.Admin}
		for name, tc := range map[string]struct {
			spoil       func(*greenroom.NewUser)
			field, text string
		}{
			"no address":        {func(u *greenroom.NewUser) { u.Email = "" }, "email", "Enter an e-mail address."},
			"no address either": {func(u *greenroom.NewUser) { u.Email = "ada" }, "email", "This is no e-mail address. It looks like name@example.com."},
			"with a name":       {func(u *greenroom.NewUser) { u.Email = "Ada <ada@example.com>" }, "email", "This is no e-mail address. It looks like name@example.com."},
			"endless address":   {func(u *greenroom.NewUser) { u.Email = strings.Repeat("a", 255) + "@b.c" }, "email", "Use at most 254 characters."},
			"short password":    {func(u *greenroom.NewUser) { u.Password = "short" }, "password", "Use at least 10 characters."},
			"endless password":  {func(u *greenroom.NewUser) { u.Password = strings.Repeat("x", 1001) }, "password", "Use at most 1000 characters."},
			"unknown role":      {func(u *greenroom.NewUser) { u.Role = "king" }, "role", "Choose owner, admin or member."},
		} {
			u := valid
			tc.spoil(&u)
			_, err := h.CreateUser(t.Context(), h.workspace.ID, u)
			bad, ok := errors.AsType[*greenroom.Invalid](err)
			if !ok || bad.Of(tc.field) != tc.text {
				t.Errorf("%s: %v", name, err)
			}
		}
		p := must(h.CreateUser(t.Context(), h.workspace.ID, valid))
		other := must(h.CreateWorkspace(t.Context(), "Other", "", false))
		again := valid
		again.Password, again.Role = "another password", greenroom.MemberRole
		if q := must(h.CreateUser(t.Context(), other.ID, again)); q.ID != p.ID {
			t.Error("one address makes two people")
		}
		if _, err := h.Authenticate(t.Context(), valid.Email, valid.Password); err != nil {
			t.Errorf("a second workspace changed the password: %v", err)
		}
		if n := len(must(h.Memberships(t.Context(), p.ID))); n != 2 {
			t.Errorf("%d memberships", n)
		}
	})
}

func TestTheSetUpLink(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		f := greenroom.SetUpForm{Name: "Ada", Email: "ada@example.com", Password: "correct horse", Workspace: "First"}
		if _, _, err := h.SetUp(t.Context(), "guess", f); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a guessed link: %v", err)
		}
		bad := f
		bad.Password, bad.Workspace = "short", ""
		if _, _, err := h.SetUp(t.Context(), h.SetUpToken(), bad); !isInvalid(err, "password") || !isInvalid(err, "workspace") {
			t.Errorf("a bad form: %v", err)
		}
		p, w, err := h.SetUp(t.Context(), h.SetUpToken(), f)
		if err != nil {
			t.Fatal(err)
		}
		if a, _, err := h.Enter(t.Context(), p.ID, string(w.ID)); err != nil || a.Role != greenroom.Owner {
			t.Errorf("role %s, %v", a.Role, err)
		}
		if _, _, err := h.SetUp(t.Context(), h.SetUpToken(), f); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("the link opens again: %v", err)
		}
	})
}
