package greenroom_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// log returns the workspace's audit log as lines, the oldest first: who,
// action, label, changes.
func (h *house) log() (lines []string) {
	h.t.Helper()
	for _, e := range must(h.Audit(h.t.Context(), h.admin, greenroom.AuditFilter{})) {
		line := fmt.Sprintf("%s: %s %s", e.ActorName, e.Action, e.Label)
		for _, c := range e.Changes {
			line += fmt.Sprintf("; %s: %s > %s", c.Field, c.From, c.To)
		}
		lines = append([]string{line}, lines...)
	}
	return lines
}

// signedIn makes somebody of the workspace.
func (h *house) signedIn(name string, r greenroom.Role) greenroom.Actor {
	h.t.Helper()
	p := must(h.CreateUser(h.t.Context(), h.workspace.ID, greenroom.NewUser{
		Email: strings.ToLower(name) + "@example.com", Name: name, Password: "correct horse", Role: r,
	}))
	return greenroom.Actor{Person: p.ID, Workspace: h.workspace.ID, Role: r}
}

func TestEveryUseCaseIsInTheLog(t *testing.T) {
	const by = "Operator (command line): "
	changed := validForm()
	changed.Deployments, changed.TokenURL = "1, 2", "https://lms.example.com/token2"
	scenario := strings.NewReplacer("slug: tiny", "slug: short", "title: Tiny", "title: Short").Replace(tiny)
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ada := h.signedIn("Ada", greenroom.Admin)
		for _, step := range []struct {
			what string
			do   func()
			want string // the line that it adds, empty if it changes nothing
		}{
			{"a connection", func() { must(h.SaveConnection(ctx, ada, validForm())) },
				"Ada: connection.created Internal LMS; name:  > Internal LMS; issuer:  > https://lms.example.com; client ID:  > abc123; deployment IDs:  > 1; " +
					"authentication request URL:  > https://lms.example.com/auth; access token URL:  > https://lms.example.com/token; " +
					"public keyset URL:  > https://lms.example.com/jwks; connected by:  > manual"},
			{"the same again", func() { must(h.SaveConnection(ctx, ada, validForm())) }, ""},
			{"two of its values", func() { must(h.SaveConnection(ctx, ada, changed)) },
				"Ada: connection.changed Internal LMS; deployment IDs: 1 > 1, 2; access token URL: https://lms.example.com/token > https://lms.example.com/token2"},
			{"a registration URL", func() { _, _, err := h.NewInvite(ctx, ada); must(0, err) }, "Ada: invite.created "},
			{"its revocation", func() { must(h.RevokeInvites(ctx, ada)) }, "Ada: invites.revoked ; open registration URLs: 1 > 0"},
			{"nothing to revoke", func() { must(h.RevokeInvites(ctx, ada)) }, ""},
			{"a scenario", func() { must(h.SaveScenario(ctx, ada, "short.md", []byte(scenario))) }, "Ada: scenario.imported Short; version:  > 1; title:  > Short"},
			{"the same file", func() { must(h.SaveScenario(ctx, ada, "short.md", []byte(scenario))) }, ""},
			{"its next version", func() {
				must(h.ImportScenario(ctx, h.workspace.ID, "short.md", []byte(strings.Replace(scenario, "title: Short", "title: Small", 1))))
			}, by + "scenario.changed Small; version: 1 > 2; title: Short > Small"},
			{"a person", func() { h.signedIn("Ben", greenroom.MemberRole) }, by + "person.added Ben (ben@example.com); role:  > member"},
			{"the same role", func() { h.signedIn("Ben", greenroom.MemberRole) }, ""},
			{"another role", func() { h.signedIn("Ben", greenroom.Owner) }, by + "role.changed Ben (ben@example.com); role: member > owner"},
			{"a new name", func() {
				must(h.RenameWorkspace(ctx, ada, greenroom.WorkspaceForm{Name: "Sellers", Slug: "sales-team"}))
			}, "Ada: workspace.renamed Sellers; name: Sales team > Sellers"},
			{"the old name", func() {
				must(h.RenameWorkspace(ctx, ada, greenroom.WorkspaceForm{Name: "Sellers", Slug: "sales-team"}))
			}, ""},
		} {
			before := h.log()
			step.do()
			after := h.log()
			switch added := after[len(before):]; {
			case step.want == "" && len(added) > 0:
				t.Errorf("%s adds %q", step.what, added)
			case step.want != "" && (len(added) != 1 || added[0] != step.want):
				t.Errorf("%s adds\n%q, want\n%q", step.what, added, step.want)
			}
			h.pass(time.Second)
		}
		if first := h.log()[0]; first != by+"workspace.created Sales team; address:  > sales-team" {
			t.Errorf("the log begins with %q", first)
		}
	})
}

