package admin

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// shared is what a workspace has of the registrations that the instance shares
// with all its workspaces.
type shared struct{ *Admin }

func (h shared) mount(mux web.Router) {
	const page = "/w/{workspace}/settings/integrations/lti/shared"
	h.settings(mux, "GET "+page, h.show)
	h.settings(mux, "POST "+page+"/code", h.code)
	h.settings(mux, "POST "+page+"/code/revoke", h.revoke)
	h.settings(mux, "POST "+page+"/release", h.release)
}

func sharedPath(r *http.Request) string { return ltiPath(r) + "/shared" }

type sharedPage struct {
	Path, Back string
	greenroom.SharedView
	Rows []sharedRow
	Code *newCode // made just now; it is shown once
}

// A sharedRow is a claimed deployment beside its registration's name.
type sharedRow struct {
	greenroom.Claim
	Platform, Page string
}

type newCode struct {
	Text  string
	Until greenroom.ClaimCode
}

func (h shared) show(w http.ResponseWriter, r *http.Request) error { return h.page(w, r, nil) }

func (h shared) page(w http.ResponseWriter, r *http.Request, code *newCode) error {
	view, err := h.kit.Service.Shared(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	page := sharedPage{Path: sharedPath(r), Back: ltiPath(r), SharedView: view, Code: code}
	names := map[greenroom.SharedID]string{}
	for _, s := range view.Registrations {
		names[s.ID] = s.Platform
	}
	for _, c := range view.Claims {
		page.Rows = append(page.Rows, sharedRow{c, names[c.Shared], ltiPath(r) + "/connections/" + string(c.Connection)})
	}
	return h.render(w, r, http.StatusOK, "shared.html", page)
}

// code answers with the page itself: the code is kept nowhere, and shown once.
func (h shared) code(w http.ResponseWriter, r *http.Request) error {
	made, text, err := h.kit.Service.NewClaimCode(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	return h.page(w, r, &newCode{text, made})
}

func (h shared) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := h.kit.Service.RevokeClaimCodes(r.Context(), web.Actor(r.Context())); err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "The code is revoked"); err != nil {
		return err
	}
	return web.Redirect(w, r, sharedPath(r))
}

func (h shared) release(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	id, deployment := greenroom.SharedID(r.PostFormValue("registration")), r.PostFormValue("deployment")
	if err := h.kit.Service.ReleaseDeployment(r.Context(), web.Actor(r.Context()), id, deployment); err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "The deployment is released"); err != nil {
		return err
	}
	return web.Redirect(w, r, sharedPath(r))
}
