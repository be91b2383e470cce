package admin

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// retention is how long a workspace keeps practice.
type retention struct{ *Admin }

func (h retention) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/settings/retention", h.preview)
	h.settings(mux, "POST /w/{workspace}/settings/retention", h.save)
}

type retentionPage struct {
	greenroom.Retention
	Path, Back string
	Now        string // what holds at present, in words
	Months     web.Field
	Asked      bool // the page tells what a choice would mean
}

func newRetentionPage(r *http.Request, months string) retentionPage {
	w := web.Workspace(r.Context())
	return retentionPage{
		Path: web.WorkspacePath(w, "settings/retention"), Back: web.WorkspacePath(w, "settings"),
		Now: greenroom.Retention{Months: w.RetentionMonths}.Text(),
		Months: web.Field{Name: "months", Label: "Months", Value: cmp.Or(months, strconv.Itoa(w.RetentionMonths)), Required: true,
			Help: "From 1 to 120; 0 keeps practice for ever."},
	}
}

func (h retention) preview(w http.ResponseWriter, r *http.Request) error {
	months := r.URL.Query().Get("months")
	page, status := newRetentionPage(r, months), http.StatusOK
	if months != "" {
		var err error
		page.Retention, err = h.kit.Service.PreviewRetention(r.Context(), web.Actor(r.Context()), months)
		if web.MarkFields(err, &page.Months) {
			status = http.StatusUnprocessableEntity
		} else if err != nil {
			return err
		} else {
			page.Asked = true
		}
	}
	return h.render(w, r, status, "retention.html", page)
}

func (h retention) save(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	months := r.PostFormValue("months")
	saved, err := h.kit.Service.SetRetention(r.Context(), web.Actor(r.Context()), months)
	page := newRetentionPage(r, months)
	if web.MarkFields(err, &page.Months) {
		return h.render(w, r, http.StatusUnprocessableEntity, "retention.html", page)
	}
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "Practice is kept "+kept(saved)); err != nil {
		return err
	}
	return web.Redirect(w, r, page.Back)
}

func kept(r greenroom.Retention) string {
	if r.Months == 0 {
		return "for ever"
	}
	return "for " + r.Text()
}
