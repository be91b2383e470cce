package admin

import (
	"embed"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/web"
)

//go:embed all:templates
var templateFiles embed.FS

// Admin is the pages of the admin frame.
type Admin struct {
	kit   *web.Kit
	pages *web.Templates
}

// New returns the pages over what all pages share.
func New(kit *web.Kit) *Admin {
	return &Admin{kit: kit, pages: kit.Templates(templateFiles, "templates/*.html")}
}

// Mount adds the routes.
func (a *Admin) Mount(mux web.Router) {
	home{a}.mount(mux)
	workspaces{a}.mount(mux)
	connections{a}.mount(mux)
	connection{a}.mount(mux)
	invites{a}.mount(mux)
	shared{a}.mount(mux)
	scenarios{a}.mount(mux)
	members{a}.mount(mux)
	learners{a}.mount(mux)
	copies{a}.mount(mux)
	retention{a}.mount(mux)
	passbacks{a}.mount(mux)
	courses{a}.mount(mux)
	audits{a}.mount(mux)
	deletions{a}.mount(mux)
	launches{a}.mount(mux)
	keys{a}.mount(mux)
	account{a}.mount(mux)
}

// member and settings register a page for a workspace's people, and for those
// of them who administer it.
func (a *Admin) member(mux web.Router, pattern string, h web.Handler) {
	mux.Handle(pattern, a.kit.AdminPage(h))
}

func (a *Admin) settings(mux web.Router, pattern string, h web.Handler) {
	mux.Handle(pattern, a.kit.SettingsPage(h))
}

// urls are those that the route's workspace tells the world, whatever host the
// page was opened on.
func (a *Admin) urls(r *http.Request) web.URLs { return a.kit.URLs.For(web.Workspace(r.Context())) }

func (a *Admin) render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	return a.kit.Render(w, r, status, a.pages, page, data)
}
