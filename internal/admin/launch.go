package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// launches is the launch log.
type launches struct{ *Admin }

func (h launches) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/launches", h.list)
	h.settings(mux, "GET /w/{workspace}/launches/{launch}", h.show)
}

func launchesPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "launches")
}

// launchesQuery is the log narrowed in one way.
func launchesQuery(path, name, value string) string {
	return path + "?" + url.Values{name: {value}}.Encode()
}

type launchesPage struct {
	Path, LTIPath string
	Reference     web.Field
	Outcome       string
	Connection    string
	Connections   []greenroom.Connection
	Rows          []launchRow
	Narrowed      bool   // by more than the place in the list
	By            string // what a link narrowed it to, in words
	Hidden        map[string]string
	Older, Newest string // paths, empty if there is nothing
}

type launchRow struct {
	greenroom.LaunchRow
	Path, CheckLabel string
}

func (h launches) list(w http.ResponseWriter, r *http.Request) error {
	query, path := r.URL.Query(), launchesPath(r)
	f := readLaunchFilter(query)
	page := launchesPage{
		Path: path, LTIPath: ltiPath(r), Outcome: string(f.Outcome), Connection: string(f.Connection),
		Reference: web.Field{Name: "reference", Label: "Reference", Value: query.Get("reference"), Mono: true, Placeholder: "7XK2 M9QR TV4W"},
		Narrowed:  f.Narrows(), Hidden: map[string]string{},
	}
	found, err := h.kit.Service.Launches(r.Context(), web.Actor(r.Context()), f)
	status := http.StatusOK
	if web.MarkFields(err, &page.Reference) {
		status = http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	}
	page.Connections = found.Connections
	for _, row := range found.Rows {
		page.Rows = append(page.Rows, launchRow{row, path + "/" + url.PathEscape(string(row.ID)), greenroom.CheckLabel(row.Check)})
	}
	page.narrowedByLink(f)
	if found.Older.ID != "" {
		page.Older = withCursor(path, query, fmt.Sprintf("%d.%s", found.Older.At.UnixMilli(), found.Older.ID))
	}
	if f.Before.ID != "" {
		page.Newest = withCursor(path, query, "")
	}
	return h.render(w, r, status, "launches.html", page)
}

// narrowedByLink says by what the form has no field for.
func (p *launchesPage) narrowedByLink(f greenroom.LaunchFilter) {
	if f.Check != "" {
		p.Hidden["check"] = f.Check
		p.By = "Only launches that the check “" + greenroom.CheckLabel(f.Check) + "” refused."
	}
	if f.Learner != "" {
		p.Hidden["learner"] = string(f.Learner)
		p.By = "Only launches of one learner."
	}
}

func readLaunchFilter(query url.Values) greenroom.LaunchFilter {
	f := greenroom.LaunchFilter{
		Connection: greenroom.ConnectionID(query.Get("connection")), Learner: greenroom.LearnerID(query.Get("learner")),
		Reference: query.Get("reference"), Before: readCursor(query.Get("before")),
	}
	for _, check := range greenroom.AllChecks() {
		if check == query.Get("check") {
			f.Check = check
		}
	}
	for _, outcome := range []greenroom.LaunchOutcome{greenroom.LaunchOK, greenroom.LaunchRefused} {
		if string(outcome) == query.Get("outcome") {
			f.Outcome = outcome
		}
	}
	return f
}

// readCursor reads a place in the log; anything odd is its beginning.
func readCursor(s string) greenroom.LaunchCursor {
	millis, id, _ := strings.Cut(s, ".")
	at, err := strconv.ParseInt(millis, 10, 64)
	if err != nil || id == "" || at <= 0 {
		return greenroom.LaunchCursor{}
	}
	return greenroom.LaunchCursor{At: time.UnixMilli(at), ID: greenroom.LaunchID(id)}
}

func withCursor(path string, query url.Values, cursor string) string {
	query = url.Values(http.Header(query).Clone())
	query.Del("before")
	if cursor != "" {
		query.Set("before", cursor)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

type launchPage struct {
	greenroom.LaunchReport
	Path       string // of the log
	OK         bool
	CheckLabel string
	Who        string // has to fix it
	Fix        string
	Checks     []greenroom.CheckLine
	ClaimLines []greenroom.ClaimLine
	Recognised string
	Picked     string // what a deep linking request was answered with; empty for other launches
	Message    string // its type, in words
	Milliseconds,
	Summary string
	OfConnection, OfLearner, OfCheck string // paths
}

func (h launches) show(w http.ResponseWriter, r *http.Request) error {
	report, err := h.kit.Service.ShowLaunch(r.Context(), web.Actor(r.Context()), greenroom.LaunchID(r.PathValue("launch")))
	if err != nil {
		return err
	}
	path, fix := launchesPath(r), report.Remedy()
	page := launchPage{
		LaunchReport: report, Path: path, OK: report.Outcome == greenroom.LaunchOK,
		CheckLabel: greenroom.CheckLabel(report.Check), Who: sideNames[fix.Side], Fix: fix.Text,
		Checks: report.CheckList(), ClaimLines: greenroom.ClaimLines(report.Claims),
		Recognised: rungNames[report.Rung], Picked: report.Launch.Picked(), Message: report.MessageType,
		Summary: launchSummary(web.Workspace(r.Context()), report, h.kit.Version),
	}
	if report.Took > 0 {
		page.Milliseconds = fmt.Sprintf("%d ms", report.Took.Milliseconds())
	}
	if report.Launch.Connection != "" {
		page.OfConnection = launchesQuery(path, "connection", string(report.Launch.Connection))
	}
	if report.Learner != "" {
		page.OfLearner = launchesQuery(path, "learner", string(report.Learner))
	}
	if report.Check != "" {
		page.OfCheck = launchesQuery(path, "check", report.Check)
	}
	return h.render(w, r, http.StatusOK, "launch.html", page)
}

var sideNames = map[greenroom.Side]string{
	greenroom.SideAdmin:    "An administrator of this workspace",
	greenroom.SideLMS:      "An administrator of the LMS",
	greenroom.SideLearner:  "The person who launched",
	greenroom.SideOperator: "Whoever runs Greenroom",
}

var rungNames = map[greenroom.Rung]string{
	greenroom.RungCookie:  "Recognised by a cookie",
	greenroom.RungStorage: "Recognised by the platform's storage",
	greenroom.RungWindow:  "Recognised in a new window",
}

// launchSummary is for a message to support: what happened, and nothing about
// anybody.
func launchSummary(w greenroom.Workspace, l greenroom.LaunchReport, version string) string {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			b.WriteString(label + ": " + value + "\n")
		}
	}
	line("Reference", l.Reference)
	line("Time", l.At.UTC().Format("2006-01-02 15:04:05 UTC"))
	line("Workspace", w.Name+" ("+string(w.ID)+")")
	line("Platform", l.PlatformName)
	line("Product", l.Connection.Product)
	line("Issuer", l.Connection.Issuer)
	line("Client ID", l.Connection.ClientID)
	line("Deployment ID", l.Deployment)
	line("Message type", l.MessageType)
	if l.Outcome == greenroom.LaunchOK {
		line("Outcome", "got in")
	} else {
		line("Outcome", "refused")
		line("Check", greenroom.CheckLabel(l.Check)+" ("+l.Check+")")
		line("Clause", l.Clause)
	}
	line("Greenroom", version)
	return b.String()
}
