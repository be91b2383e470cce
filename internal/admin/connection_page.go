package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

// connection is the page of one connection, and what can be done with it.
type connection struct{ *Admin }

func (h connection) mount(mux web.Router) {
	const page = "/w/{workspace}/settings/integrations/lti/connections/{connection}"
	h.settings(mux, "GET "+page, h.show)
	h.settings(mux, "POST "+page, h.edit)
	h.settings(mux, "POST "+page+"/keyset", h.readKeySet)
	h.settings(mux, "POST "+page+"/registration", h.update)
	h.settings(mux, "POST "+page+"/switch", h.turn)
	h.settings(mux, "GET "+page+"/test", h.tested)
	h.settings(mux, "POST "+page+"/test", h.test)
	h.settings(mux, "GET "+page+"/delete", h.preview)
	h.settings(mux, "POST "+page+"/delete", h.remove)
}

func connectionID(r *http.Request) greenroom.ConnectionID {
	return greenroom.ConnectionID(r.PathValue("connection"))
}

// connectionPath is the page of a connection, below the LTI settings.
func connectionPath(lti string, id greenroom.ConnectionID) string {
	return lti + "/connections/" + url.PathEscape(string(id))
}

type connectionPage struct {
	greenroom.ConnectionReport
	Path, LTIPath   string
	Log, Passbacked string // paths of its part of the launch log and of the passbacks
	How             string
	LMSName         string // of its profile
	Audience        string // of its token requests; empty: the access token URL
	KeySetState     greenroom.KeySetState
	KeysSeen        string
	ScopeRows       []scopeRow
	ByToken         bool // the LMS can start an update of the registration
	Form            editForm
	Report          *saveReport
}

func (h connection) show(w http.ResponseWriter, r *http.Request) error {
	page, err := h.page(r, nil)
	if err != nil {
		return err
	}
	var report saveReport
	found, err := h.kit.Take(r.Context(), editReportKey, &report)
	if err != nil {
		return err
	}
	if found {
		page.Report = &report
	}
	return h.render(w, r, http.StatusOK, "connection.html", page)
}

// page is the connection's page, with what was typed into the form if that is
// not what is saved.
func (h connection) page(r *http.Request, typed *editForm) (connectionPage, error) {
	report, err := h.kit.Service.ShowConnection(r.Context(), web.Actor(r.Context()), connectionID(r))
	if err != nil {
		return connectionPage{}, err
	}
	c := report.Connection
	page := connectionPage{
		ConnectionReport: report, LTIPath: ltiPath(r), Path: connectionPath(ltiPath(r), c.ID),
		Log:        launchesQuery(launchesPath(r), "connection", string(c.ID)),
		Passbacked: launchesQuery(passbacksPath(r), "connection", string(c.ID)),
		How:        "By hand", LMSName: c.LMS().Name, Audience: c.TokenAudience(), KeySetState: c.KeySetState(), Form: newEditForm(greenroom.EditOf(c)),
	}
	if c.How == greenroom.ByRegistration {
		page.How = "By dynamic registration"
	}
	if c.How == greenroom.BySharing {
		page.How = "By a shared registration"
	}
	page.ByToken = c.How == greenroom.ByRegistration && c.LMS().Registration.Update == profile.UpdateByToken
	for _, s := range report.Scopes {
		page.ScopeRows = append(page.ScopeRows, newScopeRow(s))
	}
	if c.KeySet != nil {
		page.KeysSeen = keysHeld(page.KeySetState)
	}
	if typed != nil {
		page.Form = *typed
	}
	return page, nil
}

// A scopeRow is one scope in words.
type scopeRow struct {
	greenroom.ScopeState
	Name, Registered string
}

func newScopeRow(s greenroom.ScopeState) scopeRow {
	row := scopeRow{ScopeState: s, Name: capital(scopeNames([]string{s.Scope})[0])}
	switch {
	case s.Granted != nil && *s.Granted:
		row.Registered = "Granted"
	case s.Asked != nil && *s.Asked:
		row.Registered = "Asked, not granted"
	case s.Asked != nil:
		row.Registered = "Not asked"
	case s.Granted != nil:
		row.Registered = "Not granted"
	default:
		row.Registered = "Set in the LMS"
	}
	return row
}

// capital begins a sentence with words in ASCII.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func keysHeld(s greenroom.KeySetState) string {
	switch {
	case s.Broken:
		return "It cannot be read."
	case s.Keys == 0:
		return "It holds no usable signing key: launches are refused."
	case s.Keys == 1:
		return "It holds 1 usable signing key."
	}
	return strings.Replace(keysSeen(s.Keys), "Its keyset was read and holds", "It holds", 1)
}

const editReportKey = "connection edited" // in the session

