package admin

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const deletion = "/w/northwind/settings/delete"

func TestDeletingIsForOwners(t *testing.T) {
	s := newSite(t)
	for _, who := range []string{"ada", "mel", "eve"} {
		b := s.as(who)
		if got := b.get(deletion); got.status != http.StatusNotFound {
			t.Errorf("%s sees the preview: %d", who, got.status)
		}
		if got := b.post(deletion, url.Values{"name": {"Northwind"}}); got.status != http.StatusNotFound {
			t.Errorf("%s deletes: %d", who, got.status)
		}
	}
	s.as("ada").get("/w/northwind/settings").hasNot(t, "Delete")
	s.as("dana").get("/w/northwind/settings").has(t, `href="`+deletion+`"`)
}

func TestDeletingAWorkspace(t *testing.T) {
	s := newGradebook(t)
	err := s.service.Store.Workspace(s.elsewhere.ID).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.PutMember(ctx, s.owner.Person, greenroom.MemberRole, noon)
	})
	if err != nil {
		t.Fatal(err)
	}
	dana, mel := s.as("dana"), s.as("mel")

	dana.get(deletion).has(t, "Delete “<bdi>Northwind</bdi>”", "Connected LMSes", "Scores on their way", "mel@example.com",
		"2 of them will be in no workspace any more", "No other workspace", "Delete workspace")

	for _, name := range []string{"", "northwind", "<b>Northwind</b>"} {
		got := dana.post(deletion, url.Values{"name": {name}})
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", name, got.status)
		}
		got.has(t, `id="name-note">This is not the workspace`)
		got.hasNot(t, "<b>Northwind")
	}
	mel.get("/w/northwind/scenarios").has(t, "Scenarios")

	dana.follow(dana.post(deletion, url.Values{"name": {"Northwind"}})).has(t, "“Northwind” is deleted", `href="/w/elsewhere/scenarios"`)
	for _, path := range []string{"/w/northwind/scenarios", deletion, auditLog, "/w/" + string(s.northwind.ID) + "/settings"} {
		if got := dana.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	mel.follow(mel.get("/")).has(t, "You are in no workspace yet")
	s.as("eve").get("/w/elsewhere/members").has(t, "eve@example.com", "dana@example.com")
}
