package greenroom_test

import (
	"errors"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func isNotFound(err error) bool { return errors.Is(err, greenroom.ErrNotFound) }

func TestDeletingAWorkspace(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		owner, admin := h.signedIn("Ada", greenroom.Owner), h.signedIn("Ben", greenroom.Admin)
		other := must(h.CreateWorkspace(ctx, "Other", admin.Person, false))
		h.lms.answer = errDown
		h.attempt(h.visit(h.connect(), nil), 0)

		t.Run("is for its owners", func(t *testing.T) {
			for name, a := range map[string]greenroom.Actor{
				"an admin": admin, "a member": {Person: admin.Person, Workspace: h.workspace.ID, Role: greenroom.MemberRole}, "nobody": {},
			} {
				if _, err := h.PreviewDeletion(ctx, a); !isNotFound(err) {
					t.Errorf("%s sees the preview: %v", name, err)
				}
				if _, err := h.DeleteWorkspace(ctx, a, "Sales team"); !isNotFound(err) {
					t.Errorf("%s deletes: %v", name, err)
				}
			}
		})
		t.Run("shows first what goes", func(t *testing.T) {
			d := must(h.PreviewDeletion(ctx, owner))
			c := d.Contents
			if c.Connections != 1 || c.Scenarios != 1 || c.Sessions != 1 || c.Scores != 1 || c.Waiting != 1 || c.Learners != 1 || c.Members != 2 {
				t.Errorf("contents %+v", c)
			}
			if len(d.Members) != 2 || len(d.Stranded) != 1 || d.Stranded[0].Person.ID != owner.Person {
				t.Errorf("members %v, stranded %v", d.Members, d.Stranded)
			}
		})
		t.Run("asks for the name", func(t *testing.T) {
			for _, name := range []string{"", "sales team", "Sales", "Other"} {
				if _, err := h.DeleteWorkspace(ctx, owner, name); !isInvalid(err, "name") {
					t.Errorf("%q: %v", name, err)
				}
			}
		})
		t.Run("leaves the others and a record", func(t *testing.T) {
			must(h.DeleteWorkspace(ctx, owner, " Sales team "))
			if _, _, err := h.Enter(ctx, owner.Person, "sales-team"); !isNotFound(err) {
				t.Errorf("its owner enters: %v", err)
			}
			if _, _, err := h.Enter(ctx, admin.Person, string(other.ID)); err != nil {
				t.Error(err)
			}
			if p := must(h.Authenticate(ctx, "ada@example.com", "correct horse")); p.ID != owner.Person {
				t.Errorf("its owner signs in as %s", p.ID)
			}
			all := must(h.InstanceAudit(ctx))
			if len(all) != 1 || all[0].ActorName != "Ada" || all[0].Label != "Sales team" || all[0].NounID != string(h.workspace.ID) {
				t.Errorf("record %+v", all)
			}
		})
		t.Run("is done once", func(t *testing.T) {
			if _, err := h.DeleteWorkspace(ctx, owner, "Sales team"); !isNotFound(err) {
				t.Errorf("again: %v", err)
			}
		})
	})
}

// A worker may hold a passback at the moment: its answer must not bring it back.
func TestAQueuedPassbackDoesNotOutliveItsWorkspace(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		c := h.connect()
		h.attempt(h.visit(c, nil), 0)
		held := must(h.Store.Workspace(h.workspace.ID).ClaimPassbacks(ctx, c.ID, h.now(), h.now().Add(time.Minute), 10))
		if len(held) != 1 {
			t.Fatalf("%d passbacks are due", len(held))
		}
		must(h.DeleteWorkspace(ctx, h.admin, "Sales team"))
		if err := h.Settle(ctx, held[0], h.Deliver(ctx, held[0])); !isNotFound(err) {
			t.Errorf("settled: %v", err)
		}
		h.pass(time.Hour)
		if n := h.deliver(); n != 0 || len(h.lms.posted) != 0 {
			t.Errorf("%d delivered, %d posted", n, len(h.lms.posted))
		}
	})
}

func TestARegistrationDoesNotOutliveItsWorkspace(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		_, token, err := h.NewInvite(ctx, h.admin)
		must(0, err)
		h.lms.register = func() (greenroom.Registered, error) {
			must(h.DeleteWorkspace(ctx, h.admin, "Sales team"))
			return answer()
		}
		if _, err := h.Register(ctx, h.workspace.ID, token, greenroom.RegistrationRequest{}); !isNotFound(err) {
			t.Errorf("registered: %v", err)
		}
		if n := len(must(h.Store.Workspace(h.workspace.ID).Connections(ctx))); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

// A deleted workspace with the sessions of a learner who is on the stage.
func TestALearnerOnTheStageFindsItGone(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), nil)
		s := must(h.Begin(t.Context(), v))
		must(h.DeleteWorkspace(t.Context(), h.admin, "Sales team"))
		if _, err := h.Pick(t.Context(), v, s.ID, 0, 0); !isNotFound(err) {
			t.Errorf("a reply: %v", err)
		}
		if _, err := h.Begin(t.Context(), v); !isNotFound(err) {
			t.Errorf("another session: %v", err)
		}
	})
}
