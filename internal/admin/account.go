package admin

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// account is the page on which people look after themselves.
type account struct{ *Admin }

const accountPath = "/account"

func (h account) mount(mux web.Router) {
	h.member(mux, "GET "+accountPath, h.show)
	h.member(mux, "POST "+accountPath+"/name", h.rename)
	h.member(mux, "POST "+accountPath+"/password", h.changePassword)
	h.member(mux, "POST "+accountPath+"/sign-out-everywhere", h.signOutEverywhere)
}

type accountPage struct {
	Email             string
	Name              web.Field
	Present, Password web.Field
}

func newAccountPage(p greenroom.Person) accountPage {
	return accountPage{
		Email: p.Email,
		Name: web.Field{Name: "name", Label: "Name", Value: p.Name, Autocomplete: "name", Required: true,
			Help: "Others in your workspaces see it."},
		Present: web.Field{Name: "present", Label: "Present password", Type: "password",
			Autocomplete: "current-password", Required: true},
		Password: web.Field{Name: "password", Label: "New password", Type: "password",
			Help: "At least 10 characters.", Autocomplete: "new-password", Required: true},
	}
}

func (h account) show(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, "account.html", newAccountPage(web.Visitor(r.Context()).Person))
}

func (h account) rename(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	person := web.Visitor(r.Context()).Person
	page := newAccountPage(person)
	page.Name.Value = r.PostFormValue("name")
	_, err := h.kit.Service.RenameSelf(r.Context(), person.ID, page.Name.Value)
	if web.MarkFields(err, &page.Name) {
		return h.render(w, r, http.StatusUnprocessableEntity, "account.html", page)
	}
	return h.saved(w, r, err, "Your name is saved")
}

// changePassword ends all sign-ins of the person and begins this one again.
func (h account) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	person := web.Visitor(r.Context()).Person
	// Whoever finds a browser signed in must not be able to guess here either.
	if err := h.kit.Count(w, r, web.SignInLimit, person.Email); err != nil {
		return err
	}
	form := greenroom.PasswordForm{Present: r.PostFormValue("present"), New: r.PostFormValue("password")}
	changed, err := h.kit.Service.ChangePassword(r.Context(), person.ID, form)
	page := newAccountPage(person)
	if web.MarkFields(err, &page.Present, &page.Password) {
		return h.render(w, r, http.StatusUnprocessableEntity, "account.html", page)
	}
	if err != nil {
		return err
	}
	err = h.kit.SignIn(r, changed)
	return h.saved(w, r, err, "Your password is changed, and every other sign-in of yours has ended")
}

func (h account) saved(w http.ResponseWriter, r *http.Request, err error, text string) error {
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, text); err != nil {
		return err
	}
	return web.Redirect(w, r, accountPath)
}

func (h account) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	if err := h.kit.Service.SignOutEverywhere(r.Context(), web.Visitor(r.Context()).Person.ID); err != nil {
		return err
	}
	return web.Redirect(w, r, "/sign-in")
}
