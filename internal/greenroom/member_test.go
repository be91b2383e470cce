package greenroom_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestRolesAndRemoval(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		people := map[string]greenroom.Actor{}
		for name, role := range map[string]greenroom.Role{
			"olga": greenroom.Owner, "oskar": greenroom.Owner, "ada": greenroom.Admin, "ann": greenroom.Admin, "mel": greenroom.MemberRole,
		} {
			people[name] = h.hire(name, role)
		}
		for _, tc := range []struct {
			by, of string
			to     greenroom.Role // empty: removed
			ok     bool
		}{
			{"ada", "olga", greenroom.Admin, false},
			{"ada", "olga", greenroom.Owner, false},
			{"ada", "olga", "", false},
			{"ada", "ada", greenroom.Owner, false},
			{"ada", "mel", greenroom.Owner, false},
			{"ada", "mel", "king", false},
			{"ada", "mel", greenroom.Admin, true},
			{"mel", "ann", greenroom.MemberRole, true}, // an admin since
			{"ada", "ann", "", true},
			{"olga", "oskar", greenroom.Admin, true},
			{"olga", "olga", greenroom.Admin, false}, // the last owner
			{"olga", "olga", "", false},
			{"oskar", "olga", "", false}, // an admin since, whatever the request began with
			{"olga", "oskar", "", true},
		} {
			by := people[tc.by]
			if tc.by == "mel" {
				by.Role = greenroom.Admin
			}
			var err error
			if tc.to == "" {
				err = h.RemoveMember(t.Context(), by, people[tc.of].Person)
			} else {
				_, err = h.SetRole(t.Context(), by, people[tc.of].Person, tc.to)
			}
			if (err == nil) != tc.ok {
				t.Errorf("%s makes %s %q: %v", tc.by, tc.of, tc.to, err)
			}
			if err != nil && !isInvalid(err, "role") && !isInvalid(err, "member") {
				t.Errorf("%s makes %s %q: no sentence: %v", tc.by, tc.of, tc.to, err)
			}
		}
		if _, _, err := h.Enter(t.Context(), people["oskar"].Person, string(h.workspace.ID)); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("who was removed enters: %v", err)
		}
		must(h.Authenticate(t.Context(), "oskar@example.com", phrase)) // the account stays
		mel := greenroom.Actor{Person: people["ann"].Person, Workspace: h.workspace.ID, Role: greenroom.Admin}
		if err := h.RemoveMember(t.Context(), mel, people["ada"].Person); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("who was removed removes: %v", err)
		}
	})
}

func TestTheOperatorKeepsAnOwnerToo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		olga := h.hire("olga", greenroom.Owner)
		_, err := h.CreateUser(t.Context(), h.workspace.ID, greenroom.NewUser{Email: "olga@example.com", Role: greenroom.Admin})
		if !isInvalid(err, "role") {
			t.Errorf("the only owner is demoted: %v", err)
		}
		if err := h.RemoveMember(t.Context(), h.admin, olga.Person); !isInvalid(err, "member") {
			t.Errorf("the only owner is removed: %v", err)
		}
	})
}

func TestTwoOwnersCannotDemoteEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		one, two := h.hire("one", greenroom.Owner), h.hire("two", greenroom.Owner)
		var all sync.WaitGroup
		for by, of := range map[greenroom.Actor]greenroom.Actor{one: two, two: one} {
			all.Go(func() { _, _ = h.SetRole(t.Context(), by, of.Person, greenroom.Admin) })
		}
		all.Wait()
		members, _, err := h.Members(t.Context(), h.admin)
		if err != nil || members[0].Role != greenroom.Owner || members[1].Role == greenroom.Owner {
			t.Errorf("left are %v, %v", members, err)
		}
	})
}

func TestTheAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ben := h.hire("ben", greenroom.MemberRole)
		h.pass(time.Hour)
		if _, err := h.RenameSelf(t.Context(), ben.Person, " \n"); !isInvalid(err, "name") {
			t.Errorf("no name: %v", err)
		}
		if p := must(h.RenameSelf(t.Context(), ben.Person, " Ben  B. ")); p.Name != "Ben B." || p.Generation != 0 {
			t.Errorf("renamed: %+v", p)
		}
		valid := greenroom.PasswordForm{Present: phrase, New: "another password"}
		for name, tc := range map[string]struct {
			spoil func(f *greenroom.PasswordForm)
			field string
		}{
			"another present one": {func(f *greenroom.PasswordForm) { f.Present = "wrong horse" }, "present"},
			"none":                {func(f *greenroom.PasswordForm) { f.Present = "" }, "present"},
			"short":               {func(f *greenroom.PasswordForm) { f.New = "short" }, "password"},
			"the same":            {func(f *greenroom.PasswordForm) { f.New = f.Present }, "password"},
			"the address":         {func(f *greenroom.PasswordForm) { f.New = "BEN@example.com" }, "password"},
			"a common one":        {func(f *greenroom.PasswordForm) { f.New = "Password1234" }, "password"},
			"one character":       {func(f *greenroom.PasswordForm) { f.New = "éééééééééééé" }, "password"},
		} {
			f := valid
			tc.spoil(&f)
			if _, err := h.ChangePassword(t.Context(), ben.Person, f); !isInvalid(err, tc.field) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if p := must(h.ChangePassword(t.Context(), ben.Person, valid)); p.Generation != 1 {
			t.Error("the sign-ins go on")
		}
		must(h.Authenticate(t.Context(), "ben@example.com", valid.New))
		if err := h.SignOutEverywhere(t.Context(), ben.Person); err != nil {
			t.Fatal(err)
		}
		if p := must(h.Store.Instance().Person(t.Context(), ben.Person)); p.Generation != 2 {
			t.Errorf("generation %d", p.Generation)
		}
	})
}
