package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// linkPath is where people's one-time links begin; the token is the rest.
const linkPath = "/links/"

// A linkPage is what a link that opens shows. Which of its parts does depends
// on who looks.
type linkPage struct {
	greenroom.OpenLink
	Path           string
	SignIn         string // where the person it is for signs in first
	Visitor        string // e-mail address of who is signed in, may be empty
	Name, Password Field
}

func (p linkPage) IsReset() bool { return p.Link.Kind == greenroom.Reset }

// Foreign tells whether somebody else is signed in than the link is for.
func (p linkPage) Foreign() bool { return p.Visitor != "" && p.Visitor != p.Email }

// Here tells whether the person whom the link is for is signed in.
func (p linkPage) Here() bool { return p.Visitor == p.Email }

func (k *Kit) newLinkPage(r *http.Request, open greenroom.OpenLink, visitor greenroom.Person) linkPage {
	path := linkPath + url.PathEscape(r.PathValue("token"))
	return linkPage{
		OpenLink: open, Path: path, SignIn: "/sign-in?next=" + url.QueryEscape(path), Visitor: visitor.Email,
		Name: Field{Name: "name", Label: "Your name", Value: open.Name, Autocomplete: "name", Required: true,
			Focus: open.Name == ""},
		Password: Field{Name: "password", Label: "Password", Type: "password", Help: "At least 10 characters.",
			Autocomplete: "new-password", Required: true, Focus: open.Name != ""},
	}
}

// openPersonLink reads what both handlers need. It spends nothing.
func (k *Kit) openPersonLink(r *http.Request) (linkPage, greenroom.Person, error) {
	visitor, err := k.signedIn(r)
	if err != nil {
		return linkPage{}, visitor, err
	}
	open, err := k.Service.PersonLink(r.Context(), r.PathValue("token"))
	if of := open.Link.Workspace; err == nil && of != "" && !HostShows(r.Context(), of) {
		err = &greenroom.LinkError{Trouble: greenroom.LinkUnknown}
	}
	return k.newLinkPage(r, open, visitor), visitor, linkError(err)
}

// showPersonLink only looks: mail scanners and previews open links as well.
func (k *Kit) showPersonLink(w http.ResponseWriter, r *http.Request) error {
	page, _, err := k.openPersonLink(r)
	if err != nil {
		return err
	}
	return k.Render(w, r, http.StatusOK, k.pages, "link.html", page)
}

func (k *Kit) usePersonLink(w http.ResponseWriter, r *http.Request) error {
	if err := ReadForm(r); err != nil {
		return err
	}
	page, visitor, err := k.openPersonLink(r)
	switch {
	case err != nil:
		return err
	case page.IsReset():
		return k.resetPassword(w, r, page)
	case page.Foreign():
		return k.Render(w, r, http.StatusConflict, k.pages, "link.html", page)
	case page.Here():
		workspace, err := k.Service.JoinWorkspace(r.Context(), r.PathValue("token"), visitor.ID)
		if err != nil {
			return linkError(err)
		}
		return k.welcomeTo(w, r, workspace)
	case page.Known:
		return Redirect(w, r, page.SignIn)
	}
	return k.acceptInvitation(w, r, page)
}

func (k *Kit) acceptInvitation(w http.ResponseWriter, r *http.Request, page linkPage) error {
	form := greenroom.JoinForm{Name: r.PostFormValue("name"), Password: r.PostFormValue("password")}
	person, workspace, err := k.Service.AcceptInvitation(r.Context(), r.PathValue("token"), form)
	page.Name.Value = form.Name
	if MarkFields(err, &page.Name, &page.Password) {
		return k.Render(w, r, http.StatusUnprocessableEntity, k.pages, "link.html", page)
	}
	if err != nil {
		return linkError(err)
	}
	if err := k.SignIn(r, person); err != nil {
		return err
	}
	return k.welcomeTo(w, r, workspace)
}

func (k *Kit) welcomeTo(w http.ResponseWriter, r *http.Request, workspace greenroom.Workspace) error {
	if err := k.Flash(r.Context(), Success, "You are now a member of "+workspace.Name); err != nil {
		return err
	}
	return Redirect(w, r, HomePath(workspace))
}

func (k *Kit) resetPassword(w http.ResponseWriter, r *http.Request, page linkPage) error {
	person, err := k.Service.ResetPassword(r.Context(), r.PathValue("token"), r.PostFormValue("password"))
	if MarkFields(err, &page.Password) {
		return k.Render(w, r, http.StatusUnprocessableEntity, k.pages, "link.html", page)
	}
	if err != nil {
		return linkError(err)
	}
	if err := k.SignIn(r, person); err != nil {
		return err
	}
	if err := k.Flash(r.Context(), Success, "Your new password is set, and every other sign-in of yours has ended"); err != nil {
		return err
	}
	return Redirect(w, r, "/")
}

// linkError returns the page of a link that does not open; other errors stay
// what they are.
func linkError(err error) error {
	link, ok := errors.AsType[*greenroom.LinkError](err)
	if !ok {
		return err
	}
	again := "Ask whoever sent it to you for a new one."
	if link.Kind == greenroom.Reset {
		again = "If you still need a new password, ask whoever sent you the link for another one."
	}
	page := &PageError{
		Status: http.StatusGone, Hint: again, BackURL: "/sign-in", BackLabel: "Sign in", Cause: err,
	}
	switch link.Trouble {
	case greenroom.LinkUsed:
		page.Title = "This link has been used"
		page.Sentence = "A link is good for one use, and this one has done its work."
		page.Hint = "If it was you, sign in. If it was not, tell whoever sent you the link."
	case greenroom.LinkExpired:
		page.Title = "This link has expired"
		page.Sentence = "Invitations are good for seven days, links to a new password for one day."
	case greenroom.LinkRevoked:
		page.Title = "This link was revoked"
		page.Sentence = "A newer one has taken its place, or somebody has closed it."
	case greenroom.LinkForeign:
		page.Status, page.Title = http.StatusConflict, "This invitation is for somebody else"
		page.Sentence = "You are signed in with another e-mail address than the one that was invited."
	case greenroom.LinkKnown:
		page.Status, page.Title = http.StatusConflict, "There is an account for this address already"
		page.Sentence = "Whoever has it can sign in and then accept the invitation."
		page.Hint = "Sign in, then open the link once more."
	default:
		page.Status, page.Title = http.StatusNotFound, "This link does not open"
		page.Sentence = "It is not complete, or it is too old to be remembered."
		page.Hint = "Copy the whole link, to its last character. If that does not help, ask whoever sent it to you for a new one."
	}
	return page
}
