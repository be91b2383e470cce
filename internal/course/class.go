package course

import (
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

type classPage struct {
	Name, Course string
	View         web.ClassView
	Preview      string // back to the activity; empty where the launch opened none
	Back         string // the way to the course, may be empty
}

// class shows an instructor how everybody in their course fares.
func (c *Course) class(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	found, err := c.service.Class(r.Context(), v)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if !q.Has("activity") { // the one that they came from
		q.Set("activity", greenroom.ActivityKey(v.Launch.Link, v.Scenario.ID))
	}
	path := web.CoursePath(v, "/class")
	p := classPage{Name: found.Context.DisplayName(), Back: v.Launch.ReturnURL, View: web.NewClassView(found, q, web.ClassOptions{
		Path: path, CSV: path + "/export", Refresh: path + "/roster", Results: path + "/results",
		Sessions: func(a greenroom.ClassActivity, row greenroom.ClassRow) string {
			return web.StagePath(v, "/review/"+url.PathEscape(string(row.Learner.ID))+"/"+url.PathEscape(string(a.Link.ID)))
		},
	})}
	if v.Practises() {
		p.Preview = web.StagePath(v, "")
	}
	return c.kit.Render(w, r, http.StatusOK, c.pages, "class.html", p)
}

func (c *Course) export(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	found, err := c.service.Class(r.Context(), v)
	if err != nil {
		return err
	}
	return web.SendClassCSV(w, found, c.kit.Now(), false)
}

func (c *Course) refresh(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	if !v.Teaches() {
		return greenroom.ErrNotFound
	}
	if err := c.service.RefreshRoster(r.Context(), v.Workspace.ID, v.Launch.Context); err != nil {
		return err
	}
	return web.Redirect(w, r, web.CoursePath(v, "/class"))
}

// results reads what the LMS's gradebook has of an activity.
func (c *Course) results(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	if err := c.service.ReadResults(r.Context(), v, greenroom.ResourceLinkID(r.FormValue("link"))); err != nil {
		return err
	}
	return web.Redirect(w, r, web.CoursePath(v, "/class?activity="+url.QueryEscape(r.FormValue("activity"))))
}
