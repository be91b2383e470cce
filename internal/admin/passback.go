package admin

import (
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// passbacks is the list of scores on their way to gradebooks.
type passbacks struct{ *Admin }

func (h passbacks) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/passbacks", h.list)
	h.settings(mux, "POST /w/{workspace}/passbacks/{passback}/send", h.send)
}

type passbackPage struct {
	Path    string
	Tabs    []passbackTab
	Tab     string
	Rows    []greenroom.PassbackRow
	NotSent []notSentRow
	LTIPath string
	Query   web.Field
	// Connection is the LMS that the page is narrowed to, OnlyPath its page;
	// empty for all.
	Connection, OnlyPath string
	Connections          []greenroom.Connection
	Narrowed             bool   // by more than the state
	Here                 string // the query of this page, for a form that leads back to it
	Next, Previous       string // paths, empty if there is nothing
}

type passbackTab struct {
	Label, Path string
	Count       int
	Here        bool
}

type notSentRow struct {
	greenroom.NotSentRow
	Why string
}

// passbackTabs are the states, by the name that the address carries.
var passbackTabs = []struct {
	name, label string
	state       greenroom.PassbackState
}{
	{"all", "All", ""},
	{"waiting", "Waiting", greenroom.PassbackWaiting},
	{"sent", "Sent", greenroom.PassbackSent},
	{"failed", "Failed", greenroom.PassbackFailed},
}

func (h passbacks) list(w http.ResponseWriter, r *http.Request) error {
	page := passbackPage{Path: passbacksPath(r), Tab: "all", LTIPath: ltiPath(r)}
	var filter greenroom.PassbackFilter
	for _, t := range passbackTabs {
		if r.URL.Query().Get("state") == t.name {
			page.Tab, filter.State = t.name, t.state
		}
	}
	query := r.URL.Query()
	number := pageNumber(query)
	filter.Connection, filter.Query = greenroom.ConnectionID(query.Get("connection")), query.Get("q")
	filter.Limit, filter.Skip = greenroom.PassbackPageSize, (number-1)*greenroom.PassbackPageSize
	found, err := h.kit.Service.Passbacks(r.Context(), web.Actor(r.Context()), filter)
	if err != nil {
		return err
	}
	page.Rows = found.Rows
	if page.Connections, err = h.kit.Service.Connections(r.Context(), web.Actor(r.Context())); err != nil {
		return err
	}
	page.Query = web.Field{Name: "q", Label: "Learner or activity", Value: filter.Query, Type: "search"}
	page.Narrowed = filter.Query != "" || filter.Connection != ""
	if filter.Connection != "" {
		only, err := h.kit.Service.ShowConnection(r.Context(), web.Actor(r.Context()), filter.Connection)
		if err != nil {
			return err
		}
		page.Connection, page.OnlyPath = string(only.ID), connectionPath(page.LTIPath, only.ID)
	}
	if found.More {
		page.Next = withPage(page.Path, query, number+1)
	}
	if number > 1 {
		page.Previous = withPage(page.Path, query, number-1)
	}
	page.Here = withPage("", query, number)
	page.Tabs = tabs(page, found.Counts)
	for _, n := range found.NotSent {
		page.NotSent = append(page.NotSent, notSentRow{n, whyNotSent(n.Session)})
	}
	return h.render(w, r, http.StatusOK, "passbacks.html", page)
}

// tabs are the states, each with the list narrowed as it is. Counts are of all
// that an LMS has: a search is not counted.
func tabs(page passbackPage, counts map[greenroom.PassbackState]int) (all []passbackTab) {
	total := 0
	for _, n := range counts {
		total += n
	}
	for _, t := range passbackTabs {
		narrowed := url.Values{"state": {t.name}, "connection": {page.Connection}, "q": {page.Query.Value}}
		tab := passbackTab{Label: t.label, Path: withPage(page.Path, narrowed, 1), Count: counts[t.state], Here: t.name == page.Tab}
		if t.state == "" {
			tab.Count = total
		}
		all = append(all, tab)
	}
	return all
}

func passbacksPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "passbacks")
}

// whyNotSent says why a session's score goes nowhere, and who can change that.
func whyNotSent(s greenroom.Session) string {
	switch s.Standing {
	case greenroom.Preview:
		return "A teacher's preview: the person is no learner of the course."
	case greenroom.TestUser:
		return "The test student of the LMS: it has no grades."
	case greenroom.Anonymous:
		return "An anonymous launch: the LMS did not say who it was."
	case greenroom.NoLineItem:
		return "The activity has no column in the gradebook. Switch grading on in its settings in the LMS, and Assignment and Grade Services for the tool."
	case greenroom.NoScope:
		return "The LMS lets Greenroom post no scores. Allow it in the tool's Assignment and Grade Services settings there."
	}
	if s.Score == nil {
		return "Nothing in this talk was graded."
	}
	return "Not graded."
}

func (h passbacks) send(w http.ResponseWriter, r *http.Request) error {
	id := greenroom.PassbackID(r.PathValue("passback"))
	if err := h.kit.Service.SendAgain(r.Context(), web.Actor(r.Context()), id); err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "The score is on its way again"); err != nil {
		return err
	}
	return web.Redirect(w, r, withPage(passbacksPath(r), r.URL.Query(), pageNumber(r.URL.Query())))
}