// edit is the form: the same page with what is wrong, or with what was saved.
func (h connection) edit(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	typed := readEdit(r)
	saved, err := h.kit.Service.EditConnection(r.Context(), web.Actor(r.Context()), connectionID(r), typed)
	form := newEditForm(typed)
	if web.MarkFields(err, form.all()...) {
		page, err := h.page(r, &form)
		if err != nil {
			return err
		}
		return h.render(w, r, http.StatusUnprocessableEntity, "connection.html", page)
	}
	if err != nil {
		return err
	}
	return h.back(w, r, saved, "The connection is saved", saved.KeySet != nil || len(saved.Warnings) > 0)
}

// back returns to the page, with what was seen on the way if that is worth
// reading.
func (h connection) back(w http.ResponseWriter, r *http.Request, saved greenroom.SavedConnection, said string, report bool) error {
	if report {
		if err := h.kit.Keep(r.Context(), editReportKey, newSaveReport(saved)); err != nil {
			return err
		}
	}
	kind := web.Success
	if len(saved.Warnings) > 0 {
		kind = web.Warning
	}
	if err := h.kit.Flash(r.Context(), kind, said); err != nil {
		return err
	}
	return web.Redirect(w, r, connectionPath(ltiPath(r), connectionID(r)))
}

func (h connection) readKeySet(w http.ResponseWriter, r *http.Request) error {
	saved, err := h.kit.Service.ReadKeySet(r.Context(), web.Actor(r.Context()), connectionID(r))
	if err != nil {
		return err
	}
	said := "The keyset was read"
	if saved.KeySet == nil {
		said = "The keyset could not be read"
	}
	return h.back(w, r, saved, said, true)
}

// update asks the LMS for what Greenroom wants today.
func (h connection) update(w http.ResponseWriter, r *http.Request) error {
	ws := web.Workspace(r.Context())
	tool := h.urls(r).Endpoints(ws.ID, "Greenroom ("+ws.Name+")")
	_, err := h.kit.Service.UpdateRegistration(r.Context(), web.Actor(r.Context()), connectionID(r), tool)
	var saved greenroom.SavedConnection
	said := "The registration is updated"
	if problem, ok := errors.AsType[*greenroom.RegistrationError](err); ok {
		saved.Warnings, said = []string{problem.Text}, "The registration was not updated: "+problem.Text
	} else if err != nil {
		return err
	}
	return h.back(w, r, saved, said, false)
}

func (h connection) turn(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	on := r.PostFormValue("on") == "yes"
	c, err := h.kit.Service.SwitchConnection(r.Context(), web.Actor(r.Context()), connectionID(r), on)
	if err != nil {
		return err
	}
	said := "“" + c.Platform + "” is switched off"
	if on {
		said = "“" + c.Platform + "” is switched on"
	}
	return h.back(w, r, greenroom.SavedConnection{}, said, false)
}

type deleteConnectionPage struct {
	greenroom.Connection
	Path, Back string
	Goes       []goesRow
	Name       web.Field
}

func (h connection) deletion(r *http.Request, name web.Field) (deleteConnectionPage, error) {
	c, held, err := h.kit.Service.PreviewConnectionDeletion(r.Context(), web.Actor(r.Context()), connectionID(r))
	name.Name, name.Label, name.Required = "name", "The connection's name", true
	name.Help = "Type it as it stands above, capital letters included."
	return deleteConnectionPage{
		Connection: c, Back: connectionPath(ltiPath(r), c.ID), Path: connectionPath(ltiPath(r), c.ID) + "/delete",
		Name: name, Goes: []goesRow{
			{"Learners", "Whoever came by launch from this LMS.", held.Learners},
			{"Courses", "", held.Courses},
			{"Activities", "In the LMS they stay, and open nothing any more. Delete the tool there as well.", held.Activities},
			{"Sessions", "With every reply that was given.", held.Sessions},
			{"Scores", "What a gradebook has already received stays there.", held.Scores},
			{"Scores on their way", "They never arrive. Wait for them if they matter.", held.Waiting},
			{"Launches in the log", "", held.Launches},
		},
	}, err
}

func (h connection) preview(w http.ResponseWriter, r *http.Request) error {
	page, err := h.deletion(r, web.Field{})
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "connection-delete.html", page)
}

func (h connection) remove(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	name := web.Field{Name: "name", Value: r.PostFormValue("name")}
	gone, err := h.kit.Service.DeleteConnection(r.Context(), web.Actor(r.Context()), connectionID(r), name.Value)
	if web.MarkFields(err, &name) {
		page, err := h.deletion(r, name)
		if err != nil {
			return err
		}
		return h.render(w, r, http.StatusUnprocessableEntity, "connection-delete.html", page)
	}
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "“"+gone.Platform+"” is deleted"); err != nil {
		return err
	}
	return web.Redirect(w, r, ltiPath(r)+"#connected")
}
