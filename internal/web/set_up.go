package web

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type setUpPage struct {
	Token                            string
	Name, Email, Password, Workspace Field
	Samples                          bool
}

func newSetUpPage(token string, f greenroom.SetUpForm) setUpPage {
	return setUpPage{
		Token: token, Samples: f.Samples,
		Name: Field{Name: "name", Label: "Your name", Value: f.Name,
			Autocomplete: "name", Required: true, Focus: true},
		Email: Field{Name: "email", Label: "E-mail address", Type: "email", Value: f.Email,
			Help: "You sign in with it.", Autocomplete: "username", Required: true},
		Password: Field{Name: "password", Label: "Password", Type: "password",
			Help: "At least 10 characters.", Autocomplete: "new-password", Required: true},
		Workspace: Field{Name: "workspace", Label: "Workspace", Value: f.Workspace,
			Help: "Your team or school. You can rename it later.", Required: true},
	}
}

// showSetUp opens the one-time page on which the first owner is made.
func (k *Kit) showSetUp(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	open, err := k.Service.SetUpOpen(r.Context(), token)
	if err != nil {
		return err
	}
	if !open {
		return errSetUpClosed
	}
	page := newSetUpPage(token, greenroom.SetUpForm{Samples: true})
	return k.Render(w, r, http.StatusOK, k.pages, "set-up.html", page)
}

var errSetUpClosed = &PageError{
	Status:   http.StatusNotFound,
	Title:    "This set-up link does not open",
	Sentence: "It has done its work already, or it is not complete.",
	Hint:     "If Greenroom was set up before, sign in. Otherwise copy the whole link from the server's log.",
	BackURL:  "/sign-in", BackLabel: "Sign in",
}

func (k *Kit) setUp(w http.ResponseWriter, r *http.Request) error {
	if err := ReadForm(r); err != nil {
		return err
	}
	token := r.PostFormValue("token")
	form := greenroom.SetUpForm{
		Name: r.PostFormValue("name"), Email: r.PostFormValue("email"),
		Password: r.PostFormValue("password"), Workspace: r.PostFormValue("workspace"),
		Samples: r.PostFormValue("samples") != "",
	}
	open, err := k.Service.SetUpOpen(r.Context(), token)
	if err != nil {
		return err
	}
	if !open {
		return errSetUpClosed
	}
	person, workspace, err := k.Service.SetUp(r.Context(), token, form)
	page := newSetUpPage(token, form)
	if MarkFields(err, &page.Name, &page.Email, &page.Password, &page.Workspace) {
		return k.Render(w, r, http.StatusUnprocessableEntity, k.pages, "set-up.html", page)
	}
	if err != nil {
		return err
	}
	if err := k.SignIn(r, person); err != nil {
		return err
	}
	return Redirect(w, r, HomePath(workspace))
}
