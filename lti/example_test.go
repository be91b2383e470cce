package lti_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// theOnly registration of a tool that knows one platform.
type theOnly lti.Registration

func (r theOnly) Find(context.Context, string, string) ([]lti.Registration, error) {
	return []lti.Registration{lti.Registration(r)}, nil // compared by the library
}

func (r theOnly) Registration(context.Context, string) (lti.Registration, error) {
	return lti.Registration(r), nil
}

// A whole tool: it takes launches and greets.
func Example() {
	platform, visit := somePlatform()
	defer platform.Close()

	const launchURL = "https://tool.example/launch"
	tool := &lti.Tool{
		Registrations: theOnly{
			ID: "school", Issuer: "https://lms.example", ClientID: "tool-1", Deployments: []string{"1"},
			AuthURL: platform.URL + "/auth", TokenURL: platform.URL + "/token", KeySetURL: platform.URL + "/jwks",
		},
		States: lti.NewMemoryStates([32]byte{}), // a secret key, and a database behind Spend
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		params, err := lti.FormParams(w, r)
		if err != nil {
			http.Error(w, "no login request", http.StatusBadRequest)
			return
		}
		login, err := tool.StartLogin(r.Context(), params, launchURL, r.Cookies()...)
		if err != nil {
			http.Error(w, "this platform is not connected", http.StatusBadRequest)
			return
		}
		http.SetCookie(w, login.Cookie)
		http.Redirect(w, r, login.RedirectURL, http.StatusFound)
	})
	mux.HandleFunc("POST /launch", func(w http.ResponseWriter, r *http.Request) {
		params, err := lti.FormParams(w, r)
		if err != nil {
			http.Error(w, "no launch", http.StatusBadRequest)
			return
		}
		launch, err := tool.FinishLaunch(r.Context(), params, r.Cookies(), launchURL)
		if err != nil {
			log.Print(err) // a *lti.Refusal: which check, which clause, and why
			http.Error(w, "this launch cannot be trusted", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "Hello %s, learner: %v", launch.User.GivenName, launch.Roles.Learner())
	})

	fmt.Println(visit(mux))
	// Output: Hello Ada, learner: true
}

// somePlatform is the other side: it has a key set, and visit takes a learner
// through login and launch as platform and browser do.
func somePlatform() (server *httptest.Server, visit func(tool http.Handler) string) {
	key := lti.PrivateKey{ID: "key-1", RSA: platformKey()}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := w.Write(lti.KeySetDocument(key.Public())); err != nil {
			log.Print(err)
		}
	}))
	return server, func(tool http.Handler) string {
		const target = "https://tool.example/hello"
		login := httptest.NewRecorder()
		tool.ServeHTTP(login, httptest.NewRequest("GET", "/login?"+url.Values{
			"iss": {"https://lms.example"}, "client_id": {"tool-1"}, "login_hint": {"ada"}, "target_link_uri": {target},
		}.Encode(), nil))
		asked, err := login.Result().Location()
		if err != nil {
			return err.Error()
		}
		const claim = "https://purl.imsglobal.org/spec/lti/claim/"
		token, err := key.Sign(context.Background(), map[string]any{
			"iss": "https://lms.example", "aud": "tool-1", "sub": "ada", "given_name": "Ada",
			"nonce": asked.Query().Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Unix() + 60,
			claim + "version": "1.3.0", claim + "message_type": lti.MessageResourceLink,
			claim + "deployment_id": "1", claim + "target_link_uri": target,
			claim + "resource_link": map[string]any{"id": "link-1"},
			claim + "roles":         []lti.Role{lti.RoleLearner},
		})
		if err != nil {
			return err.Error()
		}
		form := url.Values{"state": {asked.Query().Get("state")}, "id_token": {token}}
		launch := httptest.NewRequest("POST", "/launch", strings.NewReader(form.Encode()))
		launch.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		launch.AddCookie(login.Result().Cookies()[0])
		page := httptest.NewRecorder()
		tool.ServeHTTP(page, launch)
		return page.Body.String()
	}
}
