package demolms

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/lti/platform"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

type toolsPage struct {
	Tools   []platform.Tool
	Form    toolForm
	Bad     problems
	URL     string // the registration URL as typed
	URLText string // what is wrong with it
}

// toolForm is the form for a tool by hand, as typed.
type toolForm struct {
	Name, ToolURL, LoginURL, RedirectURIs, KeySetURL string
}

// problems are sentences by field.
type problems map[string]string

func (p problems) Error() string {
	var all []string
	for field, text := range p {
		all = append(all, field+": "+text)
	}
	return strings.Join(all, "; ")
}

func (f toolForm) settings() ToolSettings {
	return ToolSettings{
		Name: strings.TrimSpace(f.Name), ToolURL: strings.TrimSpace(f.ToolURL), LoginURL: strings.TrimSpace(f.LoginURL),
		RedirectURIs: strings.Fields(f.RedirectURIs), KeySetURL: strings.TrimSpace(f.KeySetURL),
	}
}

func checkTool(s ToolSettings) problems {
	bad := problems{}
	if s.Name == "" {
		bad["name"] = "Enter a name."
	}
	if len(s.RedirectURIs) == 0 {
		bad["redirect_uris"] = "Enter at least one redirection URI."
	}
	for field, value := range map[string]string{"tool_url": s.ToolURL, "login_url": s.LoginURL, "keyset_url": s.KeySetURL} {
		if !isURL(value) {
			bad[field] = "Enter a URL that begins with http:// or https://."
		}
	}
	for _, u := range s.RedirectURIs {
		if !isURL(u) {
			bad["redirect_uris"] = "Enter URLs that begin with http:// or https://, one a line."
		}
	}
	return bad
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

func (l *LMS) tools(w http.ResponseWriter, r *http.Request) {
	l.show(w, r, http.StatusOK, "tools", toolsPage{Tools: l.platform.Tools()})
}

// openRegistration sends the browser on to the tool's registration page.
func (l *LMS) openRegistration(w http.ResponseWriter, r *http.Request) {
	typed := strings.TrimSpace(r.PostFormValue("url"))
	if !isURL(typed) {
		l.show(w, r, http.StatusUnprocessableEntity, "tools", toolsPage{
			Tools: l.platform.Tools(), URL: typed, URLText: "Enter a URL that begins with http:// or https://.",
		})
		return
	}
	to, err := l.platform.OpenRegistration(typed)
	if err != nil {
		l.problem(w, r, http.StatusBadRequest, "The registration URL cannot be read.")
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// openUpdate lets a registered tool change its registration.
func (l *LMS) openUpdate(w http.ResponseWriter, r *http.Request) {
	typed := strings.TrimSpace(r.PostFormValue("url"))
	if !isURL(typed) {
		l.problem(w, r, http.StatusUnprocessableEntity, "Enter a URL that begins with http:// or https://.")
		return
	}
	to, err := l.platform.OpenUpdate(typed, r.PathValue("tool"))
	if err != nil {
		l.problem(w, r, http.StatusBadRequest, "The registration cannot be updated: "+err.Error()+".")
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (l *LMS) addTool(w http.ResponseWriter, r *http.Request) {
	f := toolForm{
		r.PostFormValue("name"), r.PostFormValue("tool_url"), r.PostFormValue("login_url"),
		r.PostFormValue("redirect_uris"), r.PostFormValue("keyset_url"),
	}
	if bad := checkTool(f.settings()); len(bad) > 0 {
		l.show(w, r, http.StatusUnprocessableEntity, "tools", toolsPage{Tools: l.platform.Tools(), Form: f, Bad: bad})
		return
	}
	t := l.admit(f.settings())
	http.Redirect(w, r, "/tools/"+t.ClientID, http.StatusSeeOther)
}

func (l *LMS) tool(w http.ResponseWriter, r *http.Request) {
	t, ok := l.platform.Tool(r.PathValue("tool"))
	if !ok {
		l.problem(w, r, http.StatusNotFound, "There is no such tool.")
		return
	}
	l.show(w, r, http.StatusOK, "tool", map[string]any{
		"Tool": t, "Values": l.values(t), "Updates": l.platform.Profile().LMS.Registration.Update == profile.UpdateByToken,
	})
}

func (l *LMS) deleteTool(w http.ResponseWriter, r *http.Request) {
	l.platform.DeleteTool(r.PathValue("tool"))
	http.Redirect(w, r, "/tools", http.StatusSeeOther)
}
