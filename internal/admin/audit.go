package admin

import (
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// audits is the audit log: who did what, to read and to take away.
type audits struct{ *Admin }

func (h audits) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/settings/audit", h.list)
}

// auditRows is how many entries one page shows.
const auditRows = 50

// nobody stands in the address for what nobody did who had signed in.
const nobody = "-"

type auditPage struct {
	Path          string
	Rows          []greenroom.AuditEntry
	Actors, Kinds []filterOption
	Filtered      bool   // fewer than all
	Older         string // address of the page that follows, empty on the last
	Newest        string // address of the first page, empty on it
	CSV, JSON     string // addresses of the exports
}

// A filterOption is a line of a filter's menu.
type filterOption struct {
	Value, Label string
	Chosen       bool
}

func (h audits) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	filter := readAuditFilter(query)
	if format, ok := auditFormats[query.Get("format")]; ok {
		return h.export(w, r, filter, format)
	}
	actor := web.Actor(r.Context())
	filter.Limit = auditRows + 1 // one more tells whether there is another page
	rows, err := h.kit.Service.Audit(r.Context(), actor, filter)
	if err != nil {
		return err
	}
	actors, err := h.kit.Service.AuditActors(r.Context(), actor)
	if err != nil {
		return err
	}
	page := auditPage{
		Path: web.WorkspacePath(web.Workspace(r.Context()), "settings/audit"), Rows: rows,
		Actors: actorOptions(actors, query.Get("actor")), Kinds: kindOptions(filter.Noun),
		Filtered: filter.Noun != "" || filter.Actor != nil,
	}
	page.CSV, page.JSON = page.link(query, "format", "csv"), page.link(query, "format", "json")
	if len(rows) > auditRows {
		page.Rows = rows[:auditRows]
		page.Older = page.link(query, "before", page.Rows[auditRows-1].Cursor().String())
	}
	if filter.Before.ID != "" {
		page.Newest = page.link(query, "", "")
	}
	return h.render(w, r, http.StatusOK, "audit.html", page)
}

// readAuditFilter reads the address of the page. What it does not know narrows
// nothing.
func readAuditFilter(query url.Values) greenroom.AuditFilter {
	f := greenroom.AuditFilter{Before: greenroom.ParseAuditCursor(query.Get("before"))}
	for _, n := range greenroom.AuditNouns() {
		if query.Get("kind") == string(n) {
			f.Noun = n
		}
	}
	if actor := greenroom.PersonID(query.Get("actor")); actor != "" {
		if actor == nobody {
			actor = ""
		}
		f.Actor = &actor
	}
	return f
}

// link keeps the filter and adds one more parameter.
func (p auditPage) link(query url.Values, name, value string) string {
	kept := url.Values{}
	for _, filter := range []string{"actor", "kind"} {
		if v := query.Get(filter); v != "" {
			kept.Set(filter, v)
		}
	}
	if name != "" {
		kept.Set(name, value)
	}
	if len(kept) == 0 {
		return p.Path
	}
	return p.Path + "?" + kept.Encode()
}

func actorOptions(actors []greenroom.AuditActor, chosen string) []filterOption {
	options := []filterOption{{"", "Everybody", chosen == ""}}
	for _, a := range actors {
		o := filterOption{string(a.ID), a.Name, chosen == string(a.ID)}
		if a.ID == "" {
			o = filterOption{nobody, "Command line and Greenroom itself", chosen == nobody}
		}
		options = append(options, o)
	}
	return options
}

func kindOptions(chosen greenroom.AuditNoun) []filterOption {
	options := []filterOption{{"", "Everything", chosen == ""}}
	for _, n := range greenroom.AuditNouns() {
		options = append(options, filterOption{string(n), n.Text(), chosen == n})
	}
	return options
}
