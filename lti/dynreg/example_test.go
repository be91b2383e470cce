package dynreg_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
	lms "github.com/greenroom-lti/greenroom/lti/platform"
)

// A registration URL: the page that an administrator's paste opens. Before a
// tool does this for a stranger it should know who made the URL.
func Example() {
	school, client := someLMS()
	const tool = "https://tool.example"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /register", func(w http.ResponseWriter, r *http.Request) {
		configurationURL, token := r.FormValue("openid_configuration"), r.FormValue("registration_token")
		platform, err := dynreg.Discover(r.Context(), client, configurationURL, token, dynreg.Options{})
		if err != nil {
			http.Error(w, "this is no LMS that we can talk to", http.StatusBadGateway)
			return
		}
		made, err := dynreg.Register(r.Context(), client, platform, token, dynreg.ToolConfiguration{
			Name: "Practice", LoginURL: tool + "/login", LaunchURL: tool + "/launch", KeySetURL: tool + "/jwks",
			Scopes:   []string{lti.ScopeScore, lti.ScopeMemberships},
			Messages: []dynreg.Message{{Type: lti.MessageResourceLink, TargetLinkURI: tool + "/launch"}},
		})
		if err != nil {
			log.Print(err) // a *dynreg.Problem: which step, which member, and the LMS's words
			http.Error(w, "the LMS has refused", http.StatusBadGateway)
			return
		}
		known := lti.Registration{ // to be kept
			ID: "school", Issuer: platform.Issuer, ClientID: made.ClientID, Deployments: []string{made.DeploymentID},
			AuthURL: platform.AuthorizationEndpoint, TokenURL: platform.TokenEndpoint, KeySetURL: platform.JWKSURI,
			Audience: platform.AuthorizationServer,
		}
		fmt.Println("kept:", known.Issuer == school.Issuer(), "missing scopes:", len(made.Missing))
		fmt.Fprintf(w, `<p>Connected.</p><script>(opener || parent).postMessage({subject: %q}, "*")</script>`, dynreg.CloseMessage)
	})

	pasted, err := school.OpenRegistration(tool + "/register")
	if err != nil {
		log.Print(err)
		return
	}
	page := httptest.NewRecorder()
	mux.ServeHTTP(page, httptest.NewRequest(http.MethodGet, pasted, nil))
	fmt.Println(page.Code, "tools of the LMS:", len(school.Tools()), school.Tools()[0].Name)
	// Output:
	// kept: true missing scopes: 0
	// 200 tools of the LMS: 1 Practice
}

// someLMS is one in memory, and a client that reaches it.
func someLMS() (*lms.Platform, lti.Doer) {
	p, err := lms.New(lms.Options{Issuer: "https://lms.example", Profile: lms.Generic})
	if err != nil {
		log.Panic(err)
	}
	return p, inMemory{p}
}

// inMemory is a Doer that asks a handler.
type inMemory struct{ http.Handler }

func (m inMemory) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody // as a server has it
	}
	m.ServeHTTP(w, r)
	return w.Result(), nil
}
