package web

import (
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A NavSection is a titled group of the sidebar.
type NavSection struct {
	Title string
	Links []NavLink
}

// A NavLink leads to a page of the workspace.
type NavLink struct {
	Label, Icon, Path string
	Here              bool // the visitor is on this page, or on one below it
}

// navigation returns the sidebar for whoever is here. What somebody may not
// open is not listed.
func navigation(g *Guest, path string) []NavSection {
	link := func(label, icon, page string) NavLink {
		to := WorkspacePath(g.Workspace, page)
		return NavLink{Label: label, Icon: icon, Path: to, Here: path == to || strings.HasPrefix(path, to+"/")}
	}
	sections := []NavSection{{"Practice", []NavLink{link("Scenarios", "scenario", "scenarios")}}}
	if !g.Actor.Role.Administers() {
		return sections
	}
	general := link("General", "sliders", "settings")
	general.Here = path == general.Path || path == general.Path+"/delete" || path == general.Path+"/retention"
	integrations := link("Integrations", "plug", "settings/integrations")
	integrations.Here = integrations.Here || path == WorkspacePath(g.Workspace, "settings/keys") // one of its tiles
	return append(sections,
		NavSection{"People", []NavLink{link("Members", "people", "members"), link("Learners", "person", "learners")}},
		NavSection{"LMS", []NavLink{link("Courses", "course", "courses"), link("Launch log", "launch", "launches"), link("Passbacks", "passback", "passbacks")}},
		NavSection{"Administration", []NavLink{general, integrations, link("Audit log", "history", "settings/audit")}},
	)
}

// HomePath is where a workspace opens.
func HomePath(w greenroom.Workspace) string { return WorkspacePath(w, "scenarios") }
