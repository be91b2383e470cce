package admin

import (
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// courses is the list of courses, and how everybody in one fares.
type courses struct{ *Admin }

func (h courses) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/courses", h.list)
	h.settings(mux, "GET /w/{workspace}/courses/{context}", h.show)
	h.settings(mux, "GET /w/{workspace}/courses/{context}/export", h.export)
	h.settings(mux, "POST /w/{workspace}/courses/{context}/roster", h.refresh)
	h.settings(mux, "POST /w/{workspace}/courses/{context}/results", h.results)
}

type coursesPage struct {
	Path, LTIPath  string
	Query          web.Field
	Connection     string
	Connections    []greenroom.Connection
	Rows           []greenroom.CourseRow
	Narrowed       bool
	Next, Previous string // paths, empty if there is nothing
}

func coursesPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "courses")
}

func coursePath(r *http.Request) string { return coursesPath(r) + "/" + string(contextID(r)) }

func contextID(r *http.Request) greenroom.ContextID {
	return greenroom.ContextID(r.PathValue("context"))
}

func (h courses) list(w http.ResponseWriter, r *http.Request) error {
	query, path := r.URL.Query(), coursesPath(r)
	number := pageNumber(query)
	f := greenroom.CourseFilter{
		Query: query.Get("q"), Connection: greenroom.ConnectionID(query.Get("connection")), Skip: (number - 1) * greenroom.CoursePageSize,
	}
	found, err := h.kit.Service.Courses(r.Context(), web.Actor(r.Context()), f)
	if err != nil {
		return err
	}
	page := coursesPage{
		Path: path, LTIPath: ltiPath(r), Rows: found.Rows, Connection: string(f.Connection), Connections: found.Connections,
		Query:    web.Field{Name: "q", Label: "Title or short name", Value: f.Query, Type: "search"},
		Narrowed: f.Query != "" || f.Connection != "",
	}
	if found.More {
		page.Next = withPage(path, query, number+1)
	}
	if number > 1 {
		page.Previous = withPage(path, query, number-1)
	}
	return h.render(w, r, http.StatusOK, "courses.html", page)
}

type coursePage struct {
	Courses string // the list's path
	Name    string
	Lineage greenroom.Lineage
	View    web.ClassView
}

func (h courses) show(w http.ResponseWriter, r *http.Request) error {
	c, err := h.kit.Service.ShowCourse(r.Context(), web.Actor(r.Context()), contextID(r))
	if err != nil {
		return err
	}
	past, err := h.kit.Service.ShowLineage(r.Context(), web.Actor(r.Context()), contextID(r))
	if err != nil {
		return err
	}
	path := coursePath(r)
	return h.render(w, r, http.StatusOK, "course.html", coursePage{
		Courses: coursesPath(r), Name: c.Context.DisplayName(), Lineage: past,
		View: web.NewClassView(c, r.URL.Query(), web.ClassOptions{
			Path: path, CSV: path + "/export", Refresh: path + "/roster", Results: path + "/results", Admin: true,
		}),
	})
}

func (h courses) export(w http.ResponseWriter, r *http.Request) error {
	c, err := h.kit.Service.ShowCourse(r.Context(), web.Actor(r.Context()), contextID(r))
	if err != nil {
		return err
	}
	return web.SendClassCSV(w, c, h.kit.Now(), true)
}

func (h courses) refresh(w http.ResponseWriter, r *http.Request) error {
	if err := h.kit.Service.RefreshCourse(r.Context(), web.Actor(r.Context()), contextID(r)); err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "The roster will be read in a moment"); err != nil {
		return err
	}
	return web.Redirect(w, r, coursePath(r))
}

// results reads what the LMS's gradebook has of an activity.
func (h courses) results(w http.ResponseWriter, r *http.Request) error {
	err := h.kit.Service.ReadCourseResults(r.Context(), web.Actor(r.Context()), contextID(r), greenroom.ResourceLinkID(r.FormValue("link")))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, coursePath(r)+"?activity="+url.QueryEscape(r.FormValue("activity")))
}
