package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// connections is the LTI settings page.
type connections struct{ *Admin }

func (h connections) mount(mux web.Router) {
	const page = "/w/{workspace}/settings/integrations/lti"
	h.settings(mux, "GET "+page, h.show)
	h.settings(mux, "POST "+page+"/connections", h.save)
	h.settings(mux, "GET "+page+"/connections", h.table)
}

func ltiPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "settings/integrations/lti")
}

// An ltiPage holds the four sections of the page in their order.
type ltiPage struct {
	Path      string
	Endpoints greenroom.ToolEndpoints
	Form      connectionForm
	Report    *saveReport // of the save just made
	Invites   invitePart
	Connected connectedPart
	Summary   string // for a message to support
	Guide     guidePart
}

func (h connections) show(w http.ResponseWriter, r *http.Request) error {
	page, err := h.page(r, newConnectionForm(prefilled(r.URL.Query().Get("lms"))))
	if err != nil {
		return err
	}
	var report saveReport
	found, err := h.kit.Take(r.Context(), reportKey, &report)
	if err != nil {
		return err
	}
	if found {
		page.Report = &report
	}
	return h.render(w, r, http.StatusOK, "lti.html", page)
}

func (h connections) page(r *http.Request, form connectionForm) (ltiPage, error) {
	ws := web.Workspace(r.Context())
	invites, err := invites(h).part(r)
	if err != nil {
		return ltiPage{}, err
	}
	all, err := h.kit.Service.Connections(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return ltiPage{}, err
	}
	connected, err := newConnectedPart(ltiPath(r), launchesPath(r), all)
	endpoints := h.urls(r).Endpoints(ws.ID, ws.Name)
	return ltiPage{
		Guide: newGuidePart(ltiPath(r), r.URL.Query().Get("lms"), endpoints),
		Path:  ltiPath(r), Endpoints: h.urls(r).Endpoints(ws.ID, ws.Name), Form: form,
		Invites: invites, Connected: connected, Summary: summary(ws, all, h.kit.Version, web.Reference(r.Context())),
	}, err
}

// save is the manual form: the same page with what is wrong, or with what was
// saved.
func (h connections) save(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	typed := readConnectionForm(r)
	saved, err := h.kit.Service.SaveConnection(r.Context(), web.Actor(r.Context()), typed)
	form := newConnectionForm(typed)
	if web.MarkFields(err, form.all()...) {
		page, err := h.page(r, form)
		if err != nil {
			return err
		}
		return h.render(w, r, http.StatusUnprocessableEntity, "lti.html", page)
	}
	if err != nil {
		return err
	}
	if err := h.kit.Keep(r.Context(), reportKey, newSaveReport(saved)); err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "LTI configuration saved"); err != nil {
		return err
	}
	return web.Redirect(w, r, ltiPath(r)+"#manual")
}

const reportKey = "connection saved" // in the session

// A saveReport tells what a save did and what was seen. It stays on the page
// until the next visit.
type saveReport struct {
	Platform string
	Created  bool
	Keys     string // what the key set held, empty if it was not read
	Skipped  []string
	Warnings []string
}

func newSaveReport(s greenroom.SavedConnection) saveReport {
	report := saveReport{Platform: s.Connection.Platform, Created: s.Created, Warnings: s.Warnings}
	if s.KeySet != nil {
		report.Keys, report.Skipped = keysSeen(s.KeySet.Keys), s.KeySet.Skipped
	}
	return report
}

func keysSeen(n int) string {
	switch n {
	case 0:
		return "Its keyset was read and holds no usable signing key."
	case 1:
		return "Its keyset was read and holds 1 usable signing key."
	}
	return fmt.Sprintf("Its keyset was read and holds %d usable signing keys.", n)
}

// A connectedPart is the table of connected LMSes, which renews itself while
// the page is open.
type connectedPart struct {
	Path string // of the page
	Rows []connectedRow
	Seen string // a digest of the rows: the same again need not be sent
	Live bool   // sent to a page that was open
}

type connectedRow struct {
	greenroom.Connection
	NoLaunch   bool
	NotGranted []string // in words, what the platform kept to itself
	Page       string   // path of its own page
	Log        string   // path of its part of the launch log
	Fresh      bool     // new to a page that was open
}

func newConnectedPart(path, launches string, all []greenroom.Connection) (connectedPart, error) {
	part := connectedPart{Path: path}
	for _, c := range all {
		part.Rows = append(part.Rows, connectedRow{
			Connection: c, NoLaunch: c.LastLaunchAt.IsZero(), NotGranted: scopeNames(c.Missing),
			Page: connectionPath(path, c.ID), Log: launchesQuery(launches, "connection", string(c.ID)),
		})
	}
	shown, err := json.Marshal(part.seen())
	if err != nil {
		return connectedPart{}, err
	}
	sum := sha256.Sum256(shown)
	part.Seen = hex.EncodeToString(sum[:8])
	return part, nil
}

// seen is what the table shows, without times that pass.
func (p connectedPart) seen() (rows [][]any) {
	for _, r := range p.Rows {
		rows = append(rows, []any{r.ID, r.Platform, r.Issuer, r.ClientID, r.Deployments, r.AcceptDeployments,
			r.Disabled, r.NoLaunch, r.NotGranted, r.ConnectedAt.Truncate(time.Millisecond).UnixMilli()})
	}
	return rows
}

// table answers an open page: nothing if it has seen all there is.
func (h connections) table(w http.ResponseWriter, r *http.Request) error {
	if !web.IsFragmentRequest(r) {
		return web.Redirect(w, r, ltiPath(r)+"#connected")
	}
	all, err := h.kit.Service.Connections(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	part, err := newConnectedPart(ltiPath(r), launchesPath(r), all)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("seen") == part.Seen {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	part.Live = true
	for i := range part.Rows {
		part.Rows[i].Fresh = h.kit.Now().Sub(part.Rows[i].ConnectedAt) < time.Minute
	}
	w.Header().Set("HX-Trigger-After-Settle", "connections-changed")
	return h.kit.RenderPart(w, http.StatusOK, h.pages, "lti.html", "connected", part)
}