func TestARegistrationIsInTheNameOfTheURLsMaker(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ada := h.signedIn("Ada", greenroom.Admin)
		_, token, err := h.NewInvite(t.Context(), ada)
		must(0, err)
		h.lms.register = answer
		h.pass(time.Second)
		must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
		log := h.log()
		if last := log[len(log)-1]; !strings.HasPrefix(last, "Ada: connection.registered Moodle; ") || !strings.Contains(last, "granted:  > score") {
			t.Errorf("the log ends with %q", last)
		}
	})
}

// The log is kept for good, and a learner's name is not: it names the activity.
func TestSendAgainIsInTheLogWithoutTheLearner(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		h.lms.answer = errDown
		h.attempt(h.visit(c, nil), 0)
		h.deliver()
		row := must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{})).Rows[0]
		h.pass(time.Second)
		if err := h.SendAgain(t.Context(), h.admin, row.ID); err != nil {
			t.Fatal(err)
		}
		log := h.log()
		if last := log[len(log)-1]; last != "Operator (command line): passback.sent_again Practice" {
			t.Errorf("the log ends with %q", last)
		}
		if all := strings.Join(log, "\n"); strings.Contains(all, "Stina") {
			t.Errorf("a learner is in the log:\n%s", all)
		}
	})
}

func TestTheFirstOwnerIsInTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		p, w, err := h.SetUp(t.Context(), h.SetUpToken(), greenroom.SetUpForm{
			Name: "Ada", Email: "ada@example.com", Password: "correct horse", Workspace: "First", Samples: true,
		})
		must(0, err)
		entries := must(h.Audit(t.Context(), greenroom.Operator(w.ID), greenroom.AuditFilter{}))
		seen := map[greenroom.AuditAction]int{}
		for _, e := range entries {
			seen[e.Action]++
			if e.Actor != p.ID || e.ActorName != "Ada" {
				t.Errorf("%s is by %q (%s)", e.Action, e.ActorName, e.Actor)
			}
		}
		if seen[greenroom.WorkspaceCreated] != 1 || seen[greenroom.PersonAdded] != 1 || seen[greenroom.ScenarioImported] != 3 {
			t.Errorf("entries %v", seen)
		}
	})
}

func TestNoChangeWithoutItsEntry(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.Random = io.LimitReader(rand.Reader, 16) // enough for the invite's ID alone
		if _, _, err := h.NewInvite(t.Context(), h.admin); err == nil {
			t.Fatal("an entry was made without randomness")
		}
		h.Random = rand.Reader
		if open := must(h.OpenInvites(t.Context(), h.admin)); len(open) != 0 {
			t.Errorf("%d registration URLs are open, and the log does not know of them", len(open))
		}
	})
}

func TestNoSecretIsInTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ada := h.signedIn("Ada", greenroom.Admin)
		_, token, err := h.NewInvite(ctx, ada)
		must(0, err)
		h.lms.register = func() (greenroom.Registered, error) {
			r, err := answer()
			r.KeySet = []byte(`{"keys":["of the platform"]}`)
			return r, err
		}
		must(h.Register(ctx, h.workspace.ID, token, greenroom.RegistrationRequest{}))
		h.connect()
		key := must(h.SigningKey(ctx, h.workspace.ID))
		person := must(h.Store.Instance().Person(ctx, ada.Person))
		said := fmt.Sprintf("%+v", must(h.Audit(ctx, ada, greenroom.AuditFilter{})))
		for name, secret := range map[string]string{
			"the token of a registration URL": token, "its head": token[:20], "a password": "correct horse",
			"a password's hash": person.PasswordHash, "a hash of any kind": "$argon2", "the set-up token": h.SetUpToken(),
			"a sealed key": string(key.Sealed), "a sealed key in hex": hex.EncodeToString(key.Sealed[:16]),
			"a platform's keys": "of the platform",
		} {
			if strings.Contains(said, secret) {
				t.Errorf("%s is in the log", name)
			}
		}
	})
}

func TestTextInTheLogIsOneLineAndBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		long := validForm()
		long.Platform, long.Deployments = "LMS\n\x00evil", strings.TrimSpace(strings.Repeat(strings.Repeat("d", 200)+" ", 1)+strings.Repeat("e", 250)+" "+strings.Repeat("f", 250))
		must(h.SaveConnection(t.Context(), h.admin, long))
		for _, e := range must(h.Audit(t.Context(), h.admin, greenroom.AuditFilter{Noun: greenroom.NounConnection})) {
			if e.Label != "LMS evil" {
				t.Errorf("label %q", e.Label)
			}
			for _, c := range e.Changes {
				if len(c.To) > 500 {
					t.Errorf("%s has %d characters", c.Field, len(c.To))
				}
			}
		}
	})
}

func TestTheLogIsForAdministrators(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		for name, a := range map[string]greenroom.Actor{
			"a member": h.signedIn("Mel", greenroom.MemberRole), "nobody": {}, "somebody elsewhere": {Person: "eve", Role: greenroom.Owner},
		} {
			_, err := h.Audit(t.Context(), a, greenroom.AuditFilter{})
			if !isNotFound(err) {
				t.Errorf("%s reads the log: %v", name, err)
			}
			_, err = h.AuditActors(t.Context(), a)
			if !isNotFound(err) {
				t.Errorf("%s reads who is in it: %v", name, err)
			}
			for _, err := range h.WholeAudit(t.Context(), a, greenroom.AuditFilter{}) {
				if !isNotFound(err) {
					t.Errorf("%s exports it: %v", name, err)
				}
			}
		}
	})
}

func TestAnExportIsWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		const many = 1203 // two full pages and a bit
		must(0, h.Store.Workspace(h.workspace.ID).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			for n := range many {
				e := greenroom.AuditEntry{ID: greenroom.AuditID(fmt.Sprintf("%05d", n)), At: h.clock, Noun: greenroom.NounKey}
				if err := tx.AddAudit(ctx, e); err != nil {
					return err
				}
			}
			return nil
		}))
		seen := map[greenroom.AuditID]bool{}
		for e, err := range h.WholeAudit(t.Context(), h.admin, greenroom.AuditFilter{Noun: greenroom.NounKey}) {
			if err != nil {
				t.Fatal(err)
			}
			seen[e.ID] = true
		}
		if len(seen) != many {
			t.Errorf("%d entries, want %d", len(seen), many)
		}
	})
}

func TestCursors(t *testing.T) {
	c := greenroom.AuditCursor{At: time.UnixMilli(1764000000123).UTC(), ID: "0190-ab.c"}
	if back := greenroom.ParseAuditCursor(c.String()); back != c {
		t.Errorf("%q is read as %+v", c, back)
	}
	for _, s := range []string{"", ".", "1", "1.", "x.y", "99999999999999999999.a"} {
		if got := greenroom.ParseAuditCursor(s); got != (greenroom.AuditCursor{}) {
			t.Errorf("%q is read as %+v", s, got)
		}
	}
}
