package web

import (
	"net/http"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A Handler answers a request, or returns why it cannot. Having returned an
// error it must not have written anything.
type Handler func(w http.ResponseWriter, r *http.Request) error

// AdminPage serves people who have signed in; others are sent to the sign-in
// page. If the route has a {workspace}, the visitor must belong to it, else
// there is no such page. The page cannot be framed and is not cached.
func (k *Kit) AdminPage(h Handler) http.Handler {
	return k.Sessions.LoadAndSave(k.frameless(func(w http.ResponseWriter, r *http.Request) error {
		r, err := k.welcome(r)
		if err != nil {
			return err
		}
		if Visitor(r.Context()) == nil {
			return k.sendToSignIn(w, r)
		}
		if err := h(w, r); err != nil {
			k.fail(w, r, keepIfBroken(err, r))
		}
		return nil
	}))
}

// SettingsPage is AdminPage for owners and admins of the route's workspace.
// For everybody else there is no such page.
func (k *Kit) SettingsPage(h Handler) http.Handler {
	return k.AdminPage(func(w http.ResponseWriter, r *http.Request) error {
		if !Actor(r.Context()).Role.Administers() {
			return greenroom.ErrNotFound
		}
		return h(w, r)
	})
}

// FramelessPage serves anybody; the page cannot be framed and is not cached.
func (k *Kit) FramelessPage(h Handler) http.Handler { return k.frameless(h) }

// FramePage serves learners and LMSes: the page may be shown in a frame of any
// https site, is not cached, and knows nothing of an admin's sign-in.
func (k *Kit) FramePage(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.openFrame(w.Header())
		if err := h(w, r); err != nil {
			k.fail(w, r, fromFrame(err))
		}
	})
}

// fromFrame takes the way to the admin pages from the page of an error: learners
// have no business there, and it opens in no frame.
func fromFrame(err error) error {
	page := *pageOf(err)
	if page.BackURL != "/" {
		return err
	}
	page.BackURL, page.BackLabel, page.Cause = "", "", err
	if page.Hint == "" && page.CourseURL == "" {
		page.Hint = "Go back to your course and open the activity once more."
	}
	return &page
}

// Document serves a public machine-readable document. It may be fetched from
// any origin; errors are plain text.
func (k *Kit) Document(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if err := h(w, r); err != nil {
			page := pageOf(err)
			note(r, err)
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, page.Title+" (reference "+Reference(r.Context())+")", page.Status)
		}
	})
}

func (k *Kit) frameless(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sealFrame(w.Header())
		if err := h(w, r); err != nil {
			k.fail(w, r, err)
		}
	})
}

// IsFragmentRequest tells whether htmx asks for a part of a page.
func IsFragmentRequest(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// Redirect answers with 303 to a path of this server.
func Redirect(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, localPath(path), http.StatusSeeOther)
	return nil
}

// localPath returns path if it leads to a page of this server, else "/".
func localPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
