package admin

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

// An editForm is the form of one connection: the seven fields of the manual
// form, and what only its own page has.
type editForm struct {
	connectionForm
	Audience                                         web.Field
	Profile                                          web.Field // value is a code
	AcceptDeployments, AllowAnonymous, MakeLineItems bool
	Profiles                                         []filterOption
}

func (f *editForm) all() []*web.Field {
	return append(f.connectionForm.all(), &f.Audience, &f.Profile)
}

func newEditForm(e greenroom.ConnectionEdit) editForm {
	f := editForm{
		connectionForm: newConnectionForm(e.ConnectionForm),
		Audience: web.Field{Name: "audience", Label: "Audience", Value: e.Audience, Mono: true, Placeholder: "The access token URL",
			Help: "Whom requests for a token are addressed to. Only some LMSes name one; Brightspace calls it OAuth2 Audience."},
		Profile:           web.Field{Name: "profile", Label: "Which LMS is it?", Value: e.Profile},
		AcceptDeployments: e.AcceptDeployments, AllowAnonymous: e.AllowAnonymous, MakeLineItems: e.MakeLineItems,
	}
	f.Profiles = []filterOption{{"", "As the LMS says itself", e.Profile == ""}}
	for _, p := range profile.All() {
		f.Profiles = append(f.Profiles, filterOption{p.Code, p.Name, p.Code == e.Profile})
	}
	f.Deployments.Label, f.Deployments.Help = "Deployment IDs", "One a line. A launch from any other is refused, unless new ones are accepted."
	f.Deployments.Required = false
	return f
}

func readEdit(r *http.Request) greenroom.ConnectionEdit {
	on := func(name string) bool { return r.PostFormValue(name) == "yes" }
	return greenroom.ConnectionEdit{
		ConnectionForm: readConnectionForm(r), Audience: r.PostFormValue("audience"), Profile: r.PostFormValue("profile"),
		AcceptDeployments: on("accept_deployments"), AllowAnonymous: on("allow_anonymous"), MakeLineItems: on("make_line_items"),
	}
}
