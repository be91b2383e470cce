package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// The longest that anybody can have, in bytes.
const (
	maxEmail    = 254
	maxPassword = 4 * 1000
)

// credentialsText does not tell whether the address is known.
const credentialsText = "This e-mail address and password do not belong together. Check both and try again."

type signInPage struct {
	Next     string
	Email    Field
	Password Field
	Error    string
	Unsent   bool       // a form was sent after the sign-in had ended
	Form     unsentForm // that form, if there is anything in it to lose
}

func (k *Kit) mountSignIn(mux Router) {
	mux.Handle("GET /sign-in", k.signedOutPage(k.showSignIn))
	mux.Handle("POST /sign-in", k.signedOutPage(k.signIn))
	mux.Handle("POST /sign-out", k.signedOutPage(k.signOut))
	mux.Handle("GET /setup", k.signedOutPage(k.Limit(SetUpLimit, k.showSetUp)))
	mux.Handle("POST /setup", k.signedOutPage(k.Limit(SetUpLimit, k.setUp)))
	mux.Handle("GET "+linkPath+"{token}", k.signedOutPage(k.Limit(LinkLimit, k.showPersonLink)))
	mux.Handle("POST "+linkPath+"{token}", k.signedOutPage(k.Limit(LinkLimit, k.usePersonLink)))
}

// signedOutPage serves anybody, with a session to sign in to.
func (k *Kit) signedOutPage(h Handler) http.Handler { return k.Sessions.LoadAndSave(k.frameless(h)) }

func newSignInPage(next, email string) signInPage {
	return signInPage{
		Next: localPath(next),
		Email: Field{Name: "email", Label: "E-mail address", Type: "email", Value: email,
			Autocomplete: "username", Required: true, Focus: email == ""},
		Password: Field{Name: "password", Label: "Password", Type: "password",
			Autocomplete: "current-password", Required: true, Focus: email != ""},
	}
}

func (k *Kit) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	person, err := k.signedIn(r)
	if err != nil {
		return err
	}
	if person.ID != "" {
		return Redirect(w, r, next)
	}
	page := newSignInPage(next, "")
	page.Unsent = r.URL.Query().Get("unsent") != ""
	return k.Render(w, r, http.StatusOK, k.pages, "sign-in.html", page)
}

func (k *Kit) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := ReadForm(r); err != nil {
		return err
	}
	email, password := r.PostFormValue("email"), r.PostFormValue("password")
	next, form := r.PostFormValue("next"), carriedUnsent(r)
	refuse := func(status int, text string) error {
		page := newSignInPage(next, email)
		page.Error, page.Form = text, form
		return k.Render(w, r, status, k.pages, "sign-in.html", page)
	}
	if len(email) > maxEmail || len(password) > maxPassword {
		return refuse(http.StatusUnprocessableEntity, credentialsText)
	}
	if err := k.Count(w, r, SignInLimit, email); err != nil {
		return err
	}
	person, err := k.Service.Authenticate(r.Context(), email, password)
	if err == nil {
		err = k.belongsHere(r, person)
	}
	if errors.Is(err, greenroom.ErrCredentials) {
		return refuse(http.StatusUnprocessableEntity, credentialsText)
	}
	if err != nil {
		return err
	}
	if err := k.SignIn(r, person); err != nil {
		return err
	}
	if form.Action != "" {
		return k.offerUnsent(w, r, next, form)
	}
	return Redirect(w, r, next)
}

// belongsHere refuses, on a workspace's host, people of other workspaces: there
// they are nobody.
func (k *Kit) belongsHere(r *http.Request, p greenroom.Person) error {
	here := hostOf(r.Context())
	if here.workspace == "" {
		return nil
	}
	all, err := k.Service.Memberships(r.Context(), p.ID)
	if err == nil && !slices.ContainsFunc(all, func(m greenroom.Membership) bool { return here.shows(m.Workspace.ID) }) {
		err = greenroom.ErrCredentials
	}
	return err
}

// SignIn makes the browser known as a person, under a new token: one that was
// planted before is worth nothing. Nothing is left of whoever used the browser
// before. It works in pages that have a session.
func (k *Kit) SignIn(r *http.Request, p greenroom.Person) error {
	ctx := r.Context()
	if err := k.Sessions.RenewToken(ctx); err != nil {
		return err
	}
	if err := k.Sessions.Clear(ctx); err != nil {
		return err
	}
	k.Sessions.Put(ctx, personKey, string(p.ID))
	k.Sessions.Put(ctx, generationKey, p.Generation)
	k.Sessions.Put(ctx, seenKey, k.Now().Unix())
	return nil
}

// signOut leads to the sign-in page, or to where the form says.
func (k *Kit) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := ReadForm(r); err != nil {
		return err
	}
	if err := k.Sessions.Destroy(r.Context()); err != nil {
		return err
	}
	next := r.PostFormValue("next")
	if next == "" {
		next = "/sign-in"
	}
	return Redirect(w, r, next)
}
