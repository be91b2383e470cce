package admin

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// deletions is the page on which an owner deletes the workspace.
type deletions struct{ *Admin }

func (h deletions) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/settings/delete", h.preview)
	h.settings(mux, "POST /w/{workspace}/settings/delete", h.remove)
}

type deletionPage struct {
	greenroom.Deletion
	Path, Back string
	Goes       []goesRow
	Name       web.Field
}

// A goesRow is a kind of thing that would be deleted, and how many there are.
type goesRow struct {
	What, Note string
	Count      int
}

func (h deletions) page(r *http.Request, typed string) (deletionPage, error) {
	d, err := h.kit.Service.PreviewDeletion(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return deletionPage{}, err
	}
	return deletionPage{
		Deletion: d,
		Path:     web.WorkspacePath(d.Workspace, "settings/delete"), Back: web.WorkspacePath(d.Workspace, "settings"),
		Goes: goes(d.Contents),
		Name: web.Field{Name: "name", Label: "The workspace's name", Value: typed, Required: true,
			Help: "Type it as it stands above, capital letters included."},
	}, nil
}

func goes(c greenroom.Contents) []goesRow {
	return []goesRow{
		{"Connected LMSes", "Their activities open nothing any more. Delete the tool there as well.", c.Connections},
		{"Scenarios", "With all their versions.", c.Scenarios},
		{"Learners", "Whoever came by launch.", c.Learners},
		{"Sessions", "With every reply that was given.", c.Sessions},
		{"Scores", "What a gradebook has already received stays there.", c.Scores},
		{"Scores on their way", "They never arrive. Wait for them if they matter.", c.Waiting},
		{"Launches in the log", "", c.Launches},
		{"Entries of the audit log", "Export them first if you need them.", c.AuditEntries},
	}
}

func (h deletions) preview(w http.ResponseWriter, r *http.Request) error {
	page, err := h.page(r, "")
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "delete.html", page)
}

func (h deletions) remove(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	typed := r.PostFormValue("name")
	gone, err := h.kit.Service.DeleteWorkspace(r.Context(), web.Actor(r.Context()), typed)
	if field := (web.Field{Name: "name"}); web.MarkFields(err, &field) {
		page, err := h.page(r, typed)
		if err != nil {
			return err
		}
		page.Name.Error, page.Name.Focus = field.Error, field.Focus
		return h.render(w, r, http.StatusUnprocessableEntity, "delete.html", page)
	}
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, fmt.Sprintf("“%s” is deleted", gone.Name)); err != nil {
		return err
	}
	return web.Redirect(w, r, "/workspaces")
}

// Loses tells whether a person would be in no workspace any more.
func (p deletionPage) Loses(id greenroom.PersonID) bool {
	return slices.ContainsFunc(p.Stranded, func(m greenroom.Member) bool { return m.Person.ID == id })
}
