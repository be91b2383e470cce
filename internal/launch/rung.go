package launch

import (
	"maps"
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// A launch needs the browser to bring back what it was given at the login. In
// a frame of another site that may take one of three ways, and which of them
// holds is found out at the login: at the launch it is too late, for an LMS
// lets its hint be used once.
//
//	cookie   a partitioned one; set, and looked for by a redirect to ourselves
//	storage  the secret is kept in the LMS's own page, by messages
//	window   one button opens the login again in a window of its own

// Marks in the query of our own login URL.
const (
	markLook   = "greenroom_look"   // a cookie was set just now; look for it
	markWindow = "greenroom_window" // opened by the button
)

// framed tells whether the browser shows this page in a frame, and whether it
// says so at all.
func framed(r *http.Request) (inFrame, known bool) {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "document":
		return false, true
	case "iframe", "frame", "embed", "object":
		return true, true
	}
	return false, false
}

// rung decides how a login goes on. Empty: set a cookie and look.
func (l *Launch) rung(r *http.Request, tool *lti.Tool) greenroom.Rung {
	query := r.URL.Query()
	inFrame, known := framed(r)
	switch {
	case query.Has(markWindow):
		return greenroom.RungWindow
	case known && !inFrame, l.hasLook(r), tool.KeepsCookies(r.Cookies()):
		return greenroom.RungCookie
	case query.Has(markLook):
		return greenroom.RungStorage
	}
	return ""
}

// lookCookie is there for no other purpose than to come back.
func (l *Launch) lookCookie() *http.Cookie {
	return &http.Cookie{
		Name: l.cookieName("look"), Value: "1", Path: "/", MaxAge: 3600,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: true,
	}
}

func (l *Launch) hasLook(r *http.Request) bool {
	_, err := r.Cookie(l.cookieName("look"))
	return err == nil
}

// windowCookie notes that a login runs in a window that our button opened. It
// decides nothing: the launch log tells administrators who had to click once
// more than necessary.
func (l *Launch) windowCookie(stateID string) *http.Cookie {
	return &http.Cookie{
		Name: l.cookieName("window"), Value: stateID, Path: "/", MaxAge: 600,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: true,
	}
}

// rungOf says by which way a browser was recognised.
func (l *Launch) rungOf(r *http.Request, verified *lti.Launch) greenroom.Rung {
	if verified.Stored {
		return greenroom.RungStorage
	}
	if c, err := r.Cookie(l.cookieName("window")); err == nil && c.Value == verified.StateID {
		return greenroom.RungWindow
	}
	return greenroom.RungCookie
}

func (l *Launch) cookieName(name string) string { return l.kit.HostPrefix() + "lti-" + name }

// lookForCookie sends the browser back to where it is. 307 keeps the method
// and the form.
func (l *Launch) lookForCookie(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, l.lookCookie())
	to := *r.URL
	query := markLook + "=1"
	if to.RawQuery != "" { // kept as it is, byte for byte
		query = to.RawQuery + "&" + query
	}
	to.RawQuery = query
	http.Redirect(w, r, to.RequestURI(), http.StatusTemporaryRedirect)
}

// A storagePage keeps the secret of a login in the LMS's page and goes on to
// the platform, or offers a window.
type storagePage struct {
	Storage *lti.Storage
	Offered bool   // the platform has named its storage; otherwise it is asked
	Next    string // the platform's authorization endpoint
	Window  windowForm
}

// A windowForm begins the same login again in a window of its own.
type windowForm struct {
	Action string
	Fields url.Values
}

// keepInStorage answers a browser that keeps no cookie in this frame.
func (l *Launch) keepInStorage(w http.ResponseWriter, r *http.Request, d *door, params lti.Params, tool *lti.Tool) error {
	fields := params.Values()
	fields.Del(markLook)
	page := storagePage{Window: windowForm{d.login + "?" + markWindow + "=1", fields}}
	login, err := tool.StartLogin(r.Context(), params, d.launch)
	if err != nil {
		return l.refuse(r, d, err)
	}
	if page.Offered = login.Storage != nil; !page.Offered {
		// The page around us may have a storage all the same.
		if login, err = l.startStoredLogin(r, d, fields, tool, l.storageTarget(r, d, login)); err != nil {
			return l.refuse(r, d, err)
		}
	}
	page.Storage, page.Next = login.Storage, login.RedirectURL
	// The window's login goes on to the platform, on any host of the school's.
	l.kit.AllowFormsToLMS(w.Header())
	return l.kit.Render(w, r, http.StatusOK, l.pages, "storage.html", page)
}

// storageTarget is where an LMS of this kind keeps things for a tool.
func (l *Launch) storageTarget(r *http.Request, d *door, login *lti.Login) string {
	id := greenroom.ConnectionID(login.Registration.ID)
	c, err := l.service.Store.Workspace(d.workspace.ID).Connection(r.Context(), id)
	if err != nil { // one of a registration that several workspaces share
		return greenroom.Connection{}.StorageTarget()
	}
	return c.StorageTarget()
}

func (l *Launch) startStoredLogin(r *http.Request, d *door, fields url.Values, tool *lti.Tool, target string) (*lti.Login, error) {
	fields = maps.Clone(fields)
	fields.Set("lti_storage_target", target)
	params, err := lti.NewParams(http.MethodPost, fields)
	if err != nil {
		return nil, err
	}
	return tool.StartLogin(r.Context(), params, d.launch)
}
