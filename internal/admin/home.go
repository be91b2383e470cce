package admin

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// home leads people to their workspace.
type home struct{ *Admin }

func (h home) mount(mux web.Router) {
	h.member(mux, "GET /{$}", h.open)
	h.member(mux, "GET /w/{workspace}/{$}", h.enter)
	h.member(mux, "GET /workspaces", h.choose)
}

// open goes to the only workspace, or asks which.
func (h home) open(w http.ResponseWriter, r *http.Request) error {
	all := web.Visitor(r.Context()).Memberships
	if len(all) == 0 {
		return web.Redirect(w, r, "/workspaces")
	}
	return web.Redirect(w, r, web.HomePath(all[0].Workspace))
}

func (h home) enter(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, web.HomePath(web.Workspace(r.Context())))
}

func (h home) choose(w http.ResponseWriter, r *http.Request) error {
	data := struct{ Memberships []greenroom.Membership }{web.Visitor(r.Context()).Memberships}
	return h.render(w, r, http.StatusOK, "workspaces.html", data)
}
