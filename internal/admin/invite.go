package admin

import (
	"fmt"
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// invites is the dynamic registration section: the URLs that an LMS opens.
type invites struct{ *Admin }

func (h invites) mount(mux web.Router) {
	const path = "/w/{workspace}/settings/integrations/lti/registration-urls"
	h.settings(mux, "GET "+path, h.list)
	h.settings(mux, "POST "+path, h.create)
	h.settings(mux, "POST "+path+"/revoke", h.revoke)
}

// An invitePart lists the registration URLs that still open.
type invitePart struct {
	Path string // of the page
	URLs []inviteURL
	Said string // what just happened
}

type inviteURL struct {
	ID        greenroom.InviteID
	URL       string
	ExpiresAt time.Time
	New       bool // made by this request: copied at once
}

func (h invites) part(r *http.Request) (invitePart, error) {
	actor := web.Actor(r.Context())
	open, err := h.kit.Service.OpenInvites(r.Context(), actor)
	if err != nil {
		return invitePart{}, err
	}
	part := invitePart{Path: ltiPath(r)}
	for _, i := range open {
		url := h.urls(r).Registration(actor.Workspace, h.kit.Service.InviteToken(actor, i))
		part.URLs = append(part.URLs, inviteURL{ID: i.ID, URL: url, ExpiresAt: i.ExpiresAt})
	}
	return part, nil
}

func (h invites) list(w http.ResponseWriter, r *http.Request) error {
	if !web.IsFragmentRequest(r) {
		return h.back(w, r)
	}
	part, err := h.part(r)
	if err != nil {
		return err
	}
	return h.send(w, part)
}

func (h invites) create(w http.ResponseWriter, r *http.Request) error {
	made, _, err := h.kit.Service.NewInvite(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	if !web.IsFragmentRequest(r) {
		return h.back(w, r)
	}
	part, err := h.part(r)
	if err != nil {
		return err
	}
	for i := range part.URLs {
		part.URLs[i].New = part.URLs[i].ID == made.ID
	}
	return h.send(w, part)
}

func (h invites) revoke(w http.ResponseWriter, r *http.Request) error {
	n, err := h.kit.Service.RevokeInvites(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	if !web.IsFragmentRequest(r) {
		if err := h.kit.Flash(r.Context(), web.Success, revoked(n)); err != nil {
			return err
		}
		return h.back(w, r)
	}
	part, err := h.part(r)
	if err != nil {
		return err
	}
	part.Said = revoked(n)
	return h.send(w, part)
}

func revoked(n int) string {
	switch n {
	case 0:
		return "There was no unused URL to revoke."
	case 1:
		return "1 unused URL was revoked. It no longer opens."
	}
	return fmt.Sprintf("%d unused URLs were revoked. They no longer open.", n)
}

func (h invites) send(w http.ResponseWriter, part invitePart) error {
	return h.kit.RenderPart(w, http.StatusOK, h.pages, "lti.html", "registration", part)
}

func (h invites) back(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, ltiPath(r)+"#registration-section")
}
