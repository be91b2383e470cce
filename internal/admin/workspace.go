package admin

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// workspaces is a workspace's general settings, and the list of what it can be
// integrated with.
type workspaces struct{ *Admin }

func (h workspaces) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/settings", h.edit)
	h.settings(mux, "POST /w/{workspace}/settings", h.rename)
	h.settings(mux, "GET /w/{workspace}/settings/integrations", h.integrations)
}

type workspacePage struct {
	Path       string
	Name, Slug web.Field
	ID         greenroom.WorkspaceID
	Hosts      hostPart
	Retention  greenroom.Retention
	Delete     string // address of the page for it, empty unless an owner is here
}

// A hostPart tells on which hosts the workspace answers.
type hostPart struct {
	Host   string // the one that its URLs carry
	Own    bool   // no other workspace is there
	Others []string
}

func (h workspaces) hosts(r *http.Request) (hostPart, error) {
	all, err := h.kit.Service.Hosts(r.Context(), web.Actor(r.Context()))
	part := hostPart{Host: h.urls(r).Host(), Own: web.Workspace(r.Context()).Host != ""}
	for _, host := range all {
		if host.Name != part.Host {
			part.Others = append(part.Others, host.Name)
		}
	}
	if part.Own {
		part.Others = append(part.Others, h.kit.URLs.Host())
	}
	return part, err
}

// page fills the form, and tells where the workspace is.
func (h workspaces) page(r *http.Request, f greenroom.WorkspaceForm) (page workspacePage, err error) {
	page = newWorkspacePage(r, f)
	page.Hosts, err = h.hosts(r)
	return page, err
}

func newWorkspacePage(r *http.Request, f greenroom.WorkspaceForm) workspacePage {
	w := web.Workspace(r.Context())
	page := workspacePage{
		Path: web.WorkspacePath(w, "settings"), ID: w.ID, Retention: greenroom.Retention{Months: w.RetentionMonths},
		Name: web.Field{Name: "name", Label: "Name", Value: f.Name, Required: true,
			Help: "Your people see it at the top of every page."},
		Slug: web.Field{Name: "slug", Label: "Address", Value: f.Slug, Required: true, Mono: true,
			Help: "The part after /w/ in the address of these pages. A new one breaks bookmarks; connected LMSes go on as before, for their URLs carry the identifier below."},
	}
	if web.Actor(r.Context()).Role == greenroom.Owner {
		page.Delete = web.WorkspacePath(w, "settings/delete")
	}
	return page
}

func (h workspaces) edit(w http.ResponseWriter, r *http.Request) error {
	ws := web.Workspace(r.Context())
	page, err := h.page(r, greenroom.WorkspaceForm{Name: ws.Name, Slug: ws.Slug})
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "general.html", page)
}

func (h workspaces) rename(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	form := greenroom.WorkspaceForm{Name: r.PostFormValue("name"), Slug: r.PostFormValue("slug")}
	page, err := h.page(r, form)
	if err != nil {
		return err
	}
	saved, err := h.kit.Service.RenameWorkspace(r.Context(), web.Actor(r.Context()), form)
	if web.MarkFields(err, &page.Name, &page.Slug) {
		return h.render(w, r, http.StatusUnprocessableEntity, "general.html", page)
	}
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "Workspace saved"); err != nil {
		return err
	}
	return web.Redirect(w, r, web.WorkspacePath(saved, "settings"))
}

func (h workspaces) integrations(w http.ResponseWriter, r *http.Request) error {
	all, err := h.kit.Service.Connections(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	data := struct {
		LTIPath, KeysPath string
		Connected         int
	}{ltiPath(r), keysPath(r), len(all)}
	return h.render(w, r, http.StatusOK, "integrations.html", data)
}
