package admin

import (
	"fmt"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// copies is what a connection knows of copied courses and of an older tool.
type copies struct{ *Admin }

func (h copies) mount(mux web.Router) {
	const page = "/w/{workspace}/settings/integrations/lti/connections/{connection}/copies"
	h.settings(mux, "GET "+page, h.show)
	h.settings(mux, "POST "+page+"/keys", h.saveKey)
	h.settings(mux, "POST "+page+"/keys/delete", h.deleteKey)
	h.settings(mux, "POST "+page+"/activities", h.importLinks)
}

type copiesPage struct {
	greenroom.Legacy
	Path, Back  string
	Key, Secret web.Field
	Table       string
	TableError  string
}

func copiesPath(r *http.Request) string {
	return connectionPath(ltiPath(r), connectionID(r)) + "/copies"
}

func (h copies) page(r *http.Request) (copiesPage, error) {
	l, err := h.kit.Service.Legacy(r.Context(), web.Actor(r.Context()), connectionID(r))
	return copiesPage{
		Legacy: l, Path: copiesPath(r), Back: connectionPath(ltiPath(r), connectionID(r)),
		Key: web.Field{Name: "consumer_key", Label: "Consumer key", Required: true, Mono: true,
			Help: "As the older tool had it in the LMS."},
		Secret: web.Field{Name: "secret", Label: "Shared secret", Required: true, Type: "password", Autocomplete: "new-password",
			Help: "Kept sealed, and never shown again."},
	}, err
}

func (h copies) show(w http.ResponseWriter, r *http.Request) error {
	page, err := h.page(r)
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "copies.html", page)
}

func (h copies) saveKey(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	page, err := h.page(r)
	if err != nil {
		return err
	}
	page.Key.Value = r.PostFormValue("consumer_key") // a secret is typed again
	err = h.kit.Service.SaveLegacyKey(r.Context(), web.Actor(r.Context()), connectionID(r), page.Key.Value, r.PostFormValue("secret"))
	if web.MarkFields(err, &page.Key, &page.Secret) {
		return h.render(w, r, http.StatusUnprocessableEntity, "copies.html", page)
	}
	return h.done(w, r, err, "The consumer key is stored")
}

func (h copies) deleteKey(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	err := h.kit.Service.DeleteLegacyKey(r.Context(), web.Actor(r.Context()), connectionID(r), r.PostFormValue("consumer_key"))
	return h.done(w, r, err, "The consumer key is deleted")
}

func (h copies) importLinks(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	page, err := h.page(r)
	if err != nil {
		return err
	}
	page.Table = r.PostFormValue("table")
	n, err := h.kit.Service.ImportLegacyLinks(r.Context(), web.Actor(r.Context()), connectionID(r), page.Table)
	table := web.Field{Name: "table"}
	if web.MarkFields(err, &table) {
		page.TableError = table.Error
		return h.render(w, r, http.StatusUnprocessableEntity, "copies.html", page)
	}
	return h.done(w, r, err, fmt.Sprintf("%d activities of the older tool are known", n))
}

func (h copies) done(w http.ResponseWriter, r *http.Request, err error, text string) error {
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, text); err != nil {
		return err
	}
	return web.Redirect(w, r, copiesPath(r))
}
