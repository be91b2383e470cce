package admin

import (
	"net/http"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// A connectionForm is the seven fields of the manual form, in their order.
type connectionForm struct {
	Platform, Issuer, ClientID, Deployments, AuthURL, TokenURL, KeySetURL web.Field
}

func (f *connectionForm) all() []*web.Field {
	return []*web.Field{&f.Platform, &f.Issuer, &f.ClientID, &f.Deployments, &f.AuthURL, &f.TokenURL, &f.KeySetURL}
}

func newConnectionForm(f greenroom.ConnectionForm) connectionForm {
	field := func(name, label, value, help, placeholder string, mono bool) web.Field {
		return web.Field{Name: name, Label: label, Value: value, Help: help, Placeholder: placeholder, Mono: mono, Required: true}
	}
	return connectionForm{
		Platform: field("platform", "Platform name", f.Platform,
			"What your team calls this LMS. Only shown here.", "Campus Moodle", false),
		Issuer: field("issuer", "Issuer / platform ID", f.Issuer,
			"In most LMSes the address of the site. It has to match letter by letter.", "https://lms.example.com", true),
		ClientID: field("client_id", "Client ID", f.ClientID,
			"Made by your LMS when you saved the tool there.", "", true),
		Deployments: field("deployment_ids", "Deployment ID", f.Deployments,
			"Usually a single one. Put spaces or commas between several.", "", true),
		AuthURL: field("auth_url", "Authentication request URL", f.AuthURL,
			"The OIDC authorization endpoint of your LMS.", "https://", true),
		TokenURL: field("token_url", "Access token URL", f.TokenURL,
			"The token endpoint; Greenroom needs it to post grades.", "https://", true),
		KeySetURL: field("jwks_url", "Public keyset URL", f.KeySetURL,
			"The JWKS address of your LMS: Greenroom checks every launch against the keys it finds there.", "https://", true),
	}
}

func readConnectionForm(r *http.Request) greenroom.ConnectionForm {
	return greenroom.ConnectionForm{
		Platform: r.PostFormValue("platform"), Issuer: r.PostFormValue("issuer"),
		ClientID: r.PostFormValue("client_id"), Deployments: r.PostFormValue("deployment_ids"),
		AuthURL: r.PostFormValue("auth_url"), TokenURL: r.PostFormValue("token_url"),
		KeySetURL: r.PostFormValue("jwks_url"),
	}
}

// scopeNames says in words what scopes are for.
func scopeNames(scopes []string) (names []string) {
	for _, s := range scopes {
		switch _, end, _ := strings.Cut(s, "/scope/"); end {
		case "score":
			names = append(names, "posting scores")
		case "lineitem":
			names = append(names, "managing gradebook columns")
		case "lineitem.readonly":
			names = append(names, "reading gradebook columns")
		case "result.readonly":
			names = append(names, "reading results")
		case "contextmembership.readonly":
			names = append(names, "reading the course roster")
		default:
			names = append(names, s)
		}
	}
	return names
}

// summary is what somebody who is asked for help needs to know about the
// connections: names and references, no secrets.
func summary(w greenroom.Workspace, all []greenroom.Connection, version, reference string) string {
	var b strings.Builder
	line := func(label, value string) {
		if value != "" {
			b.WriteString(label + ": " + value + "\n")
		}
	}
	line("Workspace", w.Name+" ("+string(w.ID)+")")
	if len(all) == 0 {
		b.WriteString("No LMS is connected yet.\nLMS name: \nIssuer URL: \n")
	}
	for _, c := range all {
		b.WriteString("\n")
		line("LMS name", c.Platform)
		line("Product", c.Product)
		line("Issuer", c.Issuer)
		line("Client ID", c.ClientID)
		line("Deployment ID", strings.Join(c.Deployments, ", "))
		line("Not granted", strings.Join(scopeNames(c.Missing), ", "))
		line("Connected", c.ConnectedAt.UTC().Format("2006-01-02 15:04 UTC"))
		if c.LastLaunchAt.IsZero() {
			line("Last launch", "none yet")
		} else {
			line("Last launch", c.LastLaunchAt.UTC().Format("2006-01-02 15:04 UTC"))
		}
		line("Connection", string(c.ID))
	}
	b.WriteString("\n")
	line("Greenroom", version)
	line("Page reference", reference)
	return b.String()
}
